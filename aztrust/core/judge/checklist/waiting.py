"""The tasks of the checklist: items to answer, areas to sign off, and the end after the decision.

Only records are read here. What is computed from packages and files is the answer of `checklist
score`; so a sign-off that only such a change made stale is not asked for again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Final

from aztrust.core.base.advice import command
from aztrust.core.checklist.definitions import Due, Item
from aztrust.core.judge.checklist.areas import distinct
from aztrust.core.judge.tasks import ActName, Task, Urgency, doers_of
from aztrust.core.policy.authority import able_holders, authority_rule
from aztrust.core.policy.model import Policy
from aztrust.core.records.checklist import ChecklistAnswer
from aztrust.core.records.records import VerifiedRecord
from aztrust.core.records.signed import sign_off_of, signed_state
from aztrust.core.state.checklist.closed import closing_of
from aztrust.core.state.checklist.records import ChecklistRecords, fold_checklist
from aztrust.core.state.context import Context, definitions_of, require_policy
from aztrust.core.state.window.state import WindowState

_DRILL: Final = ("--drill", "KIND", "--environment", "T", "--from", "TIME", "--until", "TIME")
_TRACKED: Final = "P2"
"""A failed item of this priority stops nothing."""


def checklist_tasks(then: Context, state: WindowState) -> Iterator[Task]:
    """What the checklist of a window waits for; nothing where the policy names none.

    Args:
        then: the launch after the keeper's next append.
        state: of the window, in the same.
    """
    definitions = definitions_of(then)
    if definitions.checklist is None or closing_of(then, definitions.digest) is not None:
        return
    policy, revoked = require_policy(then), frozenset(then.revoked_keys)
    records = fold_checklist(then, definitions.checklist, definitions.digest)
    if records.unread:
        # There may be answers that were not read.
        return
    if "no-go" in state.facts:
        yield _freeze(policy, revoked)
    elif "go" in state.facts or state.has_started:
        answers = tuple(_answers(policy, records, "close", revoked))
        yield from answers or (_freeze(policy, revoked),)
    else:
        yield from _answers(policy, records, "decision", revoked)
        # Before it, a sign-off is over states that the final check changes.
        if "final-checks-passed" in state.facts:
            yield from _sign_offs(policy, records, revoked)


def _answers(
    policy: Policy, records: ChecklistRecords, due: Due, revoked: Collection[str]
) -> Iterator[Task]:
    for found in records.items.values():
        item = found.item
        if item.due != due or item.computed is not None:
            continue
        answer = found.answer
        if answer is None or found.lacks_evidence:
            why = f"{item.id} of {item.area} is not answered"
            typed = _answer_command(item)
            if found.lacks_evidence:
                why = f"{item.id} of {item.area} has no evidence"
                typed = command("evidence", "add", item.id, "FILE")
            if found.lacks_evidence and _answer_of(answer) == "not-applicable":
                continue
            able = able_holders(policy, [item.owner], revoked)
            yield _task(policy, "checklist-answer", item.id, why, typed, able)
        elif _answer_of(answer) == "fail" and item.priority != _TRACKED:
            why = f"{answer.holder} answered fail to {item.id}"
            typed, again = _answer_command(item), (answer.holder,)
            yield _task(policy, "checklist-answer", item.id, why, typed, again, Urgency.OBJECTION)


def _answer_of(answer: VerifiedRecord | None) -> str:
    body = answer.body if answer is not None else None
    return body.answer if isinstance(body, ChecklistAnswer) else ""


def _answer_command(item: Item) -> str:
    drill = (*_DRILL, "--results", "T") if item.drill else ()
    return command("checklist", "answer", item.id, "pass", *drill, "--reason", "T")


def _sign_offs(
    policy: Policy, records: ChecklistRecords, revoked: Collection[str]
) -> Iterator[Task]:
    """The areas whose items are answered, and that no sign-off covers as they are now."""
    fresh: dict[str, list[VerifiedRecord]] = {}
    rejected: dict[str, VerifiedRecord] = {}
    for name, signed_of in records.areas.items():
        fresh[name] = []
        for record in reversed(signed_of.sign_offs):
            if sign_off_of(record).decision == "reject":
                rejected.setdefault(name, record)
            elif _is_as_signed(records, name, record):
                fresh[name].append(record)
    wanted = {name: signed for name, signed in fresh.items() if name not in rejected}
    chosen = distinct(records.checklist, wanted)
    counted = {record.holder for record in chosen.values()}
    for area in records.checklist.area:
        typed = command("checklist", "sign-off", area.id, "approve", "--reason", "T")
        if area.id in rejected:
            holder = rejected[area.id].holder
            why = f"{holder} rejected the area {area.id}"
            yield _task(
                policy, "checklist-sign-off", area.id, why, typed, (holder,), Urgency.OBJECTION
            )
        elif area.id not in chosen and _is_answered(records, area.id):
            able = able_holders(policy, [area.approver], revoked)
            # Each area has a holder of its own, wherever that is possible.
            others = tuple(holder for holder in able if holder not in counted)
            why = f"the area {area.id} is not signed off as it is now"
            yield _task(policy, "checklist-sign-off", area.id, why, typed, others or able)


def _is_answered(records: ChecklistRecords, area: str) -> bool:
    return all(
        found.answer is not None
        for item in records.checklist.of_area(area)
        for found in (records.items[item.id],)
        if item.computed is None and item.due == "decision"
    )


def _is_as_signed(records: ChecklistRecords, area: str, record: VerifiedRecord) -> bool:
    """Whether definitions, answers and files are those that a sign-off is over."""
    signed = {state.item: state for state in signed_state(record).items}
    for item in records.checklist.of_area(area):
        state, found = signed.get(item.id), records.items[item.id]
        if state is None or state.definition_digest != item.digest:
            return False
        files = [shown.file for shown in found.files]
        if len(files) != len(state.files) or any(file not in files for file in state.files):
            return False
        if _is_plain(item) and state.status != (_answer_of(found.answer) or "pending"):
            return False
    return True


def _is_plain(item: Item) -> bool:
    """Whether the answer alone gives the status: no computation, prerequisite or file does."""
    return item.computed is None and not item.requires and not item.evidence


def _freeze(policy: Policy, revoked: Collection[str]) -> Task:
    rule = authority_rule(policy, "decide")
    able = able_holders(policy, rule.roles if rule is not None else (), revoked)
    why = "the launch is decided; the checklist is not closed yet"
    typed = command("checklist", "freeze")
    return Task("checklist-freeze", "", Urgency.REST, why, typed, doers_of(policy, able), asks=True)


def _task(
    policy: Policy,
    act: ActName,
    subject: str,
    why: str,
    typed: str,
    holders: Iterable[str],
    urgency: Urgency = Urgency.WAITED_FOR,
) -> Task:
    return Task(act, subject, urgency, why, typed, doers_of(policy, holders), asks=True)
