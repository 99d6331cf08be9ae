"""A recorded freeze as `aztrust verify` reads it from a launch directory."""

from __future__ import annotations

import pytest

from tests.command import run
from tests.launches import NOW, make_launch, policy_text
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


@pytest.mark.clause("AZ-5.3")
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


def test_a_bundle_beside_it_is_for_other_tools(launch):
    launch.freeze()
    (launch.path / "manifests/verdicts/x.sigstore.json").write_text("{}")
    assert verify(launch, "--require", "frozen").exit_code == 0


def test_a_revoked_freeze(launch):
    record_id = launch.freeze()
    launch.revoke(record_id, "sonia")
    done = verify(launch, "--require", "frozen")
    assert (done.exit_code, freeze(done)["findings"][0]["code"]) == (11, "freeze-revoked")
