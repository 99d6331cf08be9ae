"""Revoking: what is meant, who may, and what falls with it."""

from __future__ import annotations

import pytest

from aztrust.acts.act import Act, Plan
from aztrust.acts.approve import ApprovalOptions, prepare_approval, sign_approval
from aztrust.acts.preconditions import read_launch_context
from aztrust.acts.revoke import (
    find_target,
    plan_revocation,
    revoker_keys,
    title,
)
from aztrust.core.base.errors import CouldNotCheck, Refused, UsageError
from aztrust.core.checks.launch.approvals import CHECK as APPROVALS
from aztrust.core.records.administration import Revocation
from tests.disk_launch import NOW, PEOPLE, Launch, make_launch, signer

UNKNOWN = "e" * 64


def fingerprint(name: str) -> str:
    return PEOPLE[name].public().fingerprint


def approval_of(launch: Launch, name: str, index: int = 0) -> str:
    """The id of one of someone's approvals: the release first, for those who have two."""
    keyid = fingerprint(name)[7:15]
    return [r for r in launch.records if f".approval.{keyid}" in r.path][index].record_id


def plan(launch: Launch, target: str, who: str, reason: str = "wrong file") -> Plan:
    context = read_launch_context(launch.path, NOW)
    found = find_target(context, target)
    return plan_revocation(Act(launch.path, context), found, signer(who).public, reason)


# ---- what is meant ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "form",
    [
        lambda r: r.record_id,
        lambda r: r.record_id[7:],
        lambda r: r.record_id[7:15],
        lambda r: r.record_id[7:].upper(),
        lambda r: " ".join((r.record_id[7:11], r.record_id[11:27])),
        lambda r: r.path,
        lambda r: r.path.rpartition("/")[2],
    ],
)
def test_a_record_is_named_by_its_id_a_prefix_or_its_file(tmp_path, form):
    launch = make_launch(tmp_path)
    record = launch.records[2]
    target = find_target(read_launch_context(launch.path), form(record))
    assert (target.kind, target.digest) == ("record", record.record_id)
    assert title(target.verified[0]).startswith("approval of release")


def test_a_key_is_named_by_its_fingerprint_or_a_prefix(tmp_path):
    context = read_launch_context(make_launch(tmp_path).path)
    for text in (fingerprint("sonia"), fingerprint("sonia")[7:15]):
        target = find_target(context, text)
        assert (target.kind, target.digest, target.owner) == ("key", fingerprint("sonia"), "sonia")


@pytest.mark.parametrize(
    "text", ["", "a07be14", "sha256:a07be14", "rita", "../x", "g" * 64, "e" * 65]
)
def test_too_short_or_no_hex_is_refused(tmp_path, text):
    with pytest.raises(UsageError, match="neither a record id"):
        find_target(read_launch_context(make_launch(tmp_path).path), text)


def test_a_prefix_must_fit_exactly_one(tmp_path, monkeypatch):
    launch = make_launch(tmp_path)
    context = read_launch_context(launch.path)
    with pytest.raises(UsageError, match="no record and no key here begins with"):
        find_target(context, "e" * 63)
    monkeypatch.setattr("aztrust.acts.revoke.that_begin", lambda ids, _: tuple(ids))
    with pytest.raises(UsageError, match="fits") as caught:
        find_target(context, "e" * 63)
    assert len(caught.value.details) == len(launch.records) + len(context.policy.key_holders())


def test_what_is_not_here_yet_may_be_revoked_by_its_whole_id(tmp_path):
    launch = make_launch(tmp_path, approve=False)
    context = read_launch_context(launch.path)
    target = find_target(context, UNKNOWN)
    assert (target.kind, target.verified) == ("record", ())
    assert set(revoker_keys(context.policy, target)) == set(context.policy.key_holders())
    planned = plan(launch, UNKNOWN, "cosmin")
    assert planned.about.falls == ()
    launch.publish(planned, "cosmin")


