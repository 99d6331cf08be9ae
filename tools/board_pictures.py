"""Draw docs/board-*.png: the board of the samples of the tests, as a browser shows it.

    python tools/board_pictures.py

Needs chromium and Playwright (requirements/dev.txt). The contents are always the same; how letters
look is the machine's, so that no test compares the pictures.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

DOCS: Final = Path(__file__).resolve().parents[1] / "docs"
PICTURES: Final[dict[str, dict[str, Any]]] = {
    "board-dark": {"color_scheme": "dark", "viewport": {"width": 1920, "height": 1080}},
    "board-light": {"color_scheme": "light", "viewport": {"width": 1280, "height": 860}},
    "board-phone": {
        "color_scheme": "light",
        "viewport": {"width": 390, "height": 844},
        "is_mobile": True,
    },
}
"""The name of each picture, and the screen that it is of."""


def main() -> None:
    """Write every picture, one of a running chain, and one of an outage."""
    from playwright.sync_api import sync_playwright

    from tests.boards import NOW, chain, sample, serving, window

    chromium = shutil.which("chromium") or sys.exit("install chromium: apt-get install chromium")
    with serving(sample()) as board, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium)
        for name, screen in PICTURES.items():
            page = browser.new_page(**screen)
            page.clock.install(time=NOW / 1000)
            page.clock.pause_at((NOW + 1000) / 1000)
            page.goto(board.url)
            page.wait_for_selector("html[data-state=live]")
            page.screenshot(path=DOCS / f"{name}.png")
        running = chain(genesis_time_unix_ms=NOW - 40_000)
        board.show(sample(chain=running, window=window(start_at_unix_ms=NOW - 40_000)))
        page = browser.new_page(**PICTURES["board-dark"])
        page.clock.install(time=NOW / 1000)
        page.clock.pause_at((NOW + 1000) / 1000)
        page.goto(board.url)
        page.wait_for_selector("html[data-state=live] .started")
        page.screenshot(path=DOCS / "board-chain.png")
        page = browser.new_page(**PICTURES["board-light"])
        page.clock.install(time=NOW / 1000)
        page.clock.pause_at((NOW + 1000) / 1000)
        page.goto(board.url)
        page.wait_for_selector("html[data-state=live]")
        board.end()
        page.clock.run_for(14_000)
        page.screenshot(path=DOCS / "board-stale.png")
        browser.close()


if __name__ == "__main__":
    main()
