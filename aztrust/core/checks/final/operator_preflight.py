"""Did the operators run preflight lately, and did it say READY?

An answer by the ops lead, who asked them: `aztrust attest operator-preflight pass --role R`. A
preflight of yesterday says nothing about the binary that was installed an hour ago, so the answer
ages (`[checks.operator-preflight] max_age`). What the operators sent can be named with --evidence.
"""

from __future__ import annotations

from aztrust.core.base.findings import CheckClass
from aztrust.core.checks.attested import ATTESTED_CODES, attested_answer
from aztrust.core.checks.check import Answer, Check, Stage
from aztrust.core.policy.model import PackageClass
from aztrust.core.state.context import Context


def _ask(context: Context, _: PackageClass) -> Answer:
    return attested_answer(context, "operator-preflight")


CHECK = Check(
    id="operator-preflight",
    title="operators looked at their hosts",
    check_class=CheckClass.READINESS,
    clauses=("AZ-6.2",),
    stage=Stage.FROZEN,
    codes=ATTESTED_CODES,
    ask=_ask,
)
