"""The files of the checklist's evidence are in the archive, or named as missing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from aztrust.core.archive.preserved import Item, evidence_item, required
from aztrust.storage.bag.reading import read_bag
from aztrust.storage.evidenceroots import remember_roots
from tests import checklist_desk as board
from tests.cli_launch import Clock, Desk, Template, copied, ticking_clock
from tests.command import Done, run

clock = pytest.fixture(ticking_clock)
desk = pytest.fixture(copied)
LOG = b"restored 4 of 4 volumes\n"


@pytest.fixture(scope="module")
def template(tmp_path_factory) -> Template:
    return board.at_the_decision(tmp_path_factory.mktemp("evidence"))


def put(desk: Desk, clock: Clock, name: str, data: bytes = LOG) -> Path:
    path = desk.launch.path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    board.show(desk, clock, "D.4", name, data)
    return path


def archived(desk: Desk, out: Path, *words: str) -> dict:
    done = archive(desk, out, *words, "--format", "json")
    assert done.out, done.err
    return json.loads(done.out)


def archive(desk: Desk, out: Path, *words: str) -> Done:
    return run("-C", desk.launch.path, "archive", out, "--ledger", desk.ledger, *words)


def item_of(document: dict) -> dict:
    (found,) = (i for i in document["items"] if i["item"] == "checklist-evidence-files")
    return found


@pytest.mark.clause("RC-H", "RC-J")
def test_each_file_of_evidence_is_in_the_archive_with_its_recorded_bytes(desk, clock, tmp_path):
    put(desk, clock, "reports/restore.log")
    put(desk, clock, "manifests/evidence/0123456789abcdef.txt", b"output\n")
    out = tmp_path / "out"
    item = item_of(archived(desk, out))
    assert (item["clause"], item["missing"]) == ("RC-J", "")
    assert (out / "data/launch/reports/restore.log").read_bytes() == LOG
    assert (out / "data/launch/manifests/evidence/0123456789abcdef.txt").is_file()
    assert read_bag(out).findings == ()
    words = ("evidence", "verify", "--anchor", desk.anchor, "--format", "json")
    there = json.loads(run("-C", out / "data/launch", *words).out)
    assert {f["state"] for f in there["files"]} == {"same"}


@pytest.mark.clause("RC-J")
@pytest.mark.parametrize("how", ["changed", "missing"])
def test_evidence_that_is_not_the_recorded_one_is_named_and_strict_refuses_it(
    desk, clock, tmp_path, how
):
    path = put(desk, clock, "reports/restore.log")
    put(desk, clock, "reports/other.log", b"other\n")
    if how == "changed":
        path.write_bytes(b"restored 0 of 4 volumes\n")
    else:
        path.unlink()
    out = tmp_path / "out"
    item = item_of(archived(desk, out))
    assert f"D.4 launch:reports/restore.log is {how}" in item["missing"]
    assert not (out / "data/launch/reports/restore.log").exists()
    assert item["found"] == ["data/launch/reports/other.log"]
    done = archive(desk, tmp_path / "strict", "--strict")
    assert done.exit_code == 11
    assert "RC-J checklist-evidence-files" in done.out
    assert not (tmp_path / "strict").exists()


@pytest.mark.clause("RC-J")
def test_the_same_path_under_two_roots_is_kept_twice(desk, clock, tmp_path):
    put(desk, clock, "may/restore.log")
    drills = tmp_path / "drills"
    (drills / "may").mkdir(parents=True)
    (drills / "may/restore.log").write_bytes(b"of the drill\n")
    board.show(desk, clock, "D.4", "may/restore.log", b"of the drill\n", root="drills")
    unknown = item_of(archived(desk, tmp_path / "one"))
    assert "where the root drills is on this machine is not known" in unknown["missing"]
    remember_roots(desk.launch.path, {"drills": drills})
    out = tmp_path / "two"
    assert item_of(archived(desk, out))["missing"] == ""
    assert (out / "data/launch/may/restore.log").read_bytes() == LOG
    assert (out / "data/evidence/drills/may/restore.log").read_bytes() == b"of the drill\n"


def test_evidence_in_a_package_is_not_put_there_without_the_package(desk, clock, tmp_path):
    name = next((desk.launch.path / "packages/genesis").iterdir()).name
    put_path = f"packages/genesis/{name}"
    data = (desk.launch.path / put_path).read_bytes()
    board.show(desk, clock, "D.4", put_path, data)
    out = tmp_path / "bare"
    item = item_of(archived(desk, out, "--without-packages"))
    assert "only sealed files are kept" in item["missing"]
    assert not (out / "data/launch/packages").exists()
    assert item_of(archived(desk, tmp_path / "whole"))["missing"] == ""


def test_evidence_that_holds_a_private_key_does_not_leave(desk, clock, tmp_path):
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = Ed25519PrivateKey.from_private_bytes(b"\x01" * 32)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    put(desk, clock, "reports/key.txt", pem)
    done = archive(desk, tmp_path / "out")
    assert done.exit_code == 10
    assert "holds a private key" in done.err
    assert not (tmp_path / "out").exists()


@pytest.mark.clause("RC-H", "RC-J")
def test_an_audit_reads_the_evidence_and_passes_nothing_that_is_not_there(desk, clock, tmp_path):
    path = put(desk, clock, "reports/restore.log")

    def audited(place: Path) -> tuple[int, str]:
        done = run("audit", place, "--anchor", desk.anchor)
        return done.exit_code, done.advised

    archived(desk, tmp_path / "whole")
    assert audited(tmp_path / "whole")[0] == 0
    assert audited(desk.launch.path)[0] == 0
    path.write_bytes(b"restored 0 of 4 volumes\n")
    archived(desk, tmp_path / "lacking")
    code, text = audited(tmp_path / "lacking")
    assert (code, "D.4 launch:reports/restore.log" in text) == (11, True)
    code, text = audited(desk.launch.path)
    assert (code, "it is not the recorded evidence of D.4" in text) == (10, True)


def test_an_audit_finds_the_evidence_of_another_root_in_the_archive(desk, clock, tmp_path):
    drills = tmp_path / "drills"
    drills.mkdir()
    (drills / "restore.log").write_bytes(LOG)
    board.show(desk, clock, "D.4", "restore.log", LOG, root="drills")
    remember_roots(desk.launch.path, {"drills": drills})
    archived(desk, tmp_path / "out")
    (drills / "restore.log").unlink()
    assert run("audit", tmp_path / "out", "--anchor", desk.anchor).exit_code == 0
    assert run("audit", desk.launch.path, "--anchor", desk.anchor).exit_code == 11


@pytest.mark.clause("RC-J")
def test_strict_demands_the_evidence_and_not_the_reports():
    lacking, whole = evidence_item((), ("it is missing",)), evidence_item(("data/a",), ())
    reports = Item("RC-J", "reports", "the reports", missing="none is kept")
    assert required((lacking, whole, reports)) == (lacking,)
