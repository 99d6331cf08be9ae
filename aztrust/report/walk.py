"""How a walk over tasks ended: what was signed, what was not, and the commit that sends it."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from typing import Annotated, Any, Literal

from aztrust.core.base.digest import Sha256
from aztrust.core.base.model import Items, Model
from aztrust.core.base.schema import Field
from aztrust.core.base.value import frozen
from aztrust.report.escape import visible
from aztrust.report.lines import labelled
from aztrust.report.todo import command_line

Outcome = Literal["done", "declined", "failed", "left"]


@frozen
class Step:
    """One task of a walk.

    Args:
        act: what was to be done.
        subject: what it is about.
        command: what does it alone.
        outcome: `left` is one that this walk cannot do: it needs more than a yes.
        record_id: what was signed, "" for nothing, or for an act without a record.
        path: its file, likewise.
        message: why it failed or was left, "" otherwise.
        exit_code: of the act, where it failed.
    """

    act: str
    subject: str
    command: str
    outcome: Outcome
    record_id: str = ""
    path: str = ""
    message: str = ""
    exit_code: int = 0

    @property
    def title(self) -> str:
        """`approve release`."""
        subject = f"{self.subject[7:15]}" if self.subject.startswith("sha256:") else self.subject
        return f"{self.act.replace('-', ' ')} {subject}".strip()


class WalkStep(Model):
    """One task of a walk. `outcome` is `left` for one that needs more than a yes."""

    act: str
    subject: str
    command: str
    outcome: Outcome
    record_id: Sha256 | None
    path: str | None
    message: str | None


class WalkReport(Model):
    """What `aztrust sign --format json` gives; `commit` sends what was signed, null for nothing."""

    schema_: Annotated[Literal["aztrust/walk"], Field(alias="schema")]
    version_major: Literal[1]
    version_minor: Annotated[int, Field(ge=0)]
    command: str
    exit_code: Annotated[int, Field(ge=0, le=255)]
    holders: Items[str]
    steps: Items[WalkStep]
    unseen: Items[str]
    commit: str | None


def commit_command(launch: str, messages: Iterable[str]) -> str:
    """The line that sends everything that a walk signed; "" where it signed nothing.

    Args:
        launch: the launch directory as `git -C` takes it, "" for the present one.
        messages: of the commits that each act alone would suggest.
    """
    subjects = list(dict.fromkeys(messages))
    if not subjects:
        return ""
    git = f"git -C {shlex.quote(launch)}" if launch else "git"
    message = shlex.quote(", ".join(subjects))
    return f"{git} add manifests && {git} commit -m {message} && {git} push"


def walk_lines(steps: Iterable[Step], commit: str) -> list[str]:
    """The summary for a person."""
    steps = tuple(steps)
    lines: list[str] = [""]
    for outcome in ("done", "declined"):
        found = [step.title for step in steps if step.outcome == outcome]
        if found:
            lines += labelled(outcome, visible(f"{len(found)}: {', '.join(found)}"))
    for step in steps:
        if step.outcome in ("failed", "left"):
            lines += labelled(step.outcome, visible(f"{step.title}: {step.message}"))
            lines += command_line("", step.command)
    if not steps:
        lines += labelled("done", "nothing waits for these keys")
    if commit:
        lines += command_line("next", commit)
        lines += labelled("", "or send the files: they are public and safe in any chat")
    return lines


def walk_document(
    steps: Iterable[Step],
    *,
    command: str,
    exit_code: int,
    holders: tuple[str, ...],
    unseen: tuple[str, ...],
    commit: str,
) -> dict[str, Any]:
    """The summary for a program."""
    return WalkReport(
        schema_="aztrust/walk",
        version_major=1,
        version_minor=0,
        command=command,
        exit_code=exit_code,
        holders=holders,
        steps=tuple(
            WalkStep(
                act=step.act,
                subject=visible(step.subject),
                command=visible(step.command),
                outcome=step.outcome,
                record_id=step.record_id or None,
                path=visible(step.path) or None,
                message=visible(step.message) or None,
            )
            for step in steps
        ),
        unseen=tuple(map(visible, unseen)),
        commit=visible(commit) or None,
    ).model_dump(mode="json")
