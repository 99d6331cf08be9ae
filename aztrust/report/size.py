"""Byte counts for people, in decimal units as tools print them."""

from __future__ import annotations

_UNITS = ("kB", "MB", "GB", "TB", "PB")


def size(count: int) -> str:
    """`512 bytes`, `3.4 MB`; three digits are enough to recognise a file by.

    >>> size(0), size(999), size(1000), size(999_950), size(3_411_902)
    ('0 bytes', '999 bytes', '1.0 kB', '1.0 MB', '3.4 MB')
    """
    if count < 1000:
        return f"{count} byte{'' if count == 1 else 's'}"
    value = float(count)
    for unit in _UNITS:
        value /= 1000
        if value < 999.95 or unit == _UNITS[-1]:
            return f"{value:.1f} {unit}"
    raise AssertionError(count)
