"""Messages, docstrings, comments and pages use plain words: the list is in `plain_words.py`."""

from __future__ import annotations

import pytest

from tests.architecture.plain_words import WORDS, in_markdown, in_python
from tests.shared import REPOSITORY

COVERED = ("aztrust", "README.md", "SECURITY.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs")
"""Files and folders that are held to the list."""

QUOTING = {"docs/conformance.md": "it has the clauses of AZ-028 in that document's own words"}
"""Pages that are never held to the list, with the reason."""

ALLOWED = {
    "stands": "a field of the revocation record (docs/formats/record.md)",
    "utterance": "an index in the ledger's SQLite file (docs/formats/ledger.md)",
    "genesis_time {} is no RFC 3339 time": "a fact that is sealed in manifests",
    "timestamp {} is no time in Unix seconds": "a fact that is sealed in manifests",
    "CREATE UNIQUE INDEX utterance ON entry (record_id, key)": "the same index",
}
"""Literals that are part of a format, with the reason."""

EXAMPLES = {
    "said": ("The server said nothing.", "The server sent nothing."),
    "told": ("The user is told.", "The total is shown."),
    "tells of": ("A report tells of them.", "A report shows them, and tells you the file."),
    "lies": ("It lies in keys/.", "The files lie in keys/. It is in keys/."),
    "stands": ("The freeze stands.", "A standing order. The freeze is valid."),
    "whoever": ("Whoever signs is counted.", "Anyone who signs is counted, whatever the role."),
    "nobody": ("Nobody signed.", "No one signed."),
    "a no": ("It is a no.", "It is a no-op. It is not a yes."),
    "noes": ("The noes count at once.", "Negative records count at once. Nose."),
    "at hand": ("No ledger at hand.", "No ledger here. It is handed over at handover."),
    "what gives": ("what gives something waits", "An approval gives what it states."),
    "takes away": ("It takes away an approval.", "It takes the file out. Far away."),
    "the ground": ("takes the ground of it", "the grounds of a court; a ground wire"),
    "utterance": ("Two utterances of one key.", "Two records of one key. Utter."),
    "spoken": ("what was spoken here", "a spokesperson; what was signed here"),
    "word of": ("An operator has the keeper's word.", "Its sword. The word list."),
    "is no": ("It is no kit.", "There is no kit. It is not a kit. It is no longer one. It is no."),
    "of it": ("All of it is read.", "The whole of its bytes. Of items. Because it is read."),
    "thereby": ("and thereby ends", "there, by the end"),
    "beside": ("a file beside it", "a file next to it, and others besides"),
    "by the way": ("by the way, it ends", "by the wayside"),
    "makes nothing of": ("busybox makes nothing of it", "busybox makes nothing, of course"),
}
"""For each word a text with it, and neighbours without it."""


def covered(suffix: str, *roots: str) -> list[str]:
    """The files of `roots` with a suffix, as paths from the repository's root."""
    found = set()
    for root in roots:
        path = REPOSITORY / root
        files = [path] if path.is_file() else path.rglob(f"*{suffix}")
        found |= {file.relative_to(REPOSITORY).as_posix() for file in files}
    return sorted(name for name in found if name.endswith(suffix))


MODULES = covered(".py", *COVERED)
PAGES = [name for name in covered(".md", *COVERED) if name not in QUOTING]


def test_messages_docstrings_and_comments_use_plain_words():
    found = [
        f"{name}:{finding.line}: `{finding.word}` in `{finding.text}`;"
        f" write: {WORDS[finding.word].instead}"
        for name in MODULES
        for finding in in_python((REPOSITORY / name).read_text("utf-8"), ALLOWED)
    ]
    assert not found, "\n".join(["", *found])


def test_pages_use_plain_words():
    found = [
        f"{name}:{finding.line}: `{finding.word}` in `{finding.text}`;"
        f" write: {WORDS[finding.word].instead}"
        for name in PAGES
        for finding in in_markdown((REPOSITORY / name).read_text("utf-8"))
    ]
    assert not found, "\n".join(["", *found])


