"""The board's page: its markup, what it escapes, and what it may load."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from html.parser import HTMLParser
from typing import Any

import pytest

from aztrust.report.board.markup import Html, inline, join, tag
from aztrust.report.board.model import BoardDocument
from aztrust.report.board.page import POLICY, asset, assets_version, saved_page, served_page
from aztrust.report.board.sections import IDS, changed, headline, parts
from tests.boards import MINUTE, NOW, check, readiness, sample, seat, window

MARKUP = "<img src=x onerror=alert(1)>&\"'</script><script>alert(2)</script>"


class Elements(HTMLParser):
    """The elements of a page with their attributes, and its text outside of style and script."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.found and self.found[-1][0] not in ("style", "script"):
            self.text += data


def served(document: BoardDocument) -> str:
    return served_page(document, root="board/", version="v1")


def marked(value: Any, names: Iterator[int]) -> Any:
    """The same value with markup in every free text, each with a number of its own."""
    if isinstance(value, dict):
        return {name: marked(item, names) for name, item in value.items()}
    if isinstance(value, list):
        return [marked(item, names) for item in value]
    fixed = ("sha256:", "aztrust/", "AT_GO", "AZ-")
    kinds = {"mainnet", "serve", "given", "checked", "records", "final-check", "not-looked-at"}
    kinds |= {"ready", "not-ready", "stale", "silent", "unconfirmed", "blocker", "waited-for"}
    kinds |= {"pass", "fail", "not_run", "not_applicable", "1.0.0"}
    kinds |= {
        "observed",
        "early",
        "host",
        "CONTINUE",
        "telemetry-blindness-anomaly",
        "halt",
        "errors",
        "not-met",
    }
    kinds |= {"node-unseen", "unknown", "0/1", "1/4", "2/3", "3/4"}
    is_free = isinstance(value, str) and not value.isdigit() and value not in kinds
    if is_free and not value.startswith(fixed):
        return f"{MARKUP}{next(names)}."
    return value


