"""Reading a launch directory's own files: bounded, never through a link, nothing skipped."""

from __future__ import annotations

import os

import pytest

from aztrust.core.base.errors import CouldNotCheck, NothingToVerify
from aztrust.storage.folders import read_bounded
from aztrust.storage.launch import find_launch, read_launch, read_sealed, read_whole, require_launch
from tests.command import run
from tests.disk_launch import make_launch
from tests.people import fingerprint


@pytest.fixture
def launch(tmp_path):
    (tmp_path / "manifests/records").mkdir(parents=True)
    (tmp_path / "keys").mkdir()
    (tmp_path / "manifests/launch.toml").write_bytes(b"version = 1\n")
    return tmp_path


def test_the_nearest_parent_with_a_policy_is_the_launch(launch):
    below = launch / "a/b"
    below.mkdir(parents=True)
    assert find_launch(below) == launch
    assert require_launch(launch) == launch


def test_a_place_without_a_policy_is_nothing_to_verify(tmp_path):
    with pytest.raises(NothingToVerify, match=r"manifests/launch\.toml"):
        require_launch(tmp_path)


def test_contents_decide_what_is_a_record_but_dot_files_are_not_records(launch):
    records = launch / "manifests/records"
    (records / "any name").write_bytes(b"x")
    (records / ".gitkeep").write_bytes(b"")
    (launch / "keys/a.pem").write_bytes(b"k")
    (launch / "keys/README").write_bytes(b"r")
    evidence = read_launch(launch)
    assert evidence.records == {"any name": b"x"}
    assert evidence.keys == {"a.pem": b"k"}
    assert evidence.manifests == {}


@pytest.mark.parametrize("kind", ["directory", "link", "fifo"])
def test_what_is_not_a_regular_file_is_unreadable_and_not_absent(launch, kind):
    path = launch / "manifests/records/x.json"
    if kind == "directory":
        path.mkdir()
    elif kind == "link":
        path.symlink_to(launch / "manifests/launch.toml")
    else:
        os.mkfifo(path)
    evidence = read_launch(launch)
    assert evidence.records == {}
    assert [fault.code for fault in evidence.unreadable] == ["record-unreadable"]


def test_a_file_is_read_to_one_byte_over_its_limit(launch):
    path = launch / "manifests/records/x.json"
    path.write_bytes(b"12345")
    assert read_bounded(path, 3) == b"1234"
    with pytest.raises(CouldNotCheck, match="No such file"):
        read_bounded(launch / "absent", 3)


@pytest.mark.parametrize("relative", ["keys", "manifests/records"])
@pytest.mark.parametrize("kind", ["file", "link"])
def test_a_directory_that_is_none_is_unreadable_and_every_check_still_runs(launch, relative, kind):
    elsewhere = launch / "elsewhere"
    (launch / relative).rename(elsewhere)
    if kind == "file":
        (launch / relative).write_bytes(b"")
    else:
        (launch / relative).symlink_to(elsewhere)
    assert [fault.path for fault in read_launch(launch).unreadable] == [relative]


def test_manifests_behind_a_link_are_not_this_launch_directorys(launch):
    (launch / "manifests").rename(launch / "elsewhere")
    (launch / "manifests").symlink_to("elsewhere")
    with pytest.raises(CouldNotCheck, match="symbolic link"):
        read_launch(launch)


def test_sealed_manifests_that_cannot_be_read_are_left_out(launch):
    (launch / "manifests/sealed").write_bytes(b"")
    assert list(read_sealed(launch)) == []
    (launch / "manifests/sealed").unlink()
    (launch / "manifests/sealed").mkdir()
    (launch / "manifests/sealed/ab.json").write_bytes(b"{}")
    os.mkfifo(launch / "manifests/sealed/cd.json")
    assert list(read_sealed(launch)) == [("ab", b"{}")]


FOLDERS = {
    "keys": "k.pem",
    "manifests/policies": "p.toml",
    "manifests/records": "r.json",
    "manifests/verdicts": "v.dsse.json",
}


