"""`aztrust archive`: everything about a launch in one bag."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aztrust.cli.app import Session, command
from aztrust.cli.options import ledger_option

if TYPE_CHECKING:
    from aztrust.acts.archive import Archived

MISSING = 11
"""The exit code where --strict writes nothing: something was not looked at or is not there."""


@command(
    "archive",
    short_help="Write everything about a launch into one bag.",
    no_output="the archive is the argument, aztrust archive OUT, and its report goes to standard"
    " output",
    example="aztrust archive atlas-zero-1-archive\naztrust archive atlas-zero-1.tar --strict",
)
@click.argument("out", metavar="OUT", type=click.Path(path_type=Path))
@click.option("--tar", is_flag=True, help="One file; also where OUT ends in .tar.")
@click.option(
    "--without-packages", is_flag=True, help="Leave the packages out, and keep their manifests."
)
@click.option(
    "--strict",
    is_flag=True,
    help="Write nothing, and end with 11, where something that a launch must preserve is missing.",
)
@ledger_option
def archive(
    session: Session,
    out: Path,
    tar: bool,
    without_packages: bool,
    strict: bool,
    ledger: str | None,
) -> int:
    """Write one BagIt bag: packages, policy, keys, records, verdicts, ledger, evidence, reports.

    OUT is a directory that does not exist yet, or a file. bagit, sha256sum, b3sum and others check
    it without aztrust; aztrust audit OUT recomputes every verdict from it. What a launch must
    preserve and is not there is named in data/missing.json, and here.

    The same launch gives the same bytes on every machine. The archive is dated by the newest record
    under the ledger's last head.
    """
    from aztrust.acts.archive import archive as run

    done = run(
        session.launch(),
        out,
        ledger,
        packages=not without_packages,
        strict=strict,
        tar=tar or out.suffix == ".tar",
    )
    code = 0 if done.written else MISSING
    session.emit(_document(done, code), _lines(done), brief=f"{done.path}  {done.manifest_sha256}")
    return code


def _document(done: Archived, code: int) -> dict[str, Any]:
    return {
        "schema": "aztrust/archived",
        "version_major": 1,
        "version_minor": 0,
        "exit_code": code,
        "path": str(done.path),
        "written": done.written,
        "form": "tar" if done.tar else "directory",
        "files": len(done.files),
        "size": done.size,
        "manifest_sha256": done.manifest_sha256 or None,
        "chain_id": done.about.chain_id,
        "policy_digest": done.about.policy_digest,
        "scope_hash": done.about.scope_hash or None,
        "date": done.about.date,
        "packages": done.packages,
        "left_out": done.left_out,
        "items": [item.document() for item in done.items],
    }


def _lines(done: Archived) -> list[str]:
    from aztrust.core.archive.layout import encode_path
    from aztrust.core.base.digest import groups
    from aztrust.core.base.paths import escape
    from aztrust.report.advice import advice_lines
    from aztrust.report.lines import labelled
    from aztrust.report.size import size

    lines: list[str] = []
    if done.written:
        packages = "with the packages" if done.packages else "without the packages"
        text = f"{escape(str(done.path))}   {len(done.files)} files, {size(done.size)}, {packages}"
        lines += labelled("wrote", f"{text}; as of {done.about.date}")
        lines += labelled("digest", "of manifest-sha256.txt, which names every file:")
        lines += labelled("", groups(done.manifest_sha256))
    else:
        count = len(done.refused)
        lines += labelled("REFUSED", f"nothing is written: {count} missing (--strict)")
    if done.left_out:
        text = f"{done.left_out} links and empty directories are in the manifests alone"
        lines += labelled("note", f"{text}; put them back: aztrust restore")
    odd = sorted(path for path in done.files if encode_path(path) != path)
    if odd:
        text = f"{escape(odd[0])} has a percent sign or a line break in its name, which not every"
        lines += labelled("note", f"{text} validator of bags reads as RFC 8493 has it")
    for item in done.items:
        if item.missing:
            word = "missing" if done.written or item in done.refused else "also"
            lines += labelled(word, f"{item.clause} {item.id}: {item.missing}")
            lines += advice_lines("mend", item.mend)
    if done.written:
        lines += labelled("keep", "it in two places, and the anchor in a third")
        anchor = done.about.policy_digest.removeprefix("sha256:")
        place = shlex.quote(str(done.path))
        lines += advice_lines("next", f"aztrust audit {place} --anchor {anchor}")
    return lines
