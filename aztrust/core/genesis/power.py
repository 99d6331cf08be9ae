"""The voting power that a launch starts with, and the names under which it is claimed.

Power comes from the sealed genesis, or from a table of weights that is sealed with it. A validator
is known by its consensus key and by its operator address, in any spelling of them: two names of one
validator are one validator.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from aztrust.core.base.errors import Malformed
from aztrust.core.base.findings import Finding
from aztrust.core.base.paths import escape
from aztrust.core.base.text import cut
from aztrust.core.base.value import field, frozen
from aztrust.core.genesis.identities import folded
from aztrust.core.genesis.validators import Validator, read_validators
from aztrust.core.linkage.jsondoc import (
    JsonValue,
    decimal_integer,
    get,
    members,
    parse_json,
    refuse_lookalike_keys,
)

POWER_INVALID = "power-invalid"
_NAMED = 5


@frozen
class Holding:
    """One validator, or one row of a table of weights.

    Args:
        shown: what a report calls it.
        names: its names in the one form in which names are compared.
        power: in the unit of the table, 0 or more.
    """

    shown: str
    names: tuple[str, ...]
    power: int


@frozen
class Power:
    """All voting power of a launch.

    Args:
        holdings: in the order of the file.
        unit: what the numbers count.
        findings: why shares of this total mean nothing: there is none, or a validator is there
            twice.
        by_name: every name to the index of its holding.
    """

    holdings: tuple[Holding, ...] = ()
    unit: str = ""
    findings: tuple[Finding, ...] = ()
    by_name: Mapping[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """All power together."""
        return sum(holding.power for holding in self.holdings)

    def find(self, name: str) -> int | None:
        """The index of the holding that an enrolment names; None where there is none."""
        return self.by_name.get(folded(name))


def genesis_power(data: bytes, *, what: str) -> Power:
    """The power of the validators of a Cosmos genesis.

    Args:
        data: the whole file, whose digest is the sealed one.
        what: its name in messages.

    Raises:
        Malformed: `genesis-malformed`, it is not strict JSON.
    """
    genesis = parse_json(data, what=what)
    refuse_lookalike_keys(genesis, what=what)
    inner = get(genesis, "result", "genesis")
    found = read_validators(inner if isinstance(inner, dict) else genesis)
    return _power(map(_holding, found.validators), found.unit or "voting power", found.notes, what)


def weight_power(data: bytes, *, what: str) -> Power:
    """The power in a table of weights: a JSON object, name to a whole number.

    Raises:
        Malformed: `genesis-malformed`, it is not strict JSON.
    """
    document: JsonValue = parse_json(data, what=what)
    notes: list[str] = []
    holdings: list[Holding] = []
    if not isinstance(document, dict):
        notes.append("it is not a JSON object of names and whole numbers")
    for name, value in members(document).items():
        weight = decimal_integer(value)
        if weight is None or weight < 0:
            notes.append(f"the weight of {cut(name, 70)} is not a whole number in decimal digits")
            continue
        holdings.append(Holding(name, (folded(name),), weight))
    return _power(holdings, "weight", notes, what)


def _holding(validator: Validator) -> Holding:
    names = (folded(name) for name in (validator.key, validator.operator))
    shown = validator.moniker or validator.operator or validator.key
    return Holding(shown, tuple(dict.fromkeys(filter(None, names))), validator.power)


def _power(holdings: Iterable[Holding], unit: str, notes: Iterable[str], what: str) -> Power:
    holdings = tuple(holdings)
    by_name: dict[str, int] = {}
    twice: dict[str, None] = {}
    for index, holding in enumerate(holdings):
        for name in holding.names:
            if by_name.setdefault(name, index) != index:
                twice[holding.shown] = None
    wrong = list(notes)
    if twice:
        named = ", ".join(cut(name, 70) for name in list(twice)[:_NAMED])
        more = f", +{len(twice) - _NAMED} more" if len(twice) > _NAMED else ""
        wrong.append(f"a validator is in it twice: {named}{more}")
    if not any(holding.power for holding in holdings):
        wrong.append("it has no voting power: a share of nothing is not known")
    return Power(holdings, unit, tuple(_invalid(what, text) for text in wrong), by_name)


def _invalid(what: str, text: str) -> Finding:
    return Finding(
        POWER_INVALID,
        what,
        text,
        mend="correct the genesis, then seal, approve and freeze it again; or name a table of"
        ' weights in the policy: [readiness] weights = "genesis:FILE"',
    )


def unreadable_power(failure: Malformed, what: str) -> Power:
    """The power of a file that cannot be read: none that counts."""
    return Power(findings=(_invalid(what, escape(failure.message)),))
