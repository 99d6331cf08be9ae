"""Which files of a launch go into its kit, and under which names."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

from aztrust.core.base.digest import sha256_id
from aztrust.core.base.value import replace
from aztrust.core.checklist.path import CHECKLIST_PATH
from aztrust.core.formats.dsse import canonical_form
from aztrust.core.formats.tiles import CHECKPOINT, FOLDER, is_file_of, tiles_of
from aztrust.core.history.replay import LedgerReading
from aztrust.core.kit.archive import OBSERVATIONS, SCRIPT, VERDICT_SUFFIX, member_limit
from aztrust.core.policy.model import POLICY_PATH
from aztrust.core.records.summary import VERDICT
from aztrust.core.state.evidence import Evidence

_DIGEST_NAME: Final = re.compile(r"[0-9a-f]{64}\.[a-z.]+")
_SUFFIXES: Final = (".dsse.json", ".sigstore.json", ".pem", ".json")


def pack_files(
    evidence: Evidence,
    sealed: Iterable[bytes],
    bundles: Mapping[str, bytes],
    script: bytes | None,
) -> dict[str, bytes]:
    """The members of the kit, by path; whether they may leave is for `require_packable`.

    Args:
        evidence: the launch directory's own files.
        sealed: every manifest ever sealed.
        bundles: the verdicts that only other tools read, by file name.
        script: the bytes of check.sh, None to leave it out.
    """
    current = {sha256_id(data) for data in evidence.manifests.values()}
    files = {POLICY_PATH: evidence.policy}
    files |= {f"manifests/{c}.json": data for c, data in evidence.manifests.items()}
    # Under its digest, whatever its name was: a false name would misname wrong bytes.
    files |= {
        f"manifests/sealed/{sha256_id(data)[7:]}.json": data
        for data in sealed
        if sha256_id(data) not in current
    }
    files |= {f"manifests/policies/{name}": data for name, data in evidence.policies.items()}
    files |= {OBSERVATIONS + name: data for name, data in evidence.observations.items()}
    if isinstance(evidence.checklist, bytes):
        files[CHECKLIST_PATH] = evidence.checklist
    files |= _named("keys", evidence.keys)
    files |= _named("manifests/records", evidence.records)
    files |= _named("manifests/verdicts", {**evidence.verdicts, **bundles})
    if script is not None:
        files[SCRIPT] = script
    return files


def ledger_files(evidence: Evidence) -> dict[str, bytes]:
    """The ledger's files by path, once it holds; none where its keeper signed no head.

    Files that were published with this very head are packed as they are.
    """
    reading = evidence.ledger
    head = reading.head if reading is not None else None
    if reading is None or head is None:
        return {}
    size, note = head.verified.head.size, head.verified.note
    for part in evidence.published:
        if part.checkpoint == note:
            files = dict(part.files)
            break
    else:
        files = {**tiles_of([e.record.leaf for e in reading.entries[:size]]), CHECKPOINT: note}
    of_head = {path: data for path, data in files.items() if is_file_of(path, size)}
    return {f"{FOLDER}/{path}": data for path, data in of_head.items()}


def with_entries(evidence: Evidence, reading: LedgerReading) -> Evidence:
    """The evidence with a file for each entry that no file is, to the signature."""
    records, verdicts = dict(evidence.records), dict(evidence.verdicts)
    held = {canonical_form(data) for data in (*records.values(), *verdicts.values())}
    for entry in reading.entries:
        data = entry.record.envelope
        if data not in held:
            files = verdicts if entry.record.kind == VERDICT.name else records
            files[f"{sha256_id(data)[7:]}{VERDICT_SUFFIX}"] = data
    return replace(evidence, records=records, verdicts=verdicts)


def _named(folder: str, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files of a folder under names that are one name everywhere, else under their digest."""
    folded = Counter(name.casefold() for name in files)
    return {
        f"{folder}/{name if _keeps(folder, name, data, folded) else _by_digest(name, data)}": data
        for name, data in files.items()
    }


def _keeps(folder: str, name: str, data: bytes, folded: Mapping[str, int]) -> bool:
    if member_limit(f"{folder}/{name}") is None or folded[name.casefold()] > 1:
        return False
    # Such a name is kept for what has this digest, so that no two files ever want one name.
    return not _DIGEST_NAME.fullmatch(name.casefold()) or name == _by_digest(name, data)


def _by_digest(name: str, data: bytes) -> str:
    suffix = next((suffix for suffix in _SUFFIXES if name.endswith(suffix)), ".json")
    return f"{sha256_id(data)[7:]}{suffix}"
