"""The lessons of the testnet that a launch window takes into account (AZ-39).

The whole list is in the record, so that everyone who reads the record has it. Each lesson is an
item of the final checks, and a holder of its owner role acknowledges it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final

from aztrust.core.base.digest import Sha256
from aztrust.core.base.model import Items, Model, Name
from aztrust.core.base.schema import Field
from aztrust.core.records.contents import Contents
from aztrust.core.records.kind import (
    FIXERS,
    KindText,
    RecordKind,
    UnixMs,
    about_scope,
    fixing_roles,
)

LessonId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")]
LessonText = Annotated[str, Field(min_length=1, max_length=500)]


ROW_PREFIX: Final = "lesson."
"""A row of the final checks that is about a lesson is called this and the lesson's id."""


class Lesson(Model):
    """`[[lesson]]`: one thing that the testnet showed.

    Args:
        id: its name in the final checks, after `lesson.`.
        class_: the class of fragility (AZ-39.1).
        edge_threshold: from which value on it happens.
        common_mistake: what operators did wrong.
        residual_risk: what is still not resolved, and does not block.
        owner: the role whose holders acknowledge it.
    """

    id: LessonId
    class_: Annotated[LessonText, Field(alias="class")]
    edge_threshold: LessonText
    common_mistake: LessonText
    residual_risk: LessonText
    owner: Name


class LessonList(Model):
    """The file of lessons, which is also the preimage of `lessons_hash`."""

    lesson: Annotated[Items[Lesson], Field(min_length=1, max_length=64)]


class Lessons(Model):
    """The lessons of one window."""

    fixed_at_unix_ms: UnixMs
    launch_window_id: Sha256
    lessons_hash: Sha256
    policy_digest: Sha256
    scope_hash: Sha256


def list_faults(listed: LessonList) -> Iterator[str]:
    """What is wrong with a list whose lessons are each well formed, as clauses."""
    ids = [lesson.id for lesson in listed.lesson]
    for id_ in sorted({name for name in ids if ids.count(name) > 1}):
        yield f"the lesson {id_} is there twice"


def _faults(_: Lessons, parts: Mapping[str, Any]) -> Iterator[str]:
    yield from list_faults(parts["lessons"])


CONTENTS: Final = Contents(preimages={"lessons": LessonList}, faults=_faults)

LESSONS: Final = RecordKind(
    name="lessons",
    model=Lessons,
    time_field="fixed_at_unix_ms",
    subject=about_scope,
    may_sign=fixing_roles,
    check=CONTENTS.check,
    preimages=CONTENTS.preimages,
    # A lesson's own row of the final checks rests on it, and no computed row does.
    final_part="answer",
    text=KindText(
        about="The lessons of the testnet that a launch window takes into account"
        " (docs/lessons.md). `preimages.lessons` is the file:"
        ' `{"lesson": [{"id", "class", "edge_threshold", "common_mistake", "residual_risk",'
        ' "owner"}]}`, one to 64 lessons, each id once; `owner` is the role that acknowledges it.',
        subject="`scope`, the scope hash",
        signer=FIXERS,
        fields={
            "fixed_at_unix_ms": "",
            "launch_window_id": "the window that they are for",
            "lessons_hash": "SHA-256 of the canonical `preimages.lessons`",
            "policy_digest": "",
            "scope_hash": "",
        },
    ),
)
KINDS: Final = (LESSONS,)
