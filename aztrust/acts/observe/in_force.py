"""Whether what is observed is still in force, asked in every look where files have changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from aztrust.acts.frozen_attempt import TrustInputs
from aztrust.acts.observe.launch import ObservedLaunch, read_again
from aztrust.core.base.errors import AztrustError, CouldNotCheck, Refused
from aztrust.storage.launch import PUBLISHED, open_launch
from aztrust.storage.ledger.location import find_ledger
from aztrust.storage.stamps import stamp_of

LOOKS: Final = 30
"""After as many looks it is read again in any case: approvals expire, and a file system may keep
the time of a change."""


class InForce:
    """A launch that an observer goes on observing.

    Args:
        launch: as it was read first.
        paths: the launch directory, or the kits.
        inputs: the time, and what was received out of band.
    """

    def __init__(
        self, launch: ObservedLaunch, paths: Sequence[Path], inputs: Callable[[], TrustInputs]
    ) -> None:
        self.launch = launch
        self.fault: AztrustError | None = None
        """Why it could not be read the last time; None where it could."""
        self._paths = tuple(paths)
        self._inputs = inputs
        self._looks = 0
        self._places = self._watched()
        # Not the stamp of now: a change since it was read first would be missed.
        self._stamp: object = None

    def look(self, *, now: bool = False) -> ObservedLaunch:
        """The launch by now. Observing goes on as before where it cannot be read: it is being
        written to, or was moved.

        Args:
            now: whether it is read even where nothing seems to have changed.

        Raises:
            Refused: another policy or scope is in force.
        """
        self._looks += 1
        stamp = stamp_of(self._places)
        if not now and stamp == self._stamp and self._looks % LOOKS:
            return self.launch
        self._stamp = stamp
        try:
            files = [open_launch(path) for path in self._paths]
            found = read_again(files, self._inputs(), self.launch)
        except AztrustError as error:
            self.fault = error
            return self.launch
        self.fault = None
        if found is None:
            raise Refused(
                "another scope is frozen since this observer began, and it proves the one before",
                subject="scope",
                mend="begin again with the genesis that is frozen now: aztrust observe --watch",
            )
        self.launch = found
        return found

    def require(self) -> None:
        """Refuse to write a proof into a launch that is not known to be the observed one.

        Raises:
            Refused: another policy or scope is in force.
            AztrustError: it cannot be read now.
        """
        self.look(now=True)
        if self.fault is not None:
            raise self.fault

    def _watched(self) -> tuple[Path, ...]:
        launch = self.launch
        if launch.is_kit:
            return self._paths
        places = (launch.path / "manifests", launch.path / PUBLISHED)
        option = self._inputs().ledger
        try:
            ledger = find_ledger(option, launch.policy.launch.chain_id, launch.policy_digest)
        except CouldNotCheck:
            return places
        # SQLite appends to the log next to the file first.
        return (*places, ledger, ledger.with_name(f"{ledger.name}-wal"))
