"""Operators for a person and for a program: the roster, and an enrolment before it is signed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from aztrust.core.base.rates import in_tenths
from aztrust.core.base.value import frozen
from aztrust.core.genesis.power import Power
from aztrust.core.history.operators import Roster
from aztrust.core.records.enrolment import Enrolled, Enrolment
from aztrust.report.escape import visible
from aztrust.report.lines import LABEL, joined, labelled

_INDENT = 13


@frozen
class EnrolmentText:
    """How an enrolment is shown, before and after its signature.

    Args:
        lines: for a person.
        fields: for a program.
        question: asked before the signature.
        message: of a commit.
        brief: the line of -q.
    """

    lines: Sequence[str]
    fields: Mapping[str, object]
    question: str
    message: str
    brief: str


def share_text(part: int, power: Power) -> str:
    """`40.0 %` of all power; how much it is where there is no total.

    >>> share_text(2, Power())
    '2'
    """
    if not power.total:
        return str(part)
    return in_tenths(part, power.total)


def power_of(validators: Iterable[str], power: Power) -> int:
    """The power of some validators, each counted once."""
    found = {index for name in validators if (index := power.find(name)) is not None}
    return sum(power.holdings[index].power for index in found)


def enrolment_text(
    body: Enrolment,
    *,
    holder: str,
    role: str,
    replaced: Sequence[str],
    power: Power | None,
    why_not: str,
    files: Sequence[tuple[str, str]] = (),
) -> EnrolmentText:
    """What the registrar sees before the signature.

    Args:
        body: the record.
        holder: who signs, in which `role`.
        replaced: operators that were enrolled before.
        power: of the sealed genesis; None where nothing was compared with it, `why_not`.
        files: the files of a folder of gen_txs, with what became of each.
    """
    validators = [v for entry in body.operators for v in entry.validators]
    who = counted(len({entry.operator for entry in body.operators}), len(body.operators))
    count = who
    if power is not None:
        count += f": {share_text(power_of(validators, power), power)} of the voting power"
    lines = [*labelled("you", f"{holder}, {role}"), *labelled("enrols", count)]
    for entry in sorted_entries(body):
        lines += [f"  {entry.operator}", f"    {'key':<{_INDENT - 4}}{entry.key}"]
        lines += labelled("    roles", joined(entry.roles), indent=_INDENT)
        for validator in entry.validators:
            share = f"  {share_text(power_of([validator], power), power)}" if power else ""
            lines += labelled("    runs", f"{visible(validator)}{share}", indent=_INDENT)
        if not entry.validators:
            lines += labelled("    runs", "no validator", indent=_INDENT)
    if replaced:
        lines += labelled("replaces", f"every earlier entry of {joined(replaced)}")
    lines += labelled("genesis", _compared(power, why_not))
    lines += list(_file_lines(files))
    if body.gentx == "unverified":
        lines += labelled("gentx", "not every signature was verified; the enrolment states that")
    elif body.gentx == "verified":
        lines += labelled("gentx", "the signature of each was verified")
    return EnrolmentText(
        lines=lines,
        fields={
            "holder": holder,
            "gentx": body.gentx,
            "operators": [entry.model_dump(mode="json") for entry in body.operators],
            "replaced": list(replaced),
            "genesis_compared": power is not None,
            "files": [{"name": name, "outcome": outcome} for name, outcome in files],
        },
        question=f"Enrol {who}?",
        message=f"enrol {who}",
        brief=f"enrolled {who}",
    )


def counted(operators: int, keys: int) -> str:
    """How many operators and keys.

    >>> counted(1, 2)
    '1 operator with 2 keys'
    """
    more, plural = "" if operators == 1 else "s", "" if keys == 1 else "s"
    return f"{operators} operator{more} with {keys} key{plural}"


def sorted_entries(body: Enrolment) -> list[Enrolled]:
    """The entries by operator: the record has them by key."""
    return sorted(body.operators, key=lambda entry: (entry.operator, entry.key))


def _compared(power: Power | None, why_not: str) -> str:
    if power is None:
        return f"not looked at, so no validator was compared with it: {visible(why_not)}"
    found = f"every validator of the list is in it ({len(power.holdings)} validators)"
    return found + "".join(f"; {visible(finding.message)}" for finding in power.findings)


def _file_lines(files: Sequence[tuple[str, str]]) -> Iterator[str]:
    if files:
        yield from labelled("files", f"{len(files)}, each of them is named here")
        for name, outcome in files:
            yield from labelled("", f"{visible(name)}: {visible(outcome)}", indent=LABEL)


def roster_text(roster: Roster, power: Power | None, why_not: str) -> list[str]:
    """The operators that are enrolled, for a person."""
    names = {seat.operator for seat in roster.seats}
    lines = labelled("roster", counted(len(names), len(roster.seats)))
    claimed: list[str] = []
    for seat in roster.seats:
        own = [v for v in seat.validators if v not in roster.contested and not seat.revoked]
        claimed += own
        share = f"  {share_text(power_of(own, power), power)}" if power is not None else ""
        lines.append(f"  {seat.operator}{share}")
        lines.append(f"    {'key':<{_INDENT - 4}}{seat.key.fingerprint}")
        lines += labelled("    roles", joined(seat.roles), indent=_INDENT)
        for validator in seat.validators:
            note = "  contested: counts for no one" if validator in roster.contested else ""
            lines += labelled("    runs", f"{visible(validator)}{note}", indent=_INDENT)
        lines += labelled("    by", seat.registrar, indent=_INDENT)
        if seat.revoked:
            lines += labelled("    revoked", visible(seat.revoked), indent=_INDENT)
    if power is None:
        lines += labelled("power", f"not known: {visible(why_not)}")
    elif roster.seats:
        ours = power_of(claimed, power)
        lines += labelled("power", f"{share_text(ours, power)} belongs to these operators")
        lines += labelled("", f"{share_text(power.total - ours, power)} belongs to none of them")
    for finding in roster.findings:
        lines += labelled("wrong", f"{finding.code}  {visible(finding.message)}")
    return lines


def roster_document(roster: Roster, power: Power | None, why_not: str) -> dict[str, Any]:
    """The same for a program."""
    return {
        "schema": "aztrust/roster",
        "version_major": 1,
        "version_minor": 0,
        "operators": [
            {
                "operator": seat.operator,
                "key": seat.key.fingerprint,
                "roles": list(seat.roles),
                "validators": list(seat.validators),
                "contested": [v for v in seat.validators if v in roster.contested],
                "power": str(power_of(seat.validators, power)) if power is not None else None,
                "enrolment": seat.enrolment,
                "registrar": seat.registrar,
                "revoked": seat.revoked or None,
            }
            for seat in roster.seats
        ],
        "total_power": str(power.total) if power is not None else None,
        "power_unknown": why_not or None,
        "findings": [
            {"code": f.code, "subject": visible(f.subject), "message": visible(f.message)}
            for f in roster.findings
        ],
    }
