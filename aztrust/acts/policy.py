"""Reading policies that a person names, and linting one together with the keys of its launch."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from aztrust.core.base.errors import CouldNotCheck, Malformed
from aztrust.core.base.paths import escape
from aztrust.core.formats.keys import parse_public_key
from aztrust.core.history.opener import Opener
from aztrust.core.history.opening import read_keyring
from aztrust.core.policy.lint import lint_policy
from aztrust.core.policy.lint_message import Remark, error, note
from aztrust.core.policy.model import POLICY_LIMIT, POLICY_PATH, Policy
from aztrust.core.policy.validate import parse_policy_structure
from aztrust.core.records.lessons import LESSONS
from aztrust.storage.kit import holds_kit
from aztrust.storage.launch import read_launch, read_policy


def read_policy_at(path: Path) -> bytes:
    """The policy in a file, or of a launch directory or kit.

    Raises:
        Malformed: `kit-malformed`: the file is not a valid kit.
        CouldNotCheck: it cannot be read.
    """
    if path.is_dir() or holds_kit(path):
        return read_policy(path)
    # A file a person names may be a link, or what a shell's <(…) makes: a pipe.
    try:
        with open(path, "rb") as file:
            return file.read(POLICY_LIMIT + 1)
    except OSError as failure:
        raise CouldNotCheck(
            f"cannot read {escape(str(path))}: {failure.strerror or failure}",
            subject=escape(str(path)),
            mend="name a policy file, a launch directory, or - for standard input",
        ) from None


def lint_launch(launch: Path) -> tuple[Remark, ...]:
    """The remarks about a launch's policy, and about `keys/` where that does not fit it.

    Args:
        launch: its directory, or a kit.

    Raises:
        CouldNotCheck: the launch directory cannot be read.
    """
    evidence = read_launch(launch)
    remarks = lint_policy(evidence.policy)
    try:
        policy = parse_policy_structure(evidence.policy)
    except Malformed:
        return remarks
    return (
        *_key_errors(policy, evidence.keys),
        *remarks,
        *_strays(policy, evidence.keys),
        *_without_lessons(policy, evidence.records),
    )


def lint_file(path: Path) -> tuple[Remark, ...]:
    """The remarks about a policy alone.

    Raises:
        CouldNotCheck: it cannot be read.
    """
    return lint_policy(read_policy_at(path), what=escape(str(path)))


def _key_errors(policy: Policy, files: Mapping[str, bytes]) -> tuple[Remark, ...]:
    return tuple(
        error(f.code, f"{f.subject}: {f.message}", f.mend)
        for f in read_keyring(policy, files, Opener()).findings
    )


def _strays(policy: Policy, files: Mapping[str, bytes]) -> tuple[Remark, ...]:
    """Keys that are here and not in the policy: mostly a table that was never pasted."""
    remarks = []
    listed = policy.key_holders()
    for name, data in files.items():
        try:
            key = parse_public_key(data, name=name)
        except Malformed:
            continue
        if key.fingerprint not in listed:
            remarks.append(
                note(
                    "key-unlisted",
                    f"keys/{escape(name)} is not a key of a holder in {POLICY_PATH}:"
                    f" {key.fingerprint}",
                    "paste its [holders.NAME] table, or remove the file",
                )
            )
    return tuple(remarks)


def _without_lessons(policy: Policy, records: Mapping[str, bytes]) -> tuple[Remark, ...]:
    """A launch of a mainnet whose records have no list of testnet lessons; by their names alone."""
    if policy.launch.profile != "mainnet" or any(f".{LESSONS.name}." in path for path in records):
        return ()
    return (
        note(
            "lessons-missing",
            "no record here fixes what the testnet showed (AZ-39)",
            "when the window opens, before the final checks: aztrust lessons FILE",
        ),
    )
