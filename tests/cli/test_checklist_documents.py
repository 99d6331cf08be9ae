"""The launch packet and the record of the decision: what they say, and that each id opens."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from tests import checklist_desk as board
from tests.checklist_desk import MEETING, lines, score, sign_all, sign_off
from tests.cli_launch import Desk, Template, home_at, refused, ticking_clock

clock = pytest.fixture(ticking_clock)
LOG = b"restored 4 of 4 volumes\n"
HOSTILE = "a | b <script>alert(1)</script> \u202e `x` **bold**"
COLUMN = re.compile(r"(?<!\\)\|")


class Reader(HTMLParser):
    """The names of all elements, and the text of each `td.id`."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.ids: set[str] = set()
        self.is_id = False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.names.append(tag)
        self.attributes += attrs
        if tag == "td":
            self.is_id = ("class", "id") in attrs

    def handle_endtag(self, tag):
        if tag == "td":
            self.is_id = False

    def handle_data(self, data):
        if self.is_id and data.strip():
            self.ids.add(data.strip())


def written(desk: Desk) -> None:
    path = desk.launch.path / "reports/restore.log"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(LOG)


@pytest.fixture(scope="module")
def template(tmp_path_factory) -> Template:
    """A launch with evidence and a hostile answer, all areas signed off, and a decision."""

    def act(desk: Desk, clock) -> None:
        written(desk)
        shown = board.show(desk, clock, "D.3", "reports/restore.log", LOG)
        board.answer(desk, clock, "D.3", "pass", rests_on=(shown,))
        board.answer(desk, clock, "D.4", "fail", reason=HOSTILE)
        sign_all(desk)

    made = board.at_the_decision(tmp_path_factory.mktemp("checklist"))
    return made.after(tmp_path_factory.mktemp("signed"), act)


@pytest.fixture
def desk(template, tmp_path, clock, monkeypatch) -> Desk:
    home_at(monkeypatch, tmp_path / "home")
    return template.copy(tmp_path, clock)


def document(desk: Desk, *words: str) -> dict:
    exit_code, found = desk.json("checklist", *words, "--ledger", desk.ledger)
    assert exit_code == 0, found
    return found


def decide(desk: Desk) -> None:
    words = ("checklist", "decide", "go", *MEETING, "--yes", "--ledger", desk.ledger)
    done = desk.run(*words, by="luca")
    assert done.exit_code == 0, done.out + done.err
    desk.keep()


def tables(text: str) -> list[list[int]]:
    """How many columns each line of each Markdown table has."""
    found: list[list[int]] = [[]]
    for line in text.splitlines():
        if line.startswith("|"):
            found[-1].append(len(COLUMN.findall(line)))
        elif found[-1]:
            found.append([])
    return [table for table in found if table]


@pytest.mark.clause("RC-H", "RC-J")
def test_the_packet_has_every_item_and_the_digests_of_each_file(desk):
    found = document(desk, "packet")
    assert (found["about"], found["result"], found["form"]) == ("packet", "GO", "markdown")
    text = found["text"]
    assert text.startswith("# Launch packet: test launch\n")
    for wanted in ("D.1", "D.3", "launch:reports/restore.log", "Sign-offs", "Rollback criteria"):
        assert wanted in text
    sha = board.both(LOG).sha256[7:]
    assert sha in text
    assert "is asked" in text


@pytest.mark.clause("RC-J")
@pytest.mark.parametrize("about", ["packet", "record"])
def test_each_claim_has_an_id_that_show_opens(desk, about):
    decide(desk)
    text = document(desk, about, "--html")["text"]
    ids = Reader(text).ids
    assert len(ids) >= 3
    assert '<td class="id"></td>' not in text, "a claim without an id"
    assert all(re.fullmatch("[0-9a-f]{12}", id_) for id_ in ids)
    for id_ in ids:
        shown = desk.run("show", id_)
        assert shown.exit_code == 0, f"{id_}\n{shown.out}{shown.err}"


