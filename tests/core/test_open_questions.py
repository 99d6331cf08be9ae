"""Not looked at is neither passed nor broken; what else was looked at still counts."""

from __future__ import annotations

import pytest

from aztrust.core.base.findings import (
    CheckClass,
    CheckResult,
    Conclusion,
    Guidance,
    Status,
    conclude,
)
from aztrust.core.base.value import replace
from aztrust.core.checks.check import Stage
from aztrust.core.checks.launch import freeze, separation
from aztrust.core.judge.verify import verify
from aztrust.core.package.entries import Fault
from aztrust.core.state.context import Request
from tests.final_check_builders import MINUTE, SAID, answer_all, attest, blocker, final, frozen, row
from tests.memory_launch import NOW, Launch, file_entry
from tests.verdicts import ONE


def result(launch: Launch, id_: str) -> CheckResult:
    return next(r for r in launch.verify().results if r.id == id_)


# ---- nothing was answered ------------------------------------------------------------------------


def ended(*statuses: Status) -> Conclusion:
    """What checks that ended so conclude."""
    results = [
        CheckResult(f"check-{n}", CheckClass.TRUTH, status) for n, status in enumerate(statuses)
    ]
    return conclude(results)[0]


@pytest.mark.parametrize(
    "statuses",
    [
        (Status.PENDING,),
        (Status.PENDING, Status.PENDING),
        (Status.NOT_APPLICABLE,),
        (Status.NOT_APPLICABLE, Status.PENDING),
    ],
)
def test_where_every_question_waits_or_does_not_apply_nothing_passed(statuses):
    assert ended(*statuses) is Conclusion.HOLD
    assert ended(*statuses, Status.PASS) is Conclusion.PASS


@pytest.mark.clause("AZ-5.3")
def test_a_verification_in_which_all_waits_for_a_later_stage_does_not_pass():
    launch = Launch.approved(verdicts=ONE)
    asked = Request(NOW, anchor=launch.anchor, anchor_source="given")
    waiting = verify(launch.evidence(), asked, Stage.APPROVED, (freeze.CHECK,))
    assert [r.status for r in waiting.results] == [Status.PENDING]
    assert (waiting.exit_code, waiting.conclusion) == (11, Conclusion.HOLD)
    both = verify(launch.evidence(), asked, Stage.APPROVED, (freeze.CHECK, separation.CHECK))
    assert both.exit_code == 0


# ---- keys ----------------------------------------------------------------------------------------


@pytest.mark.clause("AZ-2.2")
def test_a_key_that_is_not_found_may_be_in_what_could_not_be_read():
    launch = Launch.approved()
    launch.keys.pop("dan.pem")
    assert [f.code for f in result(launch, "keys").findings] == ["key-missing"]
    sound = launch.evidence()
    launch.evidence = lambda: replace(
        sound, unreadable=(Fault("unreadable", "keys/dan.pem", "no"),)
    )
    found = result(launch, "keys")
    assert (found.status, found.findings) == (Status.NOT_RUN, ())
    assert "keys/dan.pem" in found.detail


@pytest.mark.clause("AZ-2.2")
def test_a_key_that_is_malformed_is_so_next_to_one_that_could_not_be_read():
    launch = Launch.approved()
    launch.keys.pop("dan.pem")
    launch.keys["odd.pem"] = b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"
    assert sorted(f.code for f in result(launch, "keys").findings) == [
        "key-malformed",
        "key-missing",
    ]
    sound = launch.evidence()
    launch.evidence = lambda: replace(
        sound, unreadable=(Fault("unreadable", "keys/dan.pem", "no"),)
    )
    found = result(launch, "keys")
    assert found.status is Status.FAIL
    assert [f.code for f in found.findings] == ["key-malformed"]


# ---- linkage -------------------------------------------------------------------------------------


def linkage(launch: Launch) -> tuple[str, Guidance | None]:
    """Code and guidance of the one finding of the linkage rules."""
    (finding,) = result(launch, "linkage").findings
    return finding.code, finding.guidance


@pytest.mark.clause("AZ-6.2", "AZ-29.1")
@pytest.mark.parametrize(
    ("package_class", "path"), [("release", "network.toml"), ("genesis", "genesis.json")]
)
def test_a_rule_over_a_file_that_was_not_read_is_a_hold(package_class, path):
    launch = Launch.approved()
    assert result(launch, "linkage").status is Status.PASS
    # Its bytes were hashed and not looked into; the other file of the rule was.
    del launch.captured[package_class][path]
    assert linkage(launch) == ("linkage-broken", Guidance.HOLD)


@pytest.mark.clause("AZ-6.2", "AZ-29.1")
@pytest.mark.parametrize(
    ("package_class", "path", "data"),
    [
        ("release", "network.toml", b'other = "bench-1"\n'),
        ("release", "network.toml", b'chain_id = "bench-2"\n'),
        ("genesis", "genesis.json", b'{"genesis_time":"2026-01-15T16:00:00Z"}\n'),
        ("genesis", "genesis.json", b'{"chain_id":"bench-2"}\n'),
    ],
    ids=["no such field", "another value", "no such member", "another string"],
)
def test_a_rule_that_was_read_and_does_not_hold_is_a_failure(package_class, path, data):
    launch = Launch.approved()
    launch.captured[package_class][path] = data
    entries = launch.release if package_class == "release" else launch.genesis
    entries[0] = file_entry(path, data)
    assert linkage(launch) == ("linkage-broken", None)
    assert launch.verify().guidance is Guidance.ABORT


# ---- the review of blockers ----------------------------------------------------------------------


@pytest.mark.clause("AZ-6.2", "AZ-23.1")
@pytest.mark.parametrize("later", ["monitoring-live", "operator-readiness"])
def test_a_later_answer_to_another_question_shows_no_blocker_as_seen(later):
    launch = frozen()
    answer_all(launch, but=(later,))
    assert row(final(launch), "blocker-review").status is Status.PASS
    opened = blocker(launch, "major", at=SAID + MINUTE)
    attest(launch, later, at=SAID + 2 * MINUTE)
    found = row(final(launch), "blocker-review")
    assert found.status is Status.NOT_RUN
    (stale,) = (n for n in found.notices if n.code == "check-stale")
    assert opened[7:15] in stale.message
    attest(launch, "blocker-review", at=SAID + 3 * MINUTE)
    assert row(final(launch), "blocker-review").status is Status.PASS


@pytest.mark.clause("AZ-6.2")
def test_a_later_review_by_someone_without_the_role_shows_no_blocker_as_seen():
    launch = frozen()
    answer_all(launch)
    blocker(launch, "minor", at=SAID + MINUTE)
    attest(launch, "blocker-review", by="dan", at=SAID + 2 * MINUTE)
    assert row(final(launch), "blocker-review").status is Status.NOT_RUN
