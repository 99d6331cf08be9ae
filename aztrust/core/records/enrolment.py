"""Operators: who they are, and that their host has what was frozen (AZ-6.2, AZ-24).

An enrolment is signed by the registrar: it lists the operators with their keys. A confirmation is
signed by the key of an operator. Such a key signs its own confirmations only: it has no role, and
no threshold counts it.
"""

from __future__ import annotations

import binascii
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final, Literal, get_args

from aztrust.core.base.digest import Sha256, sha256_id
from aztrust.core.base.model import Items, Model, Name, SomeItems
from aztrust.core.base.schema import Field
from aztrust.core.policy.model import Policy
from aztrust.core.records.kind import (
    KindText,
    Preimages,
    RecordKind,
    UnixMs,
    about_policy,
    about_scope,
    every_field,
    malformed,
)

Platform = Annotated[str, Field(pattern=r"^[a-z0-9]+/[a-z0-9_]+(/[a-z0-9]+)?$")]
ValidatorId = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[!-~]+$")]
SpkiText = Annotated[str, Field(max_length=200, pattern=r"^[A-Za-z0-9+/]+={0,2}$")]

NotReady = Literal[
    "binary-mismatch",
    "genesis-mismatch",
    "chain-id-mismatch",
    "file-missing",
    "old-state",
    "consensus-key-missing",
    "signer-silent",
    "signer-conflict",
    "network",
    "hardware",
    "disk",
    "clock",
    "staffing",
    "maintenance",
    "other",
]
"""Why an operator is not ready. The order is part of the printed form: new ones come last."""

NOT_READY_REASONS: Final[tuple[NotReady, ...]] = get_args(NotReady)


class Enrolled(Model):
    """One key of one operator: the roles it starts, and the validators that are its.

    `public_key` is the DER of its SubjectPublicKeyInfo in base64; `validators` are consensus keys
    or operator addresses as the genesis has them, or rows of the weight table.
    """

    key: Sha256
    operator: Name
    public_key: SpkiText
    roles: SomeItems[Name]
    validators: Items[ValidatorId]


class Enrolment(Model):
    """The operators of a launch. A later one replaces the entries of the operators it names.

    `gentx` says whether the list was made from gen_tx files, and whether their signatures were
    verified.
    """

    enrolled_at_unix_ms: UnixMs
    gentx: Literal["none", "verified", "unverified"]
    operators: SomeItems[Enrolled]
    policy_digest: Sha256


class ConfirmedProgram(Model):
    """A file of a role that the host has."""

    role: Name
    sha256: Sha256


class OperatorConfirmation(Model):
    """What one operator says of one host: it is ready for this scope in this window, or is not.

    Of a host that is ready everything but the time, the version and the two answers about its
    consensus key follows from the scope. Of one that is not, `reason` and the first eight digits
    of the digest that was found are all there is.
    """

    aztrust_version: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[!-~]+$")]
    chain_id: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    confirmed_at_unix_ms: UnixMs
    consensus_key: Literal["in-genesis", "not-in-genesis", "not-asked"] | None = None
    found: Annotated[str, Field(pattern=r"^[0-9a-f]{8}$")] | None = None
    genesis_package_id: Sha256 | None = None
    genesis_sha256: Sha256 | None = None
    launch_window_id: Sha256
    platform: Platform
    policy_digest: Sha256
    programs: Items[ConfirmedProgram] | None = None
    reason: NotReady | None = None
    release_package_id: Sha256 | None = None
    roles: SomeItems[Name]
    scope_hash: Sha256
    signer: Literal["answers", "silent", "not-asked"] | None = None
    status: Literal["ready", "not-ready"]


_OF_READY: Final = (
    *("chain_id", "consensus_key", "genesis_package_id", "genesis_sha256"),
    *("programs", "release_package_id", "signer"),
)


def _registrar(policy: Policy, _: Enrolment) -> frozenset[str]:
    return frozenset({policy.readiness.registrar})


def _no_holder(_: Policy, __: OperatorConfirmation) -> frozenset[str]:
    """The key of an operator signs it, and that key has no role."""
    return frozenset()


def _each_once(body: Enrolment, _: Preimages, what: str) -> None:
    keys = [entry.key for entry in body.operators]
    validators = [name for entry in body.operators for name in entry.validators]
    if keys != sorted(set(keys)):
        raise malformed("its entries are not sorted by key, or a key is there twice", what)
    if len(validators) != len(set(validators)):
        raise malformed("a validator is there twice: it belongs to one operator", what)
    for entry in body.operators:
        if list(entry.roles) != sorted(set(entry.roles)):
            raise malformed(f"the roles of {entry.operator} are not sorted, or repeated", what)
        if list(entry.validators) != sorted(entry.validators):
            raise malformed(f"the validators of {entry.operator} are not sorted", what)
        if sha256_id(_decoded(entry.public_key, what)) != entry.key:
            raise malformed(f"the key of {entry.operator} is not the digest of its bytes", what)


