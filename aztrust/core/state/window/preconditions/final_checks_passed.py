"""The last final check passed.

Readiness above its threshold and recomputed artifacts are rows of the final checks. A later check
that does not pass takes the earlier pass back.
"""

from aztrust.core.state.window.precondition import Precondition

PRECONDITION = Precondition(
    id="final-checks-passed",
    fact="final-checks-passed",
    wanted=True,
    clauses=("AZ-6.2", "AZ-8.2"),
    need="final checks that passed, readiness included",
    have=lambda state: state.final_text,
    mend=lambda _: "aztrust final-check",
)
