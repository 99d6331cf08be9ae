"""Genesis hash conventions against jq itself, and where jq does not decide."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aztrust.core.base.errors import CouldNotCheck, UsageError
from aztrust.core.genesis.conventions import (
    CONVENTIONS,
    WITH_FINAL_NEWLINE,
    WITHOUT_FINAL_NEWLINE,
    genesis_hash,
    matching_conventions,
)
from tests.shared import shared_path

JQ = shutil.which("jq")
needs_jq = pytest.mark.skipif(JQ is None, reason="the jq program is not installed")

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x7f"), max_size=12)
)
documents = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(
            st.text(
                st.characters(exclude_categories=["Cs"], exclude_characters="\x7f"), max_size=6
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=25,
)


def sha256(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def jq_output(data: bytes, *flags: str) -> bytes:
    assert JQ is not None
    return subprocess.run([JQ, *flags, "."], input=data, capture_output=True, check=True).stdout


@needs_jq
@pytest.mark.slow  # a process per example; `make check` has the documented form
@settings(max_examples=60, deadline=None)
@given(documents, st.booleans())
def test_equals_jq(document: object, ascii_only: bool) -> None:
    data = json.dumps(document, ensure_ascii=ascii_only).encode()
    assert genesis_hash("jq-S-c", data) == sha256(jq_output(data, "-S", "-c"))
    assert genesis_hash("jq-S", data) == sha256(jq_output(data, "-S"))


@settings(max_examples=100, deadline=None)
@given(documents)
def test_equals_the_documented_python_form(document: object) -> None:
    data = json.dumps(document, indent=3).encode()
    compact = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert genesis_hash("jq-S-c", data) == sha256(compact.encode() + b"\n")
    indented = json.dumps(document, sort_keys=True, indent=2, ensure_ascii=False)
    assert genesis_hash("jq-S", data) == sha256(indented.encode() + b"\n")


@needs_jq
def test_equals_jq_on_arrays_longer_than_a_batch() -> None:
    document = {"a": [{"z": [i], "k": {"n": i}} for i in range(2000)], "b": list(range(1500))}
    data = json.dumps(document).encode()
    assert genesis_hash("jq-S-c", data) == sha256(jq_output(data, "-S", "-c"))
    assert genesis_hash("jq-S", data) == sha256(jq_output(data, "-S"))


@needs_jq
@pytest.mark.parametrize("file", ["crypto-org/genesis.json", "stride/genesis.json"])
def test_equals_jq_on_real_genesis_files(file: str) -> None:
    data = shared_path(f"data/{file}").read_bytes()
    assert genesis_hash("jq-S-c", data) == sha256(jq_output(data, "-S", "-c"))
    assert genesis_hash("jq-S", data) == sha256(jq_output(data, "-S"))


AMBIGUOUS = {
    "fraction": (b'{"a":1.0}', "1.0"),
    "exponent": (b"[1e3]", "1e3"),
    "beyond 2^53": (b'{"a":[9007199254740992]}', "9007199254740992"),
    "beyond -2^53": (b"[1,-9007199254740992]", "-9007199254740992"),
    "big at the top": (b"12345678901234567", "12345678901234567"),
    "big first in an array": (b"[12345678901234567]", "12345678901234567"),
    "huge": (b"1" * 60, "more than 40 digits"),
    "too large to read": (b"1" * 5000, "out of range"),
    "minus zero": (b'{"a": -0}', "-0"),
    "minus zero at the top": (b"-0", "-0"),
    "minus zero next to one in a string": (b'["x -0 y", -0]', "-0"),
    "delete": (b'"\x7f"', "U+007F"),
    "escaped delete": (b'"\\u007f"', "U+007F"),
    "delete in a key": (b'{"\\u007F":1}', "U+007F"),
    "lone surrogate": (b'["\\ud800"]', "strict JSON"),
    "duplicate key": (b'{"a":1,"a":1}', 'key "a" occurs twice'),
    "escaped duplicate key": (b'{"a":1,"\\u0061":1}', 'key "a" occurs twice'),
    "NaN": (b"[NaN]", "strict JSON"),
    "nan": (b"nan", "strict JSON"),
    "invalid UTF-8": (b'"\xff"', "invalid unicode"),
    "encoded surrogate": (b'"\xed\xa0\x80"', "invalid unicode"),
    "BOM": (b"\xef\xbb\xbf{}", "byte order mark"),
    "two documents": (b"{} {}", "trailing"),
    "empty": (b"", "EOF"),
    "not JSON": (b"hello", "expected value"),
    "gzip": (b"\x1f\x8b\x08", "gzip"),
    "LFS": (b"version https://git-lfs.github.com/spec/v1\n", "Git-LFS pointer"),
    "raw control character": (b'"\x01"', "control character"),
    "too deep": (b"[" * 1000 + b"]" * 1000, "deeper than 200"),
}


@pytest.mark.parametrize("convention", ["jq-S-c", "jq-S"])
@pytest.mark.parametrize("name", AMBIGUOUS)
def test_says_could_not_check_where_jq_is_ambiguous(name: str, convention: str) -> None:
    data, reason = AMBIGUOUS[name]
    with pytest.raises(CouldNotCheck) as caught:
        genesis_hash(convention, data, path="packages/genesis/genesis.json")
    assert caught.value.subject == "packages/genesis/genesis.json"
    assert reason in caught.value.message
    assert convention in caught.value.message
    assert caught.value.mend


@pytest.mark.parametrize(
    "document",
    [
        ["9007199254740993", ": 12345678901234567,", "[-12345678901234567]"],
        {":99999999999999999": 1, ", 99999999999999999": 9007199254740991},
        ["-0", " -0,", "\\", '\\" -0 ', 0],
    ],
)
def test_digits_in_strings_are_not_numbers(document: object) -> None:
    data = json.dumps(document).encode()
    compact = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert genesis_hash("jq-S-c", data) == sha256(compact.encode() + b"\n")
    assert genesis_hash("jq-S", data).startswith("sha256:")


def test_raw_is_the_bytes() -> None:
    assert genesis_hash("raw", b"") == sha256(b"")
    assert genesis_hash("raw", b"\xff{") == sha256(b"\xff{")


def test_declared_cannot_be_recomputed() -> None:
    assert "declared" in CONVENTIONS
    with pytest.raises(CouldNotCheck, match="chain's own tool"):
        genesis_hash("declared", b"{}")


def test_unknown_convention_names_the_known_ones() -> None:
    with pytest.raises(UsageError) as caught:
        genesis_hash("jq\n-S", b"{}")
    assert "jq\\n-S" in caught.value.message
    assert "jq-S-c" in caught.value.mend


def test_matching_conventions_names_what_would_match() -> None:
    data = b'{"b": 1,\n "a": []}\n'
    assert matching_conventions(data, sha256(data)) == ("raw",)
    assert matching_conventions(data, sha256(b'{"a":[],"b":1}\n')) == ("jq-S-c",)
    assert matching_conventions(data, sha256(b'{\n  "a": [],\n  "b": 1\n}\n')) == ("jq-S",)
    assert matching_conventions(data, sha256(data[:-1])) == (WITHOUT_FINAL_NEWLINE,)
    assert matching_conventions(data[:-1], sha256(data)) == (WITH_FINAL_NEWLINE,)
    assert matching_conventions(data, sha256(b"other")) == ()
    assert matching_conventions(b"\x00opaque", sha256(b"\x00opaque")) == ("raw",)
    assert matching_conventions(b'{"a":1}\n', sha256(b'{"a":1}\n')) == ("raw", "jq-S-c")


def test_values_equal_and_bytes_different_is_visible() -> None:
    """The attack: a published canonical hash stays the same while the raw file changes."""
    one, other = b'{"a":1,"b":2}', b'{ "b": 2, "a": 1 }'
    assert genesis_hash("jq-S-c", one) == genesis_hash("jq-S-c", other)
    assert genesis_hash("raw", one) != genesis_hash("raw", other)
