"""What a gate is asked to rely on: verdicts that were handed over, and what they must say.

A gate has no packages and may have no launch. It has one or more verdict files, a policy that the
anchor names (or one signer that the user trusts by fingerprint), and perhaps files on this host.
Nothing in a verdict is trusted before its signature holds; `judge` is where that is decided.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from aztrust.core.base.errors import Malformed
from aztrust.core.base.findings import Finding
from aztrust.core.base.value import replace
from aztrust.core.formats.dsse import Envelope
from aztrust.core.formats.keys import VerificationMaterial
from aztrust.core.history.opener import Opener
from aztrust.core.history.opening import Signers
from aztrust.core.history.verdictset import HeldVerdict
from aztrust.core.state.evidence import GateInput, GateReading, OpenedVerdict

if TYPE_CHECKING:
    from aztrust.core.state.context import Context


def judge(
    reading: GateReading, signers: Signers | None, opener: Opener
) -> tuple[OpenedVerdict, ...]:
    """Every given verdict, opened; a verdict that was given twice (a bundle and its envelope)
    counts once, and what only one of the two shows is kept. Of several answers of one signer to one
    question the last one counts: it replaces the signer's earlier answers.
    """
    found: dict[tuple[str, str], OpenedVerdict] = {}
    problems: list[OpenedVerdict] = []
    for given in reading.given:
        try:
            result = _opened(reading, given, signers, opener)
        except Malformed as error:
            code, mend = error.code or "record-malformed", error.mend
            problem = Finding(code, given.name, error.message, mend=mend)
            result = OpenedVerdict(given, problem=problem)
        if result.held is None:
            problems.append(result)
            continue
        record = (result.held.record_id, result.held.statement.key.fingerprint)
        if record not in found or found[record].given.inclusion is None:
            found[record] = result
    return (*problems, *_latest_verdicts(found.values()))


def _latest_verdicts(found: Iterable[OpenedVerdict]) -> Iterator[OpenedVerdict]:
    answers: dict[tuple[str, str, str], list[OpenedVerdict]] = {}
    for judged in found:
        if judged.held is not None:
            statement = judged.held.statement
            question = (statement.scope_hash, statement.checkpoint.checkpoint_class)
            answers.setdefault((statement.key.fingerprint, *question), []).append(judged)
    for given in answers.values():
        last = max(_concluded_at(judged) for judged in given)
        older = sum(_concluded_at(judged) < last for judged in given)
        yield from (replace(j, older=older) for j in given if _concluded_at(j) == last)


def _concluded_at(judged: OpenedVerdict) -> int:
    held = judged.held
    return held.statement.checkpoint.timestamp_unix_ms if held is not None else 0


def held_verdicts(context: Context) -> tuple[HeldVerdict, ...]:
    """The given verdicts whose signatures held."""
    return tuple(j.held for j in context.given if j.held is not None)


def _opened(
    reading: GateReading, given: GateInput, signers: Signers | None, opener: Opener
) -> OpenedVerdict:
    if given.problem is not None:
        return OpenedVerdict(given, problem=given.problem)
    if reading.requirements.signer:
        envelope = opener.envelope(given.data, name=given.name)
        verified = opener.payload(envelope, _trusted_key(envelope, reading))
        holder = f"the key {reading.requirements.signer[7:15]}"
    elif signers is None:
        return OpenedVerdict(given)
    else:
        opened = signers.open_file(given.data, given.name)
        if isinstance(opened, Finding):
            return OpenedVerdict(given, problem=opened)
        verified, holder = opened
    return OpenedVerdict(given, HeldVerdict(verified.record_id, holder, opener.verdict(verified)))


def _trusted_key(envelope: Envelope, reading: GateReading) -> VerificationMaterial:
    fingerprint = f"sha256:{envelope.keyid}"
    wanted = reading.requirements.signer
    if fingerprint != wanted:
        raise Malformed(
            f"is signed by the key {envelope.keyid[:8]}, and not by {wanted[7:15]}",
            subject=envelope.name,
            code="signer-unknown",
            mend="ask for the verdict of the signer you trust, or name the other one",
        )
    key = reading.keys.get(fingerprint)
    if key is None:
        raise Malformed(
            "is signed by the key that is trusted, and that key itself is not available here",
            subject=envelope.name,
            code="key-missing",
            mend="give the *.sigstore.json with the ledger's entry, which has the key in it; or, in"
            " the place of --signer, a launch or kit with -C",
        )
    return key
