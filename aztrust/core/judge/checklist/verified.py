"""What a verification and the window answer: packages, genesis, freeze, readiness, final checks.

Each rests on a rule that is elsewhere: a check, the count of readiness, a fact of the window.
"""

from __future__ import annotations

from aztrust.core.checklist.definitions import Item
from aztrust.core.judge.checklist.outcome import Asked, Outcome, of_checks, worst
from aztrust.core.state.present_readiness import present_readiness
from aztrust.core.state.window.inputs import set_by


def genesis_checksum(asked: Asked, _: Item) -> Outcome:
    """The genesis file has its announced hash, its package the sealed bytes, and a seal."""
    return of_checks(asked, "genesis-hash", "genesis-integrity", "genesis-manifest", "genesis-seal")


def packages_approved(asked: Asked, _: Item) -> Outcome:
    """Both packages are the sealed ones, and approved by their quorums."""
    parts = ("seal", "approvals")
    return of_checks(asked, *(f"{p}-{part}" for p in ("release", "genesis") for part in parts))


def freeze_confirmed(asked: Asked, _: Item) -> Outcome:
    """The scope is frozen in this window, and nothing moved since."""
    window = asked.window
    if window is None or "frozen" not in window.facts:
        return Outcome("pending", "no freeze of this window is in force: aztrust freeze")
    confirmed = Outcome("pass", "frozen", set_by(window, "frozen"))
    asked_for = ("freeze", "drift", "release-integrity", "genesis-integrity")
    return worst((confirmed, of_checks(asked, *asked_for)), "frozen, and nothing moved since")


def readiness(asked: Asked, _: Item) -> Outcome:
    """Every threshold of the policy is met by confirmations that count now."""
    if asked.context.policy is None:
        return Outcome("unknown", "the policy cannot be read")
    count = present_readiness(asked.context)
    if count is None:
        return Outcome("pending", "no operator is enrolled, or nothing is frozen")
    if count.power_unknown:
        return Outcome("unknown", count.power_unknown, count.enrolments)
    if count.findings:
        return Outcome("fail", count.findings[0].message, count.enrolments)
    unmet = "; ".join(threshold.text for threshold in count.thresholds if not threshold.met)
    if count.met:
        met = "; ".join(threshold.text for threshold in count.thresholds)
        return Outcome("pass", met, count.counted)
    return Outcome("fail", unmet or "the policy has no threshold", count.counted)


def final_checks(asked: Asked, _: Item) -> Outcome:
    """The last final check of the window passed, and is recent."""
    window = asked.window
    if window is None:
        return Outcome("pending", "no window is open")
    facts = window.facts_at(asked.now_unix_ms)
    if "final-checks-passed" not in facts:
        before = window.final_at_unix_ms is not None
        return Outcome("fail" if before else "pending", window.final_text)
    rests_on = set_by(window, "final-checks-passed")
    if "final-checks-recent" not in facts:
        return Outcome("fail", f"too old: {window.final_age_text}", rests_on)
    return Outcome("pass", window.final_age_text, rests_on)
