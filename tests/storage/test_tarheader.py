"""Our reading of a tar header is the standard library's, only stricter about numbers."""

from __future__ import annotations

import tarfile

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aztrust.storage import tarheader
from aztrust.storage.tarheader import RECORD, TarHeader, parse_header

FORMATS = (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT)
KINDS = [bytes([n]) for n in (*b"01234567LKSxXgZ", 0)]
NAMES = st.one_of(
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=200),
    st.sampled_from(["", "a", "a/", "a//", "d" * 90 + "/" + "f" * 90, "ß" * 49, "x" * 100]),
)


def theirs(data: bytes) -> TarHeader | None:
    try:
        info = tarfile.TarInfo.frombuf(data, "utf-8", "surrogateescape")
    except (tarfile.HeaderError, ValueError):
        return None
    return TarHeader(info.name, info.type, info.size, info.linkname)


def ours(data: bytes) -> TarHeader | None:
    try:
        return parse_header(data)
    except ValueError:
        return None


def sealed(data: bytes, *, signed: bool = False) -> bytes:
    """The header with the checksum it should have."""
    total = tarfile.calc_chksums(data)[signed]
    return data[:148] + b"%06o\0 " % total + data[156:]


def records(data: bytes) -> list[bytes]:
    return [data[n : n + RECORD] for n in range(0, len(data), RECORD)]


@given(
    name=NAMES,
    kind=st.sampled_from(KINDS),
    size=st.sampled_from([0, 1, 511, 8**11 - 1, 8**11, 2**40, 2**62]),
    uid=st.sampled_from([0, 1000, 8**7, 2**31]),
    mtime=st.sampled_from([0, 1, -1, 2**33, 2**40]),
    link=NAMES,
    form=st.sampled_from(FORMATS),
)
def test_what_the_library_writes_is_read_alike(name, kind, size, uid, mtime, link, form):
    info = tarfile.TarInfo(name)
    info.type, info.size, info.uid, info.mtime, info.linkname = kind, size, uid, mtime, link
    try:
        written = info.tobuf(form, "utf-8", "surrogateescape")
    except ValueError:
        return  # ustar cannot say it
    heads = [ours(record) for record in records(written)]
    assert heads == [theirs(record) for record in records(written)]
    assert heads[-1] is not None


@given(
    st.lists(st.tuples(st.integers(0, RECORD - 1), st.integers(0, 255)), max_size=12),
    st.booleans(),
    st.booleans(),
)
@example([(124, 0o200), (135, 9)], True, False)
@example([(124, 0o377), (135, 9)], True, False)
@example([(100, ord("8"))], True, False)
@example([(337, ord("x"))], True, False)
@example([(0, 200), (1, 0xFF)], True, True)
@example([(156, 0), (8, ord("/"))], True, False)
@example([(0, 1)], False, False)
def test_what_the_library_refuses_is_refused_and_the_rest_read_alike(changes, resealed, signed):
    info = tarfile.TarInfo("bin/node")
    info.size = 4096
    data = bytearray(info.tobuf(tarfile.GNU_FORMAT, "utf-8", "surrogateescape"))
    for place, byte in changes:
        data[place] = byte
    header = sealed(bytes(data), signed=signed) if resealed else bytes(data)
    read = ours(header)
    if read is not None:
        assert read == theirs(header)
    elif theirs(header) is not None:
        assert any(mark in header[100:156] + header[329:345] for mark in b"+-_oO\x1c\x1d\x1e\x1f")


@pytest.mark.parametrize("number", [b"-0000000001\0", b"0o000000017\0", b"0000000_017\0"])
def test_numbers_are_octal_digits(number):
    data = tarfile.TarInfo("a").tobuf(tarfile.USTAR_FORMAT)
    header = sealed(data[:124] + number + data[136:])
    assert theirs(header) is not None
    with pytest.raises(ValueError, match="invalid header"):
        parse_header(header)


@pytest.mark.parametrize("length", [0, 1, RECORD - 1, RECORD + 1])
def test_a_header_of_another_length_is_none(length):
    with pytest.raises(ValueError, match="truncated"):
        parse_header(bytes(length))


def test_the_kinds_are_the_library_s():
    assert {tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.CONTTYPE} == tarheader.REGULAR
    assert set(tarfile.SUPPORTED_TYPES) == tarheader.KNOWN
    assert {tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE} == tarheader.PAX
    assert set(tarfile.GNU_TYPES) == {
        tarheader.LONG_NAME,
        tarheader.LONG_LINK,
        tarheader.SPARSE,
    }