@pytest.mark.clause("AZ-5.2")
def test_a_revocation_before_its_approval_counts_when_that_arrives(tmp_path):
    launch = make_launch(tmp_path, approve=False)
    record_id = launch.approve("release", "cosmin")
    file = launch.path / launch.records[-1].path
    held_back = file.read_bytes()
    file.unlink()
    launch.publish(plan(launch, record_id, "cosmin"), "cosmin")
    file.write_bytes(held_back)
    effective = read_launch_context(launch.path).records.effective
    assert not effective.is_effective(effective.approvals("release")[0])


# ---- who may ------------------------------------------------------------------------------------


def test_own_records_and_keys_or_a_revocation_role(tmp_path):
    launch = make_launch(tmp_path)
    context = read_launch_context(launch.path)
    record = find_target(context, approval_of(launch, "cosmin"))
    assert set(revoker_keys(context.policy, record).values()) == {"cosmin", "sonia"}
    key = find_target(context, fingerprint("rita"))
    assert set(revoker_keys(context.policy, key).values()) == {"rita", "sonia"}


def test_revocations_and_supersessions_cannot_be_revoked(tmp_path):
    launch = make_launch(tmp_path)
    revocation = launch.revoke(approval_of(launch, "cosmin"), "cosmin")
    with pytest.raises(Refused, match="a revocation cannot be revoked"):
        find_target(read_launch_context(launch.path), revocation)
    supersession = launch.supersede("genesis", "sha256:" + UNKNOWN, "gabi")
    with pytest.raises(Refused, match="a supersession cannot be revoked") as caught:
        find_target(read_launch_context(launch.path), supersession)
    assert f"aztrust supersede genesis --with {launch.package_id('genesis')}" in caught.value.mend


@pytest.mark.parametrize("reason", ["", "  ", "x" * 1001])
def test_a_reason_is_needed(tmp_path, reason):
    launch = make_launch(tmp_path)
    with pytest.raises(UsageError, match="--reason"):
        plan(launch, approval_of(launch, "cosmin"), "cosmin", reason)


@pytest.mark.parametrize("reason", ["lost", "Retired", "compromised ", "x"])
def test_a_key_has_two_reasons(tmp_path, reason):
    launch = make_launch(tmp_path)
    with pytest.raises(UsageError, match="compromised or as retired"):
        plan(launch, fingerprint("cosmin"), "cosmin", reason)


# ---- what falls ---------------------------------------------------------------------------------


def test_the_consequences_of_a_revoked_approval(tmp_path):
    launch = make_launch(tmp_path)
    planned = plan(launch, approval_of(launch, "cosmin", 1), "sonia")
    assert [title(u)[:19] for u in planned.about.falls] == ["approval of genesis"]
    assert planned.about.effects == (
        "genesis approvals 2 of 2 -> 1 of 2; missing consensus-lead (cosmin)",
    )
    record = launch.publish(planned, "sonia")
    after = read_launch_context(launch.path).records.effective
    assert {u.record_id for u in planned.about.falls} == {
        u.record_id for u in after.verified if not u.is_negative and not after.is_effective(u)
    }
    assert record.path.endswith(".revocation.1052bce8.dsse.json")


def test_a_compromised_key_takes_everything_and_the_seal(tmp_path):
    launch = make_launch(tmp_path)
    planned = plan(launch, fingerprint("rita"), "rita", "compromised")
    assert sorted(u.kind for u in planned.about.falls) == ["approval", "seal"]
    assert planned.body.stands == ()
    assert planned.about.effects == (
        "release approvals 3 of 3 -> 2 of 3; missing release-manager (no holder is left for it)",
        "release no longer has a seal; missing release-manager (no holder is left for it)",
    )


def test_a_retired_key_keeps_what_counts_now(tmp_path):
    launch = make_launch(tmp_path)
    fallen = approval_of(launch, "cosmin", 1)
    launch.revoke(fallen, "cosmin")
    planned = plan(launch, fingerprint("cosmin"), "cosmin", "retired")
    assert planned.body.stands == (approval_of(launch, "cosmin"),)
    assert planned.about.falls == ()
    launch.publish(planned, "cosmin")
    later = launch.approve("genesis", "cosmin")
    effective = read_launch_context(launch.path).records.effective
    fate = {
        u.record_id: effective.is_effective(u) for u in effective.verified if u.holder == "cosmin"
    }
    assert fate[approval_of(launch, "cosmin")]
    assert not fate[later]


