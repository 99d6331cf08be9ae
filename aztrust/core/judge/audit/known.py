"""What the signer of a verdict knew: the ledger at the head that it names, or files by their time.

A verdict names the ledger it considered, with size and root. The entries up to there were known,
and so is every record that the verdict itself names: a record that stops something counts before
the ledger has it. A verdict without a head was made without a ledger. Then only the times that
signers claim say what was known, which proves less: the caller must say so.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from aztrust.core.base.digest import sha256_id
from aztrust.core.base.value import frozen, replace
from aztrust.core.formats.checkpoint_note import Head, VerifiedHead
from aztrust.core.history.heads import NamedHead
from aztrust.core.history.keepers import keeper_at
from aztrust.core.history.replay import LedgerReading
from aztrust.core.history.verdictset import HeldVerdict
from aztrust.core.policy.model import policy_digest
from aztrust.core.records.administration import CLOSING
from aztrust.core.records.enrolment import OPERATOR_CONFIRMATION
from aztrust.core.records.node_facts import NODE_FACTS
from aztrust.core.records.verdict import VerdictStatement
from aztrust.core.state.context import Context
from aztrust.core.state.evidence import Evidence
from aztrust.core.state.ledger.as_of import as_known_at, identities, keep_files
from aztrust.core.state.ledger.freshness import claimed_times


@frozen
class Known:
    """What was known, or why that is unknown.

    Args:
        evidence: records, verdicts, policies and proofs of that moment; packages are the present
            ones. None with a `fault`, and with a `differs`.
        size: how many entries the ledger had; None where the verdict names none.
        fault: why it is not known what was known.
        differs: the root that the entries here have, where the verdict names another one.
    """

    evidence: Evidence | None = None
    size: int | None = None
    fault: str = ""
    differs: str = ""


def named_by(statement: VerdictStatement) -> frozenset[str]:
    """Every id and digest that a verdict names as what it rests on."""
    return frozenset(statement.checkpoint.evidence_refs or ()) | frozenset(statement.rests_on)


def known_to(
    whole: Context, verdict: HeldVerdict, roots: Mapping[int, bytes], *, named_only: bool = False
) -> Known:
    """What the signer of a verdict knew.

    Args:
        whole: everything that is known now, under the policy of the verdict.
        verdict: one that is among it.
        roots: of the ledger here, at the sizes that verdicts name.
        named_only: without a ledger, only what the verdict names, and no record by its time.
    """
    statement, evidence = verdict.statement, whole.evidence
    named = named_by(statement)
    head = statement.ledger
    if head is not None:
        reading = evidence.ledger
        if reading is None or not reading.holds:
            return Known(size=head.size, fault="the ledger that it considered does not hold here")
        root = roots.get(head.size)
        if root is None:
            found = f"the ledger here has {reading.size} entries, and it considered {head.size}"
            return Known(size=head.size, fault=found)
        stated = f"sha256:{root.hex()}"
        if (stated, reading.origin) != (head.root, head.origin):
            return Known(size=head.size, differs=stated)
        cut = as_known_at(evidence, *_at(reading, head.size, root), named - {verdict.record_id})
    else:
        until = statement.checkpoint.timestamp_unix_ms
        times = {} if named_only else times_of(whole)
        before = {id_ for id_, at in times.items() if at <= until} - _verdicts_from(whole, until)
        cut = keep_files(evidence, (before | named) - {verdict.record_id})
        cut = replace(cut, ledger=None, published=())
    ids = _ids(cut)
    known = {v.statement.policy_digest for v in whole.verdicts.verdicts if v.record_id in ids}
    policies = {n: d for n, d in cut.policies.items() if policy_digest(d) in known}
    proofs = {n: d for n, d in cut.observations.items() if sha256_id(d) in named}
    size = None if head is None else head.size
    return Known(replace(cut, policies=policies, observations=proofs), size)


def times_of(whole: Context) -> dict[str, int]:
    """Record id to the time that its signer claims, of all that holders and operators signed."""
    times = claimed_times(whole)
    for verdict in whole.verdicts.waiting:
        times[verdict.record_id] = verdict.statement.checkpoint.timestamp_unix_ms
    for confirmed in whole.confirmations:
        times[confirmed.record_id] = OPERATOR_CONFIRMATION.claimed_unix_ms(confirmed.body)
    for report in whole.records.node_reports:
        times[report.record_id] = NODE_FACTS.claimed_unix_ms(report.body)
    return times


def cut_at_time(evidence: Evidence, whole: Context, until: int) -> Evidence:
    """The same evidence without what was claimed after a time, and the ledger before that.

    Order is the ledger's: from the first entry on that claims a later time, everything came later.

    Args:
        evidence: of `whole`.
        whole: everything that is known now.
        until: milliseconds since the epoch.
    """
    reading = evidence.ledger
    later = {id_ for id_, at in times_of(whole).items() if at > until}
    known = {found[0] for found in identities(evidence).values() if found is not None} - later
    if reading is None or not reading.holds:
        return keep_files(evidence, known)
    size = next(
        (e.index for e in reading.entries if e.record.record_id in later), len(reading.entries)
    )
    apart = known - {entry.record.record_id for entry in reading.entries}
    return cut_at_size(evidence, size, apart)


def cut_at_size(evidence: Evidence, size: int, also: Collection[str] = ()) -> Evidence:
    """The same evidence as of so many entries of its ledger, which holds and has as many.

    Args:
        evidence: with a ledger.
        size: of the ledger then.
        also: ids of records that were known besides.
    """
    from aztrust.core.state.ledger.as_appended import roots_of

    reading = evidence.ledger
    if reading is None:
        return evidence
    root = roots_of(reading.entries, (size,))[size]
    return as_known_at(evidence, *_at(reading, size, root), also)


def _at(reading: LedgerReading, size: int, root: bytes) -> tuple[LedgerReading, NamedHead]:
    """The ledger with a head over so many entries, which a later head of the keeper covers.

    The head has no signature: it is what the signed one implies, since the entries are the same.
    """
    reigns = tuple(reign for reign in reading.reigns if reign.start < max(size, 1))
    keeper = keeper_at(reigns, max(size, 1)) or reading.reigns[0].keeper
    closed = any(e.record.kind == CLOSING.name for e in reading.entries[:size])
    head = VerifiedHead(Head(reading.origin, size, root), keeper, b"", ())
    named = NamedHead(f"the ledger of {size} entries", head)
    heads = (*reading.heads, named)
    then = replace(
        reading,
        heads=heads,
        reigns=reigns,
        keeper=keeper.fingerprint,
        closed=reading.closed and closed,
    )
    return then, named


def _verdicts_from(whole: Context, until: int) -> set[str]:
    """The verdicts that were not before a time: what is asked is what came before one of them."""
    every = (*whole.verdicts.verdicts, *whole.verdicts.waiting)
    return {v.record_id for v in every if v.statement.checkpoint.timestamp_unix_ms >= until}


def _ids(evidence: Evidence) -> frozenset[str]:
    """The ids of all that is in the ledger or in a file."""
    entries = evidence.ledger.entries if evidence.ledger is not None else ()
    table = identities(evidence)
    found = (table[data] for data in evidence.verdicts.values())
    return frozenset(e.record.record_id for e in entries) | {f[0] for f in found if f is not None}
