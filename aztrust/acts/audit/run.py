"""Auditing a launch: everything read once, the ledger replayed, each verdict computed again.

    audited = audit(path, AuditOptions())

Nothing of this machine counts: no store of a ledger, no kept head, no pinned anchor. The time is
that of the last record, unless another one is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from aztrust.acts.audit.published import with_own_ledger
from aztrust.acts.audit.scores import score_results
from aztrust.acts.audit.shown import EvidenceHere, shown_files
from aztrust.acts.audit.stored import read_stored
from aztrust.acts.verify import NO_PACKAGES as OF_A_KIT
from aztrust.acts.verify import ReadOptions, read_packages
from aztrust.core.base.errors import NothingToVerify, Refused
from aztrust.core.base.paths import escape
from aztrust.core.base.value import frozen, replace
from aztrust.core.checks import SIGNED_CHECKS
from aztrust.core.checks.check import Stage
from aztrust.core.judge.audit.acts import acts
from aztrust.core.judge.audit.audited import Audited
from aztrust.core.judge.audit.carried import as_sealed
from aztrust.core.judge.audit.decisions import Decision, decisions, verdicts_under
from aztrust.core.judge.audit.known import cut_at_size, cut_at_time, times_of
from aztrust.core.judge.audit.recompute import NO_PACKAGES
from aztrust.core.judge.audit.timeline import timeline
from aztrust.core.judge.verify import Verdict, verify
from aztrust.core.policy.model import PACKAGE_CLASSES, POLICY_PATH, PackageClass, policy_digest
from aztrust.core.state.context import Context, Request, read_context, require_policy
from aztrust.core.state.evidence import Evidence, PackageReading
from aztrust.core.state.ledger.as_appended import roots_of
from aztrust.core.state.ledger.log_identity import named_keeping
from aztrust.storage.bag.reading import holds_bag, opened_bag
from aztrust.storage.launch import LaunchFiles, is_kit, open_launch
from aztrust.storage.presence import is_present, is_regular

_AGAIN: Final = "get the archive again, and keep this one as evidence"
_OF_A_TAR: Final = (
    f"if another program packed it again: unpack it, and audit the folder; otherwise {_AGAIN}"
)


@frozen
class AuditOptions:
    """What was asked for.

    Args:
        at_unix_ms: only what was known at a time; None for everything.
        at_head: the note of a head, and its name: only what was known at it.
        every: whether the audit goes on after the first verdict that does not recompute.
        anchor: the policy digest that was announced, "" where none is given.
        jobs: how many workers read packages.
    """

    at_unix_ms: int | None = None
    at_head: tuple[str, bytes] | None = None
    every: bool = False
    anchor: str = ""
    jobs: int | None = None


def audit(path: Path, options: AuditOptions) -> Audited:
    """Audit an archive, a launch directory or a kit.

    Of an archive every byte of the bag is checked first; in one that is not whole nothing else is
    looked at.

    Raises:
        NothingToVerify, CouldNotCheck, Malformed: it cannot be read, or its policy is malformed.
        Refused: `ledger-inconsistent`: the head that was given is not one of this ledger; as the
            first finding of the bag: the archive is not as it was written.
    """
    if not holds_bag(path):
        return _audit(path, options)
    with opened_bag(path) as bag:
        if bag.findings:
            first = bag.findings[0]
            raise Refused(
                f"the archive is not as it was written: {first.message}",
                subject=first.subject,
                code=first.code,
                mend=_OF_A_TAR if is_regular(path) else _AGAIN,
                details=tuple(f"{f.code}  {f.subject}: {f.message}" for f in bag.findings[1:]),
            )
        digests = frozenset(f"sha256:{file.sha256.hex()}" for file in bag.contents.files.values())
        return replace(_audit(bag.launch, options, digests), name=path.name)


def _audit(path: Path, options: AuditOptions, digests: frozenset[str] | None = None) -> Audited:
    """The same of a launch; with `digests`, of all files of the archive that it is in."""
    if not is_kit(path) and not is_present(path / POLICY_PATH):
        raise NothingToVerify(
            f"{escape(str(path))} is neither an archive nor a launch directory",
            subject=escape(str(path)),
            mend="name the bag, its tar, a launch directory or a kit",
        )
    files = open_launch(path)
    evidence = files.evidence()
    evidence = replace(evidence, packages=_packages(files, evidence, options))
    present = _whole(evidence, options)
    require_policy(present)
    lacking = _lacking(files, present)
    stored = read_stored(files, evidence)
    taken: tuple[str, ...] = ()
    if digests is not None:
        stored = replace(stored, files=stored.files | digests)
        packages, taken = as_sealed(evidence.packages, present.manifests)
        evidence = replace(evidence, packages=packages)
        present = replace(present, evidence=replace(present.evidence, packages=packages))
    stored = replace(stored, lacking=lacking, taken=taken)
    found: list[Decision] = []
    known: set[str] = set()
    earlier = tuple(_kept(evidence, present, options))
    for whole in (present, *earlier):
        known.add(whole.policy_digest)
        asked = replace(stored, roots=_roots(whole))
        stopped = not options.every and any(_differs(decision) for decision in found)
        found += decisions(whole, asked, every=options.every, stopped=stopped)
    every = (*present.verdicts.verdicts, *present.verdicts.waiting)
    foreign = tuple(v for v in every if v.statement.policy_digest not in known)
    return Audited(
        name=path.name,
        whole=present,
        ledger=_with_shown(
            _judge(present, options), earlier, files, lacking, in_bag=digests is not None
        ),
        decisions=tuple(sorted(found, key=_order)),
        foreign=foreign,
        acts=acts(present),
        events=timeline(present),
        at_unix_ms=present.request.now_unix_ms,
    )


def _packages(
    files: LaunchFiles, evidence: Evidence, options: AuditOptions
) -> Mapping[PackageClass, PackageReading]:
    if files.kit is not None:
        return {}
    return read_packages(files.path, evidence, PACKAGE_CLASSES, ReadOptions(options.jobs))


def _lacking(files: LaunchFiles, present: Context) -> str:
    """Why packages cannot be looked at, "" where both were read."""
    if files.kit is not None:
        return OF_A_KIT
    packages = present.evidence.packages
    absent = [c for c in PACKAGE_CLASSES if c not in packages or packages[c].tree is None]
    return f"{NO_PACKAGES}: {', '.join(absent)}" if absent else ""


def _whole(evidence: Evidence, options: AuditOptions) -> Context:
    """Everything that is known, as of the moment that was asked for."""
    digest = policy_digest(evidence.policy)
    request = Request(0, anchor=digest, anchor_source="given")
    evidence = with_own_ledger(evidence, request)
    context = read_context(request, evidence)
    if context.policy is None:
        return context
    if options.at_head is not None:
        context = read_context(request, _at_head(context, *options.at_head))
    if options.at_unix_ms is not None:
        context = read_context(request, cut_at_time(context.evidence, context, options.at_unix_ms))
    now = options.at_unix_ms
    if now is None:
        now = max(times_of(context).values(), default=0)
    return read_context(replace(request, now_unix_ms=now), context.evidence)


def _at_head(context: Context, name: str, note: bytes) -> Evidence:
    reading = context.evidence.ledger
    keeping = named_keeping(context)
    if reading is None or keeping is None or not reading.holds:
        raise Refused(
            "there is no ledger here that holds, so nothing is known as of a head",
            subject=name,
            code="ledger-inconsistent",
            mend="audit it without --at-head: the report shows what is wrong with the ledger",
        )
    head = keeping.open_head(note, context.evidence.opener, name=name).head
    root = roots_of(reading.entries, (head.size,)).get(head.size)
    if (head.origin, head.root) != (reading.origin, root):
        raise Refused(
            f"this head over {head.size} entries is not one of the ledger here",
            subject=name,
            code="ledger-inconsistent",
            mend="keep both as evidence; get the archive again from another source",
        )
    return cut_at_size(context.evidence, head.size)


def _kept(evidence: Evidence, present: Context, options: AuditOptions) -> Iterator[Context]:
    """The launch under each other policy that was kept and under which a verdict was signed."""
    named = {
        verdict.statement.policy_digest
        for verdict in (*present.verdicts.verdicts, *present.verdicts.waiting)
    }
    for data in sorted(evidence.policies.values(), key=policy_digest):
        digest = policy_digest(data)
        if digest == present.policy_digest or digest not in named:
            continue
        context = _whole(replace(evidence, policy=data, ledger=None), options)
        if context.policy is not None:
            yield context


def _roots(whole: Context) -> dict[int, bytes]:
    reading = whole.evidence.ledger
    if reading is None or not reading.holds:
        return {}
    heads = (verdict.statement.ledger for verdict in verdicts_under(whole))
    return roots_of(reading.entries, {head.size for head in heads if head is not None})


def _judge(present: Context, options: AuditOptions) -> Verdict:
    """What is asked of the launch itself: its policy, its keys, its ledger, each signed file."""
    request = replace(present.request, anchor=options.anchor)
    if not options.anchor:
        request = replace(request, anchor_source="")
    judged = verify(present.evidence, request, Stage.SEALED, SIGNED_CHECKS)
    # Whether the scope is in force is another question: an aborted launch can be audited, too.
    asked = {check.id for check in SIGNED_CHECKS} | {"ledger"}
    return replace(judged, results=tuple(r for r in judged.results if r.id in asked))


def _with_shown(
    judged: Verdict,
    earlier: Iterable[Context],
    files: LaunchFiles,
    lacking: str,
    *,
    in_bag: bool,
) -> Verdict:
    """The same with the answers about the checklist: its evidence, and the scores."""
    launch = files.path if files.kit is None else None
    evidence = EvidenceHere(launch, files.path.parent / "evidence" if in_bag else None)
    found = (
        *shown_files(judged.context, evidence),
        *score_results(judged.context, earlier, evidence.states, lacking),
    )
    return replace(judged, results=(*judged.results, *found))


def _differs(decision: Decision) -> bool:
    return decision.outcome is not None and decision.outcome.status == "differs"


def _order(decision: Decision) -> tuple[bool, int, int, str]:
    at = decision.verdict.statement.checkpoint.timestamp_unix_ms
    place = decision.place
    return place is None, place or 0, at, decision.verdict.record_id
