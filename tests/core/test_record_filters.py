"""Which records a rule takes and which it leaves: by class, by content, by standing."""

from __future__ import annotations

from typing import Any

import pytest

from aztrust.core.base import canonical
from aztrust.core.base.digest import sha256_id
from aztrust.core.base.findings import CheckResult, Status
from aztrust.core.records.window_kinds import LaunchWindow, window_id
from tests.final_check_builders import MINUTE, STAFFED, answer_all, attest, final, row
from tests.memory_launch import NOW, PEOPLE, Launch, codes, file_entry
from tests.verdicts import ONE

UNKNOWN = "sha256:" + "e" * 64


def result(launch: Launch, id_: str) -> CheckResult:
    return next(r for r in launch.verify().results if r.id == id_)


# ---- supersessions -------------------------------------------------------------------------------


def supersede(launch: Launch, by: str, package_class: str, **changes: Any) -> str:
    package = launch.package_id(package_class)
    body = {
        "package_class": package_class,
        "package_id": package,
        "reason": "a file was missing",
        "successor": UNKNOWN,
        "superseded_at_unix_ms": NOW,
        "withdraws": (),
    }
    return launch.record("supersession", by, **{**body, **changes})


def withdraw(launch: Launch, by: str, package_class: str, *named: str, of: str = "") -> str:
    """Withdraw supersessions in the name of a class, for its own package or the one of `of`."""
    package = launch.package_id(of or package_class)
    return supersede(
        launch, by, package_class, package_id=package, successor=package, withdraws=named
    )


@pytest.mark.clause("AZ-5.2", "AZ-25.2")
@pytest.mark.parametrize(
    ("package_class", "other"), [("release", "genesis"), ("genesis", "release")]
)
@pytest.mark.parametrize("package", ["release", "genesis"])
def test_a_withdrawal_for_one_class_withdraws_nothing_of_the_other(package_class, other, package):
    launch = Launch.approved()
    record = supersede(launch, "sonia", package_class)
    assert codes(launch.verify()) == {"superseded"}
    withdraw(launch, "sonia", other, record, of=package)
    assert codes(launch.verify()) == {"superseded"}
    assert result(launch, f"{package_class}-supersession").evidence == (record,)
    withdraw(launch, "sonia", package_class, record)
    assert codes(launch.verify()) == set()


@pytest.mark.clause("AZ-5.2", "AZ-25.2")
def test_a_withdrawal_of_several_withdraws_those_of_its_class():
    launch = Launch.approved()
    of_release = supersede(launch, "sonia", "release")
    of_genesis = supersede(launch, "sonia", "genesis")
    withdraw(launch, "sonia", "genesis", *sorted((of_release, of_genesis)), of="release")
    withdraw(launch, "sonia", "genesis", *sorted((of_release, of_genesis)))
    assert result(launch, "release-supersession").evidence == (of_release,)
    assert result(launch, "genesis-supersession").status is Status.PASS


# ---- seals ---------------------------------------------------------------------------------------


@pytest.mark.clause("AZ-5.2")
def test_a_seal_of_the_same_bytes_that_names_an_earlier_one_replaces_nothing():
    launch = Launch.approved()
    (first,) = (u.record_id for u in launch.verify().context.records.effective.seals("release"))
    again = launch.record(
        "seal",
        "rita",
        package_class="release",
        package_id=launch.package_id("release"),
        prior_seals=(first,),
        sealed_at_unix_ms=NOW + MINUTE,
    )
    assert set(result(launch, "release-seal").evidence) == {first, again}
    assert launch.verify().exit_code == 0
    # The second one is taken back, and the first one holds as it did before.
    launch.revoke(again, "rita")
    assert result(launch, "release-seal").evidence == (first,)
    assert launch.verify().exit_code == 0


