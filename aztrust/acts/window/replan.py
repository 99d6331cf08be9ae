"""A changed package before the start: the window is deferred, and the package is sealed anew.

    prepared = prepare_replan(act, own, Change(genesis=Path("fixed.json")), "late fix", key)
    done = commit_replan(prepared, signer, now_unix_ms)

The package is prepared next to the current one, so that everything that its seal needs is known
before the first signature. Stopped anywhere, the same command does what is left. Each holder does
the part that their roles allow: one key may defer, another one may seal.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from aztrust.acts.act import Act, Plan
from aztrust.acts.preconditions import read_anchored
from aztrust.acts.publish import Published, publish, publish_again
from aztrust.acts.seal import PreparedSeal, Sealed, commit_seal, prepare_seal
from aztrust.acts.verify import ReadOptions
from aztrust.acts.window.basis import basis_in, no_window, running_attempt
from aztrust.acts.window.ends import end_of, last_ended, plan_end
from aztrust.acts.window.sitting import keys_for
from aztrust.core.base.advice import command
from aztrust.core.base.errors import CouldNotCheck, Refused, UsageError
from aztrust.core.base.paths import escape
from aztrust.core.base.times import format_minute
from aztrust.core.base.value import frozen
from aztrust.core.formats.keys import VerificationMaterial
from aztrust.core.judge.replan import Replan, affected, replan_of
from aztrust.core.judge.window_cutoff import change_cutoff, is_past_cutoff
from aztrust.core.policy.authority import act_roles
from aztrust.core.policy.model import PackageClass, Policy
from aztrust.core.records.window import LaunchAbort, LaunchDefer
from aztrust.core.state.able import advise_roles
from aztrust.core.state.context import Context
from aztrust.core.state.launch_state import Attempt
from aztrust.signers import Signer
from aztrust.storage.presence import is_directory, is_present
from aztrust.storage.staging import discard, stage, swap

FOLDER: Final = "replaced"
"""Where a package is prepared, and where the one before it is kept, below the launch directory."""

EndPlan = Plan[LaunchDefer | LaunchAbort, Attempt]


@frozen
class Change:
    """The files that change; one of both is given.

    Args:
        genesis: the new genesis file.
        release: the new release directory, or one new file of the release.
    """

    genesis: Path | None = None
    release: Path | None = None

    @property
    def package_class(self) -> PackageClass:
        """Which package changes."""
        return "release" if self.release is not None else "genesis"


@frozen
class PreparedReplan:
    """A change that waits for its one answer.

    Args:
        act: the launch.
        own: the same, as an act on its packages reads it.
        attempt: the window that is open, or that was deferred.
        seal: the changed package as it would be sealed.
        place: where it is prepared, relative to the launch.
        replan: what the change means.
        holder: who signs, "" where that is not known.
        defer: what the holder signs to defer; None where the window is deferred.
        seals: the packages that the holder may seal, in their order.
        is_deferred: whether the window was deferred before.
    """

    act: Act
    own: Context
    attempt: Attempt
    seal: PreparedSeal
    place: str
    replan: Replan
    holder: str
    defer: EndPlan | None
    seals: tuple[PackageClass, ...]
    is_deferred: bool

    @property
    def launch(self) -> Path:
        """The launch directory."""
        return self.act.launch


@frozen
class Replanned:
    """What was done.

    Args:
        deferred: the deferral, None where it was not signed now.
        waits: whether the deferral lacks signatures; then nothing was sealed.
        kept: where the package before is, relative to the launch, "" where it did not move.
        sealed: the packages that were sealed, with their ids.
    """

    deferred: Published | None = None
    waits: bool = False
    kept: str = ""
    sealed: tuple[tuple[PackageClass, str, Sealed], ...] = ()


def replan_keys(act: Act, package_class: PackageClass, reason: str) -> Mapping[str, str]:
    """Fingerprint to holder, of every key that may do a part of the replan."""
    policy = act.policy
    found: dict[str, str] = {}
    if running_attempt(act.context) is not None:
        found |= keys_for(policy, (end_of(act, "launch-defer", reason=reason).record,))
    for each in affected(package_class):
        found |= policy.keys_of_roles({policy.seal_role(each)})
    return found


def prepare_replan(
    act: Act,
    own: Context,
    change: Change,
    reason: str,
    key: VerificationMaterial | None,
    read_options: ReadOptions = ReadOptions(),
    *,
    dry_run: bool = False,
) -> PreparedReplan:
    """Everything up to the question. The package is prepared on disk; `discard_replan` removes it.

    Args:
        act: the launch, for an act in its window.
        own: the same, as `read_anchored` gives it with what only the ledger holds.
        change: the files.
        reason: why, for the deferral.
        key: who signs; None where that is not known.
        read_options: how to read.
        dry_run: whether only to look: then the key may lack a role.

    Raises:
        NothingToVerify: no window is open, and none was deferred.
        Refused: it is past the change cutoff; the network has started; the package is the one that
            is frozen; the key may not do the next part; or as `prepare_seal` and `plan_end`.
        UsageError: the files do not fit into the package, or the reason is empty.
        CouldNotCheck: a file cannot be read or written.
    """
    attempt, is_deferred = _attempt(act)
    package_class = change.package_class
    state = basis_in(act, attempt).state
    if state.has_started:
        raise Refused(
            "the network of this window has started, so the launch scope stays",
            subject=f"manifests/{package_class}.json",
            code="freeze-other-scope",
            mend="a reviewed change is an amendment, in the restricted posture",
        )
    if not is_deferred:
        _refuse_past_cutoff(act, attempt)
    holder = "" if key is None else act.policy.key_holders()[key.fingerprint]
    defer = None
    if not is_deferred and key is not None and not dry_run:
        defer = _deferral(act, change, reason, key, holder)
    place = f"{FOLDER}/.new-{package_class}"
    _stage(act.launch, act.policy, change, place)
    try:
        seal = prepare_seal(act.launch, own, package_class, read_options=read_options, place=place)
        if not is_deferred and _is_unchanged(own, attempt, seal):
            raise Refused(
                f"this is the {package_class} package that is frozen: nothing would change",
                subject=f"manifests/{package_class}.json",
                mend="name the changed file",
            )
        replan = replan_of(
            basis_in(act, attempt).context,
            attempt,
            state,
            package_class,
            seal.draft.id,
            is_deferred=is_deferred,
        )
    except BaseException:
        discard(act.launch / place)
        raise
    seals = _seals(act.policy, change, holder)
    return PreparedReplan(act, own, attempt, seal, place, replan, holder, defer, seals, is_deferred)


def discard_replan(prepared: PreparedReplan) -> None:
    """Remove what was prepared. Raises as `discard`."""
    discard(prepared.launch / prepared.place)


def commit_replan(
    prepared: PreparedReplan,
    signer: Signer,
    anchor: str | None,
    now_unix_ms: int,
    read_options: ReadOptions = ReadOptions(),
) -> Replanned:
    """Defer, put the package into its place, and seal it: as much as the holder may.

    Raises:
        Refused, CouldNotCheck: as `publish`, `swap`, `prepare_seal` and `commit_seal`. What was
            done before that stays, and the same command goes on.
    """
    act, launch = prepared.act, prepared.launch
    deferred = None
    if prepared.defer is not None:
        if prepared.defer.earlier is not None:
            deferred = publish_again(act, prepared.defer.earlier, signer, now_unix_ms)
        else:
            deferred = publish(act, prepared.defer, signer, now_unix_ms)
    context = read_anchored(launch, anchor, now_unix_ms, logged=True)
    over = context.state.is_over(prepared.attempt.scope_hash, prepared.attempt.launch_window_id)
    if not over or not prepared.seals:
        discard_replan(prepared)
        return Replanned(deferred, waits=not over)
    package_class = prepared.seal.package_class
    kept = ""
    if package_class in prepared.seals:
        kept = _put_in_place(prepared, context, read_options)
    sealed = []
    for each in prepared.seals:
        context = read_anchored(launch, anchor, now_unix_ms, logged=True)
        seal = prepare_seal(launch, context, each, read_options=read_options)
        done = commit_seal(launch, seal, signer, now_unix_ms, act.ledger)
        sealed.append((each, seal.draft.id, done))
    return Replanned(deferred, kept=kept, sealed=tuple(sealed))


def _attempt(act: Act) -> tuple[Attempt, bool]:
    """The window that is open, else the one that was deferred last; and whether it was."""
    running = running_attempt(act.context)
    if running is not None:
        return running, False
    last = last_ended(act.context, "launch-defer")
    if last is not None and act.context.request.scope in ("", last[0].scope_hash):
        attempt = last[0]
        if attempt.launch_window_id in act.context.state.deferred:
            return attempt, True
    raise no_window(act.context)


def _is_unchanged(own: Context, attempt: Attempt, seal: PreparedSeal) -> bool:
    """Whether the prepared files are those of the window's package; the manifest of another version
    of aztrust may tell more about the same files.
    """
    package_class, named = seal.package_class, attempt.package_id(seal.package_class)
    current = own.manifests.get(package_class)
    if current is None or own.manifest_ids.get(package_class) != named:
        return seal.draft.id == named
    return seal.draft.manifest.entries == current.entries


def _refuse_past_cutoff(act: Act, attempt: Attempt) -> None:
    if not is_past_cutoff(act.context, attempt):
        return
    cutoff = change_cutoff(act.context, attempt)
    when = format_minute(cutoff.at_unix_ms) if cutoff is not None else ""
    raise Refused(
        f"the change cutoff {when} is past: no package changes before this start any more",
        subject="[window] change_cutoff",
        mend=advise_roles(
            act.context,
            f"{command('window', 'defer', '--reason', 'T')}; then plan a later start, seal the"
            " change, approve and freeze it",
            *act_roles(act.policy, "defer"),
        ),
    )


def _deferral(
    act: Act, change: Change, reason: str, key: VerificationMaterial, holder: str
) -> EndPlan:
    end = end_of(act, "launch-defer", reason=reason)
    if key.fingerprint not in keys_for(act.policy, (end.record,)):
        option = "--genesis" if change.package_class == "genesis" else "--release"
        raise Refused(
            f"the window is open, and {holder} may not defer it",
            subject=holder,
            code="signer-not-in-role",
            mend=advise_roles(
                act.context,
                f"{command('window', 'replan', option, 'FILE', '--reason', 'T')}; then {holder}"
                " runs this again",
                *act_roles(act.policy, "defer"),
            ),
        )
    return plan_end(act, end, key)


def _seals(policy: Policy, change: Change, holder: str) -> tuple[PackageClass, ...]:
    """What this holder may seal: the changed package, and what follows once that is sealed."""
    roles = set(policy.holders[holder].roles) if holder else set()
    classes = affected(change.package_class)
    found = tuple(c for c in classes if policy.seal_role(c) in roles)
    return found if found[:1] == classes[:1] else ()


def _stage(launch: Path, policy: Policy, change: Change, place: str) -> None:
    """Prepare the changed package below the launch directory."""
    package = launch / policy.package(change.package_class).path
    if change.release is not None and is_directory(change.release):
        stage(change.release, launch / place, {})
        return
    if not is_present(package) and is_present(launch / place):
        # An earlier run was stopped between the two steps of the swap, after the deferral.
        swap(package, launch / place, launch / place)
    if not is_present(package):
        raise CouldNotCheck(
            f"the {change.package_class} package is not here, so its other files are unknown",
            subject=escape(str(package)),
            mend="put it there, or defer alone: aztrust window defer --reason T",
        )
    given = change.genesis or change.release
    if given is None:
        raise AssertionError(change)
    if not is_present(given):
        raise UsageError(f"there is no file {escape(str(given))}", mend="name the changed file")
    if change.genesis is not None:
        name = policy.packages.genesis.genesis_files[0]
    else:
        name = _file_in_release(package, given)
    stage(package, launch / place, {name: given})


def _file_in_release(package: Path, given: Path) -> str:
    """The one file of the release that is called like the given one."""
    found = sorted(str(p.relative_to(package)) for p in package.rglob(given.name))
    if len(found) == 1:
        return found[0]
    raise UsageError(
        f"{len(found) or 'no'} files of the release are called {escape(given.name)}",
        subject="--release",
        mend="give the whole changed release: --release DIR",
        details=tuple(map(escape, found)),
    )


def _put_in_place(prepared: PreparedReplan, context: Context, read_options: ReadOptions) -> str:
    """Let the prepared package take its place; where the one before is kept, "" for nowhere."""
    launch, package_class = prepared.launch, prepared.seal.package_class
    path = prepared.act.policy.package(package_class).path
    if is_present(launch / path):
        try:
            here = prepare_seal(launch, context, package_class, read_options=read_options)
            same = here.draft.id == prepared.seal.draft.id
        except Refused:
            same = False
        if same:
            discard_replan(prepared)
            return ""
    kept = _free(launch, f"{FOLDER}/{package_class}-before-{prepared.seal.draft.id[7:15]}")
    swap(launch / path, launch / prepared.place, launch / kept)
    return kept if is_present(launch / kept) else ""


def _free(launch: Path, name: str) -> str:
    number, found = 1, name
    while is_present(launch / found):
        number += 1
        found = f"{name}-{number}"
    return found
