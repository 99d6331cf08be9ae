"""contrib/cosmovisor/pre-start.sh: cosmovisor runs only on a host that is READY."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.contrib import hosts
from tests.rehearsal import anchor

PRE_START = hosts.CONTRIB / "cosmovisor" / "pre-start.sh"
EXEC = hosts.CONTRIB / "cosmovisor" / "exec.sh"
FAKE = '#!/bin/sh\necho "cosmovisor of $DAEMON_NAME:" "$@"\nexit 7\n'
SHELLS = ("sh", "dash", "bash", "busybox")


@pytest.fixture
def host(tmp_path) -> hosts.StandIn:
    hosts.script(tmp_path / "bin" / "cosmovisor", FAKE)
    hosts.node_home(tmp_path / "home")
    stand_in = hosts.StandIn(tmp_path / "bin" / "aztrust")
    stand_in.answers(0)
    return stand_in


def start(
    folder: Path,
    *words: str,
    shell: str = "sh",
    kit: str = "launch.aztrust",
    script: Path = PRE_START,
    **more: str,
) -> subprocess.CompletedProcess[str]:
    environment = hosts.with_path(folder / "bin") | {
        "DAEMON_HOME": str(folder / "home"),
        "DAEMON_NAME": "atlasd",
        "AZTRUST_KIT": kit,
        **more,
    }
    program = (hosts.tool(shell), *(("sh",) if shell == "busybox" else ()))
    return subprocess.run(
        (*program, str(script), *(words or ("run", "start", "--moniker", "a b"))),
        env={name: value for name, value in environment.items() if value},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("shell", SHELLS)
def test_it_becomes_cosmovisor_on_ready(host, tmp_path, shell):
    done = start(tmp_path, shell=shell)
    assert done.returncode == 7, "the exit code is cosmovisor's"
    assert "cosmovisor of atlasd: run start --moniker a b\n" in done.stdout
    home = tmp_path / "home"
    binary = str(home / "cosmovisor" / "genesis" / "bin" / "atlasd")
    words = ["preflight", "--binary", binary, "--home", str(home), "--", "launch.aztrust"]
    assert host.asked == words


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("exit_code", [1, 2, 3, 10, 11, 12, 130])
def test_any_other_answer_is_its_own_and_nothing_runs(host, tmp_path, shell, exit_code):
    host.answers(exit_code)
    done = start(tmp_path, shell=shell)
    assert done.returncode == exit_code
    assert "cosmovisor" not in done.stdout


def test_the_binary_is_the_one_that_current_leads_to(host, tmp_path):
    folder = tmp_path / "home" / "cosmovisor"
    (folder / "upgrades").mkdir()
    shutil.copytree(folder / "genesis", folder / "upgrades" / "v2")
    (folder / "current").symlink_to("upgrades/v2")
    start(tmp_path)
    assert host.asked[2] == str(folder / "current" / "bin" / "atlasd")


def test_a_genesis_elsewhere_is_named(host, tmp_path):
    start(tmp_path, AZTRUST_GENESIS="/srv/a b/genesis.json")
    assert host.asked[-4:] == ["--genesis", "/srv/a b/genesis.json", "--", "launch.aztrust"]


def test_a_kit_with_the_name_of_an_option_is_a_kit(tmp_path):
    real_programs(tmp_path)
    for name in ("--help", "--version"):
        done = start(tmp_path, kit=name, _AZTRUST_COMPLETE="bash_source")
        assert done.returncode not in (0, 7), done.stdout
        assert "cosmovisor of" not in done.stdout


@pytest.mark.parametrize("name", ["DAEMON_HOME", "DAEMON_NAME", "AZTRUST_KIT"])
def test_a_missing_variable_is_named(host, tmp_path, name):
    done = start(tmp_path, **{"kit" if name == "AZTRUST_KIT" else name: ""})
    assert done.returncode == 2
    assert name in done.stderr
    assert host.asked == []


def test_without_aztrust_nothing_runs(tmp_path):
    hosts.script(tmp_path / "bin" / "cosmovisor", FAKE)
    done = start(tmp_path, PATH=f"{tmp_path / 'bin'}:/usr/bin:/bin")
    assert done.returncode == 127
    assert done.stdout == ""


def real_programs(folder: Path) -> None:
    """This repository's aztrust, which believes to be where the rehearsal's binary is for."""
    hosts.script(folder / "bin" / "cosmovisor", FAKE)
    real = hosts.install(folder / "real")
    text = f'#!/bin/sh\nword=$1\nshift\nexec {real} "$word" --platform {hosts.PLATFORM} "$@"\n'
    hosts.script(folder / "bin" / "aztrust", text)


def test_a_ready_host_starts_and_a_changed_binary_does_not(tmp_path):
    ready = hosts.ready_host(tmp_path / "forged")
    real_programs(tmp_path)
    told = {
        "kit": str(ready.kit),
        "DAEMON_HOME": str(ready.home),
        "AZTRUST_ANCHOR": ready.anchor,
        "AZTRUST_SCOPE": ready.scope,
    }
    assert start(tmp_path, **told | {"AZTRUST_SCOPE": ""}).returncode == 12, "an old kit"
    done = start(tmp_path, **told)
    assert done.returncode == 7, done.stdout + done.stderr
    assert done.stdout.startswith("READY")
    assert "cosmovisor of atlasd: run start" in done.stdout
    ready.binary.write_bytes(b"another")
    done = start(tmp_path, **told)
    assert done.returncode == 10
    assert "cosmovisor of" not in done.stdout


@pytest.mark.parametrize("platform", [hosts.PLATFORM, "linux/arm64"])
def test_a_rehearsal_host_shows_why_it_may_not_start(tmp_path, platform):
    kit = hosts.rehearsal_kit(tmp_path / "launch.aztrust")
    hosts.node_home(tmp_path / "home", platform=platform)
    real_programs(tmp_path)
    done = start(tmp_path, kit=str(kit), AZTRUST_ANCHOR=anchor())
    assert done.returncode == (11 if platform == hosts.PLATFORM else 10), done.stdout + done.stderr
    assert "cosmovisor of" not in done.stdout


@pytest.mark.parametrize("script", [PRE_START, EXEC], ids=["pre-start", "exec"])
def test_the_script_is_clean(script):
    done = subprocess.run(
        (hosts.tool("shellcheck"), str(script)), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


# ---- the start itself through aztrust ------------------------------------------------------------


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("words", [("run", "start", "a b"), ("start", "a b"), ("start", "run")])
def test_exec_starts_the_program_in_the_place_of_cosmovisor(host, tmp_path, shell, words):
    host.answers(7)
    done = start(tmp_path, *words, shell=shell, script=EXEC)
    assert done.returncode == 7
    home = tmp_path / "home"
    binary = str(home / "cosmovisor" / "genesis" / "bin" / "atlasd")
    named = ["exec", "--kit", "launch.aztrust", "--binary", binary, "--home", str(home)]
    arguments = list(words[1:] if words[0] == "run" else words)
    assert host.asked == [*named, "--", *arguments]


def test_exec_follows_current_and_passes_role_genesis_and_wait_on(host, tmp_path):
    folder = tmp_path / "home" / "cosmovisor"
    (folder / "current").symlink_to("genesis")
    more = {"AZTRUST_ROLE": "sentry", "AZTRUST_GENESIS": "/srv/a b/genesis.json"}
    start(tmp_path, script=EXEC, AZTRUST_WAIT="1", **more)
    assert host.asked[:4] == ["exec", "--wait", "--kit", "launch.aztrust"]
    assert host.asked[5] == str(folder / "current" / "bin" / "atlasd")
    named = ["--role", "sentry", "--genesis", "/srv/a b/genesis.json", "--"]
    assert host.asked[8:13] == named


@pytest.mark.parametrize("name", ["DAEMON_HOME", "DAEMON_NAME", "AZTRUST_KIT"])
def test_exec_names_a_missing_variable(host, tmp_path, name):
    done = start(tmp_path, script=EXEC, **{"kit" if name == "AZTRUST_KIT" else name: ""})
    assert done.returncode == 2
    assert name in done.stderr
    assert host.asked == []


def test_exec_by_the_real_program_starts_nothing_that_is_not_authorized(tmp_path):
    ready = hosts.ready_host(tmp_path / "forged")
    hosts.install(tmp_path / "bin")
    known = {"kit": str(ready.kit), "DAEMON_HOME": str(ready.home)}
    done = start(tmp_path, script=EXEC, AZTRUST_ANCHOR=ready.anchor, **known)
    assert done.returncode == 10, "the rehearsal's program is a script"
    assert "exec-script" in done.stderr
    assert done.stdout.startswith("DO NOT START THIS HOST")
