"""Headers of programs and first bytes of other files: for a person, and never a crash."""

from __future__ import annotations

import io
import tarfile
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aztrust.core.host.describe import ARCHIVES, describe_head
from aztrust.core.host.executable import read_executable, slice_offsets
from aztrust.core.host.reading import FileDescription
from tests.core.programs import elf, mach, pe, universal


def described(data: bytes) -> tuple[str, tuple[str, ...]]:
    found = describe_head(data, len(data))
    return found.kind, found.platforms


@pytest.mark.parametrize(
    ("machine", "bits", "order", "platform"),
    [
        (62, 64, "<", "linux/amd64"),
        (183, 64, "<", "linux/arm64"),
        (3, 32, "<", "linux/386"),
        (40, 32, "<", "linux/arm"),
        (243, 64, "<", "linux/riscv64"),
        (21, 64, "<", "linux/ppc64le"),
        (21, 64, ">", "linux/ppc64"),
        (22, 64, ">", "linux/s390x"),
        (258, 64, "<", "linux/loong64"),
    ],
)
def test_elf_says_its_platform(machine, bits, order, platform):
    data = elf(machine, bits=bits, order=order, data=(4096, 32))
    assert described(data) == ("ELF executable", (platform,))
    found = read_executable(data)
    assert found is not None
    assert found.data == (range(4096, 4128),)


@pytest.mark.parametrize(
    ("abi", "system"), [(0, "linux"), (3, "linux"), (9, "freebsd"), (12, "openbsd")]
)
def test_elf_says_its_system(abi, system):
    assert described(elf(abi=abi))[1] == (f"{system}/amd64",)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (elf(kind=3, entry=4096), "ELF executable"),
        (elf(kind=3, entry=0), "ELF shared library"),
        (elf(kind=2, entry=0), "ELF file"),
        (elf(kind=1, entry=4096), "ELF object file"),
        (elf(kind=4, entry=4096), "ELF core dump"),
        (elf(kind=99), "ELF file"),
        (mach(kind=6), "Mach-O library"),
        (pe(flags=0x2022), "PE library"),
    ],
)
def test_what_is_not_a_program_to_start_is_reported(data, kind):
    assert described(data)[0] == kind


@pytest.mark.parametrize(
    ("data", "starts"),
    [
        *((elf(kind=kind), kind in (2, 3)) for kind in range(6)),
        *((elf(kind=kind, entry=0), False) for kind in range(6)),
        *((elf(machine=40, bits=32, kind=kind), kind in (2, 3)) for kind in range(6)),
        *((mach(kind=kind), kind == 2) for kind in range(10)),
        (universal(12), True),
        (pe(), True),
        (pe(flags=0x2022), False),
        (b"\x7fELF", False),
    ],
)
def test_only_what_can_be_started_is_called_an_executable(data, starts):
    assert described(data)[0].endswith("executable") == starts


@pytest.mark.parametrize(
    ("data", "platform"),
    [
        (elf(62, bits=32), "linux/machine-62-32-le"),
        (elf(183, order=">"), "linux/machine-183-64-be"),
        (elf(43, order=">"), "linux/machine-43-64-be"),
        (elf(9999), "linux/machine-9999-64-le"),
        (elf(abi=200), "unknown/amd64"),
        (elf(40, bits=32, abi=97), "unknown/arm"),
        (mach(18), "darwin/machine-18"),
        (universal(18, 7), "darwin/386"),
        (pe(0x200), "windows/machine-512"),
        (pe(0xA641), "windows/machine-42561"),
    ],
)
def test_what_has_no_name_is_called_by_its_number(data: bytes, platform: str):
    assert described(data)[1][-1] == platform


@pytest.mark.parametrize(
    ("cpu", "wide", "order", "platform"),
    [
        (0x0100000C, True, "<", "darwin/arm64"),
        (0x01000007, True, "<", "darwin/amd64"),
        (0x01000007, True, ">", "darwin/amd64"),
        (7, False, "<", "darwin/386"),
        (12, False, ">", "darwin/arm"),
    ],
)
def test_mach_o_says_its_platform(cpu, wide, order, platform):
    data = mach(cpu, wide=wide, order=order, data=(8192, 16))
    assert described(data) == ("Mach-O executable", (platform,))
    found = read_executable(data)
    assert found is not None
    assert found.data == (range(8192, 8208),)


@pytest.mark.parametrize("wide", [False, True])
def test_a_universal_file_says_every_platform_once(wide):
    data = universal(0x01000007, 0x0100000C, 0x01000007, 18, wide=wide)
    platforms = ("darwin/amd64", "darwin/arm64", "darwin/machine-18")
    assert described(data) == ("Mach-O universal executable", platforms)


