"""Small bags for the tests of this folder."""

from __future__ import annotations

import os
from pathlib import Path

from aztrust.core.archive.layout import BagAbout
from aztrust.core.base.digest import both
from aztrust.core.package.entries import FileEntry
from aztrust.storage.bag.writing import PackageFile, Source, WrittenBag, write_bag

ABOUT = BagAbout("test-1", "sha256:" + "1" * 64, "sha256:" + "2" * 64, "2026-09-20")
NAMES = {
    "bin/node": (b"\x7fELF node", True),
    "empty": (b"", False),
    "a folder/with a space": (b"text\n", False),
    "long/" + "x" * 60 + "/" + "y" * 60: (b"long", False),
    "\N{LATIN SMALL LETTER E WITH ACUTE}": (b"not ASCII", False),
}


def package(folder: Path) -> dict[str, Source]:
    """The files of a package, written below `folder`/packages/release, as sources of a bag."""
    sources: dict[str, Source] = {}
    for path, (data, executable) in NAMES.items():
        # The bytes of the name are UTF-8 in every locale.
        target = folder / "packages/release" / os.fsdecode(path.encode())
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        entry = FileEntry(path, len(data), executable, *both(data))
        sources[f"data/launch/packages/release/{path}"] = PackageFile("packages/release", entry)
    return sources


def payload(folder: Path) -> dict[str, Source]:
    """What a small bag holds."""
    return {
        "data/launch/manifests/policy.toml": b"version = 1\n",
        "data/launch/manifests/records/one.dsse.json": b"{}",
        "data/index.html": b"<!DOCTYPE html>\n",
        "data/missing.json": b"[]",
        **package(folder),
    }


def written(folder: Path, name: str = "bag", *, tar: bool = False) -> tuple[Path, WrittenBag]:
    """A small bag in `folder`."""
    launch = folder / "launch"
    out = folder / name
    return out, write_bag(out, launch, payload(launch), ABOUT, tar=tar)


def files_of(root: Path) -> list[str]:
    """Every file below a directory, by its path, sorted."""
    found = []
    for folder, _, names in os.walk(root):
        found += [os.path.relpath(os.path.join(folder, name), root) for name in names]
    return sorted(found)


def flip(path: Path, at: int) -> None:
    """Flip one bit of one byte."""
    data = bytearray(path.read_bytes())
    data[at] ^= 0x20
    path.write_bytes(bytes(data))
