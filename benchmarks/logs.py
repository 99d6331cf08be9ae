"""What is measured of a ledger: appends, proofs, and the replay of a whole ledger."""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.measure import Command
from benchmarks.table import Act, Acts, Case, Goal

if TYPE_CHECKING:
    from aztrust.core.state.context import Context
    from benchmarks.data import Launch
    from benchmarks.ledgers import Book

RECORDS = 2_000
STORED = 4_000
SINGLE = 100
WRITERS = 8
CHECKS = 10
PROOFS = 100
BARE = """\
import base64, json, sqlite3, sys
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
with open(sys.argv[2], "rb") as file:
    key = serialization.load_pem_public_key(file.read())
database = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True)
for (envelope,) in database.execute("SELECT envelope FROM entry ORDER BY position"):
    found = json.loads(envelope)
    kind, payload = found["payloadType"].encode(), base64.b64decode(found["payload"])
    signed = b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)
    signature = base64.b64decode(found["signatures"][0]["sig"])
    key.verify(signature, signed, ec.ECDSA(hashes.SHA256()))
"""
"""The bare signature checks of a whole ledger, by the library that aztrust uses."""


class Appends:
    """Records on their way into a ledger, each of them new."""

    def __init__(self, book: Book, path: Path, total: int, ready: int) -> None:
        from aztrust.acts.ledger.handle import init_ledger
        from aztrust.core.history.leaf import read_record
        from aztrust.core.history.opener import Opener
        from benchmarks.ledgers import ORIGIN

        self.context: Context = book.context()
        self.path = path
        init_ledger(path, self.context, ORIGIN, None)
        self.waiting = iter(list(book.notes(total)))
        keys = self.context.keyring.keys
        more = book.notes(ready, start=total)
        self.ready = iter([read_record(data, keys, Opener(), name="a record") for data in more])

    def append(self, records: int, at_once: int) -> None:
        """Takes the next records in, so many in each commit."""
        _append(self.path, self.context, list(islice(self.waiting, records)), at_once)

    def append_from_many(self, records: int, at_once: int) -> None:
        """The same, by processes that all write at once."""
        fork = get_context("fork")
        share = records // WRITERS
        workers = [
            fork.Process(
                target=_append,
                args=(self.path, self.context, list(islice(self.waiting, share)), at_once),
            )
            for _ in range(WRITERS)
        ]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
            if worker.exitcode:
                sys.exit("a process that appended failed")

    def append_held_open(self, records: int) -> None:
        """Records that were read already, a commit each, in a ledger that stays open."""
        from aztrust.storage.ledger.sqlite import open_store

        with open_store(self.path, writing=True) as store:
            for record in islice(self.ready, records):
                store.append_many((record,))

    def sync(self, times: int) -> None:
        """What the disk alone takes: a page is written and synced, so many times."""
        descriptor = os.open(self.path.with_name("page"), os.O_CREAT | os.O_WRONLY)
        try:
            for number in range(times):
                os.pwrite(descriptor, number.to_bytes(4096, "big"), 4096 * number)
                os.fdatasync(descriptor)
        finally:
            os.close(descriptor)


def append_case(book: Book, root: Path, scale: float, runs: int) -> Acts:
    """Durable appends, from bytes to the synced commit: parsed, verified, admitted, written."""
    records, stored, single = (
        max(WRITERS, round(number * scale)) for number in (RECORDS, STORED, SINGLE)
    )
    total = (runs + 1) * (2 * records + 2 * single)
    appends = Appends(book, root / "appends.ledger", total, (runs + 1) * stored)
    return Acts(
        f"append, {records} records",
        (
            Act("one process, one commit", lambda: appends.append(records, records), records, 1000),
            Act(
                f"{WRITERS} processes, a commit each",
                lambda: appends.append_from_many(records, records),
                records,
                1000,
            ),
            Act(
                f"the store alone, one record a commit, {stored}",
                lambda: appends.append_held_open(stored),
                stored,
                1000,
            ),
            Act(
                f"one process, one record a commit, opened for each, {single}",
                lambda: appends.append(single, 1),
                single,
            ),
            Act(
                f"the same, {WRITERS} processes at once, {single}",
                lambda: appends.append_from_many(single, 1),
                single,
            ),
            Act(f"write and sync a page, {single}", lambda: appends.sync(single), single),
        ),
    )


def proof_case(book: Book, path: Path, size: int) -> tuple[Acts, Case]:
    """Proofs from a large log: where it is open, where it is opened first, by the command."""
    from aztrust.acts.ledger.proof import prove
    from aztrust.core.formats.merkle import inclusion_proof
    from aztrust.storage.ledger.sqlite import open_store
    from benchmarks.ledgers import EVERY

    context = book.context()
    chance = random.Random(size)
    with open_store(path) as store:
        signed = [store.entry(index).record_id for index in range(0, size, EVERY)]

    def proofs() -> None:
        with open_store(path) as store, store.snapshot():
            for _ in range(PROOFS):
                inclusion_proof(chance.randrange(size), size, store.nodes)

    def opened() -> None:
        for _ in range(PROOFS):
            with open_store(path) as store, store.snapshot():
                prove(store, context, chance.choice(signed))

    acts = (
        Act("inclusion_proof", proofs, PROOFS, within=0.01),
        Act("open the ledger, prove by id, verify it", opened, PROOFS, within=0.01),
    )
    command = _aztrust(book, "ledger prove", path, signed[-1])
    return Acts(f"proof from {size} entries", acts), Case("", 0, [command], ())


