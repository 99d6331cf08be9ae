"""Whether a Prometheus has loaded exactly the alert rules of a policy, and evaluates them.

Judged from two answers of its interface, `/api/v1/rules` and `/api/v1/alerts`. Both are bytes that
someone else wrote. What they do not have is never taken for good.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from aztrust.core.base.text import cut
from aztrust.core.base.times import AHEAD_MS, format_duration
from aztrust.core.base.value import frozen
from aztrust.core.chain.alerts.alert import (
    CLASS_LABEL,
    GROUP_PREFIX,
    INTERVAL_MS,
    WATCHDOG,
    Alert,
    AlertGroup,
)
from aztrust.core.chain.alerts.answers import (
    LoadedGroup,
    LoadedRule,
    firing_alerts,
    loaded_groups,
)
from aztrust.core.chain.alerts.promql import tokens

STALE_MS: Final = 60_000
"""How old the last evaluation may be: twelve times the interval of the group."""
_SHOWN: Final = 200
_LOAD: Final = (
    "aztrust observe rules -o FILE, name FILE under rule_files of this Prometheus, and reload it"
)
_LOG: Final = "look at the log of this Prometheus: its rules do not run"


@frozen
class Wrong:
    """One thing that is not as it must be.

    Args:
        message: what, in a sentence.
        mend: what to do.
        expected: what the policy makes, "" where the message says all.
        actual: what was found.
    """

    message: str
    mend: str
    expected: str = ""
    actual: str = ""


@frozen
class Loaded:
    """What the answers show.

    Args:
        wrong: everything that is not as it must be, worst first; () where all is well.
        evaluated_ms: the age of the last evaluation, None where it is not known.
    """

    wrong: tuple[Wrong, ...]
    evaluated_ms: int | None = None


def loaded(group: AlertGroup, rules: bytes, alerts: bytes, at_ms: int) -> Loaded:
    """What a Prometheus has loaded, held against the rules of a policy.

    Args:
        group: of the policy.
        rules: the answer to `/api/v1/rules`.
        alerts: the answer to `/api/v1/alerts`.
        at_ms: when they were read, by the clock of the reader.

    Raises:
        Malformed: they are not answers of Prometheus.
    """
    found = loaded_groups(rules)
    firing = firing_alerts(alerts)
    ours = [one for one in found if one.name == group.name]
    wrong = [*_absent(group, ours, found), *_foreign(group, found)]
    if len(ours) == 1:
        wrong += _altered(group, ours[0])
        if not wrong:
            wrong += _ill(ours[0], at_ms)
    if len(ours) == 1 and not wrong:
        wrong += _silent(group, ours[0], firing)
    evaluated = ours[0].evaluated_ms if len(ours) == 1 else None
    return Loaded(tuple(wrong), None if evaluated is None else max(0, at_ms - evaluated))


def _absent(
    group: AlertGroup, ours: Sequence[LoadedGroup], found: Sequence[LoadedGroup]
) -> Iterator[Wrong]:
    if not ours:
        yield Wrong(
            "the alert rules of this policy are not loaded",
            _LOAD,
            group.name,
            f"{len(found)} other groups" if found else "no rules at all",
        )
    elif len(ours) > 1:
        files = ", ".join(cut(one.file) for one in ours)
        yield Wrong(
            f"the alert rules of this policy are loaded {len(ours)} times: {files}",
            "leave one of these files under rule_files of this Prometheus, and reload it",
        )


def _foreign(group: AlertGroup, found: Sequence[LoadedGroup]) -> Iterator[Wrong]:
    """Rules of another policy, or rules that pass for ours."""
    names = {alert.name for alert in group.alerts}
    for one in found:
        if one.name == group.name:
            continue
        remove = f"remove {cut(one.file)} from rule_files of this Prometheus, and reload it"
        if one.name.startswith(GROUP_PREFIX):
            yield Wrong(
                f"alert rules of another policy are loaded, too, from {cut(one.file)}",
                remove,
                group.name,
                cut(one.name, _SHOWN),
            )
            continue
        posing = [r.name for r in one.rules if r.name in names or CLASS_LABEL in r.labels]
        if posing:
            yield Wrong(
                f"{cut(posing[0])} of the group {cut(one.name)} has a name or a label of the alert"
                " rules of this policy",
                remove,
            )


def _altered(group: AlertGroup, ours: LoadedGroup) -> Iterator[Wrong]:
    if ours.interval_ms != INTERVAL_MS:
        yield Wrong(
            "the group is evaluated at another interval",
            _LOAD,
            f"{INTERVAL_MS // 1000} s",
            _seconds(ours.interval_ms),
        )
    if ours.limit:
        yield Wrong(f"the group has a limit of {ours.limit} alerts", _LOAD, "no limit")
    wanted = {alert.name: alert for alert in group.alerts}
    seen: set[str] = set()
    for rule in ours.rules:
        if rule.name not in wanted:
            yield Wrong(f"{cut(rule.name)} is not a rule of this policy", _LOAD)
        elif rule.name in seen:
            yield Wrong(f"{rule.name} is in the group twice", _LOAD)
        else:
            yield from _differences(wanted[rule.name], rule)
        seen.add(rule.name)
    for name in wanted:
        if name not in seen:
            yield Wrong(f"{name} is missing", _LOAD)


def _differences(wanted: Alert, rule: LoadedRule) -> Iterator[Wrong]:
    def other(what: str, expected: str, actual: str) -> Wrong:
        message = f"{wanted.name} has another {what} than this policy makes"
        return Wrong(message, _LOAD, cut(expected, _SHOWN), cut(actual, _SHOWN))

    if rule.kind != "alerting":
        yield other("type", "alerting", rule.kind)
    if not _same(wanted.expr, rule.expr):
        yield other("expr", wanted.expr, rule.expr)
    if rule.lasting_ms != wanted.lasting_ms:
        yield other("for", _seconds(wanted.lasting_ms), _seconds(rule.lasting_ms))
    if rule.keeping_ms:
        yield other("keep_firing_for", _seconds(0), _seconds(rule.keeping_ms))
    for what, ours, theirs in (
        ("label", wanted.labels, rule.labels),
        ("annotation", wanted.annotations, rule.annotations),
    ):
        for name in sorted(ours.keys() | theirs.keys()):
            if ours.get(name) != theirs.get(name):
                yield other(f"{what} {cut(name)}", ours.get(name, "none"), theirs.get(name, "none"))


def _same(wanted: str, found: str) -> bool:
    # Reading the tokens of a long text takes long.
    return len(found) <= 2 * len(wanted) + 100 and tokens(wanted) == tokens(found)


def _ill(ours: LoadedGroup, at_ms: int) -> Iterator[Wrong]:
    for rule in ours.rules:
        if rule.health == "unknown":
            yield Wrong(
                f"{cut(rule.name)} was not evaluated yet",
                f"wait {INTERVAL_MS // 1000} s, then: aztrust final-check",
            )
        elif rule.health != "ok":
            why = f": {cut(rule.error, _SHOWN)}" if rule.error else ""
            yield Wrong(f"{cut(rule.name)} cannot be evaluated{why}", _LOG)
    times = [ours.evaluated_ms, *(rule.evaluated_ms for rule in ours.rules)]
    known = [time for time in times if time is not None]
    if len(known) < len(times):
        yield Wrong("it does not show when a rule was evaluated last", _LOG)
        return
    if at_ms - min(known) > STALE_MS:
        yield Wrong(
            f"a rule was evaluated last {format_duration(at_ms - min(known))} ago",
            f"{_LOG}, or its clock is behind",
            f"at most {format_duration(STALE_MS)} ago",
        )
    elif max(known) - at_ms > AHEAD_MS:
        yield Wrong(
            f"a rule was evaluated {format_duration(max(known) - at_ms)} in the future",
            "set the clocks of this Prometheus and of this machine",
        )


def _silent(
    group: AlertGroup, ours: LoadedGroup, firing: Sequence[Mapping[str, str]]
) -> Iterator[Wrong]:
    """The watchdog does not fire, or an alert says that the monitoring sees nothing."""
    watchdog = next(alert for alert in group.alerts if alert.name == WATCHDOG)
    wanted = {**watchdog.labels, "alertname": WATCHDOG}
    state = next(rule.state for rule in ours.rules if rule.name == WATCHDOG)
    if state != "firing" or wanted not in firing:
        yield Wrong(f"{WATCHDOG} does not fire", _LOG, "firing", cut(state))
    for name in sorted({one["alertname"] for one in firing if _is_blind(one, watchdog)}):
        yield Wrong(
            f"the monitoring is blind: {cut(name)} fires",
            "let this Prometheus collect what aztrust observe --watch exports: docs/prometheus.md",
        )


def _is_blind(labels: Mapping[str, str], watchdog: Alert) -> bool:
    return (
        labels.get(CLASS_LABEL) == "telemetry-blindness-anomaly"
        and labels.get("policy") == watchdog.labels["policy"]
    )


def _seconds(milliseconds: int | None) -> str:
    return "unknown" if milliseconds is None else f"{milliseconds / 1000:g} s"
