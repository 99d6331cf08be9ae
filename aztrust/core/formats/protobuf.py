"""Protocol Buffers, written: the few field types that hashes and signatures of chains are over.

Fields are written in the order of the calls. A field that is zero or empty is left out by
`number_field` and `bytes_field` (proto3); `message_field` writes an empty message too.
"""

from __future__ import annotations

_BYTES = 2
_FIXED64 = 1


def varint(value: int) -> bytes:
    """An integer in base 128. A negative one is written as two's complement in 64 bits.

    >>> varint(300).hex(), varint(-1).hex()
    ('ac02', 'ffffffffffffffffff01')
    """
    found = bytearray()
    rest = value & 0xFFFF_FFFF_FFFF_FFFF
    while rest >= 0x80:
        found.append(rest & 0x7F | 0x80)
        rest >>= 7
    return bytes([*found, rest])


def message_field(number: int, value: bytes) -> bytes:
    """A field of bytes, text or a message, also where it is empty."""
    return varint(number << 3 | _BYTES) + varint(len(value)) + value


def bytes_field(number: int, value: bytes) -> bytes:
    """A field of bytes, text or a message; nothing where it is empty."""
    return message_field(number, value) if value else b""


def number_field(number: int, value: int) -> bytes:
    """A field of type int64, uint64 or enum; nothing where it is 0."""
    return varint(number << 3) + varint(value) if value else b""


def fixed64_field(number: int, value: int) -> bytes:
    """A field of type sfixed64; nothing where it is 0."""
    if not value:
        return b""
    return varint(number << 3 | _FIXED64) + value.to_bytes(8, "little", signed=True)
