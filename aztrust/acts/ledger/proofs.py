"""The proof that the ledger has a verdict, in the verdict's Sigstore bundle.

In the launch directory the keeper writes it once, under the first head that covers the verdict: who
has verified a bundle need not do so again. A kit has it under the newest head, which is the kit's
own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from aztrust.acts.ledger.proof import Proof, prove
from aztrust.acts.sign import place_of
from aztrust.core.base.canonical import RECORD_LIMIT
from aztrust.core.base.errors import AztrustError
from aztrust.core.formats import merkle
from aztrust.core.formats.dsse import parse_envelope
from aztrust.core.formats.merkle import Node, inclusion_proof, position
from aztrust.core.formats.tiles import FOLDER, parse_published
from aztrust.core.history.bundle import Bundle, encode_bundle, included, parse_bundle
from aztrust.core.history.leaf import LedgerRecord, claimed_kind, read_record
from aztrust.core.history.replay import LedgerReading
from aztrust.core.state.context import Context
from aztrust.storage.durable import overwrite
from aztrust.storage.folders import read_bounded
from aztrust.storage.ledger.store import LedgerStore

_SUFFIX = ".dsse.json"
_BUNDLE = ".sigstore.json"


def write_proofs(store: LedgerStore, launch: Path, context: Context) -> tuple[str, ...]:
    """Give each verdict of the ledger its bundle with the proof, where it has none yet.

    Args:
        store: the keeper's, at one moment.
        launch: the launch directory.
        context: the launch, whose keys verify every entry.

    Returns:
        The paths that were written, below the launch directory.

    Raises:
        Malformed: an entry or a head cannot be read.
        CouldNotCheck: the file system refused; the same command again completes the work.
    """
    keys, written = context.keyring.keys, []
    for entry in store.entries():
        if not claimed_kind(parse_envelope(entry.envelope, name="").payload):
            continue
        name = f"entry {entry.index}"
        record = read_record(entry.envelope, keys, context.evidence.opener, name=name)
        if record.verdict is None:
            continue
        path = bundle_of(record)
        there = read_bundle(launch / path)
        if there is not None and there.inclusion is not None:
            continue
        proof = first_proof(store, context, entry.index)
        if proof is None:
            continue
        inclusion = included(proof.head, proof.index, proof.hashes)
        data = encode_bundle(entry.envelope, keys[record.fingerprint], inclusion)
        overwrite(launch / path, data, within=launch)
        written.append(path)
    return tuple(written)


def first_proof(store: LedgerStore, context: Context, index: int) -> Proof | None:
    """The verified proof of an entry under the first head that covers it; None where none does.

    Raises:
        Malformed, Refused: the ledger does not prove it.
        CouldNotCheck: it cannot be read.
    """
    note = next((note for size, note in sorted(store.heads()) if size > index), None)
    return None if note is None else prove(store, context, str(index), note)


def newest_bundles(
    reading: LedgerReading, files: Mapping[str, bytes], context: Context
) -> Iterator[tuple[str, bytes]]:
    """File name and bytes of each verdict's bundle, with the proof under the head of a kit.

    Args:
        reading: the launch's ledger, which holds.
        files: the ledger's files of the kit, by path in it.
        context: the launch, whose keys signed the verdicts.
    """
    head = reading.head
    if head is None or not files:
        return
    own = {path.removeprefix(f"{FOLDER}/"): data for path, data in files.items()}
    leaves = [leaf.hash for leaf in parse_published(own).leaves]
    at_peaks: list[bytes] = []
    nodes: list[bytes] = []
    for size, leaf in enumerate(leaves):
        nodes += merkle.add_leaf(size, at_peaks, leaf)

    def read(wanted: Sequence[Node]) -> tuple[bytes, ...]:
        return tuple(nodes[position(node)] for node in wanted)

    for entry in reading.entries:
        record, index = entry.record, entry.index
        # A signature that was made again is not the one that the tree has.
        is_leaf = index < len(leaves) and leaves[index] == merkle.leaf_hash(record.leaf)
        if record.verdict is None or not is_leaf:
            continue
        inclusion = included(head.verified, index, inclusion_proof(index, len(leaves), read))
        key = context.keyring.keys[record.fingerprint]
        name = bundle_of(record).rpartition("/")[2]
        yield name, encode_bundle(record.envelope, key, inclusion)


def bundle_of(record: LedgerRecord) -> str:
    """Where the bundle of a verdict belongs, relative to the launch directory."""
    return f"{place_of(record).removesuffix(_SUFFIX)}{_BUNDLE}"


def read_bundle(path: Path) -> Bundle | None:
    """The bundle that is there; None where there is none, or where the file is not a bundle."""
    try:
        return parse_bundle(read_bounded(path, RECORD_LIMIT), name=path.name)
    except AztrustError:
        return None
