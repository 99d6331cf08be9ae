"""Which of the programs that were found on a host is the one to start."""

from __future__ import annotations

from aztrust.core.base.value import frozen
from aztrust.core.host.reading import HostFile, HostItem, HostReading

NAMED = "--binary"
"""The source of a file that an option named."""


@frozen
class Program:
    """A program to start, and what the host has it for."""

    item: HostItem
    file: HostFile


def programs_to_start(host: HostReading) -> tuple[Program, ...]:
    """The programs that may be meant: those that were named, else the first of each that was found.

    Exactly one is the one to start. Every other file of the host is judged, and not started.
    """
    found = [item for item in host.artifacts if item.kind == "program" and item.files]
    named = tuple(
        Program(item, file) for item in found for file in item.files if file.source == NAMED
    )
    return named or tuple(Program(item, item.files[0]) for item in found)


def role_to_start(host: HostReading) -> str:
    """The role of the network that this host is to start in; "" where nothing says which."""
    if host.start_role:
        return host.start_role
    roles = {program.item.role for program in programs_to_start(host)}
    return roles.pop() if len(roles) == 1 else ""
