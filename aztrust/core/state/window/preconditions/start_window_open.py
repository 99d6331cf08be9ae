"""The time is within the start window.

The instruction names when the network may start.
"""

from aztrust.core.state.window.precondition import Precondition

PRECONDITION = Precondition(
    id="start-window-open",
    fact="start-window-open",
    wanted=True,
    clauses=("AZ-20.2", "AZ-3.2"),
    need="a time within the start window",
    have=lambda state: state.start_window_text,
    mend=lambda _: (
        "wait until it opens; once it is over, another one is needed:"
        " aztrust window instruct --opens TIME --closes TIME"
    ),
)
