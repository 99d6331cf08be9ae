"""What a change of policy does to `[chain]`: what the later checkpoints rest on."""

from __future__ import annotations

from collections.abc import Iterator

from aztrust.core.base.paths import escape
from aztrust.core.policy.diff_change import Change, Effect
from aztrust.core.policy.model import Policy


def chain_changes(old: Policy, new: Policy) -> Iterator[Change]:
    """Every change of meaning in `[chain]`."""
    before, after = old.chain, new.chain
    if before is None or after is None:
        if before is not after:
            gone = after is None
            rest = "what people show" if gone else "a proof from the sealed genesis"
            yield Change(
                Effect.LOWER if gone else Effect.RAISED,
                "chain",
                f"the checkpoints of the first blocks and epoch rest on {rest}",
            )
        return
    if before.kind != after.kind:
        yield Change(Effect.CHANGED, "chain.kind", f"was {before.kind}, now {after.kind}")
    was, now = before.epoch_blocks, after.epoch_blocks
    if was != now:
        effect = Effect.LOWER if now < was else Effect.RAISED
        yield Change(effect, "chain.epoch_blocks", f"was {was}, now {now}")
    was, now = before.power_reduction, after.power_reduction
    if was != now:
        yield Change(Effect.CHANGED, "chain.power_reduction", f"was {was}, now {now}")
    for name in sorted(before.metrics.keys() | after.metrics.keys()):
        one, other = (escape(t.metrics.get(name, "not read")) for t in (before, after))
        if one != other:
            yield Change(Effect.CHANGED, f"chain.metrics.{escape(name)}", f"was {one}, now {other}")
