"""`aztrust pack`, and kits where commands take a launch directory."""

from __future__ import annotations

import json

import pytest

from aztrust.core.base.digest import groups
from aztrust.storage.kit import read_kit
from tests.command import run
from tests.disk_launch import NOW, PEOPLE, make_launch

AT = ("--at", str(NOW // 1000))


@pytest.fixture
def launch(tmp_path):
    return make_launch(tmp_path)


@pytest.fixture
def kit(launch, tmp_path):
    path = tmp_path / "k.aztrust"
    assert run("-C", launch.path, "pack", "--to", path).exit_code == 0
    return path


def spoken(digest):
    words = groups(digest).split()
    quarters = [" ".join(words[i : i + 4]) for i in range(0, 16, 4)]
    return f"{quarters[0]}  {quarters[1]}", f"{quarters[2]}  {quarters[3]}"


def test_what_it_says(launch, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = run("-C", launch.path, "pack")
    assert done.exit_code == 0, done.err
    lines = done.out.splitlines()
    assert lines[0].startswith("wrote    test-1.aztrust   ")
    text = " ".join(done.out.split())
    assert "policy, 6 keys, 2 manifests, 7 records" in text
    assert "No packages, no secrets." in text
    at = next(i for i, line in enumerate(lines) if line.startswith("anchor"))
    assert "where the kit is NOT" in lines[at]
    assert tuple(line.strip() for line in lines[at + 1 : at + 3]) == spoken(launch.anchor)
    assert all(len(line) <= 80 for line in lines)
    assert "check.sh" in text or "check.sh" not in read_kit(tmp_path / "test-1.aztrust").files
    assert run("-C", launch.path, "pack").out.startswith("same     test-1.aztrust")


def test_as_json(launch, tmp_path):
    to = tmp_path / "k.aztrust"
    document = run("-C", launch.path, "pack", "--to", to, "--format", "json").document
    assert document["schema"] == "aztrust/packed"
    assert (document["path"], document["written"]) == (str(to), True)
    assert document["policy_digest"] == launch.anchor
    assert document["size"] == to.stat().st_size
    assert {f["path"] for f in document["files"]} == set(read_kit(to).files)
    assert document["broken"] == []


def test_broken_files_are_reported_prominently(launch, tmp_path):
    fields = json.loads(launch.records[0].data)
    fields["signatures"][0]["sig"] = "AAAA"
    (launch.path / "manifests/records/forged.json").write_text(json.dumps(fields))
    done = run("-C", launch.path, "pack", "--to", tmp_path / "k.aztrust")
    assert done.exit_code == 0
    assert "BROKEN   1 file" in done.out
    assert "signature-invalid  manifests/records/forged.json" in done.out


def test_what_no_folder_is_for_is_refused(launch, tmp_path):
    (launch.path / "manifests/sealed/priv_validator_key.json").write_text('{"priv_key": {}}')
    (launch.path / "manifests/records/torn.json").write_bytes(b"{")
    done = run("-C", launch.path, "pack", "--to", tmp_path / "k.aztrust")
    assert (done.exit_code, done.out) == (10, "")
    said = " ".join(done.err.split())
    assert "manifests/sealed/priv_validator_key.json: it holds a private key" in said
    assert "manifests/records/torn.json: it is not a signed record: is not strict JSON" in said
    assert "mend move it away" in said
    assert not (tmp_path / "k.aztrust").exists()


def test_a_private_key_is_refused(launch, tmp_path):
    (launch.path / "keys/rita.pem").write_bytes(PEOPLE["rita"].private_pem())
    done = run("-C", launch.path, "pack", "--to", tmp_path / "k.aztrust")
    assert done.exit_code == 10
    assert "keys/rita.pem: it holds a private key" in done.err
    assert not (tmp_path / "k.aztrust").exists()


def test_nothing_sealed(tmp_path):
    launch = make_launch(tmp_path, seal=False)
    assert run("-C", launch.path, "pack", "--to", tmp_path / "k.aztrust").exit_code == 3


def test_verify_a_kit_never_passes(launch, kit):
    done = run("-C", kit, "verify", "--anchor", launch.anchor, *AT, "--format", "json")
    assert done.exit_code == 11
    document = done.document
    assert (document["verdict"], document["anchor"]) == ("hold", "given")
    status = {check["id"]: check["status"] for check in document["checks"]}
    assert status["release-integrity"] == status["genesis-integrity"] == "not_run"
    assert status["release-approvals"] == status["genesis-approvals"] == "pass"
    assert not {"fail", "error"} & set(status.values())
    done = run("-C", kit, "verify", "--anchor", launch.anchor, *AT)
    assert done.out.splitlines()[1].startswith("kit      k.aztrust carries no packages")
    assert "not run  release-integrity: a kit carries no packages" in done.out
    assert run("-C", kit, "verify", "--only", "release", *AT).exit_code == 11


def test_verify_a_kit_finds_what_is_wrong_with_it(launch, kit, tmp_path):
    launch.revoke(launch.records[2].record_id, "rita")
    run("-C", launch.path, "pack", "--to", kit)
    done = run("-C", kit, "verify", "--anchor", launch.anchor, *AT)
    assert done.exit_code == 10
    assert "approval-revoked" in done.out
    assert run("-C", kit, "verify", "--anchor", "0" * 64, *AT).exit_code == 10


def test_verify_judges_the_policy_that_the_anchor_was_compared_with(launch, kit, monkeypatch):
    """The kit is exchanged between any two reads: the second one must not happen."""
    from aztrust.storage import kit as storage

    other = make_launch(kit.parent, name="other", policy=launch.policy_bytes.decode() + "\n#\n")
    read = storage.read_kit

    def read_and_exchange(path):
        found = read(path)
        run_pack = path.with_name("x.aztrust")
        if not run_pack.exists():
            from aztrust.acts.pack import pack

            monkeypatch.setattr(storage, "read_kit", read)
            pack(other.path, run_pack)
            path.write_bytes(run_pack.read_bytes())
        return found

    monkeypatch.setattr(storage, "read_kit", read_and_exchange)
    done = run("-C", kit, "verify", "--anchor", launch.anchor, *AT, "--format", "json")
    assert done.exit_code == 11
    assert done.document["policy_digest"] == launch.anchor
    assert run("-C", kit, "verify", "--anchor", launch.anchor, *AT).exit_code == 10


def test_from_the_environment(kit, monkeypatch):
    monkeypatch.setenv("AZTRUST_LAUNCH", str(kit))
    assert run("verify", *AT).exit_code == 11


def test_an_anchor_pinned_for_a_kit(launch, kit, tmp_path):
    assert run("-C", kit, "anchor", "show").out.count(launch.anchor) == 1
    assert run("-C", kit, "anchor", "add", "0" * 64).exit_code == 10
    done = run("-C", kit, "anchor", "add", launch.anchor)
    assert done.exit_code == 0, done.err
    document = run("-C", kit, "verify", *AT, "--format", "json").document
    assert (document["anchor"], document["exit_code"]) == ("pinned", 11)
    # It names the launch: another kit of this launch with another policy is noticed.
    other = make_launch(tmp_path, name="other", policy=launch.policy_bytes.decode() + "\n# more\n")
    later = tmp_path / "elsewhere.aztrust"
    run("-C", other.path, "pack", "--to", later)
    done = run("-C", later, "verify", *AT)
    assert done.exit_code == 10
    assert "anchor-mismatch" in done.out
    # And so is the pinned file with another launch in it.
    kit.write_bytes(later.read_bytes())
    assert run("-C", kit, "verify", *AT).exit_code == 10
    assert run("-C", kit, "anchor", "remove", "--yes").exit_code == 0


@pytest.mark.parametrize(
    "words",
    [
        ("seal", "release"),
        ("approve", "release"),
        ("revoke", "0" * 64, "--reason", "x"),
        ("supersede", "release", "--with", "sha256:" + "0" * 64, "--reason", "x"),
        ("announce", "genesis-hash", "0" * 64),
        ("restore",),
        ("pack", "--to", "other.aztrust"),
        ("key", "generate", "x", "--no-passphrase"),
    ],
)
def test_what_signs_or_writes_refuses_a_kit(kit, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = kit.read_bytes()
    done = run("-C", kit, *words)
    assert done.exit_code == 2
    assert "is a kit: it is for reading" in " ".join(done.err.split())
    assert "go to the launch directory" in done.err
    assert kit.read_bytes() == before
    assert not (tmp_path / "other.aztrust").exists()


def test_a_result_is_not_written_over_the_kit(kit):
    before = kit.read_bytes()
    done = run("-C", kit, "verify", "-o", kit)
    assert done.exit_code == 2
    assert "is the kit itself" in " ".join(done.err.split())
    assert kit.read_bytes() == before


def test_a_broken_kit_is_one_clear_block(kit):
    kit.write_bytes(kit.read_bytes()[:5000])
    for words in (("verify",), ("anchor", "show"), ("policy", "lint"), ("show", kit)):
        done = run("-C", kit, *words)
        assert (done.exit_code, done.out) == (10, "")
        assert "is cut short" in done.err
        assert "mend" in done.err
    done = run("-C", kit, "verify", "--format", "json")
    assert done.document["code"] == "kit-malformed"
    assert run("explain", "kit-malformed").exit_code == 0


def test_policy_commands(launch, kit):
    for words in (("policy", "show"), ("policy", "lint")):
        assert run("-C", kit, *words).advised == run("-C", launch.path, *words).advised
    assert run("policy", "show", kit).out == run("-C", kit, "policy", "show").out
    assert run("-C", launch.path, "policy", "diff", kit).exit_code == 0
    path = launch.path / "manifests/launch.toml"
    path.write_bytes(path.read_bytes().replace(b"distinct_holders = 3", b"distinct_holders = 2"))
    assert run("-C", launch.path, "policy", "diff", kit).exit_code == 10


def test_show_a_kit(launch, kit, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = run("show", kit)
    assert done.exit_code == 0, done.err
    assert done.out.startswith(f"kit\n  {launch.anchor}\n")
    assert "launch   test-1  devnet  test launch" in done.out
    assert groups(launch.anchor)[:39] in done.out
    assert launch.package_id("release") in done.out
    assert "5 approval, 2 seal" in done.out
    assert "newest   2026-06-01 12:06:00 UTC" in done.out
    document = run("show", kit, "--format", "json").document
    assert document["kind"] == "kit"
    assert document["document"]["records"] == {"approval": 5, "seal": 2}
    assert document["document"]["newest_unix_ms"] == NOW + 6 * 60_000


def test_show_what_an_id_in_a_kit_names(launch, kit, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    record = launch.records[2]
    done = run("-C", kit, "show", record.record_id)
    assert "verified the signature, by rita" in done.out
    assert (
        "manifest of a release package" in run("-C", kit, "show", launch.package_id("release")).out
    )
    assert run("-C", kit, "show", launch.anchor).out.startswith("policy of this launch")
    assert run("-C", kit, "show", "beefbeef").exit_code == 2


def test_diff_of_kits(launch, kit, tmp_path):
    assert run("diff", kit, launch.path).exit_code == 0
    launch.revoke(launch.records[2].record_id, "rita")
    later = tmp_path / "later.aztrust"
    run("-C", launch.path, "pack", "--to", later)
    done = run("diff", kit, later)
    assert done.exit_code == 10
    assert f"+ revocation  by key {PEOPLE['rita'].public().fingerprint[7:15]}" in done.out
    assert launch.records[-1].record_id in done.out
    assert "- " not in done.out
    document = run("diff", later, kit, "--format", "json").document
    assert (document["kind"], document["same"]) == ("launch", False)
    assert [t["kind"] for t in document["only"][0]] == ["revocation"]
    assert document["only"][1] == []


def test_diff_of_kits_names_packages_and_policies(launch, kit, tmp_path):
    launch.file("release", "README").write_bytes(b"another\n")
    launch.seal("release", "rita", prior=(launch.records[0].record_id,))
    done = run("diff", kit, launch.path)
    assert done.exit_code == 10
    assert "~ release" in done.out
    assert launch.package_id("release") in done.out
    other = make_launch(tmp_path, name="other", policy=launch.policy_bytes.decode() + "\n# more\n")
    done = run("diff", kit, other.path)
    assert done.exit_code == 10
    assert f"~ policy\n  - {launch.anchor}\n  + {other.anchor}\n" in done.out
    done = run("diff", kit, launch.manifest_path("release"))
    assert (done.exit_code, "policy" in done.out) == (10, False)
    assert run("diff", kit, launch.file("genesis", "genesis.json")).exit_code == 2


def test_the_index_has_its_schema(kit):
    import tarfile

    import jsonschema

    from tests.shared import REPOSITORY

    with tarfile.open(kit) as tar:
        index = json.loads(tar.extractfile("index.json").read())
    schema = json.loads((REPOSITORY / "docs/schemas/kit-index.json").read_text("utf-8"))
    jsonschema.Draft202012Validator(schema).validate(index)
    for broken in ({**index, "more": 1}, {**index, "version_minor": 1}, {**index, "files": [{}]}):
        assert not jsonschema.Draft202012Validator(schema).is_valid(broken)


def test_the_kit_is_the_argument(tmp_path, monkeypatch):
    launch = make_launch(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert run("-C", launch.path, "pack", "here.aztrust").exit_code == 0
    assert [path.name for path in tmp_path.glob("*.aztrust")] == ["here.aztrust"]
    assert run("-C", tmp_path / "here.aztrust", "verify").exit_code == 11


@pytest.mark.parametrize("name", ["here.aztrust", "report.json", "report.txt"])
def test_o_is_refused_with_a_pointer_and_writes_nothing(tmp_path, name):
    launch = make_launch(tmp_path)
    done = run("-C", launch.path, "pack", "-o", tmp_path / name)
    assert done.exit_code == 2
    assert "pack has no -o" in done.err + done.out
    assert "aztrust pack FILE" in done.advised
    assert not (tmp_path / name).exists()


def test_a_kit_that_is_named_twice_is_refused(tmp_path):
    launch = make_launch(tmp_path)
    done = run("-C", launch.path, "pack", tmp_path / "a.aztrust", "--to", tmp_path / "b.aztrust")
    assert done.exit_code == 2
    assert "named twice" in done.err
    assert not list(tmp_path.glob("*.aztrust"))
