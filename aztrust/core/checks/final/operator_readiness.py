"""Are enough validators and operators ready, among them each that must be?

Where operators are enrolled and `[readiness]` has `min_power` or `mandatory`, this is computed: the
voting power of the operators whose confirmation counts, of all power in the sealed genesis, and
each mandatory operator by name (`aztrust readiness` shows the count). Too little is a reason to
hold. A launch that was ready and fell below `collapse` is a reason to abort.

Elsewhere it is an answer by the ops lead, held against the threshold that was agreed before the
window opened (AZ-24). Operators answer for their own hosts only: one that is not ready is not a
reason to abort, too few that are ready is a reason to hold.
"""

from __future__ import annotations

from aztrust.core.base.findings import CheckClass
from aztrust.core.checks.attested import ATTESTED_CODES
from aztrust.core.checks.check import Answer, Check, Stage
from aztrust.core.checks.operators import (
    POWER_INVALID,
    POWER_UNKNOWN,
    READINESS_COLLAPSED,
    READINESS_SHORT,
    collapse_findings,
    counted,
    thresholds_answer,
)
from aztrust.core.policy.model import PackageClass
from aztrust.core.state.context import Context


def _ask(context: Context, _: PackageClass) -> Answer:
    found = counted(context, "operator-readiness")
    if isinstance(found, Answer):
        return found
    collapsed = tuple(collapse_findings(found.readiness, found.rules))
    return thresholds_answer(found, ("power", "mandatory"), collapsed)


CHECK = Check(
    id="operator-readiness",
    title="enough operators are ready",
    check_class=CheckClass.READINESS,
    clauses=("AZ-6.2", "AZ-23.1", "AZ-24.2"),
    stage=Stage.FROZEN,
    codes=(*ATTESTED_CODES, READINESS_SHORT, POWER_UNKNOWN, POWER_INVALID, READINESS_COLLAPSED),
    ask=_ask,
)
