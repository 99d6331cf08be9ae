"""Recording what a guard found: an anomaly that asks for a pause, and never more (AZ-27, AZ-38)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from aztrust.acts.act import Act, Plan
from aztrust.acts.guard import bad_findings
from aztrust.acts.publish import Published, publish
from aztrust.acts.select_key import choose_signer
from aztrust.core.base.errors import Refused
from aztrust.core.judge.verify import Verdict
from aztrust.core.policy.anomalies import AnomalyClass
from aztrust.core.policy.model import Policy
from aztrust.core.records.observation import LaunchAnomaly
from aztrust.core.state.context import Context, require_policy
from aztrust.signers import Signer

MOST_NAMED = 5
_GENESIS = ("genesis:", "manifests/genesis.json")


def anomaly_signer(
    policy: Policy, option: str, passphrase: Callable[[str], Callable[[], bytes]]
) -> Signer:
    """The signer of an anomaly: every holder of the policy may report one.

    Raises:
        UsageError, Refused: the key does not exist, or no holder has it.
    """
    return choose_signer(
        option, accepted=policy.key_holders(), act="record an anomaly", passphrase=passphrase
    )


def record_anomaly(
    launch: Path,
    verdict: Verdict,
    signer: Signer,
    now_unix_ms: int,
    ledger: str | None = None,
    guarded: Context | None = None,
) -> tuple[Published, AnomalyClass]:
    """An anomaly with guidance HOLD, signed and published; where it is, and its class.

    Args:
        launch: the launch directory.
        verdict: what was found.
        signer: the key that signs it.
        now_unix_ms: the time of the record.
        ledger: the ledger's path, where it was given.
        guarded: the launch when everything still held. A rewritten policy does not choose what the
            record is about.

    Raises:
        Refused: nothing is frozen.
        CouldNotCheck: it could not be written.
    """
    context = guarded or verdict.context
    findings = bad_findings(verdict)
    named = [f"{f.code} {f.subject}" for f in findings[:MOST_NAMED]]
    if len(findings) > MOST_NAMED:
        named.append(f"+{len(findings) - MOST_NAMED}")
    genesis = bool(findings) and all(f.subject.startswith(_GENESIS) for f in findings)
    anomaly: AnomalyClass = "genesis-mismatch" if genesis else "artifact-mismatch"
    body = LaunchAnomaly(
        anomaly_class=anomaly,
        detail=("a guard recomputed: " + ", ".join(named))[:1000],
        guidance="HOLD",
        observed_at_unix_ms=now_unix_ms,
        policy_digest=context.policy_digest,
        scope_hash=_scope(context),
    )
    holder = require_policy(context).key_holders().get(signer.public.fingerprint, "")
    plan = Plan("launch-anomaly", body, holder, findings)
    return publish(Act(launch, context, ledger), plan, signer, now_unix_ms), anomaly


def _scope(context: Context) -> str:
    """The frozen scope; where that is no longer known, the scope of the files here."""
    held = sorted(context.state.frozen)
    if held:
        return held[0]
    if context.scope is not None:
        return context.scope.hash
    raise Refused(
        "nothing is frozen here, so there is no scope that an anomaly could be about",
        subject="scope",
        mend="aztrust freeze; until then: aztrust verify",
    )
