"""`ledger verify`: everything in the ledger derived again, from record 0.

1. SQLite's own check of its file, and that each head is stored under its own size.
2. The replay: envelopes, signatures, order, tree, heads (`core.history.replay`).
3. The heads outside of the ledger: the one with `--since`, and the largest that this user verified.

The checks are those that every verification makes of a ledger; here the ledger must be present.
"""

from __future__ import annotations

from pathlib import Path

from aztrust.acts.ledger.identity import keeping_of, ledger_path, unkept
from aztrust.acts.ledger.reading import LedgerOptions, remember_head, with_ledger
from aztrust.acts.ledger.trusted_heads import KnownHeads, known_heads
from aztrust.core.base.errors import AztrustError, CouldNotCheck, Malformed
from aztrust.core.base.findings import Finding
from aztrust.core.base.value import replace
from aztrust.core.checks import AUDIT_CHECKS
from aztrust.core.checks.check import Stage
from aztrust.core.formats.checkpoint_note import claimed_head, parse_note
from aztrust.core.history.replay import LedgerReading, read_ledger
from aztrust.core.judge.verify import Verdict, verify
from aztrust.core.state.context import Context, Request, read_context
from aztrust.core.state.evidence import Evidence
from aztrust.core.state.ledger.log_identity import Keeping
from aztrust.core.state.ledger.unavailable import UNNAMED
from aztrust.storage.config import shown
from aztrust.storage.ledger.failures import DAMAGED
from aztrust.storage.ledger.sqlite import open_store
from aztrust.storage.ledger.store import stored_log
from aztrust.storage.presence import is_present


def audit(evidence: Evidence, request: Request, options: LedgerOptions) -> tuple[str, Verdict]:
    """Verify a launch's ledger; its name and the verdict.

    Args:
        evidence: the launch's own files.
        request: the time and the anchor.
        options: where to look, and what the ledger must extend.

    Raises:
        CouldNotCheck: there is no ledger, or the file with `--since` cannot be read.
        Malformed: the policy is malformed.
    """
    context = read_context(request, evidence)
    path = ledger_path(context, options.option)
    is_store = is_present(path)
    if not is_store and (options.option is not None or not evidence.published):
        raise CouldNotCheck(
            f"there is no ledger at {shown(path)}",
            subject=shown(path),
            mend="name the ledger's file with --ledger, or make one: aztrust ledger init",
        )
    evidence = with_ledger(evidence, request, options)
    reading = evidence.ledger
    if not is_store:
        # `verify` makes the checks of the ledger itself wherever there is one.
        name = reading.name if reading is not None else evidence.published[0].name
        return name, remember_head(verify(evidence, request, Stage.SEALED, AUDIT_CHECKS))
    # The policy is not the announced one: nothing that it names is read (law 11).
    if reading is not None:
        if reading.ignored or (reading.fault and not reading.keeper and not reading.findings):
            reading = _by_itself(context, path, options)
        damage = _damage(path)
        reading = replace(reading, findings=(*damage, *reading.findings))
        evidence = replace(evidence, ledger=reading)
    # `verify` makes the checks of the ledger itself wherever there is one.
    verdict = verify(evidence, request, Stage.SEALED, AUDIT_CHECKS)
    return shown(path), remember_head(verdict)


def _by_itself(context: Context, path: Path, options: LedgerOptions) -> LedgerReading:
    """A ledger without an authority that names it, verified with the keeper it names itself."""
    name = shown(path)
    try:
        with open_store(path) as store, store.snapshot():
            named = keeping_of(context, store)
            keeping = named or unkept(context, store.origin)
            known = (
                _notes(known_heads(keeping, context.evidence.opener, options.since))
                if named
                else {}
            )
            reading = read_ledger(stored_log(store, known), keeping.trust(context), name=name)
    except CouldNotCheck as error:
        return LedgerReading(name, fault=error.message)
    return replace(reading, notices=(*reading.notices, _unnamed(name, named)))


def _notes(known: KnownHeads) -> dict[str, bytes]:
    return {**known.notes, **known.kept}


def _unnamed(name: str, keeping: Keeping | None) -> Finding:
    who = "it has no keeper yet" if keeping is None else "its keeper named itself"
    return Finding(
        UNNAMED,
        name,
        f"neither the policy nor a freeze names this ledger; {who}, and anyone who wrote the"
        " file could be that keeper",
        mend="the freeze names it; until then compare its head with one you got elsewhere",
    )


def _damage(path: Path) -> tuple[Finding, ...]:
    """What SQLite itself finds, and heads that are stored under a wrong size.

    The reading has reported already what cannot be opened.
    """
    try:
        with open_store(path) as store, store.snapshot():
            lines = [f"SQLite finds: {line}" for line in store.damage()]
            lines += [
                f"a head is stored under the size {size}, which is not its own"
                for size, note in store.heads()
                if not _is_over(note, size)
            ]
    except AztrustError:
        return ()
    return tuple(Finding("ledger-inconsistent", shown(path), line, mend=DAMAGED) for line in lines)


def _is_over(note: bytes, size: int) -> bool:
    """Whether a note is over so many entries; the replay refuses what is not a note."""
    try:
        return claimed_head(parse_note(note, name="a head")).size == size
    except Malformed:
        return True
