from __future__ import annotations

import enum

import pytest

from aztrust.core.base import canonical
from aztrust.core.base.errors import Malformed


def loads(data: bytes, **options: object) -> object:
    return canonical.loads(data, what="f.json", code="record-malformed", **options)  # type: ignore[arg-type]


def loads_canonical(data: bytes) -> object:
    return canonical.loads_canonical(data, what="f.json", code="record-malformed")


def refusal(data: bytes, **options: object) -> str:
    with pytest.raises(Malformed) as caught:
        loads(data, **options)
    assert caught.value.code == "record-malformed"
    assert caught.value.subject == "f.json"
    assert caught.value.message.isascii()
    assert "\n" not in caught.value.message
    return caught.value.message


STRICT = {
    "nothing": b"",
    "white space": b" \n",
    "byte order mark": b"\xef\xbb\xbf{}",
    "utf-16": '{"a":1}'.encode("utf-16"),
    "not utf-8": b'"\xff"',
    "overlong utf-8": b'"\xc0\xaf"',
    "surrogate in utf-8": b'"\xed\xa0\x80"',
    "lone surrogate": rb'"\ud800"',
    "lone low surrogate": rb'"\ude00"',
    "surrogate before a letter": rb'"\ud83d\u0041"',
    "lone surrogate in a key": rb'{"\ud800":1}',
    "duplicate key": b'{"a":1,"a":1}',
    "duplicate key, escaped": rb'{"a":1,"\u0061":2}',
    "duplicate key, deep": b'[{"x":{"a":1,"b":2,"a":3}}]',
    "duplicate empty key": b'{"":1,"":1}',
    "NaN": b"NaN",
    "NaN in a list": b"[NaN]",
    "Infinity": b"Infinity",
    "-Infinity": b"[-Infinity]",
    "trailing value": b"{}{}",
    "trailing text": b"[1]x",
    "trailing NUL": b"{}\x00",
    "trailing comma": b"[1,]",
    "trailing comma in an object": b'{"a":1,}',
    "single quotes": b"{'a':1}",
    "bare key": b"{a:1}",
    "comment": b"/**/1",
    "control character": b'"\x1f"',
    "raw newline": b'"\n"',
    "raw NUL": b'"\x00"',
    "unknown escape": rb'"\x41"',
    "leading zero": b"01",
    "plus": b"+1",
    "hex": b"0x10",
    "minus alone": b"-",
    "no digit after the point": b"1.",
    "cut off": b'{"a":[1,2',
    "cut off string": b'"abc',
    "form feed as space": b"\x0c1",
    "no-break space": "\N{NO-BREAK SPACE}1".encode(),
}


@pytest.mark.parametrize("data", STRICT.values(), ids=STRICT.keys())
def test_a_second_reading_is_refused(data: bytes) -> None:
    refusal(data)
    refusal(data, floats=True)


def test_case_variant_keys_are_different_keys() -> None:
    assert loads(b'{"A":1,"a":2}') == {"A": 1, "a": 2}


@pytest.mark.parametrize("digits", ["9007199254740992", "-9007199254740992", "1" * 30, "9" * 4300])
def test_integers_beyond_a_double_are_refused(digits: str) -> None:
    assert "2^53" in refusal(f'{{"a":[{digits}]}}'.encode())
    assert "2^53" in refusal(digits.encode(), floats=True)
    refusal(b"9" * 100_000)
    with pytest.raises(Malformed, match=r"2\^53"):
        canonical.dumps([int(digits)])


def test_the_largest_integers_pass() -> None:
    data = b"[9007199254740991,-9007199254740991]"
    assert loads_canonical(data) == [2**53 - 1, 1 - 2**53]
    assert canonical.dumps([2**53 - 1, 1 - 2**53]) == data


@pytest.mark.parametrize("number", [b"1.0", b"1e2", b"0.5", b"-0.0", b"1E-400"])
def test_floats_only_where_asked_for(number: bytes) -> None:
    assert "fraction or an exponent" in refusal(b"[" + number + b"]")
    assert loads(b"[" + number + b"]", floats=True) == [float(number)]


@pytest.mark.parametrize("number", [b"1e400", b"-1e400", b"[[1e309]]"])
def test_a_float_that_overflows_is_refused(number: bytes) -> None:
    assert "too large for a double" in refusal(number, floats=True)


def nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


