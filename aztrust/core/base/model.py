"""The base of every format's model, and how its complaints become one clear message.

Models are strict, frozen and closed: an unknown key is an error that names the nearest known one,
because a misspelt key in a policy is a rule that silently does not exist (law 15).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    Final,
    Literal,
    NoReturn,
    Self,
    TypeVar,
    cast,
    dataclass_transform,
)

from pydantic_core import SchemaSerializer, SchemaValidator, ValidationError

from aztrust.core.base.errors import Malformed
from aztrust.core.base.nearest import did_you_mean
from aztrust.core.base.schema import (
    BeforeValidator,
    Field,
    Schema,
    document_keys,
    json_schema,
    model_schema,
)

if TYPE_CHECKING:
    from pydantic_core import CoreSchema

T = TypeVar("T")
M = TypeVar("M", bound="Model")

# JSON and TOML have lists, our values are tuples: only that one conversion is allowed.
Items = Annotated[tuple[T, ...], Field(strict=False)]
SomeItems = Annotated[tuple[T, ...], Field(strict=False, min_length=1)]

# What a version, a role, a holder may be called: nothing that could pass for another name.
NAME_PATTERN: Final = r"^[a-z0-9][a-z0-9._-]{0,63}$"
Name = Annotated[str, Field(pattern=NAME_PATTERN)]


def _whole(value: object) -> object:
    if type(value) is not int:
        raise ValueError("input should be a whole number")
    return value


# `Literal[1]` alone also takes true and 1.0, because they are equal to 1; `Literal[0]` likewise.
VersionZero = Annotated[Literal[0], BeforeValidator(_whole)]
VersionOne = Annotated[Literal[1], BeforeValidator(_whole)]


@dataclass_transform(kw_only_default=True, frozen_default=True)
class Model:
    """A table or object of a format: as much of pydantic's `BaseModel` as formats need.

    A subclass names its fields by annotation, with their defaults. Its validator is built at
    first use. Methods that pydantic has too take the same arguments and do the same, with the
    configuration below.
    """

    # The attributes that pydantic-core sets on what it makes.
    __slots__ = (
        "__dict__",
        "__pydantic_extra__",
        "__pydantic_fields_set__",
        "__pydantic_private__",
    )
    # As in pydantic's ConfigDict. All models have this one: `model_schema` writes it
    # into the schema, and no subclass can weaken it.
    model_config = {  # noqa: RUF012 - annotated, it would be a field
        "extra": "forbid",
        "frozen": True,
        "strict": True,
        "validate_by_alias": True,
        "validate_by_name": True,
        "serialize_by_alias": True,
    }

    def __init__(self, /, **data: object) -> None:
        """Checks the values; a ValidationError names what is wrong with them."""
        _validator(type(self)).validate_python(data, self_instance=self)

    @classmethod
    def core_schema(cls) -> Schema:
        """What pydantic-core validates documents of this model with."""
        if cls not in _schemas:
            _schemas[cls] = model_schema(cls)
        return _schemas[cls]

    @classmethod
    def model_validate(cls, obj: object) -> Self:
        """The value, usually a mapping, as this model, or a ValidationError."""
        made: Self = _validator(cls).validate_python(obj)
        return made

    @classmethod
    def model_validate_json(cls, json_data: bytes) -> Self:
        """The JSON document as this model, or a ValidationError."""
        made: Self = _validator(cls).validate_json(json_data)
        return made

    @classmethod
    def model_construct(cls, **values: object) -> Self:
        """A model of values that are right already: they are not checked."""
        own = [(name, vars(base)) for base in reversed(cls.__mro__) for name in _annotated(base)]
        return _made(cls, {n: held[n] for n, held in own if n in held} | values)

    @classmethod
    def model_json_schema(cls) -> dict[str, Any]:
        """The JSON Schema (2020-12) of the documents of this model."""
        return json_schema(cls.core_schema())

    def model_copy(self, *, update: Mapping[str, Any]) -> Self:
        """The same value with some fields changed, unchecked."""
        return _made(type(self), {**self.__dict__, **update})

    def model_dump(
        self,
        *,
        mode: Literal["python", "json"] = "python",
        exclude: set[str] | None = None,
        exclude_none: bool = False,
    ) -> dict[str, Any]:
        """The document: plain dictionaries, and with `json` lists and texts in them.

        Args:
            mode: `python` keeps tuples and times, `json` has what JSON has.
            exclude: fields to leave out, by their names in Python.
            exclude_none: whether absent fields are left out. A null among free facts stays: it is
                a fact, not an absent field.
        """
        document: dict[str, Any] = _serializer(type(self)).to_python(
            self, mode=mode, exclude=exclude, exclude_none=exclude_none
        )
        return document

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        return hash((type(self), *self.__dict__.values()))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in vars(self).items())})"

    def __setattr__(self, name: str, _: object) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} is frozen: {name} stays as it is")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} is frozen: {name} stays as it is")


_schemas: dict[type, Schema] = {}
_validators: dict[type, SchemaValidator] = {}
_serializers: dict[type, SchemaSerializer] = {}


# `cli.interrupt` knows these two by name: an interrupt waits while they build.
def _validator(model: type[Model]) -> SchemaValidator:
    if model not in _validators:
        _validators[model] = SchemaValidator(cast("CoreSchema", model.core_schema()))
    return _validators[model]


def _serializer(model: type[Model]) -> SchemaSerializer:
    if model not in _serializers:
        _serializers[model] = SchemaSerializer(cast("CoreSchema", model.core_schema()))
    return _serializers[model]


def _annotated(cls: type) -> tuple[str, ...]:
    return tuple(vars(cls).get("__annotations__", ()))


def _made(model: type[M], values: dict[str, Any]) -> M:
    made = object.__new__(model)
    object.__setattr__(made, "__dict__", values)
    return made


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
    model: type[Model], error: ValidationError, *, what: str, code: str, mend: str = ""
) -> Malformed:
    """A validation error in the terms of the format: dotted place, cause, nearest known key."""
    problems = error.errors()
    # An entry that is wrong does not count as one: the list is then called too short, too.
    inner = {problem["loc"][:n] for problem in problems for n in range(len(problem["loc"]))}
    own = [p for p in problems if p["type"] != "too_short" or p["loc"] not in inner]
    lines = tuple(dict.fromkeys(_line(model, problem) for problem in own))
    more = f" (and {len(lines) - 1} more)" if len(lines) > 1 else ""
    return Malformed(lines[0] + more, subject=what, code=code, mend=mend, details=lines)


def _line(model: type[Model], problem: Mapping[str, Any]) -> str:
    place = ""
    for part in problem["loc"]:
        # The tag of a discriminated union is not a place in the document.
        place += f"[{part}]" if isinstance(part, int) else f".{part}" if place else str(part)
    place = ascii(place)[1:-1]
    if problem["type"] in ("extra_forbidden", "unexpected_keyword_argument"):
        return f"unknown key {place}{_nearest(model, problem['loc'])}"
    if problem["type"] in ("missing", "missing_argument"):
        return f"{place} is missing"
    got = problem.get("input")
    shown = f", not {ascii(got)[:60]}" if got != "" and isinstance(got, (str, int, float)) else ""
    message = _one_line(_in_plain_words(problem))
    return f"{place}: {message[0].lower()}{message[1:]}{shown}" if place else message


_PLAIN: Final = {
    "bool_type": "it has to be true or false",
    "dict_type": "it has to be a table",
    "int_type": "it has to be a whole number",
    "list_type": "it has to be a list",
    "literal_error": "it has to be {expected}",
    "mapping_type": "it has to be a table",
    "model_type": "it has to be a table",
    "string_pattern_mismatch": "it has to match {pattern}",
    "string_too_long": "it has more than {max_length} characters",
    "string_too_short": "it has fewer than {min_length} characters",
    "string_type": "it has to be a text",
    "too_long": "it has more than {max_length} entries",
    "too_short": "it has fewer entries than {min_length}",
    "tuple_type": "it has to be a list",
}
"""Kinds of problems that pydantic-core describes by what Python calls the types."""


def _in_plain_words(problem: Mapping[str, Any]) -> str:
    context = problem.get("ctx", {})
    if context.get("pattern") == NAME_PATTERN:
        return "it has to be a name: at most 64 small letters, digits, dots, hyphens, underscores"
    if context.get("min_length") == 1:
        return "it is empty"
    plain = _PLAIN.get(problem["type"])
    if plain is not None:
        return plain.format(**context)
    message: str = problem["msg"]
    return message.removeprefix("Value error, ")


def _one_line(message: str) -> str:
    """A message of pydantic-core as it may be shown: it quotes the value of a tag as it is."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in message[:300])


def _nearest(model: type[Model], loc: tuple[str | int, ...]) -> str:
    return did_you_mean(str(loc[-1]), sorted(set(document_keys(model.core_schema()))))
