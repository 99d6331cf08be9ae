"""Recording the genesis hash as it was published, after comparing it with the genesis here."""

from __future__ import annotations

from collections.abc import Mapping

from aztrust.acts.act import Act, Plan
from aztrust.acts.approvers import refuse_revoked_key
from aztrust.acts.verify import ReadOptions
from aztrust.acts.verify_before_signing import recompute
from aztrust.core.base.errors import CouldNotCheck, Refused
from aztrust.core.base.paths import escape
from aztrust.core.formats.keys import VerificationMaterial
from aztrust.core.genesis.conventions import genesis_hash, matching_conventions
from aztrust.core.policy.model import Convention, Policy
from aztrust.core.records.package import Announcement


def announcer_keys(policy: Policy) -> Mapping[str, str]:
    """Fingerprint to holder, of every key that may announce the genesis hash."""
    return policy.keys_of_roles(policy.announcer_roles())


def plan_announcement(
    act: Act,
    *,
    sha256: str,
    convention: Convention,
    key: VerificationMaterial,
    read_options: ReadOptions = ReadOptions(),
) -> Plan[Announcement, tuple[str, ...]]:
    """The announcement of a hash that belongs to the sealed genesis here; it is about the holders
    who stated the same value before: a declared one needs two.

    Args:
        act: the launch.
        sha256: the published value, prefixed.
        convention: what it is a hash of.
        key: who signs.
        read_options: how to read the package.

    Raises:
        NothingToVerify: the genesis is not sealed.
        CouldNotCheck: the genesis is not here, or the convention is ambiguous for it.
        Refused: the hash belongs to another file, the package does not hold, or the key has been
            revoked.
    """
    policy, context = act.policy, act.context
    holder = policy.key_holders()[key.fingerprint]
    refuse_revoked_key(context, key, holder)
    # A wrong announcement by another holder must not block the correct one.
    recomputed = recompute(
        act.launch, context, "genesis", leave=frozenset({"genesis-hash"}), read_options=read_options
    )
    path = policy.packages.genesis.genesis_files[0]
    reading = recomputed.reading
    data = reading.captured.get(path) if reading else None
    if data is None:
        raise CouldNotCheck(
            "the genesis file was not read", subject=f"genesis:{escape(path)}", mend="verify first"
        )
    if convention != "declared":
        _compare(data, convention, sha256, f"genesis:{escape(path)}")
    body = Announcement(
        announced_at_unix_ms=act.now_unix_ms,
        convention=convention,
        package_id=recomputed.package_id,
        policy_digest=context.policy_digest,
        sha256=sha256,
    )
    same = [
        u
        for u in context.records.effective.announcements()
        if isinstance(u.body, Announcement)
        and (u.body.convention, u.body.package_id, u.body.sha256)
        == (convention, recomputed.package_id, sha256)
    ]
    return Plan(
        "announcement",
        body,
        holder,
        tuple(sorted({u.holder for u in same} - {holder})),
        next((u for u in same if u.holder == holder), None),
    )


def _compare(data: bytes, convention: str, sha256: str, subject: str) -> None:
    actual = genesis_hash(convention, data, path=subject)
    if actual == sha256:
        return
    others = matching_conventions(data, sha256)
    if others:
        meant = " and ".join(others)
        cause = f"this is not its {convention} hash; it is its hash under: {meant}"
        mend = f"announce it as what it is: --convention {others[0]}"
        if others[0].startswith("raw "):
            mend = "publish the hash of the file as it is; validators will compare that"
    else:
        cause = (
            f"this is not the hash of the genesis here, under {convention} or any other convention"
        )
        mend = "find out which file was published, before any operator installs it"
    raise Refused(
        cause,
        subject=subject,
        code="genesis-hash-mismatch",
        mend=mend,
        details=(f"have  {actual}", f"given {sha256}"),
    )
