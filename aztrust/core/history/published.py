"""The ledger as it travels with a launch: the keeper's head, its tiles, and the records here.

The leaves are in the tiles, so the root is computed from them alone and compared with the head: no
entry can be left out of the list. Each leaf is then looked for among the records and verdicts that
are here. Where none has it, that very entry is withheld; it may be a revocation, so the question
stays open (`ledger-entry-withheld`), and every other entry is read all the same.

A record that its key signed a second time has other bytes and another leaf. Such a file is the
entry where the key is proven: the leaf of a verdict names its key; of any other record, only one
key of the policy may have signed it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Final

from aztrust.core.base import canonical
from aztrust.core.base.digest import sha256_id
from aztrust.core.base.errors import Malformed
from aztrust.core.base.findings import Finding
from aztrust.core.base.paths import escape
from aztrust.core.base.value import field, frozen, replace
from aztrust.core.formats import merkle
from aztrust.core.formats.dsse import Envelope, encode_envelope
from aztrust.core.formats.keys import VerificationMaterial
from aztrust.core.formats.tiles import (
    CHECKPOINT,
    FOLDER,
    PublishedLeaf,
    PublishedLog,
    claimed_size,
    parse_published,
)
from aztrust.core.history.leaf import (
    LedgerRecord,
    claimed_kind,
    claims_confirmation,
    leaf_of,
    open_record,
    plain_leaf,
)
from aztrust.core.history.replay import LedgerReading, read_ledger
from aztrust.core.history.stored_log import Log, StoredEntry, Trust

WITHHELD: Final = "ledger-entry-withheld"
RESIGNED: Final = "record-signed-again"
OTHER_FILE: Final = "ledger-file-unknown"
BEHIND: Final = "ledger-behind"

_CODE: Final = "ledger-inconsistent"
CONFLICT: Final = (
    "git restore --source=FETCH_HEAD --staged --worktree manifests/ledger; then finish the merge;"
    " only the keeper writes these files"
)
"""The mend of a merge conflict: take what was pulled."""

MaySign = Callable[[LedgerRecord], Collection[str]]
"""The fingerprints of the keys that may sign such a record under the policy."""


@frozen
class PublishedLedger:
    """The files of a published ledger as they were found; nothing of them is believed.

    Attributes:
        name: where they are, for messages: the folder, or a kit.
        files: path below the folder to bytes.
        others: further paths there, which no ledger has; they were not read.
        unread: files of the ledger that cannot be read: path below the folder to cause.
        is_kit: whether they are from a kit, which is got again and not pulled.
    """

    name: str
    files: Mapping[str, bytes]
    others: tuple[str, ...] = ()
    unread: Mapping[str, str] = field(default_factory=dict)
    is_kit: bool = False

    @property
    def checkpoint(self) -> bytes:
        """The note of its head, b"" where there is none."""
        return self.files.get(CHECKPOINT, b"")

    @property
    def size(self) -> int:
        """How many entries its head claims; 0 where it cannot be read."""
        return claimed_size(self.checkpoint)

    @property
    def head_name(self) -> str:
        """What its head is called in messages."""
        return f"the head in {self.name}"

    @property
    def mend(self) -> str:
        """How its files are had whole again."""
        if self.is_kit:
            return "get the kit again, also from another source: something in it is being withheld"
        return (
            "git status shows what was changed here; git checkout -- manifests, then git pull; or"
            " get a kit of this launch, also from another source"
        )


def published_files(files: Mapping[str, bytes], name: str) -> PublishedLedger | None:
    """The ledger among the files of a kit, by their paths; None where it has none."""
    prefix = f"{FOLDER}/"
    own = {path.removeprefix(prefix): d for path, d in files.items() if path.startswith(prefix)}
    return PublishedLedger(name, own, is_kit=True) if own else None


def read_published(
    part: PublishedLedger,
    trust: Trust,
    files: Iterable[bytes],
    heads: Mapping[str, bytes],
    may_sign: MaySign = lambda _: (),
    kept: Mapping[str, bytes] | None = None,
) -> LedgerReading:
    """The ledger that was published, replayed from the records and verdicts that are here.

    Args:
        part: the files of the ledger.
        trust: whose ledger it must be.
        files: the records and verdicts that are here, in any order.
        heads: heads from elsewhere, name to note, that it must agree with.
        may_sign: whose signatures the policy takes; by default a second signature is proven only
            by the leaf of a verdict.
        kept: heads that this user keeps. One over more entries is not a contradiction: this copy
            is an earlier one, or was cut back (`ledger-behind`, and the question stays open).
    """
    log = parse_published(part.files)
    held = _Held(files, trust, may_sign)
    places = [_place(leaf, held, index) for index, leaf in enumerate(log.leaves)]
    larger, others = _larger(kept or {}, trust, log.size)
    reading = read_ledger(
        Log(
            size=len(places),
            entries=[place.entry for place in places],
            nodes=_nodes(log.leaves),
            heads={part.head_name: part.checkpoint, **heads, **others},
        ),
        trust,
        name=part.name,
    )
    # The replay cannot read what is not here; the report must show that it is withheld.
    lacking = [place for place in places if not place.entry.envelope]
    unread = {f"entry {place.entry.index}" for place in lacking}
    found = [finding for finding in reading.findings if finding.subject not in unread]
    if any(file.path == CHECKPOINT for file in log.broken):
        found = [finding for finding in found if finding.subject != part.head_name]
    return replace(
        reading,
        findings=(
            *_broken(part, log),
            *(_withheld(part, place) for place in lacking),
            *found,
        ),
        behind=larger[0].message if larger else "",
        notices=(
            *reading.notices,
            *larger,
            *(_signed_again(place) for place in places if place.entry.resigned),
            *_other_files(part, log),
        ),
    )


def file_findings(part: PublishedLedger) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """What is wrong with single files of a published ledger, and what is only to be noticed.

    Nothing is replayed: for a reader of the ledger itself, which has every entry of this copy.
    """
    log = parse_published(part.files)
    return tuple(_broken(part, log)), tuple(_other_files(part, log))


@frozen
class _Place:
    """A leaf's place in the log, and the entry that is there; an empty envelope where none is."""

    leaf: PublishedLeaf
    entry: StoredEntry


