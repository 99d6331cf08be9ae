"""No hold is open.

A hold is a pause. It ends by a proceed that names it, by a defer or by an abort, and never by
itself.
"""

from aztrust.core.state.window.precondition import Precondition

PRECONDITION = Precondition(
    id="no-open-hold",
    fact="hold-open",
    wanted=False,
    clauses=("AZ-7.3", "AZ-18.3"),
    need="no open hold",
    have=lambda state: state.hold_text,
    mend=lambda _: "aztrust window proceed ID --reason T, or aztrust window defer --reason T",
)
