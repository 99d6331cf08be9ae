"""Which of several statements came last: by the ledger where there is one, else by claimed time."""

from __future__ import annotations

from collections.abc import Iterable

from aztrust.core.context import Context
from aztrust.core.signed.records import Utterance

AHEAD_MS = 120_000
"""How far the clocks of two honest machines may be apart; the ledger's own bound."""


def in_order(context: Context, utterances: Iterable[Utterance]) -> tuple[Utterance, ...]:
    """Utterances from the first to the last.

    What the ledger does not hold comes after all that it holds: only what takes something away
    counts without it, and that must not be overtaken by what was said before. Of two of one time a
    no comes last.
    """
    places = ledger_places(context)
    last = max(places.values(), default=0) + 1

    def place(utterance: Utterance) -> tuple[int, int, bool, str, str]:
        said = (utterance.record_id, utterance.key.fingerprint)
        at = places.get(said, last)
        return at, utterance.claimed_unix_ms, not utterance.is_positive, *said

    return tuple(sorted(utterances, key=place))


def last_words(context: Context, utterances: Iterable[Utterance]) -> dict[str, Utterance]:
    """Each holder's last statement among these."""
    return {utterance.holder: utterance for utterance in in_order(context, utterances)}


def ledger_places(context: Context) -> dict[tuple[str, str], int]:
    """(record id, fingerprint) to the place in the ledger of this run; {} where there is none."""
    ledger = context.evidence.ledger
    if ledger is None:
        return {}
    found: dict[tuple[str, str], int] = {}
    for entry in ledger.entries:
        record = entry.record
        found.setdefault((record.record_id, record.fingerprint), entry.index)
    return found
