"""The manifest: the closed, deterministic list of everything in a package (design 4, laws 3, 4, 6).

Two people who seal the same tree get the same bytes: nothing in a manifest says when, where or by
whom it was made. Its id, the package id, is the SHA-256 of its canonical bytes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic_core import ValidationError

from aztrust.core.base import canonical
from aztrust.core.base.digest import Blake3, Sha256, sha256_id
from aztrust.core.base.errors import Malformed
from aztrust.core.base.model import Items, Model, Name, VersionOne, malformed
from aztrust.core.base.paths import escape
from aztrust.core.base.schema import Field
from aztrust.core.package.entries import (
    DirectoryEntry,
    Entry,
    FileEntry,
    content_root,
    content_root_of,
    encode_entries,
    entry_problems,
    read_entries,
)
from aztrust.core.policy.model import NetworkClass, PackageClass

SCHEMA = "aztrust/package-manifest"
VERSION_MAJOR = 1
VERSION_MINOR = 0
MANIFEST_LIMIT = 512 * 1024 * 1024
SEAL_AGAIN = "put the sealed manifest back, or seal the package again"

_NO_ENTRIES = b'"entries":[]'
_AFTER_ENTRIES = b'],"excluded":['


class Artifact(Model):
    """A file hosts install: a file of the package, or with `member` one inside that archive."""

    path: str
    member: str | None = None
    role: Name
    platform: str
    sha256: Sha256
    blake3: Blake3


class GenesisHash(Model):
    """The first genesis file's digests over its raw bytes; other conventions only confirm it."""

    convention: Literal["raw"]
    sha256: Sha256
    blake3: Blake3


class Manifest(Model):
    """A sealed package. `facts` are for the reviewer's eyes; nothing is decided by them."""

    schema_: Annotated[Literal["aztrust/package-manifest"], Field(alias="schema")]
    version_major: VersionOne
    version_minor: Annotated[int, Field(ge=0, le=0)]
    package_class: PackageClass
    # A chain id and a class.
    package_name: Annotated[str, Field(min_length=1, max_length=210)]
    package_version: Annotated[str, Field(min_length=1, max_length=200)]
    network_class: NetworkClass
    chain_id: Annotated[str, Field(min_length=1, max_length=200)]
    entries: Items[Annotated[Entry, Field(discriminator="kind")]]
    content_root: Sha256
    excluded: Items[str] = ()
    artifacts: Items[Artifact] = ()
    genesis_files: Items[str] | None = None
    genesis_hash: GenesisHash | None = None
    genesis_time: str | None = None
    facts: dict[str, Any] | None = None
    release_package_id: Sha256 | None = None

    @property
    def total_bytes(self) -> int:
        """The size of all files together."""
        return sum(e.size for e in self.entries if isinstance(e, FileEntry))

    def file(self, path: str) -> FileEntry | None:
        """The file entry at a path, if there is one."""
        found = (e for e in self.entries if e.path == path and isinstance(e, FileEntry))
        return next(found, None)


def package_id(data: bytes) -> str:
    """The id of a package: SHA-256 over its manifest's canonical bytes."""
    return sha256_id(data)


def encode_manifest(manifest: Manifest) -> bytes:
    """The manifest's canonical bytes (RFC 8785); absent optional fields are left out."""
    header = manifest.model_dump(mode="json", exclude_none=True, exclude={"entries"})
    # Inside a JSON string these quotes would be escaped, and what sorts before `entries` cannot
    # hold a key of that name: the first mark is the entry list.
    before, _, after = canonical.dumps({**header, "entries": []}).partition(_NO_ENTRIES)
    return b"%b%b%b%b" % (before, _NO_ENTRIES[:-2], encode_entries(manifest.entries), after)


def parse_manifest(data: bytes, *, what: str) -> Manifest:
    """The manifest in these bytes, checked by structure, canonical form and sense.

    Raises:
        Malformed: `manifest-malformed`, or `path-unsafe`, `path-collision` and `link-escapes`
            where that is the trouble; the first problem as message, all of them as details.
    """
    if len(data) > MANIFEST_LIMIT:
        raise _bad(f"larger than {MANIFEST_LIMIT} bytes", what)
    manifest = read_canonical(data) or read_any(data, what)
    problems = tuple(_problems(manifest, data))
    if problems:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise Malformed(
            problems[0][1] + more,
            subject=what,
            code=problems[0][0],
            mend=SEAL_AGAIN,
            details=tuple(sentence for _, sentence in problems),
        )
    return manifest


