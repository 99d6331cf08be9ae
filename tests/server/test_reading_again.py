"""A launch that is read again and again: each time as if it were read for the first time.

What is kept between two readings must never show: files are added, taken out, replaced, written in
place and given other times, the ledger grows and is cut back, the policy changes. After each change
a reading that goes on from the last one is the same as a first one.
"""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)

from aztrust.core.base.errors import AztrustError, CouldNotCheck
from aztrust.core.base.value import replace
from aztrust.core.formats import merkle
from aztrust.core.formats.dsse import encode_envelope, parse_envelope
from aztrust.core.formats.tiles import CHECKPOINT, tiles_of
from aztrust.core.history.enrolled_keys import enrolled_in
from aztrust.core.history.leaf import read_record
from aztrust.core.history.opener import Opener
from aztrust.core.history.recordset import read_records
from aztrust.server.board.feed import board_of
from aztrust.server.state import Place, State, read_state
from aztrust.storage.access import recorded
from aztrust.storage.keptfiles import RECENT_NS, WHOLE, KeptFiles
from tests.cli_launch import home_at
from tests.final_check_builders import CHECKED
from tests.ledgers import KEEPERS_KEY, KEYS, TABLE, head_note, nodes_of, reader
from tests.memory_launch import Launch
from tests.operators import confirm, enrol, entry, operator
from tests.readiness import bound, not_ready, ready, staffed, written

NAMES = ("ann", "bob", "cyd", "dee", "eve", "fay")
SEEDS = (1, 2, 3, 4)
STEPS = 40
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


