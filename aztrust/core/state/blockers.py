"""The blockers of a launch: what was opened, and what an entitled holder closed.

Anyone whom the policy names may open one. It is closed by the holder who opened it, or by a holder
of the role that reviews blockers; a closing can be revoked, an opening cannot.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from aztrust.core.base.paths import escape
from aztrust.core.base.times import format_minute
from aztrust.core.base.value import field, frozen
from aztrust.core.history.revocations import EffectiveRecords
from aztrust.core.policy.authority import row_rule
from aztrust.core.policy.model import Policy
from aztrust.core.records.readiness import Blocker
from aztrust.core.records.records import VerifiedRecord

REVIEW = "blocker-review"
"""The row of the final checks whose owner may close every holder's blocker."""

_SEVERITIES = ("critical", "major", "minor")


@frozen
class Blockers:
    """Every blocker of a launch.

    Args:
        openings: the records that opened one, closed or not.
        closings: identity of an opening to its closings that count.
        revoked_closings: identity of an opening to those that were revoked.
    """

    openings: tuple[VerifiedRecord, ...] = ()
    closings: Mapping[tuple[str, str], tuple[VerifiedRecord, ...]] = field(default_factory=dict)
    revoked_closings: Mapping[tuple[str, str], tuple[VerifiedRecord, ...]] = field(
        default_factory=dict
    )

    @property
    def unclosed(self) -> tuple[VerifiedRecord, ...]:
        """The openings that nothing closes, the most severe first, then the oldest."""
        every = [opening for opening in self.openings if not self.closings_of(opening)]
        return tuple(sorted(every, key=lambda u: (_weight(u), u.claimed_unix_ms, u.record_id)))

    def closings_of(self, opening: VerifiedRecord) -> tuple[VerifiedRecord, ...]:
        """The closings of one opening that count."""
        return self.closings.get(opening.identity, ())

    def unclosed_of(self, severity: str) -> tuple[VerifiedRecord, ...]:
        """The open blockers of one severity: `critical`, `major` or `minor`."""
        return tuple(opening for opening in self.unclosed if severity_of(opening) == severity)


def fold_blockers(
    policy: Policy, effective: EffectiveRecords, records: Iterable[VerifiedRecord]
) -> Blockers:
    """The blockers that these records open and close, under a policy."""
    openings: list[VerifiedRecord] = []
    closing: list[tuple[str, VerifiedRecord]] = []
    revoked: list[tuple[str, VerifiedRecord]] = []
    for record in records:
        if not isinstance(record.body, Blocker):
            continue
        if record.body.blocker is None:
            openings.append(record)
        elif effective.is_effective(record):
            closing.append((record.body.blocker, record))
        else:
            revoked.append((record.body.blocker, record))

    def entitled(
        named: Iterable[tuple[str, VerifiedRecord]], opening: VerifiedRecord
    ) -> tuple[VerifiedRecord, ...]:
        return tuple(
            record
            for target, record in named
            if target == opening.record_id and may_close(policy, record.holder, opening)
        )

    return Blockers(
        tuple(openings),
        {opening.identity: entitled(closing, opening) for opening in openings},
        {opening.identity: entitled(revoked, opening) for opening in openings},
    )


def may_close(policy: Policy, holder: str, opening: VerifiedRecord) -> bool:
    """Whether a holder may close a blocker: its own, or as the owner of the review."""
    return holder == opening.holder or row_rule(policy, REVIEW).role in policy.holders[holder].roles


def severity_of(opening: VerifiedRecord) -> str:
    """`critical`, `major` or `minor`."""
    return opening.body.severity if isinstance(opening.body, Blocker) else "critical"


def reason_of(record: VerifiedRecord) -> str:
    """Why it was opened or closed, as its signer wrote it."""
    return record.body.reason if isinstance(record.body, Blocker) else ""


def described(opening: VerifiedRecord) -> str:
    """`critical, opened by rita at 2026-06-01 12:00 UTC: the archive node does not start`."""
    when = format_minute(opening.claimed_unix_ms)
    by = f"{severity_of(opening)}, opened by {opening.holder} at {when}"
    return f"{by}: {escape(reason_of(opening))}"


def close_command(opening: VerifiedRecord, reason: str = "T") -> str:
    """The command that closes a blocker."""
    return f"aztrust blocker close {opening.record_id[7:23]} --reason {reason}"


def _weight(opening: VerifiedRecord) -> int:
    return _SEVERITIES.index(severity_of(opening))
