"""The matrix of the final checks (AZ-6.2, AZ-23.1): from a whole verification to its twelve rows.

Five rows are computed: each is as good as the worst check that feeds it, and a check that the
table does not know feeds `package-compatibility`, so that nothing that failed is missing from the
matrix. Where operators are enrolled, the binaries are reconfirmed by those who have them, too. The
others are answered by people or by the monitoring, or computed from what operators confirmed; each
of them is a check itself.
Nothing here reads a file or a clock; docs/final-checks.md has the table for people.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from aztrust.core.base.findings import (
    CheckClass,
    CheckResult,
    Conclusion,
    Finding,
    Guidance,
    Locus,
    Status,
    guidance_of,
    worst_guidance,
)
from aztrust.core.base.value import replace
from aztrust.core.checks.operators import reconfirmed
from aztrust.core.judge.checkpoint_draft import Concluded, conclude_checkpoint
from aztrust.core.judge.verify import Verdict
from aztrust.core.policy.authority import row_rule
from aztrust.core.policy.model import MACHINE_ROWS, PACKAGE_CLASSES, ROWS
from aztrust.core.records.checkpoint import FINAL
from aztrust.core.state.blockers import severity_of
from aztrust.core.state.context import Context
from aztrust.core.state.launch_state import Attempt
from aztrust.core.state.lessons import is_lesson_row

_REST: Final = "package-compatibility"
_DRIFT: Final = "drift"

# Check to the rows that it feeds; every other check feeds `_REST`.
_FEEDS: Final[Mapping[str, tuple[str, ...]]] = {
    **{
        f"{package_class}-{check}": (f"{package_class}-integrity",)
        for package_class in PACKAGE_CLASSES
        for check in ("manifest", "seal", "integrity", "approvals", "supersession")
    },
    "artifacts": ("binary-integrity",),
    "provenance": ("release-integrity",),
    "reproduction": ("release-integrity",),
    "genesis-hash": ("genesis-integrity",),
    "genesis-facts": ("genesis-integrity",),
    "chain-id": ("chain-id",),
}
# The worst first; a check that does not apply, or waits for a later stage, says nothing here.
_WORST: Final = (Status.FAIL, Status.ERROR, Status.NOT_RUN, Status.PASS)


def final_rows(verdict: Verdict) -> tuple[CheckResult, ...]:
    """The twelve rows in their order, then one for each lesson that is fixed for the window, from
    a verification that asked `FINAL_CHECKS` too.
    """
    answered = {result.id: result for result in verdict.results if result.id not in MACHINE_ROWS}
    rows = tuple(
        _computed(row, verdict) if row in MACHINE_ROWS else answered.get(row, _unasked(row))
        for row in ROWS
    )
    return (*rows, *(result for result in verdict.results if is_lesson_row(result.id)))


def conclude_final(verdict: Verdict, attempt: Attempt) -> Concluded:
    """What the final checks of an attempt amount to: the rows, the conclusion and the guidance.

    In addition to the precedence of every verdict: a row of people that is short is a HOLD until
    the time by which the window is decided, and from then on a DEFER; an open major blocker leaves
    what would pass conditional.
    """
    concluded = conclude_checkpoint(verdict, FINAL, final_rows(verdict))
    context = concluded.context
    conclusion, guidance = concluded.conclusion, concluded.guidance
    if conclusion is Conclusion.PASS and open_majors(context):
        conclusion, guidance = Conclusion.CONDITIONAL, Guidance.HOLD
    decide_by = attempt.decide_by_unix_ms
    if decide_by is not None and context.request.now_unix_ms >= decide_by and _short(concluded):
        guidance = worst_guidance((guidance, Guidance.DEFER))
    return replace(concluded, conclusion=conclusion, guidance=guidance)


def invalidating(verdict: Verdict) -> tuple[Finding, ...]:
    """What is broken for good (law 10): truth, of the launch and not of a host, and known to be.

    What could not be read, changed while it was read, or is merely an extra file guides to a HOLD
    and is not among these.
    """
    return tuple(
        finding
        for result in verdict.results
        if result.check_class is CheckClass.TRUTH and guidance_of(result) is Guidance.ABORT
        for finding in result.findings
        if finding.locus is Locus.LAUNCH and (finding.guidance or Guidance.ABORT) is Guidance.ABORT
    )


def open_blockers(context: Context) -> tuple[str, ...]:
    """The ids of the blockers that are open: a verdict of a window names them."""
    return tuple(u.record_id for u in context.state.blockers.unclosed)


def open_majors(context: Context) -> tuple[str, ...]:
    """The ids of the major blockers that are open."""
    return tuple(u.record_id for u in context.state.blockers.unclosed if severity_of(u) == "major")


def _short(concluded: Concluded) -> bool:
    good = (Status.PASS, Status.NOT_APPLICABLE)
    return any(r.id not in MACHINE_ROWS and r.status not in good for r in concluded.rows)


def _unasked(row: str) -> CheckResult:
    return CheckResult(row, CheckClass.READINESS, Status.NOT_RUN, detail="it was not asked")


def _computed(row: str, verdict: Verdict) -> CheckResult:
    """A row as the worst of its checks. The findings stay with the checks they are of."""
    context = verdict.context
    results = list(_feeding(row, verdict.results, context))
    found = {result.status for result in results}
    status = next((s for s in _WORST if s in found), Status.NOT_RUN)
    worst = [r for r in results if r.status is status and status is not Status.PASS]
    detail = ", ".join(r.id for r in worst)
    if row == "binary-integrity" and status is Status.PASS and not _artifacts(context):
        status, detail = Status.NOT_RUN, "the release names no file that hosts install"
    evidence = _evidence(row, context)
    if row == "binary-integrity" and status is Status.PASS:
        status, detail, confirmed = reconfirmed(context)
        evidence = (*evidence, *confirmed)
    return CheckResult(
        id=row,
        # Its class decides nothing: the checks it is made of decide what it means.
        check_class=CheckClass.READINESS,
        status=status,
        evidence=evidence,
        owner=row_rule(context.policy, row).role if context.policy is not None else "",
        detail=detail,
    )


def _feeding(row: str, results: Iterable[CheckResult], context: Context) -> Iterable[CheckResult]:
    answered = set(ROWS) - set(MACHINE_ROWS)
    for result in results:
        if result.locus is not Locus.LAUNCH or result.id in answered or is_lesson_row(result.id):
            continue
        if result.id == _DRIFT and result.findings:
            yield from _moved(row, result)
        elif row in _FEEDS.get(result.id, (_REST,)):
            yield result
        elif row == "binary-integrity" and result.id == "release-integrity":
            yield _about_binaries(result, context)


def _moved(row: str, result: CheckResult) -> Iterable[CheckResult]:
    """What has moved since the freeze, for the row that it is about."""
    mine = tuple(f for f in result.findings if _row_of(f.subject) == row)
    if mine:
        yield replace(result, findings=mine)


def _row_of(subject: str) -> str:
    for package_class in PACKAGE_CLASSES:
        if subject.startswith((f"{package_class}:", f"manifests/{package_class}.json")):
            return f"{package_class}-integrity"
    return _REST


def _about_binaries(result: CheckResult, context: Context) -> CheckResult:
    """What the check of the whole release says about the files that hosts install."""
    if result.status is not Status.FAIL:
        return result
    names = tuple(f"release:{path}" for path in _artifacts(context))
    mine = tuple(f for f in result.findings if f.subject in names)
    readable = all(f.subject.startswith("release:") for f in result.findings)
    status = Status.FAIL if mine else Status.PASS if readable else Status.NOT_RUN
    return replace(result, findings=mine, status=status)


def _artifacts(context: Context) -> tuple[str, ...]:
    from aztrust.core.base.paths import escape

    manifest = context.manifests.get("release")
    return tuple(escape(a.path) for a in manifest.artifacts) if manifest is not None else ()


def _evidence(row: str, context: Context) -> tuple[str, ...]:
    """What a computed row rests on: packages, files, the policy, and every record considered."""
    release, genesis = (context.manifest_ids.get(c, "") for c in PACKAGE_CLASSES)
    manifest = context.manifests.get("genesis")
    hashed = manifest.genesis_hash if manifest is not None else None
    genesis_hash = hashed.sha256 if hashed is not None else ""
    found = {
        "release-integrity": (release, *_records(context, "release")),
        "genesis-integrity": (genesis, genesis_hash, *_records(context, "genesis")),
        "binary-integrity": (release, *_digests(context)),
        "chain-id": (genesis, genesis_hash),
    }
    rest = (release, genesis, context.policy_digest, *_records(context, ""), *_freezes(context))
    return tuple(dict.fromkeys(ref for ref in found.get(row, rest) if ref))


def _digests(context: Context) -> tuple[str, ...]:
    manifest = context.manifests.get("release")
    return tuple(a.sha256 for a in manifest.artifacts) if manifest is not None else ()


def _records(context: Context, package_class: str) -> Iterable[str]:
    """The records about a package, or about none: those that count, and all negative ones."""
    effective = context.records.effective
    for record in effective.verified:
        if record.descriptor.final_part != "evidence":
            continue
        if not effective.counts(record):
            continue
        if getattr(record.body, "package_class", "") == package_class:
            yield record.record_id


def _freezes(context: Context) -> Iterable[str]:
    from aztrust.core.state.current import current_attempt

    attempt = current_attempt(context)
    return (v.record_id for v in attempt.freezes) if attempt is not None else ()
