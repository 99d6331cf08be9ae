"""`aztrust readiness`: the roll-call for a person, at 80 columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from aztrust.core.base.rates import format_percent, in_tenths, needed_of
from aztrust.core.judge.readiness_reading import ReadinessReading
from aztrust.core.policy.readiness_rules import readiness_rules
from aztrust.core.state.context import require_policy
from aztrust.core.state.readiness import Group, OperatorRow, PowerPart, Powers, Readiness
from aztrust.core.state.seat_states import STATUSES
from aztrust.report.advice import advice_lines
from aztrust.report.escape import visible
from aztrust.report.finding import finding_lines
from aztrust.report.lines import LABEL, WIDTH, fitted, labelled, short
from aztrust.report.moment import relative
from aztrust.report.text import utc

_BAR: Final = WIDTH - LABEL
_SIGNS: Final[dict[PowerPart, str]] = {
    "ready": "#",
    "stale": "~",
    "not-ready": "x",
    "silent": ".",
    "unconfirmed": " ",
    "contested": "?",
}
_SHOWN: Final = 12
_APART: Final = 6


def readiness_brief(reading: ReadinessReading) -> str:
    """The first line, and the one line of -q."""
    head = "NOT READY"
    if reading.broken:
        head = "BROKEN"
    elif reading.readiness.collapsed:
        head = "COLLAPSED"
    elif reading.is_ready:
        head = "READY"
    policy = require_policy(reading.context)
    now = utc(reading.context.request.now_unix_ms)
    return f"{head:<10}{visible(policy.launch.chain_id)}   {now}   exit {reading.exit_code}"


def readiness_lines(reading: ReadinessReading, *, verbose: bool = False) -> list[str]:
    """The screen.

    Args:
        reading: the count.
        verbose: whether every operator and every confirmation that does not count is listed.
    """
    readiness = reading.readiness
    lines = [
        readiness_brief(reading),
        *labelled("scope", f"{reading.attempt.scope_hash[7:23]}, {_known(reading)}"),
        *_power(reading),
    ]
    for threshold in readiness.thresholds:
        lines += labelled("met" if threshold.met else "short", threshold.text)
    if not readiness.thresholds:
        lines += labelled("short", "the policy has no threshold: nothing can be met (AZ-24.3)")
    lines += _groups("role", readiness.by_role, readiness.powers)
    lines += _groups("platform", readiness.by_platform, readiness.powers)
    lines += _operators(reading, verbose=verbose)
    lines += _late(reading, verbose=verbose)
    lines += _apart(readiness, verbose=verbose)
    for operator, name in readiness.unknown[: None if verbose else _APART]:
        lines += labelled("unknown", f"{operator}: the genesis has no validator {name}")
    for name in readiness.contested[: None if verbose else _APART]:
        lines += labelled("claimed", f"by several operators, so for none: {visible(name)}")
    for finding in reading.all_findings:
        lines += ["", *finding_lines(finding)]
    return [*lines, *advice_lines("next", _next(reading))]


def _known(reading: ReadinessReading) -> str:
    context = reading.context
    size = context.evidence.ledger.size if context.evidence.ledger is not None else None
    ledger = "no ledger here" if size is None else f"a ledger of {size:,} entries"
    if reading.unread:
        ledger = f"no ledger that can be relied on: {reading.unread}"
    anchored = "the announced policy" if context.request.anchor else "nothing shows the policy"
    return f"{ledger}, {anchored}"


def _power(reading: ReadinessReading) -> list[str]:
    readiness, powers = reading.readiness, reading.readiness.powers
    if readiness.power_unknown or powers.total == 0:
        why = readiness.power_unknown
        return labelled("power", f"unknown: {why}" if why else "none: the genesis has no power")
    text = f"{powers.ready:,} of {powers.total:,} {readiness.unit} ready"
    rules = readiness_rules(require_policy(reading.context))
    parts = [
        f"{name.replace('-', ' ')} {_share(part, powers.total)}"
        for name in _SIGNS
        if (part := powers.parts[name])
    ]
    return [
        *labelled("power", text),
        *labelled("", ", ".join(parts)),
        *bar_lines(powers, rules.min_power),
    ]


def bar_lines(powers: Powers, min_power: int | None, width: int = _BAR) -> list[str]:
    """The power as a bar, and below it one third, two thirds and the threshold.

    A part reaches a mark only where the power does: both are rounded down.

    Args:
        powers: of the launch; the total is not 0.
        min_power: the threshold in millionths, None for none.
        width: columns of the bar.
    """
    inner = width - 2
    bar, seen, parts = "", 0, powers.parts
    for name, sign in _SIGNS.items():
        seen += parts[name]
        bar += sign * (seen * inner // powers.total - len(bar))
    marks = [("1/3", -(-inner // 3)), ("2/3", -(-2 * inner // 3))]
    if min_power is not None:
        need = needed_of(powers.total, min_power)
        marks.append((format_percent(min_power), -(-need * inner // powers.total)))
    lead = " " * LABEL
    rulers: list[str] = []
    for text, at in marks:
        mark = f"{text}^" if at > inner - len(text) else f"^{text}"
        start = at - len(text) if mark.endswith("^") else at
        # Two marks that would touch are on two lines.
        line = next((n for n, r in enumerate(rulers) if len(r) < start), None)
        if line is None:
            rulers.append("")
            line = len(rulers) - 1
        rulers[line] = rulers[line].ljust(start) + mark
    legend = "# ready  ~ stale  x not ready  . silent  blank: no operator"
    return [f"{lead}[{bar}]", *(f"{lead}{ruler}" for ruler in rulers), f"{lead}{legend}"]


def _share(part: int, total: int) -> str:
    return in_tenths(part, total) if total else "-"


def _groups(title: str, groups: tuple[Group, ...], powers: Powers) -> list[str]:
    if not groups:
        return []
    head = "".join(f"{status.replace('-', ' '):>13}" for status in STATUSES)
    lines = [f"{title:<26}{head}"]
    for group in groups:
        cells = (
            f"{group.operators[status]:>6,} {_share(group.powers[status], powers.total):>6}"
            for status in STATUSES
        )
        lines.append(f"{fitted(visible(group.name), 25):<26}{''.join(cells)}")
    return lines


def _operators(reading: ReadinessReading, *, verbose: bool) -> Iterator[str]:
    """Who is not ready first, the largest power first; the ready ones with -v."""
    rows = reading.readiness.rows
    waiting = [row for row in rows if row.status != "ready"]
    waiting.sort(key=lambda row: (-row.power, row.operator))
    shown = waiting if verbose else waiting[:_SHOWN]
    if verbose:
        shown += [row for row in rows if row.status == "ready"]
    for number, row in enumerate(shown):
        yield from labelled("" if number else "who", _operator(row, reading))
    left = len(waiting) - _SHOWN
    if left > 0 and not verbose:
        yield from labelled("", f"+{left:,} more that are not ready: -v")


def _operator(row: OperatorRow, reading: ReadinessReading) -> str:
    total = reading.readiness.powers.total
    share = _share(row.power, total) if total else "power unknown"
    text = f"{row.operator}  {share}  {row.status.replace('-', ' ')}"
    if row.platforms:
        text += f"  {', '.join(row.platforms)}"
    if row.confirmed_at_unix_ms is not None:
        text += f"  {relative(reading.context.request.now_unix_ms - row.confirmed_at_unix_ms)}"
    if row.reason:
        text += f": {row.reason}"
    if row.found:
        text += f", found {row.found}"
        if row.found in reading.named:
            text += f": {reading.named[row.found]}"
    for warning in row.warnings:
        text += (
            f"; consensus key {warning}" if warning == "not-in-genesis" else f"; signer {warning}"
        )
    if row.status == "silent" and any(status == "ready" for _, status in row.roles):
        lacking = ", ".join(role for role, status in row.roles if status == "silent")
        text += f": not yet as {lacking}"
    return visible(text + (f": {row.revoked}" if row.revoked else ""))


def _late(reading: ReadinessReading, *, verbose: bool) -> Iterator[str]:
    """Whose entries changed after the freeze, with the power that they have now."""
    late, total = reading.readiness.late, reading.readiness.powers.total
    if not late:
        return
    power = {row.operator: row.power for row in reading.readiness.rows}
    count = len(late)
    share = _share(sum(power.get(each.operator, 0) for each in late), total) if total else "unknown"
    noun = "operator" if count == 1 else "operators"
    text = f"enrolled after the freeze: {count:,} {noun}, power {share}; they count"
    yield from labelled("late", text)
    for each in late[: None if verbose else _APART]:
        what = "added" if each.change == "added" else f"other {each.change}"
        yield from labelled("", visible(f"{each.operator} {what}, by {each.registrar}"))
    if not verbose and count > _APART:
        yield from labelled("", f"+{count - _APART:,} more: -v")


def _apart(readiness: Readiness, *, verbose: bool) -> Iterator[str]:
    """What does not count: how many for each reason, then the confirmations themselves."""
    counts = Counter(one.why for one in readiness.not_counted)
    if not counts:
        return
    text = ", ".join(f"{count:,} {why}" for why, count in sorted(counts.items()))
    yield from labelled("not", f"counted: {text}")
    # What was replaced is shown by what replaced it.
    listed = [one for one in readiness.not_counted if verbose or one.why != "replaced"]
    shown = listed if verbose else listed[:_APART]
    for one in shown:
        yield from labelled("", f"{one.operator} {short(one.record_id)} {one.text}")
    if len(listed) > len(shown):
        yield from labelled("", f"+{len(listed) - len(shown):,} more: -v")


def _next(reading: ReadinessReading) -> str:
    readiness = reading.readiness
    if reading.broken:
        return reading.broken[0].mend
    if readiness.findings or reading.findings:
        return "a person decides on what is listed above; then: aztrust readiness"
    if readiness.power_unknown and readiness.threshold("power") is not None:
        return "name the sealed genesis: aztrust readiness --genesis FILE"
    if reading.unread:
        return "name the ledger, or get the current one: aztrust readiness --ledger FILE"
    if readiness.met:
        return "aztrust final-check"
    return "ask those who are not ready, the largest power first; they confirm again"
