"""Build the single executable twice, and keep it only if the bytes are the same.

    python -m tools.binary.build [--output dist]

It is the program of the wheel that `make dist` left there, with the dependencies of
requirements/binary.txt, which are in `.venv-binary`, and this machine's Python. The second build
is done in another folder, under another umask, time zone and locale. Next to the program is its
SHA-256, as `sha256sum --check` reads it.

The same bytes come out where Python, the compiler and the system's libraries are the same.
Needs gcc, binutils, and a Python that was installed with its static library.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

from tools.dist import REPOSITORY
from tools.from_wheel import TrialError, only_wheel

HERE = Path(__file__).resolve().parent
LIMIT = 40_000_000
"""The most bytes that the program may have."""
HARDENED = ("-O2", "-fPIE", "-fstack-protector-strong", "-D_FORTIFY_SOURCE=2", "-Wall", "-Werror")
LINKED = ("-pie", "-rdynamic", "-s", "-Wl,-z,relro,-z,now", "-Wl,--build-id=none")
CIRCUMSTANCES = (
    (0o022, {"TZ": "UTC", "LC_ALL": "C"}),
    (0o077, {"TZ": "Asia/Kathmandu", "LC_ALL": "C.UTF-8"}),
)


class BuildError(Exception):
    """Why there is no program, as one sentence."""


def static_library() -> Path:
    """This Python's own static library.

    Raises:
        BuildError: it was installed without one.
    """
    folder, name = (sysconfig.get_config_var(name) or "" for name in ("LIBPL", "LIBRARY"))
    path = Path(folder) / name
    if not path.is_file():
        raise BuildError(
            f"{sys.executable} has no static library {path}: make PYTHON=… with a Python that has"
        )
    return path


def run(words: list[str], folder: Path, umask: int, environment: dict[str, str]) -> None:
    """Run one step of a build.

    Raises:
        BuildError: it failed.
    """
    env = {"PATH": os.environ["PATH"], "PYTHONHASHSEED": "0", **environment}
    try:
        done = subprocess.run(
            words, cwd=folder, env=env, umask=umask, capture_output=True, text=True, check=False
        )
    except OSError as error:
        raise BuildError(f"{words[0]}: {error.strerror}: install gcc and binutils") from None
    if done.returncode:
        raise BuildError(f"{Path(words[0]).name} failed: {done.stderr.strip()[-2000:]}")


def build(wheel: Path, folder: Path, umask: int, environment: dict[str, str]) -> bytes:
    """The program, built in an empty folder."""
    folder.mkdir()
    version = f"python{sysconfig.get_python_version()}"
    environment_of = REPOSITORY / ".venv-binary"
    python = str(environment_of / "bin" / "python")
    site = str(environment_of / "lib" / version / "site-packages")
    library = str(static_library())
    image = [python, "-P", str(HERE / "image.py"), str(wheel), site, str(folder)]
    run(image, folder, umask, environment)
    sources = [str(HERE / "launcher.c"), str(HERE / "image.S")]
    include = sysconfig.get_paths()["include"]
    command = ["gcc", *HARDENED, "-I.", f"-I{include}", *sources, *LINKED]
    command += ["-Wl,--whole-archive", library, "-Wl,--no-whole-archive"]
    command += (sysconfig.get_config_var("LIBS") or "").split()
    command += (sysconfig.get_config_var("SYSLIBS") or "").split()
    run([*command, "-o", "aztrust"], folder, umask, environment)
    return (folder / "aztrust").read_bytes()


def newest_glibc(folder: Path) -> str:
    """The oldest version of the C library with which everything in the program runs."""
    done = subprocess.run(
        ("readelf", "--version-info", "--wide", folder / "aztrust"),
        capture_output=True,
        text=True,
        check=True,
    )
    listed = (folder / "glibc").read_text("utf-8").split()
    found: set[str] = {*listed, *re.findall(r"GLIBC_(2\.\d+)", done.stdout)}
    return max(found, key=lambda version: [int(part) for part in version.split(".")])


def main(arguments: list[str]) -> int:
    """Build, compare, write; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--output", type=Path, default=REPOSITORY / "dist")
    output = parser.parse_args(arguments).output
    try:
        wheel = only_wheel(output).resolve()
        with tempfile.TemporaryDirectory(prefix="aztrust-binary-") as name:
            folders = [Path(name) / folder for folder in ("one", "another")]
            first, second = (
                build(wheel, folder, umask, environment)
                for folder, (umask, environment) in zip(folders, CIRCUMSTANCES, strict=True)
            )
            if first != second:
                raise BuildError("two builds differ")
            glibc = newest_glibc(folders[0])
        if len(first) > LIMIT:
            raise BuildError(f"it has {len(first):,} bytes, and may have {LIMIT:,}")
    except (BuildError, TrialError) as error:
        print(f"binary: {error}", file=sys.stderr)
        return 1
    platform = sysconfig.get_platform().replace("_", "-").replace("linux-x86-64", "linux-x86_64")
    target = output / f"aztrust-{wheel.name.split('-')[1]}-{platform}"
    for old in output.glob("aztrust-*-linux-*"):
        old.unlink()
    target.write_bytes(first)
    target.chmod(0o755)
    digest = hashlib.sha256(first).hexdigest()
    target.with_name(target.name + ".sha256").write_text(f"{digest}  {target.name}\n", "ascii")
    print(f"binary   {os.path.relpath(target)}\n  sha256:{digest}")
    print(f"  {len(first):,} bytes, built twice; Python {sysconfig.get_python_version()} is in it")
    print(f"needs    glibc {glibc} or newer, libgcc_s.so.1, /proc")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
