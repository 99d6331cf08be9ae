"""`aztrust window`: the group, and what its commands share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from aztrust.cli.app import Session, group
from aztrust.cli.options import (
    Decorator,
    Given,
    anchor_option,
    dry_run_option,
    joined_options,
    key_option,
    ledger_option,
    scope_option,
    together,
    yes_option,
)

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

exec_option = click.option(
    "--exec",
    "hook",
    metavar="PROGRAM",
    help="Run this program after the signature; its standard input is the structured statement of"
    " each record that is in effect, one a line. Without a shell; it is split into words as a shell"
    " splits them.",
)
signing_options: Final[Decorator] = joined_options(
    key_option, yes_option, ledger_option, anchor_option, scope_option, together
)
"""The options of every act in the window that signs: the arguments `yes` and `given`."""
joint_options: Final[Decorator] = joined_options(dry_run_option, exec_option, signing_options)
"""The same with those of an act that several sign: in addition `dry_run` and `hook`."""


def load(session: Session, given: Given, *, ledger_needed: bool = False) -> Act:
    """The launch for an act in its window. Raises as `read_launch_window`."""
    from aztrust.acts.act import Act
    from aztrust.acts.frozen_attempt import TrustInputs
    from aztrust.acts.window.reading import read_launch_window

    launch = session.launch()
    trust = TrustInputs(session.now_unix_ms(), given.anchor, given.scope, given.ledger)
    context = read_launch_window(launch, trust, ledger_needed=ledger_needed)
    return Act(launch, context, given.ledger)
