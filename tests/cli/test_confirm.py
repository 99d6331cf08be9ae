"""`aztrust confirm`: an operator's host is confirmed, or reported as not ready."""

from __future__ import annotations

import json
import re
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from aztrust.core.base.digest import sha256_id
from aztrust.core.base.errors import CouldNotCheck
from aztrust.core.base.version import __version__
from aztrust.core.formats.dsse import open_envelope, parse_envelope
from aztrust.core.formats.statement import parse_statement
from aztrust.core.records.enrolment import NOT_READY_REASONS, OperatorConfirmation
from aztrust.core.records.records import read_typed_record
from aztrust.storage.ledger.sqlite import open_store
from aztrust.storage.submit import check_submit_url, submit
from tests.cli_launch import Desk, Template, another_machine, ticking_clock, window_policy
from tests.command import Done, run
from tests.disk_launch import RELEASE, make_launch
from tests.gentxs import consensus_key, operator_address
from tests.operator_files import (
    REGISTRAR_POLICY,
    entry,
    genesis,
    private_file,
    public,
    write_list,
)
from tests.servers import running
from tests.ssh_agent import ssh_add, ssh_agent

clock = pytest.fixture(ticking_clock)
GENESIS = genesis()
ADA, BOB = operator_address("ada"), operator_address("bob")
MINUTE = 60_000


def prepare(desk: Desk) -> None:
    """Enrol ada and bob, and freeze."""
    listed = write_list(
        desk.launch.path.parent,
        entry("ada", ADA),
        entry("bob", BOB),
        entry("eve", roles=("observer",)),
    )
    assert desk.run("enrol", listed, "--yes", by="luca").exit_code == 0
    desk.freeze()
    desk.keep()


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    folder = tmp_path_factory.mktemp("enrolled")
    with another_machine(folder), pytest.MonkeyPatch.context() as patch:
        made_at = ticking_clock(patch)
        launch = make_launch(
            folder, policy=window_policy(REGISTRAR_POLICY), genesis={"genesis.json": GENESIS}
        )
        prepare(Desk(launch))
        return Template(folder, made_at.now)


@pytest.fixture
def desk(template, tmp_path, clock):
    return template.copy(tmp_path, clock)


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """A working directory that is not a launch, with an empty home."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("PATH", str(folder / "bin"))
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "AZTRUST_LAUNCH", "AZTRUST_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def node(home):
    """A node's home with the right files, and the consensus key of ada."""
    folder = home / ".atlasd"
    (folder / "config").mkdir(parents=True)
    (folder / "config/genesis.json").write_bytes(GENESIS)
    binary = folder / "cosmovisor/genesis/bin/atlasd"
    binary.parent.mkdir(parents=True)
    binary.write_bytes(RELEASE["bin/atlasd"])
    binary.chmod(0o755)
    (folder / "cosmovisor/current").symlink_to("genesis")
    (home / "ada.consensus").write_text(consensus_key("ada"))
    (home / "bob.consensus").write_text(consensus_key("bob"))
    return folder


@pytest.fixture
def kit(desk, home):
    path = home / "test-1.aztrust"
    assert run("-C", desk.launch.path, "pack", "--to", path).exit_code == 0
    return path


def scope_of(desk: Desk) -> str:
    return str(desk.json("verify")[1]["scope_hash"])


@pytest.fixture
def confirm(desk, kit, home):
    """Runs the command as ada, who heard the scope."""
    scope = scope_of(desk)

    def call(*words: object, by: str = "ada", key: bool = True) -> Done:
        more: list[object] = ["--key", private_file(home, by)] if key else []
        told = ["--anchor", desk.anchor, "--scope", scope]
        platform = [] if "--from" in words else ["--platform", "linux/amd64"]
        return run("confirm", by, kit, *words, *more, *told, *platform)

    return call


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.dsse.json"))


def body_of(path: Path, name: str = "ada") -> OperatorConfirmation:
    """What a file states, as a reader that has the key reads it."""
    verified = open_envelope(parse_envelope(path.read_bytes(), name="c"), public(name))
    record = read_typed_record(parse_statement(verified), "", what="c")
    assert isinstance(record.body, OperatorConfirmation)
    return record.body


