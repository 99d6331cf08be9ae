"""The freeze: whose signature counts, for what, and what takes it back."""

from __future__ import annotations

import json
import random
from base64 import b64decode, b64encode

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)

from aztrust.core.base import canonical
from aztrust.core.base.findings import CheckResult, Conclusion, Guidance, Status
from aztrust.core.base.value import replace
from aztrust.core.checks.check import Stage
from aztrust.core.checks.launch.freeze import CHECK
from aztrust.core.formats.statement import Subject
from aztrust.core.history import opener
from aztrust.core.host.reading import HostReading
from aztrust.core.records import verdict
from aztrust.core.state.context import read_context
from aztrust.core.state.freezes import freeze_signatures
from fixtures.identities import P256_ORDER
from tests.memory_launch import NOW, PEOPLE, Launch, codes, file_entry, notices
from tests.verdicts import NOTHING, ONE, TWO

MINUTE = 60_000
DAN = "[verdicts]\nroles = { ops-lead = 1 }\n"


def approved(verdicts: str = ONE, **options) -> Launch:
    return Launch.approved(verdicts=verdicts, **options)


def asked(launch: Launch, required: Stage = Stage.FROZEN) -> CheckResult:
    (result,) = (r for r in launch.verify(required).results if r.id == "freeze")
    return result


WITHOUT = '[freeze]\nnot_applicable = "one person starts"\n'


def test_a_policy_that_states_why_nothing_is_frozen_is_not_asked_for_a_freeze():
    launch = approved(WITHOUT)
    result = asked(launch)
    assert (result.status, result.detail) == (Status.NOT_APPLICABLE, "one person starts")
    assert frozen(launch)
    assert asked(approved("")).status is Status.FAIL, "no reason is in the policy"
    assert not frozen(approved(""))


def test_without_a_freeze_everything_else_is_asked():
    launch = Launch(verdicts=WITHOUT)
    launch.seal("release", by="rita")
    launch.seal("genesis", by="gabi")
    verdict = launch.verify(Stage.FROZEN)
    assert (verdict.exit_code, codes(verdict)) == (10, {"threshold-unmet"})


def found(launch: Launch) -> list[str]:
    return [f.code for f in asked(launch).findings]


def reported(launch: Launch) -> list[str]:
    return [f.code for f in asked(launch).notices]


def frozen(launch: Launch) -> bool:
    return launch.verify(Stage.FROZEN).exit_code == 0


def payload(launch: Launch) -> bytes:
    """The payload of the last verdict."""
    return b64decode(json.loads(launch.verdicts[max(launch.verdicts)])["payload"])


def context_of(launch: Launch):
    return read_context(launch.verify().context.request, launch.evidence())


# ---- who and what --------------------------------------------------------------------------------


@pytest.mark.clause("AZ-5.2")
def test_a_freeze_by_the_role_of_this_scope_holds():
    launch = approved()
    assert found(launch) == ["freeze-missing"]
    record_id = launch.verdict()
    result = asked(launch)
    assert result.status is Status.PASS
    assert result.detail == "2026-01-15 18:00 UTC by luca"
    assert result.evidence == (record_id,)
    assert result.owner == "launch-coordinator"
    assert frozen(launch)
    assert launch.verify(Stage.APPROVED).exit_code == 0


def test_without_a_freeze_nothing_goes_on():
    verdict = approved().verify(Stage.FROZEN)
    assert (verdict.exit_code, verdict.conclusion) == (11, Conclusion.HOLD)
    assert verdict.guidance is Guidance.HOLD
    (finding,) = asked(approved()).findings
    assert "no freeze of this scope" in finding.message
    assert "launch-coordinator (luca)" in finding.mend
    assert asked(approved(), Stage.APPROVED).status is Status.PENDING


def test_on_a_host_the_mend_is_a_newer_kit():
    launch = approved()
    evidence = replace(launch.evidence(), host=HostReading(platform="linux/amd64"))
    context = read_context(launch.verify().context.request, evidence)
    (finding,) = CHECK.ask(context, "release").findings
    assert "download the current kit" in finding.mend


def test_a_policy_without_verdicts_cannot_be_frozen():
    launch = approved(verdicts="")
    launch.verdict()
    (finding,) = asked(launch).findings
    assert finding.code == "freeze-missing"
    assert "no [verdicts] table" in finding.message
    assert not context_of(launch).state.freezes


