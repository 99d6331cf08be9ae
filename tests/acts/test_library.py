"""The library: the command line's answers, arguments parsed at the door, and nothing written."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import aztrust
from tests.cli_launch import Template, ticking_clock
from tests.command import run
from tests.gates import record_id, scope_of
from tests.people import fingerprint
from tests.shared import REPOSITORY

PAGE = (REPOSITORY / "docs/library.md").read_text("utf-8")


@pytest.fixture(scope="module")
def frozen(tmp_path_factory):
    return Template.make(tmp_path_factory.mktemp("frozen"), answered=False)


@pytest.fixture
def desk(frozen, tmp_path, monkeypatch):
    clock = ticking_clock(monkeypatch)
    return frozen.copy(tmp_path, clock)


@pytest.fixture
def now(desk, frozen, monkeypatch):
    monkeypatch.setattr("aztrust.acts.library.current_unix_ms", lambda: frozen.now)
    return frozen.now


def verdict_of(desk) -> Path:
    (path,) = (desk.launch.path / "manifests/verdicts").glob("*.sigstore.json")
    return path


def written(folder: Path) -> dict[str, bytes]:
    return {str(p): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def home() -> Path:
    return Path.home()


def test_a_frozen_launch_passes_under_its_anchor_and_nothing_is_written(desk, now):
    before = {**written(desk.launch.path), **written(home())}
    anchor = desk.anchor.removeprefix("sha256:").upper()
    result = aztrust.verify(desk.launch.path, anchor=anchor, ledger=desk.ledger)
    assert (result.passed, result.exit_code, result.findings) == (True, 0, ())
    assert {**written(desk.launch.path), **written(home())} == before
    assert result.verdict.anchor_source == "given"
    kept = aztrust.verify(str(desk.launch.path), anchor=anchor, ledger=desk.ledger, keep_head=True)
    assert kept.passed
    assert {**written(desk.launch.path), **written(home())} != before


def test_the_report_is_that_of_the_command(desk, now):
    done = desk.run("verify", "--format", "json", "--at", str(now // 1000))
    result = aztrust.verify(
        desk.launch.path, anchor=desk.anchor, ledger=desk.ledger, at_unix_ms=now // 1000 * 1000
    )
    assert result.to_json() == done.out


def test_without_an_anchor_it_is_not_a_pass(desk, now):
    result = aztrust.verify(desk.launch.path, ledger=desk.ledger)
    assert (result.passed, result.exit_code) == (False, 12)
    assert "anchor-unpinned" in {n.code for n in result.notices}


def test_another_anchor_is_a_finding(desk, now):
    result = aztrust.verify(desk.launch.path, anchor="0" * 64, ledger=desk.ledger)
    assert (result.exit_code, [f.code for f in result.findings]) == (10, ["anchor-mismatch"])


@pytest.mark.parametrize("name", ["genesis.json", "app.toml"])
def test_changed_bytes_are_findings_with_a_subject(desk, now, name):
    (desk.launch.path / "packages/genesis" / name).write_bytes(b"{}")
    result = aztrust.verify(desk.launch.path, anchor=desk.anchor, ledger=desk.ledger)
    assert result.exit_code == 10
    assert any(f.subject.endswith(name) and f.message for f in result.findings)


WRONG = {
    "anchor": ["", "0" * 63, 7, b"0" * 64],
    "scope": ["scope", 7],
    "at_unix_ms": [1_780_315_200, 1_780_315_200_000_000, -1, "now", 1.5, True],
    "require": ["FROZEN", "done", 3],
    "only": ["packages", 1],
    "ledger": ["", 7],
    "jobs": [0, "2", True],
    "keep_head": [1, None],
    "launch": [7, None, "", b"x", "a\0b"],
}


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in WRONG.items() for value in values]
)
def test_a_mistyped_argument_of_verify_is_a_usage_error(desk, name, value):
    given = {"launch": desk.launch.path, "anchor": desk.anchor, name: value}
    with pytest.raises(aztrust.UsageError) as caught:
        aztrust.verify(**given)
    assert caught.value.exit_code == 2
    if name not in ("anchor", "scope"):
        assert caught.value.subject == name


@pytest.mark.parametrize(
    "given",
    [
        {"kits": 7},
        {"kits": []},
        {"kits": [None]},
        {"binaries": 7},
        {"binaries": [b"x"]},
        {"geneses": [""]},
        {"roles": [None]},
        {"platform": "linux"},
        {"platform": 7},
        {"anchor": "abc"},
        {"at_unix_ms": 1_780_315_200},
    ],
    ids=str,
)
def test_a_mistyped_argument_of_preflight_is_a_usage_error(desk, given):
    with pytest.raises(aztrust.UsageError):
        aztrust.preflight(**{"kits": desk.launch.path, **given})


@pytest.mark.parametrize(
    "given",
    [
        {"verdicts": 7},
        {"checkpoint_class": "frozen"},
        {"checkpoint_class": None},
        {"max_age": 900},
        {"max_age": "15"},
        {"max_head_age": None},
        {"offline": "yes"},
        {"launch": None},
        {"signer": "0" * 64},
        {"launch": None, "signer": "0" * 63},
        {"launch": None, "signer": "0" * 64, "ledger": "x"},
        {"at_unix_ms": 1_780_315_200},
    ],
    ids=str,
)
def test_a_mistyped_argument_of_gate_is_a_usage_error(desk, given):
    usual = {"checkpoint_class": "freeze_confirmed", "launch": desk.launch.path}
    with pytest.raises(aztrust.UsageError):
        aztrust.gate(**{"verdicts": verdict_of(desk), **usual, **given})


@pytest.mark.parametrize("given", ["", "anchor", "scope", "anchor scope"])
@pytest.mark.parametrize("offline", [True, False])
def test_the_gate_of_one_key_reports_what_the_command_does(
    desk, now, tmp_path, monkeypatch, given, offline
):
    monkeypatch.chdir(tmp_path)
    values = {"anchor": desk.anchor, "scope": scope_of(desk.launch)}
    asked = {name: values[name] for name in given.split()}
    words = [word for name, value in asked.items() for word in (f"--{name}", value)]
    words += ["--offline"] if offline else []
    seconds = now // 1000
    words += ["--at", str(seconds), "--format", "json", "--signer", fingerprint("luca")]
    done = run("gate", verdict_of(desk), "--class", "freeze_confirmed", *words)
    result = aztrust.gate(
        verdict_of(desk),
        checkpoint_class="freeze_confirmed",
        signer=fingerprint("luca"),
        at_unix_ms=seconds * 1000,
        offline=offline,
        **asked,
    )
    assert (result.exit_code, result.to_json()) == (done.exit_code, done.out)
    assert result.exit_code == (11 if not offline else 0 if given else 12)


def test_an_anchor_is_parsed_as_people_pass_it_on():
    digits = "8f3a91c2" * 8
    spelled = " ".join(digits.upper()[at : at + 4] for at in range(0, 64, 4))
    assert aztrust.parse_anchor(spelled) == f"sha256:{digits}"
    for wrong in ("", digits[1:], digits + "0", None, 7):
        with pytest.raises(aztrust.UsageError):
            aztrust.parse_anchor(wrong)


def test_preflight_answers_about_this_host(desk, now, tmp_path):
    genesis = desk.launch.file("genesis", "genesis.json")
    binary = desk.launch.file("release", "bin/atlasd")
    given = {"binaries": binary, "geneses": [genesis], "platform": "linux/amd64"}
    asked = {"anchor": desk.anchor, "ledger": desk.ledger, **given}
    result = aztrust.preflight(desk.launch.path, **asked)
    assert result.command == "preflight"
    (tmp_path / "other").write_bytes(b"other")
    other = aztrust.preflight([desk.launch.path], **{**asked, "binaries": [tmp_path / "other"]})
    assert (other.exit_code, "binary-unknown" in {f.code for f in other.findings}) == (10, True)
    assert "binary-unknown" not in {f.code for f in result.findings}


def test_the_gate_of_the_page_passes_and_stops(desk, now, monkeypatch, capsys):
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert len(code.splitlines()) <= 25
    names: dict = {"__name__": "page"}
    exec(compile(code, "docs/library.md", "exec"), names)
    monkeypatch.setenv("AZTRUST_LEDGER", str(desk.ledger))
    words = (str(desk.launch.path), str(verdict_of(desk)))
    assert names["main"](*words, desk.anchor) == 0
    assert names["main"](*words, "0" * 64) == 10
    assert "anchor-mismatch" in capsys.readouterr().err
    assert names["main"](*words, "0" * 63) == 2
    assert names["main"](words[0], "absent.sigstore.json", desk.anchor) == 1
    target = record_id(verdict_of(desk))
    assert desk.run("revoke", target, "--reason", "wrong", "--yes", by="luca").exit_code == 0
    assert names["main"](*words, desk.anchor) == 10


@pytest.mark.parametrize("function", [aztrust.verify, aztrust.preflight, aztrust.gate])
def test_every_error_that_a_docstring_names_is_in_the_interface(function):
    text = (
        function.__doc__.partition("Raises:")[2] or aztrust.verify.__doc__.partition("Raises:")[2]
    )
    named = set(re.findall(r"\b(?:UsageError|NothingToVerify|Malformed|CouldNotCheck)\b", text))
    assert named
    for name in named:
        assert name in aztrust.__all__
        assert issubclass(getattr(aztrust, name), aztrust.AztrustError)