@pytest.mark.parametrize(("folder", "name"), FOLDERS.items())
def test_a_folder_of_links_to_one_file_is_bounded_by_the_sum(launch, folder, name, monkeypatch):
    monkeypatch.setattr("aztrust.storage.launch.FOLDER_LIMIT", 300)
    (launch / folder).mkdir(exist_ok=True)
    first = launch / folder / f"0{name}"
    first.write_bytes(bytes(100))
    for number in (1, 2):
        os.link(first, launch / folder / f"{number}{name}")
    assert read_launch(launch).unreadable == ()
    os.link(first, launch / folder / f"3{name}")
    (fault,) = read_launch(launch).unreadable
    assert (fault.code, fault.path) == ("record-unreadable", folder)
    assert fault.detail == "its files have more than 300 bytes together"


def test_a_folder_is_bounded_by_the_number_of_its_entries(launch, monkeypatch):
    monkeypatch.setattr("aztrust.storage.folders.FOLDER_COUNT", 3)
    for number in range(3):
        (launch / f"manifests/records/{number}.json").write_bytes(b"")
    assert len(read_launch(launch).records) == 3
    (launch / "manifests/records/3.json").write_bytes(b"")
    evidence = read_launch(launch)
    assert evidence.records == {}
    (fault,) = evidence.unreadable
    assert (fault.path, fault.detail) == ("manifests/records", "it has more than 3 entries")


def test_sealed_manifests_are_given_up_to_a_sum(launch, monkeypatch):
    monkeypatch.setattr("aztrust.storage.launch._SEALED_LIMIT", 250)
    (launch / "manifests/sealed").mkdir()
    for name in "abc":
        (launch / f"manifests/sealed/{name}.json").write_bytes(bytes(100))
    assert [name for name, _ in read_sealed(launch)] == ["a", "b"]
    with pytest.raises(CouldNotCheck) as caught:
        read_whole(launch, "manifests/sealed", 1000, ".json")
    assert "more than 250 bytes together" in caught.value.details[0]


@pytest.mark.parametrize("name", ["id_ed25519", "rita.pem.bak", ".rita.pem.swp"])
def test_a_private_key_among_public_ones_is_seen_under_any_name(launch, name):
    armour = "-" * 5
    text = f"{armour}BEGIN PRIVATE " + f"KEY{armour}\n"
    (launch / "keys" / name).write_text(text)
    (launch / "keys/README").write_text("public keys, one for each holder\n")
    (launch / "keys/deep").mkdir()
    evidence = read_launch(launch)
    assert [(f.path, f.detail) for f in evidence.exposed] == [
        (f"keys/{name}", "it holds a private key (PKCS#8)")
    ]
    assert evidence.unreadable == ()


@pytest.mark.parametrize(
    ("place", "seen"),
    [
        ("manifests/records/.hidden.dsse.json", True),
        ("manifests/records/.record.json.0123456789ab.tmp", False),
        ("manifests/verdicts/x.json", True),
        ("manifests/verdicts/.x.dsse.json", True),
        ("manifests/x.dsse.json", True),
        ("notes/x.dsse.json", False),
    ],
)
def test_a_signed_record_where_none_is_read_is_named(tmp_path, place, seen):
    launch = make_launch(tmp_path)
    assert read_launch(launch.path).unreadable == ()
    record = next((launch.path / "manifests/records").iterdir())
    (launch.path / place).parent.mkdir(exist_ok=True)
    (launch.path / place).write_bytes(record.read_bytes())
    found = [fault.path for fault in read_launch(launch.path).unreadable]
    assert found == ([place] if seen else [])
    # What is not signed is an editor's or a file system's.
    (launch.path / place).write_bytes(b"swap")
    assert read_launch(launch.path).unreadable == ()


def test_verify_does_not_pass_over_a_revocation_under_a_dot_name(tmp_path):
    launch = make_launch(tmp_path)
    words = ("-C", launch.path, "verify", "--anchor", launch.anchor, "--format", "json")
    assert run(*words).exit_code == 0
    records = launch.path / "manifests/records"
    before = set(records.iterdir())
    launch.revoke(fingerprint("luca"), "sonia", kind="key", reason="lost")
    (record,) = set(records.iterdir()) - before
    record.rename(records / ".hidden.dsse.json")
    done = run(*words)
    assert done.exit_code == 1
    (finding,) = [f for c in done.document["checks"] for f in c["findings"]]
    assert (finding["code"], finding["subject"]) == (
        "record-unreadable",
        "manifests/records/.hidden.dsse.json",
    )
    assert "move it to manifests/records/" in finding["message"]
