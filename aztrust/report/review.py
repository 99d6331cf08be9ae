"""A review as an approver sees it: who, what, for what, since when; at 80 columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from aztrust.core.base.paths import escape
from aztrust.core.base.rates import in_tenths
from aztrust.core.base.times import format_minute
from aztrust.core.base.value import frozen
from aztrust.core.records.review import Review
from aztrust.report.advice import advice_lines
from aztrust.report.lines import joined, labelled, short
from aztrust.report.size import size

SHOWN_CHANGES = 12
SHOWN_ARTIFACTS = 12


@frozen
class Moment:
    """Now, and how this machine writes a time of its own zone ("" where that is UTC).

    Args:
        now_unix_ms: the clock, in milliseconds since the epoch.
        local: a time in milliseconds to `16:00`.
    """

    now_unix_ms: int
    local: Callable[[int], str]


def review_lines(review: Review, moment: Moment, *, release_approved: str = "") -> list[str]:
    """The review for a person.

    Args:
        review: the document that will be bound.
        moment: for the genesis time.
        release_approved: how far the release is, for a genesis: `3 of 3`.
    """
    return [
        *_package(review),
        *_for(review, release_approved),
        *_contents(review),
        *_genesis(review.facts or {}, moment),
        *_since(review),
        *_also(review),
    ]


def _package(review: Review) -> Iterator[str]:
    files = f"{review.files:,} file{'' if review.files == 1 else 's'}"
    seen = "NOT looked at, only its manifest" if review.manifest_only else "recomputed here"
    same = "" if review.manifest_only else ": same bytes"
    yield from labelled(
        "package",
        f"{review.package_class} of {escape(review.chain_id)}, {files},"
        f" {size(review.bytes)}; {seen}{same}",
    )
    yield f"  {review.package_id}"


def _for(review: Review, release_approved: str) -> Iterator[str]:
    policy = f"policy {short(review.policy_digest)}"
    if review.release_package_id is None:
        yield from labelled("for", f"{review.network_class}, {policy}")
        return
    approved = f" (approved {release_approved})" if release_approved else ""
    release = f"release {short(review.release_package_id)}{approved}"
    yield from labelled("for", f"{review.network_class}, {release}, {policy}")


def _contents(review: Review) -> Iterator[str]:
    label = "installs"
    for artifact in review.artifacts[:SHOWN_ARTIFACTS]:
        member = f"{escape(artifact.member)} in " if artifact.member else ""
        text = f"{artifact.role}  {artifact.platform}  {member}{escape(artifact.path)}"
        yield from labelled(label, text)
        label = ""
    if len(review.artifacts) > SHOWN_ARTIFACTS:
        yield from labelled("", f"+{len(review.artifacts) - SHOWN_ARTIFACTS} more")
    for built in review.builds or ():
        yield from labelled("built", escape(built.path))
        yield from labelled("  from", escape(built.repository))
        yield from labelled("  commit", f"{escape(built.commit)}, {escape(built.ref)}")
        yield from labelled("  by", escape(built.workflow))
    if review.genesis_hash is not None:
        yield from labelled("genesis", "raw SHA-256 of the file")
        yield f"  {review.genesis_hash}"
    if review.excluded:
        yield from labelled("excluded", ", ".join(map(escape, review.excluded)))


def _genesis(facts: dict[str, Any], moment: Moment) -> Iterator[str]:
    when = facts.get("genesis_time_unix_ms")
    if isinstance(when, int):
        yield from labelled("time", f"genesis_time {_when(when, moment)}")
    power = facts.get("power")
    if isinstance(power, dict) and power.get("validators"):
        yield from labelled("power", _power(power))
    elif facts.get("format") == "cosmos":
        yield from labelled("power", "none: 0 validators")
    supply = facts.get("supply")
    if isinstance(supply, dict):
        accounts = facts.get("accounts")
        where = f" in {accounts:,} accounts" if isinstance(accounts, int) else ""
        yield from labelled("supply", f"{_supply(supply)}{where}")
    for note in facts.get("notes", ()):
        yield from labelled("note", escape(str(note)))


def _power(power: dict[str, Any]) -> str:
    total = _integer(power.get("total"))
    parts = [f"{power['validators']:,} validators, {total:,}"]
    if power.get("third") and power.get("two_thirds"):
        parts.append(f"{power['third']} hold > 1/3, {power['two_thirds']} hold > 2/3")
    largest = power.get("largest")
    if isinstance(largest, dict) and total:
        name = _cut(str(largest["moniker"]))
        parts.append(f"largest {name} {in_tenths(_integer(largest['power']), total)}")
    return "; ".join(parts)


def _supply(supply: dict[str, Any]) -> str:
    amounts = supply.get("amounts", [])
    shown = [f"{_integer(a['amount']):,} {_cut(str(a['denom']))}" for a in amounts[:3]]
    more = supply.get("denominations", len(amounts)) - len(shown)
    return ", ".join(shown) + (f", +{more} more" if more > 0 else "")


def _since(review: Review) -> Iterator[str]:
    if review.differs_from is None:
        yield from labelled("since", f"the first {review.package_class} you approve here")
        return
    if review.differs_from == review.package_id:
        yield from labelled("since", "you approved this very package before")
        return
    yield from labelled("since", f"{short(review.differs_from)} (the one you approved before):")
    listed = review.differences[:SHOWN_CHANGES]
    for line in listed:
        yield from labelled("", line)
    more = review.differences_total - len(listed)
    if more > 0:
        yield from advice_lines("", f"+{more:,} more: aztrust diff FILE FILE")
    elif not listed:
        yield from labelled("", "nothing that the manifests tell")
    else:
        yield from labelled("", "nothing else differs, by the manifests")


def _also(review: Review) -> Iterator[str]:
    codes = {warned.code for warned in review.warnings}
    calm = []
    if not codes & {"approval-revoked", "key-revoked"}:
        calm.append("nothing revoked")
    if "superseded" not in codes:
        calm.append("nothing superseded")
    if "lint" not in codes:
        calm.append("no lint warning")
    if calm:
        yield from labelled("also", joined(calm, last="and"))
    for warned in review.warnings:
        yield from labelled("warning", f"{warned.code}: {warned.text}")


def _when(unix_ms: int, moment: Moment) -> str:
    local = moment.local(unix_ms)
    here = f" = {local} here" if local else ""
    return f"{format_minute(unix_ms)}{here}, {distance(unix_ms - moment.now_unix_ms)}"


def distance(milliseconds: int) -> str:
    """How far away a time is, in the two largest units.

    >>> distance(13_260_000), distance(-90_000_000), distance(30_000)
    ('in 3 h 41 min', '1 day 1 h ago', 'in less than a minute')
    """
    minutes = abs(milliseconds) // 60_000
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        text = f"{days:,} day{'' if days == 1 else 's'}" + (f" {hours} h" if hours else "")
    elif hours:
        text = f"{hours} h" + (f" {rest} min" if rest else "")
    else:
        text = f"{rest} min" if rest else "less than a minute"
    return f"in {text}" if milliseconds >= 0 else f"{text} ago"


def _integer(text: object) -> int:
    # Amounts are decimal strings; a review that someone else made may hold anything.
    digits = str(text)
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 80 else 0


def _cut(text: str) -> str:
    shown = escape(text)
    return shown if len(shown) <= 24 else f"{shown[:21]}..."
