"""`aztrust approve` as it is typed: the screen, the question, what is shown afterwards."""

from __future__ import annotations

import json

import pytest

from tests.command import run
from tests.disk_launch import PEOPLE, make_launch, policy_text, signer
from tests.ledgers import TABLE, LedgerFile, signed_files
from tests.verdicts import ONE

COSMOS = {
    "chain_id": "test-1",
    "genesis_time": "2026-06-02T14:00:00Z",
    "app_state": {
        "bank": {
            "supply": [{"denom": "uatlas", "amount": "1000000000"}],
            "balances": [{"address": "a", "coins": [{"denom": "uatlas", "amount": "1000000000"}]}],
        }
    },
    "validators": [
        {"address": "A", "name": "he\x1b[2Jlix", "power": "70", "pub_key": "k1"},
        {"address": "B", "name": "orbit", "power": "30", "pub_key": "k2"},
    ],
}


@pytest.fixture
def launch(tmp_path, monkeypatch):
    made = make_launch(tmp_path, genesis={"genesis.json": json.dumps(COSMOS).encode()})
    for path in (made.path / "manifests/records").glob("*.approval.*"):
        path.unlink()
    monkeypatch.chdir(made.path)
    return made


@pytest.fixture
def person(monkeypatch):
    """Someone at a terminal."""
    monkeypatch.setattr("aztrust.cli.session.is_terminal", lambda _: True)


def approvals(launch) -> list[str]:
    return sorted(p.name for p in (launch.path / "manifests/records").glob("*.approval.*"))


def test_the_screen_says_who_what_for_what_and_when(launch, monkeypatch):
    monkeypatch.setenv("TZ", "Europe/Berlin")
    __import__("time").tzset()
    done = run("approve", "genesis", "--key", launch.key_file("cosmin"), "--yes")
    monkeypatch.setenv("TZ", "UTC")
    __import__("time").tzset()
    assert done.exit_code == 0
    lines = done.out.splitlines()
    assert lines[0] == "you      cosmin, consensus-lead   key 8c1cc475"
    assert lines[1].startswith("package  genesis of test-1, 1 file, ")
    assert lines[1].endswith("; recomputed here: same bytes")
    assert lines[2] == f"  {launch.package_id('genesis')}"
    text = done.out
    assert f"release {launch.package_id('release')[7:15]}" in text
    assert "(approved 0 of 3)" in text
    assert "time     genesis_time 2026-06-02 14:00 UTC = 16:00 here, " in text
    assert "power    2 validators, 100; 1 hold > 1/3, 1 hold > 2/3; largest" in text
    assert "supply   1,000,000,000 uatlas" in text
    assert "since    the first genesis you approve here" in text
    assert "\x1b" not in text
    assert "he\\x1b[2Jlix 70.0%" in " ".join(text.split())
    assert "missing  genesis-custodian (gabi)" in text
    assert (
        f"next     git add manifests/records && git commit -m 'approve genesis "
        f"{launch.package_id('genesis')[7:15]}'" in text
    )
    assert lines[-3:] == [
        "         or send the file: it is public and safe in any chat",
        "then     cosmin or rita or sonia: aztrust approve release",
        "         gabi: aztrust approve genesis",
    ]
    assert all(len(line) <= 80 for line in lines if "sha256:" not in line and "git" not in line)
    assert len(approvals(launch)) == 1


def test_a_script_answers_nothing_without_yes(launch):
    done = run("approve", "genesis", "--key", launch.key_file("cosmin"))
    assert done.exit_code == 4
    assert "package  genesis" in done.out
    assert approvals(launch) == []


@pytest.mark.parametrize(
    ("answer", "code"), [("y\n", 0), ("yes\n", 0), ("\n", 4), ("n\n", 4), ("", 4), ("yep\n", 4)]
)
def test_only_yes_answers_the_question_with_yes(launch, person, answer, code):
    done = run("approve", "genesis", "--key", launch.key_file("cosmin"), answer=answer)
    assert done.exit_code == code
    assert "Approve this genesis package as consensus-lead? [y/N]" in done.err
    assert len(approvals(launch)) == (code == 0)


def test_no_question_about_something_unseen(launch, person, tmp_path):
    key = launch.key_file("cosmin")
    for option in (["-q"], ["--format", "json"], ["-o", tmp_path / "out"]):
        done = run("approve", "genesis", "--key", key, *option, answer="n\n")
        assert done.exit_code == 4
        assert launch.package_id("genesis") in done.err


