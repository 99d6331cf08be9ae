"""What preflight read on one host, in this run: facts, not yet compared with anything approved.

Paths are host paths, escaped for display. A path that was given or found is resolved first, and
where the links led is kept, so that a report can show both (law 5).
"""

from __future__ import annotations

from collections.abc import Mapping

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


@frozen
class HostReading:
    """Everything read on this host.

    Attributes:
        platform: `os/arch` that a binary must be for.
        binary, genesis, node_key: None where none was given or found.
        searched: what was looked for in vain, sentences for the report.
        kits: how many kits were merged.
        disagreements: where those kits cannot both be right.
        differences: where one of them is older than another.
        urls: where kits were fetched from.
    """

    platform: str
    binary: HostFile | None = None
    genesis: HostFile | None = None
    node_key: NodeKey | None = None
    searched: tuple[str, ...] = ()
    kits: int = 1
    disagreements: tuple[Finding, ...] = ()
    differences: tuple[Finding, ...] = ()
    urls: tuple[str, ...] = ()
