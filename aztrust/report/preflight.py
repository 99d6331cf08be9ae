"""A preflight for the person at the host: may it start, and if not, what exactly to do about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from aztrust.core.base.digest import groups
from aztrust.core.base.findings import CheckClass, CheckResult, Finding, Locus, Status
from aztrust.core.base.paths import escape
from aztrust.core.history.reconcile import ONLY_IN_FOLDER
from aztrust.core.host.reading import HostFile, HostItem
from aztrust.core.host.required import roles_left_out
from aztrust.core.judge.verify import EXIT_PASS, EXIT_UNPINNED, Verdict
from aztrust.core.policy.model import PACKAGE_CLASSES
from aztrust.core.state.approvals import approval_quorum
from aztrust.core.state.context import Context
from aztrust.report.advice import advice_lines
from aztrust.report.age import age
from aztrust.report.escape import visible
from aztrust.report.finding import result_lines
from aztrust.report.hostdocument import counted_approvals, newest_unix_ms
from aztrust.report.lines import LABEL, READY, STOP, WIDTH, fitted, joined, labelled
from aztrust.report.pending import pending_lines
from aztrust.report.size import size
from aztrust.report.text import chain_name, utc

_QUESTIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("binary", ("host-binary",)),
    ("genesis", ("host-genesis", "genesis-hash")),
    ("chain id", ("host-chain-id",)),
    ("state", ("host-state",)),
    ("you", ("host-node-key",)),
    ("kits", ("host-kits",)),
    ("kit", ("kit-current",)),
    ("approved", ("release-approvals", "genesis-approvals")),
    ("frozen", ("freeze",)),
    ("start", ("bootstrap",)),
    ("ledger", ("ledger", "records-fresh")),
    ("policy", ("anchor", "policy", "expiry", "separation", "keys")),
)
_OTHERS = "records"
_WORDS = {
    Status.PASS: "ok",
    Status.FAIL: "FAIL",
    Status.ERROR: "ERROR",
    Status.NOT_RUN: "open",
    Status.PENDING: "open",
    Status.NOT_APPLICABLE: "none",
}
_WORST = (
    Status.FAIL,
    Status.ERROR,
    Status.NOT_RUN,
    Status.PENDING,
    Status.NOT_APPLICABLE,
    Status.PASS,
)


def preflight_lines(verdict: Verdict, *, as_of: bool = False, verbose: bool = False) -> list[str]:
    """The report's lines at 80 columns."""
    context = verdict.context
    lines = _first(verdict)
    if as_of:
        now = utc(context.request.now_unix_ms)
        lines[0] = lines[0].replace(READY, f"{READY} as of another time:", 1)
        lines.append(f"as of    {now}, the time of --at and not the clock's")
    lines += _roles(verdict)
    lines += result_lines(_troubled(verdict), verbose=verbose)
    lines += ["", *_questions(verdict)]
    lines += labelled("relied", _relied(context))
    if context.scope is not None:
        grouped = groups(context.scope.hash)
        lines += [f"scope    {grouped[:39]}", f"         {grouped[40:]}"]
    lines += pending_lines(context, verbose=verbose)
    lines += _notices(verdict)
    return [*lines, *_closing(verdict, as_of=as_of)]


def access_lines(access: Iterable[tuple[str, str]]) -> list[str]:
    """What was done with which path: a line each, in order."""
    return ["", "access", *(f"  {how:<10} {visible(escape(path))}" for how, path in access)]


def _roles(verdict: Verdict) -> list[str]:
    """That this host was asked about some roles only, and about which it was not."""
    host, release = verdict.context.evidence.host, verdict.context.manifests.get("release")
    if host is None or not host.roles or release is None:
        return []
    left = roles_left_out(release.artifacts, host.platform, host.roles)
    only = f"{joined(map(escape, host.roles))} only"
    return labelled("role", only + (f"; not asked: {', '.join(map(escape, left))}" if left else ""))


def _troubled(verdict: Verdict) -> list[CheckResult]:
    """The checks with findings: what is wrong before what could not be checked and what is open."""
    found = (r for r in verdict.results if r.status in (Status.FAIL, Status.ERROR) and r.findings)
    return sorted(found, key=lambda r: _WORST.index(_state(r)))


def _state(result: CheckResult) -> Status:
    """The status as this host sees it: readiness that is short is open, not wrong."""
    if result.status is Status.FAIL and result.check_class is CheckClass.READINESS:
        return Status.NOT_RUN
    return result.status


