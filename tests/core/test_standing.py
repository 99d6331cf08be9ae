"""Records laid together: revocation, supersession, who may say what, in any order of arrival."""

from __future__ import annotations

import random

import pytest

from aztrust.core.base.findings import Conclusion
from aztrust.core.checks.check import Stage
from aztrust.core.history.revocations import EffectiveRecords, fold
from aztrust.core.state.context import read_context
from tests.memory_launch import NOW, PEOPLE, Launch, codes, notices, signer
from tests.reviews import review_document

UNKNOWN = "sha256:" + "e" * 64


def effective(launch: Launch) -> EffectiveRecords:
    return context(launch).records.effective


def context(launch: Launch):
    return read_context(launch.verify().context.request, launch.evidence())


def sealed(launch: Launch) -> Launch:
    launch.seal("release", "rita")
    launch.seal("genesis", "gabi")
    return launch


def supersede(launch: Launch, by: str, *, successor: str = UNKNOWN, withdraws=(), **changes):
    body = {
        "package_class": "genesis",
        "package_id": launch.package_id("genesis"),
        "reason": "a gen_tx was missing",
        "successor": successor,
        "superseded_at_unix_ms": NOW,
        "withdraws": tuple(withdraws),
    }
    return launch.record("supersession", by, **{**body, **changes})


def withdraw(launch: Launch, by: str, *withdraws: str, **changes):
    current = changes.pop("package_id", launch.package_id("genesis"))
    return supersede(
        launch, by, successor=current, package_id=current, withdraws=withdraws, **changes
    )


# ---- revocation of a record ---------------------------------------------------------------------


@pytest.mark.clause("AZ-5.2")
@pytest.mark.parametrize("by", ["rita", "sonia"])
def test_a_record_is_revoked_by_its_signer_or_a_revocation_role(by):
    launch = sealed(Launch())
    approval = launch.approve("release", "rita")
    launch.approve("release", "sonia")
    launch.revoke(approval, by)
    verdict = launch.verify()
    assert {"approval-revoked", "threshold-unmet"} <= codes(verdict)
    assert verdict.exit_code == 10


@pytest.mark.parametrize("by", ["gabi", "cosmin", "dan"])
def test_a_holder_without_the_role_revokes_nothing_of_others(by):
    launch = Launch.approved()
    before = launch.verify()
    approval = next(u for u in effective(launch).approvals("release") if u.holder == "rita")
    launch.revoke(approval.record_id, by)
    launch.revoke(PEOPLE["rita"].public().fingerprint, by, kind="key")
    verdict = launch.verify()
    assert verdict.exit_code == before.exit_code == 0
    assert "signer-not-in-role" in notices(verdict)
    assert effective(launch).is_effective(approval)


def test_a_stranger_revokes_nothing():
    launch = Launch.approved()
    approval = effective(launch).approvals("release")[0]
    launch.revoke(approval.record_id, "mallory")
    verdict = launch.verify()
    assert verdict.exit_code == 0
    assert "signer-unknown" in notices(verdict)


def test_a_revocation_that_arrives_before_its_approval_counts():
    launch = sealed(Launch())
    approval = launch.approve("release", "rita")
    launch.revoke(approval, "rita")
    first, second = sorted(n for n in launch.records if "approval" in n or "revocation" in n)
    launch.records = {
        ("0" + first if n == second else "9" + second if n == first else n): d
        for n, d in launch.records.items()
    }
    assert "approval-revoked" in codes(launch.verify())
    held_back = launch.records.pop("9" + second)
    assert "approval-revoked" not in codes(launch.verify())
    launch.records["late"] = held_back
    assert "approval-revoked" in codes(launch.verify())


def test_a_revocation_cannot_be_revoked_by_anyone():
    launch = Launch.approved()
    approval = next(u for u in effective(launch).approvals("release") if u.holder == "rita")
    revocation = launch.revoke(approval.record_id, "rita")
    for by in ("rita", "sonia"):
        launch.revoke(revocation, by)
    assert "a revocation cannot be revoked" in effective(launch).notices[0].message
    launch.revoke(PEOPLE["rita"].public().fingerprint, "sonia", kind="key", reason="compromised")
    verdict = launch.verify()
    assert "approval-revoked" in codes(verdict)
    assert not effective(launch).is_effective(approval)


