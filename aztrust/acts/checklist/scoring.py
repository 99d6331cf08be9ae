"""The checklist of a launch as it is now: everything that a score rests on, read in this run."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from aztrust.acts.act import Act
from aztrust.acts.ledger.reading import LedgerOptions
from aztrust.acts.shown_evidence import look_at_evidence
from aztrust.acts.verify import ReadOptions, verify_files
from aztrust.acts.window.basis import running_attempt
from aztrust.core.base.findings import CheckResult
from aztrust.core.base.value import frozen, replace
from aztrust.core.judge.checklist.outcome import Asked
from aztrust.core.judge.checklist.score import make_score
from aztrust.core.judge.checklist.shown import shown_outcomes
from aztrust.core.records.scorecard import Scorecard
from aztrust.core.state.checklist.files import EvidenceStates
from aztrust.core.state.checklist.named import checklist_records, require_checklist
from aztrust.core.state.checklist.plan import FixedPlan, plan_of
from aztrust.core.state.checklist.records import ChecklistRecords
from aztrust.core.state.context import Context
from aztrust.core.state.current import shown_attempt
from aztrust.core.state.launch_state import Attempt
from aztrust.core.state.present_window import present_window
from aztrust.storage.launch import open_launch


@frozen
class Scored:
    """A launch with the score of its checklist.

    Args:
        asked: what the score rests on, with the areas.
        card: the score of what is due before the decision.
    """

    asked: Asked
    card: Scorecard

    @property
    def context(self) -> Context:
        """The launch, as it was verified for the score."""
        return self.asked.context

    @property
    def exit_code(self) -> int:
        """0 for GO, 10 for NO-GO, 11 where something is open."""
        return {"GO": 0, "NO-GO": 10, "OPEN": 11}[self.card.result]


def score_launch(act: Act, read_options: ReadOptions, *, keeps_head: bool = True) -> Scored:
    """The score now: packages, records, ledger and files of evidence are read again.

    Args:
        act: the launch.
        read_options: how to read the packages.
        keeps_head: whether the largest head is kept.

    Raises:
        NothingToVerify: the policy names no checklist.
        Malformed, CouldNotCheck, Refused: the definitions are not those of the policy.
        UsageError: several windows are open.
    """
    asked = ask(act, read_options, keeps_head=keeps_head)
    return Scored(asked, make_score(asked))


def ask(act: Act, read_options: ReadOptions, *, keeps_head: bool = True) -> Asked:
    """What computations may look at, read in this run. Arguments and errors as `score_launch`."""
    require_checklist(act.context)
    evidence = replace(act.context.evidence, ledger=None)
    options = LedgerOptions(act.ledger, keeps_head=keeps_head)
    verdict = verify_files(
        open_launch(act.launch), evidence, act.context.request, None, read_options, options
    )
    return asked_of(
        verdict.context, verdict.results, lambda records: look_at_evidence(records, act.launch, {})
    )


def asked_of(
    context: Context,
    results: Iterable[CheckResult],
    look: Callable[[ChecklistRecords], EvidenceStates],
) -> Asked:
    """The same from a launch that was read.

    Args:
        context: the launch.
        results: the answers of its verification; () leaves unknown what rests on them.
        look: reads the files of the evidence.

    Raises:
        NothingToVerify, Malformed, CouldNotCheck, UsageError: as `score_launch`.
    """
    records = checklist_records(context)
    attempt = _attempt(context)
    fixed = plan_of(context, attempt) if attempt is not None else FixedPlan()
    return Asked(
        context=context,
        results={result.id: result for result in results},
        records=records,
        shown=shown_outcomes(look(records)),
        attempt=attempt,
        window=present_window(context, attempt) if attempt is not None else None,
        plan=fixed.plan,
        plan_id=fixed.record.record_id if fixed.record is not None else "",
    )


def _attempt(context: Context) -> Attempt | None:
    """The attempt that is meant: the one that runs, else the one that ended last."""
    return running_attempt(context) or shown_attempt(context)
