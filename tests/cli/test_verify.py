"""`aztrust verify` as it is typed: options, anchors, stages, exit codes."""

from __future__ import annotations

import json
import shlex

import pytest

from aztrust.cli.terminal import USUAL_HEIGHT
from aztrust.core.base.digest import groups
from aztrust.storage.tree.tree import read_tree
from tests.command import run
from tests.disk_launch import NOW, make_launch

AT = str(NOW // 1000)
AS_OF = "as of 2026-06-01 12:00:00 UTC"


@pytest.fixture
def launch(tmp_path):
    return make_launch(tmp_path)


def verify(launch, *words):
    return run("-C", launch.path, "verify", "--at", AT, *words)


def anchored(launch, *words):
    return verify(launch, "--anchor", launch.anchor, *words)


def test_pass(launch):
    done = anchored(launch)
    assert done.exit_code == 0
    assert (
        done.out.splitlines()[0]
        == "PASS     test launch  test-1   2026-06-01 12:00:00 UTC   exit 0"
    )
    assert launch.package_id("release") in done.out
    assert done.err == ""


@pytest.mark.parametrize(
    ("words", "read"),
    [
        (("--jobs", 2), ["packages/genesis"]),
        (("--jobs", 2, "--only", "genesis"), []),
        (("--jobs", 1), ["packages/release", "packages/genesis"]),
    ],
)
def test_the_first_package_is_read_while_the_rest_is_loaded(launch, monkeypatch, words, read):
    asked = []

    def watched(base, relative, *arguments, **options):
        asked.append(relative)
        return read_tree(base, relative, *arguments, **options)

    monkeypatch.setattr("aztrust.acts.verify.read_tree", watched)
    assert anchored(launch, *words).exit_code == (11 if "--only" in words else 0)
    assert asked == read
    launch.file("release", "README").write_bytes(b"other")
    launch.file("genesis", "genesis.json").write_bytes(b"{}")
    assert anchored(launch, *words).exit_code == 10


@pytest.mark.parametrize(
    "spell",
    [
        str,
        str.upper,
        lambda digest: digest[7:],
        groups,
        lambda digest: groups(digest).replace(" ", "\n"),
    ],
)
def test_every_spelling_of_an_anchor(launch, spell):
    assert verify(launch, "--anchor", spell(launch.anchor)).exit_code == 0


def test_anchor_and_scope_from_the_environment(launch, monkeypatch):
    monkeypatch.setenv("AZTRUST_ANCHOR", launch.anchor)
    done = verify(launch, "--format", "json")
    assert (done.exit_code, done.document["anchor"]) == (0, "given")
    monkeypatch.delenv("AZTRUST_ANCHOR")
    monkeypatch.setenv("AZTRUST_SCOPE", done.document["scope_hash"])
    done = verify(launch, "--format", "json")
    assert (done.exit_code, done.document["anchor"]) == (0, "scope")


@pytest.mark.parametrize("option", ["--anchor", "--scope"])
@pytest.mark.parametrize("value", ["", "00", "sha256:", "g" * 64, "0" * 63])
def test_a_digest_that_is_none_is_a_usage_error(launch, option, value):
    assert verify(launch, option, value).exit_code == 2


@pytest.mark.parametrize("name", ["AZTRUST_ANCHOR", "AZTRUST_SCOPE"])
def test_an_empty_protected_variable_is_not_the_same_as_none(launch, monkeypatch, name):
    monkeypatch.setenv(name, "")
    assert verify(launch).exit_code == 2


@pytest.mark.parametrize(("option", "code"), [("--anchor", "anchor"), ("--scope", "scope")])
def test_another_digest_fails(launch, option, code):
    done = verify(launch, option, "0" * 64)
    assert done.exit_code == 10
    assert f"{code}-mismatch" in done.out
    assert "0" * 64 in done.out


def test_unpinned_shows_the_line_that_pins_it(launch):
    done = verify(launch)
    assert done.exit_code == 12
    lines = [line.strip() for line in done.lines]
    assert lines[-1] == launch.anchor[7:]
    assert done.advised.endswith(f"aztrust anchor add {launch.anchor[7:]}")
    assert all(half in lines for half in (groups(launch.anchor)[:39], groups(launch.anchor)[40:]))


def test_the_shown_line_pins_it(launch):
    shown = "\n".join(verify(launch).lines)
    typed = shown.replace("\\\n", " ").rpartition("aztrust ")[2]
    done = run(*shlex.split(typed))
    assert done.exit_code == 0, done.err
    done = verify(launch, "--format", "json")
    assert (done.exit_code, done.document["anchor"]) == (0, "pinned")


def test_a_pin_that_disagrees_fails_with_an_anchor_that_agrees(launch, tmp_path):
    assert run("-C", launch.path, "anchor", "add", launch.anchor).exit_code == 0
    policy = launch.path / "manifests/launch.toml"
    policy.write_text(policy.read_text() + "# another policy\n")
    done = verify(launch, "--anchor", launch.anchor)
    assert done.exit_code == 10
    assert "anchor-mismatch" in done.out


def test_stages(tmp_path):
    launch = make_launch(tmp_path, approve=False)
    done = anchored(launch)
    assert done.exit_code == 10
    assert "threshold-unmet" in done.out
    assert done.advised.endswith("next cosmin or rita or sonia: aztrust approve release")
    done = anchored(launch, "--require", "sealed")
    assert done.exit_code == 0
    assert "pending  release-approvals: 0 of 3" in done.out
    done = anchored(launch, "--require", "frozen", "--format", "json")
    assert done.exit_code == 10


def test_frozen_is_a_hold_until_there_is_a_freeze(launch):
    done = anchored(launch, "--require", "frozen")
    assert done.exit_code == 11
    assert done.out.startswith("HOLD ")
    assert "freeze-missing" in done.out


@pytest.mark.parametrize("only", ["release", "genesis"])
def test_a_part_is_never_a_pass(launch, only):
    done = anchored(launch, "--only", only, "--format", "json")
    assert done.exit_code == 11
    assert done.document["verdict"] in ("conditional", "hold")
    assert set(done.document["packages"]) == {only}
    done = anchored(launch, "--only", only, "--require", "sealed")
    assert not done.out.startswith("PASS")
    assert f"only the {only} was asked for" in done.out
    assert done.advised.endswith("the whole launch: aztrust verify --require sealed")


def test_a_time_that_was_asked_for_is_not_taken_for_now(launch):
    assert anchored(launch).out.splitlines()[1].startswith("as of    2")
    assert " as of 2" in anchored(launch, "-q").out
    now = run("-C", launch.path, "verify")
    assert "as of" not in now.out


def test_a_part_that_is_broken_fails(launch):
    launch.file("genesis", "genesis.json").write_text("{}")
    assert anchored(launch, "--only", "genesis").exit_code == 10


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_jobs_change_nothing(launch, jobs):
    assert anchored(launch, "--jobs", jobs).out == anchored(launch).out


@pytest.mark.parametrize("jobs", ["0", "-1", "many"])
def test_jobs_that_are_none(launch, jobs):
    assert anchored(launch, "--jobs", jobs).exit_code == 2


@pytest.mark.parametrize(
    ("at", "unix_ms"),
    [
        ("2026-06-01T12:00:00Z", NOW),
        ("2026-06-01T14:00:00+02:00", NOW),
        ("2026-06-01T12:00:00.5Z", NOW + 500),
        ("0", 0),
    ],
)
def test_at(launch, at, unix_ms):
    done = run("-C", launch.path, "verify", "--at", at, "--format", "json")
    assert done.document["at_unix_ms"] == unix_ms


@pytest.mark.parametrize("at", ["", "yesterday", "-1", "2026-06-01", "1e9", "1969-12-31T23:59:59Z"])
def test_at_that_is_not_a_time(launch, at):
    assert run("-C", launch.path, "verify", "--at", at).exit_code == 2


def test_nothing_to_verify(tmp_path):
    launch = make_launch(tmp_path, seal=False)
    done = verify(launch)
    assert (done.exit_code, done.out) == (3, "")
    assert "mend aztrust seal release, then aztrust seal genesis" in done.advised


def test_a_broken_policy_is_a_verdict_with_a_name(launch):
    (launch.path / "manifests/launch.toml").write_text("version = 1\nlunch = 2\n")
    done = verify(launch)
    assert done.exit_code == 10
    assert done.out.startswith("FAIL     launch   ")
    assert "policy-malformed" in done.out


def test_output_to_a_file(launch, tmp_path):
    report = tmp_path / "out.json"
    done = anchored(launch, "--format", "json", "-o", report)
    assert (done.exit_code, done.out) == (0, "")
    assert json.loads(report.read_bytes())["verdict"] == "pass"
    text = tmp_path / "out.txt"
    assert anchored(launch, "-o", text).out == ""
    assert text.read_text("utf-8") == anchored(launch).out


def test_output_that_cannot_be_written(launch, tmp_path):
    (tmp_path / "file").write_text("x")
    done = anchored(launch, "-o", tmp_path / "file" / "report")
    assert done.exit_code == 1
    assert done.err.startswith("error ")


def test_the_verdict_stays_when_its_reader_is_gone(launch):
    launch.file("release", "README").write_text("other")
    assert anchored(launch, "-q").exit_code == 10
    assert anchored(launch, "-q").out == (
        f"FAIL     test-1  exit 10  file-modified release:README  {AS_OF}\n"
    )


def test_quiet_is_one_line_for_every_ending(launch, tmp_path):
    assert anchored(launch, "-q").out == f"PASS     test-1  exit 0  {AS_OF}\n"
    assert verify(launch, "-q").out == f"HOLD     test-1  exit 12  anchor-unpinned  {AS_OF}\n"
    kit = tmp_path / "launch.aztrust"
    assert run("-C", launch.path, "pack", kit).exit_code == 0
    done = run("-C", kit, "verify", "-q", "--anchor", launch.anchor)
    assert done.exit_code == 11
    assert "  exit 11  release-integrity: " in done.out
    assert done.out.count("\n") == 1
    done = anchored(launch, "-q", "--only", "genesis")
    assert done.exit_code == 11
    assert done.out == f"HOLD     test-1  exit 11  only the genesis was asked for  {AS_OF}\n"
    other = make_launch(tmp_path, name="other", approve=False)
    assert anchored(other, "-q").out.count("\n") == 1


def test_beyond_a_screen_the_verdict_is_the_last_line_too(launch):
    short = verify(launch, "--anchor", launch.anchor)
    lines = short.out.splitlines()
    assert len(lines) <= USUAL_HEIGHT
    assert lines[-1].startswith("next ")
    launch.file("release", "README").write_bytes(b"other")
    launch.file("genesis", "genesis.json").write_bytes(b"other")
    done = verify(launch, "--anchor", launch.anchor)
    lines = done.out.splitlines()
    assert len(lines) > USUAL_HEIGHT
    assert lines[0].startswith("FAIL ")
    assert lines[-1] == lines[0]
    assert lines.count(lines[0]) == 2
    assert verify(launch, "--anchor", launch.anchor, "-q").out.count("FAIL") == 1
