"""Confirming a host: a preflight that is READY, or the reason why it is not, and one signature.

What is signed follows from the scope wherever it can. So a reader compares it with its own kit, and
a printed line of 160 characters holds all this.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

from aztrust.acts.ledger.reading import LedgerOptions, with_ledger
from aztrust.acts.operators.not_ready import refused
from aztrust.acts.preconditions import refuse_expired_policy, require_attempt
from aztrust.core.base.errors import Refused, UsageError
from aztrust.core.base.paths import escape
from aztrust.core.base.times import AHEAD_MS, format_minute
from aztrust.core.base.value import frozen
from aztrust.core.base.version import __version__
from aztrust.core.formats.keys import VerificationMaterial
from aztrust.core.genesis.power import genesis_power
from aztrust.core.history.operators import Seat
from aztrust.core.host.required import fits, required
from aztrust.core.judge.merge import merge
from aztrust.core.judge.verify import EXIT_PASS, Verdict
from aztrust.core.package.entries import FileEntry
from aztrust.core.package.manifest import Artifact, Manifest
from aztrust.core.policy.scope import Scope
from aztrust.core.records.enrolment import NotReady, OperatorConfirmation
from aztrust.core.records.line.frozen_scope import FrozenScope
from aztrust.core.records.programs import release_roles
from aztrust.core.state.context import Context, Request, read_context, require_policy
from aztrust.core.state.known_scopes import present_scope
from aztrust.core.state.launch_state import Attempt
from aztrust.core.state.readiness import NAMED, more
from aztrust.storage.config import shown
from aztrust.storage.launch import LaunchFiles

SECOND_MS: Final = 1000
ConsensusKey = Literal["in-genesis", "not-in-genesis", "not-asked"]
SignerAnswer = Literal["answers", "silent", "not-asked"]


@frozen
class KitScope:
    """What a kit fixes for a confirmation.

    Args:
        context: the launch in the kit, with its ledger.
        scope: that is frozen.
        fixed: what it fixes of every confirmation.
        attempt: the scope in its window.
        release, genesis: the sealed manifests.
    """

    context: Context
    scope: Scope
    fixed: FrozenScope
    attempt: Attempt
    release: Manifest
    genesis: Manifest


@frozen
class HostAnswers:
    """What a confirmation says about a host in addition to the scope.

    Args:
        platform: `os/arch`.
        roles: of the release, what the host runs; sorted.
        consensus_key: whether its key is in the genesis.
        signer: whether its remote signer answers.
        at_unix_ms: when the host was looked at.
        aztrust_version: of what looked at it.
    """

    platform: str
    roles: tuple[str, ...]
    consensus_key: ConsensusKey = "not-asked"
    signer: SignerAnswer = "not-asked"
    at_unix_ms: int = 0
    aztrust_version: str = __version__


def read_kits(
    kits: Sequence[LaunchFiles], request: Request, ledger_options: LedgerOptions
) -> Context:
    """The launch in some kits together, with its ledger; of the host nothing is read.

    Raises:
        Malformed: the policy is malformed.
        Refused: `anchor-mismatch`: it is not the announced policy, or the kits have several.
        CouldNotCheck: one of them cannot be read.
    """
    merged = merge([(shown(kit.path), kit.evidence()) for kit in kits], request)
    for finding in merged.findings:
        raise Refused(
            finding.message, subject=finding.subject, code=finding.code, mend=finding.mend
        )
    context = read_context(request, with_ledger(merged.evidence, request, ledger_options))
    require_policy(context)
    if request.anchor not in ("", context.policy_digest) or request.pin_conflicts:
        raise Refused(
            "the policy in this kit is not the announced one",
            subject=shown(kits[0].path),
            code="anchor-mismatch",
            mend="get the kit again from its publisher; compare the anchor with the announcement",
            details=request.pin_conflicts,
        )
    return context


def seats_of(context: Context, operator: str) -> dict[str, Seat]:
    """Fingerprint to seat, of every key that an operator may confirm with.

    Raises:
        Refused: none is enrolled in this kit, or all were revoked.
    """
    seats = [seat for seat in context.roster.seats if seat.operator == operator]
    in_force = {seat.key.fingerprint: seat for seat in seats if not seat.revoked}
    if in_force:
        return in_force
    names = sorted({seat.operator for seat in context.roster.seats})
    name = escape(operator)[:64]
    if seats:
        cause, mend = f"every key of {name} was revoked", "the registrar enrols a new key of yours"
    elif operator in require_policy(context).holders:
        cause = f"{name} is a holder, and a holder's key confirms no host"
        mend = "the registrar enrols the operator under a name and a key of its own: aztrust enrol"
    else:
        cause = f"no operator {name} is enrolled in this kit"
        mend = "get a newer kit; or the registrar enrols you: aztrust enrol LIST.toml"
    raise Refused(
        cause,
        subject=name,
        mend=mend,
        details=(f"enrolled: {', '.join(names[:NAMED])}{more(len(names))}",) if names else (),
    )


def require_scope(context: Context) -> KitScope:
    """The frozen scope of a kit, in its window.

    Raises:
        Refused: none is frozen, it is over, or what is sealed here is another scope; or the policy
            has expired.
        CouldNotCheck: a record that may end the scope cannot be read.
    """
    refuse_expired_policy(context)
    attempt, scope = require_attempt(context), context.scope
    release, genesis = context.manifests.get("release"), context.manifests.get("genesis")
    fixed = present_scope(context)
    is_here = scope is not None and scope.hash == attempt.scope_hash
    if not is_here or scope is None or fixed is None or release is None or genesis is None:
        raise Refused(
            "what is frozen is not the scope of the packages in this kit",
            subject="scope",
            code="scope-mismatch",
            mend="get the kit of the frozen scope from its publisher",
        )
    return KitScope(context, scope, fixed, attempt, release, genesis)


def roles_for(seat: Seat, artifacts: Sequence[Artifact], platform: str) -> tuple[str, ...]:
    """The roles of the release that the host of a seat runs.

    Those that it was enrolled for; where the release has a file for none of them (an observer, a
    notary), all that have a file for its platform.
    """
    known = release_roles(artifacts)
    own = tuple(role for role in known if role in seat.roles)
    here = {artifact.role for artifact in artifacts if fits(artifact.platform, platform)}
    return own or tuple(role for role in known if role in here)


def answers_of(
    frozen: KitScope, verdict: Verdict, seat: Seat, roles: tuple[str, ...], again: str
) -> HostAnswers:
    """What a preflight of this host answers.

    Args:
        frozen: what the kit fixes.
        verdict: of the preflight.
        seat: whose host it is.
        roles: of the release, what the host runs.
        again: the command as it was typed, for the one that reports a host that is not ready.

    Raises:
        Refused: it is not READY, it runs a program that was built here, its consensus key
            belongs to another operator, or its clock is behind the freeze.
    """
    host = verdict.context.evidence.host
    if verdict.exit_code != EXIT_PASS or host is None:
        raise refused(verdict, again)
    now = verdict.context.request.now_unix_ms
    # Such a confirmation ages too early, and a report of that time is refused, too.
    if now + AHEAD_MS < frozen.attempt.opened_at_unix_ms:
        raise Refused(
            f"the clock of this machine is at {format_minute(now)}, and this scope was frozen at"
            f" {format_minute(frozen.attempt.opened_at_unix_ms)}",
            subject="clock",
            mend="set the clock of this machine, then confirm",
        )
    digests = {artifact.sha256 for artifact in frozen.release.artifacts}
    for item in host.artifacts:
        for file in item.files:
            if file.sha256 not in digests:
                raise Refused(
                    "this host starts a program that was built here, and a confirmation states"
                    " the approved one",
                    subject=file.path,
                    mend="install the approved program, then confirm",
                )
    key = host.node_key.key if host.node_key is not None else ""
    if key and host.genesis is not None and host.genesis.data is not None:
        _refuse_foreign_key(frozen.context, seat, key, host.genesis.data)
    return HostAnswers(
        host.platform,
        roles,
        consensus_key="in-genesis" if key else "not-asked",
        at_unix_ms=verdict.context.request.now_unix_ms,
    )


def _refuse_foreign_key(context: Context, seat: Seat, key: str, genesis: bytes) -> None:
    """Refuse to confirm a host that has the consensus key of another operator's validator."""
    power = genesis_power(genesis, what="genesis")
    index = power.find(key)
    for other in context.roster.seats:
        if other.operator == seat.operator or other.revoked or index is None:
            continue
        if index in {power.find(validator) for validator in other.validators}:
            raise Refused(
                f"the consensus key of this host belongs to a validator of {other.operator}: two"
                " hosts with one key sign twice",
                subject="--node-key",
                mend=f"use the key of {seat.operator}, or have the registrar correct the list",
            )


