"""The first finalized epoch is confirmed.

The restricted posture comes after the first healthy observations.
"""

from aztrust.core.state.window.precondition import Precondition

PRECONDITION = Precondition(
    id="first-epoch-finalized",
    fact="first-epoch-finalized",
    wanted=True,
    clauses=("AZ-32.3", "AZ-33.1"),
    need="the checkpoint first_epoch_finalized",
    have=lambda _: "the first finalized epoch is not confirmed",
    mend=lambda _: "aztrust window checkpoint first_epoch_finalized",
)
