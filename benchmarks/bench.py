"""One table: `aztrust verify`, whole command, compared with what people run today.

    python benchmarks/bench.py                 everything, about an hour, 10 GB of disk
    python benchmarks/bench.py --scale 0.05    the same shape, small
    python benchmarks/bench.py --only start    one case: start, host, gate, exec, one, eight,
                                               bound, small, million, append, proof, replay,
                                               window, audit, readiness

Every case builds its data, verifies a real launch that is sealed and approved, and runs all its
commands in turn. A ratio is the median over the turns of (their seconds / our seconds): above 1
aztrust is faster. `bound` holds large files against what no verification can do without: the two
digests, by the tools that do nothing else, and one start of Python. Files are in the page cache for
everyone. A ledger's appends and proofs are measured inside one process, in turn as well.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.data import (
    REPOSITORY,
    Launch,
    environment,
    rehearsal_anchor,
    total_size,
    write_large,
    write_small,
    write_tiny,
)
from benchmarks.measure import Command
from benchmarks.table import HEAD, Acts, Case, Goal

if TYPE_CHECKING:
    from benchmarks.ledgers import Book

LARGE = 4 << 30
QUARTER = 1 << 30
EIGHTH = 512 << 20
SMALL = 50_000
MILLION = 1_000_000
REPLAYED = 100_000
WINDOW = 10_000
COUNTED = 10_000
CASES = ("start", "host", "gate", "exec", "one", "eight", "bound", "small", "million", "append")
CASES += ("proof", "replay", "window", "audit", "readiness")
LIBRARIES = "import blake3, click, cryptography.hazmat.primitives.asymmetric.ec, jiter, pydantic"
LIBRARIES += ", rfc8785, tomli; from pydantic import BaseModel"


class Bench:
    """Builds the data below one temporary directory."""

    def __init__(self, root: Path, scale: float, runs: int) -> None:
        self.root = root
        self.scale = scale
        self.runs = runs
        (root / "home").mkdir()
        self.environment = dict(environment(root))

    def start(self) -> Case:
        """Start-up: the repository's own launch against one tiny file and a bare script."""
        ours = self._aztrust(REPOSITORY, rehearsal_anchor())
        tiny = self.root / "tiny"
        tiny.mkdir()
        (tiny / "a").write_bytes(b"one\n")
        bare = Command("a script that imports the same", (sys.executable, "-c", LIBRARIES), tiny)
        return Case(
            "start: the rehearsal launch / one tiny file",
            0,
            [ours, bare, *self._model_signing(tiny)],
            (
                Goal("model_signing", 3.0, "takes at most a third"),
                Goal("a script", 1 / 1.3, "takes at most 1.3 times"),
            ),
        )

    def host(self) -> Case:
        """A validator's host, against a kit."""
        from benchmarks.hosts import host_case

        return host_case(Launch(self.root / "host", self.environment), self.scale)

    def gate(self) -> Case:
        """A frozen launch's verdict, at the gate."""
        from benchmarks.hosts import gate_case

        return gate_case(Launch(self.root / "gate", self.environment), LIBRARIES)

    def exec(self) -> Case:
        """An authorized start of a program."""
        from benchmarks.hosts import exec_case

        return exec_case(Launch(self.root / "exec", self.environment), LIBRARIES, self.scale)

    def one(self) -> Case:
        """One large file."""
        launch = Launch(self.root / "one", self.environment)
        write_large(launch.release / "image.bin", round(LARGE * self.scale))
        return self._throughput(launch, "one file", 1.0, 120 << 20)

    def eight(self) -> Case:
        """Eight files."""
        launch = Launch(self.root / "eight", self.environment)
        for number in range(8):
            write_large(launch.release / f"image{number}.bin", round(EIGHTH * self.scale))
        return self._throughput(launch, "eight files", 1.8, 0)

    def bound(self) -> Iterator[Case]:
        """Large files against their physical bound, where the tools of the bound are found."""
        if not (shutil.which("openssl") and shutil.which("b3sum")):
            return
        together = "openssl dgst -sha256 image.bin & b3sum --num-threads 1 image.bin; wait"
        for size, times in ((LARGE, 1.05), (QUARTER, 1.08)):
            launch = Launch(self.root / f"bound{size}", self.environment)
            write_large(launch.release / "image.bin", round(size * self.scale))
            yield self._bound(launch, "one file", "openssl & b3sum", together, times)
            shutil.rmtree(launch.path)
        launch = Launch(self.root / "bound-eight", self.environment)
        for number in range(8):
            write_large(launch.release / f"image{number}.bin", round(EIGHTH * self.scale))
        both = '\'openssl dgst -sha256 "$0"; b3sum --num-threads 1 "$0"\''
        line = f"printf '%s\\n' *.bin | xargs -P 2 -n 1 sh -c {both}"
        yield self._bound(launch, "eight files", "xargs -P 2 of both", line, 1.12)

    def small(self) -> Case:
        """Many small files."""
        launch = Launch(self.root / "small", self.environment)
        count = round(SMALL * self.scale)
        size = write_small(launch.release, count)
        ours = self._aztrust(launch.path, launch.seal())
        find = "find . -type f -print0 | xargs -0"
        tools = [tool for tool in ("sha256sum", "b3sum") if shutil.which(tool)]
        both = Command(
            " then ".join(tools),
            ("sh", "-c", "; ".join(f"{find} {tool} > /dev/null" for tool in tools)),
            launch.release,
        )
        return Case(
            f"{count} files of 0.2 to 16 kB",
            size,
            [ours, both, *self._openssl(launch.release), *self._model_signing(launch.release)],
            (
                Goal("sha256sum then b3sum", 1.2, "at least 1.2 times faster"),
                Goal("model_signing", 7.0, "at least 7 times faster"),
            ),
        )

    def million(self) -> Case:
        """A million tiny files, and the twentieth part of them."""
        counts = [round(MILLION * self.scale), round(SMALL * self.scale)]
        commands = []
        for number in counts:
            launch = Launch(self.root / f"tiny{number}", self.environment)
            write_tiny(launch.release, number)
            ours = self._aztrust(launch.path, launch.seal())
            commands.append(replace(ours, name=f"aztrust verify, {number} files"))
        many, few = counts
        goal = Goal("aztrust", few / many / 1.3, "takes at most 1.3 times as long for each file")
        return Case(f"{many} files of 0.2 to 1 kB", 0, commands, (goal,), 1536 << 20)

    def append(self) -> Acts:
        """Durable appends to a ledger."""
        from benchmarks.logs import append_case

        return append_case(self._book(), self.root, self.scale, self.runs)

    def proof(self) -> tuple[Acts, Case]:
        """Proofs from a log of a million entries."""
        from benchmarks.logs import proof_case

        book, path, size = self._book(), self.root / "large.ledger", round(MILLION * self.scale)
        book.fill_in_bulk(path, size)
        return proof_case(book, path, size)

    def replay(self) -> tuple[Case, Acts]:
        """The audit of a ledger of signed records."""
        from benchmarks.logs import replay_case

        book, path, size = self._book(), self.root / "signed.ledger", round(REPLAYED * self.scale)
        book.fill(path, book.notes(size))
        return replay_case(book, path, size)

    def window(self) -> Iterator[Case]:
        """What shows a launch window, over a ledger of signed records."""
        from benchmarks.logs import window_cases

        os.environ.update(self.environment)
        launch = Launch(self.root / "window", self.environment)
        return window_cases(launch, round(WINDOW * self.scale))

    def audit(self) -> Acts:
        """Every verdict of a launch recomputed from its files alone."""
        from benchmarks.logs import audit_case

        os.environ.update(self.environment)
        launch = Launch(self.root / "audited", self.environment)
        return audit_case(launch, round(WINDOW * self.scale))

    def readiness(self) -> Iterator[Acts]:
        """The count of operators who confirmed their hosts."""
        from benchmarks.operators import readiness_case

        os.environ.update(self.environment)
        cases = ((COUNTED, ("ed25519", "ecdsa-p256")), (10 * COUNTED, ("ed25519",)))
        for number, algorithms in cases:
            size = round(number * self.scale)
            launch = Launch(self.root / f"operators{size}", self.environment)
            yield from readiness_case(launch, size, algorithms)

    def _book(self) -> Book:
        from benchmarks.ledgers import Book

        os.environ.update(self.environment)
        return Book(Launch(self.root / "log", self.environment))

    def _throughput(self, launch: Launch, what: str, at_least: float, peak: int) -> Case:
        size = total_size(launch.release)
        commands = [self._aztrust(launch.path, launch.seal()), *self._openssl(launch.release)]
        for tool in ("sha256sum", "b3sum"):
            if shutil.which(tool):
                line = f"exec {tool} *.bin > /dev/null"
                commands.append(Command(tool, ("sh", "-c", line), launch.release))
        commands += self._model_signing(launch.release)
        goal = Goal("openssl", at_least, f"at least {at_least} times the throughput")
        return Case(f"{what}, {size / 2**20:.0f} MiB", size, commands, (goal,), peak)

    def _bound(self, launch: Launch, what: str, name: str, line: str, times: float) -> Case:
        ours = self._aztrust(launch.path, launch.seal())
        start = f"{shlex.quote(sys.executable)} -c pass"
        bound = Command(
            f"{name}, then python -c pass", ("sh", "-c", f"{line}; {start}"), launch.release
        )
        size = total_size(launch.release)
        goal = Goal(name, 1 / times, f"takes at most {times} times")
        title = f"bound: {what}, {size / 2**20:.0f} MiB"
        return Case(title, size, [ours, bound], (goal,), 120 << 20)

    def _aztrust(self, launch: Path, anchor: str) -> Command:
        program = (sys.executable, "-P", "-m", "aztrust")
        words = (*program, "-C", str(launch), "verify", "--anchor", anchor)
        return Command("aztrust verify", words, self.root, ours=True)

    def _openssl(self, release: Path) -> Iterator[Command]:
        if shutil.which("openssl"):
            line = "find . -type f -print0 | xargs -0 openssl dgst -sha256 > /dev/null"
            yield Command("openssl dgst -sha256", ("sh", "-c", line), release)

    def _model_signing(self, model: Path) -> Iterator[Command]:
        """Signs once, uncounted; verifies with its own command-line program."""
        beside = str(Path(sys.executable).parent)
        program = shutil.which("model_signing", path=f"{beside}{os.pathsep}{os.environ['PATH']}")
        if program is None:
            return
        private, public = self.root / "p256.pem", self.root / "p256.pub"
        signature = self.root / f"{model.parent.name}-{model.name}.sig"
        if not private.exists():
            _make_key(private, public)
        self._quiet(
            *(program, "sign", "key", str(model), "--private_key", str(private)),
            *("--signature", str(signature)),
        )
        words = (program, "verify", "key", str(model), "--public_key", str(public))
        yield Command(
            "model_signing verify key", (*words, "--signature", str(signature)), self.root
        )

    def _quiet(self, *words: str) -> None:
        done = subprocess.run(
            words, env=self.environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            sys.exit(f"{' '.join(words)}: exit {done.returncode}\n{done.stderr}")


def _make_key(private: Path, public: Path) -> None:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    pem = serialization.Encoding.PEM
    private.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    public.write_bytes(
        key.public_key().public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo)
    )


