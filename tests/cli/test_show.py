"""`aztrust show`: every kind of file, and what is shown as verified about it."""

from __future__ import annotations

import json

import pytest

from aztrust.acts.publish import store_record
from aztrust.acts.sign import sign_record
from aztrust.core.base.canonical import dumps
from aztrust.core.records.package import Seal
from aztrust.core.records.records import KINDS
from aztrust.signers.local import LocalSigner, generate, public_key
from tests.command import run
from tests.disk_launch import NOW, make_launch, policy_text, signer
from tests.verdicts import ONE


@pytest.fixture
def launch(tmp_path):
    return make_launch(tmp_path)


def show(launch, target, *words):
    return run("-C", launch.path, "show", target, *words)


def parts(done):
    """The sentences under `verified` and under `NOT verified`."""
    assert done.exit_code == 0, done.err
    document = json.loads(done.out)
    return " | ".join(document["verified"]), " | ".join(document["unverified"])


def test_policy(launch):
    done = show(launch, launch.path / "manifests/launch.toml")
    assert done.out.startswith(f"policy of this launch\n  {launch.anchor}\n")
    assert "holder   rita: release-manager" in done.out
    assert "NOT verified\n         that it is the announced one" in done.out


def test_manifest(launch):
    done = show(launch, launch.manifest_path("release"), "--format", "json")
    verified, unverified = parts(done)
    assert "that rita seals it" in verified
    assert "aztrust verify" in unverified
    assert done.document["id"] == launch.package_id("release")
    assert "the current one" in done.document["title"]


def test_a_manifest_that_is_not_sealed(tmp_path):
    launch = make_launch(tmp_path, seal=False)
    launch.write_manifest("release")
    verified, unverified = parts(show(launch, launch.manifest_path("release"), "--format", "json"))
    assert "seals it" not in verified
    assert "that it is sealed: no record here seals it" in unverified


def test_record_of_this_launch(launch):
    done = show(launch, launch.path / launch.records[2].path)
    assert done.out.startswith(f"record: approval:v1\n  {launch.records[2].record_id}\n")
    assert "verified the signature, by rita under this launch's policy" in done.out
    assert "that nothing here revokes it" in done.out


def test_revoked_record(launch):
    record = launch.records[2]
    launch.revoke(record.record_id, "rita")
    verified, _ = parts(show(launch, launch.path / record.path, "--format", "json"))
    assert "REVOKED" in verified
    assert "nothing here revokes it" not in verified


@pytest.mark.clause("AZ-15.2")
def test_a_changed_signature_is_not_verified(launch):
    path = launch.path / launch.records[2].path
    envelope = json.loads(path.read_bytes())
    other = json.loads((launch.path / launch.records[3].path).read_bytes())
    envelope["signatures"][0]["sig"] = other["signatures"][0]["sig"]
    path.write_bytes(dumps(envelope))
    verified, unverified = parts(show(launch, path, "--format", "json"))
    assert verified == ""
    assert "all below is a claim" in unverified


def test_a_stranger_is_not_verified(launch):
    private = generate("p256")
    body = Seal(
        package_class="release",
        package_id=launch.package_id("release"),
        policy_digest=launch.anchor,
        prior_seals=(),
        sealed_at_unix_ms=NOW,
    )
    record = sign_record("seal", body, {}, LocalSigner(public_key(private), private))
    path = store_record(launch.path, record)
    verified, unverified = parts(show(launch, path, "--format", "json"))
    assert verified == ""
    assert "no holder of this policy" in unverified


def test_a_record_of_elsewhere_does_not_count_here(launch, tmp_path):
    body = Seal(
        package_class="release",
        package_id="sha256:" + "0" * 64,
        policy_digest=launch.anchor,
        prior_seals=(),
        sealed_at_unix_ms=NOW,
    )
    path = tmp_path / "letter.json"
    path.write_bytes(sign_record("seal", body, {}, signer("rita")).data)
    verified, unverified = parts(show(launch, path, "--format", "json"))
    assert "the signature, by rita" in verified
    assert "not among this launch's records" in unverified


