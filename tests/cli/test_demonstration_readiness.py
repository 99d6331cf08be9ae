"""Sixty validators, two geneses of equal size: who has the wrong one is named before the start.

The launch of docs/demonstration-readiness.md, through the command line. Two genesis files that
differ and have the same size are in circulation, and no one sees it before the start. Here every
operator confirms its own host, over one road or another, and the roll-call names each one with the
wrong file.
"""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest

from aztrust.core.base.digest import sha256_id
from tests.cli_launch import Desk, another_machine, window_policy
from tests.command import PROGRAM, Done, environment, run
from tests.disk_launch import RELEASE, make_launch
from tests.operator_files import entry, private_file, write_list
from tests.patience import PATIENCE, readable
from tests.shared import REPOSITORY

# It makes and verifies some hundred signatures.
pytestmark = pytest.mark.slow

NAMES = tuple(f"v{number:02}" for number in range(1, 61))
WRONG = frozenset(NAMES[2::7])
"""Who has the other file: nine of the sixty."""
STARTS = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=6)
"""When the network is to start: the genesis time."""
ROADS = ("file", "chat", "server")
TABLE = '[readiness]\nregistrar = "launch-coordinator"\nmin_power = "90%"\nmandatory = ["v01"]\n'


def genesis() -> bytes:
    """The file that is frozen; the validators have 1 to 60 of power, 1830 together."""
    validators = [
        {"name": name, "power": str(power), "pub_key": {"value": f"{name}-key"}}
        for power, name in enumerate(NAMES, 1)
    ]
    document = {
        "chain_id": "test-1",
        "genesis_time": STARTS.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "initial_height": "1",
        "supply": "100000000",
        "validators": validators,
    }
    return json.dumps(document, indent=1).encode()


RIGHT = genesis()
OTHER = RIGHT.replace(b'"supply": "100000000"', b'"supply": "100000001"')
"""The file from the other folder: as long, and different in one digit."""


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A launch that is frozen, with sixty operators, and its kit."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "AZTRUST_LAUNCH", "AZTRUST_KEY"):
        monkeypatch.delenv(name, raising=False)
    launch = make_launch(
        tmp_path, policy=window_policy(TABLE), genesis={"genesis.json": RIGHT}, seal=False
    )
    made = Desk(launch)
    made.seal_and_approve()
    listed = write_list(tmp_path, *(entry(name, f"{name}-key") for name in NAMES))
    done = made.run("enrol", listed, "--yes", by="luca")
    assert done.exit_code == 0, done.err
    made.freeze()
    made.keep()
    assert run("-C", launch.path, "pack", "--to", tmp_path / "test-1.aztrust").exit_code == 0
    return made


class Hosts:
    """The hosts of the sixty: each has the program, and one of the two geneses."""

    def __init__(self, desk: Desk, folder: Path) -> None:
        self.desk, self.folder = desk, folder
        self.program = folder / "atlasd"
        self.program.write_bytes(RELEASE["bin/atlasd"])
        self.program.chmod(0o755)
        self.files = {"right": folder / "right.json", "other": folder / "other.json"}
        self.files["right"].write_bytes(RIGHT)
        self.files["other"].write_bytes(OTHER)
        self.inbox = folder / "inbox"
        self.inbox.mkdir()
        self.chat: list[str] = []
        """What operators pasted into the chat, with what the program printed around it."""
        self.scope = str(desk.json("verify")[1]["scope_hash"])

    def confirm(self, name: str, road: str, served: str, *, has: str = "right") -> None:
        """The operator confirms over a road; one whose host is not ready says so over the same."""
        words = {
            "file": ("-o", self.inbox / f"{name}.{has}.dsse.json"),
            "chat": ("-o", self.folder / f"{name}.dsse.json", "--print"),
            "server": ("-o", self.folder / f"{name}.dsse.json", "--submit", served),
        }[road]
        files = ("--binary", self.program, "--genesis", self.files[has])
        done = self._confirm(name, *files, *words)
        if has == "other":
            assert done.exit_code == 10, done.out
            assert "genesis" in done.err
            found = ("--found", sha256_id(self.files[has].read_bytes()))
            done = self._confirm(name, "--not-ready", "genesis-mismatch", *found, *words)
        assert done.exit_code == 0, done.err
        if road == "chat":
            self.chat.append(f"{name}: here you are\n{done.out}")

    def collect(self) -> None:
        """The keeper appends what came over every road."""
        desk = self.desk
        pasted = self.folder / "chat.txt"
        pasted.write_text("\n".join(["good morning", *self.chat]))
        for words in ((self.inbox, pasted), ()):
            done = desk.run("ledger", "append", *words, "--ledger", desk.ledger, by="luca")
            assert done.exit_code == 0, done.out + done.err

    def _confirm(self, name: str, *words: object) -> Done:
        told = ("--anchor", self.desk.anchor, "--scope", self.scope, "--yes")
        key = ("--key", private_file(self.folder, name))
        kit = (self.folder / "test-1.aztrust", "--platform", "linux/amd64")
        with another_machine(self.folder / "hosts"):
            return run("confirm", name, *kit, *words, *key, *told)


