"""The role is the next one of the order.

Roles are activated one by one, in the order that the instruction fixes.
"""

from aztrust.core.state.window.precondition import Precondition

PRECONDITION = Precondition(
    id="is-next-role",
    fact="is-next-role",
    wanted=True,
    clauses=("AZ-9.2", "AZ-9.3"),
    need="the next role of the order",
    have=lambda state: state.next_role_text,
    mend=lambda _: "aztrust window next",
)
