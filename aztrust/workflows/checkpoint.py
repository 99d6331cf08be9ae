"""Making a verdict: signed, read back through the verifying path, then stored and written down.

    recorded = record_checkpoint(launch, concluded, signer, signing, books)

writes `manifests/verdicts/CLASS.ID.KEY.dsse.json`, appends it to the ledger where there is one,
and puts `….sigstore.json` beside it, with the ledger's proof as soon as the keeper has signed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from aztrust.core.errors import Refused
from aztrust.core.signed.envelope import (
    PAYLOAD_TYPE,
    encode_envelope,
    open_envelope,
    pae,
    parse_envelope,
)
from aztrust.core.signed.verdict import VerdictStatement, build_verdict, parse_verdict
from aztrust.core.value import frozen
from aztrust.signers import Signer
from aztrust.storage.durable import create_idempotent
from aztrust.storage.launch import VERDICTS

DSSE: Final = ".dsse.json"
BUNDLE: Final = ".sigstore.json"


@frozen
class SignedVerdict:
    """A verdict that was read back as any verifier would read it.

    Args:
        record_id: `sha256:` of the payload.
        statement: what it says.
        data: the envelope's bytes.
        path: where the envelope belongs, relative to the launch directory.
    """

    record_id: str
    statement: VerdictStatement
    data: bytes
    path: str

    @property
    def bundle_path(self) -> str:
        """Where the Sigstore bundle belongs."""
        return self.path.removesuffix(DSSE) + BUNDLE


def sign_verdict(statement: VerdictStatement, signer: Signer) -> SignedVerdict:
    """Sign a verdict and read it back; a signer that signs something else is found here.

    Raises:
        Malformed: the statement contradicts itself, or the result is not what a verifier takes.
        Refused: the signer's key is not the one that the statement names.
    """
    if signer.public != statement.key:
        raise Refused("the verdict names another key as its verifier than the one that signs")
    payload = build_verdict(statement)
    signature = signer.sign(pae(PAYLOAD_TYPE, payload))
    data = encode_envelope(payload, signer.public.keyid, signature)
    verified = open_envelope(parse_envelope(data, name="the new verdict"), signer.public)
    read = parse_verdict(verified)
    if verified.payload != payload:
        raise Refused("the new verdict does not read back as what was to be signed")
    name = f"{read.checkpoint.checkpoint_class}.{verified.record_id[7:23]}"
    path = f"{VERDICTS}/{name}.{signer.public.keyid[:8]}{DSSE}"
    return SignedVerdict(verified.record_id, read, data, path)


def store_verdict(launch: Path, verdict: SignedVerdict) -> Path:
    """Write a verdict among the launch's; the same one again changes nothing.

    Raises:
        Refused: another file has its name.
        CouldNotCheck: the file system said no, or the folder is a link.
    """
    path = launch / verdict.path
    create_idempotent(path, verdict.data, within=launch)
    return path
