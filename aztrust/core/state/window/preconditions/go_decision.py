"""The decision is GO.

An authorization rests on a valid GO.
"""

from aztrust.core.state.window.deciding import decide_command
from aztrust.core.state.window.precondition import Precondition

PRECONDITION = Precondition(
    id="go-decision",
    fact="go",
    wanted=True,
    clauses=("AZ-8.2",),
    need="a GO decision in force",
    have=lambda _: "no GO decision is in force",
    mend=lambda state: decide_command(by_checklist=state.by_checklist),
)
