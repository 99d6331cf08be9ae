"""Frozen values: what `dataclass(frozen=True, slots=True)` gives, made in a twentieth of the time.

Nearly every type here is such a value, and one command imports a hundred of them. The standard
decorator compiles half a dozen functions for each class, which alone took longer than verifying a
small launch (ADR 11). These methods are shared instead; `field` and `replace` mean what they do in
`dataclasses`. Type checkers see a dataclass (PEP 681).
"""

# ruff: noqa: ANN401 - the shared methods serve every class
from __future__ import annotations

from collections.abc import Callable
from itertools import repeat
from operator import attrgetter, call
from typing import Any, TypeVar, dataclass_transform

T = TypeVar("T")
_set = object.__setattr__


class Factory:
    """A default that is made anew for every instance; see `field`."""

    __slots__ = ("make",)

    def __init__(self, make: Callable[[], Any]) -> None:
        self.make = make


def field(*, default_factory: Callable[[], Any]) -> Any:
    """A field whose default is the factory's result, one call per instance."""
    return Factory(default_factory)


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(cls: type[T]) -> type[T]:
    """Make a class with annotated fields a frozen, slotted value.

    Equal to another of the same class with equal fields, hashed by its fields. No inheritance of
    fields, no class variables, no `super()` in its methods: the class is made anew for its slots.
    """
    names = tuple(cls.__annotations__)
    space = {k: v for k, v in cls.__dict__.items() if k not in ("__dict__", "__weakref__")}
    defaults = {name: space.pop(name) for name in names if name in space}
    space |= {"__slots__": names, "__match_args__": names}
    setters: list[Callable[[Any, Any], None]] = []
    space["__init__"] = _initializer(cls.__qualname__, names, defaults, setters)
    # One call into C: trees of 50,000 entries are compared.
    space["_fields"] = attrgetter(*names) if names else _nothing
    for name, method in _METHODS.items():
        space.setdefault(name, method)
    metaclass: Any = type(cls)
    made: type[T] = metaclass(cls.__name__, cls.__bases__, space)
    setters += [vars(made)[name].__set__ for name in names]
    return made


def replace(original: T, /, **changes: Any) -> T:
    """The same value (or standard dataclass) with some fields changed.

    Raises:
        TypeError: a field that it does not have.
    """
    names: tuple[str, ...] = getattr(original, "__match_args__")  # noqa: B009
    kept = {name: getattr(original, name) for name in names if name not in changes}
    return type(original)(**kept, **changes)


def _initializer(
    qualname: str,
    names: tuple[str, ...],
    defaults: dict[str, Any],
    setters: list[Callable[[Any, Any], None]],
) -> Callable[..., None]:
    known = frozenset(names)
    count = len(names)
    needed = count
    while needed and _is_plain(defaults, names[needed - 1]):
        needed -= 1
    rest = tuple(defaults[name] for name in names[needed:])

    def __init__(self: Any, *values: Any, **given: Any) -> None:
        if not given and needed <= len(values) <= count:
            if len(values) < count:
                values += rest[len(values) - needed :]
            # One call into C; a setter returns None, so that `any` goes through all of them.
            any(map(call, setters, repeat(self), values))
            return
        if len(values) > count or not given.keys() <= known.difference(names[: len(values)]):
            raise TypeError(f"{qualname} takes {', '.join(names)}, each once")
        for name, held in zip(names, values):  # noqa: B905 - the rest is given by name
            _set(self, name, held)
        for name in names[len(values) :]:
            if name in given:
                held = given[name]
            elif name in defaults:
                held = defaults[name]
                held = held.make() if type(held) is Factory else held
            else:
                raise TypeError(f"{qualname} needs {name}")
            _set(self, name, held)

    return __init__


def _is_plain(defaults: dict[str, Any], name: str) -> bool:
    return name in defaults and type(defaults[name]) is not Factory


def _nothing(_: object) -> tuple[()]:
    return ()


def _values(self: Any) -> tuple[Any, ...]:
    return tuple([getattr(self, name) for name in self.__match_args__])


def _eq(self: Any, other: Any) -> Any:
    if type(other) is not type(self):
        return NotImplemented
    return self._fields(self) == other._fields(other)


def _hash(self: Any) -> int:
    return hash(self._fields(self))


def _repr(self: Any) -> str:
    fields = (f"{name}={getattr(self, name)!r}" for name in self.__match_args__)
    return f"{type(self).__qualname__}({', '.join(fields)})"


def _refuse(self: Any, name: str, *_: object) -> None:
    raise AttributeError(f"{type(self).__name__} is frozen: {name} stays as it is")


def _setstate(self: Any, state: tuple[Any, ...]) -> None:
    for name, held in zip(self.__match_args__, state, strict=True):
        _set(self, name, held)


_METHODS: dict[str, Callable[..., Any]] = {
    "__eq__": _eq,
    "__hash__": _hash,
    "__repr__": _repr,
    "__setattr__": _refuse,
    "__delattr__": _refuse,
    "__getstate__": _values,
    "__setstate__": _setstate,
}
