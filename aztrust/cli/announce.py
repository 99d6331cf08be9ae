"""`aztrust announce`: record the genesis hash as it was published."""

from __future__ import annotations

import click

from aztrust.acts.announce import Plan
from aztrust.cli.app import Session, command, group
from aztrust.cli.options import anchor_option, given_anchor, key_option
from aztrust.core.base.digest import parse_sha256
from aztrust.core.policy.model import Convention
from aztrust.report.lines import joined, labelled

announce = group(
    "announce",
    short_help="Record the genesis hash as it was published.",
    text="Record what was published, so that every verification compares it.",
    example="aztrust announce genesis-hash e1c58a04...5c82b",
)


@command(
    "genesis-hash",
    short_help="The SHA-256 that was published for the genesis.",
    example="aztrust announce genesis-hash e1c58a04...5c82b\n"
    "aztrust announce genesis-hash 7ff3cf1a...90bd --convention jq-S-c",
    parent=announce,
)
@click.argument("sha256", metavar="SHA256...", nargs=-1, required=True)
@click.option(
    "--convention",
    type=click.Choice(["raw", "jq-S-c", "jq-S", "declared"]),
    default="raw",
    show_default=True,
    help="What it is a hash of: the bytes, what jq prints, or a value of the chain's own tool.",
)
@key_option
@anchor_option
def genesis_hash(
    session: Session,
    sha256: tuple[str, ...],
    convention: Convention,
    key: str | None,
    anchor: str | None,
) -> None:
    """Compare the published SHA256 with the sealed genesis here, and record it.

    A value of the chain's own tool cannot be recomputed: it is recorded as declared, and counts
    once two holders state the same.
    """
    from aztrust.acts.announce import announcer_keys, plan_announcement, sign_announcement
    from aztrust.acts.entering import enter_earlier, enter_stored
    from aztrust.acts.preconditions import read_anchored
    from aztrust.acts.select_key import choose_signer
    from aztrust.acts.verify import ReadOptions
    from aztrust.cli.progress import progress_line
    from aztrust.cli.signing_output import (
        entered_lines,
        recorded_document,
        sending_lines,
        written_line,
    )
    from aztrust.core.state.context import require_policy

    launch = session.launch()
    now = session.now_unix_ms()
    published = parse_sha256("".join(sha256))
    context = read_anchored(launch, given_anchor(anchor), now, logged=True)
    signer = choose_signer(
        key,
        accepted=announcer_keys(require_policy(context)),
        act="announce the genesis hash",
        passphrase=session.passphrase,
    )
    with progress_line(session) as progress:
        plan = plan_announcement(
            launch,
            context,
            sha256=published,
            convention=convention,
            key=signer.public,
            now_unix_ms=now,
            effort=ReadOptions(progress=progress),
        )
    if plan.earlier is not None:
        lines = labelled("done", f"{plan.holder} has announced it already; nothing was signed")
        lines += labelled("record", plan.earlier.record_id[7:23])
        earlier = plan.earlier.record_id
        entered = enter_earlier(context, earlier, signer, session.now_unix_ms())
        lines += entered_lines(entered, gives=True)
        document = recorded_document(session, None, **_fields(plan), ledger_entry=entered.entry)
        session.emit(document, lines, brief=f"announced already {published}")
        return
    record = sign_announcement(launch, plan, signer)
    entered = enter_stored(context, record, signer, session.now_unix_ms())
    lines = [*written_line(record), *entered_lines(entered, gives=True)]
    message = f"announce genesis hash {published[7:15]}"
    session.emit(
        recorded_document(session, record, **_fields(plan), ledger_entry=entered.entry),
        [*_screen(plan), *lines, *sending_lines(launch, message=message)],
        brief=f"announced {published}",
    )


def _screen(plan: Plan) -> list[str]:
    body = plan.body
    lines = labelled("genesis", f"{body.convention} hash, of package {body.package_id[7:15]}")
    lines.append(f"  {body.sha256}")
    if body.convention != "declared":
        return [*lines, *labelled("checked", "it is the hash of the sealed genesis here")]
    if plan.others:
        return [*lines, *labelled("stated", f"by {joined([plan.holder, *plan.others])}")]
    lines += labelled("stated", f"by {plan.holder}; it counts once a second holder states the same")
    return lines


def _fields(plan: Plan) -> dict[str, object]:
    return {
        "convention": plan.body.convention,
        "sha256": plan.body.sha256,
        "package_id": plan.body.package_id,
        "holder": plan.holder,
        "stated_by": sorted({plan.holder, *plan.others}),
    }
