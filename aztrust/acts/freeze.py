"""Freezing a scope: everything recomputed, six things confirmed (AZ-5.2), one verdict signed.

    prepared = prepare_freeze(launch, context, signer, options, read_options)
    frozen = sign_freeze(launch, prepared, signer, now_unix_ms)

What is written, in this order: the policy's bytes, the launch window, the verdict. A verdict that
passed names the ledger's head, so one that this ledger refuses is not written (`publish_over`).
"""

from __future__ import annotations

from pathlib import Path

from aztrust.acts.checkpoint import Recorded, publish_verdict, record_checkpoint
from aztrust.acts.dry_run import LedgerUse, NamedKey, dry_ledger
from aztrust.acts.freeze_preconditions import refuse_to_freeze
from aztrust.acts.ledger.handle import (
    LedgerHandle,
    folder_files,
    in_folder,
    refuse_missing_entries,
    refuse_more_files,
)
from aztrust.acts.ledger.reading import LedgerOptions, with_ledger
from aztrust.acts.publish import held_verdict, publish_over
from aztrust.acts.sign import record_path
from aztrust.acts.verify import ReadOptions, verify_files
from aztrust.acts.window.opening import NewWindow, WindowPlan, planned_metadata, sign_window
from aztrust.core.base.errors import CouldNotCheck
from aztrust.core.base.findings import Finding
from aztrust.core.base.value import frozen, replace
from aztrust.core.checks.check import Stage
from aztrust.core.formats.keys import VerificationMaterial
from aztrust.core.history.verdictset import HeldVerdict
from aztrust.core.judge.checkpoint_draft import Concluded, Signing, conclude_checkpoint
from aztrust.core.judge.freeze_matrix import confirmations, in_window
from aztrust.core.judge.verify import Verdict
from aztrust.core.policy.authority import verdict_role
from aztrust.core.records.checkpoint import FREEZE
from aztrust.core.records.window import LaunchWindow
from aztrust.core.state.context import Context, read_context, require_policy
from aztrust.core.state.freezes import Freezes, Signatures, freeze_signatures, read_freezes
from aztrust.signers import Signer
from aztrust.storage.durable import create_idempotent
from aztrust.storage.launch import open_launch, read_launch, read_published
from aztrust.storage.presence import is_present

_POLICIES = "manifests/policies"


@frozen
class FreezeOptions:
    """Options of a freeze: a ledger, the times of the window; with `dry_run` nothing is signed and
    nothing is written, and the signer may be a `NamedKey`.
    """

    ledger: str | None = None
    plan: WindowPlan = WindowPlan()
    dry_run: bool = False


@frozen
class OpenWindow:
    """The window that is open for a scope, and the record that opened it."""

    launch_window_id: str
    record_id: str


@frozen
class PreparedFreeze:
    """A freeze that waits for its confirmation.

    Args:
        concluded: what was verified, and the six rows.
        holder: who is to sign.
        role: in which role.
        window: the launch window that is open for this scope, None where one is to be opened.
        earlier: the effective freeze of this scope by this holder; then nothing is signed.
        ledger: the ledger here.
        not_taken: files of the folder that the ledger does not take.
    """

    concluded: Concluded
    holder: str
    role: str
    options: FreezeOptions
    window: OpenWindow | None = None
    earlier: HeldVerdict | None = None
    ledger: LedgerHandle | None = None
    not_taken: tuple[Finding, ...] = ()

    @property
    def context(self) -> Context:
        """The parsed evidence."""
        return self.concluded.context


@frozen
class Frozen:
    """What a freeze wrote.

    Args:
        recorded: the verdict.
        window: the launch window that was opened with it.
        ledger: the ledger here, None where there is none.
        not_taken: files of the folder that the ledger does not take.
    """

    recorded: Recorded
    window: NewWindow | None
    ledger: LedgerHandle | None
    not_taken: tuple[Finding, ...] = ()


