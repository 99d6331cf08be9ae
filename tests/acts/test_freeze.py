"""The parts of a freeze: rows, conclusion, and what an interruption leaves behind."""

from __future__ import annotations

import base64
import hashlib
import json

import jsonschema
import pytest
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)

from aztrust.acts import publish
from aztrust.acts.freeze import FreezeOptions, complete_freeze, prepare_freeze, sign_freeze
from aztrust.acts.ledger.append import append_records
from aztrust.acts.ledger.handle import LedgerHandle, folder_files
from aztrust.acts.preconditions import read_anchored
from aztrust.acts.sign import sign_record, sign_verdict
from aztrust.acts.verify import ReadOptions, read_packages
from aztrust.core.base.errors import CouldNotCheck, NothingToVerify, Refused
from aztrust.core.base.findings import (
    CheckClass,
    CheckResult,
    Conclusion,
    Finding,
    Guidance,
    Status,
)
from aztrust.core.base.value import replace
from aztrust.core.checks import CHECKS
from aztrust.core.checks.check import Stage
from aztrust.core.formats.dsse import encode_envelope, parse_envelope
from aztrust.core.formats.merkle import ids_root
from aztrust.core.history.bundle import parse_bundle
from aztrust.core.judge.checkpoint_draft import (
    Signing,
    checkpoint_statement,
    conclude_checkpoint,
)
from aztrust.core.judge.freeze_matrix import confirmations
from aztrust.core.judge.verify import verify
from aztrust.core.records.administration import Note
from aztrust.core.records.checkpoint import FREEZE, FREEZE_ROWS
from aztrust.core.records.window import LaunchDefer
from aztrust.core.state.context import Request
from aztrust.storage.launch import read_launch
from aztrust.storage.ledger.location import find_ledger
from tests.command import run
from tests.disk_launch import MINUTE, NOW, make_launch, policy_text, signer
from tests.shared import REPOSITORY
from tests.verdicts import ONE, WINDOW

LATER = NOW + 24 * 60 * MINUTE


@pytest.fixture
def launch(tmp_path):
    return make_launch(tmp_path, policy=policy_text(extra=ONE))


def verified(launch):
    evidence = read_launch(launch.path)
    packages = read_packages(launch.path, evidence, ("release", "genesis"), ReadOptions())
    request = Request(LATER, anchor=launch.anchor, anchor_source="given")
    return verify(replace(evidence, packages=packages), request, Stage.APPROVED)


def concluded(verdict):
    return conclude_checkpoint(verdict, FREEZE, confirmations(verdict))


def statement(found, now=LATER):
    signing = Signing(signer("luca").public, "launch-coordinator", WINDOW, now)
    return checkpoint_statement(found, signing)


def with_result(verdict, **changed):
    """The same verification, one check of which ended in another way."""
    first, *rest = verdict.results
    return replace(verdict, results=(replace(first, **changed), *rest))


def prepared(launch, who="luca"):
    context = read_anchored(launch.path, launch.anchor, LATER)
    return prepare_freeze(launch.path, context, signer(who), FreezeOptions())


@pytest.mark.clause("AZ-5.2")
def test_no_check_that_fails_leaves_every_row_a_pass(launch):
    """Each check, also one that is yet to be written, belongs to a row."""
    verdict = verified(launch)
    for number, result in enumerate(verdict.results):
        if result.id == "freeze":
            continue
        for status in (Status.FAIL, Status.ERROR, Status.NOT_RUN, Status.PENDING):
            results = list(verdict.results)
            results[number] = replace(result, status=status)
            rows = confirmations(replace(verdict, results=tuple(results)))
            assert [row.id for row in rows] == list(FREEZE_ROWS)
            worse = [row for row in rows if row.status is not Status.PASS]
            assert len(worse) == 1, (result.id, status)
            assert worse[0].detail == result.id
    strange = CheckResult("not-thought-of-yet", CheckClass.TRUTH, Status.FAIL)
    rows = confirmations(replace(verdict, results=(*verdict.results, strange)))
    assert [row.id for row in rows if row.status is Status.FAIL] == ["scope"]


@pytest.mark.clause("AZ-5.2")
def test_a_row_that_nothing_answered_was_not_run(launch):
    verdict = verified(launch)
    assert {c.id for c in CHECKS} >= {"supersession"}
    without = tuple(r for r in verdict.results if not r.id.endswith("-supersession"))
    rows = {row.id: row for row in confirmations(replace(verdict, results=without))}
    assert rows["supersession"].status is Status.NOT_RUN
    assert concluded(replace(verdict, results=without)).conclusion is Conclusion.HOLD


