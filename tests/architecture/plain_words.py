"""Words that a message, a docstring, a comment or a page does not use, and what to write instead.

The words are ordinary English. In this repository they had grown a private meaning that a reader
whose first language is another one cannot look up.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple


class Word(NamedTuple):
    """One banned word: its pattern (matched without regard to case), and what to write instead."""

    pattern: str
    instead: str


WORDS: Final = {
    "said": Word(r"\bsaid\b", "reported, stated, signed, or the name of the record"),
    "told": Word(r"\b(?:un)?told\b", "reported, shown, given"),
    "tells of": Word(r"\btells? of\b", "reports, says that"),
    "lies": Word(r"\blies\b", "is in FILE, is located"),
    "stands": Word(r"\b(?:with)?stands\b", "is valid, is effective, is in FILE, is written as"),
    "whoever": Word(r"\bwhoever\b", "anyone who, the one who"),
    "nobody": Word(r"\bnobody\b", "no one, no holder"),
    "a no": Word(r"\ba no\b(?!-)", "a negative record, an objection"),
    "noes": Word(r"\b(?:noes|yeses)\b", "negative records, positive records"),
    "at hand": Word(r"\bat hand\b", "available here, on this machine"),
    "what gives": Word(r"\bwhat gives\b", "a positive record, an approval"),
    "takes away": Word(r"\b(?:take|takes|taken|took|taking) away\b", "a negative record, revokes"),
    "the ground": Word(r"\bthe ground\b", "the basis, or the name of the record"),
    "utterance": Word(r"\butterances?\b", "record, verified record"),
    "spoken": Word(r"\bspoken\b", "signed, stated"),
    "word of": Word(
        r"\b(?:its|his|her|their|whose|one's|keeper's|holder's) words?\b", "statement, record"
    ),
    "is no": Word(r"(?<!\bthere )\b(?:is|are) no\b(?= \w)(?! (?:longer|more) )", "is not a"),
    "of it": Word(r"\bof it\b", "the noun that is meant, or nothing"),
    "thereby": Word(r"\bthereby\b", "so, with that"),
    "beside": Word(r"\bbeside\b", "next to, in addition to, together with"),
    "by the way": Word(r"\bby the way\b", "nothing"),
    "makes nothing of": Word(r"\bmakes? nothing of\b", "does not accept, cannot read"),
}


class Finding(NamedTuple):
    """A banned word in a text."""

    line: int
    word: str
    text: str
    """The words around it."""


_CODE_SPAN: Final = re.compile(r"(?<!`)(`+)(?!`).+?(?<!`)\1(?!`)")
_FENCE: Final = re.compile(r" *(```+|~~~+)")
_TARGET: Final = re.compile(r"\]\([^)\s]*\)")

Line = tuple[int, str]
"""A line number from 1, and the text on that line."""


def in_python(source: str, allowed: Iterable[str] = ()) -> Iterator[Finding]:
    """The banned words in the string literals and comments of a module.

    Names and other code are not read, and neither is a quotation between backticks. A literal that
    is exactly one of `allowed`, such as the name of a field, is accepted. Comments on lines that
    follow each other are one text, and so are literals that Python joins.
    """
    accepted = frozenset(allowed)
    for node, text in _literals(ast.parse(source)):
        if text not in accepted:
            last = node.end_lineno or node.lineno
            yield from _found(
                (min(node.lineno + offset, last), line)
                for offset, line in enumerate(text.split("\n"))
            )
    for lines in _comments(source):
        yield from _found(lines)


def in_markdown(source: str) -> Iterator[Finding]:
    """The banned words of a page, outside code blocks, code spans and link targets."""
    fence = ""
    paragraph: list[Line] = []
    for number, line in enumerate(source.split("\n"), start=1):
        mark = _FENCE.match(line)
        if fence:
            if mark and mark[1].startswith(fence):
                fence = ""
            continue
        if mark:
            fence = mark[1]
        if mark or not line.strip():
            yield from _found(paragraph)
            paragraph = []
            continue
        paragraph.append((number, _TARGET.sub("]", line)))
    yield from _found(paragraph)


def _literals(tree: ast.AST) -> Iterator[tuple[ast.expr, str]]:
    inside: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            inside.update(node.values)
            parts = (p.value if isinstance(p, ast.Constant) else "{}" for p in node.values)
            yield node, "".join(map(str, parts))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in inside:
            yield node, node.value


def _comments(source: str) -> Iterator[list[Line]]:
    block: list[Line] = []
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            if block and block[-1][0] != token.start[0] - 1:
                yield block
                block = []
            block.append((token.start[0], token.string.lstrip("#:")))
    yield block


def _found(lines: Iterable[Line]) -> Iterator[Finding]:
    """The banned words of one text, whose phrases may go on in the next line."""
    numbers: list[int] = []
    starts: list[int] = []
    joined = ""
    for number, line in lines:
        numbers.append(number)
        starts.append(len(joined))
        joined += " ".join(line.split()) + " "
    # A quotation of code keeps its length, so that what follows keeps its place.
    plain = _CODE_SPAN.sub(lambda quoted: "`" * len(quoted[0]), joined)
    for name, word in WORDS.items():
        for match in re.finditer(word.pattern, plain, re.IGNORECASE):
            around = plain[max(0, match.start() - 30) : match.end() + 30].strip()
            yield Finding(numbers[bisect_right(starts, match.start()) - 1], name, around)
