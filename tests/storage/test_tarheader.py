"""Our reading of a tar header is the standard library's, only stricter about numbers."""

from __future__ import annotations

import tarfile

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aztrust.storage.archives import tarheader
from aztrust.storage.archives.tarheader import (
    RECORD,
    TarHeader,
    disputed,
    parse_header,
    resembles_header,
)

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
        assert resembles_header(header)
    elif theirs(header) is not None:
        numbers = header[100:156] + header[329:345]
        checksum = header[148:156].strip(b" \0")
        assert any(mark in numbers for mark in b"+-_oO\x1c\x1d\x1e\x1f") or b"\0" in checksum


def header_of(form, **fields):
    info = tarfile.TarInfo("bin/node")
    data = bytearray(info.tobuf(form, "utf-8", "surrogateescape"))
    places = {"magic": 257, "prefix": 345, "end": 500, "size": 124}
    for field, value in fields.items():
        data[places[field] : places[field] + len(value)] = value
    return sealed(bytes(data))


@pytest.mark.parametrize(
    ("form", "fields", "refused"),
    [
        (tarfile.USTAR_FORMAT, {"prefix": b"p"}, ""),
        (tarfile.USTAR_FORMAT, {"magic": b"ustar\0\0\0"}, "neither POSIX"),
        (tarfile.USTAR_FORMAT, {"magic": b"\0ustar00"}, "neither POSIX"),
        (tarfile.USTAR_FORMAT, {"end": b"\0\0\0\0\0\0\0\0tar\0"}, "does not know"),
        (tarfile.GNU_FORMAT, {"prefix": b"p"}, "does not know"),
        (tarfile.GNU_FORMAT, {"end": b"x"}, "does not know"),
        (tarfile.GNU_FORMAT, {"magic": bytes(8)}, ""),
        (tarfile.GNU_FORMAT, {"magic": bytes(8), "prefix": b"p"}, "does not know"),
        (tarfile.GNU_FORMAT, {"size": b"       1777 "}, ""),
        (tarfile.GNU_FORMAT, {"size": bytes(12)}, ""),
        (tarfile.GNU_FORMAT, {"size": b"\x80" + bytes(10) + b"\x05"}, ""),
        (tarfile.GNU_FORMAT, {"size": b"\0" + b"7" * 11}, "not a plain number"),
        (tarfile.GNU_FORMAT, {"size": b"17\0 17\0     "}, "not a plain number"),
    ],
)
def test_bytes_after_a_format_and_odd_sizes_are_refused(form, fields, refused):
    header = header_of(form, **fields)
    assert theirs(header) is not None
    assert parse_header(header) == theirs(header)
    assert refused in disputed(header)
    assert bool(refused) is bool(disputed(header))


def test_a_checksum_is_written_as_a_number():
    good = header_of(tarfile.USTAR_FORMAT)
    total = tarfile.calc_chksums(good)[0]
    for written in (b"\0%06o ", b"%06o\0x"):
        odd = good[:148] + written % total + good[156:]
        with pytest.raises(ValueError, match="checksum"):
            parse_header(odd)
        assert resembles_header(odd)
    assert not resembles_header(bytes(RECORD))
    assert not resembles_header(good[8:] + good[:8])


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
    assert {tarfile.REGTYPE, tarfile.AREGTYPE} == tarheader.REGULAR
    gnu = {tarheader.LONG_NAME, tarheader.LONG_LINK}
    assert set(tarfile.GNU_TYPES) == gnu | {tarheader.SPARSE}
    assert {tarfile.XHDTYPE, tarfile.XGLTYPE} | gnu == tarheader.EXTENSIONS
    assert set(tarfile.SUPPORTED_TYPES) == tarheader.REGULAR | tarheader.WITHOUT_CONTENTS | gnu | {
        tarheader.SPARSE,
        tarfile.CONTTYPE,
    }
