"""aztrust: artifact integrity and freeze verification for mainnet launches.

The names in `__all__` are the API (docs/library.md); everything else may move. They are imported
at first use, so that a command pays only for what it needs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aztrust.acts.library import Result, gate, parse_anchor, preflight, verify
    from aztrust.core.base.errors import (
        AztrustError,
        CouldNotCheck,
        Malformed,
        NothingToVerify,
        UsageError,
    )
    from aztrust.core.base.findings import Finding
    from aztrust.core.base.version import __version__ as __version__

__all__ = [
    "AztrustError",
    "CouldNotCheck",
    "Finding",
    "Malformed",
    "NothingToVerify",
    "Result",
    "UsageError",
    "gate",
    "parse_anchor",
    "preflight",
    "verify",
]

_HOMES = {
    "__version__": "aztrust.core.base.version",
    "AztrustError": "aztrust.core.base.errors",
    "CouldNotCheck": "aztrust.core.base.errors",
    "Malformed": "aztrust.core.base.errors",
    "NothingToVerify": "aztrust.core.base.errors",
    "Finding": "aztrust.core.base.findings",
    "Result": "aztrust.acts.library",
    "UsageError": "aztrust.core.base.errors",
    "gate": "aztrust.acts.library",
    "parse_anchor": "aztrust.acts.library",
    "preflight": "aztrust.acts.library",
    "verify": "aztrust.acts.library",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'aztrust' has no attribute {name!r}")
    import importlib

    found: object = getattr(importlib.import_module(_HOMES[name]), name)
    return found