@pytest.mark.clause("AZ-17.2")
def test_what_is_recorded(launch):
    verdict = verified(launch)
    found = statement(concluded(verdict))
    assert (found.checkpoint.verdict, found.guidance, found.findings) == ("pass", "CONTINUE", ())
    assert found.checkpoint.launch_window_id == WINDOW
    considered = {r.record_id for r in launch.records}
    assert set(found.rests_on) == considered
    assert sign_verdict(found, signer("luca")).statement.passed


@pytest.mark.clause("AZ-17.2")
@pytest.mark.parametrize(
    ("status", "recorded", "guidance"),
    [
        (Status.FAIL, "fail", "ABORT"),
        (Status.ERROR, "hold", "HOLD"),
        (Status.NOT_RUN, "hold", "HOLD"),
    ],
)
def test_an_error_is_recorded_as_hold(launch, status, recorded, guidance):
    broken = Finding("policy-malformed", "launch.toml", "broken", expected="a", actual="b")
    verdict = with_result(verified(launch), status=status, findings=(broken,))
    found = statement(concluded(verdict))
    assert (found.checkpoint.verdict, found.guidance) == (recorded, guidance)
    assert not found.passed
    assert found.subjects == ()
    stated = [(f.code, f.subject, f.expected, f.actual) for f in found.findings]
    expected = [] if status is Status.NOT_RUN else [("policy-malformed", "launch.toml", "a", "b")]
    assert stated == expected
    assert sign_verdict(found, signer("luca")).statement == found_again(found)


def found_again(found):
    """A statement as it is read back: with the fields that follow from the rest."""
    return sign_verdict(found, signer("luca")).statement


def test_a_million_findings_still_fit_into_a_record(launch):
    many = tuple(
        Finding("policy-malformed", f"{number:08d}" + "x" * 500, "broken") for number in range(5000)
    )
    verdict = with_result(verified(launch), status=Status.FAIL, findings=many)
    found = concluded(verdict)
    assert len(found.findings) == 5000
    signed = sign_verdict(statement(found), signer("luca"))
    assert 100 < len(signed.statement.findings) < 5000
    assert signed.statement.findings[0].subject == many[0].subject
    assert len(signed.data) < 4 * 1024 * 1024


def test_guidance_of_what_did_not_pass_is_never_continue(launch):
    found = replace(concluded(verified(launch)), conclusion=Conclusion.CONDITIONAL)
    assert statement(found).guidance == Guidance.HOLD


def test_another_key_than_the_statements_signs_nothing(launch):
    with pytest.raises(Refused):
        sign_verdict(statement(concluded(verified(launch))), signer("sonia"))


def test_no_scope_no_checkpoint(tmp_path):
    launch = make_launch(tmp_path, policy=policy_text(extra=ONE))
    launch.manifest_path("genesis").unlink()
    with pytest.raises(NothingToVerify):
        statement(concluded(verified(launch)))


def test_roots_over_ids_are_those_of_rfc_9162():
    ids = [f"sha256:{number:064x}" for number in (3, 1, 2)]
    leaves = [hashlib.sha256(b"\0" + id_.encode()).digest() for id_ in sorted(ids)]
    pair = hashlib.sha256(b"\1" + leaves[0] + leaves[1]).digest()
    root = hashlib.sha256(b"\1" + pair + leaves[2]).hexdigest()
    assert ids_root(ids) == ids_root([*reversed(ids), ids[0]]) == f"sha256:{root}"


def test_the_same_arguments_give_the_same_bytes(launch):
    first = sign_verdict(statement(concluded(verified(launch))), signer("luca"))
    second = sign_verdict(statement(concluded(verified(launch))), signer("luca"))
    assert first.data == second.data


def test_killed_after_the_ledger_took_it(launch, monkeypatch):
    """Nothing that was acknowledged is lost, and the next run makes no second verdict."""
    ready = prepared(launch)
    real = publish.store_record

    def killed(path, signed):
        if signed.path.startswith("manifests/verdicts/"):
            raise CouldNotCheck("the power went")
        return real(path, signed)

    with monkeypatch.context() as patch:
        patch.setattr(publish, "store_record", killed)
        with pytest.raises(CouldNotCheck):
            sign_freeze(launch.path, ready, signer("luca"), LATER)
    assert not list((launch.path / "manifests").glob("verdicts/*"))
    again = prepared(launch)
    assert again.earlier is not None
    done = complete_freeze(launch.path, again, again.earlier, signer("luca"), LATER + MINUTE)
    assert done.recorded.verdict.record_id == again.earlier.record_id
    assert done.recorded.proved
    files = [path.name for path in (launch.path / "manifests/verdicts").iterdir()]
    assert len(files) == 2


def twisted(data: bytes) -> bytes:
    """The envelope with the other form of its ECDSA signature, which holds as well."""
    envelope = parse_envelope(data, name="the verdict")
    r, s = decode_dss_signature(envelope.signature)
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    other = encode_dss_signature(r, order - s)
    return encode_envelope(envelope.payload, envelope.keyid, other)


