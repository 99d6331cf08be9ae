"""Packing: the same bytes everywhere, nothing secret, nothing silently left out."""

from __future__ import annotations

import base64
import json
import os
import shutil
from pathlib import Path

import pytest

from aztrust.acts.pack import kit_path, pack
from aztrust.core.base.canonical import dumps
from aztrust.core.base.digest import sha256_id
from aztrust.core.base.errors import CouldNotCheck, Malformed, NothingToVerify, Refused, UsageError
from aztrust.core.formats.dsse import PAYLOAD_TYPE
from aztrust.core.kit.archive import parse_kit
from aztrust.storage.kit import read_kit
from tests.disk_launch import PEOPLE, make_launch


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
def test_a_file_that_is_not_a_kit_is_never_replaced(launch, tmp_path, contents):
    to = tmp_path / "k.aztrust"
    to.write_bytes(contents)
    with pytest.raises(Refused, match="exists and is not a kit"):
        pack(launch.path, to)
    assert to.read_bytes() == contents


def test_what_is_not_a_file_is_never_replaced(launch, tmp_path):
    to = tmp_path / "k.aztrust"
    os.mkfifo(to)
    with pytest.raises((CouldNotCheck, UsageError), match="not a regular file"):
        pack(launch.path, to)


@pytest.mark.parametrize("place", ["manifests", "keys", "manifests/records", "packages/release"])
def test_a_kit_is_not_written_into_what_it_is_about(launch, place):
    with pytest.raises(UsageError, match=r"the kit .* is in .*which is part of what is judged"):
        pack(launch.path, launch.path / place / "k.aztrust")
    assert not (launch.path / place / "k.aztrust").exists()


def test_next_to_the_manifests_is_accepted(launch):
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


def envelope(payload, **changes):
    return dumps(
        {
            "payload": base64.b64encode(payload).decode(),
            "payloadType": PAYLOAD_TYPE,
            "signatures": [{"keyid": "0" * 64, "sig": "AAAA"}],
            **changes,
        }
    )


def refused(launch, path, data):
    """The one line that says why a launch with this file is not packed."""
    target = launch.path / path
    target.parent.mkdir(exist_ok=True)
    target.write_bytes(data)
    with pytest.raises(Refused, match="must not leave") as caught:
        pack(launch.path, launch.path.with_name("k.aztrust"))
    assert caught.value.exit_code == 10
    assert caught.value.subject == path
    assert caught.value.mend.startswith("move it away")
    assert not launch.path.with_name("k.aztrust").exists()
    (line,) = caught.value.details
    assert "\n" not in line
    return line.removeprefix(f"{path}: ")


PEM_IN_JSON = PRIVATE.decode().replace("\n", "\\n")
DER = base64.b64decode("".join(PRIVATE.decode().splitlines()[1:-1]))
SCALAR = "870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE"
VALIDATOR = b"""{
  "address": "00",
  "priv_key": {"type": "tendermint/PrivKeyEd25519", "value": "AAAA"}
}
"""
SPELLINGS = {
    "a key of CometBFT": VALIDATOR,
    "DER": DER,
    "a JWK": f'{{"kty":"EC","crv":"P-256","x":"AA","y":"AA","d":"{SCALAR}"}}'.encode(),
    "UTF-16": PRIVATE.decode().encode("utf-16"),
    "base64 of a PEM": base64.b64encode(PRIVATE),
    "an escaped PEM": f'{{"k":"{PEM_IN_JSON}"}}'.replace("-", "\\u002d").encode(),
    "an age key": b"AGE-SECRET-KEY-1QQQQQQQQQQQQ\n",
    "an unsigned envelope": envelope(f'{{"note":"{PEM_IN_JSON}"}}'.encode(), signatures=[]),
}


@pytest.mark.parametrize("folder", ["records/k.json", "sealed/k.json", "verdicts/k.dsse.json"])
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_no_spelling_of_a_private_key_leaves(launch, folder, spelling):
    if (folder, spelling) == ("sealed/k.json", "an unsigned envelope"):
        # What has the form of a signed file, and is in a folder of manifests, stops every act.
        with pytest.raises(CouldNotCheck, match="cannot be read"):
            refused(launch, f"manifests/{folder}", SPELLINGS[spelling])
        return
    refused(launch, f"manifests/{folder}", SPELLINGS[spelling])


