"""Verification: from evidence to a verdict, in one pure function.

The steps, numbered as in the code below:

 1. The policy's bytes are parsed; its digest is taken over exactly these bytes.
 2. Keys are parsed and matched to the policy by fingerprint.
 3. Records are opened: envelope, signer, signature, statement, record. In this order (law 7).
 4. The records are folded into the effective ones: revocations first, then what they leave.
 5. Manifests are parsed and must be their own canonical form.
 6. Every check is asked. None depends on another's answer or on the order of asking.
 7. The verdict is concluded from the answers by precedence (design 3).

Steps 1 to 5 are `context.read_context`. Nothing here reads a file, a clock or the environment.
"""

from __future__ import annotations

from aztrust.core.base.findings import CheckResult, Conclusion, Guidance, Status, conclude
from aztrust.core.base.value import frozen, replace
from aztrust.core.checks import (
    CHECKS,
    build_checks,
    checklist_checks,
    ledger_checks,
    network_checks,
    scope_checks,
)
from aztrust.core.checks.check import Check, Stage
from aztrust.core.records.checkpoint import FREEZE
from aztrust.core.state.context import Context, Request, read_context
from aztrust.core.state.evidence import Evidence

EXIT_PASS = 0
EXIT_FAIL = 10
EXIT_PARTIAL = 11
EXIT_UNPINNED = 12
EXIT_ERROR = 1

# What only something that was announced elsewhere answers: the anchor, the scope, a young head.
_ANNOUNCED = frozenset({"anchor", "gate-anchor", "kit-current"})


@frozen
class Verdict:
    """What a verification concluded, and everything it rests on."""

    context: Context
    results: tuple[CheckResult, ...]
    conclusion: Conclusion
    guidance: Guidance
    exit_code: int

    @property
    def anchor_source(self) -> str:
        """`given`, `pinned`, `scope` or `unpinned`."""
        request = self.context.request
        if request.anchor:
            # An anchor without a source came from the caller.
            return request.anchor_source or "given"
        return request.anchor_source or ("scope" if request.scope else "unpinned")


def verify(
    evidence: Evidence,
    request: Request,
    required: Stage | None = Stage.APPROVED,
    checks: tuple[Check, ...] = CHECKS,
) -> Verdict:
    """Judge a launch by its evidence. The same arguments give the same verdict (law 14).

    Args:
        evidence: bytes and readings of this run.
        request: the time, the anchor, and what was asked.
        required: the stage the launch must have reached; None for the one it claims: frozen once
            a freeze is recorded, else approved (design 5).
        checks: the questions; all of them unless a test wants fewer.
    """
    context = _with_given(read_context(request, evidence))  # 1-5
    stage = _claimed(context) if required is None else required
    results = tuple(  # 6
        result
        for check in (
            *checks,
            *_build_checks(context, checks),
            *_scope_checks(context, checks),
            *_network_checks(context, checks),
            *_checklist_checks(context, checks),
            *_ledger_checks(context),
        )
        for result in check.run(context, stage)
    )
    conclusion, guidance = conclude(results)  # 7
    return Verdict(context, results, conclusion, guidance, exit_code_of(results, context))


def waive(verdict: Verdict, ids: frozenset[str], why: str) -> Verdict:
    """The verdict without some open questions: they are not applicable, for a reason.

    Args:
        verdict: what was judged.
        ids: of checks; one that found something wrong is not waived.
        why: the reason, which a report shows.
    """
    results = tuple(
        replace(r, status=Status.NOT_APPLICABLE, detail=why, notices=())
        if r.id in ids and r.status is Status.NOT_RUN
        else r
        for r in verdict.results
    )
    conclusion, guidance = conclude(results)
    return Verdict(
        verdict.context, results, conclusion, guidance, exit_code_of(results, verdict.context)
    )


def _with_given(context: Context) -> Context:
    """The same context; the verdicts that were handed to a gate are opened under its policy."""
    if context.evidence.gate is None:
        return context
    from aztrust.core.state.given import judge

    return replace(
        context, given=judge(context.evidence.gate, context.signers, context.evidence.opener)
    )


def _scope_checks(context: Context, checks: tuple[Check, ...]) -> tuple[Check, ...]:
    """What is asked once something may have been frozen: of a whole launch whether it moved, of
    anything with records whether its scope has ended. A gate has questions of its own.
    """
    evidence = context.evidence
    signed = context.verdicts.verdicts or evidence.policies or context.state.invalidated
    if not signed or evidence.gate is not None:
        return ()
    return scope_checks(whole=any(check.id == "integrity" for check in checks))


def _network_checks(context: Context, checks: tuple[Check, ...]) -> tuple[Check, ...]:
    """What is asked about the network that started: of proofs only where the policy has `[chain]`,
    of reports where operators signed some.
    """
    policy, evidence = context.policy, context.evidence
    if policy is None or not any(check.id == "integrity" for check in checks):
        return ()
    here = bool(evidence.observations or evidence.unread("manifests/observations"))
    return network_checks(
        proofs=policy.chain is not None and here, reports=bool(context.records.node_reports)
    )


def _checklist_checks(context: Context, checks: tuple[Check, ...]) -> tuple[Check, ...]:
    """What is asked of a whole launch about its checklist: nothing where it has none."""
    policy = context.policy
    if policy is None or not any(check.id == "integrity" for check in checks):
        return ()
    here = policy.checklist is not None or context.evidence.checklist is not None
    return checklist_checks() if here else ()


def _build_checks(context: Context, checks: tuple[Check, ...]) -> tuple[Check, ...]:
    """What is asked about who built the release; hosts and gates rest on what was signed."""
    policy = context.policy
    if policy is None or not any(check.id == "integrity" for check in checks):
        return ()
    return build_checks(
        provenance=bool(policy.packages.release.provenance),
        reproduction=policy.reproduction is not None
        or any(r.kind == "build-attestation" for r in context.records.effective.verified),
    )


def _ledger_checks(context: Context) -> tuple[Check, ...]:
    """What is asked about the ledger: nothing where there is none and the policy wants none."""
    table = context.policy.ledger if context.policy is not None else None
    asks_age = table is not None and table.max_head_age is not None
    return ledger_checks(
        present=context.evidence.ledger is not None,
        asks_age=asks_age and context.evidence.gate is None,
    )


def _claimed(context: Context) -> Stage:
    gate = context.evidence.gate
    if gate is not None and gate.requirements.checkpoint_class != FREEZE:
        return Stage.FROZEN  # whatever comes after a freeze rests on one
    if not context.verdicts.verdicts:
        return Stage.APPROVED

    return Stage.FROZEN if bool(context.state.freezes) else Stage.APPROVED


def exit_code_of(results: tuple[CheckResult, ...], context: Context) -> int:
    """The exit code that answers lead to, by precedence."""
    conclusion, _ = conclude(results)
    if conclusion is Conclusion.FAIL:
        return EXIT_FAIL
    if conclusion is Conclusion.ERROR:
        return EXIT_ERROR
    if conclusion is Conclusion.PASS:
        return EXIT_PARTIAL if context.request.only else EXIT_PASS
    open_questions = {r.id for r in results if r.status in (Status.NOT_RUN, Status.FAIL)}
    if open_questions and open_questions <= _ANNOUNCED and context.request.only is None:
        return EXIT_UNPINNED
    return EXIT_PARTIAL
