"""What computations of the checklist may look at, bent by the tests one thing at a time.

asked(plan=plan(backup=None))
asked(window=decided(minutes(score=card(item("D.1", "P0", "fail")))))
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, Final

from aztrust.core.base import canonical
from aztrust.core.base.digest import sha256_id
from aztrust.core.base.value import replace
from aztrust.core.judge.checklist.areas import area_state
from aztrust.core.judge.checklist.items import scored_items
from aztrust.core.judge.checklist.outcome import Asked, Outcome
from aztrust.core.judge.verify import Verdict
from aztrust.core.records.checklist_plan import ChangeFreeze, Plan, Span
from aztrust.core.records.go_hold import DECISION_CONTENTS, Attendee, GoNoGoDecision, Minutes
from aztrust.core.records.records import VerifiedRecord
from aztrust.core.records.scorecard import (
    Scorecard,
    ScoredArea,
    ScoredItem,
    concluded,
    evidence_digest,
    explained,
    score_digest,
)
from aztrust.core.state.checklist.records import fold_checklist
from aztrust.core.state.window.state import Limits, Source, Step, WindowState
from aztrust.core.state.window.table import first_row_of
from tests.checklists import CHECKLIST, DIGEST
from tests.memory_launch import NOW, Launch
from tests.people import signer

HOUR: Final = 3_600_000
SCOPE: Final = sha256_id(b"scope")
WINDOW: Final = sha256_id(b"window")
BASE: Final = WindowState(WINDOW, SCOPE, Limits(HOUR, HOUR))
SEATS: Final = {"dan": "ops-lead", "sonia": "security-lead"}


def asked(launch: Launch | None = None, checklist: Any = CHECKLIST, **changes: Any) -> Asked:
    """A launch with its checklist, with the changes."""
    verdict: Verdict = (launch or Launch.approved()).verify()
    records = fold_checklist(verdict.context, checklist, DIGEST)
    results = {result.id: result for result in verdict.results}
    return replace(Asked(verdict.context, results, records), **changes)


def at(found: Asked, now: int) -> Asked:
    """The same at another time."""
    request = replace(found.context.request, now_unix_ms=now)
    return replace(found, context=replace(found.context, request=request))


def plan(**changes: Any) -> Plan:
    """Two windows that are ahead, a blackout after them, and a freeze that has begun."""
    made: dict[str, Any] = {
        "primary": span(1, 3),
        "backup": span(24, 26),
        "blackouts": (span(48, 50),),
        "change_freeze": ChangeFreeze(
            from_unix_ms=NOW - HOUR, until_unix_ms=NOW + 30 * HOUR, allowed=("hotfixes",)
        ),
    }
    return Plan(**{**made, **changes})


def span(begins: int, ends: int) -> Span:
    """From and until, in hours from now."""
    return Span(from_unix_ms=NOW + begins * HOUR, until_unix_ms=NOW + ends * HOUR)


def starting(opens: int, closes: int) -> WindowState:
    """A window whose instruction lets the network start between these hours from now."""
    times = {
        "opens_at_unix_ms": NOW + opens * HOUR,
        "closes_at_unix_ms": NOW + closes * HOUR,
    }
    instruction: Any = SimpleNamespace(
        preimages={"start_window": times, "role_activation_order": {"order": []}}
    )
    return replace(BASE, records={"instruct": instruction})


def item(name: str, priority: str, status: str, **fields: Any) -> ScoredItem:
    """A scored item."""
    defaults = {
        "area": "operations",
        "definition_digest": sha256_id(name.encode()),
        "by": "answered",
        "detail": "looked at",
    }
    return ScoredItem(
        **{**defaults, "item": name, "priority": priority, "status": status, **fields}
    )


def warning(name: str, priority: str = "P1", **fields: Any) -> ScoredItem:
    """A warning with an owner and a due time."""
    more = {"mitigation_owner": "dan", "due_unix_ms": NOW + HOUR}
    return item(name, priority, "warning", **{**more, **fields})


def area(name: str = "operations", status: str = "approve", **fields: Any) -> ScoredArea:
    """A scored area, signed by the holder of its name's seat."""
    holders = {"operations": "dan", "security": "sonia"}
    made: dict[str, Any] = {"area": name, "status": status, "holder": holders.get(name, "rita")}
    if status == "conditional":
        made |= {"mitigation_owner": "dan", "due_unix_ms": NOW + HOUR}
    if status == "stale":
        made["changed"] = ("D.1 was pass and is fail",)
    if status == "reject":
        made["cites"] = "D.1"
    if status == "pending":
        made["holder"] = None
    elif "record_id" not in fields:
        made["record_id"] = sha256_id(f"sign-off {name}".encode())
    return ScoredArea(**{**made, **fields})


