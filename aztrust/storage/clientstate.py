"""Databases of execution and consensus clients on this host: where they are, not what they hold."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from aztrust.core.base.errors import CouldNotCheck
from aztrust.core.host.clients import CHAINS, CLIENT_DATABASES, client_homes
from aztrust.core.host.layouts import Layout, expand
from aztrust.core.host.reading import HostNote
from aztrust.storage.access import is_there, listed
from aztrust.storage.config import shown


def client_notes(home: Path, *, deep: bool = True) -> Iterator[HostNote]:
    """The databases of such clients in a data directory.

    Args:
        home: the directory.
        deep: look into its directories, too: clients keep one for each network.
    """
    networks = [f"{name}/" for name in (_directories(home) if deep else ())]
    below = ("", *networks)
    places = [(client, f"{at}{place}") for at in below for client, place in CLIENT_DATABASES]
    seen = set()
    for client, place in (*places, *_chains(home)):
        path = home / place
        if path in seen or not is_there(path):
            continue
        seen.add(path)
        yield HostNote(
            "client-database-present",
            shown(path),
            f"not looked at: a database of {client}, which keeps a genesis of its own; which"
            " genesis is in it is not known, before genesis time as at a restart",
            "before genesis time: remove it and let the client make it from the sealed genesis; at"
            " a restart: ask the client for its genesis block, and start it without this check; or,"
            " where it is another chain's, name the home of this launch's node: --home DIR",
        )


def is_client_home(directory: Path) -> bool:
    """Whether a client keeps its database right below a directory."""
    return next(client_notes(directory, deep=False), None) is not None


def default_client_notes(
    names: Iterable[str], genesis_format: str, environ: Mapping[str, str], homes: Iterable[Path]
) -> Iterator[HostNote]:
    """The databases in the directories that clients use where no option names one.

    Args:
        names, genesis_format: as `client_homes`.
        environ: `HOME` and the variables that the table names.
        homes: those that were looked into already. Where none is known the directories of every
            client are looked into.
    """
    names = tuple(names)
    seen = {os.path.realpath(home) for home in homes}
    templates = client_homes(names, genesis_format, every=not seen)
    for path in expand(Layout("clients"), templates, names or ("node",), environ=environ):
        for directory in _matching(path):
            real = os.path.realpath(directory)
            if real not in seen and is_there(directory):
                seen.add(real)
                yield from client_notes(directory)


def _matching(path: str) -> Iterator[Path]:
    head, star, tail = path.partition("/*")
    if not star:
        yield Path(path)
        return
    try:
        names = sorted(listed(Path(head)))
    except CouldNotCheck:
        # What may not be listed may hold any of them.
        names = []
    for name in names:
        yield Path(f"{head}/{name}{tail}")


def _directories(home: Path) -> list[str]:
    try:
        return sorted(name for name in listed(home) if (home / name).is_dir())
    except CouldNotCheck:
        # What may not be listed may still be entered: the places below it are looked for.
        return []


def _chains(home: Path) -> Iterator[tuple[str, str]]:
    chains, databases = CHAINS
    try:
        names = sorted(listed(home / chains))
    except CouldNotCheck:
        yield "Substrate", chains
        return
    for name in names:
        for database in databases:
            yield "Substrate", f"{chains}/{name}/{database}"
