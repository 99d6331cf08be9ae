"""The answers of Prometheus' interface about rules and alerts, read strictly."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Final, NoReturn

from aztrust.core.base.errors import Malformed
from aztrust.core.base.text import cut
from aztrust.core.base.times import parse_rfc3339
from aztrust.core.base.value import frozen
from aztrust.core.linkage.jsondoc import JsonValue, get, members, parse_json

RULES_PATH: Final = "/api/v1/rules"
ALERTS_PATH: Final = "/api/v1/alerts"
_MEND: Final = "name the address of a Prometheus: url in [checks.monitoring-live.prometheus]"
_SECONDS: Final = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,20})?(?:[eE][+-]?[0-9]{1,2})?")


@frozen
class LoadedRule:
    """One rule as it is loaded. Times are milliseconds; None where the answer has none.

    Args:
        kind: `alerting` or `recording`.
        name: of the alert, or of the series that is recorded.
        expr: as Prometheus writes it.
        lasting_ms: for how long it must be true.
        keeping_ms: for how long the alert goes on after it.
        labels: of the alert.
        annotations: of the alert.
        health: `ok`, `err` or `unknown`.
        error: of the last evaluation.
        evaluated_ms: when that was.
        state: `firing`, `pending` or `inactive`; "" for a recording rule.
    """

    kind: str
    name: str
    expr: str
    lasting_ms: int | None
    keeping_ms: int | None
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    health: str
    error: str
    evaluated_ms: int | None
    state: str


@frozen
class LoadedGroup:
    """One group of rules as it is loaded.

    Args:
        name: of the group. Two files may have groups of one name.
        file: that it was loaded from.
        interval_ms: how often it is evaluated.
        limit: how many of its alerts are kept, 0 for all.
        evaluated_ms: when that was last.
        rules: in their order.
    """

    name: str
    file: str
    interval_ms: int | None
    limit: int
    evaluated_ms: int | None
    rules: tuple[LoadedRule, ...]


def loaded_groups(body: bytes) -> tuple[LoadedGroup, ...]:
    """The groups in an answer to `RULES_PATH`.

    Raises:
        Malformed: it is not such an answer.
    """
    return tuple(_group(one) for one in _list(_data(body, RULES_PATH), "groups", RULES_PATH))


def firing_alerts(body: bytes) -> tuple[Mapping[str, str], ...]:
    """The labels of each alert that fires, `alertname` among them, in an answer to `ALERTS_PATH`.

    Raises:
        Malformed: it is not such an answer.
    """
    alerts = _list(_data(body, ALERTS_PATH), "alerts", ALERTS_PATH)
    found = []
    for one in alerts:
        labels = _texts(one, "labels", ALERTS_PATH)
        if "alertname" not in labels:
            _refuse(ALERTS_PATH, "has an alert without a name")
        if _text(one, "state", ALERTS_PATH) == "firing":
            found.append(labels)
    return tuple(found)


def _group(value: JsonValue) -> LoadedGroup:
    limit = get(value, "limit")
    return LoadedGroup(
        name=_text(value, "name", RULES_PATH),
        file=_text(value, "file", RULES_PATH),
        interval_ms=_span(get(value, "interval")),
        # A version without limits does not have the key.
        limit=0 if limit is None else _whole(limit),
        evaluated_ms=_moment(get(value, "lastEvaluation")),
        rules=tuple(_rule(one) for one in _list(value, "rules", RULES_PATH)),
    )


def _rule(value: JsonValue) -> LoadedRule:
    kind = _text(value, "type", RULES_PATH)
    alerting = kind == "alerting"
    return LoadedRule(
        kind=kind,
        name=_text(value, "name", RULES_PATH),
        expr=_text(value, "query", RULES_PATH),
        lasting_ms=_span(get(value, "duration")) if alerting else 0,
        # A version that cannot keep an alert does not have the key.
        keeping_ms=_span(get(value, "keepFiringFor")) if "keepFiringFor" in members(value) else 0,
        labels=_texts(value, "labels", RULES_PATH),
        annotations=_texts(value, "annotations", RULES_PATH),
        health=_text(value, "health", RULES_PATH),
        error=_text(value, "lastError", RULES_PATH) if get(value, "lastError") else "",
        evaluated_ms=_moment(get(value, "lastEvaluation")),
        state=_text(value, "state", RULES_PATH) if alerting else "",
    )


def _data(body: bytes, path: str) -> JsonValue:
    try:
        document = parse_json(body, what=path, code="")
    except Malformed as error:
        _refuse(path, f"is {error.message}")
    if get(document, "status") != "success":
        _refuse(path, "does not have the status success")
    return get(document, "data")


def _list(value: JsonValue, name: str, path: str) -> list[JsonValue]:
    found = get(value, name)
    if not isinstance(found, list):
        _refuse(path, f"has no list {name}")
    return found


def _text(value: JsonValue, name: str, path: str) -> str:
    found = get(value, name)
    if not isinstance(found, str):
        _refuse(path, f"has no text {name}")
    return found


def _texts(value: JsonValue, name: str, path: str) -> dict[str, str]:
    found = get(value, name)
    if found is None:
        return {}
    if not isinstance(found, dict):
        _refuse(path, f"has {name} that are not an object")
    texts = {key: one for key, one in found.items() if isinstance(one, str)}
    if len(texts) < len(found):
        _refuse(path, f"has {name} that are not texts")
    return texts


def _span(value: JsonValue) -> int | None:
    """Seconds as milliseconds; a fraction of a millisecond is rounded to the nearest."""
    written = "" if isinstance(value, bool) else str(value)
    return round(Fraction(written) * 1000) if _SECONDS.fullmatch(written) else None


def _whole(value: JsonValue) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        _refuse(RULES_PATH, "has a limit that is not a whole number")
    return value


def _moment(value: JsonValue) -> int | None:
    nanoseconds = parse_rfc3339(value) if isinstance(value, str) else None
    return None if nanoseconds is None else nanoseconds // 1_000_000


def _refuse(path: str, why: str) -> NoReturn:
    raise Malformed(f"the answer to {path} {cut(why, 200)}", subject=path, mend=_MEND)
