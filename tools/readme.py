"""Run the commands of README.md and of the walks in a fresh clone: what they promise stays true.

    python tools/readme.py [--list] [--record FILE] [DOCUMENT…]

A fenced ``console`` block is run, a ``text`` block is not. In it, a line that starts with ``$ `` is
a command, one that starts with ``> `` continues it, and everything else is output, which is shown
to readers and not compared (times and paths differ). Two comments at the end of a command steer:

    $ aztrust verify        # exit 12        it must end with 12; without the comment, with 0
    $ make test             # not run: CI runs it by itself

All commands run in the order of `DOCUMENTS` in one bash, so ``cd``, ``export`` and
``. .venv/bin/activate`` hold for the ones after them. The clone is made from the work tree (what
`git add --all` would take), HOME and XDG_CONFIG_HOME are empty folders, no AZTRUST_* variable is
set, and there is no standard input: a command that would ask a person needs its answer in the line
(`--yes`, `AZTRUST_PASSPHRASE=…`). The first command that ends otherwise than it says stops the run.
What a command leaves running in the background ends with the run.

With a DOCUMENT its commands alone are run, in this checkout and with its `.venv`. `--record` writes
what the terminal shows into FILE, in the format of asciinema (asciicast v2).
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
DOCUMENTS = (
    "README.md",
    "docs/walks/release-manager.md",
    "docs/walks/ci.md",
    "docs/walks/validator.md",
    "docs/walks/coordinator.md",
    "docs/walks/auditor.md",
    "docs/tutorial-checklist.md",
    "docs/tutorial-launch.md",
)
"""Each walk goes on in the launch directory of the one before it; each tutorial has its own."""
COLUMNS = 100
STEERING = re.compile(r"\s+#\s*(?:exit (?P<exit>\d+)|(?P<skip>not run: .*))$")


@dataclass(frozen=True, slots=True)
class Command:
    """One command of a document: where it is, its text, and the exit code it must have."""

    document: str
    line: int
    text: str
    exit_code: int
    skip: str = ""


def commands(markdown: str, document: str = "README.md") -> list[Command]:
    """Every command in the ``console`` blocks of a document, in order."""
    found: list[Command] = []
    fence = ""
    for number, line in enumerate(markdown.splitlines(), 1):
        if line.startswith("```"):
            fence = "" if fence else line.removeprefix("```").strip() or "text"
        elif fence == "console" and line.startswith("$ "):
            found.append(Command(document, number, line.removeprefix("$ "), 0))
        elif fence == "console" and line.startswith("> ") and found:
            last = found[-1]
            found[-1] = Command(document, last.line, f"{last.text}\n{line.removeprefix('> ')}", 0)
    return [_steered(command) for command in found]


def _steered(command: Command) -> Command:
    match = STEERING.search(command.text)
    if match is None:
        return command
    return Command(
        document=command.document,
        line=command.line,
        text=command.text[: match.start()],
        exit_code=int(match["exit"] or 0),
        skip=match["skip"] or "",
    )


def script(parts: list[Command]) -> str:
    """One bash script that says each command, runs it, and stops at the first surprise."""
    lines = ["exec </dev/null"]
    for part in parts:
        lines.append(f"printf '\\n$ %s\\n' {shlex.quote(part.text)}")
        if part.skip:
            lines.append(f"printf '  (%s)\\n' {shlex.quote(part.skip)}")
            continue
        lines.append(f"eval {shlex.quote(part.text)}; code=$?")
        lines.append(
            f"if [ $code -ne {part.exit_code} ]; then "
            f'echo "{part.document}:{part.line}: exit $code,'
            f' expected {part.exit_code}" >&2; exit 1; fi'
        )
    return "\n".join(lines) + "\n"


def fresh_clone(source: Path, scratch: Path, *, umask: int = -1) -> Path:
    """Clone what `git add --all` would take of a work tree; the tree and its .git stay untouched.

    Args:
        source: the work tree.
        scratch: an empty folder for the intermediate repository and the clone.
        umask: the umask to clone under; -1 keeps the present one.
    """
    snapshot, clone = scratch / "snapshot.git", scratch / "aztrust"
    identity = ("-c", "user.name=reader", "-c", "user.email=reader@example.invalid")
    # A person's git settings (ignored names, commit signing) must not change what is cloned.
    env = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    env |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    at = ("git", f"--git-dir={snapshot}", f"--work-tree={source}", *identity)
    for command in (
        ("git", "init", "--quiet", "--bare", str(snapshot)),
        (*at, "add", "--all"),
        (*at, "commit", "--quiet", "--message=snapshot"),
    ):
        subprocess.run(command, check=True, cwd=source, env=env)
    clone_it = ("git", "clone", "--quiet", str(snapshot), str(clone))
    subprocess.run(clone_it, check=True, env=env, umask=umask)
    return clone


def environment(home: Path) -> dict[str, str]:
    """This process's environment with another home; how pip reaches packages stays the same."""
    ours = ("AZTRUST_", "GIT_", "MAKE", "MFLAGS", "VIRTUAL_ENV")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    for config in (".config/pip/pip.conf", ".pip/pip.conf"):
        if (Path.home() / config).is_file():
            kept.setdefault("PIP_CONFIG_FILE", str(Path.home() / config))
    return (
        _go_caches()
        | kept
        | {
            "HOME": str(home),
            "XDG_CONFIG_HOME": str(home / ".config"),
            "XDG_DATA_HOME": str(home / ".local" / "share"),
            "NO_COLOR": "1",
        }
    )


