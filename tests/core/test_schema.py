"""Our models judge documents as pydantic's own classes with the same annotations would."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import datetime
from typing import Annotated, Any, Literal

import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict
from pydantic_core import ValidationError

from aztrust.core.base.model import Items, Model, SomeItems
from aztrust.core.base.schema import AfterValidator, BeforeValidator, Field, document_keys
from aztrust.core.package.entries import DirectoryEntry, Entry, FileEntry, SymlinkEntry
from tests.shared import REPOSITORY


def _text(value: object) -> object:
    return str(value) if type(value) is int else value


def _even(value: int) -> int:
    if value % 2:
        raise ValueError("is odd")
    return value


class Inner(Model):
    name: Annotated[str, Field(pattern="^[a-z]+$")]
    count: Annotated[int, Field(ge=1, le=9)] = 1


class Outer(Model):
    schema_: Annotated[Literal["x/outer"], Field(alias="schema")]
    inner: Inner
    named: Annotated[dict[str, Inner], Field(min_length=1)] | None = None
    items: Items[Inner] = ()
    words: SomeItems[str] = ("a",)
    when: datetime | None = None
    even: Annotated[int, AfterValidator(_even)] = 0
    chain: Annotated[Annotated[str, Field(min_length=1)], BeforeValidator(_text)] = "c"
    flag: bool | None = None
    free: dict[str, Any] | None = None


class _Pydantic(BaseModel):
    model_config = ConfigDict(**Model.model_config)


class TheirInner(_Pydantic):
    name: Annotated[str, pydantic.Field(pattern="^[a-z]+$")]
    count: Annotated[int, pydantic.Field(ge=1, le=9)] = 1


class TheirOuter(_Pydantic):
    schema_: Annotated[Literal["x/outer"], pydantic.Field(alias="schema")]
    inner: TheirInner
    named: Annotated[dict[str, TheirInner], pydantic.Field(min_length=1)] | None = None
    items: Annotated[tuple[TheirInner, ...], pydantic.Field(strict=False)] = ()
    words: Annotated[tuple[str, ...], pydantic.Field(strict=False, min_length=1)] = ("a",)
    when: datetime | None = None
    even: Annotated[int, pydantic.AfterValidator(_even)] = 0
    chain: Annotated[
        Annotated[str, pydantic.Field(min_length=1)], pydantic.BeforeValidator(_text)
    ] = "c"
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
NAMES = [*Outer.model_json_schema()["properties"], "schema_", "unknown"]
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
    return (
        made.model_dump(),
        made.model_dump(mode="json", exclude_none=True),
        made.model_dump(exclude={"items", "named"}),
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
        count: Annotated[int, Field(ge=1, le=9)] = 2
        more: str

    assert list(More.model_json_schema()["properties"]) == ["name", "count", "more"]
    assert More(name="a", more="b").model_dump() == {"name": "a", "count": 2, "more": "b"}
    assert More.model_construct(name="a", more="b") == More(name="a", more="b")


class Tree(Model):
    entries: Items[Annotated[Entry, Field(discriminator="kind")]]


FILE = FileEntry("a", 1, True, "sha256:" + "0" * 64, "blake3:" + "0" * 64)


def test_values_in_a_union_are_distinguished_by_their_tag():
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


@pytest.mark.parametrize(
    ("annotation", "constraint"),
    [
        (Annotated[str, Field(ge=1)], "str knows no ge"),
        (Annotated[int, Field(min_length=1)], "int knows no min_length"),
        (Annotated[dict[str, int], Field(strict=False)], "dict knows no strict"),
        (Annotated[str | None, Field(min_length=1)], "nullable knows no min_length"),
        (Annotated[Literal["a"], Field(pattern="a", max_length=1)], "no max_length, pattern"),
    ],
)
def test_a_constraint_that_would_be_ignored_is_refused(annotation, constraint):
    """pydantic-core passes over it, and the model would accept everything."""
    wrong = type("Wrong", (Model,), {"__annotations__": {"field": annotation}})
    with pytest.raises(TypeError, match=constraint):
        wrong.model_validate({"field": "a"})


def test_a_misspelt_constraint_is_refused():
    with pytest.raises(TypeError, match="min_lenght"):
        Field(min_lenght=1)  # type: ignore[call-arg]


# The same modules, with pydantic's own classes in the place of ours.
WITH_PYDANTIC = """
import dataclasses, importlib, sys
import pydantic
from aztrust.core.base import model, schema, value

value.frozen = dataclasses.dataclass(frozen=True, slots=True)
value.field = dataclasses.field
for name in ("Field", "BeforeValidator", "AfterValidator"):
    setattr(schema, name, getattr(pydantic, name))
# Again, for the types that are made of them.
importlib.reload(model)

class Model(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(**model.Model.model_config, defer_build=True)

model.Model = Model
from tools.schemas import KINDS, MODELS, main
models = (*MODELS.values(), *(kind.model for kind in KINDS.values()))
assert all(issubclass(each, pydantic.BaseModel) for each in models)
sys.exit(main(["--check"]))
"""


def test_pydantics_own_classes_would_have_the_same_json_schemas():
    """The models are pydantic models in all but the base class (ADR 11)."""
    done = subprocess.run(
        (sys.executable, "-c", WITH_PYDANTIC),
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