def test_a_withdrawal_that_falls_revives_the_supersession(tmp_path):
    launch = make_launch(tmp_path)
    supersession = launch.supersede("genesis", "sha256:" + UNKNOWN, "gabi")
    from aztrust.acts.supersede import plan_supersession

    withdrawal = plan_supersession(
        Act(launch.path, read_launch_context(launch.path, NOW)),
        "genesis",
        successor=launch.package_id("genesis"),
        key=signer("gabi").public,
        reason="no",
    )
    assert withdrawal.body.withdraws == (supersession,)
    record = launch.publish(withdrawal, "gabi")
    planned = plan(launch, record.record_id, "gabi")
    assert planned.about.effects == ("genesis is superseded again, by the earlier record of gabi",)


# ---- again --------------------------------------------------------------------------------------


def test_what_is_revoked_already_is_not_revoked_again(tmp_path):
    launch = make_launch(tmp_path)
    record_id = approval_of(launch, "cosmin")
    revocation = launch.revoke(record_id, "cosmin")
    planned = plan(launch, record_id, "cosmin")
    assert planned.earlier is not None
    assert planned.earlier.record_id == revocation
    key = fingerprint("rita")
    launch.revoke(key, "rita", kind="key", reason="retired")
    assert plan(launch, key, "rita", "retired").earlier is not None
    assert plan(launch, key, "rita", "compromised").earlier is None
    launch.revoke(key, "rita", kind="key", reason="compromised")
    assert plan(launch, key, "sonia", "retired").earlier is not None


@pytest.mark.clause("AZ-5.2")
def test_an_open_revocation_is_not_lost_behind_an_answered_one(tmp_path):
    launch = make_launch(tmp_path)
    record_id = approval_of(launch, "cosmin", 1)
    launch.revoke(record_id, "cosmin")
    prepared = prepare_approval(
        launch.path,
        read_launch_context(launch.path),
        signer("cosmin").public,
        ApprovalOptions("genesis"),
    )
    sign_approval(launch.path, prepared, signer("cosmin"), launch.now())
    assert verdict_codes(launch) == set()
    planned = plan(launch, record_id, "sonia")
    assert planned.earlier is None
    (effect,) = planned.about.effects
    assert "taken back by sonia" in effect
    assert "cosmin looks again" in effect
    launch.publish(planned, "sonia")
    assert verdict_codes(launch) == {"approval-revoked"}
    again = plan(launch, record_id, "sonia").earlier
    assert again is not None
    assert again.holder == "sonia"


def verdict_codes(launch: Launch) -> set[str]:
    """What is wrong with the approvals of the genesis."""
    context = read_launch_context(launch.path)
    return {f.code for f in APPROVALS.ask(context, "genesis").findings}


def spoil_a_record(launch: Launch) -> None:
    (launch.path / "manifests/records/x").mkdir()


def link_the_records(launch: Launch) -> None:
    records = launch.path / "manifests/records"
    records.rename(launch.path.parent / "elsewhere")
    records.symlink_to(launch.path.parent / "elsewhere")


@pytest.mark.parametrize("spoil", [spoil_a_record, link_the_records])
def test_nothing_is_revoked_next_to_a_record_that_cannot_be_read(tmp_path, spoil):
    launch = make_launch(tmp_path)
    record_id = approval_of(launch, "cosmin")
    target = find_target(read_launch_context(launch.path), record_id)
    spoil(launch)
    context = read_launch_context(launch.path)
    with pytest.raises(CouldNotCheck, match="may be a revocation"):
        plan_revocation(Act(launch.path, context), target, signer("cosmin").public, "wrong")
    with pytest.raises(CouldNotCheck, match="may be a revocation"):
        find_target(context, record_id)


def test_the_record_is_what_was_planned(tmp_path):
    launch = make_launch(tmp_path)
    planned = plan(launch, approval_of(launch, "cosmin"), "cosmin")
    launch.publish(planned, "cosmin")
    effective = read_launch_context(launch.path).records.effective
    (made,) = (u for u in effective.verified if isinstance(u.body, Revocation))
    assert made.body == planned.body
    assert made.body.policy_digest == launch.anchor
