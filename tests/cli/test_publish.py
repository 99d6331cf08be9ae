"""One table over the commands that sign: a refusal by the ledger ends the same way in each of them.

The record is signed and stored, the exit code is 0, and the result says whether it counts: a
negative record at once, a positive one after `aztrust ledger append`.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

import pytest

from aztrust.acts.ledger import append
from aztrust.core.base.errors import CouldNotCheck
from aztrust.storage.ledger.schema import create_database
from aztrust.storage.ledger.sqlite import open_store
from tests.cli_launch import DAY, Desk, Template, ticking_clock
from tests.disk_launch import make_launch

clock = pytest.fixture(autouse=True)(ticking_clock)
OTHER = "5" * 64
CLEAR = ("--outcome", "clear", "--source", "public")
BLOCKING = ("--outcome", "blocking", "--source", "public")


@pytest.fixture(scope="module")
def is_frozen(tmp_path_factory):
    return Template.make(tmp_path_factory.mktemp("frozen"), answered=False)


@pytest.fixture
def desk(is_frozen, tmp_path, clock, monkeypatch):
    desk = is_frozen.copy(tmp_path, clock)
    monkeypatch.setenv("AZTRUST_LEDGER", str(desk.ledger))
    return desk


def approval_of_rita(desk: Desk) -> str:
    return next(p.name for p in desk.files() if ".approval." in p.name and by_rita(desk, p.name))


def by_rita(desk: Desk, name: str) -> bool:
    return desk.statement(f"manifests/records/{name}")["predicate"]["record"]["roles"] == [
        "release-manager"
    ]


def published_hash(desk: Desk) -> str:
    return str(desk.launch.manifest("genesis").genesis_hash.sha256)


def current_release(desk: Desk) -> str:
    return desk.launch.package_id("release")


def blocker_of(desk: Desk) -> str:
    return next(p.name for p in desk.files() if ".blocker." in p.name)


def changed_release(desk: Desk) -> str:
    desk.launch.file("release", "README").write_bytes(b"atlasd 1.0.1\n")
    return "release"


@dataclass(frozen=True)
class Row:
    """One command: who runs it, what is done before, and what is found out for it then."""

    words: tuple[object, ...]
    by: str
    kind: str
    positive: bool
    before: tuple[tuple[str, tuple[object, ...]], ...] = ()

    def run(self, desk: Desk, *more: str):
        return desk.run(*self.filled(desk, self.words), *more, by=self.by)

    def prepare(self, desk: Desk) -> None:
        for by, words in self.before:
            done = desk.run(*self.filled(desk, words), by=by)
            assert done.exit_code == 0

    @staticmethod
    def filled(desk: Desk, words: tuple[object, ...]) -> list[object]:
        return [word(desk) if callable(word) else word for word in words]


REVOKE = ("revoke", approval_of_rita, "--reason", "second look", "--yes")
SUPERSEDE = ("supersede", "release", "--with", OTHER, "--reason", "a fix")
OPEN = ("blocker", "open", "the archive node")
END = ("--reason", "not ready", "--yes")
ROWS = {
    # A frozen package is sealed anew, or superseded, only once the window is deferred.
    "seal": Row(
        ("seal", changed_release, "--replace"),
        "rita",
        "seal",
        True,
        (("luca", ("window", "defer", *END)),),
    ),
    "approve": Row(("approve", "release", "--yes"), "rita", "approval", True, (("rita", REVOKE),)),
    "announce": Row(("announce", "genesis-hash", published_hash), "gabi", "announcement", True),
    "supersede": Row(
        SUPERSEDE, "rita", "supersession", False, (("luca", ("window", "defer", *END)),)
    ),
    "supersede, withdrawn": Row(
        ("supersede", "release", "--with", current_release, "--reason", "no fix"),
        "rita",
        "supersession",
        True,
        (("luca", ("window", "defer", *END)), ("rita", SUPERSEDE)),
    ),
    "revoke": Row(REVOKE, "rita", "revocation", False),
    "answer pass": Row(("attest", "role-readiness", "pass"), "luca", "check-attestation", True),
    "answer fail": Row(("attest", "role-readiness", "fail"), "luca", "check-attestation", False),
    "attest pass": Row(("attest", "incident-path", "pass"), "dan", "check-attestation", True),
    "attest fail": Row(("attest", "incident-path", "fail"), "dan", "check-attestation", False),
    "advisory clear": Row(("advisory", "review", *CLEAR), "sonia", "advisory-review", True),
    "advisory blocking": Row(("advisory", "review", *BLOCKING), "sonia", "advisory-review", False),
    "blocker open": Row(OPEN, "rita", "blocker", False),
    "blocker close": Row(
        ("blocker", "close", blocker_of, "--reason", "mended"),
        "rita",
        "blocker",
        True,
        (("rita", OPEN),),
    ),
    "window defer": Row(("window", "defer", *END), "luca", "launch-defer", False),
    "window abort": Row(
        ("window", "abort", "--trigger", "other", *END), "luca", "launch-abort", False
    ),
}
KEEPERS = tuple(name for name, row in ROWS.items() if row.by == "luca")
OTHERS = tuple(name for name, row in ROWS.items() if row.by != "luca")
FEW = ("answer pass", "answer fail", "window defer")


@contextmanager
def refusing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The ledger is asked as of the day before, so every record is dated too far ahead."""
    real = append.admit

    def a_day_before(context, files, lookup, now_unix_ms, *more):
        return real(context, files, lookup, now_unix_ms - DAY, *more)

    with monkeypatch.context() as patch:
        patch.setattr(append, "admit", a_day_before)
        yield "did not take it: "


