"""`aztrust explain`: what a finding code or a check means, and how to mend it."""

from __future__ import annotations

from collections.abc import Iterable

import click

from aztrust.cli.app import Session, command
from aztrust.cli.options import complete_from
from aztrust.core.base.errors import UsageError


def _names() -> Iterable[str]:
    from aztrust.core.checks import all_checks
    from aztrust.report.catalogue import meanings

    return (*meanings(), *(check.id for check in all_checks()))


@command(
    "explain",
    short_help="What a code or a check means, and its mend.",
    example="aztrust explain file-modified",
)
@click.argument(
    "name", required=False, metavar="[CODE|CHECK]", shell_complete=complete_from(_names)
)
def explain(session: Session, name: str | None) -> None:
    """Show what a finding code or a check means, what follows from it, and how to mend it.

    Without a name: the list of all.
    """
    from aztrust.core.checks import all_checks
    from aztrust.report import explain as texts
    from aztrust.report.catalogue import check_document, find_check, meanings
    from aztrust.report.ci.rules import OWN
    from aztrust.report.lines import labelled

    if name is None:
        codes, checks, lines = list(meanings().values()), list(all_checks()), texts.list_lines()
        brief = f"{len(checks)} checks, {len(codes)} codes"
    elif name in meanings():
        meaning = meanings()[name]
        codes, checks, lines = [meaning], [], texts.code_lines(meaning)
        brief = f"{name}: {meaning.says}"
    elif name in OWN:
        codes, checks, lines = [], [], labelled(name, OWN[name], indent=len(name) + 2)
        brief = f"{name}: {OWN[name]}"
    else:
        check = find_check(name)
        if check is None:
            raise _unknown(name)
        codes = [meanings()[code.name] for code in check.codes]
        checks, lines = [check], texts.check_lines(check)
        brief = f"{name}: {check.title}"
    document = {
        "schema": "aztrust/explanation",
        "version_major": 1,
        "version_minor": 0,
        "checks": [check_document(check) for check in checks],
        "codes": [meaning.document() for meaning in codes],
        **({"says": OWN[name]} if name in OWN else {}),
    }
    session.emit(document, lines, brief=brief)


def _unknown(name: str) -> UsageError:
    from aztrust.core.base.nearest import did_you_mean
    from aztrust.core.checks import all_checks
    from aztrust.report.catalogue import meanings, result_ids
    from aztrust.report.ci.rules import OWN

    known = [
        *meanings(),
        *OWN,
        *(c.id for c in all_checks()),
        *(i for c in all_checks() for i in result_ids(c)),
    ]
    return UsageError(
        f"there is no code and no check {ascii(name)[1:-1]}{did_you_mean(name.lower(), known)}",
        mend="for the list of them: aztrust explain",
    )
