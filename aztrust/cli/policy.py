"""`aztrust policy`: who may do what, whether that is sound, and the effects of a change."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from aztrust.acts.policy import lint_file, lint_launch, read_policy_at
from aztrust.cli.app import Session, command, group
from aztrust.core.base.paths import escape
from aztrust.core.base.times import format_rfc3339
from aztrust.core.policy.chain_describe import describe_chain
from aztrust.core.policy.checklist_describe import describe_checklist
from aztrust.core.policy.describe import brief, describe, plural
from aztrust.core.policy.diff import diff_policies
from aztrust.core.policy.diff_change import Change, Effect
from aztrust.core.policy.lint import lint_policy
from aztrust.core.policy.lint_message import Remark, Severity
from aztrust.core.policy.model import POLICY_LIMIT, POLICY_PATH, Policy
from aztrust.core.policy.model import policy_digest as digest_of
from aztrust.core.policy.readiness_describe import describe_readiness
from aztrust.core.policy.validate import parse_policy_structure
from aztrust.core.policy.window_describe import describe_window
from aztrust.report.advice import advice_lines
from aztrust.report.lines import labelled
from aztrust.report.remarks import lint_head, remark_documents
from aztrust.storage.launch import read_policy

FAIL, PARTIAL = 10, 11
# A file, a launch directory or a kit; - is read here.
_FILE = click.Path(allow_dash=True)

policy = group(
    "policy",
    short_help="Show, lint and compare policies.",
    example="aztrust policy lint",
)


@command(
    "show",
    short_help="Who may do what, and how many it takes.",
    example="aztrust policy show",
    parent=policy,
)
@click.argument("file", required=False, metavar="[FILE]", type=_FILE)
def show(session: Session, file: str | None) -> None:
    """Show the authority that a policy gives: this launch's, or that in FILE, a policy or a kit."""
    data = _read(session, file)
    parsed = parse_policy_structure(data, what=_named(file))
    digest = digest_of(data)
    launch = parsed.launch
    lines = [
        *labelled(
            "launch",
            f"{escape(launch.chain_id)}  {launch.network_class}  {escape(launch.name)}",
        ),
        *labelled("expires", _instant(parsed)),
        *labelled("policy", "its digest is the anchor"),
        f"  {digest}",
        "",
        *_holder_table(parsed),
        "",
    ]
    for label, sentence in (
        *describe(parsed),
        *describe_readiness(parsed),
        *describe_window(parsed),
        *describe_chain(parsed),
        *describe_checklist(parsed),
    ):
        lines += labelled(label, sentence)
    document = {
        "schema": "aztrust/policy",
        "version_major": 1,
        "version_minor": 0,
        "policy_digest": digest,
        "policy": parsed.model_dump(mode="json", exclude_none=True),
    }
    session.emit(document, lines, brief=digest)


@command(
    "lint",
    short_help="What is wrong with a policy, or unwise.",
    example="aztrust policy lint\naztrust policy lint --strict new-launch.toml",
    parent=policy,
)
@click.argument("file", required=False, metavar="[FILE]", type=_FILE)
@click.option("--strict", is_flag=True, help="Exit with 11 when there are warnings.")
def lint(session: Session, file: str | None, strict: bool) -> int:
    """List what is wrong with this launch's policy and its keys, or with the policy in FILE.

    Exit 10 on an error: no launch can pass with it. Exit 11 while the goal of `[launch] profile`
    is out of reach: each such line names what is missing and the command that adds it. Warnings
    alone exit with 0. It reads the policy and keys/, and no record: what is pending is in
    `aztrust status`.
    """
    if file is None:
        remarks = lint_launch(session.source())
    elif file == "-":
        remarks = lint_policy(_stdin(), what="standard input")
    else:
        remarks = lint_file(Path(file))
    remarks = tuple(sorted(remarks, key=lambda remark: tuple(Severity).index(remark.severity)))
    count = {severity: sum(r.severity is severity for r in remarks) for severity in Severity}
    held = count[Severity.HOLD] or (strict and count[Severity.WARNING])
    code = FAIL if count[Severity.ERROR] else PARTIAL if held else 0
    head = lint_head(remarks, code, _named(file))
    lines = [head]
    before: Severity | None = None
    for remark in remarks:
        apart = remark.severity is not Severity.NOTE or before is not Severity.NOTE
        lines += [""] * apart + _remark_lines(remark)
        before = remark.severity
    if not count[Severity.ERROR] and not count[Severity.HOLD] and file is None:
        lines += ["", *advice_lines("next", _next_command(session))]
    document = {
        "schema": "aztrust/policy-lint",
        "version_major": 1,
        "version_minor": 0,
        "exit_code": code,
        "remarks": remark_documents(remarks),
    }
    session.emit(document, lines, brief=head)
    return code


