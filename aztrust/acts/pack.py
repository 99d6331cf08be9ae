"""Packing a kit: all of a launch but its packages, in one file."""

from __future__ import annotations

import os
import re
from pathlib import Path

from aztrust.acts.ledger.proofs import newest_bundles
from aztrust.acts.ledger.reading import LedgerOptions, with_ledger
from aztrust.core.base.canonical import RECORD_LIMIT
from aztrust.core.base.digest import sha256_id
from aztrust.core.base.errors import CouldNotCheck, Malformed, NothingToVerify, Refused
from aztrust.core.base.findings import Finding
from aztrust.core.base.paths import escape
from aztrust.core.base.value import frozen, replace
from aztrust.core.history.published import WITHHELD
from aztrust.core.judge.next_steps import PACK, next_steps
from aztrust.core.kit.admission import require_packable
from aztrust.core.kit.archive import encode_kit, parse_kit
from aztrust.core.kit.packing import ledger_files, pack_files, with_entries
from aztrust.core.package.manifest import MANIFEST_LIMIT
from aztrust.core.state.context import Context, Request, read_context, require_policy
from aztrust.core.state.evidence import Evidence
from aztrust.storage.durable import create_exclusive, overwrite
from aztrust.storage.kit import check_script, read_kit
from aztrust.storage.launch import SEALED, VERDICTS, read_launch, read_whole, require_readable
from aztrust.storage.output import check_place
from aztrust.storage.presence import is_present

SUFFIX = ".aztrust"


@frozen
class Packed:
    """A kit as it was written.

    Attributes:
        path: where the file is.
        written: False where it was there already with these very bytes.
        kit_sha256: the digest of the file.
        size: in bytes.
        files: path to size of every member.
        policy_digest: what its anchor is.
        chain_id: which chain it is for.
        broken: what a reader of the kit will find wrong with its files.
        scope_hash: of the launch in it, "" while something is still to be signed for it.
    """

    path: Path
    written: bool
    kit_sha256: str
    size: int
    files: dict[str, int]
    policy_digest: str
    chain_id: str
    broken: tuple[Finding, ...]
    scope_hash: str = ""


@frozen
class BuiltKit:
    """A kit before it is written.

    Attributes:
        data: its bytes.
        context: the launch that it is of.
        files: path to contents of every member.
    """

    data: bytes
    context: Context
    files: dict[str, bytes]


@frozen
class Gathered:
    """All of a launch but its packages.

    Attributes:
        context: the launch, read for no certain time.
        evidence: the same with a file for every entry of the ledger.
        files: path to contents, as a kit has them.
        headed: whether the files have a ledger with a signed head.
    """

    context: Context
    evidence: Evidence
    files: dict[str, bytes]
    headed: bool


def gather(
    launch: Path, ledger: str | None = None, again: Context | None = None, *, what: str = "kit"
) -> Gathered:
    """All of a launch but its packages, as a kit and an archive have it.

    Args:
        launch: the launch directory.
        ledger: `--ledger` as typed, None where it was not given.
        again: an earlier reading in this run: contents that it knows are not opened twice.
        what: is made, for messages.

    Raises:
        NothingToVerify, Malformed, CouldNotCheck, Refused: as `build_kit`.
    """
    options = LedgerOptions(ledger, insists=True)
    evidence = read_launch(launch)
    if again is not None:
        evidence = replace(evidence, opener=again.evidence.opener)
    evidence = with_ledger(evidence, Request(0), options)
    context = read_context(Request(0), evidence)
    require_policy(context)
    require_readable(evidence.unreadable)
    if not evidence.manifests and not evidence.records:
        raise NothingToVerify(
            "nothing is sealed here yet: no manifest and no record",
            subject=escape(str(launch)),
            mend="aztrust seal release, then aztrust seal genesis",
        )
    sealed = read_whole(launch, SEALED, MANIFEST_LIMIT, ".json")
    bundles = read_whole(launch, VERDICTS, RECORD_LIMIT, ".sigstore.json")
    evidence, logged = _with_entries(evidence, options, what)
    if evidence.ledger is not None:
        bundles = bundles | dict(newest_bundles(evidence.ledger, logged, context))
    require_packable(evidence, sealed, bundles)
    files = pack_files(evidence, sealed.values(), bundles, check_script()) | logged
    return Gathered(context, evidence, dict(files), len(logged) > 0)


