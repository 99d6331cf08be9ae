"""`aztrust checklist freeze`: the end of a checklist, and the index of its records."""

from __future__ import annotations

from aztrust.cli.app import Session, command
from aztrust.cli.checklist.base import checklist, load, signing_options
from aztrust.cli.options import Given
from aztrust.report.lines import labelled


@command(
    "freeze",
    parent=checklist,
    short_help="Close the checklist after its decision, and index its records.",
    example="aztrust checklist freeze --key luca",
)
@signing_options
def freeze(session: Session, yes: bool, given: Given) -> None:
    """Score what is due at the closing, and sign the index of every record of the checklist.

    After it no answer, no evidence and no sign-off counts; a revocation still counts. After a
    GO everything that is due has to be done.
    """
    from aztrust.acts.checklist.close import plan_closing, read_closing
    from aztrust.acts.verify import ReadOptions
    from aztrust.cli.progress import progress_line
    from aztrust.cli.signing import View, session_signer, sign_plan
    from aztrust.core.checklist.computations import computed_share
    from aztrust.core.policy.authority import act_roles
    from aztrust.core.records.scorecard import score_digest
    from aztrust.report.checklist.score import score_lines

    act = load(session, given)
    accepted = act.policy.keys_of_roles(set(act_roles(act.policy, "decide")))
    signer = session_signer(session, given.key, accepted=accepted, act="close the checklist")
    with progress_line(session) as progress:
        closing = read_closing(act, ReadOptions(progress=progress))
    plan = plan_closing(act, closing, signer.public)
    lines = labelled("you", plan.holder)
    lines += score_lines(closing.card, computed_share(closing.asked.checklist))
    lines += labelled("index", f"{len(closing.index.records)} records")
    view = View(
        lines=lines,
        fields={
            "holder": plan.holder,
            "decision": plan.body.decision,
            "index_hash": plan.body.index_hash,
            "score_digest": score_digest(closing.card),
            "records": len(closing.index.records),
        },
        message="checklist closed",
        brief=f"closed {plan.body.checklist_digest[7:23]}",
        done=f"{plan.earlier.holder if plan.earlier is not None else ''} has closed it",
        done_brief="closed already",
        question="Close the checklist?",
    )
    sign_plan(session, act, plan, signer, view, yes=yes)
