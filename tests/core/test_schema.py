"""Our models judge documents as pydantic's own classes with the same annotations would."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import ValidationError

from aztrust.core.base.model import Items, Model, SomeItems
from aztrust.core.base.schema import After, Before, Key, Rule, Tagged, document_keys
from aztrust.core.package.entries import DirectoryEntry, Entry, FileEntry, SymlinkEntry


def _text(value: object) -> object:
    return str(value) if type(value) is int else value


def _even(value: int) -> int:
    if value % 2:
        raise ValueError("is odd")
    return value


class Inner(Model):
    name: Annotated[str, Rule(pattern="^[a-z]+$")]
    count: Annotated[int, Rule(ge=1, le=9)] = 1


class Outer(Model):
    schema_: Annotated[Literal["x/outer"], Key("schema")]
    inner: Inner
    named: Annotated[dict[str, Inner], Rule(min_length=1)] | None = None
    items: Items[Inner] = ()
    words: SomeItems[str] = ("a",)
    when: datetime | None = None
    even: Annotated[int, After(_even)] = 0
    chain: Annotated[Annotated[str, Rule(min_length=1)], Before(_text)] = "c"
    flag: bool | None = None
    free: dict[str, Any] | None = None


class _Pydantic(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, populate_by_name=True)


class TheirInner(_Pydantic):
    name: Annotated[str, Field(pattern="^[a-z]+$")]
    count: Annotated[int, Field(ge=1, le=9)] = 1


class TheirOuter(_Pydantic):
    schema_: Annotated[Literal["x/outer"], Field(alias="schema")]
    inner: TheirInner
    named: Annotated[dict[str, TheirInner], Field(min_length=1)] | None = None
    items: Annotated[tuple[TheirInner, ...], Field(strict=False)] = ()
    words: Annotated[tuple[str, ...], Field(strict=False, min_length=1)] = ("a",)
    when: datetime | None = None
    even: Annotated[int, AfterValidator(_even)] = 0
    chain: Annotated[Annotated[str, Field(min_length=1)], BeforeValidator(_text)] = "c"
    flag: bool | None = None
    free: dict[str, Any] | None = None


SCALARS = st.sampled_from(
    [None, True, False, 0, 1, 2, 9, 10, 1.0, "", "a", "A", "1", "x/outer", "2030-01-01T00:00:00Z"]
)
INNER = st.dictionaries(st.sampled_from(["name", "count", "nome"]), SCALARS, max_size=3)
GOOD_INNER = st.fixed_dictionaries({"name": st.just("a")}, optional={"count": st.just(2)})
ANY = st.one_of(
    SCALARS, INNER, GOOD_INNER, st.lists(st.one_of(SCALARS, GOOD_INNER), max_size=2),
    st.dictionaries(st.sampled_from("ab"), st.one_of(SCALARS, GOOD_INNER), max_size=2),
)  # fmt: skip
NAMES = [*Outer.model_keys(), "schema_", "unknown"]
DOCUMENTS = st.one_of(
    ANY,
    st.dictionaries(st.sampled_from(NAMES), ANY, max_size=4),
    st.fixed_dictionaries(
        {"schema": st.just("x/outer"), "inner": GOOD_INNER},
        optional={name: ANY for name in NAMES if name not in ("schema", "inner")},
    ),
)


def judged(validate: Any, document: object) -> tuple[object, ...]:
    """The complaints, or the document as it was understood."""
    try:
        made = validate(document)
    except ValidationError as error:
        return tuple(
            (e["type"], e["loc"], e["msg"].replace("Their", ""))
            for e in error.errors(include_url=False)
        )
    if isinstance(made, Model):
        return made.model_dump(), made.model_dump(mode="json", exclude_none=True)
    return (
        made.model_dump(by_alias=True),
        made.model_dump(mode="json", by_alias=True, exclude_none=True),
    )


@given(DOCUMENTS)
def test_python_values_are_judged_alike(document):
    assert judged(Outer.model_validate, document) == judged(TheirOuter.model_validate, document)


@given(DOCUMENTS)
def test_json_is_judged_alike(document):
    data = json.dumps(document).encode()
    assert judged(Outer.model_validate_json, data) == judged(TheirOuter.model_validate_json, data)


def test_the_json_schemas_are_alike_but_for_the_names():
    ours = json.dumps(Outer.model_json_schema(), sort_keys=True)
    theirs = json.dumps(TheirOuter.model_json_schema(), sort_keys=True)
    assert ours == theirs.replace("Their", "")


GOOD = {"schema": "x/outer", "inner": {"name": "a"}}


def test_a_model_is_a_frozen_value():
    made = Outer.model_validate(GOOD)
    assert made == Outer(schema_="x/outer", inner=Inner(name="a"))
    assert made != made.model_copy(update={"even": 2})
    assert made != GOOD
    assert hash(Inner(name="a")) == hash(Inner(name="a", count=1))
    assert repr(Inner(name="a")) == "Inner(name='a', count=1)"
    with pytest.raises(AttributeError, match="frozen"):
        made.even = 2  # type: ignore[misc]
    with pytest.raises(AttributeError, match="frozen"):
        del made.even


def test_a_constructed_model_has_the_defaults_of_its_class():
    assert Inner.model_construct(name="?") == Inner(name="a").model_copy(update={"name": "?"})
    assert Inner.model_construct(name="b").model_dump() == {"name": "b", "count": 1}
    assert Inner(name="b").model_dump(exclude={"count"}) == {"name": "b"}


def test_subclasses_add_fields():
    class More(Inner):
        count: Annotated[int, Rule(ge=1, le=9)] = 2
        more: str

    assert More.model_keys() == ("name", "count", "more")
    assert More(name="a", more="b").model_dump() == {"name": "a", "count": 2, "more": "b"}
    assert More.model_construct(name="a", more="b") == More(name="a", more="b")


class Tree(Model):
    entries: Items[Annotated[Entry, Tagged("kind")]]


FILE = FileEntry("a", 1, True, "sha256:" + "0" * 64, "blake3:" + "0" * 64)


def test_values_in_a_union_are_told_apart_by_their_tag():
    entries = (FILE, SymlinkEntry("b", "a"), DirectoryEntry("c"))
    document = Tree(entries=entries).model_dump(mode="json")
    assert Tree.model_validate_json(json.dumps(document).encode()).entries == entries
    assert set(document_keys(Tree.core_schema())) == {
        "entries", "path", "size", "executable", "sha256", "blake3", "kind", "target",
    }  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "device"}, {"kind": "symlink"}, {"kind": None}, {"more": 1}, {"size": "1"},
        {"size": True}, {"executable": 1}, {"sha256": FILE.blake3}, {"path": None},
    ],
)  # fmt: skip
def test_values_are_strict_and_closed(change):
    document = Tree(entries=(FILE,)).model_dump(mode="json")
    document["entries"][0] |= change
    with pytest.raises(ValidationError):
        Tree.model_validate_json(json.dumps(document).encode())
    for name in FILE.__match_args__:
        short = {key: held for key, held in vars_of(FILE).items() if key != name}
        with pytest.raises(ValidationError):
            Tree.model_validate_json(json.dumps({"entries": [short]}).encode())


def vars_of(entry: FileEntry) -> dict[str, object]:
    return {name: getattr(entry, name) for name in entry.__match_args__}
