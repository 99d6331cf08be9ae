"""Kits of the earlier form: their ledger was its head and the list of its leaf hashes.

    ledger/head.note     is now manifests/ledger/checkpoint
    ledger/order.json    {"leaves": [64 hex digits, ...], "schema": "aztrust/kit-ledger", ...}

`migrated` makes the files of today from them, without a key: the leaves are computed from the
records and verdicts of the kit, and must have these hashes in this order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Final, Literal

from aztrust.core.base import canonical
from aztrust.core.base.errors import Malformed, Refused
from aztrust.core.base.model import Items, Model, VersionOne, validate
from aztrust.core.base.schema import Field
from aztrust.core.formats import merkle
from aztrust.core.formats.checkpoint_note import claimed_head, parse_note
from aztrust.core.formats.dsse import parse_envelope
from aztrust.core.formats.keys import PublicKey, parse_public_key
from aztrust.core.formats.tiles import FOLDER, tiles_of
from aztrust.core.history.leaf import claimed_kind, leaf_of
from aztrust.core.kit.archive import EARLIER_HEAD, EARLIER_ORDER, HEAD, ORDER_LIMIT

_CODE: Final = "ledger-inconsistent"
_MEND: Final = "get the kit again, also from another source: something in it is being withheld"


class LedgerOrder(Model):
    """`ledger/order.json`: the hashes of the leaves, by index, without prefix."""

    schema_: Annotated[Literal["aztrust/kit-ledger"], Field(alias="schema")]
    version_major: VersionOne
    version_minor: Annotated[int, Field(ge=0, le=0)]
    leaves: Items[Annotated[str, Field(pattern="^[0-9a-f]{64}$")]]


def parse_order(data: bytes, *, name: str) -> tuple[bytes, ...]:
    """The leaf hashes in an order file.

    Raises:
        Malformed: `ledger-inconsistent`: not canonical, or not of this form.
    """
    what = f"{EARLIER_ORDER} of {name}"
    document = canonical.loads_canonical(data, what=what, code=_CODE, limit=ORDER_LIMIT)
    order = validate(LedgerOrder, document, what=what, code=_CODE, mend=_MEND)
    return tuple(map(bytes.fromhex, order.leaves))


def migrated(files: Mapping[str, bytes], *, name: str) -> dict[str, bytes]:
    """The members of a kit in today's form: the same, with the ledger as it is published now.

    The list may go on after the entries that the head covers; these stay records of the folder, and
    are pending again. Nothing is verified but that the leaves are the listed ones: readers verify.

    Args:
        files: the members of a kit of the earlier form, by path.
        name: the kit, for messages.

    Raises:
        Malformed: `ledger-inconsistent`: the order or the head is not of its form, or they are of
            different sizes.
        Refused: `ledger-inconsistent`: no record or verdict of the kit is an entry.
    """
    hashes = parse_order(files[EARLIER_ORDER], name=name)
    note = files[EARLIER_HEAD]
    size = claimed_head(parse_note(note, name=f"{EARLIER_HEAD} of {name}")).size
    if size > len(hashes):
        raise Malformed(
            f"its head is over {size} entries, and its order lists {len(hashes)}",
            subject=name,
            code=_CODE,
            mend=_MEND,
        )
    held = _leaves(files)
    for index, leaf in enumerate(hashes[:size]):
        if leaf not in held:
            raise Refused(
                f"{name} lacks entry {index} of its ledger: a record or verdict is withheld",
                subject=f"entry {index}",
                code=_CODE,
                mend=_MEND,
            )
    kept = {p: d for p, d in files.items() if p not in (EARLIER_HEAD, EARLIER_ORDER)}
    tiles = tiles_of([held[leaf] for leaf in hashes[:size]])
    return {**kept, **{f"{FOLDER}/{path}": data for path, data in tiles.items()}, HEAD: note}


def _leaves(files: Mapping[str, bytes]) -> dict[bytes, bytes]:
    """Leaf hash to leaf, of every record and verdict; no signature is checked."""
    keys = dict(_keys(files))
    found: dict[bytes, bytes] = {}
    for path, data in files.items():
        if not path.startswith(("manifests/records/", "manifests/verdicts/")):
            continue
        try:
            envelope = parse_envelope(data, name=path)
        except Malformed:
            continue
        key = keys.get(envelope.keyid)
        if key is None:
            continue
        # Something that quotes a verdict may look like one; only one of the two leaves is listed.
        for kind in {"", claimed_kind(envelope.payload)}:
            leaf = leaf_of(envelope, kind, key)
            found[merkle.leaf_hash(leaf)] = leaf
    return found


def _keys(files: Mapping[str, bytes]) -> Iterable[tuple[str, PublicKey]]:
    for path, data in files.items():
        if path.startswith("keys/"):
            try:
                key = parse_public_key(data, name=path)
            except Malformed:
                continue
            yield key.keyid, key
