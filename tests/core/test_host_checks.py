"""The questions about one host: each wrong file, and that none of them decides for the network."""

from __future__ import annotations

import json

import pytest

from aztrust.core.base.digest import both
from aztrust.core.base.findings import Guidance, Locus
from aztrust.core.base.value import replace
from aztrust.core.checks.check import Stage
from aztrust.core.checks.host import preflight_checks
from aztrust.core.host.reading import (
    FileDescription,
    GoBuild,
    HostFile,
    HostItem,
    HostReading,
    NodeKey,
)
from aztrust.core.judge.identify import identify
from aztrust.core.judge.merge import merge
from aztrust.core.judge.verify import Verdict, verify
from aztrust.core.package.entries import Fault
from aztrust.core.state.context import Request
from tests.memory_launch import ARCHIVE, GENESIS, MEMBER, NOW, Launch, codes, notices

OTHER_ARCH = b"the node for arm"


def host_file(data: bytes, path: str = "/usr/local/bin/node", **more: object) -> HostFile:
    digests = both(data)
    return HostFile(
        path, "--binary", size=len(data), sha256=digests.sha256, blake3=digests.blake3, **more
    )


def genesis_file(data: bytes, **more: object) -> HostFile:
    return replace(host_file(data, "/home/v/genesis.json", **more), data=data)


_USUAL = object()


def reading(
    *,
    binary: object = _USUAL,
    genesis: object = _USUAL,
    searched: str = "",
    name: str = "node",
    **changes: object,
) -> HostReading:
    """A host with the right files, and one file in each place; None for none."""
    program = host_file(MEMBER) if binary is _USUAL else binary
    document = genesis_file(GENESIS) if genesis is _USUAL else genesis
    return replace(
        HostReading(
            "linux/amd64",
            (HostItem("program", "node", name, _files(program), searched),),
            (HostItem("genesis", "", "genesis.json", _files(document), searched),),
            homes=("~/.node",),
        ),
        **changes,
    )


def _files(file: object) -> tuple[HostFile, ...]:
    return (file,) if isinstance(file, HostFile) else ()


def ask(launch: Launch, host: HostReading, **request: object) -> Verdict:
    evidence = replace(launch.evidence(), host=host, packages={})
    asked = replace(Request(NOW, anchor=launch.anchor, anchor_source="given"), **request)
    checks = preflight_checks(node_key_named=host.node_key is not None, kits_given=host.kits)
    return verify(evidence, asked, Stage.FROZEN, checks)


def status(verdict: Verdict, check: str) -> str:
    return next(r.status.value for r in verdict.results if r.id == check)


def finding(verdict: Verdict, code: str):
    return next(f for r in verdict.results for f in r.findings if f.code == code)


def test_the_right_files_pass():
    verdict = ask(Launch.approved(), reading())
    for check in ("host-binary", "host-genesis", "host-chain-id"):
        assert status(verdict, check) == "pass", check


def test_before_a_freeze_it_ends_in_11():
    verdict = ask(Launch.approved(), reading())
    assert codes(verdict) == {"freeze-missing"}
    assert verdict.exit_code == 11


@pytest.mark.clause("AZ-6.2", "AZ-40")
def test_another_binary_is_unknown_and_stops_no_other_host():
    verdict = ask(Launch.approved(), reading(binary=host_file(b"something else")))
    wrong = finding(verdict, "binary-unknown")
    assert wrong.locus is Locus.HOST
    assert wrong.expected == both(MEMBER).sha256
    assert verdict.exit_code == 10
    # The freeze is missing, which holds; the host's trouble adds nothing to that (AZ-40).
    assert verdict.guidance is Guidance.HOLD
    assert next(r for r in verdict.results if r.id == "host-binary").locus is Locus.HOST


@pytest.mark.clause("AZ-6.2")
def test_both_digests_of_a_binary_must_match():
    forged = replace(host_file(MEMBER), blake3=both(b"x").blake3)
    assert "digest-conflict" in codes(ask(Launch.approved(), reading(binary=forged)))


@pytest.mark.clause("AZ-6.2")
def test_both_digests_of_a_genesis_must_match():
    forged = replace(genesis_file(GENESIS), blake3=both(b"x").blake3)
    assert "digest-conflict" in codes(ask(Launch.approved(), reading(genesis=forged)))


