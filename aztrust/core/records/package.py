"""Records about a package: it is sealed, approved, superseded, its genesis hash announced."""

from __future__ import annotations

from typing import Final

from aztrust.core.base.digest import Sha256
from aztrust.core.base.model import Items, Model, Name, SomeItems
from aztrust.core.policy.model import Convention, PackageClass, Policy
from aztrust.core.records.kind import KindText, Preimages, Reason, RecordKind, UnixMs, malformed
from aztrust.core.records.review import check_review


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


def _manifest(body: Seal | Approval | Supersession, _: Preimages) -> tuple[str, str]:
    return f"manifests/{body.package_class}.json", body.package_id


def _package(body: Seal | Approval | Supersession) -> str:
    return f"of {body.package_class} {body.package_id[7:15]}"


def _sealers(policy: Policy, body: Seal) -> frozenset[str]:
    return frozenset({policy.seal_role(body.package_class)})


def _approvers(policy: Policy, body: Approval) -> frozenset[str]:
    return frozenset(policy.approval_rule(body.package_class).roles)


def _with_its_review(body: Approval, preimages: Preimages, what: str) -> None:
    if "review" not in preimages:
        raise malformed("an approval without its review document", what)
    check_review(preimages["review"], body, what=what)


_MANIFEST: Final = "`manifests/CLASS.json`, the package id"
_CLASS: Final = "`release` or `genesis`"

SEAL: Final = RecordKind(
    name="seal",
    model=Seal,
    time_field="sealed_at_unix_ms",
    subject=_manifest,
    may_sign=_sealers,
    checks_decide=True,
    freeze_row="approvals",
    summary=_package,
    text=KindText(
        about='"These are the bytes."',
        subject=_MANIFEST,
        signer="a holder of the sealing role of the class",
        fields={
            "package_class": _CLASS,
            "package_id": "SHA-256 of the manifest",
            "policy_digest": "",
            "prior_seals": "the ids of every seal of this class that the signer knew of",
            "sealed_at_unix_ms": "",
        },
    ),
)
APPROVAL: Final = RecordKind(
    name="approval",
    model=Approval,
    time_field="approved_at_unix_ms",
    subject=_manifest,
    may_sign=_approvers,
    named_roles=lambda body: frozenset(body.roles),
    checks_decide=True,
    check=_with_its_review,
    freeze_row="approvals",
    summary=_package,
    text=KindText(
        about='"I accept these bytes."',
        subject=_MANIFEST,
        signer="a holder of a role that the policy asks for, named in `roles`",
        fields={
            "approved_at_unix_ms": "",
            "manifest_only": "`true` where the signer had the manifest and not the package",
            "package_class": _CLASS,
            "package_id": "SHA-256 of the manifest",
            "policy_digest": "",
            "review_hash": "SHA-256 of the canonical `preimages.review`",
            "roles": "the roles the signer signs in, at least one",
        },
    ),
)
SUPERSESSION: Final = RecordKind(
    name="supersession",
    model=Supersession,
    time_field="superseded_at_unix_ms",
    subject=_manifest,
    is_negative=lambda body: not body.is_withdrawal,
    may_sign=lambda policy, body: policy.superseder_roles(body.package_class),
    freeze_row="supersession",
    summary=_package,
    text=KindText(
        about="A package is to be replaced.",
        subject=_MANIFEST,
        signer="a holder of the sealing role of the class, or of a `[revocation]` role",
        negative="unless it is a withdrawal, whose `successor` is its `package_id`",
        fields={
            "package_class": _CLASS,
            "package_id": "the current package",
            "policy_digest": "",
            "reason": "",
            "successor": "the package that replaces it; the same as `package_id`, the current one,"
            " withdraws",
            "superseded_at_unix_ms": "",
            "withdraws": "in a withdrawal: the ids of this class's supersessions taken back, the"
            " signer's own or, with a `[revocation]` role, any holder's; otherwise empty",
        },
    ),
)
ANNOUNCEMENT: Final = RecordKind(
    name="announcement",
    model=Announcement,
    time_field="announced_at_unix_ms",
    subject=lambda body, _: ("genesis", body.sha256),
    may_sign=lambda policy, _: policy.announcer_roles(),
    freeze_row="scope",
    summary=lambda body: f"of the {body.convention} genesis hash {body.sha256[7:15]}",
    text=KindText(
        about="The genesis hash as it was published.",
        subject="`genesis`, the published value",
        signer="a holder of the role that seals the genesis, or of one that approves it",
        fields={
            "announced_at_unix_ms": "",
            "convention": "`raw`, `jq-S-c`, `jq-S` or `declared`",
            "package_id": "the genesis package it belongs to",
            "policy_digest": "",
            "sha256": "the published value",
        },
    ),
)
KINDS: Final = (SEAL, APPROVAL, SUPERSESSION, ANNOUNCEMENT)