def preflight_brief(verdict: Verdict, *, as_of: bool = False) -> str:
    """The one line of -q."""
    line = _brief(verdict)
    return f"{line}  as of {utc(verdict.context.request.now_unix_ms)}" if as_of else line


def _brief(verdict: Verdict) -> str:
    line = f"{_word(verdict)}    {chain_name(verdict)}  exit {verdict.exit_code}"
    worst = _worst(verdict)
    if worst is not None:
        return f"{line}  {worst.code} {visible(worst.subject)}"
    if verdict.exit_code == EXIT_UNPINNED:
        return f"{line}  {' '.join(_unannounced(verdict))}"
    open_ = [r.id for r in verdict.results if r.status is Status.NOT_RUN]
    return f"{line}  open: {', '.join(open_)}" if open_ else line


def _word(verdict: Verdict) -> str:
    return READY if verdict.exit_code == EXIT_PASS else STOP


def _first(verdict: Verdict) -> list[str]:
    """The line that decides; the time has one of its own where the chain id is long."""
    chain, now = chain_name(verdict), utc(verdict.context.request.now_unix_ms)
    if verdict.exit_code == EXIT_PASS:
        text = f"{READY}    this host holds what was {_accepted(verdict)} for {chain}"
        return [text if len(text) <= WIDTH else f"{READY}    {chain}"]
    whole = f"{STOP}    {chain}    {now}   exit {verdict.exit_code}"
    if len(whole) <= WIDTH:
        return [whole]
    room = WIDTH - len(STOP) - len("    ") - len("   exit 10")
    return [f"{STOP}    {fitted(chain, room)}   exit {verdict.exit_code}", *labelled("at", now)]


def _accepted(verdict: Verdict) -> str:
    """`approved and frozen`; where the policy has no freeze, by how many people it was approved."""
    context, policy = verdict.context, verdict.context.policy
    if policy is None or policy.freeze is None:
        return "approved and frozen"
    effective, ids = context.records.effective, context.manifest_ids
    people = min(
        len(approval_quorum(policy, effective, c, ids.get(c, "")).holders) for c in PACKAGE_CLASSES
    )
    return f"approved by {people} {'person' if people == 1 else 'people'}"


def _questions(verdict: Verdict) -> Iterator[str]:
    of = {result.id: result for result in verdict.results}
    seen: set[str] = set()
    rows = []
    for label, ids in _QUESTIONS:
        asked = [of[id_] for id_ in ids if id_ in of]
        seen.update(ids)
        if asked:
            rows.append((label, asked))
    others = [result for result in verdict.results if result.id not in seen]
    rows.append((_OTHERS, others))
    for label, asked in rows:
        worst = min(asked, key=lambda r: _WORST.index(_state(r)))
        first, *more = _detail(label, worst, asked, verdict)
        word = _WORDS[_state(worst)]
        if label == "state" and worst.status is Status.PASS and not _homes(verdict):
            word = "none"
        yield from labelled(label, f"{word:<6}{visible(first)}".rstrip())
        for text in more:
            yield from labelled("", visible(text), indent=LABEL + 6)


def _homes(verdict: Verdict) -> tuple[str, ...]:
    host = verdict.context.evidence.host
    return host.homes if host is not None else ()


def _detail(
    label: str, worst: CheckResult, asked: list[CheckResult], verdict: Verdict
) -> list[str]:
    """The detail of a status: one line, or two where a file is shown."""
    host = verdict.context.evidence.host
    if worst.status in (Status.FAIL, Status.ERROR):
        return [worst.findings[0].code]
    if worst.status is Status.NOT_RUN:
        return [worst.detail]
    details = {r.id: r.detail for r in asked}
    if label == "binary" and host is not None and host.binary is not None:
        whole = details["host-binary"].split("; ")
        many = len(whole) > 1 or sum(len(item.files) for item in host.artifacts) > 1
        if many:
            return [line for item in host.artifacts for line in _item(item)]
        return _where(host.binary, details["host-binary"])
    if label == "genesis" and host is not None and host.genesis is not None:
        return [
            line
            for item in host.geneses
            for file in item.files
            for line in _where(file, f"{size(file.size)}, the sealed bytes")
        ]
    if label == "approved":
        counts = (f"{c} {details.get(f'{c}-approvals', '')}" for c in PACKAGE_CLASSES)
        return [f"{', '.join(counts)}, none revoked"]
    if label == "frozen" and worst.status is Status.NOT_APPLICABLE:
        return [f"no freeze in this policy: {worst.detail}"]
    if label == "policy":
        return [_anchored(verdict)]
    if label == _OTHERS:
        return [f"{details.get('records', '')}, every signature checked here{_age(verdict)}"]
    return [worst.detail]


