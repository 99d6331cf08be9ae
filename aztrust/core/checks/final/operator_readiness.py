"""Are enough validators and operators ready, among them each that must be?

An answer by the ops lead, held against the threshold that was agreed before the window opened
(AZ-24). Operators answer for their own hosts only: one that is not ready is not a reason to abort,
too few that are ready is a reason to hold.
"""

from __future__ import annotations

from aztrust.core.base.findings import CheckClass
from aztrust.core.checks.attested import ATTESTED_CODES, attested_answer
from aztrust.core.checks.check import Answer, Check, Stage
from aztrust.core.policy.model import PackageClass
from aztrust.core.state.context import Context


def _ask(context: Context, _: PackageClass) -> Answer:
    return attested_answer(context, "operator-readiness")


CHECK = Check(
    id="operator-readiness",
    title="enough operators are ready",
    check_class=CheckClass.READINESS,
    clauses=("AZ-6.2", "AZ-23.1"),
    stage=Stage.FROZEN,
    codes=ATTESTED_CODES,
    ask=_ask,
)
