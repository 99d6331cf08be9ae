"""A foreign JSON document, read once and strictly, and total functions to look into it.

Genesis files come from other people's tools: any value may have any type, and the file may not
be JSON at all. Parsing refuses what two readers could read differently (duplicate keys, a byte
order mark, invalid UTF-8, NaN); looking inside never raises. Numbers with a fraction or an
exponent are kept as the text that is in the file (`jiter.LosslessFloat`), and are compared
as that text: no binary float is ever made of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, TypeAlias, cast

import jiter

from aztrust.core.base.errors import Malformed
from aztrust.core.base.foreign import BOM, foreign
from aztrust.core.base.text import cut

JsonValue: TypeAlias = (
    bool | int | str | jiter.LosslessFloat | list["JsonValue"] | dict[str, "JsonValue"] | None
)

_DUPLICATE = re.compile(r'^Detected duplicate key "(.*)" at (line \d+ column \d+)$', re.DOTALL)
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]{0,99})")
_HEX = re.compile(r"0[xX][0-9a-fA-F]{1,128}")


def parse_json(data: bytes, *, what: str, code: str = "genesis-malformed") -> JsonValue:
    """Parse one strict RFC 8259 document; nesting up to 200.

    Raises:
        Malformed(code): not JSON, or JSON that two readers could understand differently; the
            message says which, and where.
    """
    try:
        value: JsonValue = jiter.from_json(
            data,
            allow_inf_nan=False,
            cache_mode="keys",
            catch_duplicate_keys=True,
            float_mode="lossless-float",
        )
    except ValueError as error:
        reason = _reason(data, str(error))
        raise Malformed(
            f"not strict JSON: {reason}",
            subject=what,
            mend="Take the file again from where it was published; repair nothing by hand.",
            code=code,
        ) from None
    return value


def _reason(data: bytes, message: str) -> str:
    duplicate = _DUPLICATE.match(message)
    if duplicate:
        return f'the key "{cut(duplicate[1])}" occurs twice in one object ({duplicate[2]})'
    if "recursion limit" in message:
        return "it is nested deeper than 200"
    if data.startswith(BOM):
        return "it begins with a byte order mark (EF BB BF)"
    found = foreign(data[:64])
    return f"it is {found.what}" if found else cut(message)


def refuse_lookalike_keys(genesis: object, *, what: str) -> None:
    """Refuse keys that differ only in case, where a genesis keeps what matters.

    Go's JSON reader takes them for one key and the last one wins; others read the exact one.

    Raises:
        Malformed: `genesis-malformed`.
    """
    for place, value in _kept(genesis):
        seen: dict[str, str] = {}
        for key in members(value):
            folded = key.casefold()
            if folded in seen:
                raise Malformed(
                    f'"{cut(seen[folded])}" and "{cut(key)}" in {cut(place)} are one key to'
                    " readers that ignore case",
                    subject=what,
                    mend="Leave only one of them, and agree on the file again.",
                    code="genesis-malformed",
                )
            seen[folded] = key


_PLACES: Final = (
    ("app_state",),
    ("config",),
    ("alloc",),
    ("consensus_params",),
    ("consensus",),
    ("consensus", "params"),
)
_LISTS: Final = (("validators",), ("consensus", "validators"))


def _kept(genesis: object) -> Iterator[tuple[str, JsonValue]]:
    """Where a genesis keeps what matters: a name for messages, and the object."""
    yield "the genesis", get(genesis)
    for place in _PLACES:
        yield ".".join(place), get(genesis, *place)
    for address, account in members(get(genesis, "alloc")).items():
        yield f"alloc.{address}", account
    for place in _LISTS:
        for validator in elements(get(genesis, *place)):
            yield ".".join(place), validator
            yield f"{'.'.join(place)}.pub_key", get(validator, "pub_key")


def looks_like_json(data: bytes) -> bool:
    """Whether the bytes mean to be a JSON object, however broken: first token `{`, or BOM + it."""
    head = data[:4096].removeprefix(BOM).lstrip(b" \t\r\n")
    return head.startswith(b"{")


def get(value: object, *keys: str) -> JsonValue:
    """The value below nested objects, None wherever the way ends."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return cast("JsonValue", value)


def elements(value: JsonValue) -> list[JsonValue]:
    """The array's elements; nothing for any other type."""
    return value if isinstance(value, list) else []


def members(value: object) -> dict[str, JsonValue]:
    """The object's members; nothing for any other type."""
    return value if isinstance(value, dict) else {}


def string(value: JsonValue) -> str:
    """The string, "" for any other type."""
    return value if isinstance(value, str) else ""


def integer(value: JsonValue) -> int | None:
    """An exact integer from a JSON integer, a decimal string or a `0x` string; None otherwise.

    Up to 100 decimal or 128 hexadecimal digits, which no amount on any chain comes near.
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value if -(10**100) < value < 10**100 else None
    if isinstance(value, str):
        if _DECIMAL.fullmatch(value):
            return int(value)
        if _HEX.fullmatch(value):
            return int(value, 16)
    return None


def decimal_integer(value: JsonValue) -> int | None:
    """The same without `0x`: how stakes, powers and weights are written. None otherwise.

    CometBFT reads a power in decimal digits only, so that a genesis with `0x10` does not start; and
    a person who reads a list of weights reads digits.
    """
    return None if isinstance(value, str) and _HEX.fullmatch(value) else integer(value)


def kind_of(value: object) -> str:
    """The JSON name of a value's type, for messages."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, str):
        return "string"
    if isinstance(value, dict):
        return "object"
    if isinstance(value, list):
        return "array"
    return "number"


def text_of(value: JsonValue) -> str:
    """A scalar as one line of text, not escaped; arrays and objects as their size."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return f"{{{len(value)} members}}"
    if isinstance(value, list):
        return f"[{len(value)} elements]"
    return str(value)
