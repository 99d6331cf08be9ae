"""The ledger that a command shows: the keeper's store where it is here, else what was published."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from aztrust.acts.ledger.identity import ledger_path
from aztrust.acts.ledger.reading import LedgerOptions, with_ledger
from aztrust.core.base.errors import CouldNotCheck, Refused
from aztrust.core.base.findings import Finding
from aztrust.core.history.published import WITHHELD
from aztrust.core.state.context import Context
from aztrust.storage.ledger.replayed import PublishedStore
from aztrust.storage.ledger.sqlite import open_store
from aztrust.storage.ledger.store import LedgerStore
from aztrust.storage.presence import is_present


@contextmanager
def open_to_read(context: Context, option: str | None) -> Iterator[LedgerStore]:
    """A launch's ledger, at one moment, to show entries and to prove them.

    Args:
        context: the launch, its directory or a kit.
        option: `--ledger` as typed, None where it was not given.

    Raises:
        CouldNotCheck: there is none, or it cannot be read.
        Refused: nothing of what was published can be read (`ledger-inconsistent`).
        UsageError: as `find_ledger`.
    """
    path = ledger_path(context, option)
    parts = context.evidence.published
    if option is not None or not parts or is_present(path):
        with open_store(path) as store, store.snapshot():
            # The store of a former keeper is an earlier copy of what was published since.
            if option is not None or not any(part.size > store.size() for part in parts):
                yield store
                return
    reading = with_ledger(context.evidence, context.request, LedgerOptions(option)).ledger
    part = max(parts, key=lambda part: (part.size, part.name))
    if reading is None or reading.ignored or (reading.fault and not reading.findings):
        cause = reading.fault if reading is not None and reading.fault else "nothing names it"
        raise CouldNotCheck(
            f"the ledger in {part.name} cannot be read: {cause}",
            subject=part.name,
            mend="give the announced anchor: --anchor HEX",
        )
    published = PublishedStore(part, reading)
    if not published.size() and reading.findings:
        # A ledger that cannot be read is not an empty one.
        first = reading.findings[0]
        raise Refused(
            f"the ledger in {part.name} cannot be read: {first.subject}: {first.message}",
            subject=part.name,
            code=first.code,
            mend=first.mend,
        )
    yield published


def faults_of(store: LedgerStore) -> tuple[Finding, ...]:
    """What is wrong with the files of a published ledger; () for a store, which `audit` reads."""
    return store.findings if isinstance(store, PublishedStore) else ()


def exit_code_of(faults: Iterable[Finding]) -> int:
    """How a command ends that shows a ledger with these faults, as `ledger verify` does."""
    codes = {fault.code for fault in faults}
    return 10 if codes - {WITHHELD} else 1 if codes else 0
