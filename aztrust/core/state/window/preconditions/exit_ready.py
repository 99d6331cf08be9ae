"""The exit from the restricted posture is ready.

The checkpoint comes before the exit.
"""

from aztrust.core.state.window.precondition import Precondition

PRECONDITION = Precondition(
    id="exit-ready",
    fact="exit-ready",
    wanted=True,
    clauses=("AZ-35.1",),
    need="the checkpoint restricted_posture_exit_ready",
    have=lambda _: "the exit is not ready",
    mend=lambda _: "aztrust window checkpoint restricted_posture_exit_ready",
)
