"""Real public attestations, verified offline, and each refusal by its name."""

from __future__ import annotations

import base64
import subprocess
import sys

import pytest

from aztrust.acts.approve import ApprovalOptions, prepare_approval
from aztrust.acts.preconditions import read_launch_context
from aztrust.acts.seal import prepare_seal
from aztrust.acts.verify import read_package
from aztrust.core.base.findings import Status
from aztrust.core.base.value import replace
from aztrust.core.judge.verify import Verdict, verify
from aztrust.core.state.context import Request
from aztrust.storage import provenance as module
from aztrust.storage.launch import read_launch
from tests.attestations import (
    FILE,
    REPOSITORY,
    RULE,
    artifact,
    attestation,
    attested_launch,
    changed,
    policy,
    put,
    rule,
    trusted_root,
    with_subject,
)
from tests.command import environment
from tests.disk_launch import NOW, Launch, make_launch, signer
from tests.patience import PATIENCE

COMMIT = RULE["commit"]
REUSABLE = "reusable-workflow-attestation.sigstore.json"
SHARED = "https://github.com/github/artifact-attestations-workflows/.github/workflows/attest.yml"


def judged(launch: Launch) -> Verdict:
    """The launch's own verdict, with its packages read."""
    packages = {c: read_package(launch.path, launch.policy, c) for c in ("release", "genesis")}
    evidence = replace(read_launch(launch.path), packages=packages)
    return verify(evidence, Request(NOW * 2, anchor=launch.anchor, anchor_source="given"))


def answer(launch: Launch):
    """What the check says."""
    return next(r for r in judged(launch).results if r.id == "provenance")


def found(launch: Launch) -> list[tuple[str, str]]:
    """Code and message of each finding."""
    return [(f.code, f.message) for f in answer(launch).findings]


@pytest.mark.parametrize("left_out", [(), ("ref",), ("commit",), ("ref", "commit")])
def test_a_real_attestation_verifies(tmp_path, left_out):
    launch = attested_launch(tmp_path, rule(**dict.fromkeys(left_out)))
    verdict = judged(launch)
    assert verdict.exit_code == 0, [r for r in verdict.results if r.findings]
    result = answer(launch)
    assert f"{FILE} from {REPOSITORY} at 283bf967" in result.detail
    assert not result.notices


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("issuer", "https://token.actions.githubusercontent.com"),
        ("repository", "https://github.com/too-legit/attest2"),
        ("workflow", f"{REPOSITORY}/.github/workflows/release.yml"),
        ("workflow", f"{REPOSITORY}/.github/workflows/integration.yml@refs/heads/other"),
        ("ref", "refs/tags/v1"),
        ("commit", "0" * 40),
    ],
)
def test_another_builder_is_refused_by_name(tmp_path, key, value):
    launch = attested_launch(tmp_path, rule(**{key: value}))
    result = answer(launch)
    assert [f.code for f in result.findings] == ["provenance-mismatch"]
    assert result.findings[0].message.startswith(f"another {key} ")
    assert result.findings[0].expected == value
    assert judged(launch).exit_code == 10


def test_a_workflow_with_its_reference_is_compared_whole(tmp_path):
    whole = f"{REPOSITORY}/.github/workflows/integration.yml@refs/heads/main"
    assert not found(attested_launch(tmp_path, rule(workflow=whole)))


def test_the_workflow_is_the_one_that_signed_and_the_repository_the_source(tmp_path):
    # The file itself is not here: only its digest is needed.
    from aztrust.core.package.entries import FileEntry, Tree

    launch = attested_launch(tmp_path, bundle=attestation(REUSABLE))
    digest = "sha256:49a3aa6075e0f49f82843e74b5baa614ad2a588e6675612bf108a0a008c5ac25"
    tree = Tree((FileEntry(FILE, 1, True, digest, "blake3:" + "0" * 64),))
    reading = module.read_provenance(launch.path, launch.policy.packages.release.provenance, tree)
    assert reading is not None
    facts = reading.bundles[0].facts
    assert facts is not None
    assert facts.workflow == f"{SHARED}@09b495c3f12c7881b3cc17209a327792065c1a1d"
    assert facts.repository == "https://github.com/malancas/attest-demo"
    assert facts.config.startswith("https://github.com/malancas/attest-demo/.github/workflows/")
    assert facts.commit == "95baf27389e83e6a5c48f42e190d48d7abcea19e"


def test_another_file_is_refused(tmp_path):
    launch = attested_launch(tmp_path, built=b"another file")
    assert found(launch) == [
        (
            "provenance-missing",
            "no bundle shows who built it: the 1 in manifests/provenance are about other files",
        )
    ]