@pytest.mark.clause("AZ-5.2")
def test_a_revocation_made_under_another_policy_still_revokes():
    launch = Launch.approved()
    key = PEOPLE["sonia"].public().fingerprint
    launch.revoke(key, "sonia", kind="key", reason="compromised", policy_digest=UNKNOWN)
    assert "threshold-unmet" in codes(launch.verify())


def test_only_ones_own_vote_falls_where_two_signed_the_same_payload():
    launch = sealed(Launch())
    roles = ("release-manager", "security-lead")
    ids = {launch.approve("release", who, roles=roles) for who in ("rita", "sonia")}
    assert len(ids) == 1
    assert "threshold-unmet" not in codes(launch.verify(Stage.SEALED))
    launch.revoke(ids.pop(), "rita")
    rita, sonia = sorted(effective(launch).approvals("release"), key=lambda u: u.holder)
    assert not effective(launch).is_effective(rita)
    assert effective(launch).is_effective(sonia)


# ---- curing a revoked approval ------------------------------------------------------------------


def fresh(
    launch: Launch,
    by: str,
    *answers: str,
    at: int = NOW + 1,
    replaced_by=(),
    package_class: str = "release",
    **changes,
) -> str:
    """An approval whose review names the revocations it answers, and what replaced the package."""
    from aztrust.core.base import canonical
    from aztrust.core.base.digest import sha256_id

    review = review_document(
        package_class,
        launch.package_id(package_class),
        launch.anchor,
        revocations=list(answers),
        replaced_by=list(replaced_by),
    )
    if package_class == "genesis":
        review["release_package_id"] = launch.package_id("release")
    body = {
        "approved_at_unix_ms": at,
        "manifest_only": False,
        "package_class": package_class,
        "package_id": launch.package_id(package_class),
        "review_hash": sha256_id(canonical.dumps(review)),
        "roles": PEOPLE[by].roles,
    }
    return launch.record("approval", by, preimages={"review": review}, **{**body, **changes})


@pytest.mark.clause("AZ-5.2")
def test_a_fresh_approval_that_saw_the_revocation_cures_it():
    launch = Launch.approved()
    approval = next(u for u in effective(launch).approvals("release") if u.holder == "sonia")
    revocation = launch.revoke(approval.record_id, "sonia")
    assert launch.verify().exit_code == 10
    fresh(launch, "sonia", revocation)
    verdict = launch.verify()
    assert verdict.exit_code == 0
    assert "approval-revoked" in notices(verdict)


def test_an_approval_that_was_kept_back_is_not_a_second_look():
    launch = Launch.approved()
    approval = next(u for u in effective(launch).approvals("release") if u.holder == "sonia")
    # Whatever it claims about its time: it does not know of the revocation.
    fresh(launch, "sonia", at=NOW + 10**9)
    launch.revoke(approval.record_id, "sonia")
    assert codes(launch.verify()) == {"approval-revoked"}


@pytest.mark.parametrize("answered", [0, 1])
def test_every_revocation_needs_its_answer(answered):
    launch = Launch.approved()
    approval = next(u for u in effective(launch).approvals("release") if u.holder == "rita")
    both = (
        launch.revoke(approval.record_id, "rita"),
        launch.revoke(approval.record_id, "sonia", reason="wrong tag"),
    )
    fresh(launch, "rita", both[answered])
    assert codes(launch.verify()) == {"approval-revoked"}
    fresh(launch, "rita", *both)
    assert launch.verify().exit_code == 0


def test_an_answer_falls_with_its_key():
    launch = sealed(Launch().with_second_key("rita"))
    revocation = launch.revoke(launch.approve("release", "rita"), "rita")
    fresh(launch, "mallory", revocation, roles=("release-manager",))
    assert "approval-revoked" not in codes(launch.verify())
    key = PEOPLE["mallory"].public().fingerprint
    launch.revoke(key, "rita", kind="key", reason="compromised")
    assert "approval-revoked" in codes(launch.verify())


def test_no_answer_for_another_holder_or_with_a_revoked_approval():
    launch = Launch.approved()
    approval = next(u for u in effective(launch).approvals("release") if u.holder == "rita")
    revocation = launch.revoke(approval.record_id, "rita")
    fresh(launch, "sonia", revocation)
    assert "approval-revoked" in codes(launch.verify())
    answer = fresh(launch, "rita", revocation)
    assert launch.verify().exit_code == 0
    again = launch.revoke(answer, "rita")
    assert "approval-revoked" in codes(launch.verify())
    fresh(launch, "rita", revocation, again)
    assert launch.verify().exit_code == 0


