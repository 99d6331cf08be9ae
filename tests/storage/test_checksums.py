"""Checksum lists, written and read by the usual tools and by this one."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aztrust.storage.checksums import (
    BadLine,
    ChecksumLine,
    algorithm_of,
    format_line,
    parse_list,
)
from tests.storage.trees import entry

NAMES = [
    b"plain", b"a b", b" lead", b"*star", b"back\\slash", b"\\", b"\\n", b"new\nline", b"a\n\n\\b",
    b"cr\rx", b"tab\t", "ü名".encode(), b"paren) = (", b"#comment", b"-dash",
]  # fmt: skip
NOT_UTF8 = b"\xff\xfe"
TOOLS = {"sha256": "sha256sum", "blake3": "b3sum"}

digests = st.sampled_from(["0" * 64, "0123456789abcdef" * 4])
names = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1)


@pytest.fixture(params=TOOLS)
def tool(request):
    path = shutil.which(TOOLS[request.param])
    if path is None:
        pytest.skip(f"{TOOLS[request.param]} is not installed")
    return request.param, path


@pytest.fixture
def folder(tmp_path):
    for name in NAMES:
        (tmp_path / os.fsdecode(name)).write_bytes(name * 3)
    return tmp_path


def lines(algorithm, **options):
    return [
        format_line(
            algorithm, getattr(entry("x", name * 3), algorithm), os.fsdecode(name), **options
        )
        for name in NAMES
    ]


def run(*command, cwd, data=b""):
    return subprocess.run(command, cwd=cwd, input=data, capture_output=True, check=False)


def test_lines_are_those_of_the_tool_byte_for_byte(tool, folder):
    algorithm, path = tool
    done = run(path, "--", *map(os.fsdecode, NAMES), cwd=folder)
    assert done.stdout == b"".join(lines(algorithm))


def test_the_tool_accepts_the_lines(tool, folder):
    algorithm, path = tool
    done = run(path, "--check", "-", cwd=folder, data=b"".join(lines(algorithm)))
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.count(b"OK\n") == len(NAMES)


def test_tagged_lines_are_those_of_sha256sum(folder):
    path = shutil.which("sha256sum")
    if path is None:
        pytest.skip("sha256sum is not installed")
    done = run(path, "--tag", "--", *map(os.fsdecode, NAMES), cwd=folder)
    assert done.stdout == b"".join(lines("sha256", tagged=True))


def test_names_that_are_not_utf8_are_kept(tmp_path):
    path = shutil.which("sha256sum")
    if path is None:
        pytest.skip("sha256sum is not installed")
    (tmp_path / os.fsdecode(NOT_UTF8)).write_bytes(b"x")
    line = format_line("sha256", entry("x", b"x").sha256, os.fsdecode(NOT_UTF8))
    assert run(path, "--", os.fsdecode(NOT_UTF8), cwd=tmp_path).stdout == line
    assert [found.name for found in parse_list(line, None)] == [os.fsdecode(NOT_UTF8)]


@given(names, digests, st.sampled_from(["sha256", "blake3"]), st.booleans())
def test_what_is_written_is_read_back(name, digest, algorithm, tagged):
    if not tagged and algorithm == "blake3" and name.endswith("\r"):
        # b3sum leaves a carriage return as it is, and every reader takes a last one for CR LF.
        name = name.rstrip("\r") or "x"
    line = format_line(algorithm, digest, name, tagged=tagged)
    assert line.count(b"\n") == 1
    hint = None if tagged else algorithm
    assert list(parse_list(line, hint)) == [ChecksumLine(1, name, digest, algorithm)]


@pytest.mark.parametrize(
    "line",
    [
        "0" * 63 + "  name", "0" * 65 + "  name", "0" * 64, "0" * 64 + "  ",
        "g" * 64 + "  name", "\\" + "0" * 64 + "  bad\\x", "\\" + "0" * 64 + "  end\\",
        "SHA512 (name) = " + "0" * 64, "SHA256 (name) = " + "0" * 63, "SHA256 () = " + "0" * 64,
        "SHA256 (name) =" + "0" * 64, "name", "0" * 64 + "  a\0b", " ", "<html>",
    ],
)  # fmt: skip
def test_a_line_that_says_nothing_is_reported(line):
    # Twice, because one digest alone is a form of its own.
    data = 2 * (line.encode() + b"\n")
    assert list(parse_list(data, None)) == [BadLine(1, line), BadLine(2, line)]


def test_comments_empty_lines_case_and_windows_line_ends():
    data = b"# SHA256 of the release\r\n\r\n\n" + b"  " + b"AB" * 32 + b" *name\r\n"
    assert list(parse_list(data, "sha256")) == [ChecksumLine(4, "name", "ab" * 32, "sha256")]


@pytest.mark.parametrize(
    ("name", "algorithm"),
    [
        ("SHA256SUMS", "sha256"),
        ("d/sha256sum.txt", "sha256"),
        ("B3SUMS", "blake3"),
        ("atlasd.b3", "blake3"),
        ("blake3/list", None),
        ("-", None),
        ("CHECKSUMS", None),
    ],
)
def test_a_lists_name_may_name_its_algorithm(name, algorithm):
    assert algorithm_of(name) == algorithm


@given(st.binary(max_size=200))
def test_any_bytes_are_a_list(data):
    for found in parse_list(data, None):
        assert isinstance(found, ChecksumLine | BadLine)
