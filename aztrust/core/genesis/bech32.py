"""Bech32 (BIP 173) as Cosmos chains write addresses: without its limit of 90 characters."""

from __future__ import annotations

from typing import Final

_CHARACTERS: Final = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATORS: Final = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_LIMIT: Final = 200


def decode_bech32(text: str) -> tuple[str, bytes] | None:
    """The prefix and the bytes of an address; None where it is not one.

    >>> decode_bech32("a12uel5l")
    ('a', b'')
    """
    if not text.isascii() or len(text) > _LIMIT or text not in (text.lower(), text.upper()):
        return None
    prefix, one, rest = text.lower().rpartition("1")
    values = [_CHARACTERS.find(character) for character in rest]
    if not one or not prefix or len(values) < 6 or -1 in values:
        return None
    expanded = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]
    if _checksum([*expanded, *values]) != 1:
        return None
    bits = "".join(f"{value:05b}" for value in values[:-6])
    whole = len(bits) // 8 * 8
    if len(bits) - whole > 4 or "1" in bits[whole:]:
        return None
    return prefix, int(bits[:whole] or "0", 2).to_bytes(whole // 8)


def _checksum(values: list[int]) -> int:
    checked = 1
    for value in values:
        top = checked >> 25
        checked = (checked & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(_GENERATORS):
            checked ^= generator if top >> bit & 1 else 0
    return checked
