"""`aztrust window amend`: a reviewed change, and which files a host may run because of one."""

from __future__ import annotations

from pathlib import Path

import pytest

from aztrust.acts.publish import store_record
from aztrust.storage.tree.hashing import hash_file
from tests.cli.test_preflight import BINARY
from tests.cli_launch import Clock, Desk, Template, home_at, refused, ticking_clock
from tests.command import run
from tests.disk_launch import GENESIS, MINUTE
from tests.people import PEOPLE, fingerprint
from tests.window_records import WindowRecords

clock = pytest.fixture(ticking_clock)
TWO = (
    "[authority.amend]\ndistinct_holders = 2\n"
    "roles = { launch-coordinator = 1, security-lead = 1 }\n"
)
PATCHED = BINARY + b"patched"
WHY = ("--incident", "INC-7", "--reason", "the node stops at a certain transaction")
PLACE = ("--role", "node", "--platform", "linux/amd64")


@pytest.fixture(scope="module")
def entered(tmp_path_factory) -> Template:
    return Template.started(tmp_path_factory.mktemp("posture"), TWO)


@pytest.fixture
def desk(entered: Template, tmp_path: Path, clock: Clock, monkeypatch) -> Desk:
    """In the restricted posture, on a machine with an empty home."""
    home = tmp_path / "home"
    home.mkdir()
    home_at(monkeypatch, home)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    return entered.copy(tmp_path, clock)


@pytest.fixture
def patched(tmp_path: Path) -> Path:
    return binary(tmp_path, PATCHED)


def binary(folder: Path, data: bytes) -> Path:
    """A program called as the release's one, in a folder of its own."""
    path = folder / f"host{len(list(folder.iterdir()))}" / "atlasd"
    path.parent.mkdir()
    path.write_bytes(data)
    path.chmod(0o755)
    return path


def amend(desk: Desk, file: Path, *words: object) -> str:
    """luca proposes the file as a change of the node: the id."""
    given = ("--change", "binary", "--artifact", file, *PLACE, *words)
    code, document = desk.json("window", "amend", *WHY, *given, "--yes", by="luca")
    assert code == 0, document
    return str(document["record_id"])


def both(desk: Desk, file: Path, *words: object) -> str:
    """luca and sonia sign it, and the keeper appends both."""
    record_id = amend(desk, file, *words)
    desk.done("countersign", record_id[7:23], by="sonia")
    desk.keep()
    return record_id


def preflight(desk: Desk, file: Path) -> tuple[set[str], str]:
    """The codes of the binary's row on a host with this file, and its detail."""
    kit = desk.launch.path.parent / f"{len(list(desk.launch.path.parent.iterdir()))}.aztrust"
    done = run("-C", desk.launch.path, "pack", "--to", kit, "--ledger", desk.ledger)
    assert done.exit_code == 0, done.err
    genesis = kit.with_suffix(".json")
    genesis.write_bytes(GENESIS["genesis.json"])
    files = ("--binary", file, "--genesis", genesis, "--platform", "linux/amd64")
    done = run("preflight", kit, *files, "--anchor", desk.anchor, "--format", "json")
    (row,) = (c for c in done.document["checks"] if c["id"] == "host-binary")
    return {finding["code"] for finding in row["findings"]}, row["detail"]


@pytest.mark.clause("AZ-12.2", "AZ-34")
def test_preflight_accepts_the_amended_file_and_the_old_one_and_no_other(desk, tmp_path, patched):
    assert preflight(desk, patched)[0] == {"binary-unknown"}
    record_id = both(desk, patched)
    found, detail = preflight(desk, patched)
    assert (found, f"amendment {record_id[7:15]} of a binary" in detail) == (set(), True)
    assert preflight(desk, binary(tmp_path, BINARY))[0] == set()
    other = binary(tmp_path, BINARY + b"patched by somebody else")
    assert preflight(desk, other)[0] == {"binary-unknown"}


@pytest.mark.clause("AZ-34")
def test_the_scope_stays_and_verify_lists_the_amendment(desk, patched, clock):
    before = desk.window(clock.now).scope_hash
    record_id = both(desk, patched)
    assert desk.window(clock.now).scope_hash == before
    code, document = desk.json("verify")
    assert (code, document["scope_hash"]) == (0, before)
    (row,) = (c for c in document["checks"] if c["id"] == "artifacts")
    assert f"in force: amendment {record_id[7:15]} of a binary, for INC-7" in row["detail"]
    assert "amended amendment" in desk.run("verify").advised


def test_an_amendment_of_one_signer_is_not_accepted(desk, patched):
    record_id = amend(desk, patched)
    desk.keep()
    assert preflight(desk, patched)[0] == {"binary-unknown"}
    desk.done("countersign", record_id[7:23], by="sonia")
    # It counts under a signed head, and not from the folder.
    assert preflight(desk, patched)[0] == {"binary-unknown"}
    desk.keep()
    assert preflight(desk, patched)[0] == set()


def test_a_revoked_amendment_is_not_accepted(desk, patched):
    record_id = both(desk, patched)
    assert preflight(desk, patched)[0] == set()
    desk.done("revoke", record_id, "--reason", "it was built from another commit", by="sonia")
    desk.keep()
    assert preflight(desk, patched)[0] == {"binary-unknown"}


