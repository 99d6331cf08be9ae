"""References of the policy's `[[linkage]]` rules and `chain_id_at` (design 4).

    release:PATH#/json/pointer    a scalar in a JSON, TOML or YAML file of a package
    genesis:PATH@sha256           the digest of a file, also @blake3
    launch:chain_id               the policy's own network_class, chain_id or name
    'literal text'                exactly what is between the outer quotes

A JSON Pointer is RFC 6901 unchanged, not percent-encoded: `~0` is `~`, `~1` is `/`. What a
reference resolves to is read from bytes that were hashed in this run, never from a path.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, NoReturn, TypeAlias

from aztrust.core.base.digest import both
from aztrust.core.base.errors import Malformed
from aztrust.core.base.paths import path_flaw
from aztrust.core.base.text import cut
from aztrust.core.base.value import field, frozen
from aztrust.core.linkage.documents import Document, parse_document
from aztrust.core.linkage.jsondoc import refuse_lookalike_keys
from aztrust.core.linkage.jsonpointer import parse_pointer, point
from aztrust.core.linkage.scalars import Scalar

PackageClass: TypeAlias = Literal["release", "genesis"]
FileKey: TypeAlias = tuple[str, str]

LAUNCH_FIELDS: Final = ("chain_id", "network_class", "name")
ALGORITHMS: Final = ("sha256", "blake3")
_GRAMMAR = (
    "Write release:PATH#/pointer, genesis:PATH#/pointer, genesis:PATH@sha256, "
    "launch:chain_id, or 'text'."
)


@frozen
class Reference:
    """One side of a linkage rule, parsed. `text` is as written in the policy.

    `kind` decides which fields count: pointer (package_class, path, pointer), digest
    (package_class, path, name = sha256|blake3), launch (name), literal (name = the text).
    """

    text: str
    kind: Literal["pointer", "digest", "launch", "literal"]
    package_class: str = ""
    path: str = ""
    pointer: tuple[str, ...] = ()
    name: str = ""

    def needs(self) -> FileKey | None:
        """The file whose bytes must be captured to resolve this, if any."""
        return (self.package_class, self.path) if self.kind == "pointer" else None


@frozen
class Sources:
    """What references are resolved against, everything from this run.

    Args:
        documents: captured bytes by (package class, path).
        launch: the policy's chain_id, network_class and name.
        digests: (SHA-256, BLAKE3) of files by (package class, path), prefixed; a file that is
            only in `documents` is hashed here.
    """

    documents: Mapping[FileKey, bytes]
    launch: Mapping[str, str] = field(default_factory=dict)
    digests: Mapping[FileKey, tuple[str, str]] = field(default_factory=dict)
    _parsed: dict[FileKey, Document] = field(default_factory=dict)

    def document(self, key: FileKey) -> Document:
        """The parsed file, parsed once however many rules point into it.

        Raises:
            Malformed: `linkage-broken`, the file is missing, or a release file is not what its
                name says; `genesis-malformed` for a genesis file.
        """
        if key not in self._parsed:
            if key not in self.documents:
                _missing(key)
            self._parsed[key] = _read(key, self.documents[key])
        return self._parsed[key]


def parse_reference(text: str) -> Reference:
    """Parse one side of a linkage rule.

    Raises:
        Malformed: `policy-malformed`, naming the text and what is wrong with it.
    """
    if text.startswith("'"):
        if len(text) < 2 or not text.endswith("'"):
            _refuse(text, "has no closing quote")
        return Reference(text, "literal", name=text[1:-1])
    scheme, colon, rest = text.partition(":")
    if not colon or scheme not in ("release", "genesis", "launch"):
        _refuse(text, "begins with none of release:, genesis:, launch:, '")
    if scheme == "launch":
        if rest not in LAUNCH_FIELDS:
            _refuse(text, f"names no field of the launch ({', '.join(LAUNCH_FIELDS)})")
        return Reference(text, "launch", name=rest)
    path, hash_sign, pointer = rest.partition("#")
    if hash_sign:
        _check_path(text, path)
        return Reference(text, "pointer", scheme, path, parse_pointer("#" + pointer))
    path, at, algorithm = rest.rpartition("@")
    if not at or algorithm not in ALGORITHMS:
        _refuse(text, "ends neither in #/pointer nor in @sha256 or @blake3")
    _check_path(text, path)
    return Reference(text, "digest", scheme, path, name=algorithm)


def resolve(reference: Reference, sources: Sources) -> Scalar:
    """The scalar that a reference leads to.

    Raises:
        Malformed: `linkage-broken`, naming file, pointer and what is there instead.
    """
    if reference.kind == "literal":
        return Scalar("string", reference.name)
    if reference.kind == "launch":
        if reference.name not in sources.launch:
            raise Malformed(
                f"the launch has no {reference.name}",
                subject=cut(reference.text),
                mend="Set it in manifests/launch.toml.",
                code="linkage-broken",
            )
        return Scalar("string", sources.launch[reference.name])
    key = (reference.package_class, reference.path)
    if reference.kind == "pointer":
        return point(sources.document(key), reference.pointer, what=_subject(key))
    if key in sources.digests:
        digests = sources.digests[key]
    elif key in sources.documents:
        hashed = both(sources.documents[key])
        digests = (hashed.sha256, hashed.blake3)
    else:
        _missing(key)
    return Scalar("digest", digests[ALGORITHMS.index(reference.name)])


def _read(key: FileKey, data: bytes) -> Document:
    if key[0] != "genesis":
        return parse_document(data, path=key[1], what=_subject(key), code="linkage-broken")
    document = parse_document(
        data, path=key[1], what=_subject(key), code="genesis-malformed", otherwise="JSON"
    )
    refuse_lookalike_keys(document, what=_subject(key))
    return document


def _missing(key: FileKey) -> NoReturn:
    raise Malformed(
        "the file is not in the package, or over 512 MiB and not looked into",
        subject=_subject(key),
        mend="Put the file into the package, or correct the path in manifests/launch.toml.",
        code="linkage-broken",
    )


def _subject(key: FileKey) -> str:
    return f"{key[0]}:{cut(key[1], 400)}"


def _check_path(text: str, path: str) -> None:
    flaw = path_flaw(path)
    if flaw:
        _refuse(text, f"has a path that {flaw}")


def _refuse(text: str, cause: str) -> NoReturn:
    raise Malformed(
        f'the reference "{cut(text)}" {cause}',
        subject="manifests/launch.toml",
        mend=_GRAMMAR,
        code="policy-malformed",
    )
