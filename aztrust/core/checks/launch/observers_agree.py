"""Did those who observe the running network see the same one?

Operators sign what their own nodes answered. Their newest reports are compared with each other and
with the blocks that are proven here: by the digest of the genesis, and by height the block, the
state after it, and its validators. What one of them did not see is not compared. Nothing decides
who is right: a difference holds the checkpoints until it is explained. An operator that was wrong
signs new facts, which replace the old ones; a key that signs falsehoods is revoked.
"""

from __future__ import annotations

from aztrust.core.base.findings import CheckClass, Finding
from aztrust.core.checks.check import Answer, Check, Code
from aztrust.core.policy.describe import plural
from aztrust.core.policy.model import PackageClass
from aztrust.core.state.context import Context
from aztrust.core.state.current import shown_attempt
from aztrust.core.state.node_reports import observers_disagree, operator_facts

_MEND = (
    "hold the launch, and find out who sees another network; an operator that was wrong signs new"
    " facts: aztrust confirm NAME --facts FILE"
)
_SHOWN = 8


def _ask(context: Context, _: PackageClass) -> Answer:
    attempt = shown_attempt(context)
    if context.policy is None or attempt is None:
        return Answer(detail="nothing is frozen")
    findings = tuple(
        Finding("observers-disagree", one.text.partition(":")[0], one.text, mend=_MEND)
        for one in observers_disagree(context, attempt)[:_SHOWN]
    )
    seen = operator_facts(context, attempt)
    return Answer(
        findings,
        evidence=tuple(sorted(facts.report.record_id for facts in seen)),
        detail=f"{plural(len(seen), 'report')} of operators",
    )


CHECK = Check(
    id="observers-agree",
    title="what several observers saw",
    check_class=CheckClass.READINESS,
    clauses=("AZ-11.2", "AZ-32.2"),
    codes=(
        Code(
            "observers-disagree",
            "Observers of one network saw different blocks, states, validators or genesis files.",
            "Hold the launch, and find out who sees another network.",
        ),
    ),
    ask=_ask,
)
