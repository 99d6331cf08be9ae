"""The ledger's part of a kit: the keeper's head, and the order in which the ledger holds what the
kit carries (docs/formats/kit.md).

The order is the list of leaf hashes, so the root can be computed from it alone and compared with
the head: no entry can be left out of the list. Each hash is then looked for among the records and
verdicts of the kit; where none has it, that very entry was withheld.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Final, Literal

from aztrust.core.base import canonical
from aztrust.core.base.digest import sha256_id
from aztrust.core.base.errors import Malformed
from aztrust.core.base.findings import Finding
from aztrust.core.base.model import Items, Model, VersionOne, validate
from aztrust.core.base.schema import Field
from aztrust.core.base.value import frozen, replace
from aztrust.core.formats import merkle
from aztrust.core.formats.dsse import canonical_form, encode_envelope, parse_envelope
from aztrust.core.formats.keys import VerificationMaterial
from aztrust.core.history.leaf import claimed_kind, leaf_of
from aztrust.core.history.replay import LedgerReading, Log, StoredEntry, Trust, read_ledger
from aztrust.core.kit.archive import HEAD, ORDER, ORDER_LIMIT, VERDICT_SUFFIX
from aztrust.core.records.summary import VERDICT
from aztrust.core.state.evidence import Evidence

_CODE: Final = "ledger-inconsistent"
_MEND: Final = "get the kit again, also from another source: something in it is being withheld"


class LedgerOrder(Model):
    """`ledger/order.json`: the hashes of the leaves, by index, without prefix."""

    schema_: Annotated[Literal["aztrust/kit-ledger"], Field(alias="schema")]
    version_major: VersionOne
    version_minor: Annotated[int, Field(ge=0, le=0)]
    leaves: Items[Annotated[str, Field(pattern="^[0-9a-f]{64}$")]]


@frozen
class KitLedger:
    """The two files as they were packed; nothing of them is believed. `name` is the kit's."""

    name: str
    head: bytes
    order: bytes

    @property
    def size(self) -> int:
        """How many entries it says that the ledger has; 0 where its order cannot be read."""
        try:
            return len(parse_order(self.order, name=self.name))
        except Malformed:
            return 0


def ledger_files(reading: LedgerReading) -> dict[str, bytes]:
    """The two files of a ledger that holds, by path; none where its keeper signed no head."""
    head = reading.head
    if head is None:
        return {}
    leaves = (merkle.leaf_hash(entry.record.leaf) for entry in reading.entries)
    return {HEAD: head.verified.note, ORDER: encode_order(leaves)}


def with_entries(evidence: Evidence, reading: LedgerReading) -> Evidence:
    """The evidence with a file for each entry that no file is, to the signature."""
    records, verdicts = dict(evidence.records), dict(evidence.verdicts)
    held = {canonical_form(data) for data in (*records.values(), *verdicts.values())}
    for entry in reading.entries:
        data = entry.record.envelope
        if data not in held:
            files = verdicts if entry.record.kind == VERDICT.name else records
            files[f"{sha256_id(data)[7:]}{VERDICT_SUFFIX}"] = data
    return replace(evidence, records=records, verdicts=verdicts)


def encode_order(leaves: Iterable[bytes]) -> bytes:
    """The order file of these leaf hashes."""
    return canonical.dumps(
        {
            "schema": "aztrust/kit-ledger",
            "version_major": 1,
            "version_minor": 0,
            "leaves": [leaf.hex() for leaf in leaves],
        }
    )


def parse_order(data: bytes, *, name: str) -> tuple[bytes, ...]:
    """The leaf hashes in an order file.

    Raises:
        Malformed: `ledger-inconsistent`: not canonical, or not of this form.
    """
    what = f"{ORDER} of {name}"
    document = canonical.loads_canonical(data, what=what, code=_CODE, limit=ORDER_LIMIT)
    order = validate(LedgerOrder, document, what=what, code=_CODE, mend=_MEND)
    return tuple(map(bytes.fromhex, order.leaves))


def kit_ledger(files: Mapping[str, bytes], name: str) -> KitLedger | None:
    """The ledger's part of a kit; None where it has none. One file without the other is empty."""
    if HEAD not in files and ORDER not in files:
        return None
    return KitLedger(name, files.get(HEAD, b""), files.get(ORDER, b""))


def read_kit_ledger(
    part: KitLedger, trust: Trust, files: Iterable[bytes], kept: Mapping[str, bytes]
) -> LedgerReading:
    """The ledger as a kit shows it, replayed from the records and verdicts that are here.

    Args:
        part: the ledger's part of the kit.
        trust: whose ledger it must be.
        files: the records and verdicts of the kit, and of every other one merged with it.
        kept: heads from elsewhere, name to note, that it must agree with.
    """
    try:
        leaves = parse_order(part.order, name=part.name)
    except Malformed as error:
        finding = Finding(_CODE, part.name, f"the order of the ledger's entries {error.message}")
        return replace(_empty(part, trust), findings=(replace(finding, mend=_MEND),))
    held = _by_leaf(files, trust.keys)
    lacking = [index for index, leaf in enumerate(leaves) if leaf not in held]
    log = Log(
        size=len(leaves),
        entries=_entries(leaves, held),
        nodes=_nodes(leaves),
        heads={f"the head in {part.name}": part.head, **kept},
    )
    reading = read_ledger(log, trust, name=part.name)
    # The replay cannot read what is not there; the report must show that it is withheld.
    unread = {f"entry {index}" for index in lacking}
    findings = [f for f in reading.findings if f.subject not in unread]
    return replace(reading, findings=(*(_lacks(part, index) for index in lacking), *findings))


def _empty(part: KitLedger, trust: Trust) -> LedgerReading:
    return LedgerReading(part.name, trust.origin, trust.keeper.fingerprint)


def _lacks(part: KitLedger, index: int) -> Finding:
    message = f"{part.name} lacks entry {index} of the ledger: a record or verdict is withheld"
    return Finding(_CODE, f"entry {index}", message, mend=_MEND)


def _by_leaf(
    files: Iterable[bytes], keys: Mapping[str, VerificationMaterial]
) -> dict[bytes, StoredEntry]:
    """Leaf hash to what has it. Signatures are checked by the replay, once."""
    found: dict[bytes, StoredEntry] = {}
    for data in files:
        try:
            envelope = parse_envelope(data, name="")
        except Malformed:
            continue
        fingerprint = f"sha256:{envelope.keyid}"
        key = keys.get(fingerprint)
        if key is None:
            continue
        encoded = encode_envelope(envelope.payload, envelope.keyid, envelope.signature)
        entry = StoredEntry(0, sha256_id(envelope.payload), fingerprint, encoded)
        # Something that quotes a verdict may look like one; only one of the two leaves is listed.
        for kind in {"", claimed_kind(envelope.payload)}:
            found[merkle.leaf_hash(leaf_of(envelope, kind, key))] = entry
    return found


def _entries(leaves: Sequence[bytes], held: Mapping[bytes, StoredEntry]) -> Iterator[StoredEntry]:
    nothing = StoredEntry(0, "", "", b"")
    for index, leaf in enumerate(leaves):
        yield replace(held.get(leaf, nothing), index=index)


def _nodes(leaves: Iterable[bytes]) -> Iterator[bytes]:
    at_peaks: list[bytes] = []
    for size, leaf in enumerate(leaves):
        yield from merkle.add_leaf(size, at_peaks, leaf)
