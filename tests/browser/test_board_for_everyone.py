"""The board for people: with a keyboard, a screen reader, on a phone, from afar, in the dark.

axe-core (https://github.com/dequelabs/axe-core) has the rules; it finds nothing in any state.
"""

from __future__ import annotations

from importlib.resources import files

import pytest

from aztrust.report.board.moments import countdown, left
from aztrust.report.board.page import saved_page
from tests.boards import NOW, chain, sample, serving, unobserved, window

DAY = 86_400_000
DISTANCES = (0, 1, 999, 1000, 59_999, 60_000, 3_599_999, 3_600_000, DAY - 1, DAY, 9 * DAY + 61_001)


@pytest.fixture
def served():
    with serving(sample()) as board:
        yield board


def faults(page):
    """The rules that a page breaks, with the elements."""
    axe = pytest.importorskip("axe_playwright_python", reason="axe-core is not installed")
    page.evaluate(files(axe).joinpath("axe.min.js").read_text("utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [(v["id"], [node["html"][:200] for node in v["nodes"]]) for v in found["violations"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_while_live(tab, served, scheme):
    page = tab(color_scheme=scheme)
    page.goto(served.url)
    page.wait_for_selector("html[data-state=live]")
    assert faults(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_while_stale(tab, served, scheme):
    page = tab(color_scheme=scheme)
    page.route("**/board/events", lambda route: route.abort())
    page.goto(served.url)
    page.wait_for_selector("html[data-state=stale]")
    assert faults(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_a_saved_board_and_sees_a_fault(tab, tmp_path, scheme):
    page = tab(color_scheme=scheme, viewport={"width": 390, "height": 844})
    (tmp_path / "board.html").write_text(saved_page(sample(unseen=["records: cannot be read"])))
    page.goto((tmp_path / "board.html").as_uri())
    assert faults(page) == []
    page.evaluate("document.documentElement.removeAttribute('lang')")
    assert [rule for rule, _ in faults(page)] == ["html-has-lang"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("shown", "heard"),
    [
        (chain(state="stale", why="the observer on this machine looked last 42s ago"), "STALE"),
        (unobserved(), "not observed on this machine"),
        (chain(good=True, signals=[], unknown=[], criteria=[]), "no signal"),
        (chain(signals=chain()["signals"] * 12), "4 more"),
        (chain(genesis_time_unix_ms=NOW - 1), "3 of 4"),
    ],
    ids=["stale", "not observed", "good", "many signals", "started"],
)
def test_axe_finds_nothing_in_any_state_of_the_chain(tab, tmp_path, scheme, shown, heard):
    page = tab(color_scheme=scheme, viewport={"width": 390, "height": 844})
    (tmp_path / "board.html").write_text(saved_page(sample(chain=shown)))
    page.goto((tmp_path / "board.html").as_uri())
    assert heard in page.locator("#chain").inner_text()
    assert faults(page) == []


def test_the_keyboard_reaches_everything(tab, served):
    page = tab(viewport={"width": 390, "height": 844})
    page.goto(served.url)
    page.wait_for_selector("html[data-state=live]")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the board"
    assert page.evaluate("document.activeElement.getBoundingClientRect().left") >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "board"
    reached = []
    for _ in range(4):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate("document.activeElement.id || document.activeElement.parentElement.id")
        )
    assert reached == [
        *("silent-more", "matrix-title-scroll", "times-title-scroll", "records-title-scroll"),
    ]


def test_a_screen_reader_hears_what_the_board_is_about(tab, served):
    page = tab()
    page.goto(served.url)
    page.wait_for_selector("html[data-state=live]")
    assert page.get_by_role("heading", level=1).inner_text().startswith("Atlas genesis (atlas-1)")
    assert page.get_by_role("status").inner_text() == "LIVE"
    assert page.get_by_role("timer").inner_text().startswith("T-")
    picture = page.get_by_role("img").get_attribute("aria-label")
    assert picture.startswith("64.0% of the power is ready, 66.6667% are needed")
    assert page.locator("[aria-current=step]").inner_text() == "go hold point"
    assert page.get_by_role("table").count() == 3


def test_a_phone_shows_it_without_scrolling_to_the_side(tab, served):
    page = tab(viewport={"width": 360, "height": 740}, device_scale_factor=3, is_mobile=True)
    page.goto(served.url)
    page.wait_for_selector("html[data-state=live]")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    sizes = page.evaluate(
        "[...document.querySelectorAll('p, li, td')]"
        ".filter(e => e.offsetParent).map(e => parseFloat(getComputedStyle(e).fontSize))"
    )
    assert min(sizes) >= 14


def test_from_five_metres_status_countdown_and_power_can_be_read(tab, served):
    """On a wall of 1.2 m: letters of an angle of 20 minutes, 29 mm, are 47 pixels high."""
    page = tab(viewport={"width": 1920, "height": 1080})
    page.goto(served.url)
    page.wait_for_selector("html[data-state=live]")
    for part in ("#phase .huge", "#start .huge", "#power .huge"):
        size = page.evaluate(
            "part => parseFloat(getComputedStyle(document.querySelector(part)).fontSize)", part
        )
        # A capital letter has 0.7 of the size of its font.
        assert size * 0.7 >= 47, part
        box = page.locator(part).bounding_box()
        assert box["y"] + box["height"] <= 1080, part


def test_the_page_and_the_server_write_the_same_distances(tab, tmp_path):
    """Each form, before and after the instant, as the script writes it at the server's time."""
    instants = [sign * distance for distance in DISTANCES for sign in (1, -1)]
    times = [
        {"id": f"t{n}", "text": f"t{n}", "at_unix_ms": NOW + at, "after": None, "over": False}
        for n, at in enumerate(instants)
    ]
    with serving(sample(window=window(times=times))) as board:
        board.service.clock = lambda: NOW
        page = tab()
        page.clock.install(time=NOW / 1000)
        page.clock.pause_at((NOW + 1000) / 1000)
        page.goto(board.url)
        page.wait_for_selector("html[data-state=live]")
        shown = page.locator("#times td:nth-child(2) time").all_inner_texts()
        assert shown == [left(at) for at in instants]
        # The other form: of the same elements, written by the same script.
        page.evaluate(
            "document.querySelectorAll('#times time').forEach(e => e.dataset.form = 'countdown')"
        )
        page.clock.run_for(250)
        shown = page.locator("#times td:nth-child(2) time").all_inner_texts()
    moved = [countdown(at - 250) for at in instants]
    assert shown == moved
