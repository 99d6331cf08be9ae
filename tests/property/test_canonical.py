"""Canonical JSON: the fast writer is RFC 8785, and reading inverts writing."""

from __future__ import annotations

import json

import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from aztrust.core.base import canonical
from aztrust.core.base.errors import AztrustError

# Text around the seams: escapes, U+E000.. against characters beyond the BMP.
_seams = st.sampled_from(
    [
        "",
        "\x00",
        "\x1f",
        '"',
        "\\",
        "/",
        "\x7f",
        "\u2028",
        "\ud7ff",
        "\ue000",
        "\uffff",
        "\U00010000",
    ]
)
_text = st.lists(st.one_of(_seams, st.text(max_size=4)), max_size=4).map("".join)
_integers = st.integers(-canonical.MAX_INTEGER, canonical.MAX_INTEGER)
_scalars = st.one_of(st.none(), st.booleans(), _integers, _text)


def _values(scalars: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.recursive(
        scalars,
        lambda inner: st.one_of(
            st.lists(inner, max_size=4), st.dictionaries(_text, inner, max_size=5)
        ),
        max_leaves=20,
    )


values = _values(_scalars)
values_with_floats = _values(st.one_of(_scalars, st.floats(allow_nan=False, allow_infinity=False)))
# RFC 8785 writes doubles from 2^53 to 10^21 as integers, which the reader refuses.
values_with_readable_floats = _values(
    st.one_of(_scalars, st.floats(-(2**53) + 1, 2**53 - 1), st.floats(1e21, allow_infinity=False))
)


@given(values_with_floats)
def test_the_fast_writer_equals_rfc8785(value: object) -> None:
    assert canonical.dumps(value) == rfc8785.dumps(value)  # type: ignore[arg-type]


@given(values)
def test_reading_inverts_writing(value: object) -> None:
    data = canonical.dumps(value)
    assert canonical.loads_canonical(data, what="f", code="c") == value


@given(values_with_readable_floats)
def test_writing_is_a_fixed_point(value: object) -> None:
    data = canonical.dumps(value)
    again = canonical.loads_canonical(data, what="f", code="c", floats=True)
    assert canonical.dumps(again) == data


@given(values, st.sampled_from([None, 1, "\t"]), st.booleans())
def test_a_layout_changes_nothing_that_is_read(
    value: object, indent: int | str | None, ascii_only: bool
) -> None:
    data = json.dumps(value, indent=indent, ensure_ascii=ascii_only).encode()
    read = canonical.loads(data, what="f", code="c")
    assert read == value
    assert canonical.dumps(read) == canonical.dumps(value)


@given(values, st.data())
def test_one_other_byte_is_another_value_or_none(value: object, data: st.DataObject) -> None:
    original = canonical.dumps(value)
    at = data.draw(st.integers(0, len(original) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda new: new != original[at]))
    changed = original[:at] + bytes([byte]) + original[at + 1 :]
    try:
        read = canonical.loads_canonical(changed, what="f", code="c")
    except AztrustError:
        return
    assert canonical.dumps(read) != original


@given(st.binary(max_size=200))
def test_bytes_are_refused_or_understood_as_the_standard_library_does(data: bytes) -> None:
    try:
        read = canonical.loads(data, what="f", code="c", floats=True)
    except AztrustError:
        return
    assert read == json.loads(data.decode("utf-8"))
