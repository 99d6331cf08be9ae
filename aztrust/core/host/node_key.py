"""A node's public consensus key, in the forms that nodes write it.

Of a `priv_validator_key.json` only the public part is kept. No sentence here quotes the input: it
holds the private half, and reports are passed around.
"""

from __future__ import annotations

import binascii
import hashlib
from base64 import b64decode
from typing import Final

from aztrust.core.base.canonical import JSONValue, loads
from aztrust.core.base.digest import sha256_id
from aztrust.core.base.errors import Malformed
from aztrust.core.genesis.validators import Validator, ValidatorSet
from aztrust.core.host.reading import NodeKey
from aztrust.core.package.entries import Fault

NODE_KEY_LIMIT: Final = 64 * 1024
MALFORMED: Final = "node-key-malformed"

_ED25519, _SECP256K1 = 32, 33
_LENGTHS: Final = {
    "tendermint/PubKeyEd25519": _ED25519,
    "tendermint/PubKeySecp256k1": _SECP256K1,
    "/cosmos.crypto.ed25519.PubKey": _ED25519,
    "/cosmos.crypto.secp256k1.PubKey": _SECP256K1,
}
_FORMS: Final = (
    "a priv_validator_key.json, its pub_key alone, what `show-validator` prints, or one line of "
    "base64"
)


def parse_node_key(data: bytes, *, path: str) -> NodeKey:
    """The public consensus key in a file; `fault` says why there is none.

    Taken are a CometBFT `priv_validator_key.json`, its `pub_key` object alone, the output of the
    Cosmos SDK's `comet show-validator`, and a bare line of base64: ed25519 or secp256k1.

    Args:
        data: the whole file.
        path: its name for the report.
    """
    try:
        return NodeKey(path, _key(data))
    except Malformed as error:
        return NodeKey(path, fault=Fault(MALFORMED, path, error.message))


def find_validator(key: str, validators: ValidatorSet) -> Validator | None:
    """The validator with this consensus key, compared by its bytes and not by its spelling.

    Args:
        key: base64, as `NodeKey.key` has it.
        validators: of a genesis.
    """
    wanted = _decode(key)
    if not wanted:
        return None
    return next((v for v in validators.validators if _decode(v.key) == wanted), None)


def _key(data: bytes) -> str:
    if len(data) > NODE_KEY_LIMIT:
        raise _bad(f"it is larger than {NODE_KEY_LIMIT} bytes, which no key file is")
    text = data.strip()
    if not text:
        raise _bad("it is empty")
    if not text.startswith(b"{"):
        return _bare(text)
    try:
        document = loads(data, what="", code=MALFORMED)
    except Malformed:
        raise _bad("it is not strict JSON, perhaps cut off or edited by hand") from None
    if not isinstance(document, dict):
        raise _bad(f"it is not one of these: {_FORMS}")
    if "pub_key" in document:
        raw = _from_object(document["pub_key"])
        _check_address(document.get("address"), raw)
    elif "priv_key" in document:
        raise _bad(
            "it holds a private key without its public half, as a node_key.json does; the "
            "consensus key is in priv_validator_key.json"
        )
    else:
        raw = _from_object(document)
    return _encode(raw)


def _from_object(value: JSONValue) -> bytes:
    """The key in `{"type": …, "value": …}` (Amino JSON) or `{"@type": …, "key": …}` (protobuf)."""
    if not isinstance(value, dict):
        raise _bad("its public key is not an object with a type and a value")
    for named, held in (("type", "value"), ("@type", "key")):
        if value.keys() == {named, held}:
            kind, text = value[named], value[held]
            break
    else:
        raise _bad(f"it is not one of these: {_FORMS}")
    length = _LENGTHS.get(kind) if isinstance(kind, str) else None
    if length is None:
        raise _bad("its public key is of another type than ed25519 and secp256k1")
    raw = _strict(text) if isinstance(text, str) else None
    if raw is None:
        raise _bad("its public key is not base64")
    return _check(raw, (length,))


def _bare(text: bytes) -> str:
    if len(text.splitlines()) != 1:
        raise _bad(f"it is not one of these: {_FORMS}")
    raw = _strict(text.decode("latin-1"))
    if raw is None:
        raise _bad(f"it is not one of these: {_FORMS}")
    return _encode(_check(raw, (_ED25519, _SECP256K1)))


def _check(raw: bytes, lengths: tuple[int, ...]) -> bytes:
    if len(raw) == 64:
        # What an ed25519 private key is in these files: the wrong line was copied.
        raise _bad("64 bytes are not a public key but look like a private one; keep it secret")
    if len(raw) not in lengths:
        wanted = " or ".join(map(str, lengths))
        raise _bad(f"its public key has {len(raw)} bytes instead of {wanted}")
    if len(raw) == _SECP256K1 and raw[0] not in (2, 3):
        raise _bad("its secp256k1 public key is not in the compressed form")
    return raw


def _check_address(address: JSONValue, raw: bytes) -> None:
    # The address of an ed25519 key needs nothing but SHA-256; a file patched by hand shows here.
    if len(raw) != _ED25519 or address is None:
        return
    own = hashlib.sha256(raw).hexdigest()[:40]
    if not isinstance(address, str) or address.lower() != own:
        raise _bad("its address is not the one of its public key: it was edited by hand")


def _strict(text: str) -> bytes | None:
    raw = _decode(text)
    return raw if raw is not None and _encode(raw) == text else None


def _decode(text: str) -> bytes | None:
    # As lenient as Go's decoder, which reads these files for the chain: line breaks, loose bits.
    try:
        return binascii.a2b_base64("".join(text.splitlines()).encode("ascii"), strict_mode=True)
    except (binascii.Error, UnicodeEncodeError):
        return None


def _encode(raw: bytes) -> str:
    return binascii.b2a_base64(raw, newline=False).decode()


def _bad(cause: str) -> Malformed:
    return Malformed(cause, code=MALFORMED)


def key_digest(key: str) -> str:
    """The SHA-256 of a key, to show: what was named by mistake may be a private one."""
    return sha256_id(b64decode(key))
