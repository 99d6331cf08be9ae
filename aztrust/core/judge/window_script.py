"""The script of a launch window: its steps with names and times, known before it begins.

The text is a function of the policy, the scope and the planned times alone. Its digest is in the
metadata of the window, so that anyone who has the policy computes the same text again and sees
that the window is run by it. What happened is in the minutes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from aztrust.core.base.digest import sha256_id
from aztrust.core.base.findings import Finding
from aztrust.core.base.paths import escape
from aztrust.core.base.times import format_minute
from aztrust.core.base.value import frozen
from aztrust.core.judge.window_commands import command_of
from aztrust.core.judge.window_next import holders_of, kind_of
from aztrust.core.judge.window_times import PLANNED, metadata_of
from aztrust.core.policy.actors import actor_cards
from aztrust.core.policy.model import Policy
from aztrust.core.policy.scope import Scope
from aztrust.core.policy.window_limits import window_limits
from aztrust.core.records.records import VerifiedRecord
from aztrust.core.records.window import WindowMetadata
from aztrust.core.state.context import Context, require_policy
from aztrust.core.state.current import scope_of_window
from aztrust.core.state.window.read import rule_of
from aztrust.core.state.window.row import PHASES, Row, SignedBy
from aztrust.core.state.window.table import TABLE

DIFFERS: Final = "window-script-differs"
_ORDER: Final = (
    "freeze",
    "first-final-check",
    "final-checks-passed",
    "proceed",
    "go-hold-reviewed",
    "decide-go",
    "authorize",
    "bootstrap-authorized",
    "instruct",
    "scope-reconfirmed",
    "activate-first",
    "activate-next",
    "activate-last",
    "first-blocks-healthy",
    "first-epoch-finalized",
    "observe",
    "enter-posture",
    "posture-entered",
    "exit-ready",
    "exit-posture",
    "normalize",
)
"""The rows of a launch that meets no obstacle."""
_PLANNED: Final = {
    "bootstrap-authorized": "bootstrap_authorization_time_unix_ms",
    "activate-first": "bootstrap_start_time_unix_ms",
    "first-epoch-finalized": "early_epoch_observation_end_time_unix_ms",
    "exit-posture": "restricted_posture_end_time_unix_ms",
}
"""The rows that have a planned time."""
_ON_DEMAND: Final = ("clears", "optional", "stops")


@frozen
class ScriptStep:
    """One step of a script.

    Args:
        number: from 1 on.
        row: of the transition table.
        phase: in which it is taken, 0 to 8.
        role: that is activated, "" for another step.
        planned_unix_ms: when it is planned, None where no time is.
        command: what does it, "" where the command line has none.
    """

    number: int
    row: Row
    phase: int
    role: str
    planned_unix_ms: int | None
    command: str

    @property
    def title(self) -> str:
        """The step in one sentence."""
        return f"{self.row.says.rstrip('.')} ({self.role})." if self.role else self.row.says


@frozen
class Script:
    """Everything that the text of a script is made from.

    Args:
        policy: with holders, roles and limits.
        scope: of the attempt.
        opened_at_unix_ms: when the window opens.
        metadata: the planned times; its `script_hash` is not looked at.
    """

    policy: Policy
    scope: Scope
    opened_at_unix_ms: int
    metadata: WindowMetadata

    @property
    def steps(self) -> tuple[ScriptStep, ...]:
        """The steps of a launch that meets no obstacle, in their order."""
        return tuple(self._steps())

    @property
    def digest(self) -> str:
        """The digest of the text, as `script_hash` has it."""
        return sha256_id(script_text(self).encode())

    def _steps(self) -> Iterator[ScriptStep]:
        number = phase = 0
        by_id = {row.id: row for row in TABLE}
        for id_ in _ORDER:
            row = by_id[id_]
            for role in self._roles(id_):
                number += 1
                planned = _PLANNED.get(id_)
                yield ScriptStep(
                    number,
                    row,
                    phase,
                    role,
                    getattr(self.metadata, planned) if planned else None,
                    command_of(id_, by_checklist=self.policy.checklist is not None).replace(
                        "ROLE", role or "ROLE"
                    ),
                )
            phase = row.phase if row.phase >= 0 else phase

    def _roles(self, row_id: str) -> tuple[str, ...]:
        order = window_limits(self.policy).activation_order
        match row_id:
            case "activate-first":
                return tuple(order[:1])
            case "activate-next":
                return tuple(order[1:-1])
            case "activate-last":
                return tuple(order[1:][-1:])
            case _:
                return ("",)


def script_of(context: Context, window: VerifiedRecord | None) -> Script | None:
    """The script of a window; None where its record is not here, or is of another policy."""
    metadata, scope = metadata_of(window), scope_of_window(context, window)
    if window is None or metadata is None or scope is None:
        return None
    if metadata.policy_digest != context.policy_digest:
        return None
    return Script(require_policy(context), scope, window.claimed_unix_ms, metadata)


def script_finding(context: Context, window: VerifiedRecord | None) -> Finding | None:
    """What is to be known of the script of a window; None where it is the one that was fixed."""
    metadata, script = metadata_of(window), script_of(context, window)
    if metadata is None or metadata.script_hash is None:
        return None
    if script is None:
        return Finding(
            DIFFERS,
            "script",
            "the script of this window was not computed again: its policy is not the one here",
            expected=metadata.script_hash,
            mend="read it under the policy that the window was opened under",
        )
    if script.digest == metadata.script_hash:
        return None
    return Finding(
        DIFFERS,
        "script",
        "the window was opened with another script than its policy, scope and times give here",
        expected=metadata.script_hash,
        actual=script.digest,
        mend="compare it with the script that was published; another version of aztrust may write"
        " it differently: aztrust window script",
    )


def script_text(script: Script) -> str:
    """The script as Markdown; the same everywhere for the same policy, scope and times."""
    parts = (head_lines(script, "Script"), _roles(script), _step_lines(script), _always(script))
    return "".join(f"{line}\n" for part in parts for line in part)


def _roles(script: Script) -> Iterator[str]:
    yield from ("## Roles", "", "| role | holders | backup |", "| --- | --- | --- |")
    for card in actor_cards(script.policy):
        names, backup = ", ".join(card.holders), ", ".join(card.backup)
        yield f"| {markdown(card.role)} | {markdown(names) or '-'} | {markdown(backup) or '-'} |"
    yield ""


def head_lines(script: Script, title: str) -> list[str]:
    """The title, what is launched, and the planned times."""
    policy, scope, metadata = script.policy, script.scope, script.metadata
    lines = [
        f"# {title} of the launch window: {markdown(policy.launch.name)}",
        "",
        "| | |",
        "| --- | --- |",
        f"| chain | {markdown(scope.chain_id)}, {scope.network_class} |",
        f"| genesis | `{scope.genesis_hash}` |",
        f"| release package | `{scope.release_package_id}` |",
        f"| genesis package | `{scope.genesis_package_id}` |",
        f"| policy | `{scope.policy_digest}` |",
        f"| scope | `{scope.hash}` |",
        f"| window opens | {format_minute(script.opened_at_unix_ms)} |",
    ]
    for field, text in {
        "decide_by_unix_ms": "answers due",
        "change_cutoff_unix_ms": "last change of a package",
        **PLANNED,
    }.items():
        planned = getattr(metadata, field)
        if planned is not None:
            lines.append(f"| {text} | {format_minute(planned)} |")
    return [*lines, ""]


def _step_lines(script: Script) -> Iterator[str]:
    phase = -1
    for step in script.steps:
        if step.phase != phase:
            phase = step.phase
            yield from (f"## {PHASES[phase]}", "")
        yield from step_lines(script, step)


def step_lines(script: Script, step: ScriptStep) -> Iterator[str]:
    """One step: its title, its time, who signs it, what it needs, its command."""
    yield from (f"### {step.number}. {markdown(step.title)}", "")
    if step.planned_unix_ms is not None:
        yield f"* planned: {format_minute(step.planned_unix_ms)}"
    yield f"* signed by: {signers_text(script.policy, step.row.act)}"
    if step.row.needs:
        yield f"* needs: {'; '.join(need.need for need in step.row.needs)}"
    yield f"* from: {', '.join(step.row.clauses)}"
    if step.command:
        yield f"* `{step.command}`"
    yield ""


def _always(script: Script) -> Iterator[str]:
    yield from ("## On demand", "", "| step | signed by | command |", "| --- | --- | --- |")
    for row in TABLE:
        typed = command_of(row.id)
        if kind_of(row) in _ON_DEMAND and typed:
            signed = signers_text(script.policy, row.act)
            yield f"| {row.says.rstrip('.')} | {signed} | `{typed}` |"


def signers_text(policy: Policy, act: SignedBy) -> str:
    """Who signs a step: `2 holders: release-manager (rita), security-lead (sonia or tom)`."""
    rule = rule_of(policy, act)
    if rule is None:
        return "no one under this policy"
    if act == "anyone":
        return "any holder"
    if act == "a-verdict":
        return _one_of(holders_of(policy, act))
    many = f"{rule.distinct_holders} holders: " if rule.distinct_holders > 1 else ""
    names = [
        f"{f'{count} ' if count > 1 else ''}{role} ({' or '.join(holders) or 'no holder'})"
        for role, count in sorted(rule.roles.items())
        for holders in (policy.holders_of_role(role),)
        if count
    ]
    if not names:
        able = holders_of(policy, act)
        return f"{many}{', '.join(able)}" if many else _one_of(able)
    return f"{many}{', '.join(names)}"


def _one_of(holders: tuple[str, ...]) -> str:
    names = ", ".join(holders) or "no holder"
    return f"one of {names}" if len(holders) > 1 else names


def markdown(text: str) -> str:
    """A text of a policy as it may be in Markdown: no mark, no line break, no table cell ends."""
    shown = escape(text)
    return "".join(f"\\{c}" if c in "\\`*_{}[]<>#|!" else c for c in shown)
