"""The scope was confirmed one final time.

A final check passed after the instruction was in force.
"""

from aztrust.core.state.window.precondition import Precondition

PRECONDITION = Precondition(
    id="scope-reconfirmed",
    fact="scope-reconfirmed",
    wanted=True,
    clauses=("AZ-30.1",),
    need="a final check that passed after the instruction",
    have=lambda _: "the scope was not confirmed after the instruction",
    mend=lambda _: "aztrust final-check",
)
