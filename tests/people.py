"""The people of every launch that tests make: the rehearsal's holders and strangers, as signers."""

from __future__ import annotations

from functools import cache

from cryptography.hazmat.primitives.serialization import load_pem_private_key

from aztrust.signers.local import LocalSigner, public_key
from fixtures.identities import HOLDERS, STRANGERS, Identity

PEOPLE: dict[str, Identity] = {person.name: person for person in (*HOLDERS, *STRANGERS)}
"""By name; the strangers are in no policy that tests make."""


@cache
def signer(name: str) -> LocalSigner:
    """The key of a person."""
    private = load_pem_private_key(PEOPLE[name].private_pem(), None)
    return LocalSigner(public_key(private), private)


def fingerprint(name: str) -> str:
    """The fingerprint of a person's key, as policies list it."""
    return signer(name).public.fingerprint
