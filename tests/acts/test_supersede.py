"""Superseding a package, and taking that back."""

from __future__ import annotations

import pytest

from aztrust.acts.act import Act, Plan
from aztrust.acts.preconditions import read_anchored, read_launch_context
from aztrust.acts.supersede import plan_supersession, superseder_keys
from aztrust.core.base.errors import CouldNotCheck, Malformed, NothingToVerify, Refused, UsageError
from aztrust.core.checks.launch import supersession
from tests.disk_launch import NOW, PEOPLE, Launch, ended, make_launch, policy_text, signer

OTHER = "sha256:" + "d" * 64


def plan(launch: Launch, who: str, successor: str, package_class="genesis", reason="x") -> Plan:
    return plan_supersession(
        Act(launch.path, read_launch_context(launch.path, NOW)),
        package_class,
        successor=successor,
        key=signer(who).public,
        reason=reason,
    )


def pending(launch: Launch, package_class="genesis"):
    context = read_launch_context(launch.path)
    current = context.manifest_ids[package_class]
    return supersession.pending(context.policy, context.records.effective, package_class, current)


@pytest.mark.clause("AZ-5.2")
def test_it_is_pending_until_it_is_withdrawn(tmp_path):
    launch = make_launch(tmp_path)
    first = plan(launch, "gabi", OTHER)
    assert (first.body.successor, first.body.withdraws) == (OTHER, ())
    launch.publish(first, "gabi")
    launch.publish(plan(launch, "sonia", OTHER, reason="y"), "sonia")
    assert len(pending(launch)) == 2
    withdrawal = plan(launch, "sonia", launch.package_id("genesis"))
    assert withdrawal.body.is_withdrawal
    assert len(withdrawal.body.withdraws) == len(withdrawal.about) == 2
    launch.publish(withdrawal, "sonia")
    assert pending(launch) == ()
    assert pending(launch, "release") == ()


@pytest.mark.clause("AZ-5.2")
def test_a_record_of_another_holder_is_not_withdrawn(tmp_path):
    launch = make_launch(tmp_path)
    launch.publish(plan(launch, "sonia", OTHER), "sonia")
    current = launch.package_id("genesis")
    with pytest.raises(Refused, match="revocation role") as caught:
        plan(launch, "gabi", current)
    assert caught.value.code == "signer-not-in-role"
    assert caught.value.details[0].endswith("  sonia")
    own = plan(launch, "gabi", OTHER, reason="y")
    record = launch.publish(own, "gabi")
    withdrawal = plan(launch, "gabi", current)
    assert withdrawal.body.withdraws == (record.record_id,)
    launch.publish(withdrawal, "gabi")
    assert [u.holder for u, _ in pending(launch)] == ["sonia"]


def test_the_mend_is_a_whole_command_and_says_whose_it_is(tmp_path):
    launch = make_launch(tmp_path)
    launch.publish(plan(launch, "gabi", OTHER), "gabi")
    (finding,) = supersession.CHECK.ask(read_launch_context(launch.path), "genesis").findings
    current = launch.package_id("genesis")
    assert f"aztrust supersede genesis --with {current} --reason T" in finding.mend
    assert "gabi (or security-lead) withdraws it" in finding.mend


@pytest.mark.parametrize("name", ["records", "records/x"])
def test_nothing_is_superseded_next_to_a_record_that_cannot_be_read(tmp_path, name):
    launch = make_launch(tmp_path)
    path = launch.path / "manifests" / name
    if name == "records":
        path.rename(tmp_path / "elsewhere")
        path.symlink_to(tmp_path / "elsewhere")
        made = plan_in(launch, read_launch_context(make_launch(tmp_path, name="b").path))
        with pytest.raises(CouldNotCheck, match="symbolic link"):
            launch.publish(made, "gabi")
    else:
        path.mkdir()
    with pytest.raises(CouldNotCheck, match="may be a revocation"):
        plan(launch, "gabi", OTHER)