def ready(frozen: KitScope, answers: HostAnswers) -> OperatorConfirmation:
    """The confirmation of a host that is ready.

    Raises:
        Refused: the release has no file for one of its roles.
    """
    fields = frozen.fixed.contents(answers.platform, answers.roles, ready=True)
    if set(answers.roles) - {program.role for program in fields["programs"]}:
        raise Refused(
            f"the release has nothing for {' and '.join(answers.roles)} on {answers.platform}",
            subject="--role",
            mend="name the roles that this host runs: --role ROLE",
        )
    return OperatorConfirmation(
        **fields,
        aztrust_version=answers.aztrust_version,
        confirmed_at_unix_ms=whole_second(answers.at_unix_ms),
        consensus_key=answers.consensus_key,
        launch_window_id=frozen.attempt.launch_window_id,
        signer=answers.signer,
        status="ready",
    )


def not_ready(
    frozen: KitScope, answers: HostAnswers, reason: NotReady, found: str
) -> OperatorConfirmation:
    """The confirmation of a host that is not ready.

    Args:
        frozen: what is frozen.
        answers: platform, roles and time.
        reason: why.
        found: the digest that was found, "" for none.
    """
    return OperatorConfirmation(
        **frozen.fixed.contents(answers.platform, answers.roles, ready=False),
        aztrust_version=answers.aztrust_version,
        confirmed_at_unix_ms=whole_second(answers.at_unix_ms),
        found=found.removeprefix("sha256:")[:8] or None,
        launch_window_id=frozen.attempt.launch_window_id,
        reason=reason,
        status="not-ready",
    )


