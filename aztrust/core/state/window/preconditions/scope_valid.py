"""The scope is valid.

A scope that was ended stays ended. Its window can only be deferred or aborted.
"""

from aztrust.core.state.window.precondition import Precondition

PRECONDITION = Precondition(
    id="scope-valid",
    fact="scope-invalidated",
    wanted=False,
    clauses=("AZ-28",),
    need="a scope that is valid",
    have=lambda _: "a final check found broken truth and ended the scope",
    mend=lambda _: (
        "aztrust window abort --trigger other --reason T; a changed package makes a new scope"
    ),
)
