"""The generated part of docs/window.md is what the transition table says."""

from __future__ import annotations

import pytest

from aztrust.core.state.window.row import PHASES
from aztrust.core.state.window.table import TABLE
from tools import window


def test_another_table_makes_another_page():
    text = window.DOCUMENT.read_text("utf-8")
    for place in range(len(TABLE)):
        assert window.document(text, (*TABLE[:place], *TABLE[place + 1 :])) != text


def test_what_is_written_by_hand_stays():
    text = f"before\n{window.BEGIN}old\n{window.END}after\n"
    made = window.document(text, TABLE)
    assert made.startswith("before\n")
    assert made.endswith("after\n")
    assert "\nold" not in made


@pytest.mark.parametrize("mark", [window.BEGIN, window.END])
def test_a_page_without_a_mark_is_refused(mark):
    text = f"{window.BEGIN}{window.END}"
    with pytest.raises(ValueError, match="each once"):
        window.document(text.replace(mark, ""), TABLE)
    with pytest.raises(ValueError, match="each once"):
        window.document(text + mark, TABLE)


@pytest.mark.clause("AZ-4.1", "AZ-9.3")
def test_every_step_phase_and_condition_is_on_the_page():
    text = window.DOCUMENT.read_text("utf-8")
    for row in TABLE:
        assert f"| `{row.id}` | {row.says} |" in text
        for need in row.needs:
            assert f"| `{need.id}` | {need.need} |" in text
    for number, name in enumerate(PHASES):
        assert f"| {number} | `{name}` |" in text


def test_a_stale_page_is_reported(monkeypatch, tmp_path, capsys):
    page = tmp_path / "window.md"
    page.write_text(f"{window.BEGIN}{window.END}")
    monkeypatch.setattr(window, "DOCUMENT", page)
    assert window.main(["--check"]) == 1
    assert "make docs" in capsys.readouterr().err
    assert window.main([]) == 0
    assert window.main(["--check"]) == 0
