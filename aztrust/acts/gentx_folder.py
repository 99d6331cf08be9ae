"""The folder of gen_txs that a genesis was made from, held against the genesis (`--gentx`)."""

from __future__ import annotations

import os
from pathlib import Path

from aztrust.core.base.errors import CouldNotCheck, Refused
from aztrust.core.base.paths import escape
from aztrust.core.genesis.gentxs import GentxAccount, account_for_gentxs, gentx_lines
from aztrust.core.linkage.jsondoc import parse_json
from aztrust.storage.folders import read_bounded

FILE_LIMIT = 1 << 20
"""Bytes of one gen_tx; real ones have some 2 kB."""
MOST_FILES = 10_000
TOTAL_LIMIT = 64 << 20
"""Bytes of all files together."""


def read_gentxs(folder: Path) -> dict[str, bytes]:
    """The bytes of everything in a folder, by name; nothing in it is left out.

    Raises:
        CouldNotCheck: the folder or something in it cannot be read, is not a regular file, or is
            over a limit.
    """
    names = _names(folder)
    files: dict[str, bytes] = {}
    total = 0
    for name in names:
        data = read_bounded(folder / name, FILE_LIMIT)
        total += len(data)
        if len(data) > FILE_LIMIT:
            raise _unread(str(folder / name), f"it has more than {FILE_LIMIT:,} bytes")
        if total > TOTAL_LIMIT:
            raise _unread(str(folder), f"its files have more than {TOTAL_LIMIT:,} bytes together")
        files[name] = data
    return files


def read_each(folder: Path) -> tuple[dict[str, bytes], dict[str, str]]:
    """The bytes of each file in a folder by name, and by name why the others were not read.

    Raises:
        CouldNotCheck: the folder cannot be listed, or holds too much.
    """
    files: dict[str, bytes] = {}
    unread: dict[str, str] = {}
    total = 0
    for name in _names(folder):
        try:
            data = read_bounded(folder / name, FILE_LIMIT)
        except CouldNotCheck as error:
            unread[name] = error.message.rpartition(": ")[2]
            continue
        total += len(data)
        if total > TOTAL_LIMIT:
            raise _unread(str(folder), f"its files have more than {TOTAL_LIMIT:,} bytes together")
        if len(data) > FILE_LIMIT:
            unread[name] = f"it has more than {FILE_LIMIT:,} bytes"
        else:
            files[name] = data
    return files, unread


def _names(folder: Path) -> list[str]:
    try:
        names = sorted(os.listdir(folder))
    except OSError as error:
        raise _unread(str(folder), error.strerror or str(error)) from None
    if len(names) > MOST_FILES:
        raise _unread(str(folder), f"it holds more than {MOST_FILES:,} files")
    return names


def require_gentxs(genesis: bytes, path: str, folder: Path) -> GentxAccount:
    """Hold the gen_txs of a genesis against the folder they were sent to.

    Args:
        genesis: the genesis file's bytes.
        path: its path in the package.
        folder: the folder.

    Raises:
        CouldNotCheck: as `read_gentxs`.
        Malformed: the genesis is not strict JSON.
        Refused: `gentx-mismatch`; `details` names each that is missing, altered, extra, repeated
            or unread.
    """
    files = read_gentxs(folder)
    account = account_for_gentxs(parse_json(genesis, what=escape(path)), files)
    if account.agrees:
        return account
    details = gentx_lines(account) or ("there is no gen_tx in the folder",)
    raise Refused(
        f"the genesis does not have exactly the gen_txs of {escape(str(folder))}:"
        f" {len(account.inside):,} of {len(files):,} files are in it as they were sent",
        subject=f"genesis:{escape(path)}",
        code="gentx-mismatch",
        mend="collect the gen_txs again with the chain's own tool; move what is left out on"
        " purpose out of the folder",
        details=tuple(details),
    )


def _unread(path: str, cause: str) -> CouldNotCheck:
    return CouldNotCheck(
        f"the gen_txs cannot be read: {cause}",
        subject=escape(path),
        mend="name the folder that holds the gen_txs and nothing else: --gentx DIR",
    )
