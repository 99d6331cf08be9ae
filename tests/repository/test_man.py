"""The manual pages: current, and what roff shows of them."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from aztrust.cli.commands import COMMANDS
from tools import man


def shown(text: str) -> str:
    """A page as roff prints it; it prints no warning."""
    groff = shutil.which("groff")
    if groff is None:
        pytest.skip("groff is not on this machine")
    words = (groff, "-man", "-ww", "-Tascii", "-P-cbou", "-rHY=0", "-rLL=200n")
    done = subprocess.run(words, input=text, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return done.stdout


def test_the_pages_are_those_of_the_commands():
    assert {path: path.read_text("utf-8") for path in man.PAGES.iterdir()} == man.pages()


def test_each_command_has_a_page_and_the_program_lists_them():
    pages = {path.name: text for path, text in man.pages().items()}
    assert set(pages) == {"aztrust.1", *(f"aztrust-{name}.1" for name in COMMANDS)}
    listed = shown(pages["aztrust.1"]).split("SEE ALSO")[0]
    assert [name for name in COMMANDS if f"aztrust-{name}(1)" not in listed] == []


@pytest.mark.parametrize(
    "text",
    [".so /etc/passwd", "'br", r"a \fB b \n[.x] c", 'a-b `c` "d" ^~'],
    ids=["request", "quote", "escapes", "marks"],
)
def test_text_is_shown_as_it_is(text):
    assert text in shown(f".TH X 1\n.SH NAME\n.nf\n{man.escaped(text)}\n.fi\n")


def test_options_examples_and_subcommands_are_shown():
    text = shown(man.pages()[man.PAGES / "aztrust-verify.1"])
    for part in ("--anchor HEX", "--json", "aztrust verify --require sealed", "aztrust-show(1)"):
        assert part in text
    text = shown(man.pages()[man.PAGES / "aztrust-ledger.1"])
    for part in ("aztrust ledger prove", "--since HEADFILE", "The options of every command"):
        assert part in text
    assert text.count("--color") == 1, "in that sentence alone"
