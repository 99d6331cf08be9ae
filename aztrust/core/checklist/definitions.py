"""The definitions of a readiness checklist: `manifests/checklist.toml`.

The policy names the digest of the file's bytes. The file says what is asked, of whom, and how it is
shown; it never says that something is done.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final, Literal

from aztrust.core.base import canonical
from aztrust.core.base.digest import sha256_id
from aztrust.core.base.errors import Malformed
from aztrust.core.base.model import Items, Model, Name, VersionOne, validate
from aztrust.core.base.schema import Field
from aztrust.core.checklist.path import CHECKLIST_LIMIT, CHECKLIST_PATH
from aztrust.core.policy.tomldoc import read_toml

MALFORMED: Final = "checklist-malformed"

Priority = Literal["P0", "P1", "P2"]
Due = Literal["decision", "close"]
"""When an item has to be answered: before the decision, or when the checklist is closed."""

ItemId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
Line = Annotated[str, Field(min_length=1, max_length=1000)]


class Area(Model):
    """`[[area]]`: one sign-off area (RC-A, RC-B).

    Args:
        id: its name in commands and records.
        title: as people read it.
        approver: the role of the policy that signs it off.
        artifacts: what has to be there.
        method: how it is validated.
        evidence: where the evidence is, as paths or links.
    """

    id: Name
    title: Line
    approver: Name
    artifacts: Items[Line] = ()
    method: Line
    evidence: Items[Line] = ()


class Item(Model):
    """`[[item]]`: one thing that is asked.

    Args:
        id: its name, such as `D.2`; what comes before the first dot is its section.
        area: the sign-off area that it belongs to.
        text: what is asked.
        priority: P0, P1 or P2 (RC-G.scoring).
        owner: the role of the policy whose holders answer it.
        method: how it is validated.
        evidence: what has to be shown for it; with it, an answer needs evidence in files.
        requires: the items that pass before it can.
        rollback: what leads back if it fails later.
        computed: the computation that answers it; without one a person answers.
        drill: whether the answer of a person has to be a record of a drill.
        due: when it has to be answered.
        source: the clause or the line that it comes from.
    """

    id: ItemId
    area: Name
    text: Line
    priority: Priority
    owner: Name
    method: Line
    evidence: Items[Line] = ()
    requires: Items[ItemId] = ()
    rollback: Line | None = None
    computed: Name | None = None
    drill: bool = False
    due: Due = "decision"
    source: Line | None = None

    @property
    def section(self) -> str:
        """The section of the source that it is in."""
        return self.id.partition(".")[0]

    @property
    def digest(self) -> str:
        """`sha256:` of its definition in canonical JSON: what an answer is about."""
        return sha256_id(canonical.dumps(self.model_dump(mode="json", exclude_none=True)))


class Checklist(Model):
    """The file of definitions.

    Args:
        area: the sign-off areas; each has its own sign-off.
        item: in the order in which they are shown.
    """

    schema_: Annotated[Literal["aztrust/checklist"], Field(alias="schema")]
    version: VersionOne
    title: Line
    area: Annotated[Items[Area], Field(min_length=1, max_length=64)]
    item: Annotated[Items[Item], Field(min_length=1, max_length=2000)]

    def of_area(self, area: str) -> tuple[Item, ...]:
        """The items of an area that are due before the decision: those that it signs off."""
        return tuple(item for item in self.item if item.area == area and item.due == "decision")

    def area_named(self, name: str) -> Area | None:
        """The area with this id; None where there is none."""
        return next((area for area in self.area if area.id == name), None)

    def item_named(self, name: str) -> Item | None:
        """The item with this id; None where there is none."""
        return next((item for item in self.item if item.id == name), None)


def checklist_digest(data: bytes) -> str:
    """What the policy names: SHA-256 over the file's exact bytes."""
    return sha256_id(data)


def parse_checklist(data: bytes, what: str = CHECKLIST_PATH) -> Checklist:
    """The definitions in a file.

    Args:
        data: its bytes.
        what: its name.

    Raises:
        Malformed: `checklist-malformed`: it is not TOML, not of this format, or its items
            contradict each other.
    """
    if len(data) > CHECKLIST_LIMIT:
        raise Malformed(
            f"larger than {CHECKLIST_LIMIT} bytes",
            subject=what,
            code=MALFORMED,
            mend="split its texts",
        )
    mend = f"edit {what}, then: aztrust checklist lint"
    try:
        document = read_toml(data, what=what, code=MALFORMED)
    except Malformed as error:
        raise Malformed(error.message, subject=what, code=MALFORMED, mend=mend) from None
    made = validate(Checklist, document, what=what, code=MALFORMED, mend=mend)
    faults = tuple(definition_faults(made))
    if faults:
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        raise Malformed(
            faults[0] + more,
            subject=what,
            code=MALFORMED,
            mend=mend,
            details=faults,
        )
    return made


def definition_faults(checklist: Checklist) -> Iterator[str]:
    """What is wrong with definitions that are each well formed, as clauses."""
    areas = [area.id for area in checklist.area]
    items = {item.id: item for item in checklist.item}
    yield from (f"the area {name} is there twice" for name in _twice(areas))
    yield from (
        f"the item {name} is there twice" for name in _twice([i.id for i in checklist.item])
    )
    for item in checklist.item:
        if item.area not in areas:
            yield f"the item {item.id} belongs to {item.area}, which is not an area"
        for other in item.requires:
            if other not in items:
                yield f"the item {item.id} requires {other}, which is not an item"
            elif item.due == "decision" and items[other].due == "close":
                yield f"the item {item.id} is due before {other}, which it requires"
        if item.computed is not None and item.drill:
            yield f"the item {item.id} is computed, and a drill is answered by a person"
    yield from (f"the item {name} requires itself, by way of others" for name in _in_circles(items))


def _twice(names: list[str]) -> list[str]:
    return sorted({name for name in names if names.count(name) > 1})


def _in_circles(items: Mapping[str, Any]) -> list[str]:
    """The items that no order of answering reaches: each waits for another one of them."""
    open_ = {name: {r for r in item.requires if r in items} for name, item in items.items()}
    while ready := [name for name, waits in open_.items() if not waits]:
        for name in ready:
            del open_[name]
        for waits in open_.values():
            waits.difference_update(ready)
    return sorted(open_)
