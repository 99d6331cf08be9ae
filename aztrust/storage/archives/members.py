"""The members of an archive that are asked for, and everything that could take their place.

Two entries that an unpacker would write to one place are ambiguous, whichever of them a host ends
up with; so is whatever could be written through a link, meets another name where case or form is
ignored, or has a second name that only some unpackers read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

from blake3 import blake3

from aztrust.core.base.errors import CouldNotCheck
from aztrust.core.base.paths import MAX_PATH_BYTES, collision_key, escape
from aztrust.core.base.value import frozen
from aztrust.core.host.reading import FileDescription
from aztrust.core.package.entries import Fault, MemberDigest
from aztrust.storage.describing import describe_stream

BLOCK = 256 << 10

MAX_ENTRIES = 1 << 18
"""Entries of one archive: each costs its time, also where it repeats a name."""

MAX_NAMES = 64 << 20
"""Bytes for the names of entries and of the directories above them: they are held in memory."""

_OVERHEAD = 100
"""Bytes of memory that one name costs in addition to its text."""

_PLAIN = 100
"""Below this many ASCII characters, no writer of tar archives stores a name in two ways."""


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


def ambiguous(detail: str) -> CouldNotCheck:
    """The archive answers differently to different unpackers, whatever member is asked for."""
    return CouldNotCheck(detail, code="artifact-ambiguous")


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


class Wanted:
    """The members asked for, by normal name, and what has been found of each."""

    __slots__ = (
        "_entries",
        "_held",
        "_keys",
        "_parents",
        "_places",
        "aliases",
        "described",
        "descriptions",
        "found",
        "limits",
        "names",
        "seen",
    )

    def __init__(self, limits: Limits, names: frozenset[str], *, described: bool = False) -> None:
        self.described = described
        self.descriptions: dict[str, FileDescription] = {}
        self.limits = limits
        self.names = names
        self.found: dict[str, MemberDigest | str] = {}
        self.seen: dict[str, int] = {}
        self.aliases: dict[str, str] = {}
        self._places: dict[str, bool] = {}
        self._parents: set[str] = set()
        self._keys = {_place(name): name for name in names}
        self._entries = 0
        self._held = 0

    def wants(self, name: str, *, link: bool = False) -> str | None:
        """Counts an entry; its normal name if it is asked for, else None.

        Raises:
            CouldNotCheck: `artifact-ambiguous` for a name that unpackers change differently,
                `artifact-unreadable` where there are too many.
        """
        self._entries += 1
        if self._entries > MAX_ENTRIES:
            raise unreadable(f"it has more than {MAX_ENTRIES} entries")
        normal = _checked(name)
        self._note_place(normal, link=link)
        if normal not in self.names:
            return None
        self.seen[normal] = self.seen.get(normal, 0) + 1
        return normal

    def also_named(self, name: str, other: str, *, link: bool = False) -> None:
        """Notes that some unpackers take the entry `name` for one called `other`."""
        second = self._second_name(name, other)
        if second is not None:
            # No unpacker creates a link whose name ends in a slash.
            self._note_place(second, link=link and not other.endswith("/"), second=True)

    def once_named(self, name: str, other: str) -> None:
        """Notes the same of unpackers that are of the past: only the members' own names count."""
        self._second_name(name, other)

    def _second_name(self, name: str, other: str) -> str | None:
        normal, second = member_name(name), member_name(other)
        if normal == second:
            return None
        taken = self._keys.get(_place(second))
        if taken is not None:
            self.aliases[taken] = f"the entry '{escape(normal)}' has that name for some of them"
        if normal in self.names and name.isascii() and len(name) < _PLAIN:
            self.aliases[normal] = f"for some of them its name is '{escape(second)}'"
        return second

    def header_named(self, name: str) -> None:
        """Notes a header that an unpacker may write to a file, because it does not know it."""
        taken = self._keys.get(_place(member_name(name)))
        if taken is not None:
            self.aliases[taken] = "a header about another entry is stored under its name"

    def hard_link(self, name: str, target: str) -> None:
        """Notes an entry that is one file with its target: writing the one changes the other."""
        place = _place(_checked(target))
        for key, normal in self._keys.items():
            if place in (key, "") or key.startswith(place + "/"):
                self.aliases[normal] = f"the entry '{escape(name)}' is a hard link to it"

    def _note_place(self, normal: str, *, link: bool, second: bool = False) -> None:
        place = _place(normal)
        same = self._keys.get(place)
        if same is not None and normal not in self.names:
            self.aliases[same] = (
                f"the entry '{escape(normal)}' is the same name on some file systems"
            )
        known = self._places.get(place)
        # Long names that are cut to one are many; who cuts them replaces the one before.
        through = place if known is not None and (known or link) and not second else ""
        if known is None:
            self._hold(place)
        self._places[place] = link or bool(known)
        if link and place in self._parents:
            through = place
        above = place
        while "/" in above:
            above = above.rpartition("/")[0]
            if self._places.get(above):
                through = above
            if above in self._parents:
                if not through:
                    break
            else:
                self._hold(above)
                self._parents.add(above)
        if through:
            for name in self.names:
                self.aliases.setdefault(
                    name, f"other entries are stored at or below the link '{escape(through)}'"
                )

    def _hold(self, place: str) -> None:
        self._held += len(place) + _OVERHEAD
        if self._held > MAX_NAMES:
            raise unreadable("it has too many names, or too long ones")

    def no_file(self, normal: str, kind: str) -> None:
        """Notes that an entry asked for is not a regular file."""
        self.found[normal] = f"it is {kind}, not a regular file"

    def hash(self, normal: str, size: int, blocks: Iterable[bytes | memoryview]) -> None:
        """Digests of one member from its blocks, which must add up to `size`."""
        if size > self.limits.member:
            raise unreadable(
                f"the member '{escape(normal)}' has {size} bytes, more than the limit of"
                f" {self.limits.member}"
            )
        sha, blake = hashlib.sha256(), blake3()
        have = 0

        def hashed() -> Iterator[bytes | memoryview]:
            nonlocal have
            for block in blocks:
                sha.update(block)
                blake.update(block)
                have += len(block)
                yield block
                if have > size:
                    break

        stream = hashed()
        if self.described:
            # The build information is looked for in the blocks as they are hashed.
            self.descriptions[normal] = describe_stream(map(bytes, stream), size)
        for _ in stream:
            pass
        if have != size:
            raise unreadable(f"the member '{escape(normal)}' does not have the size it declares")
        self.found[normal] = MemberDigest(
            size, "sha256:" + sha.hexdigest(), "blake3:" + blake.hexdigest()
        )

    def answer(self, archive: str, member: str) -> MemberDigest | Fault:
        """The digest or fault of one member after the whole archive has been read."""
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


def _checked(name: str) -> str:
    """The normal name, of a name that all unpackers make the same of."""
    if len(name.encode("utf-8", "surrogateescape")) > MAX_PATH_BYTES:
        raise unreadable(f"the name of an entry is longer than {MAX_PATH_BYTES} bytes")
    if ".." in name and ".." in name.split("/"):
        # Dropped, resolved, refused, or cut off with all before it.
        raise ambiguous(f"unpackers do not agree where '{escape(name)}' leads: it has a '..'")
    return member_name(name)
