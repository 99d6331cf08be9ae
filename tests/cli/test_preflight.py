"""`aztrust preflight` on a host: kits, layouts, links, and every wrong file."""

from __future__ import annotations

import base64
import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.command import Done, run
from tests.disk_launch import GENESIS, RELEASE, Launch, make_launch, policy_text
from tests.verdicts import ONE

STOP = "DO NOT START THIS HOST"
BINARY = RELEASE["bin/atlasd"]


@pytest.fixture(autouse=True)
def a_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home, an empty PATH, and a working directory that is not a launch."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / ".config"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    for name in ("AZTRUST_LAUNCH", "AZTRUST_ANCHOR", "AZTRUST_SCOPE", "DAEMON_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(home)
    return home


@pytest.fixture
def launch(tmp_path: Path) -> Launch:
    made = make_launch(tmp_path, policy=policy_text(extra=ONE))
    made.freeze()
    return made


def pack(launch: Launch, name: str = "test-1.aztrust") -> Path:
    kit = launch.path.parent / name
    assert run("-C", launch.path, "pack", "--to", kit).exit_code == 0
    return kit


@pytest.fixture
def node(a_host: Path) -> Path:
    """A node's home with the right files, as `atlasd init` would make it."""
    home = a_host / ".atlasd"
    (home / "config").mkdir(parents=True)
    (home / "config/genesis.json").write_bytes(GENESIS["genesis.json"])
    binary = home / "cosmovisor/genesis/bin/atlasd"
    binary.parent.mkdir(parents=True)
    binary.write_bytes(BINARY)
    binary.chmod(0o755)
    (home / "cosmovisor/current").symlink_to("genesis")
    return home


def preflight(*words: object) -> Done:
    return run("preflight", *words, "--platform", "linux/amd64")


def scope_of(kit: object) -> str:
    """The scope of what is sealed in a kit, as it is read aloud."""
    return preflight(kit, "--format", "json").document["scope_hash"]


def announced(launch: Launch) -> tuple[str, ...]:
    """The options of an operator who heard the anchor and the scope of this launch."""
    return ("--anchor", launch.anchor, "--scope", scope_of(launch.path))


def ready(launch: Launch, *words: object) -> Done:
    return preflight(pack(launch), *announced(launch), *words)


def codes(*words: object) -> set[str]:
    document = preflight(*words, "--format", "json").document
    return {f["code"] for c in document["checks"] for f in c["findings"]}


def test_ready(launch: Launch, node: Path):
    done = ready(launch)
    assert done.exit_code == 0, done.out + done.err
    assert done.out.startswith("READY    this host holds what was approved and frozen for test-1\n")
    assert "-> ~/.atlasd/cosmovisor/genesis/bin/atlasd" in done.out
    assert "by luca" in done.out
    assert STOP not in done.out


def test_quiet_is_one_line(launch: Launch, node: Path):
    assert ready(launch, "-q").out == "READY    test-1  exit 0\n"
    (node / "config/genesis.json").write_bytes(b"{}")
    out = ready(launch, "-q").out
    assert out.count("\n") == 1
    assert out.startswith(f"{STOP}    test-1  exit 10  genesis-hash-mismatch ~/.atlasd")


def test_before_the_freeze_it_ends_in_11(tmp_path: Path, node: Path):
    launch = make_launch(tmp_path, policy=policy_text(extra=ONE))
    done = ready(launch)
    assert done.exit_code == 11
    assert done.out.startswith(STOP)
    assert "freeze-missing" in done.out


def test_without_a_freeze_ready_says_how_many_people_approved(tmp_path: Path, node: Path):
    stated = '[freeze]\nnot_applicable = "two people start it"\n'
    launch = make_launch(tmp_path, policy=policy_text(extra=stated))
    scope = scope_of(launch.path)
    done = preflight(launch.path, "--scope", scope)
    # Three approved the release, two the genesis.
    assert done.out.startswith("READY    this host holds what was approved by 2 people for test-1")
    assert "frozen   none  no freeze in this policy: two people start it" in done.out
    assert done.exit_code == 0
    assert preflight(launch.path, "--anchor", launch.anchor).exit_code == 12


