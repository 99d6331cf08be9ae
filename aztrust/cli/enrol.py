"""`aztrust enrol`: the registrar lists the operators, with their keys and validators."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from aztrust.cli.app import Session, command
from aztrust.cli.options import (
    Given,
    anchor_option,
    complete_file,
    key_option,
    ledger_option,
    together,
    yes_option,
)
from aztrust.core.base.errors import UsageError
from aztrust.core.base.value import replace

if TYPE_CHECKING:
    from aztrust.acts.act import Act
    from aztrust.acts.operators.enrol_gentx import GentxList
    from aztrust.acts.operators.genesis import SealedPower


@command(
    "enrol",
    short_help="List the operators: who may confirm which host.",
    example="aztrust enrol operators.toml\n"
    "aztrust enrol --from-gentx gentxs --keys keys-of-operators --role node\n"
    "aztrust enrol",
)
@click.argument("listed", metavar="[LIST.toml]", required=False, type=click.Path(path_type=Path))
@click.option(
    "--from-gentx",
    "gentxs",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Make the list from a folder of gen_tx files; each of them is accounted for.",
)
@click.option(
    "--keys",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="With --from-gentx: the operators' public keys, OPERATOR.pub or OPERATOR.pem.",
)
@click.option(
    "--key-of",
    "keys_of",
    metavar="OPERATOR=FILE",
    multiple=True,
    shell_complete=complete_file,
    help="With --from-gentx: the public key of one operator; repeatable.",
)
@click.option(
    "--role",
    "roles",
    metavar="ROLE",
    multiple=True,
    help="With --from-gentx: what these operators start; repeatable.",
)
@key_option
@yes_option
@ledger_option
@anchor_option
@together
def enrol(
    session: Session,
    listed: Path | None,
    gentxs: Path | None,
    keys: Path | None,
    keys_of: tuple[str, ...],
    roles: tuple[str, ...],
    yes: bool,
    given: Given,
) -> None:
    """Sign one list of operators: name, key, roles, and the validators that are theirs.

    LIST.toml has a table [[operator]] for each key: name, key, roles, validators. A key is a
    public key file, a line "ssh-ed25519 AAAA...", or a fingerprint with key_file. A validator is
    named by its consensus key or its operator address, as the genesis has it. A later list
    replaces all entries of the operators that it names, and leaves the others as they are.

    The keys enrolled here confirm hosts (aztrust confirm) and sign nothing else: they have no role
    and count for no threshold. Without a list the operators that are enrolled are shown.
    """
    from aztrust.acts.operators.genesis import sealed_power
    from aztrust.cli.signing import act_before_freeze

    with_gentxs = (keys, *keys_of, *roles)
    if listed is not None and gentxs is not None:
        raise UsageError("a list and a folder of gen_txs are two lists", mend="give one of them")
    if gentxs is None and any(option is not None for option in with_gentxs):
        raise UsageError(
            "--keys, --key-of and --role belong to --from-gentx",
            subject="--from-gentx",
            mend="in a list, each operator has its key and roles",
        )
    act = replace(act_before_freeze(session, given), ledger=given.ledger)
    sealed = sealed_power(act.context, act.launch)
    if listed is None and gentxs is None:
        _show(session, act, sealed)
    elif listed is not None:
        _enrol_list(session, act, sealed, listed, given.key, yes=yes)
    elif gentxs is not None:
        _enrol_gentxs(session, act, sealed, (gentxs, keys, keys_of, roles), given.key, yes=yes)


def _show(session: Session, act: Act, sealed: SealedPower) -> None:
    from aztrust.acts.operators.enrol import roster_of
    from aztrust.report.operators import counted, roster_document, roster_text

    roster = roster_of(act.context)
    session.emit(
        roster_document(roster, sealed.power, sealed.why_not),
        roster_text(roster, sealed.power, sealed.why_not),
        brief=f"{counted(len({s.operator for s in roster.seats}), len(roster.seats))} enrolled",
    )


def _enrol_list(
    session: Session, act: Act, sealed: SealedPower, path: Path, key: str | None, *, yes: bool
) -> None:
    from aztrust.acts.operators.enrol import registrar_keys
    from aztrust.acts.operators.enrol_gentx import GentxList
    from aztrust.acts.operators.keys import read_list

    registrar_keys(act.policy)
    made = GentxList(read_list(path), (), "none")
    _sign(session, act, sealed, made, key, yes=yes)


Folders = tuple[Path, Path | None, tuple[str, ...], tuple[str, ...]]
"""The folder of gen_txs, the one of keys, keys by operator, roles."""


def _enrol_gentxs(
    session: Session, act: Act, sealed: SealedPower, given: Folders, key: str | None, *, yes: bool
) -> None:
    from aztrust.acts.operators.enrol import registrar_keys
    from aztrust.acts.operators.enrol_gentx import list_from_gentxs

    registrar_keys(act.policy)
    made = list_from_gentxs(*given, act.policy.launch.chain_id)
    _sign(session, act, sealed, made, key, yes=yes)


def _sign(
    session: Session, act: Act, sealed: SealedPower, made: GentxList, key: str | None, *, yes: bool
) -> None:
    """Show every entry, and every file it came from, then sign the enrolment."""
    from aztrust.acts.operators.enrol import plan_enrolment, registrar_keys
    from aztrust.cli.signing import View, session_signer, sign_plan
    from aztrust.report.operators import enrolment_text

    accepted = registrar_keys(act.policy)
    signer = session_signer(session, key, accepted=accepted, act="enrol operators")
    plan = plan_enrolment(act, made.listed, signer.public, power=sealed.power, gentx=made.gentx)
    shown = enrolment_text(
        plan.body,
        holder=plan.holder,
        role=act.policy.readiness.registrar,
        replaced=plan.about.replaced,
        power=plan.about.power,
        why_not=sealed.why_not,
        files=made.files,
    )
    view = View(
        lines=shown.lines,
        fields=shown.fields,
        message=shown.message,
        brief=shown.brief,
        question=shown.question,
    )
    sign_plan(session, act, plan, signer, view, yes=yes)
