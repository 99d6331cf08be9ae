"""From the annotations of a class to the schema that pydantic-core validates with.

pydantic's own classes read annotations too, and many more of them; importing pydantic and making
a class of it for each table of a format takes longer than all the rest of a verification (ADR 4).
What judges a document is its validator all the same: only the classes are plain ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

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
_CLOSED = {"extra_fields_behavior": "forbid", "strict": True}
_BY_KEY_AND_NAME = {"validate_by_alias": True, "validate_by_name": True, "serialize_by_alias": True}


class Rule:
    """What a value must be beside its type, in pydantic-core's words.

    `pattern` is a regular expression, `min_length` and `max_length` count characters or items,
    `ge` and `le` bound numbers, and `strict=False` lets a list stand for a tuple.
    """

    def __init__(self, **limits: str | int) -> None:
        self.limits = limits

    def on(self, schema: Schema) -> Schema:
        """A schema for what fits this one and keeps the rule."""
        return {**schema, **self.limits}


@frozen
class Before:
    """A function that the raw value goes through first; its ValueError refuses the value."""

    function: Callable[[object], object]

    def on(self, schema: Schema) -> Schema:
        """A schema for what fits this one after the function."""
        return _through("function-before", self.function, schema)


@frozen
class After:
    """A function that a fitting value goes through; its ValueError refuses the value."""

    function: Callable[[Any], object]

    def on(self, schema: Schema) -> Schema:
        """A schema for what fits this one and passes the function."""
        return _through("function-after", self.function, schema)


@frozen
class Key:
    """The key of a field in the document, where Python cannot use it as a name (`as`, `class`)."""

    key: str


@frozen
class Tagged:
    """A union whose members are told apart by a literal in this field."""

    field: str


def model_schema(cls: type[Any]) -> Schema:
    """The schema of a model: closed and strict; what stands in the class is a default."""
    defaults = {name: held for base in reversed(cls.__mro__) for name, held in vars(base).items()}
    hints = get_type_hints(cls, include_extras=True)
    fields = {name: _field(hint, defaults.get(name, ...)) for name, hint in hints.items()}
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


def _field(hint: Any, default: object) -> Schema:  # noqa: ANN401 - an annotation is anything
    schema = _schema(hint)
    if default is not ...:
        schema = {"type": "default", "schema": schema, "default": default}
    field: Schema = {"type": "model-field", "schema": schema}
    for rule in getattr(hint, "__metadata__", ()):
        if isinstance(rule, Key):
            field |= {"validation_alias": rule.key, "serialization_alias": rule.key}
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
    tags = [rule.field for rule in rules if isinstance(rule, Tagged)]
    if tags:
        members = {_tag(cls, tags[0]): _value_schema(cls) for cls in get_args(hint)}
        return {"type": "tagged-union", "discriminator": tags[0], "choices": members}
    schema = _schema(hint)
    for rule in rules:
        if not isinstance(rule, Key):
            schema = rule.on(schema)
    return schema


def _tag(cls: type[Any], field: str) -> str:
    tag: str = get_args(get_type_hints(cls)[field])[0]
    return tag


def _value_schema(cls: type[Any]) -> Schema:
    """The schema of a frozen value (`core.value`), all its fields required."""
    hints = get_type_hints(cls, include_extras=True)
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
