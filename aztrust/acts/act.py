"""An act: a person signs a statement about a launch. Every act takes the same five steps.

1. **Load.** The launch under the announced policy, with its ledger, for one moment: an `Act`.
2. **Plan.** What will be signed and by whom; what is not allowed is refused: a `Plan`. Nothing is
   written, so that a plan can be thrown away.
3. **Show.** The plan on a screen, and a question where the act cannot be undone (`cli.signing`).
4. **Sign.** One signature, read back as a verifier would read it (`sign`).
5. **Publish.** Into the ledger and into the folder, in the one order that law 9 allows (`publish`).

A command of the kind of `attest` is a planner here and a view in the command line. `seal`,
`approve`, `freeze` and `final-check` prepare more before the question; their last steps are the
same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Generic, TypeVar

from aztrust.acts.approvers import refuse_revoked_key
from aztrust.acts.ledger.reading import LedgerOptions, with_ledger
from aztrust.acts.preconditions import (
    read_anchored,
    refuse_expired_policy,
    require_readable_records,
)
from aztrust.core.base.errors import UsageError
from aztrust.core.base.model import Model
from aztrust.core.base.paths import escape
from aztrust.core.base.value import field, frozen, replace
from aztrust.core.formats.keys import VerificationMaterial
from aztrust.core.history.verdictset import HeldVerdict
from aztrust.core.policy.model import Policy
from aztrust.core.records.readiness import EvidenceFile
from aztrust.core.records.records import VerifiedRecord
from aztrust.core.state.context import Context, read_context, require_policy
from aztrust.storage.tree.hashing import hash_file

TEXT_LIMIT = 1000
"""How many characters a reason or a remark in a record may have."""

B = TypeVar("B", bound=Model)
A = TypeVar("A")


@frozen
class Act:
    """A launch in which a person is about to sign.

    Args:
        launch: the launch directory.
        context: its files, under the anchor that was given or pinned.
        ledger: `--ledger` as typed, None where it was not given.
    """

    launch: Path
    context: Context
    ledger: str | None = None

    @property
    def now_unix_ms(self) -> int:
        """The time of the act, in milliseconds since the epoch."""
        return self.context.request.now_unix_ms

    @property
    def policy(self) -> Policy:
        """The policy, which was parsed."""
        return require_policy(self.context)


@frozen
class Plan(Generic[B, A]):
    """A statement that waits for its signature.

    Args:
        kind: of the record.
        body: the record.
        holder: who signs.
        about: what the body refers to, for the screen; each planner defines it.
        earlier: a statement of the same content that counts; then nothing is signed.
        preimages: what the body's `*_hash` fields are over.
    """

    kind: str
    body: B
    holder: str
    about: A
    earlier: VerifiedRecord | HeldVerdict | None = None
    preimages: Mapping[str, object] = field(default_factory=dict)


def load_before_freeze(launch: Path, anchor: str | None, now_unix_ms: int) -> Act:
    """A launch for an act on its packages and records: with what only its ledger holds.

    Args:
        launch: the launch directory.
        anchor: as typed, None where there is none.
        now_unix_ms: the time of the act.

    Raises:
        Malformed, Refused, UsageError, CouldNotCheck: as `read_anchored`.
    """
    return Act(launch, read_anchored(launch, anchor, now_unix_ms, logged=True))


def load_in_window(
    launch: Path, anchor: str | None, scope: str, ledger: str | None, now_unix_ms: int
) -> Act:
    """A launch for an act in its window: what is not in the ledger is pending.

    Args:
        launch: the launch directory.
        anchor: as typed, None where there is none.
        scope: the scope that was given, canonical, "" where there is none.
        ledger: `--ledger` as typed.
        now_unix_ms: the time of the act.

    Raises:
        Malformed, Refused, UsageError, CouldNotCheck: as `read_anchored` and `with_ledger`.
    """
    context = read_anchored(launch, anchor, now_unix_ms)
    request = replace(context.request, scope=scope)
    evidence = with_ledger(context.evidence, request, LedgerOptions(ledger))
    return Act(launch, read_context(request, evidence), ledger)


def require_usable_signer(context: Context, key: VerificationMaterial) -> str:
    """The holder of a key, if what it signs now can count.

    Raises:
        Refused: `policy-expired` or `key-revoked`.
        CouldNotCheck: a record that may be a revocation cannot be understood.
    """
    holder = require_policy(context).key_holders()[key.fingerprint]
    require_readable_records(context)
    refuse_expired_policy(context)
    refuse_revoked_key(context, key, holder)
    return holder


def checked_text(text: str, option: str, *, empty: bool = False) -> str:
    """A reason or a remark as it may be in a record.

    Raises:
        UsageError: it is too long, no Unicode text, or blank where `empty` does not allow that.
    """
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise UsageError(f"{option} is not UTF-8", subject=option) from None
    if len(text) > TEXT_LIMIT or (not empty and not text.strip()):
        least = 0 if empty else 1
        raise UsageError(f"{option} needs {least} to {TEXT_LIMIT} characters", subject=option)
    return text


def evidence_files(paths: Iterable[Path]) -> tuple[EvidenceFile, ...]:
    """Files that are shown as evidence, by name and digests; they stay where they are.

    Raises:
        UsageError: one of them is empty, which shows nothing.
        CouldNotCheck: one of them cannot be read.
    """
    found = []
    for path in paths:
        digest = hash_file(path)
        if digest.size == 0:
            raise UsageError(
                f"{escape(str(path))} is empty: it shows nothing",
                subject="--evidence",
                mend="name a file that shows what was looked at",
            )
        name = escape(path.name)[:255] or "."
        found.append(
            EvidenceFile(blake3=digest.blake3, name=name, sha256=digest.sha256, size=digest.size)
        )
    return tuple(found)
