"""Do the verdicts name this very file?

A verdict that passed has every file that hosts install among its subjects, with both digests; of a
conditional one, which a caller may allow, the manifests of its scope say which they are. The
file is hashed in this run; SHA-256 and BLAKE3 must both be those of one subject. A file that is
only in the same release, or has the right name, is not named.
"""

from __future__ import annotations

from collections.abc import Iterable

from aztrust.core.base.findings import CheckClass, Finding, Locus
from aztrust.core.base.paths import escape
from aztrust.core.checks.answers import unread
from aztrust.core.checks.check import Answer, Check
from aztrust.core.checks.codes import BINARY_UNKNOWN, HOST_FILE_CODES, NOT_FOUND
from aztrust.core.formats.statement import Subject
from aztrust.core.history.verdictset import HeldVerdict
from aztrust.core.host.reading import HostFile
from aztrust.core.policy.model import PackageClass
from aztrust.core.records.verdict import verdict_subjects
from aztrust.core.state.context import Context
from aztrust.core.state.given import held_verdicts


def _ask(context: Context, _: PackageClass) -> Answer:
    reading = context.evidence.gate
    held = held_verdicts(context)
    if reading is None or not held:
        return Answer(not_run="there is no verdict whose signature holds")
    subjects = {verdict.record_id: _subjects(context, verdict) for verdict in held}
    if not all(subjects.values()):
        return Answer(
            not_run="a verdict that did not pass names no files, and no manifests are here"
        )
    findings: list[Finding] = []
    named: list[str] = []
    for file in reading.binaries:
        if file.fault is not None:
            findings.append(unread(file))
            continue
        for verdict in held:
            subject = _named(file, subjects[verdict.record_id])
            if isinstance(subject, Finding):
                findings.append(subject)
                break
        else:
            named.append(f"{file.path} = {_name_of(file, subjects[held[0].record_id])}")
    evidence = tuple(file.sha256 for file in reading.binaries if file.fault is None)
    return Answer(tuple(findings), evidence=evidence, detail="; ".join(named))


def _subjects(context: Context, verdict: HeldVerdict) -> tuple[Subject, ...]:
    """The files of the scope: as a verdict that passed names them, else as the manifests do that
    make up its scope, where they are available here; () where they are not.
    """
    scope = context.scope
    if verdict.statement.passed:
        return verdict.statement.subjects
    if scope is None or scope.hash != verdict.statement.scope_hash:
        return ()
    return verdict_subjects(context.evidence.manifests, context.manifests["release"])


def _named(file: HostFile, subjects: Iterable[Subject]) -> Subject | Finding:
    same = [subject for subject in subjects if subject.sha256 == file.sha256]
    for subject in same:
        if subject.blake3 == file.blake3:
            return subject
    if same:
        return Finding(
            "digest-conflict",
            file.path,
            "its SHA-256 is that of a file the verdict names and its BLAKE3 is not",
            expected=same[0].blake3 or "",
            actual=file.blake3,
            mend="treat the verdict as forged, and tell its signer",
        )
    return Finding(
        "binary-unknown",
        file.path,
        "the verdict names no file with these bytes",
        actual=file.sha256,
        mend="install the released file, or what its archive holds",
    )


def _name_of(file: HostFile, subjects: Iterable[Subject]) -> str:
    return next((escape(s.name) for s in subjects if s.sha256 == file.sha256), "")


CHECK = Check(
    id="gate-binary",
    title="names this file",
    check_class=CheckClass.TRUTH,
    clauses=("AZ-6.2", "AZ-40"),
    locus=Locus.HOST,
    codes=(
        BINARY_UNKNOWN,
        *(code for code in HOST_FILE_CODES if code is not NOT_FOUND),
    ),
    ask=_ask,
)
