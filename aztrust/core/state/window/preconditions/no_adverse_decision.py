"""No decision is NO_GO or DEFER.

After such a decision the window leads only to a defer or an abort.
"""

from aztrust.core.state.window.precondition import Precondition

PRECONDITION = Precondition(
    id="no-adverse-decision",
    fact="no-go",
    wanted=False,
    clauses=("AZ-8.2", "AZ-28"),
    need="no decision NO_GO or DEFER",
    have=lambda _: "a decision is NO_GO or DEFER",
    mend=lambda _: (
        "aztrust window defer --reason T, or aztrust window abort --trigger other --reason T"
    ),
)
