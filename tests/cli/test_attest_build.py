"""`aztrust attest-build` as it is typed."""

from __future__ import annotations

import pytest

from tests.command import run
from tests.disk_launch import RELEASE, make_launch, policy_text

FILE = "bin/atlasd"
BUILDERS = '[reproduction]\nroles = ["security-lead", "consensus-lead"]\ndistinct_holders = 2\n'


@pytest.fixture
def launch(tmp_path, monkeypatch):
    made = make_launch(tmp_path, policy=policy_text(extra=BUILDERS))
    (tmp_path / "built").write_bytes(RELEASE[FILE])
    (tmp_path / "other").write_bytes(b"other bytes")
    monkeypatch.chdir(made.path)
    return made


def attest(launch, who, result="built", path=FILE, *more):
    return run(
        *("attest-build", path, launch.path.parent / result, "--environment", "go1.24.1"),
        *("--key", launch.key_file(who), "--anchor", launch.anchor, *more),
    )


def verify(launch):
    return run("verify", "--anchor", launch.anchor)


def test_two_holders_build_it_and_it_passes(launch):
    done = verify(launch)
    assert done.exit_code == 10
    assert "reproduction-unmet" in done.out
    done = attest(launch, "sonia", "built", FILE, "--format", "json")
    assert done.exit_code == 0
    assert done.document["same"] is True
    assert "reproduction-unmet" in verify(launch).out
    assert attest(launch, "cosmin").exit_code == 0
    assert verify(launch).exit_code == 0


def test_other_bytes_are_recorded_and_block(launch):
    for who in ("sonia", "cosmin"):
        attest(launch, who)
    done = attest(launch, "cosmin", "other")
    assert done.exit_code == 0
    assert "OTHER BYTES" in done.out
    done = verify(launch)
    assert done.exit_code == 10
    assert "build-disagreement" in done.out
    assert "cosmin built other bytes (with go1.24.1)" in " ".join(done.out.split())


def test_another_role_is_refused(launch):
    done = attest(launch, "rita")
    assert done.exit_code == 10
    assert not list((launch.path / "manifests/records").glob("*.build-attestation.*"))


def test_a_file_that_is_not_an_artifact_is_refused(launch):
    done = attest(launch, "sonia", "built", "README")
    assert done.exit_code == 2
    assert "artifacts: bin/atlasd" in done.err


def test_a_missing_file_could_not_be_checked(launch):
    assert attest(launch, "sonia", "absent").exit_code == 1


def test_before_the_seal_there_is_nothing_to_compare(tmp_path, monkeypatch):
    made = make_launch(tmp_path, policy=policy_text(extra=BUILDERS), seal=False)
    (tmp_path / "built").write_bytes(RELEASE[FILE])
    monkeypatch.chdir(made.path)
    assert attest(made, "sonia").exit_code == 3
