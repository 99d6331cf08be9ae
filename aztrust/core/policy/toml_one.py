r"""What TOML 1.1 allows and TOML 1.0 does not, found by a scanner of our own.

The TOML library accepts TOML 1.1 from one of its versions on. Which bytes are a policy is ours to
say: one launch has one verdict, whatever is installed. TOML 1.1 adds new lines, comments and a last
comma in inline tables, the escapes `\e` and `\xHH`, and times without seconds.
"""

from __future__ import annotations

import re
from typing import Final

# Tried at one place after the other, each end found by the first that fits there. The strings are
# possessive: nothing in them is looked at twice.
_TOKEN: Final = re.compile(
    r"""(?P<text>\"\"\"(?:[^"\\]|\\.|"(?!""))*+\"{3,5}|"(?!"")(?:[^"\\\n]|\\.)*+")
    |(?P<literal>\'\'\'(?:[^\']|\'(?!\'\'))*+\'{3,5}|\'(?!\'\')[^\'\n]*+\')
    |(?P<comment>\#[^\n]*+)
    |(?P<blank>[ \t\r]++)
    |(?P<line>\n)
    |(?P<mark>[{}\[\],=])
    |(?P<bare>[^ \t\r\n{}\[\],=\#"\']++)""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)
_SHORT_TIME: Final = re.compile(
    r"(?:[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt])?[0-9]{2}:[0-9]{2}(?:[Zz]|[+-][0-9]{2}:[0-9]{2})?"
)
_PAIRS: Final = {"}": "{", "]": "["}


def newer_than_one(text: str) -> str:
    """What in a document only TOML 1.1 allows, with its line and what to write; "" for nothing.

    That a document is not TOML at all is for the parser to find.
    """
    at, line = 0, 1
    opened: list[str] = []
    after_comma = False
    while at < len(text) and (token := _TOKEN.match(text, at)):
        kind, found, at = token.lastgroup, token[0], token.end()
        flaw = ""
        if kind == "text":
            flaw = _escape(found)
        elif kind == "line" and opened[-1:] == ["{"]:
            flaw = "a new line in an inline table; write it on one line, or as a [table]"
        elif kind == "bare" and _SHORT_TIME.fullmatch(found):
            flaw = f"the time {found} without seconds; write them"
        elif found == "}" and after_comma and opened[-1:] == ["{"]:
            flaw = "a comma before the end of an inline table; remove it"
        if flaw:
            return f"line {line} has what only TOML 1.1 allows: {flaw}"
        if kind == "mark":
            _follow(found, opened)
        if kind not in ("blank", "comment", "line"):
            after_comma = found == ","
        line += found.count("\n")
    return ""


def _follow(mark: str, opened: list[str]) -> None:
    """Keep which brackets are open; those of a table's header open and close on one line."""
    if mark in "{[":
        opened.append(mark)
    elif opened[-1:] == [_PAIRS.get(mark)]:
        opened.pop()


def _escape(text: str) -> str:
    for escaped in _ESCAPE.finditer(text):
        if escaped[1] in "ex":
            return f"the escape \\{escaped[1]}; write \\u and four hex digits"
    return ""
