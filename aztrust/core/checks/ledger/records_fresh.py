"""Is the newest head of the ledger young enough to say that no record is missing?

Asked where the policy has `[ledger] max_head_age`. Anyone who hands over a ledger can withhold its
newest entries; a head that the keeper signed a moment ago shows that there was nothing more then. A
head carries no time. It cannot be older than the newest record that it covers, and a ledger takes
no record from more than two minutes ahead, so the time of that record bounds the head's age from
above. Where nothing is recorded for a while, the keeper signs a heartbeat: `aztrust ledger head
--heartbeat`.
"""

from __future__ import annotations

from aztrust.core.base.findings import CheckClass, Finding, Status
from aztrust.core.checks.check import Answer, Check, Code
from aztrust.core.policy.model import PackageClass
from aztrust.core.state.context import Context
from aztrust.core.state.ledger.freshness import head_age_ms, span, stale_reason

STALE = "records-stale"
_MEND = "get the current ledger, or ask its keeper: aztrust ledger head --key K --heartbeat"


def _ask(context: Context, _: PackageClass) -> Answer:
    owner = ""
    if context.policy is not None and context.policy.ledger is not None:
        reading = context.evidence.ledger
        known = reading.keeper if reading is not None else ""
        keeper = known or context.policy.ledger.head_keys[0]
        owner = context.policy.key_holders().get(keeper, keeper[7:15])
    why = stale_reason(context)
    if why:
        notice = Finding(STALE, "ledger", why, mend=_MEND)
        return Answer(notices=(notice,), owner=owner, not_run=why)
    age = head_age_ms(context)
    return Answer(owner=owner, detail=f"a head at most {span(age)} old" if age is not None else "")


CHECK = Check(
    id="records-fresh",
    title="records are current",
    check_class=CheckClass.READINESS,
    clauses=("AZ-2.4",),
    codes=(
        Code(
            STALE,
            "No head of the ledger is young enough to say that no record is missing.",
            "Get the current ledger, or ask its keeper for a new head.",
            status=Status.NOT_RUN,
        ),
    ),
    ask=_ask,
)
