"""Verdicts: a checkpoint as a SLSA verification summary that other tools can read.

    {"_type": "https://in-toto.io/Statement/v1",
     "subject": [...],
     "predicateType": "https://slsa.dev/verification_summary/v1",
     "predicate": {"verifier": ..., "verificationResult": "PASSED", ...,
                   "urn:aztrust:launch-checkpoint:v1": {"record": {...}, "matrix": [...]}}}

Most of the summary repeats the record in SLSA's terms (https://slsa.dev/spec/v1.0). What follows
from something else is computed here, in one place, for building and for reading: a verdict that
says PASSED over a record that says hold is refused, because a reader of only one of the two would
be misled. docs/formats/verdict.md has the whole format.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, cast

from aztrust.core.base import canonical
from aztrust.core.base.digest import both, sha256_id
from aztrust.core.base.errors import Malformed
from aztrust.core.base.model import validate
from aztrust.core.base.text import cut
from aztrust.core.base.times import format_rfc3339
from aztrust.core.base.value import frozen
from aztrust.core.formats.dsse import VerifiedPayload
from aztrust.core.formats.keys import VerificationMaterial
from aztrust.core.formats.statement import STATEMENT_TYPE, Subject
from aztrust.core.package.manifest import Manifest
from aztrust.core.policy.model import PACKAGE_CLASSES, PackageClass
from aztrust.core.records.checkpoint import FINAL, Checkpoint, MatrixRow, completed, contradictions
from aztrust.core.records.contents import LedgerHead
from aztrust.core.records.summary import (
    CHECKPOINT_KEY,
    PREDICATE_TYPE,
    Payload,
    StatedFinding,
    VerdictSubject,
)

SLSA_VERSION: Final = "1.0"
_MANIFESTS: Final = tuple(f"manifests/{package_class}.json" for package_class in PACKAGE_CLASSES)


@frozen
class VerdictStatement:
    """What one key says about one checkpoint; everything else in the payload follows from it.

    Args:
        key: the signer's, which the statement names as its verifier.
        checkpoint: the record.
        matrix: what it was concluded from.
        policy_digest: the policy it was judged under.
        subjects: the files that passed, from `verdict_subjects`; () unless it is a pass.
        rests_on: ids of the signed records that were considered, revocations among them.
        versions: name of a program to its version; `aztrust` is always one.
        guidance: the guidance of AZ-28; CONTINUE for a pass and for nothing else. "" means
            CONTINUE with a pass and HOLD with anything else.
        findings: what is broken; () for a pass.
        ledger: the ledger as it was when it was considered, None where there was none.
    """

    key: VerificationMaterial
    checkpoint: Checkpoint
    matrix: tuple[MatrixRow, ...]
    policy_digest: str
    subjects: tuple[Subject, ...]
    rests_on: tuple[str, ...]
    versions: Mapping[str, str]
    guidance: str = ""
    findings: tuple[StatedFinding, ...] = ()
    ledger: LedgerHead | None = None

    @property
    def passed(self) -> bool:
        """Whether it says PASSED: for a `pass` and for nothing else."""
        return self.checkpoint.verdict == "pass"

    @property
    def may_pass(self) -> bool:
        """Whether a caller may rely on it: a `pass`, or a `conditional` that a gate allows."""
        return self.checkpoint.verdict in ("pass", "conditional")

    @property
    def finds_broken_truth(self) -> bool:
        """Whether it is a final check that says ABORT, which ends a scope before the start."""
        checkpoint = self.checkpoint
        is_one = checkpoint.checkpoint_class == FINAL and checkpoint.verdict == "fail"
        return is_one and self.guidance == "ABORT"

    @property
    def scope_hash(self) -> str:
        """The scope it is about."""
        return self.checkpoint.checkpoint_scope_hash


def verdict_subjects(
    manifests: Mapping[PackageClass, bytes], release: Manifest
) -> tuple[Subject, ...]:
    """The subjects of a verdict that passed: both manifests, and every artifact of the release.

    An artifact is named `release:PATH`, inside an archive `release:PATH!MEMBER`; one that serves
    two platforms is named once.
    """
    named = {
        f"manifests/{package_class}.json": both(manifests[package_class])
        for package_class in PACKAGE_CLASSES
    }
    subjects = [Subject(name, digests.sha256, digests.blake3) for name, digests in named.items()]
    for artifact in release.artifacts:
        inside = f"!{artifact.member}" if artifact.member is not None else ""
        name = f"release:{artifact.path}{inside}"
        subjects.append(Subject(name, artifact.sha256, artifact.blake3))
    return tuple(dict.fromkeys(subjects))


def build_verdict(statement: VerdictStatement) -> bytes:
    """The canonical payload bytes of a statement.

    `evidence_refs` and `checkpoint_id` are computed, whatever the checkpoint held in their place.

    Raises:
        Malformed: `record-malformed`: what could not be read back is not built.
    """
    payload = canonical.dumps(_document(statement))
    parse_verdict(VerifiedPayload(payload, sha256_id(payload), statement.key))
    return payload


def parse_verdict(verified: VerifiedPayload) -> VerdictStatement:
    """Read the verdict out of a payload whose signature was checked.

    Raises:
        Malformed: `record-unknown` for another predicateType, or a checkpoint of another version
            of aztrust's; `record-malformed` for everything else: not its own canonical form, a
            field too many or too few, anything that should follow from the record and does not.
    """
    name = f"verdict {verified.record_id.removeprefix('sha256:')[:16]}"
    fields = canonical.loads_canonical(verified.payload, what=name, code="record-malformed")
    _refuse_unknown(name, fields)
    payload = validate(Payload, fields, what=name, code="record-malformed", mend=_MEND)
    statement = _statement(payload, verified.key)
    for reason in _faults(statement, payload, _document(statement), cast("dict[str, Any]", fields)):
        raise Malformed(reason, subject=name, code="record-malformed", mend=_MEND)
    return statement


_MEND: Final = "ask its signer for the file again; a verdict is never edited by hand"


def _document(statement: VerdictStatement) -> dict[str, Any]:
    """The payload, with all that follows from the statement written out."""
    checkpoint = completed(statement.checkpoint, statement.matrix)
    scope, policy = checkpoint.checkpoint_scope_hash[7:], statement.policy_digest[7:]
    subjects = statement.subjects if statement.passed else (Subject("scope", f"sha256:{scope}"),)
    level = f"AZTRUST_{checkpoint.checkpoint_class.upper()}" if statement.passed else "FAILED"
    return {
        "_type": STATEMENT_TYPE,
        "subject": [_subject_json(subject) for subject in subjects],
        "predicateType": PREDICATE_TYPE,
        "predicate": {
            "verifier": {
                "id": f"urn:aztrust:verifier:{statement.key.keyid}",
                "version": dict(statement.versions),
            },
            "timeVerified": format_rfc3339(checkpoint.timestamp_unix_ms * 1_000_000),
            "resourceUri": f"urn:aztrust:scope:{scope}",
            "policy": {"uri": f"urn:aztrust:policy:{policy}", "digest": {"sha256": policy}},
            "inputAttestations": [
                {"uri": f"urn:aztrust:record:{id_[7:]}", "digest": {"sha256": id_[7:]}}
                for id_ in sorted(set(statement.rests_on))
            ],
            "verificationResult": "PASSED" if statement.passed else "FAILED",
            "verifiedLevels": [level],
            "slsaVersion": SLSA_VERSION,
            CHECKPOINT_KEY: {
                "record": checkpoint.model_dump(mode="json", exclude_none=True),
                "matrix": [row.model_dump(mode="json") for row in statement.matrix],
                "guidance": statement.guidance or ("CONTINUE" if statement.passed else "HOLD"),
                "findings": [finding.model_dump(mode="json") for finding in statement.findings],
                **_ledger_json(statement.ledger),
            },
        },
    }


def _ledger_json(head: LedgerHead | None) -> dict[str, Any]:
    return {} if head is None else {"ledger": head.model_dump(mode="json")}


def _statement(payload: Payload, key: VerificationMaterial) -> VerdictStatement:
    summary = payload.predicate
    stated = summary.launch_checkpoint
    passed = stated.record.verdict == "pass"
    return VerdictStatement(
        key=key,
        checkpoint=stated.record,
        matrix=stated.matrix,
        policy_digest=f"sha256:{summary.policy.digest.sha256}",
        subjects=tuple(map(_subject, payload.subject)) if passed else (),
        rests_on=tuple(f"sha256:{item.digest.sha256}" for item in summary.input_attestations),
        versions=summary.verifier.version,
        guidance=stated.guidance,
        findings=stated.findings,
        ledger=stated.ledger,
    )


def _faults(
    statement: VerdictStatement, payload: Payload, wanted: dict[str, Any], given: dict[str, Any]
) -> Iterator[str]:
    """Why a statement of the right shape is refused, the plainest reason first."""
    stated = payload.predicate.launch_checkpoint.record
    computed = completed(stated, statement.matrix)
    if stated.evidence_refs != computed.evidence_refs:
        yield "has evidence_refs that are not the evidence of its matrix, sorted"
    if stated != computed:
        yield "has a checkpoint_id that is not the digest of its record"
    yield from contradictions(stated, statement.matrix)
    if not set(statement.rests_on) <= set(stated.evidence_refs or ()):
        yield "rests on a record that no row of its matrix names"
    if "aztrust" not in statement.versions:
        yield "does not say which version of aztrust verified"
    for field, value in wanted["predicate"].items():
        if given["predicate"].get(field) != value:
            yield f"has a {field} that is not what its record, its policy and its signer make it"
    yield from _misguided(statement)
    if given["subject"] != wanted["subject"]:
        yield "did not pass, and names something else than its scope as its subject"
    names = [subject.name for subject in payload.subject]
    if len(set(names)) != len(names):
        yield "names a subject twice"
    if statement.passed and tuple(names[:2]) != _MANIFESTS:
        yield "passed, and does not begin with both manifests"
    if given != wanted:
        yield "is not as aztrust writes it"


def _misguided(statement: VerdictStatement) -> Iterator[str]:
    """Why the guidance is not one that the record bears out."""
    if (statement.guidance == "CONTINUE") != statement.passed:
        yield "says CONTINUE without a pass, or a pass without CONTINUE"
    if statement.passed and statement.findings:
        yield "passed, and names something that is broken"
    failed = statement.checkpoint.verdict == "fail"
    if statement.guidance == "ABORT" and not (failed and statement.findings):
        yield "says ABORT, and does not fail with what is broken"


def _refuse_unknown(name: str, fields: object) -> None:
    """Report what may be a newer format as such, before a model calls it broken (law 15)."""
    if not isinstance(fields, dict):
        return
    kind, predicate = fields.get("predicateType"), fields.get("predicate")
    parts = sorted(predicate) if isinstance(predicate, dict) else []
    strange = [p for p in parts if p.startswith("urn:aztrust:") and p != CHECKPOINT_KEY]
    if isinstance(kind, str) and kind != PREDICATE_TYPE:
        strange = [kind]
    if strange:
        raise Malformed(
            f"is of a kind or version that this aztrust does not know: {cut(strange[0], 80)}",
            subject=name,
            code="record-unknown",
            mend="use the version of aztrust that wrote it; a record belongs into"
            " manifests/records",
        )


def _subject_json(subject: Subject) -> dict[str, Any]:
    digest = {"sha256": subject.sha256.removeprefix("sha256:")}
    if subject.blake3 is not None:
        digest["blake3"] = subject.blake3.removeprefix("blake3:")
    return {"name": subject.name, "digest": digest}


def _subject(subject: VerdictSubject) -> Subject:
    blake3 = subject.digest.blake3
    return Subject(
        subject.name,
        f"sha256:{subject.digest.sha256}",
        None if blake3 is None else f"blake3:{blake3}",
    )
