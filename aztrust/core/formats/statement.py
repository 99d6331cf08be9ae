"""in-toto Statements (v1) that carry aztrust's records.

    {"_type": "https://in-toto.io/Statement/v1",
     "subject": [{"name": "...", "digest": {"sha256": "<hex>", "blake3": "<hex>"}}],
     "predicateType": "urn:aztrust:<kind>:v1",
     "predicate": {"record": {...}, "preimages": {...}}}

This module knows the frame only. Which kinds there are, and which fields a record of a kind has,
is in `aztrust.core.records.records`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from aztrust.core.base import canonical
from aztrust.core.base.canonical import JSONValue
from aztrust.core.base.digest import sha256_id
from aztrust.core.base.errors import Malformed
from aztrust.core.base.value import frozen
from aztrust.core.formats.dsse import VerifiedPayload
from aztrust.core.formats.keys import VerificationMaterial

STATEMENT_TYPE: Final = "https://in-toto.io/Statement/v1"
VERSION: Final = 1
_CODE: Final = "record-malformed"
_URN: Final = re.compile(r"urn:aztrust:([a-z]+(?:-[a-z]+)*):v([1-9][0-9]{0,8})")
_HEX: Final = re.compile(r"[0-9a-f]{64}")


@frozen
class Subject:
    """What a record is about; the digests are prefixed, `blake3` is None where none was given."""

    name: str
    sha256: str
    blake3: str | None = None


@frozen
class Statement:
    """A verified record: who signed it (`key`), about what, and its two mappings.

    `record_id` is `sha256:` of the payload. The mappings are plain JSON objects; treat them as
    read-only.
    """

    record_id: str
    kind: str
    version: int
    subjects: tuple[Subject, ...]
    record: Mapping[str, JSONValue]
    preimages: Mapping[str, JSONValue]
    key: VerificationMaterial


class Contents(NamedTuple):
    """What a payload says: the parts of a statement that no key is needed for."""

    kind: str
    version: int
    subjects: tuple[Subject, ...]
    record: dict[str, JSONValue]
    preimages: dict[str, JSONValue]


def parse_statement(verified: VerifiedPayload) -> Statement:
    """Read the statement out of a payload whose signature was checked.

    Every field `<x>_hash` of the record for which there is a preimage `<x>` must be `sha256:` of
    that preimage's canonical bytes.

    Raises:
        Malformed: `record-unknown` for a predicateType that is not `urn:aztrust:<kind>:v1` (a
            newer version, a foreign predicate); `record-malformed` for everything else.
    """
    return statement_of(verified, read_contents(verified))


def read_contents(verified: VerifiedPayload) -> Contents:
    """What a payload says, by any key: raises as `parse_statement`."""
    name = f"record {verified.record_id.removeprefix('sha256:')[:16]}"
    return _read(verified.payload, name=name)


def statement_of(verified: VerifiedPayload, contents: Contents) -> Statement:
    """The statement of a payload with what `read_contents` found in it."""
    return Statement(verified.record_id, *contents, verified.key)


def build_statement(
    kind: str,
    subjects: Iterable[Subject],
    record: Mapping[str, object],
    preimages: Mapping[str, object],
) -> bytes:
    """Return the payload bytes of a statement, in the order of subjects that was given.

    Raises:
        Malformed: as `parse_statement`: what could not be read back is not built, a `*_hash` that
            does not fit its preimage included.
    """
    payload = canonical.dumps(
        {
            "_type": STATEMENT_TYPE,
            "subject": [_subject_json(subject) for subject in subjects],
            "predicateType": f"urn:aztrust:{kind}:v{VERSION}",
            "predicate": {"record": dict(record), "preimages": dict(preimages)},
        }
    )
    _read(payload, name=f"the new {_shown(kind)} record")
    return payload


def _read(payload: bytes, *, name: str) -> Contents:
    fields = canonical.loads_canonical(payload, what=name, code=_CODE)
    wanted = {"_type", "subject", "predicateType", "predicate"}
    if not isinstance(fields, dict) or fields.keys() != wanted:
        raise _malformed(name, "is not made of _type, subject, predicateType and predicate")
    if fields["_type"] != STATEMENT_TYPE:
        raise _malformed(name, f"has another _type than {STATEMENT_TYPE}")
    kind, version = _split_urn(name, fields["predicateType"])
    predicate = fields["predicate"]
    if not isinstance(predicate, dict) or predicate.keys() != {"record", "preimages"}:
        raise _malformed(name, "has a predicate that is not made of record and preimages")
    record, preimages = predicate["record"], predicate["preimages"]
    if not isinstance(record, dict) or not isinstance(preimages, dict):
        raise _malformed(name, "has a record or preimages that are not objects")
    _check_hashes(name, record, preimages)
    subjects = _parse_subjects(name, fields["subject"])
    return Contents(kind, version, subjects, record, preimages)


def _split_urn(name: str, urn: object) -> tuple[str, int]:
    match = _URN.fullmatch(urn) if isinstance(urn, str) else None
    if match is None or int(match[2]) != VERSION:
        shown = _shown(urn) if isinstance(urn, str) else "no string"
        raise Malformed(
            f"is of a kind or version that this aztrust does not know: {shown}",
            subject=name,
            code="record-unknown",
            mend="use the version of aztrust that wrote it; it may be a revocation",
        )
    return match[1], VERSION


def _parse_subjects(name: str, listed: object) -> tuple[Subject, ...]:
    if not isinstance(listed, list) or not listed:
        raise _malformed(name, "has no subject")
    subjects: list[Subject] = []
    for item in listed:
        if not isinstance(item, dict) or item.keys() != {"name", "digest"}:
            raise _malformed(name, "has a subject that is not made of name and digest")
        label, digest = item["name"], item["digest"]
        if not isinstance(label, str) or not label:
            raise _malformed(name, "has a subject without a name")
        if not isinstance(digest, dict) or digest.keys() not in (
            {"sha256"},
            {"sha256", "blake3"},
        ):
            raise _malformed(name, "has a subject digest that is not sha256, or sha256 and blake3")
        for value in digest.values():
            if not isinstance(value, str) or _HEX.fullmatch(value) is None:
                raise _malformed(name, "has a subject digest that is not 64 lowercase hex digits")
        blake3 = f"blake3:{digest['blake3']}" if "blake3" in digest else None
        subjects.append(Subject(label, f"sha256:{digest['sha256']}", blake3))
    if len({subject.name for subject in subjects}) != len(subjects):
        raise _malformed(name, "names a subject twice")
    return tuple(subjects)


def _subject_json(subject: Subject) -> dict[str, object]:
    digest = {"sha256": subject.sha256.removeprefix("sha256:")}
    if subject.blake3 is not None:
        digest["blake3"] = subject.blake3.removeprefix("blake3:")
    return {"name": subject.name, "digest": digest}


def _check_hashes(name: str, record: Mapping[str, object], preimages: Mapping[str, object]) -> None:
    # Most kinds have none.
    for field, value in record.items() if preimages else ():
        stem = field.removesuffix("_hash")
        if stem == field or stem not in preimages:
            continue
        if value != sha256_id(canonical.dumps(preimages[stem])):
            raise _malformed(name, f"has a {_shown(field)} that is not the digest of its preimage")


def _shown(text: str) -> str:
    """A text from a record as it may be in a message: short, ASCII, without control characters."""
    return text[:80].encode("unicode_escape").decode("ascii")


def _malformed(name: str, reason: str) -> Malformed:
    return Malformed(
        reason,
        subject=name,
        code=_CODE,
        mend="ask its signer for the file again; a record is never edited by hand",
    )