@pytest.mark.parametrize("wide", [False, True])
def test_a_slice_is_for_what_its_own_header_says(wide):
    claimed = universal(0x01000007, wide=wide, table=True).ljust(1024, b"\0")
    for cpu, platforms in ((0x01000007, ("darwin/amd64",)), (0x0100000C, ("darwin/arm64",))):
        data = claimed + b"\xcf\xfa\xed\xfe" + cpu.to_bytes(4, "little") + bytes(24)
        assert described(data) == ("Mach-O universal executable", platforms)
    assert described(claimed + bytes(32)) == ("Mach-O universal executable", ())


def test_a_slice_that_is_not_there_has_no_platform():
    data = universal(0x01000007, 0x0100000C)
    assert described(data[:1088]) == ("Mach-O universal executable", ("darwin/amd64",))
    assert described(data[:1031]) == ("Mach-O universal executable", ())
    assert described(data[:30]) == ("Mach-O file, cut short", ())


def test_slices_behind_the_head_are_those_that_were_read():
    head = universal(0x01000007, 0x0100000C, at=1 << 20, table=True)
    assert slice_offsets(head) == (1 << 20, (1 << 20) + 64)
    slices = {1 << 20: mach(0x0100000C)[:8], (1 << 20) + 64: mach(0x01000007)[:7]}
    found = describe_head(head, 2 << 20, slices)
    assert found.platforms == ("darwin/arm64",)
    assert slice_offsets(mach()) == slice_offsets(head[:20]) == ()


def test_a_java_class_is_not_a_universal_file():
    assert described(b"\xca\xfe\xba\xbe\x00\x00\x00\x3d" + bytes(50)) == ("unknown bytes", ())


@pytest.mark.parametrize(
    ("machine", "platform"),
    [(0x8664, "windows/amd64"), (0xAA64, "windows/arm64"), (0x14C, "windows/386")],
)
def test_pe_says_its_platform(machine, platform):
    data = pe(machine, data=(1024, 512))
    assert described(data) == ("PE executable", (platform,))
    found = read_executable(data)
    assert found is not None
    assert found.data == (range(1024, 1536),)


@pytest.mark.parametrize("data", [elf(data=(1, 1)), mach(data=(1, 1)), pe(data=(1, 1))])
def test_a_header_that_is_cut_off_is_read_as_far_as_it_goes(data):
    for end in range(2, len(data)):
        found = describe_head(data[:end], end)
        assert found.kind
        assert len(found.platforms) <= 1
    found = read_executable(data[:-16])
    assert found is not None
    assert found.data is None
    assert found.platforms


def archives() -> dict[str, bytes]:
    tar, zipped = io.BytesIO(), io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("bin/atlasd"))
    with zipfile.ZipFile(zipped, "w") as packed:
        packed.writestr("bin/atlasd", b"x")
    return {
        "tar archive": tar.getvalue(),
        "zip archive": zipped.getvalue(),
        "gzip archive": b"\x1f\x8b\x08\x00",
        "xz archive": b"\xfd7zXZ\x00\x00\x04",
        "zstd archive": b"\x28\xb5\x2f\xfd\x00",
        "bzip2 archive": b"BZh91AY&SY",
    }


@pytest.mark.parametrize("kind", list(archives()))
def test_archives_have_a_name(kind):
    assert described(archives()[kind]) == (kind, ())
    assert kind in ARCHIVES


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", "empty file"),
        (b"#!/bin/sh\nexec atlasd\n", "script"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n", "Git-LFS pointer"),
        (b'\n {"chain_id": "x"}\n', "JSON text"),
        (b'\xef\xbb\xbf["x"]', "JSON text"),
        (b"<!DOCTYPE html>\n<html>", "HTML page"),
        (b"\r\n<HTML><head>", "HTML page"),
        (b"Not Found", "plain text"),
        (b"MZ is how this text begins", "plain text"),
        (b"\x00\x01\x02", "unknown bytes"),
        (b"a\x00b", "unknown bytes"),
        (b"\xff\xfe{\x00", "unknown bytes"),
    ],
)
def test_other_files_have_a_name(data, kind):
    assert described(data) == (kind, ())


def test_text_may_be_cut_inside_a_character():
    assert describe_head('{"moniker":"é'.encode()[:-1], 9999) == FileDescription("JSON text")
    assert describe_head(b'{"moniker":"\xe9"}', 9999).kind == "unknown bytes"


@given(st.binary(max_size=400), st.integers(0, 2**63))
def test_any_bytes_are_described(data, size):
    assert describe_head(data, size).kind


@given(
    st.sampled_from([elf(data=(1, 1)), mach(data=(1, 1)), universal(7, 12), pe(data=(1, 1))]),
    st.lists(st.tuples(st.integers(4, 420), st.integers(0, 255)), max_size=12),
)
def test_any_damage_to_a_header_is_survived(data, damage):
    hurt = bytearray(data)
    for at, value in damage:
        if at < len(hurt):
            hurt[at] = value
    found = describe_head(bytes(hurt), len(hurt))
    assert found.kind
    assert all("/" in platform for platform in found.platforms)
