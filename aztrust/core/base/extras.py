"""Packages that only some commands need, and how they come to this installation."""

from __future__ import annotations

import sys


def how_to_install(*requirements: str) -> str:
    """What a person does about it; the one-file executable takes no package.

    >>> how_to_install("segno>=1.6")
    "pip install 'segno>=1.6'"
    """
    named = " ".join(f"'{each}'" if ">" in each else each for each in requirements)
    if getattr(sys, "frozen", False):
        return f"this one file takes no package: install the wheel (docs/install.md), then {named}"
    return f"pip install {named}"
