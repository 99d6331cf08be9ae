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
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Final, NamedTuple


class Word(NamedTuple):
    """One banned word: its pattern (matched without regard to case), and what to write instead."""

    pattern: str
    instead: str


WORDS: Final = {
    "said": Word(r"\bsaid\b", "reported, stated, signed, or the name of the record"),
    "told": Word(r"\b(?:un)?told\b", "reported, shown, given"),
    "tells of": Word(r"\btells? of\b", "reports, says that"),
    "lies": Word(r"\b(?:lies?|lay)\b", "is in FILE, is located; a false statement"),
    "stands": Word(
        r"\b(?:(?:with)?stands?|stood)\b(?!-)", "is valid, is effective, is in FILE, is written as"
    ),
    "whoever": Word(r"\bwhoever\b", "anyone who, the one who"),
    "nobody": Word(r"\bnobody\b", "no one, no holder"),
    "somebody": Word(r"\b(?:some|any|every)body\b", "someone, anyone, everyone, every holder"),
    "a no": Word(r"\ba no\b(?!-)", "a negative record, an objection"),
    "noes": Word(r"\b(?:noes|yeses)\b", "negative records, positive records"),
    "at hand": Word(r"\bat hand\b", "available here, on this machine"),
    "what gives": Word(r"\bwhat gives\b", "a positive record, an approval"),
    "takes away": Word(r"\b(?:take|takes|taken|took|taking) away\b", "a negative record, revokes"),
    "the ground": Word(r"\bthe ground\b", "the basis, or the name of the record"),
    "utterance": Word(r"\butterances?\b", "record, verified record"),
    "spoken": Word(r"\b(?:speaks?|spoke|spoken)\b", "signs, states, counts for"),
    "voice": Word(r"\bvoices?\b", "vote"),
    "a say": Word(r"\b(?:a|no) say\b", "a vote, may sign, is eligible"),
    "offence": Word(r"\boffen[cs]es?\b", "error, finding"),
    "afresh": Word(r"\bafresh\b", "again"),
    "turns away": Word(r"\bturn(?:s|ed|ing)? away\b", "refuses"),
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


NAMES: Final = WORDS | {
    "standing": Word(r"\bstanding\b", "effective, in force"),
    "wish": Word(r"\bwish(?:es)?\b", "options, requirements"),
}
"""The list for identifiers: a name has fewer words around it that show what is meant."""


class Finding(NamedTuple):
    """A banned word in a text."""

    line: int
    word: str
    text: str
    """The words around it."""


_CODE_SPAN: Final = re.compile(r"(?<!`)(`+)(?!`).+?(?<!`)\1(?!`)")
_FENCE: Final = re.compile(r" *(```+|~~~+)")
_COMMENT: Final = re.compile(r"\s*(?:#+|//)")
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_TARGET: Final = re.compile(r"\]\([^)\s]*\)")

Line = tuple[int, str]
"""A line number from 1, and the text on that line."""


def in_python(
    source: str, allowed: Iterable[str] = (), *, one_word: bool = False
) -> Iterator[Finding]:
    """The banned words in the string literals and comments of a module.

    Names and other code are not read, and neither is a quotation between backticks. A literal that
    is exactly one of `allowed`, such as the name of a field, is accepted. Comments on lines that
    follow each other are one text, and so are literals that Python joins.

    Args:
        source: the text of the module.
        allowed: literals that are accepted.
        one_word: whether a literal that is a Python identifier is accepted, as it is for the names
            of a parametrized test's arguments.
    """
    accepted = frozenset(allowed)
    for node, text in _literals(ast.parse(source)):
        if text not in accepted and not (one_word and text.isidentifier()):
            last = node.end_lineno or node.lineno
            yield from _found(
                (min(node.lineno + offset, last), line)
                for offset, line in enumerate(text.split("\n"))
            )
    for lines in _comments(source):
        yield from _found(lines)


def in_names(source: str, allowed: Iterable[str] = (), *, only: str = "") -> Iterator[Finding]:
    """The banned words in what a module names: functions, classes, arguments, variables, fields.

    A name is read as words: `read_standing` is "read standing", `GateWish` is "Gate Wish".

    Args:
        source: the text of the module.
        allowed: names that are accepted.
        only: the beginning of the names that are read, in any case; "" for all.
    """
    accepted = frozenset(allowed)
    for line, name in _names(ast.parse(source)):
        if name not in accepted and name.lower().startswith(only):
            words = _CAMEL.sub(" ", name).replace("_", " ")
            yield from _found([(line, words)], NAMES)


def in_script(source: str) -> Iterator[Finding]:
    """The banned words of a shell script or a file of settings.

    Comments on lines that follow each other are one text. Every other line is read by itself, its
    code included.
    """
    comments: list[Line] = []
    for number, line in enumerate(source.split("\n"), start=1):
        mark = _COMMENT.match(line)
        if mark:
            comments.append((number, line[mark.end() :]))
            continue
        yield from _found(comments)
        comments = []
        yield from _found([(number, line)])
    yield from _found(comments)


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


def _names(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """What a module defines or sets: line and name; what it only uses is defined elsewhere."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield node.lineno, node.name
            case ast.arg():
                yield node.lineno, node.arg
            case ast.Name(ctx=ast.Store()):
                yield node.lineno, node.id
            case ast.Attribute(ctx=ast.Store()):
                yield node.lineno, node.attr
            case ast.alias(asname=str(name)):
                yield node.lineno, name


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


@cache
def _any_of(patterns: tuple[str, ...]) -> re.Pattern[str]:
    """One pattern for most texts, which have none of the words."""
    return re.compile("|".join(patterns), re.IGNORECASE)


def _found(lines: Iterable[Line], words: Mapping[str, Word] = WORDS) -> Iterator[Finding]:
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
    if not _any_of(tuple(word.pattern for word in words.values())).search(plain):
        return
    for name, word in words.items():
        for match in re.finditer(word.pattern, plain, re.IGNORECASE):
            around = plain[max(0, match.start() - 30) : match.end() + 30].strip()
            yield Finding(numbers[bisect_right(starts, match.start()) - 1], name, around)
