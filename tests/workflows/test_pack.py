"""Packing: the same bytes everywhere, nothing secret, nothing silently left out."""

from __future__ import annotations

import base64
import os
import shutil
from pathlib import Path

import pytest

from aztrust.core.canonical import dumps
from aztrust.core.errors import CouldNotCheck, Malformed, NothingToVerify, Refused, UsageError
from aztrust.core.kit import parse_kit
from aztrust.core.signed.envelope import PAYLOAD_TYPE
from aztrust.storage.kit import read_kit
from aztrust.workflows.pack import kit_path, pack
from tests.launches import PEOPLE, make_launch


@pytest.fixture
def launch(tmp_path):
    return make_launch(tmp_path)


def files(launch, to):
    return read_kit(pack(launch.path, to).path).files


def test_what_a_kit_holds(launch, tmp_path):
    launch.file("release", "README").write_bytes(b"another\n")
    before = launch.package_id("release")
    launch.seal("release", "rita", prior=(launch.records[0].record_id,))
    held = files(launch, tmp_path / "k.aztrust")
    held.pop("check.sh", None)
    assert set(held) == {
        "manifests/launch.toml",
        "manifests/release.json",
        "manifests/genesis.json",
        f"manifests/sealed/{before[7:]}.json",
        *(f"keys/{path.name}" for path in (launch.path / "keys").iterdir()),
        *(record.path for record in launch.records),
    }
    assert all((launch.path / path).read_bytes() == data for path, data in held.items())


def test_two_clones_give_the_same_bytes(launch, tmp_path):
    first = pack(launch.path, tmp_path / "a.aztrust")
    clone = tmp_path / "elsewhere" / "clone"
    shutil.copytree(launch.path, clone)
    for number, path in enumerate(sorted(clone.rglob("*"), reverse=True)):
        path.chmod(0o700 if path.is_dir() else 0o600)
        os.utime(path, (number, number))
    (clone / "manifests/records/.x.swp").write_bytes(b"an editor's")
    (clone / "keys/.DS_Store").write_bytes(b"a file system's")
    (clone / "keys/README").write_bytes(b"no key")
    before = os.umask(0o077)
    try:
        second = pack(clone, tmp_path / "b.aztrust")
    finally:
        os.umask(before)
    assert first.kit_sha256 == second.kit_sha256
    assert first.path.read_bytes() == second.path.read_bytes()


def test_the_same_kit_again_is_fine_and_a_newer_one_replaces_it(launch, tmp_path):
    to = tmp_path / "k.aztrust"
    assert pack(launch.path, to).written
    stamp = os.stat(to).st_mtime_ns
    assert not pack(launch.path, to).written
    assert os.stat(to).st_mtime_ns == stamp
    launch.revoke(launch.records[2].record_id, "rita")
    assert pack(launch.path, to).written
    assert launch.records[-1].path in read_kit(to).files


@pytest.mark.parametrize("contents", [b"my notes", b""])
def test_a_file_that_is_no_kit_is_never_replaced(launch, tmp_path, contents):
    to = tmp_path / "k.aztrust"
    to.write_bytes(contents)
    with pytest.raises(Refused, match="is there and is no kit"):
        pack(launch.path, to)
    assert to.read_bytes() == contents


def test_what_is_no_file_is_never_replaced(launch, tmp_path):
    to = tmp_path / "k.aztrust"
    os.mkfifo(to)
    with pytest.raises((CouldNotCheck, UsageError), match="no regular file"):
        pack(launch.path, to)


@pytest.mark.parametrize("place", ["manifests", "keys", "manifests/records", "packages/release"])
def test_a_kit_is_not_written_into_what_it_is_about(launch, place):
    with pytest.raises(UsageError, match=r"--to .* lies in"):
        pack(launch.path, launch.path / place / "k.aztrust")
    assert not (launch.path / place / "k.aztrust").exists()


def test_beside_the_manifests_is_fine(launch):
    assert pack(launch.path, launch.path / "k.aztrust").written


@pytest.mark.parametrize(
    ("chain_id", "name"),
    [
        ("atlas-zero-1", "atlas-zero-1.aztrust"),
        ("eip155:1", "eip155-1.aztrust"),
        ("../../etc/passwd", "etc-passwd.aztrust"),
        (".hidden", "hidden.aztrust"),
        ("链", "launch.aztrust"),
        ("x" * 300, "x" * 100 + ".aztrust"),
    ],
)
def test_a_kit_is_named_by_its_chain(chain_id, name):
    assert kit_path(chain_id) == Path(name)


PRIVATE = PEOPLE["rita"].private_pem()


@pytest.mark.parametrize(
    "path",
    [
        "keys/rita2.pem",
        "manifests/records/oops.json",
        "manifests/verdicts/a.sigstore.json",
        "manifests/sealed/x.json",
    ],
)
def test_a_private_key_never_leaves(launch, tmp_path, path):
    (launch.path / path).parent.mkdir(exist_ok=True)
    (launch.path / path).write_bytes(b"# mine\n" + PRIVATE)
    with pytest.raises(Refused) as caught:
        pack(launch.path, tmp_path / "k.aztrust")
    assert any("it holds a private key" in line for line in caught.value.details)
    assert "compromised" in caught.value.mend
    assert not (tmp_path / "k.aztrust").exists()