def test_json_gives_the_record_and_who_is_missing(launch):
    key = launch.key_file("cosmin")
    done = run("approve", "genesis", "--key", key, "--yes", "--format", "json")
    document = done.document
    assert document["schema"] == "aztrust/recorded"
    assert document["package_id"] == launch.package_id("genesis")
    assert document["holder"] == "cosmin"
    assert document["missing"] == ["genesis-custodian (gabi)"]
    assert document["review"]["facts"]["power"]["validators"] == 2
    assert document["path"].endswith(approvals(launch)[0])
    again = run("approve", "genesis", "--key", key, "--format", "json")
    assert again.exit_code == 0
    assert again.document["record_id"] is None


def test_twice_is_once(launch):
    key = launch.key_file("cosmin")
    assert run("approve", "genesis", "--key", key, "--yes").exit_code == 0
    done = run("approve", "genesis", "--key", key)
    assert done.exit_code == 0
    assert "nothing was signed" in done.out
    assert len(approvals(launch)) == 1


def test_the_last_approval_shows_that_none_is_missing(launch):
    for who in ("gabi", "cosmin"):
        done = run("approve", "genesis", "--key", launch.key_file(who), "--yes")
    assert "missing  none: the threshold is met" in done.out
    done = run("verify", "--only", "genesis", "--anchor", launch.anchor)
    assert done.exit_code == 11


def test_a_role_can_be_named_and_a_stranger_cannot_sign(launch):
    key = launch.key_file("cosmin")
    done = run("approve", "genesis", "--key", key, "--role", "release-manager", "--yes")
    assert done.exit_code == 10
    assert "cosmin is not release-manager" in done.err
    done = run("approve", "genesis", "--key", launch.key_file("mallory"), "--yes")
    assert done.exit_code == 10
    assert "may: cosmin" in done.err
    done = run("approve", "--key", key, "--yes")
    assert done.exit_code == 2
    assert approvals(launch) == []


def test_a_broken_package_lists_what_is_wrong(launch):
    launch.file("genesis", "genesis.json").write_bytes(b"{}")
    done = run("approve", "genesis", "--key", launch.key_file("cosmin"), "--yes")
    assert done.exit_code == 10
    assert "the genesis package is not valid" in done.err
    assert "file-modified" in done.err
    assert approvals(launch) == []


def test_manifest_only_is_shown(launch):
    key = launch.key_file("cosmin")
    done = run("approve", "genesis", "--key", key, "--yes", "--manifest-only")
    assert "NOT looked at, only its manifest" in " ".join(done.out.split())
    assert done.exit_code == 0


def test_an_anchor_that_is_another_policys_stops_it(launch):
    done = run(
        "approve", "genesis", "--key", launch.key_file("cosmin"), "--yes", "--anchor", "0" * 64
    )
    assert done.exit_code == 10
    assert "not the one that was announced" in " ".join(done.err.split())
    assert PEOPLE["cosmin"].roles == ("consensus-lead",)


def test_from_elsewhere_the_line_to_send_it_names_the_directory(launch, monkeypatch, tmp_path):
    key = launch.key_file("cosmin")
    monkeypatch.chdir(tmp_path)
    done = run("-C", launch.path, "approve", "genesis", "--key", key, "--yes")
    assert f"next     git -C {launch.path} add manifests/records" in done.out


def test_an_approval_answers_a_revocation_that_only_the_ledger_has(tmp_path, monkeypatch):
    """Else it would stay revoked, however often its holder approves."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    launch = make_launch(tmp_path / "l", policy=policy_text(extra=ONE + TABLE))
    approvals = (r for r in launch.records if ".approval." in r.path)
    sonias = next(r for r in approvals if signer("sonia").public.keyid[:8] in r.path)
    launch.revoke(sonias.record_id, "sonia")
    log = LedgerFile(tmp_path / "l.ledger", signed_files(launch))
    for path in (launch.path / "manifests/records").glob("*.revocation.*"):
        path.unlink()
    monkeypatch.setenv("AZTRUST_LEDGER", str(log.path))
    verify = ("-C", launch.path, "verify", "--anchor", launch.anchor, "-q")
    assert run(*verify).exit_code == 10
    before = set(signed_files(launch))
    key = launch.key_file("sonia")
    done = run("-C", launch.path, "approve", "release", "--key", key, "--yes", "--format", "json")
    assert done.exit_code == 0, done.err
    assert done.document["missing"] == []
    log.append(set(signed_files(launch)) - before)
    assert run(*verify).exit_code == 0
