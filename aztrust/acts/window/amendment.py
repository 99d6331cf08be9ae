"""A reviewed change in the restricted posture, as it is proposed (AZ-12.2, AZ-34)."""

from __future__ import annotations

from pathlib import Path

from aztrust.acts.act import checked_text
from aztrust.acts.window.basis import Basis
from aztrust.acts.window.records import earliest_time
from aztrust.core.base.errors import NothingToVerify, Refused, UsageError
from aztrust.core.base.paths import escape
from aztrust.core.base.times import format_minute
from aztrust.core.base.value import frozen
from aztrust.core.host.layouts import installed_name
from aztrust.core.package.manifest import Artifact
from aztrust.core.policy.authority import authority_rule
from aztrust.core.records.posture import (
    AMENDMENT_CONTENTS,
    AmendedArtifact,
    Amendment,
    Change,
)
from aztrust.core.records.records import Unsigned
from aztrust.storage.tree.hashing import hash_file


@frozen
class ChangedFile:
    """A file as hosts are to have it, and the place that it takes there.

    Args:
        path: the file, here.
        role: whose artifact it takes the place of; "" where the release has one role.
        platform: its platform; "" where the release has one for that role.
    """

    path: Path
    role: str = ""
    platform: str = ""


def amendment(
    basis: Basis,
    change: Change,
    incident: str,
    reason: str,
    *,
    file: ChangedFile | None = None,
    at_unix_ms: int | None = None,
    height: int | None = None,
) -> Unsigned:
    """A change that an incident asks for; the launch scope stays.

    Args:
        file: the new file, of a change of a binary.
        at_unix_ms, height: from when on it is effective: one of both, or neither for at once.

    Raises:
        Refused: `precondition-unmet`: a role is changed, the restricted posture asks for a second
            role, and the policy does not.
        UsageError: a text is empty or too long; a binary has no file; the file is empty, or takes
            no one place of the release; the time is long past; or a time and a height are given.
        CouldNotCheck: the file cannot be read.
    """
    if at_unix_ms is not None and height is not None:
        raise UsageError(
            "an amendment is effective at a time or from a height",
            subject="--height",
            mend="give one of --at TIME and --height N",
        )
    if (change == "binary") != (file is not None):
        raise UsageError(
            "a change of a binary names its file, and no other change does",
            subject="--artifact",
            mend="--change binary --artifact FILE --role R --platform P",
        )
    if change == "role":
        _require_second_role(basis)
    if at_unix_ms is not None and at_unix_ms < earliest_time(basis):
        raise UsageError(
            f"--at {format_minute(at_unix_ms)} is longer ago than a proposal counts:"
            f" {basis.table.proposal_max_age}",
            subject="--at",
            mend="leave it out where the change is effective at once",
        )
    if at_unix_ms is None and height is None:
        at_unix_ms = basis.now_unix_ms
    fields = {
        **basis.bound,
        "artifacts": () if file is None else (_amended(basis, file),),
        "change": change,
        "effective_at_unix_ms": at_unix_ms,
        "effective_height": height,
        "expires_at_unix_ms": basis.proposal_expires_at_unix_ms,
        "incident": checked_text(incident, "--incident"),
        "launch_window_id": basis.attempt.launch_window_id,
        "proposed_at_unix_ms": basis.now_unix_ms,
        "reason": checked_text(reason, "--reason"),
    }
    return Unsigned("amendment", *AMENDMENT_CONTENTS.make(Amendment, fields))


def _require_second_role(basis: Basis) -> None:
    """Refuse a change of a role that one role could sign alone, where the posture forbids that."""
    entry = basis.state.records.get("enter-posture")
    rules = entry.preimages["active_restrictions"]["rules"] if entry is not None else ()
    rule = authority_rule(basis.act.policy, "amend")
    asked = [role for role, count in rule.roles.items() if count] if rule is not None else []
    if "second-role" in rules and len(asked) < 2:
        raise Refused(
            f"an amendment takes {' and '.join(asked) or 'no role'}, and a change of a role in the"
            " restricted posture takes two roles (AZ-12.2)",
            subject="posture-second-role",
            code="precondition-unmet",
            mend="only a policy whose [authority.amend] names two roles allows it",
        )


def _amended(basis: Basis, file: ChangedFile) -> AmendedArtifact:
    """The file by its digests, in the place of an artifact of the release."""
    place, digest = _place(basis, file), hash_file(file.path)
    if not digest.size:
        raise UsageError(
            f"{escape(str(file.path))} is empty: no host can run it",
            subject="--artifact",
            mend="name the file as hosts are to have it",
        )
    return AmendedArtifact(
        path=place.path,
        member=place.member,
        role=place.role,
        platform=place.platform,
        sha256=digest.sha256,
        blake3=digest.blake3,
    )


def _place(basis: Basis, file: ChangedFile) -> Artifact:
    release = basis.context.manifests.get("release")
    if release is None:
        raise NothingToVerify(
            "the release package is not sealed here",
            subject="release",
            mend="get the launch directory again: git pull",
        )
    every = [
        a
        for a in release.artifacts
        if file.role in ("", a.role) and file.platform in ("", a.platform)
    ]
    named = [a for a in every if installed_name(a) == file.path.name] or every
    if len(named) == 1:
        return named[0]
    raise UsageError(
        f"{escape(file.path.name)} takes the place of no one artifact of the release"
        if not named
        else f"{escape(file.path.name)} may take the place of {len(named)} artifacts",
        subject="--artifact",
        mend="name its place: --role R --platform P, and the file as hosts have it",
        details=tuple(
            f"--role {escape(a.role)} --platform {escape(a.platform)}  {escape(installed_name(a))}"
            for a in release.artifacts
        ),
    )
