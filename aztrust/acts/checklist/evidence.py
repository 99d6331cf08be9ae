"""Showing files for an item of the checklist, as a signed record (RC-H)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from aztrust.acts.act import Act, Plan, checked_text, require_usable_signer
from aztrust.core.base.digest import sha256_id
from aztrust.core.base.errors import CouldNotCheck, Refused, UsageError
from aztrust.core.base.paths import escape
from aztrust.core.base.value import frozen
from aztrust.core.checklist.definitions import Item
from aztrust.core.formats.keys import VerificationMaterial
from aztrust.core.records.checklist import MAX_FILES, ChecklistEvidence, ShownFile
from aztrust.core.state.context import definitions_of
from aztrust.storage.capture import capture
from aztrust.storage.durable import create_idempotent
from aztrust.storage.evidencefiles import (
    ReadFile,
    path_below,
    read_below,
)
from aztrust.storage.evidenceroots import LAUNCH, known_roots

OUTPUTS: Final = "manifests/evidence"
"""Where the output of a command goes, below the launch directory."""
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


@frozen
class Output:
    """What a command wrote, and where it is below the root.

    Args:
        command: as it was typed.
        path: below the root.
        exit_code: None where aztrust did not run it.
    """

    command: str
    path: str
    exit_code: int | None = None


def parse_root(text: str) -> tuple[str, Path]:
    """`NAME=DIR`, or `DIR` for a folder that its own name names.

    Raises:
        UsageError: it has no name that a record can have.
    """
    name, equals, place = text.partition("=")
    if not equals:
        place, name = text, Path(text).resolve().name.lower()
    if not place or not _NAME.fullmatch(name):
        raise UsageError(
            f"--root {escape(text)[:80]} does not name a root",
            subject="--root",
            mend="NAME=DIR; a name has lower-case letters, digits, '.', '_' and '-'",
        )
    if name == LAUNCH:
        raise UsageError(
            "the root launch is the launch directory itself",
            subject="--root",
            mend="give the other folder another name, or leave --root out",
        )
    return name, Path(place)


def run_command(act: Act, text: str) -> Output:
    """Run a command and keep what it writes in the launch directory, under its own digest.

    Raises:
        UsageError, CouldNotCheck: as `capture`.
        Refused: a file of that name has other bytes.
    """
    checked_text(text, "--command")
    captured = capture(text)
    if not captured.output:
        raise CouldNotCheck(
            "the command wrote nothing, which shows nothing",
            subject="--command",
            mend="run one that prints what it looked at",
        )
    path = f"{OUTPUTS}/{sha256_id(captured.output)[7:23]}.txt"
    create_idempotent(act.launch / path, captured.output, within=act.launch)
    return Output(text, path, captured.exit_code)


def kept_output(root: Path, text: str, file: Path) -> Output:
    """An output that the user took; which command wrote it is the user's word.

    Raises:
        Refused, CouldNotCheck: as `path_below`.
    """
    return Output(checked_text(text, "--command"), path_below(root, file))


def read_files(root: Path, files: Iterable[Path], output: Output | None) -> tuple[ShownFile, ...]:
    """The files as a record lists them.

    Raises:
        UsageError: there is none, or one is empty; there are more than a record may name.
        Refused: one is not below the root.
        CouldNotCheck: one is missing, a link, a directory, special, or changes while it is read.
    """
    paths = {path_below(root, file) for file in files}
    if output is not None:
        paths.add(output.path)
    if not paths:
        raise UsageError(
            "no file is named, and no command",
            mend="aztrust evidence add ITEM FILE; or let a command write one: --command T",
        )
    if len(paths) > MAX_FILES:
        raise UsageError(
            f"{len(paths)} files are named, and one record has at most {MAX_FILES}",
            subject="FILE",
            mend="name them in several commands, or one archive of them",
        )
    return tuple(_shown(read_below(root, path)) for path in sorted(paths))


def plan_evidence(
    act: Act,
    item: Item,
    root: str,
    files: Sequence[ShownFile],
    output: Output | None,
    key: VerificationMaterial,
) -> Plan[ChecklistEvidence, Item]:
    """The record that shows files for an item.

    Raises:
        Refused: the policy has expired, or the key was revoked.
        CouldNotCheck: a record that may be a revocation cannot be understood.
    """
    holder = require_usable_signer(act.context, key)
    body = ChecklistEvidence(
        added_at_unix_ms=act.now_unix_ms,
        checklist_digest=definitions_of(act.context).digest,
        command=output.command if output is not None else None,
        exit_code=output.exit_code if output is not None else None,
        files=tuple(files),
        item=item.id,
        output=output.path if output is not None else None,
        policy_digest=act.context.policy_digest,
        root=root,
    )
    return Plan("checklist-evidence", body, holder, item)


def require_root(launch: Path, root: str, named: Mapping[str, Path]) -> Path:
    """Where a root is on this machine.

    Raises:
        Refused: no one has named it here.
    """
    found = {**known_roots(launch), **named}.get(root)
    if found is None:
        raise Refused(
            f"where the root {escape(root)} is on this machine is not known",
            subject="--root",
            mend=f"--root {escape(root)}=DIR",
        )
    return found


def _shown(file: ReadFile) -> ShownFile:
    if file.size == 0:
        raise UsageError(
            f"{escape(file.path)} is empty: it shows nothing",
            subject=escape(file.path),
            mend="name a file that shows what was looked at",
        )
    return ShownFile(
        blake3=file.digests.blake3, path=file.path, sha256=file.digests.sha256, size=file.size
    )
