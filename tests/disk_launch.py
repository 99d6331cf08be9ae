"""Launch directories made for tests, with the core's own functions and the rehearsal's keys.

    launch = make_launch(tmp_path)                    # sealed and approved: `verify` passes
    launch = make_launch(tmp_path, approve=False)     # sealed only
    launch = make_launch(tmp_path, seal=False)        # a policy, keys and two packages
    launch.approve("release", "sonia")                # one more record
    launch.freeze()                                   # frozen by luca; needs policy_text(extra=ONE)
    launch.file("release", "bin/atlasd").write_bytes(b"other")

Every record is made at `NOW`, or later by as many minutes as there were records before it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization

from aztrust.acts.act import Act, Plan
from aztrust.acts.preconditions import read_launch_context
from aztrust.acts.publish import Signed, publish, store_record
from aztrust.acts.sign import SignedRecord, sign_record
from aztrust.core.base.canonical import dumps
from aztrust.core.base.digest import sha256_id
from aztrust.core.base.errors import Malformed
from aztrust.core.base.model import Model
from aztrust.core.genesis.facts import genesis_facts
from aztrust.core.package.entries import FileEntry
from aztrust.core.package.manifest import (
    SCHEMA,
    Artifact,
    GenesisHash,
    Manifest,
    content_root,
    encode_manifest,
    package_id,
)
from aztrust.core.policy.model import PackageClass, Policy
from aztrust.core.policy.validate import parse_policy
from aztrust.core.records.administration import Revocation
from aztrust.core.records.package import Announcement, Approval, Seal, Supersession
from aztrust.core.records.verdict import build_verdict
from aztrust.signers.local import LocalSigner, public_key
from aztrust.storage.launch import VERDICTS, read_launch
from aztrust.storage.tree.tree import TreeRequest, read_tree
from fixtures.identities import HOLDERS, STRANGERS, Identity
from tests.reviews import review_document
from tests.verdicts import freeze_of, signed

NOW = 1_780_315_200_000  # 2026-06-01 12:00 UTC
MINUTE = 60_000
PEOPLE = {identity.name: identity for identity in (*HOLDERS, *STRANGERS)}

RELEASE: Mapping[str, bytes] = {
    "bin/atlasd": b"#!/bin/sh\necho atlasd 1.0.0\n",
    "config/network.toml": b'chain_id = "test-1"\n',
    "README": b"atlasd 1.0.0\n",
}
GENESIS: Mapping[str, bytes] = {
    "genesis.json": json.dumps(
        {"chain_id": "test-1", "genesis_time": "2026-06-02T14:00:00Z", "initial_height": "1"}
    ).encode()
}


def policy_text(*, network_class: str = "devnet", extra: str = "") -> str:
    """A small policy: five holders, three approvals for the release and two for the genesis."""
    holders = "".join(
        f'[holders.{p.name}]\nkeys = ["{p.public().fingerprint}"]\nroles = {json.dumps(p.roles)}\n'
        for p in HOLDERS
    )
    return f"""version = 1
