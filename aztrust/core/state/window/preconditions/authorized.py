"""The launch authorization is in force.

Nothing starts before the authorization is recorded.
"""

from aztrust.core.state.window.precondition import Precondition

PRECONDITION = Precondition(
    id="authorized",
    fact="authorized",
    wanted=True,
    clauses=("AZ-8.4", "AZ-30.1"),
    need="a launch authorization in force",
    have=lambda _: "no launch authorization is in force",
    mend=lambda _: "aztrust window authorize",
)
