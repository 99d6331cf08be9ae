"""Files inside an archive, hashed as streams: nothing is extracted, nothing is trusted.

The archive's own digest comes from a first pass; this second pass over the same descriptor hashes
the raw bytes again, and the caller refuses the answer unless both agree (law 5). Two entries that
an unpacker would write to one place are ambiguous, whichever of them a host ends up with; so is
whatever could be written through a link, or meets another name where case or form is ignored.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from blake3 import blake3

from aztrust.core.errors import CouldNotCheck
from aztrust.core.package.entries import Fault, MemberDigest
from aztrust.core.paths import collision_key, escape
from aztrust.core.value import frozen

BLOCK = 256 << 10

MAX_PLACES = 1 << 20
"""Names of entries and of the directories above them in one archive: they are held in memory."""


@frozen
class Limits:
    """What a small archive may blow up to, in bytes: one member, and everything together."""

    member: int = 4 << 30
    total: int = 16 << 30

    @classmethod
    def of_member(cls, limit: int) -> Limits:
        """The limits where a policy sets the member's; an archive may hold more than it."""
        return cls(limit, max(limit, 16 << 30))


def unreadable(detail: str) -> CouldNotCheck:
    """The archive cannot answer: corrupt, encrypted, of an unknown kind, or over a limit."""
    return CouldNotCheck(detail, code="artifact-unreadable")


def member_name(name: str) -> str:
    """Where an unpacker puts an entry: no `./`, no doubled or leading `/`, `..` resolved."""
    parts: list[str] = []
    for part in name.split("/"):
        if part == "..":
            parts[-1:] = []
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def _place(normal: str) -> str:
    """One text for all names that some host takes for one, by case, form or a backslash."""
    return collision_key(normal.replace("\\", "/"))


@dataclass(slots=True)
class Wanted:
    """The members asked for, by normal name, and what has been found of each."""

    limits: Limits
    names: frozenset[str]
    found: dict[str, MemberDigest | str] = field(default_factory=dict)
    seen: dict[str, int] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    _places: dict[str, bool] = field(default_factory=dict)
    _parents: set[str] = field(default_factory=set)
    _keys: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self._keys = {_place(name): name for name in self.names}

    def wants(self, name: str, *, link: bool = False) -> str | None:
        """Counts an entry; its normal name if it is asked for, else None."""
        normal = member_name(name)
        self._note_place(normal, link=link)
        if normal not in self.names:
            return None
        self.seen[normal] = self.seen.get(normal, 0) + 1
        return normal

    def hard_link(self, name: str, target: str) -> None:
        """Notes an entry that is one file with its target: writing the one changes the other."""
        place = _place(member_name(target))
        for key, normal in self._keys.items():
            if place in (key, "") or key.startswith(place + "/"):
                self.aliases[normal] = f"the entry '{escape(name)}' is a hard link to it"

    def _note_place(self, normal: str, *, link: bool) -> None:
        place = _place(normal)
        same = self._keys.get(place)
        if same is not None and normal not in self.names:
            self.aliases[same] = (
                f"the entry '{escape(normal)}' is the same name on some file systems"
            )
        known = self._places.get(place)
        through = place if known is not None and (known or link) else ""
        self._places[place] = link or bool(known)
        if link and place in self._parents:
            through = place
        above = place
        while "/" in above:
            above = above.rpartition("/")[0]
            if self._places.get(above):
                through = above
            if above in self._parents and not through:
                break
            self._parents.add(above)
        if through:
            for name in self.names:
                self.aliases.setdefault(
                    name, f"other entries are stored at or below the link '{escape(through)}'"
                )
        if len(self._places) + len(self._parents) > MAX_PLACES:
            raise unreadable(f"it has more than {MAX_PLACES} names")

    def no_file(self, normal: str, kind: str) -> None:
        """Notes that an entry asked for is not a regular file."""
        self.found[normal] = f"it is {kind}, not a regular file"

    def hash(self, normal: str, size: int, blocks: Iterator[bytes]) -> None:
        """Digests of one member from its blocks, which must add up to `size`."""
        if size > self.limits.member:
            raise unreadable(
                f"the member '{escape(normal)}' has {size} bytes, more than the limit of"
                f" {self.limits.member}"
            )
        sha, blake = hashlib.sha256(), blake3()
        have = 0
        for block in blocks:
            sha.update(block)
            blake.update(block)
            have += len(block)
            if have > size:
                break
        if have != size:
            raise unreadable(f"the member '{escape(normal)}' does not have the size it declares")
        self.found[normal] = MemberDigest(
            size, "sha256:" + sha.hexdigest(), "blake3:" + blake.hexdigest()
        )

    def answer(self, archive: str, member: str) -> MemberDigest | Fault:
        """What is to be said about one member after the whole archive has been seen."""
        normal = member_name(member)
        shown, where = escape(member), escape(archive)
        count = self.seen.get(normal, 0)
        if count == 0:
            return Fault("artifact-missing", where, f"no entry '{shown}' in the archive")
        if count > 1:
            return Fault(
                "artifact-ambiguous",
                where,
                f"{count} entries would be unpacked as '{shown}'; which one a host gets depends"
                " on its unpacker",
            )
        if normal in self.aliases:
            return Fault(
                "artifact-ambiguous",
                where,
                f"what is unpacked as '{shown}' depends on the unpacker: {self.aliases[normal]}",
            )
        found = self.found.get(normal, "it could not be read")
        if isinstance(found, str):
            return Fault("artifact-unreadable", where, f"the entry '{shown}': {found}")
        return found