@pytest.fixture
def served(desk: Desk) -> Iterator[str]:
    """The address of a server of the launch."""
    words = ("-C", desk.launch.path, "serve", "--listen", "127.0.0.1:0", "--rate", "1000", "-q")
    more = ("--ledger", desk.ledger, "--anchor", desk.anchor)
    command = [*PROGRAM, *map(str, (*words, *more))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment()) as process:
        assert process.stdout is not None
        url = readable(process.stdout.fileno()).decode().strip()
        assert url.startswith("http://127.0.0.1:"), url
        yield url
        process.terminate()
        assert process.wait() == 0


class OpenBoard(threading.Thread):
    """A page of the board that is open all the time: the parts that it shows, by name."""

    def __init__(self, served: str) -> None:
        super().__init__(daemon=True)
        self.response = urllib.request.urlopen(f"{served}/board/events", timeout=PATIENCE)
        self.parts: dict[str, str] = {}
        self.faults: set[str] = set()
        self.changed = threading.Condition()
        self.start()

    def run(self) -> None:
        with contextlib.suppress(OSError, ValueError, AttributeError):
            for line in self.response:
                if not line.startswith(b"data: "):
                    continue
                event = json.loads(line[6:])
                with self.changed:
                    self.parts.update(event.get("parts", {}))
                    fault = event.get("beat", event).get("fault")
                    self.faults |= {fault} if fault else set()
                    self.changed.notify_all()

    def shows(self, part: str, text: str) -> bool:
        """Whether a part gets to show a text."""
        with self.changed:
            return self.changed.wait_for(lambda: text in self.parts.get(part, ""), PATIENCE)


def readiness(desk: Desk) -> tuple[int, dict[str, Any]]:
    """The roll-call as a document."""
    return desk.json("readiness", "--ledger", desk.ledger)


def rows(desk: Desk) -> dict[str, str]:
    """The rows of the final checks that readiness answers."""
    _, document = desk.json("final-check", "--dry-run")
    every = {row["id"]: row["status"] for row in document["matrix"]}
    return {row: every[row] for row in ("operator-preflight", "operator-readiness")}


def shown_in_the_page() -> str:
    """The roll-call that the page shows."""
    text = (REPOSITORY / "docs/demonstration-readiness.md").read_text("utf-8")
    (block,) = [b for b in text.split("```text\n")[1:] if b.startswith("NOT READY")]
    return fixed(block.partition("```")[0])


def fixed(text: str) -> str:
    """A text as one line without what differs from run to run: times, ages, digests."""
    text = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", "TIME", " ".join(text.split()))
    text = re.sub(r"\b(\d+ (s|min) ago|now)\b", "AGO", text)
    return re.sub(r"\b([0-9a-f]{16}|[0-9a-f]{8})\b", "DIGEST", text)


@pytest.mark.clause("AZ-6.2", "AZ-24.2", "AZ-24.3")
def test_everyone_with_the_wrong_genesis_is_named_before_the_start(
    desk, tmp_path, served, record_property
):
    assert len(RIGHT) == len(OTHER)
    assert RIGHT != OTHER
    hosts = Hosts(desk, tmp_path)
    exit_code, document = readiness(desk)
    assert exit_code == 11
    assert [row["status"] for row in document["operators"]] == ["silent"] * 60

    board = OpenBoard(served)
    assert board.shows("silent", "Silent: 60")
    began = time.monotonic()
    for name, road in zip(NAMES, cycle(ROADS), strict=False):
        hosts.confirm(name, road, served, has="other" if name in WRONG else "right")
    hosts.collect()
    exit_code, document = readiness(desk)
    # How long it took is shown with `-rA`, and asserted nowhere.
    record_property("seconds", round(time.monotonic() - began, 1))

    # The board was open meanwhile, and shows the same.
    assert board.shows("not-ready", "Not ready: 9")
    assert board.shows("power", "84.7%")
    assert board.shows("silent", "every operator confirmed")
    assert exit_code == 11
    named = {row["operator"] for row in document["operators"] if row["status"] == "not-ready"}
    assert named == WRONG
    assert {row["found"] for row in document["operators"]} == {None, sha256_id(OTHER)[7:15]}
    (copies,) = document["copies"]
    assert (set(copies["operators"]), copies["power"]) == (WRONG, "279")
    assert "conflicting-copies" in {f["code"] for f in document["findings"]}
    shown = fixed(desk.run("readiness", "--ledger", desk.ledger).out)
    assert shown.startswith(shown_in_the_page())
    assert "pass" not in rows(desk).values()
    assert datetime.now(UTC) < STARTS

    for name in sorted(WRONG):
        hosts.confirm(name, "file", served)
    hosts.collect()
    exit_code, document = readiness(desk)
    assert (exit_code, document["met"], document["copies"]) == (0, True, [])
    assert {row["status"] for row in document["operators"]} == {"ready"}
    assert set(rows(desk).values()) == {"pass"}
    assert board.shows("not-ready", "no operator reports that")
    assert board.shows("power", "100.0%")
    assert not board.faults
