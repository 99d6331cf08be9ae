"""The gate: given verdicts against a policy, a ledger and this host's files.

    verdict = gate(source, GateFiles(verdicts=paths, binaries=paths), requirements, request, ledger)

A launch directory or a kit gives policy, keys and records; a policy alone gives roles; a signer's
fingerprint gives neither. What is not known is asked for and never assumed (law 2).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from aztrust.acts.here import launch_here
from aztrust.acts.ledger.reading import LedgerOptions, remember_head, with_ledger
from aztrust.core.base.canonical import RECORD_LIMIT
from aztrust.core.base.digest import parse_sha256
from aztrust.core.base.errors import CouldNotCheck, Malformed, NothingToVerify, UsageError
from aztrust.core.base.findings import Conclusion, Finding
from aztrust.core.base.nearest import did_you_mean
from aztrust.core.base.paths import escape
from aztrust.core.base.value import frozen, replace
from aztrust.core.checks.gate import gate_checks
from aztrust.core.formats.dsse import parse_envelope
from aztrust.core.formats.keys import PublicKey
from aztrust.core.history.bundle import ENDING, parse_bundle
from aztrust.core.judge.identify import identify, wants_identification
from aztrust.core.judge.verify import Verdict, verify
from aztrust.core.linkage.jsondoc import get, parse_json, string
from aztrust.core.policy.model import POLICY_LIMIT, POLICY_PATH, policy_digest
from aztrust.core.state.context import Request
from aztrust.core.state.evidence import Evidence, GateInput, GateReading, GateRequirements
from aztrust.core.state.given import held_verdicts
from aztrust.storage.config import shown
from aztrust.storage.folders import read_bounded
from aztrust.storage.hostfiles import read_host_file
from aztrust.storage.launch import LaunchFiles, open_launch, require_launch
from aztrust.storage.presence import is_present


@frozen
class GateFiles:
    """What is looked at.

    Attributes:
        verdicts: `*.sigstore.json` or `*.dsse.json`.
        binaries: files of this host that the verdicts must name.
    """

    verdicts: tuple[Path, ...]
    binaries: tuple[Path, ...] = ()


def policy_alone(path: Path) -> Evidence:
    """The evidence of a policy without a launch.

    Raises:
        CouldNotCheck: it cannot be read.
    """
    return Evidence(read_bounded(path, POLICY_LIMIT))


def is_in_a_launch(policy: Path) -> bool:
    """Whether a policy's file has the place that it has in a launch."""
    return policy.absolute().as_posix().endswith(f"/{POLICY_PATH}")


def launch_around(policy: Path) -> LaunchFiles | None:
    """The launch that a policy's own file is in; None where it is in none."""
    if not is_in_a_launch(policy):
        return None
    try:
        return open_launch(require_launch(policy.absolute().parents[1]))
    except NothingToVerify:
        return None


def files_here(policy: Path | None) -> LaunchFiles | None:
    """The launch on this machine that a policy or a key alone is asked next to.

    It is the one that the policy's own file is in; else that of $AZTRUST_LAUNCH; else the one
    around the current directory. None where there is none.

    Raises:
        UsageError: $AZTRUST_LAUNCH names a URL.
    """
    if policy is not None and is_in_a_launch(policy):
        return launch_around(policy)
    try:
        return open_launch(launch_here())
    except NothingToVerify:
        return None


def parse_class(text: str) -> str:
    """A checkpoint class as typed, `-` for `_` allowed.

    Raises:
        UsageError: there is none of that name.
    """
    from aztrust.core.records.checkpoint import CHECKPOINT_CLASSES

    known: tuple[str, ...] = CHECKPOINT_CLASSES
    wanted = text.strip().lower().replace("-", "_")
    if wanted in known:
        return wanted
    raise UsageError(
        f"{escape(text)[:60]} is not a checkpoint{did_you_mean(wanted, known, cutoff=0.4)}",
        subject="--class",
        mend=f"one of {', '.join(known)}",
    )


def gate(
    source: LaunchFiles | Evidence,
    files: GateFiles,
    requirements: GateRequirements,
    request: Request,
    ledger: LedgerOptions = LedgerOptions(),
    here: LaunchFiles | None = None,
) -> Verdict:
    """The verdict on verdicts.

    Args:
        source: the launch or kit that was opened; or evidence of a policy, or of nothing.
        files: what is looked at.
        requirements: what the verdicts must state.
        request: the time, and what reached the user out of band.
        ledger: where the ledger is.
        here: a launch on this machine, where `source` is not one. `--offline` excuses what is not
            here, and the records of this launch are: what it has against the verdicts counts.

    Raises:
        UsageError: an option or variable is empty.
        CouldNotCheck: a file that was named cannot be read.
    """
    if here is None or isinstance(source, LaunchFiles):
        return _gate(source, files, requirements, request, ledger)
    try:
        under = _gate(here, files, replace(requirements, signer=""), request)
    except Malformed:
        # A directory of another kind: what was named stays the only source.
        return _gate(source, files, requirements, request, ledger)
    if _says_otherwise(under, source.policy):
        return under
    return _gate(source, files, requirements, request, ledger, under)


_AGAINST = ("verdict-revoked", "verdict-overtaken", "scope-invalidated")