def two_platforms() -> Launch:
    launch = Launch()
    artifacts = tuple(
        {
            "path": "node.tar.gz",
            "member": f"bin/{platform}",
            "role": "node",
            "platform": f"linux/{platform}",
            **both(data)._asdict(),
        }
        for platform, data in (("amd64", MEMBER), ("arm64", OTHER_ARCH))
    )
    launch.seal("release", "rita", artifacts=artifacts)
    launch.seal("genesis", "gabi")
    return launch


def test_another_platforms_binary_is_named():
    verdict = ask(two_platforms(), reading(binary=host_file(OTHER_ARCH), name="amd64"))
    wrong = finding(verdict, "binary-other-platform")
    assert "linux/arm64" in wrong.message
    assert wrong.expected == both(MEMBER).sha256


def test_the_same_binary_is_right_on_its_own_platform():
    host = reading(binary=host_file(OTHER_ARCH), name="arm64", platform="linux/arm64")
    assert status(ask(two_platforms(), host), "host-binary") == "pass"


@pytest.mark.parametrize(
    ("sealed", "host", "right"),
    [
        ("linux/arm/v7", "linux/arm", True),
        ("any", "darwin/arm64", True),
        ("linux/arm64", "linux/arm", False),
        ("linux/amd64", "darwin/amd64", False),
    ],
)
def test_a_platform_fits_its_variants_only(sealed: str, host: str, right: bool):
    from aztrust.core.host.required import fits

    assert fits(sealed, host) is right


def test_a_binary_that_is_not_executable_is_reported():
    host = reading(binary=replace(host_file(MEMBER), executable=False))
    wrong = finding(ask(Launch.approved(), host), "binary-not-executable")
    assert wrong.mend == "chmod +x /usr/local/bin/node"


def test_the_archive_in_place_of_its_member_is_named():
    launch = Launch.approved()
    host = reading(binary=host_file(ARCHIVE, "/tmp/node.tar.gz"))
    verdict = identify(ask(launch, host), ())
    wrong = finding(verdict, "binary-unknown")
    assert "the archive node.tar.gz" in wrong.this
    assert wrong.mend == "tar -xf /tmp/node.tar.gz bin/node"


def test_no_binary_is_an_open_question():
    host = reading(binary=None, searched="no node on PATH")
    verdict = ask(Launch.approved(), host)
    assert status(verdict, "host-binary") == "not_run"
    assert "host-file-not-found" in notices(verdict)
    assert verdict.exit_code == 11


def test_no_genesis_is_an_open_question():
    verdict = ask(Launch.approved(), reading(genesis=None))
    assert status(verdict, "host-genesis") == "not_run"
    assert status(verdict, "host-chain-id") == "not_run"
    assert verdict.exit_code == 11


@pytest.mark.parametrize("code", ["file-missing", "unreadable", "special-file"])
def test_a_file_that_cannot_be_read_fails(code: str):
    broken = HostFile("/x", "--binary", fault=Fault(code, "/x", "because"))
    verdict = ask(Launch.approved(), reading(binary=broken, genesis=broken))
    assert status(verdict, "host-binary") == "fail"
    assert status(verdict, "host-genesis") == "fail"
    assert verdict.exit_code == 10


@pytest.mark.clause("AZ-6.2")
def test_another_genesis_is_a_mismatch_and_named():
    old = Launch()
    old.genesis = [replace(old.genesis[0], sha256=both(b"{}").sha256, blake3=both(b"{}").blake3)]
    launch = Launch.approved()
    host = reading(genesis=genesis_file(b"{}"))
    verdict = ask(launch, host)
    wrong = finding(verdict, "genesis-hash-mismatch")
    assert (wrong.expected, wrong.actual) == (both(GENESIS).sha256, both(b"{}").sha256)
    assert wrong.locus is Locus.HOST


def test_a_reserialised_genesis_is_reported():
    launch = Launch.approved()
    indented = json.dumps(json.loads(GENESIS), indent=2).encode()
    verdict = ask(launch, reading(genesis=genesis_file(indented)))
    assert "re-serialised" in finding(verdict, "genesis-hash-mismatch").this


