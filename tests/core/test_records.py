"""The kinds of records, their subjects, and what of them can be taken back."""

from __future__ import annotations

import pytest

from aztrust.core.base.errors import Malformed
from aztrust.core.base.model import Model, validate
from aztrust.core.records.administration import Closing, Note, Revocation, TakeOver
from aztrust.core.records.build import BuildAttestation
from aztrust.core.records.checklist import (
    ChecklistAnswer,
    ChecklistClosed,
    ChecklistEvidence,
    ChecklistSignOff,
)
from aztrust.core.records.checklist_plan import ChecklistPlan
from aztrust.core.records.enrolment import Enrolment, OperatorConfirmation
from aztrust.core.records.lessons import Lessons
from aztrust.core.records.node_facts import NodeFactsRecord
from aztrust.core.records.observation import LaunchAnomaly
from aztrust.core.records.package import Announcement, Approval, Seal, Supersession
from aztrust.core.records.readiness import AdvisoryReview, Blocker, CheckAttestation, EvidenceFile
from aztrust.core.records.records import KINDS, VerifiedRecord
from aztrust.core.records.window import LaunchAbort, LaunchDefer, LaunchWindow
from tests.memory_launch import PEOPLE
from tests.operators import confirmation, entry, node_facts
from tests.window_records import WindowRecords

