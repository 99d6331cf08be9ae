"""Ledgers for tests, in memory and as files: signed records, heads, and what a launch signed.

held = records(3)                            # three records that differ, by one key
log(held, [head_at(held, 2)])                # a log in memory, with a head of the keeper

launch = make_launch(tmp_path, policy=policy_text(extra=ONE + TABLE))
ledger = LedgerFile(tmp_path / "l.ledger", signed_files(launch))
ledger.head()                                # signed by luca, the keeper that TABLE names
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from aztrust.core.formats import merkle
from aztrust.core.formats.checkpoint_note import Head, VerifiedHead, encode_head, open_head
from aztrust.core.formats.dsse import PAYLOAD_TYPE, encode_envelope, pae
from aztrust.core.formats.keys import PublicKey
from aztrust.core.formats.statement import Subject, build_statement
from aztrust.core.history.leaf import LedgerRecord, read_record
from aztrust.core.history.opener import Opener
from aztrust.core.history.stored_log import Log, StoredEntry, Trust
from aztrust.signers.local import LocalSigner
from aztrust.storage.ledger.schema import create_database
from aztrust.storage.ledger.sqlite import open_store
from tests.disk_launch import Launch
from tests.people import PEOPLE, signer

ORIGIN = "ledger.example/test-1"
KEEPER = "luca"
KEEPERS_KEY = signer(KEEPER).public.fingerprint
TABLE = f'[ledger]\norigin = "{ORIGIN}"\nkeeper = "{KEEPERS_KEY}"\n'
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


class LedgerFile:
    """A ledger file that is made of envelopes."""

    def __init__(self, path: Path, held: Iterable[bytes], origin: str = ORIGIN) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        create_database(path, origin)
        self.append(held)

    def append(self, held: Iterable[bytes]) -> None:
        """Append envelopes, each honestly signed by anyone."""
        with open_store(self.path, writing=True) as store:
            store.append_many(read_record(data, KEYS, Opener(), name="a record") for data in held)

    def head(self, by: str = KEEPER) -> bytes:
        """Sign a head over the whole ledger and keep it in it; its note."""
        with open_store(self.path, writing=True) as store:
            size = store.size()
            note = head_note(size, merkle.root(size, store.nodes), by, store.origin)
            store.put_head(open_head(note, signer(by).public, store.origin, name="head"))
        return note


def signed_files(launch: Launch) -> list[bytes]:
    """The records and verdicts of a launch, seals first: what is cited comes before."""
    folder = launch.path / "manifests"
    paths = [*folder.glob("records/*"), *folder.glob("verdicts/*.dsse.json")]
    return [p.read_bytes() for p in sorted(paths, key=lambda p: (".seal." not in p.name, p.name))]
