"""How ready the operators of a launch are in this run: what is counted comes from the context.

Power comes from the sealed bytes of the genesis package only. Where they are not here it is not
known, and every threshold that needs it is not met.
"""

from __future__ import annotations

from aztrust.core.base.digest import sha256_id
from aztrust.core.base.errors import Malformed
from aztrust.core.base.paths import escape
from aztrust.core.base.value import frozen, replace
from aztrust.core.genesis.power import Power, genesis_power, unreadable_power, weight_power
from aztrust.core.history.verdictset import HeldVerdict
from aztrust.core.package.entries import FileEntry
from aztrust.core.policy.authority import verdict_rule
from aztrust.core.policy.model import Policy
from aztrust.core.policy.readiness_rules import readiness_rules
from aztrust.core.policy.scope import Scope
from aztrust.core.state.confirmations import Wanted
from aztrust.core.state.context import Context, ledger_places, require_policy
from aztrust.core.state.count_readiness import count_readiness
from aztrust.core.state.current import current_attempt, scope_of_window
from aztrust.core.state.freezes import freeze_quorum
from aztrust.core.state.late_enrolments import late_enrolments
from aztrust.core.state.launch_state import Attempt
from aztrust.core.state.readiness import Readiness


@frozen
class PowerFile:
    """A sealed file of the genesis package, as the one that the voting power comes from.

    Args:
        path: in the genesis package.
        entry: its entry in the manifest of the frozen scope; None where that is not here.
        missing: why there is no entry, "" where there is one.
    """

    path: str
    entry: FileEntry | None
    missing: str = ""


def present_readiness(context: Context) -> Readiness | None:
    """The count for the attempt that this run is about.

    Returns:
        The count; None where no operator is enrolled, or nothing is frozen: then there is nothing
        that a confirmation could be about.

    Raises:
        Malformed: the policy is.
    """
    # The rows of the final checks, the thresholds and each view ask for the same count.
    return context.evidence.opener.last(
        lambda: _present(context),
        present_readiness,
        *(context.request, context.policy, context.records, context.verdicts, context.state),
        *(context.manifests, context.manifest_ids, context.order, context.evidence.packages),
        *(context.evidence.ledger,),
    )


def _present(context: Context) -> Readiness | None:
    attempt = current_attempt(context)
    if attempt is None or not context.roster.enrolments:
        return None
    rules = readiness_rules(require_policy(context))
    power, unknown = read_power(context, attempt)
    wanted = wanted_of(context, attempt)
    found = count_readiness(
        context.roster,
        (*context.confirmations, *context.records.unentered),
        wanted,
        power,
        rules,
        context.request.now_unix_ms,
    )
    # Where the genesis was not read, it is not known which validators it lacks.
    return replace(
        found,
        power_unknown=unknown,
        unknown=() if unknown else found.unknown,
        late=late_enrolments(context, wanted),
    )


def power_path(policy: Policy) -> str:
    """The path in the genesis package of the file with the voting power."""
    weights = policy.readiness.weights
    return weights.partition(":")[2] if weights else policy.packages.genesis.genesis_files[0]


def power_file(context: Context, attempt: Attempt) -> PowerFile:
    """Which file of the genesis package has the power of an attempt."""
    return sealed_file(context, attempt, power_path(require_policy(context)))


def sealed_file(context: Context, attempt: Attempt, path: str) -> PowerFile:
    """A file of the genesis package that is frozen in an attempt.

    Args:
        context: the launch.
        attempt: of the launch.
        path: in the genesis package.
    """
    scope = _scope(context, attempt)
    manifest = context.manifests.get("genesis")
    is_frozen_one = (
        scope is not None and context.manifest_ids.get("genesis") == scope.genesis_package_id
    )
    if manifest is None or not is_frozen_one:
        return PowerFile(path, None, "the manifest of the genesis that is frozen is not here")
    entry = manifest.file(path)
    missing = "" if entry is not None else f"the sealed genesis package has no {escape(path)}"
    return PowerFile(path, entry, missing)


def read_power(context: Context, attempt: Attempt) -> tuple[Power, str]:
    """The power of an attempt, and why it is not known, "" where it is."""
    file = power_file(context, attempt)
    if file.entry is None:
        return Power(), file.missing
    reading = context.evidence.packages.get("genesis")
    data = reading.captured.get(file.path) if reading is not None else None
    if data is None:
        return Power(), f"{escape(file.path)} of the genesis package is not here"
    # A large genesis is hashed and parsed once in a run, however often the launch is judged.
    opener, policy = context.evidence.opener, require_policy(context)
    if opener.result(lambda: sha256_id(data), sha256_id, data) != file.entry.sha256:
        return Power(), f"{escape(file.path)} here is not the sealed one"
    by_weights = policy.readiness.weights
    key = (power_of, by_weights, file.path, data)
    return opener.result(lambda: power_of(policy, file.path, data), *key), ""


def power_of(policy: Policy, path: str, data: bytes) -> Power:
    """The power in the sealed bytes of a file."""
    what = f"genesis:{escape(path)}"
    read = weight_power if policy.readiness.weights else genesis_power
    try:
        return read(data, what=what)
    except Malformed as failure:
        return unreadable_power(failure, what)


def wanted_of(context: Context, attempt: Attempt) -> Wanted:
    """What a confirmation of an attempt has to be about.

    Where the frozen release is not here, none of its files is known, so that no ready host counts.
    """
    scope = _scope(context, attempt)
    release = context.manifests.get("release")
    is_frozen_one = (
        scope is not None and context.manifest_ids.get("release") == scope.release_package_id
    )
    frozen_at, place = _freeze(context, attempt)
    return Wanted(
        scope_hash=attempt.scope_hash,
        launch_window_id=attempt.launch_window_id,
        release_package_id=scope.release_package_id if scope is not None else "",
        genesis_package_id=scope.genesis_package_id if scope is not None else "",
        genesis_sha256=scope.genesis_hash if scope is not None else "",
        chain_id=require_policy(context).launch.chain_id,
        artifacts=release.artifacts if release is not None and is_frozen_one else (),
        frozen_at_unix_ms=frozen_at,
        freeze_place=place,
    )


def _scope(context: Context, attempt: Attempt) -> Scope | None:
    if context.scope is not None and context.scope.hash == attempt.scope_hash:
        return context.scope
    return scope_of_window(context, attempt.window)


def _freeze(context: Context, attempt: Attempt) -> tuple[int, int | None]:
    """When the freeze of an attempt was complete: the time claimed, and the place in the ledger."""
    places = ledger_places(context)

    def place(freeze: HeldVerdict) -> int:
        return places.get((freeze.record_id, freeze.key.fingerprint), -1)

    def time(freeze: HeldVerdict) -> int:
        return freeze.statement.checkpoint.timestamp_unix_ms

    freezes = sorted(attempt.freezes, key=lambda f: (place(f), time(f), f.record_id))
    policy = require_policy(context)
    rule = verdict_rule(policy)
    needed = 1
    while rule is not None and needed < len(freezes):
        if freeze_quorum(policy, rule, freezes[:needed]).met:
            break
        needed += 1
    signed = freezes[:needed]
    last = max(map(time, signed), default=attempt.opened_at_unix_ms)
    return last, max(map(place, signed), default=-1) if places else None
