"""Whether the genesis that a CometBFT node stored is the one in a file: by value, field by field.

The node parses the file, fills in defaults and writes the document anew (CometBFT 0.38: the value
of `genesisDoc` in its state database), so the bytes differ. Compared are the chain id, the time,
the first height, the app hash, the validators in their order, the app state, and the consensus
parameters that the file names. What the file leaves to the node's defaults cannot be compared, and
is never taken to be equal.
"""

from __future__ import annotations

from collections.abc import Iterator

from aztrust.core.base.errors import Malformed
from aztrust.core.base.times import parse_rfc3339
from aztrust.core.base.value import frozen
from aztrust.core.genesis.validators import listed_validators
from aztrust.core.linkage.jsondoc import JsonValue, get, integer, parse_json, string


@frozen
class Comparison:
    """`differs` names the fields that differ; `unknown` says why the rest could not be compared."""

    differs: tuple[str, ...] = ()
    unknown: str = ""

    @property
    def same(self) -> bool:
        """Whether everything could be compared and nothing differs."""
        return not self.differs and not self.unknown


def compare_stored(sealed: bytes, stored: bytes) -> Comparison:
    """Compares a genesis file with the document that a node made of one. Never raises.

    Args:
        sealed: the file's bytes.
        stored: the document in the node's database.
    """
    try:
        ours = parse_json(sealed, what="the genesis file")
        theirs = parse_json(stored, what="the stored genesis")
    except Malformed as error:
        return Comparison(unknown=f"{error.subject} cannot be read: {error.message}")
    if not isinstance(ours, dict) or not isinstance(theirs, dict):
        return Comparison(unknown="one of them is not an object")
    left, right = _projection(ours), _projection(theirs)
    dated = left["genesis_time"] != ""
    differs = tuple(
        name
        for name in left
        if (dated or name != "genesis_time") and not _same(left[name], right[name])
    )
    named, given = _parameters(ours), _parameters(theirs)
    if named is None:
        unknown = "the genesis file leaves the consensus parameters to the node's defaults"
        return Comparison(differs, unknown)
    wrong, added = _compare_parameters(named, given, "consensus_params")
    unknown = f"the node added {', '.join(added[:3])}" if added else ""
    if not dated:
        unknown = unknown or "the genesis file has no genesis_time"
    return Comparison((*differs, *wrong), unknown)


def _projection(genesis: JsonValue) -> dict[str, JsonValue]:
    time = string(get(genesis, "genesis_time"))
    return {
        "chain_id": get(genesis, "chain_id"),
        "genesis_time": parse_rfc3339(time) if parse_rfc3339(time) is not None else time,
        "initial_height": _number(get(genesis, "initial_height")) or 1,
        "app_hash": string(get(genesis, "app_hash")).upper(),
        "validators": list(_validators(genesis)),
        "app_state": get(genesis, "app_state"),
    }


def _validators(genesis: JsonValue) -> Iterator[JsonValue]:
    for validator in listed_validators(genesis):
        yield [
            get(validator, "pub_key", "type"),
            get(validator, "pub_key", "value"),
            _number(get(validator, "power")),
            string(get(validator, "name")),
        ]


def _parameters(genesis: JsonValue) -> JsonValue:
    return get(genesis, "consensus_params") or get(genesis, "consensus", "params")


def _compare_parameters(
    ours: JsonValue, theirs: JsonValue, where: str
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(parameters that differ, parameters that only the node has and that are not zero)."""
    wrong: list[str] = []
    added: list[str] = []
    if not isinstance(ours, dict) or not isinstance(theirs, dict):
        return (() if _same(_number(ours), _number(theirs)) else (where,)), ()
    for key in dict.fromkeys((*ours, *theirs)):
        place = f"{where}.{key}"
        if key not in ours or ours[key] is None:
            if not _is_zero(theirs.get(key)):
                added.append(place)
        elif key not in theirs:
            if not _is_zero(ours[key]):
                wrong.append(place)
        else:
            found = _compare_parameters(ours[key], theirs[key], place)
            wrong += found[0]
            added += found[1]
    return tuple(wrong), tuple(added)


def _is_zero(value: JsonValue) -> bool:
    if isinstance(value, dict):
        return all(map(_is_zero, value.values()))
    return value in (None, False, 0, "", "0", "0s") or value == []


def _number(value: JsonValue) -> JsonValue:
    """A number, also where it is written as a string; anything else as it is."""
    found = integer(value)
    return value if found is None else found


def _same(a: JsonValue, b: JsonValue) -> bool:
    """Whether two values are one: kinds count (`true` is not 1), the order of keys does not."""
    if isinstance(a, dict):
        return (
            isinstance(b, dict) and a.keys() == b.keys() and all(_same(a[key], b[key]) for key in a)
        )
    if isinstance(a, list):
        return isinstance(b, list) and len(a) == len(b) and all(map(_same, a, b))
    if isinstance(a, bool) or isinstance(b, bool) or a is None or b is None:
        return a is b
    return type(a) is type(b) and str(a) == str(b)
