"""Verdicts for the builders of launches: an honest freeze of some evidence, each part to be bent.

A test of a launch takes `verdict` of `tests.memory_launch` or `freeze` of `tests.disk_launch`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from aztrust.core.base.value import replace
from aztrust.core.formats.dsse import PAYLOAD_TYPE, encode_envelope, pae
from aztrust.core.formats.keys import PublicKey
from aztrust.core.formats.statement import Subject
from aztrust.core.policy.model import ROWS
from aztrust.core.records.checkpoint import FINAL, FREEZE, FREEZE_ROWS, Checkpoint, MatrixRow
from aztrust.core.records.verdict import VerdictStatement, verdict_subjects
from aztrust.core.state.context import Request, read_context
from aztrust.core.state.evidence import Evidence
from aztrust.signers.local import LocalSigner

# For policies of tests: luca is the launch coordinator.
ONE = "[verdicts]\nroles = { launch-coordinator = 1 }\n"
TWO = "[verdicts]\nroles = { launch-coordinator = 1, security-lead = 1 }\n"
NOTHING = "sha256:" + "0" * 64
WINDOW = "sha256:" + "3" * 64


def freeze_of(
    evidence: Evidence,
    key: PublicKey,
    at: int,
    *,
    subjects: Iterable[Subject] | None = None,
    rests_on: Iterable[str] | None = None,
    rows: Mapping[str, str] | None = None,
    policy_digest: str = "",
    **record: Any,
) -> VerdictStatement:
    """The freeze of what this evidence says, not signed yet.

    Args:
        evidence: manifests and records of the launch.
        key: the verifier.
        at: every time in it.
        subjects: instead of the manifests and artifacts.
        rests_on: instead of all effective records and all revocations.
        rows: status of some rows of the matrix, where it is not `pass`.
        policy_digest: instead of the policy's.
        record: fields of the checkpoint that are to be other ones.
    """
    context = read_context(Request(at), evidence)
    effective = context.records.effective
    if rests_on is None:
        rests_on = [u.record_id for u in effective.verified if effective.is_effective(u)]
    rests_on = tuple(sorted(set(rests_on)))
    packages = tuple(context.manifest_ids.values())
    matrix = tuple(
        MatrixRow(
            evidence=rests_on if row in ("approvals", "release-integrity") else packages,
            id=row,
            owner="launch-coordinator",
            status=(rows or {}).get(row, "pass"),
            timestamp_unix_ms=at,
        )
        for row in (ROWS if record.get("checkpoint_class") == FINAL else FREEZE_ROWS)
    )
    fields: dict[str, Any] = {
        "checkpoint_id": NOTHING,
        "launch_window_id": WINDOW,
        "checkpoint_class": FREEZE,
        "checkpoint_scope_hash": context.scope.hash if context.scope else NOTHING,
        "verdict": "pass",
        "timestamp_unix_ms": at,
    }
    if subjects is None and "release" in context.manifests:
        subjects = verdict_subjects(evidence.manifests, context.manifests["release"])
    statement = VerdictStatement(
        key=key,
        checkpoint=Checkpoint(**{**fields, **record}),
        matrix=matrix,
        policy_digest=policy_digest or context.policy_digest,
        subjects=tuple(subjects or ()),
        rests_on=rests_on,
        versions={"aztrust": "0.1.0"},
        guidance="CONTINUE" if record.get("verdict", "pass") == "pass" else "HOLD",
    )
    return statement if statement.passed else replace(statement, subjects=())


def signed(payload: bytes, signer: LocalSigner) -> bytes:
    """The envelope over a payload."""
    return encode_envelope(payload, signer.public.keyid, signer.sign(pae(PAYLOAD_TYPE, payload)))