def test_nothing_is_frozen_under_a_policy_that_cannot_be_read():
    launch = approved()
    launch.verdict()
    launch.policy = b"version = 2\n"
    assert asked(launch).status is Status.NOT_RUN
    assert not context_of(launch).state.freezes


@pytest.mark.clause("AZ-2.4")
def test_another_package_than_the_frozen_one_is_noticed():
    launch = approved()
    launch.verdict()
    frozen_scope = launch.verify().context.scope.hash
    launch.release.append(file_entry("zz-late-fix", b"one small thing"))
    launch.seal("release", "rita", prior=())
    launch.seal("genesis", "gabi")
    now = launch.verify().context.scope.hash
    (finding,) = asked(launch).findings
    assert finding.code == "freeze-other-scope"
    assert (finding.expected, finding.actual) == (frozen_scope, now)
    assert frozen_scope[7:15] in finding.message
    assert now[7:15] in finding.message
    assert context_of(launch).state.freezes
    assert asked(launch, Stage.APPROVED).status is Status.PENDING


@pytest.mark.clause("AZ-2.4")
def test_another_policy_than_the_frozen_one_is_noticed():
    launch = approved()
    launch.verdict()
    launch.policy += b"# one more line\n"
    assert found(launch) == ["freeze-other-scope"]


@pytest.mark.parametrize(
    "changes",
    [
        {"checkpoint_scope_hash": NOTHING},
        {"policy_digest": NOTHING},
        {"subjects": (Subject("manifests/release.json", NOTHING),)},
        {"subjects": ()},
    ],
)
def test_a_freeze_of_something_else_is_none_of_this(changes):
    launch = approved()
    honest = approved()
    honest.verdict()
    if "subjects" in changes:
        files = honest.verify().context.verdicts.verdicts[0].statement.subjects
        changes = {"subjects": (*changes["subjects"], *files[len(changes["subjects"]) : 2])}
    launch.verdict(**changes)
    assert found(launch) == ["freeze-other-scope"]
    assert not frozen(launch)


def test_both_digests_of_a_file_are_named():
    launch = approved()
    launch.verdict()
    files = launch.verify().context.verdicts.verdicts[0].statement.subjects
    one = Subject(files[2].name, files[2].sha256)
    launch.verdicts.clear()
    launch.verdict(subjects=(*files[:2], one))
    assert found(launch) == ["freeze-other-scope"]
    assert "with other files" in asked(launch).findings[0].message


def test_another_freeze_next_to_the_right_one_is_reported_and_harmless():
    launch = approved()
    launch.verdict(checkpoint_scope_hash=NOTHING)
    launch.verdict()
    assert frozen(launch)
    assert reported(launch) == ["freeze-other-scope"]


def test_before_there_is_a_scope_the_question_cannot_be_put():
    launch = approved()
    launch.verdict()
    launch.manifests.pop("genesis")
    assert asked(launch).status is Status.NOT_RUN
    assert "both packages must be sealed" in asked(launch).detail


@pytest.mark.parametrize("by", ["rita", "gabi", "sonia", "cosmin", "dan"])
def test_who_may_not_sign_verdicts_freezes_nothing(by):
    launch = approved()
    launch.verdict(by)
    assert found(launch) == ["freeze-missing"]
    assert reported(launch) == ["signer-not-in-role"]
    assert not context_of(launch).state.freezes


def test_a_stranger_freezes_nothing():
    launch = approved()
    launch.verdict("mallory")
    assert found(launch) == ["freeze-missing"]
    verdict = launch.verify()
    assert "signer-unknown" in notices(verdict)
    assert verdict.exit_code == 0


def test_a_freeze_by_ed25519():
    launch = approved(verdicts=DAN)
    launch.verdict("dan")
    assert frozen(launch)


# ---- what it says --------------------------------------------------------------------------------


@pytest.mark.parametrize("says", ["fail", "hold", "conditional"])
def test_only_a_pass_freezes(says):
    launch = approved()
    launch.verdict(verdict=says, rows={"scope": "fail"})
    assert found(launch) == ["freeze-missing"]
    (notice,) = asked(launch).notices
    assert notice.message.endswith(f"did not confirm the freeze: {says}")
    assert not context_of(launch).state.freezes
    launch.verdict(at=NOW + MINUTE)
    assert frozen(launch)