def machine() -> str:
    """The processor and how many, the kernel and the versions that matter."""
    import hashlib  # noqa: F401 - loads the OpenSSL that Python uses
    import ssl

    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        found = re.search(r"^model name\s*: (.+)$", info.read_text(), re.MULTILINE)
        model = found[1] if found else model
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    versions = [f"Python {platform.python_version()}", ssl.OPENSSL_VERSION]
    return f"{model}, {count} processors, {platform.system()} {platform.release()}; " + ", ".join(
        versions
    )


def main() -> int:
    """Runs the cases that were asked for and prints the table."""
    parser = argparse.ArgumentParser(description="aztrust compared with the tools people use today")
    parser.add_argument("--scale", type=float, default=1.0, help="size of the data; 1 is full")
    parser.add_argument("--runs", type=int, default=5, help="counted runs of each command")
    parser.add_argument("--only", action="append", choices=CASES)
    parser.add_argument("--skip", action="append", default=[], help="a tool to leave out")
    parser.add_argument("--dir", type=Path, help="where to build the data; default a temporary one")
    parser.add_argument("-o", "--output", type=Path, help="also write the table there")
    options = parser.parse_args()
    lines = [machine(), "", *HEAD.splitlines()]
    print("\n".join(lines), flush=True)
    for name in options.only or CASES:
        with tempfile.TemporaryDirectory(prefix="aztrust-bench-", dir=options.dir) as root:
            bench = Bench(Path(root), options.scale, options.runs)
            build: Callable[[], Case | Acts | Iterable[Case | Acts]] = getattr(bench, name)
            found = build()
            for case in (found,) if isinstance(found, Case | Acts) else found:
                rows = list(case.rows(options.runs, options.skip, bench.environment))
                lines += rows
                print("\n".join(rows), flush=True)
    if options.output:
        options.output.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
