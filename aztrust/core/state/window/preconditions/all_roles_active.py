"""Every role of the order is activated.

The first blocks are judged when all roles run.
"""

from aztrust.core.state.window.precondition import Precondition

PRECONDITION = Precondition(
    id="all-roles-active",
    fact="all-roles-active",
    wanted=True,
    clauses=("AZ-9.2", "AZ-10.2"),
    need="every role of the order activated",
    have=lambda state: state.next_role_text,
    mend=lambda _: "aztrust window activate-role ROLE --observed T",
)
