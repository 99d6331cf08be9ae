"""Handing a signed record to a `serve`: one bounded POST, by https or to this machine.

Nothing is followed, no proxy of the environment and no credentials are used. The whole exchange
ends at a deadline. What the server answers is shown to a person and trusted in nothing.
"""

from __future__ import annotations

import ipaddress
from typing import Final
from urllib.parse import urlsplit

from aztrust.core.base.canonical import loads
from aztrust.core.base.errors import CouldNotCheck, Malformed, Refused, UsageError
from aztrust.core.base.text import cut
from aztrust.core.base.value import frozen
from aztrust.core.base.version import __version__
from aztrust.core.linkage.jsondoc import elements, get, string
from aztrust.storage.deadline import Overdue, within
from aztrust.storage.fetch import shown_url

RECORDS: Final = "/records"
ANSWER_LIMIT: Final = 64 * 1024
TOTAL_S: Final = 30.0
"""How long the whole exchange may take, in seconds."""
_MEND: Final = "the file is written: send it in any other way, or try again"


@frozen
class Accepted:
    """That a server took a record: its status (200 for one it had, 201 or 202 for a new one)."""

    url: str
    status: int


def check_submit_url(url: str) -> str:
    """The address that records are posted to.

    Args:
        url: of a `serve`, with or without `/records` at its end.

    Raises:
        UsageError: it is neither https nor http to this machine, or holds a password or a query.
    """
    shown = shown_url(url)
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError as error:
        raise _usage(shown, f"is not a URL: {error}") from None
    if not url.isascii() or not url.isprintable() or " " in url:
        raise _usage(shown, "has characters that no URL has")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(host)):
        raise _usage(shown, "is not an https URL, nor one of this machine")
    if not host or parts.username is not None or parts.query or parts.fragment:
        raise _usage(shown, "is more or less than a host and a path")
    path = parts.path.rstrip("/").removesuffix(RECORDS)
    return f"{parts.scheme}://{parts.netloc}{path}{RECORDS}"


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, by its name or its address."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def submit(url: str, envelope: bytes, record_id: str, *, total_s: float = TOTAL_S) -> Accepted:
    """Post an envelope.

    Args:
        url: from `check_submit_url`.
        envelope: the record.
        record_id: its id, which the answer has to name: a proxy can answer 200 to anything.
        total_s: how long the whole exchange may take.

    Raises:
        Refused: the server does not take it; the message has its reason.
        CouldNotCheck: there is no answer that says whether it was taken.
    """
    try:
        return within(total_s, lambda: _post(url, envelope, record_id, total_s))
    except Overdue:
        raise _failed(url, f"there was no whole answer within {total_s:g} s") from None


def _post(url: str, envelope: bytes, record_id: str, total_s: float) -> Accepted:
    import http.client
    import ssl
    import urllib.error
    import urllib.request

    headers = {
        "User-Agent": f"aztrust/{__version__}",
        "Content-Type": "application/json",
        "Accept": "application/json",
        "Connection": "close",
    }
    opener = urllib.request.OpenerDirector()
    # No handler of redirects, of errors, of proxies or of files: what comes back is the answer.
    for handler in (urllib.request.HTTPHandler(), urllib.request.HTTPSHandler()):
        opener.add_handler(handler)
    try:
        request = urllib.request.Request(url, envelope, headers)  # noqa: S310 - checked
        with opener.open(request, timeout=total_s) as answer:
            status, body = answer.status, answer.read(ANSWER_LIMIT)
    except urllib.error.URLError as error:
        raise _failed(url, _cause(error.reason)) from None
    except (OSError, http.client.HTTPException, ssl.SSLError, ValueError) as error:
        raise _failed(url, _cause(error)) from None
    if status in (200, 201, 202):
        if record_id not in received_ids(body):
            raise _failed(url, f"the answer ({status}) does not say that it has the record")
        return Accepted(url, status)
    if status in (429, 503) or status >= 500:
        raise _failed(url, f"the server answers {status}: {cause_of(body)}")
    raise Refused(
        f"{shown_url(url)} does not take it ({status}): {cause_of(body)}",
        subject="--submit",
        mend="the file is written: ask the coordinator what the server lacks",
    )


def received_ids(body: bytes) -> set[str]:
    """The records that an answer names as received."""
    return {string(get(each, "record_id")) for each in elements(get(_document(body), "records"))}


def _document(body: bytes) -> object:
    try:
        return loads(body, what="", code="", limit=ANSWER_LIMIT)
    except Malformed:
        return None


def cause_of(body: bytes) -> str:
    """What the server gives as the cause, as one short line."""
    document = _document(body)
    text = get(document, "cause") or get(document, "message")
    if not isinstance(text, str):
        text = body.decode("utf-8", "replace").strip() or "no reason given"
    return cut(" ".join(text.split()), 200)


def _cause(error: object) -> str:
    import ssl

    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not accepted: {cut(error.verify_message.rstrip('.'))}"
    if isinstance(error, TimeoutError):
        return "it sent nothing in time"
    return cut(str(getattr(error, "strerror", None) or error or type(error).__name__))


def _failed(url: str, cause: str) -> CouldNotCheck:
    return CouldNotCheck(
        f"cannot submit to {shown_url(url)}: {cause}", subject="--submit", mend=_MEND
    )


def _usage(shown: str, flaw: str) -> UsageError:
    return UsageError(
        f"{shown} {flaw}",
        subject="--submit",
        mend="name the server as https://HOST; plain http is for this machine alone",
    )
