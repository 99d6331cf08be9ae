"""`aztrust window anomaly`: something unexpected was seen, and how it was closed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NoReturn

import click

from aztrust.cli.app import Session, command
from aztrust.cli.options import Given, evidence_option
from aztrust.cli.window.alone import AloneRun, run_alone
from aztrust.cli.window.base import load, signing_options, window
from aztrust.cli.window.facts import facts_option
from aztrust.cli.window.hold import SEVERITIES, class_option
from aztrust.cli.window.joint import JointRun, run
from aztrust.core.base.errors import UsageError
from aztrust.core.policy.anomalies import AnomalyClass
from aztrust.core.policy.describe import plural
from aztrust.core.records.kind import Severity
from aztrust.report.escape import visible
from aztrust.report.lines import labelled

if TYPE_CHECKING:
    from aztrust.acts.window.basis import Basis
    from aztrust.acts.window.observing import Guidance
    from aztrust.core.policy.anomalies import AnomalyRule
    from aztrust.core.records.records import Unsigned


@command(
    "anomaly",
    parent=window,
    short_help="Record an anomaly, close one, or list them.",
    example="aztrust window anomaly --class no-finality-anomaly --incident INC-7"
    ' --detail "no finality for two epochs"\n'
    "aztrust window anomaly --from state-split\n"
    'aztrust window anomaly --close 3c11d2e4 --reason "finality is back"\n'
    "aztrust window anomaly",
)
@class_option
@click.option(
    "--from",
    "signal",
    metavar="SIGNAL",
    help="A signal of the observer: CODE or CODE:SUBJECT; class, detail, guidance and evidence"
    " are its own.",
)
@facts_option
@click.option("--incident", metavar="ID", help="The incident that it belongs to.")
@click.option(
    "--severity",
    type=click.Choice(SEVERITIES),
    help="A critical one stops the launch; without a severity, its guidance decides.",
)
@click.option("--role", metavar="R", help="The role of the network that it concerns.")
@click.option("--detail", metavar="T", default="", help="What was seen.")
@click.option(
    "--guidance",
    type=click.Choice(("CONTINUE", "HOLD", "DEFER", "ABORT")),
    help="What it suggests; else what its class does.",
)
@click.option("--close", "closes", metavar="ID", help="The anomaly that is closed.")
@click.option("--reason", metavar="T", help="How it was closed.")
@click.option(
    "--outcome",
    type=click.Choice(("resolved", "accepted")),
    default="resolved",
    show_default=True,
    help="Whether it is resolved, or accepted as it is.",
)
@evidence_option
@signing_options
def anomaly(  # noqa: PLR0913 - one argument for each option
    session: Session,
    anomaly_class: AnomalyClass | None,
    signal: str | None,
    facts: Path | None,
    incident: str | None,
    severity: Severity | None,
    role: str | None,
    detail: str,
    guidance: Guidance | None,
    closes: str | None,
    reason: str | None,
    outcome: Literal["resolved", "accepted"],
    evidence: tuple[Path, ...],
    yes: bool,
    given: Given,
) -> None:
    """Record an anomaly of a class: its runbook, whom to call and what to keep are shown.

    With --from it is one that the observer signals. Any holder may, at once and without a ledger.
    One that stops the launch is open until those who may close it have signed so; until then only
    a hold, a defer or an abort is possible. Without an option the anomalies of the window are
    listed.
    """
    from aztrust.acts.window.basis import basis_of

    basis = basis_of(load(session, given))
    of_one = {
        "--class": anomaly_class,
        "--from": signal,
        "--facts": facts,
        "--incident": incident,
        "--severity": severity,
        "--role": role,
        "--detail": detail or None,
        "--guidance": guidance,
    }
    of_its_end = {"--reason": reason, "--evidence": evidence or None}
    recording = [option for option, value in of_one.items() if value is not None]
    closing = [option for option, value in of_its_end.items() if value is not None]
    if closes is not None:
        if recording:
            _both("--close")
        if reason is None:
            raise UsageError(
                "an anomaly is closed with a reason", subject="--close", mend="add --reason T"
            )
        _close(session, given, basis, closes, reason, outcome, evidence, yes=yes)
    elif signal is not None:
        if closing:
            _both(closing[0])
        if anomaly_class is not None:
            raise UsageError(
                "a signal has its class",
                subject="--class",
                mend="leave --class out, or record without --from",
            )
        _from_signal(
            session,
            given,
            basis,
            (signal, facts),
            (incident, severity, role, detail, guidance),
            yes=yes,
        )
    elif facts is not None:
        raise UsageError(
            "facts are read for a signal in them", subject="--facts", mend="add --from SIGNAL"
        )
    elif anomaly_class is not None:
        if closing:
            _both(closing[0])
        if incident is None:
            raise UsageError(
                "an anomaly names the incident that it belongs to",
                subject="--class",
                mend="add --incident ID",
            )
        _open(
            session,
            given,
            basis,
            (anomaly_class, incident, severity, role, detail, guidance),
            yes=yes,
        )
    elif recording or closing:
        raise UsageError(
            "it is not clear whether an anomaly is recorded or closed",
            subject=[*recording, *closing][0],
            mend="give --class C --incident ID, or --close ID --reason T",
        )
    else:
        _list(session, basis)


def _both(option: str) -> NoReturn:
    raise UsageError(
        "an anomaly is recorded or closed, and not both",
        subject=option,
        mend="--class C --incident ID records one; --close ID --reason T closes one",
    )


def _open(
    session: Session,
    given: Given,
    basis: Basis,
    seen: tuple[AnomalyClass, str, Severity | None, str | None, str, Guidance | None],
    *,
    yes: bool,
) -> None:
    from aztrust.acts.window.observing import anomaly as make

    anomaly_class, incident, severity, role, detail, guidance = seen
    record = make(
        basis,
        anomaly_class,
        incident,
        detail=detail,
        severity=severity,
        role=role,
        guidance=guidance,
    )
    _record(session, given, basis, record, anomaly_class, severity, (), yes=yes)


def _from_signal(
    session: Session,
    given: Given,
    basis: Basis,
    named: tuple[str, Path | None],
    more: tuple[str | None, Severity | None, str | None, str, Guidance | None],
    *,
    yes: bool,
) -> None:
    from aztrust.acts.window.seen import anomaly_from, find_signal, read_seen

    signal, facts = named
    incident, severity, role, detail, guidance = more
    found = find_signal(read_seen(basis, facts), signal)
    record = anomaly_from(
        basis,
        found,
        incident=incident,
        detail=detail,
        severity=severity,
        role=role,
        guidance=guidance,
    )
    lines = labelled("signal", visible(f"{found.code} of {found.subject} ({found.clause})"))
    lines += labelled("shown by", plural(len(found.evidence), "response"))
    _record(session, given, basis, record, found.anomaly, severity, lines, yes=yes)


def _record(
    session: Session,
    given: Given,
    basis: Basis,
    record: Unsigned,
    anomaly_class: AnomalyClass,
    severity: Severity | None,
    more: Sequence[str],
    *,
    yes: bool,
) -> None:
    from aztrust.core.judge.window_anomalies import escalates
    from aztrust.core.policy.anomalies import anomaly_rule

    rule = anomaly_rule(basis.act.policy, anomaly_class)
    lines = [*more, *_rule_lines(rule, basis)]
    if escalates(basis.state, severity):
        lines += labelled("escalate", visible(f"now, to {rule.escalation or 'the signers'}"))
    how = AloneRun(
        "record an anomaly",
        "Record this anomaly?",
        f"anomaly {anomaly_class}",
        more=lines,
        fields={
            "anomaly_class": anomaly_class,
            "guidance": getattr(record.body, "guidance", rule.guidance),
            "runbook": rule.runbook,
            "escalation": rule.escalation,
            "keep": rule.evidence,
        },
        yes=yes,
    )
    run_alone(session, given, basis.act, lambda _: record, how, basis)


def _rule_lines(rule: AnomalyRule, basis: Basis) -> list[str]:
    """What the class asks for (AZ-27.2, AZ-38)."""
    holders = ", ".join(basis.act.policy.holders_of_role(rule.escalation)) or "no holder has it"
    lines = labelled("runbook", visible(rule.runbook))
    lines += labelled("call", visible(f"{rule.escalation} ({holders})" if rule.escalation else ""))
    lines += labelled("keep", visible(rule.evidence))
    return [*lines, *labelled("suggests", f"{rule.guidance} ({rule.clause})")]


def _close(
    session: Session,
    given: Given,
    basis: Basis,
    closes: str,
    reason: str,
    outcome: Literal["resolved", "accepted"],
    evidence: tuple[Path, ...],
    *,
    yes: bool,
) -> None:
    from aztrust.acts.window.observing import resolution
    from aztrust.acts.window.records import find_anomaly
    from aztrust.cli.signing import evidence_lines

    found = find_anomaly(basis, closes, "--close")
    record = resolution(basis, found.record_id, reason, outcome=outcome, evidence=evidence)
    lines = labelled("anomaly", visible(f"{found.record_id[7:23]} by {found.holder}"))
    lines += labelled("", visible(str(getattr(getattr(found, "body", None), "detail", ""))))
    lines += evidence_lines(getattr(record.body, "evidence", ()))
    what = "close an anomaly"
    how = JointRun(what, "Close this anomaly?", what, more=lines, yes=yes)
    run(session, given, basis, (record,), how)


def _list(session: Session, basis: Basis) -> None:
    from aztrust.core.judge.window_anomalies import window_anomalies
    from aztrust.report.advice import advice_lines
    from aztrust.report.window.anomalies import anomalies_document, anomaly_lines

    found = window_anomalies(basis.context, basis.state)
    lines = anomaly_lines(found)
    lines += advice_lines("record", "with --class and --incident; aztrust help window anomaly")
    open_ = sum(each.status == "open" for each in found)
    document = anomalies_document(found, basis.attempt, session.command)
    session.emit(document, lines, brief=f"{open_} of {len(found)} anomalies open")
