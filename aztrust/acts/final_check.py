"""The final checks: everything recomputed, the matrix filled, one verdict signed (AZ-2.2, AZ-6).

    prepared = prepare_final_check(launch, subject, inputs, signer, read_options)
    recorded = sign_final_check(launch, prepared, signer, now_unix_ms)

The monitoring is asked only here, and only once the policy that names it is known to be the
announced one (law 11). Without a signer nothing is written anywhere.
"""

from __future__ import annotations

from pathlib import Path

from aztrust.acts.approvers import refuse_revoked_key
from aztrust.acts.checkpoint import Recorded, record_checkpoint
from aztrust.acts.dry_run import LedgerUse, NamedKey, dry_ledger
from aztrust.acts.frozen_attempt import Subject, TrustInputs
from aztrust.acts.ledger.handle import LedgerHandle, folder_files, refuse_more_files
from aztrust.acts.ledger.reading import LedgerOptions
from aztrust.acts.preconditions import refuse_expired_policy, require_attempt
from aztrust.acts.verify import ReadOptions, verify_files
from aztrust.core.base.errors import Refused
from aztrust.core.base.findings import (
    CheckClass,
    CheckResult,
    Finding,
    Status,
)
from aztrust.core.base.times import parse_duration
from aztrust.core.base.value import frozen, replace
from aztrust.core.checks import CHECKS
from aztrust.core.checks.check import Check, Stage
from aztrust.core.checks.codes import DRIFT
from aztrust.core.checks.final import FINAL_CHECKS
from aztrust.core.history.verdictset import HeldVerdict
from aztrust.core.judge.checkpoint_draft import Concluded, Signing, checkpoint_statement
from aztrust.core.judge.final_matrix import conclude_final, invalidating, open_blockers
from aztrust.core.judge.verify import (
    Verdict,
)
from aztrust.core.judge.window_effect import Effect, effect_of
from aztrust.core.policy.authority import row_rule, verdict_role
from aztrust.core.policy.model import POLICY_PATH, Policy
from aztrust.core.state.context import Context, require_policy
from aztrust.core.state.evidence import ProbeReading, PrometheusReading
from aztrust.core.state.freezes import Signatures, final_signatures
from aztrust.core.state.launch_state import Attempt
from aztrust.signers import Signer
from aztrust.storage.kept_answers import keep_answers
from aztrust.storage.launch import open_launch, read_published


@frozen
class PreparedFinalCheck:
    """A final check that waits for its confirmation, or that is only shown.

    Args:
        concluded: what was verified, and the twelve rows.
        attempt: the frozen scope and window it is about.
        broken: what would end the scope for good if it were signed; () for nothing.
        holder: who is to sign, "" for a dry run.
        role: in which role.
        ledger: the ledger here.
        not_taken: files of the folder that the ledger does not take.
        signatures: who has signed that it passed, once the holder has signed.
    """

    concluded: Concluded
    attempt: Attempt
    broken: tuple[Finding, ...]
    holder: str = ""
    role: str = ""
    ledger: LedgerHandle | None = None
    not_taken: tuple[Finding, ...] = ()
    signatures: Signatures = Signatures()

    @property
    def context(self) -> Context:
        """The parsed evidence."""
        return self.concluded.context

    @property
    def verdict(self) -> Verdict:
        """The verification, with the conclusion and the exit code of the final check. One that is
        signed has passed only when all who must sign have.
        """
        return self.concluded.reported(signed=not self.holder or self.signatures.met)


