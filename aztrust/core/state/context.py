"""What every check may look at: the request, the evidence, and what the evidence parsed into."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Literal

from aztrust.core.base.errors import Malformed
from aztrust.core.base.findings import Finding
from aztrust.core.base.value import field, frozen, replace
from aztrust.core.formats.head_line import HeardHead
from aztrust.core.history.opening import Keyring, Signers, read_keyring
from aztrust.core.history.operators import Confirmation, Roster
from aztrust.core.history.reconcile import KEEP, Pending, appending
from aztrust.core.history.recordset import RecordSet, read_records
from aztrust.core.history.revocations import EffectiveRecords
from aztrust.core.history.verdictset import VerdictSet, read_verdicts
from aztrust.core.linkage.pointers import Sources, parse_reference
from aztrust.core.package.entries import FileEntry
from aztrust.core.package.manifest import Manifest, package_id
from aztrust.core.policy.authority import holder_of_key
from aztrust.core.policy.model import (
    PACKAGE_CLASSES,
    POLICY_PATH,
    PackageClass,
    Policy,
    policy_digest,
)
from aztrust.core.policy.scope import Scope
from aztrust.core.state.evidence import Evidence
from aztrust.core.state.launch_state import LaunchState, fold_launch
from aztrust.core.state.window.definitions import Definitions

if TYPE_CHECKING:
    from aztrust.core.base.errors import CouldNotCheck
    from aztrust.core.checklist.definitions import Checklist
    from aztrust.core.history.replay import LedgerReading
    from aztrust.core.state.evidence import OpenedVerdict

Anchored = Literal["given", "pinned", "unpinned"]
"""Which anchor the policy is compared with."""


@frozen
class Request:
    """What is asked, and the inputs that no file holds (law 12).

    Args:
        now_unix_ms: the time the verification is made for.
        anchor: the policy digest received out of band, "" where there is none.
        anchor_source: `given` or `pinned`, "" without an anchor.
        scope: the scope hash received out of band, "" where there is none.
        only: one package class, or None for all.
        pin_conflicts: sentences about pinned anchors that this launch contradicts.
        no_packages: why no package is looked at in this run, "" where that is not so.
        heard: the ledger's head as it was read out, None where it was not.
    """

    now_unix_ms: int
    anchor: str = ""
    anchor_source: str = ""
    scope: str = ""
    only: PackageClass | None = None
    pin_conflicts: tuple[str, ...] = ()
    no_packages: str = ""
    heard: HeardHead | None = None

    @property
    def anchored(self) -> Anchored:
        """Which anchor there is; one without a source came from the caller."""
        if not self.anchor:
            return "unpinned"
        return "pinned" if self.anchor_source == "pinned" else "given"


@frozen
class Context:
    """Parsed evidence. Where something did not parse, its error takes its place.

    `order` is record id to the ledger's index of its first entry: what is not listed is not in the
    ledger, or there is no ledger here. `given` are the verdicts at a gate, opened. `checklist` are
    the definitions that the policy names, None where it names none or `checklist_error` says why
    they are not here.
    """

    request: Request
    evidence: Evidence
    policy_digest: str
    policy: Policy | None = None
    policy_error: Malformed | None = None
    keyring: Keyring = Keyring()
    records: RecordSet = RecordSet()
    verdicts: VerdictSet = VerdictSet()
    manifests: Mapping[PackageClass, Manifest] = field(default_factory=dict)
    manifest_ids: Mapping[PackageClass, str] = field(default_factory=dict)
    manifest_errors: Mapping[PackageClass, Malformed] = field(default_factory=dict)
    sources: Sources = field(default_factory=lambda: Sources({}))
    order: Mapping[str, int] = field(default_factory=dict)
    given: tuple[OpenedVerdict, ...] = ()
    state: LaunchState = LaunchState()
    checklist: Checklist | None = None
    checklist_error: Malformed | CouldNotCheck | None = None

    def ledger_index(self, record_id: str) -> int | None:
        """The index of a record in the ledger; None where it is not there."""
        return self.order.get(record_id)

    @property
    def pending(self) -> tuple[Pending, ...]:
        """What is in the folder and not in the ledger: records, then verdicts."""
        waiting = (*self.records.apart.pending, *self.verdicts.apart.pending)
        if not waiting or self.policy is None:
            return waiting
        key, typed = appending(self.policy, self.evidence.ledger, self.revoked_keys)
        if typed == KEEP:
            return waiting
        keeper = holder_of_key(self.policy, key)
        return tuple(replace(pending, keeper=keeper, command=typed) for pending in waiting)

    @property
    def roster(self) -> Roster:
        """The operators that the registrar enrolled."""
        return self.records.roster

    @property
    def confirmations(self) -> tuple[Confirmation, ...]:
        """What the keys of the roster confirmed, and what the ledger has, where there is one."""
        return self.records.confirmations

    @property
    def revoked_keys(self) -> Collection[str]:
        """The fingerprints of the keys of which no signature counts any more."""
        return self.records.effective.revoked_keys.keys()

    @property
    def signers(self) -> Signers | None:
        """Whose signatures count, and how files are opened; None without a policy."""
        if self.policy is None:
            return None
        return Signers(self.policy, self.policy_digest, self.keyring, self.evidence.opener)

    @property
    def package_classes(self) -> tuple[PackageClass, ...]:
        """The classes this run is about."""
        return PACKAGE_CLASSES if self.request.only is None else (self.request.only,)

    def unread_manifest(self, package_class: PackageClass) -> str:
        """Why a manifest that exists was not read, "" where there is none or it was read."""
        path = f"manifests/{package_class}.json"
        unread = any(fault.path == path for fault in self.evidence.unreadable)
        return f"{path} cannot be read" if unread else ""

    @property
    def scope(self) -> Scope | None:
        """The scope these files make up, once both packages are sealed."""
        genesis = self.manifests.get("genesis")
        if self.policy is None or "release" not in self.manifests or genesis is None:
            return None
        if genesis.genesis_hash is None:
            return None
        return Scope(
            network_class=self.policy.launch.network_class,
            chain_id=self.policy.launch.chain_id,
            genesis_hash=genesis.genesis_hash.sha256,
            release_package_id=self.manifest_ids["release"],
            genesis_package_id=self.manifest_ids["genesis"],
            policy_digest=self.policy_digest,
        )


def read_context(request: Request, evidence: Evidence) -> Context:
    """Parse the evidence: policy, keys, manifests, records, verdicts. Raises nothing of its own."""
    digest, opener = policy_digest(evidence.policy), evidence.opener
    try:
        policy = opener.policy(evidence.policy)
    except Malformed as error:
        return Context(request, evidence, digest, policy_error=error)
    keyring = keyring_of(policy, evidence)
    manifests: dict[PackageClass, Manifest] = {}
    ids: dict[PackageClass, str] = {}
    errors: dict[PackageClass, Malformed] = {}
    for package_class, data in evidence.manifests.items():
        ids[package_class] = package_id(data)
        try:
            manifest = opener.manifest(data, what=f"manifests/{package_class}.json")
            manifests[package_class] = manifest
        except Malformed as error:
            errors[package_class] = error
    ledger = evidence.ledger
    signers = Signers(policy, digest, keyring, opener)
    records = read_records(signers, evidence.records, ledger)
    verdicts = read_verdicts(signers, records.effective, evidence.verdicts, ledger)
    # A verdict is a signed file like any record: one question is asked about them all.
    records = replace(
        records,
        findings=(*records.findings, *verdicts.findings),
        notices=(*records.notices, *verdicts.notices),
    )
    checklist, checklist_error = _definitions(policy, evidence)
    digest_of_definitions = policy.checklist.digest if policy.checklist is not None else ""
    definitions = Definitions(checklist, digest_of_definitions)
    return Context(
        request=request,
        evidence=evidence,
        policy_digest=digest,
        policy=policy,
        checklist=checklist,
        checklist_error=checklist_error,
        keyring=keyring,
        records=records,
        verdicts=verdicts,
        manifests=manifests,
        manifest_ids=ids,
        manifest_errors=errors,
        sources=_sources(policy, evidence),
        order=_order(evidence),
        state=fold_launch(
            policy,
            digest,
            records.effective,
            verdicts,
            _places(evidence),
            request.now_unix_ms,
            definitions,
        ),
    )


def _definitions(
    policy: Policy, evidence: Evidence
) -> tuple[Checklist | None, Malformed | CouldNotCheck | None]:
    if policy.checklist is None:
        return None, None
    # Few launches have a checklist; the others import nothing of this.
    from aztrust.core.state.checklist_file import named_checklist

    digest, held = policy.checklist.digest, evidence.checklist
    return evidence.opener.last(
        lambda: named_checklist(digest, held), named_checklist, digest, held
    )


def definitions_of(context: Context) -> Definitions:
    """The definitions of the checklist that the policy names, as far as they are here."""
    table = context.policy.checklist if context.policy is not None else None
    return Definitions(context.checklist, table.digest if table is not None else "")


def keyring_of(policy: Policy, evidence: Evidence) -> Keyring:
    """The keys of a launch under its policy: the same object while they are the same files."""
    files = [part for item in sorted(evidence.keys.items()) for part in item]
    opener = evidence.opener
    return opener.last(
        lambda: read_keyring(policy, evidence.keys, opener), read_keyring, policy, *files
    )


def ledger_places(context: Context) -> Mapping[tuple[str, str], int]:
    """(record id, fingerprint) to the place in the ledger of this run; {} where there is none."""
    return _places(context.evidence)


def _places(evidence: Evidence) -> Mapping[tuple[str, str], int]:
    ledger = evidence.ledger
    return evidence.opener.last(lambda: _read_places(ledger), _read_places, ledger)


def _read_places(ledger: LedgerReading | None) -> Mapping[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}
    for entry in ledger.entries if ledger is not None else ():
        found.setdefault((entry.record.record_id, entry.record.fingerprint), entry.index)
    return found


def _order(evidence: Evidence) -> dict[str, int]:
    entries = evidence.ledger.entries if evidence.ledger is not None else ()
    # Backwards, so that the first entry of a record is the one that stays.
    return {entry.record.record_id: entry.index for entry in reversed(entries)}


def _sources(policy: Policy, evidence: Evidence) -> Sources:
    """What references may be resolved against: only bytes and digests of this run."""
    return Sources(
        documents={
            (package_class, path): data
            for package_class, reading in evidence.packages.items()
            for path, data in reading.captured.items()
        },
        launch={
            "chain_id": policy.launch.chain_id,
            "network_class": policy.launch.network_class,
            "name": policy.launch.name,
        },
        digests=_referenced_digests(policy, evidence),
    )


def _referenced_digests(
    policy: Policy, evidence: Evidence
) -> dict[tuple[str, str], tuple[str, str]]:
    references = (
        parse_reference(side) for rule in policy.linkage for side in (rule.left, rule.right)
    )
    wanted = {(r.package_class, r.path) for r in references if r.kind == "digest"}
    if not wanted:
        return {}
    return {
        (package_class, entry.path): (entry.sha256, entry.blake3)
        for package_class, reading in evidence.packages.items()
        if reading.tree is not None
        for entry in reading.tree.entries
        if isinstance(entry, FileEntry) and (package_class, entry.path) in wanted
    }


MEND = "put the regular file or directory itself there, and make it readable"


RECORDS = "manifests/records"


def unread_records(context: Context) -> str:
    """Why there may be more records than were read, "" where there are none."""
    return context.evidence.unread(RECORDS, KEYS)


KEYS = "keys"


def reconsidered(context: Context, effective: EffectiveRecords, verdicts: VerdictSet) -> Context:
    """The launch as it would be with these records and verdicts; raises as `require_policy`."""
    policy = require_policy(context)
    return replace(
        context,
        records=context.records.with_effective(policy, effective, ledger_places(context)),
        verdicts=verdicts,
        state=fold_launch(
            policy,
            context.policy_digest,
            effective,
            verdicts,
            ledger_places(context),
            context.request.now_unix_ms,
            definitions_of(context),
        ),
    )


def require_signers(context: Context) -> Signers:
    """Whose signatures count; raises as `require_policy`."""
    policy = require_policy(context)
    return context.signers or Signers(policy, context.policy_digest, context.keyring)


def policy_end_finding(context: Context) -> Finding | None:
    """What to report of a policy that is past its own end; None before it, or where it has none."""
    expires = context.policy.launch.expires if context.policy is not None else None
    if expires is None:
        return None
    # Whole milliseconds, computed without a float.
    ends = int(expires.timestamp()) * 1000 + expires.microsecond // 1000
    if context.request.now_unix_ms < ends:
        return None
    return Finding(
        "policy-expired",
        POLICY_PATH,
        f"the policy ended {expires.isoformat(sep=' ', timespec='minutes')}",
        mend="agree on a new policy and announce its digest; approvals are given again",
    )


def require_policy(context: Context) -> Policy:
    """The policy, for acts that are nothing without one.

    Raises:
        Malformed: `policy-malformed`, the policy's own error.
    """
    if context.policy is not None:
        return context.policy
    error = context.policy_error
    raise error or Malformed("the policy cannot be read", code="policy-malformed")
