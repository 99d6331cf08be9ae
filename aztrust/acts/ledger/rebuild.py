"""A lost store, made again from everything that was published: clones, kits, stores and heads.

Every head that anyone shows is a promise of the keeper. So the largest one decides how many entries
the store must have, every other one must be consistent with it, and nothing is signed over fewer
entries. Where a head is over more entries than were found, the log is not continued: a second log
of this name would be a second history.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

from aztrust.acts.ledger.heads import SignedHead, heartbeat, sign_head
from aztrust.acts.ledger.identity import keeping_of
from aztrust.acts.ledger.trusted_heads import known_heads
from aztrust.core.base.errors import CouldNotCheck, Malformed, Refused
from aztrust.core.base.paths import escape
from aztrust.core.base.value import field, frozen
from aztrust.core.formats import merkle
from aztrust.core.formats.checkpoint_note import NOTE_LIMIT
from aztrust.core.formats.dsse import canonical_form
from aztrust.core.formats.tiles import parse_published
from aztrust.core.history.enrolled_keys import enrolled_in
from aztrust.core.history.heads import NamedHead, judge_heads
from aztrust.core.history.leaf import LedgerRecord, read_record
from aztrust.core.history.published import PublishedLedger, published_files
from aztrust.core.history.replay import replay
from aztrust.core.state.context import Context
from aztrust.core.state.ledger.log_identity import Keeping, named_keeping
from aztrust.signers import Signer
from aztrust.storage.config import shown
from aztrust.storage.durable import place_exclusive
from aztrust.storage.folders import read_bounded
from aztrust.storage.kit import holds_kit
from aztrust.storage.launch import open_launch, read_launch
from aztrust.storage.ledger.making import discard, name_for_new
from aztrust.storage.ledger.schema import create_database
from aztrust.storage.ledger.sqlite import open_store
from aztrust.storage.ledger.store import LedgerStore, stored_log
from aztrust.storage.presence import is_directory, is_present
from aztrust.storage.publishedfiles import read_published_files

_BATCH = 10_000
_DATABASE = b"SQLite format 3\0"
_LINE = "\n\n— ".encode()
"""What every signed note has between its text and its first signature."""


@frozen
class Source:
    """What one place shows of a ledger; nothing in it is believed.

    Args:
        name: the place, for messages.
        leaves: the hashes of its entries, by index.
        envelopes: the records and verdicts there.
        heads: its notes, by name.
    """

    name: str
    leaves: tuple[bytes, ...] = ()
    envelopes: tuple[bytes, ...] = ()
    heads: Mapping[str, bytes] = field(default_factory=dict)


@frozen
class Rebuilt:
    """A store that was made again.

    Args:
        path: its file.
        size: the entries under the largest head that was shown.
        source: which place had them.
        keeping: its origin and keeper.
        heads: how many heads were compared.
    """

    path: Path
    size: int
    source: str
    keeping: Keeping
    heads: int


def rebuild_store(
    path: Path,
    context: Context,
    launch: Path,
    places: Sequence[Path] = (),
    allow: Callable[[Keeping], None] = lambda _: None,
) -> Rebuilt:
    """Make the keeper's store from what was published, completely or not at all; sign nothing.

    Args:
        path: the new store; no file may exist there.
        context: the launch.
        launch: its directory, the first source.
        places: further ones: launch directories, kits, stores, files with a head.
        allow: called with the keeper as the entries show it, before the store is put in its place.

    Raises:
        Refused: there is a store already; `ledger-equivocation`: two heads exclude each other;
            `ledger-inconsistent`: a head is over more entries than were found, or an entry's
            record is nowhere.
        Malformed: a head is not a keeper's, or a source is malformed.
        CouldNotCheck: neither policy nor freeze names the ledger, a source cannot be read, or the
            file system refused.
    """
    if is_present(path):
        raise Refused(
            f"{shown(path)} is there already; only a ledger that is lost is made again",
            subject=shown(path),
            mend="aztrust ledger verify; if that store is damaged, move it away first",
        )
    keeping = named_keeping(context)
    if keeping is None:
        raise CouldNotCheck(
            "neither the policy nor a freeze names this launch's ledger",
            subject="ledger",
            mend="give the policy its [ledger] table, or a clone that has the freeze",
        )
    sources = [read_source(place) for place in (launch, *places)]
    heads = tuple(_heads(context, keeping, sources))
    if not heads:
        raise CouldNotCheck(
            "no place here shows a head of this ledger",
            subject=escape(keeping.origin)[:80],
            mend="git pull; name clones, kits and kept heads: aztrust ledger rebuild FROM...",
        )
    source = _whole(sources, heads)
    size = max(named.verified.head.size for named in heads)
    envelopes = _envelopes(context, source.leaves[:size], sources)
    made = name_for_new(path)
    try:
        create_database(made, keeping.origin)
        with open_store(made, writing=True) as store:
            _fill(store, envelopes)
            _keep(store, heads)
            now = keeping_of(context, store) or keeping
            _verify(store, context, now, source)
        allow(now)
        place_exclusive(made, path)
    finally:
        discard(made)
    return Rebuilt(path, size, source.name, now, len(heads))


def resume(rebuilt: Rebuilt, context: Context, signer: Signer, now_unix_ms: int) -> SignedHead:
    """Sign the first head of a store that was made again, over a note that says so.

    Args:
        rebuilt: from `rebuild_store`.
        context: the launch.
        signer: the keeper's.
        now_unix_ms: the time of the note.

    Raises:
        Refused, CouldNotCheck: as `heartbeat` and `sign_head`.
    """
    text = f"rebuilt from a head over {rebuilt.size} entries, found in {rebuilt.source}"
    heartbeat(rebuilt.path, context, signer, now_unix_ms, text=text[:1000])
    return sign_head(rebuilt.path, context, signer, now_unix_ms)


def read_source(place: Path) -> Source:
    """What a place shows: a launch directory, a kit, a keeper's store, or a file with a head.

    Raises:
        Malformed: it is a malformed kit.
        CouldNotCheck: it cannot be read, or is none of these.
    """
    name = shown(place)
    if is_directory(place):
        evidence = read_launch(place)
        return _source(name, read_published_files(place), evidence.records, evidence.verdicts)
    # A link that a person names is followed, as everywhere.
    data = read_bounded(Path(os.path.realpath(place)), NOTE_LIMIT)
    if data.startswith(_DATABASE):
        return _store_source(place, name)
    if _LINE in data and not holds_kit(place):
        return Source(name, heads={f"the head in {name}": data})
    files = open_launch(place)
    evidence = files.evidence()
    part = published_files(files.kit.files, name) if files.kit is not None else None
    return _source(name, part, evidence.records, evidence.verdicts)


def _source(
    name: str,
    part: PublishedLedger | None,
    records: Mapping[str, bytes],
    verdicts: Mapping[str, bytes],
) -> Source:
    envelopes = (*records.values(), *verdicts.values())
    if part is None:
        return Source(name, envelopes=envelopes)
    log = parse_published(part.files)
    heads = {f"the head in {name}": part.checkpoint} if part.checkpoint else {}
    return Source(name, tuple(leaf.hash for leaf in log.leaves), envelopes, heads)


def _store_source(place: Path, name: str) -> Source:
    with open_store(place) as store, store.snapshot():
        leaves = store.nodes([merkle.Node(0, index) for index in range(store.size())])
        envelopes = tuple(entry.envelope for entry in store.entries())
        heads = {f"head {size} of {name}": note for size, note in store.heads()}
    return Source(name, tuple(leaves), envelopes, heads)


def _heads(context: Context, keeping: Keeping, sources: Iterable[Source]) -> Iterator[NamedHead]:
    opener = context.evidence.opener
    known = known_heads(keeping, opener)
    for finding in known.spoilt:
        raise CouldNotCheck(finding.message, subject=finding.subject, mend=finding.mend)
    notes = {**known.notes, **known.kept}
    for source in sources:
        notes.update(source.heads)
    for name, note in sorted(notes.items()):
        yield NamedHead(name, keeping.open_head(note, opener, name=name))


def _whole(sources: Sequence[Source], heads: Sequence[NamedHead]) -> Source:
    """The source that has every entry under the largest head; all other heads agree with it."""
    largest = max(heads, key=lambda named: (named.verified.head.size, named.name))
    size = largest.verified.head.size
    longest = max(sources, key=lambda source: len(source.leaves))
    for source in sorted(sources, key=lambda source: source.name):
        if len(source.leaves) < size:
            continue
        roots = _roots(source.leaves[:size], {named.verified.head.size for named in heads})
        if roots[size] != largest.verified.head.root:
            continue
        for finding in judge_heads(heads, size, roots):
            raise Refused(
                f"{finding.subject}: {finding.message}",
                subject=finding.subject,
                code=finding.code,
                mend="keep both notes, they are the evidence; nothing was made",
            )
        return source
    if len(longest.leaves) >= size:
        raise Refused(
            f"the entries in {longest.name} are not those of {largest.name}, over {size}",
            subject=largest.name,
            code="ledger-inconsistent",
            mend="keep both as evidence; name the clone or kit that this head is from",
        )
    raise Refused(
        f"{largest.name} is over {size} entries, and only {len(longest.leaves)} were found, in"
        f" {longest.name}: the log is not continued",
        subject=largest.name,
        code="ledger-inconsistent",
        mend="name the clone or kit that has them: aztrust ledger rebuild FROM...; if they are lost"
        " for good, the launch needs a policy with a new ledger (docs/team.md)",
    )


def _roots(leaves: Iterable[bytes], sizes: set[int]) -> dict[int, bytes]:
    roots = {0: merkle.EMPTY_ROOT}
    at_peaks: list[bytes] = []
    for size, leaf in enumerate(leaves):
        merkle.add_leaf(size, at_peaks, leaf)
        if size + 1 in sizes:
            roots[size + 1] = merkle.root_of_peaks(at_peaks)
    return roots


def _envelopes(
    context: Context, leaves: Sequence[bytes], sources: Iterable[Source]
) -> list[LedgerRecord]:
    """The record of each leaf, from any of the sources."""
    found: dict[bytes, LedgerRecord] = {}
    sources, keyring, opener = tuple(sources), context.keyring, context.evidence.opener
    every = (canonical_form(data) for source in sources for data in source.envelopes)
    operators = enrolled_in(every, keyring.keys, keyring.registrars, opener)
    for source in sources:
        for data in source.envelopes:
            try:
                record = read_record(
                    data, keyring.keys, opener, name=source.name, operators=operators
                )
            except Malformed:
                # A file that is not an entry; where an entry lacks its file, that is reported.
                continue
            found.setdefault(merkle.leaf_hash(record.leaf), record)
    lacking = [index for index, leaf in enumerate(leaves) if leaf not in found]
    if lacking:
        raise Refused(
            f"no file here is entry {lacking[0]} of the ledger"
            + (f", nor are {len(lacking) - 1} others" if lacking[1:] else ""),
            subject=f"entry {lacking[0]}",
            code="ledger-inconsistent",
            mend="name a clone or a kit that has its record: aztrust ledger rebuild FROM...",
        )
    return [found[leaf] for leaf in leaves]


def _fill(store: LedgerStore, records: Iterable[LedgerRecord]) -> None:
    rest = iter(records)
    while batch := list(islice(rest, _BATCH)):
        store.append_many(batch)


def _keep(store: LedgerStore, heads: Iterable[NamedHead]) -> None:
    for named in sorted(heads, key=lambda named: named.verified.head.size):
        store.put_head(named.verified)


def _verify(store: LedgerStore, context: Context, keeping: Keeping, source: Source) -> None:
    with store.snapshot():
        found = replay(stored_log(store), keeping.trust(context)).findings
    for finding in found:
        raise Refused(
            f"what {source.name} has is not valid: {finding.subject} {finding.message}",
            subject=finding.subject,
            code=finding.code,
            mend="name another clone or kit; nothing was made",
        )
