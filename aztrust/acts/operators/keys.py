"""The public keys of operators: PEM, the line of an SSH key, or a fingerprint with its file."""

from __future__ import annotations

from pathlib import Path

from aztrust.acts.gentx_folder import read_each
from aztrust.core.base.digest import parse_sha256
from aztrust.core.base.errors import AztrustError, Malformed, UsageError
from aztrust.core.base.paths import escape
from aztrust.core.base.text import cut
from aztrust.core.formats.keys import PublicKey
from aztrust.core.formats.ssh_keys import looks_like_ssh, parse_key_file, parse_ssh_line
from aztrust.core.records.operator_list import Listed, OperatorList, parse_list
from aztrust.storage.folders import read_bounded
from aztrust.storage.launch import KEY_LIMIT

LIST_LIMIT = 4 << 20
"""Bytes of a list of operators; sixty of them have some 20 kB."""


def read_list(path: Path) -> tuple[Listed, ...]:
    """The entries of a list of operators, with their keys.

    Raises:
        Malformed: it, or a key that it names, is not well-formed.
        UsageError: a fingerprint has no file, or is not the one of its file.
        CouldNotCheck: it, or a key file, cannot be read.
    """
    what = escape(str(path))
    document: OperatorList = parse_list(read_bounded(path, LIST_LIMIT), what=what)
    return tuple(
        Listed(
            entry.name,
            _key(entry.key, entry.key_file, path.parent, f"{what}, operator {number}"),
            tuple(entry.roles),
            tuple(entry.validators),
        )
        for number, entry in enumerate(document.operator, 1)
    )


def read_public_key(path: Path) -> PublicKey:
    """The key in a file: one PEM block, or one line of an SSH public key.

    Raises:
        Malformed: `key-malformed`.
        CouldNotCheck: it cannot be read.
    """
    return parse_key_file(read_bounded(path, KEY_LIMIT), name=escape(str(path)))


def _key(text: str, file: str | None, folder: Path, where: str) -> PublicKey:
    """The key that an entry names."""
    if looks_like_ssh(text):
        if file is not None:
            raise UsageError(
                "it has the key itself and a file", subject=where, mend="drop key_file"
            )
        return parse_ssh_line(text, name=where)
    if not text.startswith("sha256:"):
        if file is not None:
            raise UsageError(
                "it names two files", subject=where, mend='write key = "sha256:…" with key_file'
            )
        return read_public_key(folder / text)
    try:
        fingerprint = parse_sha256(text)
    except UsageError as error:
        raise UsageError(f"its key is {error.message}", subject=where, mend=error.mend) from None
    if file is None:
        raise UsageError(
            "a fingerprint alone holds no key, and the enrolment carries the key",
            subject=where,
            mend='add the file: key_file = "alpha.pem"',
        )
    key = read_public_key(folder / file)
    if key.fingerprint != fingerprint:
        raise Malformed(
            f"{cut(file)} holds another key than the fingerprint says: {key.fingerprint}",
            subject=where,
            code="key-malformed",
            mend="ask the operator which of the two is right",
        )
    return key


def read_key_folder(folder: Path) -> tuple[dict[str, PublicKey], dict[str, str]]:
    """The keys in a folder by the names of their files, and why the other files hold none.

    Raises:
        CouldNotCheck: the folder cannot be listed.
    """
    found: dict[str, PublicKey] = {}
    files, unread = read_each(folder)
    for name, data in files.items():
        try:
            found[name] = parse_key_file(data, name=escape(str(folder / name)))
        except AztrustError as error:
            unread[name] = error.message
    return found, unread
