"""The policy `manifests/launch.toml`: who may say what, and how many of them it takes.

The policy names authority only. Its digest over the exact bytes is the anchor that is announced
out of band, so nothing that becomes known later belongs in it (design 2).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Annotated, Final, Literal

from aztrust.core.base.digest import Sha256, sha256_id
from aztrust.core.base.model import Items, Model, Name, SomeItems, VersionOne
from aztrust.core.base.schema import AfterValidator, BeforeValidator, Field
from aztrust.core.base.times import Duration
from aztrust.core.policy.chain_table import ChainTable
from aztrust.core.policy.checklist_table import ChecklistTable
from aztrust.core.policy.quorum import ApprovalRule, RoleCounts
from aztrust.core.policy.readiness_table import Readiness
from aztrust.core.policy.tomldoc import LIMIT
from aztrust.core.policy.window_tables import AnomalyTable, BandTable, RollbackTable, WindowTable

MACHINE_ROWS: Final = (
    "release-integrity",
    "genesis-integrity",
    "package-compatibility",
    "binary-integrity",
    "chain-id",
)
"""Computed from this run's own recomputation."""


ANSWERED_ROWS: Final[Mapping[str, str]] = {
    "operator-preflight": "ops-lead",
    "operator-readiness": "ops-lead",
    "role-readiness": "launch-coordinator",
    "monitoring-live": "ops-lead",
    "incident-path": "incident-commander",
    "blocker-review": "launch-coordinator",
    "advisory-review": "security-lead",
}
"""Answered by people or by the monitoring: row to the role that owns it unless a policy says so."""


ROWS: Final = (*MACHINE_ROWS, *ANSWERED_ROWS)
"""In the order in which a matrix has them."""


POLICY_PATH = "manifests/launch.toml"
POLICY_LIMIT = LIMIT

PackageClass = Literal["release", "genesis"]
PACKAGE_CLASSES: tuple[PackageClass, ...] = ("release", "genesis")
NetworkClass = Literal["mainnet", "testnet", "devnet"]
ProfileName = Literal["solo", "testnet", "mainnet"]
Convention = Literal["raw", "jq-S-c", "jq-S", "declared"]

Text = Annotated[str, Field(min_length=1, max_length=200)]
Uri = Annotated[str, Field(pattern=r"^https://[^\s]+$", max_length=1000)]
BareSha256 = Annotated[str, Field(pattern=r"^(sha256:)?[0-9a-f]{64}$")]


def _integer_as_text(value: object) -> object:
    return str(value) if type(value) is int else value


