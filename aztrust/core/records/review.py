"""The review document: what an approver had on the screen when approving.

It is stored with the approval and bound by `review_hash`, so that a year later it can be shown what
was seen. It says what was looked at, what differed from the package this holder approved before,
which revocations the holder knew of, and which seals had replaced the package, or the release that
a genesis is for: an approval that was taken back, or whose package was replaced and put back, is
cured only by one whose review names what happened (law 9). Strings, integers and true or false
only; no time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

from aztrust.core.base import canonical
from aztrust.core.base.digest import Sha256, sha256_id
from aztrust.core.base.errors import Malformed
from aztrust.core.base.model import Items, Model, Name, SomeItems, VersionOne, validate
from aztrust.core.base.schema import Field
from aztrust.core.package.entries import FileEntry
from aztrust.core.package.manifest import Manifest
from aztrust.core.policy.model import NetworkClass, PackageClass

if TYPE_CHECKING:
    # What two packages differ in is needed to write a review, not to read one.
    from aztrust.core.package.changes import Changes

SCHEMA: Literal["aztrust/review"] = "aztrust/review"
LISTED_CHANGES = 50
LISTED_DENOMINATIONS = 16
PLAIN_FACTS = (
    "format",
    "size",
    "chain_id",
    "genesis_time",
    "genesis_time_unix_ms",
    "initial_height",
    "accounts",
)

Count = Annotated[int, Field(ge=0, le=2**53 - 1)]


class ReviewedArtifact(Model):
    """One file that hosts install."""

    path: str
    member: str | None = None
    role: Name
    platform: str
    sha256: Sha256


class ReviewedBuild(Model):
    """Who built a file, from a verified bundle's certificate."""

    path: str
    sha256: Sha256
    issuer: str
    repository: str
    workflow: str
    ref: str
    commit: str


class Warned(Model):
    """Something that did not stop the approval and was shown: a finding code or `lint`."""

    code: str
    text: str


class Review(Model):
    """Everything shown. `differences` lists at most `LISTED_CHANGES` of `differences_total`."""

    schema_: Annotated[Literal["aztrust/review"], Field(alias="schema")] = SCHEMA
    version_major: VersionOne = 1
    version_minor: Annotated[int, Field(ge=0)] = 0
    package_class: PackageClass
    package_id: Sha256
    package_name: str
    package_version: str
    policy_digest: Sha256
    network_class: NetworkClass
    chain_id: str
    content_root: Sha256
    files: Count
    bytes: Count
    excluded: Items[str] = ()
    artifacts: Items[ReviewedArtifact] = ()
    builds: SomeItems[ReviewedBuild] | None = None
    release_package_id: Sha256 | None = None
    genesis_hash: Sha256 | None = None
    facts: dict[str, Any] | None = None
    manifest_only: bool
    differs_from: Sha256 | None = None
    differences: Items[str] = ()
    differences_total: Count = 0
    revocations: Items[Sha256] = ()
    replaced_by: Items[Sha256] = ()
    warnings: Items[Warned] = ()

    def document(self) -> dict[str, Any]:
        """The JSON value that is stored and hashed; what is absent has no key."""
        return self.model_dump(mode="json", exclude_none=True)

    @property
    def hash(self) -> str:
        """What an approval's `review_hash` must be."""
        return sha256_id(canonical.dumps(self.document()))


