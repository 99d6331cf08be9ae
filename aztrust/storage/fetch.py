"""A kit from an https URL: fetched again in every run, kept under its digest, and never trusted.

The kit is judged like any other file. What is guarded here is the fetching (ADR 6):

1. https alone, also after a redirect. Certificates are checked against the system's authorities, or
   those of `SSL_CERT_FILE`; proxies are the environment's (`https_proxy`, `no_proxy`).
2. No credentials in the URL: logs would keep them. Its query, which may be one, is not shown.
3. Not a byte above the limit, whatever the server says about its length.
4. The whole exchange ends at a deadline, also against a server that sends one byte at a time.
5. What is incomplete, or not a kit, is not kept.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import IO, TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from aztrust.core.base.errors import AztrustError, CouldNotCheck, UsageError
from aztrust.core.base.paths import escape
from aztrust.core.base.value import frozen
from aztrust.core.base.version import __version__
from aztrust.storage.deadline import Overdue, within

if TYPE_CHECKING:
    import http.client
    import urllib.request

MIB: Final = 1024 * 1024
REDIRECTS: Final = 5
_CHUNK: Final = 256 * 1024
_MEND: Final = "try again, or download the kit in another way and name the file"


@frozen
class FetchLimits:
    """How much, and how long.

    Attributes:
        size: the most bytes a kit from the network may have.
        idle_s: how long the server may send nothing.
        total_s: how long the whole exchange may take, from the name's look-up to the last byte.
    """

    size: int = 128 * MIB
    idle_s: float = 20
    total_s: float = 300


LIMITS: Final = FetchLimits()
COPY_LIMITS: Final = FetchLimits(size=16 * 1024 * MIB, total_s=3600)
"""For a published file of any kind, which is hashed and not held."""


@frozen
class Fetched:
    """A file as a server gives it.

    Attributes:
        size: in bytes.
        sha256: `sha256:` and 64 hex digits.
        data: the bytes; b"" where they are more than were to be held.
    """

    size: int
    sha256: str
    data: bytes


def fetch_kit(url: str, cache: Path, *, limits: FetchLimits = LIMITS) -> Path:
    """Fetch a kit and keep it; the file that it was kept in.

    Args:
        url: where it is, by https.
        cache: the directory to keep it in, by digest; it is made if it is not there.
        limits: how much, and how long.

    Raises:
        UsageError: the URL is not one that is fetched.
        CouldNotCheck: it could not be fetched completely and safely, or cannot be kept.
        Malformed: `kit-malformed`: what was fetched is not a kit.
    """
    from aztrust.core.base.digest import sha256_id
    from aztrust.core.kit.archive import parse_kit
    from aztrust.storage.config import make_private_dir
    from aztrust.storage.durable import overwrite

    _check_url(url)
    data = _bounded(url, limits).data
    parse_kit(data, what=shown_url(url))
    make_private_dir(cache)
    path = cache / f"{_stem(url)}-{sha256_id(data).partition(':')[2][:16]}.aztrust"
    if not (path.is_file() and not path.is_symlink() and path.read_bytes() == data):
        overwrite(path, data)
    return path


def fetch_copy(
    url: str, *, fresh: bool = False, limits: FetchLimits = COPY_LIMITS, held: int = LIMITS.size
) -> Fetched:
    """What a server gives for a published file, hashed as it arrives.

    Args:
        url: where it is, by https.
        fresh: ask every cache on the way for the server's own copy.
        limits: how much, and how long.
        held: the most bytes that are also kept in memory.

    Raises:
        UsageError: the URL is not one that is fetched.
        CouldNotCheck: it could not be fetched completely and safely.
    """
    _check_url(url)
    more = {"Cache-Control": "no-cache", "Pragma": "no-cache"} if fresh else {}
    return _bounded(url, limits, more, held)


def shown_url(url: str) -> str:
    """A URL as it may be shown: without its query, which may hold a secret."""
    try:
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
    except ValueError:
        return "the URL"
    return escape(f"{parts.scheme}://{host}{parts.path}")


def _stem(url: str) -> str:
    """The file's name in the URL, as far as it is harmless."""
    name = unquote(urlsplit(url).path).rpartition("/")[2].removesuffix(".aztrust")
    return re.sub(r"[^A-Za-z0-9._-]", "_", name).lstrip(".-")[:60] or "kit"


def _check_url(url: str) -> None:
    shown = shown_url(url)
    try:
        parts = urlsplit(url)
        flaw = _flaw(url, parts.scheme, parts.hostname, parts.username)
        _ = parts.port  # raises where it is not a port
    except ValueError as error:
        flaw = f"is not a URL: {error}"
    if flaw:
        mend = "name it as https://HOST/FILE.aztrust, or download it and name the file"
        raise UsageError(f"{shown} {flaw}", subject=shown, mend=mend)


