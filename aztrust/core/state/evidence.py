"""Everything a verification looks at, as bytes: what shells read and the core judges.

Nothing here has been believed yet. A file that could not be read is listed as such, so that its
absence is never taken for an answer (law 2).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from aztrust.core.base.value import field, frozen
from aztrust.core.host.reading import HostReading
from aztrust.core.package.entries import Fault, MemberDigest, Tree
from aztrust.core.policy import PackageClass

if TYPE_CHECKING:
    from aztrust.core.history.reading import LedgerReading
    from aztrust.core.state.given import GateReading
    from aztrust.core.state.probe import ProbeReading


@frozen
class PackageReading:
    """One package as it was read in this run.

    `captured` holds the bytes of the files whose content matters (genesis files, linkage), taken
    from the very read that hashed them; `members` the digests of files inside archives.
    `fault` says why there is no reading at all.
    """

    tree: Tree | None = None
    captured: Mapping[str, bytes] = field(default_factory=dict)
    members: Mapping[tuple[str, str], MemberDigest | Fault] = field(default_factory=dict)
    fault: str = ""


@frozen
class Evidence:
    """A launch directory's own files and the packages read for it.

    Args:
        policy: bytes of `manifests/launch.toml`.
        keys: file name to bytes of `keys/*.pem`.
        manifests: bytes of `manifests/release.json` and `genesis.json`, where they exist.
        records: file name to bytes of `manifests/records/*`.
        packages: the readings; a class that is absent was not asked for.
        verdicts: file name to bytes of `manifests/verdicts/*.dsse.json`.
        policies: file name to bytes of `manifests/policies/*.toml`: policies that were frozen.
        unreadable: files of the launch directory that exist and could not be read.
        host: what preflight read on this host; None for every other question.
        gate: what somebody handed over to rely on; None for every other question.
        ledger: the launch's ledger, replayed; None where nobody has or asks for one.
        probe: what a final check heard from the monitoring; None where none was asked.
    """

    policy: bytes
    keys: Mapping[str, bytes] = field(default_factory=dict)
    manifests: Mapping[PackageClass, bytes] = field(default_factory=dict)
    records: Mapping[str, bytes] = field(default_factory=dict)
    packages: Mapping[PackageClass, PackageReading] = field(default_factory=dict)
    verdicts: Mapping[str, bytes] = field(default_factory=dict)
    policies: Mapping[str, bytes] = field(default_factory=dict)
    unreadable: tuple[Fault, ...] = ()
    host: HostReading | None = None
    gate: GateReading | None = None
    ledger: LedgerReading | None = None
    probe: ProbeReading | None = None

    def unread(self, *folders: str) -> str:
        """Which of these folders, or which file in them, exists and could not be read; "" for none.

        What is in it is unknown, so that nothing is missing for certain (law 13).
        """
        for fault in self.unreadable:
            if any(fault.path == f or fault.path.startswith(f"{f}/") for f in folders):
                return f"{fault.path} cannot be read"
        return ""
