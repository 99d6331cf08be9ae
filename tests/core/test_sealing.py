"""From a reading to a manifest: what is refused, all at once, and what is written."""

from __future__ import annotations

import json
from typing import Any

import pytest

from aztrust.core.base.digest import both, sha256_id
from aztrust.core.base.errors import CouldNotCheck, Refused
from aztrust.core.base.value import replace
from aztrust.core.judge.seal_errors import other_package_rules, seal_findings, unchecked_rules
from aztrust.core.judge.sealing import (
    Draft,
    Naming,
    draft_manifest,
    prior_seals,
    replacement,
    seal_by_key,
)
from aztrust.core.package.entries import (
    DirectoryEntry,
    Entry,
    Fault,
    FileEntry,
    MemberDigest,
    SymlinkEntry,
    Tree,
)
from aztrust.core.package.manifest import parse_manifest
from aztrust.core.state.context import Context, Request, read_context
from aztrust.core.state.evidence import Evidence, PackageReading
from tests.memory_launch import ARCHIVE, GENESIS, MEMBER, NETWORK, NOW, PEOPLE, Launch, file_entry

RELEASE_ID = "sha256:" + "12" * 32


class Bench:
    """One launch in memory, sealed by `draft`, bent by the tests one thing at a time."""

    def __init__(self, **options: Any) -> None:
        self.launch = Launch(**options)
        self.faults: tuple[Fault, ...] = ()
        self.only: tuple[str, ...] = ("release", "genesis")
        self.pointers: frozenset[str] = frozenset()

    def genesis(self, data: bytes) -> None:
        self.launch.genesis = [file_entry("genesis.json", data)]
        self.launch.captured["genesis"] = {"genesis.json": data}

    def context(self) -> Context:
        evidence = self.launch.evidence()
        packages = {
            c: replace(r, tree=replace(r.tree, faults=self.faults))
            for c, r in evidence.packages.items()
            if c in self.only
        }
        return read_context(Request(NOW), replace(evidence, packages=packages))

    def draft(self, package_class: str, version: str = "1") -> Draft:
        naming = Naming(version, RELEASE_ID if package_class == "genesis" else None)
        return draft_manifest(self.context(), package_class, naming, self.pointers)

    def refused(self, package_class: str) -> Refused:
        with pytest.raises(Refused) as caught:
            self.draft(package_class)
        return caught.value


def test_a_release_is_listed_with_what_hosts_install():
    draft = Bench().draft("release", "1.2.0")
    manifest = parse_manifest(draft.data, what="m")
    assert manifest == draft.manifest
    assert draft.id == sha256_id(draft.data)
    assert manifest.package_name == "bench-1-release"
    assert (manifest.package_version, manifest.network_class) == ("1.2.0", "devnet")
    (artifact,) = manifest.artifacts
    assert (artifact.path, artifact.member) == ("node.tar.gz", "bin/node")
    assert (artifact.sha256, artifact.blake3) == both(MEMBER)
    assert manifest.facts is None


@pytest.mark.clause("RC-D")
def test_a_genesis_carries_its_raw_hash_its_facts_and_its_release():
    manifest = Bench().draft("genesis").manifest
    assert manifest.genesis_hash is not None
    assert (manifest.genesis_hash.sha256, manifest.genesis_hash.blake3) == both(GENESIS)
    assert manifest.genesis_files == ("genesis.json",)
    assert manifest.release_package_id == RELEASE_ID
    assert manifest.facts is not None
    assert manifest.facts["chain_id"] == "bench-1"


def test_the_same_tree_gives_the_same_bytes():
    assert Bench().draft("genesis").data == Bench().draft("genesis").data


def test_what_verification_asks_afterwards_holds():
    bench = Bench()
    draft = bench.draft("release")
    bench.launch.manifests["release"] = draft.data
    failed = {f.code for r in bench.launch.verify().results for f in r.findings}
    assert not failed & {"manifest-malformed", "file-modified", "chain-id-mismatch"}


@pytest.mark.parametrize("entries", [[], [DirectoryEntry("a")], [SymlinkEntry("a", "b")]])
def test_a_package_without_a_file_is_refused(entries: list[Entry]):
    bench = Bench()
    bench.launch.release = entries
    error = bench.refused("release")
    assert any("there is no file in it" in line for line in error.details)


