"""Canonical JSON (RFC 8785) and a parser that accepts no second reading of the same bytes (law 7).

Writing: object keys in UTF-16 order, no white space, the shortest escapes, UTF-8. Reading: one
JSON value (RFC 8259) in UTF-8 without a byte order mark, each key once in its object, no NaN and
no infinity, no lone surrogates, integers within ±(2^53 - 1), and, unless a caller asks for them,
no floats, because none of aztrust's own formats has one.
"""

from __future__ import annotations

import json
from math import isfinite
from typing import Any, Final, TypeAlias

import jiter
import rfc8785

from aztrust.core.base.errors import Malformed

JSONValue: TypeAlias = "bool | int | float | str | list[JSONValue] | dict[str, JSONValue] | None"

MIB: Final = 1 << 20
RECORD_LIMIT: Final = 4 * MIB
MAX_DEPTH: Final = 64
MAX_INTEGER: Final = (1 << 53) - 1
_KEYS: Final = frozenset({str})

_encode = json.JSONEncoder(
    ensure_ascii=False, check_circular=False, sort_keys=True, separators=(",", ":")
).encode


def dumps(value: object) -> bytes:
    """Return the canonical bytes of a JSON value made of None, bool, int, float, str, list, dict.

    Raises:
        Malformed: a type, an integer, a float or a string that JSON cannot carry between
            implementations, or nesting deeper than 64.
    """
    fault, plain = _inspect(value, MAX_DEPTH, floats=True)
    if fault:
        raise Malformed(f"cannot be written as canonical JSON: {fault}")
    return _write(value, plain=plain)


def loads(
    data: bytes,
    *,
    what: str,
    code: str,
    limit: int = RECORD_LIMIT,
    depth: int = MAX_DEPTH,
    floats: bool = False,
) -> JSONValue:
    """Parse exactly one JSON value, strictly.

    Args:
        data: the whole document.
        what: the file or thing it is, for the message.
        code: the finding code of a failure.
        limit: the largest accepted size in bytes.
        depth: how deep arrays and objects may nest; the parser itself ends at 200.
        floats: accept numbers with a fraction or an exponent.

    Raises:
        Malformed: with `code` and `what`, for anything the module docstring rules out.
    """
    return _parse(data, what, code, limit, depth, floats=floats)[0]


def loads_canonical(
    data: bytes,
    *,
    what: str,
    code: str,
    limit: int = RECORD_LIMIT,
    depth: int = MAX_DEPTH,
    floats: bool = False,
) -> JSONValue:
    """Parse like `loads`, and demand that `data` is the canonical form of what it says.

    Raises:
        Malformed: as `loads`, or because other bytes would be the canonical ones.
    """
    value, plain = _parse(data, what, code, limit, depth, floats=floats)
    canonical = _write(value, plain=plain)
    if canonical != data:
        at = next(
            (i for i, (a, b) in enumerate(zip(canonical, data, strict=False)) if a != b),
            min(len(canonical), len(data)),
        )
        raise Malformed(
            f"is not in canonical form (RFC 8785); the first difference is at byte {at}",
            subject=what,
            code=code,
            mend="fetch it again without reformatting; an editor or a formatter has rewritten it",
        )
    return value


def _parse(
    data: bytes, what: str, code: str, limit: int, depth: int, *, floats: bool
) -> tuple[JSONValue, bool]:
    if len(data) > limit:
        # Its length is not known: what is read from a file ends just above the limit.
        raise Malformed(f"is longer than {limit:,} bytes", subject=what, code=code)
    try:
        value: JSONValue = jiter.from_json(
            data, allow_inf_nan=False, catch_duplicate_keys=True, cache_mode="keys"
        )
    except ValueError as error:
        # jiter quotes keys of the document: nothing in them may act on a terminal.
        reason = str(error).encode("unicode_escape").decode("ascii")
        if len(reason) > 160:
            reason = reason[:100] + "..." + reason[-50:]
        raise Malformed(f"is not strict JSON: {reason}", subject=what, code=code) from None
    fault, plain = _inspect(value, depth, floats=floats)
    if fault:
        raise Malformed(f"is not acceptable JSON: {fault}", subject=what, code=code)
    return value, plain


def _inspect(value: object, depth: int, *, floats: bool) -> tuple[str, bool]:
    """Walk a value level by level; return what is wrong ("" for nothing) and whether it is plain.

    Plain means: made only of types that the C encoder writes as RFC 8785 does.
    """
    plain = True
    room = depth
    level: list[Any] = [value]
    while level:
        below: list[Any] = []
        nested = False
        for item in level:
            kind = type(item)
            if kind is str or kind is bool or item is None:
                continue
            if kind is int and -MAX_INTEGER <= item <= MAX_INTEGER:
                continue
            if kind is dict:
                if not _KEYS.issuperset(map(type, item)):
                    return "an object key that is not a string", plain
                nested = True
                below.extend(item.values())
            elif kind is list or kind is tuple:
                nested = True
                below.extend(item)
            else:
                fault = _fault(item, floats=floats)
                if fault:
                    return fault, plain
                plain = False
        if nested and room == 0:
            return f"arrays and objects nested deeper than {depth}", plain
        room -= 1
        level = below
    return "", plain


def _fault(item: object, *, floats: bool) -> str:
    if type(item) is int:
        return "an integer beyond 2^53 - 1"
    if type(item) is not float:
        return f"a value of type {type(item).__name__}"
    if not floats:
        return "a number with a fraction or an exponent"
    if not isfinite(item):
        return "a number that is infinite, too large for a double, or NaN"
    return ""


def _write(value: object, *, plain: bool) -> bytes:
    try:
        if plain:
            text = _encode(value)
            # Python sorts keys by code point, RFC 8785 by UTF-16 unit: the orders differ only
            # where a character beyond the BMP meets one from U+E000 to U+FFFF.
            if text.isascii() or max(text) <= "\uffff":
                return text.encode("utf-8")
        return rfc8785.dumps(value)  # type: ignore[arg-type]
    except (UnicodeEncodeError, rfc8785.CanonicalizationError):
        raise Malformed("cannot be written as canonical JSON: a lone surrogate") from None