# ---- revocation of a key ------------------------------------------------------------------------


def test_a_compromised_key_voids_everything_it_signed():
    launch = Launch.approved()
    key = PEOPLE["sonia"].public().fingerprint
    launch.revoke(key, "sonia", kind="key", reason="compromised")
    verdict = launch.verify()
    assert codes(verdict) == {"threshold-unmet"}
    assert "key-revoked" in notices(verdict)
    assert not any(
        effective(launch).is_effective(u) for u in effective(launch).verified if u.holder == "sonia"
    )


@pytest.mark.parametrize("reason", ["Retired", "retired ", "lost", "compromised"])
def test_every_other_reason_than_retired_counts_as_compromised(reason):
    launch = Launch.approved()
    mine = [u.record_id for u in effective(launch).verified if u.holder == "sonia"]
    key = PEOPLE["sonia"].public().fingerprint
    launch.revoke(key, "sonia", kind="key", reason=reason, stands=tuple(mine))
    assert "threshold-unmet" in codes(launch.verify())


def test_a_retired_key_leaves_what_the_revocation_names_and_nothing_later():
    launch = Launch.approved()
    mine = [u.record_id for u in effective(launch).verified if u.holder == "sonia"]
    key = PEOPLE["sonia"].public().fingerprint
    launch.revoke(key, "sonia", kind="key", stands=tuple(mine))
    assert launch.verify().exit_code == 0
    later = launch.approve("release", "sonia", at=NOW - 10**9)
    found = next(u for u in effective(launch).verified if u.record_id == later)
    assert not effective(launch).is_effective(found)


def test_of_two_revocations_of_a_key_each_is_enough():
    launch = Launch.approved()
    mine = tuple(u.record_id for u in effective(launch).verified if u.holder == "sonia")
    key = PEOPLE["sonia"].public().fingerprint
    # A thief retires the key first and names what he signed as still valid.
    launch.revoke(key, "sonia", kind="key", stands=(*mine, UNKNOWN))
    launch.revoke(key, "sonia", kind="key", stands=mine[:1])
    assert "threshold-unmet" in codes(launch.verify())


def test_the_other_key_of_the_holder_still_counts():
    launch = sealed(Launch().with_second_key("rita"))
    launch.approve("release", "rita")
    launch.approve("release", "sonia")
    launch.revoke(PEOPLE["rita"].public().fingerprint, "mallory", kind="key", reason="compromised")
    assert "threshold-unmet" in codes(launch.verify())
    launch.approve("release", "mallory", roles=("release-manager",))
    count_votes = {c for c in codes(launch.verify()) if c == "threshold-unmet"}
    release = next(r for r in launch.verify().results if r.id == "release-approvals")
    assert release.detail == "2 of 2"
    assert count_votes  # the genesis has none yet


# ---- supersession -------------------------------------------------------------------------------


@pytest.mark.clause("AZ-5.2")
def test_a_supersession_blocks_until_it_is_withdrawn():
    launch = Launch.approved()
    supersession = supersede(launch, "gabi")
    assert codes(launch.verify()) == {"superseded"}
    withdraw(launch, "sonia", supersession)
    assert launch.verify().exit_code == 0


def test_a_supersession_cannot_be_revoked_and_outlives_its_key():
    launch = Launch.approved()
    supersession = supersede(launch, "gabi")
    launch.revoke(supersession, "gabi")
    assert "superseded" in codes(launch.verify())
    key = PEOPLE["gabi"].public().fingerprint
    mine = tuple(u.record_id for u in effective(launch).verified if u.holder == "gabi")
    launch.revoke(key, "gabi", kind="key", stands=mine)
    assert "superseded" in codes(launch.verify())


def test_a_withdrawal_by_a_compromised_key_does_not_count():
    launch = Launch.approved()
    supersession = supersede(launch, "gabi")
    withdrawal = withdraw(launch, "gabi", supersession)
    assert launch.verify().exit_code == 0
    key = PEOPLE["gabi"].public().fingerprint
    launch.revoke(key, "sonia", kind="key", reason="compromised")
    assert "superseded" in codes(launch.verify())
    mine = [u.record_id for u in effective(launch).verified if u.holder == "gabi"]
    assert withdrawal in mine


