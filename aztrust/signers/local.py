"""Private key files: PKCS#8 PEM, P-256 or Ed25519, encrypted unless the caller says otherwise."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.hashes import SHA256

from aztrust.core.base.errors import CouldNotCheck, Malformed, Refused, UsageError
from aztrust.core.formats.keys import Algorithm, PublicKey, from_material
from aztrust.core.formats.private_keys import private_key_form
from aztrust.signers.pkcs8 import encrypt_pkcs8

PrivateKey = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey

_LIMIT: Final = 64 * 1024
_PLAIN: Final = b"-----BEGIN PRIVATE KEY-----"
_ENCRYPTED: Final = b"-----BEGIN ENCRYPTED PRIVATE KEY-----"


@dataclass(frozen=True, slots=True)
class LocalSigner:
    """A private key in this process's memory."""

    public: PublicKey
    _private: PrivateKey = field(repr=False)

    def sign(self, message: bytes) -> bytes:
        """Sign: Ed25519 (RFC 8032), or ECDSA with SHA-256, RFC 6979 nonce, DER.

        Raises:
            CouldNotCheck: the cryptographic library here has no deterministic ECDSA.
        """
        if isinstance(self._private, ed25519.Ed25519PrivateKey):
            return self._private.sign(message)
        try:
            return self._private.sign(message, ec.ECDSA(SHA256(), deterministic_signing=True))
        except UnsupportedAlgorithm:
            raise CouldNotCheck(
                "the cryptographic library here cannot make deterministic ECDSA signatures",
                subject=self.public.fingerprint,
                mend="install the `cryptography` wheel (OpenSSL 3.2 or newer), or sign elsewhere",
            ) from None


class LockedSigner:
    """An encrypted private key whose public half is known: its passphrase is asked for late.

    Args:
        public: the public half, from the file next to the key.
        path: the key's file, for messages.
        pem: its bytes, one encrypted block.
        passphrase: asks for the passphrase; called once.
    """

    def __init__(
        self, public: PublicKey, path: Path, pem: bytes, passphrase: Callable[[], bytes]
    ) -> None:
        self._public = public
        self._path = path
        self._pem = pem
        self._passphrase = passphrase
        self._opened: LocalSigner | None = None

    @property
    def public(self) -> PublicKey:
        """The public half; `open` holds the key against it."""
        return self._public

    def open(self) -> LocalSigner:
        """Ask for the passphrase, and open the key.

        Raises:
            CouldNotCheck: a wrong passphrase, or there is no terminal to ask for it.
            Refused: the key is another than its public half says.
        """
        if self._opened is None:
            opened = _signer(self._path, self._pem, self._passphrase())
            if opened.public != self._public:
                raise Refused(
                    "is not the private half of the public key next to it",
                    subject=str(self._path),
                    mend=f"remove {self._path.with_suffix('.pem').name} next to it, or put the"
                    " right one there",
                )
            self._opened = opened
        return self._opened

    def sign(self, message: bytes) -> bytes:
        """Sign as `LocalSigner.sign` does, after `open`."""
        return self.open().sign(message)


def generate(algorithm: Algorithm) -> PrivateKey:
    """Make a new private key from the operating system's randomness."""
    if algorithm == "ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    return ec.generate_private_key(ec.SECP256R1())


def public_key(private: PrivateKey) -> PublicKey:
    """Return the public half.

    Raises:
        Malformed: `key-malformed`: not on P-256, or an unusable point.
    """
    if isinstance(private, ed25519.Ed25519PrivateKey):
        return from_material("ed25519", private.public_key().public_bytes_raw(), name="key")
    if not isinstance(private.curve, ec.SECP256R1):
        raise Malformed(
            f"is an elliptic curve key on {private.curve.name}; P-256 is the one that is used",
            code="key-malformed",
            mend="make a new one: aztrust key generate NAME",
        )
    point = private.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
    return from_material("ecdsa-p256", point, name="key")


def encrypt_private(key: PrivateKey, passphrase: bytes | None) -> bytes:
    """Return the PKCS#8 PEM of a private key, encrypted unless `passphrase` is None.

    Raises:
        UsageError: an empty passphrase.
    """
    der = key.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    if passphrase is None:
        return key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    return encrypt_pkcs8(der, passphrase)


def load(
    path: Path,
    *,
    passphrase: Callable[[], bytes] | None,
    worthless: frozenset[str] = frozenset(),
    public: PublicKey | None = None,
) -> LocalSigner | LockedSigner:
    """Open a private key file; the arguments and errors are those of `open_signer`."""
    pem, private_mode = read_key_file(path)
    if b"BEGIN PUBLIC KEY" in pem and b"PRIVATE KEY" not in pem:
        raise Malformed(
            "is a public key; signing needs the private one",
            subject=str(path),
            code="key-malformed",
            mend="give --key the private key: its name, or the .key file that"
            " `aztrust key generate` made",
        )
    if not _is_one_block(pem):
        raise _refusal(path, pem)
    encrypted = pem.startswith(_ENCRYPTED)
    # Whether an encrypted key is worthless is not known, so this is settled before any passphrase.
    if not private_mode and (encrypted or not worthless):
        raise exposed(path)
    if not encrypted:
        signer = _signer(path, pem, None)
        if not private_mode and signer.public.fingerprint not in worthless:
            raise exposed(path)
        return signer
    if passphrase is None:
        raise UsageError(
            "is encrypted, and there is no terminal to ask for its passphrase",
            subject=str(path),
            mend="run the command on a terminal",
        )
    if public is not None:
        return LockedSigner(public, path, pem, passphrase)
    return _signer(path, pem, passphrase())


