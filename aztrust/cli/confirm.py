"""`aztrust confirm`: an operator confirms that this host has what was frozen, or that it is not
ready.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from aztrust.cli.app import Session, command
from aztrust.cli.confirm_facts import refuse_roads
from aztrust.cli.host_options import host_options, node_key_option
from aztrust.cli.kits import request_about, sources
from aztrust.cli.options import (
    anchor_option,
    complete_from,
    digest_of,
    key_option,
    ledger_option,
    scope_option,
    yes_option,
)
from aztrust.cli.roads import Result, Roads, give
from aztrust.core.base.errors import UsageError
from aztrust.core.base.value import replace
from aztrust.core.records.enrolment import NOT_READY_REASONS
from aztrust.storage.config import shown
from aztrust.storage.launch import open_launch

if TYPE_CHECKING:
    from aztrust.acts.hostread import HostRequest
    from aztrust.acts.ledger.reading import LedgerOptions
    from aztrust.acts.operators.confirm import KitScope, SignerAnswer
    from aztrust.core.history.operators import Seat
    from aztrust.core.records.enrolment import OperatorConfirmation
    from aztrust.core.state.context import Request
    from aztrust.signers import Signer
    from aztrust.storage.launch import LaunchFiles

_FILE = click.Path(path_type=Path)


@command(
    "confirm",
    short_help="Confirm that this host is ready, or that it is not.",
    example="aztrust confirm alpha atlas-zero-1.aztrust --anchor 8f3a91c2...5ac41d06\n"
    "aztrust confirm alpha --ssh-agent --submit https://board.example.org\n"
    "aztrust confirm alpha --not-ready disk\n"
    "aztrust confirm alpha --from host.json --key alpha",
    output_is_record=True,
)
@click.argument("operator", metavar="NAME")
@click.argument("kits", metavar="[KIT]...", nargs=-1, type=click.Path())
@click.option(
    "--not-ready",
    "reason",
    metavar="REASON",
    type=click.Choice(NOT_READY_REASONS),
    shell_complete=complete_from(lambda: NOT_READY_REASONS),
    help=f"This host is not ready: {', '.join(NOT_READY_REASONS)}.",
)
@click.option(
    "--found", metavar="DIGEST", help="With --not-ready: the digest that was found in its place."
)
@click.option(
    "--from",
    "report",
    metavar="HOST.json",
    type=_FILE,
    help="Sign what `preflight -o HOST.json` found on a server without keys.",
)
@click.option(
    "--facts",
    metavar="FACTS.json",
    type=_FILE,
    help="Sign what `observe --once -o FACTS.json` saw of your nodes, in place of a confirmation.",
)
@click.option("--addresses", is_flag=True, help="With --facts: the addresses of nodes, too.")
@host_options(
    role="This host runs this role; repeatable. Else those that you are enrolled for.",
    binary="A program or library of a role; repeatable. Else found.",
)
@node_key_option
@click.option(
    "--signer-address",
    metavar="HOST:PORT",
    help="The remote signer: a connection is made, nothing is sent.",
)
@click.option("--platform", metavar="OS/ARCH", help="Else this host's, such as linux/arm64.")
@key_option
@click.option("--ssh-key", metavar="FILE", type=_FILE, help="An Ed25519 key file of OpenSSH signs.")
@click.option("--ssh-agent", is_flag=True, help="The key in the ssh-agent signs.")
@click.option(
    "--print", "as_line", is_flag=True, help="Show it as one line for a chat, or to read aloud."
)
@click.option("--qr", is_flag=True, help="Show that line as a QR code.")
@click.option(
    "--qr-png",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write that code to a PNG.",
)
@click.option("--submit", metavar="URL", help="Post the confirmation to a server, too.")
@yes_option
@ledger_option
@anchor_option
@scope_option
def confirm(  # noqa: PLR0913 - one argument for each option
    session: Session,
    operator: str,
    kits: tuple[str, ...],
    reason: str | None,
    found: str | None,
    report: Path | None,
    facts: Path | None,
    addresses: bool,
    roles: tuple[str, ...],
    binaries: tuple[str, ...],
    geneses: tuple[str, ...],
    home: Path | None,
    node_key: Path | None,
    signer_address: str | None,
    platform: str | None,
    key: str | None,
    ssh_key: Path | None,
    ssh_agent: bool,
    as_line: bool,
    qr: bool,
    qr_png: Path | None,
    submit: str | None,
    yes: bool,
    ledger: str | None,
    anchor: str | None,
    scope: str | None,
) -> int | None:
    """Run the preflight of this host, and sign that operator NAME has what was frozen.

    Only a host that is READY is confirmed: everything that `aztrust preflight` asks is asked here,
    too. The key is the one that the registrar enrolled for NAME: an aztrust key (--key), an Ed25519
    key of OpenSSH (--ssh-key) or of the ssh-agent (--ssh-agent). It signs confirmations and facts
    of nodes alone.

    The confirmation is one file, which is public and safe in any chat: -o names it. It counts once
    the launch's ledger has it. With --not-ready REASON it states that the host is not ready, and
    counts at once; a later confirmation of the same key replaces it.
    """
    from aztrust.acts.hostread import HostRequest

    host = HostRequest(binaries, geneses, home, node_key, platform or "", roles)
    _refuse_together(host, reason, found, report, signer_address)
    _refuse_with_facts(host, (reason, report, signer_address), facts, addresses=addresses)
    if submit is not None:
        from aztrust.storage.submit import check_submit_url

        submit = check_submit_url(submit)
    opened = [
        open_launch(path) for path in sources(session, kits, f"aztrust confirm {operator} KIT")
    ]
    if qr or qr_png is not None:
        from aztrust.report.qr import require_segno

        require_segno()
    if qr_png is not None:
        # Before the signature: afterwards a file that may not be replaced comes too late.
        read = [(option, path) for option, path in (("--from", report), ("--ssh-key", ssh_key))]
        named = [(option, path) for option, path in read if path is not None]
        session.check_file(qr_png, "--qr-png", [*named, *(("KIT", k.path) for k in opened)])
    pinning = _Pinning(anchor, scope, ledger)
    roads = Roads(as_line, qr, qr_png, submit)
    asked = _Asked(operator, reason, found, report, signer_address, yes, roads, facts, addresses)
    if facts is not None:
        refuse_roads(roads)
    return _run(session, opened, host, pinning, _Keys(key, ssh_key, ssh_agent), asked)


class _Pinning(NamedTuple):
    anchor: str | None
    scope: str | None
    ledger: str | None


class _Keys(NamedTuple):
    key: str | None
    ssh_key: Path | None
    ssh_agent: bool


class _Asked(NamedTuple):
    operator: str
    reason: str | None
    found: str | None
    report: Path | None
    signer_address: str | None
    yes: bool
    roads: Roads
    facts: Path | None = None
    addresses: bool = False


def _refuse_with_facts(
    host: HostRequest, others: tuple[object, ...], facts: Path | None, *, addresses: bool
) -> None:
    """Refuse --facts together with what a confirmation is made of, and --addresses without it."""
    if facts is None:
        if addresses:
            raise UsageError(
                "--addresses belongs to --facts", subject="--addresses", mend="add --facts FILE"
            )
        return
    looked = (host.binaries, host.geneses, host.home, host.node_key, host.roles, host.platform)
    if any(looked) or any(other is not None for other in others):
        raise UsageError(
            "the facts of nodes do not confirm this host",
            subject="--facts",
            mend="sign them with --facts alone, and confirm in another run",
        )


def _refuse_together(
    host: HostRequest,
    reason: str | None,
    found: str | None,
    report: Path | None,
    signer_address: str | None,
) -> None:
    """Refuse options that ask for two things."""
    if found is not None and reason is None:
        raise UsageError(
            "--found belongs to --not-ready", subject="--found", mend="add --not-ready REASON"
        )
    if reason is not None and report is not None:
        raise UsageError(
            "--not-ready needs no report of a host", subject="--from", mend="give one of the two"
        )
    looked = (host.binaries, host.geneses, host.home, host.node_key, signer_address)
    if (report is not None or reason is not None) and any(looked):
        option = "--from" if report is not None else "--not-ready"
        raise UsageError(
            f"with {option} no file of this host is looked at",
            subject=option,
            mend="drop --binary, --genesis, --home, --node-key and --signer-address",
        )
    if report is not None and (host.roles or host.platform):
        raise UsageError(
            "the report has the roles and the platform of its host",
            subject="--from",
            mend="give --role and --platform to aztrust preflight on the host",
        )


def _run(
    session: Session,
    opened: list[LaunchFiles],
    host: HostRequest,
    pinning: _Pinning,
    keys: _Keys,
    asked: _Asked,
) -> int | None:
    from aztrust.acts.ledger.reading import LedgerOptions
    from aztrust.acts.operators.confirm import read_kits, require_enrolled, require_scope, seats_of
    from aztrust.acts.sign import sign_record
    from aztrust.cli.signing import present
    from aztrust.report.confirmation import confirmation_lines
    from aztrust.signers import unlock

    request = request_about(opened[0], session.now_unix_ms(), pinning.anchor, pinning.scope)
    ledger_options = LedgerOptions(pinning.ledger, insists=True)
    context = read_kits(opened, request, ledger_options)
    seats = seats_of(context, asked.operator)
    signer = _signer(session, keys, seats, asked.operator)
    seat = require_enrolled(seats, signer.public)
    frozen = require_scope(context)
    if asked.facts is not None:
        from aztrust.cli.confirm_facts import sign_facts

        return sign_facts(
            session,
            frozen,
            seat,
            signer,
            asked.facts,
            asked.roads,
            addresses=asked.addresses,
            yes=asked.yes,
        )
    body = _body(session, (opened, request, ledger_options), frozen, seat, host, asked)
    shown_lines = present(session, confirmation_lines(body, seat), yes=asked.yes)
    session.confirm("Sign this confirmation?", yes=asked.yes)
    unlock(signer)
    signed = sign_record("operator-confirmation", body, {}, signer)
    result = Result(signed, body, seat, frozen.fixed)
    return give(session, result, shown_lines, asked.roads)


def _signer(session: Session, keys: _Keys, seats: dict[str, Seat], operator: str) -> Signer:
    """The signer, of the one place that is named."""
    named = [keys.key is not None, keys.ssh_key is not None, keys.ssh_agent]
    if sum(named) > 1:
        raise UsageError(
            "several keys are named",
            subject="--key",
            mend="give one of --key, --ssh-key, --ssh-agent",
        )
    if keys.ssh_agent:
        from aztrust.signers.openssh import open_agent

        return open_agent(seats)
    if keys.ssh_key is not None:
        from aztrust.signers.openssh import load_openssh

        return load_openssh(keys.ssh_key, passphrase=session.passphrase(keys.ssh_key.name))
    from aztrust.cli.signing import session_signer

    accepted = {key: seat.operator for key, seat in seats.items()}
    what = f"confirm for {operator}"
    return session_signer(session, keys.key, accepted=accepted, act=what, enrolled=True)


Reading = tuple["list[LaunchFiles]", "Request", "LedgerOptions"]


def _body(
    session: Session,
    reading: Reading,
    frozen: KitScope,
    seat: Seat,
    host: HostRequest,
    asked: _Asked,
) -> OperatorConfirmation:
    """What is signed."""
    from aztrust.acts.operators.confirm import (
        HostAnswers,
        answers_of,
        not_ready,
        ready,
        refuse_roles,
        roles_for,
    )
    from aztrust.storage.hostfiles import host_platform

    opened, request, ledger_options = reading
    artifacts = frozen.release.artifacts
    platform = host.platform or host_platform()
    named = refuse_roles(host.roles, artifacts)
    roles = named or roles_for(seat, artifacts, platform)
    if asked.reason is not None:
        answers = HostAnswers(platform, roles, at_unix_ms=request.now_unix_ms)
        found = digest_of(asked.found, "--found") if asked.found is not None else ""
        reason = next(reason for reason in NOT_READY_REASONS if reason == asked.reason)
        return not_ready(frozen, answers, reason, found)
    if asked.report is not None:
        from aztrust.acts.operators.host_report import answers_of_report, read_host_report

        report = read_host_report(asked.report)
        name = shown(asked.report)
        return ready(frozen, answers_of_report(frozen, report, seat, request.now_unix_ms, name))
    from aztrust.acts.preflight import preflight

    host = replace(host, roles=roles, urls=tuple(session.fetched))
    verdict = preflight(opened, host, request, ledger_options)
    answers = answers_of(frozen, verdict, seat, roles, _again(opened, asked))
    if asked.signer_address is not None:
        answers = replace(
            answers, signer=_asked_signer(asked.signer_address, _again(opened, asked))
        )
    return ready(frozen, answers)


def _asked_signer(address: str, again: str) -> SignerAnswer:
    from aztrust.core.base.errors import Refused
    from aztrust.storage.answering import answers_at, parse_address

    if answers_at(parse_address(address)):
        return "answers"
    raise Refused(
        f"the remote signer at {address} does not answer, so this host is not confirmed",
        subject="--signer-address",
        mend="start it, then confirm",
        details=(f"if it stays so, report it: {again} --not-ready signer-silent",),
    )


def _again(opened: list[LaunchFiles], asked: _Asked) -> str:
    import shlex

    return shlex.join(["aztrust", "confirm", asked.operator, *(str(kit.path) for kit in opened)])
