"""The least time of the restricted posture is over.

The interval is fixed beforehand. Its end permits nothing by itself.
"""

from aztrust.core.state.window.precondition import Precondition

PRECONDITION = Precondition(
    id="posture-interval-over",
    fact="posture-interval-over",
    wanted=True,
    clauses=("AZ-12.3", "AZ-35.1"),
    need="the least time of the restricted posture",
    have=lambda state: state.posture_text,
    mend=lambda _: "wait; the interval can be left early only by ending the window",
)
