"""The table of commands: where each is defined, its line of help, and its place in `--help`.

A new command is one line here. Its group says for whom it is; `short` puts it into the list that
`aztrust --help` shows, which has room for some fifteen. `--help --all` shows every command.
"""

from __future__ import annotations

from typing import Final, Literal

from aztrust.core.base.value import frozen

Audience = Literal["host", "everyone", "prepare", "run", "after"]

GROUPS: Final[dict[Audience, str]] = {
    "host": "On a host",
    "everyone": "For everyone",
    "prepare": "Prepare a launch",
    "run": "Run a launch",
    "after": "After a launch",
}
"""The groups in the order of the help, each with its heading."""


@frozen
class Entry:
    """One command of the program.

    Args:
        where: `module:attribute`; the module is imported when the command is used.
        text: its line of help.
        group: for whom it is, one of `GROUPS`.
        short: whether `aztrust --help` shows it; `--help --all` shows every command.
    """

    where: str
    text: str
    group: Audience
    short: bool = False


COMMANDS: Final[dict[str, Entry]] = {
    "preflight": Entry(
        "aztrust.cli.preflight:preflight",
        "Does this host hold what was approved and frozen?",
        "host",
        short=True,
    ),
    "confirm": Entry(
        "aztrust.cli.confirm:confirm",
        "Confirm that this host is ready, or that it is not.",
        "host",
        short=True,
    ),
    "exec": Entry(
        "aztrust.cli.exec:exec_command",
        "Start the node: only what was verified, once authorized.",
        "host",
    ),
    "gate": Entry("aztrust.cli.gate:gate", "Can this verdict be relied on?", "host", short=True),
    "restore": Entry(
        "aztrust.cli.restore:restore", "Put execute bits and empty directories back.", "host"
    ),
    "verify": Entry(
        "aztrust.cli.verify:verify",
        "Recompute everything and give a verdict.",
        "everyone",
        short=True,
    ),
    "todo": Entry(
        "aztrust.cli.todo:todo",
        "What waits for your keys, most urgent first.",
        "everyone",
        short=True,
    ),
    "sign": Entry(
        "aztrust.cli.sign:sign",
        "Go through your tasks: review, confirm, sign each.",
        "everyone",
        short=True,
    ),
    "status": Entry(
        "aztrust.cli.status:status", "Where the launch is, on one screen.", "everyone", short=True
    ),
    "board": Entry(
        "aztrust.cli.board:board", "The board of the war room, saved as one page.", "everyone"
    ),
    "anchor": Entry(
        "aztrust.cli.anchor:anchor", "Pin the announced policy digest.", "everyone", short=True
    ),
    "show": Entry(
        "aztrust.cli.show:show", "Any aztrust file, for a person.", "everyone", short=True
    ),
    "explain": Entry(
        "aztrust.cli.explain:explain",
        "What a code or a check means, and its mend.",
        "everyone",
        short=True,
    ),
    "hash": Entry(
        "aztrust.cli.hash:hash_command", "Print and check SHA-256 and BLAKE3 lines.", "everyone"
    ),
    "diff": Entry("aztrust.cli.diff:diff", "What differs, in the chain's terms.", "everyone"),
    "completion": Entry(
        "aztrust.cli.completion:completion", "Set up the Tab key in a shell.", "everyone"
    ),
    "help": Entry("aztrust.cli.help:help_command", "The help of a command.", "everyone"),
    "version": Entry(
        "aztrust.cli.version:version", "The version, and the installed files' digest.", "everyone"
    ),
    "init": Entry("aztrust.cli.init:init", "Start a launch directory.", "prepare", short=True),
    "key": Entry(
        "aztrust.cli.key:key", "Make a key, add one, show a fingerprint.", "prepare", short=True
    ),
    "policy": Entry("aztrust.cli.policy:policy", "Show, lint and compare policies.", "prepare"),
    "seal": Entry(
        "aztrust.cli.seal:seal",
        "These are the bytes: manifest and seal record.",
        "prepare",
        short=True,
    ),
    "approve": Entry(
        "aztrust.cli.approve:approve", "Review a package and accept it.", "prepare", short=True
    ),
    "ship": Entry(
        "aztrust.cli.ship:ship", "One person: seal, review, approve and pack at once.", "prepare"
    ),
    "pack": Entry(
        "aztrust.cli.pack:pack", "Write the kit that validators download.", "prepare", short=True
    ),
    "publish": Entry(
        "aztrust.cli.publish:publish",
        "Write what the launch publishes, or check what is public.",
        "prepare",
    ),
    "announce": Entry(
        "aztrust.cli.announce:announce", "Record the genesis hash as it was published.", "prepare"
    ),
    "provenance": Entry(
        "aztrust.cli.provenance:provenance", "Bundles that show who built the files.", "prepare"
    ),
    "attest-build": Entry(
        "aztrust.cli.attest_build:attest_build",
        "You built an artifact; compare and record it.",
        "prepare",
    ),
    "supersede": Entry(
        "aztrust.cli.supersede:supersede", "Record that a package is to be replaced.", "prepare"
    ),
    "enrol": Entry(
        "aztrust.cli.enrol:enrol", "List the operators: who may confirm which host.", "run"
    ),
    "freeze": Entry(
        "aztrust.cli.freeze:freeze", "Confirm the launch scope, and freeze it.", "run", short=True
    ),
    "attest": Entry("aztrust.cli.attest:attest", "Answer rows of the final checks.", "run"),
    "final-check": Entry(
        "aztrust.cli.final_check:final_check",
        "Recompute and sign the final checks.",
        "run",
        short=True,
    ),
    "window": Entry(
        "aztrust.cli.window:window",
        "The launch window: its state, and each step.",
        "run",
    ),
    "evidence": Entry(
        "aztrust.cli.evidence:evidence",
        "Show that something was done: files of items, node logs.",
        "run",
    ),
    "checklist": Entry(
        "aztrust.cli.checklist:checklist",
        "The readiness checklist: its items, score and decision.",
        "run",
    ),
    "countersign": Entry(
        "aztrust.cli.window.countersign:countersign",
        "Sign a record that another holder proposed.",
        "run",
    ),
    "lessons": Entry(
        "aztrust.cli.lessons:lessons", "The testnet's lessons: fix them, list them.", "run"
    ),
    "advisory": Entry(
        "aztrust.cli.advisory:advisory", "Record that the advisories were read.", "run"
    ),
    "blocker": Entry(
        "aztrust.cli.blocker:blocker", "Problems that block the launch: open, close, list.", "run"
    ),
    "guard": Entry(
        "aztrust.cli.guard:guard", "Watch a frozen scope until something changes.", "run"
    ),
    "observe": Entry(
        "aztrust.cli.observe_rules:observe",
        "Is the network that started the one that was frozen?",
        "run",
        short=True,
    ),
    "readiness": Entry(
        "aztrust.cli.readiness:readiness",
        "Which operators are ready, by voting power.",
        "run",
        short=True,
    ),
    "ledger": Entry(
        "aztrust.cli.ledger:ledger", "The log of a launch: append, prove, verify.", "run"
    ),
    "serve": Entry(
        "aztrust.cli.serve:serve", "Serve the kit and the ledger, and take records.", "run"
    ),
    "revoke": Entry("aztrust.cli.revoke:revoke", "Take back a record or a key.", "run"),
    "archive": Entry(
        "aztrust.cli.archive:archive", "Everything about a launch in one bag.", "after"
    ),
    "audit": Entry(
        "aztrust.cli.audit:audit",
        "Recompute every signed verdict from an archive alone.",
        "after",
        short=True,
    ),
}
