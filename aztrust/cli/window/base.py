"""`aztrust window`: the group, and what its commands share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aztrust.cli.app import Session, group
from aztrust.cli.options import Given

if TYPE_CHECKING:
    from aztrust.acts.act import Act

window = group(
    "window",
    short_help="The launch window: its state, and each step.",
    text="""The launch window of a frozen scope: its state, and each of its steps.

    `aztrust freeze` opens it. Each step is a record that its signers make; `window next` says which
    one is due, and what it needs (docs/window.md).
    """,
    example="aztrust window status",
)


def load(session: Session, given: Given, *, ledger_needed: bool = False) -> Act:
    """The launch for an act in its window. Raises as `read_launch_window`."""
    from aztrust.acts.act import Act
    from aztrust.acts.frozen_attempt import TrustInputs
    from aztrust.acts.window.reading import read_launch_window

    launch = session.launch()
    trust = TrustInputs(session.now_unix_ms(), given.anchor, given.scope, given.ledger)
    context = read_launch_window(launch, trust, ledger_needed=ledger_needed)
    return Act(launch, context, given.ledger)
