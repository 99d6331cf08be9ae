"""The exit from the restricted posture is recorded.

Nothing leaves the restricted posture without the exit record.
"""

from aztrust.core.state.window.precondition import Precondition

PRECONDITION = Precondition(
    id="exit-recorded",
    fact="exit-recorded",
    wanted=True,
    clauses=("AZ-13.2", "AZ-35.2"),
    need="a restricted posture exit in force",
    have=lambda _: "no restricted posture exit is in force",
    mend=lambda _: "aztrust window posture exit --reason T",
)
