"""What records share that one holder signs: the review, the question, the result."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from aztrust.cli.app import Session
from aztrust.cli.options import Given
from aztrust.core.base.value import field, frozen
from aztrust.report.escape import visible
from aztrust.report.lines import labelled

if TYPE_CHECKING:
    from aztrust.acts.act import Act
    from aztrust.acts.window.basis import Basis
    from aztrust.core.records.records import Unsigned


@frozen
class AloneRun:
    """How a command signs a record alone.

    Args:
        act: the end of "may …": "record an anomaly".
        question: asked before the signature; "" for none.
        message: of the commit that brings the record to the others.
        more: further lines of the review.
        fields: of the document, in addition to the record's.
        yes: whether --yes was given.
    """

    act: str
    question: str
    message: str
    more: Sequence[str] = ()
    fields: Mapping[str, object] = field(default_factory=dict)
    yes: bool = False


def run_alone(
    session: Session,
    given: Given,
    act: Act,
    make: Callable[[str], Unsigned],
    how: AloneRun,
    basis: Basis | None = None,
) -> None:
    """Choose the key, plan, show, ask, sign, and give the result.

    Args:
        session: the run.
        given: the key.
        act: the launch.
        make: the record, for the name of its signer.
        how: see `AloneRun`.
        basis: the window that the record is about, None for none.

    Raises:
        Declined, Refused, CouldNotCheck: as `plan_alone` and `sign_plan`.
    """
    from aztrust.acts.window.alone import plan_alone
    from aztrust.cli.signing import View, evidence_lines, session_signer, sign_plan
    from aztrust.core.records.records import KINDS
    from aztrust.core.records.statements import body_statement
    from aztrust.report.window.joint import act_lines

    accepted = act.policy.key_holders()
    signer = session_signer(session, given.key, accepted=accepted, act=how.act)
    record = make(accepted[signer.public.fingerprint])
    plan = plan_alone(act, record, signer.public, basis)
    say = body_statement(record.kind, plan.body, plan.preimages)
    lines = labelled("you", plan.holder)
    if basis is not None:
        lines += labelled("window", f"{basis.state.status}, {basis.state.phase_name}")
    lines += act_lines(record.kind, plan.body, plan.preimages)
    lines += evidence_lines(getattr(plan.body, "evidence", ()))
    lines += list(how.more)
    scope, window = KINDS[record.kind].bound_to(plan.body, plan.preimages)[1], ""
    if basis is not None:
        window = basis.attempt.launch_window_id
        lines += ["scope", f"  {basis.attempt.scope_hash}"]
    by = plan.earlier.holder if plan.earlier is not None else ""
    view = View(
        lines=lines,
        fields={
            "kind": record.kind,
            "scope_hash": scope or None,
            "launch_window_id": window or None,
            "holder": plan.holder,
            "say": say or None,
            **how.fields,
        },
        message=how.message,
        brief=say or visible(how.message),
        done=f"{by} has recorded the same",
        done_brief="recorded already",
        question=how.question,
        say=say,
    )
    sign_plan(session, act, plan, signer, view, yes=how.yes)
