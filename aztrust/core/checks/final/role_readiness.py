"""Is everyone who has a role in the launch available, now?

An answer by the launch coordinator, after a roll call: coordinator, scribe, go/no-go signers,
custodian, release manager, leads and incident commander, or the deputy of each.
"""

from __future__ import annotations

from aztrust.core.base.findings import CheckClass
from aztrust.core.checks.attested import ATTESTED_CODES, attested_answer
from aztrust.core.checks.check import Answer, Check, Stage
from aztrust.core.policy.model import PackageClass
from aztrust.core.state.context import Context


def _ask(context: Context, _: PackageClass) -> Answer:
    return attested_answer(context, "role-readiness")


CHECK = Check(
    id="role-readiness",
    title="the launch roles are there",
    check_class=CheckClass.READINESS,
    clauses=("AZ-23.1",),
    stage=Stage.FROZEN,
    codes=ATTESTED_CODES,
    ask=_ask,
)