[launch]
name = "test launch"
network_class = "{network_class}"
chain_id = "test-1"
[packages.release]
path = "packages/release"
[[packages.release.artifact]]
path = "bin/atlasd"
role = "node"
platform = "linux/amd64"
[packages.genesis]
path = "packages/genesis"
genesis_files = ["genesis.json"]
chain_id_at = "#/chain_id"
{holders}
[approvals.release]
distinct_holders = 3
roles = {{ release-manager = 1, security-lead = 1, consensus-lead = 1 }}
[approvals.genesis]
distinct_holders = 2
roles = {{ genesis-custodian = 1, consensus-lead = 1 }}
[revocation]
roles = ["security-lead"]
{extra}"""


def ended(policy: str) -> str:
    """The policy, with an end that is past."""
    return policy.replace("[launch]\n", "[launch]\nexpires = 2020-01-01T00:00:00Z\n", 1)


def signer(name: str) -> LocalSigner:
    """The rehearsal key of a person."""
    private = serialization.load_pem_private_key(PEOPLE[name].private_pem(), None)
    return LocalSigner(public_key(private), private)


@dataclass
class Launch:
    """A launch directory under test."""

    path: Path
    records: list[SignedRecord] = field(default_factory=list)

    @property
    def policy_bytes(self) -> bytes:
        return (self.path / "manifests/launch.toml").read_bytes()

    @property
    def policy(self) -> Policy:
        return parse_policy(self.policy_bytes)

    @property
    def anchor(self) -> str:
        return sha256_id(self.policy_bytes)

    def now(self) -> int:
        """The time of the next record."""
        return NOW + MINUTE * len(self.records)

    def file(self, package_class: PackageClass, path: str) -> Path:
        """A file of a package."""
        return self.path / "packages" / package_class / path

    def manifest_path(self, package_class: PackageClass) -> Path:
        return self.path / f"manifests/{package_class}.json"

    def package_id(self, package_class: PackageClass) -> str:
        return package_id(self.manifest_path(package_class).read_bytes())

    def key_file(self, name: str) -> Path:
        """A private key file outside the launch directory, for `--key`."""
        path = self.path.parent / f"{self.path.name}-private" / f"{name}.key"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(PEOPLE[name].private_pem())
        path.chmod(0o600)
        return path

    def record(
        self, kind: str, body: Model, by: str, preimages: Mapping[str, object] | None = None
    ) -> SignedRecord:
        """Any record, signed and stored."""
        signed = sign_record(kind, body, preimages or {}, signer(by))
        store_record(self.path, signed)
        self.records.append(signed)
        return signed

    def publish(self, plan: Plan[Any, Any], by: str) -> Signed:
        """What an act has planned, signed and published."""
        return publish(Act(self.path, read_launch_context(self.path)), plan, signer(by), NOW).record

    def write_manifest(self, package_class: PackageClass) -> str:
        """The manifest of a package as it lies there; its id."""
        data = encode_manifest(self.manifest(package_class))
        self.manifest_path(package_class).write_bytes(data)
        sealed = self.path / "manifests/sealed"
        sealed.mkdir(exist_ok=True)
        (sealed / f"{package_id(data)[7:]}.json").write_bytes(data)
        return package_id(data)

    def manifest(self, package_class: PackageClass) -> Manifest:
        """What sealing would list now."""
        policy = self.policy
        package = policy.package(package_class)
        tree = read_tree(self.path, package.path, TreeRequest(package.exclude)).tree
        files = {e.path: e for e in tree.entries if isinstance(e, FileEntry)}
        fields: dict[str, object] = {}
        if package_class == "release":
            fields["artifacts"] = tuple(
                Artifact(
                    path=rule.path,
                    role=rule.role,
                    platform=rule.platform,
                    sha256=files[rule.path].sha256,
                    blake3=files[rule.path].blake3,
                )
                for rule in policy.packages.release.artifact
            )
        else:
            first = files[policy.packages.genesis.genesis_files[0]]
            fields["genesis_files"] = policy.packages.genesis.genesis_files
            fields["genesis_hash"] = GenesisHash(
                convention="raw", sha256=first.sha256, blake3=first.blake3
            )
            fields["release_package_id"] = self.package_id("release")
            fields |= self._facts()
        return Manifest(
            schema_=SCHEMA,
            version_major=1,
            version_minor=0,
            package_class=package_class,
            package_name="test launch",
            package_version="1",
            network_class=policy.launch.network_class,
            chain_id=policy.launch.chain_id,
            entries=tree.entries,
            content_root=content_root(tree.entries),
            excluded=package.exclude,
            **fields,
        )

    def _facts(self) -> dict[str, object]:
        """What sealing states of a genesis that can be read."""
        package = self.policy.packages.genesis
        path = package.genesis_files[0]
        try:
            facts = genesis_facts(
                self.file("genesis", path).read_bytes(), package.chain_id_at, path
            )
        except Malformed:
            return {}
        if facts.format == "opaque":
            return {}
        return {"facts": facts.to_json(), "genesis_time": facts.genesis_time}

    def seal(self, package_class: PackageClass, by: str, *, prior: tuple[str, ...] = ()) -> str:
        """Manifest and seal record; the record's id."""
        body = Seal(
            package_class=package_class,
            package_id=self.write_manifest(package_class),
            policy_digest=self.anchor,
            prior_seals=prior,
            sealed_at_unix_ms=self.now(),
        )
        return self.record("seal", body, by).record_id

    def approve(
        self, package_class: PackageClass, by: str, *, roles: tuple[str, ...] | None = None
    ) -> str:
        """An approval of the current package; the record's id."""
        bound = (package_class, self.package_id(package_class), self.anchor)
        release = {}
        if package_class == "genesis":
            release["release_package_id"] = self.package_id("release")
        review = review_document(*bound, **release)
        body = Approval(
            approved_at_unix_ms=self.now(),
            manifest_only=False,
            package_class=package_class,
            package_id=bound[1],
            policy_digest=self.anchor,
            review_hash=sha256_id(dumps(review)),
            roles=roles or PEOPLE[by].roles,
        )
        return self.record("approval", body, by, {"review": review}).record_id

    def revoke(self, target: str, by: str, *, kind: str = "record", reason: str = "wrong") -> str:
        """A revocation of a record id or, with kind "key", of a fingerprint."""
        body = Revocation(
            policy_digest=self.anchor,
            reason=reason,
            revoked_at_unix_ms=self.now(),
            stands=(),
            target=target,
            target_kind=kind,
        )
        return self.record("revocation", body, by).record_id

    def supersede(self, package_class: PackageClass, successor: str, by: str) -> str:
        """A supersession of the current package."""
        body = Supersession(
            package_class=package_class,
            package_id=self.package_id(package_class),
            policy_digest=self.anchor,
            reason="a newer one",
            successor=successor,
            superseded_at_unix_ms=self.now(),
            withdraws=(),
        )
        return self.record("supersession", body, by).record_id

    def freeze(self, by: str = "luca", **changes: Any) -> str:
        """The scope as it lies there, frozen; its id. `changes` as `tests.verdicts.freeze_of`.

        It counts under a policy that lets its signer sign verdicts: `policy_text(extra=ONE)`.
        """
        who = signer(by)
        statement = freeze_of(read_launch(self.path), who.public, self.now(), **changes)
        payload = build_verdict(statement)
        record_id = sha256_id(payload)
        name = f"freeze_confirmed.{record_id[7:23]}.{who.public.keyid[:8]}.dsse.json"
        path = self.path / VERDICTS / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(signed(payload, who))
        return record_id

    def announce(self, sha256: str, by: str, *, convention: str = "raw") -> str:
        """An announcement of the genesis hash."""
        body = Announcement(
            announced_at_unix_ms=self.now(),
            convention=convention,
            package_id=self.package_id("genesis"),
            policy_digest=self.anchor,
            sha256=sha256,
        )
        return self.record("announcement", body, by).record_id


