"""May this host start now, in its role?

The start of a network is an authorized act, and not what happens when operators feel ready
(AZ-30.2). Before the network has started, a host starts only where the launch authorization and
the instruction are in force, every condition of AZ-30.1 holds, the start window is open, and its
role is the first of the order. A later role needs its own activation. All of that is in records,
and a record that takes one of them back may be missing here: so a head of the ledger must be
younger than `[ledger] max_head_age`, or than an hour, whatever scope was given. It also has to be
from after the opening of the start window: no host starts because a time has come.

From the first activation until normal operation a host of an activated role starts without a young
ledger: a network that has begun must not stop because a ledger cannot be reached. An abort still
stops it, and so does an anomaly on its role, until the restart is approved by a record that names
that anomaly. In normal operation nothing is asked any more.
"""

from __future__ import annotations

from aztrust.core.base.findings import CheckClass, Finding, Locus
from aztrust.core.base.paths import escape
from aztrust.core.base.times import HEAD_AGE_MS
from aztrust.core.checks.check import Answer, Check, Code
from aztrust.core.checks.codes import KIT_OUTDATED
from aztrust.core.host.program import role_to_start
from aztrust.core.policy.model import PackageClass
from aztrust.core.state.context import Context
from aztrust.core.state.ledger.freshness import span, stale_reason
from aztrust.core.state.starting import Starting, read_starting

_SUBJECT = "bootstrap"
_WAIT = "wait for it: run the same command with --wait"


def _ask(context: Context, _: PackageClass) -> Answer:
    host = context.evidence.host
    if host is None:
        return Answer(not_run="no host was looked at")
    if unread := context.evidence.unread("manifests/verdicts", "manifests/records", "keys"):
        return Answer(not_run=unread)
    policy = context.policy
    if policy is not None and policy.freeze is not None:
        why = f"the policy has no freeze, so no start is authorized: {policy.freeze.not_applicable}"
        return Answer((_not_authorized(why, "ask aztrust preflight, and start the node by hand"),))
    starting = read_starting(context)
    if starting is None:
        return Answer((_not_authorized("no launch window of this scope is here"),))
    findings = may_start(starting, role_to_start(host))
    if findings or starting.is_normal or starting.runs:
        return Answer(findings, detail="" if findings else _detail(starting))
    # A head from before the start window opened shows no hold that came until then: without a newer
    # one it would be the clock alone that starts this host.
    open_for = max(0, context.request.now_unix_ms - starting.opens_at_unix_ms)
    if why := stale_reason(context, min(HEAD_AGE_MS, open_for)):
        what = f"what takes the authorization back may be missing: {why}"
        if open_for < HEAD_AGE_MS:
            what += f"; the start window opened {span(open_for)} ago"
        notice = Finding(KIT_OUTDATED.name, "kit", what, mend=_WAIT)
        return Answer(notices=(notice,), not_run=what)
    return Answer(detail=_detail(starting))


def may_start(starting: Starting, role: str) -> tuple[Finding, ...]:
    """Why a host may not start in a role by the records alone; () where it may.

    Args:
        starting: the launch window.
        role: of the network; "" where nothing says which.
    """
    if starting.is_normal:
        return ()
    if starting.status in ("ABORTED", "DEFERRED"):
        return (_not_authorized(f"the launch window is {starting.status}"),)
    if not starting.order:
        first = starting.missing[:1]
        why = first[0].message if first else "no instruction is in force"
        return (_not_authorized(why),)
    if role not in starting.order:
        return (_other_role(role, starting),)
    if starting.runs:
        return _after_the_start(starting, role)
    if starting.status != "BOOTSTRAP_AUTHORIZED":
        return (_not_authorized(f"the launch window is {starting.status}"),)
    if role != starting.order[0]:
        return (_not_activated(role, starting),)
    # A host cannot do what the coordinator would: it waits.
    return tuple(_not_authorized(missing.message) for missing in starting.missing)


def _after_the_start(starting: Starting, role: str) -> tuple[Finding, ...]:
    if role not in starting.activated:
        return (_not_activated(role, starting),)
    return tuple(
        Finding(
            "restart-not-approved",
            anomaly,
            f"an anomaly concerns role {escape(of)}, and no approval of its restart names it",
            mend="ask the launch coordinator for the approval of a restart that names this anomaly",
        )
        for of, anomaly in starting.unapproved
        if of == role
    )


def _not_authorized(why: str, mend: str = "") -> Finding:
    return Finding("bootstrap-not-authorized", _SUBJECT, why, mend=mend or _WAIT)


def _other_role(role: str, starting: Starting) -> Finding:
    order = ", ".join(map(escape, starting.order))
    return Finding(
        "role-not-in-order",
        f"role {escape(role)}" if role else "role",
        f"the instruction activates {order}"
        + ("" if role else ", and nothing says which of them this host is"),
        mend=f"name the role of this host: --role {escape(starting.order[0])}",
    )


def _not_activated(role: str, starting: Starting) -> Finding:
    active = ", ".join(map(escape, starting.activated)) or "none"
    return Finding(
        "role-not-activated",
        f"role {escape(role)}",
        f"it is not activated yet; activated: {active}; the order is"
        f" {', '.join(map(escape, starting.order))}",
        mend=_WAIT,
    )


def _detail(starting: Starting) -> str:
    if starting.is_normal:
        return "normal operation: nothing is asked any more"
    if starting.runs:
        return f"the network has started; activated: {', '.join(map(escape, starting.activated))}"
    return "authorized and instructed, and the start window is open"


CHECK = Check(
    id="bootstrap",
    title="bootstrap is authorized",
    check_class=CheckClass.READINESS,
    clauses=("AZ-8.4", "AZ-30.1", "AZ-30.2"),
    locus=Locus.HOST,
    codes=(
        Code(
            "bootstrap-not-authorized",
            "No authorization and instruction are in force, or a condition of the start fails.",
            "Wait for them: aztrust exec --wait starts the program as soon as they are.",
            unfinished=True,
            locus=Locus.HOST,
        ),
        Code(
            "role-not-in-order",
            "The instruction does not name the role in which this host is to start.",
            "Name the role of this host with --role, or ask the launch coordinator.",
            locus=Locus.HOST,
        ),
        Code(
            "role-not-activated",
            "The role of this host is not activated yet.",
            "Wait for its activation: aztrust exec --wait.",
            unfinished=True,
            locus=Locus.HOST,
        ),
        Code(
            "restart-not-approved",
            "After an anomaly on its role a host starts again only by an approval that names it.",
            "Ask the launch coordinator for the approval of the restart.",
            locus=Locus.HOST,
        ),
        KIT_OUTDATED,
    ),
    ask=_ask,
)
