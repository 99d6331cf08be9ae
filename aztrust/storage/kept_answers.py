"""Answers of other programs that a signed record names by digest, kept in `observations/`.

A file's name is the SHA-256 of its bytes. So what was judged can be judged again, by others, too.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from aztrust.core.base.digest import sha256_id
from aztrust.storage.durable import create_idempotent

FOLDER: Final = "observations"
"""Below the launch directory."""


def keep_answers(launch: Path, bodies: Iterable[bytes]) -> None:
    """Keep answers; one that is kept already is not written again.

    Args:
        launch: its directory.
        bodies: the answers. An empty one is none.

    Raises:
        CouldNotCheck: one cannot be written.
    """
    for body in bodies:
        if body:
            name = sha256_id(body).removeprefix("sha256:")
            create_idempotent(launch / FOLDER / name, body, within=launch)