def marked_in(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text with markup, and the fields that lead to it."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from marked_in(item, f"{path}.{name}".lstrip("."))
    elif isinstance(value, list):
        for item in value:
            yield from marked_in(item, path)
    elif isinstance(value, str) and MARKUP in value:
        yield path, value


def test_markup_in_every_text_is_shown_as_text():
    names = iter(range(10_000))
    seats = [seat(f"{state} one", state, 5, "why") for state in ("silent", "stale", "not-ready")]
    whole = sample(unseen=["x"], readiness=readiness(operators=seats)).model_dump(mode="json")
    data = marked(whole, names)
    document = BoardDocument.model_validate(data)
    for page in (served(document), saved_page(document)):
        elements = Elements(page)
        assert [name for name, _ in elements.found if name == "img"] == []
        assert sum(name == "script" for name, _ in elements.found) == 1
        for _, attributes in elements.found:
            assert not [name for name in attributes if name.startswith("on") or name == "style"]
        missing = {path for path, text in marked_in(data) if text not in elements.text}
        # A command is for a terminal; what a time means is shown once it has passed.
        assert missing == {
            *("records.kind", "tasks.command", "tasks.holders.role"),
            *("window.times.after", "window.times.id"),
        }


def test_a_control_character_is_made_visible():
    page = served(sample(launch="a\u202eb\x1b[2J"))
    assert "a\\u202eb\\x1b[2J" in page
    assert "\u202e" not in page


def test_a_text_is_escaped_and_markup_is_not():
    assert tag("p", "1 < 2", class_='a"b').text == '<p class="a&quot;b">1 &lt; 2</p>'
    assert tag("p", tag("b", "x"), None, "&").text == "<p><b>x</b>&amp;</p>"
    assert tag("meta", name="a", content=5).text == '<meta name="a" content="5">'
    assert tag("details", id=None, open=True, hidden=False).text == "<details open></details>"
    assert join("a<", Html("<br>")).text == "a&lt;<br>"


@pytest.mark.parametrize("name", ["p onclick=x", "P", "", "a/b", "1"])
def test_a_name_that_is_not_html_is_refused(name):
    with pytest.raises(ValueError, match="not a name of HTML"):
        tag(name)
    with pytest.raises(ValueError, match="not a name of HTML"):
        tag("p", **{name: "x"} if name else {"_": "x"})


def test_a_source_that_ends_its_element_is_refused():
    assert inline("style", "a { b: c }").text == "<style>a { b: c }</style>"
    for source in ("x </style> y", "x </STYLE> y", "<!-- x"):
        with pytest.raises(ValueError, match="ends its own"):
            inline("style", source)


def test_a_served_page_has_only_files_of_its_own_server():
    elements = Elements(served(sample()))
    named = [
        (name, attributes[key])
        for name, attributes in elements.found
        for key in ("src", "href", "data-events")
        if key in attributes
    ]
    assert named == [
        ("html", "board/events"),
        ("link", "board/board.css?v=v1"),
        ("script", "board/board.js?v=v1"),
        ("a", "#board"),
    ]
    assert not [name for name, _ in elements.found if name == "style"]
    assert POLICY.startswith("default-src 'none'; ")
    assert "frame-ancestors 'none'" in POLICY
    assert re.findall(r"https?:|//|data:|\*|unsafe", POLICY) == []
    for name in ("board.css", "board.js", "snapshot.js"):
        assert re.findall(r"url\(|@import|https?://|eval\(|fetch\(", asset(name)) == []


def test_scripts_off_a_served_page_loads_itself_and_says_so():
    page = served(sample())
    assert '<noscript><meta http-equiv="refresh" content="5"></noscript>' in page
    assert "Scripts are off: this page loads itself every 5 seconds." in page
    assert 'data-state="connecting"' in page
    assert "NOT LIVE" in page
    assert "refresh" not in saved_page(sample())


def test_a_saved_page_allows_its_own_style_and_script_by_their_hash():
    page = saved_page(sample())
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', page)
    policy = policy.replace("&#x27;", "'")
    for name, directive in (("style", "style-src"), ("script", "script-src")):
        (source,) = re.findall(rf"<{name}>(.*?)</{name}>", page, re.DOTALL)
        digest = b64encode(sha256(source.encode()).digest()).decode()
        assert f"{directive} 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'; ")
    assert "connect-src" not in policy
    assert not re.findall(r'(src|href)="(?!#board")', page)
    assert "SAVED COPY" in page


def test_the_files_have_a_version_of_their_contents(monkeypatch):
    before = assets_version()
    assert re.fullmatch("[0-9a-f]{16}", before)
    assert assets_version() == before
    monkeypatch.setattr("aztrust.report.board.page.asset", lambda name: f"{name} changed")
    assert assets_version() != before


def test_a_time_that_only_passes_changes_no_part():
    before = parts(sample())
    later = sample(at_unix_ms=NOW + 5 * MINUTE)
    assert changed(before, parts(later)) == {}
    # Past its end, a boundary says what it means.
    passed = parts(sample(at_unix_ms=NOW + 31 * MINUTE))
    assert set(changed(before, passed)) == {"times"}
    moved = parts(sample(window=window(start_at_unix_ms=NOW)))
    assert set(changed(before, moved)) == {"start"}
    assert set(changed({}, before)) == set(IDS)


def test_what_cannot_be_seen_is_shown_first():
    made = parts(sample(unseen=["records/a.json: cannot be read"]))
    assert next(iter(made)) == "unseen"
    assert "may lack a stop" in made["unseen"].text
    assert "records/a.json: cannot be read" in made["unseen"].text
    assert parts(sample())["unseen"].text == ""


