"""The abort triggers that a verification shows, for a person and for a program (AZ-29.1)."""

from __future__ import annotations

from collections.abc import Iterable

from aztrust.core.base.model import Items, Model
from aztrust.core.judge.abort_triggers import CLAUSE, ShownTrigger
from aztrust.core.records.window import AbortTrigger
from aztrust.report.advice import advice_lines
from aztrust.report.escape import visible
from aztrust.report.lines import labelled

_SHOWN = 3


class ReportTrigger(Model):
    """One trigger: `evidence` is what shows it, `commands` what records it."""

    trigger: AbortTrigger
    clause: str
    evidence: Items[str]
    commands: Items[str]


def trigger_lines(triggers: Iterable[ShownTrigger]) -> list[str]:
    """Each trigger with its evidence, and how it is recorded."""
    lines: list[str] = []
    for shown in triggers:
        lines += labelled("trigger", f"{shown.trigger} ({CLAUSE})")
        for text in _evidence(shown)[:_SHOWN]:
            lines += labelled("", visible(text))
        if len(shown.evidence) > _SHOWN:
            lines += labelled("", f"and {len(shown.evidence) - _SHOWN} more")
        lines += advice_lines("", f"to record it: {'; or: '.join(_commands(shown))}")
    return lines


def report_triggers(triggers: Iterable[ShownTrigger]) -> tuple[ReportTrigger, ...]:
    """The same for a program."""
    return tuple(
        ReportTrigger(
            trigger=shown.trigger,
            clause=CLAUSE,
            evidence=_evidence(shown),
            commands=_commands(shown),
        )
        for shown in triggers
    )


def _evidence(shown: ShownTrigger) -> tuple[str, ...]:
    return tuple(f"{f.code}  {f.subject}" for f in shown.evidence)


def _commands(shown: ShownTrigger) -> tuple[str, ...]:
    return tuple(typed for typed in (shown.anomaly, shown.abort) if typed)
