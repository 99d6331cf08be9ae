"""The record of the decision and the launch packet, as the pages that an archive has (RC-H, RC-I).

They are made from the decision's own score, and not from one of this run.
"""

from __future__ import annotations

from aztrust.acts.checklist.scoring import asked_of
from aztrust.core.archive.layout import DOCUMENTS
from aztrust.core.base.errors import UsageError
from aztrust.core.state.checklist.files import EvidenceStates
from aztrust.core.state.context import Context
from aztrust.report.checklist.decided import decision_sheet
from aztrust.report.checklist.markdown import sheet_markdown
from aztrust.report.checklist.packet import packet_sheet
from aztrust.report.checklist.page import sheet_html


def archived_documents(context: Context, evidence: EvidenceStates | None) -> dict[str, bytes]:
    """Path in the bag to the page; {} where no decision has a score.

    Args:
        context: the launch, as of the last head.
        evidence: the files of the checklist's evidence, as they were read in this run; None where
            there is no checklist.
    """
    if evidence is None:
        return {}
    try:
        asked = asked_of(context, (), lambda _: evidence)
    except UsageError:
        # Several windows are open: which one is meant, only its own commands can ask.
        return {}
    decision, minutes = asked.decision, asked.minutes
    if decision is None or minutes is None or minutes.score is None:
        return {}
    sheets = {
        "decision": decision_sheet(asked, decision, minutes.score),
        "packet": packet_sheet(asked, minutes.score, evidence),
    }
    return {
        f"{DOCUMENTS}{name}.{ending}": render(sheet).encode()
        for name, sheet in sheets.items()
        for ending, render in (("html", sheet_html), ("md", sheet_markdown))
    }
