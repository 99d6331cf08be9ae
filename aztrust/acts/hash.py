"""Hashing what a person names, and checking it against a checksum list."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from aztrust.core.base.errors import CouldNotCheck, Malformed, NothingToVerify
from aztrust.core.base.findings import Finding, Locus
from aztrust.core.base.paths import escape
from aztrust.core.base.value import frozen
from aztrust.core.package.entries import FileEntry, SymlinkEntry
from aztrust.storage.checksums import Algorithm, BadLine, ChecksumLine, parse_list
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
) -> Hashes:
    """Digests of files, and of every file below directories, sorted.

    A directory is read like a package: links in it are not followed, and special files, unsafe
    names and the rest are findings.
    """
    jobs = default_jobs() if jobs is None else jobs
    files: list[Hashed] = []
    findings: list[Finding] = []
    links = 0
    for path in paths:
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
    if only:
        listed = {os.path.normpath(line.name) for line in lines}
        wanted = {os.path.normpath(path): path for path in only}
        lines = [line for line in lines if os.path.normpath(line.name) in wanted]
        findings += (_unlisted(p, name) for key, p in wanted.items() if key not in listed)
    jobs = default_jobs() if jobs is None else jobs
    checked: list[Checked] = []
    answers = hash_files([Path(line.name) for line in lines], jobs=jobs)
    for line, (_, digest) in zip(lines, answers, strict=True):
        if isinstance(digest, FileDigest):
            matched = _matching(line, digest)
            if matched is None:
                findings.append(_modified(line, digest, name))
            checked.append(Checked(line, matched))
        else:
            findings.append(_finding(line.name, digest))
            checked.append(Checked(line, None))
    return CheckedList(tuple(checked), tuple(findings))


def _matching(line: ChecksumLine, digest: FileDigest) -> Algorithm | None:
    have = _digits(digest)
    possible = (line.algorithm,) if line.algorithm else tuple(have)
    return next((a for a in possible if have[a] == line.digest), None)


def _digits(digest: FileDigest) -> dict[Algorithm, str]:
    return {
        "sha256": digest.sha256.removeprefix("sha256:"),
        "blake3": digest.blake3.removeprefix("blake3:"),
    }


def _modified(line: ChecksumLine, digest: FileDigest, name: str) -> Finding:
    kind = line.algorithm
    label = f"{kind}:" if kind else ""
    have = _digits(digest)[kind] if kind else digest.sha256
    which = f"its {kind} digest is" if kind else "neither its SHA-256 nor its BLAKE3 digest is"
    return Finding(
        "file-modified",
        escape(line.name),
        f"{which} not the one in line {line.number} of {escape(name)}"
        if kind
        else f"{which} the one in line {line.number} of {escape(name)}",
        expected=f"{label}{line.digest}",
        actual=f"{label}{have}",
        mend="get the file again, and the list from where it was announced",
        locus=Locus.HOST,
    )


def _bad(line: BadLine, name: str) -> Finding:
    return Finding(
        "checksum-malformed",
        escape(name),
        f"line {line.number} is not a checksum line: {escape(line.text)[:60]}",
        mend="get the list again, or remove the line if it is not meant to be checked",
        locus=Locus.HOST,
    )


def _unlisted(path: str, name: str) -> Finding:
    return Finding(
        "file-unlisted",
        escape(path),
        f"{escape(name)} has no line for it",
        mend="write the path as the list writes it, from the directory it is relative to",
        locus=Locus.HOST,
    )


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
