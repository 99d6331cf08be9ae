"""A declared platform against a header: what contradicts it, what agrees, what says nothing."""

from __future__ import annotations

import pytest

from aztrust.core.base.findings import Locus
from aztrust.core.host.describe import describe_head
from aztrust.core.host.platforms import can_be, can_run, is_read, platform_findings
from aztrust.core.host.reading import FileDescription
from fixtures.forge.programs import linux_program
from tests.core.programs import elf, mach, pe, universal

ELF = "ELF executable"


@pytest.mark.parametrize(
    ("platform", "kind", "read", "fits"),
    [
        ("linux/amd64", ELF, "linux/amd64", True),
        ("linux/amd64/v3", ELF, "linux/amd64", True),
        ("linux/x86_64", ELF, "linux/amd64", True),
        ("any", ELF, "linux/amd64", False),
        ("linux/arm64", ELF, "linux/amd64", False),
        ("linux/aarch64", ELF, "linux/amd64", False),
        ("darwin/amd64", ELF, "linux/amd64", False),
        ("windows/amd64", ELF, "linux/amd64", False),
        ("linux/amd64", ELF, "freebsd/amd64", False),
        ("freebsd/amd64", ELF, "freebsd/amd64", True),
        ("illumos/amd64", ELF, "solaris/amd64", True),
        # A header that says "System V" may be of any system with ELF programs.
        ("dragonfly/amd64", ELF, "linux/amd64", True),
        ("dragonfly/arm64", ELF, "linux/amd64", False),
        # No header names a machine of this name, so none contradicts it.
        ("linux/sparc64", ELF, "linux/amd64", True),
        ("linux/sparc64", ELF, "linux/machine-43-64-be", True),
        # A machine without a name is not one that has a name, and a system without one may be any.
        ("linux/amd64", ELF, "linux/machine-62-32-le", False),
        ("linux/riscv64", ELF, "linux/machine-243-32-le", False),
        ("linux/arm64", ELF, "unknown/arm64", True),
        ("linux/arm64", ELF, "unknown/arm", False),
        ("windows/amd64", "PE executable", "windows/machine-42561", False),
        ("linux/universal", ELF, "linux/amd64", False),
        ("darwin/universal", "Mach-O executable", "darwin/arm64", True),
        ("linux/arm64", "Mach-O executable", "darwin/arm64", False),
        ("windows/amd64", "PE executable", "windows/amd64", True),
        ("windows/arm64", "PE library", "windows/amd64", False),
    ],
)
def test_declared_and_read(platform: str, kind: str, read: str, fits: bool) -> None:
    assert can_be(platform, FileDescription(kind, (read,))) is fits


def test_every_slice_of_a_universal_program_counts() -> None:
    both = universal(0x01000007, 0x0100000C)
    one = universal(0x01000007)
    for platform in ("darwin/amd64", "darwin/arm64"):
        assert can_be(platform, describe_head(both, len(both)))
    assert can_be("darwin/amd64", describe_head(one, len(one)))
    assert not can_be("darwin/arm64", describe_head(one, len(one)))


def test_the_finding_names_file_declared_read_and_mend() -> None:
    program = linux_program("arm64")
    description = describe_head(program, len(program))
    (finding,) = platform_findings("linux/amd64", description, "release:bin/node", Locus.HOST)
    assert (finding.code, finding.subject) == ("platform-mismatch", "release:bin/node")
    assert (finding.expected, finding.actual) == ("linux/amd64", "linux/arm64")
    assert finding.locus is Locus.HOST
    assert "put the file for the declared platform there" in finding.mend
    assert list(platform_findings("linux/arm64", description, "x")) == []


@pytest.mark.parametrize("data", [b"#!/bin/sh\n", b"", b"\0\1\2", b"\x1f\x8b..."])
def test_what_has_no_header_is_unknown_and_no_contradiction(data: bytes) -> None:
    description = describe_head(data, len(data))
    assert not is_read(description)
    assert can_be("linux/amd64", description)
    assert not is_read(None)
    assert list(platform_findings("linux/amd64", None, "x")) == []


def test_a_windows_program_is_read() -> None:
    data = pe()
    assert is_read(describe_head(data, len(data)))
    assert not can_be("linux/amd64", describe_head(data, len(data)))


@pytest.mark.parametrize(
    ("data", "runs"),
    [
        (elf(), True),
        (elf(kind=3, entry=4096), True),
        (elf(kind=3, entry=0), True),
        (elf(kind=1), False),
        (elf(kind=4), False),
        (elf(kind=2, entry=0), False),
        (elf()[:30], False),
        (mach(), True),
        (mach(kind=8), True),
        (mach(kind=1), False),
        (mach(kind=4), False),
        (universal(0x01000007), True),
        (pe(), True),
        (pe(flags=0x2022), True),
        (b"#!/bin/sh\n", True),
        (b"", True),
    ],
    ids=[
        *("program", "position-independent", "library", "object", "core", "no start", "cut"),
        *("mach", "bundle", "mach object", "mach core", "universal", "pe", "dll"),
        *("script", "empty"),
    ],
)
def test_only_programs_and_libraries_run(data: bytes, runs: bool) -> None:
    assert can_run(describe_head(data, len(data))) is runs
