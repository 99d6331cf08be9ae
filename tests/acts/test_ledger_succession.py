"""A deputy takes a ledger over, a keeper closes one: the entries that only their commands add."""

from __future__ import annotations

from pathlib import Path

import pytest

from aztrust.acts.ledger.append import append_records
from aztrust.acts.ledger.handle import init_ledger
from aztrust.acts.ledger.heads import sign_head
from aztrust.acts.ledger.identity import keeper_of, keeping_of, last_head
from aztrust.acts.ledger.succession import close, take_over
from aztrust.acts.preconditions import read_launch_context
from aztrust.acts.sign import sign_record
from aztrust.core.base.errors import Refused
from aztrust.core.history.replay import read_ledger
from aztrust.core.records.administration import Revocation
from aztrust.storage.heads import head_path, keep_head
from aztrust.storage.ledger.sqlite import open_store
from aztrust.storage.ledger.store import stored_log
from tests.disk_launch import NOW, make_launch, policy_text, signer

ORIGIN = "ledger.example/test-1"
LATER = NOW + 60 * 60_000
KEEPERS = "".join(
    f'[[ledger.keepers]]\nholder = "{name}"\nkeys = ["{signer(name).public.fingerprint}"]\n'
    for name in ("luca", "gabi", "sonia")
)
KEPT = f'[ledger]\norigin = "{ORIGIN}"\n{KEEPERS}'


@pytest.fixture
def context(tmp_path):
    return read_launch_context(make_launch(tmp_path, policy=policy_text(extra=KEPT)).path)


@pytest.fixture
def ledger(context, tmp_path) -> Path:
    path = tmp_path / "launch.ledger"
    init_ledger(path, context, ORIGIN, None)
    append(path, context, 0, 4)
    sign_head(path, context, signer("luca"), LATER)
    return path


def append(path, context, start, stop):
    records = context.evidence.records
    return append_records(
        path, context, {n: records[n] for n in sorted(records)[start:stop]}, LATER
    )


def reading(path, context):
    with open_store(path) as store, store.snapshot():
        return read_ledger(
            stored_log(store), keeping_of(context, store).trust(context), name="a ledger"
        )


def keeper(path, context) -> str:
    with open_store(path) as store:
        return keeper_of(context, store)


def test_a_deputy_takes_a_ledger_over_and_signs_its_heads(context, ledger):
    done = take_over(ledger, context, signer("gabi"), "luca's laptop is lost", LATER)
    assert (done.index, done.head.verified.head.size) == (4, 5)
    assert keeper(ledger, context) == signer("gabi").public.fingerprint
    append(ledger, context, 4, 7)
    assert sign_head(ledger, context, signer("gabi"), LATER).verified.head.size == 8
    found = reading(ledger, context)
    assert (found.findings, found.keeper) == ((), signer("gabi").public.fingerprint)


def test_the_keeper_before_signs_no_more_heads(context, ledger):
    take_over(ledger, context, signer("gabi"), "lost", LATER)
    with pytest.raises(Refused) as refused:
        sign_head(ledger, context, signer("luca"), LATER)
    assert refused.value.code == "signer-not-in-role"


def test_a_second_deputy_takes_over_from_the_first(context, ledger):
    take_over(ledger, context, signer("gabi"), "lost", LATER)
    take_over(ledger, context, signer("sonia"), "lost too", LATER)
    assert keeper(ledger, context) == signer("sonia").public.fingerprint
    assert reading(ledger, context).findings == ()
    with pytest.raises(Refused):
        take_over(ledger, context, signer("gabi"), "found again", LATER)


@pytest.mark.parametrize("name", ["luca", "rita"])
def test_only_a_deputy_takes_over(context, ledger, name):
    with pytest.raises(Refused) as refused:
        take_over(ledger, context, signer(name), "because", LATER)
    assert refused.value.code == "signer-not-in-role"
    assert reading(ledger, context).size == 4


def test_entries_that_no_head_covers_are_not_taken_over(context, ledger):
    append(ledger, context, 4, 6)
    with pytest.raises(Refused) as refused:
        take_over(ledger, context, signer("gabi"), "lost", LATER)
    assert refused.value.code == "ledger-inconsistent"
    assert reading(ledger, context).size == 6


def test_a_kept_head_over_more_entries_stops_a_take_over(context, ledger, tmp_path):
    whole = tmp_path / "whole.ledger"
    whole.write_bytes(ledger.read_bytes())
    append(whole, context, 4, 6)
    sign_head(whole, context, signer("luca"), LATER)
    with open_store(whole) as store:
        later = last_head(store, keeping_of(context, store), context.evidence.opener)
    keep_head(head_path(ORIGIN, signer("luca").public.fingerprint), later)
    with pytest.raises(Refused) as refused:
        take_over(ledger, context, signer("gabi"), "lost", LATER)
    assert refused.value.code == "ledger-inconsistent"
    assert "over 6 entries" in refused.value.message
    with open_store(ledger) as store:
        assert store.size() == 4
    assert take_over(whole, context, signer("gabi"), "lost", LATER).index == 6


def test_a_take_over_is_not_appended_as_a_file(context, ledger, tmp_path):
    other = tmp_path / "other.ledger"
    other.write_bytes(ledger.read_bytes())
    record = take_over(other, context, signer("gabi"), "lost", LATER).record
    appended = append_records(ledger, context, {"take-over": record.data}, LATER)
    assert [finding.code for finding in appended.refused] == ["signer-not-in-role"]
    # Where it is an entry already, its file is only a copy.
    again = append_records(other, context, {"take-over": record.data}, LATER)
    assert [(taken.index, taken.new) for taken in again.taken] == [(4, False)]


def test_a_closed_ledger_takes_nothing_but_negative_records(context, ledger):
    assert close(ledger, context, signer("luca"), "the launch is over", LATER).index == 4
    refused = append(ledger, context, 4, 6).refused
    assert {finding.code for finding in refused} == {"ledger-closed"}
    with pytest.raises(Refused) as twice:
        close(ledger, context, signer("luca"), "again", LATER)
    assert twice.value.code == "ledger-closed"
    own = next(iter(context.records.effective.verified))
    body = Revocation(
        policy_digest=context.policy_digest,
        reason="wrong",
        revoked_at_unix_ms=LATER,
        stands=(),
        target=own.record_id,
        target_kind="record",
    )
    taken_back = sign_record("revocation", body, {}, signer(own.holder))
    taken = append_records(ledger, context, {"revocation": taken_back.data}, LATER)
    assert [(item.kind, item.index) for item in taken.taken] == [("revocation", 5)]
    # What is in it already may be handed over again.
    assert append(ledger, context, 0, 4).refused == ()
    assert reading(ledger, context).closed


def test_only_the_keeper_closes_a_ledger(context, ledger):
    with pytest.raises(Refused) as refused:
        close(ledger, context, signer("gabi"), "because", LATER)
    assert refused.value.code == "signer-not-in-role"
    assert not reading(ledger, context).closed