A, B, C = (f"sha256:{c * 64}" for c in "abc")
SHOWN_FILE = {
    "blake3": f"blake3:{'d' * 64}",
    "path": "bundle/verify.txt",
    "sha256": A,
    "size": 12,
}
BODIES: dict[str, Model] = {
    "seal": Seal(
        package_class="release",
        package_id=A,
        policy_digest=B,
        prior_seals=(),
        sealed_at_unix_ms=1,
    ),
    "approval": Approval(
        approved_at_unix_ms=2,
        manifest_only=False,
        package_class="genesis",
        package_id=A,
        policy_digest=B,
        review_hash=C,
        roles=("security-lead",),
    ),
    "revocation": Revocation(
        policy_digest=B,
        reason="x",
        revoked_at_unix_ms=3,
        stands=(),
        target=A,
        target_kind="key",
    ),
    "supersession": Supersession(
        package_class="genesis",
        package_id=A,
        policy_digest=B,
        reason="x",
        successor=C,
        superseded_at_unix_ms=4,
        withdraws=(),
    ),
    "announcement": Announcement(
        announced_at_unix_ms=5, convention="raw", package_id=A, policy_digest=B, sha256=C
    ),
    "launch-window": LaunchWindow(
        version_major=1,
        version_minor=0,
        launch_window_id=A,
        target_network_class="devnet",
        target_chain_id="test-1",
        target_genesis_hash=A,
        authorized_release_package_id=A,
        authorized_genesis_package_id=B,
        window_open_time_unix_ms=1,
        restricted_posture_expected_end_hash=C,
        status="OPEN",
        metadata_hash=C,
    ),
    "check-attestation": CheckAttestation(
        attested_at_unix_ms=2,
        check="incident-path",
        evidence=(EvidenceFile(blake3=f"blake3:{'d' * 64}", name="roster", sha256=A, size=1),),
        note="",
        policy_digest=B,
        role="ops-lead",
        scope_hash=C,
        status="pass",
    ),
    "blocker": Blocker(
        action="close",
        blocker=A,
        policy_digest=B,
        reason="mended",
        said_at_unix_ms=3,
        severity="critical",
    ),
    "advisory-review": AdvisoryReview(
        evidence=(),
        note="read",
        outcome="clear",
        policy_digest=B,
        reviewed_at_unix_ms=4,
        scope_hash=C,
        sources=("private", "public"),
    ),
    "launch-anomaly": LaunchAnomaly(
        anomaly_class="artifact-mismatch",
        detail="x",
        guidance="HOLD",
        observed_at_unix_ms=5,
        policy_digest=B,
        scope_hash=C,
    ),
    "launch-defer": LaunchDefer(
        deferred_at_unix_ms=1, launch_window_id=A, policy_digest=B, reason="x", scope_hash=C
    ),
    "launch-abort": LaunchAbort(
        aborted_at_unix_ms=2,
        launch_window_id=A,
        policy_digest=B,
        reason="x",
        scope_hash=C,
        trigger="other",
    ),
    "lessons": Lessons(
        fixed_at_unix_ms=5, launch_window_id=A, lessons_hash=C, policy_digest=B, scope_hash=C
    ),
    "note": Note(policy_digest=B, said_at_unix_ms=3, text="x"),
    "take-over": TakeOver(
        origin="o", policy_digest=B, reason="x", root=A, size=2, taken_at_unix_ms=3
    ),
    "closing": Closing(policy_digest=B, closed_at_unix_ms=3, reason="x"),
    "build-attestation": BuildAttestation(
        attested_at_unix_ms=4,
        built_sha256=C,
        environment="x",
        package_id=A,
        path="node",
        policy_digest=B,
        sealed_sha256=C,
    ),
    "enrolment": Enrolment.model_validate(
        {
            "enrolled_at_unix_ms": 6,
            "gentx": "none",
            "operators": (entry("acme"),),
            "policy_digest": B,
        }
    ),
    "operator-confirmation": OperatorConfirmation.model_validate(
        confirmation(at=7, policy_digest=B, scope_hash=C)
    ),
    "node-facts": NodeFactsRecord.model_validate(node_facts(at=7, policy_digest=B, scope_hash=C)),
    "checklist-plan": ChecklistPlan(
        fixed_at_unix_ms=5,
        launch_window_id=A,
        checklist_digest=C,
        plan_hash=C,
        policy_digest=B,
        scope_hash=C,
    ),
    "checklist-evidence": ChecklistEvidence.model_validate(
        {
            "added_at_unix_ms": 5,
            "checklist_digest": C,
            "command": "aztrust verify",
            "exit_code": 0,
            "files": [SHOWN_FILE],
            "item": "D.2",
            "output": "bundle/verify.txt",
            "policy_digest": B,
            "root": "bundle",
        }
    ),
    "checklist-answer": ChecklistAnswer.model_validate(
        {
            "answer": "warning",
            "answered_at_unix_ms": 5,
            "checklist_digest": C,
            "definition_digest": A,
            "drill": {
                "kind": "restore",
                "environment": "staging",
                "from_unix_ms": 1,
                "until_unix_ms": 4,
                "results": "restored in 20 min",
            },
            "due_unix_ms": 9,
            "item": "D.4",
            "mitigation_owner": "oli",
            "policy_digest": B,
            "reason": "the second site is slow",
            "rests_on": [A, C],
            "role": "ops-lead",
        }
    ),
    "checklist-sign-off": ChecklistSignOff(
        area="operations",
        checklist_digest=C,
        decision="approve",
        policy_digest=B,
        reason="everything is there",
        role="ops-lead",
        signed_at_unix_ms=6,
        state_hash=C,
    ),
    "checklist-closed": ChecklistClosed(
        checklist_digest=C,
        closed_at_unix_ms=7,
        decision=A,
        index_hash=C,
        launch_window_id=A,
        policy_digest=B,
        scope_hash=C,
    ),
}
LESSON_LIST = {
    "lesson": [
        {
            "id": "upgrade-height",
            "class": "halt at an upgrade",
            "edge_threshold": "height 10000",
            "common_mistake": "the binary was not replaced",
            "residual_risk": "a restart is by hand",
            "owner": "ops-lead",
        }
    ]
}
PLAN = {
    "primary": {"from_unix_ms": 100, "until_unix_ms": 200},
    "backup": {"from_unix_ms": 300, "until_unix_ms": 400},
    "blackouts": [{"from_unix_ms": 210, "until_unix_ms": 290, "why": "an exchange is upgraded"}],
    "change_freeze": {"from_unix_ms": 1, "until_unix_ms": 500, "allowed": ["security hotfixes"]},
    "channels": [{"name": "incident", "at": "#launch"}],
    "templates": [{"name": "resolution", "text": "The launch of {chain_id} is complete."}],
}
AREA_STATE = {
    "area": "operations",
    "items": [
        {
            "item": "D.4",
            "definition_digest": A,
            "priority": "P1",
            "status": "pass",
            "evidence": [C],
            "files": [SHOWN_FILE],
        }
    ],
}
CLOSED_INDEX = {
    "score_digest": A,
    "evidence_digest": B,
    "records": [{"record_id": C, "kind": "checklist-sign-off", "about": "operations"}],
}
METADATA = {"policy_digest": B, "scope_hash": C}
WINDOW = WindowRecords(policy_digest=B, scope_hash=C, launch_window_id=A, at=5).every()
# Those of the kinds that are above already have an example with fixed digests.
BODIES |= {kind: draft.body for kind, draft in WINDOW.items() if kind not in BODIES}
PREIMAGES = {kind: WINDOW[kind].preimages for kind in WINDOW if kind != "launch-window"}
PREIMAGES |= {"lessons": {"lessons": LESSON_LIST}}
PREIMAGES |= {
    "checklist-plan": {"plan": PLAN},
    "checklist-sign-off": {"state": AREA_STATE},
    "checklist-closed": {"index": CLOSED_INDEX},
}
PREIMAGES |= {"launch-window": {"metadata": METADATA}, "approval": {"review": {}}}
# Fields that AZ-028, or the sense of the record, lets be absent.
OPTIONAL = {
    "launch-window": {"restricted_posture_expected_end_hash"},
    "blocker": {"blocker"},
    "launch-abort": {"after_start"},
    "launch-anomaly": {
        *("launch_window_id", "severity", "incident", "role", "clause", "responses"),
    },
    "launch-hold": {"expected_resolution_scope_hash"},
    "launch-proceed": {"prior_hold_id"},
    "go-no-go-decision": {
        *("head", "score_digest", "checklist_digest", "evidence_digest", "minutes_hash"),
    },
    "checklist-evidence": {"command", "exit_code", "output"},
    "checklist-answer": {"drill", "due_unix_ms", "mitigation_owner", "rests_on"},
    "checklist-sign-off": {"cites", "due_unix_ms", "mitigation_owner"},
    "launch-authorization": {"head"},
    "role-activation": {"anomaly_id"},
    "launch-live-status": {
        *("observed_validator_participation_root", "anomaly_root", "local_operator_status_root"),
    },
    "amendment": {"effective_at_unix_ms", "effective_height", "package_id"},
    # Its `check` says which of them a ready host and another one have.
    "operator-confirmation": {
        *("chain_id", "consensus_key", "found", "genesis_package_id", "genesis_sha256"),
        *("programs", "reason", "release_package_id", "signer"),
    },
}
ABOUT_THE_SCOPE = (
    *("launch-hold", "launch-proceed", "go-no-go-decision", "launch-authorization"),
    *("bootstrap-start-instruction", "role-activation", "launch-live-status"),
    *("launch-observation", "restricted-posture-entry", "restricted-posture-exit"),
    *("normalization", "amendment", "exception"),
)


