"""Draw docs/terminal.svg: what `aztrust verify` prints about the rehearsal, as a terminal shows it.

    python tools/terminal.py [--check]

The text is the program's own, as of a fixed time, so that the same tree draws the same picture.
With `--check` nothing is written; the exit code is 1 where the picture in the tree is another one.
"""

from __future__ import annotations

import sys
from html import escape
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

REPOSITORY: Final = Path(__file__).resolve().parents[1]
PICTURE: Final = REPOSITORY / "docs/terminal.svg"
AS_OF: Final = "2026-11-28T12:00:00Z"
COLUMNS: Final = 80
LINES: Final = 24
_LINE: Final = 19
_CHARACTER: Final = 8.43
_MARGIN: Final = 16
_COLOURS: Final = {"PASS": "#3fb950", "READY": "#3fb950", "FAIL": "#f85149", "HOLD": "#d29922"}


def output() -> list[str]:
    """The lines that the command prints, the command itself first."""
    from click.testing import CliRunner

    from aztrust.cli.main import main

    anchor = _anchor()
    words = ["-C", str(REPOSITORY), "verify", "--anchor", anchor, "--at", AS_OF]
    printed = CliRunner().invoke(main, words).stdout.rstrip("\n").split("\n")
    digits = anchor.removeprefix("sha256:")
    shown = f"$ aztrust verify --anchor {digits[:8]}...{digits[-8:]} --at {AS_OF}"
    return [shown, *printed][:LINES]


def picture(lines: list[str]) -> str:
    """The SVG of these lines: text that can be selected, and is readable without any font."""
    width = round(COLUMNS * _CHARACTER + 2 * _MARGIN)
    height = len(lines) * _LINE + 2 * _MARGIN
    rows = "\n".join(_row(number, line) for number, line in enumerate(lines))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"'
        f' viewBox="0 0 {width} {height}" role="img" aria-label="aztrust verify at a terminal">\n'
        f'<rect width="{width}" height="{height}" rx="8" fill="#0d1117"/>\n'
        '<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace"'
        ' font-size="14" fill="#e6edf3" xml:space="preserve">\n'
        f"{rows}\n</g>\n</svg>\n"
    )


def _row(number: int, line: str) -> str:
    y = _MARGIN + number * _LINE + 14
    word = line.partition(" ")[0]
    text = escape(line, quote=False)
    if word in _COLOURS:
        text = (
            f'<tspan fill="{_COLOURS[word]}" font-weight="bold">{word}</tspan>{text[len(word) :]}'
        )
    length = round(len(line) * _CHARACTER, 2)
    fitted = f' textLength="{length}" lengthAdjust="spacingAndGlyphs"' if line.strip() else ""
    return f'<text x="{_MARGIN}" y="{y}"{fitted}>{text}</text>'


def _anchor() -> str:
    makefile = (REPOSITORY / "Makefile").read_text("utf-8")
    return next(
        line.partition("=")[2].strip(" :")
        for line in makefile.splitlines()
        if line.replace(" ", "").startswith(("ANCHOR=", "ANCHOR:="))
    )


def main(arguments: list[str]) -> int:
    """Draw or check; returns the exit code."""
    drawn = picture(output())
    if arguments == ["--check"]:
        return 0 if PICTURE.read_text("utf-8") == drawn else 1
    PICTURE.write_text(drawn, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
