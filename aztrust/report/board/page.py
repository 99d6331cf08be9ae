"""The board as a page: of a server, which pushes its changes, or as one file that does not move."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from typing import Final, Literal

from aztrust.report.board.markup import Child, Html, inline, page, tag
from aztrust.report.board.model import BoardDocument
from aztrust.report.board.sections import headline, parts
from aztrust.report.text import utc

Asset = Literal["board.css", "board.js", "snapshot.js"]
TYPES: Final[Mapping[Asset, str]] = {
    "board.css": "text/css; charset=utf-8",
    "board.js": "text/javascript; charset=utf-8",
    "snapshot.js": "text/javascript; charset=utf-8",
}
"""The files of the page, and their media types."""
RELOAD_SECONDS: Final = 5
"""How often the page loads itself where scripts are off."""
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""The Content-Security-Policy of a served page: what is its own, and nothing else."""


def asset(name: Asset) -> str:
    """The text of a file of the page."""
    from importlib.resources import files

    return (files("aztrust.report.board") / name).read_text("utf-8")


def served_page(document: BoardDocument, *, root: str, version: str) -> str:
    """The page of a server, as of one reading; its script keeps it up to date.

    Args:
        document: the board.
        root: where its own files are, relative to the page or absolute, with a `/` at the end.
        version: what changes with those files, so that no old one is taken from a cache.
    """
    query = f"?v={version}"
    reload = tag("meta", http_equiv="refresh", content=RELOAD_SECONDS)
    return _page(
        document,
        "connecting",
        tag("link", rel="stylesheet", href=f"{root}board.css{query}"),
        tag("script", src=f"{root}board.js{query}", defer=True),
        tag("noscript", reload),
        events=f"{root}events",
        version=version,
    )


def saved_page(document: BoardDocument) -> str:
    """One file without any request: what it shows is of the time of the reading, and says so."""
    style, script = asset("board.css"), asset("snapshot.js")
    policy = (
        f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)};"
        " base-uri 'none'; form-action 'none'"
    )
    return _page(
        document,
        "saved",
        tag("meta", http_equiv="Content-Security-Policy", content=policy),
        inline("style", style),
        # At the end of the body: an inline script cannot be deferred.
        end=inline("script", script),
    )


def _page(
    document: BoardDocument,
    state: str,
    *head: Html,
    events: str | None = None,
    version: str | None = None,
    end: Child = None,
) -> str:
    made = parts(document)
    title = f"{document.launch} ({document.chain_id})"
    return page(
        tag(
            "html",
            tag(
                "head",
                tag("meta", charset="utf-8"),
                tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
                tag("meta", name="color-scheme", content="light dark"),
                tag("meta", name="referrer", content="no-referrer"),
                tag("title", f"{document.chain_id}: launch board"),
                *head,
            ),
            tag(
                "body",
                tag("a", "Skip to the board", href="#board", class_="skip"),
                tag(
                    "header",
                    tag("h1", title, tag("small", f" {document.network_class}")),
                    _connection(document, state),
                ),
                tag(
                    "main",
                    *(tag("section", part, id=name) for name, part in made.items()),
                    id="board",
                    tabindex=-1,
                ),
                _footer(document),
                tag("p", id="announcer", class_="hidden", aria_live="polite"),
                end,
            ),
            lang="en",
            # A later board may take the place of this file, and no other page may.
            data_made_by="aztrust board",
            data_state=state,
            data_at=document.at_unix_ms,
            data_headline=headline(document),
            data_events=events,
            data_version=version,
        )
    )


def _connection(document: BoardDocument, state: str) -> Html:
    """Whether what is shown is the present; until the script says so, it is not."""
    as_of = tag("span", utc(document.at_unix_ms), id="as-of")
    if state == "saved":
        return tag(
            "div",
            tag("p", "SAVED COPY", id="state", role="status"),
            tag("p", "the state of ", as_of, tag("span", "", id="age")),
            class_="connection",
        )
    return tag(
        "div",
        tag("p", "NOT LIVE", id="state", role="status"),
        tag("p", "the state of ", as_of, tag("span", "", id="age")),
        tag(
            "noscript",
            tag("p", f"Scripts are off: this page loads itself every {RELOAD_SECONDS} seconds."),
        ),
        class_="connection",
    )


def _footer(document: BoardDocument) -> Html:
    known = {
        "given": "agrees with the anchor given to the server",
        "pinned": "agrees with the anchor pinned on the server",
        "unpinned": "was compared with nothing",
    }
    window = document.window
    scope = window.scope_hash if window is not None else document.scope_hash
    return tag(
        "footer",
        tag("p", "policy ", tag("code", document.policy_digest), f" {known[document.anchor]}"),
        tag("p", "scope ", tag("code", scope)) if scope else None,
        tag("p", "This board is a view of signed records; the verdict is that of: aztrust verify"),
    )


def _hash(source: str) -> str:
    return f"'sha256-{b64encode(sha256(source.encode()).digest()).decode()}'"


def assets_version() -> str:
    """A name for the files of the page, which changes with any of them."""
    whole = "\0".join(asset(name) for name in TYPES)
    return sha256(whole.encode()).hexdigest()[:16]