def record(kind: str, body: Model, **preimages: object) -> VerifiedRecord:
    return VerifiedRecord(A, kind, "sonia", PEOPLE["sonia"].public(), body, preimages)  # type: ignore[arg-type]


def test_every_kind_has_an_example_here():
    assert set(BODIES) == set(KINDS)
    assert all(isinstance(BODIES[name], kind.model) for name, kind in KINDS.items())


@pytest.mark.parametrize(
    ("kind", "subject"),
    [
        ("seal", ("manifests/release.json", A)),
        ("approval", ("manifests/genesis.json", A)),
        ("revocation", ("key", A)),
        ("supersession", ("manifests/genesis.json", A)),
        ("announcement", ("genesis", C)),
        ("launch-window", ("scope", C)),
        ("check-attestation", ("scope", C)),
        ("blocker", ("record", A)),
        ("advisory-review", ("scope", C)),
        ("launch-anomaly", ("scope", C)),
        ("launch-defer", ("scope", C)),
        ("launch-abort", ("scope", C)),
        ("lessons", ("scope", C)),
        ("note", ("policy", B)),
        ("enrolment", ("policy", B)),
        ("operator-confirmation", ("scope", C)),
        ("node-facts", ("scope", C)),
        ("take-over", ("policy", B)),
        ("closing", ("policy", B)),
        ("build-attestation", ("manifests/release.json", A)),
        ("checklist-plan", ("scope", C)),
        ("checklist-evidence", ("policy", B)),
        ("checklist-answer", ("policy", B)),
        ("checklist-sign-off", ("policy", B)),
        ("checklist-closed", ("scope", C)),
        *((kind, ("scope", C)) for kind in ABOUT_THE_SCOPE),
        ("anomaly-resolution", ("record", WINDOW["launch-anomaly"].record_id)),
        ("correction", ("record", WINDOW["exception"].record_id)),
    ],
)
def test_the_subject_is_what_the_record_is_about(kind, subject):
    assert KINDS[kind].subject(BODIES[kind], PREIMAGES.get(kind, {})) == subject


