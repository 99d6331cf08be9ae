"""The version of aztrust, alone in its module so that a build tool can read and replace it."""

from __future__ import annotations

__version__ = "0.1.0"
