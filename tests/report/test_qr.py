"""QR codes: the text of a terminal and the PNG show the same modules, which say the line."""

from __future__ import annotations

import struct
import zlib

import pytest
import segno

from aztrust.core.base.errors import CouldNotCheck
from aztrust.core.records.line.code import ALPHABET
from aztrust.report.lines import WIDTH
from aztrust.report.qr import BORDER, PIXELS, qr_lines, qr_png

LINE = "AZ1" + (ALPHABET * 5)[:153]


def modules() -> list[list[bool]]:
    """Which modules are dark, by the library, without a border."""
    return [[bool(m) for m in row] for row in segno.make_qr(LINE, error="m").matrix]


def framed(rows: list[list[bool]]) -> list[list[bool]]:
    side = [False] * BORDER
    empty = [[False] * (len(rows) + 2 * BORDER)] * BORDER
    return [*empty, *([*side, *row, *side] for row in rows), *empty]


def test_the_lines_fit_a_terminal_and_have_every_module():
    lines = qr_lines(LINE)
    assert {len(line) for line in lines} == {53}
    assert WIDTH >= 53
    light = {"█": (1, 1), "▀": (1, 0), "▄": (0, 1), " ": (0, 0)}
    shown = [[not light[sign][half] for sign in line] for line in lines for half in (0, 1)]
    assert shown[:-1] == framed(modules())


def test_the_code_uses_the_alphanumeric_mode():
    code = segno.make_qr(LINE, error="m", boost_error=False)
    assert (code.mode, code.designator) == ("alphanumeric", "7-M")
    assert len(qr_lines(LINE.lower())) > len(qr_lines(LINE))


def test_the_png_has_the_same_modules():
    data = qr_png(LINE)
    assert data == qr_png(LINE)
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    place, chunks = 8, {}
    while place < len(data):
        (size,) = struct.unpack(">I", data[place : place + 4])
        chunks[data[place + 4 : place + 8]] = data[place + 8 : place + 8 + size]
        place += size + 12
    width, height, depth, colours = struct.unpack(">IIBB", chunks[b"IHDR"][:10])
    assert (width, height, depth, colours) == (53 * PIXELS, 53 * PIXELS, 1, 0)
    raw = zlib.decompress(chunks[b"IDAT"])
    row_size = 1 + width // 8
    shown = []
    for row in range(0, height, PIXELS):
        bits = raw[row * row_size + 1 : (row + 1) * row_size]
        # One module is one byte wide: eight equal pixels, white where the bits are set.
        assert set(bits) <= {0, 255}
        shown.append([byte == 0 for byte in bits])
    assert shown == framed(modules())


def test_without_the_library_the_message_names_it(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "segno", None)
    with pytest.raises(CouldNotCheck, match="segno is not installed") as missing:
        qr_lines(LINE)
    assert "pip install 'segno>=1.6'" in missing.value.mend


def test_the_one_file_executable_takes_no_package(monkeypatch):
    modules = __import__("sys")
    monkeypatch.setitem(modules.modules, "segno", None)
    monkeypatch.setattr(modules, "frozen", True, raising=False)
    with pytest.raises(CouldNotCheck) as missing:
        qr_lines(LINE)
    assert "install the wheel (docs/install.md)" in missing.value.mend
    assert "pip" not in missing.value.mend
