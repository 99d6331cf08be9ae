"""Run a command only where its inputs are not those with which it last passed.

    python tools/changed.py NAME INPUT… -- COMMAND…

The inputs are files and folders of this repository; this Python, the system and the words of the
command count as well. After a success their digest is remembered under NAME in the user's cache
folder (`$XDG_CACHE_HOME/aztrust-ci`, else `~/.cache/aztrust-ci`). A machine without it runs the
command. What was not run is named, with the digest; it is not reported as passed now.
"""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
GENERATED = frozenset(("__pycache__", ".hypothesis", ".pytest_cache"))


def digest(root: Path, inputs: list[str], command: list[str]) -> str:
    """SHA-256 over names, modes and bytes of the inputs, the command and this machine's Python.

    Raises:
        FileNotFoundError: an input is not there.
    """
    total = hashlib.sha256()
    facts = [platform.platform(), platform.libc_ver()[1], sys.version, *command, *inputs]
    for fact in facts:
        total.update(fact.encode() + b"\0")
    for name in inputs:
        start = root / name
        paths = sorted(start.rglob("*")) if start.is_dir() else [start]
        for path in paths:
            if GENERATED & set(path.parts) or path.is_dir():
                continue
            data = os.readlink(path).encode() if path.is_symlink() else path.read_bytes()
            mode = b"l" if path.is_symlink() else b"x" if path.stat().st_mode & 0o100 else b"-"
            total.update(mode + path.relative_to(root).as_posix().encode() + b"\0")
            total.update(hashlib.sha256(data).digest())
    return total.hexdigest()


def stamp(name: str) -> Path:
    """Where the digest of the last success is remembered."""
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(cache) / "aztrust-ci" / name


def main(arguments: list[str], root: Path = REPOSITORY) -> int:
    """Run, or say why not; returns the exit code of the command."""
    if "--" not in arguments or arguments.index("--") < 2:
        print("usage: changed.py NAME INPUT… -- COMMAND…", file=sys.stderr)
        return 2
    middle = arguments.index("--")
    name, inputs, command = arguments[0], arguments[1:middle], arguments[middle + 1 :]
    now, remembered = digest(root, inputs, command), stamp(name)
    if remembered.is_file() and remembered.read_text("ascii").strip() == now:
        print(f"not run: {name} passed with these inputs before (sha256:{now[:16]})")
        return 0
    code = subprocess.run(command, cwd=root, check=False).returncode
    if code == 0:
        remembered.parent.mkdir(parents=True, exist_ok=True)
        remembered.write_text(now + "\n", "ascii")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
