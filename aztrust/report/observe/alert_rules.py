"""A rule file for Prometheus: YAML in which every text is quoted, so its bytes are determined.

The digest of the policy is in the name of the group and in the head of the file. The file has no
time and no version in it: the same policy makes the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from aztrust.core.base.paths import escape
from aztrust.core.chain.alerts.alert import INTERVAL_MS, Alert, AlertGroup
from aztrust.core.chain.alerts.promql import quoted, span


def rule_file(group: AlertGroup, launch: str) -> str:
    """The text of the file.

    Args:
        group: the alert rules of a policy.
        launch: the name of the launch, for people.
    """
    return "\n".join(_lines(group, launch)) + "\n"


def _lines(group: AlertGroup, launch: str) -> Iterator[str]:
    yield f"# Alert rules of {escape(launch)}, from the policy {group.policy}."
    yield "# Written by `aztrust observe rules`. The final checks compare them: change the policy."
    for reason in group.left_out:
        yield f"# Left out: {escape(reason)}."
    yield "groups:"
    yield f"  - name: {_text(group.name)}"
    yield f"    interval: {span(INTERVAL_MS)}"
    yield "    rules:"
    for alert in group.alerts:
        yield from _alert(alert)


def _alert(alert: Alert) -> Iterator[str]:
    yield f"      - alert: {_text(alert.name)}"
    yield f"        expr: {_text(alert.expr)}"
    if alert.lasting_ms:
        yield f"        for: {span(alert.lasting_ms)}"
    yield from _mapping("labels", alert.labels)
    yield from _mapping("annotations", alert.annotations)


def _mapping(name: str, pairs: Mapping[str, str]) -> Iterator[str]:
    yield f"        {name}:"
    for key in sorted(pairs):
        yield f"          {key}: {_text(pairs[key])}"


def _text(text: str) -> str:
    """A double-quoted scalar of YAML, in ASCII; its escapes are those of `quoted`."""
    return quoted(text)