def make_launch(
    parent: Path,
    *,
    name: str = "launch",
    policy: str | None = None,
    seal: bool = True,
    approve: bool = True,
    release: Mapping[str, bytes] = RELEASE,
    genesis: Mapping[str, bytes] = GENESIS,
    people: tuple[Identity, ...] = HOLDERS,
) -> Launch:
    """A launch directory below `parent`, complete unless told otherwise.

    Files whose path begins with `bin/` get the execute bit.
    """
    launch = Launch(parent / name)
    for directory in ("manifests/records", "manifests/sealed", "keys"):
        (launch.path / directory).mkdir(parents=True)
    text = policy_text() if policy is None else policy
    (launch.path / "manifests/launch.toml").write_text(text, "utf-8")
    for person in people:
        (launch.path / f"keys/{person.name}.pem").write_bytes(person.public().pem)
    for package_class, files in (("release", release), ("genesis", genesis)):
        for path, data in files.items():
            target = launch.file(package_class, path)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
            target.chmod(0o755 if path.startswith("bin/") else 0o644)
    if seal:
        launch.seal("release", "rita")
        launch.seal("genesis", "gabi")
        if approve:
            for who in ("rita", "sonia", "cosmin"):
                launch.approve("release", who)
            for who in ("gabi", "cosmin"):
                launch.approve("genesis", who)
    return launch