def _flaw(url: str, scheme: str, host: str | None, user: str | None) -> str:
    if scheme != "https":
        return f"is not fetched by {escape(scheme) or 'nothing'}: only https is"
    if not url.isascii() or not url.isprintable() or " " in url:
        return "has characters that no URL has"
    if not host:
        return "names no host"
    if user is not None or "@" in url.partition("://")[2].partition("/")[0]:
        return "holds a user's name or password, which logs would keep"
    return ""


def _bounded(
    url: str,
    limits: FetchLimits,
    more: Mapping[str, str] = MappingProxyType({}),
    held: int | None = None,
) -> Fetched:
    """The file, or the failure, of a fetch that ends at the deadline."""
    kept = limits.size if held is None else held
    try:
        return within(limits.total_s, lambda: _fetch(url, limits, more, kept))
    except Overdue:
        raise _failed(url, f"it did not arrive within {limits.total_s:g} s") from None


def _fetch(url: str, limits: FetchLimits, more: Mapping[str, str], held: int) -> Fetched:
    import http.client
    import ssl
    import urllib.error
    import urllib.request

    headers = {"User-Agent": f"aztrust/{__version__}", "Accept-Encoding": "identity", **more}
    request = urllib.request.Request(url, headers=headers)  # noqa: S310 - _check_url: https
    try:
        with _opener().open(request, timeout=limits.idle_s) as answer:
            return _read(url, answer, limits, held)
    except AztrustError:
        raise
    except urllib.error.HTTPError as error:
        error.close()
        raise _failed(url, _refusal(error.code)) from None
    except urllib.error.URLError as error:
        raise _failed(url, _cause(error.reason, limits)) from None
    except (OSError, http.client.HTTPException, ssl.SSLError, ValueError) as error:
        raise _failed(url, _cause(error, limits)) from None


def _opener() -> urllib.request.OpenerDirector:
    """What opens https, and nothing else: no file, no ftp, no plain http, no stored password."""
    import ssl
    import urllib.request

    class Redirects(urllib.request.HTTPRedirectHandler):
        max_redirections = REDIRECTS

        def redirect_request(  # the signature is the library's
            self,
            req: urllib.request.Request,
            fp: IO[bytes],
            code: int,
            msg: str,
            headers: http.client.HTTPMessage,
            newurl: str,
        ) -> urllib.request.Request | None:
            # The library would read all of a redirect's body, and a body need not end.
            fp.close()
            try:
                _check_url(newurl)
            except UsageError as error:
                raise _failed(req.full_url, f"it leads elsewhere: {error.message}") from None
            return super().redirect_request(req, fp, code, msg, headers, newurl)

    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPSHandler(context=ssl.create_default_context()),
        Redirects(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.HTTPDefaultErrorHandler(),
    ):
        opener.add_handler(handler)
    return opener


def _read(url: str, answer: http.client.HTTPResponse, limits: FetchLimits, held: int) -> Fetched:
    if answer.status != 200:
        raise _failed(url, f"the server answers {answer.status}, which is not the file")
    if answer.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise _failed(url, "the server compresses it on the way, which was not asked for")
    declared = answer.length
    if declared is not None and declared > limits.size:
        raise _failed(
            url, f"it has {declared:,} bytes, more than the {limits.size:,} that are read"
        )
    digest, chunks, size = hashlib.sha256(), [], 0
    while chunk := answer.read(min(_CHUNK, limits.size + 1 - size)):
        digest.update(chunk)
        size += len(chunk)
        if size > limits.size:
            raise _failed(url, f"it has more than the {limits.size:,} bytes that are read")
        if size <= held:
            chunks.append(chunk)
        else:
            chunks.clear()
    if declared is not None and size != declared:
        raise _failed(url, f"it was cut off: {size:,} of {declared:,} bytes arrived")
    return Fetched(size, f"sha256:{digest.hexdigest()}", b"".join(chunks))


def _cause(error: object, limits: FetchLimits) -> str:
    import http.client
    import socket
    import ssl

    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the server's certificate is not accepted: {error.verify_message.rstrip('.')}"
    if isinstance(error, ssl.SSLError):
        return f"no safe connection: {error.reason or error}"
    if isinstance(error, TimeoutError):
        return f"the server sent nothing for {limits.idle_s:g} s"
    if isinstance(error, socket.gaierror):
        return "there is no host of that name, as far as this machine knows"
    if isinstance(error, http.client.IncompleteRead):
        return "it was cut off"
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return escape(str(text))[:200]


def _refusal(code: int) -> str:
    from http.client import responses

    if 300 <= code < 400:
        return f"the server redirects ({code}) to no place that is followed"
    return f"the server answers {code} {responses.get(code, '')}".rstrip()


def _failed(url: str, cause: str) -> CouldNotCheck:
    shown = shown_url(url)
    return CouldNotCheck(f"cannot fetch {shown}: {cause}", subject=shown, mend=_MEND)
