"""The structured statement of anything that was signed in a launch window (AZ-36.1)."""

from __future__ import annotations

from aztrust.core.history.verdictset import HeldVerdict
from aztrust.core.records.records import VerifiedRecord
from aztrust.core.records.statements import checkpoint_line, statement_of
from aztrust.core.records.window import LaunchWindow
from aztrust.core.state.window.state import Signed


def statement_in(record: Signed, window: VerifiedRecord | None = None) -> str:
    """One line to read aloud; for a kind without a statement its title.

    Args:
        record: what was signed.
        window: the record that opened the window, which knows the packages; None where it is not
            here.
    """
    if isinstance(record, HeldVerdict):
        checkpoint = record.statement.checkpoint
        return checkpoint_line(checkpoint.checkpoint_class, checkpoint.verdict)
    opened = window.body if window is not None else None
    package = opened.authorized_release_package_id if isinstance(opened, LaunchWindow) else ""
    return statement_of(record, release_package_id=package) or f"{record.title} recorded"