def test_a_negative_verdict_about_another_scope_is_not_reported():
    launch = approved()
    launch.verdict(verdict="hold", rows={"scope": "fail"}, checkpoint_scope_hash=NOTHING)
    assert reported(launch) == []


def test_relabelled_it_is_not_a_verdict():
    launch = approved()
    launch.verdict(verdict="fail", rows={"scope": "fail"})
    bent = json.loads(payload(launch))
    bent["predicate"]["verificationResult"] = "PASSED"
    bent["predicate"]["verifiedLevels"] = ["AZTRUST_FREEZE_CONFIRMED"]
    launch.verdicts.clear()
    launch.sign_verdict(canonical.dumps(bent))
    verdict = launch.verify(Stage.FROZEN)
    assert codes(verdict) == {"record-malformed", "freeze-missing"}
    assert verdict.exit_code == 10


@pytest.mark.parametrize(
    "checkpoint_class",
    ["go_hold_review_completed", "final_checks_completed", "bootstrap_authorized"],
)
def test_another_checkpoint_is_not_a_freeze(checkpoint_class):
    launch = approved()
    launch.verdict(checkpoint_class=checkpoint_class)
    assert found(launch) == ["freeze-missing"]
    assert reported(launch) == []
    assert not context_of(launch).state.freezes


# ---- files ---------------------------------------------------------------------------------------


def failing(launch: Launch) -> tuple[set[str], int]:
    verdict = launch.verify(Stage.FROZEN)
    for result in verdict.results:
        for finding in result.findings:
            assert finding.mend, finding
    return codes(verdict), verdict.exit_code


def test_a_turned_bit_is_found():
    launch = approved()
    launch.verdict()
    fields = json.loads(launch.verdicts["000.dsse.json"])
    signature = bytearray(b64decode(fields["signatures"][0]["sig"]))
    signature[-1] ^= 1
    fields["signatures"][0]["sig"] = b64encode(signature).decode()
    launch.verdicts["000.dsse.json"] = json.dumps(fields).encode()
    assert failing(launch) == ({"signature-invalid", "freeze-missing"}, 10)
    # The launch is in doubt also when only approvals are asked for: someone put that there.
    assert launch.verify(Stage.APPROVED).exit_code == 10


def test_another_payload_under_the_signature_is_found():
    launch = approved()
    launch.verdict()
    fields = json.loads(launch.verdicts["000.dsse.json"])
    other = payload(launch).replace(b'"PASSED"', b'"FAILED"')
    fields["payload"] = b64encode(other).decode()
    launch.verdicts["000.dsse.json"] = json.dumps(fields).encode()
    assert failing(launch) == ({"signature-invalid", "freeze-missing"}, 10)


def test_the_verifier_it_names_is_the_key_that_signed():
    launch = approved(verdicts=TWO)
    launch.verdict("luca")
    launch.sign_verdict(payload(launch), "sonia")
    assert failing(launch) == ({"record-malformed", "freeze-missing"}, 10)


@pytest.mark.parametrize(
    "spell",
    [
        lambda data: data + b" ",
        lambda data: data.replace(
            b'"slsaVersion":"1.0"', b'"slsaVersion":"1.0","slsaVersion":"1.0"'
        ),
        lambda data: data.replace(b'"predicateType"', b'"more":1,"predicateType"'),
        lambda data: data.replace(b'["AZTRUST_FREEZE_CONFIRMED"]', b"[]"),
        lambda _: b"{}",
    ],
)
def test_a_signed_payload_of_another_form_is_not_a_verdict(spell):
    launch = approved()
    launch.verdict()
    bent = spell(payload(launch))
    launch.verdicts.clear()
    launch.sign_verdict(bent)
    assert failing(launch) == ({"record-malformed", "freeze-missing"}, 10)


def test_a_newer_verdict_leaves_the_question_open():
    launch = approved()
    launch.verdict()
    newer = json.loads(payload(launch))
    newer["predicate"]["urn:aztrust:launch-checkpoint:v2"] = {}
    launch.sign_verdict(canonical.dumps(newer))
    verdict = launch.verify(Stage.FROZEN)
    assert (codes(verdict), verdict.exit_code) == ({"record-unknown"}, 1)


