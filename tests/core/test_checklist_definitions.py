"""The definitions of a checklist: those of the source, what they may not say, and their lint."""

from __future__ import annotations

from collections import Counter

import pytest

from aztrust.acts.checklist.definitions import source_definitions, with_roles
from aztrust.core.base.errors import Malformed, UsageError
from aztrust.core.checklist.computations import ATTESTED, NAMES, computed_share, is_computed
from aztrust.core.checklist.definitions import checklist_digest, parse_checklist
from aztrust.core.checklist.lint import distinct_approvers, lint_checklist
from aztrust.core.checklist.written import checklist_toml
from aztrust.core.policy.lint_message import Severity
from aztrust.core.policy.model import Policy
from aztrust.core.policy.validate import parse_policy
from tests.policies import holder, text
from tests.shared import shared_path

SOURCE = source_definitions()
READINESS = parse_checklist(SOURCE)
AREAS = ("security", "compliance", "operations", "finance", "product")
# The items of the source in C, D, E, G, H, I and J that bytes, the clock or the ledger answer.
COMPUTED = {
    *("C.primary", "C.backup", "C.blackouts", "C.freeze-starts", "C.freeze-ends", "C.allowed"),
    *(f"C.rollback.{n}" for n in range(1, 6)),
    *("D.2", "E.4", "G.P0", "G.P1", "G.P2", "G.1", "G.2", "G.3", "G.4"),
    *("H.1", "H.2", "I.1", "I.2", "J.1", "J.2", "J.4"),
}
SMALL = """\
schema = "aztrust/checklist"
version = 1
title = "T"
[[area]]
id = "ops"
title = "Ops"
approver = "ops-lead"
method = "m"
[[area]]
id = "sec"
title = "Security"
approver = "security-lead"
method = "m"
[[item]]
id = "D.1"
area = "ops"
text = "one"
priority = "P0"
owner = "ops-lead"
method = "m"
[[item]]
id = "D.2"
area = "sec"
text = "two"
priority = "P1"
owner = "security-lead"
method = "m"
requires = ["D.1"]
"""


def topics(given: str, policy: Policy | None = None) -> dict[str, Severity]:
    return {r.topic: r.severity for r in lint_checklist(given.encode(), policy)}


def under(given: str, **people: list[str]) -> Policy:
    """A policy that names these definitions, with further holders."""
    more = "".join(holder(name, roles) for name, roles in people.items())
    digest = checklist_digest(given.encode())
    return parse_policy((text() + more + f'[checklist]\ndigest = "{digest}"\n').encode())


@pytest.mark.clause("RC-A")
@pytest.mark.clause("RC-B")
def test_the_source_has_five_areas_each_with_its_approver_and_artifacts():
    assert tuple(area.id for area in READINESS.area) == AREAS
    approvers = [area.approver for area in READINESS.area]
    assert approvers == [
        *("security-lead", "compliance-lead", "ops-lead", "finance-lead", "product-lead"),
    ]
    assert [len(area.artifacts) for area in READINESS.area] == [4, 4, 4, 3, 3]
    assert all(area.method and area.evidence for area in READINESS.area)
    # What an area has to show is an item, so that its sign-off is about something.
    assert all(READINESS.of_area(area) for area in AREAS)
    for n, area in enumerate(AREAS, 1):
        item = READINESS.item_named(f"B.{n}")
        assert item is not None
        assert (item.area, bool(item.evidence)) == (area, True)


@pytest.mark.clause("RC-pre")
def test_the_source_is_complete():
    count = Counter(item.section for item in READINESS.item)
    assert count == {
        "pre": 5,
        "B": 5,
        "C": 11,
        "D": 6,
        "E": 4,
        "F": 9,
        "G": 7,
        "H": 2,
        "I": 2,
        "J": 4,
        "T": 4,
    }
    assert {item.priority for item in READINESS.item} == {"P0", "P1", "P2"}
    # What can be true only after the decision is not in the score that is decided on.
    late = {item.section for item in READINESS.item if item.due == "close"}
    assert late == {"G", "I", "J"}
    assert all(item.due == "close" for item in READINESS.item if item.section in late)


@pytest.mark.clause("RC-D")
@pytest.mark.clause("RC-E")
def test_the_texts_of_the_tasks_are_those_of_the_source():
    path = shared_path("spec/mainnet-launch-readiness-checklist.md")
    tasks = [
        line[6:].replace("`", "").strip()
        for line in path.read_text("utf-8").splitlines()
        if line.startswith("- [ ] ")
    ]
    ours = [i.text for i in READINESS.item if i.section in "DEJ"]
    assert ours == tasks
    assert len(tasks) == 14


def test_at_least_six_in_ten_of_the_source_are_computed():
    found = {i.id for i in READINESS.item if i.section in tuple("CDEGHIJ") and is_computed(i)}
    assert found == COMPUTED
    share = computed_share(READINESS)
    assert (share.computed, share.items) == (len(COMPUTED), 36)
    assert share.percent >= 60
    # What a person signed about a drill is attested, and not counted.
    assert READINESS.item_named("E.2").computed in ATTESTED  # type: ignore[union-attr]
    assert [i.id for i in READINESS.item if i.drill] == ["D.3", "D.4", "D.5", "E.1", "E.3"]


def test_the_source_has_no_remark_but_its_share():
    assert topics(SOURCE.decode()) == {"computed-items": Severity.NOTE}