def _place(leaf: PublishedLeaf, held: _Held, index: int) -> _Place:
    entry = held.by_hash.get(leaf.hash) or held.signed_again(leaf) or _NOTHING
    return _Place(leaf, replace(entry, index=index))


_NOTHING: Final = StoredEntry(0, "", "", b"")


class _Held:
    """The records and verdicts that are here, by what a leaf may say of them."""

    def __init__(self, files: Iterable[bytes], trust: Trust, may_sign: MaySign) -> None:
        self._trust = trust
        self._may_sign = may_sign
        self.by_hash: dict[bytes, StoredEntry] = {}
        self._leaves: list[tuple[bytes, Envelope]] = []
        # A record in the folder is in the ledger's own file, too, byte for byte.
        for data in dict.fromkeys(files):
            self._add(data)

    def _add(self, data: bytes) -> None:
        opener = self._trust.opener
        try:
            envelope = opener.envelope(data, name="")
        except Malformed:
            return
        key = self._trust.keys.get(f"sha256:{envelope.keyid}")
        # A published ledger is read again and again, and what a file is does not change.
        for leaf, hashed, entry in opener.result(
            lambda: tuple(_as_leaves(envelope, key)), _as_leaves, key, data
        ):
            self.by_hash[hashed] = entry
            # Whose key it is only the replay knows, which has the enrolments in their order.
            if key is not None:
                self._leaves.append((leaf, envelope))

    @cached_property
    def _alike(self) -> dict[bytes, list[Envelope]]:
        """The envelopes by their leaf without a signature: asked for where an entry is missing."""
        found: dict[bytes, list[Envelope]] = {}
        for leaf, envelope in self._leaves:
            found.setdefault(_without_signature(leaf), []).append(envelope)
        return found

    def signed_again(self, leaf: PublishedLeaf) -> StoredEntry | None:
        """The entry of a leaf in another signature by the same key, which must hold."""
        wanted = _without_signature(leaf.leaf or b"")
        for envelope in self._alike.get(wanted, ()) if wanted else ():
            key = self._trust.keys[f"sha256:{envelope.keyid}"]
            try:
                record = open_record(envelope, key, self._trust.opener)
            except Malformed:
                continue
            if _without_signature(record.leaf) != wanted:
                continue
            # The leaf of a verdict names its key, and so only files by that key are alike.
            if record.verdict is not None or set(self._may_sign(record)) == {record.fingerprint}:
                return replace(_stored(envelope), resigned=True)
        return None


def _as_leaves(
    envelope: Envelope, key: VerificationMaterial | None
) -> Iterator[tuple[bytes, bytes, StoredEntry]]:
    """Each leaf that an envelope may be the record of, its hash, and the entry it would be."""
    kinds = {"", claimed_kind(envelope.payload)}
    if key is None:
        leaves = [plain_leaf(envelope)] if claims_confirmation(envelope.payload) else []
    else:
        # Something that quotes a verdict may look like one; only one of the two leaves is listed.
        leaves = [leaf_of(envelope, kind, key) for kind in kinds]
    for leaf in leaves:
        yield leaf, merkle.leaf_hash(leaf), _stored(envelope)


