"""The score of each decision by the checklist, computed again as of the decision (RC-G.decision).

A decision names the ledger that its proposer knew, and its score has a time. The score is made
again from the ledger up to there, at that time, and compared with the signed one, byte for byte.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

from aztrust.acts.checklist.scoring import asked_of
from aztrust.core.base.errors import AztrustError
from aztrust.core.base.findings import CheckClass, CheckResult, Finding, Status
from aztrust.core.base.value import replace
from aztrust.core.checks.codes import RECORD_MALFORMED
from aztrust.core.judge.audit.known import cut_at_size, cut_at_time
from aztrust.core.judge.checklist.items import GOOD, WAITS
from aztrust.core.judge.checklist.score import make_score
from aztrust.core.judge.verify import verify
from aztrust.core.records.go_hold import GoNoGoDecision, Minutes
from aztrust.core.records.records import VerifiedRecord
from aztrust.core.records.scorecard import Scorecard, ScoredArea, score_digest
from aztrust.core.state.checklist.files import EvidenceStates
from aztrust.core.state.checklist.records import ChecklistRecords
from aztrust.core.state.context import Context
from aztrust.core.state.evidence import Evidence
from aztrust.core.state.ledger.as_appended import roots_of

ID = "decision-score"


def score_results(
    present: Context,
    earlier: Iterable[Context],
    look: Callable[[ChecklistRecords], EvidenceStates],
    lacking: str = "",
) -> Iterator[CheckResult]:
    """One answer about the scores of all decisions; none where no decision has one.

    Args:
        present: the launch, as far as the audit knows it.
        earlier: the launch under each other policy that was kept.
        look: reads the files of the evidence, in the launch or archive alone.
        lacking: why the packages cannot be looked at, "" where they were read.
    """
    findings: list[Finding] = []
    unknown: list[str] = []
    scored = tuple(pair for whole in (present, *earlier) for pair in _scored(whole))
    items = present.checklist.item if present.checklist is not None else ()
    requires = {item.id: item.requires for item in items}
    for record, score in scored:
        subject = record.record_id
        if elsewhere := _of_another(present, score):
            unknown.append(f"{subject[7:19]}: {elsewhere}")
            continue
        try:
            again = _again(present, record, score, look, lacking)
        except AztrustError as error:
            unknown.append(f"{subject[7:19]}: {error.message}")
            continue
        if again is None:
            text = "it names a ledger that is not the one here"
            findings.append(Finding(RECORD_MALFORMED.name, subject, f"the decision: {text}"))
        elif score_digest(again) != score_digest(score):
            other, unseen = _differences(score, again, requires)
            unknown += [f"{subject[7:19]}: {text}" for text in unseen]
            if other or not unseen:
                text = "; ".join(other[:5]) or "its score has other bytes"
                findings.append(Finding(RECORD_MALFORMED.name, subject, f"the decision: {text}"))
    if scored:
        status = Status.FAIL if findings else Status.NOT_RUN if unknown else Status.PASS
        yield CheckResult(
            ID,
            CheckClass.TRUTH,
            status,
            findings=tuple(findings),
            evidence=tuple(record.record_id for record, _ in scored),
            detail="; ".join(unknown[:5]),
        )


def _scored(present: Context) -> Iterator[tuple[VerifiedRecord, Scorecard]]:
    seen: set[str] = set()
    for record in present.records.effective.verified:
        body = record.body
        if not isinstance(body, GoNoGoDecision) or body.minutes_hash is None:
            continue
        score = record.preimage("minutes", Minutes).score
        if score is not None and record.record_id not in seen:
            seen.add(record.record_id)
            yield record, score


def _again(
    present: Context,
    record: VerifiedRecord,
    score: Scorecard,
    look: Callable[[ChecklistRecords], EvidenceStates],
    lacking: str,
) -> Scorecard | None:
    """The score of that moment; None where its ledger is another one."""
    evidence = _known(present, record, score)
    if evidence is None:
        return None
    request = replace(
        present.request,
        now_unix_ms=score.at_unix_ms,
        scope=score.scope_hash,
        no_packages=lacking,
    )
    if lacking:
        evidence = replace(evidence, packages={})
    judged = verify(evidence, request)
    return make_score(asked_of(judged.context, judged.results, look))


def _of_another(present: Context, score: Scorecard) -> str:
    """Why what is here is not what a score was made of: another policy, or other packages."""
    if score.policy_digest != present.policy_digest:
        return "its score was made under another policy, and is not made again"
    if present.scope is None or score.scope_hash != present.scope.hash:
        return "its score is about another scope, whose packages are not here"
    return ""


def _known(present: Context, record: VerifiedRecord, score: Scorecard) -> Evidence | None:
    head = getattr(record.body, "head", None)
    if head is None:
        return cut_at_time(present.evidence, present, score.at_unix_ms)
    reading = present.evidence.ledger
    if reading is None or not reading.holds or len(reading.entries) < head.size:
        return None
    root = roots_of(reading.entries, (head.size,)).get(head.size)
    if root is None or (f"sha256:{root.hex()}", reading.origin) != (head.root, head.origin):
        return None
    rests_on = getattr(record.body, "rests_on", ())
    return cut_at_size(present.evidence, head.size, rests_on)


def _differences(
    signed: Scorecard, again: Scorecard, requires: Mapping[str, Collection[str]]
) -> tuple[list[str], list[str]]:
    """Which items and areas are otherwise, and which of them could not be looked at here."""
    here = {item.item: item for item in again.items}
    hidden = _unseen(again, requires)
    other, unseen, blind = [], [], set()
    for item in signed.items:
        found = here.get(item.item)
        if found == item:
            continue
        if found is not None and item.item in hidden and item.status != found.status:
            unseen.append(f"{item.item} cannot be looked at here: {found.detail}")
            blind.add(item.area)
            continue
        now = "not an item" if found is None else f"{found.status}: {found.detail}"
        other.append(f"{item.item} is signed as {item.status}: {item.detail}, and is {now}")
    areas = {area.area: area for area in again.areas}
    other += [
        f"the area {area.area} is signed as {area.status}, and is otherwise"
        for area in signed.areas
        if areas.get(area.area) != area
        and not (area.area in blind and _is_stale(area, areas.get(area.area)))
    ]
    if signed.result != again.result and not unseen:
        other.append(f"the result is signed as {signed.result}, and is {again.result}")
    return other, unseen


def _unseen(again: Scorecard, requires: Mapping[str, Collection[str]]) -> frozenset[str]:
    """The items that cannot be looked at here, and those that wait for nothing but such ones."""
    here = {item.item: item for item in again.items}
    found = {item.item for item in again.items if item.status == "unknown"}
    waiting = [i.item for i in again.items if i.status == "pending" and i.detail.startswith(WAITS)]
    more = True
    while more:
        more = False
        for name in waiting:
            left = {r for r in requires.get(name, ()) if r in here and here[r].status not in GOOD}
            if name not in found and left <= found:
                found.add(name)
                more = True
    return frozenset(found)


def _is_stale(signed: ScoredArea, again: ScoredArea | None) -> bool:
    """Whether the very sign-off is here, and only saw other states.

    Where an item of its area cannot be looked at here, its sign-off saw another state. Each
    other difference of the area's items is found item by item.
    """
    if again is None or again.status != "stale":
        return False
    return (again.record_id, again.holder) == (signed.record_id, signed.holder)
