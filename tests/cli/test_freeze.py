"""A recorded freeze as `aztrust verify` reads it from a launch directory."""

from __future__ import annotations

import pytest

from tests.command import run
from tests.disk_launch import NOW, PEOPLE, make_launch, policy_text
from tests.verdicts import ONE

AT = str(NOW // 1000)


@pytest.fixture
def launch(tmp_path):
    return make_launch(tmp_path, policy=policy_text(extra=ONE))


def verify(launch, *words):
    return run(
        *("-C", launch.path, "verify", "--at", AT, "--anchor", launch.anchor, *words),
        *("--format", "json"),
    )


def freeze(done):
    return next(check for check in done.document["checks"] if check["id"] == "freeze")


@pytest.mark.clause("AZ-5.2")
def test_frozen(launch):
    record_id = launch.freeze()
    done = verify(launch, "--require", "frozen")
    assert done.exit_code == 0
    assert freeze(done)["status"] == "pass"
    assert freeze(done)["detail"] == "2026-06-01 12:07 UTC by luca"
    assert freeze(done)["evidence"] == [record_id]


def test_not_frozen(launch):
    done = verify(launch, "--require", "frozen")
    assert (done.exit_code, freeze(done)["findings"][0]["code"]) == (11, "freeze-missing")


@pytest.mark.clause("AZ-2.4")
def test_frozen_and_changed(launch):
    launch.freeze()
    launch.file("release", "README").write_bytes(b"atlasd 1.0.1\n")
    assert verify(launch, "--require", "frozen").exit_code == 10
    launch.seal("release", "rita")
    launch.seal("genesis", "gabi")
    done = verify(launch, "--require", "frozen")
    assert freeze(done)["findings"][0]["code"] == "freeze-other-scope"
    assert done.exit_code == 10


def test_a_file_among_the_verdicts_that_cannot_be_read(launch):
    launch.freeze()
    (launch.path / "manifests/verdicts/x.dsse.json").mkdir()
    done = verify(launch, "--require", "frozen")
    assert done.exit_code == 1
    assert any(
        finding["code"] == "record-unreadable"
        for check in done.document["checks"]
        for finding in check["findings"]
    )


def test_a_bundle_next_to_it_is_for_other_tools(launch):
    launch.freeze()
    (launch.path / "manifests/verdicts/x.sigstore.json").write_text("{}")
    assert verify(launch, "--require", "frozen").exit_code == 0


def test_a_revoked_freeze(launch):
    record_id = launch.freeze()
    launch.revoke(record_id, "sonia")
    done = verify(launch, "--require", "frozen")
    assert (done.exit_code, freeze(done)["findings"][0]["code"]) == (11, "freeze-revoked")


def test_a_freeze_can_be_taken_back_by_its_id(tmp_path):
    launch = make_launch(tmp_path, policy=policy_text(extra=ONE))
    freeze = launch.freeze()
    words = ("-C", launch.path, "revoke", freeze[7:23], "--reason", "too early", "--yes")
    refused = run(*words, "--key", launch.key_file("dan"))
    assert refused.exit_code == 10
    done = run(*words, "--key", launch.key_file("luca"))
    assert done.exit_code == 0, done.err
    assert "freeze_confirmed verdict by luca no longer counts" in " ".join(done.out.split())
    verdict = run("-C", launch.path, "verify", "--anchor", launch.anchor)
    assert (verdict.exit_code, "freeze-revoked" in verdict.out) == (11, True)
    assert "luca has revoked it already" in run(*words, "--key", launch.key_file("luca")).out


def test_a_retired_key_leaves_its_freeze_effective(tmp_path):
    launch = make_launch(tmp_path, policy=policy_text(extra=ONE))
    freeze = launch.freeze()
    luca = PEOPLE["luca"].public().fingerprint
    words = ("-C", launch.path, "revoke", luca, "--reason", "retired", "--yes")
    done = run(*words, "--key", launch.key_file("luca"), "--format", "json")
    assert done.exit_code == 0, done.err
    assert freeze in done.document["stands"]
    assert run("-C", launch.path, "verify", "--anchor", launch.anchor).exit_code == 0


def test_show_tells_a_verdict_from_a_record(tmp_path):
    launch = make_launch(tmp_path, policy=policy_text(extra=ONE))
    freeze = launch.freeze()
    shown = run("-C", launch.path, "show", freeze[7:23])
    assert shown.exit_code == 0, shown.err
    assert "verdict: freeze_confirmed" in shown.out
    assert "by luca" in shown.out


def test_once_frozen_verify_asks_for_the_freeze_by_itself(tmp_path):
    launch = make_launch(tmp_path, policy=policy_text(extra=ONE))
    first = launch.freeze()
    verify = ("-C", launch.path, "verify", "--anchor", launch.anchor)
    assert run(*verify).exit_code == 0
    launch.revoke(first, "sonia")
    assert run(*verify).exit_code == 11
    assert run(*verify, "--require", "approved").exit_code == 0