def test_a_withdrawal_that_was_revoked_does_not_count():
    launch = Launch.approved()
    withdrawal = withdraw(launch, "gabi", supersede(launch, "gabi"))
    launch.revoke(withdrawal, "gabi")
    assert codes(launch.verify()) == {"superseded"}


@pytest.mark.clause("AZ-5.2")
def test_one_role_does_not_undo_the_stop_of_another():
    launch = Launch.approved()
    # Made before or after, it is the same: which was first is not known.
    hers = supersede(launch, "sonia")
    withdraw(launch, "gabi", hers)
    verdict = launch.verify()
    assert codes(verdict) == {"superseded"}
    assert "signer-not-in-role" in notices(verdict)
    withdraw(launch, "sonia", hers)
    assert launch.verify().exit_code == 0
    # A revocation role may.
    supersession = supersede(launch, "gabi", reason="another one")
    assert codes(launch.verify()) == {"superseded"}
    withdraw(launch, "sonia", supersession)
    assert launch.verify().exit_code == 0


def test_a_supersession_that_two_holders_signed_is_withdrawn_by_both():
    launch = Launch.approved()
    one = supersede(launch, "gabi")
    assert supersede(launch, "sonia") == one
    withdraw(launch, "gabi", one)
    assert codes(launch.verify()) == {"superseded"}
    withdraw(launch, "sonia", one)
    assert launch.verify().exit_code == 0


def test_a_withdrawal_withdraws_only_what_it_names_of_its_own_package():
    launch = Launch.approved()
    one = supersede(launch, "gabi")
    supersede(launch, "sonia", reason="another one")
    withdraw(launch, "gabi", one)
    assert codes(launch.verify()) == {"superseded"}
    launch = Launch.approved()
    one = supersede(launch, "gabi")
    withdraw(launch, "gabi", one, package_id=UNKNOWN)
    assert codes(launch.verify()) == {"superseded"}


@pytest.mark.clause("AZ-5.2")
def test_sealing_a_third_package_does_not_end_a_supersession():
    launch = Launch.approved()
    first = effective(launch).seals("genesis")[0].record_id
    one = supersede(launch, "gabi")
    third = launch.seal("genesis", "gabi", prior=[first], package_version="3")
    for who in ("gabi", "sonia"):
        launch.approve("genesis", who)
    assert codes(launch.verify()) == {"superseded"}
    withdrawal = withdraw(launch, "gabi", one)
    assert launch.verify().exit_code == 0
    launch.seal("genesis", "gabi", prior=[first, third], package_version="4")
    for who in ("gabi", "sonia"):
        launch.approve("genesis", who)
    assert launch.verify().exit_code == 0
    launch.revoke(withdrawal, "gabi")
    assert codes(launch.verify()) == {"superseded"}


@pytest.mark.parametrize("by", ["rita", "cosmin", "dan"])
def test_who_neither_seals_nor_revokes_supersedes_nothing(by):
    launch = Launch.approved()
    supersede(launch, by)
    verdict = launch.verify()
    assert verdict.exit_code == 0
    assert "signer-not-in-role" in notices(verdict)


# ---- seals --------------------------------------------------------------------------------------


@pytest.mark.clause("AZ-2.4")
def test_an_older_manifest_put_back_is_superseded_with_all_its_approvals():
    launch = Launch.approved()
    old = dict(launch.manifests)
    first = next(u for u in effective(launch).seals("release"))
    launch.seal("release", "rita", prior=[first.record_id], package_version="2")
    launch.seal("genesis", "gabi", prior=[effective(launch).seals("genesis")[0].record_id])
    launch.manifests = old
    verdict = launch.verify()
    assert "superseded" in codes(verdict)
    assert verdict.exit_code == 10


def test_a_superseding_seal_that_was_revoked_revives_nothing():
    launch = Launch.approved()
    old = dict(launch.manifests)
    first = effective(launch).seals("release")[0]
    second = launch.seal("release", "rita", prior=[first.record_id], package_version="2")
    launch.revoke(second, "rita")
    launch.manifests = old
    assert "superseded" in codes(launch.verify())
    launch.seal("release", "rita", prior=[first.record_id, second])
    verdict = launch.verify()
    assert codes(verdict) == {"threshold-unmet"}
    assert "superseded" in notices(verdict)
    for who in ("rita", "sonia"):
        fresh(launch, who, replaced_by=[second])
    # The genesis was approved for a release that was to be replaced.
    assert [r.id for r in launch.verify().results if r.findings] == ["genesis-approvals"]
    for who in ("gabi", "sonia"):
        fresh(launch, who, replaced_by=[second], package_class="genesis")
    assert launch.verify().exit_code == 0


