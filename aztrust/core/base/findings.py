"""Findings, check results and how a verdict is concluded from them (design 3, "How a verdict")."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from aztrust.core.base.value import frozen, replace


class CheckClass(StrEnum):
    """What kind of question a check asks; decides what its failure means for the window."""

    TRUTH = "truth"
    AUTHORITY = "authority"
    READINESS = "readiness"


class Status(StrEnum):
    """How one check ended. Only `pass` and `not_applicable` let a verdict be a pass."""

    PASS = "pass"  # noqa: S105 - a status, not a password
    FAIL = "fail"
    ERROR = "error"
    NOT_RUN = "not_run"
    NOT_APPLICABLE = "not_applicable"
    PENDING = "pending"


class Locus(StrEnum):
    """Whom a finding is about: the launch itself, or one host that wants to join it."""

    LAUNCH = "launch"
    HOST = "host"


class Guidance(StrEnum):
    """AZ-28: what the window should do, from harmless to final."""

    CONTINUE = "CONTINUE"
    HOLD = "HOLD"
    DEFER = "DEFER"
    ABORT = "ABORT"


class Conclusion(StrEnum):
    """The verdict of a report, from worst to best in `PRECEDENCE`."""

    FAIL = "fail"
    ERROR = "error"
    HOLD = "hold"
    CONDITIONAL = "conditional"
    PASS = "pass"  # noqa: S105 - a verdict, not a password


PRECEDENCE = tuple(Conclusion)
GUIDANCE_PRECEDENCE = tuple(reversed(Guidance))


@frozen
class Finding:
    """One fact behind a failed check, or (in `CheckResult.notices`) one that does not count.

    All text is escaped for display. `expected` and `actual` are digests or short values, "" when
    there is none; `this` says what the wrong bytes are, when that is known; `guidance` overrides
    the check class's where a failure cannot be cured by waiting.
    """

    code: str
    subject: str
    message: str
    expected: str = ""
    actual: str = ""
    this: str = ""
    mend: str = ""
    locus: Locus = Locus.LAUNCH
    guidance: Guidance | None = None

    def identified(self, this: str) -> Finding:
        """The same finding, now with what the wrong bytes are."""
        return replace(self, this=this)

    def guided(self, guidance: Guidance) -> Finding:
        """The same finding, with what it means for the window."""
        return replace(self, guidance=guidance)


@frozen
class CheckResult:
    """What one check found. `evidence` are ids (record ids, digests) that the answer rests on.

    `locus` is what the question is about: what is wrong with one host never counts for the
    network (AZ-40). `answered_unix_ms` is 0 where the answer was found in this very run.
    """

    id: str
    check_class: CheckClass
    status: Status
    findings: tuple[Finding, ...] = ()
    notices: tuple[Finding, ...] = ()
    evidence: tuple[str, ...] = ()
    owner: str = ""
    detail: str = ""
    locus: Locus = Locus.LAUNCH
    answered_unix_ms: int = 0


def guidance_of(result: CheckResult) -> Guidance:
    """AZ-28 for one check: truth aborts, authority and readiness hold unless a finding says more.

    An `error` or `not_run` is a HOLD whatever the class: nothing was shown to be broken. A check
    of one host says CONTINUE however it ends: it stops that host and no other.
    """
    if result.status in (Status.PASS, Status.NOT_APPLICABLE, Status.PENDING):
        return Guidance.CONTINUE
    if result.locus is Locus.HOST:
        return Guidance.CONTINUE
    if result.status in (Status.ERROR, Status.NOT_RUN):
        return Guidance.HOLD
    default = Guidance.ABORT if result.check_class is CheckClass.TRUTH else Guidance.HOLD
    named = [f.guidance or default for f in result.findings if f.locus is Locus.LAUNCH]
    return worst_guidance(named or [Guidance.HOLD])


def worst_guidance(guidances: Iterable[Guidance]) -> Guidance:
    """ABORT over DEFER over HOLD over CONTINUE; CONTINUE for none."""
    return min(guidances, key=GUIDANCE_PRECEDENCE.index, default=Guidance.CONTINUE)


def conclude(results: Iterable[CheckResult]) -> tuple[Conclusion, Guidance]:
    """fail > error > hold > conditional > pass, and the worst guidance with it (law 2).

    No results at all is an `error`: nothing checked is not a pass.
    """
    results = tuple(results)
    if not results:
        return Conclusion.ERROR, Guidance.HOLD
    of = {
        Status.FAIL: Conclusion.FAIL,
        Status.ERROR: Conclusion.ERROR,
        Status.NOT_RUN: Conclusion.HOLD,
    }
    seen = []
    for result in results:
        conclusion = of.get(result.status, Conclusion.PASS)
        # A person who has not answered yet is a hold; broken truth or authority is a fail.
        if conclusion is Conclusion.FAIL and result.check_class is CheckClass.READINESS:
            conclusion = Conclusion.HOLD
        seen.append(conclusion)
    if all(r.status in (Status.PENDING, Status.NOT_APPLICABLE) for r in results):
        seen.append(Conclusion.HOLD)
    return min(seen, key=PRECEDENCE.index), worst_guidance(map(guidance_of, results))