def test_every_offender_is_listed_and_the_first_gives_the_code():
    bench = Bench(
        published=f'[[packages.genesis.published_hash]]\nconvention = "raw"\nsha256 = "{"0" * 64}"'
    )
    bench.genesis(b'{"chain_id":"bench-2"}')
    bench.faults = (
        Fault("special-file", "dev", "a device"),
        Fault("mode-changed", "run", "a set-id bit"),
        Fault("path-collision", "A", "the same name as a"),
        Fault("link-escapes", "l", "it leads out"),
        Fault("unreadable", "x", "it cannot be read"),
        Fault("changed-while-reading", "y", "it was written to"),
        Fault("mount-crossing", "z", "another file system"),
        Fault("path-unsafe", "n", "the name is not valid UTF-8"),
    )
    bench.only = ("genesis",)
    error = bench.refused("genesis")
    codes = [line.split()[0] for line in error.details]
    assert codes == [*(f.code for f in bench.faults), "chain-id-mismatch", "genesis-hash-mismatch"]
    assert error.code == "special-file"
    assert error.exit_code == 10
    assert "10 things" in error.message


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            [file_entry("network.toml", NETWORK)],
            "artifact-missing  release:node.tar.gz: an artifact",
        ),
        (
            [file_entry("network.toml", NETWORK), SymlinkEntry("node.tar.gz", "x")],
            "it is a symlink",
        ),
        (
            [file_entry("network.toml", NETWORK), file_entry("nodes.tar.gz", ARCHIVE)],
            "did you mean nodes.tar.gz?",
        ),
    ],
)
def test_an_artifact_must_be_a_file_of_the_package(change: list[Entry], says: str):
    bench = Bench()
    bench.launch.release = change
    error = bench.refused("release")
    assert says in "\n".join(error.details)


@pytest.mark.parametrize(
    "fault",
    [
        Fault("artifact-missing", "node.tar.gz", "no such member"),
        Fault("artifact-ambiguous", "node.tar.gz", "the member is there twice"),
        Fault("artifact-unreadable", "node.tar.gz", "not an archive"),
        None,
    ],
)
def test_a_member_must_be_there_once(fault: Fault | None):
    bench = Bench()
    bench.launch.members = {} if fault is None else {("node.tar.gz", "bin/node"): fault}
    error = bench.refused("release")
    assert error.code == (fault.code if fault else "artifact-missing")
    assert error.subject == "release:node.tar.gz / bin/node"


@pytest.mark.parametrize(
    ("package_class", "path"),
    [("release", "node.tar.gz"), ("release", "network.toml"), ("genesis", "genesis.json")],
)
def test_a_pointer_in_place_of_what_is_used_is_refused(package_class: str, path: str):
    bench = Bench()
    bench.pointers = frozenset({path})
    assert "Git-LFS pointer" in bench.refused(package_class).details[0]
    bench.pointers = frozenset({"docs/picture.png"})
    assert bench.draft(package_class)


def test_a_missing_genesis_file_is_refused():
    bench = Bench()
    bench.launch.genesis = [file_entry("other.json", GENESIS)]
    bench.launch.captured["genesis"] = {}
    bench.only = ("genesis",)
    error = bench.refused("genesis")
    assert error.details[0].startswith("file-missing  genesis:genesis.json: genesis_files names it")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b'{"chain_id":"bench-1 "}', "chain-id-mismatch"),
        (b'{"chain_id":"b\xd0\xb5nch-1"}', "chain-id-mismatch"),
        (b"{}", "chain-id-mismatch"),
        (b'{"chain_id":null}', "chain-id-mismatch"),
        (b'{"chain_id":"bench-1","chain_id":"bench-1"}', "genesis-malformed"),
        (b"\xef\xbb\xbf" + GENESIS, "genesis-malformed"),
        (b"not JSON", "genesis-malformed"),
        (b"", "genesis-malformed"),
    ],
)
def test_the_chain_id_is_the_policys_or_it_is_not_sealed(data: bytes, code: str):
    bench = Bench()
    bench.genesis(data)
    bench.only = ("genesis",)
    error = bench.refused("genesis")
    assert (error.code, len(error.details)) == (code, 1)


def test_a_published_hash_says_which_convention_would_match():
    jq = json.dumps(json.loads(GENESIS), sort_keys=True, separators=(",", ":")) + "\n"
    hash_ = sha256_id(jq.encode())[7:]
    pretty = json.dumps(json.loads(GENESIS), indent=1).encode()
    published = f'[[packages.genesis.published_hash]]\nconvention = "raw"\nsha256 = "{hash_}"'
    bench = Bench(published=published)
    bench.genesis(pretty)
    error = bench.refused("genesis")
    assert error.code == "genesis-hash-mismatch"
    assert "it is the hash of this file under jq-S-c" in error.details[0]
    right = Bench(published=published.replace('"raw"', '"jq-S-c"'))
    right.genesis(pretty)
    assert right.draft("genesis")


def test_a_declared_hash_is_for_two_holders_to_state_later():
    hash_ = f'[[packages.genesis.published_hash]]\nconvention = "declared"\nsha256 = "{"1" * 64}"'
    assert Bench(published=hash_).draft("genesis")


def test_a_broken_linkage_rule_is_refused_where_both_packages_are_here():
    bench = Bench()
    bench.launch.captured["release"] = {"network.toml": b'chain_id = "bench-2"\n'}
    assert bench.refused("genesis").code == "linkage-broken"
    bench.only = ("genesis",)
    assert bench.draft("genesis")
    (rule,) = unchecked_rules(bench.context(), "genesis")
    assert rule.name == "chain id"
    policy = bench.context().policy
    assert policy is not None
    assert other_package_rules(policy, "genesis") == (rule,)
    assert other_package_rules(policy, "release") == (rule,)