def review_of(  # noqa: PLR0913 - each is one part of the screen
    manifest: Manifest,
    *,
    package_id: str,
    policy_digest: str,
    manifest_only: bool,
    facts: Mapping[str, Any] | None,
    builds: Iterable[ReviewedBuild] = (),
    since: tuple[str, Changes] | None = None,
    revocations: Iterable[str] = (),
    replaced_by: Iterable[str] = (),
    warnings: Iterable[Warned] = (),
) -> Review:
    """The review of one package.

    Args:
        manifest: what is approved.
        package_id: its id.
        policy_digest: the policy it is approved under.
        manifest_only: whether the package itself was not looked at.
        facts: of the genesis, in the form of `GenesisFacts.to_json`; recomputed from its bytes
            unless `manifest_only`.
        builds: who built its files, where the policy asks for it.
        since: the package this holder approved before and what has changed, if there was one.
        revocations: the revocations of this holder's earlier approvals of this very package.
        replaced_by: the seals of other packages that once replaced this one, or the release that
            a genesis is for.
        warnings: whatever else was shown.
    """
    earlier, lines = (since[0], since[1].lines) if since else (None, ())
    builds = tuple(builds)
    return Review(
        # Readers of 1.0 know no builds.
        version_minor=1 if builds else 0,
        builds=builds or None,
        package_class=manifest.package_class,
        package_id=package_id,
        package_name=manifest.package_name,
        package_version=manifest.package_version,
        policy_digest=policy_digest,
        network_class=manifest.network_class,
        chain_id=manifest.chain_id,
        content_root=manifest.content_root,
        files=sum(isinstance(e, FileEntry) for e in manifest.entries),
        bytes=manifest.total_bytes,
        excluded=manifest.excluded,
        artifacts=tuple(
            ReviewedArtifact(
                path=a.path, member=a.member, role=a.role, platform=a.platform, sha256=a.sha256
            )
            for a in manifest.artifacts
        ),
        release_package_id=manifest.release_package_id,
        genesis_hash=manifest.genesis_hash.sha256 if manifest.genesis_hash else None,
        facts=reviewed_facts(facts) if facts is not None else None,
        manifest_only=manifest_only,
        differs_from=earlier,
        differences=lines[:LISTED_CHANGES],
        differences_total=len(lines),
        revocations=tuple(sorted(set(revocations))),
        replaced_by=tuple(sorted(set(replaced_by))),
        warnings=tuple(warnings),
    )


def parse_review(document: object, *, what: str) -> Review:
    """A stored review as a value, for showing it.

    Raises:
        Malformed: `record-malformed`.
    """
    return validate(Review, document, what=what, code="record-malformed")


def check_review(document: object, approval: Model, *, what: str) -> None:
    """Hold the review that an approval carries to its format, and to the approval.

    Raises:
        Malformed: `record-malformed`.
    """
    review = parse_review(document, what=f"{what}, its review")
    if canonical.dumps(review.document()) != canonical.dumps(document):
        raise _bad("its review leaves out what a reader must know", what)
    if review.package_class == "genesis" and review.release_package_id is None:
        raise _bad("its review does not say which release the genesis is for", what)
    if (review.builds is not None) != (review.version_minor == 1):
        raise _bad("its review names builds in another version than 1.1", what)
    for name in ("package_class", "package_id", "policy_digest", "manifest_only"):
        if getattr(review, name) != getattr(approval, name):
            raise _bad(
                f"the review document is about something else than the approval: {name}", what
            )


def _bad(cause: str, what: str) -> Malformed:
    return Malformed(
        cause,
        subject=what,
        code="record-malformed",
        mend="remove the file, ask its signer to approve again",
    )


def reviewed_facts(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of a genesis that fit on a screen: counts and totals instead of long lists.

    Takes what a sealed manifest holds too, so nothing is assumed about its shape.
    """
    chosen = {key: facts[key] for key in PLAIN_FACTS if _is_plain(facts.get(key))}
    notes = [note for note in _list(facts.get("notes")) if isinstance(note, str)]
    if notes:
        chosen["notes"] = notes
    power = _object(facts.get("power"))
    if power:
        chosen["power"] = _reviewed_power(power)
    supply = _object(facts.get("supply"))
    amounts = [a for a in map(_object, _list(supply.get("amounts"))) if _is_amount(a)]
    if amounts:
        chosen["supply"] = {
            "amounts": [
                {"denom": a["denom"], "amount": a["amount"]} for a in amounts[:LISTED_DENOMINATIONS]
            ],
            "denominations": len(amounts),
        }
    return chosen


def _reviewed_power(power: dict[str, Any]) -> dict[str, Any]:
    plain = ("unit", "total", "third", "two_thirds", "gen_txs")
    chosen = {key: power[key] for key in plain if _is_plain(power.get(key))}
    validators = [v for v in map(_object, _list(power.get("validators"))) if v]
    chosen["validators"] = len(validators)
    if validators:
        largest = {key: validators[0].get(key) for key in ("moniker", "power")}
        if all(isinstance(value, str) for value in largest.values()):
            chosen["largest"] = largest
    return chosen


def _is_plain(value: object) -> bool:
    return isinstance(value, str | int)


def _is_amount(value: dict[str, Any]) -> bool:
    return isinstance(value.get("denom"), str) and isinstance(value.get("amount"), str)


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
