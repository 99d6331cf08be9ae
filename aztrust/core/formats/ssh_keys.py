"""Ed25519 keys in the forms of OpenSSH: the line of a `.pub` file, and the blobs of its protocols.

An SSH key of this kind is the same 32 bytes as any Ed25519 key, so it has a fingerprint like every
other key here (not the one that `ssh-keygen -l` prints). Other kinds of SSH keys are refused: RSA
and the curves with certificates or hardware counters sign something else than the message alone.
"""

from __future__ import annotations

from typing import Final

from aztrust.core.base.base64_text import decode_base64
from aztrust.core.base.errors import Malformed
from aztrust.core.formats.keys import PublicKey, from_material, parse_public_key

KIND: Final = b"ssh-ed25519"
_LIMIT: Final = 4096
_MEND: Final = "give the line of the .pub file: ssh-ed25519 AAAA…; make one: ssh-keygen -t ed25519"


def looks_like_ssh(text: str) -> bool:
    """Whether a text means to be the public key of SSH, of whatever kind."""
    return text.lstrip().startswith(("ssh-", "ecdsa-sha2-", "sk-ssh-", "sk-ecdsa-"))


def parse_ssh_line(text: str, *, name: str) -> PublicKey:
    """Read `ssh-ed25519 BASE64 COMMENT`, exactly one line; the comment is ignored.

    Args:
        text: the line, with or without its line end.
        name: where it is, for messages.

    Raises:
        Malformed: `key-malformed`.
    """
    line = text.removesuffix("\n").removesuffix("\r")
    if len(line) > _LIMIT or not line.isprintable():
        raise _malformed(name, "is not one line of an SSH public key")
    kind, _, rest = line.partition(" ")
    if kind != KIND.decode():
        shown = kind if looks_like_ssh(kind) and len(kind) <= 60 else "something else"
        raise _malformed(name, f"is {shown}; of SSH keys only ssh-ed25519 is taken")
    blob = decode_base64(rest.partition(" ")[0])
    if not blob:
        raise _malformed(name, "holds base64 that is not well-formed")
    return key_of_blob(blob, name=name)


def parse_key_file(data: bytes, *, name: str) -> PublicKey:
    """The key in a public key file: one PEM block, or the line of an SSH key.

    Raises:
        Malformed: `key-malformed`; `name` is the file.
    """
    text = data.decode("utf-8", "replace")
    return (
        parse_ssh_line(text, name=name)
        if looks_like_ssh(text)
        else parse_public_key(data, name=name)
    )


def key_of_blob(blob: bytes, *, name: str) -> PublicKey:
    """The key in the public blob of SSH (RFC 8709): the kind, and the 32 bytes.

    Raises:
        Malformed: `key-malformed`: another kind, or bytes that are too many or too few.
    """
    parts = read_strings(blob)
    if parts is None or len(parts) != 2 or parts[0] != KIND:
        raise _malformed(name, "is not the blob of an ssh-ed25519 key")
    return from_material("ed25519", parts[1], name=name)


def blob_of_key(key: PublicKey) -> bytes:
    """The public blob of an Ed25519 key, as SSH writes it."""
    return write_strings(KIND, key.material)


def read_strings(data: bytes) -> list[bytes] | None:
    """The strings of SSH (RFC 4251, section 5) that the bytes are made of; None where they are not.

    >>> read_strings(write_strings(b"a", b""))
    [b'a', b'']
    """
    found, at = [], 0
    while at < len(data):
        end = at + 4 + int.from_bytes(data[at : at + 4])
        if at + 4 > len(data) or end > len(data):
            return None
        found.append(data[at + 4 : end])
        at = end
    return found


def write_strings(*parts: bytes) -> bytes:
    """The parts as strings of SSH, one after the other."""
    return b"".join(len(part).to_bytes(4) + part for part in parts)


def _malformed(name: str, reason: str) -> Malformed:
    return Malformed(reason, subject=name, code="key-malformed", mend=_MEND)
