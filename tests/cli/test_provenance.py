"""Provenance as it is typed: added, shown, and asked for before each signature."""

from __future__ import annotations

import hashlib
import json
import sys

import pytest

from tests.attestations import FILE, REPOSITORY, attestation, attested_launch, rule, trusted_root
from tests.command import run

SHORT = f"{REPOSITORY}/.github/workflows/integration.yml@refs/heads/main"


@pytest.fixture
def bare(tmp_path, monkeypatch):
    """A launch with a rule, unsealed, whose bundle and root are next to it and not in it."""
    made = attested_launch(tmp_path, seal=False)
    for path in (made.path / "manifests/provenance").iterdir():
        path.unlink()
    (tmp_path / "node.json").write_bytes(attestation())
    (tmp_path / "root.json").write_bytes(trusted_root())
    monkeypatch.chdir(made.path)
    return made


def test_added_under_its_digest_once(bare, tmp_path):
    words = ("provenance", "add", tmp_path / "node.json", tmp_path / "root.json")
    done = run(*words, "--format", "json")
    assert done.exit_code == 0
    names = [
        f"{hashlib.sha256(attestation()).hexdigest()}.sigstore.json",
        f"{hashlib.sha256(trusted_root()).hexdigest()}.trusted_root.json",
    ]
    assert [f["path"] for f in done.document["files"]] == [
        f"manifests/provenance/{name}" for name in names
    ]
    folder = bare.path / "manifests/provenance"
    assert sorted(p.name for p in folder.iterdir()) == sorted(names)
    assert (folder / names[0]).read_bytes() == attestation()
    again = run(*words, "--format", "json")
    assert [f["written"] for f in again.document["files"]] == [False, False]


@pytest.mark.parametrize(
    "name",
    [
        "sigstore-js-2.1.0-bundle.json",
        "github_provenance_demo-0.0.12-py3-none-any-bundle.jsonl",
        "sigstoreBundle-invalid-signature.json",
    ],
)
def test_what_would_never_verify_is_not_added(bare, tmp_path, name):
    (tmp_path / "other.json").write_bytes(attestation(name))
    done = run("provenance", "add", tmp_path / "node.json", tmp_path / "other.json")
    assert done.exit_code == 10
    assert not list((bare.path / "manifests/provenance").iterdir())


def test_a_seal_needs_it(bare, tmp_path):
    seal = ("seal", "release", "--key", bare.key_file("rita"))
    done = run(*seal)
    assert done.exit_code == 10
    assert "provenance-missing" in done.err
    run("provenance", "add", tmp_path / "node.json", tmp_path / "root.json")
    assert run(*seal).exit_code == 0


def test_a_seal_without_sigstore_could_not_check(bare, tmp_path, monkeypatch):
    run("provenance", "add", tmp_path / "node.json", tmp_path / "root.json")
    monkeypatch.setitem(sys.modules, "sigstore.models", None)
    done = run("seal", "release", "--key", bare.key_file("rita"))
    assert done.exit_code == 1
    assert "pip install 'sigstore>=4.0'" in " ".join(done.err.split())
    assert not (bare.path / "manifests/release.json").exists()


def test_the_review_that_is_signed_names_the_builder(tmp_path, monkeypatch):
    launch = attested_launch(tmp_path, approve=False)
    monkeypatch.chdir(launch.path)
    done = run(
        *("approve", "release", "--key", launch.key_file("sonia"), "--yes"),
        *("--anchor", launch.anchor),
    )
    assert done.exit_code == 0, done.err
    for part in (FILE, REPOSITORY, SHORT, "283bf967fa3c591925dd25e6a6e8e781542117bf"):
        assert part in done.out
    path = next((launch.path / "manifests/records").glob("*.approval.*"))
    import base64

    payload = json.loads(base64.b64decode(json.loads(path.read_bytes())["payload"]))
    review = payload["predicate"]["preimages"]["review"]
    assert review["version_minor"] == 1
    assert review["builds"][0]["repository"] == REPOSITORY
    assert review["builds"][0]["workflow"] == SHORT


def test_no_approval_of_what_another_repository_built(tmp_path, monkeypatch):
    other = rule(repository=f"{REPOSITORY}-too")
    launch = attested_launch(tmp_path, other, approve=False)
    monkeypatch.chdir(launch.path)
    words = ("--yes", "--anchor", launch.anchor)
    done = run("approve", "release", "--key", launch.key_file("sonia"), *words)
    assert done.exit_code == 10
    assert "provenance-mismatch" in done.err
    # The genesis is another question.
    assert run("approve", "genesis", "--key", launch.key_file("gabi"), *words).exit_code == 0


def test_the_report_names_the_builder(tmp_path, monkeypatch):
    launch = attested_launch(tmp_path)
    monkeypatch.chdir(launch.path)
    done = run("verify", "--anchor", launch.anchor, "--format", "json")
    assert done.exit_code == 0
    check = next(c for c in done.document["checks"] if c["id"] == "provenance")
    assert check["status"] == "pass"
    assert SHORT in check["detail"]


def test_a_kit_has_none_and_a_host_does_not_ask(tmp_path, monkeypatch):
    launch = attested_launch(tmp_path)
    monkeypatch.chdir(launch.path)
    kit = tmp_path / "launch.aztrust"
    done = run("pack", "--to", kit, "--format", "json")
    assert done.exit_code == 0
    assert not [path for path in done.document["files"] if "provenance" in str(path)]
    done = run("-C", kit, "preflight", "--anchor", launch.anchor, "--format", "json")
    assert all(c["id"] != "provenance" for c in done.document["checks"])


def test_show_names_what_a_bundle_says_and_that_it_was_not_verified(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "node.json").write_bytes(attestation())
    done = run("show", "node.json")
    assert done.exit_code == 0
    assert "attestation of a build" in done.out
    assert REPOSITORY in done.out
    assert "NOT verified" in done.out
    (tmp_path / "root.json").write_bytes(trusted_root())
    done = run("show", "root.json")
    assert "trusted root of Sigstore" in done.out
    assert hashlib.sha256(trusted_root()).hexdigest() in done.out
