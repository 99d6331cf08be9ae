"""Which heads of one log contradict each other, and which contradict the log that is here.

A head is the keeper's statement that the log of this size has this root, for good. Two heads by one
key that cannot be heads of one log are `ledger-equivocation`: the keeper published two histories,
and the two signatures prove it. A head that only the log here contradicts is `ledger-inconsistent`:
the log was shortened or rewritten, by anyone who could write it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from aztrust.core.base.errors import Malformed
from aztrust.core.base.findings import Finding
from aztrust.core.base.value import frozen
from aztrust.core.formats.checkpoint_note import VerifiedHead
from aztrust.core.formats.merkle import verify_consistency
from aztrust.core.history.keepers import Reign, keeper_at

_KEEP = "keep both notes: they are the evidence; no further step rests on this ledger"
_RESTORE = "get the current ledger: git pull, or a newer kit; its keeper: aztrust ledger rebuild"


@frozen
class NamedHead:
    """A verified head and its place, for messages."""

    name: str
    verified: VerifiedHead


def check_extends(old: VerifiedHead, new: VerifiedHead, proof: Sequence[bytes]) -> None:
    """That the log of `new` begins with the log of `old`.

    Args:
        old: the head with fewer entries, or as many.
        new: the other one.
        proof: `proof.consistency_proof` between their sizes.

    Raises:
        Malformed: `ledger-equivocation`: as many entries and another root, by one key;
            `ledger-inconsistent`: the proof does not show it, or the heads are of different logs,
            of different keepers, or in the wrong order. A proof that fails does not accuse the
            keeper: it may have been broken on the way.
    """
    if (old.head.origin, old.keeper) != (new.head.origin, new.keeper):
        raise _unlike("are of different logs or by different keepers")
    if old.head.size == new.head.size and old.head.root != new.head.root:
        raise Malformed(
            f"the keeper signed two different heads over {old.head.size} entries",
            subject=new.head.origin,
            code="ledger-equivocation",
            mend=_KEEP,
        )
    if old.head.size > new.head.size:
        raise _unlike("are in the wrong order: the first one has more entries")
    verify_consistency(old.head.size, old.head.root, new.head.size, new.head.root, proof)


def judge_heads(
    heads: Collection[NamedHead], size: int, roots: Mapping[int, bytes]
) -> tuple[Finding, ...]:
    """Where heads of one log and one keeper contradict each other or the log.

    Args:
        heads: verified under one keeper and origin, in any order.
        size: how many entries the log here has.
        roots: the roots of that log, recomputed, at every size up to `size` that a head has.
    """
    borne_out = {named for named in heads if _is_of(named, roots)}
    ordered = sorted(heads, key=lambda n: (n.verified.head.size, n not in borne_out, n.name))
    # A head that holds commits its keeper to every root before it.
    committed = max(borne_out, key=lambda named: named.verified.head.size, default=None)
    first_at: dict[int, NamedHead] = {}
    findings = []
    for named in ordered:
        head = named.verified.head
        other = first_at.setdefault(head.size, named)
        if other.verified.head.root != head.root:
            findings.append(_equivocation(named, other))
        elif named in borne_out:
            continue
        elif committed is not None and committed.verified.head.size >= head.size:
            findings.append(_equivocation(named, committed))
        else:
            findings.append(_inconsistent(named, size, roots))
    return tuple(findings)


def judge_reigns(
    opened: Collection[NamedHead], size: int, reigns: tuple[Reign, ...]
) -> tuple[Finding, ...]:
    """Heads by a keeper who did not keep that part of the log.

    Args:
        opened: every head, once for each keeper who signed it.
        size: how many entries the log here has.
        reigns: who kept which part of the log.
    """
    by_note: dict[str, list[NamedHead]] = {}
    for named in opened:
        by_note.setdefault(named.name, []).append(named)
    findings = []
    for name in sorted(by_note):
        first = by_note[name][0].verified
        keeper = keeper_at(reigns, first.head.size)
        if keeper is None or any(named.verified.keeper == keeper for named in by_note[name]):
            continue
        findings.append(_foreign(name, first, size, reigns))
    return tuple(findings)


def _foreign(name: str, signed: VerifiedHead, size: int, reigns: tuple[Reign, ...]) -> Finding:
    own = signed.keeper.fingerprint[7:15]
    former = [n for n, reign in enumerate(reigns) if reign.keeper == signed.keeper]
    if former and former[-1] + 1 < len(reigns):
        after = reigns[former[-1] + 1]
        return Finding(
            "ledger-equivocation",
            name,
            f"{own} signed this head over {signed.head.size} entries, and kept the ledger only up"
            f" to {after.start}: {after.keeper.fingerprint[7:15]} took it over there",
            actual=signed.head.root.hex(),
            mend=_KEEP,
        )
    where = f"this ledger has {size}" if signed.head.size > size else "did not take it over"
    return Finding(
        "ledger-inconsistent",
        name,
        f"the deputy {own} signed this head over {signed.head.size} entries, and {where}",
        mend=_RESTORE,
    )


def _is_of(named: NamedHead, roots: Mapping[int, bytes]) -> bool:
    head = named.verified.head
    return roots.get(head.size) == head.root


def _equivocation(named: NamedHead, other: NamedHead) -> Finding:
    head = named.verified.head
    return Finding(
        "ledger-equivocation",
        named.name,
        f"the keeper signed this head over {head.size} entries and, in {other.name}, one over "
        f"{other.verified.head.size} that does not agree with it",
        expected=other.verified.head.root.hex(),
        actual=head.root.hex(),
        mend=_KEEP,
    )


def _inconsistent(named: NamedHead, size: int, roots: Mapping[int, bytes]) -> Finding:
    head = named.verified.head
    if head.size > size:
        return Finding(
            "ledger-inconsistent",
            named.name,
            f"the keeper signed a head over {head.size} entries; this ledger has {size}",
            mend=_RESTORE,
        )
    return Finding(
        "ledger-inconsistent",
        named.name,
        f"the first {head.size} entries of this ledger are not those that the keeper signed",
        expected=head.root.hex(),
        actual=roots[head.size].hex() if head.size in roots else "",
        mend=_RESTORE,
    )


def _unlike(reason: str) -> Malformed:
    return Malformed(
        f"the two heads {reason}",
        subject="heads",
        code="ledger-inconsistent",
        mend="compare heads of one ledger, the smaller one first",
    )
