"""The freeze of this window is confirmed.

Final checks look at what is frozen. Without a freeze there is nothing that they could be about.
"""

from aztrust.core.state.window.precondition import Precondition

PRECONDITION = Precondition(
    id="frozen",
    fact="frozen",
    wanted=True,
    clauses=("AZ-5.3",),
    need="a confirmed freeze",
    have=lambda _: "no freeze of this window is confirmed",
    mend=lambda _: "aztrust freeze",
)
