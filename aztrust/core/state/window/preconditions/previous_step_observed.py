"""The step before was observed.

Each activation says what was seen of the one before: a start is staged.
"""

from aztrust.core.state.window.precondition import Precondition

PRECONDITION = Precondition(
    id="previous-step-observed",
    fact="previous-step-observed",
    wanted=True,
    clauses=("AZ-9.2", "AZ-40"),
    need="what was seen of the role that was activated before",
    have=lambda _: "the record does not say what was seen of the step before",
    mend=lambda _: "aztrust window activate-role ROLE --observed T",
)
