"""What a precondition of a step is: a fact that must, or must not, be there."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Protocol

from aztrust.core.base.findings import Finding
from aztrust.core.base.value import frozen
from aztrust.core.state.window.facts import Fact

UNMET = "precondition-unmet"


class Texts(Protocol):
    """What a refusal may quote of a window's state, each a short text for a person."""

    @property
    def hold_text(self) -> str:
        """Which hold is open, and until when."""

    @property
    def blocker_text(self) -> str:
        """Which critical blockers are open."""

    @property
    def anomaly_text(self) -> str:
        """Which anomalies that stop the launch are open."""

    @property
    def final_text(self) -> str:
        """How the final checks are."""

    @property
    def final_age_text(self) -> str:
        """When the last final check that passed was made."""

    @property
    def start_window_text(self) -> str:
        """When the network may start."""

    @property
    def next_role_text(self) -> str:
        """Which role is the next one."""

    @property
    def checklist_text(self) -> str:
        """Why a GO does not rest on the checklist."""

    @property
    def by_checklist(self) -> bool:
        """Whether the policy names a checklist, which then decides."""

    @property
    def posture_text(self) -> str:
        """When the restricted posture may end."""


@frozen
class Precondition:
    """One condition of a step.

    Args:
        id: its name, as refusals and the documentation show it.
        fact: what it looks at.
        wanted: whether the fact must be there, or must not.
        clauses: what it is from.
        need: the condition in a few words.
        have: what is found instead, from the state of the window.
        mend: what to do or to run, from the state of the window.
    """

    id: str
    fact: Fact
    wanted: bool
    clauses: tuple[str, ...]
    need: str
    have: Callable[[Texts], str]
    mend: Callable[[Texts], str]

    def holds(self, facts: Collection[Fact]) -> bool:
        """Whether it is met where these facts are there."""
        return (self.fact in facts) is self.wanted

    def finding(self, state: Texts) -> Finding:
        """That it is not met in a state."""
        return Finding(
            UNMET,
            self.id,
            f"{self.have(state)}; the step needs {self.need} ({', '.join(self.clauses)})",
            expected=self.need,
            actual=self.have(state),
            mend=self.mend(state),
        )