def prepare_freeze(
    launch: Path,
    context: Context,
    signer: Signer,
    options: FreezeOptions,
    read_options: ReadOptions = ReadOptions(),
) -> PreparedFreeze:
    """Everything up to the question: the preconditions, the checks, what there is to sign.

    Files of the folder that the ledger lacks are appended first: without that they would not count.

    Args:
        launch: the launch directory.
        context: its own files, under the anchor or scope that was given.
        signer: who freezes.
        options: what was asked for.
        read_options: how to read.

    Raises:
        NothingToVerify: there is no scope: a package is not sealed.
        Refused: `anchor-unpinned`, `policy-expired`, `scope-mismatch`, `key-revoked`,
            `scope-invalidated`, or `freeze-other-scope`.
        CouldNotCheck: the launch directory or the ledger cannot be read.
    """
    policy = require_policy(context)
    holder = policy.key_holders()[signer.public.fingerprint]
    refuse_to_freeze(context, signer.public, holder)
    evidence = context.evidence
    if options.dry_run:
        opened = _dry(context, options, signer)
    else:
        opened = _open_ledger(launch, context, options, signer)
        # A run that was stopped may have left the ledger's files half written; now they are whole.
        evidence = replace(evidence, published=read_published(launch))
    ledger, refused = opened.handle, opened.refused
    verdict = verify_files(
        open_launch(launch),
        evidence,
        context.request,
        Stage.APPROVED,
        read_options,
        opened.options,
    )
    # The ledger may know what the folder does not.
    context = verdict.context
    refuse_to_freeze(context, signer.public, holder)
    if context.scope is not None:
        # Times that are out of order are refused before anything is signed.
        planned_metadata(context, options.plan, context.request.now_unix_ms)
    concluded = conclude_checkpoint(verdict, FREEZE, confirmations(verdict))
    refuse_missing_entries(context, refused, concluded.evidence)
    freezes = read_freezes(context)
    return PreparedFreeze(
        concluded,
        holder,
        verdict_role(policy, holder),
        options,
        window=_open_window(context, freezes, concluded.scope_hash, holder),
        earlier=_earlier(freezes, context, holder),
        ledger=ledger,
        not_taken=refused,
    )


def sign_freeze(launch: Path, prepared: PreparedFreeze, signer: Signer, now_unix_ms: int) -> Frozen:
    """The verdict of a prepared freeze, signed and recorded; and the window, if none is open.

    Raises:
        Refused: the ledger does not take what was signed; nothing was written after that.
        CouldNotCheck: something could not be written, or the ledger has grown since.
    """
    context, concluded = prepared.context, prepared.concluded
    ledger, not_taken = prepared.ledger, prepared.not_taken
    refuse_more_files(launch, context)
    if ledger is not None:
        ledger.refuse_grown(context)
    if ledger is None and concluded.passed:
        ledger = LedgerHandle.create(context, prepared.options.ledger, signer)
        if ledger is not None:
            not_taken = ledger.append(context, folder_files(context), now_unix_ms).refused
            refuse_missing_entries(context, not_taken, concluded.evidence)
    if concluded.passed:
        keep_policy(launch, context)
    window = prepared.window
    made = None
    if window is None:
        made = sign_window(context, signer, now_unix_ms, prepared.options.plan)
        publish_over(launch, context, made.record, signer, ledger, now_unix_ms)
        window = OpenWindow(made.launch_window_id, made.record.record_id)
    else:
        _put_back(launch, context, window)
    signing = Signing(
        signer.public,
        prepared.role,
        window.launch_window_id,
        now_unix_ms,
        also_rests_on=(window.record_id,),
    )
    concluded = replace(concluded, rows=in_window(concluded.rows, window.record_id))
    recorded = record_checkpoint(launch, concluded, signing, signer, ledger)
    return Frozen(recorded, made, ledger, not_taken)


def complete_freeze(
    launch: Path, prepared: PreparedFreeze, earlier: HeldVerdict, signer: Signer, now_unix_ms: int
) -> Frozen:
    """What an earlier freeze of the holder still lacks: its entry, its files, its proof.

    Raises:
        CouldNotCheck, Refused: as `sign_freeze`.
    """
    if earlier.statement.policy_digest == prepared.context.policy_digest:
        keep_policy(launch, prepared.context)
    if prepared.window is not None:
        _put_back(launch, prepared.context, prepared.window)
    verdict = held_verdict(prepared.context, earlier)
    recorded = publish_verdict(
        launch, prepared.context, verdict, signer, prepared.ledger, now_unix_ms
    )
    return Frozen(recorded, None, prepared.ledger, prepared.not_taken)


