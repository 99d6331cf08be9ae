"""Writing the archive: everything about a launch, in one bag that others can check."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

from aztrust.acts.archived_documents import archived_documents
from aztrust.acts.archived_evidence import archived_evidence
from aztrust.acts.evidence_log import is_kept
from aztrust.acts.pack import Gathered, gather
from aztrust.core.archive.layout import (
    INDEX,
    LAUNCH,
    MINUTES,
    MISSING,
    REPORTS,
    BagAbout,
    BagFile,
)
from aztrust.core.archive.logs import DOCUMENT_LIMIT, ENDING, FOLDER, NodeLog, parse_log
from aztrust.core.archive.preserved import Item, preserved, required
from aztrust.core.base.canonical import dumps
from aztrust.core.base.digest import sha256_id
from aztrust.core.base.errors import NothingToVerify, Refused, UsageError
from aztrust.core.base.paths import escape
from aztrust.core.base.times import format_rfc3339
from aztrust.core.base.value import frozen, replace
from aztrust.core.judge.window_minutes import window_minutes
from aztrust.core.judge.window_view import view_window
from aztrust.core.package.entries import FileEntry
from aztrust.core.policy.model import PACKAGE_CLASSES
from aztrust.core.state.context import Context, read_context, require_policy
from aztrust.core.state.ledger.freshness import claimed_times
from aztrust.report.archive.index import FOLDERS, Index, IndexRow, index_page
from aztrust.report.window.minutes import minutes_html, minutes_markdown
from aztrust.storage.bag.collecting import files_below
from aztrust.storage.bag.writing import (
    LaunchFile,
    PackageFile,
    Source,
    WrittenBag,
    require_absent,
    write_bag,
)
from aztrust.storage.folders import read_bounded
from aztrust.storage.launch import REPORTS as KEPT_REPORTS
from aztrust.storage.output import check_place
from aztrust.storage.presence import is_present

_FOLDERS: Final = ("evidence", "manifests/provenance", "observations")
"""Folders of a launch directory that no kit has, and an archive has whole."""
_CHECKLIST: Final = "manifests/checklist.toml"
_REPORT: Final = re.compile(r"[a-z_]{1,64}\.[0-9a-f]{16}\.[0-9a-f]{8}\.json")


@frozen
class Archived:
    """An archive as it was written, or as it would have been.

    Attributes:
        path: where it is.
        written: False where `strict` refused it.
        tar: whether it is one file.
        about: what the bag says of itself.
        files: path to digests of every file of the payload; {} where it was not written.
        size: bytes of the payload.
        items: what a launch has to leave behind.
        packages: whether the packages are in it.
        left_out: links and empty directories of the packages, which no bag has.
        manifest_sha256: of `manifest-sha256.txt`, which names every file of the payload.
    """

    path: Path
    written: bool
    tar: bool
    about: BagAbout
    files: Mapping[str, BagFile]
    size: int
    items: tuple[Item, ...]
    packages: bool
    left_out: int
    manifest_sha256: str = ""

    @property
    def refused(self) -> tuple[Item, ...]:
        """What `strict` does not let out of an archive."""
        return required(self.items)


def archive(
    launch: Path,
    out: Path,
    ledger: str | None = None,
    *,
    packages: bool = True,
    strict: bool = False,
    tar: bool = False,
    advance: Callable[[int], None] | None = None,
) -> Archived:
    """Write the archive of a launch. The same launch gives the same bytes everywhere.

    Args:
        launch: the launch directory.
        out: where to; nothing may be there.
        ledger: `--ledger` as typed, None where it was not given.
        packages: whether the packages are copied, or their manifests alone.
        strict: write nothing where something of AZ-37.1, or a file of evidence, is missing.
        tar: one file instead of a directory.
        advance: called with the bytes of each block that was copied.

    Raises:
        NothingToVerify, Malformed, CouldNotCheck, Refused: as `acts.pack.build_kit`; the ledger
            has no signed head; a package is not the sealed one; something is at `out`.
        UsageError: `out` is inside what is judged.
    """
    require_absent(out)
    check_place(out, (launch,), option="the archive")
    for folder in _FOLDERS:
        if Path(os.path.realpath(launch / folder)) in Path(os.path.realpath(out)).parents:
            raise UsageError(
                f"the archive {escape(str(out))} is in {folder}, which it has whole",
                subject="OUT",
                mend="name a place outside of the launch directory",
            )
    gathered = gather(launch, ledger, what="archive")
    reading = gathered.evidence.ledger
    if reading is not None and not reading.ignored and not gathered.headed:
        raise Refused(
            "no archive is written: the ledger has no signed head, which dates it",
            subject=escape(reading.name),
            mend="its keeper signs one: aztrust ledger head --key K",
        )
    at_unix_ms = _last_time(gathered)
    # As of the last head, so that no clock changes the pages.
    request = replace(gathered.context.request, now_unix_ms=at_unix_ms)
    context = read_context(request, gathered.evidence)
    policy = require_policy(context)
    about = BagAbout(
        escape(policy.launch.chain_id),
        context.policy_digest,
        context.scope.hash if context.scope is not None else "",
        format_rfc3339(at_unix_ms * 1_000_000)[:10],
    )
    sources: dict[str, Source] = {f"{LAUNCH}/{p}": d for p, d in gathered.files.items()}
    further = [path for folder in _FOLDERS for path in files_below(launch, folder)]
    kept = files_below(launch, KEPT_REPORTS)
    reports = [path for path in kept if _REPORT.fullmatch(path.rpartition("/")[2])]
    further += [_CHECKLIST] if is_present(launch / _CHECKLIST) else []
    sources |= {f"{LAUNCH}/{path}": LaunchFile(path) for path in further}
    sources |= {REPORTS + path.rpartition("/")[2]: LaunchFile(path) for path in reports}
    left_out = 0
    if packages:
        found, left_out = _packages(context)
        sources |= found
    logs = _logs(launch, further)
    changed = {log.path for log in logs if not is_kept(launch, log)}
    names = [path.rpartition("/")[2].removesuffix(".json") for path in reports]
    shown = archived_evidence(context, launch, sources)
    sources |= shown.sources
    items = (*preserved(context, logs, names, changed=changed), *shown.items)
    done = Archived(out, False, tar, about, {}, 0, items, packages, left_out)
    if strict and required(items):
        return done
    pages: dict[str, Source] = {**_minutes(context), **archived_documents(context, shown.states)}
    sources |= pages
    sources[MISSING] = missing_document(items, packages=packages)
    sources[INDEX] = _index(done, context, sources, tuple(pages)).encode()
    wrote = write_bag(out, launch, sources, about, tar=tar, advance=advance)
    return _finished(done, wrote)


def missing_document(items: tuple[Item, ...], *, packages: bool) -> bytes:
    """The bytes of `data/missing.json`."""
    document = {
        "schema": "aztrust/archive-missing",
        "version_major": 1,
        "version_minor": 0,
        "packages": packages,
        "missing": [item.document() for item in items if item.missing],
        "present": [item.document() for item in items if not item.missing],
    }
    return dumps(document) + b"\n"


def _finished(done: Archived, wrote: WrittenBag) -> Archived:
    digest = sha256_id(wrote.tags["manifest-sha256.txt"])
    return replace(done, written=True, files=wrote.payload, size=wrote.size, manifest_sha256=digest)


def _last_time(gathered: Gathered) -> int:
    """The time of the newest record under the last head, or of all where there is no ledger.

    A head carries no time of its own; it cannot be older than what it covers.
    """
    claimed = claimed_times(gathered.context)
    reading = gathered.evidence.ledger
    if reading is not None and reading.head is not None:
        size = reading.head.verified.head.size
        under = {entry.record.record_id for entry in reading.entries if entry.index < size}
        claimed = {key: time for key, time in claimed.items() if key in under}
    if not claimed:
        raise NothingToVerify(
            "no archive is written: nothing here is signed by anyone the policy names",
            mend="aztrust verify",
        )
    return max(claimed.values())


def _packages(context: Context) -> tuple[dict[str, Source], int]:
    """Every file of the sealed packages, and how many links and empty directories there are."""
    policy, found, others = require_policy(context), {}, 0
    for package_class in PACKAGE_CLASSES:
        manifest = context.manifests.get(package_class)
        if manifest is None:
            error = context.manifest_errors.get(package_class)
            raise error or NothingToVerify(
                f"no archive is written: the {package_class} package is not sealed",
                mend=f"aztrust seal {package_class}, or leave packages out: --without-packages",
            )
        root = policy.package(package_class).path
        for entry in manifest.entries:
            if isinstance(entry, FileEntry):
                found[f"{LAUNCH}/{root}/{entry.path}"] = PackageFile(root, entry)
            else:
                others += 1
    sources: dict[str, Source] = dict(found)
    return sources, others


def _logs(launch: Path, paths: list[str]) -> list[NodeLog]:
    documents = [p for p in paths if p.startswith(f"{FOLDER}/") and p.endswith(ENDING)]
    logs = [parse_log(read_bounded(launch / path, DOCUMENT_LIMIT), name=path) for path in documents]
    return [log for log in logs if log.path in paths]


def _minutes(context: Context) -> dict[str, Source]:
    view = view_window(context)
    if view is None:
        return {}
    minutes = window_minutes(view)
    return {
        f"{MINUTES}minutes.html": minutes_html(minutes).encode(),
        f"{MINUTES}minutes.md": minutes_markdown(minutes).encode(),
    }


def _index(
    done: Archived, context: Context, sources: Mapping[str, Source], pages: tuple[str, ...]
) -> str:
    policy = require_policy(context)
    reading = context.evidence.ledger
    head = reading.head if reading is not None else None
    packages = [
        IndexRow(
            package_class,
            f"{LAUNCH}/{policy.package(package_class).path}" if done.packages else "",
            context.manifest_ids.get(package_class, "not sealed"),
        )
        for package_class in PACKAGE_CLASSES
    ]
    origin = "" if head is None else head.verified.head.origin
    return index_page(
        Index(
            title=policy.launch.name,
            about=done.about,
            head=f"{origin}, {head.verified.head.size} entries" if head is not None else "",
            packages=packages,
            happened=[
                *(IndexRow(_PAGES[Path(path).stem], path) for path in sorted(pages)),
                *(row for row in FOLDERS if any(path.startswith(row.path) for path in sources)),
            ],
            verdicts=list(_verdicts(context, sources)),
            items=done.items,
            left_out=done.left_out if done.packages else 0,
        )
    )


_PAGES: Final = {
    "decision": "record of the decision",
    "minutes": "minutes of the window",
    "packet": "launch packet",
}


def _verdicts(context: Context, sources: Mapping[str, Source]) -> Iterator[IndexRow]:
    reports = sorted(path for path in sources if path.startswith(REPORTS))
    held = context.verdicts.verdicts
    for verdict in sorted(
        held, key=lambda v: (v.statement.checkpoint.timestamp_unix_ms, v.record_id, v.holder)
    ):
        checkpoint, short = verdict.statement.checkpoint, verdict.record_id[7:23]
        mine = (path for path in reports if f".{short}.{verdict.key.fingerprint[7:15]}." in path)
        text = f"{checkpoint.verdict}, by {verdict.holder}, {short}"
        yield IndexRow(checkpoint.checkpoint_class, next(mine, ""), text)
