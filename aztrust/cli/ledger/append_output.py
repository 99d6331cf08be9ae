"""The output of an append: receipts, refusals, and the state of the head."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from aztrust.cli.ledger.base import document, finding_document, head_document
from aztrust.core.base.errors import AztrustError, CouldNotCheck
from aztrust.core.base.value import frozen
from aztrust.report.lines import labelled

if TYPE_CHECKING:
    from aztrust.acts.ledger.append import Appended
    from aztrust.core.base.findings import Finding
    from aztrust.core.formats.checkpoint_note import VerifiedHead

REFUSALS_SHOWN = 10


@frozen
class HeadStep:
    """The head after an append: `signed`, or `fault` says why not, or it was not asked for."""

    verified: VerifiedHead | None = None
    fault: AztrustError | None = None

    def error(self, appended: Appended) -> CouldNotCheck:
        """The failure of this step, where nothing is wrong with the append before it."""
        cause = self.fault.message if self.fault is not None else ""
        # The message is about what it could not write: the head.
        cause = cause.partition("; nothing was ")[0].removeprefix("no head is signed: ")
        return CouldNotCheck(
            f"{len(appended.new)} records were appended and stay; no head was signed: {cause}",
            subject=self.fault.subject if self.fault is not None else "",
            mend=self.fault.mend if self.fault is not None else "",
            code=self.fault.code if self.fault is not None else "",
        )


def appended_lines(
    appended: Appended,
    refused: tuple[Finding, ...],
    left: tuple[Finding, ...],
    *,
    verbose: bool,
) -> list[str]:
    """The receipts, then what was refused and what was left; of those ten each, or all."""
    lines = [
        f"{taken.index:>7}  {taken.kind}  {taken.record_id[7:23]}  by {taken.holder}"
        for taken in appended.new
    ]
    known = len(appended.taken) - len(appended.new)
    shown = None if verbose else REFUSALS_SHOWN
    lines += _refused(refused[:shown])
    lines += _more(len(refused) - len(refused[:shown]), "refused")
    for finding in left[:shown]:
        lines += labelled("left", f"{finding.subject}: {finding.code}, {finding.message}")
    lines += _more(len(left) - len(left[:shown]), "left")
    counted = f"{len(appended.new)} appended, {appended.size} entries"
    counted += f"; {known} were there already" if known else ""
    counted += f"; {len(refused)} REFUSED" if refused else ""
    return [*lines, *labelled("ledger", counted)]


def appended_document(
    appended: Appended,
    refused: tuple[Finding, ...],
    left: tuple[Finding, ...],
    head: HeadStep,
) -> dict[str, object]:
    """The same as a JSON value, complete."""
    return document(
        "ledger-appended",
        size=appended.size,
        records=[
            {
                "file": taken.name,
                "record_id": taken.record_id,
                "kind": taken.kind,
                "holder": taken.holder,
                "index": taken.index,
                "new": taken.new,
            }
            for taken in appended.taken
        ],
        refused=[finding_document(finding) for finding in refused],
        left=[finding_document(finding) for finding in left],
        head=head_document(head.verified) if head.verified else None,
        unsigned=head.error(appended).message if head.fault is not None else None,
    )


def head_lines(head: HeadStep, *, no_head: bool) -> list[str]:
    """The lines about the head; empty where none was asked for, or none was signed."""
    if head.verified is not None:
        signed = head.verified.head
        return [f"{'head':<9}over {signed.size} entries", f"  sha256:{signed.root.hex()}"]
    if head.fault is not None:
        return labelled("head", "NOT SIGNED; the records stay")
    return [] if no_head else labelled("head", "not signed: the keeper's key is not here")


def _refused(refused: tuple[Finding, ...]) -> Iterator[str]:
    from aztrust.report.finding import finding_lines

    for finding in refused:
        yield from ("", f"{'refused':<9}{finding.subject}", *finding_lines(finding))


def _more(count: int, what: str) -> Iterator[str]:
    if count:
        yield f"+{count} more {what}; all of them with -v"