def test_an_lfs_pointer_is_reported():
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 3\n"
    verdict = ask(Launch.approved(), reading(genesis=genesis_file(pointer)))
    assert "Git-LFS pointer" in finding(verdict, "genesis-hash-mismatch").this


@pytest.mark.clause("AZ-6.2")
def test_another_chain_id_is_reported():
    other = GENESIS.replace(b"bench-1", b"bench-2")
    verdict = ask(Launch.approved(), reading(genesis=genesis_file(other)))
    assert "chain-id-mismatch" in codes(verdict)
    assert finding(verdict, "chain-id-mismatch").locus is Locus.HOST


SETTINGS = {
    "vcs.revision": "a81f33c",
    "vcs.modified": "false",
    "GOOS": "linux",
    "GOARCH": "amd64",
}


def self_built(**changes: object) -> HostFile:
    settings = SETTINGS
    go = replace(GoBuild("go1.22", "example.org/node", "example.org/node", "(devel)", settings))
    description = FileDescription("ELF executable", ("linux/amd64",), replace(go, **changes))
    return host_file(b"built here", description=description)


def readiness(text: str) -> Launch:
    launch = Launch()
    launch.policy += f"[readiness]\n{text}\n".encode()
    launch.seal("release", "rita")
    launch.seal("genesis", "gabi")
    return launch


def test_a_self_built_binary_is_refused_unless_the_policy_allows():
    verdict = ask(Launch.approved(), reading(binary=self_built()))
    wrong = finding(verdict, "binary-unknown")
    assert "commit a81f33c" in wrong.message
    assert "its build information: example.org/node" in wrong.message


def test_an_allowed_self_built_binary_passes_and_is_shown():
    launch = readiness('self_built = "allow"')
    verdict = ask(launch, reading(binary=self_built()))
    assert status(verdict, "host-binary") == "pass"
    assert "binary-self-built" in notices(verdict)


@pytest.mark.parametrize(
    ("rule", "changes", "why"),
    [
        ('self_built = "allow"', {"settings": {}}, "which commit"),
        (
            'self_built = "allow"',
            {"settings": SETTINGS | {"vcs.modified": "true"}},
            "uncommitted",
        ),
        (
            'self_built = "allow"',
            {"settings": {k: v for k, v in SETTINGS.items() if k != "vcs.modified"}},
            "does not say",
        ),
        ('self_built = "allow"', {"settings": SETTINGS | {"vcs.revision": "a" * 900}}, "commit"),
        ('self_built = "allow"', {"settings": SETTINGS | {"GOOS": "windows"}}, "not built for"),
        ('self_built = "allow"\nmodule = "example.org/other"', {}, "only builds of"),
    ],
)
def test_not_every_self_built_binary_is_allowed(rule: str, changes: dict, why: str):
    verdict = ask(readiness(rule), reading(binary=self_built(**changes)))
    assert why in finding(verdict, "binary-unknown").message


def test_a_self_built_library_is_not_a_program():
    file = self_built()
    library = replace(file, description=replace(file.description, kind="ELF shared library"))
    verdict = ask(readiness('self_built = "allow"'), reading(binary=library))
    assert "not a program" in finding(verdict, "binary-unknown").message


def test_a_self_built_binary_needs_its_execute_bit():
    host = reading(binary=replace(self_built(), executable=False))
    assert "binary-not-executable" in codes(ask(readiness('self_built = "allow"'), host))


@pytest.mark.parametrize(
    ("path", "command"),
    [
        ("~/a b", "chmod +x ~/'a b'"),
        ("-x", "chmod +x ./-x"),
        ("/x\\n", "give it its execute bit"),
    ],
)
def test_a_mend_can_be_pasted(path: str, command: str):
    host = reading(binary=replace(host_file(MEMBER, path), executable=False))
    assert finding(ask(Launch.approved(), host), "binary-not-executable").mend == command


def test_a_self_built_binary_for_another_platform_is_refused():
    host = reading(binary=self_built(), platform="linux/arm64")
    verdict = ask(readiness('self_built = "allow"'), host)
    assert "not built for linux/arm64" in finding(verdict, "binary-unknown").message


