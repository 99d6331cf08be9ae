"""Remarks about `[checklist]`, by the policy alone; the definitions have a lint of their own."""

from __future__ import annotations

from collections.abc import Iterator

from aztrust.core.policy.lint_message import Remark, note, warning
from aztrust.core.policy.model import Policy


def lint_checklist_table(policy: Policy) -> Iterator[Remark]:
    """A mainnet without a checklist, and a checklist that no decision can rest on."""
    if policy.checklist is None:
        if policy.launch.network_class == "mainnet":
            yield note(
                "checklist-missing",
                "a mainnet without a readiness checklist: what the decision rests on is not written"
                " down",
                "before the policy is announced: aztrust checklist init",
            )
        return
    if policy.verdicts is None:
        yield warning(
            "checklist-without-verdicts",
            "[checklist] is about the decision of a launch window that no freeze opens: the policy"
            " has no [verdicts]",
            "name who signs verdicts: [verdicts] roles = { ROLE = 1 }",
        )
