"""contrib/systemd: the drop-in is valid, asks what it should, and does not loop for ever."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from tests.command import run
from tests.contrib import hosts
from tests.rehearsal import anchor

EXEC = hosts.CONTRIB / "systemd" / "aztrust-exec.conf"
DROP_IN = hosts.CONTRIB / "systemd" / "atlasd.service.d" / "aztrust.conf"
UNIT = """\
[Unit]
Description=a node
[Service]
ExecStart=/bin/true
[Install]
WantedBy=multi-user.target
"""


def settings(text: str) -> dict[str, str]:
    """`Section.Name` -> value; every name occurs once, and each variable is a name of its own."""
    found: dict[str, str] = {}
    section = ""
    for line in text.splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif line and not line.startswith("#"):
            name, _, value = line.partition("=")
            if name == "Environment":
                variable, _, value = value.partition("=")
                name = f"{name}.{variable}"
            assert f"{section}.{name}" not in found, name
            found[f"{section}.{name}"] = value
    return found


def seconds(span: str) -> int:
    """A systemd time span of one unit."""
    match = re.fullmatch(r"(\d+)(s|min|h)", span)
    assert match, span
    return int(match[1]) * {"s": 1, "min": 60, "h": 3600}[match[2]]


def run_pre(text: str, replaced: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run ExecStartPre= with its Environment=, after replacing whole words."""
    found = settings(text)
    prefix = "Service.Environment."
    variables = {
        name.removeprefix(prefix): replaced.get(name.removeprefix(prefix), value)
        for name, value in found.items()
        if name.startswith(prefix)
    }
    words = [replaced.get(word, word) for word in shlex.split(found["Service.ExecStartPre"])]
    assert not set(replaced) - set(variables) & set(words), "every path was replaced"
    environment = {**os.environ, **variables}
    return subprocess.run(words, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("drop_in", [DROP_IN, EXEC], ids=["preflight", "exec"])
def test_systemd_accepts_it(tmp_path, drop_in):
    analyze = hosts.tool("systemd-analyze")
    (tmp_path / "atlasd.service").write_text(UNIT, "utf-8")
    text = drop_in.read_text("utf-8").replace("/usr/local/bin/aztrust", "/bin/true")
    folder = tmp_path / "atlasd.service.d"
    folder.mkdir()
    (folder / "aztrust.conf").write_text(text, "utf-8")
    done = verify(analyze, tmp_path)
    assert done.returncode == 0, done.stderr
    assert "aztrust.conf" not in done.stderr + done.stdout
    (folder / "aztrust.conf").write_text(text + "ProtectSytem=strict\n", "utf-8")
    assert "aztrust.conf" in verify(analyze, tmp_path).stderr, "the drop-in is not read at all"


def verify(analyze: str, folder: Path) -> subprocess.CompletedProcess[str]:
    words = (analyze, "verify", "--man=no", "--generators=no", str(folder / "atlasd.service"))
    environment = {**os.environ, "SYSTEMD_UNIT_PATH": f"{folder}:"}
    return subprocess.run(words, env=environment, capture_output=True, text=True, check=False)


def test_a_refused_host_is_tried_a_few_times_and_no_more():
    found = settings(DROP_IN.read_text("utf-8"))
    tries = int(found["Unit.StartLimitBurst"])
    needed = tries * seconds(found["Service.RestartSec"])
    assert found["Service.Restart"] == "on-failure"
    assert needed < seconds(found["Unit.StartLimitIntervalSec"]), "the limit is never reached"
    # It would be read as a promise that systemd does not keep for ExecStartPre=.
    assert "Service.RestartPreventExitStatus" not in found


def test_a_failing_preflight_keeps_the_node_down():
    command = settings(DROP_IN.read_text("utf-8"))["Service.ExecStartPre"]
    assert command.startswith("/"), "no prefix: `-` would ignore the answer, `+` would run as root"
    assert shlex.split(command)[1] == "preflight"


def test_the_node_can_write_its_home_and_nothing_else_that_was_checked():
    found = settings(DROP_IN.read_text("utf-8"))
    assert found["Service.ProtectSystem"] == "strict"
    assert found["Service.ProtectHome"] == "read-only"
    words = shlex.split(found["Service.ExecStartPre"])
    home = words[words.index("--home") + 1]
    assert found["Service.ReadWritePaths"] == home
    for path in (words[0], words[2], words[words.index("--binary") + 1]):
        assert not path.startswith(home)


PATHS = ("/usr/local/bin/aztrust", "/etc/atlas/launch.aztrust", "/usr/local/bin/atlasd")


def answer(
    folder: Path, kit: Path, home: Path, pinned: str = "", scope: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run the shipped command, its paths and anchor replaced as an operator does."""
    program = hosts.install(folder / "bin")
    binary = home / "cosmovisor" / "genesis" / "bin" / "atlasd"
    replaced = dict(zip(PATHS, map(str, (program, kit, binary)), strict=True))
    replaced["/home/atlas/.atlasd"] = str(home)
    if pinned:
        replaced["AZTRUST_ANCHOR"] = pinned
    if scope:
        replaced["AZTRUST_SCOPE"] = scope
    pre = f" --platform {hosts.PLATFORM}"  # a laptop that runs this test has another
    text = re.sub(r"(?m)^(ExecStartPre=.*)$", rf"\1{pre}", DROP_IN.read_text("utf-8"))
    return run_pre(text, replaced)


def test_the_command_lets_a_ready_host_start_and_a_changed_one_not(tmp_path):
    ready = hosts.ready_host(tmp_path / "forged")
    done = answer(tmp_path, ready.kit, ready.home, ready.anchor, ready.scope)
    assert done.returncode == 0, done.stdout + done.stderr
    assert answer(tmp_path, ready.kit, ready.home).returncode == 10, "the shipped anchor refuses"
    unheard = answer(tmp_path, ready.kit, ready.home, ready.anchor)
    assert unheard.returncode == 10, "the shipped scope refuses"
    assert "scope-mismatch" in unheard.stdout
    ready.binary.write_bytes(b"another")
    changed = answer(tmp_path, ready.kit, ready.home, ready.anchor, ready.scope)
    assert changed.returncode == 10
    assert "binary-unknown" in changed.stdout


def scope_of(kit: Path) -> str:
    """The scope of what is sealed in a kit."""
    return str(run("preflight", kit, "--format", "json").document["scope_hash"])


def test_the_command_keeps_a_host_down_before_the_freeze(tmp_path):
    kit = hosts.rehearsal_kit(tmp_path / "launch.aztrust")
    home = hosts.node_home(tmp_path / "home")
    done = answer(tmp_path, kit, home, anchor(), scope_of(kit))
    assert done.returncode == 11, done.stdout + done.stderr


def test_the_command_is_passed_on_as_written(tmp_path):
    stand_in = hosts.StandIn(tmp_path / "bin" / "aztrust")
    stand_in.answers(0)
    replaced = {"/usr/local/bin/aztrust": str(stand_in.program)}
    assert run_pre(DROP_IN.read_text("utf-8"), replaced).returncode == 0
    home = ["--home", "/home/atlas/.atlasd"]
    assert stand_in.asked == ["preflight", PATHS[1], "--binary", PATHS[2], *home]


# ---- the start itself through aztrust ------------------------------------------------------------


def commands() -> list[str]:
    """The values of ExecStart=, in their order."""
    lines = EXEC.read_text("utf-8").splitlines()
    return [line.partition("=")[2] for line in lines if line.startswith("ExecStart=")]


def test_the_unit_s_own_command_is_replaced_by_exec():
    first, command = commands()
    assert first == "", "without it the unit has two commands"
    words = shlex.split(command)
    assert words[:3] == ["/usr/local/bin/aztrust", "exec", "--wait"]
    assert command.startswith("/"), "a prefix would run it as root, or ignore its end"
    found = settings(EXEC.read_text("utf-8").replace("ExecStart=\n", ""))
    assert found["Service.RestartPreventExitStatus"] == "10"
    assert "11" not in found["Service.RestartPreventExitStatus"], "too early is tried again"
    assert found["Service.Type"] == "exec", "a wait does not count as a long start"
    home = words[words.index("--home") + 1]
    assert found["Service.ReadWritePaths"] == home
    for option in ("--kit", "--binary"):
        assert not words[words.index(option) + 1].startswith(home)


def test_the_command_is_one_that_this_aztrust_takes(tmp_path):
    ready = hosts.ready_host(tmp_path / "forged")
    program = hosts.install(tmp_path / "bin")
    replaced = {
        PATHS[0]: str(program),
        PATHS[1]: str(ready.kit),
        PATHS[2]: str(ready.binary),
        "/home/atlas/.atlasd": str(ready.home),
        "https://launch.example/atlas.aztrust": str(ready.kit),
    }
    words = [replaced.get(word, word) for word in shlex.split(commands()[1])]
    environment = {**os.environ, "AZTRUST_ANCHOR": ready.anchor, "AZTRUST_SCOPE": ready.scope}
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 10, "the rehearsal's program is a script"
    assert "exec-script" in done.stderr
