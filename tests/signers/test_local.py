from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from aztrust.core.base.errors import AztrustError, CouldNotCheck, Malformed, Refused, UsageError
from aztrust.core.formats.keys import Algorithm
from aztrust.signers import open_signer, pkcs8
from aztrust.signers.local import (
    LocalSigner,
    PrivateKey,
    encrypt_private,
    generate,
    load,
    public_key,
)

P256 = ec.derive_private_key(0xA2703, ec.SECP256R1())
ED25519 = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
BOTH = pytest.mark.parametrize("private", [P256, ED25519], ids=["p256", "ed25519"])
SECRET = b"correct horse"


@pytest.fixture(autouse=True)
def _few_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pkcs8, "ROUNDS", 1_000)


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def _write(pem: bytes, mode: int = 0o600, name: str = "rita.key") -> Path:
        path = tmp_path / name
        path.write_bytes(pem)
        path.chmod(mode)
        return path

    return _write


def no_terminal() -> bytes:
    raise AssertionError("the passphrase was asked for")


def failure(kind: type[AztrustError], act: Callable[[], object]) -> AztrustError:
    with pytest.raises(kind) as caught:
        act()
    assert type(caught.value) is kind
    assert "\n" not in caught.value.message
    assert caught.value.mend
    return caught.value


@pytest.mark.parametrize("algorithm", ["ecdsa-p256", "ed25519"])
@pytest.mark.parametrize("secret", [SECRET, None])
def test_a_new_key_is_written_read_and_signs(
    algorithm: Algorithm, secret: bytes | None, write: Callable[..., Path]
) -> None:
    private = generate(algorithm)
    path = write(encrypt_private(private, secret))
    signer = open_signer(str(path), passphrase=lambda: SECRET)
    assert signer.public == public_key(private)
    assert signer.public.algorithm == algorithm
    assert signer.public.verify(signer.sign(b"m"), b"m")
    assert not signer.public.verify(signer.sign(b"m"), b"n")


@BOTH
def test_signatures_are_deterministic(private: PrivateKey) -> None:
    signer = LocalSigner(public_key(private), private)
    assert signer.sign(b"m") == signer.sign(b"m")
    assert signer.sign(b"m") != signer.sign(b"n")


@BOTH
def test_the_private_half_is_in_no_repr(private: PrivateKey) -> None:
    assert "_private" not in repr(LocalSigner(public_key(private), private))


@BOTH
def test_encryption_is_standard_and_never_the_same_twice(private: PrivateKey) -> None:
    pem = encrypt_private(private, SECRET)
    assert pem.startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----\n")
    assert encrypt_private(private, SECRET) != pem
    loaded = serialization.load_pem_private_key(pem, SECRET)
    assert isinstance(loaded, ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey)
    assert public_key(loaded) == public_key(private)


def test_rounds_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert pkcs8.ROUNDS >= 600_000
    pem = encrypt_private(ED25519, SECRET)
    assert serialization.load_pem_private_key(pem, SECRET)


@BOTH
@pytest.mark.parametrize("typed", [b"wrong", b"", b"\0", SECRET + b"\n", SECRET.upper()])
def test_a_wrong_passphrase_is_one_clear_line(
    private: PrivateKey, typed: bytes, write: Callable[..., Path]
) -> None:
    path = write(encrypt_private(private, SECRET))
    error = failure(CouldNotCheck, lambda: open_signer(str(path), passphrase=lambda: typed))
    assert error.message == "does not open with this passphrase"
    assert error.subject == str(path)


def test_an_empty_passphrase_is_not_a_passphrase() -> None:
    failure(UsageError, lambda: encrypt_private(P256, b""))


def test_no_terminal_to_ask_on(write: Callable[..., Path]) -> None:
    path = write(encrypt_private(P256, SECRET))
    error = failure(UsageError, lambda: open_signer(str(path), passphrase=None))
    assert "is encrypted" in error.message


def test_no_passphrase_is_asked_for_a_plain_key(write: Callable[..., Path]) -> None:
    path = write(encrypt_private(P256, None))
    assert open_signer(str(path), passphrase=no_terminal).public == public_key(P256)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o620, 0o602, 0o644, 0o610, 0o601])