def test_who_is_not_ready_and_who_is_silent_are_listed_by_power():
    seats = [
        *(seat("small", "silent", 1), seat("large", "silent", 500), seat("well", "ready", 400)),
        *(seat("b", "not-ready", 5, "no binary"), seat("a", "stale", 70, "too old")),
        seat(None, "unconfirmed", 24, "no operator"),
    ]
    powers = {"ready": "400", "not-ready": "5", "stale": "70", "silent": "501", "unconfirmed": "24"}
    found = readiness(operators=seats, powers=powers, total="1000")
    made = parts(sample(readiness=found))
    text = made["silent"].text
    assert "Silent: 2" in text
    assert text.index("large") < text.index("no operator") < text.index("small")
    assert "50.0%" in text
    text = made["not-ready"].text
    assert "Not ready: 2" in text
    assert text.index("too old") < text.index("no binary")
    assert "well" not in text
    assert "40.0% of the power is ready, 66.6667% are needed" in made["power"].text


@pytest.mark.parametrize(("count", "listed", "left"), [(100, 100, ""), (1250, 100, "1,150 more")])
def test_of_a_long_list_the_first_hundred_are_sent(count: int, listed: int, left: str):
    seats = [seat(f"late-{n:04d}", "silent", 5000 - n) for n in range(count)]
    total = str(sum(int(each["power"]) for each in seats))
    found = readiness(operators=seats, powers={"silent": total}, total=total)
    text = parts(sample(readiness=found))["silent"].text
    assert f"Silent: {count}" in text
    assert text.count("late-") == listed
    assert "late-0099" in text
    assert ("aztrust readiness -v" in text, left in text) == (bool(left), True)
    # The share is of all that are not shown at once, also of those that are not listed.
    assert f"{count - 8:,} more, " in text


def test_the_bar_has_each_power_and_each_mark_once():
    bar = parts(sample())["power"].text
    drawn = re.findall(r'<rect x="([0-9.]+)%" y="22" width="([0-9.]+)%"', bar)
    starts = [float(x) for x, _ in drawn]
    ends = [float(x) + float(width) for x, width in drawn]
    assert len(drawn) == 5
    assert starts[0] == 0
    for end, start in zip(ends, starts[1:], strict=False):
        assert abs(end - start) < 0.03
    assert 99.9 < ends[-1] <= 100
    marks = dict(re.findall(r'<line x1="([0-9.]+)%"[^>]* class="mark ([a-z]+)"', bar))
    assert marks == {"33.33": "third", "66.66": "need", "50.00": "collapse"}


@pytest.mark.parametrize(("total", "shown"), [(None, "40 of 57"), ("0", "40 of 57")])
def test_without_a_known_power_operators_are_counted(total, shown):
    found = readiness(total=total, powers={})
    text = parts(sample(readiness=found))["power"].text
    assert shown in text
    assert "<svg" not in text


def test_a_launch_without_an_enrolment_has_no_empty_box():
    made = parts(sample(readiness=None))
    assert [name for name in ("power", "not-ready", "silent") if made[name].text] == []


def test_an_early_launch_says_what_is_not_there_yet():
    early = sample(window=None, readiness=None, checks=[], stops=[], tasks=[], records=[])
    text = Elements(saved_page(early)).text
    for expected in (
        *("no window was opened yet", "no time of a start is fixed", "no hold, no blocker"),
        *("no signature is waited for", "asked once the scope is frozen", "no time is waited for"),
    ):
        assert expected in text


def test_the_matrix_says_where_each_row_is_from():
    text = parts(sample(checks=[check("chain-id", "not_run", "not-looked-at")]))["matrix"].text
    assert "0 of 1 pass" in text
    assert "not looked at" in text
    assert ">open<" in text


def test_the_headline_has_what_a_person_listens_for():
    assert headline(sample()) == (
        "atlas-1, AT_GO_HOLD_POINT, 64.0% of the power is ready, 66.6667% are needed,"
        " 1 hold open, 1 more to stop it, 1 signal from the chain"
    )
    two = window(holds=window()["holds"] * 2)
    assert headline(sample(window=two, stops=[], readiness=None, chain=None)) == (
        "atlas-1, AT_GO_HOLD_POINT, 2 holds open"
    )
