"""What a verdict did in its launch window, for a person and for a program."""

from __future__ import annotations

from aztrust.core.base.model import Items, Model
from aztrust.core.judge.window_effect import Effect
from aztrust.report.advice import advice_lines
from aztrust.report.escape import visible
from aztrust.report.lines import labelled


class ReportWindow(Model):
    """The window after a verdict.

    `step` is the last step that the verdict took, null where it took none; `lacks` is what keeps it
    from one. `scope_confirmed` says that it confirmed the scope one final time, after the bootstrap
    instruction.
    """

    status: str
    phase: str
    step: str | None
    waits_for_signatures: bool
    scope_confirmed: bool
    lacks: Items[str]


def effect_lines(effect: Effect, *, is_signed: bool, what: str = "final check") -> list[str]:
    """Whether the window took the step, and if not, why.

    Args:
        effect: what the verdict does.
        is_signed: whether it was signed; else it is what it would do.
        what: the verdict, in a word.
    """
    state = effect.state
    where = f"{state.status}, {state.phase_name}"
    would = "" if is_signed else "would be "
    if effect.is_over:
        return labelled(
            "window", f"{state.status}: it is over, and this {what} has no effect in it"
        )
    if effect.row is not None:
        lines = labelled("window", visible(f"{would}{where}"))
        lines += labelled("step", visible(f"{effect.row.id}: {effect.row.says}"))
        if effect.confirms_scope:
            lines += labelled("scope", "confirmed one final time")
        return lines
    lines = labelled("window", visible(f"{where}; this {what} does not change it"))
    if effect.waits:
        lines += labelled("waits", "others have to sign, too")
    for finding in effect.why:
        lines += labelled("lacks", visible(f"{finding.subject}: {finding.message}"))
        lines += advice_lines("mend", finding.mend) if finding.mend else []
    return lines


def report_window(effect: Effect) -> ReportWindow:
    """The same for a program."""
    return ReportWindow(
        status=effect.state.status,
        phase=effect.state.phase_name,
        step=effect.row.id if effect.row is not None else None,
        waits_for_signatures=effect.waits,
        scope_confirmed=effect.confirms_scope,
        lacks=tuple(f"{f.subject}: {f.message}" for f in effect.why),
    )