@dataclass(slots=True)
class RawReader:
    """The archive's own bytes from offset 0, hashed as they pass. Reads by position."""

    descriptor: int
    offset: int = 0
    _sha256: hashlib._Hash = field(default_factory=hashlib.sha256)

    def __iter__(self) -> Iterator[bytes]:
        while block := os.pread(self.descriptor, BLOCK, self.offset):
            self._sha256.update(block)
            self.offset += len(block)
            yield block

    def finish(self) -> bytes:
        """SHA-256 over all of it, after reading whatever nobody asked for."""
        for _ in self:
            pass
        return self._sha256.digest()


def hash_members(
    descriptor: int,
    archive: str,
    members: Sequence[str],
    first_pass_sha256: bytes,
    limits: Limits | None = None,
) -> dict[str, MemberDigest | Fault]:
    """Digests of `members` of the tar (plain, gz, bz2, xz) or zip archive open as `descriptor`.

    Args:
        archive: its path in the package, for the faults.
        first_pass_sha256: raw SHA-256 of the archive as its manifest entry has it.

    A member's answer is a Fault with code `artifact-missing`, `artifact-ambiguous` or
    `artifact-unreadable`, or `changed-while-reading` for all if the two passes differ.
    """
    wanted = Wanted(limits or Limits(), frozenset(member_name(m) for m in members))
    raw = RawReader(descriptor)
    broken: CouldNotCheck | None = None
    try:
        _reader_for(os.pread(descriptor, 512, 0))(raw, wanted)
    except CouldNotCheck as error:
        broken = error
    if raw.finish() != first_pass_sha256:
        moved = "its bytes changed between the two passes over it"
        return {m: Fault("changed-while-reading", escape(archive), moved) for m in members}
    if broken is not None:
        # An archive that cannot be read to its end may hold a second entry of the same name.
        return {m: Fault(broken.code, escape(archive), broken.message) for m in members}
    return {m: wanted.answer(archive, m) for m in members}


def _reader_for(head: bytes) -> Callable[[RawReader, Wanted], None]:
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        from aztrust.storage.zipfiles import read_zip

        return read_zip
    from aztrust.storage.tarfiles import DECOMPRESSORS, is_tar, tar_reader

    for magic, decompress in DECOMPRESSORS.items():
        if head.startswith(magic):
            return tar_reader(decompress)
    if is_tar(head):
        return tar_reader(iter)
    raise unreadable("it is neither a zip nor a tar archive (plain, gzip, bzip2 or xz)")
