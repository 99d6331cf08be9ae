"""What a launch directory keeps next to its records: sealed manifests, answers, other files."""

from __future__ import annotations

from aztrust.core.base.canonical import MIB
from aztrust.core.base.digest import sha256_id
from aztrust.core.judge.audit.recompute import Stored
from aztrust.core.package.entries import Fault, FileEntry
from aztrust.core.state.evidence import Evidence
from aztrust.storage.kept_answers import FOLDER
from aztrust.storage.launch import LaunchFiles, read_folder

ANSWER_LIMIT = 64 * MIB


def read_stored(files: LaunchFiles, evidence: Evidence) -> Stored:
    """Everything that a verdict may rest on and no record holds.

    Args:
        files: the launch.
        evidence: its own files, with the packages as they were read.
    """
    ignored: list[Fault] = []
    answers: dict[str, bytes] = {}
    if files.kit is None:
        kept = read_folder(files.path, FOLDER, ANSWER_LIMIT, ignored)
        answers = {sha256_id(data): data for data in kept.values()}
    own = (evidence.policy, *evidence.keys.values(), *evidence.observations.values())
    digests = {sha256_id(data) for data in (*own, *evidence.manifests.values())}
    for reading in evidence.packages.values():
        entries = reading.tree.entries if reading.tree is not None else ()
        digests |= {entry.sha256 for entry in entries if isinstance(entry, FileEntry)}
    return Stored(
        sealed={f"sha256:{name}": data for name, data in files.sealed()},
        answers=answers,
        files=frozenset(digests | answers.keys()),
    )
