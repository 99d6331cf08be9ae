"""`aztrust hash`: both digests of files, and checksum lists that other tools read and write."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from aztrust.cli.app import Session, command
from aztrust.cli.options import jobs_option
from aztrust.cli.terminal import is_terminal, print_bytes, print_lines
from aztrust.core.base.errors import CouldNotCheck, NothingToVerify, UsageError

if TYPE_CHECKING:
    from aztrust.acts.hash import CheckedList, Hashes
    from aztrust.core.base.findings import Finding
    from aztrust.storage.checksums import Algorithm

LIST_LIMIT = 64 << 20
"""Bytes of a checksum list: a line for each of some hundred thousand files."""

FINDINGS_SHOWN = 1000
"""Problems that the text shows in full; every line is answered all the same."""

LINE_LIMIT = 16 << 10
"""Bytes of one of its lines: four times the longest path, for escapes."""


@command(
    "hash",
    short_help="Print and check SHA-256 and BLAKE3 lines.",
    example=(
        "aztrust hash --algorithm sha256 release > SHA256SUMS\n"
        "aztrust hash --check SHA256SUMS\n"
        "aztrust hash atlasd.tar.gz --check SHA256SUMS"
    ),
)
@click.argument("paths", nargs=-1, metavar="PATH...", type=click.Path(allow_dash=True))
@click.option(
    "--check",
    metavar="FILE",
    type=click.Path(allow_dash=True),
    help="Check the files this list names (- for standard input); only PATHs, if any are given.",
)
@click.option(
    "--algorithm",
    type=click.Choice(["both", "sha256", "blake3"]),
    default="both",
    show_default=True,
    help="sha256 writes what sha256sum writes, blake3 what b3sum does, both the BSD form.",
)
@jobs_option
def hash_command(
    session: Session, paths: tuple[str, ...], check: str | None, algorithm: str, jobs: int | None
) -> int:
    """Print the digests of files, and of every file below directories; or check a list of them.

    Both digests come from one pass. sha256sum --check and b3sum --check accept the lines, and
    their lines are accepted here. A PATH - is standard input. Names in a list are relative to the
    working directory.
    """
    if check is not None:
        return _check(session, check, paths, algorithm, jobs)
    if not paths:
        raise UsageError("no file to hash", mend="name files or directories, or give --check FILE")
    return _print(session, paths, algorithm, jobs)


def _print(session: Session, paths: Sequence[str], algorithm: str, jobs: int | None) -> int:
    from aztrust.acts.hash import checksum_lines, hash_paths
    from aztrust.cli.progress import progress_line

    with progress_line(session) as progress:
        hashes = hash_paths(paths, jobs=jobs, progress=progress, stream=sys.stdin.buffer)
    if not hashes.files and not hashes.findings:
        raise NothingToVerify("there is no file to hash", mend="name a file, or a fuller directory")
    exit_code = 1 if hashes.findings else 0
    if session.format == "json":
        session.emit(_document(hashes, exit_code), ())
    else:
        chosen: list[Algorithm] = ["sha256"] if algorithm == "sha256" else ["blake3"]
        lines = checksum_lines(
            hashes.files, ["sha256", "blake3"] if algorithm == "both" else chosen
        )
        if session.output is None and is_terminal(sys.stdout):
            # As coreutils does: programs get the bytes, a terminal gets no control characters.
            print_lines(lines.decode("utf-8", "surrogateescape").split("\n")[:-1])
        elif session.output is None:
            print_bytes(lines)
        else:
            from aztrust.storage.output import write_output

            write_output(session.output, lines)
        print_lines([t for f in hashes.findings for t in _finding_lines(f)], err=True)
        if hashes.links:
            session.note(f"note     {hashes.links} symbolic links were not followed")
    return exit_code


def _check(
    session: Session, check: str, paths: Sequence[str], algorithm: str, jobs: int | None
) -> int:
    from aztrust.acts.hash import check_list
    from aztrust.storage.checksums import algorithm_of

    named: Algorithm | None = algorithm_of(check)
    if algorithm != "both":
        named = "sha256" if algorithm == "sha256" else "blake3"
    result = check_list(_read_list(check), name=check, algorithm=named, only=paths, jobs=jobs)
    if session.format == "json":
        session.emit(_check_document(result), ())
    else:
        session.emit({}, _check_lines(result, session))
    return result.exit_code


def _read_list(name: str) -> bytes:
    data = sys.stdin.buffer.read(LIST_LIMIT + 1) if name == "-" else _read_file(name)
    if len(data) > LIST_LIMIT:
        raise CouldNotCheck(
            f"the checksum list is larger than {LIST_LIMIT >> 20} MiB",
            subject=name,
            mend="check it in parts",
        )
    if max(map(len, data.split(b"\n"))) > LINE_LIMIT:
        raise CouldNotCheck(
            f"the checksum list has a line of more than {LINE_LIMIT >> 10} KiB",
            subject=name,
            mend="check that it is a checksum list, and get it again",
        )
    return data


def _read_file(name: str) -> bytes:
    import stat

    descriptor = -1
    try:
        # A pipe without a writer would block, here and when it is read.
        descriptor = os.open(name, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb", closefd=False) as file:
            if stat.S_ISREG(os.fstat(descriptor).st_mode):
                return file.read(LIST_LIMIT + 1)
    except OSError as error:
        raise CouldNotCheck(
            f"the checksum list cannot be read: {error.strerror}",
            subject=name,
            mend="check its path and permissions",
            code="unreadable",
        ) from None
    finally:
        if descriptor >= 0:
            os.close(descriptor)
    raise CouldNotCheck(
        "the checksum list is not a regular file",
        subject=name,
        mend="name a file, or give the list to --check - on standard input",
        code="unreadable",
    )


def _check_lines(result: CheckedList, session: Session) -> list[str]:
    from aztrust.core.base.paths import escape
    from aztrust.report.lines import labelled

    good = sum(checked.matched is not None for checked in result.checked)
    word = {0: "PASS", 1: "ERROR", 10: "FAIL"}[result.exit_code]
    total = len(result.checked)
    # A line that names no file, or a path without a line, is not among the compared files.
    rest = "" if good < total or not result.findings else f", {_problems(len(result.findings))}"
    lines = [f"{word:<8} {good} of {total} files match{rest}   exit {result.exit_code}"]
    for note in result.notes:
        lines += labelled("note", note)
    shown = result.findings if session.verbose else result.findings[:FINDINGS_SHOWN]
    for finding in shown:
        lines += _finding_lines(finding)
    if len(shown) < len(result.findings):
        lines.append(f"+{len(result.findings) - len(shown)} more problems; all of them with -v")
    if not session.quiet:
        for checked in result.checked:
            answer = f"OK ({checked.matched})" if checked.matched else "FAILED"
            lines.append(f"{escape(checked.line.name)}: {answer}")
    return lines


def _problems(count: int) -> str:
    return "but 1 problem" if count == 1 else f"but {count} problems"


def _finding_lines(finding: Finding) -> list[str]:
    from aztrust.report.advice import advice_lines
    from aztrust.report.lines import labelled

    lines = [f"{finding.code}  {finding.subject}", *labelled("", finding.message)]
    if finding.expected:
        lines += labelled("have", finding.actual) + labelled("need", finding.expected)
    if finding.mend:
        lines += advice_lines("mend", finding.mend)
    return lines


def _document(hashes: Hashes, exit_code: int) -> dict[str, Any]:
    from aztrust.core.base.paths import escape

    return {
        **_head("aztrust/hashes", exit_code),
        "files": [
            {
                "path": escape(file.name),
                "size": file.size,
                "executable": file.executable,
                "sha256": file.sha256,
                "blake3": file.blake3,
            }
            for file in hashes.files
        ],
        "findings": [_finding_document(finding) for finding in hashes.findings],
    }


def _check_document(result: CheckedList) -> dict[str, Any]:
    from aztrust.core.base.paths import escape

    return {
        **_head("aztrust/hash-check", result.exit_code),
        "lines": [
            {
                "line": checked.line.number,
                "path": escape(checked.line.name),
                "digest": checked.line.digest,
                "matched": checked.matched,
            }
            for checked in result.checked
        ],
        "notes": list(result.notes),
        "findings": [_finding_document(finding) for finding in result.findings],
    }


def _head(schema: str, exit_code: int) -> dict[str, Any]:
    return {
        "schema": schema,
        "version_major": 1,
        "version_minor": 0,
        "command": "hash",
        "exit_code": exit_code,
    }


def _finding_document(finding: Finding) -> dict[str, str]:
    return {
        "code": finding.code,
        "locus": finding.locus.value,
        "subject": finding.subject,
        "message": finding.message,
        "expected": finding.expected,
        "actual": finding.actual,
        "mend": finding.mend,
    }
