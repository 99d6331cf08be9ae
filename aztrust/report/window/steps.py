"""`aztrust window next`: the steps that a window can take, for a person and as a document."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from aztrust.core.base.advice import Advice
from aztrust.core.judge.window_next import NextStep
from aztrust.core.judge.window_script import signers_text
from aztrust.core.judge.window_view import WindowView
from aztrust.core.policy.model import Policy
from aztrust.core.state.context import require_policy
from aztrust.report.advice import advice_lines
from aztrust.report.escape import visible
from aztrust.report.lines import LABEL, joined, labelled, wrap

_LEAD: Final = " " * LABEL
_INNER: Final = 7


def steps_lines(view: WindowView, *, verbose: bool = False) -> list[str]:
    """What can be taken now, what lacks a condition, and what stops the launch.

    Args:
        view: of the window.
        verbose: whether the steps that stop or resume a launch are shown in full, too.
    """
    policy = require_policy(view.context)
    lines: list[str] = []
    for step in view.forward:
        lines += _step(policy, step)
    for step in view.steps:
        if step.kind in ("clears", "optional") and (verbose or step.kind == "clears"):
            lines += _step(policy, step)
    stops = [step for step in view.steps if step.kind == "stops"]
    if verbose:
        for step in stops:
            lines += _step(policy, step)
    elif stops:
        names = ", ".join(step.row.id for step in stops)
        lines += advice_lines("always", f"{names}; how: aztrust window next -v")
    if not view.steps:
        lines += labelled("next", f"nothing: the window is {view.state.status}")
    return lines


def next_step_lines(view: WindowView) -> list[str]:
    """What comes next: the first step that can be taken, else what the first one lacks."""
    if not view.forward:
        ended = "freeze again, in a window of its own: aztrust freeze"
        if view.state.status == "DEFERRED":
            return advice_lines("next", ended)
        return labelled("next", f"nothing: the window is {view.state.status}")
    step = view.forward[0]
    if not step.missing and step.command:
        return advice_lines("next", _advice(require_policy(view.context), step))
    if step.missing:
        first = step.missing[0]
        return advice_lines("next", f"{step.row.id} needs {first.expected}; {first.mend}")
    return labelled("next", step.row.id)


def _step(policy: Policy, step: NextStep) -> Iterator[str]:
    can = "can" if step.possible else "not yet"
    yield from labelled(can, visible(f"{step.row.id}: {step.row.says}"))
    yield from labelled("", visible(f"signed by {signers_text(policy, step.row.act)}"))
    for waiting in step.waiting:
        have = joined(waiting.act.source.holders)
        left = f"; {' or '.join(waiting.holders)} can sign" if waiting.missing else ""
        yield from labelled("", visible(f"{waiting.record_id[7:15]} signed by {have}{left}"))
        if waiting.command:
            yield from advice_lines("", waiting.command)
    for finding in step.missing:
        yield from _labelled("lacks", visible(finding.subject))
        yield from _labelled("have", visible(finding.actual))
        yield from _labelled("need", visible(finding.expected))
        yield from advice_lines("mend", finding.mend, lead=_LEAD, indent=_INNER)
    if step.command and not step.waiting:
        yield from advice_lines("", _advice(policy, step))


def _labelled(label: str, text: str) -> list[str]:
    rest = f"{_LEAD}{'':<{_INNER}}"
    return list(wrap(text, first=f"{_LEAD}{label:<{_INNER}}", rest=rest))


def _advice(policy: Policy, step: NextStep) -> Advice:
    return Advice(step.command, {name: policy.holders[name].keys for name in step.holders})


def step_document(step: NextStep) -> dict[str, Any]:
    """A step as a JSON value."""
    return {
        "step": step.row.id,
        "kind": step.kind,
        "says": step.row.says,
        "possible": step.possible,
        "done": step.done,
        "act": step.row.act,
        "holders": list(step.holders),
        "distinct_holders": step.rule.distinct_holders if step.rule is not None else None,
        "roles": dict(step.rule.roles) if step.rule is not None else None,
        "missing": [
            {
                "id": finding.subject,
                "have": visible(finding.actual),
                "need": visible(finding.expected),
                "mend": visible(finding.mend),
            }
            for finding in step.missing
        ],
        "clauses": list(step.row.clauses),
        "command": step.command or None,
        "waiting": [waiting.record_id for waiting in step.waiting],
    }
