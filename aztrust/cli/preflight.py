"""`aztrust preflight`: does this host hold what was approved and frozen?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from aztrust.cli.app import Session, command
from aztrust.cli.host_options import host_options, node_key_option
from aztrust.cli.kits import request_about, sources
from aztrust.cli.options import (
    anchor_option,
    at_option,
    ledger_option,
    scope_option,
)
from aztrust.cli.terminal import print_lines
from aztrust.report.lines import STOP
from aztrust.storage.config import shown
from aztrust.storage.launch import open_launch

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aztrust.acts.hostread import HostRequest
    from aztrust.storage.access import Access

_FILE = click.Path(path_type=Path)


@command(
    "preflight",
    refusal=STOP,
    reports=True,
    short_help="Does this host hold what was approved and frozen?",
    example="aztrust preflight atlas-zero-1.aztrust --anchor 8f3a91c2...5ac41d06\n"
    "aztrust preflight atlas-zero-1.aztrust --home ~/.atlasd -o host.json\n"
    "aztrust preflight atlas-zero-1.aztrust --role sentry --binary sentry=/opt/sentryd",
)
@click.argument("kits", metavar="[KIT]...", nargs=-1, type=click.Path())
@host_options(
    role="This host runs this role only; repeatable. Else all that have a file for its platform.",
    binary="A program or library of a role; repeatable. Else found.",
)
@node_key_option
@click.option(
    "--platform",
    metavar="OS/ARCH",
    help="The platform to judge for, such as linux/arm64; else this host's.",
)
@click.option(
    "--explain-access", is_flag=True, help="List every path of this host that was looked at."
)
@ledger_option
@anchor_option
@scope_option
@at_option
def preflight(  # noqa: PLR0913 - one argument for each option
    session: Session,
    kits: tuple[str, ...],
    roles: tuple[str, ...],
    binaries: tuple[str, ...],
    geneses: tuple[str, ...],
    home: Path | None,
    node_key: Path | None,
    platform: str | None,
    explain_access: bool,
    ledger: str | None,
    anchor: str | None,
    scope: str | None,
    at: str | None,
) -> int:
    """Report READY, or DO NOT START THIS HOST and why.

    KIT is the file that `aztrust pack` wrote, or its https URL, or a launch directory; without it
    the one given by -C, or the only .aztrust file here. Several are merged. Every signature
    in it and every byte of this host's artifacts and genesis files are checked in this run; nothing
    is executed, nothing is sent, and no private key is read. Every file that the release has for
    this platform and its roles is needed, libraries included, and every genesis file. Exit 0 is
    READY; 11 means that nothing is wrong and something is still open: the freeze, a file that was
    found nowhere, a database in which a node may keep another genesis; 12 that no anchor shows
    which policy was announced, or nothing that the kit is the current one: give the scope that was
    read aloud, or a kit whose ledger head is at most an hour old. With -o host.json the report is
    written there as JSON, and a person still reads the text.
    """
    from aztrust.acts.hostread import HostRequest
    from aztrust.storage.access import recorded

    host = HostRequest(binaries, geneses, home, node_key, platform or "", roles)
    with recorded() as seen:
        return _run(
            session,
            kits,
            host,
            _Pinning(anchor, scope, at, ledger),
            seen if explain_access else None,
        )


class _Pinning(NamedTuple):
    anchor: str | None
    scope: str | None
    at: str | None
    ledger: str | None


def _run(
    session: Session,
    kits: tuple[str, ...],
    host: HostRequest,
    pinning: _Pinning,
    seen: Mapping[Access, None] | None,
) -> int:
    from aztrust.acts.ledger.reading import LedgerOptions
    from aztrust.acts.preflight import preflight
    from aztrust.core.base.value import replace
    from aztrust.report.hostdocument import KitFacts, preflight_document
    from aztrust.report.preflight import access_lines, preflight_brief, preflight_lines

    now = session.at(pinning.at)
    opened = [open_launch(path) for path in sources(session, kits, "aztrust preflight KIT")]
    request = request_about(opened[0], now, pinning.anchor, pinning.scope)
    ledger_options = LedgerOptions(pinning.ledger, insists=True)
    host = replace(host, urls=tuple(session.fetched))
    verdict = preflight(opened, host, request, ledger_options)
    facts = tuple(KitFacts(shown(f.path), f.kit is not None) for f in opened)
    as_of = pinning.at is not None
    lines = preflight_lines(verdict, as_of=as_of, verbose=session.verbose)
    access = None if seen is None else [(access.how, access.path) for access in seen]
    if access is not None:
        lines += access_lines(access)
    document = preflight_document(verdict, facts, access) if session.needs_document else {}
    brief = preflight_brief(verdict, as_of=as_of)
    session.emit(document, lines, brief=brief, verdict_first=True)
    if session.output is not None:
        print_lines([brief] if session.quiet else lines)
    return verdict.exit_code