def prepare_final_check(
    launch: Path,
    subject: Subject,
    inputs: TrustInputs,
    signer: Signer | None,
    read_options: ReadOptions = ReadOptions(),
    *,
    dry_run: bool = False,
) -> PreparedFinalCheck:
    """Everything up to the question: all recomputed, the monitoring asked, the rows filled.

    Files of the folder that the ledger lacks are appended first: without that they would not count.

    Args:
        launch: the launch directory.
        subject: from `find_subject`.
        inputs: the same.
        signer: who is to sign; in a dry run a `NamedKey`, or None where it is not known who.
        read_options: how to read.
        dry_run: whether only to look: nothing is signed and nothing is written anywhere.

    Raises:
        Refused: `policy-expired`, `key-revoked`, or the attempt has ended meanwhile.
        CouldNotCheck: the launch directory or the ledger cannot be read.
    """
    again = judge_again(launch, subject, inputs, signer, read_options, dry_run=dry_run)
    attempt = require_attempt(again.verdict.context)
    concluded = conclude_final(again.verdict, attempt)
    return prepared(again, concluded, attempt, signer, invalidating(again.verdict))


@frozen
class JudgedAgain:
    """A launch that was judged again for a verdict: by whom, and with which ledger."""

    verdict: Verdict
    holder: str
    ledger: LedgerUse


def prepared(
    again: JudgedAgain,
    concluded: Concluded,
    attempt: Attempt,
    signer: Signer | None,
    broken: tuple[Finding, ...] = (),
) -> PreparedFinalCheck:
    """A checkpoint of an attempt that waits for its confirmation.

    Args:
        again: the launch.
        concluded: the checkpoint.
        attempt: what it is about.
        signer: who is to sign, None where that is not known.
        broken: what ends the scope for good once it is signed.
    """
    context, holder = concluded.context, again.holder
    also = None
    if signer is not None:
        also = (holder, signer.public if concluded.passed else None)
    return PreparedFinalCheck(
        replace(concluded, of_scope=attempt.scope_hash),
        attempt,
        broken,
        holder,
        verdict_role(require_policy(context), holder) if holder else "",
        again.ledger.handle,
        again.ledger.refused,
        final_signatures(context, attempt, also, concluded.checkpoint_class),
    )


def judge_again(
    launch: Path,
    subject: Subject,
    inputs: TrustInputs,
    signer: Signer | None,
    read_options: ReadOptions = ReadOptions(),
    *,
    dry_run: bool = False,
    checks: tuple[Check, ...] = (*CHECKS, *FINAL_CHECKS),
    probes: bool = True,
) -> JudgedAgain:
    """Everything recomputed under the frozen policy, after the folder's files were appended.

    Arguments and errors as `prepare_final_check`.

    Args:
        checks: which checks.
        probes: whether the monitoring is asked.
    """
    context = subject.context
    policy = require_policy(context)
    holder = _require_signer(context, signer) if signer is not None else ""
    evidence = context.evidence
    if signer is None or dry_run:
        key = NamedKey(signer.public) if signer is not None else None
        opened = dry_ledger(context, inputs.ledger, key)
    else:
        opened = _open_ledger(launch, context, inputs, signer)
        # A run that was stopped may have left the ledger's files half written; now they are whole.
        evidence = replace(evidence, published=read_published(launch))
    evidence = replace(
        evidence,
        ledger=None,
        probe=_probe(policy) if probes else None,
        prometheus=_prometheus(policy) if probes else None,
    )
    verdict = verify_files(
        open_launch(launch),
        evidence,
        context.request,
        Stage.FROZEN,
        read_options,
        opened.options,
        checks,
    )
    if subject.rewritten:
        verdict = _with_rewritten(verdict, subject.rewritten)
    if signer is not None:
        # The ledger may know what the folder does not.
        _require_signer(verdict.context, signer)
    return JudgedAgain(verdict, holder, opened)


def sign_final_check(
    launch: Path, prepared: PreparedFinalCheck, signer: Signer, now_unix_ms: int
) -> Recorded:
    """The verdict of a prepared final check, signed and recorded.

    Raises:
        Refused: nothing was checked with this key, or the ledger does not take it; nothing was
            written.
        CouldNotCheck: something could not be written, or the ledger has grown since.
    """
    owner = require_policy(prepared.context).key_holders().get(signer.public.fingerprint)
    if not prepared.holder or owner != prepared.holder:
        raise Refused("nothing was checked with this key", subject=prepared.holder)
    refuse_more_files(launch, prepared.context)
    if prepared.ledger is not None:
        prepared.ledger.refuse_grown(prepared.context)
    heard = prepared.context.evidence.prometheus
    if heard is not None:
        # The verdict has their digests only. Kept first: no verdict names what was never kept.
        keep_answers(launch, (heard.rules, heard.alerts))
    signing = _signing(prepared, signer, now_unix_ms)
    return record_checkpoint(launch, prepared.concluded, signing, signer, prepared.ledger)