@contextmanager
def damaged(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    kept = desk.ledger.rename(desk.ledger.with_suffix(".whole"))
    desk.ledger.write_bytes(b"no database")
    yield "did not take it: "
    kept.replace(desk.ledger)


@contextmanager
def locked(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr("aztrust.storage.ledger.connection.WAIT_SECONDS", 0)
    with closing(sqlite3.connect(desk.ledger, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield "did not take it: "


@contextmanager
def of_another_launch(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    kept = desk.ledger.rename(desk.ledger.with_suffix(".own"))
    create_database(desk.ledger, "ledger.another")
    yield "did not take it: "
    desk.ledger.unlink()
    kept.replace(desk.ledger)


@contextmanager
def elsewhere(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    kept = desk.ledger.rename(desk.ledger.with_suffix(".moved"))
    yield "not here; pending: counts "
    kept.replace(desk.ledger)


@pytest.mark.parametrize(
    ("hinder", "name"),
    [
        *((refusing, name) for name in KEEPERS),
        *((hinder, name) for hinder in (damaged, locked, of_another_launch) for name in FEW),
        *((elsewhere, name) for name in FEW),
    ],
)
def test_no_ledger_stops_a_record(desk, monkeypatch, hinder: Callable, name):
    row = ROWS[name]
    row.prepare(desk)
    before = set(desk.files())
    with hinder(desk, monkeypatch) as why:
        done = row.run(desk)
    assert (done.exit_code, done.err) == (0, "")
    text = " ".join(done.out.split())
    assert f"ledger {why}" in text
    assert ("pending: counts after " in text) == row.positive
    assert ("pending: counts now" in text) == (not row.positive)
    assert "aztrust ledger keep" in done.advised
    (file,) = set(desk.files()) - before
    assert f".{row.kind}." in file.name
    assert desk.run("ledger", "append", "--ledger", desk.ledger).exit_code == 0
    assert entry_of(desk, file.read_bytes()) is not None


@pytest.mark.parametrize("name", OTHERS)
def test_what_others_sign_waits_in_the_folder_for_the_keeper(desk, name):
    """Also on the keeper's machine: only the keeper's key appends."""
    row = ROWS[name]
    row.prepare(desk)
    before, size = set(desk.files()), entries(desk)
    done = row.run(desk, "--format", "json")
    assert (done.exit_code, json.loads(done.out)["ledger_entry"]) == (0, None)
    assert entries(desk) == size
    (file,) = set(desk.files()) - before
    assert f".{row.kind}." in file.name
    desk.keep()
    assert entry_of(desk, file.read_bytes()) is not None
    assert (desk.launch.path / "manifests/ledger/checkpoint").read_bytes() == last_head(desk)


@pytest.mark.parametrize("name", KEEPERS)
def test_with_its_ledger_it_is_an_entry(desk, name):
    """The accepted neighbour of the table above."""
    row = ROWS[name]
    row.prepare(desk)
    before = set(desk.files())
    done = row.run(desk, "--format", "json")
    assert done.exit_code == 0
    (file,) = set(desk.files()) - before
    entry = json.loads(done.out)["ledger_entry"]
    assert entry is not None
    assert entry_of(desk, file.read_bytes()) == entry
    assert (desk.launch.path / "manifests/ledger/checkpoint").read_bytes() == last_head(desk)


def entries(desk: Desk) -> int:
    with open_store(desk.ledger) as store:
        return store.size()


def last_head(desk: Desk) -> bytes | None:
    with open_store(desk.ledger) as store:
        return store.latest_head()


def entry_of(desk: Desk, data: bytes) -> int | None:
    with open_store(desk.ledger) as store:
        return next((e.index for e in store.entries() if e.envelope == data), None)


@pytest.mark.parametrize("name", ["answer pass", "answer fail"])
def test_a_head_that_is_not_signed_is_named_next_to_the_entry(desk, monkeypatch, name):
    def fails(*_words: object) -> None:
        raise CouldNotCheck("the disk is full")

    monkeypatch.setattr("aztrust.acts.ledger.handle.LedgerHandle.sign_head", fails)
    before = set(desk.files())
    done = ROWS[name].run(desk)
    assert (done.exit_code, done.err) == (0, "")
    assert "its head is not signed: the disk is full" in " ".join(done.out.split())
    (file,) = set(desk.files()) - before
    assert entry_of(desk, file.read_bytes()) is not None


def verdicts(desk: Desk) -> set[str]:
    return {path.name for path in desk.files("verdicts") if path.name.startswith("final")}


def test_a_final_check_that_the_ledger_refuses_is_written_only_where_it_failed(desk, monkeypatch):
    desk.answer_all()
    with refusing(desk, monkeypatch):
        done = desk.run("final-check", "--yes")
        assert (done.exit_code, "the ledger does not take it" in done.err) == (10, True)
        assert verdicts(desk) == set()
        changed_release(desk)
        done = desk.run("final-check", "--yes")
    assert (done.exit_code, done.err) == (10, "")
    text = " ".join(done.out.split())
    assert "ledger did not take it: luca dated it" in text
    assert "pending: counts now" in text
    assert len(verdicts(desk)) == 2
    assert "scope-invalidated" in desk.verify()[2]


@pytest.mark.parametrize("command", ["freeze", "window"])
def test_a_policy_without_verdicts_has_one_refusal(tmp_path, command):
    desk = Desk(make_launch(tmp_path))
    words = {"freeze": ("freeze", "--yes"), "window": ("window", "defer", *END)}[command]
    done = desk.run(*words)
    assert (done.exit_code, "freeze-missing" in done.err) == (10, True)
    assert "the policy has no [verdicts] table" in " ".join(done.err.split())


@pytest.mark.parametrize("length", [1000, 1001])
@pytest.mark.parametrize("name", ["supersede", "revoke", "blocker open", "window defer"])
def test_a_reason_has_one_limit(desk, name, length):
    words = {
        "supersede": (*SUPERSEDE[:-1], "x" * length),
        "revoke": (*REVOKE[:3], "x" * length, "--yes"),
        "blocker open": ("blocker", "open", "x" * length),
        "window defer": ("window", "defer", "--reason", "x" * length, "--yes"),
    }[name]
    ROWS[name].prepare(desk)
    done = desk.run(*Row.filled(desk, words), by=ROWS[name].by)
    assert done.exit_code == (0 if length == 1000 else 2)
    assert ("needs 1 to 1000 characters" in done.err) == (length == 1001)