def plan_in(launch: Launch, context) -> Plan:
    """What would be signed if another launch's files were here."""
    return plan_supersession(
        Act(launch.path, context),
        "genesis",
        successor=OTHER,
        key=signer("gabi").public,
        reason="x",
    )


def test_nothing_pending_is_nothing_to_withdraw(tmp_path):
    launch = make_launch(tmp_path)
    with pytest.raises(Refused, match="no supersession is pending"):
        plan(launch, "gabi", launch.package_id("genesis"))


def test_who_seals_or_revokes_may_supersede(tmp_path):
    policy = make_launch(tmp_path).policy
    assert set(superseder_keys(policy, "genesis").values()) == {"gabi", "sonia"}
    assert set(superseder_keys(policy, "release").values()) == {"rita", "sonia"}


def test_the_successor_is_a_whole_id_or_the_beginning_of_a_sealed_one(tmp_path):
    launch = make_launch(tmp_path)
    old = launch.package_id("release")
    launch.file("release", "README").write_bytes(b"2")
    launch.seal("release", "rita", prior=(launch.records[0].record_id,))
    assert plan(launch, "rita", old[7:17], "release").body.successor == old
    assert plan(launch, "rita", "D" * 64, "release").body.successor == OTHER
    for text in ("00000000", "xyz", "", old[7:14]):
        with pytest.raises(UsageError):
            plan(launch, "rita", text, "release")


def test_the_same_again_by_the_same_holder_is_nothing_new(tmp_path):
    launch = make_launch(tmp_path)
    launch.supersede("genesis", OTHER, "gabi")
    assert plan(launch, "gabi", OTHER).earlier is not None
    assert plan(launch, "sonia", OTHER).earlier is None
    assert plan(launch, "gabi", "sha256:" + "c" * 64).earlier is None


def test_there_must_be_a_package_a_reason_and_a_key_in_force(tmp_path):
    launch = make_launch(tmp_path)
    with pytest.raises(UsageError, match="--reason"):
        plan(launch, "gabi", OTHER, reason=" ")
    launch.revoke(PEOPLE["gabi"].public().fingerprint, "gabi", kind="key", reason="retired")
    with pytest.raises(Refused) as caught:
        plan(launch, "gabi", OTHER)
    assert caught.value.code == "key-revoked"
    launch.manifest_path("genesis").write_bytes(b"{}")
    with pytest.raises(Malformed):
        plan(launch, "sonia", OTHER)
    launch.manifest_path("genesis").unlink()
    with pytest.raises(NothingToVerify):
        plan(launch, "sonia", OTHER)


def test_a_supersession_that_was_walked_around_is_pending_and_can_be_withdrawn(tmp_path):
    launch = make_launch(tmp_path)
    old = launch.package_id("release")
    launch.supersede("release", OTHER, "rita")
    launch.file("release", "README").write_bytes(b"3")
    launch.seal("release", "rita", prior=(launch.records[0].record_id,))
    assert launch.package_id("release") not in (old, OTHER)
    assert len(pending(launch, "release")) == 1
    # The same successor for another package is something new to say.
    assert plan(launch, "rita", OTHER, "release").earlier is None
    withdrawal = plan(launch, "rita", launch.package_id("release"), "release")
    assert len(withdrawal.about) == 1
    launch.publish(withdrawal, "rita")
    assert pending(launch, "release") == ()


def test_nothing_is_superseded_under_an_expired_policy(tmp_path):
    launch = make_launch(tmp_path, policy=ended(policy_text()))
    context = read_anchored(launch.path, None, NOW)
    key = signer("gabi").public
    with pytest.raises(Refused) as caught:
        plan_supersession(
            Act(launch.path, context),
            "genesis",
            successor=OTHER,
            key=key,
            reason="x",
        )
    assert caught.value.code == "policy-expired"