def _signing(prepared: PreparedFinalCheck, signer: Signer, now_unix_ms: int) -> Signing:
    return Signing(
        signer.public,
        prepared.role,
        prepared.attempt.launch_window_id,
        now_unix_ms,
        blockers=open_blockers(prepared.context),
    )


def final_effect(
    prepared: PreparedFinalCheck, signer: Signer | None, recorded: Recorded | None
) -> Effect | None:
    """What a final check does in its window, or would do; None where it is not known who signs.

    Raises:
        Malformed: the policy is.
    """
    context, attempt = prepared.context, prepared.attempt
    if recorded is not None:
        signed = recorded.verdict
        held = HeldVerdict(signed.record_id, prepared.holder, signed.statement)
    elif signer is not None:
        signing = _signing(prepared, signer, context.request.now_unix_ms)
        statement = checkpoint_statement(prepared.concluded, signing)
        held = HeldVerdict("the final check", prepared.holder, statement)
    else:
        return None
    return effect_of(context, attempt, held)


def _open_ledger(launch: Path, context: Context, inputs: TrustInputs, signer: Signer) -> LedgerUse:
    ledger = LedgerHandle.find(context, inputs.ledger, signer)
    refused: tuple[Finding, ...] = ()
    if ledger is not None:
        now = inputs.now_unix_ms
        refused = ledger.append(context, folder_files(context), now, signer).refused
        ledger.refresh_head(context, signer, now)
        ledger.publish(launch, context)
    return LedgerUse(LedgerOptions(inputs.ledger), ledger, refused)


def _require_signer(context: Context, signer: Signer) -> str:
    """The holder, if its verdict can count. The checks report what cannot be read.

    Raises:
        Refused: `policy-expired` or `key-revoked`.
    """
    holder = require_policy(context).key_holders()[signer.public.fingerprint]
    refuse_expired_policy(context)
    refuse_revoked_key(context, signer.public, holder)
    return holder


def _with_rewritten(verdict: Verdict, present: str) -> Verdict:
    """The same, with launch.toml among what has moved since the freeze."""
    finding = Finding(
        DRIFT.name,
        POLICY_PATH,
        "this is not the policy that was frozen; the frozen one is used here",
        expected=verdict.context.policy_digest,
        actual=present,
        mend="put the frozen bytes back: they are in manifests/policies/",
    )
    drift = next((r for r in verdict.results if r.id == "drift"), None)
    if drift is None:
        drift = CheckResult("drift", CheckClass.TRUTH, Status.FAIL)
    moved = replace(drift, status=Status.FAIL, findings=(finding, *drift.findings))
    others = tuple(r for r in verdict.results if r.id != "drift")
    return replace(verdict, results=(*others, moved))


def _probe(policy: Policy) -> ProbeReading | None:
    """What the monitoring answers, where the policy names it."""
    rule = row_rule(policy, "monitoring-live")
    if rule.probe is None or rule.not_applicable:
        return None
    from aztrust.storage.probe import ProbeRequest, probe

    timeout = parse_duration(rule.probe.timeout)
    return probe(ProbeRequest(rule.probe.url, timeout, rule.probe.matches))


def _prometheus(policy: Policy) -> PrometheusReading | None:
    """What the policy's Prometheus has loaded, where the policy names one."""
    rule = row_rule(policy, "monitoring-live")
    if rule.prometheus is None or rule.not_applicable:
        return None
    from aztrust.storage.prometheus import read_prometheus

    return read_prometheus(rule.prometheus.url, parse_duration(rule.prometheus.timeout))
