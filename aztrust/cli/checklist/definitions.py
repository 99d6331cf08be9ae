"""`aztrust checklist init`, `lint` and `show`: the definitions of the checklist."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from aztrust.acts.checklist.definitions import TEMPLATES
from aztrust.cli.app import Session, command
from aztrust.cli.checklist.base import DEFINITIONS, checklist
from aztrust.core.base.errors import UsageError
from aztrust.report.lines import labelled


@command(
    "init",
    parent=checklist,
    short_help="Write the readiness checklist of the source.",
    example="aztrust checklist init\n"
    "aztrust checklist init --role finance-lead=treasurer --role product-lead=release-manager",
)
@click.option(
    "--role",
    "roles",
    metavar="ROLE=ROLE",
    multiple=True,
    help="A role of the checklist, and the role of the policy that takes its place; repeatable.",
)
@click.option(
    "--template",
    type=click.Choice(TEMPLATES),
    default=TEMPLATES[0],
    show_default=True,
    help="The readiness of a launch, the list of one operator, or the review after the start.",
)
def init(session: Session, roles: tuple[str, ...], template: str) -> None:
    """Write manifests/checklist.toml: the mainnet launch readiness checklist, A to J.

    The other templates are checklists of their own, each in a launch directory of its own.

    It prints the lines that name the file in the policy; without them the file has no effect. Edit
    first, then announce the policy: each change of the file is another digest.
    """
    from aztrust.acts.checklist.definitions import write_definitions
    from aztrust.core.checklist.computations import computed_share
    from aztrust.core.checklist.path import CHECKLIST_PATH
    from aztrust.core.policy.describe import plural
    from aztrust.report.checklist.definitions import missing_lines, policy_lines

    made = write_definitions(session.launch(), dict(map(_pair, roles)), template)
    share = computed_share(made.checklist)
    count = plural(len(made.checklist.item), "item")
    lines = [
        *labelled("wrote", f"{CHECKLIST_PATH}   {count}", indent=11),
        *labelled("computed", f"{share.computed} of {share.items} ({share.percent}%)", indent=11),
        *missing_lines(made.missing),
        *labelled("next", "put this into manifests/launch.toml, and announce it:", indent=11),
        *policy_lines(made.digest),
    ]
    document = {
        "schema": "aztrust/checklist-written",
        "version_major": 1,
        "version_minor": 0,
        "file": CHECKLIST_PATH,
        "checklist_digest": made.digest,
        "items": len(made.checklist.item),
        "computed": share.computed,
        "counted": share.items,
        "roles_without_holder": sorted(made.missing),
    }
    session.emit(document, lines, brief=made.digest)


@command(
    "lint",
    parent=checklist,
    short_help="What is wrong with a checklist, or unwise.",
    example="aztrust checklist lint\naztrust checklist lint checklist.toml",
)
@click.argument("file", required=False, metavar="[FILE]", type=DEFINITIONS)
def lint(session: Session, file: str | None) -> int:
    """List what is wrong with this launch's checklist, or with the definitions in FILE.

    Exit 10 on an error. Exit 11 while the policy names another file, or some part has no holder
    who can answer it. Warnings alone exit with 0. FILE is looked at alone, without a policy.
    """
    from aztrust.acts.checklist.definitions import policy_of
    from aztrust.core.checklist.lint import lint_checklist
    from aztrust.core.policy.lint_message import Severity
    from aztrust.report.checklist.definitions import remark_lines
    from aztrust.report.remarks import lint_head, remark_documents

    data, name = _read(session, file)
    policy = policy_of(session.source()) if file is None else None
    remarks = lint_checklist(data, policy, name, is_of_launch=file is None)
    held = any(remark.severity is Severity.HOLD for remark in remarks)
    failed = any(remark.severity is Severity.ERROR for remark in remarks)
    code = 10 if failed else 11 if held else 0
    head = lint_head(remarks, code, name)
    document = {
        "schema": "aztrust/checklist-lint",
        "version_major": 1,
        "version_minor": 0,
        "exit_code": code,
        "remarks": remark_documents(remarks),
    }
    session.emit(document, [head, *remark_lines(remarks)], brief=head)
    return code


@command(
    "show",
    parent=checklist,
    short_help="The areas and items of a checklist.",
    example="aztrust checklist show\naztrust checklist show checklist.toml",
)
@click.argument("file", required=False, metavar="[FILE]", type=DEFINITIONS)
def show(session: Session, file: str | None) -> None:
    """Show what this launch's checklist asks, of whom, or what the definitions in FILE ask."""
    from aztrust.core.checklist.definitions import checklist_digest, parse_checklist
    from aztrust.report.checklist.definitions import definition_lines, definitions_document

    data, name = _read(session, file)
    made, digest = parse_checklist(data, name), checklist_digest(data)
    lines = definition_lines(made, digest, name)
    session.emit(definitions_document(made, digest, name), lines, brief=digest)


def _read(session: Session, file: str | None) -> tuple[bytes, str]:
    from aztrust.acts.checklist.definitions import read_definitions
    from aztrust.core.checklist.path import CHECKLIST_LIMIT

    if file == "-":
        return sys.stdin.buffer.read(CHECKLIST_LIMIT + 1), "standard input"
    return read_definitions(None if file else session.source(), Path(file) if file else None)


def _pair(text: str) -> tuple[str, str]:
    role, mark, other = text.partition("=")
    if not (role and mark and other):
        raise UsageError(
            "--role takes two roles: the checklist's, and the policy's",
            subject="--role",
            mend="--role finance-lead=treasurer",
        )
    return role, other
