"""A whole launch on disk: the launch in memory, written into a directory.

    launch = make_launch(tmp_path)                    # sealed and approved: `verify` passes
    launch = make_launch(tmp_path, approve=False)     # sealed only
    launch = make_launch(tmp_path, seal=False)        # a policy, keys and two packages
    launch.approve("release", "sonia")                # one more record
    launch.freeze()                                   # frozen by luca; needs policy_text(extra=ONE)
    launch.file("release", "bin/atlasd").write_bytes(b"other")

Packages are files here; everything signed about them is made by `tests.memory_launch`. Every record
is made at `NOW`, or later by as many minutes as there were records before it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aztrust.acts.act import Act, Plan
from aztrust.acts.preconditions import read_launch_context
from aztrust.acts.publish import Signed, publish, store_record
from aztrust.acts.sign import SignedRecord, sign_record
from aztrust.core.base.digest import sha256_id
from aztrust.core.base.model import Model
from aztrust.core.package.manifest import Manifest, package_id
from aztrust.core.policy.model import PACKAGE_CLASSES, PackageClass, Policy
from aztrust.core.policy.validate import parse_policy
from aztrust.core.state.evidence import Evidence
from aztrust.signers.local import LocalSigner
from aztrust.storage.launch import VERDICTS, read_launch
from aztrust.storage.tree.tree import TreeRequest, read_tree
from fixtures.identities import HOLDERS, Identity
from tests import memory_launch
from tests.people import PEOPLE, fingerprint, signer
from tests.policies import REHEARSAL, REVOCATION, text

NOW = 1_780_315_200_000  # 2026-06-01 12:00 UTC
MINUTE = 60_000

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

SEALED_AND_APPROVED_BY: Mapping[PackageClass, tuple[str, tuple[str, ...]]] = {
    "release": ("rita", ("rita", "sonia", "cosmin")),
    "genesis": ("gabi", ("gabi", "cosmin")),
}
"""Who seals a package of a whole launch, and who approves it."""


def policy_text(*, network_class: str = "devnet", extra: str = "") -> str:
    """A small policy: six holders, three approvals for the release and two for the genesis."""
    return text(
        holders=REHEARSAL,
        key_of=fingerprint,
        launch=f'name = "test launch"\nnetwork_class = "{network_class}"\nchain_id = "test-1"',
        artifact='[[packages.release.artifact]]\npath = "bin/atlasd"\nrole = "node"\n'
        'platform = "linux/amd64"',
        rest=f"{REVOCATION}{extra}",
    )


def ended(policy: str) -> str:
    """The policy, with an end that is past."""
    return policy.replace("[launch]\n", "[launch]\nexpires = 2020-01-01T00:00:00Z\n", 1)


@dataclass
class Launch:
    """A launch directory: the present files, and the records that were made through it."""

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
        self,
        kind: str,
        body: Model,
        by: str | LocalSigner,
        preimages: Mapping[str, object] | None = None,
    ) -> SignedRecord:
        """Any record, signed and stored."""
        key = signer(by) if isinstance(by, str) else by
        signed = sign_record(kind, body, preimages or {}, key)
        store_record(self.path, signed)
        self.records.append(signed)
        return signed

    def publish(self, plan: Plan[Any, Any], by: str) -> Signed:
        """What an act has planned, signed and published."""
        return publish(Act(self.path, read_launch_context(self.path)), plan, signer(by), NOW).record

    def write_manifest(self, package_class: PackageClass) -> str:
        """Write the manifest over the present files of a package; its id."""
        return package_id(self._builder().manifest(package_class))

    def manifest(self, package_class: PackageClass) -> Manifest:
        """What sealing would list now."""
        return self._builder().listing(package_class)

    def seal(
        self, package_class: PackageClass, by: str, *, prior: tuple[str, ...] = (), **changes: Any
    ) -> str:
        """Manifest and seal record; the record's id. The changes are the manifest's."""
        return self._builder().seal(package_class, by, prior=prior, **changes)

    def approve(
        self, package_class: PackageClass, by: str, *, roles: tuple[str, ...] | None = None
    ) -> str:
        """An approval of the current package; the record's id."""
        return self._builder().approve(package_class, by, roles=roles or PEOPLE[by].roles)

    def revoke(self, target: str, by: str, *, kind: str = "record", reason: str = "wrong") -> str:
        """A revocation of a record id or, with kind "key", of a fingerprint."""
        return self._builder().revoke(target, by, kind=kind, reason=reason)

    def supersede(self, package_class: PackageClass, successor: str, by: str) -> str:
        """A supersession of the current package."""
        return self._builder().supersede(package_class, successor, by)

    def freeze(self, by: str = "luca", **changes: Any) -> str:
        """A freeze of the present scope; its id. `changes` as `tests.verdicts.freeze_of`.

        It counts under a policy that lets its signer sign verdicts: `policy_text(extra=ONE)`.
        """
        return self._builder().verdict(by, **changes)

    def announce(self, sha256: str, by: str, *, convention: str = "raw") -> str:
        """An announcement of the genesis hash."""
        return self._builder().announce(sha256, by, convention=convention)

    def _builder(self) -> _Written:
        return _Written(self)


