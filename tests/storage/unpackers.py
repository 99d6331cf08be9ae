"""What the world's unpackers make of an archive: the oracle for ours."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import tarfile
import warnings
import zipfile
from pathlib import Path

from tests.patience import PATIENCE

SOURCE = Path(__file__).with_name("archiver.go")

COMMANDS = {
    "tar": {
        "gnu tar": ("tar", "tar -x --no-same-owner -f a"),
        "bsdtar": ("bsdtar", "bsdtar -xf a"),
        "busybox": ("busybox", "busybox tar -x -o -f a"),
    },
    "zip": {
        "unzip": ("unzip", "unzip -o -q a"),
        "bsdtar": ("bsdtar", "bsdtar -xf a"),
        "streaming bsdtar": ("bsdtar", "bsdtar -xf -"),
        "busybox": ("busybox", "busybox unzip -o -q a"),
        "7z": ("7z", "7z x -y -bso0 -bse0 -tzip a"),
    },
}


def run(words, directory, data=b"", **options):
    return subprocess.run(
        words,
        cwd=directory,
        input=data,
        capture_output=True,
        timeout=PATIENCE,
        env={**os.environ, "LC_ALL": "C.UTF-8", "TZ": "UTC"},
        **options,
    )


def build_go(cache: Path, directory: Path) -> Path | None:
    """Go's own readers and writers as a command; None where there is no Go."""
    go = shutil.which("go")
    if go is None:
        return None
    built = directory / "archiver"
    environment = {"GO111MODULE": "off", "GOFLAGS": "", "GOCACHE": str(cache)}
    words = [go, "build", "-o", str(built), str(SOURCE)]
    done = subprocess.run(words, env={**os.environ, **environment}, capture_output=True)
    return built if done.returncode == 0 else None


def unpacked(kind: str, data: bytes, member: str, scratch: Path, go: Path | None):
    """What each unpacker leaves at `member`, by its name; nothing of those that leave nothing."""
    results = {}
    for name, (needs, words) in COMMANDS[kind].items():
        if shutil.which(needs):
            place = fresh(scratch)
            (place / "a").write_bytes(data)
            run(words.split(), place, data if words.endswith("-") else b"")
            results[name] = content(place, member)
    if go:
        file = fresh(scratch) / "a"
        file.write_bytes(data)
        done = run([go, kind, file, member], scratch)
        results["go"] = done.stdout or None
    results["python"] = python(kind, data, member, fresh(scratch))
    return {name: result for name, result in results.items() if result is not None}


def python(kind, data, member, place):
    errors = (tarfile.TarError, zipfile.BadZipFile, OSError, ValueError, EOFError)
    errors = (*errors, NotImplementedError, RuntimeError, KeyError)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            reader = zipfile.ZipFile if kind == "zip" else tarfile.open
            with reader(**{"file" if kind == "zip" else "fileobj": io.BytesIO(data)}) as packed:
                if kind == "zip":
                    packed.extractall(place)
                else:
                    # An absolute name would be written where it says; Python before 3.11.4 has
                    # no filter against that.
                    inside = [m for m in packed if not m.name.startswith("/")]
                    packed.extractall(place, [m for m in inside if ".." not in m.name.split("/")])
        except errors:
            pass
    return content(place, member)


def content(place, member):
    try:
        return (place / member).read_bytes()
    except OSError:
        return None


def fresh(scratch):
    shutil.rmtree(scratch / "x", ignore_errors=True)
    (scratch / "x").mkdir(parents=True)
    return scratch / "x"
