"""`aztrust completion`: its scripts in the real shells, and what the Tab key does not read."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from aztrust.cli.completion import SHELLS
from tests.command import PROGRAM, environment, run
from tests.contrib import hosts
from tests.contrib.test_completion import typed_at_prompt
from tests.disk_launch import make_launch
from tests.patience import PATIENCE

RECORDER = """
import os, sys

NOTES = os.open(os.environ["NOTES"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
KINDS = ("open", "os.", "subprocess.", "socket.", "pathlib.", "glob.", "shutil.")

def note(event, arguments):
    if event.startswith(KINDS):
        os.write(NOTES, f"{event} {arguments!r}\\n".encode("utf-8", "replace"))

sys.addaudithook(note)
"""


@pytest.fixture
def home(tmp_path) -> Path:
    hosts.install(tmp_path / "bin")
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


def in_shell(home: Path, *words: str) -> list[str]:
    """What a shell prints that has aztrust on its path, in a folder with two files."""
    for name in ("kit-one.aztrust", "kit-two.aztrust"):
        (home / name).touch()
    done = subprocess.run(
        words,
        cwd=home,
        env={**hosts.with_path(home.parent / "bin"), "HOME": str(home), "TERM": "dumb"},
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


TYPED = [
    (("ver",), {"verify", "version"}),
    (("verify", "--anc"), {"--anchor"}),
    (("verify", "--require", "a"), {"approved"}),
    (("ledger", "li"), {"list"}),
    (("explain", "drift-"), {"drift-after-freeze"}),
    (("--launch", ".", "pref"), {"preflight"}),
]


@pytest.mark.parametrize(("typed", "expected"), TYPED)
def test_bash_completes_commands_options_and_values(home, typed, expected):
    text = f"""
eval "$(aztrust completion bash)"
COMP_WORDS=(aztrust {" ".join(typed)}) COMP_CWORD={len(typed)}
_aztrust_completion aztrust
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
    assert set(in_shell(home, hosts.tool("bash"), "--norc", "-c", text)) == expected


@pytest.mark.parametrize(
    ("typed", "expected"),
    [("preflight kit-o", "ne.aztrust"), ("pack --ledger kit-t", "wo.aztrust")],
)
def test_bash_completes_a_file_at_its_prompt(home, typed, expected):
    # How a file completes is readline's, which works at a terminal alone.
    bash = hosts.tool("bash")
    in_shell(home, "true")
    (home / ".bashrc").write_text("PS1='ready> '\neval \"$(aztrust completion bash)\"\n", "utf-8")
    words = (bash, "--noprofile", "--rcfile", str(home / ".bashrc"), "-i")
    assert expected in typed_at_prompt(words, home, f"aztrust {typed}", expected)


FILES = [(("preflight", "kit-o"), {"kit-one.aztrust"}), (("show", "kit-t"), {"kit-two.aztrust"})]


@pytest.mark.parametrize(("typed", "expected"), [*TYPED, *FILES])
def test_fish_completes_commands_options_values_and_files(home, typed, expected):
    text = f"aztrust completion fish | source; complete -C 'aztrust {' '.join(typed)}'"
    found = in_shell(home, hosts.tool("fish"), "--no-config", "-c", text)
    assert {line.partition("\t")[0] for line in found} == expected


def test_zsh_reads_the_script(home):
    script = run("completion", "zsh").out
    (home / "_aztrust").write_text(script, "utf-8")
    assert in_shell(home, hosts.tool("zsh"), "-f", "-n", "_aztrust") == []
    text = "autoload -Uz compinit; compinit -u -D; source ./_aztrust; print $_comps[aztrust]"
    assert in_shell(home, hosts.tool("zsh"), "-f", "-c", text) == ["_aztrust_completion"]


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_is_the_bytes_and_starts_no_program(shell, monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("a program was started")

    monkeypatch.setattr(subprocess, "run", refuse)
    monkeypatch.setattr(subprocess, "Popen", refuse)
    done = run("completion", shell)
    assert done.exit_code == 0
    assert f"_AZTRUST_COMPLETE={shell}_complete" in done.out
    assert "\\t" not in done.out.replace('"\\t"', "").replace("'\\t'", "") or shell == "fish"
    assert run("completion", shell, "--json").document["script"] == done.out


@pytest.mark.parametrize("words", [["ksh"], [""], [], ["bash", "zsh"]])
def test_another_shell_is_a_usage_error(words):
    done = run("completion", *words)
    assert (done.exit_code, done.out) == (2, "")


@pytest.mark.parametrize(
    "typed",
    ["ver", "verify --an", "preflight ki", "show ", "-C ", "diff - ", "explain dr", "gate - -"],
)
def test_the_tab_key_reads_no_launch_and_no_configuration_and_starts_nothing(tmp_path, typed):
    launch = make_launch(tmp_path)
    config = tmp_path / "config" / "aztrust"
    config.mkdir(parents=True)
    (config / "ledger.toml").write_text("not toml")
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(RECORDER)
    base = environment()
    done = subprocess.run(
        PROGRAM,
        cwd=launch.path,
        env={
            **base,
            "PYTHONPATH": os.pathsep.join((str(tmp_path / "site"), base["PYTHONPATH"])),
            "NOTES": str(tmp_path / "notes"),
            "XDG_CONFIG_HOME": str(tmp_path / "config"),
            "AZTRUST_LAUNCH": str(launch.path),
            "AZTRUST_ANCHOR": "not a digest",
            "COMP_WORDS": "\n".join(["aztrust", *typed.split(" ")]),
            "COMP_CWORD": str(len(typed.split(" "))),
            "_AZTRUST_COMPLETE": "bash_complete",
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    notes = (tmp_path / "notes").read_text("utf-8").splitlines()
    assert any("click" in line for line in notes), "the recorder did not run"
    assert [n for n in notes if str(launch.path) in n or str(tmp_path / "config") in n] == []
    assert [n for n in notes if n.startswith(("subprocess.", "socket.", "os.exec"))] == []
    # Standard input is the shell's: nothing is read from it and kept.
    assert [n for n in notes if n.startswith("os.mkdir") and "/aztrust-" in n] == []


def test_what_completes_a_command_does_not_load_what_runs_it():
    code = """
import os, sys
os.environ.update(
    COMP_WORDS="aztrust verify --an", COMP_CWORD="2", _AZTRUST_COMPLETE="bash_complete"
)
from aztrust.cli.main import main
try:
    main([], prog_name="aztrust", standalone_mode=False)
except SystemExit:
    pass
print(*(name for name in sys.modules if name.startswith("aztrust.")))
"""
    done = subprocess.run(
        (sys.executable, "-c", code), env=environment(), capture_output=True, text=True, check=True
    )
    found, loaded = done.stdout.splitlines()
    assert found == "plain,--anchor"
    assert "aztrust.cli.verify" in loaded.split()
    # Reading, judging and signing are loaded by a command that runs.
    rooms = ("aztrust.acts", "aztrust.storage", "aztrust.core.checks", "aztrust.signers")
    assert [name for name in loaded.split() if name.startswith(rooms)] == []
