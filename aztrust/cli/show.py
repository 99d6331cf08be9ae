"""`aztrust show`: any aztrust file, for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from aztrust.cli.app import Session, command
from aztrust.cli.streams import InputFile
from aztrust.core.base.errors import NothingToVerify
from aztrust.core.base.model import Model
from aztrust.core.formats.keys import PublicKey
from aztrust.core.kit.facts import KitFacts
from aztrust.core.package.manifest import Manifest
from aztrust.core.policy.model import Policy
from aztrust.report.facts import (
    Row,
    key_rows,
    kit_document,
    kit_rows,
    manifest_rows,
    policy_rows,
    record_rows,
    report_rows,
    row_lines,
)
from aztrust.report.model import Report
from aztrust.report.signedverdict import is_verdict, verdict_rows

if TYPE_CHECKING:
    from aztrust.acts.show import Shown
    from aztrust.storage.launch import LaunchFiles


@command(
    "show",
    short_help="Any aztrust file, for a person.",
    example="aztrust show manifests/release.json\naztrust show a07be144\n"
    "aztrust show 'go/no-go decision = GO'\n"
    "aztrust show atlas-zero-1.aztrust",
)
@click.argument("target", metavar="FILE|ID|STATEMENT", type=InputFile())
def show(session: Session, target: str) -> None:
    """Show a policy, manifest, record, public key, report or kit, by file (- is standard
    input), the start of its id, or a structured statement that was read aloud or pasted.

    It shows what was verified about it and what was not. Showing a file is never a verdict on a
    launch: that is aztrust verify.
    """
    from aztrust.acts import show as workflow

    launch = _launch(session)
    shown = workflow.show(target, workflow.launch_context_or_none(launch), launch)
    session.emit(shown_document(shown), shown_lines(shown), brief=f"{shown.title}  {shown.id}")


def shown_document(shown: Shown) -> dict[str, object]:
    """What `--format json` gives."""
    return {
        "schema": "aztrust/shown",
        "version_major": 1,
        "version_minor": 0,
        "kind": shown.kind,
        "id": shown.id,
        "title": shown.title,
        "verified": list(shown.verified),
        "unverified": list(shown.unverified),
        "document": _document(shown.value),
    }


def shown_lines(shown: Shown) -> list[str]:
    """What a person reads."""
    from aztrust.report.lines import labelled

    lines = [shown.title, f"  {shown.id}", *row_lines(_rows(shown))]
    for number, sentence in enumerate(shown.verified):
        lines += labelled("" if number else "verified", sentence)
    lines.append("NOT verified")
    for sentence in shown.unverified:
        lines += labelled("", sentence)
    return lines


def _rows(shown: Shown) -> list[Row]:
    value = shown.value
    if isinstance(value, KitFacts):
        return kit_rows(value)
    if isinstance(value, Policy):
        return policy_rows(value)
    if isinstance(value, Manifest):
        return manifest_rows(value)
    if isinstance(value, Report):
        return report_rows(value)
    if isinstance(value, PublicKey):
        return key_rows(value)
    return verdict_rows(value) if is_verdict(value) else record_rows(shown.page)


def _document(value: object) -> object:
    if isinstance(value, Model):
        return value.model_dump(mode="json", exclude_none=True)
    if isinstance(value, PublicKey):
        return {"algorithm": value.algorithm, "fingerprint": value.fingerprint}
    if isinstance(value, KitFacts):
        return kit_document(value)
    return value


def _launch(session: Session) -> LaunchFiles | None:
    from aztrust.storage.launch import open_launch

    try:
        return open_launch(session.source())
    except NothingToVerify:
        # A file can be shown anywhere; the line shows that nothing here confirms it.
        if session.launch_option:
            raise
        return None
