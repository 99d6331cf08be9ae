"""`data/index.html` of an archive: one page to start reading from. No script, and it prints."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from aztrust.core.archive.layout import EVIDENCE, LAUNCH, PAYLOAD, REPORTS, BagAbout
from aztrust.core.archive.preserved import Item
from aztrust.core.base.value import frozen
from aztrust.report.board.markup import Child, Html, inline, join, page, tag

_STYLE: Final = """
:root { color-scheme: light; }
body { font: 11pt/1.5 "DejaVu Serif", Georgia, serif; max-width: 48rem; margin: 2.5rem auto;
  padding: 0 1rem; color: #111; background: #fff; }
h1 { font-size: 1.6rem; margin-bottom: 0; } h2 { font-size: 1.15rem; margin-top: 2.2rem;
  border-bottom: 1px solid #111; padding-bottom: 0.15rem; }
.lead { margin-top: 0.2rem; color: #444; }
table { border-collapse: collapse; table-layout: fixed; width: 100%; margin: 0.6rem 0 1rem; }
th, td { border: 1px solid #bbb; padding: 0.3rem 0.5rem; text-align: left; vertical-align: top;
  overflow-wrap: anywhere; }
th { background: #f2f2f2; font-weight: 600; }
th.name { width: 26%; } th.item { width: 32%; } th.clause { width: 11%; }
code, pre { font: 9pt/1.45 "DejaVu Sans Mono", monospace; }
pre { background: #f6f6f6; border: 1px solid #ddd; padding: 0.6rem 0.8rem; white-space: pre-wrap; }
td code { overflow-wrap: anywhere; }
.missing td:first-child::before { content: "\\25cb\\00a0"; }
.there td:first-child::before { content: "\\2713\\00a0"; }
.missing { background: #fff6e5; }
@page { size: A4; margin: 18mm 16mm; }
@media print { body { margin: 0; padding: 0; max-width: none; font-size: 9.5pt; }
  h2 { break-after: avoid; } tr, pre { break-inside: avoid; }
  thead { display: table-header-group; } a { color: inherit; text-decoration: none; } }
"""
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"
_ROWS: Final = 400
"""Rows of one table: a page is for a person, and the files are all in the manifests."""


@frozen
class IndexRow:
    """Something in the archive.

    Attributes:
        title: what it is.
        path: where, in the bag; "" for nothing to open.
        text: one more line about it.
    """

    title: str
    path: str
    text: str = ""


@frozen
class Index:
    """What the page shows.

    Attributes:
        title: the launch's name.
        about: what the bag says of itself.
        head: origin and size of the ledger's last head; "" without one.
        packages: each package, and where it is, or that it was left out.
        happened: the minutes of the window, and the folders that are there.
        verdicts: each verdict with its report.
        items: what AZ-37.1 and RC-J demand.
        left_out: links and empty directories, which no bag has.
    """

    title: str
    about: BagAbout
    head: str
    packages: Sequence[IndexRow]
    happened: Sequence[IndexRow]
    verdicts: Sequence[IndexRow]
    items: Sequence[Item]
    left_out: int = 0


def index_page(index: Index) -> str:
    """The page as text."""
    title = f"Archive of {index.title}"
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", title),
        inline("style", _STYLE),
    )
    parts = [part for part in _parts(index) if part is not None]
    lead = tag("p", f"Everything about the launch of {index.about.chain_id}.", class_="lead")
    return page(tag("html", head, tag("body", tag("h1", title), lead, *parts), lang="en"))


def _parts(index: Index) -> Iterable[Child]:
    about = index.about
    yield _facts(
        ("chain", about.chain_id),
        ("scope", about.scope_hash or "none was frozen"),
        ("policy (the anchor)", about.policy_digest),
        ("last head of the ledger", index.head or "none"),
        ("as of", about.date),
    )
    yield tag("h2", "What has to be there")
    yield _items(index.items)
    yield tag("h2", "What happened")
    yield _table(("what", "where"), index.happened)
    yield tag("h2", "Verdicts, each with its report as it was given")
    yield _table(("verdict", "report"), index.verdicts) if index.verdicts else tag("p", "None.")
    yield tag("h2", "Packages")
    yield _table(("package", "where"), index.packages)
    if index.left_out:
        yield tag(
            "p",
            f"{index.left_out} symbolic links and empty directories are in the manifests alone,"
            " because no bag has such; they are put back by: aztrust restore.",
        )
    yield tag("h2", "How it is checked without aztrust")
    yield tag("p", "In the folder that holds bagit.txt:")
    yield tag("pre", _CHECKS)
    yield tag("h2", "How each verdict is recomputed")
    yield tag("pre", "aztrust audit PATH-OF-THE-ARCHIVE --anchor HEX")
    yield tag(
        "p",
        "The anchor, HEX, is the policy digest as it was announced: from another place than here.",
    )


_CHECKS: Final = (
    "sha256sum --check --strict --quiet manifest-sha256.txt tagmanifest-sha256.txt\n"
    "sha512sum --check --strict --quiet manifest-sha512.txt tagmanifest-sha512.txt\n"
    "b3sum --check aztrust/B3SUMS\n"
    "bagit.py --validate .\n"
)
FOLDERS: Final = (
    IndexRow("policy", f"{LAUNCH}/manifests/launch.toml"),
    IndexRow("records", f"{LAUNCH}/manifests/records"),
    IndexRow("verdicts", f"{LAUNCH}/manifests/verdicts"),
    IndexRow("ledger", f"{LAUNCH}/manifests/ledger"),
    IndexRow("logs, and other evidence", f"{LAUNCH}/evidence"),
    IndexRow("evidence that was kept elsewhere", EVIDENCE.rstrip("/")),
    IndexRow("what is missing", "data/missing.json"),
)
"""What an archive of any launch may have, for the page."""


def _facts(*rows: tuple[str, str]) -> Html:
    return tag(
        "table",
        *(
            tag("tr", tag("th", name, class_="name"), tag("td", tag("code", value)))
            for name, value in rows
        ),
    )


def _items(items: Sequence[Item]) -> Html:
    rows = [
        tag(
            "tr",
            tag("td", item.says),
            tag("td", item.clause),
            tag("td", _found(item)),
            class_="missing" if item.missing else "there",
        )
        for item in items
    ]
    heads = tag(
        "tr",
        tag("th", "item", class_="item"),
        tag("th", "clause", class_="clause"),
        tag("th", "here"),
    )
    return tag("table", tag("thead", heads), tag("tbody", *rows))


def _found(item: Item) -> Html:
    lacking = (f"missing: {item.missing}. ", tag("code", item.mend)) if item.missing else ()
    shown = list(item.found[:5]) or ([] if item.missing else ["none"])
    more = len(item.found) - len(shown)
    codes: list[Child] = []
    for found in shown:
        codes += [_one(item, found), " "]
    return join(*codes, f"and {more} more " if more > 0 else None, *lacking)


def _one(item: Item, found: str) -> Html:
    """A record by the id that `aztrust show` takes, a file as a link, a digest whole."""
    if found.startswith("sha256:"):
        whole = item.id == "artifact-ids"
        return tag("code", found if whole else found[7:19], title=found)
    if "/" not in found:
        return tag("code", found)
    path = found if found.startswith(PAYLOAD) else f"{LAUNCH}/{found}"
    return tag("a", found.rpartition("/")[2], href=_relative(path))


def _table(heads: tuple[str, str], rows: Sequence[IndexRow]) -> Html:
    body = [tag("tr", tag("td", _what(row)), tag("td", _where(row))) for row in rows[:_ROWS]]
    if len(rows) > _ROWS:
        body.append(tag("tr", tag("td", f"and {len(rows) - _ROWS} more"), tag("td", REPORTS)))
    titles = tag("tr", *(tag("th", head) for head in heads))
    return tag("table", tag("thead", titles), tag("tbody", *body))


def _what(row: IndexRow) -> Html:
    return join(row.title, f": {row.text}" if row.text else None)


def _where(row: IndexRow) -> Html:
    if not row.path:
        return join("not here")
    # The page is in data/, and a reference is relative to it.
    return tag("a", row.path, href=_relative(row.path))


def _relative(path: str) -> str:
    from urllib.parse import quote

    return quote(path.removeprefix(PAYLOAD))
