"""The measure and its criterion are named.

After the start an abort stops a network that runs. It says why, and what becomes of the old state.
"""

from aztrust.core.state.window.precondition import Precondition

PRECONDITION = Precondition(
    id="criterion-named",
    fact="criterion-named",
    wanted=True,
    clauses=("AZ-28",),
    need="a measure and its criterion",
    have=lambda _: "the record names no criterion",
    mend=lambda _: (
        "aztrust window abort --trigger other --reason T --measure halt --criterion T --old-state T"
    ),
)
