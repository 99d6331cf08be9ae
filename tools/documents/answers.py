"""The documents of commands that answer a question or write files."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from aztrust.core.base.digest import Blake3, Sha256
from aztrust.core.base.model import Items, Model
from aztrust.core.base.schema import Field
from aztrust.core.policy.model import PackageClass, ProfileName
from aztrust.report.model import Milliseconds

Count = Annotated[int, Field(ge=0)]
ExitCode = Annotated[int, Field(ge=0, le=255)]


class Document(Model):
    """What every document begins with."""

    version_major: Literal[1]
    version_minor: Annotated[int, Field(ge=0)]


class Version(Document):
    """Which aztrust this is; `code` is a digest over the installed files."""

    schema_: Annotated[Literal["aztrust/version"], Field(alias="schema")]
    version: str
    code: Sha256


class Help(Document):
    """The help of a command, as text."""

    schema_: Annotated[Literal["aztrust/help"], Field(alias="schema")]
    command: str
    text: str


class Completion(Document):
    """The completion script of a shell."""

    schema_: Annotated[Literal["aztrust/completion"], Field(alias="schema")]
    shell: Literal["bash", "zsh", "fish"]
    script: str


class ExplainedCheck(Model):
    """A check: `ids` are those that reports show, `text` is why it is asked."""

    id: str
    ids: Items[str]
    title: str
    class_: Annotated[Literal["truth", "authority", "readiness"], Field(alias="class")]
    clauses: Items[str]
    stage: str
    text: str
    codes: Items[str]


class ExplainedCode(Model):
    """A finding code: what it means, and how it is mended."""

    code: str
    class_: Annotated[Literal["truth", "authority", "readiness"], Field(alias="class")]
    locus: str
    guidance: Literal["CONTINUE", "HOLD", "DEFER", "ABORT"]
    exit_code: ExitCode
    says: str
    mend: str
    found_by: Items[str]


class Explanation(Document):
    """What codes and checks mean; `says` for a rule that only reports for CI have."""

    schema_: Annotated[Literal["aztrust/explanation"], Field(alias="schema")]
    checks: Items[ExplainedCheck]
    codes: Items[ExplainedCode]
    says: str | None = None


class HashedFile(Model):
    """A file and both of its digests; `path` is `-` for standard input."""

    path: str
    size: Count
    executable: bool
    sha256: Sha256
    blake3: Blake3


class HashFinding(Model):
    """What could not be hashed, or does not match."""

    code: str
    locus: Literal["launch", "host"]
    subject: str
    message: str
    expected: str
    actual: str
    mend: str


class Hashes(Document):
    """Digests of files, in the order that was asked for."""

    schema_: Annotated[Literal["aztrust/hashes"], Field(alias="schema")]
    command: Literal["hash"]
    exit_code: ExitCode
    files: Items[HashedFile]
    findings: Items[HashFinding]


class HashedLine(Model):
    """A line of a checksum list; `matched` is null where no digest fits."""

    line: Count
    path: str
    digest: str
    matched: Literal["sha256", "blake3"] | None


class HashCheck(Document):
    """A checksum list that was checked, line by line."""

    schema_: Annotated[Literal["aztrust/hash-check"], Field(alias="schema")]
    command: Literal["hash"]
    exit_code: ExitCode
    lines: Items[HashedLine]
    notes: Items[str]
    findings: Items[HashFinding]


class Shown(Document):
    """Any file of aztrust: what was verified about it, what was not, and its contents."""

    schema_: Annotated[Literal["aztrust/shown"], Field(alias="schema")]
    kind: str
    id: str
    title: str
    verified: Items[str]
    unverified: Items[str]
    document: Any
    index: Count | None = None
    also: Items[Count] | None = None
    envelope: str | None = None


class Anchor(Document):
    """The anchor of a launch: the digest of its policy, and whether it is pinned here."""

    schema_: Annotated[Literal["aztrust/anchor"], Field(alias="schema")]
    policy_digest: Sha256
    groups: str
    pinned: bool
    conflicts: Items[str]


class Initialized(Document):
    """A new launch directory; `blanks` are the places of its policy that are marked TODO.

    `holder` is the one person of the profile solo.
    """

    schema_: Annotated[Literal["aztrust/init"], Field(alias="schema")]
    launch: str
    blanks: Count
    written: Items[str]
    kept: Items[str]
    profile: ProfileName | None
    holder: str | None


class Shipped(Document):
    """What one person sealed, approved and packed; ids are of records of this run."""

    schema_: Annotated[Literal["aztrust/shipped"], Field(alias="schema")]
    command: Literal["ship"]
    kit: str
    kit_sha256: Sha256
    policy_digest: Sha256
    scope_hash: Sha256
    packages: dict[PackageClass, Sha256]
    sealed: Items[Sha256]
    approved: Items[Sha256]


class Serving(Document):
    """Where a server answers; `read_only` says that it takes no records."""

    schema_: Annotated[Literal["aztrust/serving"], Field(alias="schema")]
    url: str
    launch: str
    policy_digest: Sha256
    read_only: bool


class Key(Document):
    """A public key; the rest is there where the key was made by this run."""

    schema_: Annotated[Literal["aztrust/key"], Field(alias="schema")]
    fingerprint: Sha256
    algorithm: Literal["ecdsa-p256", "ed25519"]
    holder: str | None = None
    name: str | None = None
    private: str | None = None
    public: str | None = None
    encrypted: bool | None = None
    added: bool | None = None
    toml: str | None = None


class PolicyShown(Document):
    """A policy as it was read, and its digest."""

    schema_: Annotated[Literal["aztrust/policy"], Field(alias="schema")]
    policy_digest: Sha256
    policy: dict[str, Any]


class PolicyRemark(Model):
    """Something wrong with a policy, or unwise."""

    severity: Literal["error", "hold", "warning", "note"]
    topic: str
    message: str
    mend: str


class PolicyLint(Document):
    """What is wrong with a policy; errors first."""

    schema_: Annotated[Literal["aztrust/policy-lint"], Field(alias="schema")]
    exit_code: ExitCode
    remarks: Items[PolicyRemark]


class PolicyChange(Model):
    """One change of authority; `effect` says whether it takes more or fewer people."""

    effect: str
    place: str
    message: str


class PolicyDiff(Document):
    """What a change of policy does to authority."""

    schema_: Annotated[Literal["aztrust/policy-diff"], Field(alias="schema")]
    exit_code: ExitCode
    old_policy_digest: Sha256
    new_policy_digest: Sha256
    changes: Items[PolicyChange]


class VoidedApprovals(Model):
    """Who has approved what the seal replaces."""

    approvals: Items[str]
    genesis_approvals: Items[str]


class Replaced(Model):
    """The package that a seal takes the place of."""

    package_id: Sha256
    voided: VoidedApprovals


class Loss(Model):
    """Entries that a carrier does not carry as they are."""

    carrier: str
    says: str
    paths: Items[str]
    mendable: bool


class Sealed(Document):
    """A seal; `record_id` is null where it existed already."""

    schema_: Annotated[Literal["aztrust/sealed"], Field(alias="schema")]
    command: Literal["seal"]
    package_class: PackageClass
    package_id: Sha256
    content_root: Sha256
    files: Count
    bytes: Count
    excluded: Items[str]
    record_id: Sha256 | None
    written: Items[str]
    facts: dict[str, Any] | None
    replaced: Replaced | None
    losses: Items[Loss]
    pointers: Items[str]
    linkage_unchecked: Items[str]
    ledger_entry: Count | None


class ProvenanceFile(Model):
    """A bundle or a trusted root; `subjects` are the digests that it is about."""

    path: str
    sha256: Sha256
    kind: str
    subjects: Items[str]
    written: bool


class ProvenanceAdded(Document):
    """What was copied to manifests/provenance/."""

    schema_: Annotated[Literal["aztrust/provenance-added"], Field(alias="schema")]
    command: Literal["provenance add"]
    files: Items[ProvenanceFile]


class RestoredLink(Model):
    """A symbolic link."""

    path: str
    target: str


class RestoredPackage(Model):
    """What was put back in one package, or would be."""

    package_id: Sha256
    executable: Items[str]
    not_executable: Items[str]
    directories: Items[str]
    links: Items[RestoredLink]


class Restored(Document):
    """Execute bits, directories and links that were put back."""

    schema_: Annotated[Literal["aztrust/restored"], Field(alias="schema")]
    command: Literal["restore"]
    dry_run: bool
    packages: dict[PackageClass, RestoredPackage]


class PackedFile(Model):
    """A file of a kit."""

    path: str
    size: Count


class PackedFault(Model):
    """Why no host gets READY from a kit."""

    code: str
    subject: str
    message: str


class Packed(Document):
    """A kit; `written` is false where the same bytes were there already."""

    schema_: Annotated[Literal["aztrust/packed"], Field(alias="schema")]
    path: str
    written: bool
    size: Count
    sha256: Sha256
    policy_digest: Sha256
    chain_id: str
    files: Items[PackedFile]
    broken: Items[PackedFault]


class PublishedFile(Model):
    """A file of a publication; `written` is false where the same bytes were there already."""

    name: str
    sha256: Sha256
    size: Count
    written: bool


class Published(Document):
    """What a launch publishes, in one directory."""

    schema_: Annotated[Literal["aztrust/published"], Field(alias="schema")]
    directory: str
    written: Items[str]
    same: Items[str]
    removed: Items[str]
    files: Items[PublishedFile]


class PublicationFile(PublishedFile):
    """A file of a publication, with both digests."""

    blake3: Blake3


class Publication(Document):
    """The index of a directory that was published."""

    schema_: Annotated[Literal["aztrust/publication"], Field(alias="schema")]
    chain_id: str
    policy_digest: Sha256
    scope_hash: Sha256 | None
    files: Items[PublicationFile]


class PublicCopy(Model):
    """A public copy; `name` is the file that it is held against."""

    url: str
    name: str
    state: Literal["current", "stale", "cached", "different", "unreachable", "unknown"]
    cause: str | None
    mend: str | None
    expected: str | None
    actual: str | None


class PublicCopies(Document):
    """Whether public copies are what the launch publishes."""

    schema_: Annotated[Literal["aztrust/public-copies"], Field(alias="schema")]
    exit_code: ExitCode
    copies: Items[PublicCopy]


class BlockerState(Model):
    """A blocker; the last three are null while it is open."""

    blocker: Sha256
    severity: str
    reason: str
    opened_by: str
    opened_at_unix_ms: Milliseconds
    open: bool
    closed_by: str | None
    closed_at_unix_ms: Milliseconds | None
    closing: Sha256 | None


class LessonState(Model):
    """A testnet lesson; `state` is of its row in the final checks."""

    id: str
    class_: Annotated[str, Field(alias="class")]
    edge_threshold: str
    common_mistake: str
    residual_risk: str
    owner: str
    state: str
    detail: str


class LessonStates(Document):
    """The testnet lessons that are fixed for a window; null where none are."""

    schema_: Annotated[Literal["aztrust/lessons"], Field(alias="schema")]
    command: str
    policy_digest: Sha256
    record_id: Sha256 | None
    fixed_by: str | None
    fixed_at_unix_ms: Milliseconds | None
    lessons: Items[LessonState]


class Blockers(Document):
    """The blockers of a launch, open and closed."""

    schema_: Annotated[Literal["aztrust/blockers"], Field(alias="schema")]
    command: str
    policy_digest: Sha256
    blockers: Items[BlockerState]


class OpenWindow(Model):
    """A launch window that is open."""

    scope_hash: Sha256
    launch_window_id: Sha256
    opened_unix_ms: Milliseconds
    decide_by_unix_ms: Milliseconds | None
    freezes: Items[Sha256]
    frozen_by: Items[str]
    frozen: bool


class DeferredWindow(Model):
    """A deferral."""

    scope_hash: Sha256
    launch_window_id: Sha256
    record_id: Sha256
    holder: str
    reason: str


class EndedWindow(Model):
    """A scope that has ended, and by which record."""

    scope_hash: Sha256
    record_id: Sha256
    holder: str


class ComparedEntry(Model):
    """An entry of a package, without its path; a file, a link or an empty directory."""

    kind: Literal["file", "symlink", "directory"]
    size: Count | None = None
    executable: bool | None = None
    sha256: Sha256 | None = None
    blake3: Blake3 | None = None
    target: str | None = None


class TreeChange(Model):
    """An entry that differs; a side is null where it has none. `bytes_of` names a path on the left
    with the same bytes.
    """

    path: str
    aspects: Items[str]
    left: ComparedEntry | None
    right: ComparedEntry | None
    bytes_of: str | None = None


class ComparedFault(Model):
    """What in a folder is not an entry."""

    code: str
    path: str
    detail: str


class Compared(Document):
    """What differs between two sides; `exit_code` is 0 where they are the same."""

    schema_: Annotated[Literal["aztrust/diff"], Field(alias="schema")]
    command: Literal["diff"]
    left: str
    right: str
    same: bool
    exit_code: ExitCode


class ComparedTrees(Compared):
    """Two folders, or a folder and a manifest."""

    kind: Literal["tree"]
    content_roots: Items[str | None]
    faults: Items[Items[ComparedFault]]
    changes: Items[TreeChange]
    renamed: Items[Items[str]]
    swapped: Items[Items[str]]


class ComparedFile(Model):
    """One of two files."""

    size: Count
    sha256: Sha256
    blake3: Blake3


class GenesisDifference(Model):
    """One difference of two genesis files: `+`, `-` or `~`."""

    sign: str
    text: str


class ComparedGeneses(Model):
    """Two genesis files, by bytes, by canonical form and by values."""

    raw: str
    jq_S_c: str
    values: str
    sizes: Items[Count]
    first_difference: Count | None
    differences: Items[GenesisDifference]
    same: Items[str]


class ComparedFiles(Compared):
    """Two files."""

    kind: Literal["file"]
    files: Items[ComparedFile]
    genesis: ComparedGeneses | None


class ComparedPackage(Model):
    """A package on both sides; an id is null where it is not sealed."""

    package_ids: Items[Sha256 | None]
    changes: Items[str]


class ComparedManifests(Compared):
    """Two manifests."""

    kind: Literal["manifest"]
    packages: dict[PackageClass, ComparedPackage]


class OneSided(Model):
    """A record, key or verdict that one launch has alone."""

    kind: str
    id: str
    by: str | None


class ComparedLaunches(Compared):
    """Two launches: directories or kits."""

    kind: Literal["launch"]
    policy_digests: Items[Sha256]
    packages: dict[PackageClass, ComparedPackage]
    only: Items[Items[OneSided]]
