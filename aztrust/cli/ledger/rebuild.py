"""`aztrust ledger rebuild|take-over`: a lost store made again, by its keeper or by a deputy."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from aztrust.cli.app import Session, command
from aztrust.cli.ledger.base import (
    document,
    head_document,
    key_option,
    launch_to_sign,
    ledger,
    place_options,
    publishing_lines,
)
from aztrust.cli.ledger.succession import emit, reason_option
from aztrust.report.advice import advice_lines
from aztrust.report.lines import labelled

if TYPE_CHECKING:
    from aztrust.core.state.context import Context
    from aztrust.signers import Signer

places_argument = click.argument(
    "places", metavar="[FROM]...", nargs=-1, type=click.Path(path_type=Path)
)


@command(
    "rebuild",
    parent=ledger,
    short_help="Make a lost ledger again from what was published.",
    example="aztrust ledger rebuild --key luca\n"
    "aztrust ledger rebuild ../sonias-clone atlas.aztrust head.note",
)
@places_argument
@key_option
@place_options
def rebuild(
    session: Session,
    places: tuple[Path, ...],
    key: str | None,
    ledger: str | None,
    anchor: str | None,
) -> None:
    """Make the keeper's store again from this launch directory and from FROM.

    FROM are clones, kits, earlier stores and heads that anyone kept: name all that can be had.
    Nothing is signed below the largest head that any of them shows; where it is over more entries
    than were found, the log is not continued. The keeper first notes that it was rebuilt.
    """
    from aztrust.acts.ledger.identity import ledger_path
    from aztrust.acts.ledger.publication import publish_ledger
    from aztrust.acts.ledger.rebuild import rebuild_store, resume
    from aztrust.acts.ledger.succession import require_keeper
    from aztrust.storage.config import shown

    context = launch_to_sign(session, anchor)
    path = ledger_path(context, ledger)
    signer = _signer(session, context, key, "keep this ledger")
    rebuilt = rebuild_store(
        path, context, session.launch(), places, lambda now: require_keeper(now, signer)
    )
    head = resume(rebuilt, context, signer, session.now_unix_ms())
    publish_ledger(session.launch(), path, context)
    lines = labelled("made", f"{shown(path)}, {rebuilt.size} entries from {rebuilt.source}")
    lines += labelled("head", f"{head.verified.head.size} entries, over a note that it was rebuilt")
    lines += advice_lines("next", "aztrust ledger keep")
    lines += publishing_lines(session, session.launch(), "Ledger: rebuilt")
    session.emit(
        document(
            "ledger-rebuilt",
            path=str(path),
            size=rebuilt.size,
            source=rebuilt.source,
            heads=rebuilt.heads,
            head=head_document(head.verified),
        ),
        lines,
        brief=f"made {shown(path)}, {rebuilt.size} entries",
    )


@command(
    "take-over",
    parent=ledger,
    short_help="Keep the ledger as a deputy from now on.",
    example='aztrust ledger take-over --reason "luca\'s laptop is lost" --key gabi',
)
@places_argument
@reason_option
@key_option
@place_options
def take_over(
    session: Session,
    places: tuple[Path, ...],
    reason: str,
    key: str | None,
    ledger: str | None,
    anchor: str | None,
) -> None:
    """Take the ledger over from its keeper, by an entry that cites the last head.

    For a holder that the policy lists in [[ledger.keepers]] after the present keeper. From then
    on, only heads by this key count; a later head by the keeper before is evidence of two
    histories. The store is made from this launch directory and from FROM, as `ledger rebuild`
    makes it.
    """
    from aztrust.acts.ledger.identity import ledger_path
    from aztrust.acts.ledger.publication import publish_ledger
    from aztrust.acts.ledger.rebuild import rebuild_store
    from aztrust.acts.ledger.succession import require_deputy, take_over
    from aztrust.storage.presence import is_present

    context = launch_to_sign(session, anchor)
    path = ledger_path(context, ledger)
    signer = _signer(session, context, key, "take this ledger over")
    if not is_present(path):
        rebuilt = rebuild_store(
            path, context, session.launch(), places, lambda now: require_deputy(now, signer)
        )
        session.note(f"made the ledger from {rebuilt.source}: {rebuilt.size} entries")
    done = take_over(path, context, signer, reason, session.now_unix_ms())
    publish_ledger(session.launch(), path, context)
    emit(session, "ledger-taken-over", "taken", done)


def _signer(session: Session, context: Context, key: str | None, act: str) -> Signer:
    """The signer, with any key whose heads can count; which one may act now, the entries say."""
    from aztrust.acts.ledger.identity import named_keeper
    from aztrust.acts.select_key import choose_signer
    from aztrust.core.state.context import require_policy

    policy = require_policy(context)
    holders = policy.key_holders()
    named = named_keeper(context)
    keys = policy.ledger.head_keys if policy.ledger is not None else (named,) if named else ()
    accepted = {each: holders.get(each, "the keeper") for each in keys}
    return choose_signer(key, accepted=accepted, act=act, passphrase=session.passphrase)
