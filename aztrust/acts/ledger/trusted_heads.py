"""The heads that a user knows of: the one kept from earlier runs, and those that a person named.

A log that was cut back is valid by itself, and a head over it is the second one over that size. So
every reading is compared with the head that is kept in `heads/` of the configuration, and the
keeper's own tool signs nothing that this head contradicts.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from aztrust.core.base.errors import AztrustError, CouldNotCheck, Malformed, Refused
from aztrust.core.base.findings import CheckResult, Finding
from aztrust.core.base.paths import escape
from aztrust.core.base.value import frozen, replace
from aztrust.core.formats import merkle
from aztrust.core.formats.checkpoint_note import Head, VerifiedHead, claimed_head, parse_note
from aztrust.core.formats.keys import VerificationMaterial
from aztrust.core.history.opener import Opener
from aztrust.core.judge.verify import Verdict
from aztrust.core.state.ledger.log_identity import Keeping
from aztrust.core.state.ledger.unavailable import NOT_KEPT, unreadable
from aztrust.storage.config import config_dir, shown
from aztrust.storage.heads import (
    head_path,
    keep_head,
    kept_notes,
    launches_of,
    note_launch,
    read_given_head,
    read_head,
)
from aztrust.storage.ledger.store import LedgerStore


@frozen
class KnownHeads:
    """Heads from elsewhere.

    Attributes:
        notes: name to note, of those that a person named.
        kept: the same of the one that was kept from earlier runs.
        spoilt: what is wrong with the head that was kept, where it cannot be relied on.
    """

    notes: dict[str, bytes]
    kept: dict[str, bytes]
    spoilt: tuple[Finding, ...] = ()


def known_heads(
    keeping: Keeping, opener: Opener, *named: Path | None, also: str = "", policy: str = ""
) -> KnownHeads:
    """The heads of a ledger that are stored elsewhere.

    Args:
        keeping: whose ledger.
        opener: opens each content once in a run.
        named: files with a head each, as a person named them.
        also: another name that the log of this launch may have.
        policy: the digest of the launch's policy, "" where it is not known.

    Raises:
        CouldNotCheck: one of them cannot be read.
    """
    notes: dict[str, bytes] = {}
    kept: dict[str, bytes] = {}
    for path in filter(None, named):
        notes[head_name(path)] = read_given_head(path)
    try:
        for keeper in keeping.keepers:
            path = head_path(keeping.origin, keeper.fingerprint)
            note = read_head(path)
            if note is not None:
                opener.head(note, keeper, keeping.origin, name=shown(path))
                kept[f"the head kept in {shown(path)}"] = note
        others = _other_histories(keeping, also, policy)
    except AztrustError as error:
        # Without this head, a ledger that was cut back would look complete.
        mend = "restore a copy; or move it away, and get a head from the ledger's keeper"
        cause = f"the head that was kept is unknown: {error.message}"
        return KnownHeads(notes, {}, (unreadable(error.subject, cause, mend),))
    return KnownHeads(notes, kept, others)


def kept_for(policy: str) -> tuple[str, ...]:
    """What the kept heads of logs are called that were verified as the one of a launch.

    Args:
        policy: the digest of the launch's policy.

    Raises:
        CouldNotCheck: it is not known which they are.
    """
    try:
        config_dir()
    except CouldNotCheck:
        # A user without a home keeps nothing.
        return ()
    return tuple(f"the head kept in {shown(path)}" for path, _ in _kept_under((), policy))


def _other_histories(keeping: Keeping, also: str, policy: str) -> tuple[Finding, ...]:
    """Kept heads of another log of this launch, or of a log of the same name by another keeper:
    two logs are two histories, and each is whole in itself. Where the policy names the keeper, the
    anchor decides.
    """
    if keeping.source == "policy":
        return ()
    own = {head_path(keeping.origin, keeper.fingerprint) for keeper in keeping.keepers}
    return tuple(
        Finding(
            "ledger-inconsistent",
            shown(other),
            f"you keep a head over {head.size} entries of the log {escape(head.origin)[:80]}, and"
            f" this is another log of this launch: {escape(keeping.origin)[:80]} by"
            f" {keeping.keeper.keyid[:8]}",
            mend="get the ledger that this head is of, or a kit that carries it; only if that log"
            " is given up for good, move the file away",
        )
        for other, head in _kept_under({keeping.origin, also}, policy)
        if other not in own
    )


def _kept_under(origins: Collection[str], policy: str) -> Iterator[tuple[Path, Head]]:
    """The kept heads of logs with these names or of this launch, by any keeper, over an entry."""
    for path, note in kept_notes():
        try:
            head = claimed_head(parse_note(note, name=shown(path)))
        except Malformed:
            continue
        of_launch = policy != "" and policy in launches_of(path)
        if head.size and (head.origin in origins or of_launch):
            yield path, head


def head_name(path: Path) -> str:
    """What a head that a person named is called in messages."""
    return f"the head in {shown(path)}"


def keep_largest(verdict: Verdict) -> Verdict:
    """Keep the head that a run verified, where it is larger than the one kept before.

    A failure is a notice: it does not change this verdict.
    """
    reading = verdict.context.evidence.ledger
    head = reading.head if reading is not None else None
    if reading is None or head is None:
        return verdict
    new = head.verified
    try:
        path = head_path(reading.origin, new.keeper.fingerprint)
        note_launch(path, verdict.context.policy_digest)
        note = read_head(path)
        if note is not None:
            opener = verdict.context.evidence.opener
            old = opener.head(note, new.keeper, reading.origin, name=shown(path))
            if old.head.size >= new.head.size:
                return verdict
        keep_head(path, new)
    except AztrustError as error:
        return _noted(verdict, error)
    return verdict


def _noted(verdict: Verdict, error: AztrustError) -> Verdict:
    notice = Finding(NOT_KEPT, error.subject or "heads", error.message, mend=error.mend)

    def with_notice(result: CheckResult) -> CheckResult:
        return replace(result, notices=(*result.notices, notice))

    results = (with_notice(r) if r.id == "ledger" else r for r in verdict.results)
    return replace(verdict, results=tuple(results))


def require_consistent_log(store: LedgerStore, keeping: Keeping, opener: Opener) -> None:
    """Refuse to sign over a log that a head kept here, by any of its keepers, contradicts.

    Raises:
        Refused: `ledger-inconsistent`: the log is shorter than the head, or a different one.
        CouldNotCheck: a head that is kept cannot be used.
    """
    refuse_contradicted_log(
        keeping, opener, store.size(), lambda size: merkle.root(size, store.nodes)
    )


def refuse_contradicted_log(
    keeping: Keeping, opener: Opener, size: int, root_at: Callable[[int], bytes]
) -> None:
    """The same for a log of which only its size and its roots are known.

    Args:
        keeping: whose log it is.
        opener: opens each content once in a run.
        size: how many entries it has.
        root_at: the root over its first entries, for every number up to `size`.

    Raises:
        Refused, CouldNotCheck: as `require_consistent_log`.
    """
    for keeper in keeping.keepers:
        kept = _kept(keeping.origin, keeper, opener)
        if kept is None:
            continue
        head = kept.head
        if head.size > size:
            raise _contradicted(kept, "no head is signed", f"and the ledger has {size}")
        if root_at(head.size) != head.root:
            raise _contradicted(kept, "no head is signed", "and the ledger contradicts it")


def refuse_second_history(
    origin: str, keeper: VerificationMaterial, opener: Opener, *, by_policy: bool, policy: str
) -> None:
    """Refuse an empty log where a keeper signed a head of one that was not empty.

    Args:
        origin: the new log's name.
        keeper: who is to sign its heads.
        opener: opens each content once in a run.
        by_policy: whether the policy names the keeper; logs by others are then not this launch's.
        policy: the digest of the launch's policy.

    Raises:
        Refused: `ledger-inconsistent`: such a head is kept here.
        CouldNotCheck: the head that is kept cannot be used.
    """
    kept = _kept(origin, keeper, opener)
    if kept is not None and kept.head.size:
        raise _contradicted(kept, "no ledger is made", "and an empty log would be a second history")
    if _path(origin, keeper) is None:
        return
    for finding in _other_histories(
        Keeping(origin, keeper, "policy" if by_policy else "itself"), "", policy
    ):
        raise Refused(
            f"no ledger is made: {finding.message}",
            subject=finding.subject,
            code=finding.code,
            mend=finding.mend,
        )


def keep_signed(verified: VerifiedHead, opener: Opener) -> str:
    """Keep a head that was just signed, if it is larger than the one kept; else why it is not.

    The ledger has it, kept or not, so the cause is only a note.
    """
    origin, keeper = verified.head.origin, verified.keeper
    try:
        path = head_path(origin, keeper.fingerprint)
        kept = _kept(origin, keeper, opener)
        if kept is None or kept.head.size < verified.head.size:
            keep_head(path, verified)
    except AztrustError as error:
        return error.message
    return ""


def _kept(origin: str, keeper: VerificationMaterial, opener: Opener) -> VerifiedHead | None:
    path = _path(origin, keeper)
    if path is None:
        return None
    try:
        note = read_head(path)
        return None if note is None else opener.head(note, keeper, origin, name=shown(path))
    except (Malformed, CouldNotCheck) as error:
        raise CouldNotCheck(
            f"the head that was kept in {shown(path)} is unknown: {error.message}",
            subject=shown(path),
            mend="restore a copy; or move it away, once the ledger was compared with a head"
            " from elsewhere (aztrust ledger verify --since HEADFILE)",
        ) from None


def _path(origin: str, keeper: VerificationMaterial) -> Path | None:
    """Where it is kept; None for a user without a home, who keeps nothing."""
    try:
        config = config_dir()
    except CouldNotCheck:
        return None
    return head_path(origin, keeper.fingerprint, config)


def _contradicted(kept: VerifiedHead, not_done: str, but: str) -> Refused:
    path = shown(head_path(kept.head.origin, kept.keeper.fingerprint))
    return Refused(
        f"{not_done}: you keep a head in {path} over {kept.head.size} entries, {but}",
        subject=path,
        code="ledger-inconsistent",
        mend="move this store away, and make it again from a clone or a kit that has this head:"
        " aztrust ledger rebuild FROM...; only if that log is given up for good, move the head"
        " away",
    )
