"""Is the monitoring live, so that people see the first minutes while they happen?

An answer by the ops lead, or a probe that the policy names (`[checks.monitoring-live.probe]`): one
HTTP GET of the final check itself, whose status, and whose body where an expression is named, must
be what the policy says. A redirect is not followed, and the answer's digest is the evidence. Or a
Prometheus (`[checks.monitoring-live.prometheus]`) that must have loaded exactly the alert rules
which `aztrust observe rules` makes of the policy, evaluate them, and have its watchdog fire. Where
there is one of these, a holder's pass does not replace it; a holder's fail still blocks. It answers
even where no holder has the role.
"""

from __future__ import annotations

from aztrust.core.base.digest import sha256_id
from aztrust.core.base.errors import Malformed
from aztrust.core.base.findings import CheckClass, Finding, Status
from aztrust.core.base.paths import escape
from aztrust.core.base.times import format_duration
from aztrust.core.chain.alerts.group import alert_group
from aztrust.core.chain.alerts.loaded import loaded
from aztrust.core.checks.attested import ATTESTED_CODES, Asked, asked, attested_answer
from aztrust.core.checks.check import Answer, Check, Code, Stage
from aztrust.core.policy.model import PackageClass, Probe
from aztrust.core.state.context import Context, require_policy
from aztrust.core.state.evidence import ProbeReading, PrometheusReading

_ROW = "monitoring-live"


def _ask(context: Context, _: PackageClass) -> Answer:
    question = asked(context, _ROW)
    if isinstance(question, Answer):
        return question
    answer = attested_answer(context, _ROW)
    if answer.findings or not question.rule.asks_monitoring:
        return answer
    if question.rule.probe is not None:
        wanted, heard = question.rule.probe, context.evidence.probe
        if heard is not None and heard.url == wanted.url:
            return _judged(question, wanted, heard)
    if question.rule.prometheus is not None:
        answered = context.evidence.prometheus
        if answered is not None and answered.url == question.rule.prometheus.url:
            return _judged_rules(context, question, answered)
    return Answer(owner=_owner(question), not_run="the monitoring was not asked")


def _owner(question: Asked) -> str:
    """The probe itself, where the policy has no holder for the row."""
    return question.rule.role if question.holders else "probe"


def _wrong(
    question: Asked,
    code: str,
    message: str,
    evidence: tuple[str, ...],
    *,
    expected: str = "",
    actual: str = "",
    mend: str = "look at the monitoring, then: aztrust final-check",
) -> Answer:
    who = " or ".join(question.holders)
    finding = Finding(
        code,
        _ROW,
        message,
        expected=expected,
        actual=actual,
        mend=f"{who}: {mend}" if who else mend,
    )
    return Answer((finding,), evidence=evidence, owner=_owner(question))


def _judged_rules(context: Context, question: Asked, heard: PrometheusReading) -> Answer:
    """Whether exactly the rules of the policy are loaded and run."""
    url = escape(heard.url)[:200]
    evidence = tuple(sha256_id(body) for body in (heard.rules, heard.alerts) if body)
    if heard.fault:
        return _wrong(question, "probe-unanswered", f"{url}: {escape(heard.fault)}", evidence)
    group = alert_group(require_policy(context), context.policy_digest)
    try:
        found = loaded(group, heard.rules, heard.alerts, heard.at_unix_ms)
    except Malformed as error:
        message = f"{url}: {error.message}"
        return _wrong(question, "probe-unanswered", message, evidence, mend=error.mend)
    if found.wrong:
        first, more = found.wrong[0], len(found.wrong) - 1
        return _wrong(
            question,
            "check-failed",
            f"{url}: {first.message}" + (f" (and {more} more)" if more else ""),
            evidence,
            expected=first.expected,
            actual=first.actual,
            mend=first.mend,
        )
    age = format_duration(found.evaluated_ms or 0)
    detail = f"{len(group.alerts)} alert rules of this policy are loaded, evaluated {age} ago"
    return Answer(evidence=evidence, owner=_owner(question), detail=detail)


def _judged(question: Asked, wanted: Probe, heard: ProbeReading) -> Answer:
    evidence = (heard.sha256,) if heard.sha256 else ()

    def wrong(code: str, message: str, expected: str = "", actual: str = "") -> Answer:
        shown = f"{escape(heard.url)[:200]}: {message}"
        return _wrong(question, code, shown, evidence, expected=expected, actual=actual)

    if heard.status is not None and heard.status != wanted.status:
        message = "it answers with another status than the policy names"
        return wrong("check-failed", message, str(wanted.status), str(heard.status))
    if heard.fault:
        return wrong("probe-unanswered", escape(heard.fault))
    if wanted.matches is not None and not heard.matched:
        message = "its answer does not hold what the policy looks for"
        return wrong("check-failed", message, escape(wanted.matches)[:200])
    return Answer(
        evidence=evidence, owner=_owner(question), detail=f"it answers with {heard.status}"
    )


CHECK = Check(
    id=_ROW,
    title="the monitoring is live",
    check_class=CheckClass.READINESS,
    clauses=("AZ-6.2", "AZ-23.1", "AZ-26.2"),
    stage=Stage.FROZEN,
    codes=(
        *ATTESTED_CODES,
        Code(
            "probe-unanswered",
            "The monitoring that the policy names gave no answer that could be judged.",
            "Look at the monitoring and at the way to it, then make the final check again.",
            status=Status.ERROR,
        ),
    ),
    ask=_ask,
)
