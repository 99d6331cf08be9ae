"""The checklists that follow a launch are templates of the same form (AZ-44)."""

from __future__ import annotations

import json

import pytest

from aztrust.acts.checklist.definitions import TEMPLATES, source_definitions
from aztrust.core.checklist.computations import NAMES
from aztrust.core.checklist.definitions import checklist_digest, parse_checklist
from tests.command import run
from tests.disk_launch import make_launch


@pytest.mark.clause("AZ-44")
@pytest.mark.parametrize("template", TEMPLATES)
def test_a_template_is_a_checklist_that_can_be_answered(template):
    made = parse_checklist(source_definitions(template), template)
    areas = {area.id for area in made.area}
    assert {item.area for item in made.item} == areas
    assert {item.priority for item in made.item} == {"P0", "P1", "P2"}
    assert {item.computed for item in made.item if item.computed} <= NAMES
    for item in made.item:
        assert item.computed or item.evidence or item.method, item.id
        if item.drill:
            assert item.evidence or template == "readiness", item.id


@pytest.mark.clause("AZ-44")
@pytest.mark.parametrize("template", TEMPLATES[1:])
def test_init_writes_a_template(tmp_path, template):
    launch = make_launch(tmp_path, seal=False, approve=False)
    done = run("-C", launch.path, "checklist", "init", "--template", template)
    assert done.exit_code == 0, done.out + done.err
    data = (launch.path / "manifests/checklist.toml").read_bytes()
    assert data == source_definitions(template)
    assert checklist_digest(data) in done.out
    assert run("-C", launch.path, "checklist", "init").exit_code == 10


def test_a_template_that_is_not_there_is_refused(tmp_path):
    launch = make_launch(tmp_path, seal=False, approve=False)
    assert run("-C", launch.path, "checklist", "init", "--template", "other").exit_code == 2


@pytest.mark.parametrize("words", [("show",), ("lint",), ("show", "--json")])
def test_the_name_of_a_file_is_escaped_once(tmp_path, words):
    file = tmp_path / "new\nline.toml"
    file.write_bytes(source_definitions())
    done = run("checklist", *words, file)
    assert done.exit_code == 0, done.out + done.err
    shown = json.loads(done.out)["file"] if "--json" in words else done.out
    assert r"new\nline.toml" in shown
    assert r"new\\nline.toml" not in shown
