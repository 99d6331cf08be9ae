"""The convention `cometbft/genesis-projection/1`: a genesis file and what a node serves, compared.

A node never serves the bytes of its genesis file. It parses the file, fills in what is missing and
writes the document anew, so the digest of the file cannot be asked of a running node. These parts
survive, and each is compared under its own name:

- `chain_id`; `genesis_time` in nanoseconds since 1970; `initial_height`, where 0 is 1
- `app_hash`, hexadecimal in capitals
- `app_state`: SHA-256 over its bytes without white space, with `<`, `>`, `&`, U+2028 and U+2029
  written as escapes, as Go writes them; the order of keys and the spelling of numbers survive
- `validators/N/key`, `/power` and `/name`, in the order of the file; addresses follow from keys
- `consensus_params/…`, one part for each value. Zero values are left out on both sides: a node
  adds parameters that its version has and the file has not, and adds them as zero

A file of the Cosmos SDK from 0.50 on keeps parameters and validators below `consensus`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from typing import Final

from aztrust.core.base.errors import Malformed
from aztrust.core.chain import typed
from aztrust.core.chain.facts import GenesisFact
from aztrust.core.genesis.validators import listed_validators
from aztrust.core.linkage.jsondoc import (
    JsonValue,
    get,
    kind_of,
    members,
    parse_json,
    refuse_lookalike_keys,
)

CONVENTION: Final = "cometbft/genesis-projection/1"
MAX_VALIDATORS: Final = 10_000
PARAMS: Final = "consensus_params"
_SPACE: Final = re.compile(r"[ \t\r\n]*")
# The closing quote is optional, so that a string without an end costs no second look.
_STRING_OR_SPACE: Final = re.compile(rb'("[^"\\]*(?:\\.[^"\\]*)*"?)|[ \t\r\n]+')
# Outside of strings JSON has none of these, so that they can be replaced anywhere.
_ESCAPES: Final = tuple(
    (character.encode(), f"\\u{ord(character):04x}".encode()) for character in "<>&\u2028\u2029"
)
_DECODER: Final = json.JSONDecoder(parse_int=str, parse_float=str)
_ZEROS: Final = ("", "0", "0s")
_CODE: Final = "genesis-malformed"


def parse_genesis(data: bytes, what: str) -> JsonValue:
    """A genesis document, strictly.

    Raises:
        Malformed: `genesis-malformed`, it is not a JSON object, or two readers could read it
            differently.
    """
    document = parse_json(data, what=what)
    if not isinstance(document, dict):
        raise Malformed(
            f"the genesis is not an object but a {kind_of(document)}",
            subject=what,
            mend="give the genesis file of a CometBFT chain",
            code=_CODE,
        )
    refuse_lookalike_keys(document, what=what)
    return document


def project(data: bytes, what: str, document: JsonValue = None) -> GenesisFact:
    """The projection of a genesis.

    Args:
        data: the file, or the document that a node serves.
        what: its name in messages.
        document: `parse_genesis(data)`, where it is there already.

    Raises:
        Malformed: `genesis-malformed`, it is not a genesis of CometBFT.
    """
    document = parse_genesis(data, what) if document is None else document
    try:
        return _project(data, document)
    except Malformed as error:
        raise Malformed(
            f"the genesis cannot be read: {error.message}",
            subject=what,
            mend="compare it with the genesis file of the launch; repair nothing by hand",
            code=_CODE,
        ) from None


def _project(data: bytes, document: JsonValue) -> GenesisFact:
    time = get(document, "genesis_time")
    time_ns = None if time is None else typed.instant(time, "genesis_time")
    height = typed.whole(get(document, "initial_height") or 0, "initial_height")
    app_hash = typed.hexadecimal(get(document, "app_hash") or "", "app_hash")
    parts = {
        "chain_id": typed.text(get(document, "chain_id"), "chain_id"),
        "initial_height": str(height or 1),
        "app_hash": app_hash.hex().upper(),
        **dict(_validators(document)),
        **dict(_parameters(consensus_params(document))),
    }
    if get(document, "app_state") is not None:
        digest = hashlib.sha256(go_compact(_member(data, "app_state"))).hexdigest()
        parts["app_state"] = f"sha256:{digest}"
    unknown = []
    if time_ns is None:
        unknown.append("genesis_time")
    else:
        parts["genesis_time"] = str(time_ns)
    if consensus_params(document) is None:
        unknown.append(PARAMS)
    sorted_parts = tuple(sorted(parts.items()))
    return GenesisFact(CONVENTION, sorted_parts, (time_ns or 0) // 1_000_000, tuple(unknown))


def consensus_params(document: JsonValue) -> JsonValue:
    """The consensus parameters of a genesis, None where it has none."""
    return get(document, PARAMS) or get(document, "consensus", "params") or None


def parameter_leaves(params: JsonValue) -> dict[str, str]:
    """Each consensus parameter that is not zero: its path, and its value as text."""
    return dict(_leaves(params, ""))


def _validators(document: JsonValue) -> Iterator[tuple[str, str]]:
    found = typed.listed(list(listed_validators(document)), "validators", MAX_VALIDATORS)
    for number, validator in enumerate(found):
        place = f"validators/{number}"
        key = typed.below(validator, place, "pub_key")
        kind = typed.text(get(key, "type"), f"{place}/pub_key/type")
        value = typed.text(get(key, "value"), f"{place}/pub_key/value")
        yield f"{place}/key", f"{kind} {value}"
        yield f"{place}/power", str(typed.whole(get(validator, "power"), f"{place}/power"))
        yield f"{place}/name", typed.text(get(validator, "name") or "", f"{place}/name", 10_000)


def _parameters(params: JsonValue) -> Iterator[tuple[str, str]]:
    for path, value in _leaves(params, ""):
        yield f"{PARAMS}{path}", value


def _leaves(value: JsonValue, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in members(value).items():
            # As in a JSON pointer: no two paths are written alike.
            escaped = key.replace("~", "~0").replace("/", "~1")
            yield from _leaves(inner, f"{place}/{escaped}")
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            # An element counts also where it is zero: a list that is longer is another list.
            yield from _leaves(inner, f"{place}/{number}")
            yield f"{place}/{number}", typed.scalar(inner, f"{place}/{number}")
    elif value is not None and value is not False:
        written = typed.scalar(value, place)
        if written not in _ZEROS:
            yield place, written


def go_compact(raw: bytes) -> bytes:
    """JSON as Go's encoder writes a raw message: no white space, some characters escaped."""
    compact = _STRING_OR_SPACE.sub(rb"\1", raw)
    for character, escaped in _ESCAPES:
        compact = compact.replace(character, escaped)
    return compact


def _member(data: bytes, name: str) -> bytes:
    """The bytes of one member of a JSON object that was parsed strictly before."""
    source = data.decode("utf-8")
    at = _skip(source, _skip(source, 0) + 1)
    while source[at] != "}":
        key, at = _DECODER.raw_decode(source, at)
        start = _skip(source, _skip(source, at) + 1)
        _, at = _DECODER.raw_decode(source, start)
        if key == name:
            return source[start:at].encode("utf-8")
        at = _skip(source, at)
        if source[at] == ",":
            at = _skip(source, at + 1)
    return b""


def _skip(source: str, at: int) -> int:
    match = _SPACE.match(source, at)
    return match.end() if match is not None else at
