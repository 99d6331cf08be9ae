"""Asking the monitoring once: a bounded HTTP GET, and the only network access of a final check.

Nothing is followed (a redirect is an answer like any other), no proxy of the environment is used,
no credentials are sent. The whole exchange ends at the timeout, also against a server that sends
one byte at a time; of the body at most 1 MiB is read. The policy's expression is searched for by a
process of its own, which is ended at the timeout too: an expression can take years over a body
that someone else wrote.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from typing import Final

from aztrust.core.base.digest import both
from aztrust.core.base.value import frozen, replace
from aztrust.core.state.evidence import ProbeReading

BODY_LIMIT: Final = 1024**2
"""The most that a monitoring answer may be, in bytes."""

_SCHEMES = ("http://", "https://")
_HEADERS = {"User-Agent": "aztrust", "Accept-Encoding": "identity", "Connection": "close"}
_FOUND, _ABSENT = 20, 21
SEARCH: Final = f"""
import re, sys
data = sys.stdin.buffer.read()
size = int(sys.argv[1])
found = re.search(data[:size].decode(), data[size:].decode("utf-8", "replace"))
sys.exit({_FOUND} if found else {_ABSENT})
"""
"""The program that searches. Its argument is the size of the expression, which begins its input."""

SEARCH_WORD: Final = "--search-an-answer"
"""With which the single executable, where `sys.executable` is not Python, runs that program."""


@frozen
class ProbeRequest:
    """What to ask, how long to wait for the whole answer, and what to look for in it.

    `limit` is the most that the answer may be, in bytes.
    """

    url: str
    timeout_ms: int
    matches: str | None = None
    limit: int = BODY_LIMIT


def probe(request: ProbeRequest) -> ProbeReading:
    """One answer, or why there is none. Raises nothing: a probe that failed is an answer, too."""
    reading, body = fetch_once(request)
    return (
        reading if reading.fault or request.matches is None else _searched(reading, request, body)
    )


def fetch_once(request: ProbeRequest) -> tuple[ProbeReading, bytes]:
    """The same with the body, which is not searched; b"" where there is a fault."""
    if not request.url.lower().startswith(_SCHEMES):
        return ProbeReading(request.url, fault="the address is neither http nor https"), b""
    box: list[_Answer] = []
    # The timeout of a socket starts anew with every byte; this one does not. A thread that still
    # waits then is left behind, and ends with the process.
    asking = threading.Thread(target=lambda: box.append(_ask(request)), daemon=True)
    asking.start()
    asking.join(request.timeout_ms / 1000)
    if not box:
        return _late(request), b""
    return box[0]


_Answer = tuple[ProbeReading, bytes]


def _ask(request: ProbeRequest) -> _Answer:
    import http.client
    import urllib.error
    import urllib.request

    opener = urllib.request.OpenerDirector()
    # No handler of redirects, of errors, of proxies or of files: what comes back is the answer.
    for handler in (urllib.request.HTTPHandler(), urllib.request.HTTPSHandler()):
        opener.add_handler(handler)
    try:
        asked = urllib.request.Request(request.url, headers=_HEADERS)  # noqa: S310 - checked
        with opener.open(asked, timeout=request.timeout_ms / 1000) as answer:
            status, body = answer.status, answer.read(request.limit + 1)
            # A read with a limit does not report a connection that ended early.
            lacking = answer.length if len(body) <= request.limit else 0
    except TimeoutError:
        return _late(request), b""
    except urllib.error.URLError as error:
        late = isinstance(error.reason, TimeoutError)
        return _late(request) if late else _none(request, error.reason), b""
    except (OSError, http.client.HTTPException, ValueError) as error:
        return _none(request, error), b""
    if len(body) > request.limit:
        fault = f"its answer is longer than {request.limit} bytes"
        return ProbeReading(request.url, status, fault=fault), b""
    if lacking:
        fault = f"its answer ended {lacking} bytes early"
        return ProbeReading(request.url, status, fault=fault), b""
    digests = both(body)
    return ProbeReading(
        request.url, status, sha256=digests.sha256, blake3=digests.blake3, size=len(body)
    ), body


def _late(request: ProbeRequest) -> ProbeReading:
    return ProbeReading(request.url, fault=f"no whole answer within {_span(request)}")


def _none(request: ProbeRequest, cause: object) -> ProbeReading:
    return ProbeReading(request.url, fault=f"no answer: {_cause(cause)}")


def _searched(reading: ProbeReading, request: ProbeRequest, body: bytes) -> ProbeReading:
    pattern = (request.matches or "").encode()
    program = (SEARCH_WORD,) if hasattr(sys, "frozen") else ("-I", "-S", "-c", SEARCH)
    command = (sys.executable, *program, str(len(pattern)))
    try:
        done = subprocess.run(  # noqa: S603 - our own command; the pattern goes through stdin
            command,
            check=False,
            input=pattern + body,
            timeout=request.timeout_ms / 1000,
            capture_output=True,
        )
    except subprocess.TimeoutExpired:
        return replace(reading, fault=f"searching its answer took longer than {_span(request)}")
    except OSError as error:
        return replace(reading, fault=f"its answer could not be searched: {_cause(error)}")
    if done.returncode not in (_FOUND, _ABSENT):
        return replace(reading, fault="its answer could not be searched for the expression")
    return replace(reading, matched=done.returncode == _FOUND)


def _span(request: ProbeRequest) -> str:
    return f"{request.timeout_ms / 1000:g} s"


def _cause(error: object) -> str:
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return str(text)[:200]