def replay_case(book: Book, path: Path, size: int) -> tuple[Case, Acts]:
    """The audit of a whole ledger, and the signature checks in it alone."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec

    from aztrust.core.formats.dsse import PAYLOAD_TYPE, pae, parse_envelope
    from aztrust.core.history.replay import read_ledger
    from aztrust.core.state.ledger.log_identity import Keeping
    from aztrust.storage.ledger.sqlite import open_store
    from aztrust.storage.ledger.store import stored_log
    from benchmarks.ledgers import ORIGIN

    trust = Keeping(ORIGIN, book.signer.public, "policy").trust(book.context())
    point = ec.EllipticCurvePublicKey.from_encoded_point(
        ec.SECP256R1(), book.signer.public.material
    )
    signed: list[tuple[bytes, bytes]] = []

    def replay() -> None:
        with open_store(path) as store, store.snapshot():
            if not read_ledger(stored_log(store), trust, name="").holds:
                sys.exit("the ledger does not hold")

    def bare() -> None:
        # Read in the first turn, which is not counted: what this process holds, a command that it
        # starts is charged with.
        if not signed:
            with open_store(path) as store:
                for entry in store.entries():
                    envelope = parse_envelope(entry.envelope, name="")
                    signed.append((envelope.signature, pae(PAYLOAD_TYPE, envelope.payload)))
        for signature, message in signed:
            point.verify(signature, message, ec.ECDSA(hashes.SHA256()))

    acts = (
        Act("read and replay", replay, size, times=3),
        Act("the signature checks in it", bare, size),
    )
    pem = book.launch.path / "keys" / "bea.pem"
    words = (sys.executable, "-c", BARE, str(path), str(pem))
    commands = [
        _aztrust(book, "ledger verify", path),
        Command("a script that only checks signatures", words, path.parent),
    ]
    goal = Goal("a script", 1 / 3, "takes at most 3 times as long")
    return Case(f"replay of {size} records", 0, commands, (goal,)), Acts("", acts)


def window_cases(launch: Launch, size: int) -> Iterator[Case]:
    """The views of a launch window over a ledger, and the signature checks in it alone.

    Args:
        launch: to be sealed, approved and frozen.
        size: how many records the ledger has in addition to those of the launch.
    """
    from benchmarks.ledgers import Book

    book = Book(launch, verdicts=True)
    path = launch.path.parent / "window.ledger"
    signed = ("--key", str(launch.key), "--anchor", book.anchor, "--ledger", str(path))
    launch.aztrust("freeze", "--yes", *signed)
    _append(path, book.context(), list(book.notes(size)), size)
    launch.aztrust("ledger", "head", "--heartbeat", *signed)
    pem = launch.path / "keys" / "bea.pem"
    words = (sys.executable, "-c", BARE, str(path), str(pem))
    bare = Command("a script that only checks signatures", words, path.parent)
    goal = Goal("a script", 1 / 3, "takes at most 3 times as long")
    todo = replace(_aztrust(book, "todo", path, "--for", "bea"), exit_code=11)
    for ours in (_aztrust(book, "window status", path), _aztrust(book, "window next", path), todo):
        yield Case(
            f"{ours.name.removeprefix('aztrust ')} of {size} records", 0, [ours, bare], (goal,)
        )


def audit_case(launch: Launch, size: int) -> Acts:
    """An audit of a whole launch: every verdict is recomputed from what was known at its head.

    Args:
        launch: to be sealed, approved and frozen, and to be checked after each tenth of the notes.
        size: how many records the ledger has in addition to those of the launch.
    """
    from benchmarks.ledgers import Book

    book = Book(launch, verdicts=True)
    path = launch.path.parent / "audit.ledger"
    signed = ("--key", str(launch.key), "--anchor", book.anchor, "--ledger", str(path))
    launch.aztrust("freeze", "--yes", *signed)
    part = max(1, size // CHECKS)
    for number in range(CHECKS):
        _append(path, book.context(), list(book.notes(part, start=number * part)), part)
        launch.aztrust("final-check", "--yes", *signed, exit_code=11)
    launch.aztrust("ledger", "head", "--heartbeat", *signed)
    words = ("audit", str(launch.path), "--anchor", book.anchor)
    return Acts(
        f"audit of {size} records, {CHECKS + 1} verdicts",
        (Act("aztrust audit", lambda: launch.aztrust(*words), within=30),),
    )


def _append(path: Path, context: Context, records: Sequence[bytes], at_once: int) -> None:
    from aztrust.acts.ledger.append import append_records

    for start in range(0, len(records), at_once):
        files = {f"{start + n}": d for n, d in enumerate(records[start : start + at_once])}
        done = append_records(path, context, files, context.request.now_unix_ms)
        if len(done.new) != len(files):
            sys.exit(f"not appended: {done.refused[:1]}")


def _aztrust(book: Book, act: str, path: Path, *more: str) -> Command:
    program = (sys.executable, "-P", "-m", "aztrust", "-C", str(book.launch.path))
    words = (*program, *act.split(), *more, "--ledger", str(path), "--anchor", book.anchor)
    return Command(f"aztrust {act}", words, path.parent, ours=True)
