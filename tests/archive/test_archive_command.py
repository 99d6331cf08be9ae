"""`aztrust archive` and `aztrust evidence log`, as they are typed."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest

from aztrust.core.archive.layout import parse_info
from aztrust.core.archive.logs import parse_log
from aztrust.storage.bag.reading import opened_bag, read_bag
from aztrust.storage.ledger.sqlite import open_store
from tests.archive.bags import files_of
from tests.cli_launch import Desk, Template, another_machine
from tests.command import PROGRAM, Done, environment, run
from tests.disk_launch import make_launch
from tests.ledgers import record
from tests.patience import PATIENCE

ITEMS = (
    *("artifact-ids", "confirmations", "decisions", "bootstrap-instruction", "live-status"),
    *("anomaly-evidence", "logs-bootstrap", "logs-first-epochs", "first-finalized-roots"),
)
"""The list of AZ-37.1, in its order; the logs are of two times."""
MISSING = {"live-status", "logs-bootstrap", "logs-first-epochs", "first-finalized-roots"}


def archived(desk: Desk, out: Path, *words: object) -> Done:
    more = ("--ledger", desk.ledger) if desk.ledger.exists() else ()
    return run("-C", desk.launch.path, "archive", out, *more, *words)


def written(desk: Desk, out: Path, *words: object) -> Path:
    done = archived(desk, out, *words)
    assert done.exit_code == 0, done.out + done.err
    return out


def missing(out: Path) -> dict[str, dict]:
    document = json.loads((out / "data/missing.json").read_bytes())
    return {item["item"]: item for item in document["missing"]}


@pytest.mark.clause("AZ-37.1")
@pytest.mark.clause("RC-J")
def test_an_archive_has_everything_about_the_launch(desk, bag):
    reading = read_bag(bag)
    assert reading.findings == ()
    names = set(files_of(bag / "data"))
    launch = desk.launch.path
    for folder in ("keys", "manifests/records", "manifests/verdicts", "manifests/ledger"):
        for path in files_of(launch / folder):
            # A Sigstore bundle has the proof under the newest head.
            if path.endswith(".sigstore.json"):
                continue
            assert (bag / "data/launch" / folder / path).read_bytes() == (
                launch / folder / path
            ).read_bytes()
    for path in files_of(launch / "packages"):
        assert f"launch/packages/{path}" in names
    # The report of each verdict as it was given.
    assert {f"reports/{p}" for p in files_of(launch / "manifests/reports")} <= names
    assert {"index.html", "missing.json", "launch/check.sh", "minutes/minutes.html"} <= names
    assert {item["clause"] for item in missing(bag).values()} == {"AZ-37.1"}
    assert set(missing(bag)) == MISSING


def test_the_launch_in_an_archive_verifies_as_the_launch_does(desk, bag):
    there = run("-C", bag / "data/launch", "verify", "--anchor", desk.anchor, "--format", "json")
    here = desk.run("verify", "--format", "json")
    assert there.exit_code == here.exit_code
    statuses = [
        {check["id"]: check["status"] for check in json.loads(done.out)["checks"]}
        for done in (there, here)
    ]
    assert statuses[0] == statuses[1]


def test_the_date_is_that_of_the_last_head_and_no_clock(desk, bag, clock, tmp_path):
    about = parse_info((bag / "bag-info.txt").read_bytes())
    assert about is not None
    assert about.date == "2026-06-02"
    clock.now += 400 * 24 * 3600 * 1000
    again = written(desk, tmp_path / "again")
    assert (again / "tagmanifest-sha256.txt").read_bytes() == (
        bag / "tagmanifest-sha256.txt"
    ).read_bytes()


@pytest.mark.clause("RC-J")
def test_an_archive_written_on_two_machines_is_the_same_bytes(template: Template, tmp_path):
    made = []
    for name, umask, zone, locale in (
        ("one", 0o077, "Pacific/Kiritimati", "C"),
        ("two", 0o000, "America/Adak", "C.UTF-8"),
    ):
        machine = tmp_path / name / "somewhere" / name
        machine.mkdir(parents=True)
        shutil.copytree(template.path / "launch", machine / "launch")
        shutil.copy(template.path / "launch.ledger", machine)
        env = environment(
            HOME=str(machine), TZ=zone, LC_ALL=locale, XDG_CONFIG_HOME=str(machine / "config")
        )
        for out in ("bag", "bag.tar"):
            words = ("-C", "launch", "archive", out, "--ledger", "launch.ledger")
            subprocess.run(
                (*PROGRAM, *words),
                cwd=machine,
                env=env,
                umask=umask,
                check=True,
                timeout=PATIENCE,
                stdout=subprocess.DEVNULL,
            )
        bag = machine / "bag"
        made.append(
            (
                {p: ((bag / p).read_bytes(), (bag / p).stat().st_mode) for p in files_of(bag)},
                {Path(at).stat().st_mode for at, _, _ in os.walk(bag)},
                (machine / "bag.tar").read_bytes(),
            )
        )
    assert made[0] == made[1]


@pytest.mark.clause("AZ-37.1")
def test_strict_writes_nothing_and_names_each_with_its_mend(desk, tmp_path):
    out = tmp_path / "out"
    done = archived(desk, out, "--strict")
    assert done.exit_code == 11
    assert not out.exists()
    assert "REFUSED" in done.lines[0]
    for item in MISSING:
        assert f"AZ-37.1 {item}" in done.out
    assert done.advised.count("mend ") == len(MISSING)
    document = archived(desk, out, "--strict", "--format", "json").document
    assert [i["item"] for i in document["items"] if i["clause"] == "AZ-37.1"] == list(ITEMS)
    assert {i["item"] for i in document["items"] if i["missing"]} == MISSING
    assert all(bool(i["mend"]) is bool(i["missing"]) for i in document["items"])


@pytest.mark.clause("AZ-37.1")
def test_without_a_window_more_is_missing(tmp_path, clock):
    desk = Desk(make_launch(tmp_path, policy=None, seal=True))
    out = written(desk, tmp_path / "out")
    assert set(missing(out)) == set(ITEMS) - {"artifact-ids"}


def test_a_report_that_is_gone_is_named(desk, tmp_path):
    (first, *_) = sorted((desk.launch.path / "manifests/reports").iterdir())
    first.unlink()
    out = written(desk, tmp_path / "out")
    item = missing(out)["reports"]
    assert item["clause"] == "RC-J"
    assert first.name.split(".")[1][:12] in item["missing"]
    assert "not here" in (out / "data/index.html").read_text()


def test_without_packages_their_manifests_stay(desk, tmp_path):
    out = written(desk, tmp_path / "out", "--without-packages")
    names = files_of(out / "data/launch")
    assert not any(name.startswith("packages/") for name in names)
    assert {"manifests/release.json", "manifests/genesis.json"} <= set(names)
    assert json.loads((out / "data/missing.json").read_bytes())["packages"] is False


def test_a_package_that_is_not_the_sealed_one_is_refused(desk, tmp_path):
    node = desk.launch.path / "packages/release/bin/atlasd"
    node.write_bytes(node.read_bytes()[:-1] + b"!")
    done = archived(desk, tmp_path / "out")
    assert done.exit_code == 10
    assert "bin/atlasd is not the sealed one" in done.advised
    assert not (tmp_path / "out").exists()
    # Without the packages nothing was looked at, and nothing is claimed.
    written(desk, tmp_path / "out", "--without-packages")


def test_a_tar_is_one_file_with_the_same_files(desk, bag, tmp_path):
    out = written(desk, tmp_path / "one.tar")
    named = written(desk, tmp_path / "two", "--tar")
    assert out.read_bytes() == named.read_bytes()
    with opened_bag(out) as reading:
        assert reading.findings == ()
        assert reading.contents.files == read_bag(bag).contents.files


def test_nothing_is_replaced_and_nothing_is_written_into_the_launch(desk, tmp_path):
    out = written(desk, tmp_path / "out")
    again = archived(desk, out)
    assert (again.exit_code, "already exists" in again.err) == (10, True)
    (desk.launch.path / "evidence").mkdir()
    for folder in ("manifests", "packages/release", "keys", "evidence"):
        inside = desk.launch.path / folder / "archive"
        assert archived(desk, inside).exit_code == 2
        assert not inside.exists()


def test_a_withheld_record_is_refused(desk, tmp_path):
    desk.ledger.unlink()
    record = next(p for p in desk.files() if ".check-attestation." in p.name)
    record.unlink()
    done = archived(desk, tmp_path / "out")
    assert done.exit_code == 1
    assert "no kit is written" not in done.err
    assert not (tmp_path / "out").exists()


def test_tiles_that_disagree_are_refused(desk, tmp_path):
    desk.ledger.unlink()
    tile = next((desk.launch.path / "manifests/ledger/tile/0").rglob("30"))
    data = bytearray(tile.read_bytes())
    data[5] ^= 1
    tile.write_bytes(bytes(data))
    done = archived(desk, tmp_path / "out")
    assert done.exit_code == 10
    assert not (tmp_path / "out").exists()


# ---- a ledger that was closed --------------------------------------------------------------------


def closed(desk: Desk) -> None:
    words = ("close", "--reason", "the launch is over", "--ledger", desk.ledger)
    done = desk.run("ledger", *words, "--key", desk.launch.key_file("luca"))
    assert done.exit_code == 0, done.out + done.err


@pytest.mark.clause("RC-J")
def test_a_revocation_after_the_end_of_the_ledger_still_counts(desk, tmp_path):
    closed(desk)
    whole = written(desk, tmp_path / "whole")
    (approval, *_) = (p for p in desk.files() if ".approval.8c1cc475." in p.name)
    record_id = approval.name.split(".")[0]
    done = desk.run("revoke", record_id, "--reason", "wrong", "--yes", by="sonia")
    assert done.exit_code == 0, done.out + done.err
    desk.keep()
    out = written(desk, tmp_path / "out")
    codes = []
    for place in (whole, out):
        done = run(
            "-C", place / "data/launch", "verify", "--anchor", desk.anchor, "--format", "json"
        )
        found = json.loads(done.out)["checks"]
        codes.append({f["code"] for check in found for f in check["findings"]})
    assert "approval-revoked" not in codes[0]
    assert "approval-revoked" in codes[1]


@pytest.mark.clause("RC-J")
def test_a_ledger_that_was_closed_and_grew_is_refused(desk, template, clock, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with another_machine(elsewhere):
        late = template.copy(elsewhere, clock)
        late.done("window", "note", "one more", by="luca")
    (note,) = (p for p in late.files() if ".note." in p.name)
    closed(desk)
    written(desk, tmp_path / "closed")
    with open_store(desk.ledger, writing=True) as store:
        store.append_many([record(note.read_bytes())])
    done = archived(desk, tmp_path / "grown")
    assert done.exit_code == 10, done.out + done.err
    assert "after the ledger was closed" in done.advised
    assert not (tmp_path / "grown").exists()


# ---- packages that a bag cannot hold whole -------------------------------------------------------


def test_links_and_empty_directories_are_left_out_and_can_be_put_back(tmp_path, clock):
    launch = make_launch(tmp_path, policy=None, seal=False)
    release = launch.path / "packages/release"
    (release / "current").symlink_to("bin")
    (release / "var").mkdir()
    desk = Desk(launch)
    desk.seal_and_approve()
    done = archived(desk, tmp_path / "out", "--format", "json")
    assert done.document["left_out"] == 2
    out = tmp_path / "out"
    assert read_bag(out).findings == ()
    assert "aztrust restore" in (out / "data/index.html").read_text()
    copy = tmp_path / "copy"
    shutil.copytree(out / "data/launch", copy)
    assert run("-C", copy, "restore", "release").exit_code == 0
    assert (copy / "packages/release/current").readlink() == Path("bin")
    assert (copy / "packages/release/var").is_dir()


# ---- the page ------------------------------------------------------------------------------------


class Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.tags: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.links += [value for name, value in attrs if name in ("href", "src")]


def test_the_links_of_a_launch_with_little_lead_to_files_too(tmp_path, clock):
    out = written(Desk(make_launch(tmp_path, policy=None, seal=True)), tmp_path / "out")
    links = Page((out / "data/index.html").read_text("utf-8")).links
    assert all((out / "data" / unquote(link)).exists() for link in links)
    assert not any("ledger" in link or "minutes" in link for link in links)


def test_the_index_needs_nothing_else_and_each_of_its_links_leads_to_a_file(bag):
    text = (bag / "data/index.html").read_text("utf-8")
    page = Page(text)
    assert not page.tags & {"script", "link", "img", "iframe"}
    assert "@page" in text
    assert not re.search(r"https?://", text)
    assert len(page.links) > 10
    for link in page.links:
        assert (bag / "data" / unquote(link)).exists(), link
    for item in MISSING:
        assert missing(bag)[item]["mend"].split(",")[0].replace("&", "&amp;") in text


# ---- evidence log --------------------------------------------------------------------------------


def kept(desk: Desk, *words: object) -> Done:
    return run("-C", desk.launch.path, "evidence", "log", *words)


@pytest.mark.clause("AZ-37.1")
@pytest.mark.clause("RC-H")
def test_a_kept_log_is_in_the_archive_with_what_it_is(desk, tmp_path):
    log = tmp_path / "val-a.log"
    log.write_bytes(b"committed state height=1\n" * 1000)
    both = ("--around", "bootstrap", "--around", "first-epochs", "--node", "val-a")
    done = kept(desk, log, *both, "--format", "json")
    assert done.exit_code == 0, done.err
    (entry,) = done.document["logs"]
    out = written(desk, tmp_path / "out")
    copy = out / "data/launch" / entry["path"]
    assert copy.read_bytes() == log.read_bytes()
    document = parse_log(copy.with_name(f"{copy.name}.json").read_bytes(), name="log")
    assert (document.node, document.around) == ("val-a", ("bootstrap", "first-epochs"))
    assert document.sha256 == entry["sha256"]
    assert set(missing(out)) == MISSING - {"logs-bootstrap", "logs-first-epochs"}
    # Logs do not change what a verification finds.
    assert desk.verify()[0] == 0
    again = kept(desk, log, *both)
    assert (again.exit_code, again.out.split()[0]) == (0, "here")
    other = kept(desk, log, "--around", "bootstrap")
    assert (other.exit_code, "kept already" in other.err) == (10, True)


def test_only_what_a_log_covers_is_there(desk, tmp_path):
    log = tmp_path / "a.log"
    log.write_bytes(b"a\n")
    assert kept(desk, log, "--around", "first-epochs").exit_code == 0
    assert set(missing(written(desk, tmp_path / "out"))) == MISSING - {"logs-first-epochs"}


@pytest.mark.clause("AZ-37.1")
def test_a_kept_log_with_other_bytes_is_not_taken_for_the_log(desk, tmp_path):
    places = []
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(name.encode())
        done = kept(desk, tmp_path / name, "--around", "bootstrap", "--format", "json")
        places.append(done.document["logs"][0]["path"])
    first = desk.launch.path / places[0]
    first.write_bytes(b"c")
    item = missing(written(desk, tmp_path / "out"))["logs-bootstrap"]
    assert (item["found"], places[0] in item["missing"]) == ([places[1]], True)
    assert archived(desk, tmp_path / "strict", "--strict").exit_code == 11
    again = kept(desk, tmp_path / "a", "--around", "bootstrap")
    assert (again.exit_code, "other bytes" in again.err) == (10, True)
    first.unlink()
    assert kept(desk, tmp_path / "a", "--around", "bootstrap").exit_code == 0
    assert "logs-bootstrap" not in missing(written(desk, tmp_path / "mended"))


def test_what_is_not_a_log_for_others_is_refused(desk, tmp_path):
    empty = tmp_path / "empty"
    empty.write_bytes(b"")
    secret = tmp_path / "secret"
    secret.write_bytes(desk.launch.key_file("luca").read_bytes())
    for path, code, says in (
        (empty, 1, "it is empty"),
        (secret, 10, "private key"),
        (tmp_path / "absent", 1, "no such file"),
    ):
        done = kept(desk, path, "--around", "bootstrap")
        assert (done.exit_code, says in done.err) == (code, True), done.err
    assert kept(desk, secret).exit_code == 2
    assert not (desk.launch.path / "evidence").exists()


def test_a_private_key_or_a_link_among_the_evidence_is_refused(desk, tmp_path):
    folder = desk.launch.path / "evidence"
    folder.mkdir()
    shutil.copy(desk.launch.key_file("luca"), folder / "notes.txt")
    done = archived(desk, tmp_path / "out")
    assert (done.exit_code, "private key" in done.err) == (10, True)
    (folder / "notes.txt").unlink()
    (folder / "link").symlink_to("/etc/passwd")
    done = archived(desk, tmp_path / "out")
    assert (done.exit_code, "symbolic link" in done.err) == (1, True)
    assert not (tmp_path / "out").exists()
