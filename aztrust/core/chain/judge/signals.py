"""A signal: what is seen to be wrong, where, since when, and what the procedure suggests."""

from __future__ import annotations

from fractions import Fraction
from typing import Final, Literal

from aztrust.core.base.value import frozen
from aztrust.core.policy.anomalies import AnomalyClass

Locus = Literal["host", "network"]
"""Whose matter it is: a host's below a third of the power, the network's from a third on."""

Suggestion = Literal["CONTINUE", "HOLD", "DEFER", "ABORT"]
"""What the procedure suggests (AZ-28), from the mildest to the strongest. A person decides."""

_ORDER: Final[tuple[Suggestion, ...]] = ("CONTINUE", "HOLD", "DEFER", "ABORT")

NETWORK = "network"
"""The subject of a signal about no host in particular."""


@frozen
class Signal:
    """Something that is wrong at this moment, or was and must be explained.

    Args:
        code: of the rule; what is one matter over time has one code and one subject.
        locus: whose matter it is.
        subject: a node, a validator, a height, or `network`.
        anomaly: its class of AZ-27.1.
        guidance: what the policy and AZ-28 suggest.
        clause: what the rule is about.
        power: the share of voting power that is affected; None where it is not known.
        since_ms: since when, by the observer's clock.
        detail: what was seen, in a sentence for people.
        evidence: digests of the responses that show it.
    """

    code: str
    locus: Locus
    subject: str
    anomaly: AnomalyClass
    guidance: Suggestion
    clause: str
    power: Fraction | None
    since_ms: int
    detail: str
    evidence: tuple[str, ...]


def stronger(one: Suggestion, other: Suggestion) -> Suggestion:
    """The stronger of two suggestions.

    >>> stronger("HOLD", "ABORT"), stronger("DEFER", "HOLD")
    ('ABORT', 'DEFER')
    """
    return max(one, other, key=_ORDER.index)