def test_without_a_launch_nothing_is_verified(launch, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    verified, unverified = parts(
        run("show", launch.path / launch.records[0].path, "--format", "json")
    )
    assert verified == ""
    assert "no launch directory here" in unverified


def test_public_key(launch):
    done = show(launch, launch.path / "keys/sonia.pem")
    assert "that this launch's policy lists it for sonia" in done.out


def test_a_private_key_is_never_shown(launch):
    path = launch.key_file("rita")
    done = show(launch, path)
    assert (done.exit_code, done.out) == (10, "")
    assert "is a private key; its contents are not shown" in done.err
    assert path.read_text().splitlines()[1] not in done.err


def test_report(launch, tmp_path):
    path = tmp_path / "report.json"
    run("-C", launch.path, "verify", "--format", "json", "-o", path)
    done = show(launch, path)
    assert "verdict  hold, guidance HOLD, exit 12" in done.out
    assert "a report is not signed" in done.out


def test_a_verdict_row_by_row(tmp_path):
    launch = make_launch(tmp_path, policy=policy_text(extra=ONE))
    record_id = launch.freeze()
    done = show(launch, record_id)
    assert done.out.startswith(f"verdict: freeze_confirmed = pass\n  {record_id}\n")
    assert "verdict  pass, guidance CONTINUE" in done.out
    assert "rows     ok    release-package, for " in done.out
    document = show(launch, record_id, "--format", "json").document["document"]
    assert (document["verdict"], document["guidance"]) == ("pass", "CONTINUE")
    assert {row["status"] for row in document["matrix"]} == {"pass"}


def test_by_id(launch):
    for id_, kind in (
        (launch.records[0].record_id, "record"),
        (launch.package_id("genesis"), "manifest"),
        (signer("rita").public.fingerprint, "key"),
        (launch.anchor, "policy"),
    ):
        for spelling in (id_, id_[7:], id_[7:19], id_[7:19].upper()):
            done = show(launch, spelling, "--format", "json")
            assert (done.document["kind"], done.document["id"]) == (kind, id_)


@pytest.mark.parametrize("target", ["", "abc", "zzzz", "no/such/file", "sha256:", "0" * 65])
def test_no_such_thing(launch, target):
    assert show(launch, target).exit_code == 2


def test_several_ids(launch, monkeypatch):
    sealed = launch.path / "manifests/sealed"
    for digit in "ab":
        (sealed / f"{'0' * 8}{digit}{'0' * 55}.json").write_text("{}")
    done = show(launch, "00000000")
    assert done.exit_code == 2
    assert "2 ids begin with 00000000" in done.err


BROKEN = {
    "empty": b"",
    "text": b"hello",
    "binary": b"\x00\xff\x1b[2J",
    "half": b'{"payloadType": "application/vnd',
    "deep": b'{"a":' * 5000,
    "twice": b'{"schema": 1, "schema": 2}',
    "envelope": b'{"payloadType": 1, "payload": 2, "signatures": []}',
    "manifest": b'{"schema": "aztrust/package-manifest"}',
    "report": b'{"schema": "aztrust/report"}',
    "other": b'{"schema": "a\\nPASS"}',
    "list": b"[1]",
    "pem": b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
    "policy": b"[launch]\nname = 1\n",
    "bom": b"\xef\xbb\xbf{}",
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_files_are_one_clear_block(launch, tmp_path, name):
    path = tmp_path / name
    path.write_bytes(BROKEN[name])
    done = show(launch, path)
    assert (done.exit_code, done.out) == (10, "")
    assert done.err.startswith("malformed ")
    assert "Traceback" not in done.err
    assert not any(line.startswith("PASS") for line in done.err.splitlines())


def test_a_directory(launch):
    assert show(launch, launch.path).exit_code == 2


def test_hostile_fields_forge_nothing(tmp_path):
    hostile = "a\nPASS \x1b[31m\u202e"
    policy = policy_text().replace(
        'name = "test launch"', 'name = "' + "".join(f"\\U{ord(c):08x}" for c in hostile) + '"'
    )
    launch = make_launch(tmp_path, policy=policy)
    launch.revoke(launch.records[0].record_id, "rita", reason=hostile)
    for target in (
        launch.path / launch.records[-1].path,
        launch.path / "manifests/launch.toml",
        launch.manifest_path("release"),
    ):
        done = show(launch, target)
        assert done.exit_code == 0
        assert all(line.isprintable() for line in done.out.splitlines())
        assert not any(line.lstrip().startswith("PASS") for line in done.out.splitlines())


@pytest.mark.parametrize("data", [b"", b"hello", b"\xff\x00", b'{"a":', b"[1]", b"{}"])
def test_a_file_that_is_not_one_of_ours_has_a_mend(tmp_path, data):
    (tmp_path / "f").write_bytes(data)
    done = run("show", tmp_path / "f")
    assert done.exit_code == 10
    assert "mend " in done.err


_SCOPE = "sha256:" + "5" * 64
_FILE = {
    "name": "run.log",
    "sha256": "sha256:" + "a" * 64,
    "blake3": "blake3:" + "b" * 64,
    "size": 3,
}
_SAID = {
    "launch-anomaly": (
        {
            "anomaly_class": "artifact-mismatch",
            "detail": "a guard recomputed",
            "guidance": "HOLD",
            "observed_at_unix_ms": NOW,
            "scope_hash": _SCOPE,
        },
        ("artifact-mismatch", "HOLD", "a guard recomputed", "2026-06-01 12:00:00 UTC"),
    ),
    "check-attestation": (
        {
            "attested_at_unix_ms": NOW,
            "check": "operator-preflight",
            "evidence": [_FILE],
            "note": "",
            "role": "security-lead",
            "scope_hash": _SCOPE,
            "status": "pass",
        },
        ("operator-preflight", "name run.log", "size 3", "note     none"),
    ),
    "blocker": (
        {
            "action": "open",
            "blocker": None,
            "reason": "a seed is down",
            "said_at_unix_ms": NOW,
            "severity": "critical",
        },
        ("a seed is down", "critical", "open"),
    ),
    "advisory-review": (
        {
            "evidence": [],
            "note": "read",
            "outcome": "clear",
            "reviewed_at_unix_ms": NOW,
            "scope_hash": _SCOPE,
            "sources": ["private", "public"],
        },
        ("clear", "private, public", "evidence none"),
    ),
    "launch-defer": (
        {
            "deferred_at_unix_ms": NOW,
            "launch_window_id": _SCOPE,
            "reason": "rain",
            "scope_hash": _SCOPE,
        },
        ("rain", "2026-06-01 12:00:00 UTC"),
    ),
    "note": ({"said_at_unix_ms": NOW, "text": "still here"}, ("still here",)),
}


@pytest.mark.parametrize("kind", sorted(_SAID))
def test_records_of_a_launch_window(tmp_path, kind):
    launch = make_launch(tmp_path, policy=policy_text(extra=ONE))
    fields, words = _SAID[kind]
    body = KINDS[kind].model.model_validate({**fields, "policy_digest": launch.anchor})
    by = "luca" if kind == "launch-defer" else "sonia"
    record = sign_record(kind, body, {}, signer(by))
    store_record(launch.path, record)
    done = show(launch, record.record_id[7:23])
    assert done.exit_code == 0, done.err
    assert done.out.startswith(f"record: {kind}:v1\n")
    assert f"verified the signature, by {by}" in done.out
    for word in words:
        assert word in done.out
    assert "{" not in done.out
