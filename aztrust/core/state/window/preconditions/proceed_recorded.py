"""PROCEED_TO_BOOTSTRAP_AUTH is recorded.

The review of the go/hold point concludes what its signers decided.
"""

from aztrust.core.state.window.precondition import Precondition

PRECONDITION = Precondition(
    id="proceed-recorded",
    fact="proceed",
    wanted=True,
    clauses=("AZ-7.2",),
    need="a recorded PROCEED_TO_BOOTSTRAP_AUTH",
    have=lambda _: "no proceed is in force",
    mend=lambda _: "aztrust window proceed --reason T",
)