@pytest.mark.parametrize(
    "said",
    [
        f'{{"note":"{PEM_IN_JSON}"}}',
        f'{{"note":"{PEM_IN_JSON}"}}'.replace("-", "\\u002d").replace("P", "\\u0050"),
        '{"note":"AGE-SECRET-KEY-1QQQQQQQQQQQQ"}',
        '{"priv_key":{"value":"AAAA"}}',
        '{"a":[{"priv\\u005fkey" : "AAAA"}]}',
        '{"PrivateKey":"AAAA"}',
        '{"key":{"type":"tendermint/PrivKeyEd25519","value":"AAAA"}}',
        '{"key":{"@type":"/cosmos.crypto.ed25519.PrivKey","key":"AAAA"}}',
        '{"note":"{\\"priv_key\\": 1}"}',
        f'{{"kty":"OKP","crv":"Ed25519","d":"{SCALAR}"}}',
    ],
)
def test_a_private_key_inside_a_record_never_leaves(launch, said):
    path = "manifests/records/note.json"
    assert refused(launch, path, envelope(said.encode())).startswith("it holds a private key (")


def bundle(payload):
    inner = {"payload": base64.b64encode(payload).decode(), "signatures": []}
    return dumps({"mediaType": "x", "verificationMaterial": {}, "dsseEnvelope": inner})


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (bundle(b'{"priv_key":1}'), "it holds a private key"),
        (bundle(DER), "it holds a private key (PKCS#8)"),
        (DER, "it holds a private key (PKCS#8 in DER)"),
        (bundle(b"no JSON"), "it is not a signed record: its payload is not strict JSON"),
        (b"{", "it is not a Sigstore bundle: is not strict JSON"),
        (b"[]", "it is not a Sigstore bundle: not made of"),
        (b"{}", "it is not a Sigstore bundle: not made of"),
        (bundle(b"{}").replace(b"e30=", b"e3"), "it is not a Sigstore bundle: its payload is not"),
        (bundle(b"{}")[:-1] + b',"more":1}', "it is not a Sigstore bundle: not made of"),
    ],
)
def test_a_bundle_is_packed_for_what_was_signed(launch, data, told):
    assert refused(launch, "manifests/verdicts/a.sigstore.json", data).startswith(told)


def test_a_bundle_that_is_one_is_packed(launch, tmp_path):
    os.mkdir(launch.path / "manifests/verdicts")
    path = "manifests/verdicts/a.sigstore.json"
    (launch.path / path).write_bytes(bundle(b"{}"))
    assert files(launch, tmp_path / "k.aztrust")[path] == bundle(b"{}")


def test_a_text_may_mention_a_private_key(launch, tmp_path):
    """What takes a leaked key back must get out."""
    said = envelope(b'{"reason":"the PRIVATE KEY of rita leaked, priv_key and all"}')
    (launch.path / "manifests/records/other.json").write_bytes(said)
    assert files(launch, tmp_path / "k.aztrust")["manifests/records/other.json"] == said


def test_a_policy_that_quotes_a_private_key_never_leaves(launch, tmp_path):
    path = launch.path / "manifests/launch.toml"
    path.write_bytes(path.read_bytes() + b"\n# -----BEGIN EC PRIVATE KEY-----\n")
    with pytest.raises(Refused, match="must not leave"):
        pack(launch.path, tmp_path / "k.aztrust")


def test_only_public_keys_leave_from_keys(launch, tmp_path):
    (launch.path / "keys/what.pem").write_bytes(b"secret in no known form")
    with pytest.raises(Refused) as caught:
        pack(launch.path, tmp_path / "k.aztrust")
    assert caught.value.details[0].startswith("keys/what.pem: it is not a public key")
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


@pytest.mark.parametrize("folder", ["records/torn.json", "verdicts/torn.dsse.json"])
@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"{", "it is not a signed record: is not strict JSON"),
        (b"{}", "it is not a signed record: is not a DSSE envelope"),
        (envelope(b"{}", signatures=[]), "it is not a signed record: has 0 signatures"),
        (envelope(b"no JSON"), "it is not a signed record: its payload is not strict JSON"),
    ],
)
def test_a_record_that_is_not_an_envelope_is_refused(launch, folder, data, told):
    assert refused(launch, f"manifests/{folder}", data).startswith(told)


