"""Is the monitoring live, so that people see the first minutes while they happen?

An answer by the ops lead, or a probe that the policy names (`[checks.monitoring-live] probe`): one
HTTP GET of the final check itself, whose status, and whose body where an expression is named, must
be what the policy says. A redirect is not followed, and the answer's digest is the evidence. Where
there is a probe, a holder's pass does not replace it; a holder's fail still blocks. The probe
answers even where no holder has the role.
"""

from __future__ import annotations

from aztrust.core.base.findings import CheckClass, Finding, Status
from aztrust.core.base.paths import escape
from aztrust.core.checks.attested import ATTESTED_CODES, Asked, asked, attested_answer
from aztrust.core.checks.check import Answer, Check, Code, Stage
from aztrust.core.policy.model import PackageClass, Probe
from aztrust.core.state.context import Context
from aztrust.core.state.evidence import ProbeReading

_ROW = "monitoring-live"


def _ask(context: Context, _: PackageClass) -> Answer:
    question = asked(context, _ROW)
    if isinstance(question, Answer):
        return question
    answer = attested_answer(context, _ROW)
    wanted = question.rule.probe
    if wanted is None or answer.findings:
        return answer
    heard = context.evidence.probe
    if heard is None or heard.url != wanted.url:
        return Answer(owner=_owner(question), not_run="the monitoring was not asked")
    return _judged(question, wanted, heard)


def _owner(question: Asked) -> str:
    """The probe itself, where the policy has no holder for the row."""
    return question.rule.role if question.holders else "probe"


def _judged(question: Asked, wanted: Probe, heard: ProbeReading) -> Answer:
    owner = _owner(question)
    who = " or ".join(question.holders)
    look = "look at the monitoring, then: aztrust final-check"
    evidence = (heard.sha256,) if heard.sha256 else ()

    def wrong(code: str, message: str, expected: str = "", actual: str = "") -> Answer:
        finding = Finding(
            code,
            _ROW,
            f"{escape(heard.url)[:200]}: {message}",
            expected=expected,
            actual=actual,
            mend=f"{who}: {look}" if who else look,
        )
        return Answer((finding,), evidence=evidence, owner=owner)

    if heard.status is not None and heard.status != wanted.status:
        message = "it answers with another status than the policy names"
        return wrong("check-failed", message, str(wanted.status), str(heard.status))
    if heard.fault:
        return wrong("probe-unanswered", escape(heard.fault))
    if wanted.matches is not None and not heard.matched:
        message = "its answer does not hold what the policy looks for"
        return wrong("check-failed", message, escape(wanted.matches)[:200])
    return Answer(evidence=evidence, owner=owner, detail=f"it answers with {heard.status}")


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