def _item(item: HostItem) -> Iterator[str]:
    for file in item.files:
        yield from _where(file, f"{escape(item.role)} {escape(item.name)}")


def _where(file: HostFile, what: str) -> list[str]:
    return [file.path, *([f"-> {file.resolved}"] if file.resolved else ()), f"= {what}"]


def _anchored(verdict: Verdict) -> str:
    source = {
        "given": "it is the one of the anchor given",
        "pinned": "it is the one pinned here",
        "scope": "it belongs to the scope given",
    }
    return source.get(verdict.anchor_source, "compared with nothing")


def _age(verdict: Verdict) -> str:
    newest = newest_unix_ms(verdict.context)
    if not newest:
        return ""
    return f"; newest record {age(verdict.context.request.now_unix_ms - newest)}"


def _relied(context: Context) -> str:
    looked = sorted(
        {u.holder for u, approval in counted_approvals(context) if not approval.manifest_only}
    )
    if not looked:
        return "on no one: no approver recomputed the packages"
    who = joined(map(escape, looked))
    return f"on {who}, who recomputed the packages when they approved; not repeated here"


def _notices(verdict: Verdict) -> Iterator[str]:
    shown: list[Finding] = []
    for result in verdict.results:
        if result.status in (Status.PENDING, Status.NOT_RUN):
            continue
        shown += [n for n in result.notices if n.code not in ("excluded-path", ONLY_IN_FOLDER)]
    for notice in shown[:5]:
        yield from labelled("notice", f"{notice.code}  {visible(notice.subject)}")
        yield from labelled("", visible(notice.message))
    if len(shown) > 5:
        yield f"{'':<{LABEL}}+{len(shown) - 5} more: --format json shows all"


def _closing(verdict: Verdict, *, as_of: bool) -> list[str]:
    if verdict.exit_code == EXIT_PASS and as_of:
        return labelled("next", "a replay starts no host: ask again without --at")
    if verdict.exit_code == EXIT_PASS:
        return labelled("next", "start the node when the coordinator says so")
    if verdict.exit_code == EXIT_UNPINNED:
        return _announce(verdict)
    lines = advice_lines("next", _advice(verdict, _worst(verdict)))
    troubled = [r for r in _troubled(verdict) if _state(r) is not Status.NOT_RUN]
    if troubled and all(r.locus is Locus.HOST for r in troubled):
        lines.append("This is about this host. It stops no other host.")
    return lines


def _unannounced(verdict: Verdict) -> list[str]:
    """The codes of what only an announcement answers, the anchor first."""
    open_ = [r for r in verdict.results if r.status is Status.NOT_RUN]
    return [notice.code for result in open_ for notice in result.notices[:1]]


def _announce(verdict: Verdict) -> list[str]:
    """What to compare, where nothing else is open."""
    lines: list[str] = []
    for result in verdict.results:
        if result.status is not Status.NOT_RUN:
            continue
        if result.id == "kit-current":
            for notice in result.notices:
                lines += labelled("next" if not lines else "", visible(notice.message))
                lines += advice_lines("", notice.mend)
            lines += labelled("", "the scope above is this kit's: compare it by ear")
        else:
            grouped = groups(verdict.context.policy_digest)
            lines += [
                "next     compare the policy's digest with what was announced elsewhere:",
                f"           {grouped[:39]}",
                f"           {grouped[40:]}",
                *advice_lines("", "and give it: aztrust preflight --anchor HEX"),
            ]
    return lines


def _worst(verdict: Verdict) -> Finding | None:
    return next((r.findings[0] for r in _troubled(verdict)), None)


def _advice(verdict: Verdict, worst: Finding | None) -> str:
    if worst is not None:
        return worst.mend or f"aztrust explain {worst.code}"
    for result in verdict.results:
        if result.status is Status.NOT_RUN:
            mend = next((n.mend for n in result.notices if n.mend), "")
            return mend or f"aztrust explain {result.id}"
    return "aztrust explain preflight"