@pytest.mark.parametrize("package_class", ["release", "genesis"])
def test_a_file_that_is_not_a_manifest_is_refused(launch, package_class):
    path = f"manifests/{package_class}.json"
    assert refused(launch, path, b"[]").startswith("it is not a manifest: ")


def test_every_offender_is_named(launch, tmp_path):
    for name in ("b.json", "a.json"):
        (launch.path / "manifests/records" / name).write_bytes(b"{")
    (launch.path / "keys/x.pem").write_bytes(b"x")
    with pytest.raises(Refused) as caught:
        pack(launch.path, tmp_path / "k.aztrust")
    assert [line.partition(":")[0] for line in caught.value.details] == [
        "keys/x.pem",
        "manifests/records/a.json",
        "manifests/records/b.json",
    ]


def test_records_that_count_nowhere_are_packed_and_reported(launch, tmp_path):
    """A record by any signer, however malformed: it may be a revocation."""
    records = launch.path / "manifests/records"
    fields = json.loads(launch.records[0].data)
    fields["signatures"][0]["sig"] = "AAAA"
    (records / "forged.json").write_text(json.dumps(fields))
    (records / "stranger.json").write_bytes(envelope(b'{"predicateType":"urn:aztrust:new:v9"}'))
    packed = pack(launch.path, tmp_path / "k.aztrust")
    assert [(f.code, f.subject) for f in packed.broken] == [
        ("signature-invalid", "manifests/records/forged.json")
    ]
    assert {"manifests/records/forged.json", "manifests/records/stranger.json"} <= {*packed.files}


def test_names_that_are_not_plain_text_become_digests(launch, tmp_path):
    records = launch.path / "manifests/records"
    first = launch.records[0].data
    other = launch.records[1].data
    (records / "a b.dsse.json").write_bytes(first)
    (records / ("x" * 90)).write_bytes(other)
    (records / "Case.json").write_bytes(first)
    (records / "case.json").write_bytes(other)
    (records / f"{'0' * 64}.json").write_bytes(first)
    os.mkdir(launch.path / "manifests/verdicts")
    (launch.path / "manifests/verdicts/ü.dsse.json").write_bytes(envelope(b"{}"))
    held = files(launch, tmp_path / "k.aztrust")
    names = {p.rpartition("/")[2] for p in held if p.startswith("manifests/records/")}
    stored = {record.path.rpartition("/")[2] for record in launch.records}
    digests = {sha256_id(data)[7:] for data in (first, other)}
    assert {n.partition(".")[0] for n in names - stored} == digests
    assert all(n.endswith(".json") for n in names)
    assert f"manifests/verdicts/{sha256_id(envelope(b'{}'))[7:]}.dsse.json" in held


def test_a_sealed_manifest_has_its_digest_as_its_name(launch):
    current = launch.package_id("release")[7:]
    manifest = launch.manifest_path("release").read_bytes()
    told = "it is not a sealed manifest: its name is not the SHA-256 of its bytes"
    for name, data in (("0" * 64, manifest), ("release", manifest)):
        path = f"manifests/sealed/{name}.json"
        assert refused(launch, path, data) == told
        (launch.path / path).unlink()
    path = f"manifests/sealed/{current}.json"
    assert refused(launch, path, b"other bytes") == told


def test_a_sealed_file_that_is_not_a_manifest_is_refused_under_any_name(launch):
    path = f"manifests/sealed/{sha256_id(DER)[7:]}.json"
    assert refused(launch, path, DER) == "it holds a private key (PKCS#8 in DER)"
    (launch.path / path).unlink()
    path = f"manifests/sealed/{sha256_id(b'[]')[7:]}.json"
    assert refused(launch, path, b"[]").startswith("it is not a manifest: ")


def test_a_packed_kit_reads_back(launch, tmp_path):
    packed = pack(launch.path, tmp_path / "k.aztrust")
    assert packed.size == packed.path.stat().st_size
    held = parse_kit(packed.path.read_bytes(), what="k").files
    assert packed.files == {path: len(data) for path, data in held.items()}
