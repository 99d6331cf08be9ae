"""The kit: one small file with all of a launch but its packages (docs/formats/kit.md).

A tar archive that any `tar -xf` unpacks, with an index as its first member. The index determines
every other byte, so a reader needs no archive parser: it reads the index and then demands exactly
what `encode_kit` would have written. Links, duplicates, paths that lead out, members that the index
does not list, sparse files and compression cannot be in it. `aztrust.core.kit.faults` only writes
the message of a refusal.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Final, Literal

from aztrust.core.base import canonical
from aztrust.core.base.canonical import MIB, RECORD_LIMIT
from aztrust.core.base.digest import Sha256, sha256_id
from aztrust.core.base.errors import Malformed
from aztrust.core.base.model import Items, Model, VersionOne, validate
from aztrust.core.base.schema import Field
from aztrust.core.base.value import frozen
from aztrust.core.checklist.path import CHECKLIST_LIMIT, CHECKLIST_PATH
from aztrust.core.formats.checkpoint_note import NOTE_LIMIT
from aztrust.core.formats.tiles import CHECKPOINT, FOLDER, parse_path
from aztrust.core.history.published import published_files
from aztrust.core.kit.faults import (
    CODE,
    DOWNLOAD,
    bad_index,
    bad_path,
    not_a_kit,
    truncated,
    unexpected_end,
    unexpected_member,
)
from aztrust.core.kit.ustar import BLOCK, END, MAX_PATH, header, padding, stored
from aztrust.core.package.manifest import MANIFEST_LIMIT
from aztrust.core.policy.chain_table import PROOF_ENDING, PROOF_LIMIT
from aztrust.core.policy.model import PACKAGE_CLASSES, POLICY_LIMIT, POLICY_PATH, PackageClass
from aztrust.core.state.evidence import Evidence

SCHEMA: Final = "aztrust/kit"
INDEX: Final = "index.json"
SCRIPT: Final = "check.sh"
KIT_LIMIT: Final = 1024 * MIB
INDEX_LIMIT: Final = 8 * MIB
MEMBER_COUNT: Final = 20_000
KEY_LIMIT: Final = 64 * 1024
SCRIPT_LIMIT: Final = 256 * 1024
VERDICT_SUFFIX: Final = ".dsse.json"
EARLIER_HEAD: Final = "ledger/head.note"
EARLIER_ORDER: Final = "ledger/order.json"
"""How earlier kits had the ledger (`aztrust.core.kit.earlier`); no writer writes them now."""
ORDER_LIMIT: Final = 8 * MIB
OBSERVATIONS: Final = "manifests/observations/"
HEAD: Final = f"{FOLDER}/{CHECKPOINT}"

_NAME = r"[A-Za-z0-9][A-Za-z0-9._@+-]*"
_POLICIES: Final = re.compile(r"manifests/policies/([0-9a-f]{64})\.toml")
_SEALED: Final = re.compile(r"manifests/sealed/([0-9a-f]{64})\.json")
# Every place a member may have, and the most bytes it may have there. The first that fits counts.
_PLACES: Final = (
    (re.compile(re.escape(SCRIPT)), SCRIPT_LIMIT),
    (re.compile(re.escape(POLICY_PATH)), POLICY_LIMIT),
    (re.compile(re.escape(CHECKLIST_PATH)), CHECKLIST_LIMIT),
    (re.compile(r"manifests/(release|genesis)\.json"), MANIFEST_LIMIT),
    (_SEALED, MANIFEST_LIMIT),
    (_POLICIES, POLICY_LIMIT),
    (re.compile(re.escape(HEAD)), NOTE_LIMIT),
    (re.compile(re.escape(EARLIER_HEAD)), NOTE_LIMIT),
    (re.compile(re.escape(EARLIER_ORDER)), ORDER_LIMIT),
    (re.compile(rf"{OBSERVATIONS}{_NAME}{re.escape(PROOF_ENDING)}"), PROOF_LIMIT),
    (re.compile(rf"manifests/(records|verdicts)/{_NAME}"), RECORD_LIMIT),
    (re.compile(rf"keys/{_NAME}\.pem"), KEY_LIMIT),
)


@frozen
class Kit:
    """The contents of a kit: path to bytes, for every member but the index. Nothing is believed."""

    files: Mapping[str, bytes]


class IndexedFile(Model):
    """One member of a kit."""

    path: Annotated[str, Field(min_length=1, max_length=MAX_PATH)]
    size: Annotated[int, Field(ge=0, le=MANIFEST_LIMIT)]
    sha256: Sha256


class KitIndex(Model):
    """The first member of a kit: what the others are."""

    schema_: Annotated[Literal["aztrust/kit"], Field(alias="schema")]
    version_major: VersionOne
    version_minor: Annotated[int, Field(ge=0, le=0)]
    files: Items[IndexedFile]


def member_limit(path: str) -> int | None:
    """The most bytes a member of this path may have; None where no kit has such a member."""
    if len(path) > MAX_PATH:
        return None
    tile = parse_path(path.removeprefix(f"{FOLDER}/")) if path.startswith(f"{FOLDER}/") else None
    if tile is not None:
        return tile.limit
    return next((limit for place, limit in _PLACES if place.fullmatch(path)), None)


def encode_kit(files: Mapping[str, bytes]) -> bytes:
    """The one kit with these files.

    Args:
        files: path to bytes, without the index.

    Raises:
        Malformed: `kit-malformed`: no reader would accept it.
    """
    listed = tuple(
        IndexedFile.model_construct(path=path, size=len(files[path]), sha256=sha256_id(files[path]))
        for path in sorted(files)
    )
    _check_index(listed, "the kit")
    index = canonical.dumps(
        {
            "schema": SCHEMA,
            "version_major": 1,
            "version_minor": 0,
            "files": [file.model_dump() for file in listed],
        }
    )
    if len(index) > INDEX_LIMIT or _total(listed, len(index)) > KIT_LIMIT:
        raise bad_index(f"is larger than {KIT_LIMIT:,} bytes", "the kit")
    parts = [header(INDEX, len(index)), index, padding(len(index))]
    for path in sorted(files):
        parts += [_header(path, len(files[path])), files[path], padding(len(files[path]))]
    return b"".join((*parts, END))


def parse_kit(data: bytes, *, what: str) -> Kit:
    """Read a kit: every byte is what `encode_kit` writes for the files returned.

    Args:
        data: the whole file.
        what: what to call it in messages.

    Raises:
        Malformed: `kit-malformed`, with what these bytes are instead.
    """
    if len(data) > KIT_LIMIT:
        raise bad_index(f"is larger than {KIT_LIMIT:,} bytes", what)
    index = _index_bytes(data, what)
    listed = _read_index(index, what)
    end = _total(listed, len(index))
    if len(data) < end:
        raise truncated(len(data), end, what)
    files: dict[str, bytes] = {}
    at = BLOCK + len(index)
    if data[at : stored(len(index))] != padding(len(index)):
        raise unexpected_end(data, at, files, what)
    at = stored(len(index))
    paths = {file.path for file in listed}
    for file in listed:
        if data[at : at + BLOCK] != _header(file.path, file.size):
            raise unexpected_member(data, at, file.path, paths, files, what)
        start, stop = at + BLOCK, at + BLOCK + file.size
        contents = data[start:stop]
        if sha256_id(contents) != file.sha256:
            raise Malformed(
                f"is damaged: {file.path} is not what its index lists",
                subject=what,
                code=CODE,
                mend=DOWNLOAD,
                details=(f"listed {file.sha256}", f"here   {sha256_id(contents)}"),
            )
        files[file.path] = contents
        at += stored(file.size)
        if data[stop:at] != padding(file.size):
            raise unexpected_end(data, stop, files, what)
    if data[at:] != END:
        raise unexpected_end(data, at, files, what)
    return Kit(files)


def looks_like_kit(start: bytes) -> bool:
    """Whether a file that begins with these bytes (16 or more) means to be a kit."""
    return start.startswith(INDEX.encode() + b"\0")


def kit_evidence(kit: Kit, name: str = "the kit") -> Evidence:
    """What a verification looks at, as if the launch directory had been read; no package.

    Args:
        kit: the files.
        name: what to call the kit in messages.
    """
    files = kit.files
    published = published_files(files, name)
    return Evidence(
        policy=files[POLICY_PATH],
        keys=dict(_below(files, "keys/")),
        manifests=dict(_current(files)),
        records=dict(_below(files, "manifests/records/")),
        verdicts={
            name: data
            for name, data in _below(files, "manifests/verdicts/")
            if name.endswith(VERDICT_SUFFIX)
        },
        policies=dict(_below(files, "manifests/policies/")),
        observations=dict(_below(files, OBSERVATIONS)),
        checklist=files.get(CHECKLIST_PATH),
        published=() if published is None else (published,),
    )


def kit_sealed(kit: Kit) -> Iterator[tuple[str, bytes]]:
    """Every manifest ever sealed, the current ones too, as (64 hex of its id, bytes), sorted."""
    found = {name.removesuffix(".json"): d for name, d in _below(kit.files, "manifests/sealed/")}
    found |= {sha256_id(data)[7:]: data for _, data in _current(kit.files)}
    yield from sorted(found.items())


def _current(files: Mapping[str, bytes]) -> Iterator[tuple[PackageClass, bytes]]:
    for package_class in PACKAGE_CLASSES:
        data = files.get(f"manifests/{package_class}.json")
        if data is not None:
            yield package_class, data


def _below(files: Mapping[str, bytes], folder: str) -> Iterator[tuple[str, bytes]]:
    for path, data in files.items():
        if path.startswith(folder):
            yield path.removeprefix(folder), data


def _header(path: str, size: int) -> bytes:
    return header(path, size, executable=path == SCRIPT)


def _total(listed: Iterable[IndexedFile], index_size: int) -> int:
    return stored(index_size) + sum(stored(file.size) for file in listed) + len(END)


def _index_bytes(data: bytes, what: str) -> bytes:
    """The contents of the first member, which must be the index."""
    if len(data) < BLOCK and looks_like_kit(data[:BLOCK]):
        raise truncated(len(data), None, what)
    digits = data[124:135]
    size = int(digits, 8) if re.fullmatch(rb"[0-7]{11}", digits) else -1
    if size < 0 or data[:BLOCK] != header(INDEX, size):
        raise not_a_kit(data, what)
    if size > INDEX_LIMIT:
        raise bad_index(f"has an index of {size:,} bytes; the limit is {INDEX_LIMIT:,}", what)
    if len(data) < stored(size):
        raise truncated(len(data), None, what)
    return data[BLOCK : BLOCK + size]


def _read_index(index: bytes, what: str) -> tuple[IndexedFile, ...]:
    name = f"{INDEX} of {what}"
    try:
        document = canonical.loads_canonical(index, what=name, code=CODE, limit=INDEX_LIMIT)
    except Malformed as error:
        raise Malformed(error.message, subject=name, code=CODE, mend=DOWNLOAD) from None
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise bad_index(f"is not a kit: its index is not of schema {SCHEMA}", what)
    version = (document.get("version_major"), document.get("version_minor"))
    if version != (1, 0) and all(type(number) is int for number in version):
        raise Malformed(
            f"is a kit of version {version[0]}.{version[1]}; this aztrust reads 1.0",
            subject=what,
            code=CODE,
            mend="use a newer aztrust",
        )
    listed = validate(KitIndex, document, what=name, code=CODE, mend=DOWNLOAD).files
    _check_index(listed, what)
    return listed


def _check_index(listed: tuple[IndexedFile, ...], what: str) -> None:
    """What an index may list: allowed places in one order, each once, each within its limit."""
    if len(listed) > MEMBER_COUNT:
        raise bad_index(f"has {len(listed):,} members; the limit is {MEMBER_COUNT:,}", what)
    before, folded = "", set[str]()
    for file in listed:
        limit = member_limit(file.path)
        if limit is None:
            raise bad_path(file.path, what)
        if file.path == before:
            raise bad_index(f"lists {file.path} twice", what)
        if file.path < before:
            raise bad_index(f"lists {file.path} out of order", what)
        if file.path.casefold() in folded:
            raise bad_index(f"lists {file.path} in two spellings, one where case is ignored", what)
        if file.size > limit:
            raise bad_index(
                f"lists {file.path} with {file.size:,} bytes; the limit there is {limit:,}", what
            )
        before = file.path
        folded.add(file.path.casefold())
    _check_manifests({file.path: file.sha256[7:] for file in listed}, what)


def _check_manifests(digests: Mapping[str, str], what: str) -> None:
    """The policy is there, each manifest once, superseded ones and policies that were frozen under
    their own digest, and of the ledger no file without its head.
    """
    if POLICY_PATH not in digests:
        raise bad_index(f"lists no {POLICY_PATH}", what)
    current = {digests.get(f"manifests/{package_class}.json") for package_class in PACKAGE_CLASSES}
    if (EARLIER_HEAD in digests) != (EARLIER_ORDER in digests):
        raise bad_index(f"lists one of {EARLIER_HEAD} and {EARLIER_ORDER} without the other", what)
    if HEAD not in digests and any(path.startswith(f"{FOLDER}/") for path in digests):
        raise bad_index(f"lists tiles of a ledger without {HEAD}", what)
    for path, digest in digests.items():
        kept = _POLICIES.fullmatch(path)
        if kept is not None and kept[1] != digest:
            raise bad_index(f"lists {path}, whose name is not its digest", what)
        sealed = _SEALED.fullmatch(path)
        if sealed is None:
            continue
        if sealed[1] != digest:
            raise bad_index(f"lists {path}, whose name is not its digest", what)
        if digest in current:
            raise bad_index(f"lists {path}, a current manifest, a second time", what)
