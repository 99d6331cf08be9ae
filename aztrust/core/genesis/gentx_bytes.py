"""The bytes that the signer of a gen_tx signed, made again from its JSON.

A gen_tx in JSON does not hold what was signed. For the sign mode DIRECT that is the protobuf
encoding of body and signer information (ADR 27 of the Cosmos SDK: fields in order, empty ones
left out); for the older mode it is a sorted JSON document. Both can be made again for the messages
of a gen_tx, and for them alone: `None` is the answer wherever a field is not known here.
"""

from __future__ import annotations

import binascii
import json
import re
from typing import Final

from aztrust.core.formats.protobuf import message_field, number_field
from aztrust.core.linkage.jsondoc import JsonValue, elements, get, members, string

CREATE: Final = "/cosmos.staking.v1beta1.MsgCreateValidator"
_DECIMAL: Final = re.compile(r"(\d{1,40})\.(\d{18})")
_WHOLE: Final = re.compile(r"\d{1,80}")
_MODES: Final = {"SIGN_MODE_DIRECT": 1, "SIGN_MODE_LEGACY_AMINO_JSON": 127}
_KEYS: Final = {
    "/cosmos.crypto.ed25519.PubKey": "tendermint/PubKeyEd25519",
    "/cosmos.crypto.secp256k1.PubKey": "tendermint/PubKeySecp256k1",
}
# Go's JSON encoder writes these as escapes, wherever they are.
_GO_ESCAPES: Final = {c: f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"}

_BODY: Final = {"messages", "memo", "timeout_height", "extension_options"} | {
    "non_critical_extension_options",
    "unordered",
    "timeout_timestamp",
}
_MESSAGE: Final = {"@type", "description", "commission", "min_self_delegation"} | {
    "delegator_address",
    "validator_address",
    "pubkey",
    "value",
}
_DESCRIPTION: Final = ("moniker", "identity", "website", "security_contact", "details")
_COMMISSION: Final = ("rate", "max_rate", "max_change_rate")


class _NotKnownError(Exception):
    """A field that is not encoded here."""


def direct_bytes(tx: JsonValue, chain_id: str) -> bytes | None:
    """The SignDoc of SIGN_MODE_DIRECT, account number 0; None where it cannot be made again."""
    try:
        body, auth = _body(get(tx, "body")), _auth_info(get(tx, "auth_info"))
    except _NotKnownError:
        return None
    return message_field(1, body) + message_field(2, auth) + _text(3, chain_id)


def amino_bytes(tx: JsonValue, chain_id: str) -> bytes | None:
    """The StdSignDoc of the sign mode with amino JSON; None where it cannot be made again."""
    try:
        document = _std_sign_doc(tx, chain_id)
        return _go_json(document).encode()
    except (_NotKnownError, UnicodeEncodeError):
        return None


# ---- protobuf -----------------------------------------------------------------------------------


def _body(body: JsonValue) -> bytes:
    _known(body, _BODY)
    for name in ("extension_options", "non_critical_extension_options"):
        _require(get(body, name) in (None, []))
    _require(get(body, "timeout_height") in (None, "0", 0))
    _require(get(body, "unordered") in (None, False) and get(body, "timeout_timestamp") is None)
    messages = elements(get(body, "messages"))
    return b"".join(message_field(1, _any(CREATE, _create(m))) for m in messages) + _text(
        2, _string(body, "memo")
    )


def _create(message: JsonValue) -> bytes:
    _known(message, _MESSAGE)
    _require(get(message, "@type") == CREATE)
    description, commission = get(message, "description"), get(message, "commission")
    _known(description, set(_DESCRIPTION))
    _known(commission, set(_COMMISSION))
    encoded = b"".join(_text(n, _string(description, f)) for n, f in enumerate(_DESCRIPTION, 1))
    rates = b"".join(_text(n, _scaled(commission, f)) for n, f in enumerate(_COMMISSION, 1))
    least = _string(message, "min_self_delegation")
    _require(_WHOLE.fullmatch(least) is not None)
    return (
        message_field(1, encoded)
        + message_field(2, rates)
        + _text(3, str(int(least)))
        + _text(4, _string(message, "delegator_address"))
        + _text(5, _string(message, "validator_address"))
        + message_field(6, _public_key(get(message, "pubkey")))
        + message_field(7, _coin(get(message, "value")))
    )


def _auth_info(auth: JsonValue) -> bytes:
    _known(auth, {"signer_infos", "fee", "tip"})
    _require(get(auth, "tip") is None)
    infos = b"".join(
        message_field(1, _signer_info(info)) for info in elements(get(auth, "signer_infos"))
    )
    fee = get(auth, "fee")
    _known(fee, {"amount", "gas_limit", "payer", "granter"})
    amount = b"".join(message_field(1, _coin(coin)) for coin in elements(get(fee, "amount")))
    encoded = amount + _number(2, _string(fee, "gas_limit"))
    encoded += _text(3, _string(fee, "payer")) + _text(4, _string(fee, "granter"))
    return infos + message_field(2, encoded)


def _signer_info(info: JsonValue) -> bytes:
    _known(info, {"public_key", "mode_info", "sequence"})
    mode = get(info, "mode_info", "single", "mode")
    _require(isinstance(mode, str) and mode in _MODES)
    _known(get(info, "mode_info"), {"single"})
    single = message_field(1, _number(1, str(_MODES[str(mode)])))
    key = message_field(1, _public_key(get(info, "public_key")))
    return key + message_field(2, single) + _number(3, _string(info, "sequence"))


def _public_key(key: JsonValue) -> bytes:
    _known(key, {"@type", "key"})
    kind = get(key, "@type")
    _require(isinstance(kind, str) and kind in _KEYS)
    try:
        raw = binascii.a2b_base64(_string(key, "key").encode("ascii"), strict_mode=True)
    except (binascii.Error, UnicodeEncodeError):
        raise _NotKnownError from None
    return _any(str(kind), message_field(1, raw))


def _coin(coin: JsonValue) -> bytes:
    _known(coin, {"denom", "amount"})
    amount = _string(coin, "amount")
    _require(_WHOLE.fullmatch(amount) is not None)
    return _text(1, _string(coin, "denom")) + _text(2, str(int(amount)))


def _scaled(value: JsonValue, name: str) -> str:
    """A decimal of the SDK as protobuf has it: the whole number of 10^-18."""
    match = _DECIMAL.fullmatch(_string(value, name))
    _require(match is not None)
    return str(int(match[1] + match[2])) if match is not None else ""


def _any(url: str, value: bytes) -> bytes:
    return _text(1, url) + (message_field(2, value) if value else b"")


def _text(number: int, text: str) -> bytes:
    try:
        return message_field(number, text.encode()) if text else b""
    except UnicodeEncodeError:
        raise _NotKnownError from None


def _number(number: int, text: str) -> bytes:
    _require(_WHOLE.fullmatch(text) is not None and int(text) < 2**64)
    return number_field(number, int(text))


# ---- amino JSON ---------------------------------------------------------------------------------


def _std_sign_doc(tx: JsonValue, chain_id: str) -> JsonValue:
    if get(tx, "body") is None:
        value = get(tx, "value")
        _known(value, {"msg", "fee", "signatures", "memo", "timeout_height"})
        _require(get(value, "timeout_height") in (None, "0", 0))
        fee, messages, memo = get(value, "fee"), get(value, "msg"), _string(value, "memo")
        _known(fee, {"amount", "gas"})
        amount, gas = elements(get(fee, "amount")), _string(fee, "gas")
    else:
        _body(get(tx, "body"))
        _auth_info(get(tx, "auth_info"))
        found = elements(get(tx, "body", "messages"))
        messages = [_amino_message(message) for message in found]
        memo, fee = _string(get(tx, "body"), "memo"), get(tx, "auth_info", "fee")
        _require(not _string(fee, "payer") and not _string(fee, "granter"))
        amount, gas = elements(get(fee, "amount")), _string(fee, "gas_limit")
    return {
        "account_number": "0",
        "chain_id": chain_id,
        "fee": {"amount": amount, "gas": gas},
        "memo": memo,
        "msgs": messages,
        "sequence": "0",
    }


def _amino_message(message: JsonValue) -> JsonValue:
    fields = {name: value for name, value in members(message).items() if name != "@type"}
    # Amino leaves out texts that are empty.
    fields = {name: value for name, value in fields.items() if value != ""}
    fields["description"] = {n: v for n, v in members(get(message, "description")).items() if v}
    key = get(message, "pubkey")
    fields["pubkey"] = {"type": _KEYS[_string(key, "@type")], "value": get(key, "key")}
    return {"type": "cosmos-sdk/MsgCreateValidator", "value": fields}


def _go_json(value: JsonValue) -> str:
    """The JSON that Go writes of sorted keys, with its escapes."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    # Outside of strings none of these characters occurs.
    for character, escaped in _GO_ESCAPES.items():
        text = text.replace(character, escaped)
    return text


# ---- helpers ------------------------------------------------------------------------------------


def _known(value: JsonValue, names: set[str]) -> None:
    _require(isinstance(value, dict) and members(value).keys() <= names)


def _string(value: JsonValue, name: str) -> str:
    found = get(value, name)
    _require(found is None or isinstance(found, str))
    return string(found)


def _require(holds: bool) -> None:
    if not holds:
        raise _NotKnownError
