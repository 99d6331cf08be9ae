"""Making a verdict: signed, read back through the verifying path, then published.

    concluded = conclude_checkpoint(verdict, "freeze_confirmed", confirmations(verdict))
    signing = Signing(signer.public, role, launch_window_id, now_unix_ms)
    recorded = record_checkpoint(launch, concluded, signing, signer, ledger)

enters the verdict into the ledger where there is one, signs the ledger's head where the signer
keeps it, and writes `manifests/verdicts/CLASS.ID.KEY.dsse.json` with `….sigstore.json` next to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from aztrust.acts.ledger.handle import LedgerHandle, in_folder
from aztrust.acts.ledger.proofs import read_bundle
from aztrust.acts.ledger.publication import head_seen
from aztrust.acts.publish import held_verdict, publish_over, store_record
from aztrust.acts.sign import SignedVerdict, sign_verdict
from aztrust.core.base import canonical
from aztrust.core.base.value import frozen, replace
from aztrust.core.history.bundle import encode_bundle
from aztrust.core.judge.checkpoint_draft import Concluded, Signing, checkpoint_statement
from aztrust.core.state.context import Context
from aztrust.signers import Signer
from aztrust.storage.durable import create_exclusive, overwrite
from aztrust.storage.launch import REPORTS
from aztrust.storage.presence import is_present


@frozen
class Recorded:
    """A verdict that was recorded.

    Args:
        verdict: what was signed.
        entry: its number in the ledger, None where no ledger here has it.
        elsewhere: there is a ledger, but not on this machine.
        hindrance: why the ledger did not take it, or, with an entry, why its head is not signed.
        proved: whether the bundle has the ledger's proof; else the keeper's next head adds it.
    """

    verdict: SignedVerdict
    entry: int | None = None
    elsewhere: bool = False
    hindrance: str = ""
    proved: bool = False


def record_checkpoint(
    launch: Path,
    concluded: Concluded,
    signing: Signing,
    signer: Signer,
    ledger: LedgerHandle | None,
) -> Recorded:
    """Sign a checkpoint and record it.

    Args:
        launch: the launch directory.
        concluded: what was found.
        signing: who signs, for which window, when.
        signer: the key.
        ledger: the signer's; the verdict names it with its size and root as they are now. None for
            another holder than the keeper, whose verdict names the head that was verified.

    Raises:
        NothingToVerify: there is no scope.
        Refused, Malformed: as `sign_verdict` and `publish_over`.
        CouldNotCheck: it could not be written.
    """
    head = head_seen(concluded.context) if ledger is None else ledger.head()
    signing = replace(signing, ledger=head)
    verdict = sign_verdict(checkpoint_statement(concluded, signing), signer)
    return publish_verdict(launch, concluded.context, verdict, signer, ledger, signing.now_unix_ms)


def publish_verdict(
    launch: Path,
    context: Context,
    verdict: SignedVerdict,
    signer: Signer,
    ledger: LedgerHandle | None,
    now_unix_ms: int,
) -> Recorded:
    """Publish a verdict, with its bundle; what was done before is not done again.

    It also completes an interrupted act, and adds the proof to a bundle.

    Raises:
        Refused, CouldNotCheck: as `publish_over`; or a bundle cannot be written.
    """
    published = publish_over(launch, context, verdict, signer, ledger, now_unix_ms)
    if published.entry is None:
        # Without its entry there is no proof, and the ledger may be the hindrance.
        ledger = None
    proved = write_bundle(launch, context, verdict, ledger)
    for held in context.verdicts.verdicts if ledger is not None else ():
        other = held_verdict(context, held)
        # A verdict that was interrupted after its entry has no file yet.
        if not is_present(launch / other.path) and not in_folder(context, other.record_id):
            store_record(launch, other)
        write_bundle(launch, context, other, ledger)
    return Recorded(
        verdict, published.entry, published.elsewhere, published.hindrance, proved=proved
    )


def keep_report(launch: Path, verdict: SignedVerdict, document: Mapping[str, object]) -> str:
    """Keep the report of a verdict as it was given, under the verdict's own name; where.

    Nothing rests on it: no check reads it, and no kit carries it. Of the ledger it names the file
    alone, because the folder that it is in is the signer's own.

    Args:
        launch: the launch directory.
        verdict: whose report it is.
        document: as `--format json` gives it.

    Raises:
        CouldNotCheck: it could not be written.
    """
    ledger = document.get("ledger")
    if isinstance(ledger, Mapping):
        path = str(ledger.get("path", ""))
        document = {**document, "ledger": {**ledger, "path": path.rpartition("/")[2]}}
    name = verdict.path.rpartition("/")[2].removesuffix(".dsse.json")
    path = f"{REPORTS}/{name}.json"
    if not is_present(launch / path):
        create_exclusive(launch / path, canonical.dumps(document), within=launch)
    return path


def write_bundle(
    launch: Path, context: Context, verdict: SignedVerdict, ledger: LedgerHandle | None
) -> bool:
    """Write a verdict's Sigstore bundle, if there is none or it gains a proof; True with a proof.

    Raises:
        CouldNotCheck: it could not be written.
    """
    path = launch / verdict.bundle_path
    there = read_bundle(path)
    if there is not None and there.inclusion is not None:
        return True
    found = None if ledger is None else ledger.inclusion_of(context, verdict.record_id)
    # The proof is of the entry: an ECDSA signature has two forms (s and n - s), and the other form
    # in the ledger must not keep the verdict from its proof.
    inclusion, envelope = found if found is not None else (None, verdict.data)
    if inclusion is not None or there is None:
        overwrite(path, encode_bundle(envelope, verdict.statement.key, inclusion), within=launch)
    return inclusion is not None