def test_the_digest_is_of_the_file_that_was_hashed(tmp_path):
    launch = attested_launch(tmp_path)
    launch.file("release", FILE).write_bytes(b"changed after sealing")
    assert [code for code, _ in found(launch)] == ["provenance-missing"]


def test_a_path_that_is_not_a_file_is_refused(tmp_path):
    launch = attested_launch(tmp_path, rule(path="bin/other"))
    assert found(launch)[0][0] == "provenance-missing"
    assert "not a file of the package" in found(launch)[0][1]


def test_another_root_is_refused(tmp_path):
    launch = attested_launch(tmp_path)
    put(launch, "a.trusted_root.json", trusted_root() + b"\n")
    assert found(launch)[0][0] == "provenance-root"


def test_a_root_that_is_none_is_refused(tmp_path):
    import hashlib

    digest = "sha256:" + hashlib.sha256(b"{}").hexdigest()
    launch = attested_launch(tmp_path, rule(trusted_root=digest))
    put(launch, "b.trusted_root.json", b"{}")
    assert found(launch)[0][0] == "provenance-root"


def test_a_tampered_payload_is_refused(tmp_path):
    bundle = with_subject(attestation(), b"another file")
    launch = attested_launch(tmp_path, bundle=bundle, built=b"another file")
    assert found(launch)[0][0] == "provenance-invalid"
    assert "does not verify" in found(launch)[0][1]


def test_an_invalid_signature_is_refused(tmp_path):
    def flip(document):
        signature = document["dsseEnvelope"]["signatures"][0]
        raw = bytearray(base64.b64decode(signature["sig"]))
        raw[-1] ^= 1
        signature["sig"] = base64.b64encode(raw).decode()

    launch = attested_launch(tmp_path, bundle=changed(attestation(), flip))
    code, message = found(launch)[0]
    assert code == "provenance-invalid"
    assert "does not verify" in message


def test_without_a_log_entry_it_is_refused(tmp_path):
    def strip(document):
        document["verificationMaterial"]["tlogEntries"] = []

    launch = attested_launch(tmp_path, bundle=changed(attestation(), strip))
    code, message = found(launch)[0]
    assert code == "provenance-invalid"
    assert "no entry of a transparency log" in message


def test_without_a_time_it_is_refused(tmp_path):
    def strip(document):
        del document["verificationMaterial"]["tlogEntries"][0]["inclusionPromise"]

    launch = attested_launch(tmp_path, bundle=changed(attestation(), strip))
    assert found(launch)[0][0] == "provenance-invalid"


@pytest.mark.parametrize(
    ("name", "says"),
    [
        (
            "github_provenance_demo-0.0.12-py3-none-any-bundle.jsonl",
            "no entry of a transparency log",
        ),
        ("sigstore-js-2.1.0-bundle.json", "of the kind intoto"),
    ],
)
def test_other_bundles_are_refused_by_their_form(name, says):
    from aztrust.core.package.provenance import parse_bundle_claims

    assert says in parse_bundle_claims(attestation(name), what=name).fault


def test_a_bundle_that_signs_no_statement_is_refused():
    from aztrust.core.base.errors import Malformed
    from aztrust.core.package.provenance import parse_bundle_claims

    name = "sigstoreBundle-invalid-signature.json"
    with pytest.raises(Malformed, match="strict JSON"):
        parse_bundle_claims(attestation(name), what=name)


def test_a_good_bundle_counts_next_to_a_bad_one(tmp_path):
    launch = attested_launch(tmp_path)

    def strip(document):
        document["verificationMaterial"]["tlogEntries"] = []

    put(launch, "0.sigstore.json", changed(attestation(), strip))
    put(launch, "1.sigstore.json", b"{")
    result = answer(launch)
    assert not result.findings
    assert [n.code for n in result.notices] == ["provenance-invalid", "provenance-invalid"]


def test_each_rule_needs_its_own_bundle(tmp_path):
    launch = attested_launch(tmp_path, rule(), rule(path="README"))
    assert [f.subject for f in answer(launch).findings] == ["release:README"]


def test_a_bundle_over_the_limit_is_refused(tmp_path):
    launch = attested_launch(tmp_path)
    put(launch, "a.sigstore.json", attestation() + b" " * module.BUNDLE_LIMIT)
    assert found(launch)[0][0] == "provenance-missing"
    assert [n.code for n in answer(launch).notices] == ["provenance-invalid"]


def test_a_deep_bundle_is_refused(tmp_path):
    deep = b'{"dsseEnvelope":' + b"[" * 100 + b"]" * 100 + b',"verificationMaterial":{}}'
    launch = attested_launch(tmp_path, bundle=deep)
    assert [n.code for n in answer(launch).notices] == ["provenance-invalid"]


