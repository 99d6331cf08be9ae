"""Are the genesis bytes on this host the approved ones?

Both digests of the raw file must be those of the sealed genesis. The same document written by
another tool is another file: a node that hashes it does not agree with the others. Where it is
known what the wrong bytes are, it is reported: an earlier seal's genesis, a Git-LFS pointer, the
same document re-serialised.
"""

from __future__ import annotations

from aztrust.core.base.findings import CheckClass, Finding, Locus
from aztrust.core.base.foreign import is_lfs_pointer
from aztrust.core.checks.answers import not_found, unread
from aztrust.core.checks.check import Answer, Check
from aztrust.core.checks.codes import GENESIS_HASH_MISMATCH, HOST_FILE_CODES
from aztrust.core.genesis.rewritten import rewritten
from aztrust.core.host.reading import HostFile
from aztrust.core.policy.model import PackageClass
from aztrust.core.state.context import Context

_AGAIN = "fetch the announced file again, then: aztrust preflight"


def _ask(context: Context, _: PackageClass) -> Answer:
    manifest, host = context.manifests.get("genesis"), context.evidence.host
    if context.policy is None:
        return Answer(not_run="the policy cannot be read")
    if manifest is None or manifest.genesis_hash is None:
        return Answer(not_run="the genesis package is not sealed")
    if host is None or host.genesis is None:
        return not_found("genesis", "--genesis FILE", host.searched if host else ())
    file, sealed = host.genesis, manifest.genesis_hash
    if file.fault is not None:
        return Answer((unread(file),))
    if file.sha256 == sealed.sha256 and file.blake3 == sealed.blake3:
        return Answer(evidence=(file.sha256,), detail=f"{file.size} bytes, the sealed ones")
    if file.sha256 == sealed.sha256:
        return Answer(
            (
                Finding(
                    "digest-conflict",
                    file.path,
                    "its SHA-256 is the sealed one and its BLAKE3 is not",
                    expected=sealed.blake3,
                    actual=file.blake3,
                    mend="treat the manifest as forged: ask the genesis custodian to seal again",
                ),
            )
        )
    this, mend = _what_it_is(file, sealed.sha256)
    return Answer(
        (
            Finding(
                "genesis-hash-mismatch",
                file.path,
                "it is not the sealed genesis",
                expected=sealed.sha256,
                actual=file.sha256,
                this=this,
                mend=mend,
            ),
        )
    )


def _what_it_is(file: HostFile, sealed: str) -> tuple[str, str]:
    """What the wrong bytes are, as far as they show it themselves, and the mend."""
    data = file.data or b""
    if is_lfs_pointer(data[:64]):
        return "a Git-LFS pointer, not the file itself", "git lfs pull, or " + _AGAIN
    style = rewritten(data, sealed)
    if style:
        return f"the sealed document re-serialised (the sealed one is {style})", _AGAIN
    kind = file.description.kind if file.description else ""
    if "archive" in kind or "HTML" in kind:
        return f"{kind}, not the file itself", _AGAIN
    return "", _AGAIN


CHECK = Check(
    id="host-genesis",
    title="this host's genesis",
    check_class=CheckClass.TRUTH,
    clauses=("AZ-6.2", "AZ-40"),
    locus=Locus.HOST,
    codes=(GENESIS_HASH_MISMATCH, *HOST_FILE_CODES),
    ask=_ask,
)