def _go_caches() -> dict[str, str]:
    """Where Go keeps modules and built packages, and from where it takes modules."""
    if shutil.which("go") is None:
        return {}
    names = ("GOCACHE", "GOMODCACHE", "GOPROXY", "GOSUMDB")
    done = subprocess.run(("go", "env", "-json", *names), check=True, stdout=subprocess.PIPE)
    return {str(name): str(value) for name, value in json.loads(done.stdout).items()}


def run(text: str, folder: Path, env: Mapping[str, str], record: Path | None = None) -> int:
    """Run a script in bash, and end what it leaves running; returns its exit code.

    Args:
        text: of the script.
        folder: where it runs.
        env: its variables.
        record: where its output is written as an asciicast; it is shown in any case.
    """
    words, out = ("bash", "-c", text), subprocess.PIPE if record else None
    with subprocess.Popen(
        words, cwd=folder, env=env, stdout=out, stderr=subprocess.STDOUT if record else None,
        start_new_session=True,
    ) as process:  # fmt: skip
        try:
            if record is not None:
                _record(process, record)
            return process.wait()
        finally:
            # Its group is its own: nodes that it started in the background are in it.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def _record(process: subprocess.Popen[bytes], path: Path) -> None:
    began = time.monotonic()
    header = {"version": 2, "width": COLUMNS, "height": 40, "idle_time_limit": 2}
    with path.open("w", encoding="utf-8") as cast:
        cast.write(json.dumps(header) + "\n")
        for line in process.stdout or ():
            # Where this checkout is does not concern readers.
            shown = line.decode("utf-8", "replace").replace(str(REPOSITORY), "~/aztrust")
            print(shown, end="", flush=True)
            event = [round(time.monotonic() - began, 2), "o", shown.replace("\n", "\r\n")]
            cast.write(json.dumps(event, ensure_ascii=False) + "\n")


def main(arguments: list[str]) -> int:
    """Run or list; returns the exit code."""
    parser = argparse.ArgumentParser(prog="readme.py")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--record", type=Path, metavar="FILE")
    parser.add_argument("documents", nargs="*", metavar="DOCUMENT")
    given = parser.parse_args(arguments)
    parts: list[Command] = []
    documents = given.documents or DOCUMENTS
    for document in documents:
        found = commands((REPOSITORY / document).read_text("utf-8"), document)
        if not found:
            print(f"{document}: no console block with a command", file=sys.stderr)
            return 1
        parts += found
    if given.list:
        for p in parts:
            print(f"{p.document}:{p.line}: {p.text}  -> {p.skip or p.exit_code}")
        return 0
    with tempfile.TemporaryDirectory(prefix="aztrust-readme-") as name:
        scratch = Path(name)
        home = scratch / "home"
        home.mkdir()
        env = environment(home)
        if given.documents:
            folder = REPOSITORY
            env["PATH"] = f"{REPOSITORY / '.venv' / 'bin'}{os.pathsep}{env['PATH']}"
        else:
            folder = fresh_clone(REPOSITORY, scratch)
        code = run(script(parts), folder, env, given.record)
    ran = sum(not p.skip for p in parts)
    print(f"\n{len(documents)} documents: {'FAILED' if code else f'{ran} commands ran'}")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
