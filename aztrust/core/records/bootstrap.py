"""The records of the start: the authorization, the instruction, and each role as it is activated.

The instruction has exactly the fields of AZ-20.2; the start window and the order are preimages.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final, Literal

from aztrust.core.base.digest import Sha256
from aztrust.core.base.model import Model, Name, SomeItems
from aztrust.core.base.schema import Field
from aztrust.core.policy.model import NetworkClass
from aztrust.core.records.contents import (
    Contents,
    Proposal,
    bound_in,
    expired_when_made,
    expires_in,
    scope_in,
)
from aztrust.core.records.kind import (
    KindText,
    Preimages,
    RecordKind,
    Remark,
    UnixMs,
    about_scope,
    act_roles,
    signers_of,
)
from aztrust.core.records.window import ChainId


class LaunchAuthorization(Proposal):
    """The bootstrap is authorized; `decision_id` and `proceed_id` are record ids."""

    launch_window_id: Sha256
    decision_id: Sha256
    proceed_id: Sha256
    target_network_class: NetworkClass
    target_chain_id: ChainId
    target_genesis_hash: Sha256
    release_package_id: Sha256
    authorized_at_unix_ms: UnixMs


class BootstrapStartInstruction(Model):
    """The BootstrapStartInstruction, with exactly the fields of AZ-20.2.

    `launch_authorization_id` is the record id of the authorization.
    """

    instruction_id: Sha256
    launch_authorization_id: Sha256
    target_network_class: NetworkClass
    target_chain_id: ChainId
    target_genesis_hash: Sha256
    start_window_hash: Sha256
    role_activation_order_hash: Sha256
    timestamp_unix_ms: UnixMs


class StartWindow(Proposal):
    """What `start_window_hash` is over: when roles may be activated, and in which window."""

    launch_window_id: Sha256
    opens_at_unix_ms: UnixMs
    closes_at_unix_ms: UnixMs


class RoleStep(Model):
    """One role in the order of activation."""

    role: Name
    description: Annotated[str, Field(min_length=1, max_length=1000)] | None = None


class RoleActivationOrder(Model):
    """What `role_activation_order_hash` is over: the roles, the first one first."""

    order: SomeItems[RoleStep]


class RoleActivation(Model):
    """One role is activated, or starts again after an anomaly.

    `instruction_id` and `anomaly_id` are record ids; `observed` is what was seen of the step
    before.
    """

    action: Literal["activate", "restart"]
    activated_at_unix_ms: UnixMs
    anomaly_id: Sha256 | None = None
    instruction_id: Sha256
    launch_window_id: Sha256
    observed: Remark
    policy_digest: Sha256
    role: Name
    scope_hash: Sha256


def _expired_authorization(body: LaunchAuthorization, _: Mapping[str, Any]) -> Iterator[str]:
    yield from expired_when_made(body.authorized_at_unix_ms, body.expires_at_unix_ms)


def _unusable(body: BootstrapStartInstruction, parts: Mapping[str, Any]) -> Iterator[str]:
    window: StartWindow = parts["start_window"]
    if window.closes_at_unix_ms <= window.opens_at_unix_ms:
        yield "its closes_at_unix_ms is not later than its opens_at_unix_ms"
    yield from expired_when_made(body.timestamp_unix_ms, window.expires_at_unix_ms)
    roles = [step.role for step in parts["role_activation_order"].order]
    if len(set(roles)) != len(roles):
        yield "has a role twice in its order"


def _restarts_otherwise(body: RoleActivation, _: Mapping[str, Any]) -> Iterator[str]:
    if (body.action == "restart") != (body.anomaly_id is not None):
        yield "restarts a role exactly if it names the anomaly, and this one does not"


def _instructed_window(_: object, preimages: Preimages) -> str:
    window: str = preimages["start_window"]["launch_window_id"]
    return window


AUTHORIZATION_CONTENTS: Final = Contents(faults=_expired_authorization)
INSTRUCTION_CONTENTS: Final = Contents(
    own_id="instruction_id",
    preimages={"start_window": StartWindow, "role_activation_order": RoleActivationOrder},
    faults=_unusable,
)
ACTIVATION_CONTENTS: Final = Contents(faults=_restarts_otherwise)

_SCOPE: Final = "`scope`, the scope hash"
_TARGET: Final = {
    "target_network_class": "`mainnet`, `testnet` or `devnet`",
    "target_chain_id": "the scope's",
    "target_genesis_hash": "the scope's",
}

LAUNCH_AUTHORIZATION: Final = RecordKind(
    name="launch-authorization",
    model=LaunchAuthorization,
    time_field="authorized_at_unix_ms",
    subject=about_scope,
    may_sign=act_roles("authorize"),
    depends_on=lambda body: frozenset({body.decision_id, body.proceed_id}),
    check=AUTHORIZATION_CONTENTS.check,
    preimages=AUTHORIZATION_CONTENTS.preimages,
    final_part="none",
    summary=lambda body: f"of genesis {body.target_genesis_hash[7:15]}",
    text=KindText(
        about="The bootstrap of this scope is authorized (AZ-8.3).",
        subject=_SCOPE,
        signer=signers_of("authorize"),
        fields={
            "launch_window_id": "",
            "policy_digest": "",
            "scope_hash": "",
            "decision_id": "the record id of the decision",
            "proceed_id": "the record id of the proceed",
            **_TARGET,
            "release_package_id": "the scope's",
            "rests_on": "ids of the records and verdicts that it rests on, sorted, each once",
            "head": "optional: the head of the ledger that the proposer knew",
            "authorized_at_unix_ms": "",
            "expires_at_unix_ms": "when the proposal expires, later than the record",
        },
    ),
)
BOOTSTRAP_START_INSTRUCTION: Final = RecordKind(
    name="bootstrap-start-instruction",
    model=BootstrapStartInstruction,
    time_field="timestamp_unix_ms",
    subject=scope_in("start_window"),
    may_sign=act_roles("instruct"),
    depends_on=lambda body: frozenset({body.launch_authorization_id}),
    bound_to=bound_in("start_window"),
    window_of=_instructed_window,
    expires=expires_in("start_window"),
    check=INSTRUCTION_CONTENTS.check,
    preimages=INSTRUCTION_CONTENTS.preimages,
    final_part="none",
    summary=lambda body: f"of genesis {body.target_genesis_hash[7:15]}",
    text=KindText(
        about="The BootstrapStartInstruction of AZ-20.2, with exactly its fields: when roles are"
        " activated, and in which order. `preimages.start_window` has `launch_window_id`,"
        " `policy_digest`, `scope_hash`, `opens_at_unix_ms`, `closes_at_unix_ms`, `rests_on`,"
        " `head` (optional) and `expires_at_unix_ms`. `preimages.role_activation_order` has"
        ' `order`, a list of at least one `{"role", "description"?}`, no role twice.',
        subject=_SCOPE,
        signer=signers_of("instruct"),
        fields={
            "instruction_id": "`sha256:` of the canonical record without this field",
            "launch_authorization_id": "the record id of the authorization",
            **_TARGET,
            "start_window_hash": "SHA-256 of the canonical `preimages.start_window`",
            "role_activation_order_hash": "SHA-256 of the canonical"
            " `preimages.role_activation_order`",
            "timestamp_unix_ms": "",
        },
    ),
)
ROLE_ACTIVATION: Final = RecordKind(
    name="role-activation",
    model=RoleActivation,
    time_field="activated_at_unix_ms",
    subject=about_scope,
    may_sign=act_roles("activate"),
    depends_on=lambda body: frozenset({body.instruction_id}),
    check=ACTIVATION_CONTENTS.check,
    final_part="none",
    summary=lambda body: f"{body.action} {body.role}",
    text=KindText(
        about="A role of the network is activated, or may start again after an anomaly.",
        subject=_SCOPE,
        signer=signers_of("activate"),
        fields={
            "action": "`activate` or `restart`",
            "activated_at_unix_ms": "",
            "anomaly_id": "of a restart: the record id of the anomaly; otherwise absent",
            "instruction_id": "the record id of the instruction",
            "launch_window_id": "",
            "observed": "what was seen of the step before, up to 1000 characters",
            "policy_digest": "",
            "role": "the role in the order of the instruction",
            "scope_hash": "",
        },
    ),
)
KINDS: Final = (LAUNCH_AUTHORIZATION, BOOTSTRAP_START_INSTRUCTION, ROLE_ACTIVATION)
