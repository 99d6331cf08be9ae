"""Values in the JSON of a node, read strictly: each function returns a value or refuses.

Whole numbers are decimal strings or JSON numbers, hashes are hexadecimal (CometBFT) or begin with
`0x` (Ethereum), times are RFC 3339.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Final, NoReturn

from aztrust.core.base.errors import Malformed
from aztrust.core.base.paths import escape
from aztrust.core.base.text import cut
from aztrust.core.base.times import parse_rfc3339
from aztrust.core.linkage.jsondoc import JsonValue, get, integer, kind_of, text_of

INT64: Final = 2**63 - 1
HASH_BYTES: Final = 32
KEY_BYTES: Final = 32
ADDRESS_BYTES: Final = 20
SIGNATURE_BYTES: Final = 64
MAX_POWER: Final = INT64 // 8
"""The total power that CometBFT allows."""
_MAX_BYTES: Final = 4096
_HEX: Final = re.compile(r"(?:[0-9A-Fa-f]{2})*")
MEND: Final = "ask the node's operator what answers at this address, or read another node"


def refuse(what: str, why: str) -> NoReturn:
    """Raise `Malformed` for one value of an answer: `height is not a whole number`."""
    raise Malformed(f"{what} {why}", subject=what, mend=MEND)


def whole(value: JsonValue, what: str, least: int = 0, most: int = INT64) -> int:
    """A whole number from `least` to `most`.

    Raises:
        Malformed: anything else.
    """
    found = integer(value)
    if found is None:
        refuse(what, f"is not a whole number but a {kind_of(value)}")
    if not least <= found <= most:
        refuse(what, f"is {cut(str(found), 30)}, and must be from {least} to {most}")
    return found


def text(value: JsonValue, what: str, most: int = 200) -> str:
    """A string of at most `most` characters.

    Raises:
        Malformed: anything else.
    """
    if not isinstance(value, str):
        refuse(what, f"is not a string but a {kind_of(value)}")
    if len(value) > most:
        refuse(what, f"has {len(value)} characters, and may have {most}")
    return value


def scalar(value: JsonValue, what: str) -> str:
    """A scalar as text; whole numbers only up to what `integer` reads.

    Raises:
        Malformed: a longer number, which Python does not write.
    """
    if isinstance(value, int) and not isinstance(value, bool) and integer(value) is None:
        refuse(what, "is a whole number of more than 100 digits")
    return text_of(value)


def hexadecimal(value: JsonValue, what: str, sizes: tuple[int, ...] = ()) -> bytes:
    """Bytes in hexadecimal; of one of these sizes, or of any size up to 4 KiB.

    Raises:
        Malformed: anything else.
    """
    written = text(value, what, 2 * _MAX_BYTES)
    if not _HEX.fullmatch(written):
        refuse(what, f"is not hexadecimal: {escape(cut(written, 80))}")
    return _sized(bytes.fromhex(written), what, sizes)


def prefixed(value: JsonValue, what: str, size: int | None = None, most: int = _MAX_BYTES) -> bytes:
    """Bytes in hexadecimal after `0x`: as many as `size`, or at most `most`.

    Raises:
        Malformed: anything else.
    """
    written = text(value, what, 2 * (size if size is not None else most) + 2)
    digits = written[2:]
    if not written.startswith("0x") or not _HEX.fullmatch(digits):
        refuse(what, f"is not hexadecimal after 0x: {escape(cut(written, 80))}")
    return _sized(bytes.fromhex(digits), what, (size,) if size is not None else ())


def base64_bytes(value: JsonValue, what: str, sizes: tuple[int, ...] = ()) -> bytes:
    """Bytes in base64; of one of these sizes, or of any size up to 4 KiB.

    Raises:
        Malformed: anything else.
    """
    written = text(value, what, 2 * _MAX_BYTES)
    try:
        found = binascii.a2b_base64(written.encode("ascii"), strict_mode=True)
    except (binascii.Error, UnicodeEncodeError):
        refuse(what, f"is not base64: {escape(cut(written, 80))}")
    return _sized(found, what, sizes)


def chunk_bytes(value: JsonValue, what: str, most: int) -> bytes:
    """Base64 of at most `most` bytes.

    Raises:
        Malformed: anything else.
    """
    written = text(value, what, most * 4 // 3 + 4)
    try:
        return base64.b64decode(written.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        refuse(what, "is not base64")


def instant(value: JsonValue, what: str) -> int:
    """Nanoseconds since 1970.

    Raises:
        Malformed: it is not an RFC 3339 time.
    """
    found = parse_rfc3339(text(value, what))
    if found is None:
        refuse(what, f"is not an RFC 3339 time: {escape(cut(str(value), 60))}")
    return found


def below(value: JsonValue, what: str, *keys: str) -> JsonValue:
    """The object below these keys.

    Raises:
        Malformed: there is no object.
    """
    found = get(value, *keys)
    if not isinstance(found, dict):
        refuse(f"{what}.{'.'.join(keys)}" if keys else what, "is not an object")
    return found


def listed(value: JsonValue, what: str, most: int) -> list[JsonValue]:
    """A list of at most `most` elements; null is an empty one, as Go writes it.

    Raises:
        Malformed: anything else.
    """
    if value is None:
        return []
    if not isinstance(value, list):
        refuse(what, f"is not a list but a {kind_of(value)}")
    if len(value) > most:
        refuse(what, f"has {len(value)} elements, and may have {most}")
    return value


def _sized(found: bytes, what: str, sizes: tuple[int, ...]) -> bytes:
    if sizes and len(found) not in sizes:
        allowed = " or ".join(map(str, sizes))
        refuse(what, f"has {len(found)} bytes, and must have {allowed}")
    return found
