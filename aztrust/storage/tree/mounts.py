"""Mount points inside a package: a bind mount has its file system's own device number (law 6)."""

from __future__ import annotations

import os
import re

MOUNT_TABLE = "/proc/self/mountinfo"
"""proc_pid_mountinfo(5): field 5 is the mount point, with blanks and backslashes in octal."""

_OCTAL = re.compile(rb"\\([0-7]{3})")


def mounts_below(directory: int) -> frozenset[bytes]:
    """Paths, relative to the directory descriptor, on which something is mounted.

    Empty where the system has no such table; a different st_dev is then the only sign.
    """
    try:
        root = os.readlink(b"/proc/self/fd/%d" % directory)
        with open(MOUNT_TABLE, "rb") as table:
            lines = table.read().split(b"\n")
    except OSError:
        return frozenset()
    prefix = root.rstrip(b"/") + b"/"
    points = (fields[4] for line in lines if len(fields := line.split(b" ")) > 4)
    return frozenset(
        point[len(prefix) :]
        for point in (_OCTAL.sub(_byte, raw) for raw in points)
        if point.startswith(prefix) and point != prefix
    )


def _byte(match: re.Match[bytes]) -> bytes:
    return bytes([int(match[1], 8)])
