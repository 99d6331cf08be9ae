"""What the files of an item's evidence come to: the answer that a score takes."""

from __future__ import annotations

from collections.abc import Mapping

from aztrust.core.base.paths import escape
from aztrust.core.judge.checklist.outcome import Outcome, worst
from aztrust.core.records.checklist import Status
from aztrust.core.state.checklist.files import EvidenceStates, FileState, State

_STATUS: Mapping[State, Status] = {
    "same": "pass",
    "changed": "fail",
    "missing": "unknown",
    "pending": "pending",
    "unknown": "unknown",
}


def shown_outcomes(states: EvidenceStates) -> Mapping[str, Outcome]:
    """Item to what its evidence comes to; an item that has and needs none is absent.

    A file that is another one fails the item; one that is missing leaves it unknown.
    """
    by_item: dict[str, list[Outcome]] = {}
    for one in states.files:
        by_item.setdefault(one.item, []).append(_of_file(one))
    return {
        item: worst(found, f"{len(found)} files are the recorded ones")
        for item, found in by_item.items()
    }


def _of_file(one: FileState) -> Outcome:
    shown = one.shown
    if shown is None:
        return Outcome(_STATUS[one.state], one.detail)
    name = escape(shown.file.path)
    detail = f"{name} is the recorded one" if one.state == "same" else f"{name}: {one.detail}"
    return Outcome(_STATUS[one.state], detail, (shown.record.record_id,))
