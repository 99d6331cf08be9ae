"""A Sigstore trusted root (v0.1) whose one transparency log is a launch's ledger.

What `@sigstore/verify` and `cosign --trusted-root` read to check that a verdict is in the ledger:
the protobuf JSON of `dev.sigstore.trustroot.v1.TrustedRoot` (sigstore/protobuf-specs). It names no
certificate authority: verdicts are signed with keys, and the signer's key is given separately.

Both tools look for the keeper's signature line by a name that they take from `baseUrl`: the one
wants the line's name in it, the other its host to be that name. So it is `https://` and the origin,
an address where nothing answers and no tool asks. An origin with a slash has no such address for
cosign; `takes_cosign` says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from aztrust.core.base import canonical
from aztrust.core.base.base64_text import encode_base64
from aztrust.core.base.errors import Malformed
from aztrust.core.formats.checkpoint_note import check_origin
from aztrust.core.formats.keys import VerificationMaterial

MEDIA_TYPE: Final = "application/vnd.dev.sigstore.trustedroot+json;version=0.1"


def trusted_root(origin: str, keeper: VerificationMaterial) -> bytes:
    """The canonical bytes of the trusted root of one ledger; as `trusted_root_document`."""
    return canonical.dumps(trusted_root_document(origin, keeper))


def trusted_root_document(origin: str, keeper: VerificationMaterial) -> dict[str, Any]:
    """The trusted root of one ledger.

    Args:
        origin: the log's name, from the policy's `[ledger]` or the freeze.
        keeper: the key that signs its heads.

    Raises:
        Malformed: `policy-malformed`: an origin that can name no log, or a keeper without a plain
            key.
    """
    verifier = keeper.log_verifier
    key = verifier.get("publicKey")
    if not isinstance(key, Mapping):
        raise Malformed(
            "the keeper has no plain public key, and a trusted root names its logs by one",
            subject="ledger.keeper",
            code="policy-malformed",
            mend="name a keeper with a plain key: aztrust key generate NAME",
        )
    identity = {"keyId": encode_base64(keeper.log_id(check_origin(origin)))}
    log = {
        "baseUrl": f"https://{origin}",
        "checkpointKeyId": identity,
        "hashAlgorithm": "SHA2_256",
        "logId": identity,
        "publicKey": {
            "keyDetails": verifier["keyDetails"],
            "rawBytes": key["rawBytes"],
            # cosign demands a beginning. A head carries no time that could be before another one.
            "validFor": {"start": "1970-01-01T00:00:00Z"},
        },
    }
    return {
        "certificateAuthorities": [],
        "ctlogs": [],
        "mediaType": MEDIA_TYPE,
        "timestampAuthorities": [],
        "tlogs": [log],
    }


def takes_cosign(origin: str) -> bool:
    """Whether cosign can look for the keeper's line: the origin is what a host name may be."""
    return not set(origin) & set("/:?#@[]%\\")
