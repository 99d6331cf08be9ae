"""Where two payloads differ: as JSON Pointers (RFC 6901), the cause before what follows from it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from aztrust.core.base import canonical
from aztrust.core.base.value import frozen
from aztrust.core.records.summary import CHECKPOINT_KEY

ABSENT: Final = ""
_STATED: Final = f"/predicate/{CHECKPOINT_KEY}"
# What follows from something else comes last: a digest explains nothing.
_CAUSES: Final = (
    f"{_STATED}/ledger",
    f"{_STATED}/matrix",
    f"{_STATED}/findings",
    f"{_STATED}/record/verdict",
    f"{_STATED}/guidance",
    f"{_STATED}/record/blocker_root",
    "/subject",
    "/predicate/inputAttestations",
)


@frozen
class Difference:
    """One place in which a payload is not what was signed.

    Args:
        pointer: where.
        signed, recomputed: both values, as canonical JSON; "" where there is none.
    """

    pointer: str
    signed: str
    recomputed: str


def differences(signed: object, recomputed: object) -> tuple[Difference, ...]:
    """Every difference of two JSON values, the cause first."""
    found = sorted(_differ("", signed, recomputed), key=lambda d: (_rank(d.pointer), d.pointer))
    return tuple(found)


def _rank(pointer: str) -> int:
    return next((n for n, part in enumerate(_CAUSES) if pointer.startswith(part)), len(_CAUSES))


def _differ(at: str, signed: Any, other: Any) -> Iterator[Difference]:  # noqa: ANN401 - any JSON
    if isinstance(signed, dict) and isinstance(other, dict):
        for key in sorted(signed.keys() | other.keys()):
            place = f"{at}/{key.replace('~', '~0').replace('/', '~1')}"
            if key not in signed:
                yield Difference(place, ABSENT, _text(other[key]))
            elif key not in other:
                yield Difference(place, _text(signed[key]), ABSENT)
            else:
                yield from _differ(place, signed[key], other[key])
    elif isinstance(signed, list) and isinstance(other, list):
        for index in range(max(len(signed), len(other))):
            place = f"{at}/{index}"
            if index >= len(signed):
                yield Difference(place, ABSENT, _text(other[index]))
            elif index >= len(other):
                yield Difference(place, _text(signed[index]), ABSENT)
            else:
                yield from _differ(place, signed[index], other[index])
    elif _text(signed) != _text(other):
        yield Difference(at, _text(signed), _text(other))


def _text(value: object) -> str:
    return canonical.dumps(value).decode()
