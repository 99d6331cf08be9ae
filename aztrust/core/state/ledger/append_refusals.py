"""Why a ledger does not take a record: one refusal for each rule of `append_rules`."""

from __future__ import annotations

from aztrust.core.base.findings import Finding
from aztrust.core.base.times import AHEAD_MS, format_rfc3339
from aztrust.core.state.ledger.opened_file import Opened


def ahead(opened: Opened, now_unix_ms: int) -> Finding:
    """A record that its holder dated too far ahead of now."""
    seconds = (opened.claimed_unix_ms - now_unix_ms) // 1000
    return Finding(
        "time-ahead",
        opened.name,
        f"{opened.holder} dated it {seconds:,} s ahead of now; {AHEAD_MS // 1000} s are allowed",
        expected=_utc(now_unix_ms),
        actual=_utc(opened.claimed_unix_ms),
        mend=f"set the clock, here or at {opened.holder}'s; then sign it again, or wait",
    )


def reversed_times(opened: Opened, cause: Opened) -> Finding:
    """A record that is dated before one that it cites."""
    return Finding(
        "time-reversed",
        opened.name,
        f"{opened.holder} dated it before the {cause.record.kind}"
        f" {cause.record.record_id[7:23]} by {cause.holder}, which it cites",
        expected=_utc(cause.claimed_unix_ms),
        actual=_utc(opened.claimed_unix_ms),
        mend=f"compare both clocks; then {opened.holder} signs it again",
    )


def missing_cause(opened: Opened, record_id: str, refused: bool) -> Finding:
    """A record that cites one which is not in the ledger; `refused` where it was refused too."""
    why = "was refused" if refused else "is not in the ledger yet"
    return Finding(
        "cause-missing",
        opened.name,
        f"it cites the record {record_id[7:23]}, which {why}",
        expected=record_id,
        mend="append that one first, or both at once: aztrust ledger append",
    )


def not_enrolled(name: str, fingerprint: str) -> Finding:
    """A confirmation by a key that no enrolment before it lists."""
    return Finding(
        "signer-unknown",
        name,
        f"the key {fingerprint[7:15]} is not enrolled here: append the enrolment first",
        actual=fingerprint,
        mend="the registrar's enrolment is appended with it, or before it: aztrust ledger append",
    )


def after_the_end(opened: Opened, closed_at: int) -> Finding:
    """A positive record, after the ledger was closed."""
    return Finding(
        "ledger-closed",
        opened.name,
        f"the ledger was closed by entry {closed_at}, and a {opened.record.kind} is not negative",
        mend="another launch has another ledger: announce a new policy with its own origin",
    )


def keepers_own(opened: Opened) -> Finding:
    """A take-over or a closing as a file: only its signer's own command appends one."""
    return Finding(
        "signer-not-in-role",
        opened.name,
        f"a {opened.record.kind} by {opened.holder} enters a ledger only by its signer's own"
        " command, which signs the head over it",
        mend="the keeper it is about makes one with a command of its own",
    )


def not_in_role(name: str, holder: str, what: str, roles: frozenset[str]) -> Finding:
    """A record that its holder may not make; `roles` are those that may."""
    return Finding(
        "signer-not-in-role",
        name,
        f"{holder} may not make {what}",
        expected=" or ".join(sorted(roles)),
        mend="ask a holder of one of these roles" if roles else "the policy names no one who may",
    )


def _utc(unix_ms: int) -> str:
    try:
        return format_rfc3339(unix_ms * 1_000_000)
    except (ValueError, OverflowError):
        return f"{unix_ms} ms"
