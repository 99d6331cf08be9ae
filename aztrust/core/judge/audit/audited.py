"""What an audit found, as one value."""

from __future__ import annotations

from aztrust.core.base.findings import CheckResult
from aztrust.core.base.value import frozen
from aztrust.core.history.verdictset import HeldVerdict
from aztrust.core.judge.audit.acts import Act
from aztrust.core.judge.audit.decisions import Decision
from aztrust.core.judge.audit.timeline import Event
from aztrust.core.judge.verify import Verdict
from aztrust.core.state.context import Context


@frozen
class Audited:
    """What an audit found.

    Args:
        name: of the directory or file.
        whole: everything that was known, under the launch's present policy.
        ledger: the verdict on the launch itself: policy, keys, ledger, every signed file.
        decisions: each verdict, under whatever policy, in order.
        foreign: verdicts under a policy that is not here.
        acts: the acts of the windows that are not verdicts.
        events: everything in its order.
        at_unix_ms: as of when.
    """

    name: str
    whole: Context
    ledger: Verdict
    decisions: tuple[Decision, ...]
    foreign: tuple[HeldVerdict, ...]
    acts: tuple[Act, ...]
    events: tuple[Event, ...]
    at_unix_ms: int

    @property
    def checks(self) -> tuple[CheckResult, ...]:
        """The answers about the launch itself."""
        return self.ledger.results
