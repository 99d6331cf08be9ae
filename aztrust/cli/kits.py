"""The kits that a host reads: named, or found where the command runs."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from aztrust.cli.options import given_anchor, given_scope
from aztrust.cli.session import Session, is_url
from aztrust.core.base.errors import CouldNotCheck, UsageError
from aztrust.core.policy.model import POLICY_PATH
from aztrust.report.escape import visible
from aztrust.storage.launch import is_kit, require_launch

if TYPE_CHECKING:
    from aztrust.core.formats.head_line import HeardHead
    from aztrust.core.state.context import Request
    from aztrust.storage.launch import LaunchFiles


def sources(session: Session, kits: tuple[str, ...], command: str) -> tuple[Path, ...]:
    """The kits to read: those named, else -C's, else the only kit here, else the launch around.

    Args:
        session: the run.
        kits: files, directories and https URLs, as typed.
        command: how one is named, for the mend.

    Raises:
        UsageError: several kits are here, a named file does not exist, or a URL is not https.
        CouldNotCheck: no kit could be fetched from a URL.
        NothingToVerify: there is none.
    """
    named = tuple(session.fetch(kit) if is_url(kit) else Path(kit) for kit in kits)
    for path in named:
        if not path.exists():
            raise UsageError(
                f"there is no kit {visible(str(path))}",
                subject=visible(str(path)),
                mend="download it, or name the file that is here",
            )
        if not is_kit(path) and not (path / POLICY_PATH).exists():
            raise CouldNotCheck(
                f"{visible(str(path))} is neither a kit nor a launch directory",
                subject=visible(str(path)),
                mend="name the .aztrust file that was downloaded",
            )
    if named:
        return tuple(path.absolute() if is_kit(path) else require_launch(path) for path in named)
    if session.launch_option is None and "AZTRUST_LAUNCH" not in os.environ:
        here = sorted(Path.cwd().glob("*.aztrust"))
        if len(here) > 1:
            names = ", ".join(visible(path.name) for path in here)
            raise UsageError(
                f"{len(here)} kits are here: {names}",
                mend=f"say which: {command} (several are merged)",
            )
        if here:
            return tuple(here)
    return (session.source(),)


def request_about(
    first: LaunchFiles,
    now_unix_ms: int,
    anchor: str | None,
    scope: str | None,
    heard: HeardHead | None = None,
) -> Request:
    """What is asked about some kits.

    Args:
        first: the first of them, whose policy names the anchor that is pinned.
        now_unix_ms: the time to judge for.
        anchor, scope: as typed, None where they were not given.
        heard: the ledger's head as it was read out, None where it was not.

    Raises:
        UsageError: one of them is not a digest.
    """
    from aztrust.acts.anchors import resolve_anchor
    from aztrust.core.state.context import Request

    anchoring = resolve_anchor(first.path, first.policy(), given=given_anchor(anchor))
    return Request(
        now_unix_ms=now_unix_ms,
        anchor=anchoring.anchor,
        anchor_source=anchoring.source,
        scope=given_scope(scope),
        pin_conflicts=anchoring.conflicts,
        heard=heard,
    )
