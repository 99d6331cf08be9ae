"""Files of a launch in a place where nothing is read, and which must not be passed over.

A signed record that is called otherwise, or is in another folder, may be a revocation that people
believe to be in force. A private key in keys/ is a key that others have.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Final

from aztrust.core.base.canonical import MIB, RECORD_LIMIT
from aztrust.core.base.errors import CouldNotCheck
from aztrust.core.base.paths import escape
from aztrust.core.formats.private_keys import private_key_form
from aztrust.core.package.entries import Fault
from aztrust.storage.folders import FOLDER_COUNT, FOLDER_LIMIT, list_folder, read_bounded

_TEMPORARY: Final = re.compile(r"\..*\.[0-9a-f]{12}\.tmp")
"""What `storage.durable` writes before it has its name."""
_READ: Final = (".dsse.json", ".sigstore.json")
_BY_DIGEST: Final = re.compile(r"[0-9a-f]{16,64}\.(?:json|toml)")
_REPORT: Final = re.compile(r"[a-z_]{1,64}\.[0-9a-f]{16}\.[0-9a-f]{8}\.json")
_PROOF: Final = re.compile(r"[0-9]{1,16}-[0-9a-f]{16}\.proof\.json")
_WHOLE: Final = ("manifests/ledger/tile",)
"""Folders of which each file is compared with what it has to be."""
_DEPTH: Final = 4
Passed = Callable[[str], bool]


def stray_records(launch: Path, records: str, verdicts: str) -> tuple[Fault, ...]:
    """The signed envelopes in manifests/ and the folders below it, and in keys/, under names that
    are not read; those in a folder of the launch that is called like the one for records; and
    each folder that could not be looked through.

    Args:
        launch: the launch directory.
        records, verdicts: the folders in it.
    """
    own: dict[str, Passed] = {
        records: lambda name: not name.startswith("."),
        verdicts: lambda name: name.endswith(_READ) and not name.startswith("."),
        "manifests/sealed": lambda name: _BY_DIGEST.fullmatch(name) is not None,
        "manifests/policies": lambda name: _BY_DIGEST.fullmatch(name) is not None,
        "manifests/observations": lambda name: _PROOF.fullmatch(name) is not None,
        "manifests/reports": lambda name: _REPORT.fullmatch(name) is not None,
        "manifests/provenance": lambda name: not name.endswith(_READ[0]),
        "keys": lambda name: name.endswith(".pem") and not name.startswith("."),
    }
    # In addition, where a person puts them who leaves out one folder.
    folders = dict.fromkeys((*_below(launch, "manifests"), *own, records.rpartition("/")[2]))
    cause = (
        f"it is a signed record where none is read: move it to {records}/, under a name that does"
        " not begin with a dot"
    )
    found: list[Fault] = []
    left = FOLDER_LIMIT
    for folder in folders:
        is_read = own.get(folder)
        try:
            listed = list_folder(launch / folder)
            names = [n for n in listed if is_read is None or not is_read(n)]
        except (OSError, CouldNotCheck) as error:
            # What reads a folder of its own reports it; what is absent holds nothing.
            absent = isinstance(error, (FileNotFoundError, NotADirectoryError))
            if folder not in own and not absent:
                found.append(_unlooked(folder, getattr(error, "message", None) or str(error)))
            continue
        for name in names:
            if _TEMPORARY.fullmatch(name) or left < 0:
                continue
            try:
                data = read_bounded(launch / folder / name, RECORD_LIMIT)
            except CouldNotCheck:
                continue
            left -= len(data)
            if b'"payloadType"' in data and b'"signatures"' in data:
                found.append(Fault("record-unreadable", escape(f"{folder}/{name}"), cause))
            elif left < 0:
                limit = f"more than {FOLDER_LIMIT // MIB} MiB under names that are not read"
                found.append(_unlooked(folder, limit))
    return tuple(found)


def _unlooked(folder: str, why: str) -> Fault:
    cause = f"it was not looked through for signed records: {why}; move other files away"
    return Fault("record-unreadable", escape(folder), cause)


def _below(launch: Path, top: str) -> Iterator[str]:
    """A folder and those below it, but for what other readers look through whole."""
    waiting = [top]
    while waiting:
        folder = waiting.pop()
        yield folder
        if folder.count("/") >= _DEPTH:
            continue
        try:
            with os.scandir(launch / folder) as entries:
                names = (e.name for e in entries if e.is_dir(follow_symlinks=False))
                below = sorted(islice(names, FOLDER_COUNT))
        except OSError:
            # `list_folder` has the same error.
            continue
        waiting += [f"{folder}/{name}" for name in below if f"{folder}/{name}" not in _WHOLE]


def private_keys(launch: Path, keys: str, limit: int) -> tuple[Fault, ...]:
    """The private keys in keys/ in files that are not named as public ones.

    Dot files too: an editor's copy of a key is a key.
    """
    found: list[Fault] = []
    left = FOLDER_LIMIT
    try:
        names = list_folder(launch / keys)
    except (OSError, CouldNotCheck):
        # `_list_directory` reports it.
        return ()
    for name in names:
        if name.endswith(".pem") and not name.startswith("."):
            continue
        try:
            data = read_bounded(launch / keys / name, limit)
        except CouldNotCheck:
            continue
        left -= len(data)
        if left < 0:
            break
        form = private_key_form(data)
        if form:
            cause = f"it holds a private key ({form})"
            found.append(Fault("private-key-exposed", escape(f"{keys}/{name}"), cause))
    return tuple(found)