def test_each_priority_of_the_source_has_its_reason():
    lines = SOURCE.decode().split("\n")
    for item in READINESS.item:
        if item.priority != "P2":
            at = lines.index(f'id = "{item.id}"') - 2
            assert lines[at].startswith(f"# {item.priority}: "), item.id


def test_roles_of_the_source_take_other_names():
    made = parse_checklist(with_roles(SOURCE, {"finance-lead": "treasurer"}))
    assert made.area_named("finance").approver == "treasurer"  # type: ignore[union-attr]
    assert {i.owner for i in made.item if i.area == "finance"} == {"treasurer"}
    assert made.area_named("security").approver == "security-lead"  # type: ignore[union-attr]
    with pytest.raises(UsageError, match="no role finance-led; did you mean finance-lead"):
        with_roles(SOURCE, {"finance-led": "treasurer"})


def test_what_is_written_is_read_again():
    for data in (SOURCE, SMALL.encode()):
        made = parse_checklist(data)
        assert parse_checklist(checklist_toml(made, ("a note",)).encode()) == made
    odd = parse_checklist(SMALL.replace('"one"', "'a \"b\" \\c'").encode())
    assert odd.item[0].text == 'a "b" \\c'
    assert parse_checklist(checklist_toml(odd).encode()) == odd


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('id = "D.2"', 'id = "D.1"', "the item D.1 is there twice"),
        ('id = "sec"', 'id = "ops"', "the area ops is there twice"),
        ('area = "sec"', 'area = "other"', "the item D.2 belongs to other, which is not an area"),
        ('["D.1"]', '["D.9"]', "the item D.2 requires D.9, which is not an item"),
        ('["D.1"]', '["D.2"]', "the item D.2 requires itself, by way of others"),
        ('text = "one"', 'text = "one"\ndue = "close"', "the item D.2 is due before D.1"),
        (
            'text = "one"',
            'text = "one"\ndrill = true\ncomputed = "quorum-met"',
            "the item D.1 is computed, and a drill is answered by a person",
        ),
        ('"P0"', '"P3"', "priority"),
        ("version = 1", "version = 2", "version"),
        ('title = "T"', 'title = "T"\nmore = 1', "unknown key more"),
    ],
)
def test_definitions_that_contradict_themselves_are_refused(old, new, fault):
    assert parse_checklist(SMALL.encode()).item
    with pytest.raises(Malformed) as refused:
        parse_checklist(SMALL.replace(old, new, 1).encode())
    assert refused.value.code == "checklist-malformed"
    assert "aztrust checklist lint" in refused.value.mend
    assert fault in " ".join((refused.value.message, *refused.value.details))


def test_a_larger_file_is_refused():
    with pytest.raises(Malformed, match="larger than"):
        parse_checklist(SMALL.encode() + b"#" * 1024 * 1024)


def test_an_item_is_another_one_once_its_definition_changes():
    one = parse_checklist(SMALL.encode()).item
    other = parse_checklist(SMALL.replace('"P0"', '"P2"').encode()).item
    assert one[0].digest != other[0].digest
    assert one[1].digest == other[1].digest


def test_lint_names_what_no_computation_is_called():
    wrong = SMALL.replace('text = "one"', 'text = "one"\ncomputed = "quorum-mett"')
    (found,) = [r for r in lint_checklist(wrong.encode(), None) if r.severity is Severity.ERROR]
    assert "did you mean quorum-met" in found.message
    right = SMALL.replace('text = "one"', 'text = "one"\ncomputed = "quorum-met"')
    assert "unknown-computation" not in topics(right)
    assert {i.computed for i in READINESS.item if i.computed} <= NAMES


def test_lint_names_the_roles_that_no_holder_has():
    assert topics(SMALL, under(SMALL))["role-without-holder"] is Severity.HOLD
    assert "role-without-holder" not in topics(SMALL, under(SMALL, otto=["ops-lead"]))


def test_lint_compares_the_file_with_the_policy():
    policy = under(SMALL, otto=["ops-lead"])
    assert "checklist-changed" not in topics(SMALL, policy)
    assert topics(SMALL + "\n", policy)["checklist-changed"] is Severity.HOLD
    without = parse_policy(text().encode())
    assert topics(SMALL, without)["checklist-unnamed"] is Severity.NOTE


def test_areas_that_only_one_person_can_sign_off_have_no_quorum():
    one = SMALL.replace('approver = "security-lead"', 'approver = "ops-lead"')
    alone = under(one, otto=["ops-lead"])
    assert distinct_approvers(parse_checklist(one.encode()), alone) == 1
    assert topics(one, alone)["quorum-out-of-reach"] is Severity.HOLD
    two = under(one, otto=["ops-lead"], olga=["ops-lead"])
    assert "quorum-out-of-reach" not in topics(one, two)
    # The first area takes the holder whom the second one needs, and gives her back.
    both = under(SMALL, anna=["ops-lead", "security-lead"], otto=["ops-lead"])
    assert distinct_approvers(parse_checklist(SMALL.encode()), both) == 2


def test_lint_warns_of_an_area_that_signs_off_nothing():
    empty = SMALL.replace('area = "sec"', 'area = "ops"')
    assert topics(empty)["area-without-items"] is Severity.WARNING
    assert "area-without-items" not in topics(SMALL)
