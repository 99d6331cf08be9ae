"""What an archive may hold besides the member that is asked for: each refusal with its neighbour.

Flags, sizes and cuts of other entries, and the exact value of every limit.
"""

from __future__ import annotations

import hashlib
import os
import struct
import tempfile
from collections.abc import Iterable, Iterator

import pytest

from aztrust.core.base.errors import CouldNotCheck
from aztrust.core.package.entries import Fault, MemberDigest
from aztrust.storage.archives import zipdirectory
from aztrust.storage.archives.archive import Limits, hash_members
from aztrust.storage.archives.bytestream import ByteStream
from tests.storage.hostile import (
    END,
    EVIL,
    GOOD,
    NAME,
    archive,
    central,
    deflated,
    described,
    entry,
    local,
    stored,
    with_long_end,
)

MEMBER = NAME.decode()
DISK = 34
"""Where a line of a zip's directory has the number of the part."""


def answer(data: bytes, limits: Limits | None = None) -> MemberDigest | Fault:
    """The answer about the member of an archive with these bytes."""
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.flush()
        first_pass = hashlib.sha256(data).digest()
        return hash_members(file.fileno(), "archive", [MEMBER], first_pass, limits)[MEMBER]


def is_good(found: MemberDigest | Fault) -> bool:
    assert isinstance(found, MemberDigest), found
    return found.sha256 == "sha256:" + hashlib.sha256(GOOD).hexdigest()


def refused(found: MemberDigest | Fault, code: str, says: str) -> None:
    assert isinstance(found, Fault), found
    assert (found.code, says in found.detail) == (code, True), found


# ---- zip: what is before the contents ----------------------------------------------------------


ZEROS = {
    "checksum": {"crc": 0},
    "sizes": {"size": 0},
    "all": {"crc": 0, "size": 0},
}


@pytest.mark.parametrize("zeros", ZEROS.values(), ids=ZEROS.keys())
def test_zeros_before_the_contents_need_the_flag_that_more_follows(zeros: dict[str, int]):
    """A streaming unpacker takes a size of zero for an empty file."""
    listed = stored(NAME, GOOD)[1]
    refused(
        answer(archive((local(NAME, GOOD, **zeros) + GOOD, listed))),
        "artifact-ambiguous",
        "described differently in the zip's directory",
    )


@pytest.mark.parametrize("zeros", [*ZEROS.values(), {}], ids=[*ZEROS, "nothing"])
def test_zeros_before_the_contents_with_the_flag_and_what_follows(zeros: dict[str, int]):
    part = (
        local(NAME, GOOD, flags=8, **zeros) + GOOD + described(GOOD),
        lambda at: central(NAME, GOOD, at, flags=8),
    )
    assert is_good(answer(archive(part)))


# ---- zip: flags and parts that are not known -----------------------------------------------------


def with_another(flags: int, *, disk: int = 0) -> bytes:
    """The member, and another entry with these flags in both lists."""
    other, data = b"README", b"hi"
    if flags & 8:
        body = local(other, b"", flags=flags) + data + described(data)
    else:
        body = local(other, data, flags=flags) + data

    def listed(at: int) -> bytes:
        line = bytearray(central(other, data, at, flags=flags))
        line[DISK : DISK + 2] = struct.pack("<H", disk)
        return bytes(line)

    return archive(stored(NAME, GOOD), (body, listed))


@pytest.mark.parametrize("bit", [b for b in range(16) if b not in (0, 1, 2, 3, 11)])
def test_a_flag_that_is_not_known_makes_the_zip_unreadable(bit: int):
    refused(answer(with_another(1 << bit)), "artifact-unreadable", "stored in an unknown way")


@pytest.mark.parametrize("bit", [1, 2, 3, 11])
def test_a_flag_that_is_known_is_read(bit: int):
    assert is_good(answer(with_another(1 << bit)))


def test_an_entry_that_is_in_another_part():
    refused(answer(with_another(0, disk=1)), "artifact-unreadable", "stored in an unknown way")
    assert is_good(answer(with_another(0, disk=0)))


# ---- zip: limits ---------------------------------------------------------------------------------


