"""Before a positive act of a window is signed, everything is judged again on the signer's machine.

The packages are read where they are here. Where they are not, the act rests on a final check that
is in force and young, and that is what the review says: nothing is called recomputed. Before the
start the operators are counted again, too.

After the start there are no final checks, and the packages run. A signer who has none of them signs
on what is recomputed of the manifests, the records and the ledger, and on the start that these
show; what was revoked since then is not held against it, as for a host (`since_start`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path

from aztrust.acts.ledger.reading import LedgerOptions
from aztrust.acts.shown_evidence import look_at_evidence
from aztrust.acts.verify import ReadOptions, verify_files
from aztrust.acts.window.basis import Basis
from aztrust.acts.window.ready_now import require_ready
from aztrust.core.base.errors import CouldNotCheck, Refused
from aztrust.core.base.findings import CheckResult, Conclusion, Status, conclude
from aztrust.core.base.paths import escape
from aztrust.core.base.value import frozen, replace
from aztrust.core.checks.check import Stage
from aztrust.core.judge.since_start import as_at_the_start
from aztrust.core.judge.verify import Verdict, verify
from aztrust.core.package.entries import FileEntry
from aztrust.core.policy.model import PACKAGE_CLASSES
from aztrust.core.state.checklist.named import checklist_records
from aztrust.core.state.readiness import Readiness
from aztrust.core.state.window.inputs import final_check
from aztrust.core.state.window.preconditions import final_checks_passed, final_checks_recent
from aztrust.core.state.window.row import Trigger
from aztrust.storage.launch import open_launch
from aztrust.storage.presence import is_present

NOT_LOOKED_AT = "the packages were not looked at here"
_ENOUGH = (Conclusion.PASS, Conclusion.CONDITIONAL)


@frozen
class Recheck:
    """What was judged again before a signature.

    Args:
        verdict: the verification.
        files: how many files of packages were read; None where the packages are not here.
        final_check_id: the final check that takes their place, "" where they were read, and after
            the start.
        readiness: the operators as they were counted; None where none are asked for.
    """

    verdict: Verdict
    files: int | None
    final_check_id: str = ""
    readiness: Readiness | None = None


def recheck(
    launch: Path,
    basis: Basis,
    read_options: ReadOptions,
    *,
    triggers: Collection[Trigger | None] = (),
    dry_run: bool = False,
) -> Recheck:
    """Judge the launch again, as far as it is here.

    Args:
        launch: the launch directory.
        basis: the window.
        read_options: how to read the packages.
        triggers: what is about to be signed: an act before the start needs operators who are ready.
        dry_run: whether no head is kept.

    Raises:
        Refused: a check failed; a file of the checklist's evidence is another one; too few
            operators are ready; or the packages are not here, the network has not started, and no
            final check that is young enough is in force.
        CouldNotCheck: a check could not be answered.
    """
    context, policy = basis.act.context, basis.act.policy
    if not basis.state.has_started:
        _require_evidence(launch, basis)
    evidence = replace(context.evidence, ledger=None)
    options = LedgerOptions(basis.act.ledger, keeps_head=not dry_run)
    here = [c for c in PACKAGE_CLASSES if is_present(launch / policy.package(c).path)]
    if len(here) == len(PACKAGE_CLASSES):
        verdict = verify_files(
            open_launch(launch), evidence, context.request, Stage.FROZEN, read_options, options
        )
        verdict = _as_started(basis, verdict)
        _require(verdict.results)
        readiness = require_ready(verdict.context, basis.state, triggers)
        return Recheck(verdict, _files(verdict), readiness=readiness)
    for package_class in here:
        # The other one is not here; what is here is looked at all the same.
        request = replace(context.request, only=package_class)
        part = verify_files(
            open_launch(launch), evidence, request, Stage.FROZEN, read_options, options
        )
        broken = [r for r in part.results if r.status in (Status.FAIL, Status.ERROR)]
        if broken:
            _require(broken)
    final = "" if basis.state.has_started else _require_final_check(basis)
    request = replace(context.request, no_packages=NOT_LOOKED_AT)
    verdict = _as_started(basis, verify(context.evidence, request, Stage.FROZEN))
    _require(r for r in verdict.results if r.detail != NOT_LOOKED_AT)
    return Recheck(verdict, None, final, require_ready(verdict.context, basis.state, triggers))


def _require_evidence(launch: Path, basis: Basis) -> None:
    """Refuse where a file here is not the one that was shown for the checklist.

    One that is missing is not held against it: a signer's machine need not have the evidence.

    Raises:
        Refused: `file-modified`.
    """
    context = basis.act.context
    if basis.act.policy.checklist is None or context.checklist is None:
        return
    changed = look_at_evidence(checklist_records(context), launch, {}).of("changed")
    if changed:
        first = changed[0]
        name = first.shown.file.path if first.shown is not None else first.item
        raise Refused(
            f"it is not the recorded evidence of {first.item}: {first.detail}",
            subject=escape(name),
            code="file-modified",
            mend="aztrust evidence verify; put the recorded file back",
        )


def _as_started(basis: Basis, verdict: Verdict) -> Verdict:
    """After the start: what was revoked since is shown, and closes no way back."""
    started = basis.state.started
    return verdict if started is None else as_at_the_start(verdict, started)[0]


def _require_final_check(basis: Basis) -> str:
    """The id of the final check that takes the place of the packages."""
    state = basis.state
    facts = state.facts_at(basis.now_unix_ms)
    found = final_check(state)
    for needed in (final_checks_passed.PRECONDITION, final_checks_recent.PRECONDITION):
        if found is None or not needed.holds(facts):
            finding = needed.finding(state)
            raise Refused(
                f"the packages are not here, and {finding.actual}",
                subject=finding.subject,
                code=finding.code,
                mend="put the packages there, or: aztrust final-check",
            )
    return found.record_id if found is not None else ""


def _require(results: Iterable[CheckResult]) -> None:
    """Refuse where the launch does not verify.

    Raises:
        Refused, CouldNotCheck: with every finding.
    """
    answers = tuple(results)
    conclusion, _ = conclude(answers)
    if conclusion in _ENOUGH:
        return
    open_ = [r for r in answers if r.status in (Status.FAIL, Status.ERROR, Status.NOT_RUN)]
    lines = [f"{f.code}  {f.subject}: {f.message}" for r in open_ for f in r.findings]
    lines += [f"{r.id}: {r.detail}" for r in open_ if not r.findings]
    first = next((f for r in open_ for f in r.findings), None)
    mend = "mend it first; for the whole report: aztrust verify"
    if conclusion is Conclusion.FAIL and first is not None:
        raise Refused(
            "the launch does not verify; do not sign this",
            subject=first.subject,
            code=first.code,
            mend=mend,
            details=tuple(lines),
        )
    raise CouldNotCheck(
        "it is unknown whether the launch verifies",
        subject=first.subject if first is not None else "",
        mend=mend,
        details=tuple(lines),
    )


def _files(verdict: Verdict) -> int:
    return sum(
        isinstance(entry, FileEntry)
        for reading in verdict.context.evidence.packages.values()
        if reading.tree is not None
        for entry in reading.tree.entries
    )