@command(
    "diff",
    short_help="What a change of policy does to authority.",
    example="git show main:manifests/launch.toml | aztrust policy diff -",
    parent=policy,
)
@click.argument("old", type=_FILE)
@click.argument("new", required=False, metavar="[NEW]", type=_FILE)
def diff(session: Session, old: str, new: str | None) -> int:
    """Describe what authority changed from OLD to NEW (or to this launch's policy).

    Each is a file, a launch directory, a kit, or - for standard input. Exit 10 when they differ.
    """
    before, after = _read(session, old), _read(session, new)
    changes = diff_policies(
        parse_policy_structure(before, what=_named(old)),
        parse_policy_structure(after, what=_named(new)),
    )
    code = 0 if before == after else FAIL
    head = _diff_head(before == after, changes)
    lines = [head]
    for change in changes:
        lines += labelled(change.effect.value, f"{change.place}: {change.message}")
    if code:
        lines += [*labelled("anchor", "was"), f"  {digest_of(before)}", *labelled("", "now")]
        lines += [f"  {digest_of(after)}"]
        lines += labelled("next", "the new anchor must be announced; seals and approvals are void")
    document = {
        "schema": "aztrust/policy-diff",
        "version_major": 1,
        "version_minor": 0,
        "exit_code": code,
        "old_policy_digest": digest_of(before),
        "new_policy_digest": digest_of(after),
        "changes": [
            {"effect": change.effect.value, "place": change.place, "message": change.message}
            for change in changes
        ],
    }
    session.emit(document, lines, brief=head)
    return code


def _diff_head(same: bool, changes: tuple[Change, ...]) -> str:
    if same:
        return "SAME     the very same bytes   exit 0"
    if not changes:
        return "DIFFER   the same authority in other bytes: another anchor   exit 10"
    lower = sum(change.effect is Effect.LOWER for change in changes)
    lowered = f", {lower} LOWER what it takes" if lower > 1 else ", 1 LOWERS what it takes"
    return f"DIFFER   {plural(len(changes), 'change')}{lowered if lower else ''}   exit 10"


def _next_command(session: Session) -> str:
    """What comes after a sound policy: for one person to ship, else to announce it."""
    parsed = parse_policy_structure(read_policy(session.source()))
    return "aztrust ship" if parsed.launch.profile == "solo" else "aztrust anchor show"


def _remark_lines(remark: Remark) -> list[str]:
    lines = labelled(remark.severity.value, remark.message)
    return lines + (advice_lines("mend", remark.mend) if remark.mend else [])


def _holder_table(parsed: Policy) -> list[str]:
    width = max(9, *(len(name) + 2 for name in parsed.holders))
    lines = [f"{'holder':<{width}}{'key':<10}roles"]
    for name, holder in parsed.holders.items():
        keys = [brief(key) for key in holder.keys]
        lines += labelled(name, f"{keys[0]}  {', '.join(holder.roles)}", indent=width)
        lines += [f"{'':<{width}}{key}" for key in keys[1:]]
    return lines


def _instant(parsed: Policy) -> str:
    expires = parsed.launch.expires
    if expires is None:
        return "never"
    text = format_rfc3339(int(expires.timestamp()) * 1_000_000_000)
    return f"{text[:10]} {text[11:16]} UTC"


def _read(session: Session, file: str | None) -> bytes:
    if file is None:
        return read_policy(session.source())
    return _stdin() if file == "-" else read_policy_at(Path(file))


def _stdin() -> bytes:
    return sys.stdin.buffer.read(POLICY_LIMIT + 1)


def _named(file: str | None) -> str:
    return POLICY_PATH if file is None else "standard input" if file == "-" else escape(file)
