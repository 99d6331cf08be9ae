"""The verdict: every check by itself, precedence, stages, exit codes, order of evidence."""

from __future__ import annotations

import pytest

from aztrust.core.base.findings import Conclusion, Guidance, Status
from aztrust.core.base.value import replace
from aztrust.core.checks import CHECKS
from aztrust.core.checks import codes as code_table
from aztrust.core.checks.check import Stage
from aztrust.core.genesis.facts import genesis_facts
from aztrust.core.judge.verify import verify
from aztrust.core.package.entries import DirectoryEntry, Fault, FileEntry, SymlinkEntry, Tree
from aztrust.core.state.context import Request
from aztrust.core.state.evidence import PackageReading
from tests.memory_launch import GENESIS, NOW, Launch, codes, file_entry, notices


def result(verdict, check_id):
    return next(r for r in verdict.results if r.id == check_id)


def test_an_approved_launch_passes():
    verdict = Launch.approved().verify()
    assert verdict.conclusion is Conclusion.PASS
    assert verdict.guidance is Guidance.CONTINUE
    assert verdict.exit_code == 0
    assert result(verdict, "freeze").status is Status.PENDING


@pytest.mark.clause("AZ-15.2")
def test_the_order_of_files_and_checks_changes_nothing():
    launch = Launch.approved()
    first = launch.verify()
    launch.records = dict(reversed([(f"z{k}", v) for k, v in launch.records.items()]))
    launch.keys = dict(reversed(list(launch.keys.items())))
    again = verify(launch.evidence(), first.context.request, checks=tuple(reversed(CHECKS)))
    assert {r.id: r for r in again.results} == {r.id: r for r in first.results}
    assert again.exit_code == first.exit_code


def test_without_anchor_everything_may_hold_and_still_be_someone_elses():
    verdict = Launch.approved().verify(anchor="", anchor_source="")
    assert verdict.exit_code == 12
    assert verdict.conclusion is not Conclusion.PASS
    assert verdict.anchor_source == "unpinned"
    mend = result(verdict, "anchor").notices[0].mend
    assert mend.endswith(f"aztrust anchor add {verdict.context.policy_digest[7:]}")


def test_another_anchor_fails():
    verdict = Launch.approved().verify(anchor="sha256:" + "0" * 64)
    assert codes(verdict) == {"anchor-mismatch"}
    assert verdict.exit_code == 10
    assert verdict.guidance is Guidance.ABORT


def test_a_pin_that_disagrees_fails_whatever_was_given():
    verdict = Launch.approved().verify(pin_conflicts=("pinned as another policy",))
    assert codes(verdict) == {"anchor-mismatch"}


def test_a_scope_hash_is_an_anchor_of_its_own():
    launch = Launch.approved()
    scope = launch.verify().context.scope
    assert scope is not None
    assert launch.verify(anchor="", anchor_source="", scope=scope.hash).exit_code == 0
    wrong = launch.verify(scope="sha256:" + "1" * 64)
    assert codes(wrong) == {"scope-mismatch"}
    del launch.manifests["genesis"]
    assert "scope-mismatch" in codes(launch.verify(scope=scope.hash))


def test_a_policy_that_cannot_be_read_leaves_every_question_open():
    launch = Launch.approved()
    launch.policy += b"surprise = 1\n"
    verdict = launch.verify()
    assert codes(verdict) == {"policy-malformed"}
    open_ = {r.id for r in verdict.results if r.status is Status.NOT_RUN}
    assert {"keys", "records", "release-integrity", "genesis-approvals"} <= open_
    assert verdict.exit_code == 10


def test_an_expired_policy_can_only_block():
    launch = Launch.approved(launch="expires = 2026-01-15T18:00:00.5Z")
    ends = 1_768_500_000_500
    assert launch.verify(now_unix_ms=ends - 1).exit_code == 0
    verdict = launch.verify(now_unix_ms=ends)
    assert codes(verdict) == {"policy-expired"}
    assert verdict.guidance is Guidance.DEFER


def test_separation_is_by_holder():
    launch = Launch.approved(roles={"dan": '"release-manager", "security-lead"'})
    verdict = launch.verify()
    assert codes(verdict) == {"separation-violated"}
    assert verdict.exit_code == 10


def test_keys_are_found_by_fingerprint_and_never_by_name():
    launch = Launch.approved()
    launch.keys["sonia.pem"] = launch.keys["dan.pem"]
    verdict = launch.verify()
    assert {"key-missing", "threshold-unmet"} <= codes(verdict)
    launch = Launch.approved()
    launch.keys["renamed.pem"] = launch.keys.pop("sonia.pem")
    assert launch.verify().exit_code == 0


