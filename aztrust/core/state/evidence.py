"""Everything a verification looks at, as bytes: what shells read and the core judges.

Nothing here has been believed yet. A file that could not be read is listed as such, so that its
absence is never taken for an answer (law 2).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from aztrust.core.base.findings import Finding
from aztrust.core.base.times import HEAD_AGE_MS
from aztrust.core.base.value import field, frozen
from aztrust.core.formats.keys import VerificationMaterial
from aztrust.core.history.opener import Opener
from aztrust.core.history.verdictset import HeldVerdict
from aztrust.core.host.reading import FileDescription, HostFile, HostReading
from aztrust.core.package.entries import Fault, MemberDigest, Tree
from aztrust.core.policy.model import PackageClass

if TYPE_CHECKING:
    # Few launches have a ledger, and fewer a proof.
    from aztrust.core.history.bundle import Inclusion
    from aztrust.core.history.published import PublishedLedger
    from aztrust.core.history.replay import LedgerReading
    from aztrust.core.package.provenance import ProvenanceReading


@frozen
class ProbeReading:
    """One answer to one request.

    Args:
        url: what was asked.
        status: the HTTP status; None where no answer came.
        matched: whether the policy's expression occurs in the body; None where none is named.
        sha256, blake3: digests of the body, with prefix; "" where no whole body came.
        size: bytes of the body.
        fault: why there is no answer that could be judged, "" where there is one.
    """

    url: str
    status: int | None = None
    matched: bool | None = None
    sha256: str = ""
    blake3: str = ""
    size: int = 0
    fault: str = ""


@frozen
class PrometheusReading:
    """What a Prometheus answered about the rules that it has loaded.

    Args:
        url: its address, as the policy has it.
        at_unix_ms: when the answers had arrived, by this machine's clock.
        rules: the body of its answer about rules, b"" where none came.
        alerts: the same about alerts.
        fault: why there are no two answers, "" where there are.
    """

    url: str
    at_unix_ms: int
    rules: bytes = b""
    alerts: bytes = b""
    fault: str = ""


@frozen
class PackageReading:
    """One package as it was read in this run.

    `captured` holds the bytes of the files whose content matters (genesis files, linkage), taken
    from the very read that hashed them; `members` the digests of files inside archives;
    `descriptions` what the bytes of artifacts say about them, by path and member ("" without one).
    `fault` says why there is no reading at all; `provenance` is None without a rule about it.
    """

    tree: Tree | None = None
    captured: Mapping[str, bytes] = field(default_factory=dict)
    members: Mapping[tuple[str, str], MemberDigest | Fault] = field(default_factory=dict)
    fault: str = ""
    provenance: ProvenanceReading | None = None
    descriptions: Mapping[tuple[str, str], FileDescription] = field(default_factory=dict)


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
        observations: file name to bytes of `manifests/observations/*.proof.json`.
        checklist: bytes of `manifests/checklist.toml`, or why they could not be read; None where
            there is no such file.
        unreadable: files of the launch directory that exist and could not be read.
        exposed: files in keys/ under other names than public keys have, that hold a private key.
        host: what preflight read on this host; None for every other question.
        gate: what was handed over to rely on; None for every other question.
        ledger: the launch's ledger, replayed; None where there is none and none is asked for.
        published: the ledger's files in the launch directory, or in each kit; not looked at yet.
        probe: what a final check heard from the monitoring; None where none was asked.
        prometheus: what it heard from a Prometheus about its rules; None where none was asked.
        opener: what of these bytes was parsed and verified already, in this run.
    """

    policy: bytes
    keys: Mapping[str, bytes] = field(default_factory=dict)
    manifests: Mapping[PackageClass, bytes] = field(default_factory=dict)
    records: Mapping[str, bytes] = field(default_factory=dict)
    packages: Mapping[PackageClass, PackageReading] = field(default_factory=dict)
    verdicts: Mapping[str, bytes] = field(default_factory=dict)
    policies: Mapping[str, bytes] = field(default_factory=dict)
    observations: Mapping[str, bytes] = field(default_factory=dict)
    checklist: bytes | Fault | None = None
    unreadable: tuple[Fault, ...] = ()
    exposed: tuple[Fault, ...] = ()
    host: HostReading | None = None
    gate: GateReading | None = None
    ledger: LedgerReading | None = None
    published: tuple[PublishedLedger, ...] = ()
    probe: ProbeReading | None = None
    prometheus: PrometheusReading | None = None
    opener: Opener = field(default_factory=Opener)

    @property
    def signed_files(self) -> dict[str, bytes]:
        """Every record and verdict of the folder, by path."""
        records = {f"manifests/records/{name}": data for name, data in self.records.items()}
        return records | {f"manifests/verdicts/{n}": data for n, data in self.verdicts.items()}

    def unread(self, *folders: str) -> str:
        """Which of these folders, or which file in them, exists and could not be read; "" for none.

        What is in it is unknown, so that nothing is missing for certain (law 13).
        """
        for fault in self.unreadable:
            if any(fault.path == f or fault.path.startswith(f"{f}/") for f in folders):
                return f"{fault.path} cannot be read"
        return ""


@frozen
class GateInput:
    """One file that was handed over.

    Attributes:
        name: the file, escaped for display.
        data: its envelope's bytes, taken out of the bundle where it is one; b"" with a problem.
        inclusion: what a bundle shows of a ledger; it fits the envelope, and nothing else is known.
        problem: why there is no envelope.
    """

    name: str
    data: bytes = b""
    inclusion: Inclusion | None = None
    problem: Finding | None = None


@frozen
class GateRequirements:
    """What the verdicts must say.

    Attributes:
        checkpoint_class: the class that is asked for, `freeze_confirmed` for instance.
        max_age_ms: how old the youngest answer may be; None for any age.
        allow_conditional: whether `conditional` is good enough.
        offline: what came later cannot be looked up, and the user accepts this.
        max_head_age_ms: how old the newest head may be; a policy may ask for a younger one.
        signer: the fingerprint that is trusted in a policy's place, "" under a policy.
    """

    checkpoint_class: str
    max_age_ms: int | None = None
    allow_conditional: bool = False
    offline: bool = False
    max_head_age_ms: int = HEAD_AGE_MS
    signer: str = ""


@frozen
class GateReading:
    """All that was handed over, read in this run.

    Attributes:
        requirements: what the verdicts must state.
        given: the verdicts.
        keys: fingerprint to key, from the bundles: they came with the verdict, so they count only
            for the fingerprint that the user named.
        binaries: files of this host that one of the verdicts must name.
        has_launch: whether a launch's own records were read, and not a policy alone.
        unread_ledger: a ledger of this machine that was not read, "" for none: its records can be
            opened with the keys of the launch only.
    """

    requirements: GateRequirements
    given: tuple[GateInput, ...]
    keys: Mapping[str, VerificationMaterial] = field(default_factory=dict)
    binaries: tuple[HostFile, ...] = ()
    has_launch: bool = False
    unread_ledger: str = ""


@frozen
class OpenedVerdict:
    """A given verdict whose signature held (`held`), or why it cannot be relied on (`problem`).

    `older` counts earlier answers of the same signer to the same question, given together with it.
    """

    given: GateInput
    held: HeldVerdict | None = None
    problem: Finding | None = None
    older: int = 0