@pytest.mark.clause("RC-H")
def test_what_a_holder_wrote_is_never_markup(desk):
    text = document(desk, "packet")["text"]
    assert "alert" in text
    assert "<script>" not in text
    assert "\u202e" not in text
    for table in tables(text):
        assert len(set(table)) == 1, table
    page = Reader(document(desk, "packet", "--html")["text"])
    assert "script" not in page.names
    assert not {"img", "link", "iframe", "a", "form"}.intersection(page.names)
    assert not [name for name, _ in page.attributes if name.startswith("on")]


@pytest.mark.clause("RC-I")
def test_the_record_has_who_decided_what_on_which_score(desk):
    refused_before = desk.run("checklist", "record", "--ledger", desk.ledger)
    assert "nothing is decided in this launch window" in refused_before.err
    assert "aztrust checklist score" in refused_before.advised
    decide(desk)
    found = document(desk, "record")
    assert (found["about"], found["result"]) == ("record", "GO")
    for wanted in ("luca", "sonia", "chair", "all areas approve", "Follow-ups", "Conditions"):
        assert wanted in found["text"]
    assert "The score is the one in the minutes of the decision." in found["text"]


@pytest.mark.clause("RC-J")
def test_nothing_is_shown_or_answered_after_the_end(desk):
    words = ("D.4", "pass", "--reason", "T", "--ledger", desk.ledger)
    assert desk.run("checklist", "answer", *words, by="dan").exit_code == 0
    decide(desk)
    done = desk.run("checklist", "freeze", "--yes", "--ledger", desk.ledger, by="luca")
    assert done.exit_code == 0, done.out + done.err
    desk.keep()
    refused(desk.run("checklist", "answer", *words, by="dan"), "the checklist is closed")
    file = desk.launch.path / "reports/restore.log"
    words = ("evidence", "add", "D.4", file, "--ledger", desk.ledger)
    refused(desk.run(*words, by="dan"), "the checklist is closed")


def test_a_page_replaces_an_earlier_page_and_nothing_else(desk, tmp_path):
    for words, name in ((("--html",), "packet.html"), ((), "packet.md")):
        out = tmp_path / name
        for _ in range(2):
            done = desk.run("checklist", "packet", *words, "--ledger", desk.ledger, "-o", out)
            assert done.exit_code == 0, done.err
        out.write_text("notes of mine")
        done = desk.run("checklist", "packet", *words, "--ledger", desk.ledger, "-o", out)
        assert (done.exit_code, out.read_text()) == (2, "notes of mine")


@pytest.mark.clause("RC-H", "RC-A")
def test_evidence_that_is_swapped_after_the_sign_off_is_never_a_go(desk, clock):
    exit_code, before = score(desk)
    assert (exit_code, before["result"]) == (0, "GO")
    file = desk.launch.path / "reports/restore.log"
    file.write_bytes(b"restored 0 of 4 volumes\n")
    exit_code, after = score(desk)
    assert exit_code == 10
    assert [line.split(":")[0] for line in lines(after, "NO-GO")] == ["D.3"]
    refused(
        desk.run("checklist", "decide", "go", *MEETING, "--yes", "--ledger", desk.ledger, by="luca")
    )
    # Another record of the same name: the file fits again, and the sign-off is stale by name.
    shown = board.show(desk, clock, "D.3", "reports/restore.log", file.read_bytes())
    exit_code, again = score(desk)
    assert exit_code == 11
    assert any("D.3" in line for line in lines(again, "OPEN"))
    assert any(
        line.startswith("operations: the sign-off by dan is stale") for line in lines(again, "OPEN")
    )
    board.answer(desk, clock, "D.3", "pass", rests_on=(shown,))
    sign_off(desk, "operations")
    assert score(desk)[0] == 0


@pytest.mark.clause("RC-H")
def test_evidence_that_is_missing_after_the_sign_off_is_open(desk):
    (desk.launch.path / "reports/restore.log").unlink()
    exit_code, found = score(desk)
    assert exit_code == 11
    assert any(line.startswith("D.3") and "no such file" in line for line in lines(found, "OPEN"))
