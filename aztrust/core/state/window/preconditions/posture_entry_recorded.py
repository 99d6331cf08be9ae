"""The restricted posture entry is in force.

The checkpoint concludes what the entry record says.
"""

from aztrust.core.state.window.precondition import Precondition

PRECONDITION = Precondition(
    id="posture-entry-recorded",
    fact="posture-entry",
    wanted=True,
    clauses=("AZ-33.3",),
    need="a restricted posture entry in force",
    have=lambda _: "no restricted posture entry is in force",
    mend=lambda _: "aztrust window posture enter --epochs EPOCHS",
)
