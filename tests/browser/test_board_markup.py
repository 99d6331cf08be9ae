"""Markup in the texts of signed records, in a browser: it is text on the page, and runs nowhere."""

from __future__ import annotations

from aztrust.report.board.model import BoardDocument
from tests.boards import sample, serving, window
from tests.report.test_board_page import MARKUP, marked


def test_markup_in_every_text_runs_nothing_at_first_and_in_a_change(tab):
    data = marked(sample(unseen=["x"]).model_dump(mode="json"), iter(range(10_000)))
    document = BoardDocument.model_validate(data)
    page = tab()
    opened = []
    page.on("dialog", lambda dialog: (opened.append(dialog.message), dialog.dismiss()))
    with serving(document) as board:
        page.goto(board.url)
        page.wait_for_selector("html[data-state=live]")
        assert page.locator("h1").inner_text().startswith(MARKUP)
        holds = window()["holds"]
        holds[0]["text"] = f"changed {MARKUP}"
        board.show(sample(window=window(holds=holds)))
        page.wait_for_selector("#stops >> text=changed")
        assert f"changed {MARKUP}" in page.inner_text("#stops")
        assert page.locator("img, main script").count() == 0
    assert opened == []
