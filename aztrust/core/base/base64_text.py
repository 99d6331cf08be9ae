"""Base64 of RFC 4648, section 4, in the one form that each sequence of bytes has."""

from __future__ import annotations

import binascii


def encode_base64(data: bytes) -> str:
    """The text of some bytes, in one line and with its padding.

    >>> encode_base64(b"a")
    'YQ=='
    """
    return binascii.b2a_base64(data, newline=False).decode("ascii")


def decode_base64(text: str) -> bytes | None:
    """The bytes of a text; None where it is not what `encode_base64` makes of them.

    >>> decode_base64("YQ=="), decode_base64("YR=="), decode_base64("YQ")
    (b'a', None, None)
    """
    try:
        data = binascii.a2b_base64(text, strict_mode=True)
    except ValueError:
        return None
    return data if encode_base64(data) == text else None
