"""`aztrust window decide` and `go`: the decision, and the whole way to the start in one sitting."""

from __future__ import annotations

from pathlib import Path

import click

from aztrust.cli.app import Session, command
from aztrust.cli.options import Given, reason_option
from aztrust.cli.window.base import joint_options, load, window
from aztrust.cli.window.joint import JointRun, run
from aztrust.core.base.errors import UsageError
from aztrust.report.advice import advice_lines

_file = click.Path(path_type=Path)
_OUTCOMES = {"go": "GO", "no-go": "NO_GO", "defer": "DEFER"}

opens_option = click.option(
    "--opens", metavar="TIME", help="When the first role may start (RFC 3339 or Unix seconds)."
)
closes_option = click.option(
    "--closes", metavar="TIME", help="Until when the first role may start."
)
order_option = click.option(
    "--order", metavar="R,R", help="The roles in the order in which they start; else the policy's."
)


@command(
    "decide",
    parent=window,
    short_help="Decide go, no-go or defer at the go/hold point.",
    example='aztrust window decide go --reason "all answers are in"\n'
    'aztrust window decide no-go --reason "two of seven mandatory hosts are silent"',
)
@click.argument("outcome", metavar="go|no-go|defer", type=click.Choice(tuple(_OUTCOMES)))
@reason_option
@click.option("--score", metavar="FILE", type=_file, help="The score; its digest is recorded.")
@click.option("--checklist", metavar="FILE", type=_file, help="The checklist, likewise.")
@click.option("--evidence", metavar="FILE", type=_file, help="The evidence, likewise.")
@joint_options
def decide(  # noqa: PLR0913 - one argument for each option
    session: Session,
    outcome: str,
    reason: str,
    score: Path | None,
    checklist: Path | None,
    evidence: Path | None,
    dry_run: bool,
    hook: str | None,
    yes: bool,
    given: Given,
) -> None:
    """Propose the decision, or sign the one that stops.

    No-go and defer count at once, from the folder too; a defer or an abort follows.
    """
    from aztrust.acts.window.basis import basis_of
    from aztrust.acts.window.records import decision

    basis = basis_of(load(session, given))
    record = decision(
        basis,
        _OUTCOMES[outcome],
        reason,
        score=_digest(score),
        checklist=_digest(checklist),
        evidence=_digest(evidence),
    )
    lines: list[str] = []
    if outcome != "go":
        lines = advice_lines(
            "then", "the window stays open until it is ended: aztrust window defer --reason T"
        )
    what = f"decide {outcome}"
    how = JointRun(
        what, f"{what.capitalize()}?", what, more=lines, yes=yes, dry_run=dry_run, hook=hook
    )
    run(session, given, basis, (record,), how)


@command(
    "go",
    parent=window,
    short_help="Proceed, GO, authorization and instruction in one sitting.",
    example="aztrust window go --reason T --opens 2026-06-01T13:45:00Z"
    " --closes 2026-06-01T14:30:00Z\naztrust window go",
)
@click.option("--reason", metavar="T", help="Why; for the one who proposes.")
@opens_option
@closes_option
@order_option
@joint_options
def go(  # noqa: PLR0913 - one argument for each option
    session: Session,
    reason: str | None,
    opens: str | None,
    closes: str | None,
    order: str | None,
    dry_run: bool,
    hook: str | None,
    yes: bool,
    given: Given,
) -> None:
    """Sign four records with one review and one passphrase: proceed, GO, authorization, order.

    The first signer proposes them, with a reason and the start window. Everyone else runs it
    without these, and signs those of the four that are theirs to sign. They take effect one after
    the other, with the checkpoints go_hold_review_completed and bootstrap_authorized between them;
    each can also be signed alone.
    """
    from aztrust.acts.window.basis import basis_of
    from aztrust.acts.window.countersign import plan_countersignature
    from aztrust.acts.window.go import open_four, propose_all
    from aztrust.acts.window.records import default_order
    from aztrust.acts.window.sitting import for_key
    from aztrust.core.records.records import Unsigned

    basis = basis_of(load(session, given))
    proposing = any(value is not None for value in (reason, opens, closes, order))
    four = open_four(basis)
    what = "go"
    if four is not None and not proposing:
        how = JointRun(
            "sign the go of the launch",
            f"Sign these, as {four[0].holder} proposed them?",
            "countersign go",
            yes=yes,
            dry_run=dry_run,
            hook=hook,
            others_run="aztrust window go",
            some=True,
        )
        policy = basis.act.policy
        unsigned = tuple(Unsigned(r.kind, r.body, r.preimages) for r in four)
        run(
            session,
            given,
            basis,
            unsigned,
            how,
            lambda key: plan_countersignature(basis, for_key(policy, key, four), key),
        )
        return
    if four is not None:
        raise UsageError(
            f"{four[0].holder} has proposed to go, and that proposal is open",
            subject="window go",
            mend="sign that one: aztrust window go; or its signer takes it back: aztrust revoke ID"
            " --reason T",
        )
    if reason is None or opens is None or closes is None:
        raise UsageError(
            "no proposal to go is open here, and a new one needs a reason and a start window",
            subject="window go",
            mend="aztrust window go --reason T --opens TIME --closes TIME; or git pull first",
        )
    roles = roles_of(order) or default_order(basis)
    window_ = session.at(opens, "--opens"), session.at(closes, "--closes")
    records = propose_all(basis, reason, *window_, roles)
    how = JointRun(
        "sign the go of the launch",
        "Propose to go, and sign all four?",
        what,
        yes=yes,
        dry_run=dry_run,
        hook=hook,
        others_run="aztrust window go",
    )
    run(session, given, basis, records, how)


def roles_of(order: str | None) -> tuple[str, ...]:
    """The roles of --order; () where it was not given.

    Raises:
        UsageError: it names none.
    """
    if order is None:
        return ()
    roles = tuple(role.strip() for role in order.split(",") if role.strip())
    if not roles:
        raise UsageError("--order is empty", subject="--order", mend="name the roles: R,R")
    return roles


def _digest(path: Path | None) -> str | None:
    if path is None:
        return None
    from aztrust.storage.tree.hashing import hash_file

    return hash_file(path).sha256
