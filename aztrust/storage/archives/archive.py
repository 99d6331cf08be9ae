"""Files inside an archive, hashed as streams: nothing is extracted, nothing is trusted.

The archive's own digest comes from a first pass; this second pass over the same descriptor hashes
the raw bytes again, and the caller refuses the answer unless both agree (law 5). What the archive
is must be certain, too: its name, its first bytes and its last ones may not suggest two formats.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from aztrust.core.base.errors import CouldNotCheck
from aztrust.core.base.paths import escape
from aztrust.core.host.reading import FileDescription
from aztrust.core.package.entries import Fault, MemberDigest
from aztrust.storage.archives.bytestream import RawReader
from aztrust.storage.archives.members import Limits, Wanted, ambiguous, member_name, unreadable

__all__ = ["Limits", "hash_members", "member_name"]

_MAGIC = {
    b"PK\x03\x04": "zip",
    b"PK\x05\x06": "zip",
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\0": "xz",
}

_SUFFIXES = {
    ".tar": "tar",
    ".gz": "gzip",
    ".tgz": "gzip",
    ".taz": "gzip",
    ".bz2": "bzip2",
    ".tbz": "bzip2",
    ".tbz2": "bzip2",
    ".tb2": "bzip2",
    ".xz": "xz",
    ".txz": "xz",
    ".zip": "zip",
    ".jar": "zip",
}
"""By what people and scripts choose the tool that unpacks."""


def hash_members(
    descriptor: int,
    archive: str,
    members: Sequence[str],
    first_pass_sha256: bytes,
    limits: Limits | None = None,
    descriptions: dict[str, FileDescription] | None = None,
) -> dict[str, MemberDigest | Fault]:
    """Digests of `members` of the tar (plain, gz, bz2, xz) or zip archive open as `descriptor`.

    Args:
        archive: its path in the package, for the faults.
        first_pass_sha256: raw SHA-256 of the archive as its manifest entry has it.

        descriptions: where to put what the members' bytes say about them, by member; only of
            members that have digests.

    A member's answer is a Fault with code `artifact-missing`, `artifact-ambiguous` or
    `artifact-unreadable`, or `changed-while-reading` for all if the two passes differ.
    """
    names = frozenset(member_name(m) for m in members)
    wanted = Wanted(limits or Limits(), names, described=descriptions is not None)
    raw = RawReader(descriptor)
    broken: CouldNotCheck | None = None
    try:
        _read(raw, wanted, archive)
    except CouldNotCheck as error:
        broken = error
    if raw.finish() != first_pass_sha256:
        moved = "its bytes changed between the two passes over it"
        return {m: Fault("changed-while-reading", escape(archive), moved) for m in members}
    if broken is not None:
        # An archive that cannot be read to its end may hold a second entry of the same name.
        return {m: Fault(broken.code, escape(archive), broken.message) for m in members}
    answers = {m: wanted.answer(archive, m) for m in members}
    if descriptions is not None:
        found = ((m, wanted.descriptions.get(member_name(m))) for m in members)
        answered = {m for m, answer in answers.items() if isinstance(answer, MemberDigest)}
        descriptions.update({m: d for m, d in found if d is not None and m in answered})
    return answers


def _read(raw: RawReader, wanted: Wanted, archive: str) -> None:
    head = os.pread(raw.descriptor, 512, 0)
    form = _format(head)
    _, dot, suffix = archive.lower().rpartition(".")
    named = _SUFFIXES.get(dot + suffix)
    if named not in (None, form):
        raise ambiguous(f"it is a {form} file, and its name says {named}")
    if form == "zip":
        from aztrust.storage.archives.tarheader import resembles_header
        from aztrust.storage.archives.zipfiles import read_zip

        if resembles_header(head):
            raise ambiguous("it is a tar archive to some unpackers and a zip to others")
        read_zip(raw, wanted)
        return
    from aztrust.storage.archives.compression import DECOMPRESSORS
    from aztrust.storage.archives.tarfiles import read_tar

    read_tar(raw, wanted, DECOMPRESSORS[form])
    raw.finish()
    from aztrust.storage.archives.zipdirectory import claims_directory

    if claims_directory(raw.tail, raw.offset):
        raise ambiguous("it is a tar archive to some unpackers and a zip to others")


def _format(head: bytes) -> str:
    from aztrust.storage.archives.tarfiles import is_tar

    for magic, form in _MAGIC.items():
        if head.startswith(magic):
            return form
    if is_tar(head):
        return "tar"
    raise unreadable("it is neither a zip nor a tar archive (plain, gzip, bzip2 or xz)")
