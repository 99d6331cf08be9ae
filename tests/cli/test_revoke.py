"""`aztrust revoke` as it is typed."""

from __future__ import annotations

import pytest

from tests.command import run
from tests.disk_launch import PEOPLE, make_launch


@pytest.fixture
def launch(tmp_path, monkeypatch):
    made = make_launch(tmp_path)
    monkeypatch.chdir(made.path)
    return made


def revocations(launch) -> int:
    return len(list((launch.path / "manifests/records").glob("*.revocation.*")))


def test_what_falls_is_shown_before_the_question(launch, monkeypatch):
    record = launch.records[2]
    key = launch.key_file("rita")
    done = run("revoke", record.path, "--key", key, "--reason", "wrong\x1b[2J file")
    assert done.exit_code == 4
    assert f"record   approval of release {launch.package_id('release')[7:15]} by rita" in done.out
    assert f"  {record.record_id}" in done.out
    assert "reason   wrong\\x1b[2J file" in done.out
    assert "falls    approval of release" in done.out
    assert "release approvals 3 of 3 -> 2 of 3; missing release-manager" in done.out
    assert revocations(launch) == 0
    monkeypatch.setattr("aztrust.cli.session.is_terminal", lambda _: True)
    done = run("revoke", record.path, "--key", key, "--reason", "wrong", answer="y\n")
    assert done.exit_code == 0
    assert "Revoke this record? It cannot be undone." in done.err
    assert revocations(launch) == 1
    assert "git commit -m 'revoke record " in done.out
    done = run("revoke", record.path, "--key", key, "--reason", "wrong")
    assert done.exit_code == 0
    assert "nothing was signed" in done.out
    assert revocations(launch) == 1


@pytest.mark.clause("AZ-5.2")
def test_revoked_then_approved_again(launch):
    anchor = ("--anchor", launch.anchor)
    assert run("verify", *anchor).exit_code == 0
    record, key = launch.records[2], launch.key_file("rita")
    assert run("revoke", record.record_id, "--key", key, "--reason", "x", "--yes").exit_code == 0
    done = run("verify", *anchor)
    assert done.exit_code == 10
    assert "approval-revoked" in done.out
    assert run("approve", "release", "--key", key, "--yes").exit_code == 0
    assert run("verify", *anchor).exit_code == 0


def test_a_retired_key_shows_what_stays_in_force(launch):
    fingerprint = PEOPLE["rita"].public().fingerprint
    key = launch.key_file("rita")
    done = run("revoke", fingerprint[7:17], "--key", key, "--reason", "retired", "--yes")
    assert done.exit_code == 0
    assert "key      of rita" in done.out
    assert done.out.count("signed before it was retired") == 2
    assert run("verify", "--anchor", launch.anchor).exit_code == 0
    done = run("approve", "release", "--key", key, "--yes")
    assert done.exit_code == 10
    assert "was revoked by rita (retired)" in " ".join(done.err.split())


def test_json(launch):
    done = run(
        *("revoke", PEOPLE["rita"].public().fingerprint, "--key", launch.key_file("sonia")),
        *("--reason", "compromised", "--yes", "--format", "json"),
    )
    document = done.document
    assert document["target_kind"] == "key"
    assert len(document["falls"]) == 2
    assert document["stands"] == []
    assert document["holder"] == "sonia"
    assert document["effects"][-1].startswith("release no longer has a seal")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("deadbeef", "--reason", "x"), 2),
        (("zz", "--reason", "x"), 2),
        (("8080c03b", "--reason", "lost"), 2),
        (("8080c03b",), 2),
        (("8080c03b", "--reason", "retired", "--anchor", "0" * 64), 10),
    ],
)
def test_what_it_does_not_take(launch, arguments, code):
    done = run("revoke", *arguments, "--key", launch.key_file("rita"), "--yes")
    assert done.exit_code == code
    assert revocations(launch) == 0


def test_others_may_not(launch):
    for who in ("gabi", "mallory"):
        done = run(
            *("revoke", launch.records[2].record_id, "--reason", "x", "--yes"),
            *("--key", launch.key_file(who)),
        )
        assert done.exit_code == 10
        assert "may: rita" in done.err
        assert "may: sonia" in done.err


def test_a_record_that_has_not_arrived(launch):
    done = run("revoke", "e" * 64, "--reason", "x", "--yes", "--key", launch.key_file("gabi"))
    assert done.exit_code == 0
    assert "not known here; it is revoked for when it arrives" in done.out
    assert "falls    nothing that counts now" in done.out


def test_a_key_file_is_answered_with_how_to_name_the_key(tmp_path):
    launch = make_launch(tmp_path)
    done = run("-C", launch.path, "revoke", "keys/rita.pem", "--reason", "retired")
    assert done.exit_code == 2
    assert "aztrust key fingerprint keys/rita.pem" in " ".join(done.err.split())
