"""The board of a real launch directory, from `aztrust serve`'s own service to the browser."""

from __future__ import annotations

import time

import pytest

from aztrust.acts.publish import store_record
from aztrust.server.app import make_app
from aztrust.server.service import Service
from aztrust.server.state import Place
from tests.boards import running
from tests.cli_launch import Desk, Template, copied, ticking_clock
from tests.starts import TWO_SIGN, Way, go

clock = pytest.fixture(ticking_clock)


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """A launch at its go/hold point; luca proposed to go, and sonia has not signed."""
    first = Template.at_go_hold(tmp_path_factory.mktemp("two"), TWO_SIGN)
    return first.after(tmp_path_factory.mktemp("proposed"), go)


desk = pytest.fixture(copied)


def test_a_record_in_the_folder_is_on_the_board_without_a_reload(tab, desk: Desk, clock):
    way = Way(desk, clock)
    began, at = time.monotonic(), clock.now

    def now() -> int:
        return at + int((time.monotonic() - began) * 1000)

    service = Service(Place(desk.launch.path, desk.anchor, str(desk.ledger)), now)
    with running(make_app(service), service.stop) as (_, port):
        page = tab()
        page.goto(f"http://127.0.0.1:{port}/")
        page.wait_for_selector("html[data-state=live]")
        assert "AT GO HOLD POINT" in page.inner_text("#phase")
        assert "missing: security-lead (sonia)" in page.inner_text("#signers")
        assert "no hold" in page.inner_text("#stops")
        assert page.inner_text("#start time").startswith("T-01:")
        hold = way.records().hold(hold_reason={"reason": "one <b>peer</b> is not seen"})
        store_record(desk.launch.path, hold.signed("luca"))
        page.wait_for_selector("#stops >> text=one <b>peer</b> is not seen")
        assert "next update in" in page.inner_text("#stops")
        assert page.get_attribute("html", "data-state") == "live"
