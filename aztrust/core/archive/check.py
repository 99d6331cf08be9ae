"""Is a bag the one that was written? Every file by every list, and nothing but those files.

    findings = check_bag(BagContents(files, texts, faults))      # () is a yes

What is compared is what was read: `storage.bag.reading` hashes each file once, and holds the tag
files' bytes from that same read. The lists name what is wrong; then all lists are computed from the
payload once more and compared whole, so that no spelling of a list can hide anything. The profile
and `bag-info.txt` are taken as they are: an archive of an earlier aztrust is read for ever.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from aztrust.core.archive.layout import (
    B3SUMS,
    DECLARATION,
    INFO,
    LAUNCH,
    MANIFESTS,
    PAYLOAD,
    PROFILE,
    TAG_FILES,
    TAG_MANIFESTS,
    BagFile,
    parse_info,
    tag_files_of,
)
from aztrust.core.archive.listing import read_listing
from aztrust.core.base.findings import Finding
from aztrust.core.base.paths import escape
from aztrust.core.base.value import field, frozen

ALTERED: Final = "archive-altered"
"""A file has other bytes than its lists say, is missing, or is in no list."""
MALFORMED: Final = "archive-malformed"
"""A bag, or a list in it, that aztrust does not write."""

MEND: Final = (
    "get the archive again, also from another place; nothing of this copy can be relied on"
)
_LENGTHS: Final = {"sha256": 32, "sha512": 64, "blake3": 32}


@frozen
class BagContents:
    """A bag as it was read, not believed.

    Attributes:
        files: path to digests, of every regular file.
        texts: the bytes of the tag files that are there.
        faults: what is there and is not a regular file, or has a bad name: path, for display, to
            the cause as the end of the sentence "it …".
    """

    files: Mapping[str, BagFile]
    texts: Mapping[str, bytes]
    faults: Mapping[str, str] = field(default_factory=dict)

    @property
    def payload(self) -> dict[str, BagFile]:
        """The files below `data/`."""
        return {path: file for path, file in self.files.items() if path.startswith(PAYLOAD)}


def check_bag(bag: BagContents) -> tuple[Finding, ...]:
    """Everything about the bag that is not as it was written, sorted by path; () where nothing is.

    Findings: `archive-malformed` and `archive-altered`; subjects are paths in the bag.
    """
    if not {DECLARATION, MANIFESTS[0]} & bag.files.keys():
        subject = next(iter(sorted(bag.faults)), DECLARATION)
        what = "it is not an archive: neither bagit.txt nor manifest-sha256.txt is there"
        return (*_of_faults(bag), Finding(MALFORMED, subject, what, mend=MEND))
    findings = [*_of_faults(bag), *_of_tag_files(bag), *_of_lists(bag)]
    if not findings:
        findings += _whole(bag)
    return tuple(sorted(findings, key=lambda finding: (finding.subject, finding.message)))


def _of_faults(bag: BagContents) -> Iterator[Finding]:
    for path, cause in bag.faults.items():
        yield Finding(MALFORMED, path, f"it {cause}", mend=MEND)


def _of_tag_files(bag: BagContents) -> Iterator[Finding]:
    for path in TAG_FILES:
        if path not in bag.files:
            yield _altered(path, "it is not there, and every archive has it")
    for path in bag.files:
        if not path.startswith(PAYLOAD) and path not in TAG_FILES:
            yield _altered(path, "no archive has such a file")
    if LAUNCH not in bag.faults and not any(p.startswith(f"{LAUNCH}/") for p in bag.files):
        yield Finding(MALFORMED, LAUNCH, "it is not there: no launch is in the archive", mend=MEND)


def _of_lists(bag: BagContents) -> Iterator[Finding]:
    payload = bag.payload
    tags = {path: file for path, file in bag.files.items() if path in TAG_FILES}
    tagged = {path: file for path, file in tags.items() if path not in TAG_MANIFESTS}
    in_sums = {path: file for path, file in tagged.items() if path != B3SUMS}
    lists = (
        (MANIFESTS[0], "sha256", payload),
        (MANIFESTS[1], "sha512", payload),
        (TAG_MANIFESTS[0], "sha256", tagged),
        (TAG_MANIFESTS[1], "sha512", tagged),
        (B3SUMS, "blake3", {**payload, **in_sums}),
    )
    # One finding for a file, with every list that it disagrees with.
    found: dict[tuple[str, str], list[str]] = {}
    gone: dict[str, str] = {}
    for name, algorithm, files in lists:
        if name not in bag.texts:
            continue
        listing = read_listing(bag.texts[name], _LENGTHS[algorithm])
        for flaw in listing.flaws:
            yield Finding(MALFORMED, name, f"it {flaw}", mend=MEND)
        for path, digest in listing.digests.items():
            if path not in files:
                found.setdefault((path, "missing"), []).append(name)
                gone.setdefault(f"{algorithm}:{digest}", path)
            elif getattr(files[path], algorithm).hex() != digest:
                found.setdefault((path, "changed"), []).append(name)
        for path in files.keys() - listing.digests.keys():
            found.setdefault((path, "unlisted"), []).append(name)
    for (path, how), names in found.items():
        yield _altered(path, _sentence(bag, path, how, names, gone))


def _sentence(
    bag: BagContents, path: str, how: str, names: list[str], gone: Mapping[str, str]
) -> str:
    where = ", ".join(names)
    if how == "changed":
        return f"its bytes are not the archived ones by {where}"
    if how == "missing":
        if path in bag.files:
            return f"it is listed in {where}, which has no such file"
        return f"it is listed in {where} and is not there"
    file = bag.files[path]
    was = [gone.get(f"{name}:{getattr(file, name).hex()}") for name in _LENGTHS]
    renamed = next((name for name in was if name), "")
    text = f"it is there and is not listed in {where}"
    return f"{text}: it has the bytes of {escape(renamed)}" if renamed else text


def _whole(bag: BagContents) -> Iterator[Finding]:
    info = bag.texts[INFO]
    about = parse_info(info)
    if about is None:
        yield Finding(MALFORMED, INFO, "no archive has such a bag-info.txt", mend=MEND)
        return
    for path, data in tag_files_of(bag.payload, info, bag.texts[PROFILE]).items():
        if bag.texts[path] != data:
            yield Finding(MALFORMED, path, "its bytes are not those of an archive", mend=MEND)
    size, count = sum(file.size for file in bag.payload.values()), len(bag.payload)
    if f"\nPayload-Oxum: {size}.{count}\n".encode() not in info:
        yield Finding(MALFORMED, INFO, f"Payload-Oxum is not {size}.{count}", mend=MEND)


def _altered(path: str, message: str) -> Finding:
    return Finding(ALTERED, escape(path), message, mend=MEND)
