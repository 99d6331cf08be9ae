"""The evidence of the whole checklist: where it is, and whether it is still the same (RC-H)."""

from __future__ import annotations

from aztrust.core.checklist.definitions import Item
from aztrust.core.judge.checklist.outcome import Asked, Outcome, worst

_NAMED = 5
"""How many items a line names."""


def located(asked: Asked, _: Item) -> Outcome:
    """Each item that asks for evidence has a record that says below which root its files are."""
    wanted = [i.id for i in asked.checklist.item if i.evidence and i.due == "decision"]
    without = [i for i in wanted if not asked.evidence(i).records]
    every = (asked.evidence(item.id).records for item in asked.checklist.item)
    ids = tuple(sorted({record.record_id for records in every for record in records}))
    if not ids:
        return Outcome("pending", "no evidence was added: aztrust evidence add ITEM FILE")
    if without:
        more = f" and {len(without) - _NAMED} more" if len(without) > _NAMED else ""
        return Outcome("pending", f"no evidence for {', '.join(without[:_NAMED])}{more}", ids)
    return Outcome("pass", f"{len(ids)} records of evidence", ids)


def hashed(asked: Asked, _: Item) -> Outcome:
    """Every file of every evidence record was read in this run, and is the recorded one."""
    every = {item.id: asked.evidence(item.id) for item in asked.checklist.item}
    shown = {name: found for name, found in every.items() if found.records}
    if not shown:
        return Outcome("pending", "no evidence was added: aztrust evidence add ITEM FILE")
    each = [
        Outcome(s.status, f"{name}: {s.detail}", tuple(r.record_id for r in s.records))
        for name, s in shown.items()
    ]
    return worst(each, f"the files of {len(shown)} items are the recorded ones")


def archived(asked: Asked, item: Item) -> Outcome:
    """The same, and each record of evidence is in the ledger, which an archive carries."""
    found = hashed(asked, item)
    missing = [id_ for id_ in found.rests_on if asked.context.ledger_index(id_) is None]
    if found.status == "pass" and missing:
        text = f"{len(missing)} records of evidence are not in the ledger: aztrust ledger append"
        return Outcome("pending", text, found.rests_on)
    return found
