"""A real Chromium, and pages in it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from importlib import import_module

import pytest

from tests.needed import absent
from tests.patience import PATIENCE

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="module")
def chromium() -> Iterator[object]:
    """The browser of this machine, driven by Playwright.

    Not for the whole session: Playwright has an event loop in this thread while it runs, and tests
    of other modules have their own.
    """
    try:
        driver = import_module("playwright.sync_api")
    except ImportError:
        absent("chromium", "its driver playwright is not installed, make test does")
    if CHROMIUM is None:
        absent("chromium", "apt-get install chromium")
    with driver.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        yield browser
        browser.close()


@pytest.fixture
def tab(chromium):
    """Opens pages in contexts of their own: `tab(color_scheme="dark")`."""
    contexts = []

    def new(**options):
        context = chromium.new_context(**options)
        context.set_default_timeout(PATIENCE * 1000)
        contexts.append(context)
        return context.new_page()

    yield new
    for context in contexts:
        context.close()
