"""The go/hold review is completed.

A decision is made after the review, not before it.
"""

from aztrust.core.state.window.precondition import Precondition

PRECONDITION = Precondition(
    id="go-hold-reviewed",
    fact="go-hold-reviewed",
    wanted=True,
    clauses=("AZ-7.2", "AZ-17.2"),
    need="the checkpoint go_hold_review_completed",
    have=lambda _: "the go/hold review is not completed",
    mend=lambda _: "aztrust window checkpoint go_hold_review_completed",
)
