"""The records of a launch: what each kind says, and who a statement was made by.

A record is an in-toto Statement whose predicate holds `record` (exactly the fields below) and
`preimages` (what the record's `*_hash` fields are over). Times are claims by the signer (law 12).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from aztrust.core.base.digest import Sha256
from aztrust.core.base.errors import Malformed
from aztrust.core.base.model import Items, Model, Name, SomeItems, validate
from aztrust.core.base.schema import Field
from aztrust.core.base.value import frozen
from aztrust.core.formats.keys import PublicKey
from aztrust.core.formats.statement import Statement
from aztrust.core.policy.model import Convention, PackageClass
from aztrust.core.records.window_kinds import (
    AdvisoryReview,
    Blocker,
    CheckAttestation,
    LaunchAbort,
    LaunchAnomaly,
    LaunchDefer,
    LaunchWindow,
    Note,
    WindowMetadata,
    window_id,
)

UnixMs = Annotated[int, Field(ge=0, le=2**53 - 1)]
Reason = Annotated[str, Field(min_length=1, max_length=1000)]


class Seal(Model):
    """What says "these are the bytes": one holder vouches for one manifest.

    `prior_seals` are the ids of every seal of the same class its signer knew of. The seal that no
    other names as prior is the current one, whatever its claimed time, so that an older signed
    manifest that is put back is noticed.
    """

    package_class: PackageClass
    package_id: Sha256
    policy_digest: Sha256
    prior_seals: Items[Sha256]
    sealed_at_unix_ms: UnixMs


class Approval(Model):
    """What says "I accept these bytes", bound to package, policy and the review that was shown.

    `manifest_only` is true when the signer had the manifest but not the package itself.
    """

    approved_at_unix_ms: UnixMs
    manifest_only: bool
    package_class: PackageClass
    package_id: Sha256
    policy_digest: Sha256
    review_hash: Sha256
    roles: SomeItems[Name]


class Revocation(Model):
    """A record or a key is taken back (law 9); nothing can take back a revocation.

    A key is revoked as `compromised`, which voids all its positive statements, or as `retired`,
    which leaves exactly the statements listed in `stands`: without a ledger there is no order, so
    the ones that were made before are named instead.
    """

    policy_digest: Sha256
    reason: Reason
    revoked_at_unix_ms: UnixMs
    stands: Items[Sha256]
    target: Sha256
    target_kind: Literal["record", "key"]


class Supersession(Model):
    """`package_id` is to be replaced by `successor`.

    Pending until the successor is sealed and approved. Naming the current package as its own
    successor withdraws the supersessions listed in `withdraws`.
    """

    package_class: PackageClass
    package_id: Sha256
    policy_digest: Sha256
    reason: Reason
    successor: Sha256
    superseded_at_unix_ms: UnixMs
    withdraws: Items[Sha256]

    @property
    def is_withdrawal(self) -> bool:
        """Whether it takes earlier supersessions back rather than announcing a successor."""
        return self.successor == self.package_id


class Announcement(Model):
    """The genesis hash as it was published, under the convention it was published in."""

    announced_at_unix_ms: UnixMs
    convention: Convention
    package_id: Sha256
    policy_digest: Sha256
    sha256: Sha256


Body = (
    Seal
    | Approval
    | Revocation
    | Supersession
    | Announcement
    | LaunchWindow
    | CheckAttestation
    | Blocker
    | AdvisoryReview
    | LaunchAnomaly
    | LaunchDefer
    | LaunchAbort
    | Note
)

KINDS: Mapping[str, type[Model]] = {
    "seal": Seal,
    "approval": Approval,
    "revocation": Revocation,
    "supersession": Supersession,
    "announcement": Announcement,
    "launch-window": LaunchWindow,
    "check-attestation": CheckAttestation,
    "blocker": Blocker,
    "advisory-review": AdvisoryReview,
    "launch-anomaly": LaunchAnomaly,
    "launch-defer": LaunchDefer,
    "launch-abort": LaunchAbort,
    "note": Note,
}
TIME_FIELDS = {
    "seal": "sealed_at_unix_ms",
    "approval": "approved_at_unix_ms",
    "revocation": "revoked_at_unix_ms",
    "supersession": "superseded_at_unix_ms",
    "announcement": "announced_at_unix_ms",
    "launch-window": "window_open_time_unix_ms",
    "check-attestation": "attested_at_unix_ms",
    "blocker": "said_at_unix_ms",
    "advisory-review": "reviewed_at_unix_ms",
    "launch-anomaly": "observed_at_unix_ms",
    "launch-defer": "deferred_at_unix_ms",
    "launch-abort": "aborted_at_unix_ms",
    "note": "said_at_unix_ms",
}


_NO: frozenset[str] = frozenset()
_NONE: Mapping[str, Any] = {}


@frozen
class VerifiedRecord:
    """One statement by one key of one holder: the unit that is counted (law 8)."""

    record_id: str
    kind: str
    holder: str
    key: PublicKey
    body: Body
    preimages: Mapping[str, Any]

    @property
    def is_positive(self) -> bool:
        """Whether it adds something that a revocation can take away (law 9)."""
        body = self.body
        if isinstance(body, Supersession):
            return body.is_withdrawal
        if isinstance(body, CheckAttestation):
            return body.status == "pass"
        if isinstance(body, Blocker):
            return body.action == "close"
        if isinstance(body, AdvisoryReview):
            return body.outcome == "clear"
        return not isinstance(body, Revocation | LaunchAnomaly | LaunchDefer | LaunchAbort)

    @property
    def policy_digest(self) -> str:
        """The policy it was said under. A launch window says so in its metadata."""
        if isinstance(self.body, LaunchWindow):
            return self.metadata.policy_digest
        return self.body.policy_digest

    @property
    def scope_hash(self) -> str:
        """The scope it is about, "" where its kind is about none."""
        if isinstance(self.body, LaunchWindow):
            return self.metadata.scope_hash
        said = getattr(self.body, "scope_hash", "")
        return said if isinstance(said, str) else ""

    @property
    def launch_window_id(self) -> str:
        """The launch window that it opens, ends or is about, "" where its kind names none."""
        named = getattr(self.body, "launch_window_id", "")
        return named if isinstance(named, str) else ""

    @property
    def identity(self) -> tuple[str, str]:
        """(record id, key fingerprint): two records with one identity count once (law 8)."""
        return self.record_id, self.key.fingerprint

    @property
    def metadata(self) -> WindowMetadata:
        """What a launch window adds to the fields of AZ-16.1; `read_typed_record` checked it."""
        return WindowMetadata.model_validate(dict(self.preimages["metadata"]))

    @property
    def answers(self) -> frozenset[str]:
        """The revocations that an approval's review names: its signer knew of them.

        Whatever else stands in the place of that list answers nothing.
        """
        return self._named("revocations")

    @property
    def knows_replaced_by(self) -> frozenset[str]:
        """The seals that an approval's review names as having replaced the package before, or the
        release that a genesis is for.

        Whatever else stands in the place of that list names none.
        """
        return self._named("replaced_by")

    @property
    def reviewed_release(self) -> str:
        """The release that, by an approval's review, the approved genesis is for; "" for none."""
        review = self.preimages.get("review")
        release = review.get("release_package_id") if isinstance(review, dict) else None
        return release if isinstance(release, str) else ""

    def _named(self, field: str) -> frozenset[str]:
        review = self.preimages.get("review")
        named = review.get(field) if isinstance(review, dict) else None
        return frozenset(v for v in named if isinstance(v, str)) if isinstance(named, list) else _NO

    @property
    def claimed_unix_ms(self) -> int:
        """When the signer says this was said, in milliseconds since the epoch."""
        return int(getattr(self.body, TIME_FIELDS[self.kind]))


