"""The operators of a launch that tests make: their keys, their enrolment, what they confirm.

launch = Launch.approved(roles=REGISTRAR)     # luca may enrol operators
enrol(launch, "acme", "bora")                 # both, each with one validator
confirm(launch, "acme")                       # its host is ready
confirm(launch, "bora", reason="network")     # its host is not
"""

from __future__ import annotations

import binascii
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.serialization import load_pem_private_key

from aztrust.core.records.enrolment import OPERATOR_CONFIRMATION
from aztrust.core.records.records import KINDS
from aztrust.signers.local import LocalSigner, public_key
from fixtures.identities import Identity
from tests import disk_launch
from tests.memory_launch import NOW, Launch

REGISTRAR = {"luca": '"launch-coordinator", "registrar"'}
"""The roles of a launch in which luca enrols operators, for `Launch(roles=REGISTRAR)`."""
SCOPE = "sha256:" + "4" * 64
WINDOW = "sha256:" + "5" * 64
RELEASE = "sha256:" + "6" * 64
GENESIS = "sha256:" + "7" * 64
PROGRAM = "sha256:" + "8" * 64


AnyLaunch = Launch | disk_launch.Launch


@cache
def operator(name: str, algorithm: str = "ed25519") -> LocalSigner:
    """The key of an operator; it is the key of no holder."""
    identity = Identity(f"operator {name}", (), algorithm)
    private = load_pem_private_key(identity.private_pem(), None)
    return LocalSigner(public_key(private), private)


def entry(
    name: str,
    key: LocalSigner | None = None,
    *,
    roles: tuple[str, ...] = ("node",),
    validators: tuple[str, ...] | None = None,
) -> dict[str, Any]:
    """What an enrolment says of one key of an operator; by default with one validator."""
    public = (key or operator(name)).public
    return {
        "key": public.fingerprint,
        "operator": name,
        "public_key": binascii.b2a_base64(public.spki, newline=False).decode(),
        "roles": roles,
        "validators": (f"val-{name}",) if validators is None else validators,
    }


def enrol(
    launch: AnyLaunch,
    *entries: str | dict[str, Any],
    by: str = "luca",
    at: int = NOW,
    **more: Any,
) -> str:
    """Sign an enrolment of these operators; its id. A name is short for `entry(name)`."""
    listed = [entry(each) if isinstance(each, str) else each for each in entries]
    fields = {
        "enrolled_at_unix_ms": at,
        "gentx": "none",
        "operators": sorted(listed, key=lambda each: str(each["key"])),
    }
    return sign(launch, "enrolment", by, {**fields, **more})


def confirmation(*, reason: str = "", at: int = NOW, **more: Any) -> dict[str, Any]:
    """The fields of a confirmation, of a host that is ready unless a reason is given."""
    common: dict[str, Any] = {
        "aztrust_version": "1.0.0",
        "confirmed_at_unix_ms": at,
        "launch_window_id": WINDOW,
        "platform": "linux/amd64",
        "roles": ("node",),
        "scope_hash": SCOPE,
    }
    if reason:
        return {**common, "status": "not-ready", "reason": reason, **more}
    return {
        **common,
        "status": "ready",
        "chain_id": "bench-1",
        "consensus_key": "in-genesis",
        "genesis_package_id": GENESIS,
        "genesis_sha256": GENESIS,
        "programs": ({"role": "node", "sha256": PROGRAM},),
        "release_package_id": RELEASE,
        "signer": "not-asked",
        **more,
    }


def node_facts(*, at: int = NOW, **more: Any) -> dict[str, Any]:
    """The fields of what an operator's own node answered."""
    fields = {
        "aztrust_version": "1.0.0",
        "blocks": ({"height": 2, "id": "B2", "state_after": "S2", "validators": "V"},),
        "chain_id": "test-1",
        "genesis_sha256": GENESIS,
        "launch_window_id": WINDOW,
        "nodes": ({"genesis": "sealed", "head": 2, "name": "node", "reach": "ok"},),
        "scope_hash": SCOPE,
        "seen_at_unix_ms": at,
        "signals": (),
    }
    return {**fields, **more}


def saw(launch: AnyLaunch, name: str, **more: Any) -> str:
    """Sign what an operator's node answered; the id of the record."""
    return sign(launch, "node-facts", operator(name), node_facts(**more))


def confirm(launch: AnyLaunch, name: str, key: LocalSigner | None = None, **fields: Any) -> str:
    """Sign a confirmation by an operator's key; its id."""
    by = key or operator(name)
    return sign(launch, OPERATOR_CONFIRMATION.name, by, confirmation(**fields))


def sign(launch: AnyLaunch, kind: str, by: str | LocalSigner, fields: dict[str, Any]) -> str:
    """Sign a record of any kind by any key; its id."""
    if isinstance(launch, disk_launch.Launch):
        body = KINDS[kind].model.model_validate({"policy_digest": launch.anchor, **fields})
        return launch.record(kind, body, by).record_id
    return launch.record(kind, by, **fields)