def test_depth() -> None:
    loads(nested(64))
    assert "deeper than 64" in refusal(nested(65))
    assert "deeper than 64" in refusal(b'{"a":' * 65 + b"1" + b"}" * 65)
    loads(nested(3), depth=3)
    assert "deeper than 3" in refusal(b"[[[[1]]]]", depth=3)
    assert loads(b"1", depth=0) == 1
    assert "deeper than 0" in refusal(b"[]", depth=0)
    refusal(nested(100_000))
    refusal(b"[" * 100_000)
    with pytest.raises(Malformed, match="deeper than 64"):
        canonical.dumps(canonical.loads(nested(65), what="", code="", depth=65))


def test_a_value_that_contains_itself_is_refused() -> None:
    value: list[object] = []
    value.append(value)
    with pytest.raises(Malformed, match="deeper"):
        canonical.dumps(value)


def test_limit_is_in_bytes_and_inclusive() -> None:
    assert loads(b'"abc"', limit=5) == "abc"
    assert "is longer than 5 bytes" in refusal(b'"abcd"', limit=5)
    assert "is longer than 4,194,304 bytes" in refusal(b" " * (canonical.RECORD_LIMIT + 1))


def test_keys_of_a_document_cannot_act_on_a_terminal() -> None:
    key = rb"\n\u001b[2J\u202e" + "\N{RIGHT-TO-LEFT OVERRIDE}".encode() + b"k" * 1000
    message = refusal(b'{"' + key + b'":1,"' + key + b'":2}')
    assert len(message) < 250
    assert message.isprintable()


CANONICAL = {
    "sorted": b'{"a":1,"b":{"c":[true,false,null]}}',
    "empty": b"{}",
    "utf-16 order": '{"\U0001f600":1,"\ufb33":2}'.encode(),
    "escapes": rb'"\b\t\n\f\r\"\\\u0000\u001f/'.replace(b"/", b"/\x7f") + '\u2028é"'.encode(),
}


@pytest.mark.parametrize("data", CANONICAL.values(), ids=CANONICAL.keys())
def test_canonical_bytes_are_read_and_written_back(data: bytes) -> None:
    assert canonical.dumps(loads_canonical(data)) == data


NOT_CANONICAL = {
    "space": b'{"a": 1}',
    "newline at the end": b"{}\n",
    "unsorted": b'{"b":1,"a":2}',
    "code point order": '{"\ufb33":2,"\U0001f600":1}'.encode(),
    "needless escape": rb'"\u0061"',
    "escaped solidus": rb'"\/"',
    "uppercase hex": rb'"\u001F"',
    "long escape": rb'"\u000a"',
    "escaped non-ASCII": rb'"\u00e9"',
    "minus zero": b"-0",
}


@pytest.mark.parametrize("data", NOT_CANONICAL.values(), ids=NOT_CANONICAL.keys())
def test_any_other_spelling_is_refused(data: bytes) -> None:
    loads(data)
    with pytest.raises(Malformed, match="not in canonical form") as caught:
        loads_canonical(data)
    assert caught.value.code == "record-malformed"
    assert caught.value.mend


def test_the_first_difference_is_named() -> None:
    with pytest.raises(Malformed, match=r"at byte 2$"):
        loads_canonical(b"{}\n")
    with pytest.raises(Malformed, match=r"at byte 5$"):
        loads_canonical(b'{"a": 1}')


class _Name(str):
    __slots__ = ()


class _Level(enum.IntEnum):
    ONE = 1


@pytest.mark.parametrize(
    "value",
    [
        {1: "a"},
        {None: "a"},
        {True: "a"},
        {"a": {2.5: 1}},
        {_Name("a"): 1},
        b"bytes",
        {"a", "b"},
        object(),
        [_Level.ONE],
        [_Name("x")],
        float("nan"),
        [float("inf")],
        "\ud800",
        {"\ud800": 1},
        ["\ud800\U0001f600"],
    ],
)
def test_what_json_cannot_carry_is_not_written(value: object) -> None:
    with pytest.raises(Malformed, match="cannot be written"):
        canonical.dumps(value)


def test_tuples_are_arrays() -> None:
    assert canonical.dumps({"a": (1, ())}) == b'{"a":[1,[]]}'


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, b"0"),
        (-0.0, b"0"),
        (1.0, b"1"),
        (1e21, b"1e+21"),
        (1e-7, b"1e-7"),
        (333333333.33333329, b"333333333.3333333"),
        ([1e30, 4.50, 2e-3], b"[1e+30,4.5,0.002]"),
    ],
)
def test_numbers_are_written_as_ecmascript_does(value: object, text: bytes) -> None:
    assert canonical.dumps(value) == text
