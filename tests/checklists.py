"""A readiness checklist in memory, and its records, for launches of `tests.memory_launch`.

launch = Launch()
shown = show(launch, "D.1", "backup.log", b"restored\n")      # an evidence record; its id
answer(launch, "D.1", "pass", rests_on=(shown,))
sign_off(launch, "operations", "approve")
folded(launch).items["D.1"].answer
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, Final

from aztrust.core.base import canonical
from aztrust.core.base.digest import both, sha256_id
from aztrust.core.base.value import replace
from aztrust.core.checklist.definitions import checklist_digest, parse_checklist
from aztrust.core.state.checklist.records import ChecklistRecords, fold_checklist
from aztrust.core.state.context import Context, Request, read_context
from tests.memory_launch import NOW, Launch

TEXT: Final = b"""\
schema = "aztrust/checklist"
version = 1
title = "Readiness of a test launch"

[[area]]
id = "operations"
title = "Operations"
approver = "ops-lead"
method = "rehearsal"

[[area]]
id = "security"
title = "Security"
approver = "security-lead"
method = "review"

[[item]]
id = "D.1"
area = "operations"
text = "The backup was restored"
priority = "P0"
owner = "ops-lead"
method = "a drill"
evidence = ["the log of the restore"]

[[item]]
id = "D.2"
area = "operations"
text = "The runbook was reviewed"
priority = "P1"
owner = "release-manager"
method = "review"

[[item]]
id = "E.1"
area = "operations"
text = "The dress rehearsal took place"
priority = "P0"
owner = "ops-lead"
method = "a rehearsal"
drill = true

[[item]]
id = "S.1"
area = "security"
text = "The genesis checksum is verified"
priority = "P0"
owner = "security-lead"
method = "computed"
computed = "genesis-checksum"
"""
DIGEST: Final = checklist_digest(TEXT)
CHECKLIST: Final = parse_checklist(TEXT)
DRILL: Final = {
    "kind": "dress-rehearsal",
    "environment": "staging",
    "from_unix_ms": NOW - 7_200_000,
    "until_unix_ms": NOW - 3_600_000,
    "results": "each step took less time than planned",
}


def shown(path: str, data: bytes) -> dict[str, Any]:
    """A file as an evidence record lists it."""
    digests = both(data)
    return {
        "blake3": digests.blake3,
        "path": path,
        "sha256": digests.sha256,
        "size": len(data),
    }


def show(
    launch: Launch,
    item: str,
    path: str,
    data: bytes,
    *,
    by: str = "dan",
    at: int = NOW,
    **fields: Any,
) -> str:
    """An evidence record of one file; its id."""
    defaults = {
        "added_at_unix_ms": at,
        "checklist_digest": DIGEST,
        "files": (shown(path, data),),
        "item": item,
        "root": "launch",
    }
    return launch.record("checklist-evidence", by, **{**defaults, **fields})


def answer(
    launch: Launch, item: str, said: str, *, by: str = "dan", at: int = NOW, **fields: Any
) -> str:
    """An answer in the role of the item's owner; its id."""
    definition = CHECKLIST.item_named(item)
    defaults: dict[str, Any] = {
        "answer": said,
        "answered_at_unix_ms": at,
        "checklist_digest": DIGEST,
        "definition_digest": definition.digest if definition is not None else DIGEST,
        "item": item,
        "reason": "looked at",
        "role": definition.owner if definition is not None else "ops-lead",
    }
    if said == "warning":
        defaults |= {"mitigation_owner": "dan", "due_unix_ms": at + 3_600_000}
    return launch.record("checklist-answer", by, **{**defaults, **fields})


def sign_off(
    launch: Launch, area: str, decision: str, *, by: str = "dan", at: int = NOW, **fields: Any
) -> str:
    """A sign-off of an area, over a state without items; its id."""
    definition = CHECKLIST.area_named(area)
    state = {"area": area, "items": []}
    defaults: dict[str, Any] = {
        "area": area,
        "checklist_digest": DIGEST,
        "decision": decision,
        "reason": "looked at",
        "role": definition.approver if definition is not None else "ops-lead",
        "signed_at_unix_ms": at,
        "state_hash": sha256_id(canonical.dumps(state)),
    }
    if decision == "conditional":
        defaults |= {"mitigation_owner": "dan", "due_unix_ms": at + 3_600_000}
    if decision == "reject":
        defaults["cites"] = "D.1"
    return launch.record(
        "checklist-sign-off", by, preimages={"state": state}, **{**defaults, **fields}
    )


def context_of(launch: Launch, *order: str, now: int = NOW) -> Context:
    """The launch as it is judged; with `order`, as if a ledger had these records in this order."""
    asked = Request(now, anchor=launch.anchor, anchor_source="given")
    context = read_context(asked, launch.evidence())
    if not order:
        return context
    of_id = {u.record_id: u for u in context.records.effective.verified}
    entries = tuple(
        SimpleNamespace(
            index=index,
            record=SimpleNamespace(record_id=name, fingerprint=of_id[name].key.fingerprint),
        )
        for index, name in enumerate(order)
    )
    ledger: Any = SimpleNamespace(entries=entries)
    return replace(context, evidence=replace(context.evidence, ledger=ledger))


def folded(launch: Launch, *order: str, now: int = NOW) -> ChecklistRecords:
    """Its records of the checklist."""
    return fold_checklist(context_of(launch, *order, now=now), CHECKLIST, DIGEST)
