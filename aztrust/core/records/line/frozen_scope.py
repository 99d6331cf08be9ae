"""What a scope fixes of the confirmations that are made for it.

A confirmation of a host that is ready has nothing else than this, its key, its time, its version
and two answers. So anyone who knows the scope can rebuild it, and can compare it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from aztrust.core.base.value import frozen
from aztrust.core.package.manifest import Artifact, Manifest
from aztrust.core.policy.model import Policy
from aztrust.core.policy.scope import Scope
from aztrust.core.records.enrolment import ConfirmedProgram
from aztrust.core.records.programs import confirmed_programs, release_roles

COMMON: Final = ("linux/amd64", "linux/arm64", "darwin/amd64", "darwin/arm64", "windows/amd64")
"""Platforms of hosts that every scope lists, after its own. Part of the printed form."""


@frozen
class FrozenScope:
    """A scope with the lists that are fixed by it.

    Args:
        scope: the scope.
        artifacts: those of its release.
        activation_order: the roles of hosts in its policy.
    """

    scope: Scope
    artifacts: tuple[Artifact, ...]
    activation_order: tuple[str, ...] = ()

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles that a host can have: of the artifacts and of the policy, sorted."""
        return tuple(sorted({*release_roles(self.artifacts), *self.activation_order}))

    @property
    def platforms(self) -> tuple[str, ...]:
        """The platforms of the artifacts, sorted, then those of `COMMON` that are not among them.

        `linux/arm/v7` also lists `linux/arm`; `any` is the platform of no host.
        """
        own = {a.platform for a in self.artifacts if a.platform != "any"}
        own |= {"/".join(platform.split("/")[:2]) for platform in own}
        return (*sorted(own), *(platform for platform in COMMON if platform not in own))

    def programs(self, platform: str, roles: Sequence[str]) -> tuple[ConfirmedProgram, ...]:
        """The files that a ready host of these roles has; () where one of them has none there."""
        return confirmed_programs(self.artifacts, platform, roles) or ()

    def contents(self, platform: str, roles: Sequence[str], *, ready: bool) -> dict[str, Any]:
        """The fields of a confirmation that follow from the scope, platform and roles.

        Args:
            platform: the host's.
            roles: what it runs.
            ready: whether it is ready; of one that is not, less follows.
        """
        fields: dict[str, Any] = {
            "platform": platform,
            "policy_digest": self.scope.policy_digest,
            "roles": tuple(sorted(set(roles))),
            "scope_hash": self.scope.hash,
        }
        if ready:
            fields |= {
                "chain_id": self.scope.chain_id,
                "genesis_package_id": self.scope.genesis_package_id,
                "genesis_sha256": self.scope.genesis_hash,
                "programs": self.programs(platform, roles),
                "release_package_id": self.scope.release_package_id,
            }
        return fields


def frozen_scope(scope: Scope, release: Manifest, policy: Policy) -> FrozenScope:
    """A scope with its release and its policy."""
    window = policy.window
    order: Iterable[str] = window.activation_order if window is not None else ()
    return FrozenScope(scope, release.artifacts, tuple(order))
