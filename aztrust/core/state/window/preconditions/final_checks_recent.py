"""The last final check that passed is young enough.

Artifacts that were checked yesterday are not checked.
"""

from aztrust.core.state.window.precondition import Precondition

PRECONDITION = Precondition(
    id="final-checks-recent",
    fact="final-checks-recent",
    wanted=True,
    clauses=("AZ-2.2", "AZ-40"),
    need="final checks that are young enough",
    have=lambda state: state.final_age_text,
    mend=lambda _: "aztrust final-check",
)