def _stored(envelope: Envelope) -> StoredEntry:
    encoded = encode_envelope(envelope.payload, envelope.keyid, envelope.signature)
    return StoredEntry(0, sha256_id(envelope.payload), f"sha256:{envelope.keyid}", encoded)


def _document(leaf: bytes) -> dict[str, Any]:
    try:
        document = canonical.loads(leaf, what="a leaf", code=_CODE)
    except Malformed:
        return {}
    return document if isinstance(document, dict) else {}


def _without_signature(leaf: bytes) -> bytes:
    """A leaf with no signature in it: equal of two signatures over one record; of a verdict, by one
    key only. b"" of what is not a leaf.
    """
    document = _document(leaf)
    match document:
        case {"record_id": str(), "envelope_sha256": str()}:
            return canonical.dumps({**document, "envelope_sha256": ""})
        case {"spec": {"hashedRekordV002": {"signature": {"content": str(), **signature}, **rest}}}:
            entry = {**rest, "signature": {**signature, "content": ""}}
            return canonical.dumps({**document, "spec": {"hashedRekordV002": entry}})
    return b""


def _nodes(leaves: Sequence[PublishedLeaf]) -> Iterator[bytes]:
    at_peaks: list[bytes] = []
    for size, leaf in enumerate(leaves):
        yield from merkle.add_leaf(size, at_peaks, leaf.hash)


def _larger(
    kept: Mapping[str, bytes], trust: Trust, size: int
) -> tuple[list[Finding], dict[str, bytes]]:
    """What to report of kept heads over more entries, and the other kept heads."""
    findings: list[Finding] = []
    others: dict[str, bytes] = {}
    for name, note in kept.items():
        try:
            over = trust.open_head(note, name=name).head.size
        except Malformed:
            over = 0
        if over > size:
            findings.append(
                Finding(
                    BEHIND,
                    name,
                    f"you keep a head over {over} entries; the ledger here has {size}: this copy is"
                    " an earlier one, or entries are being withheld",
                    mend="git pull; of a kit, get the current one; if that does not help, ask the"
                    " keeper of the ledger",
                )
            )
        else:
            others[name] = note
    return findings, others


def _broken(part: PublishedLedger, log: PublishedLog) -> Iterator[Finding]:
    where = f" (in {part.name})" if part.is_kit else ""
    for path, cause in sorted(part.unread.items()):
        yield _of_file(path, f"cannot be read: {cause}", part.mend)
    for file in log.broken:
        if file.path not in part.unread:
            mend = CONFLICT if file.conflict else part.mend
            yield _of_file(file.path, f"{file.cause}{where}", mend)


def _of_file(path: str, cause: str, mend: str) -> Finding:
    return Finding(_CODE, escape(f"{FOLDER}/{path}"), cause, mend=mend)


def _withheld(part: PublishedLedger, place: _Place) -> Finding:
    index = place.entry.index
    return Finding(
        WITHHELD,
        f"entry {index}",
        f"no file here is entry {index} of the ledger, {_named(place.leaf)}: it may be a"
        f" revocation (in {part.name})",
        mend=part.mend,
    )


def _named(leaf: PublishedLeaf) -> str:
    """What a leaf is of, as far as it says."""
    match _document(leaf.leaf or b""):
        case {"record_id": str(record_id)}:
            return f"the record {escape(record_id)[:80]}"
        case {"spec": {"hashedRekordV002": {"data": {"digest": str(digest)}}}}:
            return f"the verdict with the digest {escape(digest)[:80]}"
    return "of an unknown kind"


def _signed_again(place: _Place) -> Finding:
    entry = place.entry
    return Finding(
        RESIGNED,
        f"entry {entry.index}",
        f"the record {entry.record_id[7:15]} is here with another signature by the same key than"
        " the ledger has; it is the same record",
        mend="nothing; the keeper's next act writes the file of the ledger's own signature",
    )


def _other_files(part: PublishedLedger, log: PublishedLog) -> Iterator[Finding]:
    for path in sorted({*log.extra, *part.others}):
        yield _other_file(part, path)


def _other_file(part: PublishedLedger, path: str) -> Finding:
    where = f"of {part.name} " if part.is_kit else ""
    return Finding(
        OTHER_FILE,
        escape(f"{FOLDER}/{path}"),
        f"the ledger {where}does not have this file; it is not read",
        mend="remove it; the keeper removes earlier tiles with the next act",
    )
