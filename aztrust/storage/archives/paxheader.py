"""What a pax extended header says about an entry's name, link target and size (POSIX pax).

Everything else in it is times, owners and attributes, which are not content; unless some reader
changes the contents by it.
"""

from __future__ import annotations

from typing import Final

from aztrust.core.base.errors import CouldNotCheck
from aztrust.core.base.paths import escape
from aztrust.core.base.value import frozen
from aztrust.storage.archives.members import ambiguous, unreadable

_INTERPRETED: Final = (b"GNU.", b"SCHILY.", b"SUN.")
"""Namespaces in which readers know keywords for sparse files, file types and other names."""

_ATTRIBUTES: Final = (b"SCHILY.acl.", b"SCHILY.xattr.")
_HARMLESS: Final = frozenset(
    b"SCHILY." + key for key in (b"dev", b"ino", b"nlink", b"devmajor", b"devminor", b"fflags")
)


@frozen
class PaxHeader:
    """What the next entry is given; None for nothing."""

    name: str | None
    link: str | None
    size: int | None


def parse_pax(payload: bytes) -> PaxHeader:
    """The header with these records: `LENGTH KEY=VALUE` and a newline each.

    Raises:
        CouldNotCheck: `artifact-unreadable` for a malformed one, `artifact-ambiguous` for one that
            readers are known to take differently.
    """
    values: dict[bytes, bytes] = {}
    start = 0
    while start < len(payload):
        digits, _, _ = payload[start : start + 20].partition(b" ")
        end = start + (int(digits) if digits.isdigit() else 0)
        record = payload[start + len(digits) + 1 : end]
        key, equals, value = record[:-1].partition(b"=")
        if not equals or end > len(payload) or not record.endswith(b"\n"):
            raise _malformed()
        if key in (b"path", b"linkpath", b"size"):
            if key in values:
                raise ambiguous(f"one of its pax headers has two values for '{escape(key)}'")
            if not value or b"\0" in value:
                raise ambiguous(f"one of its pax headers has an empty or cut '{escape(key)}'")
            values[key] = value
        elif key.startswith(b"GNU.sparse"):
            raise unreadable("it stores sparse files; pack it without --sparse")
        elif (
            key.startswith(_INTERPRETED)
            and not key.startswith(_ATTRIBUTES)
            and key not in _HARMLESS
        ):
            raise ambiguous(f"not all unpackers know the pax keyword '{escape(key)}'")
        start = end
    size = values.get(b"size")
    if size is not None and not (size.isdigit() and len(size) < 20):
        raise _malformed()
    return PaxHeader(
        _text(values.get(b"path")),
        _text(values.get(b"linkpath")),
        None if size is None else int(size),
    )


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("utf-8", "surrogateescape")


def _malformed() -> CouldNotCheck:
    return unreadable("one of its pax headers is malformed")
