"""Is FILE named by a verdict that this key signed, that passed, of this scope and level?

    python with-securesystemslib.py KEY.pem SCOPE LEVEL VERDICT.dsse.json FILE

Needs `securesystemslib[crypto]`. Exit 0 only if everything holds, 1 if not, 2 usage. Nothing is
asked over the network. docs/consumers.md says what this leaves open.
"""

import hashlib
import json
import re
import sys
from pathlib import Path

from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_public_key,
)
from securesystemslib.dsse import Envelope
from securesystemslib.signer import SSlibKey


class Refused(Exception):
    """The verdict does not say what was asked."""


def verify(key_file: str, scope: str, level: str, verdict: str, file: str) -> str:
    """The name under which the verdict has the file."""
    # 1. The signature, by this key and no other. The keyid is the SHA-256 of the key.
    public = load_pem_public_key(Path(key_file).read_bytes())
    der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    key = SSlibKey.from_crypto(public, hashlib.sha256(der).hexdigest())
    envelope = Envelope.from_dict(json.loads(Path(verdict).read_bytes()))  # empties its argument
    envelope.verify([key], 1)

    # 2. What was signed.
    if envelope.payload_type != "application/vnd.in-toto+json":
        raise Refused("it is not an in-toto statement")
    statement = json.loads(envelope.payload)
    if statement["predicateType"] != "https://slsa.dev/verification_summary/v1":
        raise Refused("it is not a verdict")
    summary = statement["predicate"]
    if summary["resourceUri"] != f"urn:aztrust:scope:{scope}":
        raise Refused(f"it is about {summary['resourceUri']}")
    if summary["verificationResult"] != "PASSED":
        raise Refused(f"it says {summary['verificationResult']}")
    if level not in summary["verifiedLevels"]:
        raise Refused(f"it says {summary['verifiedLevels']}, not {level}")

    # 3. This file.
    with open(file, "rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    for subject in statement["subject"]:
        if subject["digest"]["sha256"] == digest:
            return str(subject["name"])
    raise Refused(f"it does not name a file with SHA-256 {digest}")


def main() -> int:
    """Returns the exit code."""
    if len(sys.argv) != 6 or not re.fullmatch("[0-9a-f]{64}", sys.argv[2]):
        print((__doc__ or "").split("\n\n")[1], file=sys.stderr)
        print("SCOPE is 64 lowercase hex digits", file=sys.stderr)
        return 2
    try:
        name = verify(*sys.argv[1:])
    except Exception as error:  # noqa: BLE001 - whatever the files hold, JSON that is too deep
        print(f"refused: {sys.argv[4]}: {type(error).__name__}: {error}", file=sys.stderr)
        return 1
    print(f"verified: {sys.argv[5]} is {name}, {sys.argv[3]}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