@pytest.mark.parametrize("secret", [None, SECRET], ids=["plain", "encrypted"])
def test_a_key_that_others_can_reach_is_refused(
    mode: int, secret: bytes | None, write: Callable[..., Path]
) -> None:
    path = write(encrypt_private(P256, secret), mode)
    other = frozenset({public_key(ED25519).fingerprint})
    for worthless in (frozenset[str](), other):
        error = failure(
            Refused, lambda w=worthless: open_signer(str(path), passphrase=no_terminal, worthless=w)
        )
        assert f"chmod 600 {path}" in error.mend


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o700])
def test_a_key_of_its_owner_alone_is_opened(mode: int, write: Callable[..., Path]) -> None:
    path = write(encrypt_private(P256, None), mode)
    assert stat.S_IMODE(path.stat().st_mode) == mode
    assert open_signer(str(path), passphrase=None)


@BOTH
def test_a_worthless_key_needs_no_protection(
    private: PrivateKey, write: Callable[..., Path]
) -> None:
    path = write(encrypt_private(private, None), 0o644)
    worthless = frozenset({public_key(private).fingerprint})
    signer = open_signer(str(path), passphrase=no_terminal, worthless=worthless)
    assert signer.public == public_key(private)


def test_a_worthless_key_is_known_by_its_fingerprint_so_an_encrypted_one_is_not(
    write: Callable[..., Path],
) -> None:
    path = write(encrypt_private(P256, SECRET), 0o644)
    worthless = frozenset({public_key(P256).fingerprint})
    failure(Refused, lambda: load(path, passphrase=no_terminal, worthless=worthless))


def test_an_empty_fingerprint_lets_nothing_through(write: Callable[..., Path]) -> None:
    path = write(encrypt_private(P256, SECRET), 0o644)
    failure(Refused, lambda: load(path, passphrase=no_terminal, worthless=frozenset({""})))


PLAIN = serialization.NoEncryption()
PEM = serialization.Encoding.PEM


def other_formats() -> dict[str, bytes]:
    ours = encrypt_private(P256, None)
    return {
        "empty": b"",
        "text": b"hello",
        "a public key": public_key(P256).pem,
        "two keys": ours + encrypt_private(ED25519, None),
        "text before": b"x\n" + ours,
        "text after": ours + b"x\n",
        "damaged": ours.replace(b"MI", b"MA", 1),
        "SEC1": P256.private_bytes(PEM, serialization.PrivateFormat.TraditionalOpenSSL, PLAIN),
        "OpenSSH": ED25519.private_bytes(PEM, serialization.PrivateFormat.OpenSSH, PLAIN),
        "P-384": ec.derive_private_key(7, ec.SECP384R1()).private_bytes(
            PEM, serialization.PrivateFormat.PKCS8, PLAIN
        ),
        "secp256k1": ec.derive_private_key(7, ec.SECP256K1()).private_bytes(
            PEM, serialization.PrivateFormat.PKCS8, PLAIN
        ),
        "RSA": rsa.generate_private_key(65537, 2048).private_bytes(
            PEM, serialization.PrivateFormat.PKCS8, PLAIN
        ),
        "too large": ours + b"\n" * 70_000,
    }


OTHERS = other_formats()


@pytest.mark.parametrize("pem", OTHERS.values(), ids=OTHERS.keys())
def test_what_is_not_a_private_key_of_ours_is_reported(
    pem: bytes, write: Callable[..., Path]
) -> None:
    path = write(pem)
    error = failure(Malformed, lambda: open_signer(str(path), passphrase=no_terminal))
    assert error.subject == str(path)
    assert error.code == "key-malformed"


def test_a_public_key_is_named_as_one(write: Callable[..., Path]) -> None:
    path = write(public_key(P256).pem, 0o644)
    assert "is a public key" in failure(Malformed, lambda: load(path, passphrase=None)).message


def test_what_is_not_a_file(tmp_path: Path) -> None:
    failure(UsageError, lambda: open_signer(str(tmp_path / "none"), passphrase=None))
    failure(UsageError, lambda: open_signer(str(tmp_path), passphrase=None))
    failure(CouldNotCheck, lambda: open_signer("a\0b", passphrase=None))
    failure(CouldNotCheck, lambda: open_signer("x" * 5000, passphrase=None))
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo, 0o600)
    failure(UsageError, lambda: open_signer(str(fifo), passphrase=None))


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_key(write: Callable[..., Path]) -> None:
    path = write(encrypt_private(P256, None), 0o000)
    failure(CouldNotCheck, lambda: open_signer(str(path), passphrase=None))


