"""The record names the records that are in force.

A proceed names an open hold, an authorization its decision, an instruction its authorization. A
record that names another one is about something else.
"""

from aztrust.core.state.window.precondition import Precondition

PRECONDITION = Precondition(
    id="names-present-records",
    fact="names-present-records",
    wanted=True,
    clauses=("AZ-20.3", "AZ-19.2"),
    need="a record that names what is in force",
    have=lambda _: "it names a record that is not in force here",
    mend=lambda _: "make it again: aztrust window next",
)
