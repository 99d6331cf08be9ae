"""Signed gen_txs as validators send them, made by an encoder that shares nothing with aztrust's."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

CHAIN = "test-1"
DIRECT, AMINO = "SIGN_MODE_DIRECT", "SIGN_MODE_LEGACY_AMINO_JSON"
_LETTERS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


def account(name: str) -> ec.EllipticCurvePrivateKey:
    """The secp256k1 key of a person's account, always the same."""
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()) >> 1
    return ec.derive_private_key(number, ec.SECP256K1())


def account_key(name: str) -> bytes:
    """The compressed public key of an account."""
    public = account(name).public_key()
    return public.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)


def consensus_key(name: str) -> str:
    """A consensus key in base64."""
    return base64.b64encode(hashlib.sha256(b"consensus " + name.encode()).digest()).decode()


def operator_address(name: str, prefix: str = "cosmosvaloper") -> str:
    """The address of the operator of a person's validator."""
    digest = hashlib.sha256(account_key(name)).digest()
    return _bech32(prefix, hashlib.new("ripemd160", digest).digest())


def message(name: str, moniker: str | None = None, **changes: Any) -> dict[str, Any]:
    """A MsgCreateValidator in the shape of protobuf JSON."""
    description = {
        "moniker": name if moniker is None else moniker,
        "identity": "",
        "website": "https://example.org/?a=1&b=<2>",
        "security_contact": "",
        "details": "é",
    }
    return {
        "@type": "/cosmos.staking.v1beta1.MsgCreateValidator",
        "description": description,
        "commission": {
            "rate": "0.050000000000000000",
            "max_rate": "1.000000000000000000",
            "max_change_rate": "0.000000000000000001",
        },
        "min_self_delegation": "1",
        "delegator_address": operator_address(name, "cosmos"),
        "validator_address": operator_address(name),
        "pubkey": {"@type": "/cosmos.crypto.ed25519.PubKey", "key": consensus_key(name)},
        "value": {"denom": "ustake", "amount": "1000000"},
        **changes,
    }


def gentx(
    name: str,
    moniker: str | None = None,
    *,
    mode: str = DIRECT,
    chain_id: str = CHAIN,
    messages: list[dict[str, Any]] | None = None,
    by: str | None = None,
    memo: str = "id@10.0.0.1:26656",
) -> dict[str, Any]:
    """A gen_tx of the form that Cosmos SDK 0.40 and later write.

    Args:
        name: whose validator it creates.
        moniker: else the name.
        mode: how it is signed.
        chain_id: what it is signed for.
        messages: in the place of that one message.
        by: whose account signs, else that of `name`.
        memo: of the transaction.
    """
    signer = by or name
    made = messages or [message(name, moniker)]
    key = base64.b64encode(account_key(signer)).decode()
    tx: dict[str, Any] = {
        "body": {
            "messages": made,
            "memo": memo,
            "timeout_height": "0",
            "extension_options": [],
            "non_critical_extension_options": [],
        },
        "auth_info": {
            "signer_infos": [
                {
                    "public_key": {"@type": "/cosmos.crypto.secp256k1.PubKey", "key": key},
                    "mode_info": {"single": {"mode": mode}},
                    "sequence": "0",
                }
            ],
            "fee": {"amount": [], "gas_limit": "200000", "payer": "", "granter": ""},
        },
    }
    signed = _direct(tx, chain_id) if mode == DIRECT else _amino(made, memo, chain_id)
    return {**tx, "signatures": [sign(signer, signed)]}


def std_tx(name: str, *, chain_id: str = CHAIN) -> dict[str, Any]:
    """A gen_tx of the form before Cosmos SDK 0.40."""
    fields = {key: value for key, value in message(name).items() if key != "@type"}
    fields["pubkey"] = f"cosmosvalconspub1{name}"
    msg = {"type": "cosmos-sdk/MsgCreateValidator", "value": fields}
    document = {
        "account_number": "0",
        "chain_id": chain_id,
        "fee": {"amount": [], "gas": "200000"},
        "memo": "",
        "msgs": [msg],
        "sequence": "0",
    }
    key = base64.b64encode(account_key(name)).decode()
    signature = {
        "pub_key": {"type": "tendermint/PubKeySecp256k1", "value": key},
        "signature": sign(name, _sorted(document)),
    }
    fee = {"amount": None, "gas": "200000"}
    value = {"msg": [msg], "fee": fee, "signatures": [signature], "memo": ""}
    return {"type": "cosmos-sdk/StdTx", "value": value}


