"""The bootstrap instruction is in force.

The role leads countersign it: the order of activation is understood.
"""

from aztrust.core.state.window.precondition import Precondition

PRECONDITION = Precondition(
    id="instructed",
    fact="instructed",
    wanted=True,
    clauses=("AZ-20.3", "AZ-30.1"),
    need="a bootstrap instruction in force, countersigned by the role leads",
    have=lambda _: "no bootstrap instruction is in force",
    mend=lambda _: "aztrust window instruct --opens TIME --closes TIME",
)
