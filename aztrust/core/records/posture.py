"""The records of the restricted posture: its entry, its exit, a change in it, and what follows it.

Entry and exit have exactly the fields of AZ-33.2 and AZ-22.2; what their hashes and the root are
over are preimages.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final, Literal

from aztrust.core.base.digest import Blake3, Sha256
from aztrust.core.base.model import Items, Model, Name, SomeItems
from aztrust.core.base.schema import Field
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
    Reason,
    RecordKind,
    Remark,
    Severity,
    UnixMs,
    about_scope,
    act_roles,
    signers_of,
)
from aztrust.core.records.observation import EpochRange, reversed_epochs

RestrictionRule = Literal[
    "change-freeze",
    "restart-approval",
    "second-role",
    "feature-authorization",
    "snapshots",
    "guard",
    "early-thresholds",
]
"""What the restricted posture asks for (AZ-12.2, AZ-34.1)."""


class RestrictedPostureEntry(Model):
    """The entry into restricted posture, with the fields of AZ-33.2, an id and a time."""

    entry_id: Sha256
    launch_window_id: Sha256
    observed_epoch_range: EpochRange
    active_restrictions_hash: Sha256
    incident_sensitivity_policy_hash: Sha256
    snapshot_policy_hash: Sha256
    timestamp_unix_ms: UnixMs


class ActiveRestrictions(Proposal):
    """What `active_restrictions_hash` is over: the rules, and how long they last at least."""

    rules: SomeItems[RestrictionRule]
    ends_not_before_unix_ms: UnixMs


class IncidentSensitivityPolicy(Model):
    """What `incident_sensitivity_policy_hash` is over: from which severity incidents escalate."""

    escalate_from: Severity
    text: Remark


class SnapshotPolicy(Model):
    """What `snapshot_policy_hash` is over: how often there is a snapshot, in milliseconds."""

    every_ms: Annotated[int, Field(ge=1, le=2**53 - 1)]
    text: Remark


class RestrictedPostureExit(Model):
    """The RestrictedPostureExitRecord, with exactly the fields of AZ-22.2.

    `signature_envelopes` is absent: the envelopes are the files of the same record.
    """

    exit_id: Sha256
    launch_window_id: Sha256
    justification_hash: Sha256
    observation_root: Sha256
    timestamp_unix_ms: UnixMs


class ExitJustification(Proposal):
    """What `justification_hash` of an exit is over."""

    reason: Reason


class Normalization(Model):
    """The network is in normal operation; `exit_id` is the record id of the exit."""

    exit_id: Sha256
    launch_window_id: Sha256
    normalized_at_unix_ms: UnixMs
    policy_digest: Sha256
    reason: Reason
    scope_hash: Sha256


Change = Literal["binary", "config", "feature", "role"]
"""What an amendment may change."""


class AmendedArtifact(Model):
    """A file as it is after a change."""

    path: Annotated[str, Field(min_length=1, max_length=4096)]
    member: Annotated[str, Field(min_length=1, max_length=4096)] | None = None
    role: Name
    platform: Annotated[str, Field(min_length=1, max_length=200)]
    sha256: Sha256
    blake3: Blake3


class Amendment(Model):
    """A reviewed change in restricted posture; the launch scope stays.

    `package_id` is the newly sealed release. The change is effective at a height or at a time.
    """

    artifacts: Items[AmendedArtifact]
    change: Change
    effective_at_unix_ms: UnixMs | None = None
    effective_height: Annotated[int, Field(ge=1, le=2**53 - 1)] | None = None
    expires_at_unix_ms: UnixMs
    incident: Reason
    launch_window_id: Sha256
    package_id: Sha256 | None = None
    policy_digest: Sha256
    proposed_at_unix_ms: UnixMs
    reason: Reason
    scope_hash: Sha256


def _entry_faults(body: RestrictedPostureEntry, parts: Mapping[str, Any]) -> Iterator[str]:
    restrictions: ActiveRestrictions = parts["active_restrictions"]
    yield from reversed_epochs(body.observed_epoch_range)
    if list(restrictions.rules) != sorted(set(restrictions.rules)):
        yield "its rules are not sorted, each once"
    if restrictions.ends_not_before_unix_ms <= body.timestamp_unix_ms:
        yield "its ends_not_before_unix_ms is not later than the entry"
    yield from expired_when_made(body.timestamp_unix_ms, restrictions.expires_at_unix_ms)


def _exit_faults(body: RestrictedPostureExit, parts: Mapping[str, Any]) -> Iterator[str]:
    yield from expired_when_made(body.timestamp_unix_ms, parts["justification"].expires_at_unix_ms)


def _amendment_faults(body: Amendment, _: Mapping[str, Any]) -> Iterator[str]:
    if (body.effective_at_unix_ms is None) == (body.effective_height is None):
        yield "is effective at a height or at a time, and names not exactly one of them"
    if body.change == "binary" and not body.artifacts:
        yield "changes a binary, and names no artifact"
    yield from expired_when_made(body.proposed_at_unix_ms, body.expires_at_unix_ms)


ENTRY_CONTENTS: Final = Contents(
    own_id="entry_id",
    preimages={
        "active_restrictions": ActiveRestrictions,
        "incident_sensitivity_policy": IncidentSensitivityPolicy,
        "snapshot_policy": SnapshotPolicy,
    },
    faults=_entry_faults,
)
EXIT_CONTENTS: Final = Contents(
    own_id="exit_id",
    preimages={"justification": ExitJustification},
    roots=("observation",),
    faults=_exit_faults,
)
NORMALIZATION_CONTENTS: Final = Contents()
AMENDMENT_CONTENTS: Final = Contents(faults=_amendment_faults)

_SCOPE: Final = "`scope`, the scope hash"

RESTRICTED_POSTURE_ENTRY: Final = RecordKind(
    name="restricted-posture-entry",
    model=RestrictedPostureEntry,
    time_field="timestamp_unix_ms",
    subject=scope_in("active_restrictions"),
    may_sign=act_roles("enter-posture"),
    bound_to=bound_in("active_restrictions"),
    expires=expires_in("active_restrictions"),
    check=ENTRY_CONTENTS.check,
    preimages=ENTRY_CONTENTS.preimages,
    final_part="none",
    text=KindText(
        about="The network enters restricted posture, with the fields of AZ-33.2."
        " `preimages.active_restrictions` has `policy_digest`, `scope_hash`, `rules` (sorted, each"
        " once, at least one of `change-freeze`, `restart-approval`, `second-role`,"
        " `feature-authorization`, `snapshots`, `guard`, `early-thresholds`),"
        " `ends_not_before_unix_ms`, `rests_on`, `head` (optional) and `expires_at_unix_ms`."
        " `preimages.incident_sensitivity_policy` has `escalate_from`, a severity, and `text`;"
        " `preimages.snapshot_policy` has `every_ms` and `text`.",
        subject=_SCOPE,
        signer=signers_of("enter-posture"),
        fields={
            "entry_id": "`sha256:` of the canonical record without this field",
            "launch_window_id": "",
            "observed_epoch_range": 'the epochs that were observed: `{"first", "last"}`',
            "active_restrictions_hash": "SHA-256 of the canonical `preimages.active_restrictions`",
            "incident_sensitivity_policy_hash": "SHA-256 of the canonical"
            " `preimages.incident_sensitivity_policy`",
            "snapshot_policy_hash": "SHA-256 of the canonical `preimages.snapshot_policy`",
            "timestamp_unix_ms": "",
        },
    ),
)
RESTRICTED_POSTURE_EXIT: Final = RecordKind(
    name="restricted-posture-exit",
    model=RestrictedPostureExit,
    time_field="timestamp_unix_ms",
    subject=scope_in("justification"),
    may_sign=act_roles("exit-posture"),
    bound_to=bound_in("justification"),
    expires=expires_in("justification"),
    check=EXIT_CONTENTS.check,
    preimages=EXIT_CONTENTS.preimages,
    roots=EXIT_CONTENTS.roots,
    final_part="none",
    text=KindText(
        about="The RestrictedPostureExitRecord of AZ-22.2, with exactly its fields and without"
        " `signature_envelopes`: the envelopes are the files with the same record."
        " `preimages.justification` has `policy_digest`, `scope_hash`, `reason`, `rests_on`, `head`"
        " (optional) and `expires_at_unix_ms`. `preimages.observation` lists the ids of the"
        " observations that were considered, sorted, at least one.",
        subject=_SCOPE,
        signer=signers_of("exit-posture"),
        fields={
            "exit_id": "`sha256:` of the canonical record without this field",
            "launch_window_id": "",
            "justification_hash": "SHA-256 of the canonical `preimages.justification`",
            "observation_root": "the RFC 9162 root over `preimages.observation`",
            "timestamp_unix_ms": "",
        },
    ),
)
NORMALIZATION: Final = RecordKind(
    name="normalization",
    model=Normalization,
    time_field="normalized_at_unix_ms",
    subject=about_scope,
    may_sign=act_roles("normalize"),
    depends_on=lambda body: frozenset({body.exit_id}),
    check=NORMALIZATION_CONTENTS.check,
    final_part="none",
    text=KindText(
        about="The network is in normal operation (AZ-13).",
        subject=_SCOPE,
        signer=signers_of("normalize"),
        fields={
            "exit_id": "the record id of the exit from restricted posture",
            "launch_window_id": "",
            "normalized_at_unix_ms": "",
            "policy_digest": "",
            "reason": "",
            "scope_hash": "",
        },
    ),
)
AMENDMENT: Final = RecordKind(
    name="amendment",
    model=Amendment,
    time_field="proposed_at_unix_ms",
    subject=about_scope,
    may_sign=act_roles("amend"),
    check=AMENDMENT_CONTENTS.check,
    final_part="none",
    summary=lambda body: f"of a {body.change}",
    text=KindText(
        about="A reviewed change in restricted posture (AZ-34). The launch scope stays.",
        subject=_SCOPE,
        signer=signers_of("amend"),
        fields={
            "artifacts": "the files after the change, at least one for a `binary`:"
            ' `[{"path", "member"?, "role", "platform", "sha256", "blake3"}]`',
            "change": "`binary`, `config`, `feature` or `role`",
            "effective_at_unix_ms": "when the change is effective; absent if it is a height",
            "effective_height": "the height from which the change is effective; absent if it is a"
            " time",
            "expires_at_unix_ms": "when the proposal expires, later than the record",
            "incident": "the incident that asks for the change, 1 to 1000 characters",
            "launch_window_id": "",
            "package_id": "optional: the newly sealed release",
            "policy_digest": "",
            "proposed_at_unix_ms": "",
            "reason": "",
            "scope_hash": "",
        },
    ),
)
KINDS: Final = (RESTRICTED_POSTURE_ENTRY, RESTRICTED_POSTURE_EXIT, NORMALIZATION, AMENDMENT)
