"""What a precondition of a step is: a fact that must, or must not, be there."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from aztrust.core.base.findings import Finding
from aztrust.core.base.value import frozen
from aztrust.core.state.window.facts import Fact

if TYPE_CHECKING:
    from aztrust.core.state.window.state import WindowState

UNMET = "precondition-unmet"


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
    have: Callable[[WindowState], str]
    mend: Callable[[WindowState], str]

    def holds(self, facts: Collection[Fact]) -> bool:
        """Whether it is met where these facts are there."""
        return (self.fact in facts) is self.wanted

    def finding(self, state: WindowState) -> Finding:
        """That it is not met in a state."""
        return Finding(
            UNMET,
            self.id,
            f"{self.have(state)}; the step needs {self.need} ({', '.join(self.clauses)})",
            expected=self.need,
            actual=self.have(state),
            mend=self.mend(state),
        )
