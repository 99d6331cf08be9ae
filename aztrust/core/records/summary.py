"""The shape of a verdict's payload: an in-toto Statement v1 with a SLSA verification summary in it
(https://slsa.dev/spec/v1.0/verification_summary). What its fields must say is `verdict.py`'s.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from aztrust.core.base.model import Items, Model, SomeItems
from aztrust.core.base.schema import Field
from aztrust.core.records.checkpoint import Checkpoint, MatrixRow
from aztrust.core.records.contents import LedgerHead
from aztrust.core.records.kind import KindText, RecordKind, verdict_roles

PREDICATE_TYPE: Final = "https://slsa.dev/verification_summary/v1"
CHECKPOINT_KEY: Final = "urn:aztrust:launch-checkpoint:v1"

Hex = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Text = Annotated[str, Field(min_length=1, max_length=10_000)]


class DigestSet(Model):
    """in-toto's DigestSet, of the two digests that aztrust knows: without prefix."""

    sha256: Hex
    blake3: Hex | None = None


class VerdictSubject(Model):
    """A file, a manifest or the scope."""

    name: Text
    digest: DigestSet


class Verifier(Model):
    """Who verified, named by the signing key, and with which versions of which programs."""

    id: Text
    version: dict[str, str]


class Resource(Model):
    """in-toto's ResourceDescriptor, of a URI and a SHA-256."""

    uri: Text
    digest: DigestSet


class StatedFinding(Model):
    """What was found, for the reader of the verdict; "" where there is nothing to compare."""

    actual: Annotated[str, Field(max_length=10_000)]
    code: Annotated[str, Field(pattern="^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)]
    expected: Annotated[str, Field(max_length=10_000)]
    subject: Annotated[str, Field(max_length=10_000)]


class LaunchCheckpoint(Model):
    """What aztrust adds to the summary."""

    findings: Items[StatedFinding]
    guidance: Literal["CONTINUE", "HOLD", "DEFER", "ABORT"]
    ledger: LedgerHead | None = None
    matrix: SomeItems[MatrixRow]
    record: Checkpoint


class Summary(Model):
    """The predicate: SLSA's verification summary and the checkpoint."""

    verifier: Verifier
    time_verified: Annotated[Text, Field(alias="timeVerified")]
    resource_uri: Annotated[Text, Field(alias="resourceUri")]
    policy: Resource
    input_attestations: Annotated[Items[Resource], Field(alias="inputAttestations")]
    verification_result: Annotated[Literal["PASSED", "FAILED"], Field(alias="verificationResult")]
    verified_levels: Annotated[SomeItems[Text], Field(alias="verifiedLevels")]
    slsa_version: Annotated[Text, Field(alias="slsaVersion")]
    launch_checkpoint: Annotated[LaunchCheckpoint, Field(alias=CHECKPOINT_KEY)]


class Payload(Model):
    """The signed statement."""

    type_: Annotated[Literal["https://in-toto.io/Statement/v1"], Field(alias="_type")]
    subject: SomeItems[VerdictSubject]
    predicate_type: Annotated[
        Literal["https://slsa.dev/verification_summary/v1"], Field(alias="predicateType")
    ]
    predicate: Summary


VERDICT: Final = RecordKind(
    name="verdict",
    model=Payload,
    time_field="timestamp_unix_ms",
    subject=lambda statement, _: ("scope", statement.scope_hash),
    is_negative=lambda statement: not statement.passed,
    may_sign=verdict_roles,
    depends_on=lambda statement: frozenset(statement.rests_on),
    bound_to=lambda statement, _: (statement.policy_digest, statement.scope_hash),
    text=KindText(
        about="What was concluded at a checkpoint: docs/formats/verdict.md.",
        subject="of a pass the files, otherwise `scope`",
        fields={},
        signer="a holder of a role in the policy's `[verdicts]`",
        negative="unless it is a `pass`",
    ),
)
"""The kind of a verdict. Its body is a `verdict.VerdictStatement`."""
