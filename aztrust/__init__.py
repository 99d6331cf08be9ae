"""aztrust: artifact integrity and freeze verification for mainnet launches.

The names in `__all__` are the API; everything else may move. `verify` is the pure judge over
`Evidence`, `verify_launch` reads a launch directory first. They are imported at first use, so that
a command pays only for what it needs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aztrust.acts.verify import verify_launch
    from aztrust.core.base.errors import AztrustError
    from aztrust.core.base.version import __version__ as __version__
    from aztrust.core.checks.check import Stage
    from aztrust.core.judge.verify import Verdict, verify
    from aztrust.core.state.context import Request
    from aztrust.core.state.evidence import Evidence

__all__ = ["AztrustError", "Evidence", "Request", "Stage", "Verdict", "verify", "verify_launch"]

_HOMES = {
    "__version__": "aztrust.core.base.version",
    "AztrustError": "aztrust.core.base.errors",
    "Evidence": "aztrust.core.state.evidence",
    "Request": "aztrust.core.state.context",
    "Stage": "aztrust.core.checks.check",
    "Verdict": "aztrust.core.judge.verify",
    "verify": "aztrust.core.judge.verify",
    "verify_launch": "aztrust.acts.verify",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'aztrust' has no attribute {name!r}")
    import importlib

    found: object = getattr(importlib.import_module(_HOMES[name]), name)
    return found
