"""The board in a browser while its server answers, fails and comes back.

The page's clock belongs to the test: it moves when the test says so. What comes over the network
is waited for.
"""

from __future__ import annotations

import re

import pytest

from aztrust.core.base.errors import CouldNotCheck
from tests.boards import MINUTE, NOW, sample, serving, window
from tests.proxy import Proxy

STEP = 250
"""Milliseconds that a test lets pass at once; the page looks at its clock as often."""


@pytest.fixture
def served():
    with serving(sample()) as board:
        yield board


@pytest.fixture
def proxy(served):
    with Proxy(served.port) as between:
        yield between


def opened(tab, url, **options):
    """A page that is live, and whose clock does not move."""
    page = tab(**options)
    still(page, NOW)
    page.goto(url)
    is_live(page)
    return page


def still(page, at):
    """Stop the page's clock at this time."""
    page.clock.install(time=at / 1000)
    page.clock.pause_at((at + 1000) / 1000)


def is_live(page):
    page.wait_for_selector("html[data-state=live]")
    assert page.inner_text("#state") == "LIVE"


def state(page):
    return page.get_attribute("html", "data-state")


def passes(page, milliseconds):
    """Let this time pass on the page's clock, in steps."""
    for _ in range(milliseconds // STEP):
        page.clock.run_for(STEP)


def goes_stale(page):
    """It is stale before three seconds of the page's clock are over since the last heartbeat.

    One that was under way when the outage began may still come in, so that is not counted from
    there.
    """
    for _ in range(10_000 // STEP):
        page.clock.run_for(STEP)
        if state(page) == "stale":
            break
    last = re.search(r"last contact ([0-9]+) s ago", page.inner_text(".connection"))
    assert last is not None
    assert int(last[1]) < 3


def comes_back(page):
    """It is live again within five seconds of the page's clock, however long an answer takes."""
    for _ in range(5000 // STEP):
        page.wait_for_selector("html:not([data-connection=opening])")
        if page.get_attribute("html", "data-connection") == "open":
            break
        page.clock.run_for(STEP)
    is_live(page)


def test_a_change_is_shown_and_other_parts_are_left_alone(tab, served):
    page = opened(tab, served.url)
    assert "HOLD" in page.inner_text("#phase")
    page.evaluate("document.querySelector('#matrix h2').mark = 'same element'")
    served.show(sample(window=window(status="BOOTSTRAP_AUTHORIZED", holds=[])))
    page.wait_for_selector("#phase >> text=BOOTSTRAP AUTHORIZED")
    assert "major hold" not in page.inner_text("#stops")
    assert page.evaluate("document.querySelector('#matrix h2').mark") == "same element"
    assert page.inner_text("#announcer").startswith("atlas-1, BOOTSTRAP_AUTHORIZED")


@pytest.mark.parametrize("failure", ["bad-gateway", "refuse", "frozen"])
def test_an_outage_is_shown_within_three_seconds_and_ends_within_five(tab, proxy, failure):
    page = opened(tab, proxy.url)
    page.clock.run_for(STEP)
    assert state(page) == "live"

    proxy.fail(failure)
    goes_stale(page)
    assert page.inner_text("#state") == "STALE"

    # An outage of thirty seconds, in which every kind of answer is met many times.
    passes(page, 30_000)
    assert state(page) == "stale"

    proxy.heal()
    comes_back(page)


def test_what_changed_during_an_outage_is_shown_after_it(tab, served, proxy):
    page = opened(tab, proxy.url)
    proxy.fail("bad-gateway")
    served.show(sample(window=window(status="BOOTSTRAP_AUTHORIZED")))
    passes(page, 4000)
    assert "GO HOLD" in page.inner_text("#phase")
    proxy.heal()
    comes_back(page)
    assert "BOOTSTRAP AUTHORIZED" in page.inner_text("#phase")


def test_a_page_without_a_script_answer_is_not_live(tab, served, proxy):
    """The page came, and every later request fails: it never says that it is live."""
    page = tab()
    page.route("**/board/events", lambda route: route.fulfill(status=502))
    still(page, NOW)
    page.goto(proxy.url)
    passes(page, 3000)
    assert state(page) == "stale"
    assert "no answer from the server" in page.inner_text(".connection")
    assert "2026-06-01 12:00:00 UTC" in page.inner_text("#as-of")


def test_a_launch_that_cannot_be_read_is_stale_and_says_why(tab, served):
    page = opened(tab, served.url)
    served.fail(CouldNotCheck("the disk is gone", subject="manifests"))
    page.wait_for_selector("html[data-state=stale]")
    age = page.inner_text("#age")
    assert "the server cannot read the launch: manifests: the disk is gone" in age
    assert "12:00:00 UTC" in page.inner_text("#as-of")
    served.fail(None)
    is_live(page)


def test_a_machine_that_slept_asks_again_before_it_is_live(tab, proxy):
    page = opened(tab, proxy.url)
    proxy.fail("frozen")
    page.clock.run_for(STEP)
    assert state(page) == "live"
    page.clock.set_system_time((NOW + 60 * MINUTE) / 1000)
    page.clock.run_for(STEP)
    assert state(page) != "live"
    assert page.get_attribute("html", "data-connection") == "none"


def test_an_open_list_and_the_focus_outlast_a_change(tab, served):
    page = opened(tab, served.url)
    page.focus("#silent-more summary")
    page.keyboard.press("Enter")
    assert page.evaluate("document.querySelector('#silent-more').open")
    changed = sample()
    data = changed.model_dump(mode="json")
    data["readiness"]["operators"][40]["operator"] = "renamed"
    served.show(sample(readiness=data["readiness"]))
    page.wait_for_selector("#silent >> text=renamed")
    assert page.evaluate("document.querySelector('#silent-more').open")
    assert page.evaluate("document.activeElement.parentElement.id") == "silent-more"


def test_the_countdown_is_the_servers_time_and_not_this_machines(tab, served):
    page = tab()
    page.clock.install(time=(NOW + 999 * MINUTE) / 1000)
    page.goto(served.url)
    is_live(page)
    page.wait_for_selector("#start time:text-matches('T-01:5[0-7]:')")


def test_nothing_is_asked_of_another_host_and_nothing_is_refused(tab, served):
    page = tab()
    asked, complaints = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    answer = page.goto(served.url)
    is_live(page)
    assert {url.removeprefix(served.url).partition("?")[0] for url in asked} <= {
        *("", "board/board.css", "board/board.js", "board/events", "favicon.ico"),
    }
    assert all(url.startswith(served.url) for url in asked)
    assert [text for text in complaints if "favicon" not in text and "404" not in text] == []
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    assert "unsafe" not in policy
    # The style and the script came, and are in force.
    assert page.evaluate("getComputedStyle(document.querySelector('main')).display") == "grid"


def test_scripts_off_it_loads_itself_again(tab, served):
    page = tab(java_script_enabled=False)
    page.goto(served.url)
    assert "this page loads itself every 5 seconds" in page.inner_text("header")
    assert page.inner_text("#state") == "NOT LIVE"
    served.show(sample(window=window(status="BOOTSTRAP_AUTHORIZED")))
    page.wait_for_selector("#phase >> text=BOOTSTRAP AUTHORIZED")
