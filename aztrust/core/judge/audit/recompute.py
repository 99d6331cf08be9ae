"""A signed verdict, computed again from what its signer knew, byte for byte (law 14).

    outcome = recompute(whole, verdict, stored)

The functions are those that made it: the checks, the rows, the conclusion and the statement. What
the files here do not hold (packages, an answer of the monitoring, a file that was shown) is taken
as the verdict states it, so that all the rest is compared; then the outcome is `not-recomputed`,
with the reasons.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from aztrust.core.base import canonical
from aztrust.core.base.digest import sha256_id
from aztrust.core.base.errors import Malformed
from aztrust.core.base.findings import CheckClass, CheckResult, Status, conclude
from aztrust.core.base.value import field, frozen, replace
from aztrust.core.checks import CHECKS, codes
from aztrust.core.checks.check import Stage
from aztrust.core.checks.final import FINAL_CHECKS
from aztrust.core.history.verdictset import HeldVerdict
from aztrust.core.judge.audit.difference import Difference, differences
from aztrust.core.judge.audit.known import Known, known_to
from aztrust.core.judge.audit.replayed import MONITORING, monitoring_of, shown_of
from aztrust.core.judge.checkpoint_draft import (
    Concluded,
    Signing,
    checkpoint_statement,
    conclude_checkpoint,
)
from aztrust.core.judge.final_matrix import conclude_final, open_blockers
from aztrust.core.judge.freeze_matrix import confirmations, in_window
from aztrust.core.judge.since_start import as_at_the_start
from aztrust.core.judge.verify import Verdict, exit_code_of, verify
from aztrust.core.judge.window_checkpoint import checkpoint_rows
from aztrust.core.package.manifest import package_id
from aztrust.core.policy.authority import verdict_role
from aztrust.core.policy.model import PACKAGE_CLASSES, PackageClass
from aztrust.core.records.checkpoint import FINAL, FREEZE
from aztrust.core.records.summary import StatedFinding
from aztrust.core.records.verdict import VerdictStatement, build_verdict
from aztrust.core.records.window import LaunchWindow
from aztrust.core.state.context import Context, Request, require_policy
from aztrust.core.state.evidence import Evidence
from aztrust.core.state.launch_state import Attempt
from aztrust.core.state.present_window import present_window

Result = Literal["recomputed", "differs", "not-recomputed"]
NO_PACKAGES: Final = "the packages are not here"
NO_MANIFESTS: Final = "the manifests of its scope are not here"
_LEDGER: Final = "/predicate/urn:aztrust:launch-checkpoint:v1/ledger/root"


@frozen
class Stored:
    """What a launch keeps next to its records, for anyone who recomputes.

    Args:
        sealed: package id to the manifest's bytes, of every package that was ever sealed.
        answers: digest to the bytes of answers of other programs.
        files: digests of files that are here: what a verdict shows may be one of them.
        roots: of the ledger, at the sizes that verdicts name.
        lacking: why the packages cannot be looked at, "" where they were read.
        taken: what of the packages is taken as it was sealed, because an archive cannot hold it.
    """

    sealed: Mapping[str, bytes] = field(default_factory=dict)
    answers: Mapping[str, bytes] = field(default_factory=dict)
    files: frozenset[str] = frozenset()
    roots: Mapping[int, bytes] = field(default_factory=dict)
    lacking: str = ""
    taken: tuple[str, ...] = ()


@frozen
class Outcome:
    """What came out for one verdict.

    Args:
        status: `recomputed` where the payload is the signed one, byte for byte.
        reasons: why it was not recomputed, or only in part; () for `recomputed`.
        different: where it differs, the cause first; () for every other status.
        entries: how many entries the ledger had for it; None where it names no ledger.
    """

    status: Result
    reasons: tuple[str, ...] = ()
    different: tuple[Difference, ...] = ()
    entries: int | None = None


def recompute(whole: Context, verdict: HeldVerdict, stored: Stored) -> Outcome:
    """Compute a verdict again, as of the ledger's head and the time that it names.

    Args:
        whole: everything that is known now, under the policy of the verdict; its packages as they
            were read in this run.
        verdict: one of its verdicts.
        stored: what is kept next to the records.
    """
    known = known_to(whole, verdict, stored.roots)
    outcome = _from(whole, known, verdict, stored)
    if outcome.status != "differs" or verdict.statement.ledger is not None:
        return outcome
    # Without a ledger nothing shows when a record arrived: a later one can claim an earlier time.
    named = known_to(whole, verdict, stored.roots, named_only=True)
    if _from(whole, named, verdict, stored).status == "differs":
        return outcome
    reason = (
        "it names no ledger, and a record with an earlier time is here that it does not consider:"
        " nothing shows which of them came first"
    )
    return replace(outcome, status="not-recomputed", reasons=(reason,), different=())


def _from(whole: Context, known: Known, verdict: HeldVerdict, stored: Stored) -> Outcome:
    statement = verdict.statement
    if known.fault:
        return Outcome("not-recomputed", (known.fault,), entries=known.size)
    if known.differs or known.evidence is None:
        stated = statement.ledger.root if statement.ledger is not None else ""
        different = Difference(_LEDGER, f'"{stated}"', f'"{known.differs}"')
        return Outcome("differs", different=(different,), entries=known.size)
    evidence, lacking = _of_scope(whole, known.evidence, statement, stored)
    if evidence is None:
        return Outcome("not-recomputed", (lacking,), entries=known.size)
    made = _Making(whole, verdict, stored, lacking)
    if evidence.packages:
        made.reasons += stored.taken
    try:
        payload = build_verdict(made.statement(evidence))
    except _NoAttempt as error:
        different = Difference("/predicate/resourceUri", f'"{statement.scope_hash}"', error.found)
        return Outcome("differs", different=(different,), entries=known.size)
    except Malformed as error:
        different = Difference("", "", error.message)
        return Outcome("differs", different=(different,), entries=known.size)
    reasons = tuple(made.reasons)
    if sha256_id(payload) == verdict.record_id:
        status: Result = "not-recomputed" if reasons else "recomputed"
        return Outcome(status, reasons, entries=known.size)
    signed, again = (_document(data) for data in (build_verdict(statement), payload))
    gone = _not_kept(statement, made.last)
    if gone:
        return Outcome("not-recomputed", (*reasons, gone), entries=known.size)
    return Outcome("differs", reasons, differences(signed, again), known.size)


def _document(payload: bytes) -> object:
    return canonical.loads(payload, what="a verdict", code="record-malformed")


class _NoAttempt(Exception):
    """What was known then has no such scope in no such window."""

    def __init__(self, found: str) -> None:
        super().__init__(found)
        self.found = found


class _Making:
    """One statement in the making, and what it takes from the verdict because it is not here."""

    def __init__(self, whole: Context, verdict: HeldVerdict, stored: Stored, lacking: str) -> None:
        self._whole, self._verdict, self._stored = whole, verdict, stored
        self._lacking = lacking
        self.reasons: list[str] = [lacking] if lacking else []
        self.last: VerdictStatement | None = None

    def statement(self, evidence: Evidence) -> VerdictStatement:
        """What would be signed from this evidence, in this version's name of the verdict.

        Raises:
            _NoAttempt: it is about no attempt of that time.
        """
        signed = self._verdict.statement
        checkpoint = signed.checkpoint
        kind, now = checkpoint.checkpoint_class, checkpoint.timestamp_unix_ms
        if kind == FINAL:
            monitoring = monitoring_of(self._whole, signed, self._stored.answers)
            evidence = replace(evidence, prometheus=monitoring)
        request = Request(
            now,
            anchor=signed.policy_digest,
            anchor_source="given",
            no_packages=self._lacking,
        )
        stage = Stage.APPROVED if kind == FREEZE else Stage.FROZEN
        checks = (*CHECKS, *FINAL_CHECKS) if kind == FINAL else CHECKS
        judged = self._supplied(verify(evidence, request, stage, checks))
        concluded = self._concluded(judged)
        signing = Signing(
            signed.key,
            verdict_role(require_policy(judged.context), self._verdict.holder),
            checkpoint.launch_window_id,
            now,
            blockers=() if kind == FREEZE else open_blockers(judged.context),
            also_rests_on=self._window_records() if kind == FREEZE else (),
            ledger=signed.ledger,
        )
        made = checkpoint_statement(concluded, signing)
        # What a version of aztrust computed is compared with what this one does: the name of the
        # version is the verdict's own.
        self.last = replace(made, versions=signed.versions)
        return self.last

    def _concluded(self, judged: Verdict) -> Concluded:
        context, signed = judged.context, self._verdict.statement
        kind = signed.checkpoint.checkpoint_class
        if kind == FREEZE:
            rows = confirmations(judged)
            concluded = conclude_checkpoint(judged, FREEZE, rows)
            for window in self._window_records():
                concluded = replace(concluded, rows=in_window(concluded.rows, window))
            return replace(concluded, of_scope=self._scope(context))
        attempt = self._attempt(context)
        if kind == FINAL:
            return replace(conclude_final(judged, attempt), of_scope=attempt.scope_hash)
        state = present_window(context, attempt)
        shown, absent = shown_of(context, signed, self._stored.files)
        self.reasons += absent
        found = checkpoint_rows(context, state, kind, shown)
        if state.started is not None:
            judged = self._supplied(as_at_the_start(judged, state.started)[0])
        found = tuple(self._as_stated(row) for row in found)
        concluded = conclude_checkpoint(judged, kind, found)
        return replace(concluded, of_scope=attempt.scope_hash)

    def _scope(self, context: Context) -> str:
        if context.scope is None:
            raise _NoAttempt("")
        return context.scope.hash

    def _attempt(self, context: Context) -> Attempt:
        checkpoint = self._verdict.statement.checkpoint
        wanted = (checkpoint.checkpoint_scope_hash, checkpoint.launch_window_id)
        for attempt in context.state.frozen_attempts:
            if (attempt.scope_hash, attempt.launch_window_id) == wanted:
                return attempt
        frozen_then = sorted(a.scope_hash for a in context.state.frozen_attempts)
        raise _NoAttempt(canonical.dumps(frozen_then).decode())

    def _window_records(self) -> tuple[str, ...]:
        """The record of the window in which a freeze was made: it may have been made with it."""
        signed = self._verdict.statement.checkpoint
        return tuple(
            record.record_id
            for record in self._whole.records.effective.verified
            if isinstance(record.body, LaunchWindow)
            and record.launch_window_id == signed.launch_window_id
            and record.record_id in (signed.evidence_refs or ())
        )[:1]

    def _supplied(self, judged: Verdict) -> Verdict:
        """The verification, with what is not here as the verdict states it."""
        results = tuple(self._as_stated(self._heard(result)) for result in judged.results)
        if results == judged.results:
            return judged
        conclusion, guidance = conclude(results)
        return Verdict(
            judged.context, results, conclusion, guidance, exit_code_of(results, judged.context)
        )

    def _heard(self, result: CheckResult) -> CheckResult:
        """An answer of the monitoring of which only the digest was kept."""
        stated = self._row(MONITORING)
        asked = result.id == MONITORING and result.status is Status.NOT_RUN
        if not asked or stated is None or result.detail != "the monitoring was not asked":
            return result
        if stated.status is not Status.PASS:
            return result
        self.reasons.append("the answer of the monitoring was not kept, only its digest")
        return replace(
            result,
            status=Status.PASS,
            evidence=stated.evidence,
            answered_unix_ms=stated.answered_unix_ms,
        )

    def _as_stated(self, result: CheckResult) -> CheckResult:
        """An answer that needs the packages, where they are not here: that of the verdict."""
        unread = self._lacking and self._lacking in f"{result.detail}"
        if not unread or result.status in (Status.PASS, Status.NOT_APPLICABLE):
            return result
        row = self._row(result.id)
        evidence = row.evidence if row is not None else result.evidence
        return replace(result, status=Status.PASS, evidence=evidence, findings=(), detail="")

    def _row(self, id_: str) -> CheckResult | None:
        """A row of the signed matrix."""
        for row in self._verdict.statement.matrix:
            if row.id == id_:
                return CheckResult(
                    id_,
                    CheckClass.READINESS,
                    Status(row.status),
                    evidence=tuple(row.evidence),
                    answered_unix_ms=row.timestamp_unix_ms,
                )
        return None


def _of_scope(
    whole: Context, evidence: Evidence, statement: VerdictStatement, stored: Stored
) -> tuple[Evidence | None, str]:
    """The evidence with manifests and packages of a verdict's scope, and what is not here."""
    scope = whole.scope
    if scope is not None and scope.hash == statement.scope_hash:
        if stored.lacking:
            return replace(evidence, packages={}), stored.lacking
        return evidence, ""
    manifests: dict[PackageClass, bytes] = {}
    for package_class, id_ in _package_ids(whole, statement).items():
        data = stored.sealed.get(id_)
        if data is not None and package_id(data) == id_:
            manifests[package_class] = data
    if len(manifests) < len(PACKAGE_CLASSES):
        return None, NO_MANIFESTS
    return (
        replace(evidence, manifests=manifests, packages={}),
        "the packages of its scope are not here: others took their place",
    )


