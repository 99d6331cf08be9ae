"""The record of the decision and the launch packet, as the pages that an archive has (RC-H, RC-I).

They are made from the decision's own score, and not from one of this run.
"""

from __future__ import annotations

from pathlib import Path

from aztrust.acts.checklist.evidence import look_at_evidence
from aztrust.acts.checklist.scoring import asked_of
from aztrust.core.archive.layout import DOCUMENTS
from aztrust.core.base.errors import UsageError
from aztrust.core.state.checklist.files import EvidenceStates
from aztrust.core.state.checklist.records import ChecklistRecords
from aztrust.core.state.context import Context
from aztrust.report.checklist.decided import decision_sheet
from aztrust.report.checklist.markdown import sheet_markdown
from aztrust.report.checklist.packet import packet_sheet
from aztrust.report.checklist.page import sheet_html


def archived_documents(context: Context, launch: Path) -> dict[str, bytes]:
    """Path in the bag to the page; {} where no decision has a score.

    Args:
        context: the launch, as of the last head.
        launch: its directory.
    """
    if context.checklist is None:
        return {}

    def look(records: ChecklistRecords) -> EvidenceStates:
        return look_at_evidence(records, launch, {})

    try:
        asked = asked_of(context, (), look)
    except UsageError:
        # Several windows are open: which one is meant, only its own commands can ask.
        return {}
    decision, minutes = asked.decision, asked.minutes
    if decision is None or minutes is None or minutes.score is None:
        return {}
    sheets = {
        "decision": decision_sheet(asked, decision, minutes.score),
        "packet": packet_sheet(asked, minutes.score, look(asked.records)),
    }
    return {
        f"{DOCUMENTS}{name}.{ending}": render(sheet).encode()
        for name, sheet in sheets.items()
        for ending, render in (("html", sheet_html), ("md", sheet_markdown))
    }
