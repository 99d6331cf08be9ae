"""Is this the kit of the scope that is frozen now?

A scope may be deferred, corrected, and frozen anew under the same policy. The anchor is the
policy's digest, so it is the same before and after: an old kit with the old genesis agrees with it,
and with itself. The scope that was read aloud tells the two apart. So does a head of the ledger
that its keeper signed a short while ago: a later freeze would be under it. Without either the kit
may be an old one, and nothing in it can say so.
"""

from __future__ import annotations

from aztrust.core.base.findings import CheckClass, Finding, Locus
from aztrust.core.base.paths import escape
from aztrust.core.base.times import HEAD_AGE_MS, format_rfc3339
from aztrust.core.checks.check import Answer, Check
from aztrust.core.checks.codes import KIT_OUTDATED
from aztrust.core.policy.model import PackageClass
from aztrust.core.state.context import Context
from aztrust.core.state.ledger.freshness import head_age_ms, span, stale_reason


def _ask(context: Context, _: PackageClass) -> Answer:
    host = context.evidence.host
    if host is None:
        return Answer(not_run="no host was looked at")
    if context.request.scope:
        # Whether it is the kit's own is the question of `anchor`.
        return Answer(detail="the scope was given")
    why = stale_reason(context, HEAD_AGE_MS)
    age = head_age_ms(context)
    if not why:
        return Answer(detail=f"a ledger head at most {span(age)} old" if age is not None else "")
    if age is not None:
        at = format_rfc3339((context.request.now_unix_ms - age) * 1_000_000)
        why = f"{why}; its time is {at}"
    notice = Finding(
        KIT_OUTDATED.name, "kit", f"this kit may be outdated: {why}", mend=_mend(host.urls)
    )
    return Answer(notices=(notice,), not_run=notice.message)


def _mend(urls: tuple[str, ...]) -> str:
    fetch = (
        f"fetch the current kit: aztrust preflight {escape(urls[0])}"
        if urls
        else "ask its publisher for the current kit, or fetch it: aztrust -C URL preflight"
    )
    return f"{fetch}; or give the scope that was read aloud: --scope HEX"


CHECK = Check(
    id="kit-current",
    title="current kit",
    check_class=CheckClass.READINESS,
    clauses=("AZ-2.4", "AZ-40"),
    locus=Locus.HOST,
    codes=(KIT_OUTDATED,),
    ask=_ask,
)
