"""Do the kits on this host agree?

Only asked where more than one was given. Their records are merged, so a revocation or a newer seal
that one of them lacks is still seen. Two policies cannot be merged: one of the kits is another
launch's, or what was announced has changed.
"""

from __future__ import annotations

from aztrust.core.base.findings import CheckClass, Locus
from aztrust.core.checks.check import Answer, Check, Code
from aztrust.core.policy.model import PackageClass
from aztrust.core.state.context import Context


def _ask(context: Context, _: PackageClass) -> Answer:
    host = context.evidence.host
    if host is None:
        return Answer(not_run="no host was looked at")
    return Answer(host.disagreements, host.differences, detail=f"{host.kits} merged")


CHECK = Check(
    id="host-kits",
    title="kits on this host",
    check_class=CheckClass.TRUTH,
    clauses=("AZ-40",),
    locus=Locus.HOST,
    codes=(
        Code(
            "kits-disagree",
            "Two kits that were given together hold different policies or packages.",
            "Find out which one was announced, and delete the other.",
        ),
    ),
    ask=_ask,
)
