"""An attempt: one scope in one launch window (design 2).

The scope of a frozen attempt is the frozen one, which after a drift is another than that of the
files here: that is what a final check then reports, and the scope whose end it signs.
"""

from __future__ import annotations

from aztrust.core.base.value import frozen
from aztrust.core.history.verdictset import HeldVerdict
from aztrust.core.records.records import VerifiedRecord
from aztrust.core.records.window_kinds import LaunchWindow


@frozen
class Attempt:
    """One scope in one window.

    Args:
        scope_hash: what was frozen, or is to be.
        launch_window_id: the window.
        freezes: the verdicts that freeze it and are effective; () where the window is only open.
        window: the record of that window, where there is one of this scope.
        complete: whether all who must sign the freeze have.
    """

    scope_hash: str
    launch_window_id: str
    freezes: tuple[HeldVerdict, ...]
    window: VerifiedRecord | None = None
    complete: bool = True

    @property
    def opened_at_unix_ms(self) -> int:
        """When it began: an answer that was given before that is about another attempt."""
        if self.window is not None:
            return self.window.claimed_unix_ms
        return min(v.statement.checkpoint.timestamp_unix_ms for v in self.freezes)

    @property
    def decide_by_unix_ms(self) -> int | None:
        """Until when what is lacking is waited for; None where the window names no time."""
        return self.window.metadata.decide_by_unix_ms if self.window is not None else None

    @property
    def release_package_id(self) -> str:
        """The release package that it is about, "" where no record here names one."""
        body = self.window.body if self.window is not None else None
        if isinstance(body, LaunchWindow):
            return body.authorized_release_package_id
        named = (s for v in self.freezes for s in v.statement.subjects)
        return next((s.sha256 for s in named if s.name == "manifests/release.json"), "")