@pytest.mark.clause("AZ-6.2")
def test_a_ready_host_is_confirmed_with_what_the_scope_fixes(desk, confirm, home, node):
    done = confirm("--yes", "--node-key", home / "ada.consensus")
    assert done.exit_code == 0, done.err
    (path,) = files(home)
    body = body_of(path)
    assert body.confirmed_at_unix_ms % 1000 == 0
    window = next(p for p in desk.files("verdicts") if p.name.startswith("freeze"))
    found = desk.statement(f"manifests/verdicts/{window.name}")["predicate"]
    checkpoint = found["urn:aztrust:launch-checkpoint:v1"]["record"]
    assert body == OperatorConfirmation(
        aztrust_version=__version__,
        chain_id="test-1",
        confirmed_at_unix_ms=body.confirmed_at_unix_ms,
        consensus_key="in-genesis",
        genesis_package_id=desk.launch.package_id("genesis"),
        genesis_sha256=sha256_id(GENESIS),
        launch_window_id=checkpoint["launch_window_id"],
        platform="linux/amd64",
        policy_digest=desk.anchor,
        programs=({"role": "node", "sha256": sha256_id(RELEASE["bin/atlasd"])},),
        release_package_id=desk.launch.package_id("release"),
        roles=("node",),
        scope_hash=scope_of(desk),
        signer="not-asked",
        status="ready",
    )


def test_the_ledger_takes_it(desk, confirm, home, node):
    confirm("--yes")
    (path,) = files(home)
    done = desk.run(
        "ledger", "append", path, "--ledger", desk.ledger, "--key", desk.launch.key_file("luca")
    )
    assert done.exit_code == 0, done.out + done.err


def test_what_the_operator_sees(confirm, home, node):
    done = confirm()
    assert (done.exit_code, files(home)) == (4, [])
    assert "ada, enrolled by luca" in done.out
    assert public("ada").fingerprint in done.out
    assert "ready    node on linux/amd64" in done.out
    assert "1 program as frozen" in done.out
    assert "its consensus key was not asked about" in done.out
    assert "Sign this confirmation?" in done.err


def test_o_names_the_file(confirm, home, node):
    done = confirm("--yes", "-o", "mine.json")
    assert done.exit_code == 0
    assert "signed   mine.json" in done.out
    assert body_of(home / "mine.json").status == "ready"
    document = confirm("--yes", "--json", "-o", "again.json").document
    assert (document["path"], document["operator"], document["submitted"]) == (
        "again.json",
        "ada",
        False,
    )
    assert document["confirmation"]["status"] == "ready"
    assert confirm("--yes", "-q", "-o", "third.json").out == "confirmed ada ready\n"


@pytest.mark.parametrize("name", ["mine.dsse.json", "mine.txt"])
def test_what_is_refused_leaves_nothing_under_the_name_of_a_confirmation(confirm, home, node, name):
    wrong = ("--node-key", home / "bob.consensus", "--yes", "-o", name)
    done = confirm(*wrong)
    assert (done.exit_code, done.out) == (10, "")
    assert "belongs to a validator of bob" in done.advised
    assert not (home / name).exists()
    assert confirm(*wrong, "--json").document["exit_code"] == 10
    assert confirm("--yes", "-o", name).exit_code == 0
    signed = (home / name).read_bytes()
    assert confirm(*wrong).exit_code != 0
    assert (home / name).read_bytes() == signed


@pytest.mark.clause("AZ-6.2")
@pytest.mark.parametrize(
    ("change", "report"),
    [
        ("binary", "--not-ready binary-mismatch --found sha256:"),
        ("genesis", "--not-ready genesis-mismatch --found sha256:"),
        ("missing", "--not-ready file-missing"),
    ],
)
def test_a_host_that_is_not_ready_is_not_confirmed(confirm, home, node, change, report):
    binary = node / "cosmovisor/genesis/bin/atlasd"
    if change == "binary":
        binary.write_bytes(b"#!/bin/sh\necho another\n")
    elif change == "genesis":
        (node / "config/genesis.json").write_bytes(GENESIS.replace(b'"1"', b'"2"', 1))
    else:
        binary.unlink()
    done = confirm("--yes")
    assert done.exit_code == 10, done.out + done.err
    assert "this host is not READY" in done.advised
    assert "aztrust confirm ada " in done.advised
    assert report in done.advised
    assert files(home) == []
    # The command that is advised runs, and states what was found.
    words = done.advised.partition("report it: ")[2].split()
    at = words.index("--not-ready")
    given = [
        word
        for word in words[at : at + 4]
        if word.startswith(("-", "sha256:")) or word in NOT_READY_REASONS
    ]
    assert confirm(*given, "--yes").exit_code == 0
    body = body_of(files(home)[0])
    assert (body.status, body.reason) == ("not-ready", given[1])
    assert (body.found is None) == (change == "missing")


