"""Messages, docstrings, comments and pages use plain words: the list is in `plain_words.py`."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from functools import cache

import pytest

from tests.architecture.plain_words import (
    NAMES,
    WORDS,
    Finding,
    in_markdown,
    in_names,
    in_python,
    in_script,
)
from tests.shared import REPOSITORY

PACKAGE = ("aztrust", "README.md", "SECURITY.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs")
"""What users read: files and folders that are held to the list, each literal included."""

WORKSHOP = ("tests", "fixtures", "tools", "benchmarks", "fuzz", "contrib")
"""What contributors read. A literal of one word is accepted here: it is often an argument's name.

Of names, only those of tests are read: a local variable of a test may have any name.
"""

SCRIPTS = ("aztrust", "contrib", "Makefile", "action.yml")
"""Where shell scripts, settings and playbooks are held to the list."""

SCRIPT_SUFFIXES = (".sh", ".mjs", ".service", ".yml")

UNREAD = {
    "tests/architecture/plain_words.py": "the list itself",
    "tests/architecture/test_plain_words.py": "the examples of the list",
}
"""Modules that are never held to the list, with the reason."""

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

ALLOWED_IN_WORKSHOP = {
    "genesis_time now is no RFC 3339 time": "a fact that is sealed in manifests",
    "timestamp soon\\n is no time in Unix seconds": "a fact that is sealed in manifests",
    "DROP INDEX utterance": "the index in the ledger's SQLite file",
}
"""Literals of tests and cases that quote a format, with the reason."""

ALLOWED_NAMES = {
    "stands": "a field of the revocation record (docs/formats/record.md)",
    "said_at_unix_ms": "a field of records (docs/formats/record.md)",
}
"""Names in the package that are part of a format, with the reason."""

EXAMPLES = {
    "said": ("The server said nothing.", "The server sent nothing."),
    "told": ("The user is told.", "The total is shown."),
    "tells of": ("A report tells of them.", "A report shows them, and tells you the file."),
    "lies": ("The files lie in keys/.", "A layer; it relies on keys/. It is in keys/."),
    "stands": ("The answers stand here.", "A stand-in; a standby; the outstanding rows."),
    "whoever": ("Whoever signs is counted.", "Anyone who signs is counted, whatever the role."),
    "nobody": ("Nobody signed.", "No one signed."),
    "somebody": ("Nothing that anybody signs.", "No body of a record. Someone signs."),
    "a no": ("It is a no.", "It is a no-op. It is not a yes."),
    "noes": ("The noes count at once.", "Negative records count at once. Nose."),
    "at hand": ("No ledger at hand.", "No ledger here. It is handed over at handover."),
    "what gives": ("what gives something waits", "An approval gives what it states."),
    "takes away": ("It takes away an approval.", "It takes the file out. Far away."),
    "the ground": ("takes the ground of it", "the grounds of a court; a ground wire"),
    "utterance": ("Two utterances of one key.", "Two records of one key. Utter."),
    "spoken": ("It speaks for one key.", "A spokesperson; a loudspeaker; it signs."),
    "voice": ("Two keys are one voice.", "An invoice; two keys are one vote."),
    "a say": ("A holder without a say.", "They say so. A saying. A holder without a vote."),
    "offence": ("One line per offence.", "A defence; one line per error."),
    "afresh": ("It is approved afresh.", "A fresh approval. It is approved again."),
    "turns away": ("What the ledger turns away.", "It turns red, far away. It refuses."),
    "word of": ("An operator has the keeper's word.", "Its sword. The word list."),
    "is no": ("It is no kit.", "There is no kit. It is not a kit. It is no longer one. It is no."),
    "of it": ("All of it is read.", "The whole of its bytes. Of items. Because it is read."),
    "thereby": ("and thereby ends", "there, by the end"),
    "beside": ("a file beside it", "a file next to it, and others besides"),
    "by the way": ("by the way, it ends", "by the wayside"),
    "makes nothing of": ("busybox makes nothing of it", "busybox makes nothing, of course"),
}
"""For each word a text with it, and neighbours without it."""

NAME_EXAMPLES = {
    "said": (("said", "what_was_said", "SaidHere", "SAID_AT"), ("aside", "saidx")),
    "is no": (("_is_no_text", "IsNoText"), ("is_not_text", "is_now", "there_is_no_text")),
    "standing": (("read_standing", "StandingSeal"), ("outstanding", "understanding_of")),
    "wish": (("GateWish", "wish", "their_wishes"), ("wishlist", "requirements")),
    "nobody": (("Nobody", "what_nobody_names"), ("no_body", "nobodyx")),
    "of it": (("of_it", "rest_of_it"), ("of_items", "bit_of")),
}
"""For some words names with it, and neighbours without it; `wish` and `standing` are only here."""


def covered(suffix: str, *roots: str) -> list[str]:
    """The files of `roots` with a suffix, as paths from the repository's root."""
    found = set()
    for root in roots:
        path = REPOSITORY / root
        files = [path] if path.is_file() else path.rglob(f"*{suffix}")
        found |= {file.relative_to(REPOSITORY).as_posix() for file in files}
    return sorted(name for name in found if name.endswith(suffix))


MODULES = covered(".py", *PACKAGE)
WORKSHOP_MODULES = [name for name in covered(".py", *WORKSHOP) if name not in UNREAD]
PAGES = [name for name in covered(".md", *PACKAGE, *WORKSHOP) if name not in QUOTING]
SCRIPT_FILES = sorted(
    {name for suffix in SCRIPT_SUFFIXES for name in covered(suffix, *SCRIPTS)} | {"Makefile"}
)
CASES = covered("/case.toml", "fixtures/cases")


@cache
def text_of(name: str) -> str:
    return (REPOSITORY / name).read_text("utf-8")