def signatures_now(launch: Path, prepared: PreparedFreeze) -> Signatures:
    """Who has frozen this scope by now, read again from the files here."""
    before = prepared.context
    # The files may have changed, so they are read again; known contents are not opened twice.
    read = replace(read_launch(launch), opener=before.evidence.opener)
    evidence = with_ledger(read, before.request, LedgerOptions(prepared.options.ledger))
    return freeze_signatures(read_context(before.request, evidence))


def signatures_with(prepared: PreparedFreeze, key: VerificationMaterial) -> Signatures:
    """Who will have, once the holder has signed with this key."""
    signed = (prepared.holder, key) if prepared.concluded.passed else None
    return freeze_signatures(prepared.context, signed)


def reported(prepared: PreparedFreeze, signatures: Signatures) -> Verdict:
    """The verification as the freeze reports it: frozen only when all who must have signed."""
    return prepared.concluded.reported(signed=signatures.met)


def keep_policy(launch: Path, context: Context) -> None:
    """Keep the frozen policy's bytes, so that a rewritten launch.toml cannot choose who may end it.

    Raises:
        CouldNotCheck: the file system refused.
    """
    path = launch / _POLICIES / f"{context.policy_digest[7:]}.toml"
    create_idempotent(path, context.evidence.policy, within=launch)


def _put_back(launch: Path, context: Context, window: OpenWindow) -> None:
    """Write the file of a window that only the ledger has: a run was stopped after its entry.

    Raises:
        CouldNotCheck: the file system refused.
    """
    ledger = context.evidence.ledger
    if ledger is None or in_folder(context, window.record_id):
        return
    for record in (e.record for e in ledger.entries if e.record.record_id == window.record_id):
        path = record_path(record.record_id, record.kind, record.fingerprint)
        if not is_present(launch / path):
            create_idempotent(launch / path, record.envelope, within=launch)


def _dry(context: Context, options: FreezeOptions, signer: Signer) -> LedgerUse:
    return dry_ledger(context, options.ledger, NamedKey(signer.public), makes=True)


def _open_ledger(
    launch: Path, context: Context, options: FreezeOptions, signer: Signer
) -> LedgerUse:
    """The ledger here with the folder's records in it, and what it did not take of them.

    One that the policy names is created now, by its keeper: until it is there, what the policy asks
    of the ledger is open.
    """
    ledger = LedgerHandle.find(context, options.ledger, signer)
    if ledger is None and require_policy(context).ledger is not None:
        ledger = LedgerHandle.create(context, options.ledger, signer)
    if ledger is None:
        return LedgerUse(LedgerOptions(options.ledger))
    now = context.request.now_unix_ms
    appended = ledger.append(context, folder_files(context), now, signer)
    ledger.refresh_head(context, signer, now)
    # A ledger whose keeper nothing names is not published yet: no reader could verify its head.
    if ledger.is_kept:
        ledger.publish(launch, context)
    used = LedgerOptions(options.ledger, keeping=ledger.keeping)
    return LedgerUse(used, ledger, appended.refused)


def _earlier(freezes: Freezes, context: Context, holder: str) -> HeldVerdict | None:
    """The holder's own freeze that counts, unless another holder's revocation is unanswered."""
    against = {
        revocation.record_id
        for verdict in freezes.taken_back
        if verdict.holder == holder
        for revocation in context.verdicts.revocations_of(verdict)
    }
    return next(
        (
            v
            for v in freezes.counting
            if v.holder == holder and against <= set(v.statement.rests_on)
        ),
        None,
    )


def _open_window(
    context: Context, freezes: Freezes, scope_hash: str, holder: str
) -> OpenWindow | None:
    """The window in which this scope is being frozen already, else the one that is open.

    Raises:
        CouldNotCheck: another holder froze it in a window whose record is not here: two signers
            of one freeze sign for one attempt.
    """
    state = context.state
    window = state.open_windows.get(scope_hash)
    for verdict in freezes.counting:
        named = verdict.launch_window_id
        if named not in state.windows and verdict.holder != holder:
            raise CouldNotCheck(
                f"{verdict.holder} froze this scope in a window whose record is not here",
                subject=named,
                mend=f"get the launch-window record from {verdict.holder}, or the ledger",
            )
        window = state.windows.get(named, window)
    if window is None or not isinstance(window.body, LaunchWindow):
        return None
    return OpenWindow(window.body.launch_window_id, window.record_id)
