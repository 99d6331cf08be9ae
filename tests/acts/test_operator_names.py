"""A name that no operator has: the refusal lists some, and says how many there are besides."""

from __future__ import annotations

import pytest

from aztrust.acts.operators.confirm import seats_of
from aztrust.core.base.errors import Refused
from tests.readiness import context_of, staffed


@pytest.mark.parametrize(("count", "left"), [(8, ""), (11, ", +3 more")])
def test_a_list_that_is_cut_says_so(count: int, left: str):
    context = context_of(staffed({f"op{n:02}": 1 for n in range(count)}))
    with pytest.raises(Refused) as caught:
        seats_of(context, "nora")
    assert caught.value.details == (f"enrolled: {', '.join(f'op{n:02}' for n in range(8))}{left}",)
    assert set(seats_of(context, "op07")) == {
        s.key.fingerprint for s in context.roster.seats if s.operator == "op07"
    }
