"""Sealing a launch directory on disk: what is written, in which order, and what is refused."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

import pytest

from aztrust.acts import publish
from aztrust.acts import seal as workflow
from aztrust.acts.preconditions import read_anchored, read_launch_context
from aztrust.acts.seal import PreparedSeal, Sealed, commit_seal, prepare_seal
from aztrust.acts.verify import verify_launch
from aztrust.core.base.canonical import loads
from aztrust.core.base.errors import AztrustError, CouldNotCheck, Refused, UsageError
from aztrust.core.base.findings import Status
from aztrust.core.checks.check import Stage
from aztrust.core.package.manifest import parse_manifest
from aztrust.core.policy.model import PackageClass
from aztrust.core.state.context import Request
from aztrust.storage import durable
from tests.disk_launch import MINUTE, NOW, Launch, ended, make_launch, policy_text, signer
from tests.shared import shared_path

SEALERS: dict[PackageClass, str] = {"release": "rita", "genesis": "gabi"}
LINKED = """[[linkage]]
name = "chain id"
left = "release:config/network.toml#/chain_id"
right = "genesis:genesis.json#/chain_id"
"""


def prepare(launch: Launch, package_class: PackageClass, **options) -> PreparedSeal:
    return prepare_seal(launch.path, read_launch_context(launch.path), package_class, **options)


def seal(
    launch: Launch, package_class: PackageClass, by: str | None = None, at: int = NOW, **options
) -> Sealed:
    prepared = prepare(launch, package_class, **options)
    return commit_seal(launch.path, prepared, signer(by or SEALERS[package_class]), at)


def unsealed(parent: Path, **options) -> Launch:
    return make_launch(parent, seal=False, **options)


def verdict(launch: Launch, required: Stage = Stage.SEALED):
    request = Request(NOW, anchor=launch.anchor, anchor_source="given")
    return verify_launch(launch.path, request, required)


def refused(launch: Launch, package_class: PackageClass) -> AztrustError:
    before = snapshot(launch.path)
    with pytest.raises((Refused, CouldNotCheck)) as caught:
        seal(launch, package_class)
    assert snapshot(launch.path) == before
    return caught.value


def snapshot(root: Path) -> dict[str, bytes]:
    files = (p for p in root.rglob("*") if p.is_file() and not p.is_symlink())
    return {str(p): p.read_bytes() for p in files}


def findings(launch: Launch) -> set[str]:
    return {f.code for r in verdict(launch).results for f in r.findings}


def test_two_sealed_packages_verify(tmp_path: Path):
    launch = unsealed(tmp_path)
    done = seal(launch, "release")
    assert done.record is not None
    package_id = launch.package_id("release")
    assert done.written == (
        f"manifests/sealed/{package_id[7:]}.json",
        done.record.path,
        "manifests/release.json",
    )
    seal(launch, "genesis")
    found = verdict(launch)
    assert found.exit_code == 0
    manifest = found.context.manifests["genesis"]
    assert manifest.release_package_id == package_id
    assert manifest.package_name == "test-1-genesis"


def test_sealing_again_changes_nothing(tmp_path: Path):
    launch = unsealed(tmp_path)
    seal(launch, "release")
    before = snapshot(launch.path)
    done = seal(launch, "release", at=NOW + MINUTE)
    assert (done.record, done.written) == (None, ())
    assert snapshot(launch.path) == before


def test_two_sealers_write_the_same_manifest_wherever_and_whenever(tmp_path: Path):
    one, two = unsealed(tmp_path, name="one"), unsealed(tmp_path, name="two")
    for path in (two.path / "packages").rglob("*"):
        os.utime(path, (1, 1))
    two.file("release", "README").chmod(0o600)
    seal(one, "release")
    seal(two, "release", at=NOW + MINUTE)
    assert one.manifest_path("release").read_bytes() == two.manifest_path("release").read_bytes()


@pytest.mark.clause("AZ-2.4")
def test_other_bytes_replace_the_package_and_the_old_manifest_stays(tmp_path: Path):
    launch = make_launch(tmp_path)
    old = launch.package_id("release")
    launch.file("release", "README").write_bytes(b"other\n")
    prepared = prepare(launch, "release")
    assert prepared.replaced is not None
    assert prepared.replaced.package_id == old
    assert prepared.replaced.approved_by == ("cosmin", "rita", "sonia")
    assert prepared.replaced.genesis_approved_by == ("cosmin", "gabi")
    commit_seal(launch.path, prepared, signer("rita"), NOW + MINUTE)
    assert launch.package_id("release") == prepared.draft.id
    assert (launch.path / f"manifests/sealed/{old[7:]}.json").is_file()
    # Every approval is void, and the genesis names a release that is no longer current.
    assert findings(launch) == {"package-id-mismatch"}
    assert verdict(launch, Stage.APPROVED).exit_code == 10


@pytest.mark.clause("AZ-2.4")
def test_the_old_manifest_put_back_is_superseded(tmp_path: Path):
    launch = unsealed(tmp_path)
    seal(launch, "release")
    seal(launch, "genesis")
    old = launch.manifest_path("release").read_bytes()
    text = launch.file("release", "README").read_bytes()
    launch.file("release", "README").write_bytes(b"other\n")
    seal(launch, "release", at=NOW + MINUTE)
    launch.file("release", "README").write_bytes(text)
    launch.manifest_path("release").write_bytes(old)
    assert findings(launch) == {"superseded"}
    # Sealing it is what makes the old bytes current again, by a record of its own.
    done = seal(launch, "release", at=NOW + 2 * MINUTE)
    assert done.record is not None
    assert done.written == (done.record.path,)
    assert findings(launch) == set()


def test_a_manifest_that_was_never_kept_is_kept_before_it_goes(tmp_path: Path):
    launch = make_launch(tmp_path)
    old = launch.package_id("release")
    shutil.rmtree(launch.path / "manifests/sealed")
    launch.file("release", "README").write_bytes(b"other\n")
    assert f"manifests/sealed/{old[7:]}.json" in seal(launch, "release").written


def test_another_holder_of_the_role_adds_a_seal(tmp_path: Path):
    text = policy_text().replace('roles = ["security-lead"]', 'roles = ["release-manager"]', 1)
    launch = unsealed(tmp_path, policy=text)
    first = seal(launch, "release")
    second = seal(launch, "release", "sonia", at=NOW + MINUTE)
    assert second.record is not None
    assert second.written == (second.record.path,)
    assert first.record is not None
    body = loads(second.record.data, what="r", code="record-malformed")
    assert isinstance(body, dict)
    context = read_launch_context(launch.path)
    seals = context.records.effective.seals("release")
    assert {u.holder for u in seals} == {"rita", "sonia"}
    prior = {u.holder: u.body.prior_seals for u in seals}
    assert prior == {"rita": (), "sonia": (first.record.record_id,)}
    assert findings(launch) <= {"seal-missing"}


@pytest.mark.parametrize("stop", [1, 2])
def test_a_crash_between_two_writes_fails_clearly_and_sealing_again_finishes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop: int
):
    launch = make_launch(tmp_path)
    launch.file("release", "README").write_bytes(b"other\n")
    prepared = prepare(launch, "release")

    def crash(*_: object, **__: object) -> None:
        raise CouldNotCheck("the power went")

    module, name = (publish, "store_record") if stop == 1 else (workflow, "overwrite")
    monkeypatch.setattr(module, name, crash)
    with pytest.raises(CouldNotCheck, match="the power went"):
        commit_seal(launch.path, prepared, signer("rita"), NOW + MINUTE)
    monkeypatch.undo()
    # Before the record nothing has changed but the package; after it the manifest is out of date.
    assert findings(launch) == {"file-modified"} | ({"superseded"} if stop == 2 else set())
    done = seal(launch, "release", at=NOW + 2 * MINUTE)
    assert (done.record is None) == (stop == 2)
    assert findings(launch) == {"package-id-mismatch"}


def test_the_manifest_is_written_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    launch = unsealed(tmp_path)
    order: list[str] = []
    for module, name in (
        (workflow, "create_idempotent"),
        (workflow, "overwrite"),
        (publish, "store_record"),
    ):
        real = getattr(module, name)

        def wrapped(*words, real=real, name=name, **more):
            order.append(name)
            return real(*words, **more)

        monkeypatch.setattr(module, name, wrapped)
    seal(launch, "release")
    assert order == ["create_idempotent", "store_record", "overwrite"]
    assert durable.overwrite is not None


def test_the_version_is_given_kept_or_one(tmp_path: Path):
    launch = unsealed(tmp_path)
    seal(launch, "release")
    assert prepare(launch, "release").draft.manifest.package_version == "1"
    seal(launch, "release", package_version="1.0.0", at=NOW + MINUTE)
    assert prepare(launch, "release").draft.manifest.package_version == "1.0.0"
    for wrong in ("", "x" * 201, "a\nb", "\udc80"):
        with pytest.raises(UsageError):
            prepare(launch, "release", package_version=wrong)


def test_a_genesis_needs_a_sealed_release(tmp_path: Path):
    launch = unsealed(tmp_path)
    error = refused(launch, "genesis")
    assert (error.code, error.mend) == ("seal-missing", "aztrust seal release")
    seal(launch, "release")
    launch.manifest_path("release").write_bytes(b"{}")
    assert refused(launch, "genesis").code == "manifest-malformed"


def test_a_genesis_is_not_sealed_for_a_release_whose_seal_is_revoked(tmp_path: Path):
    launch = unsealed(tmp_path)
    launch.revoke(launch.seal("release", "rita"), "rita")
    assert refused(launch, "genesis").code == "approval-revoked"


def test_linkage_is_read_from_the_sealed_release_and_from_no_other(tmp_path: Path):
    launch = unsealed(tmp_path, policy=policy_text(extra=LINKED))
    seal(launch, "release")
    assert seal(launch, "genesis").record is not None
    launch.file("release", "config/network.toml").write_text('chain_id = "test-2"\n')
    assert refused(launch, "genesis").code == "file-modified"
    seal(launch, "release", at=NOW + MINUTE)
    assert refused(launch, "genesis").code == "linkage-broken"


def test_without_the_release_linkage_is_reported_as_unchecked(tmp_path: Path):
    launch = unsealed(tmp_path, policy=policy_text(extra=LINKED))
    seal(launch, "release")
    shutil.rmtree(launch.path / "packages/release")
    assert [r.name for r in prepare(launch, "genesis").unchecked] == ["chain id"]


def test_a_package_that_is_not_there_cannot_be_sealed(tmp_path: Path):
    launch = unsealed(tmp_path)
    shutil.rmtree(launch.path / "packages/release")
    error = refused(launch, "release")
    assert error.exit_code == 1
    assert "put it at packages/release" in error.mend


def test_an_empty_package_cannot_be_sealed(tmp_path: Path):
    launch = unsealed(tmp_path)
    shutil.rmtree(launch.path / "packages/release")
    (launch.path / "packages/release/empty").mkdir(parents=True)
    assert "there is no file in it" in refused(launch, "release").details[0]


def test_everything_unfit_is_refused_at_once(tmp_path: Path):
    launch = unsealed(tmp_path)
    root = launch.path / "packages/release"
    os.mkfifo(root / "pipe")
    (root / "up").symlink_to("../..")
    (root / "suid").write_bytes(b"x")
    (root / "suid").chmod(0o4755)
    (root / "readme").write_bytes(b"a second one, where case is ignored")
    os.symlink("x", os.fsencode(root) + b"/\xff")
    os.rename(root / "bin/atlasd", root / "bin/atlasd2")
    error = refused(launch, "release")
    assert {line.split()[0] for line in error.details} == {
        "special-file",
        "link-escapes",
        "mode-changed",
        "path-collision",
        "path-unsafe",
        "artifact-missing",
    }


@pytest.mark.skipif(os.getuid() == 0, reason="root reads everything")
def test_what_cannot_be_read_is_refused(tmp_path: Path):
    launch = unsealed(tmp_path)
    launch.file("release", "README").chmod(0)
    assert refused(launch, "release").code == "unreadable"


def test_a_link_that_leads_to_the_package_is_refused(tmp_path: Path):
    launch = unsealed(tmp_path)
    os.rename(launch.path / "packages", launch.path / "elsewhere")
    (launch.path / "packages").symlink_to("elsewhere")
    error = refused(launch, "release")
    assert error.code == "link-escapes"
    assert "packages is a symbolic link" in error.details[0]


@pytest.mark.parametrize("inside", ["manifests", "manifests/records", "keys"])
def test_what_is_written_about_a_package_may_not_be_inside_the_package(tmp_path: Path, inside: str):
    launch = unsealed(tmp_path)
    place = launch.path / inside
    target = launch.path / "packages/release/hidden"
    os.rename(place, target)
    place.symlink_to(target)
    with pytest.raises(CouldNotCheck) as caught:
        seal(launch, "release")
    said = (caught.value.message, *caught.value.details)
    assert any(inside in line and "symbolic link" in line for line in said)


def test_two_packages_may_not_be_one_another_by_a_link(tmp_path: Path):
    launch = unsealed(tmp_path)
    shutil.rmtree(launch.path / "packages/genesis")
    (launch.path / "packages/genesis").symlink_to("release/config")
    assert refused(launch, "release").code == "link-escapes"


POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize 123\n" % (b"0" * 64)


def test_a_pointer_in_place_of_an_artifact_is_refused(tmp_path: Path):
    launch = unsealed(tmp_path)
    launch.file("release", "bin/atlasd").write_bytes(POINTER)
    error = refused(launch, "release")
    assert "a Git-LFS pointer is where the file itself should be" in error.details[0]
    assert "git lfs pull" in error.mend


def test_a_pointer_in_a_file_that_is_not_installed_is_reported(tmp_path: Path):
    launch = unsealed(tmp_path)
    launch.file("release", "logo.png").write_bytes(POINTER)
    launch.file("release", "notes").write_bytes(POINTER + b"x" * 1024)
    assert prepare(launch, "release").pointers == ("logo.png",)


def test_a_file_that_changes_behind_the_reading_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    launch = unsealed(tmp_path)
    launch.file("release", "notes").write_bytes(POINTER)
    real = workflow.peek

    def late(base, relative, entries):
        launch.file("release", "notes").write_bytes(POINTER.replace(b"123", b"124"))
        return real(base, relative, entries)

    monkeypatch.setattr(workflow, "peek", late)
    assert refused_late(launch).code == "changed-while-reading"


def refused_late(launch: Launch) -> AztrustError:
    with pytest.raises(CouldNotCheck) as caught:
        seal(launch, "release")
    return caught.value


def test_a_record_that_does_not_hold_stops_sealing(tmp_path: Path):
    launch = make_launch(tmp_path)
    path = next((launch.path / "manifests/records").glob("*.seal.*"))
    path.write_bytes(path.read_bytes().replace(b'"sig":"M', b'"sig":"N'))
    assert refused(launch, "release").code in ("signature-invalid", "record-malformed")


def test_a_key_that_cannot_be_checked_does_not_seal(tmp_path: Path):
    launch = unsealed(tmp_path)
    (launch.path / "keys/rita.pem").unlink()
    assert refused(launch, "release").code == "key-missing"


def test_a_revoked_key_does_not_seal(tmp_path: Path):
    launch = unsealed(tmp_path)
    launch.revoke(signer("rita").public.fingerprint, "sonia", kind="key", reason="compromised")
    assert refused(launch, "release").code == "key-revoked"


def test_exclusions_are_the_policys_and_are_in_the_manifest(tmp_path: Path):
    text = policy_text().replace('release"\n', 'release"\nexclude = ["notes", "tmp/"]\n', 1)
    launch = unsealed(tmp_path, policy=text)
    seal(launch, "release")
    data = launch.manifest_path("release").read_bytes()
    launch.file("release", "notes").write_bytes(b"x")
    (launch.path / "packages/release/tmp").mkdir()
    launch.file("release", "tmp/x").write_bytes(b"x")
    assert prepare(launch, "release").draft.data == data
    assert parse_manifest(data, what="m").excluded == ("notes", "tmp/")


# Real launches ------------------------------------------------------------------------------------

CRYPTO_ORG = "d299dcfee6ae29ca280006eaa065799552b88b978e423f9ec3d8ab531873d882"
STRIDE = "e31b8d1a9090f128b6f7db024836213d1af2b424bfb757e38f3b5c39be738aa4"


def real_launch(
    parent: Path, chain_id: str, genesis: dict[str, bytes], *, extra: str = "", release=None
) -> Launch:
    text = policy_text(extra=extra).replace('chain_id = "test-1"', f'chain_id = "{chain_id}"')
    first = next(iter(genesis))
    text = text.replace('genesis_files = ["genesis.json"]', f'genesis_files = ["{first}"]')
    options = {} if release is None else {"release": release}
    return unsealed(parent, policy=text, genesis=genesis, **options)


def published(sha256: str, convention: str = "raw") -> str:
    table = "[[packages.genesis.published_hash]]"
    return f'{table}\nconvention = "{convention}"\nsha256 = "{sha256}"\n'


@pytest.mark.clause("RC-D")
@pytest.mark.parametrize(
    ("folder", "chain_id", "sha256"),
    [("crypto-org", "crypto-org-chain-mainnet-1", CRYPTO_ORG), ("stride", "stride-1", STRIDE)],
)
def test_published_hashes_of_real_launches_verify(
    tmp_path: Path, folder: str, chain_id: str, sha256: str
):
    data = shared_path(f"data/{folder}/genesis.json").read_bytes()
    launch = real_launch(tmp_path, chain_id, {"genesis.json": data}, extra=published(sha256))
    seal(launch, "release")
    seal(launch, "genesis")
    assert verdict(launch).exit_code == 0
    manifest = parse_manifest(launch.manifest_path("genesis").read_bytes(), what="m")
    assert manifest.genesis_hash is not None
    assert manifest.genesis_hash.sha256 == f"sha256:{sha256}"
    assert manifest.facts is not None
    assert manifest.facts["chain_id"] == chain_id
    assert manifest.facts["power"]["gen_txs"] > 0
    assert manifest.genesis_time is not None


@pytest.mark.clause("AZ-6.2")
def test_a_launch_with_a_real_genesis_goes_from_seal_to_approved(tmp_path: Path):
    data = shared_path("data/crypto-org/genesis.json").read_bytes()
    chain_id = "crypto-org-chain-mainnet-1"
    launch = real_launch(tmp_path, chain_id, {"genesis.json": data}, extra=published(CRYPTO_ORG))
    seal(launch, "release")
    seal(launch, "genesis")
    for who in ("rita", "sonia", "cosmin"):
        launch.approve("release", who)
    for who in ("gabi", "cosmin"):
        launch.approve("genesis", who)
    assert verdict(launch, Stage.APPROVED).exit_code == 0
    launch.file("genesis", "genesis.json").write_bytes(data + b"\n")
    found = verdict(launch, Stage.APPROVED)
    assert found.exit_code == 10
    codes = {f.code for r in found.results for f in r.findings}
    assert codes == {"file-modified", "genesis-hash-mismatch"}


def test_the_hash_of_a_copy_with_a_newline_says_so(tmp_path: Path):
    data = shared_path("data/stride/genesis.json").read_bytes()
    other = hashlib.sha256(data.rstrip(b"\n") + (b"" if data.endswith(b"\n") else b"\n"))
    launch = real_launch(
        tmp_path, "stride-1", {"genesis.json": data}, extra=published(other.hexdigest())
    )
    seal(launch, "release")
    error = refused(launch, "genesis")
    assert error.code == "genesis-hash-mismatch"
    assert "newline" in error.details[0]


HOLESKY_RULE = """[[linkage]]
name = "the consensus layer was built from this execution genesis"
left = "release:deposit_contract_block.toml#/extra_data"
right = "genesis:genesis.json#/extraData"
as = "hex"
"""


def test_a_linkage_rule_tells_holeskys_failed_launch_from_its_relaunch(tmp_path: Path):
    """The consensus genesis was built over an execution genesis whose extraData is empty."""
    release = {"bin/atlasd": b"node", "deposit_contract_block.toml": b'extra_data = "0x"\n'}
    outcomes = {}
    for name in ("failed-launch-2023-09-15", "relaunch-2023-09-28"):
        data = shared_path(f"data/holesky/{name}/genesis.json").read_bytes()
        text = policy_text(extra=HOLESKY_RULE).replace('"test-1"', "17000")
        text = text.replace('"#/chain_id"', '"#/config/chainId"')
        launch = unsealed(
            tmp_path, name=name, policy=text, release=release, genesis={"genesis.json": data}
        )
        seal(launch, "release")
        try:
            seal(launch, "genesis")
            outcomes[name] = verdict(launch).exit_code
        except Refused as error:
            outcomes[name] = error.code
    assert outcomes == {"failed-launch-2023-09-15": "linkage-broken", "relaunch-2023-09-28": 0}


@pytest.mark.parametrize("name", ["failed-launch-2023-09-15", "relaunch-2023-09-28"])
def test_holeskys_lfs_pointers_are_not_a_genesis(tmp_path: Path, name: str):
    data = shared_path(f"data/holesky/{name}/genesis.ssz.lfs-pointer").read_bytes()
    text = policy_text().replace('"test-1"', "17000").replace('"#/chain_id"', '""')
    text = text.replace('genesis_files = ["genesis.json"]', 'genesis_files = ["genesis.ssz"]')
    launch = unsealed(tmp_path, policy=text, genesis={"genesis.ssz": data})
    seal(launch, "release")
    error = refused(launch, "genesis")
    assert (error.code, len(error.details)) == ("file-missing", 1)
    assert "Git-LFS pointer" in error.details[0]


def test_several_genesis_files_and_no_chain_id_at_all(tmp_path: Path):
    text = (
        policy_text()
        .replace('"#/chain_id"', '""')
        .replace('["genesis.json"]', '["genesis.ssz", "config.yaml"]')
    )
    genesis = {"genesis.ssz": b"\x00\x01\x02", "config.yaml": b"PRESET_BASE: mainnet\n"}
    launch = unsealed(tmp_path, policy=text, genesis=genesis)
    seal(launch, "release")
    seal(launch, "genesis")
    found = verdict(launch)
    assert found.exit_code == 0
    assert all(r.status is not Status.ERROR for r in found.results)
    assert found.context.manifests["genesis"].facts is None


def test_nothing_is_sealed_under_an_expired_policy(tmp_path):
    launch = unsealed(tmp_path, policy=ended(policy_text()))
    with pytest.raises(Refused) as caught:
        prepare_seal(launch.path, read_anchored(launch.path, None, NOW), "release")
    assert caught.value.code == "policy-expired"
