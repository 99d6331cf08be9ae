"""Hashing what a person names, and checking it against a checksum list."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from aztrust.core.base.errors import CouldNotCheck, Malformed, NothingToVerify
from aztrust.core.base.findings import Finding, Locus
from aztrust.core.base.paths import escape
from aztrust.core.base.value import frozen, replace
from aztrust.core.package.entries import FileEntry, SymlinkEntry
from aztrust.storage.checksums import Algorithm, BadLine, ChecksumLine, is_pgp_signed, parse_list
from aztrust.storage.hash_stream import digest_input
from aztrust.storage.progress import Progress
from aztrust.storage.tree.hashing import FileDigest, hash_files
from aztrust.storage.tree.jobs import default_jobs
from aztrust.storage.tree.tree import TreeRequest, read_tree


@frozen
class Hashed:
    """One file: the name as it is printed (bytes as `surrogateescape`), size, both digests."""

    name: str
    size: int
    executable: bool
    sha256: str
    blake3: str


@frozen
class Hashes:
    """All files, in the order asked for; what could not be hashed; links, which are not."""

    files: tuple[Hashed, ...]
    findings: tuple[Finding, ...]
    links: int = 0


def hash_paths(
    paths: Sequence[str],
    *,
    jobs: int | None = None,
    progress: Callable[[Progress], None] | None = None,
    stream: BinaryIO | None = None,
) -> Hashes:
    """Digests of files, and of every file below directories, sorted.

    A directory is read like a package: links in it are not followed, and special files, unsafe
    names and the rest are findings.

    Args:
        paths: files and directories; with `stream`, `-` is that.
        jobs: workers; None for one on each processor.
        progress: called with the counts while a directory is read.
        stream: standard input.
    """
    jobs = default_jobs() if jobs is None else jobs
    files: list[Hashed] = []
    findings: list[Finding] = []
    links = 0
    for path in paths:
        if path == "-" and stream is not None:
            try:
                raw = digest_input(stream)
            except OSError as error:
                cause = CouldNotCheck(f"it cannot be read: {error.strerror}", code="unreadable")
                findings.append(_finding(path, cause))
                continue
            digests = "sha256:" + raw.sha256.hex(), "blake3:" + raw.blake3.hex()
            files.append(Hashed(path, raw.size, False, *digests))
            continue
        if not os.path.isdir(path):  # noqa: TID251 - what cannot be looked at is a finding below
            for name, digest in hash_files([Path(path)], jobs=jobs):
                if isinstance(digest, FileDigest):
                    files.append(_of_file(path, digest))
                else:
                    findings.append(_finding(str(name), digest))
            continue
        try:
            tree = read_tree(Path(path), ".", TreeRequest(), jobs=jobs, progress=progress).tree
        except (CouldNotCheck, Malformed) as error:
            findings.append(_finding(path, error))
            continue
        prefix = path if path.endswith("/") else f"{path}/"
        files += (_of_entry(prefix, e) for e in tree.entries if isinstance(e, FileEntry))
        links += sum(isinstance(entry, SymlinkEntry) for entry in tree.entries)
        findings += (
            Finding(f.code, escape(prefix) + f.path, f.detail, locus=Locus.HOST)
            for f in tree.faults
        )
    return Hashes(tuple(files), tuple(findings), links)


@frozen
class Checked:
    """One line that was checked; `matched` is the algorithm that fits, None where none does."""

    line: ChecksumLine
    matched: Algorithm | None


@frozen
class CheckedList:
    """Every line of a list with its answer; `findings` are the lines that do not match."""

    checked: tuple[Checked, ...]
    findings: tuple[Finding, ...]
    notes: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """0 all hold, 10 something is wrong, 1 nothing is wrong but something is unknown."""
        codes = {finding.code for finding in self.findings}
        if codes - {"unreadable", "changed-while-reading", "special-file"}:
            return 10
        return 1 if codes else 0


def check_list(
    data: bytes,
    *,
    name: str,
    algorithm: Algorithm | None,
    only: Sequence[str] = (),
    jobs: int | None = None,
) -> CheckedList:
    """Hashes the files that a checksum list names, relative to the working directory.

    Args:
        name: what the list is called, for messages.
        algorithm: what its untagged lines are; None tries both and says which one fits.
        only: check only these paths; a path that the list does not name is a finding.

    Raises:
        NothingToVerify: the list is empty (law 2).
        CouldNotCheck: no line can be read here: of other algorithms, or one digest without a file.
    """
    lines: list[ChecksumLine] = []
    findings: list[Finding] = []
    for line in parse_list(data, algorithm):
        if isinstance(line, BadLine):
            findings.append(_bad(line, name))
        else:
            lines.append(line)
    if not lines and not findings:
        raise NothingToVerify(
            "the checksum list is empty, so nothing was checked",
            subject=escape(name),
            mend="get the list again from its publisher",
        )
    jobs = default_jobs() if jobs is None else jobs
    notes: list[str] = []
    if is_pgp_signed(data):
        notes.append("the list is PGP-signed, and its signature was not checked: gpg --verify")
    lines = [_with_file(line, only, name) if not line.name else line for line in lines]
    if only:
        listed = {os.path.normpath(line.name) for line in lines}
        wanted = {os.path.normpath(path): path for path in only}
        unlisted = [path for key, path in wanted.items() if key not in listed]
        elsewhere = list(_listed_elsewhere(unlisted, lines, jobs))
        lines = [line for line in lines if os.path.normpath(line.name) in wanted]
        for path, near, matches in elsewhere:
            if matches and near is not None:
                lines.append(replace(near, name=path))
                notes.append(f"{escape(path)} is listed as {escape(near.name)}, with its digest")
            else:
                findings.append(_unlisted(path, name, near))
    checked: list[Checked] = []
    answers = hash_files([Path(line.name) for line in lines], jobs=jobs)
    for line, (_, digest) in zip(lines, answers, strict=True):
        if isinstance(digest, FileDigest):
            matched = matching_algorithm(line, digest)
            if matched is None:
                findings.append(modified_finding(line, digest, name))
            checked.append(Checked(line, matched))
        else:
            findings.append(_finding(line.name, digest))
            checked.append(Checked(line, None))
    return CheckedList(tuple(checked), tuple(findings), tuple(notes))


def _with_file(line: ChecksumLine, only: Sequence[str], name: str) -> ChecksumLine:
    """The digest that is alone in its list, for the one file that was named."""
    if len(only) == 1:
        return replace(line, name=only[0])
    raise CouldNotCheck(
        "the list is one digest without a name",
        subject=escape(name),
        mend=f"name the one file that it is of: aztrust hash FILE --check {escape(name)}",
    )


def _listed_elsewhere(
    paths: Sequence[str], lines: Sequence[ChecksumLine], jobs: int
) -> Iterator[tuple[str, ChecksumLine | None, bool]]:
    """Each path that no line names, with the line that has its base name or its digest, if any.

    The third value is whether both are the same: the list was then made in another directory.
    """
    answers = hash_files([Path(path) for path in paths], jobs=jobs)
    for path, (_, digest) in zip(paths, answers, strict=True):
        base = _base(path)
        same = [
            line
            for line in lines
            if isinstance(digest, FileDigest) and matching_algorithm(line, digest) is not None
        ]
        both = [line for line in same if _base(line.name) == base]
        named = [line for line in lines if _base(line.name) == base]
        # Another line for the same base name leaves open which of them is meant.
        yield path, next(iter(both or same or named), None), len(named) == 1 == len(both)


def _base(name: str) -> str:
    return re.split(r"[/\\]", name)[-1]


def matching_algorithm(line: ChecksumLine, digest: FileDigest | FileEntry) -> Algorithm | None:
    """The algorithm whose digest of a file is the one in a line; None where none is."""
    have = _digits(digest)
    possible = (line.algorithm,) if line.algorithm else tuple(have)
    return next((a for a in possible if have[a] == line.digest), None)


def _digits(digest: FileDigest | FileEntry) -> dict[Algorithm, str]:
    return {
        "sha256": digest.sha256.removeprefix("sha256:"),
        "blake3": digest.blake3.removeprefix("blake3:"),
    }


def modified_finding(
    line: ChecksumLine,
    digest: FileDigest | FileEntry,
    name: str,
    subject: str = "",
    locus: Locus = Locus.HOST,
) -> Finding:
    """A file is not the one that a line of the list `name` is about.

    Args:
        subject: what to call the file; "" for the line's own name.
        locus: where the file is.
    """
    kind = line.algorithm
    label = f"{kind}:" if kind else ""
    have = _digits(digest)[kind] if kind else digest.sha256
    which = f"its {kind} digest is" if kind else "neither its SHA-256 nor its BLAKE3 digest is"
    return Finding(
        "file-modified",
        subject or escape(line.name),
        f"{which} not the one in line {line.number} of {escape(name)}"
        if kind
        else f"{which} the one in line {line.number} of {escape(name)}",
        expected=f"{label}{line.digest}",
        actual=f"{label}{have}",
        mend="get the file again, and the list from where it was announced",
        locus=locus,
    )


def _bad(line: BadLine, name: str) -> Finding:
    text = escape(line.text)[:60]
    if line.outside:
        message = f"line {line.number} is outside of the PGP-signed message: {text}"
        mend = "read only what is signed: gpg --decrypt writes it"
    elif line.tool:
        message = f"line {line.number} is of {line.tool}, which aztrust does not compute: {text}"
        mend = f"{line.tool} --check {escape(name)}"
    else:
        message = f"line {line.number} is not a checksum line: {text}"
        mend = "get the list again, or remove the line if it is not meant to be checked"
    code = "unreadable" if line.tool else "checksum-malformed"
    return Finding(code, escape(name), message, mend=mend, locus=Locus.HOST)


def _unlisted(path: str, name: str, line: ChecksumLine | None) -> Finding:
    message = f"{escape(name)} has no line for it"
    mend = "write the path as the list writes it, from the directory it is relative to"
    if line is not None and _base(line.name) == _base(path):
        message += f"; line {line.number} is for {escape(line.name)}, which is another path"
    elif line is not None:
        message += f"; line {line.number} has the same digest, for {escape(line.name)}"
        mend = "the bytes are those of that line; check that it is the file that you mean"
    return Finding("file-unlisted", escape(path), message, mend=mend, locus=Locus.HOST)


def _finding(path: str, error: CouldNotCheck | Malformed) -> Finding:
    return Finding(
        error.code or "unreadable",
        escape(path),
        error.message,
        mend=error.mend,
        locus=Locus.HOST,
    )


def _of_file(path: str, digest: FileDigest) -> Hashed:
    return Hashed(path, digest.size, digest.executable, digest.sha256, digest.blake3)


def _of_entry(prefix: str, entry: FileEntry) -> Hashed:
    return Hashed(prefix + entry.path, entry.size, entry.executable, entry.sha256, entry.blake3)


def checksum_lines(files: Iterable[Hashed], algorithms: Sequence[Algorithm]) -> bytes:
    """The list of these files: plain lines for one algorithm, tagged lines for several."""
    from aztrust.storage.checksums import format_line

    tagged = len(algorithms) > 1
    return b"".join(
        format_line(algorithm, getattr(file, algorithm), file.name, tagged=tagged)
        for file in files
        for algorithm in algorithms
    )
