"""From the annotations of a model to the schema that pydantic-core validates with.

`Field`, `BeforeValidator` and `AfterValidator` are pydantic's: the same names, the same arguments,
the same meaning, as many of them as the formats use. Anyone who knows pydantic can read the models.
pydantic's own are not used because importing them and building their classes takes longer than
all the rest of a verification (ADR 11). What judges a document is pydantic's validator.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from inspect import get_annotations
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from aztrust.core.base.value import frozen

# pydantic-core's schemas are nested dictionaries; `pydantic_core.core_schema` documents them.
Schema = dict[str, Any]

_PLAIN: Mapping[object, Schema] = {
    str: {"type": "str"},
    int: {"type": "int"},
    bool: {"type": "bool"},
    datetime: {"type": "datetime", "microseconds_precision": "truncate"},
    Any: {"type": "any"},
}
# pydantic-core ignores a constraint that a type does not know, and a rule that is ignored is a
# rule that does not exist (law 15).
_CONSTRAINTS: Mapping[str, frozenset[str]] = {
    "str": frozenset({"pattern", "min_length", "max_length"}),
    "int": frozenset({"ge", "le"}),
    "tuple": frozenset({"strict", "min_length", "max_length"}),
    "dict": frozenset({"min_length", "max_length"}),
}
_CLOSED = {"extra_fields_behavior": "forbid", "strict": True}
_BY_KEY_AND_NAME = {"validate_by_alias": True, "validate_by_name": True, "serialize_by_alias": True}


class Field:
    """What a value must be in addition to its type, and what its key is; pydantic's `Field`.

    Args:
        alias: the key in the document, where Python cannot use it as a name (`as`, `class`).
        discriminator: the field whose literal distinguishes the members of a union.
        strict: False lets a list be read as a tuple.
        pattern: a regular expression that the text matches; it anchors itself.
        min_length: the least number of characters or items.
        max_length: the largest number of characters or items.
        ge: the least number.
        le: the largest number.
    """

    __slots__ = ("alias", "constraints", "discriminator")

    def __init__(
        self,
        *,
        alias: str | None = None,
        discriminator: str | None = None,
        strict: bool | None = None,
        pattern: str | None = None,
        min_length: int | None = None,
        max_length: int | None = None,
        ge: int | None = None,
        le: int | None = None,
    ) -> None:
        constraints: dict[str, object] = {
            "strict": strict,
            "pattern": pattern,
            "min_length": min_length,
            "max_length": max_length,
            "ge": ge,
            "le": le,
        }
        self.alias = alias
        self.discriminator = discriminator
        self.constraints = {name: held for name, held in constraints.items() if held is not None}

    def apply(self, schema: Schema) -> Schema:
        """A schema for what fits this one and keeps the constraints.

        Raises:
            TypeError: a constraint that has no meaning for the type.
        """
        unknown = self.constraints.keys() - _CONSTRAINTS.get(schema["type"], frozenset())
        if unknown:
            raise TypeError(f"{schema['type']} knows no {', '.join(sorted(unknown))}")
        return {**schema, **self.constraints}


@frozen
class BeforeValidator:
    """A function that the raw value goes through first; its ValueError refuses the value."""

    func: Callable[[object], object]

    def apply(self, schema: Schema) -> Schema:
        """A schema for what fits this one after the function."""
        return _through("function-before", self.func, schema)


@frozen
class AfterValidator:
    """A function that a fitting value goes through; its ValueError refuses the value."""

    func: Callable[[Any], object]

    def apply(self, schema: Schema) -> Schema:
        """A schema for what fits this one and passes the function."""
        return _through("function-after", self.func, schema)


def model_schema(cls: type[Any]) -> Schema:
    """The schema of a model: closed and strict; a value in the class is a default."""
    defaults = {name: held for base in reversed(cls.__mro__) for name, held in vars(base).items()}
    fields = {name: _field(hint, defaults.get(name, ...)) for name, hint in _hints(cls).items()}
    return {
        "type": "model",
        "cls": cls,
        "config": {**_CLOSED, **_BY_KEY_AND_NAME, "title": cls.__name__},
        "schema": {"type": "model-fields", "model_name": cls.__name__, "fields": fields},
    }


def document_keys(schema: object) -> Iterator[str]:
    """Every key that a document of this schema may hold, at any depth."""
    if isinstance(schema, dict):
        if schema.get("type") == "model-fields":
            for name, field in schema["fields"].items():
                yield field.get("validation_alias", name)
        elif schema.get("type") == "dataclass-field":
            yield schema["name"]
    parts: Any = schema.values() if isinstance(schema, dict) else schema
    if isinstance(schema, (dict, list)):
        for part in parts:
            yield from document_keys(part)


def json_schema(schema: Schema) -> dict[str, Any]:
    """The JSON Schema (2020-12) of the documents of a schema, as pydantic writes it."""
    from pydantic.json_schema import GenerateJsonSchema

    class Generator(GenerateJsonSchema):
        # A default that is a table has no place in a JSON Schema, and needs none.
        ignored_warning_kinds = {"non-serializable-default"}  # noqa: RUF012 - as the base has it

    return Generator().generate(_with_references(schema))


def _with_references(schema: Any) -> Any:  # noqa: ANN401
    """The same schema, each class in it a definition that a JSON Schema may refer to."""
    if isinstance(schema, list):
        return [_with_references(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: _with_references(part) for name, part in schema.items()}
    cls = schema.get("cls")
    return made if cls is None else {**made, "ref": f"{cls.__module__}.{cls.__name__}:{id(cls)}"}


def _field(hint: Any, default: object) -> Schema:  # noqa: ANN401 - an annotation is anything
    schema = _schema(hint)
    if default is not ...:
        schema = {"type": "default", "schema": schema, "default": default}
    field: Schema = {"type": "model-field", "schema": schema}
    for rule in getattr(hint, "__metadata__", ()):
        if isinstance(rule, Field) and rule.alias is not None:
            field |= {"validation_alias": rule.alias, "serialization_alias": rule.alias}
    return field


def _schema(hint: Any) -> Schema:  # noqa: ANN401
    if hint in _PLAIN:
        return _PLAIN[hint]
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _annotated(*inner)
    if origin is Literal:
        return {"type": "literal", "expected": list(inner)}
    if origin in (Union, UnionType):
        (member,) = (part for part in inner if part is not NoneType)
        return {"type": "nullable", "schema": _schema(member)}
    if origin is tuple:
        return {"type": "tuple", "items_schema": [_schema(inner[0])], "variadic_item_index": 0}
    if origin is dict:
        key, value = map(_schema, inner)
        return {"type": "dict", "keys_schema": key, "values_schema": value}
    made: Schema = hint.core_schema()
    return made


def _annotated(hint: Any, *rules: Any) -> Schema:  # noqa: ANN401
    tags = [rule.discriminator for rule in rules if isinstance(rule, Field) and rule.discriminator]
    if tags:
        members = {_tag(cls, tags[0]): _value_schema(cls) for cls in get_args(hint)}
        return {"type": "tagged-union", "discriminator": tags[0], "choices": members}
    schema = _schema(hint)
    for rule in rules:
        schema = rule.apply(schema)
    return schema


def _tag(cls: type[Any], field: str) -> str:
    tag: str = get_args(_hints(cls)[field])[0]
    return tag


def _hints(cls: type[Any]) -> dict[str, Any]:
    """Field name to annotation, inherited ones first."""
    hints: dict[str, Any] = {}
    for base in reversed(cls.__mro__):
        hints |= get_annotations(base, eval_str=True)
    return hints


def _value_schema(cls: type[Any]) -> Schema:
    """The schema of a frozen value (`core.base.value`), all its fields required."""
    hints = _hints(cls)
    fields = [
        {"type": "dataclass-field", "name": name, "kw_only": False, "schema": _schema(hint)}
        for name, hint in hints.items()
    ]
    arguments = {"type": "dataclass-args", "dataclass_name": cls.__name__, "fields": fields}
    return {
        "type": "dataclass",
        "cls": cls,
        "config": {**_CLOSED, "title": cls.__name__},
        "schema": arguments,
        "fields": list(hints),
        "slots": True,
    }


def _through(kind: str, function: Callable[[Any], object], schema: Schema) -> Schema:
    return {
        "type": kind,
        "function": {"type": "no-info", "function": function},
        "schema": schema,
    }
