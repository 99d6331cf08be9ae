"""No critical blocker is open.

An open critical blocker stops everything but a defer and an abort.
"""

from aztrust.core.state.window.precondition import Precondition

PRECONDITION = Precondition(
    id="no-critical-blocker",
    fact="blocker-open",
    wanted=False,
    clauses=("AZ-8.2", "AZ-29.1", "AZ-30.1"),
    need="no open critical blocker",
    have=lambda state: state.blocker_text,
    mend=lambda _: "aztrust blocker list, and close it: aztrust blocker close ID --reason T",
)
