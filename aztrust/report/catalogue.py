"""Every check and every finding code: the one table that explain, the docs and tests share."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from functools import cache
from typing import Any

from aztrust.core.check import Check, Code
from aztrust.core.checks import CHECKS
from aztrust.core.outcome import CheckClass, Guidance, Status
from aztrust.core.policy import PACKAGE_CLASSES
from aztrust.core.value import frozen
from aztrust.core.verify import EXIT_ERROR, EXIT_FAIL, EXIT_PARTIAL, EXIT_PASS, EXIT_UNPINNED

# Seen, told, and never counted: they say nothing against this launch (law 15).
NOTICES = frozenset({"signer-unknown", "approval-other-scope", "excluded-path"})


@frozen
class Meaning:
    """A finding code with all that follows from it.

    `found_by` are the ids of the checks that answer with it, as they stand in a report.
    """

    code: str
    check_class: CheckClass
    locus: str
    guidance: Guidance
    exit_code: int
    says: str
    mend: str
    found_by: tuple[str, ...]

    def document(self) -> dict[str, Any]:
        """The meaning as a JSON value."""
        return {
            "code": self.code,
            "class": self.check_class.value,
            "locus": self.locus,
            "guidance": self.guidance.value,
            "exit_code": self.exit_code,
            "says": self.says,
            "mend": self.mend,
            "found_by": list(self.found_by),
        }


@cache
def meanings() -> Mapping[str, Meaning]:
    """Every code, sorted by name."""
    found: dict[str, list[tuple[Check, Code]]] = {}
    for check in CHECKS:
        for code in check.codes:
            found.setdefault(code.name, []).append((check, code))
    return {name: _meaning(name, found[name]) for name in sorted(found)}


def find_check(name: str) -> Check | None:
    """The check of an id: its own, or the one a report shows (`release-seal`)."""
    return next((check for check in CHECKS if name in (check.id, *result_ids(check))), None)


def result_ids(check: Check) -> tuple[str, ...]:
    """The ids a check has in a report."""
    if not check.per_package:
        return (check.id,)
    return tuple(f"{package_class}-{check.id}" for package_class in PACKAGE_CLASSES)


def page(check: Check) -> str:
    """What a check asks and why, as its file says it."""
    return (importlib.import_module(check.ask.__module__).__doc__ or "").strip()


def check_document(check: Check) -> dict[str, Any]:
    """The check as a JSON value."""
    return {
        "id": check.id,
        "ids": list(result_ids(check)),
        "title": check.title,
        "class": check.check_class.value,
        "clauses": list(check.clauses),
        "stage": check.stage.name.lower(),
        "text": page(check),
        "codes": [code.name for code in check.codes],
    }


def _meaning(name: str, found: list[tuple[Check, Code]]) -> Meaning:
    check, code = found[0]
    return Meaning(
        code=name,
        check_class=check.check_class,
        locus=code.locus.value,
        guidance=_guidance(check, code),
        exit_code=_exit_code(check, code),
        says=code.says,
        mend=code.mend,
        found_by=tuple(id_ for check, _ in found for id_ in result_ids(check)),
    )


def _guidance(check: Check, code: Code) -> Guidance:
    if code.name in NOTICES:
        return Guidance.CONTINUE
    if code.guidance is not None:
        return code.guidance
    broken = check.check_class is CheckClass.TRUTH and code.status is Status.FAIL
    return Guidance.ABORT if broken else Guidance.HOLD


def _exit_code(check: Check, code: Code) -> int:
    if code.name in NOTICES:
        return EXIT_PASS
    if code.status is Status.ERROR:
        return EXIT_ERROR
    if code.status is Status.NOT_RUN:
        return EXIT_UNPINNED
    return EXIT_PARTIAL if check.check_class is CheckClass.READINESS else EXIT_FAIL