class _Written(memory_launch.Launch):
    """The launch in memory that is read from a directory, and written there as it is made."""

    def __init__(self, launch: Launch) -> None:
        super().__init__()
        self.launch = launch
        self.now = launch.now()
        self.policy = launch.policy_bytes
        for name in PACKAGE_CLASSES:
            if launch.manifest_path(name).exists():
                self.manifests[name] = launch.manifest_path(name).read_bytes()

    def listing(self, package_class: PackageClass, **changes: Any) -> Manifest:
        """What sealing would list of the present files."""
        policy = parse_policy(self.policy)
        package = policy.package(package_class)
        tree = read_tree(self.launch.path, package.path, TreeRequest(package.exclude)).tree
        if package_class == "release":
            self.release = list(tree.entries)
        else:
            self.genesis = list(tree.entries)
            self.captured["genesis"] = {
                path: self.launch.file("genesis", path).read_bytes()
                for path in policy.packages.genesis.genesis_files
            }
        return super().listing(package_class, **{"package_name": "test launch", **changes})

    def manifest(self, package_class: PackageClass, **changes: Any) -> bytes:
        """The manifest, and its copy among the sealed ones."""
        data = super().manifest(package_class, **changes)
        self.launch.manifest_path(package_class).write_bytes(data)
        sealed = self.launch.path / "manifests/sealed"
        sealed.mkdir(exist_ok=True)
        (sealed / f"{package_id(data)[7:]}.json").write_bytes(data)
        return data

    def record(
        self,
        kind: str,
        by: str | LocalSigner,
        *,
        preimages: dict[str, Any] | None = None,
        **fields: Any,
    ) -> str:
        """A record, read back and stored as the command stores it; its id."""
        return self.launch.record(kind, self.body(kind, fields), by, preimages).record_id

    def sign_verdict(self, payload: bytes, by: str = "luca") -> str:
        """A verdict under the name that the command gives it; its id."""
        record_id = super().sign_verdict(payload, by)
        checkpoint = json.loads(payload)["predicate"]["urn:aztrust:launch-checkpoint:v1"]
        level = checkpoint["record"]["checkpoint_class"]
        name = f"{level}.{record_id[7:23]}.{signer(by).public.keyid[:8]}.dsse.json"
        path = self.launch.path / VERDICTS / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(self.verdicts[max(self.verdicts)])
        return record_id

    def evidence(self) -> Evidence:
        """What a verdict rests on: everything in the directory but the packages' files."""
        return read_launch(self.launch.path)


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
    """A launch directory below `parent`, sealed and approved unless the options say less.

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
        for package_class, (sealer, _) in SEALED_AND_APPROVED_BY.items():
            launch.seal(package_class, sealer)
        for package_class, (_, approvers) in SEALED_AND_APPROVED_BY.items():
            for who in approvers if approve else ():
                launch.approve(package_class, who)
    return launch
