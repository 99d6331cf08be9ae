"""What servers give for the files that a launch publishes: current, stale, cached or different."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit

from aztrust.acts.publication import LISTS, PublicFile, Wanted
from aztrust.core.base.errors import CouldNotCheck, Malformed
from aztrust.core.base.paths import escape
from aztrust.core.base.value import frozen
from aztrust.core.kit.archive import parse_kit
from aztrust.core.package.altered import altered
from aztrust.core.package.entries import FileEntry
from aztrust.core.package.manifest import parse_manifest
from aztrust.core.policy.model import POLICY_PATH
from aztrust.storage.checksums import Algorithm, ChecksumLine, parse_list
from aztrust.storage.fetch import Fetched, fetch_copy, shown_url
from aztrust.storage.launch import LaunchFiles

State = Literal["current", "stale", "cached", "different", "unreachable", "unknown"]


@frozen
class Copy:
    """One public copy.

    Args:
        url: as it may be shown.
        name: the published file that it is compared with.
        state: what it is.
        cause: what is known of that copy, as a sentence; "" where it is current.
        mend: what to do about it.
        expected, actual: digests, "" where there is none.
    """

    url: str
    name: str
    state: State
    cause: str = ""
    mend: str = ""
    expected: str = ""
    actual: str = ""


Fetch = Callable[..., Fetched]


def check_copies(
    wanted: Wanted, launch: Path, urls: Iterable[str], fetch: Fetch = fetch_copy
) -> tuple[Copy, ...]:
    """Compare what servers give with what the launch publishes.

    Args:
        wanted: from `plan_publication`.
        launch: the launch directory, whose earlier manifests say what was published before.
        urls: https, each of one file.
        fetch: how a file is fetched.

    Raises:
        UsageError: a URL is not one that is fetched.
    """
    return tuple(_check(wanted, launch, url, fetch) for url in urls)


def _check(wanted: Wanted, launch: Path, url: str, fetch: Fetch) -> Copy:
    name = unquote(urlsplit(url).path).rpartition("/")[2]
    shown = shown_url(url)
    file = wanted.named(name)
    if file is None:
        known = ", ".join(escape(each.name) for each in wanted.files)
        return Copy(
            shown,
            escape(name),
            "unknown",
            "this launch publishes no file of that name",
            f"the names are: {known}",
        )
    try:
        got = fetch(url)
        if got.sha256 == file.sha256:
            return Copy(shown, file.name, "current", expected=file.sha256, actual=got.sha256)
        again = fetch(_past_caches(url, file), fresh=True)
    except CouldNotCheck as error:
        return Copy(shown, file.name, "unreachable", error.message, error.mend, file.sha256)
    if again.sha256 == file.sha256:
        return Copy(
            shown,
            file.name,
            "cached",
            "the server has the current file, and a cache on the way gives another one",
            "empty the cache (CDN, proxy), or wait until it expires; then check again",
            file.sha256,
            got.sha256,
        )
    state, cause = _what(file, got, launch, wanted)
    return Copy(
        shown,
        file.name,
        state,
        cause,
        "upload the file that is written by: aztrust publish OUT; then check again",
        file.sha256,
        got.sha256,
    )


def _past_caches(url: str, file: PublicFile) -> str:
    """The URL with a query that no cache has seen; the digest makes it the same in every run."""
    mark = "&" if urlsplit(url).query else "?"
    return f"{url}{mark}aztrust={file.sha256[7:23]}"


def _what(file: PublicFile, got: Fetched, launch: Path, wanted: Wanted) -> tuple[State, str]:
    """Whether another file is an earlier one of this launch, and what is known of that file."""
    if file.name.endswith(".aztrust"):
        return _kit(file, got)
    earlier = _earlier(file, got.sha256, launch)
    if earlier:
        return "stale", earlier
    if file.name in LISTS:
        return _list(file, got)
    if file.data:
        return "different", f"it has {got.size:,} bytes and not the {file.size:,} of this state"
    entry = _entry(file, wanted)
    what = altered(got.data, entry) if entry is not None and got.data else ""
    if what:
        return "different", f"it is {what}"
    if got.size < file.size:
        return "different", f"it has {got.size:,} of {file.size:,} bytes"
    return "different", "its bytes are not the sealed ones"


def _kit(file: PublicFile, got: Fetched) -> tuple[State, str]:
    try:
        theirs = parse_kit(got.data, what=file.name).files
    except Malformed as error:
        return "different", f"it is not a kit: {error.message}"
    ours = parse_kit(file.data, what=file.name).files
    if theirs.get(POLICY_PATH) != ours.get(POLICY_PATH):
        return "different", "it is a kit of another policy"
    lacking = sorted(set(ours.values()) - set(theirs.values()))
    more = [path for path, data in theirs.items() if data not in set(ours.values())]
    gone = [path for path in more if "/records/" in path or "/verdicts/" in path]
    if gone:
        return (
            "different",
            f"it has {len(gone)} records that this launch directory does not have: git pull first",
        )
    return "stale", f"it is an earlier kit: {len(lacking)} of its files are older or missing"


def _earlier(file: PublicFile, digest: str, launch: Path) -> str:
    for name, data in LaunchFiles(launch).sealed():
        try:
            manifest = parse_manifest(data, what=name)
        except Malformed:
            continue
        for entry in manifest.entries:
            if isinstance(entry, FileEntry) and entry.sha256 == digest:
                known = entry.path.rpartition("/")[2] == file.name
                what = "the file" if known else f"the file {escape(entry.path)}"
                return f"it is {what} of the {manifest.package_class} package {name[:8]}"
    return ""


def _list(file: PublicFile, got: Fetched) -> tuple[State, str]:
    algorithm: Algorithm = "sha256" if file.name == LISTS[0] else "blake3"
    ours = _lines(file.data, algorithm)
    theirs = _lines(got.data, algorithm)
    other = sorted(name for name in ours if theirs.get(name, ours[name]) != ours[name])
    missing = sorted(name for name in ours if name not in theirs)
    parts = []
    if other:
        parts.append(f"it lists another digest for {', '.join(map(escape, other[:5]))}")
    if missing:
        parts.append(f"it does not list {', '.join(map(escape, missing[:5]))}")
    return "different", "; ".join(parts) or "it lists the same digests, written in another way"


def _lines(data: bytes, algorithm: Algorithm) -> dict[str, str]:
    lines = parse_list(data, algorithm)
    return {line.name: line.digest for line in lines if isinstance(line, ChecksumLine)}


def _entry(file: PublicFile, wanted: Wanted) -> FileEntry | None:
    for manifest in wanted.context.manifests.values():
        for entry in manifest.entries:
            if isinstance(entry, FileEntry) and entry.sha256 == file.sha256:
                return entry
    return None
