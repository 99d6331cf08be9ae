"""Answers that several checks give in the same words."""

from __future__ import annotations

from collections.abc import Iterable

from aztrust.core.base.errors import Malformed
from aztrust.core.base.findings import Finding, Locus
from aztrust.core.base.paths import escape
from aztrust.core.checks.check import Answer
from aztrust.core.checks.codes import NOT_FOUND
from aztrust.core.host.reading import HostFile
from aztrust.core.linkage.pointers import Sources, parse_reference, resolve
from aztrust.core.linkage.scalars import Scalar, compare
from aztrust.core.policy.model import Policy


def chain_id_answer(policy: Policy, sources: Sources, where: str, *, mend: str) -> Answer:
    """What the chain id in a genesis file amounts to.

    Args:
        policy: which chain it is, and where in the genesis its id is.
        sources: with the first genesis file's bytes.
        where: what to call the file.
        mend: what to do about another chain's.
    """
    package = policy.packages.genesis
    path = package.genesis_files[0]
    if not package.chain_id_at:
        return Answer(detail="the policy says that the genesis carries none")
    if ("genesis", path) not in sources.documents:
        return Answer(not_run=f"{where} was not read")
    subject = f"{where}{escape(package.chain_id_at)}"
    try:
        value = resolve(parse_reference(f"genesis:{path}{package.chain_id_at}"), sources)
    except Malformed as error:
        code = error.code if error.code == "genesis-malformed" else "chain-id-mismatch"
        return Answer((Finding(code, subject, error.message, mend=mend),))
    wanted = Scalar("string", policy.launch.chain_id)
    if value.kind in ("string", "integer") and value.text == wanted.text:
        return Answer(detail=escape(policy.launch.chain_id))
    finding = Finding(
        "chain-id-mismatch",
        subject,
        f"the genesis is for another chain{_why(value, wanted)}",
        expected=wanted.shown(),
        actual=value.shown(),
        mend=mend,
    )
    return Answer((finding,))


def _why(value: Scalar, wanted: Scalar) -> str:
    reason = compare(value, wanted).reason if value.kind == "string" else ""
    return f": {reason}" if reason else ""


def unread(file: HostFile) -> Finding:
    """What a file of this host that could not be read amounts to."""
    fault = file.fault
    if fault is None:
        raise AssertionError(file.path)
    return Finding(
        fault.code,
        file.path,
        fault.detail,
        mend="name another file, or make this one readable; then: aztrust preflight",
    )


def not_found(what: str, option: str, searched: str = "") -> Finding:
    """What a file means that is nowhere: an open question, never a pass (law 2)."""
    return Finding(
        NOT_FOUND.name,
        f"this host's {what}",
        f"no {what} was found on this host" + (f": {searched}" if searched else ""),
        mend=f"say where it is: aztrust preflight {option}",
        locus=Locus.HOST,
    )


def together(
    findings: Iterable[Finding],
    open_questions: Iterable[Finding],
    notices: Iterable[Finding] = (),
    *,
    evidence: Iterable[str] = (),
    detail: str = "",
) -> Answer:
    """One answer about several things: what is wrong decides over what is open, and both show."""
    findings, open_questions = tuple(findings), tuple(open_questions)
    return Answer(
        findings,
        (*open_questions, *notices),
        tuple(evidence),
        detail=detail,
        not_run="; ".join(q.message for q in open_questions) if not findings else "",
    )
