"""`aztrust readiness`: the roll-call at the terminal, as a document and as a table; its exits."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from aztrust.core.base.findings import Finding
from aztrust.core.base.value import replace
from aztrust.core.checks import ledger_checks
from aztrust.core.checks.check import Answer
from aztrust.core.state.ledger.unavailable import absent
from tests.command import Done, run
from tests.crew import genesis
from tests.final_check_builders import CHECKED
from tests.memory_launch import Launch
from tests.operators import confirm, enrol, entry, operator
from tests.readiness import CONFIRMED, bound, not_ready, ready, staffed, written

POWERS = {"ann": 40, "bob": 27, "eve": 23, "joe": 10}
TABLE = 'min_power = "67%"\nmandatory = ["ann"]'
AT = str(CHECKED // 1000)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)


def readiness(launch: Launch, path: Path, *words: object) -> Done:
    anchored = ("--anchor", launch.anchor) if "--anchor" not in words else ()
    where = () if any(str(word).endswith(".aztrust") for word in words) else ("-C", path)
    return run(*where, "readiness", "--at", AT, *anchored, *words)


def some(table: str = TABLE) -> Launch:
    launch = staffed(POWERS, table)
    ready(launch, "ann")
    not_ready(launch, "eve", "genesis-mismatch", found="ab12cd34")
    ready(launch, "joe", at=CONFIRMED - 1)
    ready(launch, "joe", at=CONFIRMED)
    return launch


def test_the_screen_has_the_roll_call_with_its_power(tmp_path: Path):
    launch = some()
    done = readiness(launch, written(launch, tmp_path / "launch"))
    assert done.exit_code == 11
    assert done.lines[0].startswith("NOT READY bench-1   2026-")
    assert all(len(line) <= 80 for line in done.out.splitlines())
    assert "power    50 of 100 voting power ready" in done.out
    assert "         ready 50.0%, not ready 23.0%, silent 27.0%" in done.out
    assert "short    50% of the voting power is ready of 67%; 17 short" in done.out
    assert "met      1 of 1 mandatory operators are ready" in done.out
    assert "who      bob  27.0%  silent" in done.out
    shown = " ".join(done.out.split())
    assert "eve 23.0% not ready linux/amd64 20 min ago: genesis-mismatch, found ab12cd34" in shown
    assert "not      counted: 1 replaced" in done.out
    assert "[" + "#" * 34 + "x" * 16 + "." * 19 + "]" in done.out
    for mark in ("1/3", "2/3", "67%"):
        assert mark in done.out


def test_with_every_threshold_met_it_is_ready(tmp_path: Path):
    launch = some()
    path = written(launch, tmp_path / "launch")
    assert readiness(launch, path).exit_code == 11
    ready(launch, "bob")
    done = readiness(launch, written(launch, path))
    assert (done.exit_code, done.lines[0].split()[0]) == (0, "READY")


def test_without_an_anchor_nothing_shows_the_policy(tmp_path: Path):
    launch = some('min_power = "50%"')
    path = written(launch, tmp_path / "launch")
    assert run("-C", path, "readiness", "--at", AT).exit_code == 12
    assert readiness(launch, path).exit_code == 0
    refused = readiness(launch, path, "--anchor", "sha256:" + "0" * 64)
    assert refused.exit_code == 10
    assert "anchor-mismatch" in refused.err


def test_the_document_has_everything(tmp_path: Path):
    launch = some()
    confirm(launch, "bob", at=CONFIRMED, **{**bound(launch), "scope_hash": "sha256:" + "0" * 64})
    done = readiness(launch, written(launch, tmp_path / "launch"), "--format", "json")
    document = done.document
    assert (document["met"], document["exit_code"], document["guidance"]) == (False, 11, "HOLD")
    assert document["powers"]["ready"] == "50"
    assert document["powers"]["total"] == "100"
    by_name = {row["operator"]: row for row in document["operators"]}
    assert by_name["eve"]["reason"] == "genesis-mismatch"
    assert by_name["ann"]["roles"] == [{"role": "node", "status": "ready"}]
    assert {(one["operator"], one["why"]) for one in document["not_counted"]} == {
        ("bob", "other-scope"),
        ("joe", "replaced"),
    }
    assert document["by_platform"][0]["powers"]["not-ready"] == "23"


def test_the_table_is_for_spreadsheets_and_is_replaced_by_the_next(tmp_path: Path):
    launch = some()
    ready(launch, "bob", aztrust_version='=HYPERLINK("x")')
    path, table = written(launch, tmp_path / "launch"), tmp_path / "roll-call.csv"
    for _ in range(2):
        assert readiness(launch, path, "--csv", table).exit_code == 0
    rows = list(csv.DictReader(table.read_text().splitlines()))
    assert [row["operator"] for row in rows] == ["ann", "bob", "eve", "joe"]
    assert rows[2]["status"] == "not-ready"
    assert rows[1]["aztrust_version"] == '\'=HYPERLINK("x")'
    other = tmp_path / "notes.csv"
    other.write_text("operator,phone\n")
    refused = readiness(launch, path, "--csv", other)
    assert refused.exit_code == 2
    assert other.read_text() == "operator,phone\n"


def test_hosts_with_the_same_wrong_file_are_shown_once_by_what_it_is(tmp_path: Path):
    launch = staffed(POWERS)
    own = next(e for e in launch.release if e.path == "network.toml")
    for name in ("eve", "joe"):
        not_ready(launch, name, found=own.sha256[7:15])
    done = readiness(launch, written(launch, tmp_path / "launch"))
    assert done.out.count("conflicting-copies") == 1
    assert "2 operators, 33% of the power have the same wrong file" in done.advised
    assert "network.toml in the sealed release" in done.advised
    assert "--trigger conflicting-artifact-copies" in done.advised


def test_a_collapse_is_the_first_word_and_names_the_abort(tmp_path: Path):
    launch = staffed(POWERS, 'min_power = "67%"\ncollapse = "50%"')
    ready(launch, "ann")
    ready(launch, "bob")
    not_ready(launch, "bob", "network", at=CONFIRMED + 1)
    done = readiness(launch, written(launch, tmp_path / "launch"))
    assert done.lines[0].startswith("COLLAPSED")
    assert "aztrust window abort --trigger readiness-collapse" in done.advised


def test_without_the_genesis_the_power_is_not_known_until_it_is_named(tmp_path: Path):
    launch = some('min_power = "50%"')
    path = written(launch, tmp_path / "launch")
    (path / "genesis/genesis.json").rename(tmp_path / "genesis.json")
    done = readiness(launch, path)
    assert done.exit_code == 11
    assert "power    unknown: genesis.json of the genesis package is not here" in done.out
    # A share of what is not known is not 0%.
    assert "0%" not in done.out.replace("50%", "")
    assert "the voting power is unknown; 50% has to be ready" in done.out
    assert "bob  power unknown  silent" in done.out
    table = tmp_path / "table.csv"
    readiness(launch, path, "--csv", table)
    rows = list(csv.DictReader(table.read_text("utf-8").splitlines()))
    assert {(row["power"], row["share_percent"]) for row in rows} == {("", "")}
    # Which validators it lacks was not looked at.
    assert "the genesis has no validator" not in done.out
    assert readiness(launch, path, "--genesis", tmp_path / "genesis.json").exit_code == 0
    (tmp_path / "other.json").write_bytes(genesis({"ann": 1000}))
    refused = readiness(launch, path, "--genesis", tmp_path / "other.json")
    assert refused.exit_code == 10
    assert "genesis-hash-mismatch" in refused.err


def test_other_bytes_in_the_place_of_the_genesis_are_broken_truth(tmp_path: Path):
    launch = some('min_power = "50%"')
    path = written(launch, tmp_path / "launch")
    (path / "genesis/genesis.json").write_bytes(genesis({"ann": 1000}))
    done = readiness(launch, path)
    assert (done.exit_code, done.lines[0].split()[0]) == (10, "BROKEN")


def test_nothing_to_count_is_not_an_answer(tmp_path: Path):
    launch = staffed(POWERS, enrolled=False)
    done = readiness(launch, written(launch, tmp_path / "launch"))
    assert done.exit_code == 3
    assert "no operator is enrolled" in done.err
    launch.verdicts = {}
    path = written(launch, tmp_path / "open")
    for file in (path / "manifests/verdicts").iterdir():
        file.unlink()
    done = readiness(launch, path)
    assert done.exit_code == 3
    assert "no freeze" in done.err


def test_what_a_confirmation_says_cannot_move_the_cursor(tmp_path: Path):
    launch = staffed({"ann": 40}, data=genesis({"\x1b[31mann": 40, "ann": 60}))
    ready(launch, "ann")
    done = readiness(launch, written(launch, tmp_path / "launch"), "-v")
    assert "\x1b" not in done.out


def test_the_roll_call_of_a_large_launch_fits_the_screen(tmp_path: Path):
    powers = {f"operator-number-{n:03}": 1 for n in range(60)}
    launch = staffed(powers)
    ready(launch, "operator-number-000")
    path = written(launch, tmp_path / "launch")
    done = readiness(launch, path)
    assert "+47 more that are not ready: -v" in done.out
    assert all(len(line) <= 80 for line in done.out.splitlines())
    assert "operator-number-059" in readiness(launch, path, "-v").out
    assert json.loads(readiness(launch, path, "--format", "json").out)["operators"][-1]["operator"]


def test_a_kit_that_was_packed_here_is_not_read_in_place_of_the_launch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The kit has no genesis to count with, and lacks what was confirmed after it."""
    launch = some()
    path = written(launch, tmp_path / "launch")
    monkeypatch.chdir(path)
    assert run("pack").exit_code == 0
    (kit,) = path.glob("*.aztrust")
    count = ("readiness", "--at", AT, "--anchor", launch.anchor)
    assert "power    50 of 100 voting power ready" in run(*count).out
    assert "is not here" in run(*count, kit).out
    # Where there is no launch around, the kit here is read.
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    Path(kit.name).write_bytes(kit.read_bytes())
    assert "is not here" in run(*count).out


