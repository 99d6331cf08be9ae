"""No anomaly that stops the launch is open.

The triggers of AZ-29.1 and critical anomalies come before every schedule. A person closes them, or
the window ends.
"""

from aztrust.core.state.window.precondition import Precondition

PRECONDITION = Precondition(
    id="no-open-anomaly",
    fact="anomaly-open",
    wanted=False,
    clauses=("AZ-13.2", "AZ-29.1"),
    need="no open anomaly that stops the launch",
    have=lambda state: state.anomaly_text,
    mend=lambda _: "aztrust window anomaly --close ID --reason T",
)
