"""What an archive is made of: a BagIt 1.0 bag (RFC 8493) in one spelling (docs/formats/archive.md).

    bagit.txt  bag-info.txt  manifest-sha256.txt  manifest-sha512.txt
    tagmanifest-sha256.txt  tagmanifest-sha512.txt  aztrust/B3SUMS  aztrust/profile.json
    data/...

The payload and four numbers determine every other byte of the bag. Programs that know BagIt read it
as any bag; this package demands exactly what `tag_files` would have written. BLAKE3 has no manifest
of its own: one reference validator refuses `manifest-blake3.txt`, and the other one passes over it
in silence. `aztrust/B3SUMS` is a list that `b3sum --check` reads, and the tag manifests cover it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Final

from aztrust.core.base.canonical import dumps
from aztrust.core.base.value import frozen

DECLARATION: Final = "bagit.txt"
INFO: Final = "bag-info.txt"
B3SUMS: Final = "aztrust/B3SUMS"
PROFILE: Final = "aztrust/profile.json"
MANIFESTS: Final = ("manifest-sha256.txt", "manifest-sha512.txt")
TAG_MANIFESTS: Final = ("tagmanifest-sha256.txt", "tagmanifest-sha512.txt")
TAG_FILES: Final = (B3SUMS, PROFILE, INFO, DECLARATION, *MANIFESTS, *TAG_MANIFESTS)
"""Every file of a bag outside of its payload."""

PAYLOAD: Final = "data/"
LAUNCH: Final = "data/launch"
"""A launch directory: `storage.launch.open_launch` reads it."""
MISSING: Final = "data/missing.json"
INDEX: Final = "data/index.html"
REPORTS: Final = "data/reports/"
MINUTES: Final = "data/minutes/"
DOCUMENTS: Final = "data/documents/"
EVIDENCE: Final = "data/evidence/"

TAG_FILE_LIMIT: Final = 256 << 20
"""Bytes of one tag file: it is held in memory."""
FILE_COUNT: Final = 500_000
"""Files of one bag: the digests of each are held in memory."""

PROFILE_ID: Final = "urn:aztrust:archive-profile:v1"
_DECLARED: Final = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
_ESCAPES: Final = {"%": "%25", "\n": "%0A", "\r": "%0D"}


@frozen
class BagFile:
    """A file as it was hashed, once with all three: `size` in bytes, the digests raw."""

    size: int
    sha256: bytes
    sha512: bytes
    blake3: bytes

    @classmethod
    def of(cls, data: bytes) -> BagFile:
        """Of bytes in memory."""
        from blake3 import blake3

        return cls(
            len(data),
            hashlib.sha256(data).digest(),
            hashlib.sha512(data).digest(),
            blake3(data).digest(),
        )


@frozen
class BagAbout:
    """What the bag says of itself.

    Attributes:
        chain_id: of the launch.
        policy_digest: the announced one, prefixed.
        scope_hash: prefixed; "" where there is none yet.
        date: `YYYY-MM-DD`, of the newest record under the last head of the ledger.
    """

    chain_id: str
    policy_digest: str
    scope_hash: str
    date: str


def encode_path(path: str) -> str:
    """A path as a manifest has it: `%`, LF and CR percent-encoded, nothing else (RFC 8493 2.1.3).

    >>> encode_path("data/100%.txt")
    'data/100%25.txt'
    """
    for character, code in _ESCAPES.items():
        path = path.replace(character, code)
    return path


def manifest(files: Mapping[str, BagFile], algorithm: str) -> bytes:
    """One line for each file, sorted by path: digest, two spaces, path.

    Args:
        files: path to digests.
        algorithm: `sha256`, `sha512` or `blake3`.
    """
    lines = (
        f"{getattr(files[path], algorithm).hex()}  {encode_path(path)}\n" for path in sorted(files)
    )
    return "".join(lines).encode("utf-8", "surrogateescape")


def oxum(files: Iterable[BagFile]) -> str:
    """`Payload-Oxum`: the bytes of all files together, a dot, and their number."""
    sizes = [file.size for file in files]
    return f"{sum(sizes)}.{len(sizes)}"


def bag_info(about: BagAbout, payload_oxum: str) -> bytes:
    """The bytes of `bag-info.txt`."""
    fields = {
        "BagIt-Profile-Identifier": PROFILE_ID,
        "Bagging-Date": about.date,
        "External-Description": f"archive of the launch of {about.chain_id}",
        "External-Identifier": about.scope_hash or about.policy_digest,
        "Payload-Oxum": payload_oxum,
        "Aztrust-Archive-Version": "1.0",
        "Aztrust-Chain-Id": about.chain_id,
        "Aztrust-Policy-Digest": about.policy_digest,
    }
    return "".join(f"{name}: {value}\n" for name, value in fields.items()).encode()


def parse_info(data: bytes) -> BagAbout | None:
    """What a `bag-info.txt` says.

    A later aztrust may write more lines: each archive is read for ever.

    Returns:
        None where a line is not `NAME: VALUE`, a name is there twice, a name that the profile
        requires is not there, or the archive has another version.
    """
    try:
        lines = data.decode().removesuffix("\n").split("\n")
        found: dict[str, str] = {}
        for line in lines:
            name, value = line.split(": ", 1)
            if name in found:
                return None
            found[name] = value
        digest = found["Aztrust-Policy-Digest"]
        identifier = found["External-Identifier"]
        scope_hash = "" if identifier == digest else identifier
        about = BagAbout(found["Aztrust-Chain-Id"], digest, scope_hash, found["Bagging-Date"])
        known = dict(line.split(": ", 1) for line in bag_info(about, "").decode().splitlines())
        fixed = ("BagIt-Profile-Identifier", "Aztrust-Archive-Version")
        is_known = known.keys() <= found.keys() and all(found[f] == known[f] for f in fixed)
        return about if is_known else None
    except (ValueError, KeyError):
        return None


def tag_files(payload: Mapping[str, BagFile], about: BagAbout) -> dict[str, bytes]:
    """Every file of a bag outside of its payload, in the order in which they depend on each other.

    Args:
        payload: path (it begins with `data/`) to digests.
        about: what the bag says of itself.
    """
    return tag_files_of(payload, bag_info(about, oxum(payload.values())), profile())


def tag_files_of(payload: Mapping[str, BagFile], info: bytes, profile: bytes) -> dict[str, bytes]:
    """The same, around a `bag-info.txt` and a profile as they are."""
    tags = {DECLARATION: _DECLARED, INFO: info, PROFILE: profile}
    tags[MANIFESTS[0]] = manifest(payload, "sha256")
    tags[MANIFESTS[1]] = manifest(payload, "sha512")
    tagged = {path: BagFile.of(data) for path, data in tags.items()}
    tags[B3SUMS] = manifest({**payload, **tagged}, "blake3")
    tagged[B3SUMS] = BagFile.of(tags[B3SUMS])
    tags[TAG_MANIFESTS[0]] = manifest(tagged, "sha256")
    tags[TAG_MANIFESTS[1]] = manifest(tagged, "sha512")
    return tags


def profile() -> bytes:
    """The BagIt profile (bagit-profiles 1.3.0) that every archive follows."""
    required = {"required": True, "repeatable": False}
    return (
        dumps(
            {
                "BagIt-Profile-Info": {
                    "BagIt-Profile-Identifier": PROFILE_ID,
                    "BagIt-Profile-Version": "1.3.0",
                    "External-Description": "The archive of a launch, as aztrust writes it.",
                    "Source-Organization": "aztrust",
                    "Version": "1.0",
                },
                "Bag-Info": {
                    "BagIt-Profile-Identifier": {**required, "values": [PROFILE_ID]},
                    "Bagging-Date": required,
                    "External-Description": required,
                    "External-Identifier": required,
                    "Payload-Oxum": required,
                    "Aztrust-Archive-Version": {**required, "values": ["1.0"]},
                    "Aztrust-Chain-Id": required,
                    "Aztrust-Policy-Digest": required,
                },
                "Manifests-Required": ["sha256", "sha512"],
                "Manifests-Allowed": ["sha256", "sha512"],
                "Tag-Manifests-Required": ["sha256", "sha512"],
                "Tag-Manifests-Allowed": ["sha256", "sha512"],
                "Tag-Files-Required": [B3SUMS, PROFILE],
                "Tag-Files-Allowed": [B3SUMS, PROFILE],
                "Allow-Fetch.txt": False,
                "Serialization": "optional",
                "Accept-Serialization": ["application/x-tar"],
                "Accept-BagIt-Version": ["1.0"],
            }
        )
        + b"\n"
    )