def test_a_revocation_in_the_wrong_folder_is_not_overlooked():
    launch = approved()
    launch.revoke(launch.verdict(), "luca")
    launch.verdicts["revocation.json"] = launch.records.pop(max(launch.records))
    verdict = launch.verify(Stage.FROZEN)
    assert (codes(verdict), verdict.exit_code) == ({"record-unknown"}, 1)


def test_a_key_that_is_not_here_checks_nothing():
    launch = approved()
    launch.verdict()
    del launch.keys["luca.pem"]
    assert "key-missing" in codes(launch.verify(Stage.FROZEN))
    assert "freeze-missing" in codes(launch.verify(Stage.FROZEN))


def test_garbage_is_named_by_its_file():
    launch = approved()
    launch.verdicts["\x1b[31m.dsse.json"] = b"<html>"
    verdict = launch.verify(Stage.APPROVED)
    (finding,) = (f for r in verdict.results for f in r.findings)
    assert finding.code == "record-malformed"
    assert finding.subject.startswith("manifests/verdicts/")
    assert finding.subject.isprintable()
    assert finding.mend


def test_the_order_and_the_names_of_files_mean_nothing():
    launch = approved(verdicts=TWO)
    first = launch.verdict("luca")
    launch.verdict("sonia", at=NOW + MINUTE)
    launch.verdict("mallory")
    launch.verdict(checkpoint_scope_hash=NOTHING)
    launch.revoke(first, "dan")
    expected = asked(launch)
    shuffled = random.Random(1)
    for _ in range(10):
        contents = list(launch.verdicts.values())
        shuffled.shuffle(contents)
        launch.verdicts = {f"{n:03}": data for n, data in enumerate(contents)}
        assert asked(launch) == expected


# ---- how many ------------------------------------------------------------------------------------


def test_two_where_two_are_asked_for():
    launch = approved(verdicts=TWO)
    launch.verdict("luca")
    (finding,) = asked(launch).findings
    assert finding.code == "freeze-missing"
    assert finding.message == (
        "1 of 2 signed the freeze of this scope; missing: security-lead (sonia)"
    )
    assert (finding.expected, finding.actual) == ("2", "1")
    launch.verdict("sonia", at=NOW + MINUTE)
    assert frozen(launch)
    assert asked(launch).detail == "2026-01-15 18:01 UTC by luca and sonia"


def test_one_signature_in_two_files_is_one():
    launch = approved(verdicts=TWO)
    launch.verdict("luca")
    data = launch.verdicts["000.dsse.json"]
    launch.verdicts["copy.json"] = data
    launch.verdicts["spaced.json"] = json.dumps(json.loads(data), indent=1).encode()
    fields = json.loads(data)
    r, s = decode_dss_signature(b64decode(fields["signatures"][0]["sig"]))
    other = encode_dss_signature(r, P256_ORDER - s)
    fields["signatures"][0]["sig"] = b64encode(other).decode()
    launch.verdicts["other-s.json"] = json.dumps(fields).encode()
    assert found(launch) == ["freeze-missing"]
    assert asked(launch).findings[0].actual == "1"
    assert len(asked(launch).evidence) == 1


def counted(monkeypatch, module, name):
    """How often a function was called, as a list of its first arguments."""
    calls = []
    original = getattr(module, name)

    def count(first, *more):
        calls.append(first)
        return original(first, *more)

    monkeypatch.setattr(module, name, count)
    return calls


def test_copies_of_a_verdict_are_opened_once_and_its_payload_is_parsed_once(monkeypatch):
    launch = approved()
    launch.verdict("luca")
    data = launch.verdicts["000.dsse.json"]
    for number in range(20):
        launch.verdicts[f"copy{number}.json"] = bytes(bytearray(data))
        launch.verdicts[f"torn{number:02}.json"] = b"{"
        spaced = json.dumps(json.loads(data), indent=1) + " " * number
        launch.verdicts[f"spaced{number}.json"] = spaced.encode()
    opened = counted(monkeypatch, opener, "open_envelope")
    parsed = counted(monkeypatch, verdict, "parse_verdict")
    context = context_of(launch)
    # `context_of` reads twice: `verify` did before it. Six records, and the verdict once.
    assert (len(opened), len(parsed)) == (2 * 7, 2)
    assert len(context.verdicts.verdicts) == 1
    (finding,) = context.verdicts.findings
    assert finding.subject == "manifests/verdicts/torn00.json"
    assert finding.message.endswith(" (+19 copies)")