def test_not_ready_needs_no_file_of_the_host(confirm, home):
    done = confirm("--not-ready", "disk", "--yes")
    assert done.exit_code == 0, done.err
    body = body_of(files(home)[0])
    assert (body.reason, body.found, body.programs, body.chain_id) == ("disk", None, None, None)
    assert body.roles == ("node",)


def test_found_is_the_first_digits_of_a_digest(confirm, home):
    assert confirm("--not-ready", "binary-mismatch", "--found", "ab" * 32, "--yes").exit_code == 0
    assert body_of(files(home)[0]).found == "abababab"
    short = confirm("--not-ready", "binary-mismatch", "--found", "ab", "--yes")
    assert (short.exit_code, "--found is not a SHA-256 digest" in short.advised) == (2, True)
    assert confirm("--found", "ab" * 32, "--yes").exit_code == 2
    assert confirm("--not-ready", "sleepy", "--yes").exit_code == 2


def test_only_an_enrolled_key_of_that_operator_signs(desk, confirm, home, node):
    before = files(home)
    done = confirm("--yes", "--key", private_file(home, "bob"), key=False)
    assert (done.exit_code, "signer-not-in-role" in done.err) == (10, True)
    assert "use a key that the registrar enrolled for you" in done.advised
    assert not re.search("this policy|holder", done.advised)
    done = confirm("--yes", key=False)
    assert (done.exit_code, "--ssh-key FILE or --ssh-agent" in done.advised) == (2, True)
    assert "key generate" not in done.advised
    done = confirm("--yes", "--key", desk.launch.key_file("luca"), key=False)
    assert (done.exit_code, "signer-not-in-role" in done.err) == (10, True)
    for name, cause in (("nora", "no operator nora is enrolled"), ("luca", "luca is a holder")):
        done = confirm("--yes", by=name)
        assert (done.exit_code, cause in done.advised) == (10, True)
        assert "enrolled: ada, bob, eve" in done.advised
    assert files(home) == before
    # The key of an operator does nothing else.
    done = desk.run("attest", "incident-path", "pass", "--key", private_file(home, "ada"))
    assert done.exit_code != 0


def test_a_revoked_key_confirms_nothing(desk, home, node):
    desk.launch.revoke(public("ada").fingerprint, "luca", kind="key", reason="lost")
    words = ("--key", private_file(home, "ada"), "--anchor", desk.anchor, "--yes")
    done = run("confirm", "ada", desk.launch.path, *words)
    assert (done.exit_code, "every key of ada was revoked" in done.advised) == (10, True)


def test_the_consensus_key_of_another_operator_is_refused(confirm, home, node):
    done = confirm("--yes", "--node-key", home / "bob.consensus")
    assert (done.exit_code, "belongs to a validator of bob" in done.advised) == (10, True)
    assert files(home) == []


def test_a_consensus_key_that_is_not_in_the_genesis(confirm, home, node):
    (home / "other").write_text(consensus_key("nora"))
    done = confirm("--yes", "--node-key", home / "other")
    assert done.exit_code == 10
    assert "--not-ready consensus-key-missing" in done.advised


@pytest.mark.parametrize("content", [b"notes about the host\n", None], ids=("not-a-key", "absent"))
def test_a_node_key_that_cannot_be_read_says_nothing_about_the_host(confirm, home, node, content):
    if content is not None:
        (home / "notes").write_bytes(content)
    done = confirm("--yes", "--node-key", home / "notes")
    assert done.exit_code == 10
    assert "name priv_validator_key.json" in done.advised
    assert "--not-ready" not in done.advised


