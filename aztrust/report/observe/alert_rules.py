"""A rule file for Prometheus: YAML in which every text is quoted, so its bytes are determined.

The digest of the policy is in the name of the group and in the head of the file. The file has no
time and no version in it: the same policy makes the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from aztrust.core.base.digest import Sha256
from aztrust.core.base.model import Items, Model, VersionOne
from aztrust.core.base.paths import escape
from aztrust.core.base.schema import Field
from aztrust.core.base.version import __version__
from aztrust.core.chain.alerts.alert import INTERVAL_MS, Alert, AlertGroup
from aztrust.core.chain.alerts.promql import quoted, span
from aztrust.report.escape import visible


def rule_file(group: AlertGroup, launch: str) -> str:
    """The text of the file.

    Args:
        group: the alert rules of a policy.
        launch: the name of the launch, for people.
    """
    return "\n".join(_lines(group, launch)) + "\n"


class AlertRule(Model):
    """One rule; `for_seconds` is how long its expression must be true before it fires."""

    alert: str
    expr: str
    for_seconds: Annotated[int, Field(ge=0)]
    labels: dict[str, str]
    annotations: dict[str, str]


class AlertRules(Model):
    """The alert rules of a policy. `left_out` names the thresholds without a rule, and why."""

    schema_: Annotated[Literal["aztrust/alert-rules"], Field(alias="schema")]
    version_major: VersionOne
    version_minor: Annotated[int, Field(ge=0)]
    aztrust_version: str
    launch: str
    policy_digest: Sha256
    group: str
    interval_seconds: Annotated[int, Field(ge=1)]
    rules: Items[AlertRule]
    left_out: Items[str]


def rules_document(group: AlertGroup, launch: str) -> dict[str, Any]:
    """The same as a JSON value; see `rule_file`."""
    return AlertRules(
        schema_="aztrust/alert-rules",
        version_major=1,
        version_minor=0,
        aztrust_version=__version__,
        launch=visible(launch),
        policy_digest=group.policy,
        group=group.name,
        interval_seconds=INTERVAL_MS // 1000,
        rules=tuple(
            AlertRule(
                alert=one.name,
                expr=one.expr,
                for_seconds=one.lasting_ms // 1000,
                labels=dict(one.labels),
                annotations=dict(one.annotations),
            )
            for one in group.alerts
        ),
        left_out=group.left_out,
    ).model_dump(mode="json")


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