class Folder:
    """A launch directory that changes, and the parts it is made of.

    Args:
        path: where it is.
        launch: what it has at first.
        confirmed: what operators will confirm, by file.
        again: what gus confirms, signed once more.
    """

    def __init__(
        self, path: Path, launch: Launch, confirmed: dict[str, bytes], again: dict[str, bytes]
    ) -> None:
        self.path = written(launch, path)
        self.records = path / "manifests" / "records"
        self.ledger = path / "manifests" / "ledger"
        self.policy = launch.policy
        self.confirmed = confirmed | again
        self.again = again
        first = [*launch.records.values(), *launch.verdicts.values()]
        operators = enrolled_in(first, KEYS, {KEEPERS_KEY}, Opener())
        opened = [
            read_record(data, KEYS, Opener(), name="", operators=operators)
            for data in (*first, *confirmed.values())
        ]
        # A verdict considers records, and so comes after them.
        kinds = {"verdict": 1, "enrolment": 2, "operator-confirmation": 3}
        opened.sort(key=lambda r: (kinds.get(r.kind, 0), r.record_id))
        self.leaves = [record.leaf for record in opened]
        self.least = len(first)

    def publish(self, size: int) -> None:
        """The ledger with so many entries; its earlier files go."""
        for path in sorted(self.ledger.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        leaves = self.leaves[:size]
        root = merkle.root(size, reader(nodes_of(leaves)))
        for name, data in {**tiles_of(leaves), CHECKPOINT: head_note(size, root)}.items():
            (self.ledger / name).parent.mkdir(parents=True, exist_ok=True)
            (self.ledger / name).write_bytes(data)

    def here(self) -> list[Path]:
        """The files of records."""
        return sorted(self.records.iterdir())


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Folder:
    home_at(monkeypatch, tmp_path / "home")
    launch = staffed(dict.fromkeys(NAMES, 10), checks=TABLE)
    gus = operator("gus", "ecdsa-p256")
    enrol(launch, entry("gus", gus, validators=()))
    before = launch.records.copy()
    confirm(launch, "gus", gus, at=CHECKED - 20, **bound(launch))
    ((name, signed),) = launch.records.items() - before.items()
    del launch.records[name]
    for number, name in enumerate(NAMES):
        ready(launch, name, at=CHECKED - 10 - number)
    not_ready(launch, "bob", at=CHECKED - 5, found="ab12cd34")
    ready(launch, "bob", at=CHECKED - 3)
    confirmed = {name: d for name, d in launch.records.items() if name not in before}
    launch.records.clear()
    launch.records.update(before)
    confirmed["gus.dsse.json"] = signed
    return Folder(tmp_path / "launch", launch, confirmed, {"gus-again.dsse.json": _again(signed)})


def _again(data: bytes) -> bytes:
    """Another signature of the same key over the same record: s, and the order less s."""
    given = parse_envelope(data, name="")
    r, s = decode_dss_signature(given.signature)
    return encode_envelope(given.payload, given.keyid, encode_dss_signature(r, P256_ORDER - s))


class Reader:
    """Reads the launch again and again, and compares each reading with a first one."""

    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        self.place = Place(folder.path)
        # Nothing is recent, and the interval never ends: all rests on what a file's times show.
        self.kept = KeptFiles(clock_ns=lambda: 2**63, monotonic=lambda: 0.0)
        self.last: State | None = None
        self.now = CHECKED

    def compare(self, what: str) -> None:
        self.now += 1
        again = self.last = read_state(self.place, self.now, self.last, self.kept)
        first = self._first()
        fault = again.fault.message if again.fault is not None else None
        if isinstance(first, str):
            assert fault == first, what
            return
        assert fault is None, what
        assert again.context == first.context, what
        assert again.todo == first.todo, what
        assert board_of(again).model_dump() == board_of(first).model_dump(), what
        for part in ("held", "operators", "waiting", "files"):
            assert getattr(again, part) == getattr(first, part), (what, part)

    def _first(self) -> State | str:
        try:
            return read_state(self.place, self.now)
        except AztrustError as error:
            return error.message


class Changes:
    """What may become of a launch directory, drawn by chance."""

    def __init__(self, folder: Folder, seed: int) -> None:
        self.folder = folder
        self.chance = random.Random(seed)

    def one(self) -> str:
        """Make a change; its name."""
        name = self.chance.choice(OFTEN + EVERY)
        if name in ("add", "publish", "cut_back", "policy") or self.folder.here():
            getattr(self, name)()
        return name

    def drawn(self) -> Path:
        return self.chance.choice(self.folder.here())

    def add(self) -> None:
        name = self.chance.choice(sorted(self.folder.confirmed))
        (self.folder.records / name).write_bytes(self.folder.confirmed[name])

    def remove(self) -> None:
        self.drawn().unlink()

    def rename(self) -> None:
        path = self.drawn()
        path.rename(path.with_name(f"{self.chance.randrange(10)}-{path.name[-30:]}"))

    def replace(self) -> None:
        path, other = self.drawn(), self.drawn()
        draft = self.folder.path / "draft"
        draft.write_bytes(other.read_bytes())
        draft.rename(path)

    def in_place(self) -> None:
        path = self.drawn()
        before, data = path.stat(), bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(data)
        # Who wants to hide a change sets the time back.
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

    def redate(self) -> None:
        times = (self.chance.randrange(2**60), self.chance.randrange(2**60))
        os.utime(self.drawn(), ns=times)

    def publish(self) -> None:
        folder = self.folder
        folder.publish(self.chance.randrange(folder.least, len(folder.leaves) + 1))

    def cut_back(self) -> None:
        self.folder.publish(self.chance.randrange(1, self.folder.least))

    def spoil(self) -> None:
        for path in sorted(p for p in self.folder.ledger.rglob("*") if p.is_file())[:1]:
            path.write_bytes(path.read_bytes()[:-1])

    def policy(self) -> None:
        more = self.chance.choice((b"", b"", b"# another one\n", b"[nonsense\n"))
        (self.folder.path / "manifests" / "launch.toml").write_bytes(self.folder.policy + more)

    def key(self) -> None:
        path = self.chance.choice(sorted((self.folder.path / "keys").iterdir()))
        path.write_bytes(path.read_bytes() + self.chance.choice((b"", b"more\n")))


OFTEN = ("add", "add", "add", "publish", "publish", "policy")
EVERY = ("remove", "rename", "replace", "in_place", "redate", "cut_back", "spoil", "key")


@pytest.mark.parametrize("seed", SEEDS)
def test_reading_again_is_the_same_as_reading_first(folder, seed):
    reading, drawn = Reader(folder), Changes(folder, seed)
    reading.compare("at first")
    done: list[str] = []
    for _ in range(STEPS):
        done.append(drawn.one())
        reading.compare(" ".join(done))


def test_the_ledger_of_these_launches_holds_and_counts(folder):
    for name, data in folder.confirmed.items():
        (folder.records / name).write_bytes(data)
    reading = Reader(folder)
    for size in (folder.least, folder.least + 3, len(folder.leaves), folder.least + 1):
        folder.publish(size)
        reading.compare(f"{size} entries")
        assert reading.last is not None
        ledger = reading.last.context.evidence.ledger
        assert ledger is not None
        assert (ledger.holds, ledger.size) == (True, size)
        in_ledger = [c for c in reading.last.context.confirmations if c.place is not None]
        assert len(in_ledger) == size - folder.least


def test_a_record_that_its_key_signed_again_has_the_place_of_the_entry(folder):
    for name, data in (*folder.again.items(), *folder.confirmed.items()):
        if name.startswith("gus"):
            (folder.records / name).write_bytes(data)
    reading = Reader(folder)
    for size, is_entry in (
        (folder.least, False),
        (len(folder.leaves), True),
        (folder.least, False),
    ):
        folder.publish(size)
        reading.compare(f"{size} entries")
        assert reading.last is not None
        records = reading.last.context.records
        (one,) = [
            c for c in (*records.confirmations, *records.unentered) if c.seat.operator == "gus"
        ]
        assert (one.place is not None) is is_entry
    # Also where nothing but the place is another one.
    context = read_state(Place(folder.path), CHECKED).context
    folder.publish(len(folder.leaves))
    ledger = read_state(Place(folder.path), CHECKED).context.evidence.ledger
    assert ledger is not None
    assert context.signers is not None
    for entries in (ledger.entries[: folder.least], ledger.entries, ledger.entries[:-1]):
        given = dict(context.evidence.records), replace(ledger, entries=entries)
        fresh = replace(context.signers, opener=Opener())
        assert read_records(context.signers, *given) == read_records(fresh, *given)


def test_what_did_not_change_is_not_opened_again(folder):
    for name, data in folder.confirmed.items():
        (folder.records / name).write_bytes(data)
    folder.publish(len(folder.leaves))
    seconds = [0.0]
    kept = KeptFiles(clock_ns=lambda: 2**63, monotonic=lambda: seconds[0])

    def opened(state: State | None) -> tuple[State, set[str]]:
        with recorded() as seen:
            found = read_state(Place(folder.path), CHECKED, state, kept)
        return found, {Path(each.path).name for each in seen if each.how == "opened"}

    first, every = opened(None)
    assert {path.name for path in folder.here()} <= every
    again, some = opened(first)
    assert again.number == first.number
    assert not {path.name for path in folder.here()} & some
    changed = folder.here()[-1]
    changed.write_bytes(changed.read_bytes() + b"\n")
    again, some = opened(again)
    assert {path.name for path in folder.here()} & some == {changed.name}
    # At an interval every file is read, whatever the times of the files show.
    seconds[0] = WHOLE
    _, some = opened(again)
    assert {path.name for path in folder.here()} <= some


def test_a_file_that_changed_a_moment_ago_is_read_again(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"one")
    changed = path.stat().st_ctime_ns
    for later, again in ((RECENT_NS - 1, True), (RECENT_NS, False), (-1, True)):
        kept = KeptFiles(clock_ns=lambda later=later: changed + later, monotonic=lambda: 0.0)
        for wanted in (True, again):
            kept.begin()
            with recorded() as seen:
                assert kept.read(str(path), 100) == b"one"
            assert bool(seen) is wanted


def test_another_limit_reads_another_part(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"four")
    kept = KeptFiles(clock_ns=lambda: 2**63, monotonic=lambda: 0.0)
    for limit, found in ((2, b"fou"), (9, b"four")):
        kept.begin()
        assert kept.read(str(path), limit) == found


def test_a_link_and_a_folder_are_refused_as_ever(tmp_path):
    (tmp_path / "a").write_bytes(b"one")
    (tmp_path / "b").symlink_to("a")
    (tmp_path / "c").mkdir()
    kept = KeptFiles(clock_ns=lambda: 2**63, monotonic=lambda: 0.0)
    for name in ("b", "c", "d"):
        for _ in range(2):
            kept.begin()
            with pytest.raises(CouldNotCheck):
                kept.read(str(tmp_path / name), 100)