SIGNED: Final = (area("operations"), area("security"))


def card(*items: ScoredItem, areas: tuple[ScoredArea, ...] = SIGNED, **fields: Any) -> Scorecard:
    """A score of these items and areas, with the result that follows."""
    made = Scorecard(
        **{
            "at_unix_ms": NOW,
            "checklist_digest": DIGEST,
            "policy_digest": sha256_id(b"policy"),
            "scope_hash": SCOPE,
            "due": "decision",
            "areas": areas,
            "items": items,
            "result": "OPEN",
            **fields,
        }
    )
    return made.model_copy(update={"result": concluded(explained(made))})


def minutes(seats: dict[str, str] | None = None, **fields: Any) -> Minutes:
    """The minutes of a meeting of dan and sonia, dan in the chair."""
    there = seats if seats is not None else SEATS
    attendees = tuple(Attendee(holder=name, role=role) for name, role in sorted(there.items()))
    chair = attendees[0].holder
    return Minutes(**{"chair": chair, "attendees": attendees, "score": card(), **fields})


def decision(held: Minutes | None, said: str = "GO") -> VerifiedRecord:
    """A decision with these minutes, signed by luca."""
    score = held.score if held is not None else None
    body, made = DECISION_CONTENTS.make(
        GoNoGoDecision,
        {
            "decision": said,
            "launch_window_id": WINDOW,
            "policy_digest": sha256_id(b"policy"),
            "scope_hash": SCOPE,
            "reason": "T",
            "rests_on": (),
            "expires_at_unix_ms": NOW + HOUR,
            "decided_at_unix_ms": NOW,
            "score_digest": score_digest(score) if score is not None else None,
            "evidence_digest": evidence_digest(score) if score is not None else None,
            "checklist_digest": score.checklist_digest if score is not None else None,
        },
        {"minutes": held},
    )
    key = signer("luca").public
    kind = "go-no-go-decision"
    return VerifiedRecord(sha256_id(b"decision"), kind, "luca", key, body, made)


def decided(held: Minutes | None, said: str = "GO") -> WindowState:
    """A window in which that decision took effect."""
    row = first_row_of("decide-go" if said == "GO" else "decide-no-go")
    step = Step(row, Source((decision(held, said),), NOW), "AT_GO_HOLD_POINT", 3)
    return replace(BASE, steps=(step,))


PASSES: Final = Outcome("pass", "the recorded one")


def signing(launch: Launch, name: str, decided: str = "approve", **fields: Any) -> str:
    """A sign-off of an area over what it is in this launch."""
    found = looked(launch)
    state = area_state(found.records, scored_items(found, "decision"), name)
    held = state.model_dump(mode="json", exclude_none=True)
    defaults = {
        "area": name,
        "checklist_digest": DIGEST,
        "decision": decided,
        "reason": "looked at",
        "role": {"operations": "ops-lead", "security": "security-lead"}[name],
        "signed_at_unix_ms": NOW,
        "state_hash": sha256_id(canonical.dumps(held)),
    }
    by = fields.pop("by", {"operations": "dan", "security": "sonia"}[name])
    return launch.record(
        "checklist-sign-off", by, preimages={"state": held}, **{**defaults, **fields}
    )


def looked(launch: Launch, **changes: Any) -> Asked:
    """The launch, with every file of evidence as it was recorded."""
    found = asked(launch, **changes)
    shown = {name: PASSES for name, held in found.records.items.items() if held.evidence}
    return replace(found, shown={**shown, **changes.get("shown", {})})
