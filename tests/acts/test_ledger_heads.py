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
from aztrust.acts.ledger.trusted_heads import known_heads
from aztrust.acts.preconditions import read_launch_context
from aztrust.core.base.errors import AztrustError, CouldNotCheck, Refused
from aztrust.core.formats import merkle
from aztrust.core.state.ledger.log_identity import Keeping, Source
from aztrust.storage.heads import head_path, launches_of, note_launch
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
    sign_head(path, context, signer("luca"), LATER)
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
    first, second = (sign_head(ledger, context, keeper, LATER) for _ in range(2))
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
        sign_head(ledger, context, keeper, LATER)
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
    assert sign_head(ledger, context, signer("luca"), LATER).unkept == ""
    assert kept().read_bytes().splitlines()[1] == b"7"
    execute(shorter, "DELETE FROM entry WHERE position > 5")
    append(forked, context, 0, 7)
    heartbeat(forked, context, signer("luca"), LATER)
    execute(forked, f"UPDATE node SET hash = zeroblob(32) WHERE position = {merkle.node_count(6)}")
    for path, cause in ((shorter, "the ledger has 6"), (forked, "the ledger contradicts it")):
        keeper = Counting()
        with pytest.raises(Refused, match=cause) as error:
            sign_head(path, context, keeper, LATER)
        assert (error.value.code, keeper.asked) == ("ledger-inconsistent", 0)
        assert "rebuild" in error.value.mend
    with pytest.raises(Refused, match="second history"):
        init_ledger(tmp_path / "empty.ledger", context, ORIGIN, None)
    assert not (tmp_path / "empty.ledger").exists()


def test_the_log_of_the_kept_head_grows_on(context, ledger):
    sign_head(ledger, context, signer("luca"), LATER)
    heartbeat(ledger, context, signer("luca"), LATER)
    assert sign_head(ledger, context, signer("luca"), LATER).verified.head.size == 8
    note = kept().read_bytes()
    kept().unlink()
    # What was signed before is kept as well.
    assert not sign_head(ledger, context, signer("luca"), LATER).new
    assert kept().read_bytes() == note


def test_a_kept_head_that_is_damaged_stops_the_keeper(context, ledger):
    kept().write_bytes(b"\n")
    keeper = Counting()
    with pytest.raises(CouldNotCheck, match="the head that was kept"):
        sign_head(ledger, context, keeper, LATER)
    assert keeper.asked == 0


def test_a_head_that_cannot_be_kept_is_signed_and_reported(context, ledger, monkeypatch):
    def full(*_: object) -> None:
        raise CouldNotCheck("the disk is full")

    kept().unlink()
    monkeypatch.setattr("aztrust.acts.ledger.trusted_heads.keep_head", full)
    assert sign_head(ledger, context, signer("luca"), LATER).unkept == "the disk is full"


@pytest.mark.parametrize("place", ["a file", "a link to nothing"])
def test_no_head_is_signed_where_the_kept_one_cannot_be_looked_at(context, ledger, place):
    kept().unlink()
    kept().parent.rmdir()
    if place == "a file":
        kept().parent.write_bytes(b"")
    else:
        kept().parent.symlink_to("nowhere")
    with pytest.raises(CouldNotCheck, match="is unknown"):
        sign_head(ledger, context, signer("luca"), LATER)


def test_who_has_no_home_keeps_no_head(context, ledger, monkeypatch):
    def homeless() -> Path:
        raise CouldNotCheck("this user has no home directory")

    for module in ("aztrust.acts.ledger.trusted_heads", "aztrust.storage.heads"):
        monkeypatch.setattr(f"{module}.config_dir", homeless)
    assert (
        sign_head(ledger, context, signer("luca"), LATER).unkept
        == "this user has no home directory"
    )


def test_only_the_keeper_is_asked(context, ledger):
    with pytest.raises(Refused, match="does not keep this ledger") as error:
        sign_head(ledger, context, signer("rita"), LATER)
    assert error.value.code == "signer-not-in-role"


