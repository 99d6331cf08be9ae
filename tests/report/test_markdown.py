"""Markdown: what a reader of GitHub's flavour shows for any names in it."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from aztrust.report.ci.markdown import SUMMARY_LIMIT, markdown_text, summary_text
from aztrust.report.view import clean
from tests.disk_launch import make_launch
from tests.report import samples

READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
BLOCKS = "heading_open table_open tr_open td_open list_item_open bullet_list_open".split()


def tokens(text: str):
    for token in READER.parse(text):
        yield token
        yield from token.children or ()


def structure(text: str) -> Counter:
    """How many of each there are; nothing may be here that we do not write."""
    kinds = Counter(token.type for token in tokens(text))
    html = {token.content for token in tokens(text) if token.type == "html_inline"}
    assert html <= {"<code>", "</code>"}
    assert not set(kinds) & {
        "link_open", "image", "html_block", "fence", "code_block", "hr", "blockquote_open",
        "ordered_list_open", "em_open", "s_open", "hardbreak",
    }  # fmt: skip
    return Counter({kind: kinds[kind] for kind in BLOCKS})


def codes(text: str) -> list[str]:
    """What is shown as code, as a reader sees it."""
    found, inside = [], None
    for token in tokens(text):
        if token.type == "code_inline":
            found.append(token.content)
        elif token.type == "html_inline":
            inside = "" if token.content == "<code>" else found.append(inside)
        elif token.type in ("text", "text_special") and inside is not None:
            inside += token.content
    return found


def first_heading(text: str) -> str:
    heading = next(t for t in READER.parse(text) if t.type == "inline")
    return heading.content


def test_a_pass(tmp_path):
    document = samples.launch_document(make_launch(tmp_path))
    text = markdown_text(document)
    assert first_heading(text) == "aztrust verify: PASS"
    counted = structure(text)
    assert counted["heading_open"] == 1
    assert counted["table_open"] == 2
    rows = 4 + len(document["checks"]) + 2
    assert counted["tr_open"] == rows
    assert document["policy_digest"] in codes(text)
    assert document["scope_hash"] in codes(text)


def test_findings_and_open_questions(tmp_path):
    launch = make_launch(tmp_path, approve=False)
    launch.file("release", "bin/atlasd").write_bytes(b"other")
    document = samples.launch_document(launch)
    text = markdown_text(document)
    assert first_heading(text) == "aztrust verify: FAIL"
    assert text.index("file-modified") < text.index("threshold-unmet")
    finding = next(c for c in document["checks"] if c["id"] == "release-integrity")["findings"][0]
    assert {finding["actual"], finding["expected"], finding["subject"]} <= set(codes(text))


@pytest.mark.parametrize(
    ("document", "word"),
    [
        (samples.with_status("not_run"), "HOLD"),
        (samples.with_status("error"), "ERROR"),
        ({**samples.with_status("pass"), "exit_code": 12}, "HOLD"),
        ({**samples.with_status("pass"), "exit_code": 11}, "HOLD"),
        ({**samples.with_status("pass"), "verdict": "conditional", "exit_code": 11}, "PARTIAL"),
        ({**samples.with_status("pass"), "ready": True}, "READY"),
        (
            {**samples.with_status("pass"), "ready": False, "exit_code": 12},
            "DO NOT START THIS HOST",
        ),
    ],
)
def test_the_word(document, word):
    text = markdown_text(document)
    assert first_heading(text) == f"aztrust verify: {word}"
    structure(text)


def test_hostile_names_are_shown_to_the_letter(tmp_path):
    document = samples.launch_document(samples.hostile_launch(tmp_path))
    text = markdown_text(document, shown=1000)
    counted = structure(text)
    assert counted["heading_open"] == 2  # the verdict, the one check
    assert counted["tr_open"] == 6 + len(document["checks"])
    check = next(c for c in document["checks"] if c["id"] == "release-integrity")
    assert len(check["findings"]) == len(samples.HOSTILE)
    assert {finding["subject"] for finding in check["findings"]} <= set(codes(text))


@given(text=st.one_of(st.sampled_from(samples.HOSTILE), st.text(min_size=1, max_size=40)))
def test_no_text_becomes_markup(text):
    document = samples.findings_document(text, launch=text, chain_id=text)
    made = markdown_text(document)
    assert structure(made) == structure(markdown_text(samples.findings_document("x", launch="x")))
    assert clean(text) in codes(made)


@pytest.mark.parametrize("text", samples.HOSTILE)
def test_one_hostile_text_in_every_place(text):
    made = markdown_text(samples.findings_document(text, launch=text, chain_id=text))
    assert structure(made) == structure(markdown_text(samples.findings_document("x", launch="x")))
    assert clean(text) in codes(made)


def test_a_failure():
    document = samples.failure()
    text = markdown_text(document)
    assert first_heading(text) == "aztrust verify: no verdict"
    assert structure(text)["heading_open"] == 1
    assert document["message"] in codes(text)


def test_many_findings_are_counted():
    document = samples.findings_document(*(f"name-{n}" for n in range(30)))
    assert "- +10 more" in markdown_text(document).splitlines()
    assert "name-29" not in codes(markdown_text(document))


def test_a_summary_fits_whatever_there_is_to_say():
    document = samples.findings_document(*("`" * 4000 + str(n) for n in range(30)))
    text = summary_text(document)
    assert len(text.encode()) <= SUMMARY_LIMIT < len(markdown_text(document).encode())
    assert first_heading(text) == "aztrust verify: FAIL"
    short = samples.findings_document("x")
    assert summary_text(short) == markdown_text(short)
