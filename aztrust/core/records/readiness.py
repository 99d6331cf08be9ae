"""Records about the readiness of a launch: answers to the final checks, blockers, advisories."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from aztrust.core.base.digest import Blake3, Sha256
from aztrust.core.base.model import Items, Model, Name, SomeItems
from aztrust.core.base.schema import Field
from aztrust.core.records.kind import (
    KindText,
    Preimages,
    Reason,
    RecordKind,
    Remark,
    Severity,
    UnixMs,
    about_policy,
    about_scope,
    malformed,
)


class EvidenceFile(Model):
    """A file that is shown as evidence: its name and digests; the file stays where it is."""

    blake3: Blake3
    name: Annotated[str, Field(min_length=1, max_length=255)]
    sha256: Sha256
    size: UnixMs


class CheckAttestation(Model):
    """An answer to one row of the final checks, by a holder of the role that owns it."""

    attested_at_unix_ms: UnixMs
    check: Name
    evidence: Items[EvidenceFile]
    note: Remark
    policy_digest: Sha256
    role: Name
    scope_hash: Sha256
    status: Literal["pass", "fail"]


class Blocker(Model):
    """Something blocks the launch, or no longer does; `blocker` is the record that opened it."""

    action: Literal["open", "close"]
    blocker: Sha256 | None = None
    policy_digest: Sha256
    reason: Reason
    said_at_unix_ms: UnixMs
    severity: Severity


class AdvisoryReview(Model):
    """The advisories of these sources were read: they stop the launch, or they do not."""

    evidence: Items[EvidenceFile]
    note: Remark
    outcome: Literal["clear", "blocking"]
    policy_digest: Sha256
    reviewed_at_unix_ms: UnixMs
    scope_hash: Sha256
    sources: SomeItems[Literal["private", "public"]]


def _blocker_subject(body: Blocker, preimages: Preimages) -> tuple[str, str]:
    return ("record", body.blocker) if body.blocker is not None else about_policy(body, preimages)


def _names_what_it_closes(body: Blocker, _: Preimages, what: str) -> None:
    if (body.blocker is None) == (body.action == "close"):
        raise malformed(
            "a blocker is closed by naming the record that opened it, and opened without", what
        )


def _closed(body: Blocker) -> frozenset[str]:
    return frozenset({body.blocker}) if body.blocker is not None else frozenset()


_SCOPE: Final = "`scope`, the scope hash"
_REMARK: Final = "up to 1000 characters"

CHECK_ATTESTATION: Final = RecordKind(
    name="check-attestation",
    model=CheckAttestation,
    time_field="attested_at_unix_ms",
    subject=about_scope,
    is_negative=lambda body: body.status == "fail",
    # Whether the role is the one that owns the row, the final check decides.
    may_sign=lambda _, body: frozenset({body.role}),
    final_part="answer",
    text=KindText(
        about="An answer to one row of the final checks (docs/final-checks.md).",
        subject=_SCOPE,
        signer="a holder of the role in `role`",
        negative="when `status` is `fail`",
        fields={
            "attested_at_unix_ms": "",
            "check": "the row",
            "evidence": 'files that were shown: `[{"blake3", "name", "sha256", "size"}]`',
            "note": _REMARK,
            "policy_digest": "",
            "role": "the role the signer answers in; it must be one of the signer's",
            "scope_hash": "",
            "status": "`pass` or `fail`",
        },
    ),
)
BLOCKER: Final = RecordKind(
    name="blocker",
    model=Blocker,
    time_field="said_at_unix_ms",
    subject=_blocker_subject,
    is_negative=lambda body: body.action == "open",
    depends_on=_closed,
    check=_names_what_it_closes,
    final_part="answer",
    effect="blocks",
    text=KindText(
        about="Something blocks the launch, or no longer does.",
        subject="of an opening `policy`, the policy digest; of a closing `record`, the opening",
        signer="any holder; a closing counts if that is the signer of the opening, or a holder of"
        " the role that owns the row `blocker-review`",
        negative="when `action` is `open`",
        fields={
            "action": "`open` or `close`",
            "blocker": "of a closing: the id of the record that opened it; otherwise absent",
            "policy_digest": "",
            "reason": "",
            "said_at_unix_ms": "",
            "severity": "`critical`, `major` or `minor`",
        },
    ),
)
ADVISORY_REVIEW: Final = RecordKind(
    name="advisory-review",
    model=AdvisoryReview,
    time_field="reviewed_at_unix_ms",
    subject=about_scope,
    is_negative=lambda body: body.outcome == "blocking",
    final_part="answer",
    text=KindText(
        about="The advisories of these sources were read.",
        subject=_SCOPE,
        signer="any holder; it counts if that is a holder of the role that owns the row",
        negative="when `outcome` is `blocking`",
        fields={
            "evidence": "as of `check-attestation`",
            "note": _REMARK,
            "outcome": "`clear` or `blocking`",
            "policy_digest": "",
            "reviewed_at_unix_ms": "",
            "scope_hash": "",
            "sources": "one or both of `private`, `public`",
        },
    ),
)
KINDS: Final = (CHECK_ATTESTATION, BLOCKER, ADVISORY_REVIEW)