def test_a_package_put_back_needs_every_holder_to_name_what_replaced_it():
    launch = Launch.approved()
    old = dict(launch.manifests)
    first = effective(launch).seals("release")[0].record_id
    second = launch.seal("release", "rita", prior=[first], package_version="2")
    third = launch.seal("release", "rita", prior=[first, second], package_version="3")
    # A holder who may not seal replaces nothing, so no approval has to name it.
    launch.seal("release", "dan", prior=[first], package_version="4")
    launch.manifests = old
    launch.seal("release", "rita", prior=[first, second, third])
    fresh(launch, "rita", replaced_by=[second, third])
    fresh(launch, "sonia", replaced_by=[second])
    verdict = launch.verify()
    assert codes(verdict) == {"threshold-unmet"}
    assert "superseded" in notices(verdict)
    fresh(launch, "sonia", at=NOW + 2, replaced_by=[second, third])
    assert [r.id for r in launch.verify().results if r.findings] == ["genesis-approvals"]
    assert "superseded" in notices(launch.verify())
    fresh(launch, "gabi", replaced_by=[second, third], package_class="genesis")
    fresh(launch, "sonia", replaced_by=[second], package_class="genesis")
    assert [r.id for r in launch.verify().results if r.findings] == ["genesis-approvals"]
    fresh(launch, "sonia", at=NOW + 2, replaced_by=[second, third], package_class="genesis")
    assert launch.verify().exit_code == 0


def test_two_seals_that_do_not_know_of_one_another_are_a_conflict():
    launch = Launch.approved()
    old = dict(launch.manifests)
    second = launch.seal("release", "rita", package_version="2")
    launch.manifests = old
    assert "seal-conflict" in codes(launch.verify())
    first = [u.record_id for u in effective(launch).seals("release")]
    assert second in first
    launch.seal("release", "rita", prior=first)
    assert launch.verify().exit_code == 0


def test_a_seal_by_a_holder_without_the_role_seals_nothing():
    launch = Launch()
    launch.seal("release", "sonia")
    assert {"signer-not-in-role"} <= codes(launch.verify())


@pytest.mark.parametrize("reason", ["revoked", "compromised"])
def test_a_seal_that_was_taken_back_seals_nothing(reason):
    launch = Launch.approved()
    if reason == "revoked":
        launch.revoke(effective(launch).seals("release")[0].record_id, "sonia")
        expected = {"approval-revoked"}
    else:
        launch.revoke(PEOPLE["rita"].public().fingerprint, "rita", kind="key", reason=reason)
        expected = {"key-revoked", "threshold-unmet"}
    assert codes(launch.verify()) == expected


# ---- the fold -----------------------------------------------------------------------------------


@pytest.mark.clause("AZ-15.2")
def test_the_same_records_in_any_order_give_the_same_effective_records_and_verdict():
    launch = Launch.approved()
    approvals = effective(launch).approvals("release")
    revocation = launch.revoke(approvals[0].record_id, "sonia")
    launch.revoke(revocation, "sonia")
    launch.revoke(PEOPLE["gabi"].public().fingerprint, "gabi", kind="key", reason="compromised")
    one = supersede(launch, "sonia")
    withdraw(launch, "gabi", one)
    fresh(launch, approvals[0].holder, revocation)
    first = launch.verify()
    verified = list(first.context.records.effective.verified)
    for seed in range(20):
        shuffled = random.Random(seed).sample(verified, len(verified))
        policy = first.context.policy
        assert fold(policy, [*shuffled, *shuffled[:3]]) == fold(policy, verified)
        names = random.Random(seed).sample(sorted(launch.records), len(launch.records))
        launch.records = {f"{i:03}": launch.records[n] for i, n in enumerate(names)}
        again = launch.verify()
        assert again.results == first.results
        assert again.conclusion is first.conclusion is Conclusion.FAIL


def test_signers_are_who_their_key_says():
    assert signer("rita").public == PEOPLE["rita"].public()
