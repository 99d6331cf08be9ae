"""How ready the operators of a launch are, by voting power, against the policy's thresholds.

`core.state.count_readiness` makes the value. The total is the whole genesis: power that no operator
was enrolled for is unconfirmed, never absent.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from aztrust.core.base.findings import Finding
from aztrust.core.base.value import frozen
from aztrust.core.state.confirmations import NotCounted
from aztrust.core.state.late_enrolments import LateEnrolment
from aztrust.core.state.seat_states import Status

ThresholdName = Literal["power", "notaries", "mandatory", "observers"]
PowerPart = Literal[Status, "unconfirmed", "contested"]
NAMED: Final = 8
"""Operators that one sentence names."""


@frozen
class Powers:
    """The power of a launch by where it is; together it is `total`.

    `unconfirmed` belongs to no operator who is enrolled, `contested` is claimed by several.
    """

    ready: int = 0
    not_ready: int = 0
    silent: int = 0
    stale: int = 0
    unconfirmed: int = 0
    contested: int = 0
    total: int = 0

    @property
    def parts(self) -> dict[PowerPart, int]:
        """All of them by name."""
        return {
            "ready": self.ready,
            "not-ready": self.not_ready,
            "stale": self.stale,
            "silent": self.silent,
            "unconfirmed": self.unconfirmed,
            "contested": self.contested,
        }


@frozen
class OperatorRow:
    """One operator.

    Args:
        operator: the name in the enrolment.
        status: where the operator is.
        roles: each role with where it is, sorted.
        platforms: of the hosts that counted, sorted.
        power: of the validators that belong to the operator.
        confirmed_at_unix_ms: when the newest confirmation that counts, or aged, was made; None
            where there is none.
        reason: why a host is not ready, "" otherwise.
        found: the first eight digits of a digest that was found instead, "" for none.
        version: the aztrust that made the newest one.
        warnings: what a ready host reports that keeps a validator from signing.
        revoked: why no key of the operator counts, "" where one does.
    """

    operator: str
    status: Status
    roles: tuple[tuple[str, Status], ...]
    platforms: tuple[str, ...]
    power: int
    confirmed_at_unix_ms: int | None = None
    reason: str = ""
    found: str = ""
    version: str = ""
    warnings: tuple[str, ...] = ()
    revoked: str = ""


@frozen
class Group:
    """The operators of one role or platform: how many are where, and with how much power."""

    name: str
    operators: Mapping[Status, int]
    powers: Mapping[Status, int]


@frozen
class Threshold:
    """One threshold of the policy.

    Args:
        name: which.
        met: whether it is reached.
        have, need: in whole units: of power, or of operators.
        missing: the operators that are named and not ready.
        text: the state in a sentence.
    """

    name: ThresholdName
    met: bool
    have: int
    need: int
    missing: tuple[str, ...]
    text: str


@frozen
class SameDigest:
    """Hosts that have the same wrong file.

    Args:
        reason: what they report.
        found: the first eight digits of its digest.
        operators: whose hosts they are, sorted.
        platforms: of the hosts, sorted.
        power: of these operators.
        records: the confirmations.
        last_unix_ms: when the last of them was made.
        last_place: the last place in the ledger; None where one of them has none.
    """

    reason: str
    found: str
    operators: tuple[str, ...]
    platforms: tuple[str, ...]
    power: int
    records: tuple[str, ...]
    last_unix_ms: int
    last_place: int | None


@frozen
class Readiness:
    """The count.

    Args:
        rows: every operator, sorted by name.
        powers: the power of the launch.
        unit: what power is counted in.
        by_role, by_platform: the same operators in groups.
        thresholds: of the policy.
        same_digest: wrong files that several hosts have.
        not_counted: each confirmation that does not count.
        findings: what makes every share meaningless: there is no power, or a validator is in it
            twice.
        power_unknown: why the power is not known here, "" where it is.
        enrolments: the ids of the records that the roster is made of.
        unknown: claims of validators that the genesis does not have: operator and name.
        contested: what several operators claim.
        most_ready: the most power that was ever ready at one time since the freeze.
        collapsed: whether a launch that was ready has fallen below the policy's level.
        counted: the ids of the confirmations that make operators ready, sorted.
        late: the operators that were enrolled, or enrolled anew, after the freeze; they count.
    """

    rows: tuple[OperatorRow, ...] = ()
    powers: Powers = Powers()
    unit: str = ""
    by_role: tuple[Group, ...] = ()
    by_platform: tuple[Group, ...] = ()
    thresholds: tuple[Threshold, ...] = ()
    same_digest: tuple[SameDigest, ...] = ()
    not_counted: tuple[NotCounted, ...] = ()
    findings: tuple[Finding, ...] = ()
    power_unknown: str = ""
    enrolments: tuple[str, ...] = ()
    unknown: tuple[tuple[str, str], ...] = ()
    contested: tuple[str, ...] = ()
    most_ready: int = 0
    collapsed: bool = False
    counted: tuple[str, ...] = ()
    late: tuple[LateEnrolment, ...] = ()

    @property
    def met(self) -> bool:
        """Whether there are thresholds, every one is met, and the power can be counted."""
        return bool(self.thresholds) and not self.findings and all(t.met for t in self.thresholds)

    @property
    def oldest_unix_ms(self) -> int | None:
        """When the oldest confirmation of a ready operator was made; None without one."""
        times = (row.confirmed_at_unix_ms for row in self.rows if row.status == "ready")
        return min((at for at in times if at is not None), default=None)

    @property
    def ready_operators(self) -> int:
        """How many operators are ready."""
        return sum(row.status == "ready" for row in self.rows)

    def threshold(self, name: ThresholdName) -> Threshold | None:
        """One threshold; None where the policy has none of that name."""
        return next((t for t in self.thresholds if t.name == name), None)


def more(count: int) -> str:
    """`, +3 more` where a sentence names fewer than there are."""
    return f", +{count - NAMED} more" if count > NAMED else ""
