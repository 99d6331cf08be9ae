"""A GO rests on the checklist that the policy names.

Its minutes have a score that comes to GO, a sign-off of each area that nothing made stale, and
everyone who signed one. A policy without a checklist asks for nothing.
"""

from aztrust.core.state.window.deciding import BY_CHECKLIST
from aztrust.core.state.window.precondition import Precondition

PRECONDITION = Precondition(
    id="checklist-decided",
    fact="checklist-decided",
    wanted=True,
    clauses=("RC-G.decision",),
    need="a decision by the checklist of the policy",
    have=lambda state: state.checklist_text,
    mend=lambda _: f"aztrust checklist score; then: {BY_CHECKLIST}",
)
