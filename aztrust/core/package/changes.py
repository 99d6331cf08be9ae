"""What differs between two sealed packages, from their manifests alone.

The bytes of the earlier package are rarely available; its manifest is. Files are compared by their
digests, a genesis by the facts that were sealed with it, in the chain's terms where there are any.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from aztrust.core.base.paths import escape
from aztrust.core.base.rates import in_tenths
from aztrust.core.base.value import frozen
from aztrust.core.package.manifest import Manifest
from aztrust.core.package.treediff import Change, diff_entries

_FIELDS = ("chain_id", "network_class", "package_name", "package_version", "release_package_id")
_FACTS = ("genesis_time", "initial_height", "accounts", "chain_id")
_WORDS = {
    "bytes": "other bytes",
    "digest-conflict": "one digest equal, one not",
    "mode": "execute bit",
    "link": "another target",
    "kind": "another kind of entry",
}


@frozen
class Changes:
    """One escaped line per change, what matters most first: `+` added, `-` removed, `~` changed."""

    lines: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.lines)


def manifest_changes(old: Manifest, new: Manifest) -> Changes:
    """Everything that two manifests of one package class tell apart, none if they are equal."""
    return Changes(
        (
            *_field_changes(old, new),
            *_fact_changes(old.facts or {}, new.facts or {}),
            *_artifact_changes(old, new),
            *_tree_changes(old, new),
        )
    )


def _field_changes(old: Manifest, new: Manifest) -> Iterator[str]:
    for name in _FIELDS:
        was, now = getattr(old, name), getattr(new, name)
        if was != now:
            yield f"~ {name}  {_short(was)} -> {_short(now)}"
    if old.excluded != new.excluded:
        yield f"~ left out  {_names(old.excluded)} -> {_names(new.excluded)}"
    if old.genesis_files != new.genesis_files:
        was, now = _names(old.genesis_files or ()), _names(new.genesis_files or ())
        yield f"~ genesis_files  {was} -> {now}"


def _fact_changes(old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    for name in _FACTS:
        if old.get(name) != new.get(name):
            yield f"~ {name}  {_short(old.get(name))} -> {_short(new.get(name))}"
    yield from _validator_changes(old, new)
    before, after = _amounts(old), _amounts(new)
    for denom in sorted(before.keys() | after.keys()):
        was, now = before.get(denom, "0"), after.get(denom, "0")
        if was != now:
            yield f"~ supply {_short(denom)}  {_number(was)} -> {_number(now)}"


def _validator_changes(old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    before, after = _validators(old), _validators(new)
    total = sum(power for _, power in after.values())
    for name in sorted(after.keys() | before.keys(), key=lambda n: _rank(after, before, n)):
        if name not in before:
            moniker, power = after[name]
            yield f"+ validator {_short(moniker)}  {power:,}{_share(power, total)}"
        elif name not in after:
            moniker, power = before[name]
            yield f"- validator {_short(moniker)}  {power:,}"
        elif before[name] != after[name]:
            (was, had), (now, has) = before[name], after[name]
            renamed = f" (was {_short(was)})" if was != now else ""
            yield f"~ validator {_short(now)}{renamed}  {had:,} -> {has:,}{_share(has, total)}"


def _rank(
    after: dict[str, tuple[str, int]], before: dict[str, tuple[str, int]], name: str
) -> tuple[int, str]:
    return -(after.get(name) or before[name])[1], name


def _artifact_changes(old: Manifest, new: Manifest) -> Iterator[str]:
    before = {(a.role, a.platform, a.path, a.member): a.sha256 for a in old.artifacts}
    after = {(a.role, a.platform, a.path, a.member): a.sha256 for a in new.artifacts}
    for key in sorted(before.keys() | after.keys(), key=str):
        if before.get(key) == after.get(key):
            continue
        role, platform, path, member = key
        name = f"{role} {platform} {escape(path)}" + (f" / {escape(member)}" if member else "")
        sign = "~" if key in before and key in after else "+" if key in after else "-"
        yield f"{sign} installs {name}"


def _tree_changes(old: Manifest, new: Manifest) -> Iterator[str]:
    diff = diff_entries(old.entries, new.entries)
    moved = {path for pair in diff.renamed for path in pair}
    for was, now in diff.renamed:
        yield f"~ {escape(was)} -> {escape(now)}  the same under another name"
    for change in diff.changes:
        if change.path not in moved:
            yield _tree_change(change)


def _tree_change(change: Change) -> str:
    path = escape(change.path)
    if change.aspects == ("added",):
        return f"+ {path}"
    if change.aspects == ("removed",):
        return f"- {path}"
    return f"~ {path}  {', '.join(_WORDS.get(aspect, aspect) for aspect in change.aspects)}"


def _validators(facts: dict[str, Any]) -> dict[str, tuple[str, int]]:
    """Moniker and power by operator, else by moniker and key; whatever has another shape is not."""
    power = facts.get("power")
    listed = power.get("validators") if isinstance(power, dict) else None
    found: dict[str, tuple[str, int]] = {}
    for item in listed if isinstance(listed, list) else ():
        if not isinstance(item, dict):
            continue
        moniker, amount = item.get("moniker"), item.get("power")
        if not isinstance(moniker, str) or not isinstance(amount, str) or not _is_decimal(amount):
            continue
        name = str(item.get("operator") or f"{moniker} {item.get('key', '')}")
        while name in found:
            name += "+"
        found[name] = (moniker, int(amount))
    return found


def _amounts(facts: dict[str, Any]) -> dict[str, str]:
    supply = facts.get("supply")
    listed = supply.get("amounts") if isinstance(supply, dict) else None
    return {
        str(item.get("denom")): str(item.get("amount"))
        for item in (listed if isinstance(listed, list) else ())
        if isinstance(item, dict)
    }


def _is_decimal(text: str) -> bool:
    # A power has at most 256 bits anywhere; int() of a longer text is a waste of time.
    return text.isascii() and text.isdigit() and len(text) <= 80


def _number(text: str) -> str:
    return f"{int(text):,}" if _is_decimal(text) else _short(text)


def _share(power: int, total: int) -> str:
    if not total:
        return ""
    return f"  {in_tenths(power, total)}"


def _names(paths: tuple[str, ...]) -> str:
    return _short(", ".join(paths)) if paths else "nothing"


def _short(value: object) -> str:
    if value is None:
        return "nothing"
    text = escape(str(value))
    if text.startswith("sha256:"):
        return text[7:15]
    return text if len(text) <= 60 else f"{text[:57]}..."