def test_a_private_key_inside_a_record_never_leaves(launch, tmp_path):
    envelope = {
        "payload": base64.b64encode(b'{"note":"' + PRIVATE + b'"}').decode(),
        "payloadType": PAYLOAD_TYPE,
        "signatures": [{"keyid": "0" * 64, "sig": "AAAA"}],
    }
    (launch.path / "manifests/records/note.json").write_bytes(dumps(envelope))
    with pytest.raises(Refused, match="must not leave"):
        pack(launch.path, tmp_path / "k.aztrust")


def test_a_policy_that_quotes_a_private_key_never_leaves(launch, tmp_path):
    path = launch.path / "manifests/launch.toml"
    path.write_bytes(path.read_bytes() + b"\n# -----BEGIN EC PRIVATE KEY-----\n")
    with pytest.raises(Refused, match="must not leave"):
        pack(launch.path, tmp_path / "k.aztrust")


def test_only_public_keys_leave_from_keys(launch, tmp_path):
    (launch.path / "keys/what.pem").write_bytes(b"secret in no known form")
    with pytest.raises(Refused) as caught:
        pack(launch.path, tmp_path / "k.aztrust")
    assert caught.value.details[0].startswith("keys/what.pem: it is no public key")
    # A private key that is not among what is packed stays where it is.
    (launch.path / "keys/what.pem").rename(launch.path / "keys/rita.key")
    assert "keys/rita.key" not in files(launch, tmp_path / "k.aztrust")


@pytest.mark.parametrize("path", ["manifests/records/x", "keys/x.pem", "manifests/sealed/x.json"])
def test_a_link_is_not_packed_and_not_left_out(launch, tmp_path, path):
    (launch.path / path).symlink_to("/etc/hostname")
    with pytest.raises(CouldNotCheck) as caught:
        pack(launch.path, tmp_path / "k.aztrust")
    assert path in caught.value.subject


def test_a_record_over_its_limit_is_refused(launch, tmp_path):
    (launch.path / "manifests/records/big.json").write_bytes(b" " * ((4 << 20) + 1))
    with pytest.raises(Refused) as caught:
        pack(launch.path, tmp_path / "k.aztrust")
    assert caught.value.details == ("manifests/records/big.json: it has more than 4,194,304 bytes",)


def test_a_policy_that_cannot_be_read_is_refused(launch, tmp_path):
    (launch.path / "manifests/launch.toml").write_bytes(b"version = 1\n")
    with pytest.raises(Malformed) as caught:
        pack(launch.path, tmp_path / "k.aztrust")
    assert caught.value.code == "policy-malformed"


def test_nothing_sealed_is_nothing_to_pack(tmp_path):
    launch = make_launch(tmp_path, seal=False)
    with pytest.raises(NothingToVerify):
        pack(launch.path, tmp_path / "k.aztrust")


def test_broken_files_are_packed_and_said(launch, tmp_path):
    (launch.path / "manifests/records/torn.json").write_bytes(b"{")
    launch.manifest_path("genesis").write_bytes(b"[]")
    packed = pack(launch.path, tmp_path / "k.aztrust")
    assert [(f.code, f.subject) for f in packed.broken] == [
        ("record-malformed", "manifests/records/torn.json"),
        ("manifest-malformed", "manifests/genesis.json"),
    ]
    held = read_kit(packed.path).files
    assert held["manifests/records/torn.json"] == b"{"
    assert held["manifests/genesis.json"] == b"[]"


def test_names_that_are_no_plain_text_become_digests(launch, tmp_path):
    records = launch.path / "manifests/records"
    first = launch.records[0].data
    other = launch.records[1].data
    (records / "a b.dsse.json").write_bytes(first)
    (records / ("x" * 90)).write_bytes(other)
    (records / "Case.json").write_bytes(first)
    (records / "case.json").write_bytes(other)
    (records / f"{'0' * 64}.json").write_bytes(first)
    os.mkdir(launch.path / "manifests/verdicts")
    (launch.path / "manifests/verdicts/ü.dsse.json").write_bytes(b"{}")
    held = files(launch, tmp_path / "k.aztrust")
    names = {p.rpartition("/")[2] for p in held if p.startswith("manifests/records/")}
    stored = {record.path.rpartition("/")[2] for record in launch.records}
    from aztrust.core.digest import sha256_id

    digests = {sha256_id(data)[7:] for data in (first, other)}
    assert {n.partition(".")[0] for n in names - stored} == digests
    assert all(n.endswith(".json") for n in names)
    assert f"manifests/verdicts/{sha256_id(b'{}')[7:]}.dsse.json" in held


def test_a_sealed_manifest_is_packed_under_its_digest(launch, tmp_path):
    sealed = launch.path / "manifests/sealed"
    (sealed / f"{'0' * 64}.json").write_bytes(b"lies about its name")
    current = launch.package_id("release")[7:]
    (sealed / f"{current}.json").write_bytes(b"other bytes")
    held = files(launch, tmp_path / "k.aztrust")
    assert sorted(data for path, data in held.items() if "/sealed/" in path) == [
        b"lies about its name",
        b"other bytes",
    ]
    assert not any("0" * 64 in path or current in path for path in held)


def test_a_packed_kit_reads_back(launch, tmp_path):
    packed = pack(launch.path, tmp_path / "k.aztrust")
    assert packed.size == packed.path.stat().st_size
    held = parse_kit(packed.path.read_bytes(), what="k").files
    assert packed.files == {path: len(data) for path, data in held.items()}
