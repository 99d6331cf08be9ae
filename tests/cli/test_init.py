"""`aztrust init` and `aztrust key`, as a newcomer types them."""

from __future__ import annotations

import io
import os
import subprocess
import tarfile
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest

from aztrust.core.policy.scaffold import CHAINS
from aztrust.signers import pkcs8
from aztrust.storage.localkeys import keys_dir
from tests.command import run
from tests.core.programs import elf


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


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, Path, str, Path]:
    """The options with which a program and a genesis are named."""
    (tmp_path / "atlasd").write_bytes(elf())
    (tmp_path / "atlasd").chmod(0o755)
    (tmp_path / "genesis.json").write_text('{"chain_id":"atlas-1"}')
    return ("--release", tmp_path / "atlasd", "--genesis", tmp_path / "genesis.json")


def read_policy(launch: Path) -> dict[str, Any]:
    return tomllib.loads((launch / "manifests/launch.toml").read_text())


def test_files_fill_the_blanks(tmp_path: Path, files: tuple):
    done = run("init", tmp_path / "x", "--profile", "testnet", *files)
    assert "TODO" not in done.out
    policy = read_policy(tmp_path / "x")
    assert policy["launch"]["chain_id"] == policy["launch"]["name"] == "atlas-1"
    assert policy["launch"]["network_class"] == policy["launch"]["profile"] == "testnet"
    artifact = {"path": "atlasd", "role": "node", "platform": "linux/amd64"}
    assert policy["packages"]["release"]["artifact"] == [artifact]
    assert policy["packages"]["genesis"]["chain_id_at"] == "#/chain_id"
    copy = tmp_path / "x/packages/release/atlasd"
    assert (copy.read_bytes(), os.access(copy, os.X_OK)) == (elf(), True)
    assert not os.access(tmp_path / "x/packages/genesis/genesis.json", os.X_OK)


def test_a_program_in_an_archive_and_a_folder_of_files(tmp_path: Path):
    folder = tmp_path / "release"
    (folder / "doc").mkdir(parents=True)
    (folder / "doc/README").write_text("text")
    with tarfile.open(folder / "node.tar.gz", "w:gz") as archive:
        for name, data in (("bin/atlasd", elf()), ("LICENSE", b"text")):
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    with zipfile.ZipFile(folder / "node.zip", "w") as archive:
        archive.writestr("atlasd-arm", elf(machine=183))
    genesis = tmp_path / "genesis.json"
    genesis.write_text('{"config":{"chainId":77}}')
    words = ("--profile", "mainnet", "--release", folder, "--genesis", genesis)
    assert run("init", tmp_path / "x", *words).exit_code == 0
    policy = read_policy(tmp_path / "x")
    assert policy["launch"]["chain_id"] == "77"
    assert policy["packages"]["genesis"]["chain_id_at"] == "#/config/chainId"
    found = [
        (a["path"], a["member"], a["platform"]) for a in policy["packages"]["release"]["artifact"]
    ]
    assert found == [
        ("node.tar.gz", "bin/atlasd", "linux/amd64"),
        ("node.zip", "atlasd-arm", "linux/arm64"),
    ]
    assert (tmp_path / "x/packages/release/doc/README").read_text() == "text"


def test_what_a_file_does_not_say_stays_a_blank(tmp_path: Path):
    (tmp_path / "a").write_text("text")
    (tmp_path / "b").write_text("text")
    (tmp_path / "genesis.bin").write_bytes(b"\x00\x01")
    words = ("--release", tmp_path / "a", "--release", tmp_path / "b", "--genesis")
    done = run("init", tmp_path / "x", "--profile", "testnet", *words, tmp_path / "genesis.bin")
    assert "3 blanks marked TODO" in done.out
    policy = read_policy(tmp_path / "x")
    assert policy["packages"]["release"]["artifact"][0]["path"] == "TODO"
    assert policy["launch"]["chain_id"] == "TODO"
    assert run("-C", tmp_path / "x", "policy", "lint").exit_code == 10
    done = run("init", tmp_path / "y", "--release", tmp_path / "a")
    assert read_policy(tmp_path / "y")["packages"]["release"]["artifact"][0]["platform"] == "any"


