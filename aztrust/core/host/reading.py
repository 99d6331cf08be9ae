"""What preflight read on one host, in this run: facts, not yet compared with anything approved.

Paths are host paths, escaped for display. A path that was given or found is resolved first, and
where the links led is kept, so that a report can show both (law 5).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from aztrust.core.base.findings import Finding
from aztrust.core.base.value import field, frozen
from aztrust.core.package.entries import Fault


@frozen
class GoBuild:
    """What the Go toolchain wrote into a binary it built (debug/buildinfo); a claim, not a proof.

    Attributes:
        go_version: for instance `go1.26.8`.
        path: the main package's import path.
        module: the main module's path, "" where there is none.
        version: the main module's version, `(devel)` for a build from a work tree.
        settings: build settings such as `GOOS`, `GOARCH`, `vcs.revision`, `vcs.modified`.
    """

    go_version: str
    path: str = ""
    module: str = ""
    version: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def revision(self) -> str:
        """The commit it was built from, "" where the toolchain did not know."""
        return self.settings.get("vcs.revision", "")

    @property
    def modified(self) -> bool:
        """Whether the work tree differed from that commit."""
        return self.settings.get("vcs.modified") == "true"


@frozen
class FileDescription:
    """What bytes look like from outside, for people; nothing was executed (law 11).

    Attributes:
        kind: for instance `ELF executable`, `gzip archive`, `Git-LFS pointer`.
        platforms: `os/arch` it was built for, () where that is not known.
        go: what the Go toolchain wrote into it, None for anything else.
    """

    kind: str
    platforms: tuple[str, ...] = ()
    go: GoBuild | None = None


@frozen
class HostFile:
    """One file of this host.

    Attributes:
        path: as it was given or found.
        source: what named it: `--binary`, `cosmovisor`, `PATH` …
        resolved: where links led, "" where there was none.
        size: in bytes.
        sha256, blake3: prefixed digests of the bytes read, "" with a fault.
        fault: why there are no digests; `code` is a finding code.
        description: what the bytes look like, where that was asked for.
        data: the bytes themselves, for a genesis.
        executable: whether its owner may execute it.
        header: what its first bytes say it is, from the read that gave the digests; None where
            they name no platform.
    """

    path: str
    source: str
    resolved: str = ""
    size: int = 0
    sha256: str = ""
    blake3: str = ""
    fault: Fault | None = None
    description: FileDescription | None = None
    data: bytes | None = None
    executable: bool = True
    header: FileDescription | None = None


@frozen
class NodeKey:
    """A node's public consensus key in base64, as in genesis files; never the private half."""

    path: str
    key: str = ""
    fault: Fault | None = None


ItemKind = Literal["program", "library", "genesis"]


@frozen
class HostItem:
    """One file that this host has to have, and what is in its place.

    Attributes:
        kind: `program`, `library` or `genesis`.
        role: the role of an artifact, "" for a genesis file.
        name: what an artifact is called once installed; a genesis file's path in its package.
        files: what was given or found; () where nothing was. Of a library every copy that a loader
            could take is here, and each has to be right.
        searched: where it was looked for in vain, a sentence.
        others: programs of this name on the host, where an option named another file for it.
    """

    kind: ItemKind
    role: str
    name: str
    files: tuple[HostFile, ...] = ()
    searched: str = ""
    others: tuple[HostFile, ...] = ()


@frozen
class HostNote:
    """What may make a node use something else than the files that were read.

    Attributes:
        code: a finding code of the check `host-state`.
        subject: a path, or a variable of the environment.
        message: what it is, a sentence.
        mend: what to do about it.
    """

    code: str
    subject: str
    message: str
    mend: str


@frozen
class StoredGenesis:
    """The state database of a node's home, and the genesis in it.

    Attributes:
        path: the database.
        document: the genesis document as the node wrote it; None where there is none in its log.
        sha256: the digest of a genesis file that the node noted, "" where there is none.
        unread: why nothing could be read, "" where something was.
    """

    path: str
    document: bytes | None = None
    sha256: str = ""
    unread: str = ""


@frozen
class HostReading:
    """Everything read on this host.

    Attributes:
        platform: `os/arch` that a binary must be for.
        artifacts: the artifacts that this host has to have.
        geneses: the genesis files, in the order of the policy.
        node_key: None where none was named.
        roles: the roles that `--role` names, () for all.
        start_role: the role of the network that is to be started, "" for that of the program.
        homes: the homes of a node that were looked into.
        homes_tried: where a home was looked for because none was named.
        stored: state databases in them.
        notes: what may make a node use something else.
        kits: how many kits were merged.
        disagreements: where those kits cannot both be right.
        differences: where one of them is older than another.
        urls: where kits were fetched from.
    """

    platform: str
    artifacts: tuple[HostItem, ...] = ()
    geneses: tuple[HostItem, ...] = ()
    node_key: NodeKey | None = None
    roles: tuple[str, ...] = ()
    start_role: str = ""
    homes: tuple[str, ...] = ()
    homes_tried: tuple[str, ...] = ()
    stored: tuple[StoredGenesis, ...] = ()
    notes: tuple[HostNote, ...] = ()
    kits: int = 1
    disagreements: tuple[Finding, ...] = ()
    differences: tuple[Finding, ...] = ()
    urls: tuple[str, ...] = ()

    @property
    def items(self) -> tuple[HostItem, ...]:
        """Everything that this host has to have."""
        return (*self.artifacts, *self.geneses)

    @property
    def binary(self) -> HostFile | None:
        """The first artifact that was found."""
        return next((file for item in self.artifacts for file in item.files), None)

    @property
    def genesis(self) -> HostFile | None:
        """The first genesis file, the one that a chain id is read from."""
        return next(iter(self.geneses[0].files), None) if self.geneses else None