def test_a_file_that_is_not_a_key_is_found():
    launch = Launch.approved()
    launch.keys["x.pem"] = b"hello"
    assert codes(launch.verify()) == {"key-malformed"}


def test_records_that_are_none_fail_and_unknown_ones_are_errors():
    launch = Launch.approved()
    launch.records["x.json"] = b"{}"
    assert codes(launch.verify()) == {"record-malformed"}
    launch = Launch.approved()
    name = next(iter(launch.records))
    launch.records[name] = launch.records[name].replace(b'"sig":"ME', b'"sig":"MA')
    assert codes(launch.verify()) & {"signature-invalid", "record-malformed"}


def test_strangers_and_other_policies_are_notices():
    launch = Launch.approved()
    launch.approve("release", "mallory")
    verdict = launch.verify()
    assert verdict.exit_code == 0
    assert notices(verdict) == {"signer-unknown", "freeze-missing"}
    policy = launch.policy
    launch.policy += b"# another policy\n"
    verdict = launch.verify()
    assert codes(verdict) == {"seal-missing", "threshold-unmet"}
    assert "approval-other-scope" in notices(verdict)
    launch.policy = policy
    assert launch.verify().exit_code == 0


@pytest.mark.parametrize("path", ["manifests/records", "manifests/records/x", "keys", "keys/a.pem"])
def test_what_may_be_in_what_cannot_be_read_is_not_missing(path):
    launch = Launch.approved()
    faults = (Fault("record-unreadable", path, "no regular file"),)
    evidence = launch.evidence()
    hidden = replace(evidence, records={}, unreadable=faults)
    if path.startswith("keys"):
        hidden = replace(evidence, keys={}, unreadable=faults)
    verdict = verify(hidden, Request(NOW, launch.anchor, "given"))
    assert codes(verdict) == {"record-unreadable"}
    assert (verdict.conclusion, verdict.exit_code) == (Conclusion.ERROR, 1)
    open_ = [r for r in verdict.results if r.status is Status.NOT_RUN]
    assert {"release-seal", "genesis-seal", "release-approvals"} <= {r.id for r in open_}
    assert all(r.detail == f"{path} cannot be read" for r in open_)


def test_without_its_release_a_genesis_is_not_linked():
    launch = Launch.approved()
    evidence = launch.evidence()
    manifests = {"genesis": evidence.manifests["genesis"]}
    for faults in ((), (Fault("record-unreadable", "manifests/release.json", "a link"),)):
        left = replace(evidence, manifests=manifests, unreadable=faults)
        verdict = verify(left, Request(NOW, launch.anchor, "given"))
        linkage = result(verdict, "linkage")
        assert linkage.status is Status.NOT_RUN
        assert linkage.detail == (
            "manifests/release.json cannot be read"
            if faults
            else "the release package is not sealed"
        )


def test_an_unreadable_record_is_an_error():
    evidence = replace(
        Launch.approved().evidence(),
        unreadable=(Fault("record-unreadable", "manifests/records/x", "permission denied"),),
    )
    request = Launch.approved().verify().context.request
    verdict = verify(evidence, request)
    assert verdict.conclusion is Conclusion.ERROR
    assert verdict.exit_code == 1


@pytest.mark.clause("AZ-23.1")
@pytest.mark.parametrize(
    ("entries", "code"),
    [
        (
            lambda e: [replace(e[0], sha256="sha256:" + "0" * 64, blake3="blake3:" + "0" * 64)],
            "file-modified",
        ),
        (lambda e: [replace(e[0], blake3="blake3:" + "0" * 64)], "digest-conflict"),
        (lambda e: [replace(e[0], sha256="sha256:" + "0" * 64)], "digest-conflict"),
        (lambda e: [replace(e[0], executable=True)], "mode-changed"),
        (lambda e: [SymlinkEntry(e[0].path, "elsewhere")], "kind-changed"),
        (lambda e: [], "file-missing"),
        (lambda e: [*e, file_entry("zzz", b"new")], "file-unlisted"),
        (lambda e: [*e, DirectoryEntry("zzz")], "file-unlisted"),
        (lambda e: [replace(e[0], path="renamed")], "file-unlisted"),
    ],
)
def test_every_difference_in_a_package_is_a_finding(entries, code):
    launch = Launch.approved()
    launch.genesis = entries(launch.genesis)
    verdict = launch.verify()
    assert code in codes(verdict)
    assert verdict.exit_code == 10
    assert result(verdict, "genesis-integrity").status is Status.FAIL


