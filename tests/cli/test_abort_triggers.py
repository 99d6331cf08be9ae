"""The abort triggers of AZ-29.1 that a final check shows, each with its evidence."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.cli_launch import Desk, answered, copied, ticking_clock

clock = pytest.fixture(autouse=True)(ticking_clock)
template = pytest.fixture(scope="module")(answered)
desk = pytest.fixture(copied)


def binary(desk: Desk) -> None:
    desk.launch.file("release", "bin/atlasd").write_bytes(b"other")


def genesis(desk: Desk) -> None:
    path = desk.launch.file("genesis", "genesis.json")
    path.write_bytes(path.read_bytes().replace(b'"initial_height": "1"', b'"initial_height": "2"'))


def answer(row: str, by: str) -> Callable[[Desk], None]:
    def act(desk: Desk) -> None:
        assert desk.run("attest", row, "fail", by=by).exit_code == 0
        desk.keep()

    return act


def advisory(desk: Desk) -> None:
    words = ("--outcome", "blocking", "--source", "private")
    assert desk.run("advisory", "review", *words).exit_code == 0
    desk.keep()


SHOWN = (
    (binary, "binary-hash-mismatch", "release:bin/atlasd"),
    (genesis, "genesis-hash-mismatch", "genesis:genesis.json"),
    (answer("operator-readiness", "dan"), "readiness-collapse", "operator-readiness"),
    (answer("role-readiness", "luca"), "readiness-collapse", "role-readiness"),
    (answer("monitoring-live", "dan"), "monitoring-unavailable", "monitoring-live"),
    (answer("incident-path", "dan"), "monitoring-unavailable", "incident-path"),
    (advisory, "vulnerability-disclosed", "advisory-review"),
)


@pytest.mark.clause("AZ-29.1")
@pytest.mark.parametrize(
    ("act", "trigger", "subject"), SHOWN, ids=[f"{t} {s}" for _, t, s in SHOWN]
)
def test_a_trigger_is_shown_with_its_evidence(
    desk: Desk, act: Callable[[Desk], None], trigger: str, subject: str
):
    act(desk)
    code, document = desk.json("final-check", "--dry-run")
    assert code in (10, 11)
    (shown,) = document["triggers"]
    assert (shown["trigger"], shown["clause"]) == (trigger, "AZ-29.1")
    assert any(text.endswith(subject) for text in shown["evidence"]), shown
    assert f"aztrust window abort --trigger {trigger} --reason T" in shown["commands"]
    text = desk.run("final-check", "--dry-run")
    assert f"trigger  {trigger} (AZ-29.1)" in text.out


def test_another_file_of_the_release_and_a_pass_show_none(desk: Desk):
    assert desk.json("final-check", "--dry-run")[1]["triggers"] == []
    desk.launch.file("release", "README").write_bytes(b"other")
    code, document = desk.json("final-check", "--dry-run")
    assert (code, document["triggers"]) == (10, [])


@pytest.mark.clause("AZ-29.1")
def test_several_are_in_the_order_of_the_clause(desk: Desk):
    for act in (advisory, genesis, binary):
        act(desk)
    found = [t["trigger"] for t in desk.json("final-check", "--dry-run")[1]["triggers"]]
    wanted = ["binary-hash-mismatch", "genesis-hash-mismatch", "vulnerability-disclosed"]
    assert found == wanted