def test_a_heartbeat_is_an_entry_of_its_own(context, ledger):
    record_id = heartbeat(ledger, context, signer("luca"), LATER)
    with open_store(ledger) as store:
        assert store.find(record_id) == (7,)


def test_without_a_ledger(context, tmp_path):
    with pytest.raises(CouldNotCheck, match="there is no ledger"):
        sign_head(tmp_path / "none", context, signer("luca"), LATER)


def test_no_head_is_signed_over_an_entry_of_the_future(context, ledger, tmp_path):
    """Its time would make every head over it look young until then, and for longer."""
    far = LATER + 10 * 24 * 60 * 60_000
    keeper = Counting()
    append(ledger, context, 0, 7)
    heartbeat(ledger, context, signer("luca"), far)
    with pytest.raises(Refused) as error:
        sign_head(ledger, context, keeper, far - 2 * 60_000 - 1)
    assert (error.value.code, error.value.subject, keeper.asked) == ("time-ahead", "entry 7", 0)
    assert sign_head(ledger, context, keeper, far - 2 * 60_000).verified.head.size == 8
    # What a head covers was judged when it was signed.
    assert not sign_head(ledger, context, keeper, LATER).new


def test_no_second_log_of_one_name_by_another_keeper(tmp_path):
    context = read_launch_context(make_launch(tmp_path, policy=policy_text(extra="")).path)
    for by, name in (("luca", ORIGIN), ("rita", "ledger.example/another")):
        path = tmp_path / f"{by}.ledger"
        init_ledger(path, context, name, signer(by))
        append(path, context, 0, 4)
        sign_head(path, context, signer(by), LATER)
    with pytest.raises(Refused, match="another log of this launch") as error:
        init_ledger(tmp_path / "second.ledger", context, ORIGIN, signer("rita"))
    assert error.value.code == "ledger-inconsistent"
    assert not (tmp_path / "second.ledger").exists()


def test_where_the_policy_names_the_keeper_another_log_of_that_name_is_not_its(tmp_path):
    unnamed = make_launch(tmp_path, name="before", policy=policy_text(extra=""))
    context = read_launch_context(unnamed.path)
    path = tmp_path / "rita.ledger"
    init_ledger(path, context, ORIGIN, signer("rita"))
    append(path, context, 0, 4)
    sign_head(path, context, signer("rita"), LATER)
    named = read_launch_context(make_launch(tmp_path, policy=policy_text(extra=KEPT)).path)
    init_ledger(tmp_path / "luca.ledger", named, ORIGIN, signer("luca"))
    assert (tmp_path / "luca.ledger").exists()


def test_a_head_of_another_log_of_the_launch_is_kept_against_this_one(tmp_path):
    launch = make_launch(tmp_path, policy=policy_text(extra=""))
    context = read_launch_context(launch.path)
    path = tmp_path / "honest.ledger"
    init_ledger(path, context, "honest.example/log", signer("luca"))
    append(path, context, 0, 4)
    sign_head(path, context, signer("luca"), LATER)
    opener = context.evidence.opener

    def spoilt(origin: str, policy: str, source: Source = "freeze") -> list[str]:
        keeping = Keeping(origin, signer("sonia").public, source)
        return [f.code for f in known_heads(keeping, opener, policy=policy).spoilt]

    other, own = "sha256:" + "7" * 64, launch.anchor
    assert spoilt("evil.example/log", own) == []
    kept = head_path("honest.example/log", signer("luca").public.fingerprint)
    note_launch(kept, other)
    assert spoilt("evil.example/log", own) == []
    note_launch(kept, own)
    note_launch(kept, own)
    assert launches_of(kept) == {other, own}
    assert spoilt("evil.example/log", own) == ["ledger-inconsistent"]
    # Where the policy names the keeper the anchor decides; and a log is not a second one.
    assert spoilt("evil.example/log", own, "policy") == []
    honest = Keeping("honest.example/log", signer("luca").public, "freeze")
    assert known_heads(honest, opener, policy=own).spoilt == ()
