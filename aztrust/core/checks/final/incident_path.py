"""If something breaks in the first minutes, does a person answer the call?

An answer by the incident commander: the channel is open, the people on call have answered there,
and they know whom they escalate to. An incident path that was not tried counts as not staffed.
"""

from __future__ import annotations

from aztrust.core.base.findings import CheckClass
from aztrust.core.checks.attested import ATTESTED_CODES, attested_answer
from aztrust.core.checks.check import Answer, Check, Stage
from aztrust.core.policy.model import PackageClass
from aztrust.core.state.context import Context


def _ask(context: Context, _: PackageClass) -> Answer:
    return attested_answer(context, "incident-path")


CHECK = Check(
    id="incident-path",
    title="the incident path is staffed",
    check_class=CheckClass.READINESS,
    clauses=("AZ-6.2", "AZ-23.1"),
    stage=Stage.FROZEN,
    codes=ATTESTED_CODES,
    ask=_ask,
)