def require_enrolled(seats: dict[str, Seat], key: VerificationMaterial) -> Seat:
    """The seat of the key that signs.

    Raises:
        Refused: `signer-not-in-role`: it is not one of them.
    """
    seat = seats.get(key.fingerprint)
    if seat is None:
        raise Refused(
            f"the key {key.fingerprint} is not enrolled",
            subject="--key",
            code="signer-not-in-role",
            mend="use a key that the registrar enrolled for you",
            details=tuple(f"enrolled: {fingerprint}" for fingerprint in seats),
        )
    return seat


def whole_second(unix_ms: int) -> int:
    """A time of a confirmation: the printed form has whole seconds."""
    return unix_ms - unix_ms % SECOND_MS


def wanted_digests(
    frozen: KitScope, platform: str, roles: tuple[str, ...]
) -> dict[tuple[str, str], frozenset[str]]:
    """(role, name) of each file that a host has to have, to the digests that it may have."""
    needed = required(frozen.release.artifacts, platform, roles)
    return {(r.role, r.name): frozenset(a.sha256 for a in r.wanted) for r in needed}


def refuse_roles(roles: Sequence[str], artifacts: Sequence[Artifact]) -> tuple[str, ...]:
    """The roles that were named, sorted, if the release has a file for each.

    Raises:
        UsageError: it has none for one of them.
    """
    known = release_roles(artifacts)
    for role in roles:
        if role not in known:
            raise UsageError(
                f"{escape(role)[:64]} is not a role of this release",
                subject="--role",
                mend=f"name one of: {', '.join(known)}",
            )
    return tuple(sorted(set(roles)))


def sealed_genesis_files(frozen: KitScope) -> dict[str, str]:
    """Path to digest of each genesis file of the sealed package."""
    files = ((path, frozen.genesis.file(path)) for path in frozen.genesis.genesis_files or ())
    return {path: entry.sha256 for path, entry in files if isinstance(entry, FileEntry)}
