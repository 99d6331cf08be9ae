"""The table `[readiness]` of the policy."""

from __future__ import annotations

from typing import Annotated, Literal

from aztrust.core.base.model import Items, Model, Name
from aztrust.core.base.rates import Share
from aztrust.core.base.schema import Field
from aztrust.core.base.times import Duration


class Readiness(Model):
    """`[readiness]`: what hosts may bring, and how many operators have to be ready (AZ-24.2).

    Args:
        self_built: whether a Go binary that an operator built may replace an approved one.
        module: the main module that such a binary must be of.
        registrar: the role whose holders enrol operators.
        min_power: the least part of the voting power that has to be ready; None where the policy
            fixes none.
        min_notaries: how many operators with `notary_role` have to be ready.
        notary_role, observer_role: what these roles are called in this launch.
        mandatory: the operators without whom nothing starts.
        observers_may_wait: whether operators with no other role than `observer_role` are not
            waited for.
        max_age: how long a confirmation counts.
        collapse: below which part of the voting power a launch that was ready is to be aborted.
        weights: `genesis:FILE`: a JSON object of the genesis package, name to voting power, for a
            chain whose genesis has no validators.
    """

    self_built: Literal["refuse", "allow"] = "refuse"
    module: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    registrar: Name = "registrar"
    min_power: Share | None = None
    min_notaries: Annotated[int, Field(ge=0, le=100_000)] = 0
    notary_role: Name = "notary"
    observer_role: Name = "observer"
    mandatory: Items[Name] = ()
    observers_may_wait: bool = True
    max_age: Duration = "1h"
    collapse: Share | None = None
    weights: Annotated[str, Field(pattern=r"^genesis:.+$", max_length=4096)] | None = None

    @property
    def has_threshold(self) -> bool:
        """Whether anything says how many operators are enough."""
        named = self.min_power is not None or self.min_notaries > 0 or bool(self.mandatory)
        return named or not self.observers_may_wait
