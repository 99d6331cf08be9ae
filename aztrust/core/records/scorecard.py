"""The score of a checklist, and what it comes to (RC-G.scoring).

The score is a document of its own: canonical bytes with a digest, which the decision names and its
minutes carry. What it comes to follows from its lines alone, so that everyone who has the decision
can conclude it again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final, Literal

from aztrust.core.base import canonical
from aztrust.core.base.digest import Sha256, sha256_id
from aztrust.core.base.model import Items, Model, Name
from aztrust.core.base.schema import Field
from aztrust.core.base.times import format_minute
from aztrust.core.base.value import frozen
from aztrust.core.checklist.definitions import Due, ItemId, Line, Priority
from aztrust.core.records.checklist import Status
from aztrust.core.records.kind import UnixMs

Result = Literal["GO", "NO-GO", "OPEN"]
"""OPEN is neither: something was not answered, or could not be looked at."""
AreaStatus = Literal["approve", "conditional", "reject", "pending", "stale", "same-holder"]
"""`stale`: something changed after the sign-off. `same-holder`: its holder counts for another area.
"""
By = Literal["computed", "attested", "answered"]
"""How an item gets its status: from bytes, clock and ledger; from the record of a drill; from a
person."""

MOST_WARNINGS: Final = 2
"""So many P1 warnings are allowed (RC-G.scoring)."""
Text = Annotated[str, Field(min_length=1, max_length=2000)]


class ScoredItem(Model):
    """One item: its definition, its status and what that rests on.

    Args:
        detail: why it has its status.
        evidence: ids of its evidence records, sorted, each once.
        rests_on: ids of the records that gave the status, sorted, each once.
        mitigation_owner, due_unix_ms: of a warning: who mitigates it, and until when.
    """

    item: ItemId
    area: Name
    definition_digest: Sha256
    priority: Priority
    by: By
    status: Status
    detail: Text
    evidence: Items[Sha256] = ()
    rests_on: Items[Sha256] = ()
    mitigation_owner: Line | None = None
    due_unix_ms: UnixMs | None = None


class ScoredArea(Model):
    """One area and its sign-off; `changed` says what made it stale, by name."""

    area: Name
    status: AreaStatus
    record_id: Sha256 | None = None
    holder: Name | None = None
    changed: Items[Text] = ()
    cites: Line | None = None
    mitigation_owner: Line | None = None
    due_unix_ms: UnixMs | None = None


class Scorecard(Model):
    """The score at a time.

    Args:
        due: which items it is about: those before the decision, or those of the closing.
        areas: every area of the checklist, in its order; () at the closing.
        items: in the order of the checklist.
    """

    at_unix_ms: UnixMs
    checklist_digest: Sha256
    policy_digest: Sha256
    scope_hash: Sha256
    due: Due
    areas: Annotated[Items[ScoredArea], Field(max_length=64)]
    items: Annotated[Items[ScoredItem], Field(max_length=2000)]
    result: Result


@frozen
class ScoreLine:
    """One line of the explanation: what it does to the result.

    Args:
        result: `NO-GO` or `OPEN` where the line alone leads there; `GO` where it does not.
        subject: the item or the area.
        text: why, in words.
    """

    result: Result
    subject: str
    text: str


def encode_score(card: Scorecard) -> bytes:
    """Its canonical bytes."""
    return canonical.dumps(card.model_dump(mode="json", exclude_none=True))


def score_digest(card: Scorecard) -> str:
    """`sha256:` of its canonical bytes."""
    return sha256_id(encode_score(card))


def same_score(score: Mapping[str, Any]) -> dict[str, Any]:
    """What a score says, without when it was made and the words that may name that time.

    Args:
        score: a `Scorecard` as JSON.
    """
    left_out = {"at_unix_ms", "items"}
    items = [{k: v for k, v in item.items() if k != "detail"} for item in score["items"]]
    return {**{k: v for k, v in score.items() if k not in left_out}, "items": items}


def comparable_digest(card: Scorecard) -> str:
    """`sha256:` of what a score says: the same on two machines that saw the same at other times."""
    return sha256_id(canonical.dumps(same_score(card.model_dump(mode="json", exclude_none=True))))


def evidence_digest(card: Scorecard) -> str:
    """`sha256:` of the canonical list of the evidence records, by item."""
    listed = [{"item": item.item, "records": list(item.evidence)} for item in card.items]
    return sha256_id(canonical.dumps(listed))


def concluded(lines: tuple[ScoreLine, ...]) -> Result:
    """The result of lines: any NO-GO, else any OPEN, else GO."""
    found = {line.result for line in lines}
    return "NO-GO" if "NO-GO" in found else "OPEN" if "OPEN" in found else "GO"


def explained(card: Scorecard) -> tuple[ScoreLine, ...]:
    """What the result follows from, line by line: P0, P1, the areas, P2.

    A failed P0 is NO-GO, and one that is neither passed nor failed leaves it open. Of P1, at most
    two warnings are allowed, each with an owner and a time that has not come. P2 never counts.
    """
    lines = [line for item in card.items for line in _of_item(item)]
    lines += [line for area in card.areas for line in _of_area(area)]
    warnings = [
        (i.item, "a warning of P1", i.mitigation_owner, i.due_unix_ms)
        for i in card.items
        if i.priority == "P1" and i.status == "warning"
    ]
    warnings += [
        (a.area, "a conditional sign-off, which is a P1 warning", a.mitigation_owner, a.due_unix_ms)
        for a in card.areas
        if a.status == "conditional"
    ]
    for number, (subject, what, owner, due) in enumerate(warnings, 1):
        lines.append(_of_warning(card, number, subject, what, owner, due))
    order: dict[Result, int] = {"NO-GO": 0, "OPEN": 1, "GO": 2}
    return tuple(sorted(lines, key=lambda line: order[line.result]))


def _of_item(item: ScoredItem) -> Iterator[ScoreLine]:
    text = f"{item.priority} {item.status}: {item.detail}"
    if item.status == "pass":
        return
    if item.status == "not-applicable":
        yield ScoreLine("GO", item.item, text)
        return
    if item.priority == "P2":
        yield ScoreLine("GO", item.item, f"{text} (tracked, does not block)")
    elif item.status in ("pending", "unknown"):
        yield ScoreLine("OPEN", item.item, text)
    elif item.priority == "P0" or item.status == "fail":
        why = "a P0 has to pass" if item.priority == "P0" else "a P1 may warn, not fail"
        yield ScoreLine("NO-GO", item.item, f"{text} ({why})")


def _of_area(area: ScoredArea) -> Iterator[ScoreLine]:
    match area.status:
        case "reject":
            text = f"rejected by {area.holder}, who cites {area.cites}"
            yield ScoreLine("NO-GO", area.area, text)
        case "pending":
            yield ScoreLine("OPEN", area.area, "not signed off")
        case "stale":
            text = f"the sign-off by {area.holder} is stale: {'; '.join(area.changed)}"
            yield ScoreLine("OPEN", area.area, text[:2000])
        case "same-holder":
            text = f"{area.holder} signs off another area: one holder counts for one area"
            yield ScoreLine("OPEN", area.area, text)
        case _:
            return


def _of_warning(
    card: Scorecard, number: int, subject: str, what: str, owner: str | None, due: int | None
) -> ScoreLine:
    if number > MOST_WARNINGS:
        text = f"{what}, number {number}: at most {MOST_WARNINGS} are allowed"
        return ScoreLine("NO-GO", subject, text)
    if owner is None or due is None:
        return ScoreLine("NO-GO", subject, f"{what} without an owner and a due time")
    if due <= card.at_unix_ms:
        return ScoreLine("NO-GO", subject, f"{what}; {owner} was due {format_minute(due)}")
    text = f"{what}, number {number} of {MOST_WARNINGS}; {owner} mitigates it by"
    return ScoreLine("GO", subject, f"{text} {format_minute(due)}")


def score_faults(card: Scorecard) -> Iterator[str]:
    """What is wrong with a score whose parts are each well formed, as clauses."""
    if card.result != concluded(explained(card)):
        yield "its score has another result than its lines"
    names = [item.item for item in card.items]
    if len(names) != len(set(names)):
        yield "its score has an item twice"