def read_typed_record(statement: Statement, holder: str, *, what: str) -> VerifiedRecord:
    """The typed form of a verified statement.

    Raises:
        Malformed: `record-unknown` for a kind this version does not know, `record-malformed` for
            a known kind that says something else than it should.
    """
    model = KINDS.get(statement.kind)
    if model is None:
        raise Malformed(
            f"records of kind {statement.kind!a} are not known to this version",
            subject=what,
            code="record-unknown",
            mend="use a newer aztrust: it may be a revocation",
        )
    body = validate(model, dict(statement.record), what=what, code="record-malformed")
    _check_subject(statement, body, what)
    if statement.kind == "approval" and "review" not in statement.preimages:
        raise _bad("an approval without its review document", what)
    if isinstance(body, LaunchWindow):
        _check_window(body, statement, what)
    if isinstance(body, Blocker) and (body.blocker is None) == (body.action == "close"):
        raise _bad(
            "a blocker is closed by naming the record that opened it, and opened without", what
        )
    return VerifiedRecord(
        record_id=statement.record_id,
        kind=statement.kind,
        holder=holder,
        key=statement.key,
        body=body,  # type: ignore[arg-type]  # KINDS maps each kind to its member of Body
        preimages=statement.preimages,
    )


def subject_of(body: Model, preimages: Mapping[str, Any] = _NONE) -> tuple[str, str]:
    """The in-toto subject of a record, as (name, `sha256:` digest): the thing it speaks about.

    A launch window speaks about the scope that its preimage names.
    """
    if isinstance(body, Revocation):
        return body.target_kind, body.target
    if isinstance(body, Announcement):
        return "genesis", body.sha256
    if isinstance(body, Seal | Approval | Supersession):
        return f"manifests/{body.package_class}.json", body.package_id
    if isinstance(body, LaunchWindow):
        metadata = preimages.get("metadata")
        scope = metadata.get("scope_hash") if isinstance(metadata, Mapping) else None
        return "scope", scope if isinstance(scope, str) else body.metadata_hash
    if isinstance(
        body, CheckAttestation | AdvisoryReview | LaunchAnomaly | LaunchDefer | LaunchAbort
    ):
        return "scope", body.scope_hash
    if isinstance(body, Blocker) and body.blocker is not None:
        return "record", body.blocker
    if isinstance(body, Blocker | Note):
        return "policy", body.policy_digest
    raise Malformed("a record about nothing", code="record-malformed")


def _check_window(body: LaunchWindow, statement: Statement, what: str) -> None:
    metadata = statement.preimages.get("metadata")
    if not isinstance(metadata, dict):
        raise _bad("a launch window without its metadata", what)
    validate(WindowMetadata, metadata, what=what, code="record-malformed")
    if body.launch_window_id != window_id(body):
        raise _bad("its launch_window_id is not the digest of its record", what)


def _check_subject(statement: Statement, body: Model, what: str) -> None:
    name, digest = subject_of(body, statement.preimages)
    stated = [(subject.name, subject.sha256) for subject in statement.subjects]
    if stated != [(name, digest)]:
        raise _bad("its subject is not what its record speaks about", what)


def _bad(cause: str, what: str) -> Malformed:
    return Malformed(
        cause, subject=what, code="record-malformed", mend="remove the file, ask its signer again"
    )
