"""Signing keys behind one door: `open_signer(uri)`.

    rita.key, ./rita.key, file:rita.key, file:///home/rita/rita.key    a private key file

More schemes (hardware, cloud, keyless) are added here and nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, Protocol

from aztrust.core.base.errors import UsageError
from aztrust.core.formats.keys import PublicKey, VerificationMaterial

_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(.*)", re.DOTALL)


class Signer(Protocol):
    """Something that can sign for one key."""

    @property
    def public(self) -> VerificationMaterial:
        """The public half."""
        ...

    def sign(self, message: bytes) -> bytes:
        """Return the signature over `message`, in the form that `public.verify` takes."""
        ...


def open_signer(
    uri: str,
    *,
    passphrase: Callable[[], bytes] | None,
    worthless: frozenset[str] = frozenset(),
    public: PublicKey | None = None,
) -> Signer:
    """Open the key that `uri` names.

    Args:
        uri: a path, or `file:` and a path. A path with a colon is written `./a:b`.
        passphrase: called at most once, and only for an encrypted key; None where there is
            no terminal.
        worthless: fingerprints of keys that need no protection (a rehearsal's).
        public: the public half, where it is known: an encrypted key is then opened by `unlock`,
            or by its first signature, and not before.

    Raises:
        UsageError: an unknown scheme, no such file, or an encrypted key and no terminal to ask on.
        Refused: others than the owner can read the file.
        Malformed: the file is not a private key of a supported kind (`key-malformed`).
        CouldNotCheck: unreadable, or a wrong passphrase.
    """
    match = _SCHEME.fullmatch(uri)
    scheme, rest = (match[1].lower(), match[2]) if match else ("file", uri)
    if scheme != "file":
        raise UsageError(
            f"unknown key scheme `{scheme}:`; known: file",
            subject=uri,
            mend="give the path of a private key file, or file:PATH; write ./a:b for a name "
            "with a colon",
        )
    if match and rest.startswith("//"):
        host, slash, path = rest[2:].partition("/")
        if host not in ("", "localhost") or not slash:
            raise UsageError(
                "a file: URI names a file of this host",
                subject=uri,
                mend="write file:///absolute/path or file:relative/path",
            )
        rest = "/" + path
    from pathlib import Path

    from aztrust.signers import local

    return local.load(Path(rest), passphrase=passphrase, worthless=worthless, public=public)


def unlock(signer: Signer) -> None:
    """Open a key that is not open yet, before anything is written.

    Raises:
        CouldNotCheck: a wrong passphrase, or there is no terminal to ask for it.
        Refused: it is another key than its public half says.
    """
    from aztrust.signers.local import LockedSigner

    if isinstance(signer, LockedSigner):
        signer.open()
