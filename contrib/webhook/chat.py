#!/usr/bin/env python3
"""Post what aztrust reports to a chat, for `--exec` of `aztrust observe`, `guard` and others.

    AZTRUST_WEBHOOK_FILE=/etc/aztrust/webhook aztrust observe --watch --exec ./chat.py

The file has the address of an incoming webhook, and nothing else. It is a secret: the file must be
readable by its owner alone, and the address is in no argument, message or log.

The report comes on standard input. The message has the name of the launch and the codes of signals;
what a node chose itself is in it only as plain letters, so that it can neither mention people nor
make a link. Delivery goes on in the background, so aztrust does not wait for the chat. It ends
after five minutes. Nothing of aztrust is needed here, only Python 3.9 or newer.
"""

from __future__ import annotations

import argparse
import datetime
import fcntl
import http.client
import json
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

INPUT_LIMIT = 4 * 1024 * 1024
LINES = 8
"""Signals, or lines of text, that one message shows."""
LETTERS = 1800
"""Of one message: Discord takes 2000, others more."""
ANSWER_S = 10
DEADLINE_S = 300
LONGEST_PAUSE_S = 60
TOO_MANY, SERVER_ERRORS = 429, 500
PLAIN = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,:;/%+='\"#!?$()-_")


class Refused(Exception):
    """The webhook cannot be used: the message says why, and never has its address."""


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would send the message to another place."""

    def redirect_request(self, *_: object) -> None:
        """None: the redirect is the answer."""


def plain(text: object, most: int = 120) -> str:
    """A text of one line that mentions no one, links to nothing and formats nothing."""
    shown = "".join(letter if letter in PLAIN else "?" for letter in str(text))
    return shown.replace("://", ": //")[:most]


def message(given: bytes) -> str:
    """The text for the chat, from what came on standard input."""
    try:
        document = json.loads(given)
    except (ValueError, RecursionError):
        document = None
    if isinstance(document, dict):
        lines = of_signals(document) if "signals" in document else of_report(document)
    else:
        lines = [plain(line) for line in given.decode("utf-8", "replace").splitlines()]
    lines = [line for line in lines if line.strip()] or ["aztrust reported nothing"]
    if len(lines) > LINES + 2:
        lines = [*lines[: LINES + 1], f"and {len(lines) - LINES - 1} more lines"]
    return "\n".join(lines)[:LETTERS]


def of_signals(document: dict[str, Any]) -> Iterator[str]:
    """The lines of what `aztrust observe` saw."""
    signals = [one for one in listed(document.get("signals")) if isinstance(one, dict)]
    name = plain(document.get("launch", "a launch"))
    count = f"{len(signals)} signal{'' if len(signals) == 1 else 's'}" if signals else "no signals"
    yield f"{name} ({plain(document.get('chain_id', ''))}): {count}, {moment(document)}"
    for one in signals[:LINES]:
        about = [plain(one.get(key, "")) for key in ("code", "subject", "anomaly", "guidance")]
        yield "{} on {}: {}, suggests {}".format(*about)
    if len(signals) > LINES:
        yield f"and {len(signals) - LINES} more"


def of_report(document: dict[str, Any]) -> Iterator[str]:
    """The line of any other report of aztrust."""
    words = [plain(document.get("command", "report"))]
    known = [key for key in ("launch", "verdict", "guidance", "message") if key in document]
    words += [f"{key} {plain(document[key])}" for key in known]
    if isinstance(document.get("exit_code"), int):
        words.append(f"exit {document['exit_code']}")
    yield "aztrust " + ", ".join(words)


def moment(document: dict[str, Any]) -> str:
    """When it was, as `2026-06-01 12:00:00 UTC`."""
    at = document.get("at_unix_ms")
    if not isinstance(at, int) or not 0 <= at < 253_402_300_800_000:
        return "time unknown"
    when = datetime.datetime.fromtimestamp(at // 1000, datetime.UTC)
    return when.strftime("%Y-%m-%d %H:%M:%S UTC")


def listed(value: object) -> list[Any]:
    """A list, empty for anything else."""
    return value if isinstance(value, list) else []


def address(path: str) -> str:
    """The address in the file.

    Raises:
        Refused: others can read the file, or it has no address that may be used.
    """
    try:
        with open(path, encoding="ascii") as file:
            mode = os.fstat(file.fileno()).st_mode
            text = file.read(4096).strip()
    except (OSError, ValueError) as error:
        raise Refused(f"{path} cannot be read: {type(error).__name__}") from None
    if mode & 0o077:
        raise Refused(f"{path} can be read by others than its owner: chmod 600 {path}")
    try:
        parts = urllib.parse.urlsplit(text)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise Refused(f"{path} does not have an address") from None
    near = host in ("127.0.0.1", "::1", "localhost")
    if any(c.isspace() for c in text) or not host or parts.scheme not in ("https", "http"):
        raise Refused(f"{path} does not have an address: write one that begins with https://")
    if parts.scheme == "http" and not near:
        raise Refused(f"{path} has an address without TLS: write one that begins with https://")
    return text


def post(url: str, key: str, text: str) -> tuple[str, int | None]:
    """One attempt: "" where the chat took it, else why not; and for how long it asks to wait.

    A status that another attempt does not change ends with a wait of None.
    """
    body = json.dumps({key: text}).encode()
    headers = {"Content-Type": "application/json", "User-Agent": "aztrust-chat"}
    request = urllib.request.Request(url, body, headers)
    opener = urllib.request.build_opener(NoRedirect())
    try:
        with opener.open(request, timeout=ANSWER_S) as answer:
            answer.read(1024)
            return "", 0
    except urllib.error.HTTPError as error:
        wait = error.headers.get("Retry-After", "")
        if error.code != TOO_MANY and error.code < SERVER_ERRORS:
            return f"HTTP status {error.code}", None
        return f"HTTP status {error.code}", int(wait[:6]) if wait.isdecimal() else 0
    except OSError as error:
        return type(getattr(error, "reason", error)).__name__, 0
    except (http.client.HTTPException, ValueError) as error:
        return type(error).__name__, 0


def deliver(
    url: str,
    key: str,
    text: str,
    lock: str,
    *,
    deadline: float = DEADLINE_S,
    sleep: Callable[[float], None] = time.sleep,
) -> str:
    """Posts until the chat takes it; one message of one webhook at a time, so they stay in order.

    Returns:
        "" where it was taken, else why not.
    """
    end, pause = time.monotonic() + deadline, 1.0
    why = "an earlier message is still being posted"
    with open(lock, "rb") as held:
        while True:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError:
                if time.monotonic() >= end:
                    return why
                sleep(pause)
        while True:
            why, wait = post(url, key, text)
            if not why or wait is None:
                return why
            pause = min(max(2 * pause, wait), LONGEST_PAUSE_S)
            if time.monotonic() + pause >= end:
                return why
            sleep(pause)


def note(text: str) -> None:
    """One line in the log that AZTRUST_WEBHOOK_LOG names, where it names one."""
    path = os.environ.get("AZTRUST_WEBHOOK_LOG")
    if path:
        when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        with open(path, "a", encoding="ascii") as log:
            log.write(f"{when} {text}\n")


def background() -> bool:
    """Goes on in a process of its own, which aztrust neither waits for nor ends.

    Returns:
        Whether this is that process.
    """
    if os.fork():
        return False
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    return True


def main() -> int:
    """The exit code: 0 once it is handed over."""
    words = argparse.ArgumentParser(description="Post a report of aztrust to a chat.")
    words.add_argument("--dry-run", action="store_true", help="print the message, post nothing")
    words.add_argument("--wait", action="store_true", help="wait until it is posted")
    words.add_argument(
        "--key", default="text", help="text (Slack, Mattermost) or content (Discord)"
    )
    chosen = words.parse_args()
    text = message(sys.stdin.buffer.read(INPUT_LIMIT))
    if chosen.dry_run:
        print(text)
        return 0
    path = os.environ.get("AZTRUST_WEBHOOK_FILE", "")
    try:
        if not path:
            raise Refused("AZTRUST_WEBHOOK_FILE does not name a file")
        url = address(path)
    except Refused as error:
        print(f"chat.py: {error}", file=sys.stderr)
        return 2
    if not chosen.wait and not background():
        return 0
    why = deliver(url, chosen.key, text, path)
    note(f"not posted: {why}" if why else "posted")
    if chosen.wait and why:
        print(f"chat.py: not posted: {why}", file=sys.stderr)
    return 1 if why else 0


if __name__ == "__main__":
    sys.exit(main())