def test_a_binary_that_cannot_be_read_is_called_nothing(confirm, home, node, monkeypatch):
    """Nothing is known about its bytes: they may be the right ones."""
    from aztrust.storage import hostfiles

    def unreadable(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(hostfiles, "digest_whole", unreadable)
    done = confirm("--yes")
    assert (done.exit_code, "unreadable" in done.advised) == (10, True)
    assert "--not-ready" not in done.advised


def test_an_observer_without_a_role_of_the_release_has_every_file(confirm, home, node):
    assert confirm("--yes", by="eve").exit_code == 0
    body = body_of(files(home)[0], "eve")
    assert (body.roles, len(body.programs or ())) == (("node",), 1)


def test_before_the_freeze_nothing_is_confirmed(tmp_path, clock, home, node):
    launch = make_launch(
        tmp_path, policy=window_policy(REGISTRAR_POLICY), genesis={"genesis.json": GENESIS}
    )
    desk = Desk(launch)
    desk.run("enrol", write_list(tmp_path, entry("ada")), "--yes", by="luca")
    words = ("--key", private_file(home, "ada"), "--anchor", desk.anchor, "--yes")
    for more in ((), ("--not-ready", "disk")):
        done = run("confirm", "ada", launch.path, *words, *more)
        assert (done.exit_code, "freeze-missing" in done.err) == (10, True), done.err


def test_an_anchor_that_is_another_one(desk, kit, home, node):
    words = ("--key", private_file(home, "ada"), "--anchor", "0" * 64, "--yes")
    for more in ((), ("--not-ready", "disk")):
        done = run("confirm", "ada", kit, *words, *more)
        assert (done.exit_code, "anchor-mismatch" in done.err) == (10, True), done.err
    assert files(home) == []


def test_options_that_ask_for_two_things(confirm, home, node):
    (home / "x").write_text("{}")
    for words in (
        ("--not-ready", "disk", "--from", "x"),
        ("--not-ready", "disk", "--binary", "x"),
        ("--not-ready", "disk", "--signer-address", "127.0.0.1:1"),
        ("--from", "x", "--home", node),
        ("--from", "x", "--role", "node"),
        ("--ssh-agent",),
        ("--ssh-key", "x"),
    ):
        done = confirm(*words, "--yes")
        assert (done.exit_code, files(home)) == (2, []), words


def test_several_platforms_and_roles_are_asked_for(confirm, home, node):
    done = confirm("--role", "sentry", "--yes")
    assert (done.exit_code, "is not a role of this release" in done.advised) == (2, True)
    assert confirm("--role", "node", "--yes").exit_code == 0


# ---- a report of another machine ----------------------------------------------------------------


@pytest.fixture
def report(desk, kit, home, node):
    """What a server without keys wrote."""
    path = home / "host.json"
    words = ("--anchor", desk.anchor, "--scope", scope_of(desk), "--platform", "linux/amd64")
    done = run("preflight", kit, *words, "--node-key", home / "ada.consensus", "-o", path)
    assert done.exit_code == 0, done.out
    shutil.rmtree(node)
    return path


def test_a_report_of_a_server_is_signed_elsewhere(confirm, home, report):
    done = confirm("--from", report, "--yes")
    assert done.exit_code == 0, done.err
    body = body_of(files(home)[0])
    made = json.loads(report.read_bytes())
    # Its time is when the host was looked at, in whole seconds.
    assert body.confirmed_at_unix_ms == made["at_unix_ms"] // 1000 * 1000
    assert (body.status, body.consensus_key, body.platform) == (
        "ready",
        "in-genesis",
        "linux/amd64",
    )


def test_a_report_that_is_too_old(confirm, clock, home, report):
    clock.forward(61 * MINUTE)
    done = confirm("--from", report, "--yes")
    assert (done.exit_code, "counts for 1h" in done.advised) == (10, True)
    assert files(home) == []


def edited(report: Path, *path: object, to: object) -> None:
    document = json.loads(report.read_bytes())
    at = document
    for key in path[:-1]:
        at = at[key]
    assert at[path[-1]] != to
    at[path[-1]] = to
    report.write_text(json.dumps(document))


@pytest.mark.parametrize(
    ("path", "to", "message"),
    [
        (("ready",), False, "was not READY"),
        (("exit_code",), 11, "was not READY"),
        (("scope_hash",), "sha256:" + "0" * 64, "about another scope"),
        (("policy_digest",), "sha256:" + "0" * 64, "about another scope"),
        (("host", "items", 0, "files", 0, "sha256"), "sha256:" + "0" * 64, "is not what the kit"),
        (("host", "items", 1, "files", 0, "sha256"), "sha256:" + "0" * 64, "is not what the kit"),
        (("host", "items", 0, "files", 0, "sha256"), None, "is not what the kit"),
        (("host", "items", 0, "files"), [], "did not look at"),
        (("host", "items", 1, "name"), "other.json", "did not look at"),
        (("host", "roles"), ["sentry"], "the release has nothing for"),
        (("host", "platform"), "windows/amd64", "is not what the kit fixes"),
        (("host",), None, "was not READY"),
        (("at_unix_ms",), 1, "a confirmation counts for"),
        (("at_unix_ms",), 9_999_999_999_999, "in the future"),
        (("command",), "verify", "is the report of another command"),
        (("schema",), "aztrust/other", "is not a report of aztrust preflight"),
        (("colour",), 1, "unknown key"),
        (("aztrust_version",), "two words", "it is of no version"),
    ],
    ids=list(map(str, range(18))),
)
def test_a_report_that_the_kit_contradicts(confirm, home, report, path, to, message):
    if path == ("colour",):
        document = json.loads(report.read_bytes())
        report.write_text(json.dumps({**document, "colour": 1}))
    else:
        edited(report, *path, to=to)
    done = confirm("--from", report, "--yes")
    assert (done.exit_code, message in done.advised) == (10, True), done.err
    assert files(home) == []


def test_a_report_from_before_the_freeze(desk, confirm, home, report):
    window = next(p for p in desk.files("verdicts") if p.name.startswith("freeze"))
    found = desk.statement(f"manifests/verdicts/{window.name}")["predicate"]
    frozen_at = found["urn:aztrust:launch-checkpoint:v1"]["record"]["timestamp_unix_ms"]
    edited(report, "at_unix_ms", to=frozen_at - MINUTE)
    done = confirm("--from", report, "--yes")
    assert (done.exit_code, "before this scope was frozen" in done.advised) == (10, True)


def test_a_host_whose_clock_is_behind_the_freeze(confirm, clock, home, node):
    now = clock.now
    clock.now = now - 60 * MINUTE
    done = confirm("--yes")
    assert (done.exit_code, "the clock of this machine is at" in done.advised) == (10, True)
    assert files(home) == []
    # A host that is not ready says so at any time.
    assert confirm("--not-ready", "clock", "--yes").exit_code == 0
    clock.now = now
    assert confirm("--yes", "-o", home / "later.dsse.json").exit_code == 0


def test_a_file_that_is_not_a_report(confirm, home):
    for data in (b"", b"\xff", b"[]", b"{" * 100_000, b'{"schema":5}'):
        (home / "x.json").write_bytes(data)
        done = confirm("--from", "x.json", "--yes")
        assert (done.exit_code, "x.json" in done.advised) == (10, True), done.err
        assert "aztrust preflight KIT -o host.json" in done.advised
    assert confirm("--from", "none.json", "--yes").exit_code == 1


# ---- roads, and keys of OpenSSH -----------------------------------------------------------------


def test_the_printed_line_is_the_same_record(desk, confirm, home, node):
    assert confirm("--yes", "--print", "-q", "-o", "b.json").out.startswith("AZ1")
    shown = confirm("--yes", "--print", "-o", "c.json").out
    document = confirm("--yes", "--print", "--json").document
    line, (path,) = document["line"], files(home)
    assert any(text.startswith("AZ1") and len(text) == len(line) for text in shown.splitlines())
    assert len(line) <= 160
    (home / "chat.txt").write_text(f"ada: here it is\n> {line[:70].lower()}\n> {line[70:]}\n")
    words = ("--ledger", desk.ledger, "--key", desk.launch.key_file("luca"), "--json")
    done = run(
        *("-C", desk.launch.path, "ledger", "append", "-", *words, "--anchor", desk.anchor),
        answer=(home / "chat.txt").read_text(),
    )
    assert done.exit_code == 0, done.out + done.err
    with open_store(desk.ledger) as store:
        last = store.entry(store.size() - 1).envelope
    assert last == path.read_bytes()


def test_a_not_ready_line_has_its_reason(confirm, home):
    assert len(confirm("--not-ready", "clock", "--yes", "--print", "-q").out.strip()) <= 160


def test_a_qr_code(confirm, home, node):
    pytest.importorskip("segno")
    done = confirm("--yes", "--qr", "--qr-png", "code.png")
    assert done.exit_code == 0, done.err
    assert "█" in done.out
    assert (home / "code.png").read_bytes().startswith(b"\x89PNG")


def test_a_code_that_may_not_be_written_is_refused_before_the_signature(confirm, home, node, kit):
    before = kit.read_bytes()
    (home / "mine.png").write_bytes(b"a picture")
    for name in (kit, "mine.png", "none/code.png"):
        done = confirm("--yes", "--qr-png", name)
        assert done.exit_code in (1, 2), done.err
        assert files(home) == []
    assert confirm("--yes", "-o", "one", "--qr-png", "one").exit_code == 2
    assert (kit.read_bytes(), (home / "mine.png").read_bytes()) == (before, b"a picture")


@contextmanager
def answering(
    status: int, body: bytes | None = None
) -> Iterator[tuple[str, list[tuple[str, bytes]]]]:
    """A server that gives one answer to every POST, and what it was sent.

    Without a body it names the record, as `aztrust serve` does.
    """
    got: list[tuple[str, bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent = self.rfile.read(int(self.headers["Content-Length"]))
            got.append((self.path, sent))
            named = {"record_id": sha256_id(parse_envelope(sent, name="").payload)}
            answer = json.dumps({"records": [named]}).encode() if body is None else body
            self.send_response(status)
            if status in (301, 307):
                self.send_header("Location", "http://127.0.0.1:1/")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    with running(Handler) as url:
        yield url, got


def test_submit_posts_the_file(confirm, home, node):
    for status in (200, 201, 202):
        with answering(status) as (url, got):
            done = confirm("--yes", "--submit", f"{url}/base/", "-o", f"{status}.json")
            assert done.exit_code == 0, done.err
            assert got == [("/base/records", (home / f"{status}.json").read_bytes())]
            assert f"took it ({status})" in done.out


@pytest.mark.parametrize(
    ("status", "body", "code", "message"),
    [
        (403, b'{"cause": "not\\nenrolled \\u001b[31m"}', 10, "(403): not enrolled \\x1b[31m"),
        (413, b"", 10, "(413): no reason given"),
        (400, b"<html>" + b"x" * 100_000, 10, "(400): <html>xxx"),
        (400, b"{" * 50_000, 10, "(400): {{{"),
        (307, b"", 10, "(307)"),
        (429, b'{"cause": "slow down"}', 1, "429: slow down"),
        (502, b"bad gateway", 1, "502: bad gateway"),
        (200, b"<html>log in</html>", 1, "does not say that it has the record"),
        (202, b'{"records": [{"record_id": "sha256:00"}]}', 1, "does not say that it has"),
    ],
    ids=list(map(str, range(9))),
)
def test_a_server_that_does_not_take_it(confirm, home, node, status, body, code, message):
    with answering(status, body) as (url, _):
        done = confirm("--yes", "--submit", url)
    assert (done.exit_code, message in done.advised) == (code, True), done.err
    assert "the file is written" in done.advised
    assert f"{files(home)[0].name}: it is signed, and was not sent" in done.advised


def test_a_server_that_is_not_there(confirm, home, node):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        done = confirm("--yes", "--submit", f"http://127.0.0.1:{free.getsockname()[1]}")
    assert (done.exit_code, "cannot submit to" in done.advised) == (1, True)


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_what_was_not_sent_stays_in_its_file(confirm, home, node, options):
    with answering(403, b"") as (url, got):
        done = confirm("--yes", "--submit", url, "-o", "own.json", *options)
    assert (done.exit_code, "remove it first" in done.err) == (10, False)
    assert got == [("/records", (home / "own.json").read_bytes())]
    assert "own.json: it is signed, and was not sent" in done.err
    assert "no reason given" in done.out + done.advised


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org",
        "ftp://example.org",
        "https://",
        "https://user:secret@example.org",
        "https://example.org/?token=secret",
        "https://example.org:99999",
        "https://exa mple.org",
        "http://127.0.0.1.example.org",
        "board.example.org",
    ],
)
def test_addresses_that_nothing_is_posted_to(confirm, home, node, url):
    done = confirm("--yes", "--submit", url)
    assert (done.exit_code, "secret" in done.err, files(home)) == (2, False, [])


def test_submit_addresses():
    assert check_submit_url("https://example.org") == "https://example.org/records"
    assert check_submit_url("https://example.org/a/records/") == "https://example.org/a/records"
    assert check_submit_url("http://[::1]:80/") == "http://[::1]:80/records"
    assert check_submit_url("http://localhost:8000") == "http://localhost:8000/records"


def test_a_server_that_never_ends_its_answer():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/records"
        with pytest.raises(CouldNotCheck, match="cannot submit"):
            submit(url, b"{}", "sha256:00", total_s=0.05)


def test_a_remote_signer_is_connected_to_and_sent_nothing(confirm, home, node):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = f"tcp://127.0.0.1:{listening.getsockname()[1]}"
        assert confirm("--yes", "--signer-address", address).exit_code == 0
        connection, _ = listening.accept()
        with connection:
            assert connection.recv(1) == b""
    assert body_of(files(home)[0]).signer == "answers"


def test_a_signer_that_is_silent_is_not_confirmed(confirm, home, node):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        done = confirm("--yes", "--signer-address", f"127.0.0.1:{free.getsockname()[1]}")
    assert (done.exit_code, files(home)) == (10, [])
    assert "--not-ready signer-silent" in done.advised
    for text in ("127.0.0.1", "x:0", "x:99999", ":1", "a b:1", "x:1x"):
        assert confirm("--yes", "--signer-address", text).exit_code == 2


@pytest.fixture
def agent(tmp_path, monkeypatch):
    """A real ssh-agent of this test's own."""
    with ssh_agent(tmp_path) as path:
        monkeypatch.setenv("SSH_AUTH_SOCK", path)
        yield path


def ssh_file(folder: Path, name: str) -> Path:
    private = load_pem_private_key(private_file(folder, name).read_bytes(), None)
    path = folder / f"id_{name}"
    path.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
    path.chmod(0o600)
    return path


def test_keys_of_openssh_sign_as_every_other_key(confirm, home, node, agent):
    ssh_add(ssh_file(home, "ada"))
    done = confirm("--yes", "--ssh-agent", "-o", "agent.json", key=False)
    assert done.exit_code == 0, done.err
    assert body_of(home / "agent.json").status == "ready"
    done = confirm("--yes", "--ssh-key", home / "id_ada", "-o", "file.json", key=False)
    assert done.exit_code == 0, done.err
    assert body_of(home / "file.json").status == "ready"
    # Neither signs for another operator.
    done = confirm("--yes", "--ssh-key", ssh_file(home, "bob"), key=False)
    assert (done.exit_code, "signer-not-in-role" in done.err) == (10, True)
    (home / "id_bob").unlink()
    done = confirm("--yes", "--ssh-agent", by="bob", key=False)
    assert (done.exit_code, "no key in the ssh-agent is the one" in done.advised) == (2, True)


def test_a_key_of_ssh_under_key_names_the_option(confirm, home, node):
    done = confirm("--yes", "--key", ssh_file(home, "ada"), key=False)
    assert (done.exit_code, "OpenSSH" in done.advised) == (10, True)


def test_without_the_library_of_qr_codes_nothing_is_signed(confirm, home, node, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "segno", None)
    for words in (("--qr",), ("--qr-png", "code.png")):
        done = confirm("--yes", *words)
        assert done.exit_code == 1
        assert "the package segno is not installed" in done.err
        assert files(home) == []
    assert confirm("--yes", "--print").exit_code == 0
