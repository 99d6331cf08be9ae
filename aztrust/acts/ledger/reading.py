"""A launch's ledger for a verification: found, replayed, and compared with every known head.

    evidence = with_ledger(evidence, request, LedgerOptions(option="launch.ledger"))
    verdict = remember_head(verify(evidence, request))

The ledger travels with the launch: its published files are in the directory, the kit or the
archive that is read. On the keeper's machine its store is the source (`storage.ledger.location`).
Where several are here the one with the most entries is replayed, and the heads of all the others
must agree with it. The policy, or a valid freeze, names its owner. Where there is no ledger, and
none was ever seen, nothing of this is loaded and nothing is checked.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from aztrust.core.base.errors import CouldNotCheck, Malformed
from aztrust.core.base.findings import Status
from aztrust.core.base.value import field, frozen, replace
from aztrust.core.judge.verify import Verdict
from aztrust.core.policy.model import policy_digest
from aztrust.core.state.context import Context, Request, keyring_of, read_context
from aztrust.core.state.evidence import Evidence
from aztrust.storage.config import config_dir, shown
from aztrust.storage.presence import is_present

if TYPE_CHECKING:
    from aztrust.acts.ledger.trusted_heads import KnownHeads
    from aztrust.core.history.published import PublishedLedger
    from aztrust.core.history.replay import LedgerReading
    from aztrust.core.state.ledger.log_identity import Keeping

VARIABLE = "AZTRUST_LEDGER"
_REVOCATION = b'"predicateType":"urn:aztrust:revocation:v1"'
_CONFIGURED = ("ledgers", "ledger.toml", "heads")


@frozen
class LedgerOptions:
    """What was asked for.

    Attributes:
        option: `--ledger` as typed, None where it was not given.
        since: a file with a kept head, which the ledger must extend.
        at_head: the same, and later entries do not count.
        insists: whether a ledger that is named has to be there, and to be this launch's.
        heads: further heads, by where they were found, that a ledger here must extend.
        keeps_head: whether the largest head that holds is kept for later runs.
        keeping: its owner where neither the policy nor a freeze names one: the signer of this act.
        reading: the ledger as a dry run leaves it; then none is read.
    """

    option: str | None = None
    since: Path | None = None
    at_head: Path | None = None
    insists: bool = False
    heads: Mapping[str, bytes] = field(default_factory=dict)
    keeps_head: bool = True
    keeping: Keeping | None = None
    reading: LedgerReading | None = None


def with_ledger(
    evidence: Evidence,
    request: Request,
    options: LedgerOptions = LedgerOptions(),
) -> Evidence:
    """The same evidence, with the launch's ledger where there is one.

    Args:
        evidence: what is in the launch, or in all kits together, with the ledger's own files.
        request: an anchor, given or pinned, that the policy does not match leaves the ledger
            unread (law 11).
        options: where to look, and what it must extend.

    Raises:
        UsageError: an option or variable is empty.
        CouldNotCheck: a ledger or head that was named is not there, or the user's configuration
            cannot be relied on.
    """
    if options.reading is not None:
        return replace(evidence, ledger=options.reading)
    digest = policy_digest(evidence.policy)
    parts = evidence.published
    contradicted = request.anchor not in ("", digest) or request.pin_conflicts
    # A verdict may name a ledger that was taken out with its files.
    if contradicted or not (parts or evidence.verdicts or _may_have_one(options)):
        return evidence
    context = _light_context(request, evidence, digest)
    if context.policy is None:
        return evidence
    from aztrust.storage.ledger.location import find_ledger, is_named

    path = find_ledger(options.option, context.policy.launch.chain_id, digest)
    there = is_present(path)
    if (
        options.insists
        and not there
        and is_named(options.option, context.policy.launch.chain_id, digest)
    ):
        raise CouldNotCheck(
            f"there is no ledger at {shown(path)}",
            subject=shown(path),
            mend="name the ledger's file, or make one: aztrust ledger init",
        )
    return _as_asked(evidence, _read(context, path if there else None, parts, options), options)


def missing_ledger(context: Context, option: str | None) -> str:
    """That the ledger which a person named is not there, "" where it is or none was named.

    A copy that was published may be read in its place, and it may be an earlier one.

    Args:
        context: the launch.
        option: `--ledger` as typed.
    """
    if context.policy is None or not _may_have_one(LedgerOptions(option)):
        return ""
    from aztrust.storage.ledger.location import find_ledger, is_named

    named = (option, context.policy.launch.chain_id, context.policy_digest)
    if not is_named(*named):
        return ""
    path = find_ledger(*named)
    return "" if is_present(path) else f"the ledger: there is none at {shown(path)}"


def with_ledger_records(evidence: Evidence, request: Request) -> Evidence:
    """The evidence as if every record of the ledger were in the folder, too: for acts that sign.

    An approval answers the revocations before it, and one of them may be in the ledger only. A
    ledger that is absent or not valid adds nothing: `verify` reports it, and no act waits for it.

    Raises:
        UsageError: $AZTRUST_LEDGER is empty.
    """
    try:
        reading = with_ledger(evidence, request).ledger
    except CouldNotCheck:
        return evidence
    if reading is None or not reading.holds:
        return evidence
    records, verdicts = dict(evidence.records), dict(evidence.verdicts)
    for entry in reading.entries:
        target = verdicts if entry.record.kind == "verdict" else records
        target.setdefault(f"entry {entry.index}", entry.record.envelope)
    return replace(evidence, records=records, verdicts=verdicts)


def remember_head(verdict: Verdict, options: LedgerOptions = LedgerOptions()) -> Verdict:
    """Keep the largest head that this run verified; later runs are compared with it.

    Only under the announced policy, and only where the whole ledger is valid. Where it cannot be
    kept, a notice reports that.
    """
    reading = verdict.context.evidence.ledger
    anchored = any(
        r.id in ("anchor", "gate-anchor") and r.status is Status.PASS for r in verdict.results
    )
    if reading is None or reading.head is None or not anchored or not options.keeps_head:
        return verdict
    from aztrust.acts.ledger.trusted_heads import keep_largest

    return keep_largest(verdict)


def _as_asked(
    evidence: Evidence, reading: LedgerReading | None, options: LedgerOptions
) -> Evidence:
    """The evidence with its ledger, as of the head that was asked for.

    Raises:
        CouldNotCheck: an earlier head was asked for, and without a ledger its entries are unknown.
    """
    if options.at_head is None:
        return evidence if reading is None else replace(evidence, ledger=reading)
    if reading is None or reading.ignored or (reading.fault and not reading.findings):
        raise CouldNotCheck(
            "there is no ledger here that has the entries under this head",
            subject=shown(options.at_head),
            mend="name the launch's ledger with --ledger PATH, or give the anchor it belongs to",
        )
    if not reading.holds:
        return replace(evidence, ledger=reading)
    from aztrust.acts.ledger.trusted_heads import head_name
    from aztrust.core.state.ledger.as_of import as_known_at

    name = head_name(options.at_head)
    return as_known_at(evidence, reading, next(n for n in reading.heads if n.name == name))


def _may_have_one(options: LedgerOptions) -> bool:
    """Whether there may be a ledger or a head of one; checked before either is loaded."""
    named = (options.option, options.since, options.at_head)
    if any(each is not None for each in named) or VARIABLE in os.environ:
        return True
    try:
        config = config_dir()
    except CouldNotCheck:
        return False
    return any(is_present(config / name) for name in _CONFIGURED)


def _light_context(request: Request, evidence: Evidence, digest: str) -> Context:
    """As much of the launch as is needed to identify its ledger."""
    try:
        policy = evidence.opener.policy(evidence.policy)
    except Malformed:
        return Context(request, evidence, digest)
    if evidence.verdicts and (policy.ledger is None or not evidence.published):
        return read_context(request, evidence)
    keyring = keyring_of(policy, evidence)
    return Context(request, evidence, digest, policy=policy, keyring=keyring)


def _read(
    context: Context, path: Path | None, parts: Sequence[PublishedLedger], options: LedgerOptions
) -> LedgerReading | None:
    from aztrust.acts.ledger.trusted_heads import kept_for, known_heads
    from aztrust.core.state.ledger import unavailable
    from aztrust.core.state.ledger.log_identity import named_keeping

    name = shown(path) if path is not None else parts[0].name if parts else ""
    asked = bool(name) or options.since is not None or options.at_head is not None
    if path is not None and context.policy is not None and context.policy.ledger is None:
        context = _with_stored(context, path)
    try:
        keeping = named_keeping(context) or options.keeping
    except Malformed as error:
        return unavailable.unusable(name, error) if asked else None
    if keeping is None:
        given = options.option is not None or options.since is not None
        if kept := kept_for(context.policy_digest):
            # No freeze here names a log, and one was verified as that of this launch.
            return unavailable.absent(None, kept, ())
        return unavailable.unnamed(name, insists=options.insists and given) if asked else None
    from aztrust.acts.ledger.identity import default_origin

    also = default_origin(context)
    opener = context.evidence.opener
    known = known_heads(
        keeping, opener, options.since, options.at_head, also=also, policy=context.policy_digest
    )
    if not name:
        heads = {*known.notes, *known.kept, *_considered(context, keeping)}
        seen = heads or known.spoilt
        return unavailable.absent(keeping, heads, known.spoilt) if seen else None
    known = replace(known, notes={**options.heads, **known.notes})
    try:
        reading = _largest(context, keeping, path, parts, known)
    except CouldNotCheck as error:
        reading = unavailable.unusable(name, error, keeping)
    return replace(reading, findings=(*reading.findings, *known.spoilt))


def _considered(context: Context, keeping: Keeping) -> Iterator[str]:
    """The heads over entries that verdicts here considered, by name."""
    from aztrust.core.state.ledger.verdict_heads import considered_heads

    for verdict, head in considered_heads(context):
        if head.size and head.origin == keeping.origin:
            yield f"the head over {head.size} entries in the verdict by {verdict.holder}"


def _with_stored(context: Context, path: Path) -> Context:
    """The context with the verdicts and revocations of a ledger that no policy names.

    The freeze that names it may exist nowhere else; it counts by its own signature.
    """
    from aztrust.core.formats.dsse import parse_envelope
    from aztrust.core.history.leaf import claimed_kind
    from aztrust.storage.ledger.sqlite import open_store

    evidence = context.evidence
    records, verdicts = dict(evidence.records), dict(evidence.verdicts)
    try:
        with open_store(path) as store:
            for entry in store.entries():
                payload = parse_envelope(entry.envelope, name="").payload
                if claimed_kind(payload):
                    verdicts[f"entry {entry.index}"] = entry.envelope
                elif _REVOCATION in payload:
                    records[f"entry {entry.index}"] = entry.envelope
    except (CouldNotCheck, Malformed):
        # Its faults are reported where it is replayed.
        return context
    found = read_context(context.request, replace(evidence, records=records, verdicts=verdicts))
    return replace(found, evidence=evidence)


def _largest(
    context: Context,
    keeping: Keeping,
    path: Path | None,
    parts: Sequence[PublishedLedger],
    known: KnownHeads,
) -> LedgerReading:
    """The replay of the ledger with the most entries, compared with the heads of all the others.

    Raises:
        CouldNotCheck: the file cannot be used.
    """
    largest = _largest_part(parts)
    others = {part.head_name: part.checkpoint for part in parts if part is not largest}
    if path is None and largest is not None:
        return _of_part(context, keeping, largest, replace(known, notes=known.notes | others))
    from aztrust.core.history.replay import read_ledger
    from aztrust.core.state.ledger import unavailable
    from aztrust.storage.ledger.sqlite import open_store
    from aztrust.storage.ledger.store import stored_log

    if path is None:
        raise CouldNotCheck("there is no ledger here")
    with open_store(path) as store, store.snapshot():
        if store.origin != keeping.origin:
            return unavailable.another(shown(path), keeping, store.origin)
        if largest is not None and largest.size > store.size():
            entries = [entry.envelope for entry in store.entries()]
            heads = {f"head {size} of {shown(path)}": note for size, note in store.heads()}
            heads = {**known.notes, **others, **heads}
            return _of_part(context, keeping, largest, replace(known, notes=heads), entries)
        if largest is not None:
            others[largest.head_name] = largest.checkpoint
        log = stored_log(store, {**known.notes, **known.kept, **others})
        reading = read_ledger(log, keeping.trust(context), name=shown(path))
    return reading if largest is None else _with_files(reading, largest)


def _with_files(reading: LedgerReading, part: PublishedLedger) -> LedgerReading:
    """The store's reading with what is wrong with single files that were published."""
    from aztrust.core.history.published import file_findings

    findings, notices = file_findings(part)
    return replace(
        reading,
        findings=(*reading.findings, *findings),
        notices=(*reading.notices, *notices),
    )


def _largest_part(parts: Iterable[PublishedLedger]) -> PublishedLedger | None:
    return max(parts, key=lambda part: (part.size, part.name), default=None)


def _of_part(
    context: Context,
    keeping: Keeping,
    part: PublishedLedger,
    known: KnownHeads,
    more: Iterable[bytes] = (),
) -> LedgerReading:
    from aztrust.core.history.published import read_published
    from aztrust.core.state.ledger.may_sign import keys_that_may_sign

    evidence = context.evidence
    files = (*evidence.records.values(), *evidence.verdicts.values(), *more)
    may_sign, trust = keys_that_may_sign(context), keeping.trust(context)
    return read_published(part, trust, files, known.notes, may_sign, known.kept)
