"""`frozen` is a frozen dataclass in all that anyone relies on."""

from __future__ import annotations

import copy
import pickle

import pytest

from aztrust.core.base.value import field, frozen, replace


@frozen
class Point:
    """Two required fields, two defaults."""

    x: int
    y: int
    name: str = "p"
    tags: dict[str, int] = field(default_factory=dict)

    @property
    def sum(self) -> int:
        return self.x + self.y


@frozen
class Other:
    """The same fields, another type."""

    x: int
    y: int
    name: str = "p"
    tags: dict[str, int] = field(default_factory=dict)


def test_fields_by_position_and_by_name():
    point = Point(1, y=2)
    assert (point.x, point.y, point.name, point.tags) == (1, 2, "p", {})
    assert point.sum == 3
    assert Point(1, 2, "q", {"a": 1}).tags == {"a": 1}


def test_a_factory_makes_a_default_for_each():
    assert Point(1, 2).tags is not Point(1, 2).tags


@pytest.mark.parametrize(
    ("values", "names"),
    [((1,), {}), ((1, 2, "p", {}, 5), {}), ((1, 2), {"x": 3}), ((1, 2), {"z": 3}), ((), {})],
)
def test_what_a_signature_would_refuse(values, names):
    with pytest.raises(TypeError, match="Point"):
        Point(*values, **names)


def test_equality_is_by_type_and_fields():
    assert Point(1, 2) == Point(1, 2)
    assert Point(1, 2) != Point(2, 1)
    assert Point(1, 2) != Other(1, 2)
    assert Point(1, 2) != (1, 2)
    assert len({Point(1, 2, "a", ()), Point(1, 2, "a", ())}) == 1


def test_frozen_and_slotted():
    point = Point(1, 2)
    with pytest.raises(AttributeError, match="frozen"):
        point.x = 5
    with pytest.raises(AttributeError, match="frozen"):
        del point.x
    with pytest.raises(AttributeError):
        point.new = 5
    assert not hasattr(point, "__dict__")


def test_replace_copy_pickle_match_and_repr():
    point = Point(1, 2)
    assert replace(point, y=5) == Point(1, 5)
    with pytest.raises(TypeError, match="Point"):
        replace(point, z=5)
    assert copy.deepcopy(point) == point
    assert pickle.loads(pickle.dumps(point)) == point
    assert repr(point) == "Point(x=1, y=2, name='p', tags={})"
    match point:
        case Point(x, y):
            assert (x, y) == (1, 2)
