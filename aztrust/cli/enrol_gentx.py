"""`aztrust enrol --from-gentx`: a list of operators from a folder of gen_txs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from aztrust.cli.app import Session

if TYPE_CHECKING:
    from aztrust.acts.act import Act
    from aztrust.acts.operators.genesis import SealedPower

Given = tuple[Path, Path | None, tuple[str, ...], tuple[str, ...]]
"""The folder of gen_txs, the one of keys, keys by operator, roles."""


def enrol_gentxs(
    session: Session, act: Act, sealed: SealedPower, given: Given, key: str | None, *, yes: bool
) -> None:
    """Show every file of the folder and what became of it, then sign the enrolment."""
    from aztrust.acts.operators.enrol import plan_enrolment, registrar_keys
    from aztrust.acts.operators.enrol_gentx import list_from_gentxs
    from aztrust.cli.enrol import view_of
    from aztrust.cli.signing import session_signer, sign_plan
    from aztrust.report.operators import enrolment_text

    accepted = registrar_keys(act.policy)
    made = list_from_gentxs(*given, act.policy.launch.chain_id)
    signer = session_signer(session, key, accepted=accepted, act="enrol operators")
    plan = plan_enrolment(act, made.listed, signer.public, power=sealed.power, gentx=made.gentx)
    shown = enrolment_text(
        plan.body,
        holder=plan.holder,
        role=act.policy.readiness.registrar,
        replaced=plan.about.replaced,
        power=plan.about.power,
        why_not=sealed.why_not,
        files=made.files,
    )
    sign_plan(session, act, plan, signer, view_of(shown), yes=yes)
