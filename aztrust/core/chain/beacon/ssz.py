"""SSZ, as far as a beacon state needs it: bytes and JSON to values, and values to roots.

Each kind of value reads the serialized form strictly (offsets without gaps, no byte left over) and
the JSON of the beacon API, and computes `hash_tree_root`. Values are whole numbers, bytes, lists,
and mappings by the name of the field.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Any, Final, Protocol

from aztrust.core.chain import typed
from aztrust.core.linkage.jsondoc import JsonValue

CHUNK: Final = 32
OFFSET: Final = 4
MAX_ITEMS: Final = 2**20
"""The longest list that is read."""
_ZEROS: Final = [bytes(CHUNK)]
while len(_ZEROS) <= 64:
    _ZEROS.append(sha256(_ZEROS[-1] * 2).digest())

Value = Any
"""A whole number, bytes, a list of values, or a mapping of them."""


class Kind(Protocol):
    """One kind of value.

    Attributes:
        size: of its serialized form in bytes, None where it varies.
    """

    size: int | None

    def read(self, data: bytes, what: str) -> Value:
        """The value of a serialized form.

        Raises:
            Malformed: it is not one.
        """
        ...

    def from_json(self, value: JsonValue, what: str) -> Value:
        """The value in an answer of the beacon API.

        Raises:
            Malformed: it is not one.
        """
        ...

    def root(self, value: Value) -> bytes:
        """`hash_tree_root`."""
        ...


class Uint:
    """An unsigned whole number, little endian."""

    def __init__(self, size: int) -> None:
        self.size: int | None = size
        self.width = size

    def read(self, data: bytes, what: str) -> int:
        """See `Kind.read`."""
        return int.from_bytes(_exactly(data, self.width, what), "little")

    def from_json(self, value: JsonValue, what: str) -> int:
        """See `Kind.from_json`."""
        return typed.whole(value, what, most=256**self.width - 1)

    def pack(self, value: int) -> bytes:
        """Its bytes, which share a chunk with those of its neighbours in a list."""
        return value.to_bytes(self.width, "little")

    def root(self, value: int) -> bytes:
        """See `Kind.root`."""
        return self.pack(value).ljust(CHUNK, b"\0")


class Flag:
    """True or false, in one byte."""

    size: int | None = 1

    def read(self, data: bytes, what: str) -> bool:
        """See `Kind.read`."""
        if data not in (b"\0", b"\1"):
            typed.refuse(what, "is neither 0 nor 1")
        return data == b"\1"

    def from_json(self, value: JsonValue, what: str) -> bool:
        """See `Kind.from_json`."""
        if not isinstance(value, bool):
            typed.refuse(what, "is not true or false")
        return value

    def root(self, value: bool) -> bytes:
        """See `Kind.root`."""
        return bytes([value]).ljust(CHUNK, b"\0")


class Bytes:
    """As many bytes as its size."""

    def __init__(self, size: int) -> None:
        self.size: int | None = size
        self.width = size

    def read(self, data: bytes, what: str) -> bytes:
        """See `Kind.read`."""
        return _exactly(data, self.width, what)

    def from_json(self, value: JsonValue, what: str) -> bytes:
        """See `Kind.from_json`."""
        return typed.prefixed(value, what, self.width)

    def root(self, value: bytes) -> bytes:
        """See `Kind.root`."""
        return merkle_root(_chunks(value), -(-self.width // CHUNK))


class Bits:
    """A vector of at most eight bits."""

    size: int | None = 1

    def __init__(self, length: int) -> None:
        self.length = length

    def read(self, data: bytes, what: str) -> bytes:
        """See `Kind.read`."""
        found = _exactly(data, 1, what)
        if found[0] >> self.length:
            typed.refuse(what, f"has bits after the first {self.length}")
        return found

    def from_json(self, value: JsonValue, what: str) -> bytes:
        """See `Kind.from_json`."""
        return self.read(typed.prefixed(value, what, 1), what)

    def root(self, value: bytes) -> bytes:
        """See `Kind.root`."""
        return value.ljust(CHUNK, b"\0")


class ByteList:
    """At most `limit` bytes."""

    size: int | None = None

    def __init__(self, limit: int) -> None:
        self.limit = limit

    def read(self, data: bytes, what: str) -> bytes:
        """See `Kind.read`."""
        if len(data) > self.limit:
            typed.refuse(what, f"has {len(data)} bytes, and may have {self.limit}")
        return data

    def from_json(self, value: JsonValue, what: str) -> bytes:
        """See `Kind.from_json`."""
        return self.read(typed.prefixed(value, what, most=self.limit), what)

    def root(self, value: bytes) -> bytes:
        """See `Kind.root`."""
        return _with_length(merkle_root(_chunks(value), -(-self.limit // CHUNK)), len(value))


class Many:
    """A vector, which has exactly `limit` elements, or a list, which has at most as many."""

    def __init__(self, item: Kind, limit: int, *, exact: bool) -> None:
        if item.size is None:
            raise TypeError("elements of a varying size are not in a beacon state")
        self.item = item
        self.width = item.size
        self.limit = limit
        self.exact = exact
        self.size: int | None = item.size * limit if exact else None

    def read(self, data: bytes, what: str) -> list[Value]:
        """See `Kind.read`."""
        count, left = divmod(len(data), self.width)
        if left:
            typed.refuse(what, f"has {len(data)} bytes, which is not a multiple of {self.width}")
        self._check(count, what)
        step = self.width
        return [self.item.read(data[at : at + step], what) for at in range(0, len(data), step)]

    def from_json(self, value: JsonValue, what: str) -> list[Value]:
        """See `Kind.from_json`."""
        found = typed.listed(value, what, MAX_ITEMS)
        self._check(len(found), what)
        return [self.item.from_json(item, f"{what}/{n}") for n, item in enumerate(found)]

    def _check(self, count: int, what: str) -> None:
        if self.exact and count != self.limit:
            typed.refuse(what, f"has {count} elements, and must have {self.limit}")
        if count > min(self.limit, MAX_ITEMS):
            typed.refuse(
                what, f"has {count} elements, and {min(self.limit, MAX_ITEMS)} are the most"
            )

    def root(self, value: Sequence[Value]) -> bytes:
        """See `Kind.root`."""
        item = self.item
        if isinstance(item, Uint):
            chunks = _chunks(b"".join(map(item.pack, value)))
            limit = -(-self.limit * item.width // CHUNK)
        else:
            chunks = [item.root(one) for one in value]
            limit = self.limit
        found = merkle_root(chunks, limit)
        return found if self.exact else _with_length(found, len(value))


class Nothing:
    """A list that is empty in every genesis state, whatever its elements are."""

    size: int | None = None

    def __init__(self, limit: int) -> None:
        self.limit = limit

    def read(self, data: bytes, what: str) -> list[Value]:
        """See `Kind.read`."""
        if data:
            typed.refuse(what, "is not empty, and is so in a genesis state")
        return []

    def from_json(self, value: JsonValue, what: str) -> list[Value]:
        """See `Kind.from_json`."""
        typed.listed(value, what, 0)
        return []

    def root(self, value: Sequence[Value]) -> bytes:
        """See `Kind.root`."""
        return _with_length(merkle_root([], self.limit), len(value))


class Record:
    """Named fields in an order: a container."""

    def __init__(self, **fields: Kind) -> None:
        self.fields = fields
        sizes = [kind.size for kind in fields.values()]
        self.size: int | None = None if None in sizes else sum(size or 0 for size in sizes)
        self.fixed = sum(OFFSET if size is None else size for size in sizes)
        """The bytes before the first field of a varying size."""

    def starts_like(self, data: bytes) -> bool:
        """Whether the first offset in these bytes says the length of this fixed part."""
        at = 0
        for kind in self.fields.values():
            if kind.size is None:
                return data[at : at + OFFSET] == self.fixed.to_bytes(OFFSET, "little")
            at += kind.size
        return len(data) == self.fixed

    def split(self, data: bytes, what: str) -> dict[str, bytes]:
        """The serialized form of each field.

        Raises:
            Malformed: the offsets leave gaps, or lead elsewhere.
        """
        if len(data) < self.fixed or not self.starts_like(data):
            typed.refuse(what, f"does not have {self.fixed} bytes and then its lists")
        parts: dict[str, bytes] = {}
        starts: list[tuple[str, int]] = []
        at = 0
        for name, kind in self.fields.items():
            width = OFFSET if kind.size is None else kind.size
            parts[name] = data[at : at + width]
            if kind.size is None:
                starts.append((name, int.from_bytes(parts[name], "little")))
            at += width
        ends = [start for _, start in [*starts, ("", len(data))][1:]] if starts else []
        for (name, start), end in zip(starts, ends, strict=True):
            if not start <= end <= len(data):
                typed.refuse(f"{what}/{name}", f"is from byte {start} to {end}, which cannot be")
            parts[name] = data[start:end]
        return parts

    def read(self, data: bytes, what: str) -> dict[str, Value]:
        """See `Kind.read`."""
        parts = self.split(data, what)
        return {
            name: kind.read(parts[name], f"{what}/{name}") for name, kind in self.fields.items()
        }

    def from_json(self, value: JsonValue, what: str) -> dict[str, Value]:
        """See `Kind.from_json`."""
        if not isinstance(value, dict):
            typed.refuse(what, "is not an object")
        return {
            name: kind.from_json(value.get(name), f"{what}/{name}")
            for name, kind in self.fields.items()
        }

    def roots(self, value: dict[str, Value]) -> dict[str, bytes]:
        """The root of each field."""
        return {name: kind.root(value[name]) for name, kind in self.fields.items()}

    def root(self, value: dict[str, Value]) -> bytes:
        """See `Kind.root`."""
        return self.root_of(self.roots(value))

    def root_of(self, roots: dict[str, bytes]) -> bytes:
        """The root of a value whose fields have these roots."""
        return merkle_root([roots[name] for name in self.fields], len(self.fields))


def vector(item: Kind, length: int) -> Many:
    """Exactly as many elements."""
    return Many(item, length, exact=True)


def list_of(item: Kind, limit: int) -> Many:
    """At most as many elements."""
    return Many(item, limit, exact=False)


def merkle_root(chunks: Iterable[bytes], limit: int) -> bytes:
    """The root of a tree over these chunks, filled up with zeros to `limit` leaves."""
    layer = list(chunks)
    for depth in range((limit - 1).bit_length() if limit > 1 else 0):
        if not layer:
            return _ZEROS[(limit - 1).bit_length()]
        if len(layer) % 2:
            layer.append(_ZEROS[depth])
        layer = [sha256(layer[at] + layer[at + 1]).digest() for at in range(0, len(layer), 2)]
    return layer[0] if layer else _ZEROS[0]


def _chunks(data: bytes) -> list[bytes]:
    return [data[at : at + CHUNK].ljust(CHUNK, b"\0") for at in range(0, len(data), CHUNK)]


def _with_length(root: bytes, length: int) -> bytes:
    return sha256(root + length.to_bytes(CHUNK, "little")).digest()


def _exactly(data: bytes, size: int, what: str) -> bytes:
    if len(data) != size:
        typed.refuse(what, f"has {len(data)} bytes, and must have {size}")
    return data
