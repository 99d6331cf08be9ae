"""aztrust: artifact integrity and freeze verification for mainnet launches.

The names in `__all__` are the API; everything else may move. `verify` is the pure judge over
`Evidence`, `verify_launch` reads a launch directory first. They are imported at first use, so that
a command pays only for what it needs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aztrust.core.check import Stage
    from aztrust.core.context import Request
    from aztrust.core.errors import AztrustError
    from aztrust.core.evidence import Evidence
    from aztrust.core.verify import Verdict, verify
    from aztrust.workflows.verify import verify_launch

__version__ = "0.1.0"
__all__ = ["AztrustError", "Evidence", "Request", "Stage", "Verdict", "verify", "verify_launch"]

_HOMES = {
    "AztrustError": "aztrust.core.errors",
    "Evidence": "aztrust.core.evidence",
    "Request": "aztrust.core.context",
    "Stage": "aztrust.core.check",
    "Verdict": "aztrust.core.verify",
    "verify": "aztrust.core.verify",
    "verify_launch": "aztrust.workflows.verify",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'aztrust' has no attribute {name!r}")
    import importlib

    found: object = getattr(importlib.import_module(_HOMES[name]), name)
    return found
