"""What a change of policy does to authority, as text for the reviewer of the pull request."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from aztrust.core.base.paths import escape
from aztrust.core.base.times import parse_duration
from aztrust.core.policy.authority import package_rules
from aztrust.core.policy.chain_diff import chain_changes
from aztrust.core.policy.checklist_diff import checklist_changes
from aztrust.core.policy.describe import brief, check_sentence, joined, kept_by, plural
from aztrust.core.policy.diff_change import (
    Change,
    Effect,
    count_change,
    role_count_changes,
    set_changes,
)
from aztrust.core.policy.holder_sets import smallest_set
from aztrust.core.policy.model import PACKAGE_CLASSES, HolderTable, Policy
from aztrust.core.policy.readiness_diff import readiness_changes
from aztrust.core.policy.window_diff import window_changes


def diff_policies(old: Policy, new: Policy) -> tuple[Change, ...]:
    """Every change of meaning, what lowers the bar first; () for the same authority."""
    changes = [
        *_launch(old, new),
        *_hands(old, new),
        *_holders(old, new),
        *_seal_and_approvals(old, new),
        *_separation(old, new),
        *_role_rules(old, new),
        *_packages(old, new),
        *_reproduction(old, new),
        *_linkage(old, new),
        *_rest(old, new),
        *readiness_changes(old, new),
        *window_changes(old, new),
        *chain_changes(old, new),
        *checklist_changes(old, new),
    ]
    return tuple(sorted(changes, key=lambda change: change.effect is not Effect.LOWER))


def _launch(old: Policy, new: Policy) -> Iterator[Change]:
    for name in ("name", "network_class", "chain_id"):
        before, after = getattr(old.launch, name), getattr(new.launch, name)
        if before != after:
            yield Change(
                Effect.CHANGED, f"launch.{name}", f"was {escape(before)}, now {escape(after)}"
            )
    before, after = old.launch.expires, new.launch.expires
    if before == after:
        return
    later = before is not None and (after is None or after > before)
    yield Change(
        Effect.LOWER if later else Effect.RAISED,
        "launch.expires",
        f"was {before or 'never'}, now {after or 'never'}",
    )


def _hands(old: Policy, new: Policy) -> Iterator[Change]:
    """How many people it takes in the end, whatever the single changes look like."""
    rules = package_rules(old, PACKAGE_CLASSES), package_rules(new, PACKAGE_CLASSES)
    before, after = smallest_set(old, rules[0]), smallest_set(new, rules[1])
    if before is None or after is None:
        # Every single change is listed all the same.
        return
    if len(before) == len(after):
        return
    if not after:
        message = "both packages can no longer be sealed and approved at all"
    else:
        alone = " alone" if len(after) == 1 else ""
        was = f"it took {plural(len(before), 'holder')}" if before else "no one could"
        message = f"seal and approve both packages: {was}, now {joined(after)} can{alone}"
    lower = bool(after) and (not before or len(after) < len(before))
    yield Change(Effect.LOWER if lower else Effect.RAISED, "holders", message)


def _holders(old: Policy, new: Policy) -> Iterator[Change]:
    for name in sorted(old.holders.keys() - new.holders.keys()):
        holder = old.holders[name]
        yield Change(
            Effect.REMOVED, f"holders.{name}", f"was {joined(holder.roles)}, {_keys(holder)}"
        )
    for name in sorted(new.holders.keys() - old.holders.keys()):
        holder = new.holders[name]
        yield Change(Effect.ADDED, f"holders.{name}", f"{joined(holder.roles)}, {_keys(holder)}")
    for name in sorted(new.holders.keys() & old.holders.keys()):
        before, after = old.holders[name], new.holders[name]
        yield from set_changes(f"holders.{name}.roles", before.roles, after.roles, "the role {}")
        yield from set_changes(f"holders.{name}.keys", before.keys, after.keys, "the key {}")


def _keys(holder: HolderTable) -> str:
    return f"{'key' if len(holder.keys) == 1 else 'keys'} {joined(map(brief, holder.keys))}"


def _seal_and_approvals(old: Policy, new: Policy) -> Iterator[Change]:
    for package_class in PACKAGE_CLASSES:
        before, after = old.seal_role(package_class), new.seal_role(package_class)
        if before != after:
            yield Change(
                Effect.CHANGED,
                f"seal.{package_class}",
                f"was {before}, now {after} ({joined(new.holders_of_role(after), 'or')})",
            )
        place = f"approvals.{package_class}"
        was, now = old.approval_rule(package_class), new.approval_rule(package_class)
        yield from count_change(
            f"{place}.distinct_holders", was.distinct_holders, now.distinct_holders, "holder"
        )
        yield from role_count_changes(f"{place}.roles", was.roles, now.roles)


def _separation(old: Policy, new: Policy) -> Iterator[Change]:
    before = {tuple(sorted(pair)) for pair in old.separation.pairs}
    after = {tuple(sorted(pair)) for pair in new.separation.pairs}
    for left, right in sorted(before - after):
        yield Change(Effect.LOWER, "separation.pairs", f"one holder may now be {left} and {right}")
    for left, right in sorted(after - before):
        yield Change(Effect.RAISED, "separation.pairs", f"no holder may be both {left} and {right}")


def _role_rules(old: Policy, new: Policy) -> Iterator[Change]:
    yield from set_changes(
        "revocation.roles", old.revocation.roles, new.revocation.roles, "{} may revoke anything"
    )
    yield from role_count_changes(
        "verdicts.roles",
        old.verdicts.roles if old.verdicts else {},
        new.verdicts.roles if new.verdicts else {},
    )


def _packages(old: Policy, new: Policy) -> Iterator[Change]:
    for package_class in PACKAGE_CLASSES:
        was, now = old.package(package_class), new.package(package_class)
        place = f"packages.{package_class}"
        if was.path != now.path:
            yield Change(
                Effect.CHANGED, f"{place}.path", f"was {escape(was.path)}, now {escape(now.path)}"
            )
        yield from set_changes(
            f"{place}.exclude",
            was.exclude,
            now.exclude,
            "sealing may leave out {}",
            (Effect.RAISED, Effect.LOWER),
        )
    yield from set_changes("packages.release.artifact", _artifacts(old), _artifacts(new), "{}")
    yield from set_changes(
        "packages.release.provenance",
        _provenance(old),
        _provenance(new),
        "{}",
        (Effect.LOWER, Effect.RAISED),
    )
    genesis = old.packages.genesis, new.packages.genesis
    if genesis[0].genesis_files != genesis[1].genesis_files:
        before, after = (joined(map(escape, package.genesis_files)) for package in genesis)
        yield Change(Effect.CHANGED, "packages.genesis.genesis_files", f"was {before}, now {after}")
    if genesis[0].chain_id_at != genesis[1].chain_id_at:
        gone = not genesis[1].chain_id_at
        yield Change(
            Effect.LOWER if gone else Effect.CHANGED,
            "packages.genesis.chain_id_at",
            "the chain id is not compared with the genesis any more"
            if gone
            else f"now {escape(genesis[1].chain_id_at)}",
        )
    yield from set_changes(
        "packages.genesis.published_hash",
        _published(old),
        _published(new),
        "{}",
        (Effect.LOWER, Effect.ADDED),
    )


def _provenance(policy: Policy) -> list[str]:
    return [
        f"{r.path} built from {r.repository} at {r.commit or r.ref or 'any ref'} by {r.workflow},"
        f" issuer {r.issuer}, trusted root {r.trusted_root.removeprefix('sha256:')}"
        + (f", ref {r.ref}" if r.commit and r.ref else "")
        for r in policy.packages.release.provenance
    ]


def _reproduction(old: Policy, new: Policy) -> Iterator[Change]:
    counts = [p.reproduction.distinct_holders if p.reproduction else 0 for p in (old, new)]
    yield from count_change("reproduction.distinct_holders", counts[0], counts[1], "holder")
    yield from set_changes(
        "reproduction.roles",
        old.reproduction.roles if old.reproduction else (),
        new.reproduction.roles if new.reproduction else (),
        "{} may confirm a build",
    )


def _published(policy: Policy) -> list[str]:
    return [
        f"{published.convention} {published.sha256.removeprefix('sha256:')}"
        for published in policy.packages.genesis.published_hash
    ]


def _artifacts(policy: Policy) -> list[str]:
    return [
        f"{a.role} {a.platform} {a.path}" + (f", in it {a.member}" if a.member else "")
        for a in policy.packages.release.artifact
    ]


def _linkage(old: Policy, new: Policy) -> Iterator[Change]:
    before, after = ({(r.left, r.right, r.as_): r.name for r in p.linkage} for p in (old, new))
    for left, right, _ in sorted(before.keys() - after.keys(), key=str):
        yield Change(
            Effect.LOWER, "linkage", f"no longer compared: {escape(left)} = {escape(right)}"
        )
    for left, right, how in sorted(after.keys() - before.keys(), key=str):
        manner = f" as {how}" if how else ""
        yield Change(
            Effect.RAISED, "linkage", f"compared: {escape(left)} = {escape(right)}{manner}"
        )


def _rest(old: Policy, new: Policy) -> Iterator[Change]:
    def setting(place: str, show: Callable[[Policy], str]) -> Iterator[Change]:
        if show(old) != show(new):
            yield Change(Effect.CHANGED, place, f"was {show(old)}, now {show(new)}")

    yield from setting(
        "ledger",
        lambda p: f"{escape(p.ledger.origin)} kept by {kept_by(p.ledger)}" if p.ledger else "none",
    )
    yield from setting("launch.profile", lambda p: p.launch.profile or "none")
    yield from _freeze(old, new)
    yield from _head_age(old, new)
    yield from _checks(old, new)
    yield from setting(
        "limits.artifact_member_bytes", lambda p: str(p.limits.artifact_member_bytes)
    )
    names = ({(r.left, r.right, r.as_): r.name for r in p.linkage} for p in (old, new))
    before, after = names
    for rule in sorted(before.keys() & after.keys(), key=str):
        if before[rule] != after[rule]:
            yield Change(
                Effect.CHANGED,
                "linkage",
                f"called {escape(before[rule])}, now {escape(after[rule])}",
            )


def _freeze(old: Policy, new: Policy) -> Iterator[Change]:
    before, after = (p.freeze.not_applicable if p.freeze else "" for p in (old, new))
    if before == after:
        return
    yield Change(
        Effect.LOWER if after else Effect.RAISED,
        "freeze",
        f"the scope is not frozen: {escape(after)}" if after else "the scope is frozen again",
    )


def _head_age(old: Policy, new: Policy) -> Iterator[Change]:
    before, after = (p.ledger.max_head_age if p.ledger else None for p in (old, new))
    if before == after:
        return
    longer = after is None or (
        before is not None and parse_duration(after) > parse_duration(before)
    )
    yield Change(
        Effect.LOWER if longer else Effect.RAISED,
        "ledger.max_head_age",
        f"was {before or 'not asked'}, now {after or 'not asked'}",
    )


def _checks(old: Policy, new: Policy) -> Iterator[Change]:
    """Rows of the final checks: one that need not be answered any more is lower."""
    from aztrust.core.policy.authority import row_rule
    from aztrust.core.policy.model import ANSWERED_ROWS

    for row in ANSWERED_ROWS:
        before, after = row_rule(old, row), row_rule(new, row)
        if before == after:
            continue
        lower = bool(after.not_applicable) or after.max_age_ms > before.max_age_ms
        raised = bool(before.not_applicable) and not after.not_applicable
        sentences = (check_sentence(p, row) for p in (old, new))
        effect = Effect.LOWER if lower else Effect.RAISED if raised else Effect.CHANGED
        yield Change(effect, f"checks.{row}", "was {}, now {}".format(*sentences))