def report(found: Iterable[tuple[str, Finding]]) -> list[str]:
    """One line for each banned word, with the place and the replacement."""
    return [
        f"{name}:{each.line}: `{each.word}` in `{each.text}`; write: {NAMES[each.word].instead}"
        for name, each in found
    ]


def test_messages_docstrings_and_comments_use_plain_words():
    found = report((name, f) for name in MODULES for f in in_python(text_of(name), ALLOWED))
    assert not found, "\n".join(["", *found])


def test_names_in_the_package_use_plain_words():
    found = report((name, f) for name in MODULES for f in in_names(text_of(name), ALLOWED_NAMES))
    assert not found, "\n".join(["", *found])


def test_tests_cases_and_tools_use_plain_words():
    found = report(
        (name, f)
        for name in WORKSHOP_MODULES
        for f in in_python(text_of(name), ALLOWED_IN_WORKSHOP, one_word=True)
    )
    assert not found, "\n".join(["", *found])


def test_names_of_tests_use_plain_words():
    found = report(
        (name, f) for name in WORKSHOP_MODULES for f in in_names(text_of(name), only="test")
    )
    assert not found, "\n".join(["", *found])


def test_cases_explain_themselves_in_plain_words():
    found = report(
        (name, f) for name in CASES for f in in_markdown(tomllib.loads(text_of(name))["why"])
    )
    assert not found, "\n".join(["", *found])


def test_scripts_use_plain_words():
    found = report((name, f) for name in SCRIPT_FILES for f in in_script(text_of(name)))
    assert not found, "\n".join(["", *found])


def test_pages_use_plain_words():
    found = report((name, f) for name in PAGES for f in in_markdown(text_of(name)))
    assert not found, "\n".join(["", *found])


def test_every_module_and_page_is_covered():
    pages = {"README.md", "SECURITY.md", "CONTRIBUTING.md", "CHANGELOG.md"}
    assert {*MODULES, *WORKSHOP_MODULES, *UNREAD} == set(covered(".py", "aztrust", *WORKSHOP))
    assert {*PAGES, *QUOTING} == set(covered(".md", "docs", *pages, *WORKSHOP))
    for root in (*PACKAGE, *WORKSHOP, *SCRIPTS, *QUOTING, *UNREAD):
        assert (REPOSITORY / root).exists(), root
    assert {"aztrust/storage/check.sh", "Makefile", "action.yml"} <= set(SCRIPT_FILES)
    assert {name.split("/")[0] for name in WORKSHOP_MODULES} >= set(WORKSHOP)
    assert len(MODULES) > 70
    assert len(PAGES) > 25
    assert len(CASES) > 600


def test_every_allowed_literal_is_still_used():
    package = "\n".join(map(text_of, MODULES))
    pieces = {literal: literal.split("{}") for literal in ALLOWED}
    assert not [
        each for each, parts in pieces.items() if not all(part in package for part in parts)
    ]
    workshop = "\n".join(map(text_of, WORKSHOP_MODULES))
    assert not [each for each in ALLOWED_IN_WORKSHOP if each.split("\\")[0] not in workshop]
    assert not [each for each in ALLOWED_NAMES if f" {each}: " not in package]


def test_every_word_has_an_example():
    assert set(EXAMPLES) == set(WORDS)
    assert set(NAMES) - set(WORDS) <= set(NAME_EXAMPLES) <= set(NAMES)


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
    "form",
    ["{}\n", "# {}\nls\n", "  // {}\n", "# One.\n# {}\n", 'echo "{}"\n', "  name: {}\n"],
)
def test_each_word_is_found_in_a_script_and_its_neighbours_are_not(word, form):
    bad, good = EXAMPLES[word]
    assert word in [finding.word for finding in in_script(form.format(bad))]
    assert not list(in_script(form.format(good)))


def test_comments_of_a_script_are_one_text_and_its_lines_are_not():
    assert [(f.line, f.word) for f in in_script("ls\n# no ledger at\n# hand\n")] == [(2, "at hand")]
    assert not list(in_script("# no ledger at\nls\n# hand\n"))
    assert not list(in_script("echo at\nhand\n"))


@pytest.mark.parametrize("word", NAME_EXAMPLES)
@pytest.mark.parametrize(
    "form",
    [
        "def {}(): ...",
        "async def {}(): ...",
        "class {}: ...",
        "def f({}=1): ...",
        "lambda *{}: 1",
        "{} = 1",
        "class C:\n    {}: int",
        "self.{} = 1",
        "for {} in (): ...",
        "import x as {}",
    ],
)
def test_each_word_is_found_in_a_name_and_its_neighbours_are_not(word, form):
    bad, good = NAME_EXAMPLES[word]
    for name in bad:
        assert [f.word for f in in_names(form.format(name))] == [word], name
    for name in good:
        assert not list(in_names(form.format(name))), name


def test_names_that_are_used_or_allowed_are_accepted():
    assert not list(in_names("print(said, x.stands, f(nobody=1))"))
    assert not list(in_names("stands = 1", ["stands"]))
    assert [f.word for f in in_names("it_stands = 1", ["stands"])] == ["stands"]


def test_of_tests_only_the_names_of_tests_are_read():
    source = "def test_nobody(): ...\nclass TestNobody: ...\ndef nobody(said): ...\n"
    assert [f.line for f in in_names(source, only="test")] == [1, 2]
    assert [f.line for f in in_names(source)] == [1, 2, 3, 3]


def test_a_literal_of_one_word_is_accepted_where_it_may_be_an_argument():
    assert not list(in_python('x = "said"', one_word=True))
    assert [f.word for f in in_python('x = "it said"', one_word=True)] == ["said"]
    assert [f.word for f in in_python("# said", one_word=True)] == ["said"]


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
