"""Files of a launch in a place where nothing is read, and which must not be passed over.

A signed record that is called otherwise, or is in another folder, may be a revocation that people
believe to be in force. A private key in keys/ is a key that others have.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from aztrust.core.base.canonical import RECORD_LIMIT
from aztrust.core.base.errors import CouldNotCheck
from aztrust.core.base.paths import escape
from aztrust.core.formats.private_keys import private_key_form
from aztrust.core.package.entries import Fault
from aztrust.storage.folders import FOLDER_LIMIT, list_folder, read_bounded
from aztrust.storage.launch import KEY_LIMIT, KEYS, RECORDS, VERDICTS

_TEMPORARY: Final = re.compile(r"\..*\.[0-9a-f]{12}\.tmp")
"""What `storage.durable` writes before it has its name."""
_READ: Final = (".dsse.json", ".sigstore.json")
_PLACES: Final[tuple[tuple[str, Callable[[str], bool]], ...]] = (
    ("manifests", lambda _: True),
    (RECORDS, lambda name: name.startswith(".")),
    (VERDICTS, lambda name: name.startswith(".") or not name.endswith(_READ)),
)


def stray_records(launch: Path) -> tuple[Fault, ...]:
    """The signed envelopes in manifests/, and in its folders under names that are not read."""
    return tuple(_strays(launch))


def _strays(launch: Path) -> Iterator[Fault]:
    left = FOLDER_LIMIT
    for folder, is_passed_over in _PLACES:
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
                cause = (
                    f"it is a signed record where none is read: move it to {RECORDS}/, under a name"
                    " that does not begin with a dot"
                )
                yield Fault("record-unreadable", escape(f"{folder}/{name}"), cause)


def private_keys(launch: Path) -> tuple[Fault, ...]:
    """The private keys in keys/ in files that are not named as public ones.

    Dot files too: an editor's copy of a key is a key.
    """
    found: list[Fault] = []
    left = FOLDER_LIMIT
    try:
        names = list_folder(launch / KEYS)
    except (OSError, CouldNotCheck):
        # `_list_directory` reports it.
        return ()
    for name in names:
        if name.endswith(".pem") and not name.startswith("."):
            continue
        try:
            data = read_bounded(launch / KEYS / name, KEY_LIMIT)
        except CouldNotCheck:
            continue
        left -= len(data)
        if left < 0:
            break
        form = private_key_form(data)
        if form:
            cause = f"it holds a private key ({form})"
            found.append(Fault("private-key-exposed", escape(f"{KEYS}/{name}"), cause))
    return tuple(found)