def test_bytes_that_cannot_be_parsed_are_sealed_without_facts():
    bench = Bench()
    policy = bench.launch.policy.split(b"[[linkage]]")[0]
    bench.launch.policy = policy.replace(b'"#/chain_id"', b'""')
    bench.genesis(b"\x00\x01opaque")
    manifest = bench.draft("genesis").manifest
    assert manifest.facts is None
    assert manifest.genesis_time is None
    assert manifest.genesis_hash is not None


def test_a_package_that_was_not_read_is_not_sealed():
    context = read_context(Request(NOW), Evidence(Launch().policy))
    with pytest.raises(CouldNotCheck, match="was not asked for"):
        draft_manifest(context, "release", Naming("1"), frozenset())
    unread = replace(context.evidence, packages={"release": PackageReading(fault="gone")})
    with pytest.raises(CouldNotCheck, match="gone"):
        draft_manifest(read_context(Request(NOW), unread), "release", Naming("1"), frozenset())


def context_of(launch: Launch) -> Context:
    return read_context(Request(NOW), launch.evidence())


def test_nothing_is_replaced_by_the_same_package_or_where_there_is_none():
    launch = Launch()
    assert replacement(context_of(launch), "release", RELEASE_ID) is None
    launch = Launch.approved()
    assert replacement(context_of(launch), "release", launch.package_id("release")) is None


@pytest.mark.clause("AZ-2.4")
def test_a_replacement_names_the_approvals_it_voids():
    launch = Launch.approved()
    context = context_of(launch)
    found = replacement(context, "release", RELEASE_ID)
    assert found is not None
    assert found.approved_by == ("rita", "sonia")
    assert found.genesis_approved_by == ("gabi", "sonia")
    assert (found.sealed_by, found.sealed_at_unix_ms) == ("rita", NOW)
    genesis = replacement(context, "genesis", RELEASE_ID)
    assert genesis is not None
    assert (genesis.approved_by, genesis.genesis_approved_by) == (("gabi", "sonia"), ())
    assert genesis.voids


def test_a_revoked_approval_has_nothing_to_lose():
    launch = Launch()
    launch.seal("release", "rita")
    launch.revoke(launch.approve("release", "rita"), "rita")
    found = replacement(context_of(launch), "release", RELEASE_ID)
    assert found is not None
    assert not found.voids


def test_a_new_seal_names_every_seal_before_it():
    launch = Launch()
    first = launch.seal("release", "rita")
    second = launch.seal("release", "gabi", prior=[first], package_version="2")
    assert prior_seals(context_of(launch), "release") == tuple(sorted({first, second}))


def test_a_seal_is_valid_for_its_own_key_and_the_current_bytes_only():
    launch = Launch()
    rita, gabi = (PEOPLE[n].public().fingerprint for n in ("rita", "gabi"))
    first = launch.seal("release", "rita")
    found = seal_by_key(context_of(launch), "release", rita)
    assert found is not None
    assert found.record_id == first
    assert seal_by_key(context_of(launch), "release", gabi) is None
    launch.seal("release", "rita", prior=[first], package_version="2")
    assert seal_by_key(context_of(launch), "release", rita) is not None
    launch.manifest("release")
    assert seal_by_key(context_of(launch), "release", rita) is None
    assert {f.code for f in seal_findings(context_of(launch), "release")} == {"superseded"}


def test_a_seal_with_a_rival_is_not_in_force():
    launch = Launch()
    launch.seal("release", "rita", package_version="2")
    launch.seal("release", "rita")
    assert seal_by_key(context_of(launch), "release", PEOPLE["rita"].public().fingerprint) is None


def test_a_revoked_seal_is_not_in_force():
    launch = Launch()
    launch.revoke(launch.seal("release", "rita"), "rita")
    assert seal_by_key(context_of(launch), "release", PEOPLE["rita"].public().fingerprint) is None


def test_members_are_read_as_digests():
    bench = Bench()
    other = both(b"other")
    bench.launch.members = {("node.tar.gz", "bin/node"): MemberDigest(5, *other)}
    (artifact,) = bench.draft("release").manifest.artifacts
    assert (artifact.sha256, artifact.blake3) == other


def test_a_tree_is_what_is_listed():
    bench = Bench()
    bench.launch.release = sorted(
        [*bench.launch.release, SymlinkEntry("current", "node.tar.gz"), DirectoryEntry("data")],
        key=lambda e: e.path,
    )
    draft = bench.draft("release")
    assert draft.manifest.entries == Tree(tuple(bench.launch.release)).entries
    assert sum(isinstance(e, FileEntry) for e in draft.manifest.entries) == 2