def test_every_module_and_page_is_covered():
    pages = {"README.md", "SECURITY.md", "CONTRIBUTING.md", "CHANGELOG.md"}
    assert {*MODULES, *PAGES, *QUOTING} == {
        *covered(".py", "aztrust"),
        *covered(".md", "docs", *pages),
    }
    for root in (*COVERED, *QUOTING):
        assert (REPOSITORY / root).exists(), root
    assert len(MODULES) > 70
    assert len(PAGES) > 25


def test_every_allowed_literal_is_still_used():
    text = "\n".join((REPOSITORY / name).read_text("utf-8") for name in covered(".py", "aztrust"))
    pieces = {literal: literal.split("{}") for literal in ALLOWED}
    assert not [each for each, parts in pieces.items() if not all(part in text for part in parts)]


def test_every_word_has_an_example():
    assert set(EXAMPLES) == set(WORDS)


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize(
    "form",
    [
        'message = "{}"',
        'raise Error(f"{{file}}: {}" " and more", mend="go on")',
        'def f():\n    """{}\n\n    More.\n    """',
        "x = 1  # {}",
        "# A comment.\n# {}\nx = 1",
    ],
    ids=["literal", "f-string", "docstring", "comment", "comment block"],
)
def test_each_word_is_found_in_a_module_and_its_neighbours_are_not(word, form):
    bad, good = EXAMPLES[word]
    assert word in [finding.word for finding in in_python(form.format(bad))]
    assert not list(in_python(form.format(good)))


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize(
    "form", ["{}\n", "# {}\n", "| a | {} |\n", "* **{}**\n", "```sh\nls\n```\n{}\n"]
)
def test_each_word_is_found_on_a_page_and_its_neighbours_are_not(word, form):
    bad, good = EXAMPLES[word]
    assert word in [finding.word for finding in in_markdown(form.format(bad))]
    assert not list(in_markdown(form.format(good)))


@pytest.mark.parametrize(
    "source",
    [
        "said = told(nobody)",
        "def nobody(said): return said.stands",
        'x = "`stands` names records"',
        "# `stands` names records.",
        'x = f"{said} {told!r:>{nobody}}"',
        'x = document["stands"]',
    ],
)
def test_names_quotations_and_fields_are_accepted_in_a_module(source):
    assert not list(in_python(source, ALLOWED))


def test_only_a_whole_literal_is_a_field():
    assert [f.word for f in in_python('x = "a freeze that stands"', ALLOWED)] == ["stands"]
    assert [f.word for f in in_python('x = "stands"')] == ["stands"]


@pytest.mark.parametrize(
    "text",
    [
        "The field `stands` names records.",
        "``a `said` b``",
        "```\nsaid\n```",
        "~~~text\nsaid\n```\nsaid\n~~~\n",
        "1. a\n   ```\n   said\n   ```\n",
        "[a page](docs/said.md)",
    ],
)
def test_code_and_link_targets_are_accepted_on_a_page(text):
    assert not list(in_markdown(text))


def test_a_phrase_over_the_end_of_a_line_is_found_on_its_line():
    module = 'x = 1\n\ndef f():\n    """First.\n\n    The ledger at\n    hand.\n    """\n'
    assert [(f.line, f.word) for f in in_python(module)] == [(6, "at hand")]
    joined = 'x = (\n    "the ledger at "\n    f"hand of {y}"\n)\n'
    assert [f.word for f in in_python(joined)] == ["at hand"]
    assert [(f.line, f.word) for f in in_python("a = 1\n# no ledger at\n# hand\n")] == [
        (2, "at hand")
    ]
    assert [(f.line, f.word) for f in in_markdown("One.\n\nNo ledger at\nhand.\n")] == [
        (3, "at hand")
    ]
    # Paragraphs and separate comments are texts of their own.
    assert not list(in_markdown("No ledger at\n\nhand.\n"))
    assert not list(in_python("a = 1  # no ledger at\n\nb = 2  # hand\n"))