def test_without_an_anchor_it_ends_in_12(launch: Launch, node: Path):
    done = preflight(pack(launch))
    assert done.exit_code == 12
    assert done.out.startswith(STOP)


def test_the_scope_read_aloud_is_an_anchor(launch: Launch, node: Path):
    kit = pack(launch)
    scope = scope_of(kit)
    assert preflight(kit, "--scope", scope.upper().removeprefix("SHA256:")).exit_code == 0
    assert preflight(kit, "--scope", "0" * 64).exit_code == 10


def test_a_pinned_anchor_serves_a_kit(launch: Launch, node: Path):
    kit = pack(launch)
    assert run("-C", kit, "anchor", "add", launch.anchor).exit_code == 0
    assert preflight(kit, "--scope", scope_of(kit)).exit_code == 0
    # A pin is the policy's digest, which an older scope has, too.
    assert preflight(kit, "-q").out == f"{STOP}    test-1  exit 12  kit-outdated\n"


def test_a_kit_of_another_launch_with_the_same_name(launch: Launch, node: Path, tmp_path: Path):
    assert run("-C", pack(launch), "anchor", "add", launch.anchor).exit_code == 0
    other = make_launch(
        tmp_path,
        name="other",
        policy=policy_text(extra=ONE) + "[limits]\nartifact_member_bytes = 9\n",
    )
    other.freeze()
    kit = pack(other, "other.aztrust")
    assert "anchor-mismatch" in codes(kit)
    assert preflight(kit).exit_code == 10


@pytest.mark.clause("AZ-6.2", "AZ-40")
def test_a_wrong_binary(launch: Launch, node: Path):
    (node / "cosmovisor/genesis/bin/atlasd").write_bytes(b"\x7fELF wrong")
    done = ready(launch)
    assert done.exit_code == 10
    assert done.out.startswith(STOP)
    assert "binary-unknown" in done.out
    assert done.lines[-1] == "This is about this host. It stops no other host."
    assert ready(launch, "--format", "json").document["guidance"] == "CONTINUE"


def test_a_link_to_the_wrong_file(launch: Launch, node: Path):
    wrong = node / "cosmovisor/upgrades/v2/bin/atlasd"
    wrong.parent.mkdir(parents=True)
    wrong.write_bytes(b"v2")
    current = node / "cosmovisor/current"
    current.unlink()
    current.symlink_to("upgrades/v2")
    done = ready(launch)
    assert done.exit_code == 10
    assert "binary-unknown" in done.out
    (node / "elsewhere").symlink_to(wrong)
    done = ready(launch, "--binary", node / "elsewhere")
    assert done.exit_code == 10


def test_a_link_to_nowhere_is_a_missing_file(launch: Launch, node: Path):
    current = node / "cosmovisor/current"
    current.unlink()
    current.symlink_to("upgrades/v9")
    done = ready(launch)
    assert done.exit_code == 10
    assert "file-missing" in done.out


def test_a_plain_binary_on_the_path(launch: Launch, node: Path, tmp_path: Path):
    subprocess.run(["/bin/rm", "-r", node / "cosmovisor"], check=True)
    bin_ = tmp_path / "bin/atlasd"
    bin_.parent.mkdir()
    bin_.write_bytes(BINARY)
    bin_.chmod(0o755)
    done = ready(launch)
    assert done.exit_code == 0, done.out
    assert str(bin_) in done.out


def test_home_moves_everything(launch: Launch, node: Path, tmp_path: Path):
    there = tmp_path / "srv"
    node.rename(there)
    assert ready(launch).exit_code == 11
    assert ready(launch, "--home", there).exit_code == 0


@pytest.mark.clause("AZ-6.2")
def test_the_genesis_of_the_previous_seal_is_named(tmp_path: Path, node: Path):
    launch = make_launch(tmp_path, policy=policy_text(extra=ONE), approve=False)
    first = launch.records[-1].record_id
    launch.file("genesis", "genesis.json").write_bytes(
        GENESIS["genesis.json"].replace(b"test-1", b"test-1", 1) + b"\n"
    )
    launch.seal("genesis", "gabi", prior=(first,))
    kit = pack(launch)
    done = preflight(kit, "--anchor", launch.anchor)
    assert done.exit_code == 10
    assert "genesis-hash-mismatch" in done.out
    assert " UTC by gabi, replaced 2026-" in " ".join(done.out.split())


