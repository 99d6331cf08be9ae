"""What differs between two JSON values, by dotted path, exact in type and value.

Array elements are matched by what they are, not by where they are: the same elements in
another order are one change, `order`, and elements with a name of their own (an address, a
denomination) are followed by it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from json import JSONEncoder
from typing import Final, Literal, TypeAlias

from jiter import LosslessFloat

from aztrust.core.base.value import frozen
from aztrust.core.linkage.jsondoc import JsonValue, get

How: TypeAlias = Literal["added", "removed", "changed", "order"]
IDENTITIES: Final = ("address", "denom", "operator_address", "name", "id", "moniker", "key")

# Replaces a number with a fraction or exponent, which the C encoder cannot write; wherever it
# turns up, the exact and slow way is taken, so that no string can pose as such a number.
_NUMBER: Final = "\0number"
_ENCODER = JSONEncoder(
    ensure_ascii=False,
    check_circular=False,
    sort_keys=True,
    separators=(",", ":"),
    default=lambda _: _NUMBER,
)


@frozen
class ValueChange:
    """One difference. `path` are keys, indices and `[identity]`s; the missing side is None."""

    path: tuple[str, ...]
    how: How
    old: JsonValue = None
    new: JsonValue = None


def exact_text(value: JsonValue) -> str:
    """Equal for two values if and only if they are equal by type and value."""
    text = _ENCODER.encode(value)
    return _slow_text(value) if '"\\u0000number"' in text else text


def _slow_text(value: JsonValue) -> str:
    if isinstance(value, dict):
        items = (f"{_ENCODER.encode(key)}:{_slow_text(value[key])}" for key in sorted(value))
        return "{" + ",".join(items) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_slow_text, value)) + "]"
    return str(value) if isinstance(value, LosslessFloat) else _ENCODER.encode(value)


def diff_values(
    old: JsonValue, new: JsonValue, path: tuple[str, ...] = ()
) -> Iterator[ValueChange]:
    """All differences between two parsed values, keys in sorted order; none when equal."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys()):
            if key not in new:
                yield ValueChange((*path, key), "removed", old=old[key])
            elif key not in old:
                yield ValueChange((*path, key), "added", new=new[key])
            else:
                yield from diff_values(old[key], new[key], (*path, key))
    elif isinstance(old, list) and isinstance(new, list):
        yield from _diff_arrays(old, new, path)
    elif exact_text(old) != exact_text(new):
        yield ValueChange(path, "changed", old, new)


def unmatched(
    old: Sequence[JsonValue], new: Sequence[JsonValue]
) -> tuple[list[JsonValue], list[JsonValue], bool]:
    """Elements without an equal on the other side, and whether the order of the two differs."""
    if len(old) == len(new) and exact_text([*old]) == exact_text([*new]):
        return [], [], False
    old_texts, new_texts = [exact_text(v) for v in old], [exact_text(v) for v in new]
    surplus = Counter(old_texts)
    surplus.subtract(new_texts)
    missing = -surplus
    surplus = +surplus
    return _take(old, old_texts, surplus), _take(new, new_texts, missing), True


def _take(
    values: Sequence[JsonValue], texts: Sequence[str], wanted: Counter[str]
) -> list[JsonValue]:
    taken = []
    for value, text in zip(values, texts, strict=True):
        if wanted[text] > 0:
            wanted[text] -= 1
            taken.append(value)
    return taken


def _diff_arrays(
    old: list[JsonValue], new: list[JsonValue], path: tuple[str, ...]
) -> Iterator[ValueChange]:
    gone, come, differ = unmatched(old, new)
    if not differ:
        return
    if not gone and not come:
        yield ValueChange(path, "order", old, new)
        return
    by_old, by_new = _by_identity(gone), _by_identity(come)
    if by_old is not None and by_new is not None:
        for name in sorted(by_old.keys() | by_new.keys()):
            place = (*path, f"[{name}]")
            if name not in by_new:
                yield ValueChange(place, "removed", old=by_old[name])
            elif name not in by_old:
                yield ValueChange(place, "added", new=by_new[name])
            else:
                yield from diff_values(by_old[name], by_new[name], place)
    elif len(old) == len(new):
        for index, (before, after) in enumerate(zip(old, new, strict=True)):
            yield from diff_values(before, after, (*path, f"[{index}]"))
    else:
        yield from (ValueChange((*path, "[]"), "removed", old=value) for value in gone)
        yield from (ValueChange((*path, "[]"), "added", new=value) for value in come)


def _by_identity(values: list[JsonValue]) -> dict[str, JsonValue] | None:
    """Elements by the first identity all of them have and none shares; None without one."""
    for key in IDENTITIES:
        named: dict[str, JsonValue] = {}
        for value in values:
            name = get(value, key)
            if not isinstance(name, str) or name in named:
                break
            named[name] = value
        else:
            return named
    return None