def _decoded(text: str, what: str) -> bytes:
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except binascii.Error:
        raise malformed("a public key is not base64", what) from None


def _whole(body: OperatorConfirmation, _: Preimages, what: str) -> None:
    """A ready host names everything that was frozen; one that is not names a reason, no more."""
    named = [name for name in _OF_READY if getattr(body, name) is not None]
    is_ready = body.status == "ready"
    if len(named) != (len(_OF_READY) if is_ready else 0) or is_ready == (body.reason is not None):
        raise malformed("a confirmation is of a host that is ready, or gives a reason", what)
    if is_ready and body.found is not None:
        raise malformed("a host that is ready has found no other digest", what)
    if list(body.roles) != sorted(set(body.roles)):
        raise malformed("its roles are not sorted, or repeated", what)


def _page(record: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    """Every field; of the operators a row each."""
    listed = record.get("operators")
    for name, value in every_field(record):
        if name != "operators" or not isinstance(listed, list):
            yield name, value
    for entry in listed if isinstance(listed, list) else ():
        if isinstance(entry, dict):
            yield "operator", " ".join(_row(entry))


def _row(entry: Mapping[str, Any]) -> Iterator[str]:
    roles, validators = entry.get("roles"), entry.get("validators")
    yield f"{entry.get('operator')}: key {str(entry.get('key'))[7:15]},"
    yield " ".join(map(str, roles)) if isinstance(roles, list) else "no role"
    count = len(validators) if isinstance(validators, list) else 0
    yield f"({count} {'validator' if count == 1 else 'validators'})"


ENROLMENT: Final = RecordKind(
    name="enrolment",
    model=Enrolment,
    time_field="enrolled_at_unix_ms",
    subject=about_policy,
    may_sign=_registrar,
    check=_each_once,
    final_part="none",
    summary=lambda body: f"of {len({entry.operator for entry in body.operators})} operators",
    page=_page,
    text=KindText(
        about="The operators of a launch, with their keys and validators (docs/readiness.md).",
        subject="`policy`, the policy digest",
        signer="a holder of the role in `[readiness] registrar`",
        fields={
            "enrolled_at_unix_ms": "",
            "gentx": "`none`; or made from gen_tx files, their signatures `verified` or"
            " `unverified`",
            "operators": 'sorted by key: `[{"key", "operator", "public_key", "roles",'
            ' "validators"}]`; `public_key` is DER in base64, `validators` are consensus keys or'
            " operator addresses as the genesis has them, or rows of the weight table",
            "policy_digest": "",
        },
    ),
)
OPERATOR_CONFIRMATION: Final = RecordKind(
    name="operator-confirmation",
    model=OperatorConfirmation,
    time_field="confirmed_at_unix_ms",
    subject=about_scope,
    is_negative=lambda body: body.status == "not-ready",
    may_sign=_no_holder,
    check=_whole,
    final_part="none",
    text=KindText(
        about="One operator's host has what was frozen, or is not ready (docs/readiness.md).",
        subject="`scope`, the scope hash",
        signer="the key of an operator in an enrolment; no holder",
        negative="when `status` is `not-ready`",
        fields={
            "aztrust_version": "what made it",
            "chain_id": "of `ready`: the chain id in the genesis",
            "confirmed_at_unix_ms": "a whole second",
            "consensus_key": "of `ready`: whether the host's consensus key is in the genesis",
            "found": "of `not-ready`, optional: the first 8 digits of the digest that was found",
            "genesis_package_id": "of `ready`",
            "genesis_sha256": "of `ready`: the digest of the genesis file",
            "launch_window_id": "",
            "platform": "such as `linux/amd64`",
            "policy_digest": "",
            "programs": 'of `ready`: the files of its roles, sorted: `[{"role", "sha256"}]`',
            "reason": "of `not-ready`: why",
            "release_package_id": "of `ready`",
            "roles": "what the host runs, sorted",
            "scope_hash": "",
            "signer": "of `ready`: whether its remote signer answers",
            "status": "`ready` or `not-ready`",
        },
    ),
)
KINDS: Final = (ENROLMENT, OPERATOR_CONFIRMATION)