def _with_zone(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("needs a time zone, for instance 2099-12-31T00:00:00Z")
    return value


class LaunchTable(Model):
    """`[launch]`: which launch this is. `chain_id` may be written as an integer (EVM chains).

    `profile` is what the launch wants to reach: `policy lint` holds the policy against it. It gives
    no authority.
    """

    name: Text
    network_class: NetworkClass
    chain_id: Annotated[Text, BeforeValidator(_integer_as_text)]
    expires: Annotated[datetime, AfterValidator(_with_zone)] | None = None
    profile: ProfileName | None = None


class ArtifactRule(Model):
    """`[[packages.release.artifact]]`: a file, or a file inside an archive, that hosts install."""

    path: str
    member: Annotated[str, Field(min_length=1, max_length=4096)] | None = None
    role: Name
    platform: Annotated[str, Field(pattern=r"^[a-z0-9]+/[a-z0-9_]+(/[a-z0-9]+)?$|^any$")]


class ProvenanceRule(Model):
    """`[[packages.release.provenance]]`: who must have built a file, by a Sigstore bundle.

    `workflow` is the one that signed, which may be a reusable one of another repository; with an
    `@` in it, its reference must be the same too. `trusted_root` is the SHA-256 of the file.
    """

    path: str
    issuer: Uri
    repository: Uri
    workflow: Uri
    ref: Annotated[str, Field(pattern=r"^refs/[^\s]+$", max_length=500)] | None = None
    commit: Annotated[str, Field(pattern=r"^([0-9a-f]{40}|[0-9a-f]{64})$")] | None = None
    trusted_root: Sha256


class PublishedHash(Model):
    """`[[packages.genesis.published_hash]]`: a genesis hash known before the policy was sealed."""

    convention: Convention
    sha256: BareSha256


class ReleasePackage(Model):
    """`[packages.release]`."""

    path: str
    exclude: Items[str] = ()
    artifact: Items[ArtifactRule] = ()
    provenance: Items[ProvenanceRule] = ()


class GenesisPackage(Model):
    """`[packages.genesis]`; the first of `genesis_files` is the genesis."""

    path: str
    exclude: Items[str] = ()
    genesis_files: SomeItems[str]
    chain_id_at: str
    published_hash: Items[PublishedHash] = ()


class Packages(Model):
    """`[packages]`: a launch has both; the scope names both (AZ-5.2)."""

    release: ReleasePackage
    genesis: GenesisPackage


class HolderTable(Model):
    """`[holders.NAME]`: a person or organisation, its keys and its roles."""

    keys: SomeItems[Sha256]
    roles: SomeItems[Name]


class SealTable(Model):
    """`[seal]`: the role that seals each package class."""

    release: Name = "release-manager"
    genesis: Name = "genesis-custodian"


class Approvals(Model):
    """`[approvals]`."""

    release: ApprovalRule
    genesis: ApprovalRule


class Separation(Model):
    """`[separation]`: no holder may serve both roles of a pair (law 8)."""

    pairs: Items[Annotated[tuple[Name, ...], Field(strict=False, min_length=2, max_length=2)]] = ()


class Revocation(Model):
    """`[revocation]`: roles that may revoke any record and any key."""

    roles: Items[Name] = ()


class FreezeTable(Model):
    """`[freeze]`: why the scope of this launch is not frozen; every report shows it (law 2)."""

    not_applicable: Text


class Verdicts(Model):
    """`[verdicts]`: roles that sign verdicts, and how many of each."""

    roles: RoleCounts


class LedgerKeeper(Model):
    """`[[ledger.keepers]]`: one holder who signs heads of the ledger, with the keys for it.

    The line of the first key is required in a head. The others may sign it, too: their lines are
    verified where a head has any.
    """

    holder: Name
    keys: Annotated[Items[Sha256], Field(min_length=1, max_length=4)]


class LedgerTable(Model):
    """`[ledger]`: the log's origin line, and the keys that sign its heads.

    Either `keeper` names the one key, or `keepers` lists the holders in their order: the first one
    keeps the ledger, each later one is a deputy, who takes over by an entry. With `max_head_age`
    nothing passes without a head that is younger.
    """

    origin: Text
    keeper: Sha256 | None = None
    keepers: Annotated[Items[LedgerKeeper], Field(max_length=8)] = ()
    max_head_age: Duration | None = None

    @property
    def head_keys(self) -> tuple[str, ...]:
        """The fingerprints of the keys whose heads can count: the keeper's, then the deputies'."""
        if self.keeper is not None:
            return (self.keeper,)
        return tuple(keeper.keys[0] for keeper in self.keepers)

    @property
    def further_keys(self) -> tuple[str, ...]:
        """The fingerprints of the keepers' other keys, in their order."""
        return tuple(key for keeper in self.keepers for key in keeper.keys[1:])

    def further_of(self, key: str) -> tuple[str, ...]:
        """The other keys of the keeper whose head key this is."""
        return next((k.keys[1:] for k in self.keepers if k.keys[0] == key), ())


class Probe(Model):
    """`[checks.monitoring-live.probe]`: one HTTP GET that says whether the monitoring is live."""

    url: Annotated[str, Field(pattern=r"^https?://[^\s]+$", max_length=2000)]
    status: Annotated[int, Field(ge=100, le=599)] = 200
    matches: Annotated[str, Field(min_length=1, max_length=500)] | None = None
    timeout: Duration = "5s"


class PrometheusTable(Model):
    """`[checks.monitoring-live.prometheus]`: a Prometheus that must have loaded our rules.

    Args:
        url: its address, as that of its own pages.
        timeout: for all of its answers together.
    """

    url: Annotated[str, Field(pattern=r"^https?://[^\s?#]+$", max_length=2000)]
    timeout: Duration = "5s"


class FinalCheck(Model):
    """`[checks.ROW]`: who answers one row of the final checks, how long an answer counts, or why
    none is needed.
    """

    role: Name | None = None
    max_age: Duration = "1h"
    not_applicable: Text | None = None
    probe: Probe | None = None
    prometheus: PrometheusTable | None = None


class LinkageRule(Model):
    """`[[linkage]]`: two references that must be equal (design 4)."""

    name: Text
    left: Text
    right: Text
    as_: Annotated[Literal["string", "integer", "hex", "time"] | None, Field(alias="as")] = None


class Reproduction(Model):
    """`[reproduction]`: how many holders with one of the roles must have built each artifact
    themselves, with the sealed bytes as result.
    """

    roles: SomeItems[Name]
    distinct_holders: Annotated[int, Field(ge=1, le=100)]


class Limits(Model):
    """`[limits]`: bounds on what reading a package may cost, in bytes."""

    artifact_member_bytes: Annotated[int, Field(ge=1, le=2**40)] = 4 * 1024**3


class Policy(Model):
    """The whole policy. `digest` and `holder_of` are the two questions that are asked most."""

    version: VersionOne
    launch: LaunchTable
    packages: Packages
    holders: Annotated[dict[Name, HolderTable], Field(min_length=1)]
    seal: SealTable = SealTable.model_construct()
    approvals: Approvals
    separation: Separation = Separation.model_construct()
    revocation: Revocation = Revocation.model_construct()
    freeze: FreezeTable | None = None
    verdicts: Verdicts | None = None
    ledger: LedgerTable | None = None
    linkage: Items[LinkageRule] = ()
    readiness: Readiness = Readiness.model_construct()
    reproduction: Reproduction | None = None
    checks: dict[Name, FinalCheck] = {}  # noqa: RUF012 - as in a default of pydantic's
    limits: Limits = Limits.model_construct()
    window: WindowTable | None = None
    authority: dict[Name, ApprovalRule] = {}  # noqa: RUF012
    anomalies: dict[Name, AnomalyTable] = {}  # noqa: RUF012
    early: BandTable | None = None
    steady: BandTable | None = None
    rollback: RollbackTable | None = None
    chain: ChainTable | None = None
    checklist: ChecklistTable | None = None

    def package(self, package_class: PackageClass) -> ReleasePackage | GenesisPackage:
        """The table of one package class."""
        return self.packages.release if package_class == "release" else self.packages.genesis

    def approval_rule(self, package_class: PackageClass) -> ApprovalRule:
        """Whose approvals, and how many, one package class needs."""
        return self.approvals.release if package_class == "release" else self.approvals.genesis

    def seal_role(self, package_class: PackageClass) -> str:
        """The role that seals one package class."""
        return self.seal.release if package_class == "release" else self.seal.genesis

    def key_holders(self) -> Mapping[str, str]:
        """Fingerprint to holder name; `policy_problems` refuses a key that two holders list."""
        return {key: name for name, holder in self.holders.items() for key in holder.keys}

    def superseder_roles(self, package_class: PackageClass) -> frozenset[str]:
        """The roles that may say that a package of a class is to be replaced."""
        return frozenset({self.seal_role(package_class), *self.revocation.roles})

    def announcer_roles(self) -> frozenset[str]:
        """The roles that may announce the genesis hash."""
        return frozenset({self.seal.genesis, *self.approvals.genesis.roles})

    def keys_of_roles(self, roles: AbstractSet[str]) -> Mapping[str, str]:
        """Fingerprint to holder, of every key whose holder has at least one of the roles."""
        return {
            key: name
            for name, holder in self.holders.items()
            if not roles.isdisjoint(holder.roles)
            for key in holder.keys
        }

    def keys_by_holder(self, names: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """Each of these holders with the fingerprints of the keys, in the order of the names."""
        return {name: self.holders[name].keys for name in names}

    def holders_of_role(self, role: str) -> tuple[str, ...]:
        """The holders that have a role, sorted by name."""
        return tuple(sorted(name for name, h in self.holders.items() if role in h.roles))

    def roles_named(self) -> Iterator[tuple[str, str]]:
        """Every role that a rule asks for, with the place that asks."""
        yield self.seal.release, "seal.release"
        yield self.seal.genesis, "seal.genesis"
        for package_class in PACKAGE_CLASSES:
            for role in self.approval_rule(package_class).roles:
                yield role, f"approvals.{package_class}.roles"
        for role in self.revocation.roles:
            yield role, "revocation.roles"
        for role in self.verdicts.roles if self.verdicts else ():
            yield role, "verdicts.roles"
        for role in self.reproduction.roles if self.reproduction else ():
            yield role, "reproduction.roles"
        for row, table in self.checks.items():
            if table.role is not None:
                yield table.role, f"checks.{row}.role"
        if self.readiness.has_threshold:
            yield self.readiness.registrar, "readiness.registrar"
        yield from self._window_roles_named()
        for pair in self.separation.pairs:
            for role in pair:
                yield role, "separation.pairs"

    def _window_roles_named(self) -> Iterator[tuple[str, str]]:
        for act, rule in self.authority.items():
            for role in rule.roles:
                yield role, f"authority.{act}.roles"
        for name, anomaly in self.anomalies.items():
            if anomaly.escalation is not None:
                yield anomaly.escalation, f"anomalies.{name}.escalation"


def policy_digest(data: bytes) -> str:
    """The policy anchor: SHA-256 over the file's exact bytes."""
    return sha256_id(data)
