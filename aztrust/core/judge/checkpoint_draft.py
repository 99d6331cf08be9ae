"""From what a verification found to the checkpoint that someone signs (AZ-17.2).

    concluded = conclude_checkpoint(verdict, "freeze_confirmed", confirmations(verdict))
    statement = checkpoint_statement(concluded, Signing(key, role, window, now))

The rows of a checkpoint are check results, too: a row that did not pass keeps the checkpoint from
passing, as any check does. What a verdict rests on is what its rows name as evidence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final, cast

from aztrust.core.base import canonical
from aztrust.core.base.errors import NothingToVerify
from aztrust.core.base.findings import (
    GUIDANCE_PRECEDENCE,
    CheckResult,
    Conclusion,
    Finding,
    Guidance,
    Status,
    conclude,
    guidance_of,
)
from aztrust.core.base.value import frozen, replace
from aztrust.core.formats.keys import VerificationMaterial
from aztrust.core.formats.merkle import ids_root
from aztrust.core.judge.verify import EXIT_ERROR, EXIT_FAIL, EXIT_PARTIAL, EXIT_PASS, Verdict
from aztrust.core.policy.scope import Scope
from aztrust.core.records.checkpoint import (
    Checkpoint,
    CheckpointClass,
    CheckpointVerdict,
    MatrixRow,
    RowStatus,
)
from aztrust.core.records.contents import LedgerHead
from aztrust.core.records.summary import StatedFinding
from aztrust.core.records.verdict import VerdictStatement, verdict_subjects
from aztrust.core.state.context import Context

# A record is 4 MiB at most, in base64; of a million broken files it lists the first ones.
_FINDINGS_BYTES: Final = 1 << 20
_CUT: Final = 2000
_ID: Final = re.compile(r"sha256:[0-9a-f]{64}")
_NOTHING: Final = "sha256:" + "0" * 64
# An error is recorded as a hold (AZ-17.4): nothing was shown to be broken.
_RECORDED: Final[dict[Conclusion, CheckpointVerdict]] = {
    Conclusion.PASS: "pass",
    Conclusion.CONDITIONAL: "conditional",
    Conclusion.HOLD: "hold",
    Conclusion.ERROR: "hold",
    Conclusion.FAIL: "fail",
}

_EXIT: Final[dict[Conclusion, int]] = {
    Conclusion.PASS: EXIT_PASS,
    Conclusion.CONDITIONAL: EXIT_PARTIAL,
    Conclusion.HOLD: EXIT_PARTIAL,
    Conclusion.ERROR: EXIT_ERROR,
    Conclusion.FAIL: EXIT_FAIL,
}


@frozen
class Concluded:
    """A checkpoint that is not signed yet.

    Args:
        verdict: what was verified.
        checkpoint_class: which checkpoint.
        rows: the matrix, as answers.
        conclusion: of all checks and all rows together.
        guidance: the worst of all of them.
        findings: what is broken, the worst first, each fact once.
        of_scope: the scope it is about, "" for that of the packages and policy here.
    """

    verdict: Verdict
    checkpoint_class: CheckpointClass
    rows: tuple[CheckResult, ...]
    conclusion: Conclusion
    guidance: Guidance
    findings: tuple[Finding, ...]
    of_scope: str = ""

    @property
    def context(self) -> Context:
        """The parsed evidence."""
        return self.verdict.context

    @property
    def passed(self) -> bool:
        """Whether its verdict will say PASSED."""
        return self.conclusion is Conclusion.PASS

    @property
    def recorded(self) -> CheckpointVerdict:
        """The conclusion as the record writes it."""
        return _RECORDED[self.conclusion]

    def reported(self, *, signed: bool) -> Verdict:
        """The verification with the conclusion and the exit code of the checkpoint.

        Args:
            signed: whether all who must have signed that it passed; without that it has not passed.
        """
        conclusion, guidance = self.conclusion, self.guidance
        if self.passed and not signed:
            conclusion, guidance = Conclusion.CONDITIONAL, Guidance.HOLD
        return replace(
            self.verdict, conclusion=conclusion, guidance=guidance, exit_code=_EXIT[conclusion]
        )

    @property
    def evidence(self) -> frozenset[str]:
        """Every id that a row names."""
        return frozenset(id_ for row in self.rows for id_ in row.evidence)

    @property
    def scope_hash(self) -> str:
        """The scope it is about.

        Raises:
            NothingToVerify: there is none.
        """
        return self.of_scope or require_scope(self.context).hash


@frozen
class Signing:
    """Who signs a checkpoint, in which role, for which window, when.

    Args:
        key: the signer's.
        role: the owner of every row that names none.
        launch_window_id: the attempt's.
        now_unix_ms: every time in it that is not a row's own.
        blockers: ids of the open ones.
        also_rests_on: ids of records that a row names and that the verification did not see,
            because they were made after it.
        ledger: as it was when it was considered.
    """

    key: VerificationMaterial
    role: str
    launch_window_id: str
    now_unix_ms: int
    blockers: tuple[str, ...] = ()
    also_rests_on: tuple[str, ...] = ()
    ledger: LedgerHead | None = None


def conclude_checkpoint(
    verdict: Verdict, checkpoint_class: CheckpointClass, rows: Iterable[CheckResult]
) -> Concluded:
    """What a verification and the rows of a checkpoint amount to, by precedence (design 3)."""
    rows = tuple(rows)
    answers = (*verdict.results, *rows)
    # A check of a later stage does not count for this one; as a row it does (law 2).
    conclusion, guidance = conclude(answers)
    return Concluded(verdict, checkpoint_class, rows, conclusion, guidance, _findings(answers))


def checkpoint_statement(concluded: Concluded, signing: Signing) -> VerdictStatement:
    """The statement to be signed. The same arguments give the same bytes (law 14).

    Raises:
        NothingToVerify: there is no scope.
    """
    context = concluded.context
    now = signing.now_unix_ms
    matrix = tuple(_matrix_row(row, signing) for row in concluded.rows)
    checkpoint = Checkpoint(
        checkpoint_id=_NOTHING,
        launch_window_id=signing.launch_window_id,
        checkpoint_class=concluded.checkpoint_class,
        checkpoint_scope_hash=concluded.scope_hash,
        verdict=concluded.recorded,
        blocker_root=ids_root(signing.blockers) if signing.blockers else None,
        timestamp_unix_ms=now,
    )
    subjects = (
        verdict_subjects(context.evidence.manifests, context.manifests["release"])
        if concluded.passed
        else ()
    )
    named = {id_ for row in matrix for id_ in row.evidence}
    return VerdictStatement(
        key=signing.key,
        checkpoint=checkpoint,
        matrix=matrix,
        policy_digest=context.policy_digest,
        subjects=subjects,
        rests_on=tuple(sorted(named & (known_records(context) | set(signing.also_rests_on)))),
        versions=versions(),
        guidance=_guidance(concluded).value,
        findings=() if concluded.passed else tuple(_stated(concluded.findings)),
        ledger=signing.ledger,
    )


def require_scope(context: Context) -> Scope:
    """The scope of the packages and policy here.

    Raises:
        NothingToVerify: there is none: a package is not sealed, or a manifest cannot be read.
    """
    scope = context.scope
    if scope is not None:
        return scope
    unread = "; ".join(error.message for error in context.manifest_errors.values())
    raise NothingToVerify(
        f"there is no scope: {unread or 'both packages must be sealed'}",
        subject="scope",
        mend="aztrust seal release, then aztrust seal genesis",
    )


def known_records(context: Context) -> frozenset[str]:
    """The ids of every signed record and verdict that is known here."""
    records = {u.record_id for u in context.records.effective.verified}
    return frozenset(records | {v.record_id for v in context.verdicts.verdicts})


def versions() -> dict[str, str]:
    """What a verdict says it was made with."""
    from aztrust.core.base.version import __version__

    return {"aztrust": __version__}


def _matrix_row(row: CheckResult, signing: Signing) -> MatrixRow:
    status = Status.NOT_RUN if row.status is Status.PENDING else row.status
    return MatrixRow(
        evidence=tuple(sorted({id_ for id_ in row.evidence if _ID.fullmatch(id_)})),
        id=row.id,
        owner=row.owner or signing.role,
        status=cast("RowStatus", status.value),
        timestamp_unix_ms=row.answered_unix_ms or signing.now_unix_ms,
    )


def _guidance(concluded: Concluded) -> Guidance:
    """CONTINUE goes with a pass, and with nothing else."""
    if concluded.passed or concluded.guidance is not Guidance.CONTINUE:
        return concluded.guidance
    return Guidance.HOLD


def _stated(findings: Iterable[Finding]) -> Iterator[StatedFinding]:
    """The findings as a verdict names them: all of them, up to what fits into a record."""
    room = _FINDINGS_BYTES
    for finding in findings:
        stated = StatedFinding(
            actual=finding.actual[:_CUT],
            code=finding.code,
            expected=finding.expected[:_CUT],
            subject=finding.subject[:_CUT],
        )
        room -= len(canonical.dumps(stated.model_dump(mode="json")))
        if room < 0:
            return
        yield stated


def _findings(answers: tuple[CheckResult, ...]) -> tuple[Finding, ...]:
    troubled = [r for r in answers if r.status in (Status.FAIL, Status.ERROR)]
    troubled.sort(key=lambda r: GUIDANCE_PRECEDENCE.index(guidance_of(r)))
    unique = {(f.code, f.subject, f.expected, f.actual): f for r in troubled for f in r.findings}
    return tuple(unique.values())
