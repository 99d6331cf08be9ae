"""The base of every format's model, and how its complaints become one clear message.

Models are strict, frozen and closed: an unknown key is an error that names the nearest known one,
because a misspelt key in a policy is a rule that silently does not exist (law 15).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from aztrust.core.errors import Malformed

M = TypeVar("M", bound=BaseModel)
T = TypeVar("T")

# JSON and TOML have lists, our values are tuples: only that one conversion is allowed.
Items = Annotated[tuple[T, ...], Field(strict=False)]

# What a version, a role, a holder may be called: nothing that could pass for another name.
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]


def _whole(value: object) -> object:
    if type(value) is not int:
        raise ValueError("input should be a whole number")
    return value


# `Literal[1]` alone also takes true and 1.0, because they are equal to 1.
VersionOne = Annotated[Literal[1], BeforeValidator(_whole)]


class Model(BaseModel):
    """Strict, frozen, closed; its validator is built at first use, for a fast start."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        defer_build=True,
        protected_namespaces=(),
        populate_by_name=True,
        serialize_by_alias=True,
    )


def validate(model: type[M], value: object, *, what: str, code: str, mend: str = "") -> M:
    """The value as a `model`.

    Raises:
        Malformed: with the finding code given, the first problem as message and all as details.
    """
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise malformed(model, error, what=what, code=code, mend=mend) from None


def malformed(
    model: type[BaseModel], error: ValidationError, *, what: str, code: str, mend: str = ""
) -> Malformed:
    """A validation error in the words of the format: dotted place, cause, nearest known key."""
    lines = tuple(dict.fromkeys(_line(model, problem) for problem in error.errors()))
    more = f" (and {len(lines) - 1} more)" if len(lines) > 1 else ""
    return Malformed(lines[0] + more, subject=what, code=code, mend=mend, details=lines)


def _line(model: type[BaseModel], problem: Mapping[str, Any]) -> str:
    place = ""
    for part in problem["loc"]:
        # The tag of a discriminated union is no place in the document.
        place += f"[{part}]" if isinstance(part, int) else f".{part}" if place else str(part)
    place = ascii(place)[1:-1]
    if problem["type"] in ("extra_forbidden", "unexpected_keyword_argument"):
        return f"unknown key {place}{_nearest(model, problem['loc'])}"
    if problem["type"] in ("missing", "missing_argument"):
        return f"{place} is missing"
    got = problem.get("input")
    shown = f", not {ascii(got)[:60]}" if isinstance(got, (str, int, float, bool)) else ""
    message = problem["msg"].removeprefix("Value error, ")
    return f"{place}: {message[0].lower()}{message[1:]}{shown}" if place else message


def _nearest(model: type[BaseModel], loc: tuple[str | int, ...]) -> str:
    import difflib  # only an error needs it

    known = _known_keys(model)
    near = difflib.get_close_matches(str(loc[-1]), sorted(known), n=1, cutoff=0.5)
    return f"; did you mean {near[0]}?" if near else ""


def _known_keys(model: type[BaseModel]) -> set[str]:
    """Every key name used anywhere in the format, found through its JSON Schema."""
    schema = model.model_json_schema(by_alias=True)
    keys: set[str] = set()
    for part in (schema, *schema.get("$defs", {}).values()):
        keys.update(part.get("properties", {}))
    return keys