@pytest.mark.parametrize(
    ("answer", "ends_in", "shown"),
    [
        (Answer(not_run="a head over 9 entries was seen"), 11, "a head over 9 entries was seen"),
        (Answer((Finding("ledger-inconsistent", "entry 1", "is broken"),)), 10, "is broken"),
        (Answer((Finding("ledger-entry-withheld", "entry 1", "is withheld"),)), 11, "is withheld"),
        (Answer(), 0, "no ledger here"),
    ],
)
def test_the_ledger_is_asked_what_verify_asks_it(tmp_path, monkeypatch, answer, ends_in, shown):
    (check,) = ledger_checks(present=True, asks_age=False)
    asked = replace(check, ask=lambda *_: answer)
    monkeypatch.setattr("aztrust.acts.readiness.ledger_checks", lambda **_: (asked,))
    launch = some('min_power = "50%"')
    done = readiness(launch, written(launch, tmp_path / "launch"))
    assert done.exit_code == ends_in
    assert shown in done.advised


def test_a_ledger_that_was_seen_and_is_not_here_is_not_passed_over(tmp_path: Path, monkeypatch):
    launch = some('min_power = "50%"')
    path = written(launch, tmp_path / "launch")
    assert readiness(launch, path).exit_code == 0
    gone = absent(None, ["the head kept in heads/1.note"], ())
    name = "aztrust.acts.readiness.with_ledger"
    monkeypatch.setattr(name, lambda evidence, *_: replace(evidence, ledger=gone))
    done = readiness(launch, path)
    assert done.exit_code == 11
    assert "there is no ledger here to compare with the head kept in" in " ".join(done.out.split())
    assert "READY" not in done.lines[0].replace("NOT READY", "")


def test_an_operator_who_was_enrolled_after_the_freeze_is_shown(tmp_path: Path):
    launch = some()
    path = written(launch, tmp_path / "launch")
    assert "late " not in readiness(launch, path).out
    assert readiness(launch, path, "--format", "json").document["enrolled_late"] == []
    enrol(launch, entry("bob", operator("bob two"), validators=("bob-key",)), at=CONFIRMED)
    done = readiness(launch, written(launch, path))
    assert "late     enrolled after the freeze: 1 operator, power 27.0%; they count" in done.out
    assert "         bob other keys, by luca" in done.out
    (late,) = readiness(launch, path, "--format", "json").document["enrolled_late"]
    assert (late["operator"], late["change"], late["registrar"]) == ("bob", "keys", "luca")