KEY = "x3/BPq5gXq4VBIgXhHAYKlBF5rCbDvWXMAXuATNLWYM="
WITH_VALIDATOR = json.dumps(
    {
        "chain_id": "bench-1",
        "validators": [
            {
                "name": "nodeworks",
                "power": "19",
                "pub_key": {"type": "tendermint/PubKeyEd25519", "value": KEY},
            },
            {"name": "other", "power": "81", "pub_key": {"value": "b3RoZXI="}},
        ],
    }
).encode()


def test_a_node_key_is_found_with_its_power():
    host = reading(genesis=genesis_file(WITH_VALIDATOR), node_key=NodeKey("key.json", KEY))
    verdict = ask(Launch.approved(), host)
    assert status(verdict, "host-node-key") == "pass"
    detail = next(r.detail for r in verdict.results if r.id == "host-node-key")
    assert detail == "nodeworks, 19.0% of power"


def test_a_key_that_is_not_a_validators_holds():
    host = reading(node_key=NodeKey("key.json", KEY))
    verdict = ask(Launch.approved(), host)
    assert "node-key-unknown" in codes(verdict)
    assert verdict.exit_code == 11


def test_no_check_of_a_key_that_was_not_named():
    verdict = ask(Launch.approved(), reading())
    assert "host-node-key" not in {r.id for r in verdict.results}


def test_a_revoked_approval_in_the_kit_fails():
    launch = Launch.approved()
    launch.revoke(launch.approve("genesis", "sonia"), "sonia")
    verdict = ask(launch, reading())
    assert "approval-revoked" in codes(verdict)
    assert verdict.exit_code == 10


def test_without_an_anchor_and_a_freeze_11_comes_first():
    assert ask(Launch.approved(), reading(), anchor="", anchor_source="").exit_code == 11


def test_what_an_older_kit_lacks_counts_when_both_are_given():
    launch = Launch.approved()
    older = launch.evidence()
    launch.revoke(launch.approve("genesis", "sonia"), "sonia")
    newer = launch.evidence()
    request = Request(NOW, anchor=launch.anchor)
    for order in ((older, newer), (newer, older)):
        merged = merge([(str(n), e) for n, e in enumerate(order)], request)
        assert merged.findings == ()
        assert set(merged.evidence.records.values()) == set(newer.records.values())


def test_the_current_manifest_is_taken_from_whichever_kit_has_it():
    launch = Launch.approved()
    older = launch.evidence()
    first = launch.seal("genesis", "gabi", genesis_time="2026-01-15T17:00:00Z")
    assert first
    prior = [u.record_id for u in launch.verify().context.records.effective.seals("genesis")]
    launch.seal("genesis", "gabi", prior=prior, genesis_time="2026-01-15T18:00:00Z")
    newer = launch.evidence()
    request = Request(NOW, anchor=launch.anchor)
    for order in ((older, newer), (newer, older)):
        merged = merge([(str(n), e) for n, e in enumerate(order)], request)
        assert merged.evidence.manifests["genesis"] == newer.manifests["genesis"]
        assert [n.code for n in merged.notices] == ["kits-disagree"]


@pytest.mark.parametrize("anchored_first", [True, False])
def test_two_policies_cannot_be_laid_together(anchored_first: bool):
    launch, other = Launch.approved(), Launch.approved(launch="expires = 2099-01-01T00:00:00Z")
    kits = [("a", launch.evidence()), ("b", other.evidence())]
    request = Request(NOW, anchor=launch.anchor)
    merged = merge(kits if anchored_first else kits[::-1], request)
    assert merged.evidence.policy == launch.policy
    assert [f.code for f in merged.findings] == ["kits-disagree"]
    host = reading(kits=2, disagreements=merged.findings)
    assert ask(launch, host).exit_code == 10


def test_files_of_one_name_and_other_bytes_are_all_kept():
    launch = Launch.approved()
    a = launch.evidence()
    # Whatever name the second file gets, a third one may have it already.
    b = replace(a, records={n: d + b" " for n, d in a.records.items()})
    c = replace(a, records={f"~{n}": d + b"  " for n, d in a.records.items()})
    for kits in ((a, b, c), (c, b, a), (b, c, a)):
        merged = merge([(str(n), e) for n, e in enumerate(kits)], Request(NOW))
        every = {data for kit in kits for data in kit.records.values()}
        assert set(merged.evidence.records.values()) == every
