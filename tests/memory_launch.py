"""A whole launch in memory: evidence for the pure core, bent by the tests one thing at a time.

    launch = Launch()                       # policy, keys and two packages, nothing sealed
    launch = Launch.approved()              # sealed and approved: `verify` passes
    launch = Launch.approved(verdicts=ONE)  # luca may sign verdicts, too
    launch.verdict()                        # frozen by luca
    launch.captured["genesis"]["genesis.json"] = b"other"

`tests.disk_launch` reads a directory into it and writes what it makes; what a sealed package, an
approval or a freeze is made of is written here only.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from aztrust.core.base import canonical
from aztrust.core.base.digest import both, sha256_id
from aztrust.core.base.errors import Malformed
from aztrust.core.base.model import Model
from aztrust.core.base.value import replace
from aztrust.core.checks.check import Stage
from aztrust.core.formats.dsse import PAYLOAD_TYPE, encode_envelope, pae
from aztrust.core.formats.statement import Subject, build_statement
from aztrust.core.genesis.facts import genesis_facts
from aztrust.core.judge.verify import Verdict, verify
from aztrust.core.package.entries import Entry, FileEntry, MemberDigest, Tree
from aztrust.core.package.manifest import (
    SCHEMA,
    Artifact,
    GenesisHash,
    Manifest,
    content_root,
    encode_manifest,
)
from aztrust.core.policy.model import ArtifactRule, PackageClass, policy_digest
from aztrust.core.policy.validate import parse_policy
from aztrust.core.records.records import KINDS
from aztrust.core.records.summary import StatedFinding
from aztrust.core.records.verdict import build_verdict
from aztrust.core.records.window import LaunchWindow, window_id
from aztrust.core.state.context import Request
from aztrust.core.state.evidence import Evidence, PackageReading
from aztrust.signers.local import LocalSigner
from tests.people import PEOPLE, fingerprint, signer
from tests.policies import REHEARSAL, REVOCATION, SEPARATION, text
from tests.reviews import review_document
from tests.verdicts import freeze_of, signed

NOW = 1_768_500_000_000
GENESIS = b'{"chain_id":"bench-1","genesis_time":"2026-01-15T16:00:00Z"}\n'
NETWORK = b'chain_id = "bench-1"\n'
ARCHIVE = b"an archive, as far as anyone here knows"
MEMBER = b"the node"

LINKED = """\
[[linkage]]
name = "chain id"
left = "release:network.toml#/chain_id"
right = "genesis:genesis.json#/chain_id"
"""
RULE = "distinct_holders = 2\nroles = {{ {} = 1, security-lead = 1 }}"


def policy_text(
    *, launch: str = "", published: str = "", roles: dict[str, str] | None = None, more: str = ""
) -> str:
    """A small policy: six holders, two approvals for each package, and one linkage.

    Args:
        launch: more lines of its first table.
        published: more lines about the genesis package.
        roles: of some holders, as TOML writes them in brackets, instead of their own.
        more: tables that come last.
    """
    given = {name: json.loads(f"[{listed}]") for name, listed in (roles or {}).items()}
    return text(
        holders={**REHEARSAL, **given},
        key_of=fingerprint,
        launch=f'name = "bench"\nnetwork_class = "devnet"\nchain_id = "bench-1"\n{launch}',
        release='path = "release"',
        artifact='[[packages.release.artifact]]\npath = "node.tar.gz"\nmember = "bin/node"\n'
        'role = "node"\nplatform = "linux/amd64"',
        genesis='path = "genesis"\ngenesis_files = ["genesis.json"]\n'
        f'chain_id_at = "#/chain_id"\n{published}',
        release_rule=RULE.format("release-manager"),
        genesis_rule=RULE.format("genesis-custodian"),
        rest=f"{SEPARATION}{REVOCATION}{LINKED}{more}",
    )


def file_entry(path: str, data: bytes, *, executable: bool = False) -> FileEntry:
    digests = both(data)
    return FileEntry(path, len(data), executable, digests.sha256, digests.blake3)


class Launch:
    """Evidence under construction. Every method changes one thing and returns what it made."""

    def __init__(
        self,
        *,
        launch: str = "",
        published: str = "",
        roles: dict[str, str] | None = None,
        verdicts: str = "",
    ):
        self.policy = policy_text(
            launch=launch, published=published, roles=roles, more=verdicts
        ).encode()
        self.keys = {f"{name}.pem": signer(name).public.pem for name in REHEARSAL}
        self.release: list[Entry] = sorted(
            (file_entry("network.toml", NETWORK), file_entry("node.tar.gz", ARCHIVE)),
            key=lambda e: e.path,
        )
        self.genesis: list[Entry] = [file_entry("genesis.json", GENESIS)]
        self.captured: dict[str, dict[str, bytes]] = {
            "release": {"network.toml": NETWORK},
            "genesis": {"genesis.json": GENESIS},
        }
        member = both(MEMBER)
        self.members: Any = {
            ("node.tar.gz", "bin/node"): MemberDigest(len(MEMBER), member.sha256, member.blake3)
        }
        self.now = NOW
        self.manifests: dict[str, bytes] = {}
        self.records: dict[str, bytes] = {}
        self.verdicts: dict[str, bytes] = {}
        self.policies: dict[str, bytes] = {}

    @classmethod
    def approved(cls, **options: Any) -> Launch:
        """Sealed and approved: verifies as a pass with its anchor."""
        launch = cls(**options)
        launch.seal("release", "rita")
        launch.seal("genesis", "gabi")
        for name in ("rita", "sonia"):
            launch.approve("release", name)
        for name in ("gabi", "sonia"):
            launch.approve("genesis", name)
        return launch

    def with_second_key(self, holder: str, other: str = "mallory") -> Launch:
        """The same launch, in which a holder also has the key of a stranger.

        Before anything is signed: the policy is another one then.
        """
        listed = f'keys = ["{fingerprint(holder)}"]'
        assert listed.encode() in self.policy
        both_keys = f'keys = ["{fingerprint(holder)}", "{fingerprint(other)}"]'
        self.policy = self.policy.replace(listed.encode(), both_keys.encode())
        self.keys[f"{other}.pem"] = signer(other).public.pem
        return self

    @property
    def anchor(self) -> str:
        """The digest of the policy."""
        return policy_digest(self.policy)

    def package_id(self, package_class: str) -> str:
        return sha256_id(self.manifests[package_class])

    def listing(self, package_class: PackageClass, **changes: Any) -> Manifest:
        """What sealing would list now, with the changes."""
        policy = parse_policy(self.policy)
        package = policy.package(package_class)
        entries = tuple(self.release if package_class == "release" else self.genesis)
        files = {e.path: e for e in entries if isinstance(e, FileEntry)}
        fields: dict[str, Any] = {
            "schema": SCHEMA,
            "version_major": 1,
            "version_minor": 0,
            "package_class": package_class,
            "package_name": f"bench-1-{package_class}",
            "package_version": "1",
            "network_class": policy.launch.network_class,
            "chain_id": policy.launch.chain_id,
            "entries": entries,
            "content_root": content_root(entries),
            "excluded": package.exclude,
        }
        if package_class == "release":
            fields["artifacts"] = tuple(
                self._artifact(rule, files) for rule in policy.packages.release.artifact
            )
        else:
            genesis = policy.packages.genesis
            first = files[genesis.genesis_files[0]]
            fields["genesis_files"] = genesis.genesis_files
            fields["genesis_hash"] = GenesisHash(
                convention="raw", sha256=first.sha256, blake3=first.blake3
            )
            fields["release_package_id"] = self.package_id("release")
            fields |= self._facts(genesis.genesis_files[0], genesis.chain_id_at)
        return Manifest.model_validate({**fields, **changes})

    def manifest(self, package_class: PackageClass, **changes: Any) -> bytes:
        """A manifest over the present entries, put in place."""
        data = encode_manifest(self.listing(package_class, **changes))
        self.manifests[package_class] = data
        return data

    def _artifact(self, rule: ArtifactRule, files: dict[str, FileEntry]) -> Artifact:
        digests = self.members[rule.path, rule.member] if rule.member else files[rule.path]
        return Artifact(
            path=rule.path,
            member=rule.member,
            role=rule.role,
            platform=rule.platform,
            sha256=digests.sha256,
            blake3=digests.blake3,
        )

    def _facts(self, path: str, chain_id_at: str) -> dict[str, Any]:
        """What sealing states of the genesis that was captured, where it can be read."""
        try:
            facts = genesis_facts(self.captured["genesis"].get(path, b""), chain_id_at, path)
        except Malformed:
            return {}
        if facts.format == "opaque":
            return {}
        return {"facts": facts.to_json(), "genesis_time": facts.genesis_time}

    def seal(
        self, package_class: PackageClass, by: str, *, prior: Iterable[str] = (), **changes: Any
    ) -> str:
        """Manifest and seal record; the record's id. The changes are the manifest's."""
        self.manifest(package_class, **changes)
        return self.record(
            "seal",
            by,
            package_class=package_class,
            package_id=self.package_id(package_class),
            prior_seals=tuple(prior),
            sealed_at_unix_ms=self.now,
        )

    def approve(
        self, package_class: PackageClass, by: str, *, at: int | None = None, **changes: Any
    ) -> str:
        """An approval of the present package, in all roles of the person; its record's id."""
        release = {}
        if package_class == "genesis":
            release["release_package_id"] = self.package_id("release")
        bound = (package_class, self.package_id(package_class), self.anchor)
        only = changes.get("manifest_only", False)
        review = review_document(*bound, manifest_only=only, **release)
        body: dict[str, Any] = {
            "approved_at_unix_ms": self.now if at is None else at,
            "manifest_only": False,
            "package_class": package_class,
            "package_id": self.package_id(package_class),
            "review_hash": sha256_id(canonical.dumps(review)),
            "roles": PEOPLE[by].roles or ("security-lead",),
        }
        return self.record("approval", by, preimages={"review": review}, **{**body, **changes})

    def supersede(
        self, package_class: PackageClass, successor: str, by: str, **changes: Any
    ) -> str:
        """A supersession of the present package; its record's id."""
        body: dict[str, Any] = {
            "package_class": package_class,
            "package_id": self.package_id(package_class),
            "reason": "a newer one",
            "successor": successor,
            "superseded_at_unix_ms": self.now,
            "withdraws": (),
        }
        return self.record("supersession", by, **{**body, **changes})

    def announce(self, sha256: str, by: str, *, convention: str = "raw") -> str:
        """An announcement of the genesis hash; its record's id."""
        return self.record(
            "announcement",
            by,
            announced_at_unix_ms=self.now,
            convention=convention,
            package_id=self.package_id("genesis"),
            sha256=sha256,
        )

    def revoke(self, target: str, by: str, *, kind: str = "record", **changes: Any) -> str:
        """A revocation of a record id or, with kind "key", of a fingerprint; its record's id."""
        body = {
            "reason": "retired" if kind == "key" else "a mistake",
            "revoked_at_unix_ms": self.now,
            "stands": (),
            "target": target,
            "target_kind": kind,
        }
        return self.record("revocation", by, **{**body, **changes})

    def verdict(self, by: str = "luca", *, at: int | None = None, **changes: Any) -> str:
        """A freeze of the present scope, or what `tests.verdicts.freeze_of` makes of the changes.

        Its id.
        """
        who = signer(by)
        at = self.now if at is None else at
        made = freeze_of(self.evidence(), who.public, at, **changes)
        return self.sign_verdict(build_verdict(made), by)

    def window(self, by: str = "luca", *, at: int = NOW, decide_by: int | None = None) -> str:
        """Open a window for the present scope; its launch_window_id."""
        scope = self.verify().context.scope
        metadata: dict[str, Any] = {"policy_digest": self.anchor, "scope_hash": scope.hash}
        if decide_by is not None:
            metadata["decide_by_unix_ms"] = decide_by
        fields: dict[str, Any] = {
            "version_major": 1,
            "version_minor": 0,
            "launch_window_id": sha256_id(b""),
            "target_network_class": scope.network_class,
            "target_chain_id": scope.chain_id,
            "target_genesis_hash": scope.genesis_hash,
            "authorized_release_package_id": scope.release_package_id,
            "authorized_genesis_package_id": scope.genesis_package_id,
            "window_open_time_unix_ms": at,
            "status": "OPEN",
            "metadata_hash": sha256_id(canonical.dumps(metadata)),
        }
        fields["launch_window_id"] = window_id(LaunchWindow.model_validate(fields))
        self.record("launch-window", by, preimages={"metadata": metadata}, **fields)
        return fields["launch_window_id"]

    def final_check(self, by: str = "luca", *, verdict: str = "fail", **changes: Any) -> str:
        """A final check of the present scope that found broken truth, or what the changes say."""
        who = signer(by)
        made = freeze_of(
            self.evidence(),
            who.public,
            NOW,
            rows={"release-integrity": "fail"},
            checkpoint_class="final_checks_completed",
            verdict=verdict,
        )
        broken = StatedFinding(code="file-modified", subject="release:x", expected="", actual="")
        made = replace(made, **{"guidance": "ABORT", "findings": (broken,), **changes})
        return self.sign_verdict(build_verdict(made), by)

    def sign_verdict(self, payload: bytes, by: str = "luca") -> str:
        """Sign any payload and put it among the verdicts; the id it would have."""
        self.verdicts[f"{len(self.verdicts):03}.dsse.json"] = signed(payload, signer(by))
        return sha256_id(payload)

    def record(
        self,
        kind: str,
        by: str | LocalSigner,
        *,
        preimages: dict[str, Any] | None = None,
        **fields: Any,
    ) -> str:
        """Sign a record of a kind; its id."""
        body = self.body(kind, fields)
        name, digest = KINDS[kind].subject(body, preimages or {})
        said = body.model_dump(mode="json", exclude_none=True)
        payload = build_statement(kind, [Subject(name, digest)], said, preimages or {})
        return self.envelope(payload, by, kind)

    def body(self, kind: str, fields: dict[str, Any]) -> Model:
        """The body of a record, under the present policy unless the fields name another one."""
        bound = {} if kind == "launch-window" else {"policy_digest": self.anchor}
        return KINDS[kind].model.model_validate({**bound, **fields})

    def envelope(self, payload: bytes, by: str | LocalSigner, name: str = "record") -> str:
        """Sign any payload; the id it would have as a record."""
        who = signer(by) if isinstance(by, str) else by
        signature = who.sign(pae(PAYLOAD_TYPE, payload))
        data = encode_envelope(payload, who.public.keyid, signature)
        record_id = f"sha256:{hashlib.sha256(payload).hexdigest()}"
        self.records[f"{len(self.records):03}.{name}.json"] = data
        return record_id

    def evidence(self) -> Evidence:
        trees = {"release": self.release, "genesis": self.genesis}
        packages = {
            c: PackageReading(
                Tree(tuple(trees[c])), self.captured[c], self.members if c == "release" else {}
            )
            for c in ("release", "genesis")
        }
        return Evidence(
            policy=self.policy,
            keys=dict(self.keys),
            manifests=dict(self.manifests),  # type: ignore[arg-type]
            records=dict(self.records),
            packages=packages,  # type: ignore[arg-type]
            verdicts=dict(self.verdicts),
            policies=dict(self.policies),
        )

    def verify(self, required: Stage = Stage.APPROVED, **request: Any) -> Verdict:
        """The verdict, with this launch's own anchor unless the request says otherwise."""
        asked = Request(NOW, anchor=self.anchor, anchor_source="given")
        return verify(self.evidence(), replace(asked, **request), required)


def codes(verdict: Verdict) -> set[str]:
    """All finding codes of a verdict."""
    return {f.code for r in verdict.results for f in r.findings}


def notices(verdict: Verdict) -> set[str]:
    """All notice codes of a verdict."""
    return {f.code for r in verdict.results for f in r.notices}
