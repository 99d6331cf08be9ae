"""Ed25519 keys that an operator has already: the file of OpenSSH, and the ssh-agent.

They sign confirmations and nothing else. A signature is over the message itself, by Ed25519: what
SSH wraps around its own signatures is not here, so every reader takes it like any other.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Container
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import load_ssh_private_key

from aztrust.core.base.errors import CouldNotCheck, Malformed, UsageError
from aztrust.core.base.extras import how_to_install
from aztrust.core.base.paths import escape
from aztrust.core.formats.keys import PublicKey
from aztrust.core.formats.ssh_keys import (
    KIND,
    blob_of_key,
    key_of_blob,
    read_strings,
    write_strings,
)
from aztrust.signers.local import LocalSigner, exposed, public_key, read_key_file

VARIABLE: Final = "SSH_AUTH_SOCK"
_LIMIT: Final = 64 * 1024
_HEAD: Final = b"-----BEGIN OPENSSH PRIVATE KEY-----"
_MOST_KEYS: Final = 2048
WAIT_S: Final = 60.0
"""How long an agent may take for an answer: a person may have to confirm it."""

# draft-ietf-sshm-ssh-agent, section 5.1.
_FAILURE, _REQUEST_IDENTITIES, _IDENTITIES, _SIGN_REQUEST, _SIGNED = 5, 11, 12, 13, 14


def load_openssh(path: Path, *, passphrase: Callable[[], bytes] | None) -> LocalSigner:
    """Open an Ed25519 key file of OpenSSH.

    Args:
        path: such as `~/.ssh/id_ed25519`.
        passphrase: called once, for an encrypted key; None where there is no terminal.

    Raises:
        UsageError: there is no such file, or it is encrypted and there is no terminal to ask at.
        Refused: others than the owner can read the file.
        Malformed: `key-malformed`: it is not an Ed25519 key in this format.
        CouldNotCheck: it cannot be read, or the passphrase is wrong.
    """
    data, is_private = read_key_file(path)
    subject = escape(str(path))
    if not data.startswith(_HEAD):
        raise Malformed(
            "is not a private key file of OpenSSH",
            subject=subject,
            code="key-malformed",
            mend="name the file without .pub, or an aztrust key with --key",
        )
    if not is_private:
        raise exposed(path)
    private = _opened(data, None, subject)
    if private is None:
        # Before a person types the passphrase: the library decrypts these files with it alone.
        if find_spec("bcrypt") is None:
            raise _not_opened(subject)
        if passphrase is None:
            raise UsageError(
                "is encrypted, and there is no terminal to ask for its passphrase",
                subject=subject,
                mend="run the command on a terminal, or use the ssh-agent: --ssh-agent",
            )
        private = _opened(data, passphrase(), subject)
    if not isinstance(private, ed25519.Ed25519PrivateKey):
        raise Malformed(
            "is an SSH key of another kind; of SSH keys only ssh-ed25519 signs here",
            subject=subject,
            code="key-malformed",
            mend="make one: ssh-keygen -t ed25519, or: aztrust key generate NAME",
        )
    return LocalSigner(public_key(private), private)


def _opened(data: bytes, passphrase: bytes | None, subject: str) -> object | None:
    """The private key; None where it is encrypted and no passphrase was given."""
    try:
        # The library takes b"" for "no passphrase"; no passphrase opens nothing encrypted.
        return load_ssh_private_key(data, b"\0" if passphrase == b"" else passphrase)
    except TypeError:
        # The library's answer to an encrypted key without a passphrase.
        return None
    except UnsupportedAlgorithm:
        raise _not_opened(subject) from None
    except ValueError:
        if passphrase is not None:
            raise CouldNotCheck(
                "does not open with this passphrase",
                subject=subject,
                mend="try again; if the passphrase is right, the file is damaged: restore a copy",
            ) from None
        raise Malformed(
            "is not a well-formed private key file of OpenSSH",
            subject=subject,
            code="key-malformed",
            mend="restore a copy, or make a new key: ssh-keygen -t ed25519",
        ) from None


def _not_opened(subject: str) -> CouldNotCheck:
    return CouldNotCheck(
        "has a passphrase, and the package bcrypt that opens such a file is not installed",
        subject=subject,
        mend=f"ssh-add {subject}, then --ssh-agent in the place of --ssh-key; or:"
        f" {how_to_install('bcrypt')}",
    )


@dataclass(frozen=True, slots=True)
class AgentSigner:
    """A key in the ssh-agent, which signs there.

    Args:
        public: the public half.
        path: the agent's socket.
        wait_s: how long one answer may take, in seconds.
    """

    public: PublicKey
    path: str
    wait_s: float = WAIT_S

    def sign(self, message: bytes) -> bytes:
        """The 64 bytes of Ed25519 over the message.

        Raises:
            CouldNotCheck: the agent refuses, or gives no answer that can be used.
        """
        request = write_strings(blob_of_key(self.public), message) + bytes(4)
        answer = _ask(self.path, bytes([_SIGN_REQUEST]) + request, self.wait_s)
        if answer[:1] == bytes([_FAILURE]):
            raise _agent(
                "it refuses to sign: it is locked, or the person at it declined", "ssh-add"
            )
        outer = read_strings(answer[1:]) if answer[:1] == bytes([_SIGNED]) else None
        inner = read_strings(outer[0]) if outer is not None and len(outer) == 1 else None
        if inner is None or len(inner) != 2 or inner[0] != KIND or len(inner[1]) != 64:
            raise _agent(
                "its answer is not an Ed25519 signature", "use another agent, or --ssh-key"
            )
        if not self.public.verify(inner[1], message):
            raise _agent("its signature is not over what was asked", "use another agent")
        return inner[1]


def open_agent(accepted: Container[str], *, wait_s: float = WAIT_S) -> AgentSigner:
    """The one key in the ssh-agent that may sign.

    Args:
        accepted: fingerprints of the keys that may.
        wait_s: how long one answer may take, in seconds.

    Raises:
        UsageError: there is no agent, or not exactly one of its keys may sign.
        CouldNotCheck: it does not answer, or not as an agent does.
    """
    path = os.environ.get(VARIABLE, "")
    if not path:
        raise UsageError(
            f"there is no ssh-agent: ${VARIABLE} is not set",
            subject="--ssh-agent",
            mend="start one: eval $(ssh-agent) && ssh-add, or use --ssh-key FILE",
        )
    keys = agent_keys(path, wait_s=wait_s)
    fitting = [key for key in keys if key.fingerprint in accepted]
    if not fitting:
        here = tuple(f"in the agent: {key.fingerprint}" for key in keys)
        raise UsageError(
            "no key in the ssh-agent is the one that the registrar enrolled",
            subject="--ssh-agent",
            mend="ssh-add FILE with that key; keys that the agent holds are listed below",
            details=here or ("in the agent: no Ed25519 key",),
        )
    if len(fitting) > 1:
        raise UsageError(
            "several keys in the ssh-agent may sign",
            subject="--ssh-agent",
            mend="name the file of one: --ssh-key FILE",
            details=tuple(f"in the agent: {key.fingerprint}" for key in fitting),
        )
    return AgentSigner(fitting[0], path, wait_s)


def agent_keys(path: str, *, wait_s: float = WAIT_S) -> tuple[PublicKey, ...]:
    """The Ed25519 keys that an agent holds; keys of other kinds are passed over.

    Raises:
        CouldNotCheck: it does not answer, or not as an agent does.
    """
    answer = _ask(path, bytes([_REQUEST_IDENTITIES]), wait_s)
    count = int.from_bytes(answer[1:5])
    strings = read_strings(answer[5:])
    whole = answer[:1] == bytes([_IDENTITIES]) and len(answer) >= 5 and count <= _MOST_KEYS
    if not whole or strings is None or len(strings) != 2 * count:
        raise _agent("its answer is not a list of keys", f"check ${VARIABLE}, or use --ssh-key")
    found = []
    for blob in strings[::2]:
        try:
            found.append(key_of_blob(blob, name="a key in the ssh-agent"))
        except Malformed:
            continue
    return tuple(dict.fromkeys(found))


def _ask(path: str, request: bytes, wait_s: float) -> bytes:
    """One request and its answer; at most `_LIMIT` bytes are read."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(wait_s)
            connection.connect(path)
            connection.sendall(write_strings(request))
            size = int.from_bytes(_exactly(connection, 4))
            if not 1 <= size <= _LIMIT:
                raise _agent("its answer has no size that an answer can have", "check the agent")
            return _exactly(connection, size)
    except TimeoutError:
        raise _agent(
            f"it gave no answer within {wait_s:g} s", "unlock it, or use --ssh-key"
        ) from None
    except (OSError, ValueError) as error:
        cause = getattr(error, "strerror", None) or str(error)
        raise _agent(
            f"it cannot be asked: {escape(cause)}", f"check ${VARIABLE}: ssh-add -l"
        ) from None


def _exactly(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        part = connection.recv(size - len(data))
        if not part:
            raise _agent("it ended the connection before its answer was whole", "ssh-add -l")
        data += part
    return data


def _agent(cause: str, mend: str) -> CouldNotCheck:
    return CouldNotCheck(f"the ssh-agent: {cause}", subject=f"${VARIABLE}", mend=mend)
