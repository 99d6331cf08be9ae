"""`aztrust checklist`: the readiness checklist from its definitions to its end.

One module a command; `base` has the group.
"""

from __future__ import annotations

from aztrust.cli.checklist import (
    answer,
    decide,
    definitions,
    documents,
    freeze,
    import_document,
    plan,
    score,
    sign_off,
)
from aztrust.cli.checklist.base import checklist

__all__ = [
    "answer",
    "checklist",
    "decide",
    "definitions",
    "documents",
    "freeze",
    "import_document",
    "plan",
    "score",
    "sign_off",
]