def read_canonical(data: bytes) -> Manifest | None:
    """The usual manifest, in a quarter of the time; None where `read_any` must look at it.

    The header without its entry list must be its own canonical form, and the list consist of
    nothing but canonical entries: together that makes the whole its own canonical form.
    """
    start = data.find(_NO_ENTRIES[:-1]) + len(_NO_ENTRIES) - 1
    end = data.find(_AFTER_ENTRIES, start)
    if end < 0:
        return None
    try:
        manifest = read_any(data[:start] + data[end:], "")
        entries = read_entries(data, start, end)
    except (Malformed, UnicodeDecodeError):
        return None
    return manifest.model_copy(update={"entries": entries}) if entries else None


def read_any(data: bytes, what: str) -> Manifest:
    """Any manifest, read in one pass over the whole document.

    Raises:
        Malformed: it is none, or not in its canonical form.
    """
    code = "manifest-malformed"
    # Duplicate keys, spaces, escapes, a BOM, floats, anything after the end: all of these end here,
    # because a second reading of the same bytes could then differ from ours (law 7).
    canonical.loads_canonical(data, what=what, code=code, limit=MANIFEST_LIMIT)
    try:
        manifest = Manifest.model_validate_json(data)
    except ValidationError as error:
        raise malformed(Manifest, error, what=what, code=code, mend=SEAL_AGAIN) from None
    if encode_manifest(manifest) != data:
        raise _bad("not as aztrust writes it: an optional key is null, or one is left out", what)
    return manifest


def _bad(cause: str, what: str) -> Malformed:
    return Malformed(cause, subject=what, code="manifest-malformed", mend=SEAL_AGAIN)


def _problems(manifest: Manifest, data: bytes) -> Iterable[tuple[str, str]]:
    entries = manifest.entries
    if not any(isinstance(e, FileEntry) for e in entries):
        yield "manifest-malformed", "it lists no file"
    yield from entry_problems(entries)
    start = data.index(_NO_ENTRIES[:-1]) + len(_NO_ENTRIES) - 2
    end = data.index(_AFTER_ENTRIES, start) + 1
    if content_root_of(memoryview(data)[start:end]) != manifest.content_root:
        yield "manifest-malformed", "content_root is not the root of its entries"
    named = {a.path for a in manifest.artifacts} | set(manifest.genesis_files or ())
    files = {e.path: e for e in entries if e.path in named and isinstance(e, FileEntry)}
    for artifact in manifest.artifacts:
        entry = files.get(artifact.path)
        if entry is None:
            yield "manifest-malformed", f"the artifact {escape(artifact.path)} is not in it"
        elif artifact.member is None and (
            (artifact.sha256, artifact.blake3) != (entry.sha256, entry.blake3)
        ):
            yield (
                "manifest-malformed",
                f"the artifact {escape(artifact.path)} has other digests than its entry",
            )
    yield from _genesis_problems(manifest, files)


def _genesis_problems(manifest: Manifest, files: dict[str, FileEntry]) -> Iterable[tuple[str, str]]:
    if manifest.package_class == "release":
        fields = ("genesis_files", "genesis_hash", "genesis_time", "facts", "release_package_id")
        for field in fields:
            if getattr(manifest, field) is not None:
                yield "manifest-malformed", f"{field} has no place in a release manifest"
        return
    if manifest.artifacts:
        yield "manifest-malformed", "artifacts have no place in a genesis manifest"
    if not manifest.genesis_files or not manifest.genesis_hash or not manifest.release_package_id:
        yield (
            "manifest-malformed",
            "a genesis manifest needs genesis_files, genesis_hash and release_package_id",
        )
        return
    for path in manifest.genesis_files:
        if path not in files:
            yield "manifest-malformed", f"the genesis file {escape(path)} is not in it"
    first = files.get(manifest.genesis_files[0])
    stated = (manifest.genesis_hash.sha256, manifest.genesis_hash.blake3)
    if first and stated != (first.sha256, first.blake3):
        yield "manifest-malformed", "genesis_hash has other digests than the genesis file's entry"


__all__ = [
    "Artifact",
    "DirectoryEntry",
    "GenesisHash",
    "Manifest",
    "content_root",
    "encode_entries",
    "encode_manifest",
    "entry_problems",
    "package_id",
    "parse_manifest",
]
