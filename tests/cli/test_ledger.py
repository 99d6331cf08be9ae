"""`aztrust ledger` as it is typed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from aztrust.core.base.errors import CouldNotCheck
from aztrust.core.formats import merkle
from aztrust.core.formats.checkpoint_note import Head, encode_head, open_head
from aztrust.core.formats.merkle import verify_inclusion
from tests.command import PROGRAM, environment, run
from tests.disk_launch import Launch, make_launch, policy_text, signer
from tests.verdicts import ONE

ORIGIN = "ledger.example/test-1"
KEPT = f'[ledger]\norigin = "{ORIGIN}"\nkeeper = "{signer("luca").public.fingerprint}"\n'


@pytest.fixture
def launch(tmp_path, monkeypatch) -> Launch:
    made = make_launch(tmp_path, policy=policy_text(extra=ONE + KEPT))
    made.freeze()
    monkeypatch.chdir(made.path)
    monkeypatch.setenv("AZTRUST_LEDGER", str(tmp_path / "launch.ledger"))
    monkeypatch.setenv("AZTRUST_ANCHOR", made.anchor)
    return made


@pytest.fixture
def ledger(launch, tmp_path) -> Path:
    assert run("ledger", "init").exit_code == 0
    return tmp_path / "launch.ledger"


@pytest.fixture
def luca(launch) -> Path:
    return launch.key_file("luca")


def ledger_check(done):
    return next(check for check in done.document["checks"] if check["id"] == "ledger")


def codes(done) -> list[str]:
    return [finding["code"] for finding in ledger_check(done)["findings"]]


def test_from_nothing_to_a_verified_log(launch, ledger, luca, tmp_path):
    done = run("ledger", "append", "--key", luca)
    assert done.exit_code == 0
    assert "ledger   8 appended, 8 entries" in done.out
    assert "head     over 8 entries" in done.out
    assert "      7  verdict" in done.out
    done = run("ledger", "append", "--format", "json")
    assert done.document["size"] == 8
    assert not any(record["new"] for record in done.document["records"])
    assert [record["index"] for record in done.document["records"]] == list(range(8))
    done = run("ledger", "verify")
    assert done.exit_code == 0, done.out
    assert "entries  8, replayed from record 0" in done.out
    assert f"origin   {ORIGIN}, kept by luca" in done.out
    listed = run("ledger", "list").out.splitlines()
    assert listed[-1] == "ledger   8 entries"
    assert listed[0].split()[:6] == ["0", "2026-06-01", "12:00:00", "UTC", "seal", "rita"]
    assert "freeze_confirmed pass" in listed[7]


def test_verify_tells_ten_notices_of_a_kind(launch, ledger, luca, monkeypatch):
    assert run("ledger", "append", "--key", luca).exit_code == 0
    for record in (launch.path / "manifests/records").iterdir():
        record.unlink()
    monkeypatch.setattr("aztrust.report.ledger.FINDINGS_SHOWN", 2)
    done = run("ledger", "verify")
    assert done.out.count("notice   record-only-in-ledger") == 2
    assert "+5 more of record-only-in-ledger; all of them with -v" in done.out
    done = run("ledger", "verify", "-v")
    assert done.out.count("notice   record-only-in-ledger") == 7


def test_without_a_ledger(launch):
    for words in (["list"], ["append"], ["head"], ["verify"], ["prove", "0"], ["show", "0"]):
        done = run("ledger", *words)
        assert done.exit_code == 1
        assert "there is no ledger at" in done.err
        assert "aztrust ledger init" in done.advised


def test_a_ledger_is_made_once(ledger):
    done = run("ledger", "init")
    assert done.exit_code == 10
    assert "already exists" in done.err


def test_the_policy_names_the_origin(launch):
    done = run("ledger", "init", "--origin", "another")
    assert done.exit_code == 2
    assert f"the policy names the origin {ORIGIN}" in done.err


def test_only_the_keeper_signs(launch, ledger):
    for words in (["head"], ["append"]):
        done = run("ledger", *words, "--key", launch.key_file("rita"))
        assert done.exit_code == 10
        assert "may not keep this ledger" in done.err
    done = run("ledger", "append")
    assert done.exit_code == 0
    assert "head     not signed: the keeper's key is not here" in done.out
    done = run("ledger", "head")
    assert done.exit_code == 1
    assert "this ledger has no signed head" in done.err


def test_an_available_keepers_key_signs_by_itself(launch, ledger, luca):
    keys = Path(os.environ["XDG_CONFIG_HOME"]) / "aztrust/keys"
    keys.mkdir(parents=True)
    (keys / "luca.key").write_bytes(luca.read_bytes())
    (keys / "luca.key").chmod(0o600)
    (keys / "luca.pem").write_bytes((launch.path / "keys/luca.pem").read_bytes())
    assert run("ledger", "append", "--no-head", "--format", "json").document["head"] is None
    head = run("ledger", "append", "--format", "json").document["head"]
    assert (head["size"], head["origin"]) == (8, ORIGIN)


def test_where_no_keeper_is_named_the_first_head_names_one(tmp_path, monkeypatch):
    launch = make_launch(tmp_path, policy=policy_text(extra=ONE))
    monkeypatch.chdir(launch.path)
    done = run("ledger", "init")
    assert done.exit_code == 2
    assert "no key here may keep this ledger" in done.err
    done = run("ledger", "init", "--key", launch.key_file("dan"), "--format", "json")
    assert done.exit_code == 0
    made = done.document
    assert Path(made["path"]).parent == Path(os.environ["XDG_DATA_HOME"]) / "aztrust/ledgers"
    assert made["origin"] == f"test-1.{launch.anchor[7:23]}"
    assert run("ledger", "append").exit_code == 0
    assert run("ledger", "head", "--key", launch.key_file("luca")).exit_code == 10
    assert run("ledger", "head", "--key", launch.key_file("dan")).exit_code == 0
    done = run("ledger", "verify", "--anchor", launch.anchor)
    assert done.exit_code == 0
    assert "ledger-unnamed" in done.out


def test_files_in_any_order_from_anywhere(launch, ledger, tmp_path):
    records = sorted((launch.path / "manifests/records").iterdir())
    (verdict,) = (launch.path / "manifests/verdicts").iterdir()
    done = run("ledger", "append", verdict, "--format", "json")
    assert done.exit_code == 10
    assert [refusal["code"] for refusal in done.document["refused"]] == ["cause-missing"]
    lines = b"\n".join(path.read_bytes().replace(b"\n", b"") for path in records[:3])
    done = run("ledger", "append", "-", answer=lines.decode())
    assert (done.exit_code, "3 appended" in done.out) == (0, True)
    pretty = json.dumps(json.loads(records[3].read_bytes()), indent=2)
    done = run("ledger", "append", "-", answer=pretty)
    assert (done.exit_code, "1 appended" in done.out) == (0, True)
    done = run("ledger", "append", verdict, *reversed(records), "--format", "json")
    assert done.exit_code == 0
    assert done.document["size"] == 8
    assert run("ledger", "append", "-", answer="").exit_code == 2
    assert run("ledger", "append", tmp_path / "nothing").exit_code == 1


def test_a_stranger_is_refused_by_name_and_left_in_a_folder(launch, ledger, tmp_path):
    other = make_launch(tmp_path, name="other", policy=policy_text())
    stranger = other.records[0]
    (launch.path / "manifests/records/x.dsse.json").write_bytes(stranger.data)
    done = run("ledger", "append")
    assert done.exit_code == 0
    assert "left     manifests/records/x.dsse.json: approval-other-scope" in done.out
    done = run("ledger", "append", "manifests/records/x.dsse.json")
    assert done.exit_code == 10
    assert "1 REFUSED" in done.out
    assert "approval-other-scope" in done.out


def test_a_rewritten_policy_enters_nothing_without_an_anchor(launch, ledger, monkeypatch):
    assert run("ledger", "append", "--no-head").exit_code == 0
    policy = launch.path / "manifests/launch.toml"
    policy.write_text(f"{policy.read_text()}# mine\n")
    launch.seal("release", "rita")
    monkeypatch.delenv("AZTRUST_ANCHOR")
    done = run("ledger", "append", "--no-head")
    assert (done.exit_code, "anchor-unpinned" in done.err) == (10, True)
    assert run("ledger", "append", "--no-head", "--anchor", launch.anchor).exit_code == 0


def test_what_cannot_be_read_in_a_folder_stops_nothing_and_is_reported(launch, ledger, monkeypatch):
    records = launch.path / "manifests/records"
    os.mkfifo(records / "a.json")
    (records / "loop.json").symlink_to("loop.json")
    done = run("ledger", "append", "--no-head", "--format", "json")
    assert (done.exit_code, done.document["size"]) == (1, 8)
    told = {f["subject"]: f["code"] for f in done.document["refused"]}
    names = ("a.json", "loop.json")
    assert told == {f"manifests/records/{name}": "record-unreadable" for name in names}
    done = run("ledger", "append", "--no-head")
    assert done.exit_code == 1
    assert "refused  manifests/records/a.json" in done.out
    # A file that a person named is the whole question.
    assert run("ledger", "append", records / "a.json").exit_code == 1
    monkeypatch.setattr("aztrust.acts.ledger.intake.FOLDER_LIMIT", 1000)
    done = run("ledger", "append", "manifests/records")
    assert (done.exit_code, "more than 1,000 bytes together" in done.err) == (1, True)


def test_a_folder_that_is_watched(launch, ledger, luca, tmp_path, monkeypatch):
    monkeypatch.setattr("aztrust.cli.ledger.write.WATCH_SECONDS", 0)
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    records = [launch.path / record.path for record in launch.records]
    (verdict,) = (launch.path / "manifests/verdicts").iterdir()
    # The cause arrives later, and one file is still being written.
    late = [*records, verdict]
    files = {path.name: path.read_bytes() for path in late}
    (inbox / verdict.name).write_bytes(files[verdict.name])
    (inbox / records[0].name).write_bytes(files[records[0].name][:500])
    words = ("ledger", "append", "--watch", inbox, "--key", luca)
    done = run(*words, "--rounds", "3")
    assert done.exit_code == 10
    assert done.out.count("cause-missing") == 1
    assert done.out.count("record-malformed") == 1
    for name, data in files.items():
        (inbox / name).write_bytes(data)
    done = run(*words, "--rounds", "2", "--format", "json")
    assert done.exit_code == 0
    (line,) = done.out.splitlines()
    assert (json.loads(line)["size"], json.loads(line)["head"]["size"]) == (8, 8)
    assert run("ledger", "append", "--watch", inbox, "x").exit_code == 2
    assert run("ledger", "append", "--watch", tmp_path / "none", "--rounds", "1").exit_code == 1


def test_a_proof_holds_without_the_ledger(launch, ledger, luca):
    run("ledger", "append", "--key", luca)
    record_id = launch.records[4].record_id
    document = run("ledger", "prove", record_id[7:15], "--format", "json").document
    head = open_head(document["head"].encode(), signer("luca").public, ORIGIN, name="x").head
    leaf_hash = merkle.leaf_hash(document["leaf"].encode())
    assert document["leaf_hash"] == leaf_hash.hex()
    assert document["record_id"] == record_id
    hashes = [bytes.fromhex(value) for value in document["hashes"]]
    verify_inclusion(leaf_hash, document["index"], head.size, hashes, head.root)
    text = run("ledger", "prove", record_id).out
    assert all(value in text for value in document["hashes"])
    assert f"sha256:{head.root.hex()}" in text
    for wrong in ("8", "zz", "abc", "0000000000"):
        assert run("ledger", "prove", wrong).exit_code == 2


def test_no_proof_without_a_head_that_covers_it(launch, ledger, luca, tmp_path):
    records = [launch.path / record.path for record in launch.records]
    run("ledger", "append", *records[:3])
    done = run("ledger", "prove", "0")
    assert done.exit_code == 1
    assert "no head covers entry 0" in done.err
    assert run("ledger", "head", "--key", luca, "-o", tmp_path / "old.note").exit_code == 0
    run("ledger", "append", "--key", luca)
    assert run("ledger", "prove", "5", "--head", tmp_path / "old.note").exit_code == 1
    old = run("ledger", "prove", "1", "--head", tmp_path / "old.note", "--format", "json")
    assert old.document["size"] == 3


def test_no_proof_under_a_second_head_over_one_size(launch, ledger, luca, tmp_path):
    run("ledger", "append", "--key", luca)
    keeper = signer("luca")
    other = Head(ORIGIN, 8, bytes(32))
    note = encode_head(other, keeper.public, keeper.sign(other.text))
    (tmp_path / "other.note").write_bytes(note)
    done = run("ledger", "prove", "0", "--head", tmp_path / "other.note", "--format", "json")
    assert (done.exit_code, done.document["code"]) == (10, "ledger-equivocation")
    assert bytes(32).hex() in done.document["message"]


def test_what_is_not_a_file_is_named_as_what_it_is(launch, tmp_path):
    path = tmp_path / "launch.ledger"
    path.mkdir()
    for what in ("a directory", "not a regular file", "a link to nothing"):
        for words in (("list",), ("verify",), ("append",)):
            done = run("ledger", *words, "--format", "json")
            assert done.exit_code == 1
            assert f"is {what}" in json.dumps(done.document)
        if path.is_dir():
            path.rmdir()
            os.mkfifo(path)
        else:
            path.unlink()
            path.symlink_to("nothing")


def test_a_head_is_the_note_itself(launch, ledger, luca, tmp_path):
    done = run("ledger", "head", "--key", luca)
    note = done.out.encode()
    assert open_head(note, signer("luca").public, ORIGIN, name="x").head.size == 0
    (tmp_path / "head.note").write_bytes(note)
    assert run("ledger", "head", "-o", tmp_path / "same.note").exit_code == 0
    assert (tmp_path / "same.note").read_bytes() == note
    run("ledger", "append", "--key", luca)
    # Of 0 entries every log is an extension; of 8 not.
    done = run("ledger", "verify", "--since", tmp_path / "head.note")
    assert done.exit_code == 0
    assert "extends" in done.out


@pytest.mark.clause("AZ-15.2")
def test_a_log_that_was_cut_back_is_found_by_a_kept_head(launch, ledger, luca, tmp_path):
    records = [launch.path / record.path for record in launch.records]
    run("ledger", "append", *records[:5], "--key", luca)
    whole = ledger.read_bytes()
    shutil.copytree(launch.path / "manifests/ledger", tmp_path / "published")
    run("ledger", "append", "--key", luca)
    assert run("ledger", "head", "-o", tmp_path / "kept.note").exit_code == 0
    assert run("ledger", "verify").exit_code == 0
    ledger.write_bytes(whole)
    # What was published shows what the store lacks.
    assert run("ledger", "verify").exit_code == 0
    shutil.rmtree(launch.path / "manifests/ledger")
    shutil.copytree(tmp_path / "published", launch.path / "manifests/ledger")
    # Nothing but a head from elsewhere tells: the one named, and the one that verify kept.
    done = run("ledger", "verify", "--since", tmp_path / "kept.note", "--format", "json")
    assert (done.exit_code, set(codes(done))) == (10, {"ledger-inconsistent"})
    done = run("ledger", "verify", "--format", "json")
    assert (done.exit_code, codes(done)) == (10, ["ledger-inconsistent"])
    heads = Path(os.environ["XDG_CONFIG_HOME"]) / "aztrust/heads"
    for path in heads.iterdir():
        path.unlink()
    assert run("ledger", "verify").exit_code == 0


def test_the_keeper_signs_nothing_over_a_log_that_was_cut_back(launch, ledger, luca, tmp_path):
    records = [launch.path / record.path for record in launch.records]
    run("ledger", "append", *records[:5], "--no-head")
    earlier = ledger.read_bytes()
    run("ledger", "append", "--no-head")
    assert run("ledger", "head", "--key", luca).exit_code == 0
    ledger.write_bytes(earlier)
    heartbeat = ("head", "--key", luca, "--heartbeat")
    for words in (("append", "--key", luca), ("head", "--key", luca), heartbeat):
        done = run("ledger", *words, "--format", "json")
        assert (done.exit_code, done.document["code"]) == (10, "ledger-inconsistent")
        assert "over 8 entries, and the ledger has 5" in done.err.replace("\n         ", " ")
    listed = ("ledger", "list", "--format", "json")
    assert len(run(*listed, "--ledger", ledger).document["entries"]) == 5
    assert run("ledger", "head", "--ledger", ledger).exit_code == 1
    # What was published has all of them.
    assert len(run(*listed).document["entries"]) == 8
    ledger.unlink()
    done = run("ledger", "init")
    assert (done.exit_code, ledger.exists()) == (10, False)
    assert "no ledger is made" in done.err


def test_records_stay_where_only_the_head_fails(launch, ledger, luca, tmp_path, monkeypatch):
    def full(*_: object) -> None:
        raise CouldNotCheck(
            "cannot use it: the disk is full; nothing was written", mend="make room"
        )

    monkeypatch.setattr("aztrust.acts.ledger.heads.sign_head", full)
    files = [launch.path / record.path for record in launch.records]
    done = run("ledger", "append", *files[:2], "--key", luca)
    assert done.exit_code == 1
    assert "2 appended, 2 entries" in done.out
    assert "head     NOT SIGNED" in done.out
    said = " ".join(done.err.split())
    assert "2 records were appended and stay; no head was signed: cannot use it" in said
    assert "nothing was written" not in said
    done = run("ledger", "append", *files[:3], "--key", luca, "--format", "json")
    assert (done.exit_code, len(done.document["records"])) == (1, 3)
    assert done.document["head"] is None
    assert done.document["unsigned"].startswith("1 records were appended")
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "a.json").write_bytes(files[3].read_bytes())
    done = run("ledger", "append", "--watch", inbox, "--rounds", "1", "--key", luca)
    assert (done.exit_code, "1 appended, 4 entries" in done.out) == (1, True)


def test_a_head_that_is_not_kept_is_reported(launch, ledger, luca, monkeypatch):
    def full(*_: object) -> None:
        raise CouldNotCheck("the disk is full")

    monkeypatch.setattr("aztrust.acts.ledger.trusted_heads.keep_head", full)
    for words in (("append",), ("head",)):
        done = run("ledger", *words, "--key", luca)
        assert done.exit_code == 0
        assert "the head is signed, and not kept here" in done.err


def test_of_many_refusals_ten_are_shown(launch, ledger, tmp_path):
    for number in range(12):
        (tmp_path / f"{number}.json").write_bytes(b"{}")
    files = sorted(tmp_path.glob("*.json"))
    done = run("ledger", "append", *files)
    assert (done.exit_code, done.out.count("refused  ")) == (10, 10)
    assert "+2 more refused; all of them with -v" in done.out
    assert run("ledger", "append", *files, "-v").out.count("refused  ") == 12
    assert len(run("ledger", "append", *files, "--format", "json").document["refused"]) == 12


def test_a_line_that_is_not_an_envelope_stops_no_other(launch, ledger, monkeypatch):
    one, two, three = [(launch.path / r.path).read_text().strip() for r in launch.records[:3]]
    given = f"\n{one}\nno envelope\n{two}\n"
    done = run("ledger", "append", "-", "--format", "json", answer=given)
    assert (done.exit_code, done.document["size"]) == (10, 2)
    assert [f["subject"] for f in done.document["refused"]] == ["standard input, line 3"]
    # Lines that each look like an object, and together are one envelope.
    fields = json.loads(three)
    signed = ",\n".join(map(json.dumps, fields.pop("signatures")))
    laid_out = json.dumps(fields)[:-1] + f', "signatures": [\n{signed}\n]}}'
    done = run("ledger", "append", "-", answer=laid_out)
    assert (done.exit_code, "1 appended, 3 entries" in done.out) == (0, True)
    broken = json.dumps(json.loads(one), indent=2)[:-2]
    done = run("ledger", "append", "-", "--format", "json", answer=broken)
    assert [f["subject"] for f in done.document["refused"]] == ["standard input"]
    monkeypatch.setattr("aztrust.acts.ledger.intake.STREAM_LIMIT", 1000)
    done = run("ledger", "append", "-", answer=given)
    assert (done.exit_code, "more than 1,000 bytes" in done.err) == (2, True)


def test_a_file_of_a_head_is_the_note_also_with_quiet(launch, ledger, luca, tmp_path):
    assert run("ledger", "append", "--key", luca).exit_code == 0
    assert run("ledger", "head", "-q", "-o", tmp_path / "head.note").exit_code == 0
    assert (tmp_path / "head.note").read_text() == run("ledger", "head").out
    assert run("ledger", "head", "-q").out.startswith("head 8 sha256:")


def test_a_heartbeat_makes_a_head_young(launch, ledger, luca):
    run("ledger", "append")
    document = run("ledger", "head", "--key", luca, "--heartbeat", "--format", "json").document
    assert document["size"] == 9
    last = run("ledger", "list", "--format", "json").document["entries"][-1]
    assert (last["kind"], last["holder"]) == ("note", "luca")


def test_show_an_entry(launch, ledger):
    run("ledger", "append")
    done = run("ledger", "show", "7")
    assert done.out.startswith("entry    7\nverdict: freeze_confirmed = pass\n")
    document = run("ledger", "show", launch.records[0].record_id, "--format", "json").document
    assert (document["index"], document["kind"]) == (0, "record")
    assert run("ledger", "show", "99").exit_code == 2


def test_a_kit_is_for_reading(launch, ledger, luca, tmp_path):
    run("ledger", "append", "--key", luca)
    kit = tmp_path / "launch.aztrust"
    assert run("pack", "--to", kit).exit_code == 0
    for words in (["list"], ["verify"], ["prove", "0"], ["head"]):
        assert run("-C", kit, "ledger", *words).exit_code == 0
    for words in (["append"], ["init"], ["head", "--key", luca], ["take-over", "--reason", "x"]):
        done = run("-C", kit, "ledger", *words)
        assert done.exit_code == 2
        assert "is a kit" in done.err


def test_a_policy_that_is_not_the_announced_one(launch, ledger, monkeypatch):
    monkeypatch.setenv("AZTRUST_ANCHOR", "sha256:" + "0" * 64)
    assert run("ledger", "append").exit_code == 10
    done = run("ledger", "verify")
    assert done.exit_code == 10
    assert "anchor-mismatch" in done.out
    monkeypatch.delenv("AZTRUST_ANCHOR")
    assert run("ledger", "verify").exit_code == 12


def test_a_ledger_of_another_launch(launch, tmp_path, monkeypatch):
    other = make_launch(tmp_path, name="other", policy=policy_text(extra=ONE))
    with monkeypatch.context() as there:
        there.chdir(other.path)
        words = ("--origin", "another.example", "--key", other.key_file("luca"))
        assert run("ledger", "init", *words, "--anchor", other.anchor).exit_code == 0
    done = run("ledger", "append")
    assert done.exit_code == 10
    assert "this is the ledger another.example" in done.err
    done = run("ledger", "verify", "--format", "json")
    assert (done.exit_code, codes(done)) == (10, ["ledger-inconsistent"])


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE log SET origin = x'61'",
        "UPDATE head SET size = 5",
        "UPDATE head SET note = x'61'",
        "UPDATE entry SET key = zeroblob(32) WHERE position = 3",
        "UPDATE entry SET record_id = zeroblob(32) WHERE position = 3",
        "UPDATE node SET hash = zeroblob(32) WHERE position = 3",
    ],
)
def test_what_is_next_to_the_records_is_verified_as_well(launch, ledger, luca, statement):
    run("ledger", "append", "--key", luca)
    with closing(sqlite3.connect(ledger, isolation_level=None)) as database:
        database.execute(statement)
    done = run("ledger", "verify", "--format", "json")
    assert done.exit_code == 10
    assert set(codes(done)) == {"ledger-inconsistent"}


# ---- processes ------------------------------------------------------------------------------


def process(*words: object, **options) -> subprocess.Popen[str]:
    return subprocess.Popen(
        (*PROGRAM, *map(str, words)),
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def revocations(launch, count: int) -> list[Path]:
    """Files of so many records more."""
    folder = launch.path.parent / "many"
    folder.mkdir()
    start = len(launch.records)
    for number in range(count):
        launch.revoke(f"sha256:{number:064x}", "sonia")
    paths = [launch.path / record.path for record in launch.records[start:]]
    return [path.rename(folder / path.name) for path in paths]


def order(launch) -> list[str]:
    """All record ids, in a ledger that verifies."""
    assert run("ledger", "verify").exit_code == 0
    entries = run("ledger", "list", "--format", "json").document["entries"]
    assert [entry["index"] for entry in entries] == list(range(len(entries)))
    return [entry["record_id"] for entry in entries]


def test_eight_processes_at_once_give_one_order(launch, ledger):
    files = revocations(launch, 24)
    common = [launch.path / record.path for record in launch.records[:7]]
    children = [
        process("ledger", "append", *common, *files[3 * n : 3 * n + 3], "--format", "json")
        for n in range(8)
    ]
    told = []
    for child in children:
        out, err = child.communicate()
        assert child.returncode == 0, err
        told.append(json.loads(out)["records"])
    ids = order(launch)
    assert len(ids) == len(set(ids)) == 7 + 24
    for records in told:
        assert all(ids[record["index"]] == record["record_id"] for record in records)
    new = [record["index"] for records in told for record in records if record["new"]]
    assert sorted(new) == list(range(31))


def test_a_killed_append_loses_nothing_that_it_acknowledged(launch, ledger, tmp_path):
    files = revocations(launch, 60)
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    acknowledged: set[int] = set()
    for number in range(4):
        for path in files[15 * number : 15 * number + 15]:
            (inbox / path.name).write_bytes(path.read_bytes())
        words = ("ledger", "append", "--watch", inbox, "--format", "json", "-v")
        with process(*words) as child:
            assert child.stdout is not None
            assert child.stderr is not None
            # Killed in the middle of whatever it does after it begins, and after so many lines.
            assert child.stderr.readline().startswith("watching ")
            lines = [child.stdout.readline() for _ in range(number % 2)]
            child.send_signal(signal.SIGKILL)
            lines += child.stdout.readlines()
        assert child.returncode == -signal.SIGKILL
        for line in lines:
            if line.endswith("\n"):
                acknowledged |= {record["index"] for record in json.loads(line)["records"]}
        ids = order(launch)
        assert acknowledged <= set(range(len(ids)))
    assert acknowledged
    assert run("ledger", "append", inbox).exit_code == 0
    assert len(order(launch)) == 60