def test_a_blocker_that_is_opened_is_about_the_policy():
    opened = BODIES["blocker"].model_copy(update={"action": "open", "blocker": None})
    assert KINDS["blocker"].subject(opened, {}) == ("policy", B)


@pytest.mark.parametrize("change", [{"version_minor": False}, {"version_major": True}])
def test_a_version_is_a_whole_number_and_not_what_equals_one(change):
    """In Python false is equal to 0 and true to 1; in a document they are not."""
    record = BODIES["launch-window"].model_dump(mode="json", exclude_none=True)
    assert validate(KINDS["launch-window"].model, record, what="x", code="record-malformed")
    with pytest.raises(Malformed, match="input should be a whole number"):
        validate(
            KINDS["launch-window"].model, {**record, **change}, what="x", code="record-malformed"
        )


def test_a_window_says_policy_and_scope_in_its_metadata():
    window = record("launch-window", BODIES["launch-window"], metadata=METADATA)
    assert (window.policy_digest, window.scope_hash) == (B, C)
    assert record("note", BODIES["note"]).scope_hash == ""
    assert record("launch-defer", BODIES["launch-defer"]).scope_hash == C


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_times_are_claims_in_milliseconds(kind):
    assert record(kind, BODIES[kind]).claimed_unix_ms in range(1, 8)


def test_only_what_adds_something_can_be_taken_back():
    positive = {k for k, body in BODIES.items() if not record(k, body).is_negative}
    assert positive == {
        *("seal", "approval", "announcement"),
        *("launch-window", "check-attestation", "blocker", "advisory-review", "note", "lessons"),
        *("take-over", "closing"),
        *("build-attestation", "enrolment", "operator-confirmation", "node-facts"),
        *("checklist-plan", "checklist-evidence", "checklist-answer"),
        *("checklist-sign-off", "checklist-closed"),
        *(kind for kind in ABOUT_THE_SCOPE if kind != "launch-hold"),
        *("anomaly-resolution", "correction"),
    }
    for kind, no in (
        ("go-no-go-decision", {"decision": "NO_GO"}),
        ("go-no-go-decision", {"decision": "DEFER"}),
        ("check-attestation", {"status": "fail"}),
        ("blocker", {"action": "open"}),
        ("advisory-review", {"outcome": "blocking"}),
        ("build-attestation", {"built_sha256": A}),
        ("operator-confirmation", {"status": "not-ready"}),
        ("checklist-answer", {"answer": "fail"}),
        ("checklist-sign-off", {"decision": "reject"}),
    ):
        assert record(kind, BODIES[kind].model_copy(update=no)).is_negative
    withdrawal = BODIES["supersession"].model_copy(update={"successor": A})
    assert not record("supersession", withdrawal).is_negative


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_records_survive_the_way_through_json(kind):
    record = BODIES[kind].model_dump(mode="json")
    assert validate(KINDS[kind].model, record, what="x", code="record-malformed") == BODIES[kind]
    for field in record:
        rest = {k: v for k, v in record.items() if k != field}
        if field in OPTIONAL.get(kind, ()):
            validate(KINDS[kind].model, rest, what="x", code="record-malformed")
            continue
        with pytest.raises(Malformed, match=f"{field} is missing"):
            validate(KINDS[kind].model, rest, what="x", code="record-malformed")
    known = next(f for f in ("policy_digest", "status", "timestamp_unix_ms") if f in record)
    with pytest.raises(Malformed, match=f"unknown key {known}x; did you mean {known}"):
        validate(KINDS[kind].model, {**record, f"{known}x": A}, what="x", code="record-malformed")


@pytest.mark.parametrize(
    ("preimages", "answers"),
    [
        ({}, frozenset()),
        ({"review": {}}, frozenset()),
        ({"review": []}, frozenset()),
        ({"review": {"revocations": "all"}}, frozenset()),
        ({"review": {"revocations": {A: 1}}}, frozenset()),
        ({"review": {"revocations": [A, 1, None, B]}}, frozenset({A, B})),
    ],
)
def test_what_a_review_answers_is_only_what_it_names(preimages, answers):
    assert record("approval", BODIES["approval"], **preimages).answers == answers


def test_what_a_review_knows_of_is_only_what_it_names():
    said = {"review": {"replaced_by": [A, 1, None], "revocations": [B]}}
    assert record("approval", BODIES["approval"], **said).knows_replaced_by == {A}
    assert record("approval", BODIES["approval"]).knows_replaced_by == frozenset()
