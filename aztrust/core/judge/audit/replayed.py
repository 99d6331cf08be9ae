"""Answers of the outside that a verdict rests on, replayed from what was kept of them.

The answers of a Prometheus are kept under their digests; a verdict names these digests. A file that
was shown is named by its digest, and may be anywhere among the files of a launch.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from aztrust.core.base.errors import Malformed
from aztrust.core.judge.window_checkpoint import EVIDENCE_ROW
from aztrust.core.linkage.jsondoc import get, parse_json
from aztrust.core.policy.authority import row_rule
from aztrust.core.records.readiness import EvidenceFile
from aztrust.core.records.verdict import VerdictStatement
from aztrust.core.state.context import Context
from aztrust.core.state.evidence import PrometheusReading

MONITORING: Final = "monitoring-live"


def monitoring_of(
    whole: Context, statement: VerdictStatement, answers: Mapping[str, bytes]
) -> PrometheusReading | None:
    """What a final check heard from its Prometheus; None where none was asked, or nothing is kept.

    Args:
        whole: everything that is known, under the policy of the verdict.
        statement: the verdict.
        answers: digest to bytes.
    """
    rule = row_rule(whole.policy, MONITORING) if whole.policy is not None else None
    if rule is None or rule.prometheus is None:
        return None
    named = (id_ for row in statement.matrix if row.id == MONITORING for id_ in row.evidence)
    kept = [answers[id_] for id_ in named if id_ in answers]
    rules = next((body for body in kept if _has(body, "groups")), None)
    alerts = next((body for body in kept if _has(body, "alerts")), None)
    if rules is None or alerts is None:
        return None
    at = statement.checkpoint.timestamp_unix_ms
    return PrometheusReading(rule.prometheus.url, at, rules, alerts)


def shown_of(
    context: Context, statement: VerdictStatement, files: Collection[str]
) -> tuple[tuple[EvidenceFile, ...], tuple[str, ...]]:
    """The files that a checkpoint was shown, and the reasons why some cannot be looked at.

    Args:
        context: what was known then; its records are not files.
        statement: the verdict.
        files: digests of the files that are here.
    """
    known = {record.record_id for record in context.records.effective.verified}
    named = [id_ for row in statement.matrix if row.id == EVIDENCE_ROW for id_ in row.evidence]
    shown = [id_ for id_ in named if id_ not in known]
    absent = tuple(
        f"a file that it was shown is not here: {id_}" for id_ in shown if id_ not in files
    )
    made = (
        EvidenceFile(blake3=f"blake3:{id_[7:]}", name=id_[7:23], sha256=id_, size=1)
        for id_ in shown
    )
    return tuple(made), absent


def _has(body: bytes, name: str) -> bool:
    try:
        return get(parse_json(body, what="an answer"), "data", name) is not None
    except Malformed:
        return False