def test_too_many_files_are_not_looked_at_and_that_is_an_error(tmp_path, monkeypatch):
    launch = attested_launch(tmp_path)
    monkeypatch.setattr(module, "FILE_COUNT", 2)
    assert not found(launch)
    put(launch, "b.sigstore.json", attestation())
    assert found(launch)[0][0] == "provenance-unchecked"
    assert judged(launch).exit_code == 1


def test_a_folder_that_is_a_link_is_an_error(tmp_path):
    launch = attested_launch(tmp_path)
    folder = launch.path / "manifests/provenance"
    folder.rename(tmp_path / "elsewhere")
    folder.symlink_to(tmp_path / "elsewhere")
    assert found(launch)[0][0] == "provenance-unchecked"
    assert judged(launch).exit_code == 1


def test_without_sigstore_it_is_an_error_that_names_the_extra(tmp_path, monkeypatch):
    launch = attested_launch(tmp_path)
    monkeypatch.setitem(sys.modules, "sigstore.models", None)
    code, message = found(launch)[0]
    assert code == "provenance-unchecked"
    assert "pip install 'sigstore>=4.0'" in message
    assert judged(launch).exit_code == 1


def test_without_a_rule_nothing_is_read_or_imported(tmp_path):
    launch = make_launch(tmp_path, policy=policy())
    put(launch, "a.sigstore.json", b"{")
    assert all(r.id != "provenance" for r in judged(launch).results)
    done = imported(launch)
    assert done.stdout.split() == ["0", "False"]


def test_it_needs_no_home_and_no_network(tmp_path):
    done = imported(attested_launch(tmp_path), HOME="/nonexistent", XDG_DATA_HOME="/nonexistent")
    assert done.stdout.split() == ["0", "True"], done.stderr


def imported(launch: Launch, **changes: str) -> subprocess.CompletedProcess[str]:
    """Verify in a process without sockets: the exit code, and whether sigstore was loaded."""
    program = (
        "import socket, sys\n"
        "def refuse(*a, **k): raise SystemExit(99)\n"
        "socket.socket.connect = refuse; socket.getaddrinfo = refuse\n"
        "from click.testing import CliRunner\n"
        "from aztrust.cli.main import main\n"
        f"words = ['-C', {str(launch.path)!r}, 'verify', '--anchor', {launch.anchor!r}]\n"
        "print(CliRunner().invoke(main, words).exit_code, 'sigstore' in sys.modules)\n"
    )
    return subprocess.run(
        [sys.executable, "-c", program],
        env=environment(**changes),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )


def test_artifact_of_the_tests_is_the_attested_one():
    import hashlib

    assert hashlib.sha256(artifact()).hexdigest().startswith("afa27b44")


def name_another_commit(monkeypatch):
    """From now on, the second bundle of a launch verifies with another commit."""
    verified = module._verify

    def of_another_commit(verifier, name, data, root):
        read = verified(verifier, name, data, root)
        return read if name[0] == "a" else replace(read, facts=replace(read.facts, commit="f" * 40))

    monkeypatch.setattr(module, "_verify", of_another_commit)


def test_bundles_that_name_different_commits_are_shown_and_in_the_review(tmp_path, monkeypatch):
    launch = attested_launch(tmp_path, rule(commit=None), approve=False)
    put(launch, "b.sigstore.json", attestation() + b"\n")
    assert "commit" not in str(answer(launch).notices)
    name_another_commit(monkeypatch)
    result = answer(launch)
    assert result.status is Status.PASS
    (notice,) = result.notices
    assert (notice.code, notice.subject) == ("provenance-mismatch", f"release:{FILE}")
    for part in (COMMIT, "f" * 40, "a.sigstore.json", "b.sigstore.json"):
        assert part in notice.message
    assert "f" * 40 in result.detail
    context = read_launch_context(launch.path)
    options = ApprovalOptions("release")
    review = prepare_approval(launch.path, context, signer("sonia").public, options).review
    assert review is not None
    assert [b.commit for b in review.builds or ()] == [COMMIT, "f" * 40]
    text = f"{FILE}: {notice.message}"
    assert [w.text for w in review.warnings if w.code == "provenance-mismatch"] == [text]
    prepared = prepare_seal(launch.path, context, "release")
    assert [r.text for r in prepared.remarks if r.code == "provenance-mismatch"] == [text]


def test_a_rule_that_names_the_commit_takes_one_of_two_bundles(tmp_path, monkeypatch):
    launch = attested_launch(tmp_path, rule())
    put(launch, "b.sigstore.json", attestation() + b"\n")
    name_another_commit(monkeypatch)
    assert answer(launch).notices == ()
