"""Adding Sigstore bundles and trusted roots to a launch, each under its own digest."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from aztrust.core.base import canonical
from aztrust.core.base.digest import sha256_id
from aztrust.core.base.errors import Malformed
from aztrust.core.base.paths import escape
from aztrust.core.base.value import frozen
from aztrust.core.package.provenance import (
    BUNDLE_LIMIT,
    BUNDLE_SUFFIX,
    PROVENANCE,
    ROOT_LIMIT,
    ROOT_SUFFIX,
    parse_bundle_claims,
)
from aztrust.storage.durable import create_idempotent
from aztrust.storage.folders import read_bounded

_CODE = "provenance-invalid"


@frozen
class Added:
    """One file that is part of the launch now.

    Attributes:
        path: relative to the launch directory.
        sha256: of the file, with prefix.
        kind: `bundle` or `trusted-root`.
        subjects: the digests a bundle claims to be about; unverified.
        written: False where these very bytes were there already.
    """

    path: str
    sha256: str
    kind: str
    subjects: tuple[str, ...]
    written: bool


def add_provenance(launch: Path, files: Iterable[Path]) -> tuple[Added, ...]:
    """Copy bundles and trusted roots into the launch. All are read before one is written.

    Raises:
        CouldNotCheck: a file cannot be read or written.
        Malformed: `provenance-invalid`: a file is neither, or too large.
    """
    prepared = [_prepare(path) for path in files]
    return tuple(
        Added(
            path,
            sha256_id(data),
            kind,
            subjects,
            create_idempotent(launch / path, data, within=launch),
        )
        for path, data, kind, subjects in prepared
    )


def _prepare(path: Path) -> tuple[str, bytes, str, tuple[str, ...]]:
    name = escape(str(path))
    data = read_bounded(path, max(BUNDLE_LIMIT, ROOT_LIMIT))
    document = canonical.loads(data, what=name, code=_CODE, limit=ROOT_LIMIT, floats=True)
    digest = sha256_id(data).removeprefix("sha256:")
    if isinstance(document, dict) and "trustedroot" in str(document.get("mediaType")):
        return f"{PROVENANCE}/{digest}{ROOT_SUFFIX}", data, "trusted-root", ()
    claims = parse_bundle_claims(data, what=name)
    if claims.fault:
        raise Malformed(
            f"{name} would never verify: {claims.fault}",
            subject=name,
            code=_CODE,
            mend="get an attestation that a public log has recorded",
        )
    return f"{PROVENANCE}/{digest}{BUNDLE_SUFFIX}", data, "bundle", tuple(sorted(claims.subjects))
