"""Ledgers to measure on: many signed records, and a log of a million entries built in bulk.

The records are notes by the launch's one holder, who is the keeper, too. In the large log most
entries carry another entry's signature, because a proof looks at one entry only: envelopes, leaves
and the tree over them are of real size and form, and every entry that is proved is signed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

from aztrust.acts.preconditions import read_anchored
from aztrust.core.base.digest import sha256_id
from aztrust.core.formats import merkle
from aztrust.core.formats.checkpoint_note import Head, encode_head, open_head
from aztrust.core.formats.dsse import (
    PAYLOAD_TYPE,
    Envelope,
    encode_envelope,
    pae,
    parse_envelope,
)
from aztrust.core.formats.statement import Subject, build_statement
from aztrust.core.history.leaf import leaf_of
from aztrust.core.records.administration import Note
from aztrust.core.records.records import KINDS
from aztrust.core.state.context import Context
from aztrust.signers import Signer, open_signer
from aztrust.storage.ledger.schema import create_database
from aztrust.storage.ledger.sqlite import open_store
from benchmarks.data import Launch

ORIGIN: Final = "ledger.benchmark"
SAID: Final = 1_780_315_200_000
NUMBER: Final = "#########"
BULK: Final = 20_000
EVERY: Final = 10_000
"""In a log built in bulk, one entry of so many is signed."""

Built = tuple[bytes, str, bytes]
"""An envelope, its record id, its leaf."""


class Book:
    """A launch that names a ledger, its holder's key, and records for it."""

    def __init__(self, launch: Launch, *, verdicts: bool = False) -> None:
        (launch.release / "one").write_bytes(b"one\n")
        self.launch = launch
        self.anchor = launch.seal(origin=ORIGIN, verdicts=verdicts)
        self.signer: Signer = open_signer(str(launch.key), passphrase=None)
        body = Note(policy_digest=f"sha256:{self.anchor}", said_at_unix_ms=SAID, text=NUMBER)
        name, digest = KINDS["note"].subject(body, {})
        record = body.model_dump(mode="json", exclude_none=True)
        payload = build_statement("note", [Subject(name, digest)], record, {})
        self._before, self._after = payload.split(NUMBER.encode())

    def context(self) -> Context:
        """The launch as an append reads it."""
        return read_anchored(self.launch.path, self.anchor, SAID + 1_000_000_000)

    def notes(self, count: int, start: int = 0) -> Iterator[bytes]:
        """So many signed envelopes, each of another record."""
        for number in range(start, start + count):
            payload = self._payload(number)
            yield self._sealed(payload, self._sign(payload))

    def fill(self, path: Path, envelopes: Iterable[bytes]) -> None:
        """A ledger of these records with a head over all, past admission and past durability."""

        def built() -> Iterator[Built]:
            for data in envelopes:
                yield self._built(data, parse_envelope(data, name="a record"))

        self._write(path, built())
        self._sign_head(path)

    def fill_in_bulk(self, path: Path, count: int) -> None:
        """A ledger of `count` entries of which every `EVERY`th is signed."""

        def built() -> Iterator[Built]:
            signature = b""
            for number in range(count):
                payload = self._payload(number)
                if number % EVERY == 0:
                    signature = self._sign(payload)
                envelope = Envelope(payload, PAYLOAD_TYPE, self.signer.public.keyid, signature, "")
                yield self._built(self._sealed(payload, signature), envelope)

        self._write(path, built())
        self._sign_head(path)

    def _sign_head(self, path: Path) -> None:
        # The keeper's own command would refuse to sign over entries that do not verify, and for
        # several logs of one name.
        with open_store(path, writing=True) as store:
            size = store.size()
            head = Head(ORIGIN, size, merkle.root(size, store.nodes))
            note = encode_head(head, self.signer.public, self.signer.sign(head.text))
            store.put_head(open_head(note, self.signer.public, ORIGIN, name="the head"))

    def _payload(self, number: int) -> bytes:
        return b"%b%09d%b" % (self._before, number, self._after)

    def _sign(self, payload: bytes) -> bytes:
        return self.signer.sign(pae(PAYLOAD_TYPE, payload))

    def _sealed(self, payload: bytes, signature: bytes) -> bytes:
        return encode_envelope(payload, self.signer.public.keyid, signature)

    def _built(self, data: bytes, envelope: Envelope) -> Built:
        return data, sha256_id(envelope.payload), leaf_of(envelope, "note", self.signer.public)

    def _write(self, path: Path, entries: Iterable[Built]) -> None:
        create_database(path, ORIGIN)
        key = bytes.fromhex(self.signer.public.keyid)
        peaks: list[bytes] = []
        with closing(sqlite3.connect(path, isolation_level=None)) as database:
            database.execute("PRAGMA synchronous = OFF")
            database.execute("BEGIN")
            rows: list[tuple[int, bytes, bytes, bytes]] = []
            nodes: list[tuple[int, bytes]] = []
            for size, (envelope, record_id, leaf) in enumerate(entries):
                rows.append((size, bytes.fromhex(record_id[7:]), key, envelope))
                hashes = merkle.add_leaf(size, peaks, merkle.leaf_hash(leaf))
                nodes += enumerate(hashes, merkle.node_count(size))
                if len(rows) == BULK:
                    _flush(database, rows, nodes)
            _flush(database, rows, nodes)
            database.execute("COMMIT")


def _flush(
    database: sqlite3.Connection,
    rows: list[tuple[int, bytes, bytes, bytes]],
    nodes: list[tuple[int, bytes]],
) -> None:
    database.executemany("INSERT INTO entry VALUES (?, ?, ?, ?)", rows)
    database.executemany("INSERT INTO node VALUES (?, ?)", nodes)
    rows.clear()
    nodes.clear()
