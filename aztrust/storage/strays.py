"""Files of a launch in a place where nothing is read, and which must not be passed over.

A signed record that is called otherwise, or is in another folder, may be a revocation that people
believe to be in force. A private key in keys/ is a key that others have.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from aztrust.core.base.canonical import RECORD_LIMIT
from aztrust.core.base.errors import CouldNotCheck
from aztrust.core.base.paths import escape
from aztrust.core.formats.private_keys import private_key_form
from aztrust.core.package.entries import Fault
from aztrust.storage.folders import FOLDER_LIMIT, list_folder, read_bounded

_TEMPORARY: Final = re.compile(r"\..*\.[0-9a-f]{12}\.tmp")
"""What `storage.durable` writes before it has its name."""
_READ: Final = (".dsse.json", ".sigstore.json")


def stray_records(launch: Path, records: str, verdicts: str) -> tuple[Fault, ...]:
    """The signed envelopes in manifests/, and in its folders under names that are not read.

    Args:
        launch: the launch directory.
        records, verdicts: the folders in it.
    """
    places: tuple[tuple[str, Callable[[str], bool]], ...] = (
        ("manifests", lambda _: True),
        (records, lambda name: name.startswith(".")),
        (verdicts, lambda name: name.startswith(".") or not name.endswith(_READ)),
    )
    cause = (
        f"it is a signed record where none is read: move it to {records}/, under a name that does"
        " not begin with a dot"
    )
    return tuple(
        Fault("record-unreadable", escape(path), cause) for path in _strays(launch, places)
    )


def _strays(launch: Path, places: Sequence[tuple[str, Callable[[str], bool]]]) -> Iterator[str]:
    left = FOLDER_LIMIT
    for folder, is_passed_over in places:
        try:
            names = list_folder(launch / folder)
        except (OSError, CouldNotCheck):
            # What reads the folder reports it.
            continue
        for name in names:
            if not is_passed_over(name) or _TEMPORARY.fullmatch(name):
                continue
            try:
                data = read_bounded(launch / folder / name, RECORD_LIMIT)
            except CouldNotCheck:
                continue
            left -= len(data)
            if left < 0:
                return
            if b'"payloadType"' in data and b'"signatures"' in data:
                yield f"{folder}/{name}"


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
