"""The definitions of a checklist as text and as documents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from aztrust.core.base.paths import escape
from aztrust.core.checklist.computations import computed_share, is_computed
from aztrust.core.checklist.definitions import Checklist, Item
from aztrust.core.policy.describe import plural
from aztrust.core.policy.lint_message import Remark
from aztrust.report.advice import advice_lines
from aztrust.report.lines import labelled


def definition_lines(checklist: Checklist, digest: str, name: str) -> list[str]:
    """Every item, by area, as `checklist show` prints them; the name is escaped already."""
    share = computed_share(checklist)
    lines = [
        *labelled("checklist", escape(checklist.title), indent=11),
        *labelled("file", name, indent=11),
        f"  {digest}",
        *labelled(
            "items",
            f"{plural(len(checklist.item), 'item')} in {plural(len(checklist.area), 'area')};"
            f" computed: {share.computed} of {share.items} of the sections of the source"
            f" ({share.percent}%)",
            indent=11,
        ),
    ]
    for area in checklist.area:
        lines += ["", f"{escape(area.title)}  ({area.id}, signed off by {area.approver})"]
        for item in checklist.item:
            if item.area == area.id:
                lines += labelled(item.id, _about(item), indent=16)
    return lines


def policy_lines(digest: str) -> list[str]:
    """What names a checklist in the policy, to be pasted."""
    return ["", "[checklist]", f'digest = "{digest}"']


def missing_lines(missing: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """The roles that no holder has."""
    for role, answers in missing.items():
        yield from labelled("no holder", f"has the role {role}: {', '.join(answers)}", indent=11)


def remark_lines(remarks: Sequence[Remark]) -> list[str]:
    """Remarks about definitions, the worst first, each with its mend."""
    lines: list[str] = []
    for remark in remarks:
        lines += ["", *labelled(remark.severity.value, remark.message)]
        lines += advice_lines("mend", remark.mend) if remark.mend else []
    return lines


def definitions_document(checklist: Checklist, digest: str, name: str) -> dict[str, Any]:
    """The definitions as `checklist show` prints them as JSON; the name is escaped already."""
    share = computed_share(checklist)
    return {
        "schema": "aztrust/checklist-definitions",
        "version_major": 1,
        "version_minor": 0,
        "file": name,
        "checklist_digest": digest,
        "computed": share.computed,
        "counted": share.items,
        "definitions": definitions(checklist),
    }


def definitions(checklist: Checklist) -> dict[str, Any]:
    """Areas and items as JSON."""
    fields: dict[str, Any] = checklist.model_dump(mode="json", exclude_none=True)
    return {name: fields[name] for name in ("title", "area", "item")}


def _about(item: Item) -> str:
    parts = [item.priority, item.owner]
    if item.computed is not None:
        parts.append(f"{'computed' if is_computed(item) else 'attested'}: {item.computed}")
    if item.drill:
        parts.append("a record of a drill")
    if item.due == "close":
        parts.append("after the decision")
    return f"{escape(item.text)} ({', '.join(parts)})"
