"""Ledgers for tests: signed records of any number, heads, and a log that lies in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from aztrust.core.formats import merkle
from aztrust.core.formats.checkpoint_note import Head, VerifiedHead, encode_head, open_head
from aztrust.core.formats.dsse import PAYLOAD_TYPE, encode_envelope, pae
from aztrust.core.formats.keys import PublicKey
from aztrust.core.formats.statement import Subject, build_statement
from aztrust.core.history.leaf import LedgerRecord, read_record
from aztrust.core.history.opener import Opener
from aztrust.core.history.replay import Log, StoredEntry, Trust
from aztrust.signers.local import LocalSigner
from tests.disk_launch import PEOPLE, signer

ORIGIN = "ledger.example/test-1"
KEEPER = "luca"
KEYS: dict[str, PublicKey] = {
    signer(name).public.fingerprint: signer(name).public for name in PEOPLE if name != "mallory"
}
TRUST = Trust(ORIGIN, signer(KEEPER).public, KEYS)
SUBJECT = Subject("scope", "sha256:" + "1" * 64)


def envelope(payload: bytes, by: str | LocalSigner = "rita") -> bytes:
    """A signed payload."""
    key = signer(by) if isinstance(by, str) else by
    return encode_envelope(payload, key.public.keyid, key.sign(pae(PAYLOAD_TYPE, payload)))


def note(number: int, by: str | LocalSigner = "rita", **more: object) -> bytes:
    """The envelope of a record that says a number."""
    return envelope(build_statement("note", [SUBJECT], {"number": number, **more}, {}), by)


def record(data: bytes) -> LedgerRecord:
    """The record in an envelope."""
    return read_record(data, KEYS, Opener(), name="a record")


def records(count: int, start: int = 0) -> list[LedgerRecord]:
    """So many records, each another one, by one key."""
    rita = signer("rita")
    return [record(note(number, rita)) for number in range(start, start + count)]


def nodes_of(leaves: Iterable[bytes]) -> list[bytes]:
    """The stored tree over leaves, in the order of `tree.position`."""
    at_peaks: list[bytes] = []
    found: list[bytes] = []
    for size, leaf in enumerate(leaves):
        found += merkle.add_leaf(size, at_peaks, merkle.leaf_hash(leaf))
    return found


def reader(nodes: Sequence[bytes]) -> Callable[[Sequence[merkle.Node]], list[bytes]]:
    """Reads a stored tree."""
    return lambda wanted: [nodes[merkle.position(node)] for node in wanted]


def head_note(
    size: int, root: bytes, by: str | LocalSigner = KEEPER, origin: str = ORIGIN
) -> bytes:
    """The note of a head."""
    head = Head(origin, size, root)
    key = signer(by) if isinstance(by, str) else by
    return encode_head(head, key.public, key.sign(head.text))


def head(size: int, root: bytes) -> VerifiedHead:
    """A head that the keeper signed."""
    return open_head(head_note(size, root), TRUST.keeper, ORIGIN, name=f"head {size}")


def head_at(held: Sequence[LedgerRecord], size: int) -> VerifiedHead:
    """The head over the first records."""
    nodes = nodes_of(item.leaf for item in held)
    return head(size, merkle.root(size, reader(nodes)))


def stored(held: Iterable[LedgerRecord]) -> list[StoredEntry]:
    """The entries of a log."""
    return [
        StoredEntry(index, item.record_id, item.fingerprint, item.envelope)
        for index, item in enumerate(held)
    ]


def log(held: Sequence[LedgerRecord], heads: Iterable[VerifiedHead] = ()) -> Log:
    """A log in memory."""
    return Log(
        size=len(held),
        entries=stored(held),
        nodes=nodes_of(item.leaf for item in held),
        heads={f"head {verified.head.size}": verified.note for verified in heads},
    )