@pytest.mark.parametrize(
    ("words", "exit_code", "says"),
    [
        (("--profile", "solo", "--network-class", "mainnet"), 2, "more than one person"),
        (("--profile", "testnet", "--no-passphrase"), 2, "belongs to --profile solo"),
        (("--profile", "mainnet", "--holder", "rita"), 2, "belongs to --profile solo"),
        (("--chain-id", "atlas-2"), 10, "the genesis has atlas-1 at #/chain_id"),
        (("--release", "nothing"), 2, "No such file"),
        (("--release", "/dev/null"), 2, "neither a file nor a folder"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_init_refuses_before_it_writes(
    words: tuple[str, ...], exit_code: int, says: str, tmp_path: Path, files: tuple
):
    done = run("init", tmp_path / "x", *files, *words)
    assert (done.exit_code, says in " ".join(done.err.split())) == (exit_code, True), done.err
    assert not (tmp_path / "x").exists()
    assert not keys_dir().exists()


def test_two_files_of_one_name_are_refused(tmp_path: Path, files: tuple):
    (tmp_path / "other").mkdir()
    (tmp_path / "other/atlasd").write_bytes(b"x")
    done = run("init", tmp_path / "x", *files, "--release", tmp_path / "other/atlasd")
    assert (done.exit_code, "two files would be atlasd" in done.err) == (2, True)


def test_solo_takes_the_key_that_is_here_and_asks_which(tmp_path: Path, files: tuple):
    solo = ("--profile", "solo", *files)
    done = run("init", tmp_path / "none", *solo)
    assert (done.exit_code, "--no-passphrase" in done.err) == (2, True)
    assert not (tmp_path / "none").exists()
    done = run("init", tmp_path / "one", *solo, "--no-passphrase", "--holder", "olga")
    assert (done.exit_code, "next     cd" in done.out, "aztrust ship" in done.out) == (
        0,
        True,
        True,
    )
    made = (keys_dir() / "olga.key").read_bytes()
    assert run("init", tmp_path / "two", *solo, "--network-class", "devnet").exit_code == 0
    assert (keys_dir() / "olga.key").read_bytes() == made
    for name in ("one", "two"):
        assert (tmp_path / name / "keys/olga.pem").read_bytes() == (
            keys_dir() / "olga.pem"
        ).read_bytes()
        done = run("-C", tmp_path / name, "policy", "lint")
        assert (done.exit_code, done.out.split()[0]) == (0, "CLEAN")
    run("init", tmp_path / "three", *solo, "--no-passphrase", "--holder", "anna")
    done = run("init", tmp_path / "four", *solo)
    assert (done.exit_code, "2 keys are here: anna, olga" in done.err) == (2, True)


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


def test_generate_adds_a_line_and_prints_what_is_next(
    launch: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("AZTRUST_PASSPHRASE", "s3cret")
    done = generate(launch, "rita")
    fingerprint = run("key", "fingerprint", "-q", launch / "keys/rita.pem").out.strip()
    assert done.out.splitlines()[:5] == [
        "private  ~/.config/aztrust/keys/rita.key  (0600; never in a work tree)",
        "public   keys/rita.pem",
        "added    rita   release-manager   (manifests/launch.toml, line 94)",
        f"  {fingerprint}",
        f"next     git -C {launch} add -A && git -C {launch} commit -m 'add rita as"
        " release-manager'",
    ]
    others = ("security-lead", "consensus-lead", "genesis-custodian")
    steps = " ".join(f"{role}: aztrust key generate --role {role}" for role in others)
    assert done.advised.endswith(steps)
    line = (launch / "manifests/launch.toml").read_text().splitlines()[93]
    assert line == f'rita = {{ roles = ["release-manager"], keys = ["{fingerprint}"] }}'
    assert b"ENCRYPTED" in (keys_dir() / "rita.key").read_bytes()
    assert "s3cret" not in done.out + done.err


def test_what_is_printed_can_be_pasted(launch: Path):
    words = ("rita", "--no-passphrase", "--no-add", "--format", "json")
    table = generate(launch, *words).document["toml"]
    with open(launch / "manifests/launch.toml", "a") as policy:
        policy.write(table)
    done = run("-C", launch, "key", "fingerprint", launch / "keys/rita.pem")
    assert done.exit_code == 0
    paste = generate(launch, "sonia", "--no-passphrase", "--no-add").out
    assert 'roles = ["security-lead"]' in paste
    assert "paste it at the end of manifests/launch.toml" in paste
    assert all(len(line) <= 80 for line in paste.splitlines())


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


def test_a_role_that_does_not_exist_is_answered_with_those_that_do(launch: Path):
    done = generate(launch, "rita", "--no-passphrase", "--role", "relase-manager")
    assert done.exit_code == 2
    text = " ".join(done.err.split())
    assert "asks for no role relase-manager" in text
    assert "release-manager, security-lead, consensus-lead, genesis-custodian, ops-lead" in text
    assert not (keys_dir() / "rita.key").exists()


def test_several_roles_are_one_line(launch: Path):
    roles = ("--role", "release-manager", "--role", "consensus-lead")
    assert generate(launch, "rita", "--no-passphrase", *roles).exit_code == 0
    text = (launch / "manifests/launch.toml").read_text()
    assert 'rita = { roles = ["release-manager", "consensus-lead"], keys = ["sha256:' in text


def test_a_person_chooses_a_role_at_a_terminal(launch: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("aztrust.cli.session.is_terminal", lambda _: True)
    monkeypatch.setenv("AZTRUST_PASSPHRASE", "s3cret")
    done = run("-C", launch, "key", "generate", "cosmin", answer="3\n")
    assert "  3  consensus-lead" in done.err
    assert "added    cosmin   consensus-lead" in done.out
    done = run("-C", launch, "key", "generate", "sonia", answer="security-lead\n")
    assert "added    sonia   security-lead" in done.out
    done = run("-C", launch, "key", "generate", "eve", answer="9\n")
    assert done.exit_code == 4
    assert not (keys_dir() / "eve.key").exists()


def test_key_add_takes_a_public_key_and_no_private_one(
    launch: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    run("key", "generate", "rita", "--no-passphrase", "--private-dir", tmp_path / "theirs")
    sent = tmp_path / "theirs/rita.pem"
    at = ("-C", launch, "key", "add")
    assert run(*at, sent).exit_code == 2, "no role"
    assert run(*at, sent, "--role", "nothing").exit_code == 2
    assert run(*at, sent.with_suffix(".key"), "--role", "release-manager").exit_code == 10
    assert not list((launch / "keys").iterdir())
    done = run(*at, sent, "--role", "release-manager")
    assert (done.exit_code, "added    rita   release-manager" in done.out) == (0, True)
    assert (launch / "keys/rita.pem").read_bytes() == sent.read_bytes()
    done = run(*at, sent, "--role", "consensus-lead", "--name", "anna")
    assert (done.exit_code, "lists this key for rita already" in done.err) == (10, True)
    done = run(*at, sent, "--role", "consensus-lead")
    assert (done.exit_code, "has a holder rita already" in done.err) == (10, True)


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