def two_packed() -> bytes:
    """Two entries that are small as they are there: 12 bytes and 3000."""
    data = b"x" * 3000
    packed = deflated(data)
    header = bytearray(local(b"README", data, method=8))
    header[18:22] = struct.pack("<L", len(packed))
    return archive(
        stored(NAME, GOOD),
        (
            bytes(header) + packed,
            lambda at: central(b"README", data, at, method=8, packed=len(packed)),
        ),
    )


def test_what_all_entries_of_a_zip_unpack_to_has_a_limit():
    data, total = two_packed(), len(GOOD) + 3000
    assert len(data) < total // 2
    assert is_good(answer(data, Limits(total=total)))
    refused(
        answer(data, Limits(total=total - 1)),
        "artifact-unreadable",
        f"more than the limit of {total - 1} bytes",
    )


def test_the_directory_of_a_zip_has_a_limit(monkeypatch: pytest.MonkeyPatch):
    data = archive(stored(NAME, GOOD), stored(b"README", b"hi"))
    length = 2 * 46 + len(NAME) + len(b"README")
    monkeypatch.setattr(zipdirectory, "MAX_DIRECTORY", length)
    assert is_good(answer(data))
    monkeypatch.setattr(zipdirectory, "MAX_DIRECTORY", length - 1)
    refused(answer(data), "artifact-unreadable", f"has more than {length - 1} bytes")


# ---- a zip inside a tar --------------------------------------------------------------------------


def in_tar(tail: bytes) -> bytes:
    """A tar with the member, whose last entry ends in `tail`."""
    return entry(NAME, GOOD) + entry(b"notes", tail) + END


@pytest.mark.parametrize("masked", [{"size": 0xFFFFFFFF, "start": 0xFFFFFFFF, "count": 0xFFFF}])
def test_a_tar_that_ends_in_a_long_directory_of_a_zip(masked: dict[str, int]):
    """Its end record of 32 bits says only that there is another one."""
    inner = with_long_end(archive(stored(NAME, EVIL)), **masked)
    refused(answer(in_tar(inner)), "artifact-ambiguous", "a tar archive to some unpackers")


def test_a_tar_that_ends_in_a_directory_of_a_zip_or_in_none():
    refused(
        answer(in_tar(archive(stored(NAME, EVIL)))),
        "artifact-ambiguous",
        "a tar archive to some unpackers",
    )
    # The mark of an end record that counts no entry, and that points nowhere.
    for harmless in (b"PK\5\6" + bytes(18), b"PK\5\6", b"PK\5\6" + b"\x41" * 18):
        assert is_good(answer(in_tar(harmless + b"." * 30)))


# ---- a tar that is cut ---------------------------------------------------------------------------


def test_a_tar_that_is_cut_inside_an_entry_that_is_not_asked_for():
    whole = entry(NAME, GOOD) + entry(b"README", b"x" * 1500)
    assert is_good(answer(whole + END))
    assert is_good(answer(whole))
    for cut in (1, 100, 512, 1000, 1535):
        refused(answer(whole[:-cut]), "artifact-unreadable", "it ends in the middle of an entry")


def test_everything_in_a_tar_together_has_a_limit():
    data = entry(NAME, GOOD) + entry(b"README", b"x" * 1500) + END
    assert is_good(answer(data, Limits(total=len(data))))
    refused(
        answer(data, Limits(total=len(data) - 1)),
        "artifact-unreadable",
        f"more than the limit of {len(data) - 1} bytes",
    )


def counted(blocks: Iterable[bytes]) -> Iterator[bytes]:
    yield from blocks


def test_a_stream_ends_at_its_limit_whatever_its_blocks_are():
    block = os.urandom(100)
    assert ByteStream(counted([block] * 5), 500).take(600) == block * 5
    for blocks in ([block] * 6, [block * 5, b"x"], [block * 5 + b"x"]):
        with pytest.raises(CouldNotCheck, match="the limit of 500 bytes") as caught:
            ByteStream(counted(blocks), 500).take(600)
        assert caught.value.code == "artifact-unreadable"


def test_a_zip_without_entries_has_no_member():
    found = answer(b"PK\x05\x06" + b"\0" * 18)
    assert isinstance(found, Fault)
    assert found.code != ""