def test_a_malformed_payload_is_parsed_once_and_reported_for_each_envelope(monkeypatch):
    launch = approved()
    launch.sign_verdict(b'{"no":"verdict"}')
    data = launch.verdicts["000.dsse.json"]
    launch.verdicts["spaced.json"] = json.dumps(json.loads(data), indent=1).encode()
    parsed = counted(monkeypatch, verdict, "parse_verdict")
    context = context_of(launch)
    assert len(parsed) == 2
    assert [f.subject for f in context.verdicts.findings] == [
        "manifests/verdicts/000.dsse.json",
        "manifests/verdicts/spaced.json",
    ]


def test_a_payload_that_names_another_key_is_none_of_this_key():
    launch = approved()
    launch.verdict("luca")
    launch.sign_verdict(payload(launch), "sonia")
    context = context_of(launch)
    assert [held.holder for held in context.verdicts.verdicts] == ["luca"]
    assert [f.code for f in context.verdicts.findings] == ["record-malformed"]


def test_two_verdicts_of_one_holder_are_one():
    launch = approved(verdicts=TWO)
    launch.verdict("luca")
    launch.verdict("luca", at=NOW + MINUTE)
    assert asked(launch).findings[0].actual == "1"


def test_two_keys_of_one_holder_are_one():
    launch = Launch(
        verdicts="[verdicts]\nroles = { launch-coordinator = 2 }\n",
        roles={"dan": '"launch-coordinator"'},
    ).with_second_key("luca")
    launch.seal("release", "rita")
    launch.seal("genesis", "gabi")
    launch.verdict("luca")
    launch.verdict("mallory")
    assert found(launch) == ["freeze-missing"]
    assert asked(launch).findings[0].actual == "1"
    launch.verdict("dan")
    assert asked(launch).status is Status.PASS


# ---- taken back ----------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["luca", "sonia"])
def test_its_signer_or_a_revocation_role_takes_it_back(by):
    launch = approved()
    launch.revoke(launch.verdict(), by)
    (finding,) = asked(launch).findings
    assert finding.code == "freeze-revoked"
    assert finding.message == f"the freeze by luca was taken back by {by}"
    assert launch.verify(Stage.FROZEN).exit_code == 11
    assert context_of(launch).state.freezes


def test_no_one_else_takes_it_back():
    launch = approved()
    record_id = launch.verdict()
    for by in ("rita", "dan", "mallory"):
        launch.revoke(record_id, by)
    verdict = launch.verify(Stage.FROZEN)
    assert verdict.exit_code == 0
    assert {"signer-not-in-role", "signer-unknown"} <= notices(verdict)


def test_a_revocation_of_something_else_takes_nothing_back():
    launch = approved()
    record_id = launch.verdict()
    launch.revoke(NOTHING, "sonia")
    launch.revoke(record_id, "sonia", kind="key", reason="compromised")
    assert frozen(launch)


def test_a_revocation_counts_before_its_target_and_under_another_policy():
    launch = approved()
    record_id = launch.verdict()
    kept = dict(launch.verdicts)
    launch.verdicts.clear()
    launch.revoke(record_id, "luca", policy_digest=NOTHING)
    launch.verdicts.update(kept)
    assert found(launch) == ["freeze-revoked"]


def test_an_older_freeze_that_was_kept_is_not_a_second_look():
    launch = approved()
    launch.verdict(at=NOW - MINUTE)
    launch.revoke(launch.verdict(), "sonia")
    assert found(launch) == ["freeze-revoked"]


def test_a_fresh_freeze_answers_the_revocation_that_it_rests_on():
    launch = approved()
    revocation = launch.revoke(launch.verdict(), "sonia")
    launch.verdict(at=NOW + MINUTE)  # rests on all records there are
    assert frozen(launch)
    assert reported(launch) == ["freeze-revoked"]
    statements = [v.statement for v in context_of(launch).verdicts.verdicts]
    assert sum(revocation in s.rests_on for s in statements) == 1
    # And on every one: a second revocation of the first freeze is open again.
    first = next(
        v for v in context_of(launch).verdicts.verdicts if revocation not in v.statement.rests_on
    )
    launch.revoke(first.record_id, "luca", reason="and that too")
    assert found(launch) == ["freeze-revoked"]


