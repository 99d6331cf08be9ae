"""`aztrust window observe`: what was seen of some epochs of a network that has started."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from aztrust.cli.app import Session, command
from aztrust.cli.options import Given, evidence_option, joined_options, note_option
from aztrust.cli.window.alone import AloneRun, run_alone
from aztrust.cli.window.base import joint_options, load, window
from aztrust.cli.window.joint import JointRun, run
from aztrust.core.base.errors import UsageError
from aztrust.core.base.value import frozen
from aztrust.report.advice import advice_lines
from aztrust.report.lines import labelled

if TYPE_CHECKING:
    from aztrust.acts.window.basis import Basis
    from aztrust.acts.window.sitting import Sitting
    from aztrust.core.formats.keys import VerificationMaterial
    from aztrust.core.records.records import Unsigned

QUESTIONS: Final[Mapping[str, str]] = {
    "finalized_roots": "The first finalized epoch roots are there.",
    "finality_cadence": "Epochs become final at the expected pace.",
    "determinism": "No unexplained divergence of deterministic results.",
    "committees": "Committees and roles work as expected.",
    "finality_gaps": "No suspicious pattern of missing finality.",
    "scope_match": "The traffic shows no other scope than the frozen one.",
    "governance": "Governance activates nothing unexpected.",
}
"""The seven of AZ-11.2, by their fields."""


epochs_option = click.option(
    "--epochs", metavar="A-B", required=True, help="The epochs that were observed."
)
_seen_epochs = click.option(
    "--epochs", metavar="A-B", help="The epochs that were observed; with --from the final ones."
)
_answer_options: Final = joined_options(
    *(
        click.option(
            f"--{name.replace('_', '-')}",
            name,
            type=click.Choice(("ok", "not-ok", "unknown")),
            default="unknown",
            show_default=True,
            help=says,
        )
        for name, says in QUESTIONS.items()
    )
)
"""An option for each of the seven."""


@command(
    "observe",
    parent=window,
    short_help="Record what was seen of the first epochs.",
    example="aztrust window observe --epochs 0-3 --finalized-roots ok --finality-cadence ok"
    " --determinism ok --committees ok --finality-gaps ok --scope-match ok --governance ok"
    " --evidence epochs.txt",
)
@_seen_epochs
@click.option(
    "--from",
    "seen_from",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Answer from what the observer saw (observe -o FILE); unknown where it does not say.",
)
@_answer_options
@evidence_option
@note_option
@joint_options
def observe(  # noqa: PLR0913 - one argument for each option
    session: Session,
    epochs: str | None,
    seen_from: Path | None,
    evidence: tuple[Path, ...],
    note: str,
    dry_run: bool,
    hook: str | None,
    yes: bool,
    given: Given,
    **answers: str,
) -> None:
    """Answer the seven questions about some epochs; what was not looked at is unknown.

    With every answer ok it is the observation that the restricted posture needs, once those who
    may observe have signed it. One answer that is not ok objects, by any holder, at once. An
    unknown answer is never counted as ok: such an observation is kept, and lets nothing go on.
    With --from each answer that the facts give is theirs, and the facts and the proofs of blocks
    are its evidence; an option answers only what they leave unknown.
    """
    from aztrust.acts.window.basis import basis_of
    from aztrust.acts.window.observing import epochs_of, observation

    basis = basis_of(load(session, given))
    if seen_from is not None:
        answers, seen_epochs, shown = answers_of_facts(basis, seen_from, answers)
        epochs, evidence = epochs or seen_epochs, (*shown, *evidence)
    if epochs is None:
        raise UsageError(
            "an observation names the epochs that it is about",
            subject="--epochs",
            mend="from the first to the last, such as --epochs 0-3",
        )
    record = observation(basis, epochs_of(epochs), answers, evidence=evidence, note=note)
    sign_observation(session, given, basis, record, Signing(epochs, answers, dry_run, hook, yes))


@frozen
class Signing:
    """How an observation is signed.

    Args:
        epochs: as they are named.
        answers: of the record.
        dry_run, hook, yes: as the options.
    """

    epochs: str
    answers: Mapping[str, str]
    dry_run: bool = False
    hook: str | None = None
    yes: bool = False


def sign_observation(
    session: Session, given: Given, basis: Basis, record: Unsigned, how: Signing
) -> None:
    """Show an observation, ask, and sign it: alone where it has no effect, else jointly.

    Raises:
        UsageError: it has no effect, and what follows an effect was asked for.
        Declined, Refused, CouldNotCheck: as `run_alone` and `run`.
    """
    from aztrust.acts.window.observing import require_observer
    from aztrust.acts.window.sitting import prepare
    from aztrust.core.state.window.events import trigger_of_body

    answers, dry_run, hook, yes = how.answers, how.dry_run, how.hook, how.yes
    unknown = [name.replace("_", "-") for name, a in answers.items() if a == "unknown"]
    message = f"observe epochs {how.epochs}"
    if trigger_of_body(record.kind, record.body) is None:
        if dry_run or hook is not None:
            raise UsageError(
                f"an observation with an unknown answer has no effect: {', '.join(unknown)}",
                subject="--dry-run" if dry_run else "--exec",
                mend="answer them, or leave the option out",
            )
        lines = labelled("unknown", ", ".join(unknown))
        lines += advice_lines("then", "it counts as no observation: what is unknown is not ok")
        alone = AloneRun(
            "record an observation",
            "Record it, with unknown answers?",
            message,
            more=lines,
            fields={"unknown": unknown},
            yes=yes,
        )
        run_alone(session, given, basis.act, lambda _: record, alone, basis)
        return

    def prepared(key: VerificationMaterial | None) -> Sitting:
        sitting = prepare(basis, (record,), key)
        if key is not None:
            require_observer(basis, record, sitting.holder)
        return sitting

    objects = "not-ok" in answers.values()
    lines = labelled("unknown", ", ".join(unknown)) if unknown else []
    if objects:
        lines += advice_lines("then", "it objects at once; record why: aztrust window anomaly")
    joint = JointRun(
        "record an observation",
        "Record this objection?" if objects else "Record this observation?",
        message,
        more=lines,
        yes=yes,
        dry_run=dry_run,
        hook=hook,
    )
    run(session, given, basis, (record,), joint, prepared)


def answers_of_facts(
    basis: Basis, path: Path, given: Mapping[str, str]
) -> tuple[dict[str, str], str | None, tuple[Path, ...]]:
    """The answers of the facts, filled up with those given; the epochs; the files that show it.

    Raises:
        UsageError: an answer that is given contradicts the facts.
        NothingToVerify, CouldNotCheck, Malformed, Refused: as `read_seen`.
    """
    from aztrust.acts.window.seen import answers_from, epochs_from, evidence_of, read_seen

    seen = read_seen(basis, path)
    answers = answers_from(basis, seen)
    for name, answer in given.items():
        if answer == "unknown":
            continue
        if answers[name] not in ("unknown", answer):
            raise UsageError(
                f"the facts answer {answers[name]}, and the option {answer}",
                subject=f"--{name.replace('_', '-')}",
                mend="leave the option out; or answer without --from, and show why",
            )
        answers[name] = answer
    final = epochs_from(basis, seen)
    epochs = f"{final.first}-{final.last}" if final is not None else None
    return answers, epochs, evidence_of(basis, seen)
