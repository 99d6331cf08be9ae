"""`aztrust announce`: record the genesis hash as it was published."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from aztrust.cli.app import Session, command, group
from aztrust.cli.options import Given, anchor_option, key_option, together
from aztrust.core.base.digest import parse_sha256
from aztrust.core.policy.model import Convention
from aztrust.report.lines import joined, labelled

if TYPE_CHECKING:
    from aztrust.acts.act import Plan
    from aztrust.cli.signing import View
    from aztrust.core.records.package import Announcement

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
@together
def genesis_hash(
    session: Session, sha256: tuple[str, ...], convention: Convention, given: Given
) -> None:
    """Compare the published SHA256 with the sealed genesis here, and record it.

    A value of the chain's own tool cannot be recomputed: it is recorded as declared, and counts
    once two holders state the same.
    """
    from aztrust.acts.announce import announcer_keys, plan_announcement
    from aztrust.acts.verify import ReadOptions
    from aztrust.cli.progress import progress_line
    from aztrust.cli.signing import act_before_freeze, session_signer, sign_plan

    published = parse_sha256("".join(sha256))
    act = act_before_freeze(session, given)
    accepted = announcer_keys(act.policy)
    signer = session_signer(session, given.key, accepted=accepted, act="announce the genesis hash")
    with progress_line(session) as progress:
        plan = plan_announcement(
            act,
            sha256=published,
            convention=convention,
            key=signer.public,
            read_options=ReadOptions(progress=progress),
        )
    sign_plan(session, act, plan, signer, _view(plan))


def _view(plan: Plan[Announcement, tuple[str, ...]]) -> View:
    from aztrust.cli.signing import View

    body = plan.body
    return View(
        lines=_screen(plan),
        fields={
            "convention": body.convention,
            "sha256": body.sha256,
            "package_id": body.package_id,
            "holder": plan.holder,
            "stated_by": sorted({plan.holder, *plan.about}),
        },
        message=f"announce genesis hash {body.sha256[7:15]}",
        brief=f"announced {body.sha256}",
        done=f"{plan.holder} has announced it already",
        done_brief=f"announced already {body.sha256}",
    )


def _screen(plan: Plan[Announcement, tuple[str, ...]]) -> list[str]:
    body = plan.body
    lines = labelled("genesis", f"{body.convention} hash, of package {body.package_id[7:15]}")
    lines.append(f"  {body.sha256}")
    if body.convention != "declared":
        return [*lines, *labelled("checked", "it is the hash of the sealed genesis here")]
    if plan.about:
        return [*lines, *labelled("stated", f"by {joined([plan.holder, *plan.about])}")]
    lines += labelled("stated", f"by {plan.holder}; it counts once a second holder states the same")
    return lines
