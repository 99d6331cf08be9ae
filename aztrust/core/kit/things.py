"""What a launch's own files say, one by one, so that two copies of a launch can be compared.

By contents and never by file name: the same record under two names is one thing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from aztrust.core.base import canonical
from aztrust.core.base.digest import sha256_id
from aztrust.core.base.errors import Malformed
from aztrust.core.base.paths import escape
from aztrust.core.base.value import frozen
from aztrust.core.formats.dsse import parse_envelope
from aztrust.core.formats.keys import parse_public_key
from aztrust.core.state.evidence import Evidence


@frozen
class Thing:
    """One key, manifest, record or verdict; no signature was checked.

    Attributes:
        kind: `key`, `manifest`, `proof`, or what a record says its kind is; `malformed` where none
            is known.
        id: the fingerprint, package id or record id; of a malformed file the digest of its bytes.
        by: the fingerprint of the key that it names as its signer's, "" where nothing is signed.
    """

    kind: str
    id: str
    by: str = ""


def things(evidence: Evidence, sealed: Iterable[tuple[str, bytes]]) -> tuple[Thing, ...]:
    """Everything except the policy, sorted; the same twice is once."""
    found = {*_keys(evidence), *_records(evidence)}
    found |= {Thing("proof", sha256_id(data)) for data in evidence.observations.values()}
    found |= {Thing("manifest", sha256_id(data)) for _, data in sealed}
    found |= {Thing("manifest", sha256_id(data)) for data in evidence.manifests.values()}
    return tuple(sorted(found, key=lambda thing: (thing.kind, thing.id, thing.by)))


def _keys(evidence: Evidence) -> Iterator[Thing]:
    for name, data in evidence.keys.items():
        try:
            yield Thing("key", parse_public_key(data, name=name).fingerprint)
        except Malformed:
            yield Thing("malformed", sha256_id(data))


def _records(evidence: Evidence) -> Iterator[Thing]:
    for files in (evidence.records, evidence.verdicts):
        for name, data in files.items():
            try:
                envelope = parse_envelope(data, name=name)
                kind = _kind(envelope.payload)
            except Malformed:
                yield Thing("malformed", sha256_id(data))
                continue
            yield Thing(kind, sha256_id(envelope.payload), f"sha256:{envelope.keyid}")


def _kind(payload: bytes) -> str:
    statement = canonical.loads(payload, what="payload", code="record-malformed")
    urn = statement.get("predicateType") if isinstance(statement, dict) else None
    if not isinstance(urn, str):
        return "malformed"
    if urn.startswith("https://slsa.dev/verification_summary/"):
        return "verdict"
    return escape(urn.removeprefix("urn:aztrust:").partition(":")[0])[:60]
