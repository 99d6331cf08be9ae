"""Records that remark on a launch window and change nothing in it: an exception, a correction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final

from aztrust.core.base.digest import Sha256
from aztrust.core.base.model import Items, Model, Name
from aztrust.core.base.schema import Field
from aztrust.core.records.contents import Contents
from aztrust.core.records.kind import KindText, Reason, RecordKind, UnixMs, about_scope


class ExceptionRecord(Model):
    """A step of the script went otherwise: what happened, its remedy, who saw it."""

    happened: Reason
    happened_at_unix_ms: UnixMs
    launch_window_id: Sha256
    policy_digest: Sha256
    remedy: Reason
    scope_hash: Sha256
    step: Annotated[str, Field(min_length=1, max_length=200)]
    witnesses: Items[Name]


class Correction(Model):
    """A text that adds to an earlier record; the earlier one stays as it is."""

    corrected_at_unix_ms: UnixMs
    corrects: Sha256
    policy_digest: Sha256
    text: Reason


def _same_witness(body: ExceptionRecord, _: Mapping[str, Any]) -> Iterator[str]:
    if list(body.witnesses) != sorted(set(body.witnesses)):
        yield "its witnesses are not sorted, each once"


EXCEPTION_CONTENTS: Final = Contents(faults=_same_witness)
CORRECTION_CONTENTS: Final = Contents()

EXCEPTION: Final = RecordKind(
    name="exception",
    model=ExceptionRecord,
    time_field="happened_at_unix_ms",
    subject=about_scope,
    check=EXCEPTION_CONTENTS.check,
    final_part="none",
    summary=lambda body: f"in step {body.step}",
    text=KindText(
        about="A step of the launch window went otherwise than its script says.",
        subject="`scope`, the scope hash",
        fields={
            "happened": "what happened, 1 to 1000 characters",
            "happened_at_unix_ms": "",
            "launch_window_id": "",
            "policy_digest": "",
            "remedy": "what was done about it, 1 to 1000 characters",
            "scope_hash": "",
            "step": "the step of the script, 1 to 200 characters",
            "witnesses": "the holders who saw it, sorted, each once",
        },
    ),
)
CORRECTION: Final = RecordKind(
    name="correction",
    model=Correction,
    time_field="corrected_at_unix_ms",
    subject=lambda body, _: ("record", body.corrects),
    depends_on=lambda body: frozenset({body.corrects}),
    check=CORRECTION_CONTENTS.check,
    final_part="none",
    summary=lambda body: f"of record {body.corrects[7:15]}",
    text=KindText(
        about="A text that adds to an earlier record. It edits nothing: the earlier record stays.",
        subject="`record`, the record that it corrects",
        fields={
            "corrected_at_unix_ms": "",
            "corrects": "a record id",
            "policy_digest": "",
            "text": "1 to 1000 characters",
        },
    ),
)
KINDS: Final = (EXCEPTION, CORRECTION)
