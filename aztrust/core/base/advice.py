"""What to do about something, as a text whose commands can be typed.

A command in a text begins with `aztrust` and the name of a command, and ends before `; `, `, `,
` (`, `)` or the end of the text, outside of quotes. `command` writes one. So a reader, and the
report that fits an advice to its reader (`report.advice`), find each command whole; prose comes
before it, or after one of these marks.

A word in capitals is a placeholder: a value that the reader alone knows. `PLACEHOLDERS` lists them.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from aztrust.core.base.value import frozen

PLACEHOLDERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "FILE": "a file that the reader has to find or to make",
        "DIR": "a directory that the reader chooses",
        "BUNDLE": "an attestation that the reader has to get",
        "ROOT": "a trusted root that the reader has to get",
        "KIT": "one of several kits",
        "OUT": "a directory that does not exist yet",
        "HEADFILE": "a head that the reader kept",
        "URL": "the address at which the kit is published",
        "HEX": "a digest that was announced elsewhere",
        "ID": "one of the records that are listed",
        "NAME": "the name of a key",
        "K": "the name of a key",
        "ROLE": "a role of the policy that the reader has",
        "R": "one of the reader's roles",
        "ROW": "a row of the final checks",
        "T": "a text in the reader's own words",
        "CODE": "one of the codes that are shown",
        "FINGERPRINT": "the fingerprint of a key",
        "TIME": "a time that the reader chooses",
        "HOLDER": "a holder of the policy",
        "ITEM": "an item of the checklist",
        "KIND": "what took place in a drill, such as restore",
        "EPOCHS": "the epochs that were observed, such as 1-3",
    }
)
"""What each placeholder is for."""

_PLACEHOLDER: Final = re.compile(r"[A-Z]+")
_END: Final = re.compile(r"(; |, | \(|\)|\n|[.;,]?$)")


@frozen
class Need:
    """What a command needs, and takes, of the place it is typed in.

    Args:
        launch: `""` for none; `read` where a kit serves as well; `write` for a launch directory.
        anchor: whether it is refused, or cannot pass, without an anchor.
        ledger: whether it takes `--ledger`.
    """

    launch: str = ""
    anchor: bool = False
    ledger: bool = False


_NONE, _READ, _WRITE = Need(), Need("read"), Need("write")
_LOOK = Need("read", ledger=True)
_ON_A_HOST = Need("read", anchor=True, ledger=True)
_LEDGER = Need("write", ledger=True)
_IN_WINDOW = Need("write", anchor=True, ledger=True)

COMMANDS: Final[Mapping[str, Need]] = MappingProxyType(
    {
        **dict.fromkeys(
            ("init", "hash", "diff", "explain", "help", "version", "completion", "ledger migrate"),
            _NONE,
        ),
        "audit": _NONE,
        **dict.fromkeys(("key fingerprint", "policy diff", "anchor list"), _NONE),
        **dict.fromkeys(("show", "policy show", "policy lint", "key generate"), _READ),
        **dict.fromkeys(("anchor add", "anchor remove", "anchor show"), _READ),
        **dict.fromkeys(("preflight", "confirm", "exec", "gate"), _ON_A_HOST),
        **dict.fromkeys(("verify", "todo", "status", "ledger list", "ledger show"), _LOOK),
        **dict.fromkeys(("readiness", "observe", "observe network"), _LOOK),
        **dict.fromkeys(("ledger prove", "ledger verify"), _LOOK),
        **dict.fromkeys(("seal", "approve", "revoke", "supersede", "restore"), _WRITE),
        **dict.fromkeys(
            ("announce genesis-hash", "attest-build", "provenance add", "key add"), _WRITE
        ),
        "observe rules": _READ,
        "checklist import": _NONE,
        **dict.fromkeys(("checklist lint", "checklist show"), _READ),
        "checklist init": _WRITE,
        **dict.fromkeys(("checklist plan", "checklist notice"), _IN_WINDOW),
        "ship": Need("write", anchor=True),
        **dict.fromkeys(("pack", "archive"), _LEDGER),
        "evidence log": _WRITE,
        **dict.fromkeys(("freeze", "final-check", "attest", "guard"), _IN_WINDOW),
        **dict.fromkeys(("enrol", "lessons", "serve", "board"), _IN_WINDOW),
        **dict.fromkeys(("blocker list", "blocker open", "blocker close"), _IN_WINDOW),
        **dict.fromkeys(("advisory review", "window defer", "window abort"), _IN_WINDOW),
        **dict.fromkeys(("window status", "window next", "sign"), _IN_WINDOW),
        **dict.fromkeys(("window log", "window script", "window minutes"), _IN_WINDOW),
        **dict.fromkeys(("window roles", "window handover"), _IN_WINDOW),
        **dict.fromkeys(("countersign", "window go", "window decide"), _IN_WINDOW),
        **dict.fromkeys(("checklist score", "checklist sign-off"), _IN_WINDOW),
        **dict.fromkeys(("checklist answer", "checklist packet", "checklist record"), _IN_WINDOW),
        **dict.fromkeys(("evidence add", "evidence verify", "evidence list"), _IN_WINDOW),
        **dict.fromkeys(("checklist decide", "checklist freeze"), _IN_WINDOW),
        **dict.fromkeys(("window hold", "window proceed", "window checkpoint"), _IN_WINDOW),
        **dict.fromkeys(("window authorize", "window instruct"), _IN_WINDOW),
        **dict.fromkeys(("window activate-role", "window replan"), _IN_WINDOW),
        **dict.fromkeys(("window anomaly", "window observe", "window normalize"), _IN_WINDOW),
        "window live-status": _IN_WINDOW,
        **dict.fromkeys(("window posture enter", "window posture exit"), _IN_WINDOW),
        **dict.fromkeys(("window posture attest", "window amend", "window note"), _IN_WINDOW),
        **dict.fromkeys(("window exception", "window correct"), _IN_WINDOW),
        **dict.fromkeys(("ledger append", "ledger head", "ledger init", "ledger close"), _LEDGER),
        **dict.fromkeys(("ledger take-over", "ledger keep", "ledger rebuild", "publish"), _LEDGER),
        "ledger trusted-root": _WRITE,
    }
)
"""Every command, and what it needs."""


class Advice(str):
    """An advice for certain holders: `cosmin: aztrust approve release`.

    Attributes:
        text: what they do, without their names.
        by: each holder who can do it, with the fingerprints of the keys; empty for anyone.
    """

    __slots__ = ("by", "text")
    text: str
    by: tuple[tuple[str, tuple[str, ...]], ...]

    def __new__(cls, text: str, by: Mapping[str, tuple[str, ...]]) -> Advice:
        """The text with the names in front.

        Args:
            text: what they do.
            by: holder to the fingerprints of the keys, in the order of the names.
        """
        names = " or ".join(by)
        made = super().__new__(cls, f"{names}: {text}" if names else text)
        made.text, made.by = text, tuple(by.items())
        return made


def command(*words: str) -> str:
    """A command as it is typed: words that a shell would take apart are quoted.

    >>> command("attest-build", "my node.tar.gz", "FILE")
    "aztrust attest-build 'my node.tar.gz' FILE"
    """
    return " ".join(("aztrust", *map(quoted, words)))


def quoted(word: str) -> str:
    """One word as a shell takes it; a home directory stays one.

    >>> quoted("~/my kit")
    "~/'my kit'"
    """
    if word.startswith("~/"):
        return f"~/{shlex.quote(word[2:])}"
    return shlex.quote(word)


def spans(text: str) -> Iterator[tuple[int, int]]:
    """Where each command of a text begins, and where it ends.

    >>> text = "mend it, then: aztrust verify; at last aztrust seal 'a, b' (once)"
    >>> [text[begin:end] for begin, end in spans(text)]
    ['aztrust verify', "aztrust seal 'a, b'"]
    """
    for found in re.finditer(r"(?<![\w./-])aztrust (?=[a-zA-Z-])", text):
        end = _end_of(text, found.start())
        if name_of(text[found.start() : end]):
            yield found.start(), end


def commands(text: str) -> tuple[str, ...]:
    """Every command of a text."""
    return tuple(text[begin:end] for begin, end in spans(text))


def typed_words(typed: str) -> list[str]:
    """The words of a command as they are typed, quotes included."""
    return re.findall(r"(?:'[^']*'|[^\s'])+", typed)


def name_of(typed: str) -> str:
    """Which command is typed, "" for none that there is.

    >>> name_of("aztrust -C 'my kit' key generate NAME")
    'key generate'
    """
    words = typed_words(typed)[1:]
    if words[:1] == ["-C"]:
        words = words[2:]
    return next((name for n in (3, 2, 1) if (name := " ".join(words[:n])) in COMMANDS), "")


def is_placeholder(word: str) -> bool:
    """Whether a word is in the place of a value that the reader alone knows."""
    return bool(_PLACEHOLDER.fullmatch(word)) and word in PLACEHOLDERS


def _end_of(text: str, begin: int) -> int:
    """Where the command that begins there ends: at a mark outside of quotes."""
    quote = ""
    for at in range(begin, len(text)):
        if quote:
            quote = "" if text[at] == quote else quote
        elif text[at] in "'\"":
            quote = text[at]
        elif _END.match(text, at):
            return at
    return len(text)
