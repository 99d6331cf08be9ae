"""What differs between two genesis files, in the chain's terms where there are any.

Validators by moniker and power, supply by denomination, parameters by dotted path; what is the
same is named too, so that a reviewer sees what was looked at. Files that are not JSON are
compared by size and bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, Literal, TypeAlias

from aztrust.core.base.errors import CouldNotCheck, Malformed
from aztrust.core.base.rates import in_tenths
from aztrust.core.base.text import cut, filled, wrapped
from aztrust.core.base.value import frozen
from aztrust.core.genesis.conventions import jq_hash
from aztrust.core.genesis.facts import read_cosmos_supply, read_ethereum_supply
from aztrust.core.genesis.jsondiff import ValueChange, diff_values, exact_text, unmatched
from aztrust.core.genesis.validators import (
    Validator,
    ValidatorSet,
    created_by,
    gen_txs,
    read_validators,
    shared_gen_txs_place,
)
from aztrust.core.linkage.jsondoc import JsonValue, get, members, parse_json, text_of

Sign: TypeAlias = Literal["+", "-", "~"]
Answer: TypeAlias = Literal["same", "differ", "undefined"]

_GenTx: TypeAlias = tuple[JsonValue, Validator | None, str]
_GenTxs: TypeAlias = dict[str, _GenTx]
_Amounts: TypeAlias = dict[str, int]

SHOWN: Final = 12
_HEADER: Final = ("genesis_time", "chain_id", "initial_height", "timestamp", "extraData")
_TOP: Final = tuple((name,) for name in _HEADER)
_TIMES: Final = (("genesis_time",), ("timestamp",))
_VALIDATOR_PLACES: Final = (("validators",), ("app_state", "staking", "validators"))
_VALIDATORS, _TIME, _PARAMETER, _HEAD, _OTHER = range(5)
_BLOCK: Final = 1 << 16


@frozen
class Difference:
    """One line of a comparison, escaped: `+` only in the second file, `-` only in the first."""

    sign: Sign
    text: str


@frozen
class GenesisDiff:
    """Two genesis files compared.

    Attributes:
        raw: whether the bytes are the same.
        jq: whether the `jq -S -c` forms are; `undefined` where jq is ambiguous or it is not JSON.
        values: what the files say: `same`, `order` (the same, with array elements in another
            order), `differ`, or `opaque` when at least one is not strict JSON.
        sizes: in bytes, first and second.
        first_difference: offset of the first differing byte, None when there is none.
        differences: in the chain's terms; all of them: validators, power, time, parameters, then
            the header, the supply and everything else.
        same: what was compared and found equal, by name.
    """

    raw: Answer
    jq: Answer
    values: Literal["same", "order", "differ", "opaque"]
    sizes: tuple[int, int]
    first_difference: int | None = None
    differences: tuple[Difference, ...] = ()
    same: tuple[str, ...] = ()

    def lines(self, shown: int = SHOWN) -> tuple[str, ...]:
        """Plain text, at most 80 columns, `shown` differences and then how many more."""
        sizes = f"{self.sizes[0]:,}" + ("" if self.raw == "same" else f" / {self.sizes[1]:,}")
        lines = [f"raw      {self.raw:<10}jq -S -c   {self.jq:<12}size {sizes}"]
        if self.raw == "differ" and self.values == "same":
            lines.append("same values: only the order of keys, whitespace or escapes differ")
        if self.values == "order":
            lines.append("order only: the same elements are in another order")
        if self.values == "opaque" and self.first_difference is not None:
            lines.append(f"~ first differing byte at offset {self.first_difference:,}")
        for difference in self.differences[:shown]:
            lines.extend(wrapped(difference.sign, difference.text))
        if len(self.differences) > shown:
            lines.append(f"  +{len(self.differences) - shown:,} more")
        if self.same:
            lines.extend(filled("= ", self.same))
        return tuple(lines)


def diff_genesis(a: bytes, b: bytes) -> GenesisDiff:
    """Compare two genesis files; never raises because of their content."""
    sizes = (len(a), len(b))
    if a == b:
        return GenesisDiff("same", "same", "same", sizes, same=("all bytes",))
    offset = _first_difference(a, b)
    try:
        old, new = parse_json(a, what="first"), parse_json(b, what="second")
    except Malformed as error:
        reason = Difference("~", f"the {error.subject} file is {error.message}")
        notes = (reason,) if a[:1] == b[:1] == b"{" else ()
        return GenesisDiff("differ", "undefined", "opaque", sizes, offset, notes)
    try:
        equal = jq_hash("jq-S-c", a, old) == jq_hash("jq-S-c", b, new)
        jq: Answer = "same" if equal else "differ"
    except CouldNotCheck:
        jq = "undefined"
    apart = shared_gen_txs_place(old, new)
    changes = tuple(
        c for c in diff_values(old, new) if apart is None or c.path[: len(apart)] != apart
    )
    validators, reordered = _gen_tx_differences(old, new)
    described: list[list[Difference]] = [[] for _ in range(_OTHER + 1)]
    for change in changes:
        described[_place(change)].append(_described(change))
    supplies = (_supply(old), _supply(new))
    differences = (
        *validators,
        *described[_VALIDATORS],
        *_power_difference(old, new),
        *described[_TIME],
        *described[_PARAMETER],
        *described[_HEAD],
        *_supply_differences(*supplies),
        *described[_OTHER],
    )
    if not differences:
        return GenesisDiff("differ", jq, "same", sizes, offset, same=("all values",))
    only_order = not validators[reordered:] and all(c.how == "order" for c in changes)
    same = tuple(_unchanged(old, new, changes, validators, supplies))
    return GenesisDiff(
        "differ", jq, "order" if only_order else "differ", sizes, offset, differences, same
    )


def _first_difference(a: bytes, b: bytes) -> int:
    shorter = min(len(a), len(b))
    for start in range(0, shorter, _BLOCK):
        left, right = a[start : start + _BLOCK], b[start : start + _BLOCK]
        if left != right:
            pairs = enumerate(zip(left, right, strict=False))
            return start + next((i for i, (x, y) in pairs if x != y), min(len(left), len(right)))
    return shorter


def _gen_tx_differences(old: JsonValue, new: JsonValue) -> tuple[list[Difference], int]:
    """By moniker and power; the number tells how many of them (0 or 1) are about order alone."""
    gone, come, differ = unmatched(gen_txs(old), gen_txs(new))
    if not differ:
        return [], 0
    if not gone and not come:
        return [Difference("~", "gen_txs: order only")], 1
    totals = (read_validators(old).total, read_validators(new).total)
    before, after = _by_operator(gone), _by_operator(come)
    differences = []
    for name in sorted(before.keys() | after.keys(), key=lambda n: _rank(after, before, n)):
        if name not in after:
            differences.append(Difference("-", _validator_text(before[name], totals[0])))
        elif name not in before:
            differences.append(Difference("+", _validator_text(after[name], totals[1])))
        else:
            was, now = before[name], after[name]
            parts = [_change_text(c) for c in diff_values(was[0], now[0])]
            label = _validator_text(now, totals[1])
            differences += [Difference("~", f"{label}: {part}") for part in parts]
    return differences, 0


def _by_operator(txs: Sequence[JsonValue]) -> _GenTxs:
    named: _GenTxs = {}
    for tx in txs:
        validator, denom = next(created_by(tx), (None, ""))
        name = (validator.operator or validator.moniker) if validator else ""
        while name in named or not name:
            name += "\0"
        named[name] = (tx, validator, denom)
    return named


def _rank(after: _GenTxs, before: _GenTxs, name: str) -> tuple[int, str]:
    validator = (after.get(name) or before[name])[1]
    return (-validator.power if validator else 0, name)


def _validator_text(item: _GenTx, total: int) -> str:
    _, validator, denom = item
    if validator is None:
        return "gen_tx without a MsgCreateValidator that can be read"
    share = in_tenths(validator.power, total)
    operator = cut(validator.operator, 15)
    power = f"{validator.power:,} {cut(denom, 12)}".rstrip()
    return f"gen_tx {cut(validator.moniker, 20):<12} {operator}   {power}  ({share})"


def _power_difference(old: JsonValue, new: JsonValue) -> Iterator[Difference]:
    """How much power there is, and how few validators can stop the chain or decide for it."""
    was, now = read_validators(old), read_validators(new)
    if _power(was) != _power(now):
        yield Difference("~", f"power  {_power(was)} -> {_power(now)}")


def _power(held: ValidatorSet) -> str:
    if not held.validators:
        return "none"
    unit = f" {cut(held.unit, 24)}" if held.unit else ""
    return (
        f"{held.total:,}{unit} by {len(held.validators):,}"
        f" ({held.third:,} hold > 1/3, {held.two_thirds:,} > 2/3)"
    )


def _place(change: ValueChange) -> int:
    """Where in the report a change belongs: what decides about a launch comes first."""
    if any(change.path[: len(place)] == place for place in _VALIDATOR_PLACES):
        return _VALIDATORS
    if change.path in _TIMES:
        return _TIME
    if change.path in _TOP:
        return _HEAD
    return _PARAMETER if _is_parameter(change) else _OTHER


def _supply_differences(before: _Amounts, after: _Amounts) -> Iterator[Difference]:
    for denom in sorted(before.keys() | after.keys()):
        was, now = before.get(denom, 0), after.get(denom, 0)
        if was != now:
            text = f"supply {cut(denom, 24)}  {was:,} -> {now:,}  ({now - was:+,})"
            yield Difference("~", text)


def _supply(genesis: JsonValue) -> _Amounts:
    if isinstance(get(genesis, "alloc"), dict):
        return dict(read_ethereum_supply(genesis).amounts)
    return dict(read_cosmos_supply(genesis).amounts)


def _unchanged(
    old: JsonValue,
    new: JsonValue,
    changes: tuple[ValueChange, ...],
    validators: Sequence[Difference],
    supplies: tuple[_Amounts, _Amounts],
) -> Iterator[str]:
    kept = len(gen_txs(old)) - len(unmatched(gen_txs(old), gen_txs(new))[0])
    if kept and not (validators and validators[0].text.startswith("gen_txs:")):
        yield f"{kept} gen_txs"
    for name in _HEADER:
        both = name in members(old) and name in members(new)
        if both and exact_text(get(old, name)) == exact_text(get(new, name)):
            yield name
    chain = isinstance(get(new, "app_state"), dict) or isinstance(get(new, "config"), dict)
    if chain and not any(_is_parameter(change) for change in changes):
        yield "all params"
    if supplies[0] and supplies[0] == supplies[1]:
        yield "supply"
    if all(_is_parameter(change) or change.path in _TOP for change in changes):
        yield "all else"


def _is_parameter(change: ValueChange) -> bool:
    return any(k in ("params", "config") or k.endswith("_params") for k in change.path)


def _described(change: ValueChange) -> Difference:
    sign: Sign = "+" if change.how == "added" else "-" if change.how == "removed" else "~"
    return Difference(sign, _change_text(change))


def _change_text(change: ValueChange) -> str:
    path = _path_text(change.path)
    if change.how == "order":
        return f"{path}: order only"
    if change.how == "changed":
        return f"{path}  {_value_text(change.old)} -> {_value_text(change.new)}"
    return f"{path}  {_value_text(change.new if change.how == 'added' else change.old)}"


def _path_text(path: tuple[str, ...]) -> str:
    """Dotted, without `app_state.`, which every Cosmos module is under."""
    keys = path[1:] if len(path) > 1 and path[0] == "app_state" else path
    text = ""
    for key in keys:
        text += key if key.startswith("[") or not text else f".{key}"
    return cut(text, 150) or "the whole document"


def _value_text(value: JsonValue) -> str:
    if isinstance(value, dict | list) and value:
        return cut(exact_text(value), 60)
    text = cut(text_of(value), 60)
    return f'"{text}"' if isinstance(value, str) else text