def test_a_reserialised_genesis(launch: Launch, node: Path):
    document = json.loads(GENESIS["genesis.json"])
    (node / "config/genesis.json").write_text(json.dumps(document, indent=3))
    done = ready(launch)
    assert done.exit_code == 10
    assert "genesis-hash-mismatch" in done.out


def test_an_lfs_pointer(launch: Launch, node: Path):
    (node / "config/genesis.json").write_text(
        "version https://git-lfs.github.com/spec/v1\noid sha256:12\nsize 12\n"
    )
    done = ready(launch)
    assert done.exit_code == 10
    assert "Git-LFS pointer" in done.out


def test_another_platforms_binary(launch: Launch, node: Path):
    done = run("preflight", pack(launch), "--anchor", launch.anchor, "--platform", "linux/arm64")
    assert done.exit_code == 10
    assert "binary-other-platform" in done.out


def test_a_revoked_approval_inside_the_kit(launch: Launch, node: Path):
    approval = next(r for r in launch.records if r.path.split(".")[1] == "approval")
    launch.revoke(approval.record_id, "sonia")
    done = ready(launch)
    assert done.exit_code == 10
    assert "approval-revoked" in done.out
    assert "It stops no other host" not in done.out


@pytest.mark.parametrize("cut", [0, 1, 511, 512, 4096, -1, -512, -1024])
def test_a_truncated_kit_is_refused(launch: Launch, node: Path, cut: int):
    kit = pack(launch)
    kit.write_bytes(kit.read_bytes()[:cut])
    done = preflight(kit, "--anchor", launch.anchor)
    assert done.exit_code in (1, 10)
    assert done.out.startswith(STOP)
    assert "kit" in done.err


def test_an_older_kit_lacks_the_freeze(tmp_path: Path, node: Path):
    launch = make_launch(tmp_path, policy=policy_text(extra=ONE))
    older = pack(launch, "older.aztrust")
    launch.freeze()
    newer = pack(launch, "newer.aztrust")
    assert preflight(older, "--anchor", launch.anchor).exit_code == 11
    assert preflight(newer, *announced(launch)).exit_code == 0
    assert preflight(older, newer, *announced(launch)).exit_code == 0


def test_two_kits_that_disagree_are_judged_together(launch: Launch, node: Path):
    older = pack(launch, "older.aztrust")
    seals = [r.record_id for r in launch.records if r.path.split(".")[1] == "seal"]
    launch.file("genesis", "genesis.json").write_bytes(b'{"chain_id":"test-1"}\n')
    launch.seal("genesis", "gabi", prior=(seals[-1],))
    newer = pack(launch, "newer.aztrust")
    # Alone, the older one cannot know; with the newer one as well, in either order, it is out.
    assert preflight(older, "--anchor", launch.anchor).exit_code == 12
    assert preflight(older, "--scope", scope_of(older)).exit_code == 0
    for kits in ((older, newer), (newer, older)):
        done = preflight(*kits, "--anchor", launch.anchor)
        assert done.exit_code == 10
        assert "genesis-hash-mismatch" in done.out
        assert "kits-disagree" in done.out


def test_the_only_kit_in_the_directory_is_taken(launch: Launch, node: Path, a_host: Path):
    kit = pack(launch)
    kit.rename(a_host / kit.name)
    assert preflight(*announced(launch)).exit_code == 0
    (a_host / "second.aztrust").write_bytes((a_host / kit.name).read_bytes())
    done = preflight("--anchor", launch.anchor)
    assert done.exit_code == 2
    assert "second.aztrust" in done.err


def test_a_launch_directory_serves_as_well(launch: Launch, node: Path):
    assert preflight(launch.path, *announced(launch)).exit_code == 0
    assert run("-C", launch.path, "preflight", "--platform", "linux/amd64").exit_code == 12


def test_a_report_for_programs_and_one_for_people(launch: Launch, node: Path, a_host: Path):
    done = ready(launch, "--output", a_host / "host.json")
    assert done.out.startswith("READY")
    document = json.loads((a_host / "host.json").read_bytes())
    assert document["ready"] is True
    assert document["host"]["binary"]["found_by"] == "cosmovisor"
    assert document["guidance"] == "CONTINUE"


