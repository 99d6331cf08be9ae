"""A launch observation is recorded.

The first epochs leave a structured observation, not an impression.
"""

from aztrust.core.state.window.precondition import Precondition

PRECONDITION = Precondition(
    id="observed",
    fact="observed",
    wanted=True,
    clauses=("AZ-11.3", "AZ-33.1"),
    need="a launch observation without an objection",
    have=lambda _: "no launch observation without an objection is recorded",
    mend=lambda _: "aztrust window observe --epochs EPOCHS --evidence FILE",
)
