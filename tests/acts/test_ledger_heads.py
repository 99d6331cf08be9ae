"""Signing heads: nothing is signed that was not verified in this run."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from aztrust.acts.ledger.append import append_records
from aztrust.acts.ledger.handle import init_ledger
from aztrust.acts.ledger.heads import heartbeat, sign_head
from aztrust.acts.preconditions import read_launch_context
from aztrust.core.base.errors import AztrustError, CouldNotCheck, Refused
from aztrust.core.formats import merkle
from aztrust.storage.heads import head_path
from aztrust.storage.ledger.sqlite import open_store
from tests.disk_launch import NOW, make_launch, policy_text, signer

ORIGIN = "ledger.example/test-1"
KEPT = f'[ledger]\norigin = "{ORIGIN}"\nkeeper = "{signer("luca").public.fingerprint}"\n'
LATER = NOW + 60 * 60_000


class Counting:
    """The keeper's signer, and how often it was asked."""

    def __init__(self) -> None:
        self._signer = signer("luca")
        self.public = self._signer.public
        self.asked = 0

    def sign(self, message: bytes) -> bytes:
        self.asked += 1
        return self._signer.sign(message)


@pytest.fixture
def context(tmp_path):
    return read_launch_context(make_launch(tmp_path, policy=policy_text(extra=KEPT)).path)


@pytest.fixture
def ledger(context, tmp_path) -> Path:
    path = tmp_path / "launch.ledger"
    init_ledger(path, context, ORIGIN, None)
    append(path, context, 0, 4)
    sign_head(path, context, signer("luca"))
    append(path, context, 4, 7)
    return path


def append(path, context, start, stop) -> None:
    records = context.evidence.records
    append_records(path, context, {n: records[n] for n in sorted(records)[start:stop]}, LATER)


def execute(path, statement, *values) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute(statement, values)


def test_a_head_is_signed_once_for_each_size(context, ledger):
    keeper = Counting()
    first, second = (sign_head(ledger, context, keeper) for _ in range(2))
    assert (first.new, second.new, keeper.asked) == (True, False, 1)
    assert first.verified == second.verified
    assert first.verified.head.size == 7


CHANGED = {
    "the tree under the last head": f"UPDATE node SET hash = zeroblob(32) WHERE position ="
    f" {merkle.position(merkle.Node(2, 0))}",
    "the tree after it": f"UPDATE node SET hash = zeroblob(32) WHERE position ="
    f" {merkle.position(merkle.Node(0, 6))}",
    "an entry after it": "UPDATE entry SET envelope ="
    " (SELECT envelope FROM entry WHERE position = 6) WHERE position = 5",
    "an entry that is not a record": "UPDATE entry SET envelope = x'7b7d' WHERE position = 5",
    "an entry taken out": "DELETE FROM entry WHERE position = 5",
    "the last entries taken out": "DELETE FROM entry WHERE position > 2",
    "the last head": "UPDATE head SET note = x'0a' WHERE size = 4",
}


@pytest.mark.parametrize("statement", CHANGED.values(), ids=CHANGED.keys())
def test_a_changed_log_gets_no_signature(context, ledger, statement):
    execute(ledger, statement)
    keeper = Counting()
    with pytest.raises(AztrustError) as error:
        sign_head(ledger, context, keeper)
    assert error.value.mend
    assert keeper.asked == 0
    with open_store(ledger) as store:
        assert len(list(store.heads())) == 1


def kept() -> Path:
    return head_path(ORIGIN, signer("luca").public.fingerprint)


def test_a_log_that_the_kept_head_contradicts_gets_no_signature(context, ledger, tmp_path):
    shorter = tmp_path / "shorter.ledger"
    shutil.copy(ledger, shorter)
    forked = tmp_path / "forked.ledger"
    shutil.copy(ledger, forked)
    assert sign_head(ledger, context, signer("luca")).unkept == ""
    assert kept().read_bytes().splitlines()[1] == b"7"
    execute(shorter, "DELETE FROM entry WHERE position > 5")
    append(forked, context, 0, 7)
    heartbeat(forked, context, signer("luca"), LATER)
    execute(forked, f"UPDATE node SET hash = zeroblob(32) WHERE position = {merkle.node_count(6)}")
    for path, cause in ((shorter, "the ledger has 6"), (forked, "the ledger contradicts it")):
        keeper = Counting()
        with pytest.raises(Refused, match=cause) as error:
            sign_head(path, context, keeper)
        assert (error.value.code, keeper.asked) == ("ledger-inconsistent", 0)
        assert "take-over" in error.value.mend
    with pytest.raises(Refused, match="second history"):
        init_ledger(tmp_path / "empty.ledger", context, ORIGIN, None)
    assert not (tmp_path / "empty.ledger").exists()


def test_the_log_of_the_kept_head_grows_on(context, ledger):
    sign_head(ledger, context, signer("luca"))
    heartbeat(ledger, context, signer("luca"), LATER)
    assert sign_head(ledger, context, signer("luca")).verified.head.size == 8
    note = kept().read_bytes()
    kept().unlink()
    # What was signed before is kept as well.
    assert not sign_head(ledger, context, signer("luca")).new
    assert kept().read_bytes() == note


def test_a_kept_head_that_is_damaged_stops_the_keeper(context, ledger):
    kept().write_bytes(b"\n")
    keeper = Counting()
    with pytest.raises(CouldNotCheck, match="the head that was kept"):
        sign_head(ledger, context, keeper)
    assert keeper.asked == 0


def test_a_head_that_cannot_be_kept_is_signed_and_reported(context, ledger, monkeypatch):
    def full(*_: object) -> None:
        raise CouldNotCheck("the disk is full")

    kept().unlink()
    monkeypatch.setattr("aztrust.acts.ledger.trusted_heads.keep_head", full)
    assert sign_head(ledger, context, signer("luca")).unkept == "the disk is full"


@pytest.mark.parametrize("place", ["a file", "a link to nothing"])
def test_no_head_is_signed_where_the_kept_one_cannot_be_looked_at(context, ledger, place):
    kept().unlink()
    kept().parent.rmdir()
    if place == "a file":
        kept().parent.write_bytes(b"")
    else:
        kept().parent.symlink_to("nowhere")
    with pytest.raises(CouldNotCheck, match="is unknown"):
        sign_head(ledger, context, signer("luca"))


def test_who_has_no_home_keeps_no_head(context, ledger, monkeypatch):
    def homeless() -> Path:
        raise CouldNotCheck("this user has no home directory")

    for module in ("aztrust.acts.ledger.trusted_heads", "aztrust.storage.heads"):
        monkeypatch.setattr(f"{module}.config_dir", homeless)
    assert sign_head(ledger, context, signer("luca")).unkept == "this user has no home directory"


def test_only_the_keeper_is_asked(context, ledger):
    with pytest.raises(Refused, match="does not keep this ledger") as error:
        sign_head(ledger, context, signer("rita"))
    assert error.value.code == "signer-not-in-role"


def test_a_heartbeat_is_an_entry_of_its_own(context, ledger):
    record_id = heartbeat(ledger, context, signer("luca"), LATER)
    with open_store(ledger) as store:
        assert store.find(record_id) == (7,)


def test_without_a_ledger(context, tmp_path):
    with pytest.raises(CouldNotCheck, match="there is no ledger"):
        sign_head(tmp_path / "none", context, signer("luca"))
