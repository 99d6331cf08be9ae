"""`aztrust observe --record`: one look, signed as a LaunchObservationRecord in one go."""

from __future__ import annotations

from pathlib import Path

from aztrust.cli.options import Given
from aztrust.cli.session import Session
from aztrust.core.base.digest import sha256_id
from aztrust.core.base.errors import NothingToVerify, UsageError
from aztrust.core.base.value import replace


def check_record(session: Session, given: Given, *, record: bool, watch: bool, yes: bool) -> None:
    """Refuse what does not go with --record, before a node is asked.

    Raises:
        UsageError: an option is of the other kind of run, or a kit is read.
        NothingToVerify: there is no launch directory.
    """
    if not record:
        if given.key is not None or yes:
            raise UsageError(
                "nothing is signed in a look",
                subject="--key" if given.key is not None else "--yes",
                mend="add --record, or leave it out",
            )
        return
    if watch:
        raise UsageError(
            "--record is of one look, and --watch goes on",
            subject="--record",
            mend="leave --watch out; the watch may go on in another terminal",
        )
    session.launch()


def record_look(session: Session, given: Given, data: bytes, *, yes: bool) -> None:
    """Sign what one look saw, by the act of `window observe --from`.

    The facts are kept in the launch, by digest, as the evidence of the record.

    Args:
        session: of the command. The result is that of the record, and is not written to -o.
        given: key, ledger, anchor and scope.
        data: the facts document.
        yes: whether --yes was given.

    Raises:
        NothingToVerify: no epoch is final yet.
        Declined, Refused, CouldNotCheck: as `sign_observation`.
    """
    from aztrust.acts.window.basis import basis_of
    from aztrust.acts.window.observing import epochs_of, observation
    from aztrust.cli.window.base import load
    from aztrust.cli.window.observe import QUESTIONS, Signing, answers_of_facts, sign_observation
    from aztrust.storage.durable import create_idempotent
    from aztrust.storage.kept_answers import FOLDER

    basis = basis_of(load(session, given))
    path: Path = basis.act.launch / FOLDER / sha256_id(data).partition(":")[2]
    create_idempotent(path, data, within=basis.act.launch)
    unknown = dict.fromkeys(QUESTIONS, "unknown")
    answers, epochs, evidence = answers_of_facts(basis, path, unknown)
    if epochs is None:
        raise NothingToVerify(
            "no epoch is final, so that there is none to record",
            subject="--record",
            mend="record it as a person: aztrust window observe --epochs A-B --from FILE",
        )
    record = observation(basis, epochs_of(epochs), answers, evidence=evidence)
    to_file = session.output is not None
    own = replace(
        session,
        command="window observe",
        output=None,
        format="text" if to_file else session.format,
    )
    sign_observation(own, given, basis, record, Signing(epochs, answers, yes=yes))