def build_kit(launch: Path, ledger: str | None = None, again: Context | None = None) -> BuiltKit:
    """The kit of a launch directory. The same files give the same bytes everywhere.

    Where there is a ledger, the kit holds all its entries, its head and their order, so that a
    reader of the kit knows whether a record was left out.

    Args:
        launch: the launch directory.
        ledger: `--ledger` as typed, None where it was not given.
        again: an earlier reading in this run: contents that it knows are not opened twice.

    Raises:
        NothingToVerify: nothing was ever sealed or signed here.
        Malformed: the policy is malformed.
        CouldNotCheck: a file exists and cannot be read, or is a link.
        Refused: a file must not leave, as `require_packable`; the ledger does not hold, or has no
            head though it was named.
    """
    gathered = gather(launch, ledger, again)
    files, context = gathered.files, gathered.context
    data = encode_kit(files)
    # Read as its readers will read it, before they can download it.
    if parse_kit(data, what="the kit").files != files:
        raise CouldNotCheck("the kit does not read back as it was packed", mend="report this")
    return BuiltKit(data, context, files)


def pack(launch: Path, to: Path | None, ledger: str | None = None) -> Packed:
    """Write the kit of a launch directory.

    Args:
        launch: the launch directory.
        to: the file to write; None for the chain id's name in the working directory.
        ledger: `--ledger` as typed, None where it was not given.

    Raises:
        NothingToVerify, Malformed, CouldNotCheck, Refused: as `build_kit`; the kit cannot be
            written, or something else than a kit is at `to`.
        UsageError: `to` is inside what is judged.
    """
    kit = build_kit(launch, ledger)
    policy = require_policy(kit.context)
    path = kit_path(policy.launch.chain_id) if to is None else to
    check_place(path, (launch,), option="the kit")
    return Packed(
        path=path,
        written=_write(path, kit.data),
        kit_sha256=sha256_id(kit.data),
        size=len(kit.data),
        files={name: len(contents) for name, contents in sorted(kit.files.items())},
        policy_digest=kit.context.policy_digest,
        chain_id=policy.launch.chain_id,
        broken=_broken(kit.context),
        scope_hash=_settled_scope(kit.context),
    )


def _with_entries(
    evidence: Evidence, options: LedgerOptions, what: str
) -> tuple[Evidence, dict[str, bytes]]:
    """The evidence with all that the ledger has, and the ledger's own files."""
    reading = evidence.ledger
    if reading is None or reading.ignored:
        return evidence, {}
    if reading.findings:
        first = reading.findings[0]
        if first.code == WITHHELD:
            raise CouldNotCheck(
                f"no {what} is written: {first.message}", subject=first.subject, mend=first.mend
            )
        raise Refused(
            f"the ledger does not hold: {first.subject}: {first.message}",
            subject=first.subject,
            code=first.code,
            mend=f"aztrust ledger verify; no {what} is written with a broken ledger, or without it",
        )
    if reading.fault:
        mend = f"name the ledger with --ledger PATH; without it the {what} would hide its entries"
        raise CouldNotCheck(reading.fault, subject=reading.name, mend=mend)
    if reading.behind:
        mend = f"git pull; the {what} of an earlier ledger would hide its later entries"
        raise CouldNotCheck(reading.behind, subject=reading.name, mend=mend)
    files = ledger_files(evidence)
    if not files and options.option is not None:
        raise Refused(
            f"the ledger at {reading.name} has no signed head",
            subject=reading.name,
            mend="its keeper signs one: aztrust ledger head --key K",
        )
    return with_entries(evidence, reading), files


def kit_path(chain_id: str) -> Path:
    """The usual name of a chain's kit, in the working directory."""
    safe = re.sub(r"[^A-Za-z0-9._+-]+", "-", chain_id).strip("-.")[:100]
    return Path(f"{safe or 'launch'}{SUFFIX}")


def _write(path: Path, data: bytes) -> bool:
    target = Path(os.path.realpath(path))
    if not is_present(target):
        create_exclusive(target, data)
        return True
    try:
        before = encode_kit(read_kit(target).files)
    except Malformed as error:
        raise Refused(
            f"{escape(str(path))} exists and is not a kit, so it is not replaced: {error.message}",
            subject=escape(str(path)),
            mend="move it away, or name another file",
        ) from None
    if before == data:
        return False
    overwrite(target, data)
    return True


def _settled_scope(context: Context) -> str:
    waits = any(step.command != PACK for step in next_steps(context))
    return context.scope.hash if context.scope is not None and not waits else ""


def _broken(context: Context) -> tuple[Finding, ...]:
    """What is wrong with single files; whether the launch is complete is for `verify`."""
    return (*context.keyring.findings, *context.records.findings)
