from __future__ import annotations

import stat
from pathlib import Path

import pytest

from aztrust.acts.init import init_launch
from aztrust.acts.keygen import add_holder, make_key, plan_key
from aztrust.core.base.errors import Refused, UsageError
from aztrust.core.formats.keys import parse_public_key
from aztrust.core.policy.model import POLICY_PATH
from aztrust.core.policy.scaffold import Answers
from aztrust.signers import open_signer, pkcs8
from aztrust.storage.localkeys import keys_dir


@pytest.fixture(autouse=True)
def _few_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pkcs8, "ROUNDS", 1_000)


@pytest.fixture
def launch(tmp_path: Path) -> Path:
    return init_launch(tmp_path / "launch", Answers()).directory


@pytest.mark.parametrize("algorithm", ["ecdsa-p256", "ed25519"])
def test_both_halves_are_written(algorithm: str, launch: Path):
    plan = plan_key("rita", private_dir=None, launch=launch)
    public = make_key(plan, algorithm=algorithm, passphrase=b"s3cret")  # type: ignore[arg-type]
    assert stat.S_IMODE(plan.private.stat().st_mode) == 0o600
    assert stat.S_IMODE(plan.private.parent.stat().st_mode) == 0o700
    assert b"ENCRYPTED" in plan.private.read_bytes()
    assert parse_public_key((launch / "keys/rita.pem").read_bytes(), name="f") == public
    assert open_signer(str(plan.private), passphrase=lambda: b"s3cret").public == public


def test_nothing_is_ever_overwritten(launch: Path, tmp_path: Path):
    plan = plan_key("rita", private_dir=None, launch=launch)
    make_key(plan, algorithm="ed25519", passphrase=None)
    before = plan.private.read_bytes()
    with pytest.raises(Refused, match="no key is ever overwritten"):
        plan_key("rita", private_dir=None, launch=launch)
    with pytest.raises(Refused, match=r"keys/rita\.pem already exists"):
        plan_key("rita", private_dir=tmp_path / "else", launch=launch)
    with pytest.raises(Refused):
        make_key(plan, algorithm="ed25519", passphrase=None)
    assert plan.private.read_bytes() == before


def test_a_private_key_is_never_in_a_launch_or_work_tree(launch: Path, tmp_path: Path):
    tree = tmp_path / "tree"
    (tree / "deep").mkdir(parents=True)
    (tree / ".git").write_text("gitdir: elsewhere")
    link = tmp_path / "link"
    link.symlink_to(tree / "deep")
    for directory in (launch, launch / "keys", launch / "new", tree, tree / "deep/new", link):
        with pytest.raises(Refused, match="published sooner or later"):
            plan_key("rita", private_dir=directory, launch=None)


def test_nor_does_the_configuration_directory_where_that_is_one():
    home = keys_dir().parent
    home.mkdir(parents=True)
    (home / ".git").mkdir()
    with pytest.raises(Refused, match="git work tree"):
        plan_key("rita", private_dir=None, launch=None)


@pytest.mark.parametrize(
    "name", ["", "Rita", "../rita", "a/b", ".rita", "rita\n", "r" * 65, "ríta"]
)
def test_a_name_is_one_that_a_policy_takes(name: str):
    with pytest.raises(UsageError):
        plan_key(name, private_dir=None, launch=None)


def test_an_empty_passphrase_is_none_at_all():
    plan = plan_key("rita", private_dir=None, launch=None)
    with pytest.raises(UsageError, match="empty"):
        make_key(plan, algorithm="ed25519", passphrase=b"")
    assert not plan.private.exists()


def test_a_policy_in_use_is_left_alone(launch: Path):
    before = (launch / POLICY_PATH).read_bytes()
    add_holder(launch, "rita", ("release-manager",), "sha256:" + "a" * 64)
    after = (launch / POLICY_PATH).read_bytes()
    added = set(after.splitlines()) - set(before.splitlines())
    assert [line[:6] for line in added] == [b"rita ="]
    with pytest.raises(Refused, match="has a holder rita"):
        add_holder(launch, "rita", ("release-manager",), "sha256:" + "b" * 64)
    (launch / "manifests/records").mkdir()
    (launch / "manifests/records/x.json").write_text("{}")
    with pytest.raises(Refused, match="is in use"):
        add_holder(launch, "eve", ("release-manager",), "sha256:" + "b" * 64)
    assert (launch / POLICY_PATH).read_bytes() == after
