"""Readings of a ledger that was not read, each with the reason: none is taken for an empty one."""

from __future__ import annotations

from collections.abc import Iterable

from aztrust.core.base.errors import AztrustError
from aztrust.core.base.findings import Finding
from aztrust.core.base.paths import escape
from aztrust.core.history.replay import LedgerReading
from aztrust.core.state.ledger.log_identity import Keeping

_UNNAMED_LEDGER = "neither the policy nor a valid freeze names this launch's ledger"


def unusable(name: str, error: AztrustError, keeping: Keeping | None = None) -> LedgerReading:
    """One that is there and cannot be used, or whose keeper is not known."""
    if error.code == "ledger-inconsistent":
        finding = Finding(error.code, error.subject or name, error.message, mend=error.mend)
    else:
        finding = unreadable(name or error.subject, error.message, error.mend)
    origin, keeper = _named(keeping)
    return LedgerReading(name, origin, keeper, fault=error.message, findings=(finding,))


def another(name: str, keeping: Keeping, origin: str) -> LedgerReading:
    """The ledger of another launch."""
    who = "the policy" if keeping.source == "policy" else "the freeze"
    finding = Finding(
        "ledger-inconsistent",
        name,
        f"this is the ledger of another launch; {who} names another one",
        expected=escape(keeping.origin)[:80],
        actual=escape(origin)[:80],
        mend="name this launch's ledger: --ledger PATH",
    )
    own, keeper = _named(keeping)
    fault = "the ledger here is another launch's"
    return LedgerReading(name, own, keeper, fault=fault, findings=(finding,))


def unnamed(name: str, *, insists: bool) -> LedgerReading:
    """One that no one with authority names: ignored, or an open question where it was asked for."""
    if insists:
        return LedgerReading(name, fault=_UNNAMED_LEDGER)
    notice = Finding(UNNAMED, name, f"{_UNNAMED_LEDGER}; it does not count")
    return LedgerReading(name, notices=(notice,), ignored=True)


def absent(
    keeping: Keeping | None, kept: Iterable[str], spoilt: tuple[Finding, ...]
) -> LedgerReading:
    """None is here, though one was seen before: something may be withheld.

    Args:
        keeping: whose it would be; None where no freeze names it any more.
        kept: the names of the heads that are known.
        spoilt: what is wrong with a head that was kept.
    """
    names = " and ".join(sorted(kept))
    fault = f"there is no ledger here to compare with {names or 'the head that was kept'}"
    mend = "name the ledger with --ledger PATH, or get a kit that carries its head"
    notices = (Finding(ABSENT, "ledger", fault, mend=mend),) if names else ()
    origin, keeper = _named(keeping)
    return LedgerReading("", origin, keeper, fault=fault, notices=notices, findings=spoilt)


def _named(keeping: Keeping | None) -> tuple[str, str]:
    return ("", "") if keeping is None else (keeping.origin, keeping.keeper.fingerprint)


UNREADABLE = "ledger-unreadable"


UNNAMED = "ledger-unnamed"


ABSENT = "ledger-absent"


NOT_KEPT = "head-not-kept"


CLOSED = "ledger-closed"


def unreadable(name: str, cause: str, mend: str) -> Finding:
    """That a ledger, or a head that was kept, is there and cannot be used."""
    return Finding(UNREADABLE, name, cause, mend=mend)