def data(tx: dict[str, Any]) -> bytes:
    """The file of a gen_tx."""
    return json.dumps(tx, ensure_ascii=False).encode()


def sign(name: str, signed: bytes) -> str:
    """The 64 bytes of an account's signature, in base64."""
    r, s = decode_dss_signature(account(name).sign(signed, ec.ECDSA(SHA256())))
    return base64.b64encode(r.to_bytes(32) + s.to_bytes(32)).decode()


# ---- encoders -----------------------------------------------------------------------------------


def pb(*fields: tuple[int, object]) -> bytes:
    """A protobuf message of numbered texts, bytes and numbers; empty texts and zeros are left
    out.
    """
    out = b""
    for number, value in fields:
        if value in ("", 0):
            continue
        if isinstance(value, int):
            out += _varint(number * 8) + _varint(value)
        else:
            raw = value.encode() if isinstance(value, str) else value
            assert isinstance(raw, bytes)
            out += _varint(number * 8 + 2) + _varint(len(raw)) + raw
    return out


def _varint(value: int) -> bytes:
    return bytes([value]) if value < 128 else bytes([value % 128 + 128]) + _varint(value // 128)


def _direct(tx: dict[str, Any], chain_id: str) -> bytes:
    body, auth = tx["body"], tx["auth_info"]
    messages = [
        (1, pb((1, "/cosmos.staking.v1beta1.MsgCreateValidator"), (2, _create(m))))
        for m in body["messages"]
    ]
    info = auth["signer_infos"][0]
    account_pb = pb((1, base64.b64decode(info["public_key"]["key"])))
    key = pb((1, "/cosmos.crypto.secp256k1.PubKey"), (2, account_pb))
    signer = pb((1, key), (2, pb((1, pb((1, 1))))))
    return pb(
        (1, pb(*messages, (2, body["memo"]))),
        (2, pb((1, signer), (2, pb((2, 200_000))))),
        (3, chain_id),
    )


def _create(m: dict[str, Any]) -> bytes:
    d, c = m["description"], m["commission"]
    rates = [str(round(float(c[n]) * 10**18)) for n in ("rate", "max_rate", "max_change_rate")]
    parts = ("moniker", "identity", "website", "security_contact", "details")
    consensus = pb((1, base64.b64decode(m["pubkey"]["key"])))
    return pb(
        (1, pb(*((n, d[part]) for n, part in enumerate(parts, 1)))),
        (2, pb(*enumerate(rates, 1))),
        (3, m["min_self_delegation"]),
        (4, m["delegator_address"]),
        (5, m["validator_address"]),
        (6, pb((1, "/cosmos.crypto.ed25519.PubKey"), (2, consensus))),
        (7, pb((1, m["value"]["denom"]), (2, m["value"]["amount"]))),
    )


def _amino(messages: Iterable[dict[str, Any]], memo: str, chain_id: str) -> bytes:
    msgs = []
    for m in messages:
        value = {key: held for key, held in m.items() if key != "@type"}
        value["description"] = {key: held for key, held in m["description"].items() if held}
        value["pubkey"] = {"type": "tendermint/PubKeyEd25519", "value": m["pubkey"]["key"]}
        msgs.append({"type": "cosmos-sdk/MsgCreateValidator", "value": value})
    return _sorted(
        {
            "account_number": "0",
            "chain_id": chain_id,
            "fee": {"amount": [], "gas": "200000"},
            "memo": memo,
            "msgs": msgs,
            "sequence": "0",
        }
    )


def _sorted(document: dict[str, Any]) -> bytes:
    text = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return (text.replace("&", r"\u0026").replace("<", r"\u003c").replace(">", r"\u003e")).encode()


def _bech32(prefix: str, raw: bytes) -> str:
    bits = "".join(f"{byte:08b}" for byte in raw)
    values = [int(bits[at : at + 5].ljust(5, "0"), 2) for at in range(0, len(bits), 5)]
    expanded = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]
    check = 1
    for value in [*expanded, *values, *[0] * 6]:
        top, check = check >> 25, (check & 0x1FFFFFF) << 5 ^ value
        for at, g in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            check ^= g * (top >> at & 1)
    values += [(check ^ 1) >> 5 * (5 - at) & 31 for at in range(6)]
    return f"{prefix}1{''.join(_LETTERS[value] for value in values)}"