@pytest.mark.parametrize(
    "uri", ["kms:alias/x", "pkcs11:token=x", "https://example.org/k", "awskms:///x", "a:b"]
)
def test_an_unknown_scheme_names_the_known_ones(uri: str) -> None:
    error = failure(UsageError, lambda: open_signer(uri, passphrase=None))
    assert "known: file" in error.message
    assert error.subject == uri


def test_spellings_of_a_file(
    write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = write(encrypt_private(P256, None))
    write(encrypt_private(ED25519, None), name="a:b")
    monkeypatch.chdir(tmp_path)
    for uri in (
        str(path),
        "rita.key",
        "./rita.key",
        "file:rita.key",
        "FILE:rita.key",
        f"file:{path}",
        f"file://{path}",
        f"file://localhost{path}",
    ):
        assert open_signer(uri, passphrase=None).public == public_key(P256)
    assert open_signer("./a:b", passphrase=None).public == public_key(ED25519)
    for uri in ("file://otherhost/rita.key", "file://rita.key"):
        error = failure(UsageError, lambda u=uri: open_signer(u, passphrase=None))
        assert "of this host" in error.message


def test_a_library_without_deterministic_ecdsa(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(*_arguments: object, **_options: object) -> None:
        raise UnsupportedAlgorithm("old")

    signer = LocalSigner(public_key(P256), P256)
    monkeypatch.setattr("aztrust.signers.local.ec.ECDSA", absent)
    failure(CouldNotCheck, lambda: signer.sign(b"m"))


def test_a_public_key_says_what_to_give_instead(write: Callable[..., Path]) -> None:
    path = write(public_key(ED25519).pem, name="rita.pem")
    error = failure(Malformed, lambda: load(path, passphrase=no_terminal))
    assert "public key" in error.message
    assert "openssl" not in error.mend
    assert "private key" in error.mend


@pytest.mark.parametrize("form", ["PKCS8", "TraditionalOpenSSL"])
def test_an_rsa_key_says_which_keys_are_taken(write: Callable[..., Path], form: str) -> None:
    pem = rsa.generate_private_key(65537, 2048).private_bytes(
        serialization.Encoding.PEM,
        getattr(serialization.PrivateFormat, form),
        serialization.NoEncryption(),
    )
    error = failure(Malformed, lambda: load(write(pem), passphrase=no_terminal))
    assert "P-256 and Ed25519" in error.message
    assert "generate" in error.mend
    assert "openssl" not in error.mend


EC_TRADITIONAL = P256.private_bytes(
    serialization.Encoding.PEM,
    serialization.PrivateFormat.TraditionalOpenSSL,
    serialization.NoEncryption(),
)
PKCS8 = P256.private_bytes(
    serialization.Encoding.PEM,
    serialization.PrivateFormat.PKCS8,
    serialization.NoEncryption(),
)
OTHER_FORMS = {
    "SEC 1": (EC_TRADITIONAL, "SEC 1", "openssl pkcs8 -topk8 -in OLD -out NEW"),
    "behind text": (b"Bag Attributes\n" + PKCS8, "one PEM block", "openssl pkcs8 -topk8 -in OLD"),
    "DER": (
        P256.private_bytes(
            serialization.Encoding.DER,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
        "PKCS#8 in DER",
        "openssl pkcs8 -topk8 -inform DER -in OLD -out NEW",
    ),
    "byte order mark": (b"\xef\xbb\xbf" + PKCS8, "byte order mark", "first three bytes"),
    "OpenSSH": (
        ED25519.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.OpenSSH,
            serialization.NoEncryption(),
        ),
        "OpenSSH",
        "",
    ),
    "P-384": (
        ec.generate_private_key(ec.SECP384R1()).private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
        "secp384r1",
        "",
    ),
    "minisign": (b"untrusted comment: minisign encrypted " + b"secret key\n", "minisign", ""),
    "nothing known": (b"hello\n", "PKCS#8", ""),
}


@pytest.mark.parametrize(("data", "named", "mend"), OTHER_FORMS.values(), ids=OTHER_FORMS)
def test_a_key_in_another_form_is_named_and_converted_only_where_that_works(
    write: Callable[..., Path], data: bytes, named: str, mend: str
) -> None:
    error = failure(Malformed, lambda: load(write(data), passphrase=no_terminal))
    assert named in error.message
    assert "aztrust key generate" in error.mend
    assert mend in error.mend
    assert bool(mend) == ("openssl" in error.mend or "bytes" in error.mend)
