"""Try the single executable where nothing else is: no Python, no shell, no temporary folder.

    python -m tools.binary.trial [FILE]        else the one in dist/

As root on Linux it runs in a root folder of its own, with the C library, /proc and the launch, and
nothing else; there /tmp is mounted `noexec`. Otherwise the environment is empty, and the trial says
that no more was tried. What a validator and a role holder do is done: verify, pack, preflight,
keys, seal, approve, a ledger, provenance, and the search in a monitoring answer.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import re
import shutil
import struct
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tools.dist import REPOSITORY, code_digest
from tools.from_wheel import TrialError, anchor, node_home, only_wheel
from tools.install_page import run_section

# The C library, in its parts, and the compiler's.
LIBRARIES = (
    *("libc.so.6", "libm.so.6", "libdl.so.2", "libpthread.so.0", "librt.so.1", "libutil.so.1"),
    "libgcc_s.so.1",
)
MEMFD_CREATE = {"x86_64": 319, "aarch64": 279}
POLICY = (
    ('path = "TODO"', 'path = "atlasd"'),
    ('# member = "bin/node"', ""),
    ('member = "bin/node"', ""),
)


class Room:
    """Where the program is tried.

    Attributes:
        root: the folder that the program sees as `/`, or that its files are in.
        alone: whether it sees nothing else.
    """

    def __init__(self, root: Path, program: Path) -> None:
        self.root = root
        shutil.copy(program, root / "aztrust")
        for name in ("work", "tmp", "proc", "home"):
            (root / name).mkdir()
        self.alone = os.geteuid() == 0 and shutil.which("unshare") is not None
        if self.alone:
            self._add_libraries()
            first = self.run("--version")
            if first.returncode:
                print(f"no root folder of its own: {first.stderr.decode().strip()[:300]}")
                self.alone = False

    def _add_libraries(self) -> None:
        words = ("ldd", self.root / "aztrust")
        done = subprocess.run(words, capture_output=True, text=True, check=True)
        found = dict(re.findall(r"^\s*(\S+) => (/\S+)", done.stdout, re.MULTILINE))
        loader = re.search(r"^\s*(/\S*ld-linux\S*)", done.stdout, re.MULTILINE)
        if loader is None:
            raise TrialError("ldd names no dynamic loader")
        where = Path(loader[1])
        (self.root / where.relative_to("/")).parent.mkdir(parents=True)
        shutil.copy(where, self.root / where.relative_to("/"))
        libraries = Path(found["libc.so.6"]).parent
        for name in LIBRARIES:
            target = self.root / libraries.relative_to("/") / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(libraries / name, target)

    def path(self, name: str) -> str:
        """How the program names one of its files."""
        return f"/{name}" if self.alone else str(self.root / name)

    def run(
        self,
        *words: str,
        given: bytes = b"",
        before: Callable[[], None] | None = None,
        **variables: str,
    ) -> subprocess.CompletedProcess[bytes]:
        """Run the program with these variables and no others."""
        command = [self.path("aztrust"), *words]
        if self.alone:
            inside = 'mount -t tmpfs -o noexec tmpfs "$0/tmp"; mount -t proc proc "$0/proc";'
            inside += ' cd "$0"; exec env -i "PATH=/nonexistent" "HOME=/home" "TMPDIR=/tmp"'
            inside += "".join(f" {name}={value}" for name, value in variables.items())
            inside += f' {shutil.which("chroot")} "$0" "$@"'
            unshared = ("unshare", "--mount", "--pid", "--fork", "--propagation=private")
            command = [*unshared, "sh", "-c", inside, str(self.root), *command]
            inside_env = {"PATH": os.environ["PATH"]}
        else:
            home = str(self.root / "home")
            inside_env = {"PATH": "/nonexistent", "HOME": home, "TMPDIR": "/nonexistent"}
        return subprocess.run(
            command,
            cwd=self.root / "work",
            env={**inside_env, **({} if self.alone else variables)},
            input=given,
            capture_output=True,
            preexec_fn=before,
            check=False,
        )


def expect(room: Room, title: str, code: int, *words: str, **options: object) -> str:
    """Run a command that must end with this exit code; returns what it prints.

    Raises:
        TrialError: it ends otherwise, or wrote a temporary file.
    """
    began = time.monotonic()
    done = room.run(*words, **options)  # type: ignore[arg-type]
    output = (done.stdout + done.stderr).decode("utf-8", "replace")
    if done.returncode != code:
        raise TrialError(f"{title}: exit {done.returncode}, expected {code}\n{output}")
    first = (output.splitlines() or [""])[0][:60]
    print(f"{time.monotonic() - began:5.1f} s  {title}: exit {code}  {first}")
    return output


def without_memory_files() -> None:
    """Let the kernel refuse `memfd_create` to this process and what it becomes (seccomp)."""
    number = MEMFD_CREATE[os.uname().machine]
    steps = [(0x20, 0, 0, 0), (0x15, 0, 1, number), (0x06, 0, 0, 0x50001), (0x06, 0, 0, 0x7FFF0000)]
    program = b"".join(struct.pack("HBBI", *step) for step in steps)
    held = ctypes.create_string_buffer(program, len(program))
    filters = struct.pack("HxxxxxxP", len(steps), ctypes.addressof(held))
    library = ctypes.CDLL(None)
    if library.prctl(38, 1, 0, 0, 0) or library.prctl(22, 2, filters, 0, 0):
        os._exit(99)


def try_a_launch(room: Room) -> None:
    """Start a launch with one key, seal and approve its release."""
    words = {"AZTRUST_PASSPHRASE": "only-for-this-trial"}
    new = ("--chain", "cosmos", "--chain-id", "atlas-1", "--network-class", "testnet")
    launch = room.path("work/atlas")
    expect(room, "init", 0, "init", launch, *new, "--name", "Atlas")
    at = ("-C", launch)
    for holder, role in (("rita", "release-manager"), ("gabi", "genesis-custodian")):
        add = ("key", "generate", holder, "--role", role, "--add")
        expect(room, f"key generate {holder}", 0, *at, *add, **words)
    policy = room.root / "work/atlas/manifests/launch.toml"
    text = policy.read_text("utf-8")
    for old, new_text in POLICY:
        text = text.replace(old, new_text)
    policy.write_text(text, "utf-8")
    node = room.root / "work/atlas/packages/release/atlasd"
    node.write_bytes(b"#!/bin/sh\n")
    node.chmod(0o755)
    expect(room, "seal", 0, *at, "seal", "release", "--key", "rita", **words)
    expect(room, "approve", 0, *at, "approve", "release", "--key", "rita", "--yes", **words)


def try_forged_launches(room: Room) -> None:
    """A frozen launch with a ledger, a host for it, and where its vectors are here, provenance."""
    from fixtures.forge import RELEASE, Launch
    from fixtures.forge.builds import FOLDER, ask_for_a_builder, shared, trusted_root
    from fixtures.forge.host import Host
    from fixtures.forge.launch import Impossible
    from fixtures.forge.ledgers import Ledger, with_ledger

    launch = Launch(room.root / "forged")
    with_ledger(launch)
    host = Host(launch)
    ledger = Ledger(launch)
    ledger.head()
    kit = host.kit(ledger=ledger.path)
    within = {path: room.path(str(path.relative_to(room.root))) for path in (kit, host.home)}
    words = ("preflight", within[kit], "--home", within[host.home], "--platform", "linux/amd64")
    known = ("--anchor", launch.anchor, "--scope", launch.scope())
    expect(room, "preflight, after the freeze", 0, *words, *known)
    expect(room, "preflight, without an anchor", 12, *words)
    at = ("-C", room.path("forged/launch"), "ledger", "verify", "--anchor", launch.anchor)
    place = room.path(str(ledger.path.relative_to(room.root)))
    expect(room, "ledger verify", 0, *at, "--ledger", place)

    built = Launch(room.root / "built")
    try:
        root, artifact = trusted_root(), shared("custom-issuer-artifact")
        bundle = shared("custom-issuer.sigstore.json")
    except Impossible as reason:
        print(f"         provenance: not tried: {reason}")
        return
    built.write(f"{RELEASE}/attested", artifact)
    built.refresh("release")
    built.refresh("genesis")
    ask_for_a_builder(built, root, "attested")
    built.write(f"{FOLDER}/root.trusted_root.json", root)
    asked = ("-C", room.path("built/launch"), "verify", "--anchor", built.anchor)
    expect(room, "provenance missing", 10, *asked)
    built.write(f"{FOLDER}/a.sigstore.json", bundle)
    expect(room, "provenance", 0, *asked)


def try_all(room: Room, wheel: Path) -> None:
    """Everything, in order.

    Raises:
        TrialError: the first thing that is not as it must be.
    """
    version = wheel.name.split("-")[1]
    said = expect(room, "--version", 0, "--version")
    if said != f"aztrust {version}\ncode     sha256:{code_digest(wheel)}\n":
        raise TrialError(f"--version is not that of the wheel: {said!r}")
    for name in ("manifests", "keys", "fixtures/release", "fixtures/genesis"):
        shutil.copytree(REPOSITORY / name, room.root / "launch" / name, symlinks=True)
    at = ("-C", room.path("launch"))
    expect(room, "verify", 0, *at, "verify", "--anchor", anchor())
    expect(room, "verify, another anchor", 10, *at, "verify", "--anchor", "0" * 64)
    kit = room.path("work/kit.aztrust")
    expect(room, "pack", 0, *at, "pack", "--to", kit)
    with tarfile.open(room.root / "work/kit.aztrust") as packed:
        if "check.sh" not in packed.getnames():
            raise TrialError("the kit that it packed has no check.sh")
    node_home(room.root / "node")
    host = ("preflight", kit, "--home", room.path("node"), "--anchor", anchor(), "--platform")
    expect(room, "preflight, before the freeze", 11, *host, "linux/amd64")
    expect(room, "preflight, another platform", 10, *host, "linux/arm64")
    try_a_launch(room)
    try_forged_launches(room)
    for title, given, code in (("found", b"wellall well", 20), ("absent", b"wellill", 21)):
        expect(room, f"search: {title}", code, "--search-an-answer", "4", given=given)
    for name in ("click.py", "tomli.py", "aztrust.py"):
        (room.root / "work" / name).write_text("raise SystemExit(77)\n", "utf-8")
    expect(room, "no folder is imported from", 0, "--version", PYTHONPATH=room.path("work"))
    if os.uname().machine in MEMFD_CREATE:
        refused = {"before": without_memory_files}
        text = expect(room, "memfd_create refused", 1, "--version", **refused)
        if "allow memfd_create" not in text:
            raise TrialError(f"no mend where memory files are refused: {text}")
    left = sorted((room.root / "tmp").iterdir())
    if left:
        raise TrialError(f"it left {left[0].name} in the temporary folder")


def only_binary(folder: Path) -> Path:
    """The program that `make binary` left there, whose digest is the one next to it.

    Raises:
        TrialError: there is none, more than one, or it has another digest.
    """
    found = sorted(path for path in folder.glob("aztrust-*-linux-*") if path.suffix != ".sha256")
    if len(found) != 1:
        raise TrialError(f"{folder} has {len(found)} executables, not one: make binary")
    listed = found[0].with_name(found[0].name + ".sha256").read_text("ascii").split()
    if listed != [hashlib.sha256(found[0].read_bytes()).hexdigest(), found[0].name]:
        raise TrialError(f"{found[0]} is not the file that its .sha256 lists: make binary")
    return found[0]


def main(arguments: list[str]) -> int:
    """Try; returns the exit code."""
    folder = REPOSITORY / "dist"
    try:
        program = Path(arguments[0]).resolve() if arguments else only_binary(folder)
        with tempfile.TemporaryDirectory(prefix="aztrust-trial-") as name:
            room = Room(Path(name), program)
            if not room.alone:
                print("not root, or no unshare: tried in an empty environment, not alone")
            try_all(room, only_wheel(folder))
            if not arguments:
                page = Path(name) / "page"
                page.mkdir()
                for path in (program, program.with_name(f"{program.name}.sha256")):
                    shutil.copyfile(path, page / path.name)
                run_section("One file", page)
    except (RuntimeError, TrialError) as error:
        print(f"trial: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    os.umask(0o022)
    sys.exit(main(sys.argv[1:]))
