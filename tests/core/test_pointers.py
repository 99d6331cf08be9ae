"""References of linkage rules: parsed strictly, resolved exactly, compared by type and value."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aztrust.core.base.digest import both
from aztrust.core.base.errors import AztrustError, Malformed, UsageError
from aztrust.core.base.times import format_rfc3339, parse_rfc3339, parse_unix_seconds
from aztrust.core.linkage.documents import parse_document
from aztrust.core.linkage.jsonpointer import parse_pointer
from aztrust.core.linkage.pointers import Sources, parse_reference, resolve
from aztrust.core.linkage.scalars import Scalar, compare, equal

JSON = b'{"a": {"b/c": [5, "5", true, null, 1.0], "m~n": "x", "": "empty"}, "chain_id": "atlas-1"}'
TOML = b'chain_id = "atlas-1"\nn = 0x10\nf = 1.50\nb = true\nt = 2026-06-01T14:00:00Z\n[u]\nx = [1]'
YAML = b"chain_id: atlas-1\nn: 17000\nno: no\noctal: 0777\nempty:\nlist: [1, 'two']\n"
SOURCES = Sources(
    {
        ("release", "c.toml"): TOML,
        ("release", "c.yaml"): YAML,
        ("release", "notes.txt"): b"hello",
        ("genesis", "genesis.json"): JSON,
        ("genesis", "plain"): JSON,
    },
    {"chain_id": "atlas-1", "network_class": "devnet"},
    {("release", "bin/node"): ("sha256:" + "ab" * 32, "blake3:" + "cd" * 32)},
)


def value(text: str) -> tuple[str, str]:
    scalar = resolve(parse_reference(text), SOURCES)
    return scalar.kind, scalar.text


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("genesis:genesis.json#/a/b~1c/0", ("integer", "5")),
        ("genesis:genesis.json#/a/b~1c/1", ("string", "5")),
        ("genesis:genesis.json#/a/b~1c/2", ("boolean", "true")),
        ("genesis:genesis.json#/a/b~1c/3", ("null", "null")),
        ("genesis:genesis.json#/a/b~1c/4", ("number", "1.0")),
        ("genesis:genesis.json#/a/m~0n", ("string", "x")),
        ("genesis:genesis.json#/a/", ("string", "empty")),
        ("genesis:plain#/chain_id", ("string", "atlas-1")),
        ("release:c.toml#/chain_id", ("string", "atlas-1")),
        ("release:c.toml#/n", ("integer", "16")),
        ("release:c.toml#/f", ("number", "1.50")),
        ("release:c.toml#/b", ("boolean", "true")),
        ("release:c.toml#/t", ("time", "2026-06-01T14:00:00+00:00")),
        ("release:c.toml#/u/x/0", ("integer", "1")),
        ("release:c.yaml#/n", ("string", "17000")),
        ("release:c.yaml#/no", ("string", "no")),
        ("release:c.yaml#/octal", ("string", "0777")),
        ("release:c.yaml#/empty", ("string", "")),
        ("release:c.yaml#/list/1", ("string", "two")),
        ("release:bin/node@sha256", ("digest", "sha256:" + "ab" * 32)),
        ("release:bin/node@blake3", ("digest", "blake3:" + "cd" * 32)),
        ("genesis:genesis.json@sha256", ("digest", both(JSON).sha256)),
        ("launch:chain_id", ("string", "atlas-1")),
        ("'it''s'", ("string", "it''s")),
        ("''", ("string", "")),
    ],
)
def test_resolves(reference: str, expected: tuple[str, str]) -> None:
    assert value(reference) == expected


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("genesis:genesis.json#/a/b~1c/01", 'no element "01"'),
        ("genesis:genesis.json#/a/b~1c/5", "array of 5"),
        ("genesis:genesis.json#/a/b~1c/-", 'no element "-"'),
        ("genesis:genesis.json#/a/b~1c/0/x", "a number is there"),
        ("genesis:genesis.json#/a", "an object is there"),
        ("genesis:genesis.json#", "an object is there"),
        ("genesis:genesis.json#/a/b~1c", "an array is there"),
        ("genesis:genesis.json#/Chain_id", 'only "chain_id"'),
        ("genesis:genesis.json#/chain_id ", 'only "chain_id"'),
        ("genesis:gone.json#/x", "not in the package"),
        ("genesis:gone.json@sha256", "not in the package"),
        ("release:notes.txt#/x", ".json, .toml, .yaml"),
        ("launch:name", "the launch has no name"),
    ],
)
def test_an_unresolvable_reference_is_a_failed_check(reference: str, said: str) -> None:
    with pytest.raises(Malformed) as caught:
        resolve(parse_reference(reference), SOURCES)
    assert caught.value.code == "linkage-broken"
    assert said in caught.value.message
    assert caught.value.subject
    assert caught.value.mend


@pytest.mark.parametrize(
    "text",
    [
        "",
        "chain_id",
        "genesis.json#/a",
        "Genesis:genesis.json#/a",
        "other:genesis.json#/a",
        "genesis:genesis.json",
        "genesis:genesis.json@md5",
        "genesis:genesis.json#a",
        "genesis:genesis.json#/a~2",
        "genesis:genesis.json#/a~",
        "genesis:#/a",
        "genesis:/etc/passwd#/a",
        "genesis:../x.json#/a",
        "genesis:a//b.json@sha256",
        "genesis:@sha256",
        "launch:genesis_hash",
        "launch:",
        "'unclosed",
        "'",
    ],
)
def test_a_bad_reference_is_a_malformed_policy(text: str) -> None:
    with pytest.raises(Malformed) as caught:
        parse_reference(text)
    assert caught.value.code == "policy-malformed"
    assert caught.value.subject == "manifests/launch.toml"


def test_what_a_reference_needs() -> None:
    with pytest.raises(Malformed, match="leading #"):
        parse_pointer("/chain_id")
    assert parse_reference("release:a.json#/x").needs() == ("release", "a.json")
    assert parse_reference("release:a.json@sha256").needs() is None
    assert parse_reference("release:a@b.json#/x@y").path == "a@b.json"
    assert parse_pointer("#") == ()
    assert parse_pointer("#/a/~01") == ("a", "~1")


@pytest.mark.parametrize(
    ("path", "data", "said"),
    [
        ("a.json", b'{"a":1,"\\u0061":2}', 'key "a" occurs twice'),
        ("a.json", b"\xef\xbb\xbf{}", "byte order mark"),
        ("a.toml", b"a = 1\na = 2", "not TOML"),
        ("a.toml", b"\xef\xbb\xbfa = 1", "byte order mark"),
        ("a.toml", b"a = \xff", "byte 5 is not UTF-8"),
        ("a.toml", b"a = " + b"[" * 5000, "TOML"),
        ("a.yaml", b"a: 1\na: 2\n", 'the key "a" twice'),
        ("a.yaml", b'a: 1\n"\\x61": 2\n', 'the key "a" twice'),
        ("a.yaml", b"a: &x 1\nb: 2\n", "an anchor"),
        ("a.yaml", b"a: *x\n", "an alias"),
        ("a.yaml", b"a: !!int 1\n", "a tag"),
        ("a.yaml", b"a: !x [1]\n", "a tag"),
        ("a.yaml", b"%YAML 1.1\n---\na: 1\n", "a directive"),
        ("a.yaml", b"a: 1\n---\nb: 2\n", "a second document"),
        ("a.yaml", b"<<: {a: 1}\n", "a merge key"),
        ("a.yaml", b"[1]: 2\n", "a key that is not a scalar"),
        ("a.yaml", b"a: [" * 300, "nesting deeper than 200"),
        ("a.yaml", b"[" * 300 + b"]" * 300, "nesting deeper than 200"),
        ("a.yml", b"a: [1\n", "not YAML"),
        ("a.yml", b"a: \x00\n", "not YAML"),
        ("a.yml", b"a: \xff\n", "not UTF-8"),
        ("a.ini", b"", ".json"),
    ],
)
def test_documents_with_two_readings_are_refused(path: str, data: bytes, said: str) -> None:
    with pytest.raises(Malformed) as caught:
        parse_document(data, path=path, what=f"release:{path}", code="linkage-broken")
    assert said in caught.value.message
    assert "\n" not in caught.value.message
    assert (caught.value.subject, caught.value.code) == (f"release:{path}", "linkage-broken")


def test_a_genesis_that_cannot_be_read_is_a_malformed_genesis() -> None:
    for data in (b'{"chain_id":"a","chain_id":"b"}', b'{"chain_id":"a","Chain_ID":"b"}'):
        sources = Sources({("genesis", "g.json"): data})
        with pytest.raises(Malformed) as caught:
            resolve(parse_reference("genesis:g.json#/chain_id"), sources)
        assert caught.value.code == "genesis-malformed"


def test_empty_yaml_and_huge_toml_integers() -> None:
    assert parse_document(b"", path="a.yaml", what="a", code="x") is None
    sources = Sources({("release", "a.toml"): b"n = 0x" + b"f" * 6000})
    assert resolve(parse_reference("release:a.toml#/n"), sources).text.startswith("0xfff")


S, N, B = (
    (lambda t: Scalar("string", t)),
    (lambda t: Scalar("integer", t)),
    Scalar("boolean", "true"),
)


@pytest.mark.parametrize(
    ("left", "right", "reading", "holds"),
    [
        (S("5"), S("5"), None, True),
        (N("5"), S("5"), None, False),
        (N("5"), N("5"), None, True),
        (N("5"), S("5"), "integer", True),
        (N("16"), S("0x10"), "integer", True),
        (S("05"), N("5"), "integer", False),
        (S(" 5"), N("5"), "integer", False),
        (N("1"), B, None, False),
        (N("1"), B, "integer", False),
        (S("true"), B, None, False),
        (S("true"), B, "string", True),
        (Scalar("null", "null"), Scalar("null", "null"), None, True),
        (Scalar("null", "null"), S("null"), "string", False),
        (N("5"), S("5"), "string", True),
        (Scalar("number", "5.0"), N("5"), "integer", False),
        (Scalar("number", "1.0"), Scalar("number", "1.00"), None, False),
        (S("0xABcd"), S("abCD"), "hex", True),
        (S("0x"), S(""), "hex", True),
        (S("0xabc"), S("0xabc"), "hex", False),
        (N("10"), S("10"), "hex", False),
        (S("2026-06-01T16:00:00+02:00"), N("1780322400"), "time", True),
        (S("2026-06-01T14:00:00.5Z"), S("2026-06-01T14:00:00.500Z"), "time", True),
        (S("2026-06-01T14:00:00Z"), S("2026-06-01T14:00:01Z"), "time", False),
        (S("1780322400"), S("2026-06-01T14:00:00Z"), "time", True),
        (S("2026-06-01T14:00:00"), S("2026-06-01T14:00:00"), "time", False),
        (B, N("1"), "time", False),
        (Scalar("digest", "sha256:" + "ab" * 32), S("ab" * 32), None, True),
        (S("SHA256:" + "AB" * 32), Scalar("digest", "sha256:" + "ab" * 32), None, True),
        (Scalar("digest", "sha256:" + "ab" * 32), S("blake3:" + "ab" * 32), None, False),
        (Scalar("digest", "sha256:" + "ab" * 32), S("0x" + "AB" * 32), "hex", True),
    ],
)
def test_compare(left: Scalar, right: Scalar, reading: str | None, holds: bool) -> None:
    for one, other in ((left, right), (right, left)):
        comparison = compare(one, other, reading)
        assert comparison.holds is equal(one, other, reading) is holds
        assert bool(comparison.reason) is not holds


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("atlas-1 ", "character 8: U+0020 SPACE against the end"),
        ("\u0430tlas-1", "character 1: U+0430 CYRILLIC SMALL LETTER A against 'a'"),
        ("atlas\u200b-1", "character 6: U+200B ZERO WIDTH SPACE against '-'"),
        ("Atlas-1", "character 1: 'A' against 'a'"),
        ("atlas\n-1", "character 6: U+000A against '-'"),
    ],
)
def test_look_alikes_differ_and_are_shown(wrong: str, said: str) -> None:
    comparison = compare(S(wrong), S("atlas-1"))
    assert not comparison.holds
    assert said in comparison.reason
    assert comparison.left.startswith('"')
    assert comparison.left != comparison.right
    assert "\n" not in comparison.left


def test_long_values_are_cut_and_unknown_readings_refused() -> None:
    assert len(S("x" * 10_000).shown()) < 200
    with pytest.raises(UsageError, match="float"):
        compare(S("1"), S("1"), "float")


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-30T00:00:00Z",
        "2026-06-01T24:00:00Z",
        "2026-06-01T23:59:60Z",
        "2026-06-01T14:00:00+24:00",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-01:00",
        "\uff12026-06-01T14:00:00Z",
        "2026-06-01T14:00:00.Z",
        "yesterday",
    ],
)
def test_no_rfc_3339_instant(text: str) -> None:
    assert parse_rfc3339(text) is None


@given(st.integers(0, 253402300799), st.integers(0, 999_999_999))
def test_instants_survive_their_text(seconds: int, fraction: int) -> None:
    instant = seconds * 10**9 + fraction
    assert parse_rfc3339(format_rfc3339(instant)) == instant
    assert parse_unix_seconds(str(seconds)) == seconds * 10**9
    assert parse_unix_seconds(f"0{seconds}") is None


@given(st.binary(max_size=60), st.sampled_from(["json", "toml", "yaml"]), st.text(max_size=8))
def test_any_bytes_give_a_scalar_or_our_own_error(data: bytes, form: str, key: str) -> None:
    sources = Sources({("release", f"a.{form}"): data})
    try:
        reference = parse_reference(f"release:a.{form}#/{key}")
        scalar = resolve(reference, sources)
    except AztrustError:
        return
    assert compare(scalar, scalar).holds
