"""What an observer writes down: the answers that a signal names, and proofs of blocks.

Both are bounded. What is written is never changed: its name is its digest.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

from aztrust.acts.observe.launch import ObservedLaunch
from aztrust.acts.observe.proving import Bundle
from aztrust.core.base.digest import sha256_id
from aztrust.core.base.errors import CouldNotCheck
from aztrust.core.chain.bundle import MAX_BYTES, bundle_name
from aztrust.core.chain.judge.signals import Signal
from aztrust.core.chain.recheck import recheck
from aztrust.storage.durable import create_idempotent
from aztrust.storage.folders import read_bounded
from aztrust.storage.launch import OBSERVATIONS
from aztrust.storage.nodes.limits import MIB
from aztrust.storage.nodes.recent import Recent
from aztrust.storage.presence import is_present

MOST_FILES: Final = 4096
MOST_BYTES: Final = 256 * MIB


class EvidenceFolder:
    """Answers that signals name, by digest.

    Args:
        folder: where they are kept.
        recent: the newest answers.
        files: as many are kept at most.
        size: as many bytes of them.
    """

    def __init__(
        self, folder: Path, recent: Recent, files: int = MOST_FILES, size: int = MOST_BYTES
    ) -> None:
        self._folder = folder
        self._recent = recent
        self._files = files
        self._size = size
        self._known: set[tuple[str, str]] = set()
        self._kept: set[str] | None = None
        self.left_out = 0
        """How many answers were named and are not kept: no room was left, or they were too old."""

    def keep(self, signals: Iterable[Signal]) -> None:
        """Keep the answers of signals that were not there in the look before.

        Raises:
            CouldNotCheck: they cannot be written.
        """
        now = {(signal.code, signal.subject) for signal in signals}
        new = [signal for signal in signals if (signal.code, signal.subject) not in self._known]
        self._known = now
        if new and self._kept is None:
            self._kept = self._listed()
        for digest in dict.fromkeys(digest for signal in new for digest in signal.evidence):
            self._keep(digest)

    def _keep(self, digest: str) -> None:
        name = digest.rpartition(":")[2]
        kept = self._kept if self._kept is not None else set()
        if name in kept:
            return
        body = self._recent.get(digest)
        if body is None or len(kept) >= self._files or len(body) > self._size:
            self.left_out += 1
            return
        create_idempotent(self._folder / name, body)
        kept.add(name)
        self._size -= len(body)

    def _listed(self) -> set[str]:
        names: set[str] = set()
        with suppress(FileNotFoundError), os.scandir(self._folder) as entries:
            for entry in entries:
                names.add(entry.name)
                self._size -= entry.stat(follow_symlinks=False).st_size
        return names


def keep_proof(launch: ObservedLaunch, bundle: Bundle) -> Path | None:
    """Write a proof into the launch, where none of its block is there yet that proves it.

    Returns:
        Its path; None where one is there.

    Raises:
        CouldNotCheck: it cannot be written.
    """
    folder = launch.path / OBSERVATIONS
    for name in _bundles(folder, bundle.height):
        with suppress(CouldNotCheck):
            data = read_bounded(folder / name, MAX_BYTES)
            found = recheck(
                data, name, sha256_id(data), launch.origin, launch.adapter, launch.expected
            )
            if found.fault is None:
                return None
    path = folder / bundle_name(bundle.height, bundle.data)
    create_idempotent(path, bundle.data, within=launch.path)
    return path


def _bundles(folder: Path, height: int) -> list[str]:
    if not is_present(folder):
        return []
    start = f"{height}-"
    return [name for name in sorted(os.listdir(folder)) if name.startswith(start)][:16]