@pytest.mark.clause("AZ-5.2")
def test_a_seal_of_other_bytes_that_names_an_earlier_one_replaces_it():
    launch = Launch.approved()
    (first,) = (u.record_id for u in launch.verify().context.records.effective.seals("release"))
    old = launch.manifests["release"]
    launch.release.append(file_entry("zz-new", b"new"))
    newer = launch.seal("release", "rita", prior=[first])
    launch.release.pop()
    launch.manifests["release"] = old
    launch.revoke(newer, "rita")
    assert [f.code for f in result(launch, "release-seal").findings] == ["superseded"]


# ---- launch windows ------------------------------------------------------------------------------


def window(launch: Launch, **changes: Any) -> str:
    """A record of a launch window with the id of its fields, and then the changes; its id."""
    scope = launch.verify().context.scope
    assert scope is not None
    metadata = {"policy_digest": launch.anchor, "scope_hash": scope.hash}
    fields: dict[str, Any] = {
        "version_major": 1,
        "version_minor": 0,
        "launch_window_id": UNKNOWN,
        "target_network_class": scope.network_class,
        "target_chain_id": scope.chain_id,
        "target_genesis_hash": scope.genesis_hash,
        "authorized_release_package_id": scope.release_package_id,
        "authorized_genesis_package_id": scope.genesis_package_id,
        "window_open_time_unix_ms": NOW,
        "status": "OPEN",
        "metadata_hash": sha256_id(canonical.dumps(metadata)),
    }
    fields["launch_window_id"] = window_id(LaunchWindow.model_validate(fields))
    preimages = {"metadata": metadata}
    return launch.record("launch-window", "luca", preimages=preimages, **{**fields, **changes})


@pytest.mark.clause("AZ-16.1")
@pytest.mark.parametrize(
    "changes",
    [{"launch_window_id": UNKNOWN}, {"window_open_time_unix_ms": NOW + 1}],
    ids=["another id", "another time under the same id"],
)
def test_a_window_whose_id_is_not_the_digest_of_its_record_is_malformed(changes):
    launch = Launch.approved(verdicts=ONE)
    window(launch)
    assert launch.verify().exit_code == 0
    launch.records.popitem()
    window(launch, **changes)
    verdict = launch.verify()
    assert (verdict.exit_code, codes(verdict)) == (10, {"record-malformed"})
    (finding,) = next(r for r in verdict.results if r.id == "records").findings
    assert "launch_window_id" in finding.message


# ---- the evidence of a row -----------------------------------------------------------------------


def evidence_of(launch: Launch, row_: str) -> tuple[str, ...]:
    return row(final(launch), row_).evidence


@pytest.mark.clause("AZ-6.2", "AZ-23.1")
def test_a_row_rests_on_valid_records_and_on_those_that_only_withdraw():
    launch = Launch.approved(verdicts=ONE + STAFFED)
    taken_back = launch.approve("release", "sonia", at=NOW - 2 * MINUTE)
    valid = launch.approve("release", "sonia", at=NOW - MINUTE)
    revocation = launch.revoke(taken_back, "sonia")
    superseded = supersede(launch, "gabi", "genesis")
    launch.verdict(launch_window_id=launch.window())
    found = evidence_of(launch, "release-integrity")
    assert valid in found
    assert taken_back not in found
    assert revocation in evidence_of(launch, "package-compatibility")
    # A supersession only withdraws: it still counts when its key is revoked.
    gabi = PEOPLE["gabi"].public().fingerprint
    assert superseded in evidence_of(launch, "genesis-integrity")
    launch.revoke(gabi, "sonia", kind="key", reason="compromised")
    assert superseded in evidence_of(launch, "genesis-integrity")
    assert superseded not in evidence_of(launch, "release-integrity")


@pytest.mark.clause("AZ-6.2", "AZ-23.1")
def test_an_answer_of_a_person_is_evidence_of_its_own_row_alone():
    launch = Launch.approved(verdicts=ONE + STAFFED)
    window_ = launch.window()
    launch.verdict(launch_window_id=window_)
    answer_all(launch, but=("monitoring-live",))
    answer = attest(launch, "monitoring-live")
    concluded = final(launch)
    assert [r.id for r in concluded.rows if answer in r.evidence] == ["monitoring-live"]
