"""Where the roots of a launch's evidence are on this machine: a fact of the machine, not signed.

`evidence-roots.json` in the user's configuration directory: launch directory to name to directory.
The root `launch` is the launch directory itself and is never in the file.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from aztrust.core.base import canonical
from aztrust.core.base.errors import CouldNotCheck, Malformed
from aztrust.core.base.paths import escape
from aztrust.storage.config import config_dir, require_private_dir
from aztrust.storage.durable import overwrite
from aztrust.storage.folders import read_bounded
from aztrust.storage.presence import is_present

LAUNCH: Final = "launch"
"""The root that every launch has."""
LIMIT: Final = 1024 * 1024


def roots_path(config: Path | None = None) -> Path:
    """The file."""
    return (config_dir() if config is None else config) / "evidence-roots.json"


def known_roots(launch: Path, config: Path | None = None) -> dict[str, Path]:
    """The roots of a launch that this user named before, and `launch`.

    Raises:
        CouldNotCheck: the file is there and cannot be used.
    """
    found = _read(roots_path(config)).get(_key(launch), {})
    return {**{name: Path(place) for name, place in found.items()}, LAUNCH: launch}


def remember_roots(launch: Path, named: Mapping[str, Path], config: Path | None = None) -> None:
    """Keep where roots are, for the next run.

    Raises:
        CouldNotCheck: the file cannot be used or written.
    """
    path = roots_path(config)
    every = _read(path)
    before = every.get(_key(launch), {})
    now = {**before, **{name: os.path.realpath(place) for name, place in named.items()}}
    now.pop(LAUNCH, None)
    if now == before:
        return
    require_private_dir(path.parent)
    overwrite(path, canonical.dumps({**every, _key(launch): now}), mode=0o600)


def _key(launch: Path) -> str:
    return os.path.realpath(launch)


def _read(path: Path) -> dict[str, dict[str, str]]:
    if not is_present(path):
        return {}
    what = escape(str(path))
    try:
        data = canonical.loads(read_bounded(path, LIMIT), what=what, code="roots-malformed")
    except Malformed as error:
        raise _damaged(path, error.message) from None
    found: dict[str, dict[str, str]] = {}
    for launch, roots in data.items() if isinstance(data, dict) else ():
        named = roots if isinstance(roots, dict) else {}
        found[launch] = {name: place for name, place in named.items() if isinstance(place, str)}
    if found != data:
        raise _damaged(path, "it is not a table of roots")
    return found


def _damaged(path: Path, cause: str) -> CouldNotCheck:
    shown = escape(str(path))
    return CouldNotCheck(
        f"the roots of evidence in {shown} are unknown: {cause}",
        subject=shown,
        mend="move it away and name each root again: --root NAME=DIR",
    )
