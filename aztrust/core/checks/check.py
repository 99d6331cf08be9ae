"""What a check is: one question with one id, the codes it can answer with, and its own page.

Each module in a folder of `aztrust.core.checks` defines one `CHECK`, however short it is: its
docstring is what `aztrust explain` prints, so it is written for the person whose launch just
stopped. Only the lists of checks import these modules. What two checks share is a code (`codes`),
an answer (`answers`, `attested`) or a question of the rooms below.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import IntEnum
from typing import Any

from aztrust.core.base.findings import CheckClass, CheckResult, Finding, Guidance, Locus, Status
from aztrust.core.base.value import frozen, replace
from aztrust.core.state.context import Context


class Stage(IntEnum):
    """How far a launch is asked to be: what comes later is pending and does not fail."""

    SEALED = 1
    APPROVED = 2
    FROZEN = 3


@frozen
class Code:
    """A finding code: kebab-case, and its meaning never changes.

    Args:
        name: the code.
        says: what it means, one sentence.
        mend: what usually cures it.
        status: how a check ends that found it; `error` where the question stays open.
        guidance: the guidance of AZ-28 where it differs from the check class's.
        unfinished: true where it only means that something has not happened yet.
        locus: whom it is about.
    """

    name: str
    says: str
    mend: str
    status: Status = Status.FAIL
    guidance: Guidance | None = None
    unfinished: bool = False
    locus: Locus = Locus.LAUNCH


@frozen
class Answer:
    """What a check's function returns: facts, from which `Check` derives the status.

    `not_run` gives the reason why the question could not even be put, `not_applicable` the reason
    that the policy names for not putting it. `answered_unix_ms` is when a holder answered, where
    that was not in this run.
    """

    findings: tuple[Finding, ...] = ()
    notices: tuple[Finding, ...] = ()
    evidence: tuple[str, ...] = ()
    owner: str = ""
    detail: str = ""
    not_run: str = ""
    not_applicable: str = ""
    answered_unix_ms: int = 0


Question = Callable[[Context, Any], Answer]


@frozen
class Check:
    """One question. With `per_package` it is put once per package class, as `CLASS-ID`; with
    `items` once for each of what that finds in the launch, as `ID.ITEM`. `ask` gets the class or
    the item.

    `locus` HOST makes it a question about the host that runs it: all its findings are.
    """

    id: str
    title: str
    check_class: CheckClass
    clauses: tuple[str, ...]
    codes: tuple[Code, ...]
    ask: Question
    per_package: bool = False
    stage: Stage = Stage.SEALED
    locus: Locus = Locus.LAUNCH
    items: Callable[[Context], Iterable[str]] | None = None

    def run(self, context: Context, required: Stage) -> tuple[CheckResult, ...]:
        """The answers, one per package class asked for or per item, or one."""
        if self.items is not None:
            return tuple(
                self._result(f"{self.id}.{item}", self.ask(context, item), required)
                for item in self.items(context)
            )
        if not self.per_package:
            return (self._result(self.id, self.ask(context, "release"), required),)
        return tuple(
            self._result(f"{package_class}-{self.id}", self.ask(context, package_class), required)
            for package_class in context.package_classes
        )

    def _result(self, name: str, answer: Answer, required: Stage) -> CheckResult:
        findings = tuple(self._guided(f) for f in answer.findings)
        notices = answer.notices
        if self.locus is Locus.HOST:
            notices = tuple(replace(n, locus=Locus.HOST) for n in notices)
        status = Status.NOT_RUN if answer.not_run else self._status(findings)
        if answer.not_applicable:
            status = Status.NOT_APPLICABLE
        waits = self.stage > required and status in (Status.FAIL, Status.NOT_RUN)
        if waits and all(self.code(f.code).unfinished for f in findings):
            status, findings, notices = Status.PENDING, (), (*findings, *notices)
        return CheckResult(
            id=name,
            check_class=self.check_class,
            status=status,
            findings=findings,
            notices=notices,
            evidence=answer.evidence,
            owner=answer.owner,
            detail=answer.not_applicable or answer.not_run or answer.detail,
            locus=self.locus,
            answered_unix_ms=answer.answered_unix_ms,
        )

    def code(self, name: str) -> Code:
        """The code of that name among this check's."""
        return next(code for code in self.codes if code.name == name)

    def _guided(self, finding: Finding) -> Finding:
        # A check can only answer with a code it declares: `code` fails loudly in any test else.
        code = self.code(finding.code)
        if self.locus is Locus.HOST:
            return replace(finding, locus=Locus.HOST)
        # An open question does not show that anything is broken, even when another finding does
        # (law 10).
        fallback = Guidance.HOLD if code.status is Status.ERROR else None
        guidance = finding.guidance or code.guidance or fallback
        return finding if guidance is None else finding.guided(guidance)

    def _status(self, findings: Iterable[Finding]) -> Status:
        found = {self.code(f.code).status for f in findings}
        return Status.FAIL if Status.FAIL in found else Status.ERROR if found else Status.PASS
