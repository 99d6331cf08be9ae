"""The plan of a window: its file, which one counts, and the notices that come from it."""

from __future__ import annotations

import pytest

from aztrust.core.base import canonical
from aztrust.core.base.digest import sha256_id
from aztrust.core.base.errors import Malformed
from aztrust.core.checklist.notice import places, render
from aztrust.core.records.checklist_plan import Plan
from aztrust.core.records.checklist_plan_file import parse_plan
from tests.shared import REPOSITORY

PLAN = """\
[primary]
from = 2026-03-01T14:00:00Z
until = 2026-03-01T18:00:00Z
[backup]
from = 2026-03-08T14:00:00Z
until = 2026-03-08T18:00:00Z
why = "the next Sunday"
[[blackout]]
from = 2026-03-03T00:00:00Z
until = 2026-03-04T00:00:00.250Z
[[blackout]]
from = 2026-03-01T18:00:00Z
until = 2026-03-01T20:00:00Z
[change_freeze]
from = 2026-02-20T00:00:00Z
until = 2026-03-09T00:00:00Z
allowed = ["security hotfixes", "critical fixes that the release manager approved"]
[[channel]]
name = "incident"
at = "#launch"
[[template]]
name = "resolution"
text = "The launch of {chain_id} is complete."
"""
MARCH = 1_772_373_600_000
"""2026-03-01 14:00 UTC."""
HOUR = 3_600_000


def parsed(old: str = "", new: str = "") -> Plan:
    assert old in PLAN
    return parse_plan(PLAN.replace(old, new, 1).encode(), "plan.toml")


@pytest.mark.clause("RC-C.windows")
def test_a_plan_has_windows_blackouts_and_what_a_change_freeze_allows():
    plan = parsed()
    assert (plan.primary.from_unix_ms, plan.primary.until_unix_ms) == (MARCH, MARCH + 4 * HOUR)
    assert plan.backup is not None
    assert (plan.backup.from_unix_ms, plan.backup.why) == (MARCH + 168 * HOUR, "the next Sunday")
    assert plan.blackouts[0].until_unix_ms % 1000 == 250
    assert plan.change_freeze is not None
    assert plan.change_freeze.allowed[0] == "security hotfixes"
    assert parsed("[backup]\nfrom = 2026-03-08T14:00:00Z", "[backup]\nfrom = 2026-03-08T14:00:00z")


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (
            "2026-03-01T18:00:00Z",
            "2026-03-01T14:00:00Z",
            "primary window ends before it begins",
        ),
        ("2026-03-08T14:00:00Z", "2026-03-01T17:00:00Z", "its backup window begins before the"),
        (
            "2026-03-04T00:00:00.250Z",
            "2026-03-03T00:00:00Z",
            "blackout 1 ends before it begins",
        ),
        (
            "[[blackout]]\nfrom = 2026-03-01T18:00:00Z",
            "[[blackout]]\nfrom = 2026-03-01T17:59:59Z",
            "its primary window overlaps blackout 2",
        ),
        (
            "2026-03-04T00:00:00.250Z",
            "2026-03-08T15:00:00Z",
            "backup window overlaps blackout 1",
        ),
        ("2026-03-09T00:00:00Z", "2026-02-19T00:00:00Z", "its change freeze ends before it begins"),
        ("2026-03-01T14:00:00Z", "2026-03-01T14:00:00+01:00", "write it in UTC"),
        ("2026-03-01T14:00:00Z", "2026-03-01T14:00:00", "write it in UTC"),
        ("2026-03-01T14:00:00Z", '"next Sunday"', "primary.from"),
        ("[primary]", "[first]", "unknown key first"),
        ('name = "incident"\nat = "#launch"', 'name = "incident"', "at is missing"),
        (
            "[[channel]]\n",
            '[[channel]]\nname = "incident"\nat = "x"\n[[channel]]\n',
            "its channel incident is there twice",
        ),
        ("[primary]", "[primary", "not TOML"),
    ],
)
def test_a_plan_that_contradicts_itself_is_refused(old, new, fault):
    with pytest.raises(Malformed) as refused:
        parsed(old, new)
    assert refused.value.code == "plan-malformed"
    assert fault in " ".join((refused.value.message, *refused.value.details))


def test_a_larger_plan_is_refused():
    with pytest.raises(Malformed, match="larger than"):
        parse_plan(PLAN.encode() + b"#" * 256 * 1024, "plan.toml")


def test_the_plan_in_the_documentation_is_one():
    text = (REPOSITORY / "docs" / "checklist.md").read_text("utf-8")
    example = text.split("<!-- plan -->\n```toml\n", 1)[1].split("```", 1)[0]
    plan = parse_plan(example.encode(), "docs/checklist.md")
    assert {t.name for t in plan.templates} == {
        *("scheduled-maintenance", "incident-update", "resolution"),
    }


@pytest.mark.clause("RC-F")
def test_a_template_has_places_for_what_the_scope_says():
    text = "{chain_id} starts {primary_from}; {chain_id} {Not} {} {1x} {{chain_id}}"
    assert places(text) == ("chain_id", "primary_from")
    # A value is not a template: what looks like a place in it stays.
    values = {"chain_id": "{primary_from}", "primary_from": "at noon"}
    assert render(text, values) == (
        "{primary_from} starts at noon; {primary_from} {Not} {} {1x} {{primary_from}}"
    )
    with pytest.raises(KeyError):
        render(text, {"chain_id": "x"})


def test_a_preimage_is_the_plan_of_the_file():
    plan = parsed()
    again = Plan.model_validate(plan.model_dump(mode="json", exclude_none=True))
    assert again == plan
    held = canonical.dumps(plan.model_dump(mode="json", exclude_none=True))
    assert sha256_id(held) == sha256_id(canonical.dumps(again.model_dump(exclude_none=True)))
