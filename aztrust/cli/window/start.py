"""`aztrust window authorize`, `instruct` and `activate-role`: the start, one record at a time."""

from __future__ import annotations

import click

from aztrust.cli.app import Session, command
from aztrust.cli.options import Given
from aztrust.cli.window.base import joint_options, load, window
from aztrust.cli.window.go import closes_option, opens_option, order_option, roles_of
from aztrust.cli.window.joint import JointRun, run
from aztrust.core.base.errors import UsageError


@command(
    "authorize",
    parent=window,
    short_help="Authorize the bootstrap of this scope.",
    example="aztrust window authorize",
)
@joint_options
def authorize(session: Session, dry_run: bool, hook: str | None, yes: bool, given: Given) -> None:
    """Propose the authorization; it names the proceed and the GO that are in force."""
    from aztrust.acts.window.basis import basis_of
    from aztrust.acts.window.records import authorization, require_in_force

    basis = basis_of(load(session, given))
    go = require_in_force(basis, "decide-go", "the decision GO")
    first = require_in_force(basis, "proceed", "the proceed")
    record = authorization(basis, go.record_id, first.record_id)
    what = "authorize the bootstrap"
    how = JointRun(what, "Authorize this bootstrap?", what, yes=yes, dry_run=dry_run, hook=hook)
    run(session, given, basis, (record,), how)


@command(
    "instruct",
    parent=window,
    short_help="Fix the start window and the order of the roles.",
    example="aztrust window instruct --opens 2026-06-01T13:45:00Z --closes 2026-06-01T14:30:00Z"
    " --order validator,sentry",
)
@opens_option
@closes_option
@order_option
@joint_options
def instruct(
    session: Session,
    opens: str | None,
    closes: str | None,
    order: str | None,
    dry_run: bool,
    hook: str | None,
    yes: bool,
    given: Given,
) -> None:
    """Propose the bootstrap instruction: when roles start, and in which order.

    Those who lead a role countersign it: the order is understood.
    """
    from aztrust.acts.window.basis import basis_of
    from aztrust.acts.window.records import default_order, instruction, require_in_force

    if opens is None or closes is None:
        raise UsageError(
            "an instruction needs a start window",
            subject="--opens" if opens is None else "--closes",
            mend="give --opens TIME and --closes TIME",
        )
    basis = basis_of(load(session, given))
    authorized = require_in_force(basis, "authorize", "the launch authorization")
    roles = roles_of(order) or default_order(basis)
    window_ = session.at(opens, "--opens"), session.at(closes, "--closes")
    record = instruction(basis, authorized.record_id, *window_, roles)
    what = "instruct the start"
    how = JointRun(what, "Instruct this start?", what, yes=yes, dry_run=dry_run, hook=hook)
    run(session, given, basis, (record,), how)


@command(
    "activate-role",
    parent=window,
    short_help="A role starts, or may start again.",
    example="aztrust window activate-role validator\n"
    'aztrust window activate-role sentry --observed "12 of 12 validators see each other"\n'
    "aztrust window activate-role validator --restart --anomaly 3c11d2e4",
)
@click.argument("role", metavar="ROLE")
@click.option("--observed", metavar="T", default="", help="What was seen of the step before.")
@click.option("--restart", is_flag=True, help="It may start again after an anomaly.")
@click.option("--anomaly", metavar="ID", help="The anomaly after which it starts again.")
@joint_options
def activate_role(  # noqa: PLR0913 - one argument for each option
    session: Session,
    role: str,
    observed: str,
    restart: bool,
    anomaly: str | None,
    dry_run: bool,
    hook: str | None,
    yes: bool,
    given: Given,
) -> None:
    """Propose that the next role of the order starts; the first one starts the network."""
    from aztrust.acts.window.basis import basis_of
    from aztrust.acts.window.records import activation, find_anomaly

    if restart != (anomaly is not None):
        raise UsageError(
            "a restart names its anomaly, and nothing else does",
            subject="--restart" if restart else "--anomaly",
            mend="give both: --restart --anomaly ID",
        )
    basis = basis_of(load(session, given))
    found = find_anomaly(basis, anomaly).record_id if anomaly is not None else None
    record = activation(basis, role, observed, anomaly_id=found)
    what = f"restart {role}" if restart else f"activate {role}"
    how = JointRun(what, f"{what.capitalize()}?", what, yes=yes, dry_run=dry_run, hook=hook)
    run(session, given, basis, (record,), how)
