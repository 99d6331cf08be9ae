"""`aztrust`: the table of commands, and the program's own options."""

from __future__ import annotations

import gc
import os
import sys

import click

from aztrust.cli.app import Application, launch_option
from aztrust.cli.interrupt import answer_interrupts

COMMANDS: dict[str, tuple[str, str]] = {
    "init": ("aztrust.cli.init:init", "Start a launch directory."),
    "key": ("aztrust.cli.key:key", "Make a key; show a key's fingerprint."),
    "hash": ("aztrust.cli.hash:hash_command", "Print and check SHA-256 and BLAKE3 lines."),
    "diff": ("aztrust.cli.diff:diff", "What differs, in the chain's terms."),
    "provenance": (
        "aztrust.cli.provenance:provenance",
        "Bundles that show who built the files.",
    ),
    "seal": ("aztrust.cli.seal:seal", "These are the bytes: manifest and seal record."),
    "approve": ("aztrust.cli.approve:approve", "Review a package and accept it."),
    "revoke": ("aztrust.cli.revoke:revoke", "Take back a record or a key."),
    "supersede": ("aztrust.cli.supersede:supersede", "Record that a package is to be replaced."),
    "announce": ("aztrust.cli.announce:announce", "Record the genesis hash as it was published."),
    "policy": ("aztrust.cli.policy:policy", "Show, lint and compare policies."),
    "anchor": ("aztrust.cli.anchor:anchor", "Pin the announced policy digest."),
    "verify": ("aztrust.cli.verify:verify", "Recompute everything and give a verdict."),
    "freeze": ("aztrust.cli.freeze:freeze", "Confirm the launch scope, and freeze it."),
    "final-check": ("aztrust.cli.final_check:final_check", "Recompute and sign the final checks."),
    "attest": ("aztrust.cli.attest:attest", "Answer one row of the final checks."),
    "attest-build": (
        "aztrust.cli.attest_build:attest_build",
        "You built an artifact; compare and record it.",
    ),
    "blocker": (
        "aztrust.cli.blocker:blocker",
        "Problems that block the launch: open, close, list.",
    ),
    "advisory": ("aztrust.cli.advisory:advisory", "Record that the advisories were read."),
    "ledger": ("aztrust.cli.ledger:ledger", "The log of a launch: append, prove, verify."),
    "window": ("aztrust.cli.window:window", "The launch window: its state, and its ends."),
    "preflight": (
        "aztrust.cli.preflight:preflight",
        "Does this host hold what was approved and frozen?",
    ),
    "gate": ("aztrust.cli.gate:gate", "Can this verdict be relied on?"),
    "guard": ("aztrust.cli.guard:guard", "Watch a frozen scope until something changes."),
    "pack": ("aztrust.cli.pack:pack", "Write the kit that validators download."),
    "publish": (
        "aztrust.cli.publish:publish",
        "Write what the launch publishes, or check what is public.",
    ),
    "restore": ("aztrust.cli.restore:restore", "Put execute bits and empty directories back."),
    "show": ("aztrust.cli.show:show", "Any aztrust file, for a person."),
    "explain": ("aztrust.cli.explain:explain", "What a code or a check means, and its mend."),
}

_HELP = """Seal a launch's packages, approve them, and verify that nothing changed.

\b
Exit codes
  0 pass                     3 nothing to verify     11 hold, or only a part
  1 could not check          4 declined              12 holds, but no anchor
  2 usage                   10 fail                 130 interrupted

\b
Completion
  bash   eval "$(_AZTRUST_COMPLETE=bash_source aztrust)"
  zsh    eval "$(_AZTRUST_COMPLETE=zsh_source aztrust)"
  fish   _AZTRUST_COMPLETE=fish_source aztrust | source
"""


def _print_version(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    if not wanted or context.resilient_parsing:
        return
    from aztrust.cli.version import installed_digest
    from aztrust.core.base.version import __version__

    click.echo(f"aztrust {__version__}\ncode     {installed_digest()}")
    context.exit()


main = Application(
    "aztrust",
    help=_HELP,
    no_args_is_help=True,
    params=[
        launch_option(),
        click.Option(
            ["--version"],
            is_flag=True,
            is_eager=True,
            expose_value=False,
            callback=_print_version,
            help="The version, and the digest of the installed files.",
        ),
    ],
    # -C is read by the command, from this context.
    callback=lambda launch: None,
)
main.table = COMMANDS
main.example = "aztrust verify --anchor 8f3a91c2...5ac41d06"


def run() -> None:
    """The `aztrust` program."""
    # One command makes few cycles and then ends: looking for them costs time at its start,
    # and all memory is given back by reference counts, or at the end (ADR 4).
    gc.disable()
    answer_interrupts()
    if len(sys.argv) > 1:
        # A shell asks for completions without arguments; with some, a left-over variable would
        # turn the question into a list of words and an exit code of 0.
        os.environ.pop("_AZTRUST_COMPLETE", None)
    try:
        main(prog_name="aztrust")
    finally:
        # Python looks for cycles once more at its end, which takes longer than to judge a launch.
        gc.freeze()
