"""`aztrust gate`: can this verdict be relied on?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from aztrust.cli.app import Session, command
from aztrust.cli.options import (
    anchor_option,
    at_option,
    given_anchor,
    given_scope,
    ledger_option,
    scope_option,
)
from aztrust.cli.streams import InputFile
from aztrust.core.base.errors import NothingToVerify, UsageError

if TYPE_CHECKING:
    from aztrust.acts.anchors import Anchoring
    from aztrust.core.state.evidence import Evidence
    from aztrust.storage.launch import LaunchFiles

_FILE = click.Path(path_type=Path)
_INPUT = InputFile(path_type=Path)


@command(
    "gate",
    reports=True,
    short_help="Can this verdict be relied on?",
    example="aztrust gate f.sigstore.json --class freeze_confirmed --scope 7c219e04...\n"
    "aztrust -C atlas.aztrust gate f.sigstore.json --class final_checks_completed\n"
    "aztrust gate f.sigstore.json --class freeze_confirmed --max-age 15m",
)
@click.argument("verdicts", metavar="VERDICT...", nargs=-1, required=True, type=_INPUT)
@click.option(
    "--class",
    "checkpoint_class",
    metavar="CLASS",
    required=True,
    help="The checkpoint it must be about: freeze_confirmed, final_checks_completed, ...",
)
@click.option("--max-age", metavar="TIME", help="How old it may be, for instance 15m.")
@click.option(
    "--binary", "binaries", metavar="FILE", multiple=True, type=_FILE, help="A file it must name."
)
@click.option(
    "--max-head-age",
    metavar="TIME",
    default="1h",
    show_default=True,
    help="How old the ledger's newest head may be; a policy may ask for a younger one.",
)
@click.option("--allow-conditional", is_flag=True, help="Let `conditional` pass.")
@click.option("--offline", is_flag=True, help="Pass without knowing whether later records exist.")
@click.option(
    "--policy", metavar="FILE", type=_INPUT, help="The policy alone, where there is no launch."
)
@click.option("--signer", metavar="HEX", help="Trust this key's fingerprint in place of a policy.")
@ledger_option
@anchor_option
@scope_option
@at_option
def gate(  # noqa: PLR0913 - one argument for each option
    session: Session,
    verdicts: tuple[Path, ...],
    checkpoint_class: str,
    max_age: str | None,
    max_head_age: str,
    binaries: tuple[Path, ...],
    allow_conditional: bool,
    offline: bool,
    policy: Path | None,
    signer: str | None,
    ledger: str | None,
    anchor: str | None,
    scope: str | None,
    at: str | None,
) -> int:
    """Check a signed verdict: signature, signer's role, class, scope, age, ledger, and later
    records.

    VERDICT is a .sigstore.json or .dsse.json file, or - for standard input; where the policy
    requires several signers, give the verdict of each. Roles come from the launch or kit of -C
    (else the launch around), from --policy FILE, or from one key that the user trusts, with
    --signer. Exit 0 only if everything passes; 11 where something cannot be known here: without a
    ledger, or with too old a head, a later revocation may be withheld, which --offline accepts.
    """
    from aztrust.acts.gate import GateFiles, files_here, gate, parse_class
    from aztrust.acts.ledger.reading import LedgerOptions
    from aztrust.core.base.digest import parse_sha256
    from aztrust.core.base.times import parse_duration
    from aztrust.core.state.context import Request
    from aztrust.core.state.evidence import GateRequirements
    from aztrust.report.gate import gate_brief, gate_lines

    requirements = GateRequirements(
        checkpoint_class=parse_class(checkpoint_class),
        max_age_ms=parse_duration(max_age, "--max-age") if max_age is not None else None,
        allow_conditional=allow_conditional,
        offline=offline,
        max_head_age_ms=parse_duration(max_head_age, "--max-head-age"),
        signer=parse_sha256(signer) if signer is not None else "",
    )
    source, anchoring = _source(
        session, policy, signed_by=requirements.signer, anchor=anchor, ledger=ledger
    )
    request = Request(
        session.at(at),
        anchor=anchoring.anchor,
        anchor_source=anchoring.source,
        scope=given_scope(scope),
        pin_conflicts=anchoring.conflicts,
    )
    asked = LedgerOptions(ledger, insists=True)
    files = GateFiles(verdicts, binaries)
    here = None
    if policy is not None or requirements.signer:
        here = files_here(policy)
    verdict = gate(source, files, requirements, request, asked, here)
    document: dict[str, object] = {}
    if session.needs_document:
        from aztrust.report.json import report_document

        document = report_document(verdict, command="gate")
    as_of = at is not None
    lines = gate_lines(verdict, as_of=as_of, verbose=session.verbose)
    session.emit(document, lines, brief=gate_brief(verdict, as_of=as_of), verdict_first=True)
    return verdict.exit_code


def _source(
    session: Session,
    policy: Path | None,
    *,
    signed_by: str,
    anchor: str | None,
    ledger: str | None,
) -> tuple[LaunchFiles | Evidence, Anchoring]:
    """Where roles come from, and the inputs that identify the announced launch.

    Raises:
        UsageError: two sources are named, or an anchor without a policy.
        NothingToVerify: none is named, and there is no launch here.
    """
    from aztrust.acts.anchors import anchor_without_a_policy, resolve_anchor
    from aztrust.acts.gate import policy_alone
    from aztrust.core.state.evidence import Evidence
    from aztrust.storage.launch import open_launch

    given = given_anchor(anchor)
    if (policy is not None or signed_by) and (session.launch_option is not None or ledger):
        raise UsageError(
            "--policy and --signer are for use without a launch; with -C or --ledger the launch"
            " defines who may sign",
            mend="leave one of the two out",
        )
    if policy is not None and signed_by:
        raise UsageError(
            "--policy and --signer both define whom to trust", mend="give one of the two"
        )
    if policy is not None:
        evidence = policy_alone(policy)
        return evidence, resolve_anchor(policy, evidence.policy, given=given)
    if signed_by:
        return Evidence(b""), anchor_without_a_policy(given)
    try:
        launch = open_launch(session.source())
    except NothingToVerify as error:
        raise NothingToVerify(
            "nothing here defines who may sign verdicts",
            subject=error.subject,
            mend="name a launch or kit with -C, a policy with --policy, or a key with --signer",
        ) from None
    return launch, resolve_anchor(launch.path, launch.policy(), given=given)
