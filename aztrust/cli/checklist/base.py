"""`aztrust checklist`: the group, and what its commands share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from aztrust.cli.app import Session, group
from aztrust.cli.options import (
    Decorator,
    Given,
    anchor_option,
    joined_options,
    key_option,
    ledger_option,
    scope_option,
    together,
    yes_option,
)

if TYPE_CHECKING:
    from aztrust.acts.act import Act

checklist = group(
    "checklist",
    short_help="The readiness checklist: its items, score and decision.",
    text="""The readiness checklist of a launch: what is asked, of whom, and what it comes to.

    `checklist init` writes manifests/checklist.toml; the policy names its digest. Items that can be
    computed are computed; the others a holder answers (docs/checklist.md).
    """,
    example="aztrust checklist show",
)

DEFINITIONS: Final = click.Path(allow_dash=True)
"""A file of definitions; `-` is standard input."""
reading_options: Final[Decorator] = joined_options(
    ledger_option, anchor_option, scope_option, together
)
"""The options of what only reads: the argument `given`."""
signing_options: Final[Decorator] = joined_options(
    key_option, yes_option, ledger_option, anchor_option, scope_option, together
)
"""The options of every act of the checklist that signs: the arguments `yes` and `given`."""


def load(session: Session, given: Given) -> Act:
    """The launch for an act of its checklist. Raises as `act_in_window`."""
    from aztrust.cli.signing import act_in_window

    return act_in_window(session, given)
