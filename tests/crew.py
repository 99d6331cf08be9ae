"""Operators in memory: seats, power and confirmations of an attempt, without any signature.

crew = Crew({"ann": 40, "bob": 35, "eve": 25})    # operators with one validator each
crew.ready("ann")                                 # ann's host has what was frozen
crew.count(min_power=670_000).powers.ready        # 40
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from aztrust.core.base.digest import sha256_id
from aztrust.core.base.value import replace
from aztrust.core.formats.keys import PublicKey
from aztrust.core.genesis.power import Power, genesis_power
from aztrust.core.history.operators import Confirmation, Roster, Seat
from aztrust.core.package.manifest import Artifact
from aztrust.core.policy.readiness_rules import ReadinessRules
from aztrust.core.records.enrolment import OperatorConfirmation
from aztrust.core.records.programs import confirmed_programs
from aztrust.core.state.confirmations import Wanted
from aztrust.core.state.count_readiness import count_readiness
from aztrust.core.state.readiness import Readiness

MINUTE = 60_000
FROZEN = 1_768_500_000_000
NOW = FROZEN + 60 * MINUTE
AT = FROZEN + 30 * MINUTE
"""When operators confirm."""

PLATFORMS = ("linux/amd64", "linux/arm64")
POLICY = sha256_id(b"policy")


def artifact(role: str, platform: str) -> Artifact:
    name = f"{role}-{platform.replace('/', '-')}"
    return Artifact(
        path=name,
        role=role,
        platform=platform,
        sha256=sha256_id(name.encode()),
        blake3=f"blake3:{hashlib.sha256(name.encode()).hexdigest()}",
    )


WANTED = Wanted(
    scope_hash=sha256_id(b"scope"),
    launch_window_id=sha256_id(b"window"),
    release_package_id=sha256_id(b"release"),
    genesis_package_id=sha256_id(b"genesis package"),
    genesis_sha256=sha256_id(b"genesis"),
    chain_id="bench-1",
    artifacts=tuple(artifact(role, p) for role in ("node", "notary") for p in PLATFORMS),
    frozen_at_unix_ms=FROZEN,
    freeze_place=None,
)


def genesis(powers: Mapping[str, int], **more: Any) -> bytes:
    """A CometBFT genesis with a validator `NAME-key` for each name."""
    listed = [
        {"name": name, "power": str(power), "pub_key": {"value": f"{name}-key"}, "address": name}
        for name, power in powers.items()
    ]
    return json.dumps({"chain_id": "bench-1", "validators": listed, **more}).encode()


def seat(
    operator: str, *validators: str, key: str = "", roles: tuple[str, ...] = ("node",)
) -> Seat:
    """A seat with a key of its own; nothing is ever signed with it."""
    material = hashlib.sha256((key or operator).encode()).digest()
    return Seat(
        operator,
        PublicKey("ed25519", material),
        roles,
        validators,
        sha256_id(b"enrolment"),
        "rita",
    )


class Crew:
    """Operators and what they confirmed.

    Args:
        powers: operator to power; each has one validator and one key.
    """

    def __init__(self, powers: Mapping[str, int], **more: Any) -> None:
        self.power: Power = genesis_power(genesis(powers, **more), what="genesis.json")
        self.seats = [seat(name, f"{name}-key") for name in sorted(powers)]
        self.confirmations: list[Confirmation] = []
        self.wanted = WANTED
        self.contested: frozenset[str] = frozenset()
        self.now = NOW

    def of(self, operator: str) -> Seat:
        """The first seat of an operator."""
        return next(s for s in self.seats if s.operator == operator)

    def enrol(self, *seats: Seat) -> None:
        """Other seats for these operators, in place of those they had."""
        names = {one.operator for one in seats}
        self.seats = sorted(
            [*(s for s in self.seats if s.operator not in names), *seats],
            key=lambda s: (s.operator, s.key.fingerprint),
        )

    def ready(self, who: str | Seat, *, at: int = AT, place: int | None = None, **changes: Any):
        """A host that has what was frozen."""
        one = self.of(who) if isinstance(who, str) else who
        platform = changes.get("platform", PLATFORMS[0])
        roles = tuple(sorted(changes.pop("roles", one.roles)))
        body: dict[str, Any] = {
            "chain_id": self.wanted.chain_id,
            "consensus_key": "not-asked",
            "genesis_package_id": self.wanted.genesis_package_id,
            "genesis_sha256": self.wanted.genesis_sha256,
            "programs": confirmed_programs(self.wanted.artifacts, platform, roles) or (),
            "release_package_id": self.wanted.release_package_id,
            "signer": "not-asked",
            "status": "ready",
        }
        return self._confirm(one, at, place, {**body, "roles": roles, **changes})

    def not_ready(self, who: str | Seat, *, at: int = AT, place: int | None = None, **changes: Any):
        """A host that is not ready."""
        one = self.of(who) if isinstance(who, str) else who
        body = {"status": "not-ready", "reason": "binary-mismatch", "roles": one.roles}
        return self._confirm(one, at, place, {**body, **changes})

    def _confirm(
        self, one: Seat, at: int, place: int | None, fields: dict[str, Any]
    ) -> Confirmation:
        body = OperatorConfirmation.model_validate(
            {
                "aztrust_version": "1.0.0",
                "confirmed_at_unix_ms": at,
                "launch_window_id": self.wanted.launch_window_id,
                "platform": PLATFORMS[0],
                "policy_digest": POLICY,
                "scope_hash": self.wanted.scope_hash,
                **fields,
            }
        )
        said = f"{one.key.fingerprint} {body.model_dump(mode='json')}".encode()
        made = Confirmation(sha256_id(said), one, body, place)
        self.confirmations.append(made)
        return made

    def in_ledger(self, freeze: int = 0) -> None:
        """From now on there is a ledger, with the freeze at this index."""
        self.wanted = replace(self.wanted, freeze_place=freeze)

    @property
    def roster(self) -> Roster:
        """Who is enrolled."""
        return Roster(tuple(self.seats), self.contested, (), (sha256_id(b"enrolment"),))

    def count(self, **rules: Any) -> Readiness:
        """The count under these thresholds."""
        return count_readiness(
            self.roster,
            self.confirmations,
            self.wanted,
            self.power,
            ReadinessRules(**rules),
            self.now,
        )
