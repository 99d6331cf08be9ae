"""The JSON report as models: what its schema is generated from, and what every report is.

A value that is not known is null, never an empty text. All texts are escaped for display.
"""

from __future__ import annotations

from typing import Annotated, Literal

from aztrust.core.base.digest import Blake3, Sha256
from aztrust.core.base.model import Items, Model
from aztrust.core.base.schema import Field
from aztrust.core.policy.model import PackageClass

VERSION_MINOR = 0

AnchorSource = Literal["given", "pinned", "scope", "unpinned"]
Milliseconds = Annotated[int, Field(ge=0, le=2**53 - 1)]


class ReportFinding(Model):
    """One fact behind a failed check."""

    code: str
    locus: Literal["launch", "host"]
    subject: str
    message: str
    expected: str | None
    actual: str | None
    this: str | None
    mend: str | None


class ReportNotice(ReportFinding):
    """Something seen that does not count, with the check that saw it."""

    check: str


class ReportCheck(Model):
    """One question and its answer. `detail` says why where it was not answered with pass or fail.

    `evidence` are the ids (of records, manifests, the policy) that the answer rests on.
    """

    id: str
    class_: Annotated[Literal["truth", "authority", "readiness"], Field(alias="class")]
    status: Literal["pass", "fail", "error", "not_run", "not_applicable", "pending"]
    owner: str | None
    detail: str | None
    evidence: Items[str]
    timestamp_unix_ms: Milliseconds
    findings: Items[ReportFinding]


class ReportPackage(Model):
    """A package as it was sealed; all null where there is no readable manifest.

    `path` is its folder in the launch directory, null where the policy cannot be read. `excluded`
    are the literal paths, or `dir/`, that sealing left out.
    """

    path: str | None
    package_id: Sha256 | None
    content_root: Sha256 | None
    files: Annotated[int, Field(ge=0)] | None
    bytes: Annotated[int, Field(ge=0)] | None
    excluded: Items[str]


class TreeHead(Model):
    """The ledger's signed root that was considered."""

    origin: str
    size: Annotated[int, Field(ge=0)]
    root: Sha256


class ReportPending(Model):
    """A record or verdict that is in the folder and not in the ledger.

    `counts` is true for a negative one, which counts at once; any other counts after `keeper` has
    run `command`. `key` is the fingerprint of the key that signed it; `about` the row or the
    package class that it is about, null for any other.
    """

    record_id: Sha256
    key: Sha256
    kind: str
    about: str | None
    holder: str
    path: str
    counts: bool
    keeper: str
    command: str


class Report(Model):
    """What `--format json` gives. The same evidence and time give the same bytes (law 14)."""

    schema_: Annotated[Literal["aztrust/report"], Field(alias="schema")]
    version_major: Literal[1]
    version_minor: Annotated[int, Field(ge=0)]
    command: str
    aztrust_version: str
    launch: str | None
    chain_id: str | None
    at_unix_ms: Milliseconds
    verdict: Literal["pass", "conditional", "hold", "fail", "error"]
    guidance: Literal["CONTINUE", "HOLD", "DEFER", "ABORT"]
    exit_code: Annotated[int, Field(ge=0, le=255)]
    scope_hash: Sha256 | None
    policy_digest: Sha256
    anchor: AnchorSource
    tree_head: TreeHead | None
    packages: dict[PackageClass, ReportPackage]
    checks: Items[ReportCheck]
    notices: Items[ReportNotice]
    pending: Items[ReportPending] = ()


class ReportHostFile(Model):
    """A file of this host as it was read; digests are null where it could not be.

    `found_by` is the option or the layout that named it, `resolved` where links led.
    """

    path: str
    found_by: str
    resolved: str | None
    size: Annotated[int, Field(ge=0)] | None
    sha256: Sha256 | None
    blake3: Blake3 | None
    looks_like: str | None


class ReportHostItem(Model):
    """A file that this host has to have, and every file that was found in its place.

    `role` is that of an artifact, null for a genesis file; `name` what an artifact is called once
    installed, or a genesis file's path in its package. Without `files` it was not looked at, and
    `searched` says where it was looked for.
    """

    kind: Literal["program", "library", "genesis"]
    role: str | None
    name: str
    files: Items[ReportHostFile]
    searched: str | None


class ReportHostDatabase(Model):
    """A database in which a node on this host keeps its genesis.

    `genesis_sha256` is over the document in it, null where there is none that can be read.
    """

    path: str
    genesis_sha256: Sha256 | None


class ReportAccess(Model):
    """A path of this host, and what was done: its bytes read, its names listed, its kind asked."""

    how: Literal["opened", "listed", "looked for"]
    path: str


class ReportHost(Model):
    """What preflight read on this host. `node_key_sha256` is over the public consensus key.

    `binary` and `genesis` are the first artifact and the first genesis file that were found;
    `items` are all that this host has to have. `roles` are those that `--role` names, empty for
    all. `homes` are the homes of a node that were looked into. `access` is null without
    `--explain-access`.
    """

    platform: str
    binary: ReportHostFile | None
    genesis: ReportHostFile | None
    node_key_sha256: Sha256 | None
    roles: Items[str]
    items: Items[ReportHostItem]
    homes: Items[str]
    databases: Items[ReportHostDatabase]
    access: Items[ReportAccess] | None


class ReportKit(Model):
    """A kit, or a launch directory, that preflight was given."""

    path: str
    packed: bool


class ReportReliance(Model):
    """An approval that replaces recomputing a package here.

    `manifest_only` is true where the approver had not recomputed it either.
    """

    package_class: PackageClass
    package_id: Sha256
    record_id: Sha256
    holder: str
    manifest_only: bool


class PreflightReport(Report):
    """What `aztrust preflight --format json` gives: the report, and what it is about.

    `newest_record_unix_ms` is the newest time a record claims: how old the kit is at least.
    """

    ready: bool
    host: ReportHost | None
    kits: Items[ReportKit]
    newest_record_unix_ms: Milliseconds | None
    relied_on: Items[ReportReliance]


class Failure(Model):
    """What `--format json` gives where there is no result: the command could not do its work."""

    schema_: Annotated[Literal["aztrust/error"], Field(alias="schema")]
    version_major: Literal[1]
    version_minor: Annotated[int, Field(ge=0)]
    command: str
    exit_code: Annotated[int, Field(ge=1, le=255)]
    kind: Literal["usage", "nothing", "declined", "malformed", "refused", "error"]
    code: str
    message: str
    subject: str
    mend: str
    details: Items[str]
