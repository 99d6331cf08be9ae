"""A standby becomes the ledger after it was verified, and only if nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from aztrust.acts.ledger.copies import Imported, import_next_to
from aztrust.core.base.errors import AztrustError, CouldNotCheck, Refused
from aztrust.core.base.paths import escape
from aztrust.core.base.value import frozen
from aztrust.core.formats import merkle
from aztrust.core.formats.checkpoint_note import Head, claimed_head, open_head, parse_note
from aztrust.core.state.context import Context
from aztrust.storage.durable import place_exclusive
from aztrust.storage.heads import head_path, read_head
from aztrust.storage.ledger.replace import set_aside, sole_user
from aztrust.storage.ledger.sqlite import open_store
from aztrust.storage.ledger.store import LedgerStore
from aztrust.storage.presence import is_present


@frozen
class TakenOver:
    """What a take-over did.

    Args:
        imported: the ledger that is there now.
        aside: where the old one is, None where there was none.
        lost: what the old one, or a head that this user keeps, had and the new one lacks.
        unread: why the old one could not be looked at, "" where it could.
    """

    imported: Imported
    aside: Path | None = None
    lost: tuple[str, ...] = ()
    unread: str = ""


def take_over(path: Path, context: Context, standby: Path, *, force: bool = False) -> TakenOver:
    """Replace the ledger at a path by that of a standby (or an export).

    The old one is renamed and never removed. Where this is killed between
    the two renames, no ledger is there, and the same command completes the work.

    Args:
        path: where the ledger is, or was.
        context: the launch.
        standby: the directory that `export --follow` keeps, or an export.
        force: also where entries or heads that are known would be lost.

    Raises:
        Refused: something would be lost, or the standby is not valid.
        Malformed, CouldNotCheck: as `import_ledger`; another process has the old ledger open.
    """
    with import_next_to(path, context, standby) as (made, imported):
        with open_store(made) as new:
            lost = list(_kept_lost(context, imported, new))
        if not is_present(path):
            _demand(lost, force)
            place_exclusive(made, path)
            return TakenOver(imported, lost=tuple(lost))
        try:
            with sole_user(path) as old, open_store(made) as new:
                lost = [*_old_lost(old, new), *lost]
                _demand(lost, force)
                aside = set_aside(path)
        except CouldNotCheck as error:
            if _is_whole(path):
                raise
            _demand([*lost, f"the contents of {escape(path.name)}: {error.message}"], force)
            aside, unread = set_aside(path), error.message
        else:
            unread = ""
        place_exclusive(made, path)
    return TakenOver(imported, aside, tuple(lost), unread)


def _is_whole(path: Path) -> bool:
    """Whether the old ledger can be read at all; if so, it is only in use."""
    try:
        with open_store(path) as store:
            store.size()
            return not store.damage()
    except AztrustError:
        return False


def _old_lost(old: LedgerStore, new: LedgerStore) -> Iterator[str]:
    """What the old ledger has and the new one lacks."""
    if old.origin != new.origin:
        yield f"it is another log, {escape(old.origin)[:80]}"
        return
    common = min(old.size(), new.size())
    if merkle.root(common, old.nodes) != merkle.root(common, new.nodes):
        yield f"its first {common} entries are not those of the standby"
    if old.size() > common:
        yield f"it has {old.size() - common} more entries than the standby"
    held = {size for size, _ in new.heads()}
    for size, note in old.heads():
        if size not in held:
            head = claimed_head(parse_note(note, name=f"its head over {size}"))
            if not _is_consistent(new, head):
                yield f"its keeper signed a head over {size} entries that the standby contradicts"


def _kept_lost(context: Context, imported: Imported, new: LedgerStore) -> Iterator[str]:
    """Whether the largest head that this user ever verified would be lost."""
    keeping = imported.keeping
    if keeping is None:
        return
    note = read_head(head_path(keeping.origin, keeping.keeper.fingerprint))
    if note is None:
        return
    head = open_head(note, keeping.keeper, keeping.origin, name="the head kept here").head
    if not _is_consistent(new, head):
        yield f"you keep a head over {head.size} entries, and the standby contradicts it"


def _is_consistent(store: LedgerStore, head: Head) -> bool:
    return head.size <= store.size() and merkle.root(head.size, store.nodes) == head.root


def _demand(lost: list[str], force: bool) -> None:
    if lost and not force:
        raise Refused(
            f"the take-over would lose data: {lost[0]}",
            code="ledger-inconsistent",
            mend="bring the standby up to date (aztrust ledger export --follow DIR), or take a"
            " later one; --force loses it, and anyone who keeps a later head will detect that",
            details=tuple(lost[1:]),
        )
