"""Which confirmations of operators count for an attempt, and why each of the others does not.

What is about another scope or window, from before the freeze, not in the ledger yet, or not about
what was frozen counts nowhere. Among the others the newest of a key counts for each role that it
names: ledger order decides, without a ledger the time that is claimed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, Literal

from aztrust.core.base.times import AHEAD_MS, format_duration, format_minute
from aztrust.core.base.value import frozen
from aztrust.core.history.operators import Confirmation
from aztrust.core.package.manifest import Artifact
from aztrust.core.records.enrolment import ConfirmedProgram, OperatorConfirmation
from aztrust.core.records.programs import confirmed_programs, release_roles

Why = Literal[
    "other-scope",
    "other-window",
    "before-freeze",
    "pending",
    "future",
    "other-contents",
    "other-roles",
    "key-revoked",
    "replaced",
    "too-old",
]
"""Why a confirmation does not count."""


@frozen
class Wanted:
    """What a confirmation has to be about.

    Args:
        scope_hash, launch_window_id: the attempt.
        release_package_id, genesis_package_id, genesis_sha256, chain_id: what its scope names.
        artifacts: of its release.
        frozen_at_unix_ms: when the freeze was complete, as its signers claim.
        freeze_place: the index in the ledger at which it was complete; None without a ledger.
    """

    scope_hash: str
    launch_window_id: str
    release_package_id: str
    genesis_package_id: str
    genesis_sha256: str
    chain_id: str
    artifacts: tuple[Artifact, ...]
    frozen_at_unix_ms: int
    freeze_place: int | None = None


@frozen
class NotCounted:
    """A confirmation that does not count.

    Args:
        record_id: which.
        operator: whose it is.
        why: the reason as a word for programs.
        text: the same for a person.
    """

    record_id: str
    operator: str
    why: Why
    text: str


class Counting:
    """Decides, confirmation by confirmation, whether it is about an attempt.

    Args:
        wanted: the attempt.
        now_unix_ms: the time of the run.
    """

    def __init__(self, wanted: Wanted, now_unix_ms: int) -> None:
        self._wanted = wanted
        self._latest = now_unix_ms + AHEAD_MS
        self._roles = frozenset(release_roles(wanted.artifacts))
        self._programs: dict[tuple[str, tuple[str, ...]], tuple[ConfirmedProgram, ...] | None] = {}

    @property
    def release_roles(self) -> frozenset[str]:
        """The roles that files of the release have."""
        return self._roles

    def fault(self, one: Confirmation) -> tuple[Why, str] | None:
        """Why it does not count, whatever came later; None where it does."""
        body, wanted = one.body, self._wanted
        if body.scope_hash != wanted.scope_hash:
            return "other-scope", f"it is about the scope {body.scope_hash[7:15]}"
        if body.launch_window_id != wanted.launch_window_id:
            return "other-window", f"it is about the window {body.launch_window_id[7:15]}"
        if one.seat.revoked and body.status == "ready":
            # An objection outlives its key: who may revoke the key does not answer for the host.
            return "key-revoked", f"its key is revoked: {one.seat.revoked}"
        if self._is_before_freeze(one):
            return "before-freeze", "it is from before the freeze"
        if body.status == "not-ready":
            # What stops something counts at once, whatever its time.
            return self._fault_of_roles(one)
        if wanted.freeze_place is not None and one.place is None:
            return "pending", "the ledger does not have it yet"
        if body.confirmed_at_unix_ms > self._latest:
            at = format_minute(body.confirmed_at_unix_ms)
            return "future", f"it claims {at}, which is in the future"
        return self._fault_of_contents(body) or self._fault_of_roles(one)

    def covers(self, one: Confirmation) -> tuple[str, ...]:
        """The roles of its seat that it covers: those it names, and those without a file."""
        named = one.body.roles
        return tuple(r for r in one.seat.roles if r in named or r not in self._roles)

    def _is_before_freeze(self, one: Confirmation) -> bool:
        if self._wanted.freeze_place is None:
            return one.body.confirmed_at_unix_ms < self._wanted.frozen_at_unix_ms
        return one.place is not None and one.place < self._wanted.freeze_place

    def _fault_of_contents(self, body: OperatorConfirmation) -> tuple[Why, str] | None:
        wanted = self._wanted
        pairs = (
            ("chain id", body.chain_id, wanted.chain_id),
            ("genesis file", body.genesis_sha256, wanted.genesis_sha256),
            ("genesis package", body.genesis_package_id, wanted.genesis_package_id),
            ("release package", body.release_package_id, wanted.release_package_id),
        )
        for what, found, frozen_one in pairs:
            if found != frozen_one:
                return "other-contents", f"its {what} is not the one that was frozen"
        key = (body.platform, body.roles)
        if key not in self._programs:
            self._programs[key] = confirmed_programs(wanted.artifacts, *key)
        programs = self._programs[key]
        if programs is None:
            roles = ", ".join(body.roles)
            return "other-contents", f"the release has no file for {roles} on {body.platform}"
        if body.programs != programs:
            return "other-contents", "its programs are not those that were frozen"
        return None

    def _fault_of_roles(self, one: Confirmation) -> tuple[Why, str] | None:
        if self.covers(one):
            return None
        roles = ", ".join(one.seat.roles)
        return "other-roles", f"its key is enrolled for {roles}"


def in_order(
    confirmations: Iterable[Confirmation], freeze_place: int | None
) -> Sequence[Confirmation]:
    """The oldest first: by place in the ledger and, what it does not have, by the time claimed.

    Of two at the same time the one that is not ready comes last, and so replaces the other.
    """
    return sorted(confirmations, key=_in_ledger if freeze_place is not None else _in_time)


_END: Final = 2**63


def _in_ledger(one: Confirmation) -> tuple[int, int, bool, str]:
    return (_END if one.place is None else one.place, *_in_time(one))


def _in_time(one: Confirmation) -> tuple[int, bool, str]:
    body = one.body
    return body.confirmed_at_unix_ms, body.status == "not-ready", one.record_id


def replaced_by(one: Confirmation, later: Confirmation) -> NotCounted:
    """That a later confirmation took the place of one."""
    at = format_minute(later.body.confirmed_at_unix_ms)
    text = f"replaced by the {later.body.status} of {at}"
    return NotCounted(one.record_id, one.seat.operator, "replaced", text)


def too_old(one: Confirmation, now_unix_ms: int, max_age_ms: int) -> NotCounted:
    """That a confirmation has aged."""
    ago = format_duration(now_unix_ms - one.body.confirmed_at_unix_ms)
    text = f"{ago} old; it counts for {format_duration(max_age_ms)}"
    return NotCounted(one.record_id, one.seat.operator, "too-old", text)
