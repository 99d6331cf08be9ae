"""Confirmations for one scope in memory, their keys, and what a kit knows of them."""

from __future__ import annotations

from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from aztrust.core.base.digest import both
from aztrust.core.formats.dsse import PAYLOAD_TYPE, encode_envelope, pae
from aztrust.core.package.manifest import Artifact
from aztrust.core.policy.scope import Scope
from aztrust.core.records.enrolment import OperatorConfirmation
from aztrust.core.records.line.frozen_scope import FrozenScope
from aztrust.core.records.line.rebuild import Known
from aztrust.core.records.records import Unsigned
from aztrust.signers.local import LocalSigner, public_key
from tests.people import signer

AT = 1_768_500_000_000
WINDOW = "sha256:" + "b4" * 32


@cache
def ssh_signer(number: int = 1) -> LocalSigner:
    """An operator's key of Ed25519."""
    private = Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32)
    return LocalSigner(public_key(private), private)


def p256_signer() -> LocalSigner:
    """An operator's key of P-256."""
    return signer("mallory")


def artifact(role: str, platform: str, contents: str) -> Artifact:
    digests = both(contents.encode())
    return Artifact(
        path=f"{platform}/{contents}",
        role=role,
        platform=platform,
        sha256=digests.sha256,
        blake3=digests.blake3,
    )


def frozen(chain_id: str = "atlas-1", **changes: Any) -> FrozenScope:
    """A scope of three roles; the changes are those of its artifacts and its order of roles."""
    scope = Scope(
        network_class="mainnet",
        chain_id=chain_id,
        genesis_hash="sha256:" + "a1" * 32,
        release_package_id="sha256:" + "a2" * 32,
        genesis_package_id="sha256:" + "a3" * 32,
        policy_digest="sha256:" + "a4" * 32,
    )
    fields: dict[str, Any] = {
        "artifacts": (
            artifact("node", "linux/amd64", "atlasd"),
            artifact("node", "linux/arm64", "atlasd-arm"),
            artifact("signer", "linux/amd64", "signerd"),
            artifact("tool", "any", "tool.sh"),
        ),
        "activation_order": ("sentry", "node"),
        **changes,
    }
    return FrozenScope(scope, **fields)


def confirmation(scope: FrozenScope, **changes: Any) -> OperatorConfirmation:
    """A host that is ready, or with `reason` one that is not."""
    ready = "reason" not in changes
    fields: dict[str, Any] = {
        **scope.contents(
            changes.pop("platform", "linux/amd64"), changes.pop("roles", ("node",)), ready=ready
        ),
        "aztrust_version": "0.1.0",
        "confirmed_at_unix_ms": AT,
        "launch_window_id": WINDOW,
        "status": "ready" if ready else "not-ready",
    }
    if ready:
        fields |= {"consensus_key": "in-genesis", "signer": "answers"}
    return OperatorConfirmation.model_validate({**fields, **changes})


def signed(body: OperatorConfirmation, by: LocalSigner) -> bytes:
    """The file of a confirmation."""
    payload = Unsigned("operator-confirmation", body).payload
    return encode_envelope(payload, by.public.keyid, by.sign(pae(PAYLOAD_TYPE, payload)))


def known(*scopes: FrozenScope, keys: tuple[LocalSigner, ...] = (), window: str = WINDOW) -> Known:
    """A kit with these scopes, one window of each, and the keys of operators."""
    return Known(
        scopes,
        tuple((scope.scope.hash, window) for scope in scopes),
        tuple(key.public for key in keys),
    )
