"""What to say of a pending record: who has signed already, and who makes it count.

A person whose signed record is in the folder has done their part, so that no message may call them
missing; and it does not count yet, so that no verdict may rest on it. A check answers from the
launch as it is, and asks here only whom to name.
"""

from __future__ import annotations

from collections.abc import Iterable

from aztrust.core.base.value import replace
from aztrust.core.history.reconcile import appending
from aztrust.core.policy.authority import holder_of_key
from aztrust.core.state.context import Context, read_context, require_policy


def with_waiting(context: Context) -> Context:
    """The same launch after the keeper's next append; itself where nothing waits for it.

    For messages alone: no verdict rests on what is not in the ledger.
    """
    reading = context.evidence.ledger
    if reading is None or not (context.records.waiting or context.verdicts.waiting):
        return context
    # Few launches have anything pending, and fewer have it asked about.
    from aztrust.core.state.ledger.as_appended import as_appended

    evidence = replace(context.evidence, ledger=as_appended(context, reading).reading)
    return replace(read_context(context.request, evidence), given=context.given)


def appender_of(context: Context) -> str:
    """Who appends what is pending: a holder, a key, or `the keeper` where none is named."""
    return holder_of_key(require_policy(context), _appending(context)[0])


def append_mend(context: Context) -> str:
    """What makes the pending records count: who, and the command."""
    return f"{appender_of(context)}: {append_command(context)}"


def append_command(context: Context) -> str:
    """What makes the pending records count: the command of the one who appends."""
    return _appending(context)[1]


def _appending(context: Context) -> tuple[str, str]:
    return appending(require_policy(context), context.evidence.ledger, context.revoked_keys)


def pending_clause(context: Context, holders: Iterable[str]) -> str:
    """`; pending: sonia, counts after luca appends it`; "" for no holder."""
    names = sorted(set(holders))
    if not names:
        return ""
    counts, it = ("counts", "it") if len(names) == 1 else ("count", "them")
    return f"; pending: {' and '.join(names)}, {counts} after {appender_of(context)} appends {it}"