def exposed(path: Path) -> Refused:
    """The refusal of a key file that others can read."""
    return Refused(
        "is a private key that others than you can read or write",
        subject=str(path),
        mend=f"chmod 600 {path}   (and make a new key if this is a shared machine)",
    )


def read_key_file(path: Path) -> tuple[bytes, bool]:
    """Return the bytes of a key file, and whether only its owner has any access to it.

    Raises:
        UsageError: there is no such file, or it is not a regular one.
        Malformed: `key-malformed`: it is too large for a key.
        CouldNotCheck: it cannot be read.
    """
    try:
        # A fifo must not block: what the path names is known only once it is open.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise UsageError(
            "there is no such key file",
            subject=str(path),
            mend="give the path of a private key; make one with: aztrust key generate NAME",
        ) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a file name"
        raise CouldNotCheck(
            f"cannot be opened: {reason}", subject=str(path), mend="check path and permissions"
        ) from None
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise UsageError(
                "is not a regular file", subject=str(path), mend="give a private key file"
            )
        with open(descriptor, "rb", closefd=False) as file:
            pem = file.read(_LIMIT + 1)
    except OSError as error:
        raise CouldNotCheck(
            f"cannot be read: {error.strerror}", subject=str(path), mend="check the disk"
        ) from None
    finally:
        os.close(descriptor)
    if len(pem) > _LIMIT:
        raise _malformed(path, "is too large for a private key", _NEW)
    return pem, not status.st_mode & 0o077


def _signer(path: Path, pem: bytes, passphrase: bytes | None) -> LocalSigner:
    try:
        # cryptography takes b"" for "no passphrase"; no passphrase opens nothing encrypted.
        private = serialization.load_pem_private_key(
            pem, b"\0" if passphrase == b"" else passphrase
        )
    except (ValueError, TypeError, UnsupportedAlgorithm):
        if passphrase is None:
            raise _malformed(path, "is not a well-formed PKCS#8 private key") from None
        raise CouldNotCheck(
            "does not open with this passphrase",
            subject=str(path),
            mend="try again; if the passphrase is right, the file is damaged: restore a copy",
        ) from None
    if not isinstance(private, ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey):
        raise Malformed(
            "is a private key of another kind; ECDSA P-256 and Ed25519 keys are taken",
            subject=str(path),
            code="key-malformed",
            mend="make one: aztrust key generate NAME",
        )
    try:
        return LocalSigner(public_key(private), private)
    except Malformed as error:
        raise _malformed(path, error.message, _NEW) from None


def _is_one_block(pem: bytes) -> bool:
    return (
        pem.count(b"-----BEGIN ") == 1
        and pem.startswith((_PLAIN, _ENCRYPTED))
        and pem.rstrip(b"\r\n").endswith(b"PRIVATE KEY-----")
    )


_NEW: Final = "make a new one: aztrust key generate NAME"
_CONVERT: Final = "convert it: openssl pkcs8 -topk8 -in OLD -out NEW; or " + _NEW
_CONVERT_DER: Final = "convert it: openssl pkcs8 -topk8 -inform DER -in OLD -out NEW; or " + _NEW


def _refusal(path: Path, pem: bytes) -> Malformed:
    """What the file is instead of one PKCS#8 block, and the way to a key that is taken.

    A conversion is only named where it makes such a key.
    """
    form = private_key_form(pem)
    if pem.startswith(b"\xef\xbb\xbf") and form == "PKCS#8":
        return _malformed(
            path,
            "begins with a byte order mark, as some editors write it",
            f"save it without the mark, its first three bytes; or {_NEW}",
        )
    if form in ("", "PKCS#8"):
        reason = "is not exactly one PEM block of a PKCS#8 private key"
        return _malformed(path, reason, _CONVERT if form else _NEW)
    if "RSA" in form:
        return _malformed(path, "is an RSA key; ECDSA P-256 and Ed25519 keys are taken", _NEW)
    reason = f"is a private key in another format than PKCS#8 in PEM: {form}"
    if form.endswith("in DER"):
        return _malformed(path, reason, _CONVERT_DER)
    return _malformed(path, reason, _CONVERT if form == "SEC 1" else _NEW)


def _malformed(path: Path, reason: str, mend: str = _CONVERT) -> Malformed:
    return Malformed(reason, subject=str(path), code="key-malformed", mend=mend)
