"""The rehearsal launch is derived, not drawn: regenerating it changes no byte."""

from __future__ import annotations

from pathlib import Path

from aztrust.core.policy.validate import REHEARSAL_KEYS
from fixtures.identities import HOLDERS, STRANGERS
from fixtures.regenerate import regenerate
from tests.shared import REPOSITORY

PARTS = ("manifests", "keys", "fixtures/release", "fixtures/genesis", "fixtures/keys")


def listing(root: Path) -> dict[str, tuple[bool, bytes | str]]:
    """Relative path to (owner's execute bit, bytes or link target)."""
    found: dict[str, tuple[bool, bytes | str]] = {}
    for part in PARTS:
        for path in sorted((root / part).rglob("*")):
            name = str(path.relative_to(root))
            if path.is_symlink():
                found[name] = (False, str(path.readlink()))
            elif path.is_file():
                found[name] = (bool(path.stat().st_mode & 0o100), path.read_bytes())
    return found


def test_regenerating_the_rehearsal_changes_nothing(tmp_path):
    regenerate(tmp_path)
    again = listing(tmp_path)
    assert again
    assert again == listing(REPOSITORY)


def test_every_rehearsal_key_is_compiled_in():
    derived = {identity.public().fingerprint for identity in (*HOLDERS, *STRANGERS)}
    assert derived == REHEARSAL_KEYS