def test_a_failure_is_json_for_programs_too(launch: Launch, node: Path, a_host: Path):
    kit = pack(launch)
    kit.write_bytes(b"<html>404</html>")
    done = preflight(kit, "--output", a_host / "host.json")
    assert done.out.startswith(STOP)
    assert json.loads((a_host / "host.json").read_bytes())["code"] == "kit-malformed"


@pytest.mark.parametrize("what", ["kit", "binary", "genesis"])
def test_the_report_never_replaces_what_it_is_about(launch: Launch, node: Path, what: str):
    kit = pack(launch)
    paths = {
        "kit": kit,
        "binary": node / "cosmovisor/genesis/bin/atlasd",
        "genesis": node / "config/genesis.json",
    }
    before = paths[what].read_bytes()
    done = preflight(
        kit, "--binary", paths["binary"], "--genesis", paths["genesis"], "-o", paths[what]
    )
    assert done.exit_code == 2
    assert paths[what].read_bytes() == before


@pytest.mark.parametrize(
    "what",
    ["cosmovisor/current/bin/atlasd", "config/genesis.json", "config/priv_validator_key.json"],
)
def test_the_report_never_replaces_what_was_found(launch: Launch, node: Path, what: str):
    (node / "config/priv_validator_key.json").write_text('{"priv_key": {"value": "x"}}')
    before = (node / what).read_bytes()
    done = ready(launch, "-o", node / what)
    assert done.exit_code == 2
    assert done.out.startswith(STOP)
    assert (node / what).read_bytes() == before
    assert (node / "cosmovisor/current").is_symlink()


def test_an_earlier_report_is_replaced(launch: Launch, node: Path, a_host: Path):
    for name in ("host.json", "host.txt"):
        for _ in range(2):
            assert ready(launch, "-o", a_host / name).exit_code == 0


def test_a_replay_starts_nothing(launch: Launch, node: Path):
    done = ready(launch, "--at", "2026-07-01T00:00:00Z")
    assert done.out.startswith("READY as of another time:")
    assert "starts no host" in done.out
    assert "as of 2026-07-01" in ready(launch, "--at", "2026-07-01T00:00:00Z", "-q").out


@pytest.mark.parametrize("kind", ["fifo", "directory", "device"])
def test_what_is_not_a_kit_is_reported(node: Path, kind: str):
    path = Path("/dev/zero") if kind == "device" else node / kind
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "directory":
        path.mkdir()
    done = preflight(path)
    assert done.exit_code == 1
    assert done.out.startswith(STOP)
    assert "neither a kit nor a launch directory" in done.err


@pytest.mark.parametrize("option", ["--binary", "--genesis"])
def test_a_fifo_is_not_waited_for(launch: Launch, node: Path, option: str):
    fifo = node / "fifo"
    os.mkfifo(fifo)
    done = ready(launch, option, fifo)
    assert done.exit_code == 10
    assert "special-file" in done.out


def test_a_missing_kit_is_one_clear_line(node: Path):
    done = preflight("nowhere.aztrust")
    assert done.exit_code == 2
    assert "there is no kit nowhere.aztrust" in done.err


def test_a_platform_that_is_none(launch: Launch, node: Path):
    done = run("preflight", pack(launch), "--platform", "Linux x86")
    assert done.exit_code == 2


KEY = base64.b64encode(b"k" * 32).decode()


def test_the_private_half_of_a_node_key_is_shown_nowhere(launch: Launch, node: Path):
    secret = "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldA=="
    file = node / "config/priv_validator_key.json"
    file.write_text(
        json.dumps(
            {
                "pub_key": {"type": "tendermint/PubKeyEd25519", "value": KEY},
                "priv_key": {"type": "tendermint/PrivKeyEd25519", "value": secret},
            }
        )
    )
    for words in ((), ("--format", "json"), ("-v",), ("-q",)):
        done = ready(launch, "--node-key", file, *words)
        assert secret not in done.out + done.err
    done = ready(launch, "--node-key", file)
    assert "node-key-unknown" in done.out
    assert done.exit_code == 11
