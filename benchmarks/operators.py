"""Operators to count: many confirmations of one frozen scope, each by a key of its own.

What is measured begins with the bytes of the records and ends with the count: every envelope is
parsed, every signature verified once, every confirmation held against the scope.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import TYPE_CHECKING, Any, Final

from benchmarks.data import GENESIS, Launch
from benchmarks.table import Act, Acts

if TYPE_CHECKING:
    from aztrust.core.state.evidence import Evidence
    from aztrust.signers.local import LocalSigner

AT: Final = 1_790_000_000_000
READINESS: Final = '[readiness]\nregistrar = "launch-coordinator"\nmin_power = "67%"\n'
ARTIFACT: Final = (
    '[[packages.release.artifact]]\npath = "node"\nrole = "node"\nplatform = "linux/amd64"\n'
)
PER_SECOND: Final = 4_000
"""10,000 in 2.5 seconds."""

SECONDS: Final = 3_000
"""Over which the confirmations come in: each states a whole second."""

ENROLLED: Final = 5_000
"""Operators in one enrolment: a record has at most 4 MiB."""


def readiness_case(launch: Launch, size: int, algorithms: Sequence[str]) -> Iterator[Acts]:
    """The count of so many confirmations, against the signature checks alone.

    Args:
        launch: to be sealed, approved and frozen.
        size: how many operators it has, each with one validator.
        algorithms: of their keys; a case for each.
    """
    genesis = launch.path / "packages" / "genesis" / "genesis.json"
    genesis.parent.mkdir(parents=True)
    listed = [{"name": _name(n), "power": "1", "pub_key": {"value": _name(n)}} for n in range(size)]
    genesis.write_text(json.dumps({**json.loads(GENESIS), "validators": listed}))
    (launch.release / "node").write_bytes(b"#!/bin/sh\n")
    anchor = launch.seal(ARTIFACT, verdicts=True, more=READINESS)
    launch.aztrust("freeze", "--yes", "--key", str(launch.key), "--anchor", anchor)
    for algorithm in algorithms:
        crew = _Crew(launch, algorithm, size)
        ours = Act("read, verify, count", crew.count, size, per_second=PER_SECOND, one_core=True)
        bare = Act("the signature checks alone", crew.verify, size, one_core=True)
        yield Acts(f"readiness: {size} confirmations, {algorithm}", (ours, bare))


def _name(number: int) -> str:
    return f"operator-{number:06}"


class _Crew:
    """Confirmations of so many operators, and the launch they are of."""

    def __init__(self, launch: Launch, algorithm: str, size: int) -> None:
        from aztrust.core.base.value import replace
        from aztrust.core.state.context import Request, read_context
        from aztrust.core.state.current import current_attempt
        from aztrust.core.state.evidence import PackageReading
        from aztrust.signers import open_signer
        from aztrust.storage.launch import read_launch

        evidence = replace(read_launch(launch.path), published=())
        genesis = (launch.path / "packages" / "genesis" / "genesis.json").read_bytes()
        packages = {"genesis": PackageReading(captured={"genesis.json": genesis})}
        self.evidence: Evidence = replace(evidence, packages=packages)
        context = read_context(Request(AT), self.evidence)
        attempt, scope = current_attempt(context), context.scope
        if attempt is None or scope is None:
            raise SystemExit("the launch of the benchmark is not frozen")
        at = attempt.opened_at_unix_ms + 60_000
        self.now = at + SECONDS * 1000
        self.signers = [_signer(algorithm) for _ in range(size)]
        holder = open_signer(str(launch.key), passphrase=None)
        common = {"policy_digest": context.policy_digest}
        records: dict[str, bytes] = {}
        for start in range(0, size, ENROLLED):
            some = self.signers[start : start + ENROLLED]
            entries = sorted(map(_entry, some, count(start)), key=lambda e: str(e["key"]))
            enrolled = {"enrolled_at_unix_ms": at, "gentx": "none", "operators": entries, **common}
            records[f"enrolment{start}.json"] = _signed("enrolment", enrolled, holder)
        self.confirmations: list[bytes] = []
        body: dict[str, Any] = {
            "aztrust_version": "1.0.0",
            "chain_id": scope.chain_id,
            "confirmed_at_unix_ms": at,
            "consensus_key": "not-asked",
            "genesis_package_id": scope.genesis_package_id,
            "genesis_sha256": scope.genesis_hash,
            "launch_window_id": attempt.launch_window_id,
            "platform": "linux/amd64",
            "programs": [
                {"role": a.role, "sha256": a.sha256} for a in context.manifests["release"].artifacts
            ],
            "release_package_id": scope.release_package_id,
            "roles": ["node"],
            "scope_hash": attempt.scope_hash,
            "signer": "not-asked",
            "status": "ready",
            **common,
        }
        for number, signer in enumerate(self.signers):
            body["confirmed_at_unix_ms"] = at + number % SECONDS * 1000
            self.confirmations.append(_signed("operator-confirmation", body, signer))
        files = {f"{number}.json": data for number, data in enumerate(self.confirmations)}
        self.records = records | files
        self.size = size

    def count(self) -> None:
        """From the bytes of the records to the count."""
        from aztrust.core.base.value import replace
        from aztrust.core.history.opener import Opener
        from aztrust.core.state.context import Request, read_context
        from aztrust.core.state.present_readiness import present_readiness

        records = {**self.evidence.records, **self.records}
        evidence = replace(self.evidence, records=records, opener=Opener())
        found = present_readiness(read_context(Request(self.now), evidence))
        if found is None or found.powers.ready != self.size:
            raise SystemExit(f"not counted: {found.powers if found else None}")

    def verify(self) -> None:
        """The bare signature checks, by the library that aztrust uses."""
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import ec
        from cryptography.hazmat.primitives.serialization import load_der_public_key

        keys: dict[str, Any] = {
            signer.public.keyid: load_der_public_key(signer.public.spki) for signer in self.signers
        }
        scheme = ec.ECDSA(hashes.SHA256())
        for data in self.confirmations:
            found = json.loads(data)
            kind, payload = found["payloadType"].encode(), base64.b64decode(found["payload"])
            signed = b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)
            key = keys[found["signatures"][0]["keyid"]]
            signature = base64.b64decode(found["signatures"][0]["sig"])
            more = (scheme,) if isinstance(key, ec.EllipticCurvePublicKey) else ()
            key.verify(signature, signed, *more)


def _signer(algorithm: str) -> LocalSigner:
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519

    from aztrust.signers.local import LocalSigner, public_key

    private: Any = (
        ed25519.Ed25519PrivateKey.generate()
        if algorithm == "ed25519"
        else ec.generate_private_key(ec.SECP256R1())
    )
    return LocalSigner(public_key(private), private)


def _entry(signer: LocalSigner, number: int) -> dict[str, Any]:
    public = signer.public
    return {
        "key": public.fingerprint,
        "operator": _name(number),
        "public_key": base64.b64encode(public.spki).decode(),
        "roles": ["node"],
        "validators": [_name(number)],
    }


def _signed(kind: str, record: Mapping[str, Any], signer: Any) -> bytes:  # noqa: ANN401
    from aztrust.core.formats.dsse import PAYLOAD_TYPE, encode_envelope, pae
    from aztrust.core.formats.statement import Subject, build_statement

    scope = record.get("scope_hash")
    name, digest = ("scope", scope) if scope else ("policy", record["policy_digest"])
    payload = build_statement(kind, [Subject(name, digest)], record, {})
    return encode_envelope(payload, signer.public.keyid, signer.sign(pae(PAYLOAD_TYPE, payload)))
