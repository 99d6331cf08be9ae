"""The scope: what a launch attempt is about, and its hash, the anchor from the freeze on."""

from __future__ import annotations

from aztrust.core.base import canonical
from aztrust.core.base.digest import sha256_id
from aztrust.core.base.value import frozen


@frozen
class Scope:
    """What may not change under an attempt (AZ-16.3); digests carry their prefix."""

    network_class: str
    chain_id: str
    genesis_hash: str
    release_package_id: str
    genesis_package_id: str
    policy_digest: str

    def encode(self) -> bytes:
        """Canonical bytes."""
        return canonical.dumps(
            {
                "schema": "aztrust/scope",
                "version_major": 1,
                "version_minor": 0,
                "network_class": self.network_class,
                "chain_id": self.chain_id,
                "genesis_hash": self.genesis_hash,
                "release_package_id": self.release_package_id,
                "genesis_package_id": self.genesis_package_id,
                "policy_digest": self.policy_digest,
            }
        )

    @property
    def hash(self) -> str:
        """The scope hash: SHA-256 of the canonical bytes."""
        return sha256_id(self.encode())
