"""The minutes of a launch window: its script, each step with what happened, and everything else."""

from __future__ import annotations

from aztrust.core.base.value import frozen
from aztrust.core.judge.window_log import LogEntry, window_log
from aztrust.core.judge.window_script import Script, ScriptStep, script_of
from aztrust.core.judge.window_view import WindowView


@frozen
class MinutedStep:
    """A step of the script.

    Args:
        step: as the script has it.
        happened: the steps that took effect, of this one; () where it did not happen.
        exceptions: that name this step.
    """

    step: ScriptStep
    happened: tuple[LogEntry, ...]
    exceptions: tuple[LogEntry, ...]


@frozen
class Minutes:
    """The minutes.

    Args:
        view: of the window.
        script: that it was run by, None where it cannot be computed here.
        steps: of the script, in its order.
        others: everything that is not a step of the script, the oldest first.
        log: everything, the oldest first.
    """

    view: WindowView
    script: Script | None
    steps: tuple[MinutedStep, ...]
    others: tuple[LogEntry, ...]
    log: tuple[LogEntry, ...]


def window_minutes(view: WindowView) -> Minutes:
    """The minutes of a window, from its records alone."""
    log = window_log(view.context, view.state)
    script = script_of(view.context, view.state.window)
    minuted = tuple(_minuted(step, log) for step in (script.steps if script is not None else ()))
    taken = {id(entry) for step in minuted for entry in (*step.happened, *step.exceptions)}
    others = tuple(entry for entry in log if id(entry) not in taken)
    return Minutes(view, script, minuted, others, log)


def _minuted(step: ScriptStep, log: tuple[LogEntry, ...]) -> MinutedStep:
    happened = tuple(
        entry
        for entry in log
        if entry.kind == "step"
        and entry.name == step.row.id
        and (not step.role or entry.role in ("", step.role))
    )
    names = {step.row.id, str(step.number), step.role} - {""}
    exceptions = tuple(e for e in log if e.name == "exception" and e.about in names)
    return MinutedStep(step, happened, exceptions)