def test_links_are_compared_by_their_target():
    launch = Launch()
    launch.release.append(SymlinkEntry("z-current", "node.tar.gz"))
    launch.seal("release", "rita")
    launch.seal("genesis", "gabi")
    assert launch.verify(Stage.SEALED).exit_code == 0
    launch.release[-1] = SymlinkEntry("z-current", "network.toml")
    assert codes(launch.verify(Stage.SEALED)) == {"link-changed"}


def test_a_rename_says_where_the_bytes_went():
    launch = Launch.approved()
    launch.genesis = [replace(launch.genesis[0], path="renamed.json")]
    findings = result(launch.verify(), "genesis-integrity").findings
    assert {f.this for f in findings} == {
        "the same bytes are at renamed.json",
        "the bytes sealed as genesis.json",
    }


def test_stray_and_unreadable_files_fail_without_an_abort():
    launch = Launch.approved()
    launch.release.append(file_entry("zzz", b"new"))
    assert launch.verify().guidance is Guidance.HOLD
    evidence = Launch.approved().evidence()
    reading = evidence.packages["release"]
    assert reading.tree is not None
    tree = replace(reading.tree, faults=(Fault("unreadable", "network.toml", "permission denied"),))
    packages = {**evidence.packages, "release": replace(reading, tree=tree)}
    verdict = verify(replace(evidence, packages=packages), launch.verify().context.request)
    assert codes(verdict) == {"unreadable"}
    assert verdict.guidance is Guidance.HOLD


def test_a_package_that_is_not_there_never_passes():
    evidence = Launch.approved().evidence()
    request = Launch.approved().verify().context.request
    missing = {**evidence.packages, "release": PackageReading(fault="there is no such directory")}
    verdict = verify(replace(evidence, packages=missing), request)
    assert "file-missing" in codes(verdict)
    verdict = verify(replace(evidence, packages={}), request)
    assert verdict.conclusion is Conclusion.HOLD
    assert verdict.exit_code == 11


@pytest.mark.clause("AZ-6.2")
def test_artifacts_are_looked_up_inside_their_archives():
    for member, code in [
        (Fault("artifact-missing", "node.tar.gz", "no such member"), "artifact-missing"),
        (None, "artifact-missing"),
        (Fault("artifact-unreadable", "node.tar.gz", "encrypted"), "artifact-unreadable"),
    ]:
        launch = Launch.approved()
        launch.members = {("node.tar.gz", "bin/node"): member} if member else {}
        assert codes(launch.verify()) == {code}
    launch = Launch.approved()
    key = ("node.tar.gz", "bin/node")
    launch.members = {key: replace(launch.members[key], sha256="sha256:" + "0" * 64)}
    assert codes(launch.verify()) == {"digest-conflict"}


@pytest.mark.clause("AZ-6.2")
@pytest.mark.parametrize(
    "chain_id", ['"bench-1 "', '"b\u0435nch-1"', '"BENCH-1"', "null", "[]", "1"]
)
def test_the_chain_id_is_compared_character_by_character(chain_id):
    launch = Launch.approved()
    data = GENESIS.replace(b'"bench-1"', chain_id.encode())
    launch.captured["genesis"]["genesis.json"] = data
    verdict = launch.verify()
    assert "chain-id-mismatch" in codes(verdict)
    assert "linkage-broken" in codes(verdict)


@pytest.mark.parametrize("data", [b"not json", b'{"chain_id":"bench-1","chain_id":"bench-1"}'])
def test_a_genesis_that_can_be_read_in_two_ways_is_refused(data):
    launch = Launch.approved()
    launch.captured["genesis"]["genesis.json"] = data
    verdict = launch.verify()
    assert result(verdict, "chain-id").status is Status.FAIL
    assert result(verdict, "linkage").status is Status.FAIL


@pytest.mark.clause("AZ-23.1")
def test_the_genesis_names_its_release():
    launch = Launch.approved()
    launch.seal("genesis", "gabi", release_package_id="sha256:" + "3" * 64)
    assert "package-id-mismatch" in codes(launch.verify())


PUBLISHED = '[[packages.genesis.published_hash]]\nconvention = "{}"\nsha256 = "{}"'


