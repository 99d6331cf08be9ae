"""Before the start of a network is signed for, its operators are counted again (AZ-8.2, AZ-30.1).

The voting power comes from the packages on this machine. Where they are not here, what needs no
power is counted, and the share of the power rests on the final check that takes their place: it
passed with the row `operator-readiness`, and it is young.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from aztrust.core.base.errors import Refused
from aztrust.core.base.findings import Finding
from aztrust.core.checks.operators import collapse_findings, short_finding
from aztrust.core.policy.readiness_rules import readiness_rules
from aztrust.core.state.context import Context, require_policy
from aztrust.core.state.present_readiness import present_readiness
from aztrust.core.state.readiness import Readiness
from aztrust.core.state.window.row import BEFORE_START, Trigger
from aztrust.core.state.window.state import WindowState

COUNTED_BEFORE: Final[frozenset[Trigger | None]] = frozenset(
    {"proceed", "authorize", "instruct", "activate-first", "activate-next"}
)
"""The acts that need operators who are ready, as long as the network has not started."""


def require_ready(
    context: Context, state: WindowState, triggers: Iterable[Trigger | None]
) -> Readiness | None:
    """Refuse an act that leads to the start while fewer operators are ready than the policy asks.

    Args:
        context: the launch, with the genesis package where it is here.
        state: of the window.
        triggers: what is about to be signed.

    Returns:
        The count; None where none is asked for: no operator is enrolled, the policy has no
        threshold, the network has started, or the act is another one.

    Raises:
        Refused: `readiness-short`, `power-invalid` or `readiness-collapsed`.
    """
    if state.status not in BEFORE_START or COUNTED_BEFORE.isdisjoint(triggers):
        return None
    rules = readiness_rules(require_policy(context))
    readiness = present_readiness(context) if rules.has_threshold else None
    if readiness is None:
        return None
    found: list[Finding] = [*readiness.findings, *collapse_findings(readiness, rules)]
    found += [
        short_finding(threshold)
        for threshold in readiness.thresholds
        if not threshold.met and not (threshold.name == "power" and readiness.power_unknown)
    ]
    if found:
        raise Refused(
            f"too few operators are ready: {found[0].message}",
            subject=found[0].subject,
            code=found[0].code,
            mend=found[0].mend,
            details=tuple(f"{f.code}  {f.subject}: {f.message}" for f in found),
        )
    return readiness
