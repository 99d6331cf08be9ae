"""Every check and every finding code: the one table that explain, the docs and tests share."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from functools import cache
from typing import Any

from aztrust.core.base.errors import Malformed
from aztrust.core.base.findings import CheckClass, Guidance, Locus, Status
from aztrust.core.base.value import frozen
from aztrust.core.checks import all_checks
from aztrust.core.checks.check import Check, Code
from aztrust.core.judge.verify import EXIT_ERROR, EXIT_FAIL, EXIT_PARTIAL, EXIT_PASS, EXIT_UNPINNED
from aztrust.core.policy.model import PACKAGE_CLASSES

# Seen, reported, and never counted: they are not evidence against this launch (law 15).
NOTICES = frozenset(
    {
        *("signer-unknown", "approval-other-scope", "excluded-path", "binary-self-built"),
        "enrolment-conflict",
        *("record-only-in-folder", "record-only-in-ledger", "ledger-unnamed", "head-not-kept"),
    }
)


# What keeps a file from being read at all: no check is asked, so none answers with it.
FILE_CODES = (
    Code(
        "kit-malformed",
        "A file given as a kit is something else, cut short, or not as it was packed.",
        "Download it again, from another place if that does not help; compare its SHA-256.",
        guidance=Guidance.CONTINUE,
        locus=Locus.HOST,
    ),
    Code(
        "archive-altered",
        "A file of an archive has other bytes than its lists say, is missing, or is in no list.",
        "Get the archive again, also from another place; rely on nothing of this copy.",
        guidance=Guidance.HOLD,
    ),
    Code(
        "archive-malformed",
        "A file or folder given as an archive is something else, or not as an archive is written.",
        "Get the archive again, also from another place; rely on nothing of this copy.",
        guidance=Guidance.HOLD,
    ),
    Code(
        "evidence-malformed",
        "The document next to a log that is kept with a launch is not one.",
        "Remove both, then keep the log again: aztrust evidence log FILE --around bootstrap.",
        guidance=Guidance.HOLD,
    ),
)
# Why a program is not started that may have the approved bytes (storage.execute).
START_CODES = (
    Code(
        "exec-script",
        "The program to start is a script: its interpreter would run, which was not checked.",
        "Name the program that the script starts.",
        locus=Locus.HOST,
    ),
    Code(
        "exec-cosmovisor",
        "The program to start is cosmovisor, which starts another one that was not checked.",
        "Name that program: --binary HOME/cosmovisor/current/bin/NAME.",
        locus=Locus.HOST,
    ),
)
# Why a ledger does not take a record that is valid by itself (core.state.ledger.append_rules).
ENTRY_CODES = (
    Code(
        "time-ahead",
        "A record is dated more than two minutes ahead of the append.",
        "Set the clock; then its signer signs it again, or you append it once its time has come.",
        guidance=Guidance.HOLD,
    ),
    Code(
        "time-reversed",
        "A record is dated before another one that it cites, so one of the two dates is wrong.",
        "Compare both clocks; the signer of the later record signs it again.",
        guidance=Guidance.HOLD,
    ),
    Code(
        "cause-missing",
        "A record cites another record of this launch that is not in the ledger.",
        "Append that one first, or both at once: aztrust ledger append.",
        guidance=Guidance.HOLD,
    ),
)


# Codes of what only something that was announced answers.
_ANNOUNCED = frozenset({"anchor-unpinned", "kit-outdated"})


@frozen
class Meaning:
    """A finding code with all that follows from it.

    `found_by` are the ids of the checks that answer with it, as a report has them; none for
    what keeps a file from being read, or out of a ledger.
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
    for check in all_checks():
        for code in check.codes:
            found.setdefault(code.name, []).append((check, code))
    table = {name: _meaning(name, found[name]) for name in found}
    table |= {code.name: _file_meaning(code) for code in (*FILE_CODES, *START_CODES, *ENTRY_CODES)}
    return dict(sorted(table.items()))


def find_check(name: str) -> Check | None:
    """The check of an id: its own, or the one a report shows (`release-seal`)."""
    for check in all_checks():
        of_item = check.items is not None and name.startswith(f"{check.id}.")
        if of_item or name in (check.id, *result_ids(check)):
            return check
    return None


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
        locus=", ".join(dict.fromkeys(c.locus.value for c, _ in found)),
        guidance=_guidance(check, code),
        exit_code=_exit_code(check, code),
        says=code.says,
        mend=code.mend,
        found_by=tuple(id_ for check, _ in found for id_ in result_ids(check)),
    )


def _file_meaning(code: Code) -> Meaning:
    return Meaning(
        code=code.name,
        check_class=CheckClass.TRUTH,
        locus=code.locus.value,
        guidance=code.guidance or Guidance.HOLD,
        exit_code=Malformed.exit_code,
        says=code.says,
        mend=code.mend,
        found_by=(),
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
        return EXIT_UNPINNED if code.name in _ANNOUNCED else EXIT_PARTIAL
    return EXIT_PARTIAL if check.check_class is CheckClass.READINESS else EXIT_FAIL
