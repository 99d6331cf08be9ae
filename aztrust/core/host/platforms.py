"""Whether a program can be what the policy declares: its platform against its own header.

A header names the machine for certain, and the system as far as its format does: ELF programs for
Linux usually say no more than "System V", which others say, too. What has no header (a script, an
archive, a format without a reader here) is unknown, which is not the same as right.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from aztrust.core.base.findings import Finding, Locus
from aztrust.core.base.paths import escape
from aztrust.core.host.executable import UNKNOWN
from aztrust.core.host.reading import FileDescription

CODE: Final = "platform-mismatch"

# Systems whose programs are in a format; None for the other ELF systems, of which there are many.
_OF_FORMAT: Final = {"Mach-O": ("darwin", "ios"), "PE": ("windows",)}
# Kinds of `executable.py`: the formats, and what can be started or loaded in them.
_NATIVE: Final = ("ELF ", "Mach-O ", "PE ")
_RUNS: Final = ("executable", "library", "bundle")
# What policies and release pages write for Go's names.
_ARCHITECTURES: Final = {
    "x86_64": "amd64",
    "x64": "amd64",
    "aarch64": "arm64",
    "i386": "386",
    "i686": "386",
    "x86": "386",
    "armhf": "arm",
    "armv6": "arm",
    "armv7": "arm",
}
_SYSTEMS: Final = {"macos": "darwin", "illumos": "solaris", "ios": "darwin"}
_UNIVERSAL: Final = ("universal", "all")
# EI_OSABI is 0, "System V", in programs for Linux and for systems that set nothing there.
_UNCERTAIN: Final = "linux"
_KNOWN: Final = frozenset(
    "386 amd64 arm arm64 riscv64 loong64 ppc64 ppc64le s390x mips mipsle mips64 mips64le".split()
)


def is_read(description: FileDescription | None) -> bool:
    """Whether a header says for which platforms a file is."""
    return description is not None and bool(description.platforms)


def can_run(description: FileDescription) -> bool:
    """Whether a host can start a file, or load it into a program; true where no header says.

    Object files, core dumps and headers that are cut short or have no place to start are neither.
    """
    kind = description.kind
    return not kind.startswith(_NATIVE) or kind.endswith(_RUNS)


def can_be(platform: str, description: FileDescription) -> bool:
    """Whether a file can be for a platform; true where its header says nothing.

    Args:
        platform: as declared, `os/arch`, with or without a variant, or `any`.
        description: what was read of the file; each slice of a universal program counts.
    """
    if not description.platforms:
        return True
    if platform == "any":
        # A native program runs on the machine of its header and on no other.
        return False
    system, arch = platform.split("/")[:2]
    system, arch = _SYSTEMS.get(system, system), _ARCHITECTURES.get(arch, arch)
    return any(
        _same_system(system, read.partition("/")[0], description.kind)
        and (arch == read.partition("/")[2] or _unnamed(arch, description.kind))
        for read in description.platforms
    )


def platform_findings(
    platform: str, description: FileDescription | None, subject: str, locus: Locus = Locus.LAUNCH
) -> Iterator[Finding]:
    """A finding where the header contradicts the declared platform; none where it is unknown."""
    if description is None or can_be(platform, description):
        return
    read = ", ".join(description.platforms)
    yield Finding(
        CODE,
        subject,
        f"it is declared for {escape(platform)}, and its header says {description.kind} for {read}",
        expected=escape(platform),
        actual=read,
        mend="put the file for the declared platform there, or correct the artifact's platform in"
        " the policy before it is announced; then seal again",
        locus=locus,
    )


def _same_system(declared: str, read: str, kind: str) -> bool:
    for form, systems in _OF_FORMAT.items():
        if kind.startswith(form):
            return declared in systems
    if any(declared in systems for systems in _OF_FORMAT.values()):
        return False
    return read in (declared, _UNCERTAIN, UNKNOWN)


def _unnamed(arch: str, kind: str) -> bool:
    """Whether the declared machine has no known name, so that no header can contradict it."""
    return arch not in _KNOWN and (arch not in _UNIVERSAL or kind.startswith("Mach-O"))
