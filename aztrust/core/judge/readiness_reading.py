"""The readiness of a launch as it is shown: the count, and what a person has to decide."""

from __future__ import annotations

from collections.abc import Mapping

from aztrust.core.base.findings import Finding
from aztrust.core.base.value import field, frozen
from aztrust.core.judge.verify import EXIT_FAIL, EXIT_PARTIAL, EXIT_PASS, EXIT_UNPINNED
from aztrust.core.state.context import Context
from aztrust.core.state.launch_state import Attempt
from aztrust.core.state.readiness import Readiness


@frozen
class ReadinessReading:
    """The count of a launch, as it is shown.

    Args:
        context: the launch.
        attempt: what the confirmations are about.
        readiness: the count.
        broken: truth that is broken: kits that disagree, or other bytes than the sealed ones.
        findings: what a person has to decide: copies of one wrong file, a collapse.
        named: the first digits of a wrong digest to what it is, where that is known.
        unread: why the ledger cannot be relied on, "" where it can, or none is asked for.
    """

    context: Context
    attempt: Attempt
    readiness: Readiness
    broken: tuple[Finding, ...] = ()
    findings: tuple[Finding, ...] = ()
    named: Mapping[str, str] = field(default_factory=dict)
    unread: str = ""

    @property
    def is_ready(self) -> bool:
        """Whether every threshold is met, and nothing is broken, undecided or not known."""
        return self.readiness.met and not (self.broken or self.findings or self.unread)

    @property
    def exit_code(self) -> int:
        """0 where every threshold is met, 12 where nothing shows that this is the announced policy
        then, 10 where truth is broken, else 11.
        """
        if self.broken:
            return EXIT_FAIL
        if not self.is_ready:
            return EXIT_PARTIAL
        request = self.context.request
        return EXIT_PASS if request.anchor or request.scope else EXIT_UNPINNED

    @property
    def all_findings(self) -> tuple[Finding, ...]:
        """Everything that is wrong, what is broken first, what is wrong with enrolments last."""
        roster = self.context.roster.findings
        return (*self.broken, *self.readiness.findings, *self.findings, *roster)
