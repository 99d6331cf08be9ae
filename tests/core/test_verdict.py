"""Verdicts as bytes: what is built reads back, and nothing that contradicts itself is read."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from aztrust.core.base import canonical
from aztrust.core.base.digest import both, sha256_id
from aztrust.core.base.errors import Malformed
from aztrust.core.base.value import replace
from aztrust.core.checks.check import Stage
from aztrust.core.formats.dsse import VerifiedPayload
from aztrust.core.formats.statement import Subject
from aztrust.core.policy.model import MACHINE_ROWS, ROWS
from aztrust.core.records.checkpoint import (
    FREEZE_ROWS,
    Checkpoint,
    CheckpointClass,
    MatrixRow,
    checkpoint_id,
    completed,
)
from aztrust.core.records.contents import LedgerHead
from aztrust.core.records.summary import StatedFinding
from aztrust.core.records.verdict import VerdictStatement, build_verdict, parse_verdict
from tests.memory_launch import ARCHIVE, MEMBER, NOW, PEOPLE, Launch, signer
from tests.shared import shared_path
from tests.verdicts import NOTHING, ONE, WINDOW, freeze_of

CHECKPOINT = "urn:aztrust:launch-checkpoint:v1"
CLASSES = CheckpointClass.__args__  # type: ignore[attr-defined]
LUCA = PEOPLE["luca"].public()


@pytest.fixture(scope="module")
def launch() -> Launch:
    return Launch.approved(verdicts=ONE)


def document(launch: Launch, **changes: Any) -> dict[str, Any]:
    value = json.loads(build_verdict(freeze_of(launch.evidence(), LUCA, NOW, **changes)))
    assert isinstance(value, dict)
    return value


def read(value: object, by: str = "luca"):
    data = value if isinstance(value, bytes) else canonical.dumps(value)
    return parse_verdict(VerifiedPayload(data, sha256_id(data), PEOPLE[by].public()))


def refused(value: object, by: str = "luca") -> Malformed:
    with pytest.raises(Malformed) as caught:
        read(value, by)
    assert caught.value.subject.startswith("verdict ")
    return caught.value


def record_of(value: dict[str, Any]) -> dict[str, Any]:
    return value["predicate"][CHECKPOINT]["record"]


def with_id(value: dict[str, Any]) -> dict[str, Any]:
    """The document with the id that its bent record has."""
    record = record_of(value)
    fields = {k: v for k, v in record.items() if k != "checkpoint_id"}
    record["checkpoint_id"] = sha256_id(canonical.dumps(fields))
    return value


# ---- what is built -------------------------------------------------------------------------------


@pytest.mark.clause("AZ-17.2")
def test_a_freeze_reads_back_as_what_was_signed(launch):
    statement = freeze_of(launch.evidence(), LUCA, NOW)
    payload = build_verdict(statement)
    again = read(payload)
    assert again == replace(statement, checkpoint=completed(statement.checkpoint, statement.matrix))
    assert build_verdict(again) == payload
    assert again.passed
    assert again.scope_hash == launch.verify().context.scope.hash
    assert [row.id for row in again.matrix] == list(FREEZE_ROWS)
    assert again.checkpoint.checkpoint_id == checkpoint_id(again.checkpoint)


@pytest.mark.clause("AZ-17.2")
def test_the_record_has_exactly_the_fields_of_the_source():
    assert set(Checkpoint.model_json_schema()["properties"]) == {
        *("checkpoint_id", "launch_window_id", "checkpoint_class", "checkpoint_scope_hash"),
        *("verdict", "blocker_root", "evidence_refs", "timestamp_unix_ms"),
    }
    assert len(CLASSES) == 8


def test_the_summary_says_it_in_the_words_of_slsa(launch):
    predicate = document(launch)["predicate"]
    scope = launch.verify().context.scope.hash[7:]
    assert predicate["verifier"]["id"] == f"urn:aztrust:verifier:{LUCA.keyid}"
    assert predicate["timeVerified"] == "2026-01-15T18:00:00Z"
    assert predicate["resourceUri"] == f"urn:aztrust:scope:{scope}"
    assert predicate["policy"]["digest"] == {"sha256": launch.anchor[7:]}
    assert predicate["verificationResult"] == "PASSED"
    assert predicate["verifiedLevels"] == ["AZTRUST_FREEZE_CONFIRMED"]
    assert len(predicate["inputAttestations"]) == len(launch.records)
    # Against a real summary: the same names, and the same kinds of values.
    line = shared_path("vectors/vsa/gke-gce-pre.bcid-vsa.jsonl").read_bytes().splitlines()[0]
    real = json.loads(base64.b64decode(json.loads(line)["payload"]))
    assert real["_type"] == document(launch)["_type"]
    assert real["predicateType"] == document(launch)["predicateType"]
    assert real["predicate"].keys() <= predicate.keys()
    assert all(type(v) is type(predicate[k]) for k, v in real["predicate"].items())


def test_one_binary_can_be_looked_up_in_a_pass(launch):
    subjects = {s["name"]: s["digest"] for s in document(launch)["subject"]}
    assert list(subjects) == [
        *("manifests/release.json", "manifests/genesis.json", "release:node.tar.gz!bin/node")
    ]
    assert subjects["manifests/release.json"]["sha256"] == launch.package_id("release")[7:]
    digests = both(MEMBER)
    assert subjects["release:node.tar.gz!bin/node"] == {
        "sha256": digests.sha256[7:],
        "blake3": digests.blake3[7:],
    }


@pytest.mark.parametrize("verdict", ["fail", "hold", "conditional"])
def test_what_did_not_pass_names_nothing_but_the_scope(launch, verdict):
    value = document(launch, verdict=verdict, rows={"scope": "fail"})
    assert value["predicate"]["verificationResult"] == "FAILED"
    assert value["predicate"]["verifiedLevels"] == ["FAILED"]
    scope = launch.verify().context.scope.hash[7:]
    assert value["subject"] == [{"name": "scope", "digest": {"sha256": scope}}]
    assert sha256_id(ARCHIVE)[7:] not in json.dumps(value["subject"])
    assert not read(value).passed
    # Also by a signer who lists files: nothing foreign may find one in it.
    bent = {**value, "subject": document(launch)["subject"]}
    assert "something else than its scope" in refused(bent).message


@pytest.mark.parametrize("checkpoint_class", CLASSES)
def test_every_class_has_its_level(launch, checkpoint_class):
    value = document(launch, checkpoint_class=checkpoint_class)
    assert value["predicate"]["verifiedLevels"] == [f"AZTRUST_{checkpoint_class.upper()}"]
    assert read(value).checkpoint.checkpoint_class == checkpoint_class


def test_an_artifact_for_two_platforms_is_named_once():
    launch = Launch.approved(verdicts=ONE)
    artifact = launch.verify().context.manifests["release"].artifacts[0]
    other = artifact.model_copy(update={"platform": "linux/arm64"})
    launch.manifest("release", artifacts=(artifact, other))
    launch.manifest("genesis")
    assert len(document(launch)["subject"]) == 3


def test_the_same_is_built_whatever_the_order(launch):
    statement = freeze_of(launch.evidence(), LUCA, NOW)
    shuffled = replace(statement, rests_on=tuple(reversed(statement.rests_on)) * 2)
    assert build_verdict(shuffled) == build_verdict(statement)


# ---- what contradicts itself ---------------------------------------------------------------------


def relabelled_passed(launch: Launch) -> dict[str, Any]:
    value = document(launch, verdict="fail", rows={"scope": "fail"})
    value["predicate"]["verificationResult"] = "PASSED"
    return value


def pass_relabelled_failed(launch: Launch) -> dict[str, Any]:
    value = document(launch)
    value["predicate"]["verificationResult"] = "FAILED"
    return value


def levels(*names: str):
    def bend(launch: Launch) -> dict[str, Any]:
        value = document(launch)
        value["predicate"]["verifiedLevels"] = list(names)
        return value

    return bend


def field(name: str, key: str, change: Any):
    def bend(launch: Launch) -> dict[str, Any]:
        value = document(launch)
        value["predicate"][name][key] = change
        return value

    return bend


def plain(name: str, change: Any):
    def bend(launch: Launch) -> dict[str, Any]:
        value = document(launch)
        value["predicate"][name] = change
        return value

    return bend


def in_record(**changes: Any):
    def bend(launch: Launch) -> dict[str, Any]:
        value = document(launch)
        record_of(value).update(changes)
        return with_id(value)

    return bend


def in_rows(change):
    def bend(launch: Launch) -> dict[str, Any]:
        value = document(launch)
        change(value["predicate"][CHECKPOINT]["matrix"])
        return value

    return bend


@pytest.mark.parametrize(
    ("bend", "says"),
    [
        (relabelled_passed, "verificationResult"),
        (pass_relabelled_failed, "verificationResult"),
        (levels("AZTRUST_FINAL_CHECKS_COMPLETED"), "verifiedLevels"),
        (levels("AZTRUST_FREEZE_CONFIRMED", "SLSA_BUILD_LEVEL_3"), "verifiedLevels"),
        (levels("FAILED"), "verifiedLevels"),
        (levels(), "verifiedLevels"),
        (field("verifier", "id", f"urn:aztrust:verifier:{PEOPLE['rita'].public().keyid}"), "verif"),
        (field("verifier", "version", {}), "which version of aztrust"),
        (plain("timeVerified", "2026-01-15T18:00:00.000Z"), "timeVerified"),
        (plain("timeVerified", "2026-01-15T19:00:00Z"), "timeVerified"),
        (plain("resourceUri", "urn:aztrust:scope:" + "1" * 64), "resourceUri"),
        (field("policy", "uri", "urn:aztrust:policy:" + "1" * 64), "policy"),
        (plain("policy", {"uri": "urn:aztrust:policy:" + "1" * 64}), "digest is missing"),
        (plain("policy", {"uri": "x", "digest": {}}), "sha256 is missing"),
        (plain("slsaVersion", "1.1"), "slsaVersion"),
        (plain("inputAttestations", []), ""),
        (in_record(checkpoint_scope_hash=NOTHING), "resourceUri"),
        (in_record(verdict="fail"), "verificationResult"),
        (in_record(checkpoint_class="go_hold_review_completed"), "verifiedLevels"),
        (in_record(timestamp_unix_ms=NOW + 1), "timeVerified"),
        (in_record(evidence_refs=[NOTHING]), "evidence_refs"),
        (in_record(verdict="passed"), "verdict"),
        (in_record(checkpoint_class="go_hold_review"), "checkpoint_class"),
        (in_record(blocker_root=None), "checkpoint_id"),
        (in_record(timestamp_unix_ms=2**53 - 1), "timestamp_unix_ms"),
        (in_record(timestamp_unix_ms=-1), "timestamp_unix_ms"),
        (in_record(network="devnet"), "unknown key"),
        (in_rows(lambda rows: rows.pop()), "six confirmations"),
        (in_rows(lambda rows: rows.reverse()), "six confirmations"),
        (in_rows(lambda rows: rows.append(rows[0])), "twice"),
        (in_rows(lambda rows: rows.clear()), "matrix"),
        (in_rows(lambda rows: rows[4].update(status="hold")), "status"),
        (in_rows(lambda rows: rows[4].update(status="not_run")), "its row scope says not_run"),
        (in_rows(lambda rows: rows[4].update(status="not_applicable")), "not_applicable"),
        (in_rows(lambda rows: rows[4].update(timestamp_unix_ms=NOW + 1)), "later than the record"),
        (in_rows(lambda rows: rows[3].update(evidence=[])), "evidence_refs"),
    ],
)
def test_what_does_not_follow_from_the_record_is_refused(launch, bend, says):
    value = bend(launch)
    if value["predicate"]["inputAttestations"] == []:
        # It may rest on fewer records than its matrix names, and must not on more.
        assert read(value).rests_on == ()
        return
    error = refused(value)
    assert error.code == "record-malformed"
    assert says in f"{error.message} {error.details}"


def test_a_wrong_checkpoint_id_is_refused(launch):
    value = document(launch)
    record_of(value)["checkpoint_id"] = NOTHING
    assert "checkpoint_id" in refused(value).message
    value = document(launch)
    record_of(value)["launch_window_id"] = NOTHING
    assert "checkpoint_id" in refused(value).message


def test_absent_is_not_null(launch):
    value = document(launch)
    record_of(value)["blocker_root"] = None
    assert CHECKPOINT in refused(value).message
    assert read(document(launch, blocker_root=NOTHING)).checkpoint.blocker_root == NOTHING


def test_it_rests_on_nothing_that_its_matrix_does_not_name(launch):
    value = document(launch)
    value["predicate"]["inputAttestations"].append(
        {"uri": "urn:aztrust:record:" + "f" * 64, "digest": {"sha256": "f" * 64}}
    )
    assert "no row of its matrix names" in refused(value).message
    for attestations in (
        list(reversed(document(launch)["predicate"]["inputAttestations"])),
        document(launch)["predicate"]["inputAttestations"] * 2,
    ):
        value = document(launch)
        value["predicate"]["inputAttestations"] = attestations
        assert "inputAttestations" in refused(value).message


def test_a_pass_with_nothing_that_passed_is_refused(launch):
    row = MatrixRow(evidence=(), id="x", owner="o", status="not_applicable", timestamp_unix_ms=NOW)
    statement = freeze_of(
        launch.evidence(), LUCA, NOW, checkpoint_class="go_hold_review_completed", rests_on=()
    )
    with pytest.raises(Malformed, match="no row of its matrix does"):
        build_verdict(replace(statement, matrix=(row,)))
    passing = row.model_copy(update={"status": "pass", "id": "y"})
    assert read(build_verdict(replace(statement, matrix=(row, passing))))


# ---- final checks --------------------------------------------------------------------------------

BROKEN = StatedFinding(actual="", code="file-modified", expected="", subject="release:x")
HEAD = LedgerHead(keeper=NOTHING, origin="ledger.test", root=NOTHING, size=7)


def final(launch: Launch, **changes: Any) -> VerdictStatement:
    fields = {"checkpoint_class": "final_checks_completed", **changes}
    return freeze_of(launch.evidence(), LUCA, NOW, **fields)


@pytest.mark.clause("AZ-6.2", "AZ-23.1")
def test_a_final_check_has_its_twelve_rows_in_their_order(launch):
    statement = final(launch)
    assert [row.id for row in read(build_verdict(statement)).matrix] == list(ROWS)
    for matrix in (
        statement.matrix[:-1],
        tuple(reversed(statement.matrix)),
        (*statement.matrix, statement.matrix[0].model_copy(update={"id": "another"})),
    ):
        with pytest.raises(Malformed, match="twelve rows"):
            build_verdict(replace(statement, matrix=matrix))


@pytest.mark.parametrize("row", ROWS)
def test_only_what_people_answer_may_be_not_applicable(launch, row):
    statement = final(launch, rows={row: "not_applicable"})
    if row in MACHINE_ROWS:
        with pytest.raises(Malformed, match=f"its row {row} says not_applicable"):
            build_verdict(statement)
    else:
        assert read(build_verdict(statement)).passed


@pytest.mark.parametrize("status", ["fail", "error", "not_run"])
def test_a_pass_over_an_open_row_is_refused(launch, status):
    with pytest.raises(Malformed, match=f"its row monitoring-live says {status}"):
        build_verdict(final(launch, rows={"monitoring-live": status}))


@pytest.mark.clause("AZ-28")
@pytest.mark.parametrize(
    ("verdict", "guidance", "findings", "says"),
    [
        ("pass", "HOLD", (), "CONTINUE"),
        ("pass", "ABORT", (BROKEN,), "CONTINUE"),
        ("pass", "CONTINUE", (BROKEN,), "names something that is broken"),
        ("fail", "CONTINUE", (BROKEN,), "CONTINUE"),
        ("hold", "CONTINUE", (), "CONTINUE"),
        ("hold", "ABORT", (BROKEN,), "ABORT"),
        ("conditional", "ABORT", (BROKEN,), "ABORT"),
        ("fail", "ABORT", (), "ABORT"),
        ("fail", "ABORT", (BROKEN,), ""),
        ("fail", "HOLD", (BROKEN,), ""),
        ("hold", "DEFER", (), ""),
        ("conditional", "HOLD", (), ""),
    ],
)
def test_guidance_is_one_that_the_record_bears_out(launch, verdict, guidance, findings, says):
    statement = replace(final(launch, verdict=verdict), guidance=guidance, findings=findings)
    if says:
        with pytest.raises(Malformed, match=says):
            build_verdict(statement)
        return
    again = read(build_verdict(statement))
    assert (again.guidance, again.findings) == (guidance, findings)


@pytest.mark.parametrize("verdict", ["pass", "hold"])
def test_the_ledger_that_was_considered_reads_back(launch, verdict):
    statement = replace(final(launch, verdict=verdict), ledger=HEAD)
    assert read(build_verdict(statement)).ledger == HEAD
    assert read(build_verdict(replace(statement, ledger=None))).ledger is None
    value = json.loads(build_verdict(statement))
    for bend in ({"size": -1}, {"root": "x"}, {"origin": ""}, {"keeper": None}, {"time": 1}):
        value["predicate"][CHECKPOINT]["ledger"] = {**HEAD.model_dump(mode="json"), **bend}
        assert refused(value).code == "record-malformed"


@pytest.mark.parametrize("missing", ["guidance", "findings"])
def test_guidance_and_findings_are_always_there(launch, missing):
    value = document(launch)
    del value["predicate"][CHECKPOINT][missing]
    assert refused(value).code == "record-malformed"


# ---- subjects ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("subjects", "says"),
    [
        ((), "subject"),
        ((Subject("scope", NOTHING),), "both manifests"),
        ((Subject("manifests/genesis.json", NOTHING),), "both manifests"),
        (
            (
                Subject("manifests/release.json", NOTHING),
                Subject("manifests/genesis.json", NOTHING),
                Subject("manifests/genesis.json", WINDOW),
            ),
            "twice",
        ),
        (
            (
                Subject("manifests/release.json", NOTHING, NOTHING),
                Subject("manifests/genesis.json", NOTHING),
            ),
            "blake3",
        ),
    ],
)
def test_a_pass_names_both_manifests_first_and_each_file_once(launch, subjects, says):
    with pytest.raises(Malformed) as caught:
        build_verdict(freeze_of(launch.evidence(), LUCA, NOW, subjects=subjects))
    assert says in caught.value.message


# ---- bytes ---------------------------------------------------------------------------------------


def test_another_key_cannot_say_it(launch):
    assert "verifier" in refused(document(launch), by="rita").message


@pytest.mark.parametrize(
    "spell",
    [
        lambda data: data + b"\n",
        lambda data: b" " + data,
        lambda data: json.dumps(json.loads(data), indent=1).encode(),
        lambda data: data.replace(
            b'"slsaVersion":"1.0"', b'"slsaVersion":"1.0","slsaVersion":"1.0"'
        ),
        lambda data: data.replace(
            b'"verificationResult":"PASSED"',
            b'"verificationResult":"FAILED","verificationResult":"PASSED"',
        ),
        lambda data: data.replace(b'"PASSED"', b'"\\u0050ASSED"'),
        lambda data: data.replace(b"1768500000000", b"1768500000000.0"),
        lambda data: b"\xef\xbb\xbf" + data,
        lambda data: data[:-1],
    ],
)
def test_one_payload_has_one_spelling(launch, spell):
    data = canonical.dumps(document(launch))
    bent = spell(data)
    assert bent != data
    assert refused(bent).code == "record-malformed"


@pytest.mark.parametrize(
    ("where", "key", "code"),
    [
        ("", "more", "record-malformed"),
        ("predicate", "more", "record-malformed"),
        ("predicate", "dependencyLevels", "record-malformed"),
        ("predicate", "https://example.org/ours", "record-malformed"),
        ("predicate", "time_verified", "record-malformed"),
        ("predicate", "urn:aztrust:launch-checkpoint:v2", "record-unknown"),
        ("predicate", "urn:aztrust:ledger-head:v1", "record-unknown"),
        ("verifier", "more", "record-malformed"),
        ("policy", "more", "record-malformed"),
        (CHECKPOINT, "ledger", "record-malformed"),
    ],
)
def test_an_unknown_part_is_not_ignored(launch, where, key, code):
    value = document(launch)
    place = {"": value, "predicate": value["predicate"]}.get(where)
    place = value["predicate"][where] if place is None else place
    place[key] = {}
    assert refused(value).code == code


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("https://slsa.dev/verification_summary/v2", "record-unknown"),
        ("https://slsa.dev/verification_summary/v0.2", "record-unknown"),
        ("https://slsa.dev/provenance/v1", "record-unknown"),
        ("urn:aztrust:revocation:v1", "record-unknown"),
        (1, "record-malformed"),
    ],
)
def test_another_predicate_is_unknown_and_may_be_anything(launch, kind, code):
    assert refused({**document(launch), "predicateType": kind}).code == code


def test_a_newer_checkpoint_alone_is_unknown(launch):
    value = document(launch)
    value["predicate"]["urn:aztrust:launch-checkpoint:v2"] = value["predicate"].pop(CHECKPOINT)
    assert refused(value).code == "record-unknown"
    del value["predicate"]["urn:aztrust:launch-checkpoint:v2"]
    assert refused(value).code == "record-malformed"


@pytest.mark.parametrize("value", [[], {}, "x", None, 7, {"predicate": []}])
def test_anything_else_is_malformed(value):
    assert refused(value).code == "record-malformed"


def test_the_python_names_of_fields_are_not_a_second_spelling(launch):
    value = document(launch)
    value["predicate"]["time_verified"] = value["predicate"].pop("timeVerified")
    assert refused(value).code == "record-malformed"
    for key, name in (("_type", "type_"), ("predicateType", "predicate_type")):
        value = document(launch)
        value[name] = value.pop(key)
        assert refused(value).code == "record-malformed"


def test_a_verdict_among_the_records_is_not_overlooked():
    launch = Launch.approved(verdicts=ONE)
    launch.verdict()
    launch.records["x.json"] = launch.verdicts.popitem()[1]
    verdict = launch.verify(Stage.APPROVED)
    assert [f.code for r in verdict.results for f in r.findings] == ["record-unknown"]
    assert verdict.exit_code == 1


def test_the_signer_is_the_rehearsals():
    assert signer("luca").public == LUCA