def test_another_holder_does_not_answer_for_one():
    launch = approved(
        verdicts="[verdicts]\nroles = { launch-coordinator = 1 }\n",
        roles={"dan": '"launch-coordinator"'},
    )
    launch.revoke(launch.verdict("luca"), "sonia")
    launch.verdict("dan", at=NOW + MINUTE)
    assert found(launch) == ["freeze-revoked"]


def test_a_negative_verdict_cannot_be_taken_back():
    launch = approved()
    no = launch.verdict(verdict="fail", rows={"scope": "fail"})
    launch.revoke(no, "luca")
    launch.revoke(key("luca"), "luca", kind="key", reason="compromised")
    verdict = launch.verify(Stage.FROZEN)
    assert any("what did not pass" in f.message for r in verdict.results for f in r.notices)
    verdicts = context_of(launch).verdicts
    assert verdicts.revocations_of(verdicts.verdicts[0])
    assert verdicts.is_effective(verdicts.verdicts[0])


def test_a_revoked_freeze_of_another_scope_is_nothing_any_more():
    launch = approved()
    launch.revoke(launch.verdict(checkpoint_scope_hash=NOTHING), "luca")
    assert found(launch) == ["freeze-missing"]
    assert reported(launch) == []


# ---- keys ----------------------------------------------------------------------------------------


def key(name: str) -> str:
    return PEOPLE[name].public().fingerprint


@pytest.mark.parametrize("stands", [False, True])
def test_a_compromised_key_froze_nothing(stands):
    launch = approved()
    record_id = launch.verdict()
    named = (record_id,) if stands else ()
    launch.revoke(key("luca"), "luca", kind="key", reason="compromised", stands=named)
    assert found(launch) == ["freeze-revoked"]
    assert "key that was revoked" in asked(launch).findings[0].message


def test_a_retired_key_froze_what_its_revocation_names():
    launch = approved()
    record_id = launch.verdict()
    launch.revoke(key("luca"), "luca", kind="key", stands=(record_id,))
    assert frozen(launch)
    launch.verdicts.clear()
    launch.verdict(at=NOW + MINUTE)
    assert found(launch) == ["freeze-revoked"]


def test_of_two_revocations_of_a_key_each_is_enough():
    launch = approved()
    record_id = launch.verdict()
    launch.revoke(key("luca"), "luca", kind="key", stands=(record_id,))
    launch.revoke(key("luca"), "sonia", kind="key")
    assert found(launch) == ["freeze-revoked"]


def test_who_may_not_revoke_a_key_voids_nothing():
    launch = approved()
    launch.verdict()
    launch.revoke(key("luca"), "rita", kind="key", reason="compromised")
    launch.revoke(key("rita"), "sonia", kind="key", reason="compromised")
    assert asked(launch).status is Status.PASS


def test_a_second_signer_whose_key_fell_is_missing():
    launch = approved(verdicts=TWO)
    launch.verdict("luca")
    launch.verdict("sonia")
    launch.revoke(key("sonia"), "sonia", kind="key", reason="compromised")
    (finding,) = asked(launch).findings
    assert finding.code == "freeze-missing"
    assert "1 of 2" in finding.message
    assert "freeze-revoked" in reported(launch)


def test_a_key_that_fell_is_made_up_for_by_another_holder():
    launch = approved(roles={"dan": '"launch-coordinator"'})
    launch.verdict("luca")
    launch.verdict("dan")
    launch.revoke(key("luca"), "luca", kind="key", reason="compromised")
    assert frozen(launch)
    assert asked(launch).detail.endswith("by dan")


def test_signers_of_two_windows_did_not_sign_one_freeze():
    launch = approved(verdicts=TWO)
    other = "sha256:" + "8" * 64
    launch.verdict("luca")
    launch.verdict("sonia", launch_window_id=other)
    assert found(launch) == ["freeze-missing"]
    (result,) = (r for r in launch.verify(Stage.FROZEN).results if r.id == "freeze")
    assert any("in another window" in notice.message for notice in result.notices)
    signatures = freeze_signatures(context_of(launch))
    assert (signatures.have, signatures.need, signatures.met) == (1, 2, False)
    launch.verdict("luca", launch_window_id=other)
    assert found(launch) == []
    assert freeze_signatures(context_of(launch)).met