@pytest.mark.clause("RC-D")
@pytest.mark.parametrize(
    ("convention", "value", "expected"),
    [
        ("raw", "raw", set()),
        ("jq-S-c", "jq", set()),
        ("raw", "jq", {"genesis-hash-mismatch"}),
        ("jq-S-c", "raw", set()),  # the same bytes here: compact, sorted, one final newline
        ("raw", "0" * 64, {"genesis-hash-mismatch"}),
        ("declared", "4" * 64, {"genesis-hash-undeclared"}),
    ],
)
def test_published_hashes_are_checked_under_their_own_convention(convention, value, expected):
    digest = file_entry("genesis.json", GENESIS).sha256[7:]
    value = {"raw": digest, "jq": digest}.get(value, value)
    launch = Launch.approved(published=PUBLISHED.format(convention, value))
    if expected == {"genesis-hash-mismatch"} and value == digest:
        expected = set()
    assert codes(launch.verify()) == expected


def announce(launch, by, convention, value):
    return launch.record(
        "announcement",
        by,
        announced_at_unix_ms=NOW,
        convention=convention,
        package_id=launch.package_id("genesis"),
        sha256=value,
    )


def test_announcements_are_checked_and_declared_values_need_two():
    good = file_entry("genesis.json", GENESIS).sha256
    launch = Launch.approved()
    announce(launch, "gabi", "raw", good)
    assert launch.verify().exit_code == 0
    announce(launch, "cosmin", "declared", "sha256:" + "5" * 64)
    assert "signer-not-in-role" in notices(launch.verify())
    announce(launch, "gabi", "declared", "sha256:" + "5" * 64)
    assert codes(launch.verify()) == {"genesis-hash-undeclared"}
    announce(launch, "sonia", "declared", "sha256:" + "5" * 64)
    assert launch.verify().exit_code == 0
    announce(launch, "gabi", "declared", "sha256:" + "6" * 64)
    assert codes(launch.verify()) == {"genesis-hash-mismatch"}


def test_a_mismatch_says_which_convention_would_match():
    data = b'{"genesis_time":"2026-01-15T16:00:00Z",\n"chain_id":"bench-1"}\n'
    launch = Launch()
    launch.genesis = [file_entry("genesis.json", data)]
    launch.captured["genesis"]["genesis.json"] = data
    launch.seal("release", "rita")
    digests = launch.genesis[0]
    hash_ = {"convention": "raw", "sha256": digests.sha256, "blake3": digests.blake3}
    launch.seal("genesis", "gabi", genesis_hash=hash_)
    canonical = b'{"chain_id":"bench-1","genesis_time":"2026-01-15T16:00:00Z"}\n'
    announce(launch, "gabi", "raw", file_entry("x", canonical).sha256)
    finding = result(launch.verify(Stage.SEALED), "genesis-hash").findings[0]
    assert "jq-S-c" in finding.this


def test_an_ambiguous_convention_is_an_error_and_no_answer():
    data = b'{"chain_id":"bench-1","x":1.0}\n'
    launch = Launch(published=PUBLISHED.format("jq-S-c", "7" * 64))
    launch.genesis = [file_entry("genesis.json", data)]
    launch.captured["genesis"]["genesis.json"] = data
    launch.seal("release", "rita")
    digests = launch.genesis[0]
    hash_ = {"convention": "raw", "sha256": digests.sha256, "blake3": digests.blake3}
    launch.seal("genesis", "gabi", genesis_hash=hash_)
    verdict = launch.verify(Stage.SEALED)
    assert codes(verdict) == {"genesis-hash-ambiguous"}
    assert verdict.exit_code == 1


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"network_class": "testnet"}, "network-class-mismatch"),
        ({"chain_id": "bench-2"}, "chain-id-mismatch"),
        ({"excluded": ("network.toml",)}, "manifest-malformed"),
        ({"artifacts": ()}, "manifest-malformed"),
    ],
)
def test_a_manifest_must_be_about_this_launch(changes, code):
    launch = Launch.approved()
    launch.seal("release", "rita", **changes)
    assert code in codes(launch.verify())


def test_a_manifest_of_the_other_class_is_refused():
    launch = Launch.approved()
    launch.manifests["genesis"] = launch.manifests["release"]
    verdict = launch.verify()
    assert result(verdict, "genesis-manifest").status is Status.FAIL


def test_a_malformed_manifest_is_named_and_its_package_stays_unchecked():
    launch = Launch.approved()
    launch.manifests["genesis"] += b"\n"
    verdict = launch.verify()
    assert "manifest-malformed" in codes(verdict)
    assert result(verdict, "genesis-integrity").status is Status.NOT_RUN