def test_an_amendment_is_not_accepted_before_its_time(desk, patched, clock):
    both(desk, patched, "--at", str(clock.now // 1000 + 3600))
    assert preflight(desk, patched)[0] == {"binary-unknown"}
    clock.forward(61 * MINUTE)
    assert preflight(desk, patched)[0] == set()


def test_what_is_effective_from_a_height_on_is_on_hosts_before_it(desk, patched):
    both(desk, patched, "--height", "12000")
    found, detail = preflight(desk, patched)
    assert found == set()
    assert "from height 12000 on" in detail


@pytest.mark.parametrize(
    ("changes", "accepted"),
    [
        ({}, True),
        ({"role": "seed"}, False),
        ({"path": "bin/other"}, False),
        ({"platform": "linux/arm64"}, False),
        ({"blake3": "blake3:" + "0" * 64}, False),
    ],
)
def test_an_amended_file_is_accepted_in_its_place_alone(desk, patched, clock, changes, accepted):
    """As a record that another program made."""
    digest = hash_file(patched)
    artifact = {
        "path": "bin/atlasd",
        "role": "node",
        "platform": "linux/amd64",
        "sha256": digest.sha256,
        "blake3": digest.blake3,
        **changes,
    }
    state = desk.window(clock.now)
    records = WindowRecords(desk.anchor, state.scope_hash, state.launch_window_id, clock.now)
    draft = records.amendment(artifacts=[artifact])
    for name in ("luca", "sonia"):
        store_record(desk.launch.path, draft.signed(name))
    desk.keep()
    assert len(desk.window(clock.now).amendments) == 1
    assert (preflight(desk, patched)[0] == set()) is accepted


def test_after_the_network_is_given_up_no_amendment_counts(desk, patched):
    both(desk, patched)
    given_up = ("--measure", "halt", "--criterion", "halt", "--old-state", "kept")
    why = ("--trigger", "deterministic-divergence", "--reason", "two state roots")
    desk.done("window", "abort", *why, *given_up)
    assert preflight(desk, patched)[0] == {"binary-unknown"}


@pytest.mark.clause("AZ-34")
def test_before_the_start_there_is_no_amendment(tmp_path, clock, patched):
    desk = Template.at_go_hold(tmp_path / "of", TWO).copy(tmp_path, clock)
    given = ("--change", "binary", "--artifact", patched, *PLACE)
    done = desk.run("window", "amend", *WHY, *given, "--yes", by="luca")
    refused(done, "the window is AT_GO_HOLD_POINT", "RESTRICTED_POSTURE_ACTIVE", "AZ-34")


@pytest.mark.clause("AZ-34")
def test_a_change_of_a_role_needs_holders_of_two_roles(tmp_path_factory, tmp_path, clock):
    one = "[authority.amend]\ndistinct_holders = 1\nroles = { launch-coordinator = 1 }\n"
    second = f'roles = ["launch-coordinator"]\nkeys = ["{fingerprint("mallory")}"]\n'
    one += f"[holders.mallory]\n{second}"
    made = Template.started(tmp_path_factory.mktemp("one"), one, people=tuple(PEOPLE.values()))
    desk = made.copy(tmp_path, clock)
    desk.done("window", "amend", *WHY, "--change", "config", by="luca")
    assert "second-role  pass" in status(desk)
    done = desk.run("window", "amend", *WHY, "--change", "role", "--yes", by="luca")
    refused(done, "takes launch-coordinator, and a change of a role", "AZ-12.2")
    # As a record that another program made: one signs it, then another one in the same role.
    state = desk.window(clock.now)
    records = WindowRecords(desk.anchor, state.scope_hash, state.launch_window_id, clock.now)
    draft = records.amendment(change="role", artifacts=[])
    for name in ("luca", "mallory"):
        store_record(desk.launch.path, draft.signed(name))
        desk.keep()
        assert "second-role  fail" in status(desk), name
    amended = [s for s in desk.window(clock.now).steps if s.row.trigger == "amend"]
    assert amended[-1].source.holders == ("luca", "mallory")


def test_a_change_of_a_role_by_two_roles_keeps_the_rule(desk):
    code, document = desk.json("window", "amend", *WHY, "--change", "role", "--yes", by="luca")
    assert code == 0, document
    desk.done("countersign", document["record_id"][7:23], by="sonia")
    desk.keep()
    assert "second-role  pass: 1 changes of a role" in status(desk)


def status(desk: Desk) -> str:
    done = desk.run("window", "status")
    assert done.exit_code == 0, done.err
    return done.out


@pytest.mark.parametrize(
    ("words", "cause"),
    [
        (("--change", "binary"), "--artifact FILE"),
        (("--change", "config", "--artifact", "FILE"), "names its file"),
        (("--change", "config", "--at", "4102444800", "--height", "7"), "one of --at TIME"),
        (("--change", "binary", "--artifact", "FILE", "--role", "seed"), "no one artifact"),
        (("--change", "binary", "--artifact", "FILE", "--platform", "plan9/mips"), "--role node"),
    ],
)
def test_a_change_that_does_not_fit_is_refused(desk, patched, words, cause):
    given = [patched if word == "FILE" else word for word in words]
    done = desk.run("window", "amend", *WHY, *given, "--yes", by="luca")
    assert done.exit_code == 2, done.out
    assert cause in done.advised


@pytest.mark.parametrize(("seconds_ago", "exit_code"), [(3600, 0), (3 * 3600, 2)])
def test_an_amendment_is_not_effective_from_long_ago(desk, patched, clock, seconds_ago, exit_code):
    at = ("--at", clock.now // 1000 - seconds_ago)
    given = ("--change", "binary", "--artifact", patched, *PLACE)
    done = desk.run("window", "amend", *WHY, *given, *at, "--yes", by="luca")
    assert done.exit_code == exit_code, done.err
    assert ("longer ago than a proposal counts" in done.advised) is bool(exit_code)


def test_an_empty_file_is_refused_as_a_binary(desk, tmp_path):
    given = ("--change", "binary", "--artifact", binary(tmp_path, b""), *PLACE)
    done = desk.run("window", "amend", *WHY, *given, "--yes", by="luca")
    assert done.exit_code == 2
    assert "is empty: no host can run it" in done.advised
