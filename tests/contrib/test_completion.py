"""contrib/completion: the lines it names, run in the real shells."""

from __future__ import annotations

import os
import pty
import re
import subprocess
from pathlib import Path

import pytest

from tests.contrib import hosts
from tests.patience import PATIENCE, readable

README = hosts.CONTRIB / "completion" / "README.md"
WORDS = [("veri", "verify"), ("pre", "preflight")]


@pytest.fixture
def home(tmp_path) -> Path:
    hosts.install(tmp_path / "bin")
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


def environment(home: Path) -> dict[str, str]:
    found = hosts.with_path(home.parent / "bin")
    config = {"HOME": str(home), "XDG_CONFIG_HOME": str(home / ".config"), "ZDOTDIR": str(home)}
    return found | config | {"TERM": "dumb"}


def install(shell: str, home: Path) -> None:
    """Run the README's line for a shell, in that shell."""
    blocks = re.findall(rf"```{shell}\n(.*?)\n```", README.read_text("utf-8"), re.DOTALL)
    assert len(blocks) == 1
    assert "\n" not in blocks[0], "one line for each shell"
    subprocess.run((hosts.tool(shell), "-c", blocks[0]), env=environment(home), check=True)


def out(home: Path, *words: str) -> list[str]:
    done = subprocess.run(
        words, env=environment(home), capture_output=True, text=True, check=False, timeout=PATIENCE
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize(("typed", "expected"), WORDS)
def test_bash_completes_a_command(home, typed, expected):
    hosts.needs(expected)
    bash = hosts.tool("bash")
    install("bash", home)
    complete = f"""
. ~/.bashrc
call=$(complete -p aztrust); call=${{call#*-F }}; call=${{call%% *}}
COMP_WORDS=(aztrust {typed}) COMP_CWORD=1; $call aztrust {typed} aztrust
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
    assert out(home, bash, "--norc", "-c", complete) == [expected]


@pytest.mark.parametrize(("typed", "expected"), WORDS)
def test_fish_completes_a_command(home, typed, expected):
    hosts.needs(expected)
    fish = hosts.tool("fish")
    install("fish", home)
    found = out(home, fish, "-c", f"complete -C 'aztrust {typed}'")
    assert [line.partition("\t")[0] for line in found] == [expected]


@pytest.mark.parametrize(("typed", "expected"), WORDS)
def test_zsh_completes_a_command(home, typed, expected):
    hosts.needs(expected)
    zsh = hosts.tool("zsh")
    (home / ".zshrc").write_text("autoload -Uz compinit && compinit -u\nPS1='ready> '\n", "utf-8")
    install("zsh", home)
    words = (zsh, "--no-globalrcs", "+m", "-i")
    shown = typed_at_prompt(words, home, f"aztrust {typed}", f"aztrust {expected}")
    assert f"aztrust {expected}" in shown


def typed_at_prompt(shell: tuple[str, ...], home: Path, text: str, until: str) -> str:
    """What a terminal shows after a text and the Tab key, where a shell's prompt is `ready> `."""
    terminal, inside = pty.openpty()
    child = subprocess.Popen(
        shell,
        cwd=home,
        env=environment(home),
        stdin=inside,
        stdout=inside,
        stderr=inside,
        start_new_session=True,
    )
    os.close(inside)
    try:
        wait_for(terminal, "ready> ")
        os.write(terminal, f"{text}\t".encode())
        return wait_for(terminal, until)
    finally:
        child.kill()
        child.wait()
        os.close(terminal)


def wait_for(terminal: int, text: str) -> str:
    """Everything that a terminal shows up to a text; fails where it does not come."""
    shown = ""
    while text not in shown:
        more = readable(terminal)
        assert more, f"zsh ended after {shown!r}"
        shown += more.decode("utf-8", "replace")
    return shown
