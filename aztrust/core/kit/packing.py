"""Which files of a launch go into its kit, under which names, and what may not."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from aztrust.core.digest import sha256_id
from aztrust.core.errors import Malformed, Refused
from aztrust.core.evidence import Evidence
from aztrust.core.kit import SCRIPT, member_limit
from aztrust.core.paths import escape
from aztrust.core.policy import POLICY_PATH
from aztrust.core.signed.envelope import parse_envelope
from aztrust.core.signed.keys import parse_public_key

_PRIVATE: Final = re.compile(rb"-----BEGIN [^\r\n]{0,60}PRIVATE KEY|PuTTY-User-Key-File")
_DIGEST_NAME: Final = re.compile(r"[0-9a-f]{64}\.[a-z.]+")
_SUFFIXES: Final = (".dsse.json", ".sigstore.json", ".pem", ".json")


def pack_files(
    evidence: Evidence,
    sealed: Iterable[bytes],
    bundles: Mapping[str, bytes],
    script: bytes | None,
) -> dict[str, bytes]:
    """The members of the kit, by path.

    Args:
        evidence: the launch directory's own files.
        sealed: every manifest ever sealed.
        bundles: the verdicts that only other tools read, by file name.
        script: the bytes of check.sh, None to leave it out.

    Raises:
        Refused: a file is no public key, holds a private one, or is over its limit; `details`
            lists each.
    """
    current = {sha256_id(data) for data in evidence.manifests.values()}
    files = {POLICY_PATH: evidence.policy}
    files |= {f"manifests/{c}.json": data for c, data in evidence.manifests.items()}
    # Under its digest, whatever its name was: a name that lies would misname wrong bytes.
    files |= {
        f"manifests/sealed/{sha256_id(data)[7:]}.json": data
        for data in sealed
        if sha256_id(data) not in current
    }
    files |= _named("keys", evidence.keys)
    files |= _named("manifests/records", evidence.records)
    files |= _named("manifests/verdicts", {**evidence.verdicts, **bundles})
    if script is not None:
        files[SCRIPT] = script
    offenders = tuple(_offenders(files))
    if offenders:
        raise Refused(
            "something here must not leave in a kit",
            subject=offenders[0][0],
            mend="take it out of the launch directory; a private key that lay here for others to"
            " read is revoked with: aztrust revoke FINGERPRINT --reason compromised",
            details=tuple(f"{path}: {cause}" for path, cause in offenders),
        )
    return files


def _named(folder: str, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files of a folder under names that are one name everywhere, else under their digest."""
    folded = Counter(name.casefold() for name in files)
    return {
        f"{folder}/{name if _keeps(folder, name, data, folded) else _by_digest(name, data)}": data
        for name, data in files.items()
    }


def _keeps(folder: str, name: str, data: bytes, folded: Mapping[str, int]) -> bool:
    if member_limit(f"{folder}/{name}") is None or folded[name.casefold()] > 1:
        return False
    # Such a name is kept for what has this digest, so that no two files ever want one name.
    return not _DIGEST_NAME.fullmatch(name.casefold()) or name == _by_digest(name, data)


def _by_digest(name: str, data: bytes) -> str:
    suffix = next((suffix for suffix in _SUFFIXES if name.endswith(suffix)), ".json")
    return f"{sha256_id(data)[7:]}{suffix}"


def _offenders(files: Mapping[str, bytes]) -> Iterator[tuple[str, str]]:
    for path, data in sorted(files.items()):
        limit = member_limit(path)
        if path.startswith("keys/"):
            cause = _no_public_key(path, data)
        elif _PRIVATE.search(data) or _PRIVATE.search(_payload(data)):
            cause = "it holds a private key"
        else:
            cause = ""
        if limit is not None and len(data) > limit:
            cause = f"it has more than {limit:,} bytes"
        if cause:
            yield escape(path), cause


def _no_public_key(path: str, data: bytes) -> str:
    if _PRIVATE.search(data):
        return "it holds a private key"
    try:
        parse_public_key(data, name=path)
    except Malformed as error:
        return f"it is no public key: {error.message}"
    return ""


def _payload(data: bytes) -> bytes:
    """What a record says, which its base64 hides from a search."""
    if data.lstrip()[:1] != b"{":
        return b""
    try:
        return parse_envelope(data, name="record").payload
    except Malformed:
        return b""
