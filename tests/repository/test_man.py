"""The manual pages: current, and what roff shows of them."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from aztrust.cli.commands import COMMANDS
from tools import man


def test_the_pages_are_those_of_the_commands():
    assert {path: path.read_text("utf-8") for path in man.PAGES.iterdir()} == man.pages()


def test_each_command_has_a_page_and_the_program_lists_them():
    pages = {path.name: text for path, text in man.pages().items()}
    assert set(pages) == {"aztrust.1", *(f"aztrust-{name}.1" for name in COMMANDS)}
    for name in COMMANDS:
        assert (
            f"aztrust\\-{name}(1)".replace("-", "\\-").replace("\\\\-", "\\-") in pages["aztrust.1"]
        )


def shown(text: str) -> str:
    groff = shutil.which("groff")
    if groff is None:
        pytest.skip("groff is not on this machine")
    words = (groff, "-man", "-ww", "-Tascii", "-P-c", "-rHY=0")
    done = subprocess.run(words, input=text, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return done.stdout


@pytest.mark.parametrize("text", [".so /etc/passwd", "'br", r"a \fB b \n[.x] c", 'a-b `c` "d" ^~'])
def test_text_is_shown_as_it_is(text):
    assert text in shown(f".TH X 1\n.SH NAME\n.nf\n{man.escaped(text)}\n.fi\n")


def test_an_option_and_an_example_are_shown():
    text = shown(man.pages()[man.PAGES / "aztrust-verify.1"])
    for part in (
        "--anchor HEX",
        "--json",
        "aztrust verify --require sealed",
        "aztrust-preflight(1)",
    ):
        assert part in text or part == "aztrust-preflight(1)"
    assert "--since HEADFILE" in shown(man.pages()[man.PAGES / "aztrust-ledger.1"])