def _says_otherwise(under: Verdict, policy: bytes) -> bool:
    """Whether a launch here has something against what was handed over.

    Where the verdicts are of this very launch all of its answer counts, as it does with `-C`. Of
    another launch, whose people also signed, only what takes a verdict back does.
    """
    held, context = held_verdicts(under.context), under.context
    own = all(verdict.statement.policy_digest == context.policy_digest for verdict in held)
    if held and own and policy in (b"", context.evidence.policy):
        return under.conclusion is Conclusion.FAIL
    findings = (finding for result in under.results for finding in result.findings)
    return any(finding.code in _AGAINST for finding in findings)


def _gate(
    source: LaunchFiles | Evidence,
    files: GateFiles,
    requirements: GateRequirements,
    request: Request,
    ledger: LedgerOptions = LedgerOptions(),
    under: Verdict | None = None,
) -> Verdict:
    given, keys = read_given(files.verdicts)
    launch = source if isinstance(source, LaunchFiles) else None
    evidence = source.evidence() if isinstance(source, LaunchFiles) else source
    reading = GateReading(
        requirements=requirements,
        given=given,
        keys=keys,
        binaries=tuple(
            read_host_file(path, "--binary", known=lambda _: True) for path in files.binaries
        ),
        has_launch=launch is not None,
        unread_ledger=_unread_ledger(evidence, given, under) if launch is None else "",
    )
    if launch is not None:
        asked = replace(ledger, heads=_heads(given))
        evidence = with_ledger(evidence, request, asked)
    evidence = replace(evidence, gate=reading, keys={**_brought(keys), **evidence.keys})
    verdict = verify(evidence, request, None, gate_checks(reading))
    if launch is not None:
        verdict = remember_head(verdict, ledger)
        if wants_identification(verdict):
            verdict = identify(verdict, launch.sealed())
    return verdict


def _unread_ledger(evidence: Evidence, given: Sequence[GateInput], under: Verdict | None) -> str:
    """The ledger that belongs to a policy or key alone on this machine, and was not read.

    Under a key alone the verdicts state the policy: it only decides where is looked.
    """
    from aztrust.storage.ledger.location import VARIABLE, find_ledger, is_named, ledgers_of_policy

    try:
        chain_id = evidence.opener.policy(evidence.policy).launch.chain_id
    except Malformed:
        named = os.environ.get(VARIABLE)
        stated = (_stated_policy(verdict.data) for verdict in given)
        own = (path for digest in stated if digest for path in ledgers_of_policy(digest))
        path = Path(named).absolute() if named else next(own, None)
    else:
        digest = policy_digest(evidence.policy)
        path = find_ledger(None, chain_id, digest)
        if not is_named(None, chain_id, digest) and not is_present(path):
            path = None
    reading = under.context.evidence.ledger if under is not None else None
    if path is None or (reading is not None and reading.holds and is_present(path)):
        return ""
    return shown(path)


def _stated_policy(envelope: bytes) -> str:
    """The digest of the policy that an envelope states, "" where it states none."""
    try:
        statement = parse_json(parse_envelope(envelope, name="").payload, what="")
        return parse_sha256(string(get(statement, "predicate", "policy", "digest", "sha256")))
    except (Malformed, UsageError):
        return ""


def _heads(given: Sequence[GateInput]) -> dict[str, bytes]:
    """The heads in the bundles: the ledger here must extend each of them."""
    return {
        f"the head in {verdict.name}": verdict.inclusion.note
        for verdict in given
        if verdict.inclusion is not None
    }


def read_given(
    paths: Sequence[Path],
) -> tuple[tuple[GateInput, ...], Mapping[str, PublicKey]]:
    """The files as they were given, and the keys in the bundles.

    Raises:
        CouldNotCheck: one of them cannot be read.
    """
    keys: dict[str, PublicKey] = {}
    return tuple(_read(path, keys) for path in paths), keys


def _read(path: Path, keys: dict[str, PublicKey]) -> GateInput:
    name = shown(path)
    data = _bytes_of(path)
    try:
        if not path.name.endswith(ENDING) and b'"mediaType"' not in data[:RECORD_LIMIT]:
            return GateInput(name, data)
        bundle = parse_bundle(data, name=name)
    except Malformed as error:
        code = error.code or "record-malformed"
        problem = Finding(code, name, error.message, mend=error.mend)
        return GateInput(name, problem=problem)
    if bundle.key is not None:
        keys[bundle.key.fingerprint] = bundle.key
    return GateInput(name, bundle.envelope, bundle.inclusion)


def _bytes_of(path: Path) -> bytes:
    # What a user names may be a link; inside a launch nothing is (law 5).
    try:
        resolved = path.resolve(strict=True)
    except (OSError, RuntimeError) as error:
        raise CouldNotCheck(
            f"cannot read the verdict {shown(path)}: {getattr(error, 'strerror', None) or error}",
            subject=shown(path),
            mend="name the .sigstore.json or .dsse.json file",
        ) from None
    return read_bounded(resolved, RECORD_LIMIT)


def _brought(keys: Mapping[str, PublicKey]) -> dict[str, bytes]:
    """Keys from bundles in place of keys/: a keyring finds a key by its fingerprint alone."""
    return dict(_pems(keys))


def _pems(keys: Mapping[str, PublicKey]) -> Iterator[tuple[str, bytes]]:
    for fingerprint, key in keys.items():
        yield f"bundle-{fingerprint[7:23]}.pem", key.pem