def _package_ids(whole: Context, statement: VerdictStatement) -> dict[PackageClass, str]:
    window = whole.state.windows.get(statement.checkpoint.launch_window_id)
    attempt = Attempt(statement.scope_hash, statement.checkpoint.launch_window_id, (), window)
    if window is not None and window.scope_hash == statement.scope_hash:
        return {c: attempt.package_id(c) for c in PACKAGE_CLASSES}
    named = {subject.name: subject.sha256 for subject in statement.subjects}
    return {c: named.get(f"manifests/{c}.json", "") for c in PACKAGE_CLASSES}


def _not_kept(signed: VerdictStatement, again: VerdictStatement | None) -> str:
    """What a verdict that did not pass found and what is here does not show; "" for nothing.

    Its signer saw files as they were then. What was mended since is kept nowhere, and a verdict
    that stops something can only have been too careful. What follows from records is kept.
    """
    if signed.passed or again is None:
        return ""
    found = set(again.findings)
    gone = [f for f in signed.findings if f not in found and _is_of_files(f)]
    if not gone:
        return ""
    first, more = gone[0], len(gone) - 1
    also = f", and {more} more" if more else ""
    return f"what it found is not here any more: {first.code} in {first.subject}{also}"


def _is_of_files(finding: StatedFinding) -> bool:
    """Whether a finding is about files or an answer of that time, and not about records."""
    check, _ = codes().get(finding.code, (None, None))
    is_truth = check is not None and check.check_class is CheckClass.TRUTH
    return is_truth or finding.subject == MONITORING or finding.subject.startswith("manifests/")
