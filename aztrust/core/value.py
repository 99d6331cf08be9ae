"""Frozen values: what `dataclass(frozen=True, slots=True)` gives, made in a tenth of the time.

Nearly every type here is such a value, and a command imports about a hundred of them. The standard
decorator compiles seven functions and inspects a signature for each, which alone cost more than
the whole verification of a small launch (`docs/adr/0004-start-up.md`). Here one function is
compiled, and the others are shared. Type checkers see a dataclass (PEP 681).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, dataclass_transform

T = TypeVar("T")
_FIELDS = "__value_fields__"


class Factory:
    """A default that is made anew for every instance; see `field`."""

    __slots__ = ("make",)

    def __init__(self, make: Callable[[], Any]) -> None:
        self.make = make


def field(*, default_factory: Callable[[], Any]) -> Any:
    """A field whose default is the factory's result, one call per instance."""
    return Factory(default_factory)


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def value(cls: type[T]) -> type[T]:
    """Make a class with annotated fields a frozen, slotted value.

    Equal when of the same class with equal fields; hashed by its fields; immutable.
    """
    names = tuple(cls.__dict__.get("__annotations__", {}))
    space = {k: v for k, v in cls.__dict__.items() if k not in ("__dict__", "__weakref__")}
    defaults = {name: space.pop(name) for name in names if name in space}
    space["__slots__"] = names
    space["__match_args__"] = names
    space[_FIELDS] = names
    space["__init__"] = _initializer(names, defaults, hook="__post_init__" in space)
    for method in (_eq, _hash, _repr, _setattr, _delattr, _getstate, _setstate):
        space.setdefault(f"__{method.__name__[1:]}__", method)
    made = type(cls)(cls.__name__, cls.__bases__, space)
    return made


def replace(original: T, /, **changes: Any) -> T:
    """The same value with some fields changed."""
    names: tuple[str, ...] = getattr(original, _FIELDS)
    kept = {name: getattr(original, name) for name in names if name not in changes}
    return type(original)(**kept, **changes)


def _initializer(
    names: tuple[str, ...], defaults: dict[str, Any], *, hook: bool
) -> Callable[..., None]:
    parameters, body = [], []
    for name in names:
        default = f"=_defaults[{name!r}]" if name in defaults else ""
        parameters.append(f"{name}{default}")
        given = name
        if isinstance(defaults.get(name), Factory):
            given = f"_defaults[{name!r}].make() if {name} is _defaults[{name!r}] else {name}"
        body.append(f"    _set(self, {name!r}, {given})")
    body += ["    self.__post_init__()"] if hook else []
    source = f"def __init__(self, {', '.join(parameters)}):\n" + "\n".join(body or ["    pass"])
    space: dict[str, Any] = {"_set": object.__setattr__, "_defaults": defaults}
    exec(source, space)  # noqa: S102 - the names are identifiers of a class in this package
    made: Callable[..., None] = space["__init__"]
    return made


def _values(self: Any) -> tuple[Any, ...]:
    return tuple([getattr(self, name) for name in getattr(self, _FIELDS)])


def _eq(self: Any, other: object) -> Any:
    return _values(self) == _values(other) if type(other) is type(self) else NotImplemented


def _hash(self: Any) -> int:
    return hash(_values(self))


def _repr(self: Any) -> str:
    fields = (f"{name}={getattr(self, name)!r}" for name in getattr(self, _FIELDS))
    return f"{type(self).__qualname__}({', '.join(fields)})"


def _setattr(self: Any, name: str, _: object) -> None:
    raise AttributeError(f"{type(self).__name__} is frozen; {name} cannot be set")


def _delattr(self: Any, name: str) -> None:
    raise AttributeError(f"{type(self).__name__} is frozen; {name} cannot be deleted")


def _getstate(self: Any) -> tuple[Any, ...]:
    return _values(self)


def _setstate(self: Any, state: tuple[Any, ...]) -> None:
    for name, held in zip(getattr(self, _FIELDS), state, strict=True):
        object.__setattr__(self, name, held)
