"""The remarks of a lint, of a policy or of a checklist: their head, and what programs read."""

from __future__ import annotations

from collections.abc import Sequence

from aztrust.core.policy.describe import plural
from aztrust.core.policy.lint_message import Remark, Severity


def lint_head(remarks: Sequence[Remark], code: int, name: str) -> str:
    """`CLEAN    manifests/checklist.toml   1 note   exit 0`; the name is escaped already."""
    count = {s: sum(r.severity is s for r in remarks) for s in Severity}
    worst = next((s for s in (Severity.ERROR, Severity.HOLD, Severity.WARNING) if count[s]), None)
    counted = ", ".join(plural(n, severity) for severity, n in count.items() if n)
    verdict = worst.name if worst is not None else "CLEAN"
    return f"{verdict:<8} {name}   {counted or 'no remarks'}   exit {code}"


def remark_documents(remarks: Sequence[Remark]) -> list[dict[str, object]]:
    """Remarks as JSON, in their order."""
    return [
        {
            "severity": remark.severity.value,
            "topic": remark.topic,
            "message": remark.message,
            "mend": remark.mend,
        }
        for remark in remarks
    ]
