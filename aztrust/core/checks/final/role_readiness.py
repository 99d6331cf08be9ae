"""Is everyone who has a role in the launch available, now?

Where operators are enrolled and `[readiness]` has `min_notaries`, or does not let observers wait,
this is computed from their confirmations: how many operators are ready in the role of a notary, and
whether those that only observe are ready.

Elsewhere it is an answer by the launch coordinator, after a roll call: coordinator, scribe,
go/no-go signers, custodian, release manager, leads and incident commander, or the deputy of each.
"""

from __future__ import annotations

from aztrust.core.base.findings import CheckClass
from aztrust.core.checks.attested import ATTESTED_CODES
from aztrust.core.checks.check import Answer, Check, Stage
from aztrust.core.checks.operators import READINESS_SHORT, counted, thresholds_answer
from aztrust.core.policy.model import PackageClass
from aztrust.core.state.context import Context


def _ask(context: Context, _: PackageClass) -> Answer:
    found = counted(context, "role-readiness")
    if isinstance(found, Answer):
        return found
    return thresholds_answer(found, ("notaries", "observers"))


CHECK = Check(
    id="role-readiness",
    title="the launch roles are there",
    check_class=CheckClass.READINESS,
    clauses=("AZ-23.1", "AZ-24.2"),
    stage=Stage.FROZEN,
    codes=(*ATTESTED_CODES, READINESS_SHORT),
    ask=_ask,
)
