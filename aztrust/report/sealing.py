"""A sealed package as the one who sealed it sees it, at 80 columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from aztrust.core.base.paths import escape
from aztrust.core.base.times import format_minute
from aztrust.core.genesis.facts import GenesisFacts
from aztrust.core.genesis.remarks import genesis_remarks
from aztrust.core.judge.sealing import Replacement
from aztrust.core.package.entries import FileEntry
from aztrust.core.package.manifest import Manifest
from aztrust.core.package.transport_loss import Loss
from aztrust.report.advice import advice_lines
from aztrust.report.lines import labelled, short
from aztrust.report.review import distance
from aztrust.report.size import size

SHOWN = 10


def hashed_line(manifest: Manifest, milliseconds: int) -> str:
    """`hashed   6 files, 289.4 MB, 0.4 s`."""
    count = sum(isinstance(e, FileEntry) for e in manifest.entries)
    files = f"{count:,} file{'' if count == 1 else 's'}"
    return f"{'hashed':<9}{files}, {size(manifest.total_bytes)}, {milliseconds / 1000:.1f} s"


def content_lines(manifest: Manifest, package_id: str) -> Iterator[str]:
    """What hosts install, what was left out, and the package id whole."""
    label = "installs"
    for artifact in manifest.artifacts[:SHOWN]:
        member = f"{escape(artifact.member)} in " if artifact.member else ""
        text = f"{artifact.role}  {artifact.platform}  {member}{escape(artifact.path)}"
        yield from labelled(label, text)
        label = ""
    yield from _more(len(manifest.artifacts))
    yield from labelled("excluded", ", ".join(map(escape, manifest.excluded)) or "nothing")
    yield "package"
    yield f"  {package_id}"


def genesis_lines(facts: GenesisFacts | None, now_unix_ms: int) -> Iterator[str]:
    """What a genesis says, as far as it can be read."""
    if facts is None or facts.format == "opaque":
        yield from labelled("genesis", "no format that can be read: sealed by its bytes alone")
    else:
        parts = [] if facts.chain_id is None else [f"chain_id {escape(facts.chain_id)}"]
        when = facts.genesis_time_unix_ms
        if when is not None:
            parts.append(f"genesis_time {_when(when)} ({distance(when - now_unix_ms)})")
        yield from labelled("genesis", "   ".join(parts) or f"{facts.format}, no time in it")
    for note in facts.notes if facts else ():
        yield from labelled("note", note)
    for remark in genesis_remarks(facts.to_json() if facts else None, now_unix_ms):
        yield from labelled("warning", f"{remark.code}: {remark.text}")
    if facts is None or not facts.power.validators:
        if facts is not None and facts.format == "cosmos":
            yield from labelled("power", "none: 0 validators")
        return
    power = facts.power
    who = "gen_txs" if power.gen_txs == len(power.validators) else "validators"
    text = f"{len(power.validators):,} {who}, {power.total:,}"
    if power.third and power.two_thirds:
        text += f": {power.third} hold > 1/3, {power.two_thirds} hold > 2/3"
    yield from labelled("power", text)


def replacing_question(replaced: Replacement) -> str:
    """What a person is asked before approvals are lost."""
    who = ""
    if replaced.sealed_at_unix_ms is not None:
        who = f"  sealed {_when(replaced.sealed_at_unix_ms)} by {replaced.sealed_by}"
    lost = _count(replaced.approved_by)
    if replaced.genesis_approved_by:
        lost += f", and the genesis for it {_count(replaced.genesis_approved_by)}"
    return f"replaces sha256:{short(replaced.package_id)}{who}, {lost}. Replace?"


def replaced_lines(
    replaced: Replacement, package_class: str, kept: str, *, has_genesis: bool
) -> Iterator[str]:
    """Which package is no longer current, and whose approvals went with it."""
    yield from labelled("replaces", f"{short(replaced.package_id)}, kept in manifests/sealed/")
    lost = replaced.approved_by
    if lost:
        names = ", ".join(lost)
        yield from labelled("voids", f"{package_class} approvals {len(lost)} ({names})")
    if replaced.genesis_fits:
        yield from labelled(
            "genesis",
            "it is sealed for exactly this release; what was approved before it was replaced and"
            " put back counts nowhere: aztrust approve genesis",
        )
    elif package_class == "release" and has_genesis:
        also = replaced.genesis_approved_by
        names = f"; its approvals {len(also)} ({', '.join(also)}) go with it" if also else ""
        yield from labelled(
            "stale",
            f"the genesis is sealed for the release before: aztrust seal genesis{names}",
        )
    if kept:
        yield from labelled("keeps", kept)


def transport_lines(losses: Iterable[Loss]) -> Iterator[str]:
    """What would arrive elsewhere as something else, by carrier and cause."""
    label = ""
    mendable = False
    for loss in losses:
        text = f"{loss.says}: {', '.join(map(escape, loss.paths[:SHOWN]))}"
        if len(loss.paths) > SHOWN:
            text += f", +{len(loss.paths) - SHOWN:,} more"
        yield from labelled(loss.carrier if loss.carrier != label else "", text)
        label = loss.carrier
        mendable = mendable or loss.mendable
    if mendable:
        yield from advice_lines(
            "", "to put execute bits, links and empty directories back: aztrust restore"
        )


def _more(total: int) -> Iterator[str]:
    if total > SHOWN:
        yield from labelled("", f"+{total - SHOWN} more")


def _count(holders: tuple[str, ...]) -> str:
    return f"{len(holders)} approval{'' if len(holders) == 1 else 's'}"


def _when(unix_ms: int) -> str:
    return format_minute(unix_ms)
