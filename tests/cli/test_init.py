"""`aztrust init` and `aztrust key`, as a newcomer types them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from aztrust.core.policy.scaffold import CHAINS
from aztrust.signers import pkcs8
from aztrust.storage.localkeys import keys_dir
from tests.command import run


@pytest.fixture(autouse=True)
def _few_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pkcs8, "ROUNDS", 1_000)


@pytest.fixture
def launch(tmp_path: Path) -> Path:
    assert run("init", tmp_path / "atlas", "--chain", "cosmos", "--chain-id", "a-1").exit_code == 0
    return tmp_path / "atlas"


def generate(launch: Path, *words: object):
    return run("-C", launch, "key", "generate", *words)


def test_init_says_what_it_wrote(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    done = run("init", "atlas-launch", "--chain", "cosmos", "--chain-id", "atlas-zero-1")
    assert done.exit_code == 0
    assert done.out.splitlines() == [
        "wrote    atlas-launch/manifests/launch.toml   4 blanks marked TODO",
        "         keys/  packages/release/  packages/genesis/",
        "         .gitattributes (* -text)  .gitignore (*.key)",
        "next     cd atlas-launch; aztrust key generate NAME (once per holder, each on",
        "         their own machine)",
    ]
    assert (tmp_path / "atlas-launch/keys").is_dir()


@pytest.mark.parametrize("chain", CHAINS)
def test_every_chain_scaffolds(chain: str, tmp_path: Path):
    assert run("init", tmp_path / "x", "--chain", chain, "-q").out.endswith("launch.toml\n")
    assert run("-C", tmp_path / "x", "policy", "lint").exit_code == 10


def test_init_overwrites_nothing(launch: Path, tmp_path: Path):
    policy = (launch / "manifests/launch.toml").read_bytes()
    done = run("init", launch)
    assert (done.exit_code, policy) == (10, (launch / "manifests/launch.toml").read_bytes())
    assert "is a launch directory already" in " ".join(done.err.split())
    old = tmp_path / "repository"
    old.mkdir()
    (old / ".gitignore").write_text("mine\n")
    done = run("init", old, "--format", "json")
    assert done.document["kept"] == [".gitignore"]
    assert (old / ".gitignore").read_text() == "mine\n"
    (tmp_path / "file").write_text("")
    assert run("init", tmp_path / "file").exit_code == 2


@pytest.mark.parametrize("value", ["", "x" * 201, "a\nb", "a\x1b[2J"])
def test_init_takes_only_what_a_policy_takes(value: str, tmp_path: Path):
    assert run("init", tmp_path / "x", "--chain-id", value).exit_code == 2
    assert run("init", tmp_path / "x", "--name", value).exit_code == 2


def test_git_leaves_private_keys_out_and_package_files_in(launch: Path):
    (launch / "keys/rita.key").write_text("secret")
    (launch / "packages/release/tls.key").write_text("content")
    (launch / "packages/release/crlf.txt").write_bytes(b"a\r\n")
    git = ("git", "-C", str(launch), "-c", "core.autocrlf=true")
    try:
        subprocess.run((*git, "init", "-q"), check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("git is not installed")
    subprocess.run((*git, "add", "-A"), check=True, capture_output=True)
    names = subprocess.run((*git, "ls-files"), check=True, capture_output=True, text=True).stdout
    assert "keys/rita.key" not in names
    assert "packages/release/tls.key" in names
    stored = subprocess.run(
        (*git, "show", ":packages/release/crlf.txt"), check=True, capture_output=True
    )
    assert stored.stdout == b"a\r\n"


def test_generate_prints_what_to_paste(launch: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AZTRUST_PASSPHRASE", "s3cret")
    done = generate(launch, "rita")
    fingerprint = run("key", "fingerprint", "-q", launch / "keys/rita.pem").out.strip()
    assert done.out.splitlines()[:7] == [
        "private  ~/.config/aztrust/keys/rita.key  (0600; never in a work tree)",
        "public   keys/rita.pem",
        "paste    [holders.rita]",
        '         roles = ["release-manager"]',
        "         keys = [",
        f' "{fingerprint}",',
        "         ]",
    ]
    paste = "next paste it at the end of manifests/launch.toml; then: aztrust policy lint"
    assert done.advised.endswith(paste)
    lines = done.out.splitlines()
    assert all(len(line) <= 80 for line in lines if str(launch) not in line)
    assert b"ENCRYPTED" in (keys_dir() / "rita.key").read_bytes()
    assert "s3cret" not in done.out + done.err


def test_what_is_printed_can_be_pasted(launch: Path):
    table = generate(launch, "rita", "--no-passphrase", "--format", "json").document["toml"]
    with open(launch / "manifests/launch.toml", "a") as policy:
        policy.write(table)
    done = run("-C", launch, "key", "fingerprint", launch / "keys/rita.pem")
    assert done.exit_code == 0
    assert 'roles = ["security-lead"]' in generate(launch, "sonia", "--no-passphrase").out


def test_no_terminal_to_ask_for_a_passphrase(launch: Path):
    done = generate(launch, "rita")
    assert done.exit_code == 2
    assert "--no-passphrase" in done.err
    assert not (keys_dir() / "rita.key").exists()


def test_an_empty_passphrase(launch: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AZTRUST_PASSPHRASE", "")
    assert generate(launch, "rita").exit_code == 2
    assert not (keys_dir() / "rita.key").exists()


def test_outside_a_launch_the_public_half_stays_next_to_the_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    done = run("key", "generate", "rita", "--no-passphrase", "--algorithm", "ed25519")
    assert "no launch directory here: it goes there as keys/rita.pem" in done.out
    assert 'roles = ["TODO"]' in done.out
    assert (keys_dir() / "rita.pem").is_file()
    assert list(tmp_path.iterdir()) == []
    assert run("key", "generate", "eve", "--add", "--no-passphrase").exit_code == 2


def test_a_launch_that_is_named_and_is_none(tmp_path: Path):
    assert generate(tmp_path, "rita", "--no-passphrase").exit_code == 3


def test_add_appends_to_the_policy(launch: Path):
    done = generate(launch, "rita", "--no-passphrase", "--add", "--role", "a", "--role", "b")
    assert done.exit_code == 0
    assert (
        (launch / "manifests/launch.toml")
        .read_text()
        .endswith(
            '[holders.rita]\nroles = ["a", "b"]\nkeys = [\n'
            f' "{run("key", "fingerprint", "-q", launch / "keys/rita.pem").out.strip()}",\n]\n'
        )
    )


@pytest.mark.parametrize("where", [".", "keys", "new/deep"])
def test_a_private_key_in_a_launch_directory_is_refused(where: str, launch: Path):
    done = generate(launch, "rita", "--no-passphrase", "--private-dir", launch / where)
    assert done.exit_code == 10
    assert "published sooner or later" in done.err
    assert not list(launch.rglob("*.key"))


def test_fingerprint_names_the_holder_and_refuses_a_private_key(launch: Path):
    generate(launch, "rita", "--no-passphrase", "--add")
    assert run("key", "fingerprint", keys_dir() / "rita.key").exit_code == 10
    done = run("key", "fingerprint", launch / "nothing.pem")
    assert done.exit_code == 1


def test_the_walk_ends_in_a_clean_policy(launch: Path):
    for name in ("rita", "sonia", "cosmin", "gabi"):
        assert generate(launch, name, "--no-passphrase", "--add").exit_code == 0
    path = launch / "manifests/launch.toml"
    text = path.read_text().replace('network_class = "TODO"', 'network_class = "devnet"')
    path.write_text(text.replace('"TODO"', '"node.tar.gz"'))
    done = run("-C", launch, "policy", "lint")
    assert (done.exit_code, done.out.split()[0]) == (0, "CLEAN")
    digest = run("-C", launch, "anchor", "show", "-q").out.strip()
    assert run("-C", launch, "anchor", "add", digest).exit_code == 0
    assert os.stat(keys_dir().parent / "anchors.json").st_mode & 0o777 == 0o600
