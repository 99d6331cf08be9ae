"""The records of a launch: which kinds there are, and a record whose signature was checked.

A record is an in-toto Statement whose predicate holds `record` (exactly the fields of its kind) and
`preimages` (what the record's `*_hash` fields are over). Times are claims by the signer (law 12).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeVar

from aztrust.core.base.digest import sha256_id
from aztrust.core.base.errors import Malformed
from aztrust.core.base.model import Model, validate
from aztrust.core.base.value import field, frozen
from aztrust.core.formats.keys import VerificationMaterial
from aztrust.core.formats.statement import Statement, Subject, build_statement
from aztrust.core.records import (
    administration,
    bootstrap,
    build,
    checklist,
    checklist_plan,
    enrolment,
    go_hold,
    lessons,
    node_facts,
    observation,
    package,
    posture,
    readiness,
    remarks,
    window,
)
from aztrust.core.records.contents import read_preimage
from aztrust.core.records.kind import RecordKind, malformed
from aztrust.core.records.window import WindowMetadata, window_metadata

M = TypeVar("M", bound=Model)

KINDS: Final[dict[str, RecordKind]] = {
    kind.name: kind
    for family in (
        *(package, administration, window, readiness, observation, build, enrolment),
        *(go_hold, bootstrap, posture, remarks, lessons, node_facts),
        *(checklist, checklist_plan),
    )
    for kind in family.KINDS
}
"""Every kind of statement by its name. A verdict is `summary.VERDICT`: its format is another."""


@frozen
class VerifiedRecord:
    """One statement by one key of one holder: the unit that is counted (law 8)."""

    record_id: str
    kind: str
    holder: str
    key: VerificationMaterial
    body: Model
    preimages: Mapping[str, Any]

    @property
    def descriptor(self) -> RecordKind:
        """Its kind."""
        return KINDS[self.kind]

    @property
    def is_negative(self) -> bool:
        """Whether it stops or takes back something, so that nothing revokes it (law 9)."""
        return self.descriptor.is_negative(self.body)

    def counts_under(self, policy_digest: str) -> bool:
        """Whether it counts where this policy is in force (law 15)."""
        return self.descriptor.counts_under_any_policy or self.policy_digest == policy_digest

    @property
    def policy_digest(self) -> str:
        """The policy that it was made under."""
        return self.descriptor.bound_to(self.body, self.preimages)[0]

    @property
    def scope_hash(self) -> str:
        """The scope it is about, "" where its kind is about none."""
        return self.descriptor.bound_to(self.body, self.preimages)[1]

    @property
    def claimed_unix_ms(self) -> int:
        """When the signer says that it was made, in milliseconds since the epoch."""
        return self.descriptor.claimed_unix_ms(self.body)

    @property
    def title(self) -> str:
        """Its short name: `approval of release 065b73d5`, `note 9f8737c3`."""
        return f"{self.kind} {self.descriptor.summary(self.body) or self.record_id[7:15]}"

    @property
    def launch_window_id(self) -> str:
        """The launch window that it opens, ends or is about, "" where its kind names none."""
        return self.descriptor.window_of(self.body, self.preimages)

    @property
    def expires_at_unix_ms(self) -> int | None:
        """After which time it takes no effect if it still waits; None where it never expires."""
        return self.descriptor.expires(self.body, self.preimages)

    @property
    def identity(self) -> tuple[str, str]:
        """(record id, key fingerprint): two records with one identity count once (law 8)."""
        return self.record_id, self.key.fingerprint

    def preimage(self, name: str, model: type[M]) -> M:
        """A preimage by its name, as the model that its kind checked it with."""
        return read_preimage(self.preimages, name, model)

    @property
    def metadata(self) -> WindowMetadata:
        """What a launch window adds to the fields of AZ-16.1; its kind checked it."""
        return window_metadata(self.preimages)

    @property
    def answers(self) -> frozenset[str]:
        """The revocations that an approval's review names: its signer knew of them.

        A value in that place that is not such a list answers nothing.
        """
        return self._named("revocations")

    @property
    def knows_replaced_by(self) -> frozenset[str]:
        """The seals that an approval's review names as having replaced the package before, or the
        release that a genesis is for.

        A value in that place that is not such a list names none.
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
        listed = named if isinstance(named, list) else ()
        return frozenset(v for v in listed if isinstance(v, str))


@frozen
class Unsigned:
    """A record before its signatures.

    Args:
        kind: one of `KINDS`.
        body: the record, of that kind's model.
        preimages: what its `*_hash` fields are over.
    """

    kind: str
    body: Model
    preimages: Mapping[str, Any] = field(default_factory=dict)

    @property
    def payload(self) -> bytes:
        """What is signed.

        Raises:
            Malformed: `record-malformed`: it could not be read back.
        """
        name, digest = KINDS[self.kind].subject(self.body, self.preimages)
        record = self.body.model_dump(mode="json", exclude_none=True)
        return build_statement(self.kind, [Subject(name, digest)], record, self.preimages)

    @property
    def record_id(self) -> str:
        """The id that it has once it is signed, by whatever key. Raises as `payload`."""
        return sha256_id(self.payload)

    def by(self, holder: str, key: VerificationMaterial, record_id: str = "") -> VerifiedRecord:
        """The same as if a holder had signed it; `record_id` where it is known already."""
        known = record_id or self.record_id
        return VerifiedRecord(known, self.kind, holder, key, self.body, self.preimages)


def read_body(statement: Statement, *, what: str) -> Model:
    """What a verified statement says, by whatever key: of the model of its kind.

    Raises:
        Malformed: `record-unknown` for a kind this version does not know, `record-malformed` for
            a known kind that says something else than it should.
    """
    kind = KINDS.get(statement.kind)
    if kind is None:
        raise Malformed(
            f"records of kind {statement.kind!a} are not known to this version",
            subject=what,
            code="record-unknown",
            mend="use a newer aztrust: it may be a revocation",
        )
    body = validate(kind.model, dict(statement.record), what=what, code="record-malformed")
    stated = [(subject.name, subject.sha256) for subject in statement.subjects]
    if stated != [kind.subject(body, statement.preimages)]:
        raise malformed("its subject is not what its record is about", what)
    kind.check(body, statement.preimages, what)
    return body


def read_typed_record(statement: Statement, holder: str, *, what: str) -> VerifiedRecord:
    """The typed form of a verified statement by a holder; raises as `read_body`."""
    body = read_body(statement, what=what)
    return VerifiedRecord(
        record_id=statement.record_id,
        kind=statement.kind,
        holder=holder,
        key=statement.key,
        body=body,
        preimages=statement.preimages,
    )
