"""Converting what earlier versions wrote to the form of today."""

from __future__ import annotations

from pathlib import Path

from aztrust.core.base.digest import sha256_id
from aztrust.core.base.errors import UsageError
from aztrust.core.base.paths import escape
from aztrust.core.base.value import frozen
from aztrust.core.formats.tiles import claimed_size
from aztrust.core.kit.archive import EARLIER_ORDER, HEAD, encode_kit
from aztrust.core.kit.earlier import migrated
from aztrust.storage.durable import create_exclusive
from aztrust.storage.kit import read_kit


@frozen
class Migrated:
    """A kit that was converted: how many entries its ledger has, and the digest of the file."""

    size: int
    kit_sha256: str


def migrate_kit(kit: Path, new: Path) -> Migrated:
    """Write a kit of today's form from one of the earlier form.

    Args:
        kit: the kit.
        new: the file to write; none may exist there.

    Raises:
        UsageError: it is a kit of today already, or has no ledger.
        Malformed: it is not a kit, or its ledger is malformed.
        Refused: an entry of its ledger is withheld, or there is a file at `new`.
        CouldNotCheck: it cannot be read, or the new one cannot be written.
    """
    files = read_kit(kit).files
    name = escape(str(kit))
    if EARLIER_ORDER not in files:
        raise UsageError(
            f"{name} has no ledger of the earlier form", subject=name, mend="use it as it is"
        )
    converted = migrated(files, name=name)
    data = encode_kit(converted)
    create_exclusive(new, data)
    return Migrated(claimed_size(converted[HEAD]), sha256_id(data))