def test_the_other_form_of_a_signature_in_the_ledger_keeps_no_proof_away(launch, monkeypatch):
    append = LedgerHandle.append

    def second(ledger, context, files, now_unix_ms):
        for path, data in files.items():
            if path.startswith("manifests/verdicts/"):
                append(ledger, context, {"theirs.dsse.json": twisted(data)}, now_unix_ms)
        return append(ledger, context, files, now_unix_ms)

    monkeypatch.setattr(LedgerHandle, "append", second)
    done = sign_freeze(launch.path, prepared(launch), signer("luca"), LATER).recorded
    assert done.proved
    assert (launch.path / done.verdict.path).read_bytes() == done.verdict.data
    bundle = (launch.path / done.verdict.bundle_path).read_bytes()
    assert parse_bundle(bundle, name="it").envelope == twisted(done.verdict.data)
    assert run("-C", launch.path, "verify", "--anchor", launch.anchor).exit_code == 0


def test_killed_before_the_verdict(launch, monkeypatch):
    """The window that was opened is used, and not a second one opened."""
    ready = prepared(launch)

    def killed(*_args, **_options):
        raise CouldNotCheck("the power went")

    with monkeypatch.context() as patch:
        patch.setattr("aztrust.acts.freeze.record_checkpoint", killed)
        with pytest.raises(CouldNotCheck):
            sign_freeze(launch.path, ready, signer("luca"), LATER)
    again = prepared(launch)
    assert (again.earlier, again.window is None) == (None, False)
    done = sign_freeze(launch.path, again, signer("luca"), LATER + MINUTE)
    assert done.window is None
    window = again.window.launch_window_id
    assert done.recorded.verdict.statement.checkpoint.launch_window_id == window
    assert len(list((launch.path / "manifests/records").glob("*.launch-window.*"))) == 1


def test_everything_of_the_folder_is_in_the_ledger_in_the_order_of_citation(launch):
    done = sign_freeze(launch.path, prepared(launch), signer("luca"), LATER)
    context = read_anchored(launch.path, launch.anchor, LATER)
    ledger = LedgerHandle.find(context, None, signer("luca"))
    assert ledger is not None
    assert ledger.path == find_ledger(None, "test-1", launch.anchor)
    assert done.recorded.entry == len(folder_files(context)) - 1
    head = done.recorded.verdict.statement.ledger
    assert head is not None
    # The ledger as it was: with everything that the verdict rests on, without itself.
    assert head.size == done.recorded.entry
    assert (head.origin, head.keeper) == (ledger.origin, ledger.keeper)


def test_entries_that_came_during_the_question_are_not_signed_for(launch):
    sign_freeze(launch.path, prepared(launch), signer("luca"), LATER)
    launch.record("launch-defer", deferral(launch), "luca")
    ready = prepared(launch)
    assert ready.earlier is None
    note = Note(policy_digest=launch.anchor, said_at_unix_ms=LATER, text="someone else's word")
    said = sign_record("note", note, {}, signer("sonia"))
    append_records(ready.ledger.path, ready.context, {said.path: said.data}, LATER)
    with pytest.raises(CouldNotCheck, match="1 more entries"):
        sign_freeze(launch.path, ready, signer("luca"), LATER)


def deferral(launch):
    window = next((launch.path / "manifests/records").glob("*.launch-window.*"))
    payload = json.loads(base64.b64decode(json.loads(window.read_text())["payload"]))
    predicate = payload["predicate"]
    return LaunchDefer(
        deferred_at_unix_ms=LATER,
        launch_window_id=predicate["record"]["launch_window_id"],
        policy_digest=launch.anchor,
        reason="wait",
        scope_hash=predicate["preimages"]["metadata"]["scope_hash"],
    )


def test_a_ledger_of_another_launch_is_refused(launch, tmp_path):
    other = make_launch(tmp_path, name="other", policy=policy_text(extra=ONE) + "# another\n")
    sign_freeze(other.path, prepared(other), signer("luca"), LATER)
    path = find_ledger(None, "test-1", other.anchor)
    sign_freeze(launch.path, prepared(launch), signer("luca"), LATER)
    context = read_anchored(launch.path, launch.anchor, LATER)
    with pytest.raises(Refused):
        prepare_freeze(launch.path, context, signer("luca"), FreezeOptions(ledger=str(path)))


def test_the_report_has_its_schema(launch):
    words = ("freeze", "--key", launch.key_file("luca"), "--yes", "--anchor", launch.anchor)
    done = run("-C", launch.path, *words, "--format", "json")
    schema = json.loads((REPOSITORY / "docs/schemas/checkpoint.json").read_text("utf-8"))
    jsonschema.Draft202012Validator(schema).validate(done.document)