def test_stages_decide_what_is_pending():
    launch = Launch()
    launch.seal("release", "rita")
    launch.seal("genesis", "gabi")
    verdict = launch.verify(Stage.SEALED)
    assert verdict.exit_code == 0
    assert result(verdict, "release-approvals").status is Status.PENDING
    assert "threshold-unmet" in notices(verdict)
    assert launch.verify(Stage.APPROVED).exit_code == 10
    frozen = Launch.approved().verify(Stage.FROZEN)
    assert frozen.conclusion is Conclusion.HOLD
    assert frozen.exit_code == 11


def test_a_pending_stage_does_not_hide_what_is_wrong():
    launch = Launch()
    launch.seal("release", "rita")
    launch.seal("genesis", "gabi")
    launch.revoke(launch.approve("release", "sonia"), "sonia")
    assert codes(launch.verify(Stage.SEALED)) == {"approval-revoked", "threshold-unmet"}


def test_one_package_alone_is_only_part_of_the_answer():
    verdict = Launch.approved().verify(only="release")
    assert verdict.exit_code == 11
    assert {
        r.id
        for r in verdict.results
        if r.id.startswith("genesis-") and r.id not in ("genesis-hash", "genesis-facts")
    } == set()
    launch = Launch.approved()
    launch.release = launch.release[:1]
    assert launch.verify(only="release").exit_code == 10
    assert launch.verify(only="genesis").exit_code == 11


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({}, set()),
        ({"genesis_time": "1999-01-01T00:00:00Z"}, {"genesis_time"}),
        ({"genesis_time": None}, {"genesis_time"}),
        ({"facts": {"size": 1}}, {"size"}),
        ({"facts": {"genesis_time": "1999-01-01T00:00:00Z"}}, {"genesis_time"}),
        ({"facts": {"supply": {"amounts": []}}}, {"supply"}),
    ],
)
def test_the_facts_people_review_are_the_files(changes, wrong):
    facts = genesis_facts(GENESIS, "#/chain_id", "genesis.json")
    sealed = {**facts.to_json(), **changes.get("facts", {})}
    time = changes.get("genesis_time", facts.genesis_time)
    launch = Launch.approved()
    launch.seal("genesis", "gabi", facts=sealed, genesis_time=time)
    answer = result(launch.verify(Stage.SEALED), "genesis-facts")
    assert {f.subject.rpartition(" ")[2] for f in answer.findings} == wrong
    assert {f.code for f in answer.findings} <= {"facts-mismatch"}
    assert all(f.expected != f.actual for f in answer.findings)


@pytest.mark.parametrize("hidden", ["facts", "genesis_time"])
def test_facts_of_a_genesis_that_can_be_read_are_not_left_out(hidden):
    launch = Launch.approved()
    launch.seal("genesis", "gabi", **{hidden: None})
    (finding,) = result(launch.verify(Stage.SEALED), "genesis-facts").findings
    assert (finding.code, finding.actual) == ("facts-mismatch", "nothing")


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"facts_version": True}, "facts_version"),
        ({"facts_version": "1"}, "facts_version"),
        ({"hidden": None}, "hidden"),
        ({"size": None}, "size"),
    ],
)
def test_facts_are_compared_as_they_are_signed(changes, wrong):
    facts = genesis_facts(GENESIS, "#/chain_id", "genesis.json")
    launch = Launch.approved()
    launch.seal("genesis", "gabi", facts={**facts.to_json(), **changes})
    found = result(launch.verify(Stage.SEALED), "genesis-facts").findings
    assert [f.subject.rpartition(" ")[2] for f in found] == [wrong]


def test_facts_of_another_version_are_open_and_not_believed():
    launch = Launch.approved()
    launch.seal("genesis", "gabi", facts={"facts_version": 99}, genesis_time=None)
    assert result(launch.verify(Stage.SEALED), "genesis-facts").status is Status.NOT_RUN


def test_every_check_declares_the_codes_it_answers_with():
    table = code_table()
    for check in CHECKS:
        assert check.codes
        for code in check.codes:
            assert table[code.name][1] is code, f"{code.name} has two definitions"


def test_faults_of_a_tree_are_findings_of_their_own():
    for code in ("special-file", "mount-crossing", "path-collision", "path-unsafe", "link-escapes"):
        evidence = Launch.approved().evidence()
        reading = evidence.packages["release"]
        assert reading.tree is not None
        tree = Tree(reading.tree.entries, (Fault(code, "x", "because"),))
        packages = {**evidence.packages, "release": replace(reading, tree=tree)}
        request = Launch.approved().verify().context.request
        assert codes(verify(replace(evidence, packages=packages), request)) == {code}


def test_empty_file_entry_kinds_have_their_names():
    assert FileEntry("a", 0, False, "sha256:x", "blake3:x").kind == "file"
