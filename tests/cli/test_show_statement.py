"""A structured statement that was pasted finds its record."""

from __future__ import annotations

import pytest

from tests.cli_launch import Desk, Template, copied, ticking_clock

clock = pytest.fixture(autouse=True)(ticking_clock)

FROZEN = "checkpoint freeze_confirmed = pass"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    return Template.make(tmp_path_factory.mktemp("frozen"), answered=False)


desk = pytest.fixture(copied)


def hold(desk: Desk, reason: str) -> dict[str, object]:
    code, document = desk.json("window", "hold", reason, "--class", "no-finality-anomaly", "--yes")
    assert code == 0, document
    return document


@pytest.mark.clause("AZ-36")
def test_a_statement_finds_its_record(desk: Desk):
    code, shown = desk.json("show", FROZEN)
    (path,) = [p for p in desk.files("verdicts") if p.name.endswith(".dsse.json")]
    assert (code, shown["title"]) == (0, "verdict: freeze_confirmed = pass")
    assert shown["id"] == desk.json("show", path)[1]["id"]
    for pasted in (f"“{FROZEN}”", f"say  {FROZEN}", FROZEN.replace(" = ", "\n= ") + "."):
        assert desk.json("show", pasted)[1]["id"] == shown["id"], pasted


@pytest.mark.clause("AZ-36")
def test_what_a_record_says_finds_that_record(desk: Desk):
    signed = hold(desk, "nothing is final")
    said = signed["records"][0]["say"]  # type: ignore[index]
    assert said == "hold issued for anomaly class no-finality-anomaly"
    shown = desk.json("show", said)[1]
    assert shown["id"] == signed["records"][0]["record_id"]  # type: ignore[index]


def test_several_are_listed_the_newest_first(desk: Desk):
    first = hold(desk, "nothing is final")
    second = hold(desk, "nothing is final again")
    done = desk.run("show", "hold issued for anomaly class no-finality-anomaly")
    assert done.exit_code == 2
    ids = [str(d["records"][0]["record_id"])[7:23] for d in (second, first)]  # type: ignore[index]
    listed = done.err.partition("2 records have this statement")[2]
    assert 0 < listed.index(f"{ids[0]}  2026") < listed.index(f"{ids[1]}  2026")
    assert f"aztrust show {ids[0]}" in done.advised
    assert desk.json("show", ids[1])[0] == 0


def test_an_unknown_statement_is_one_clear_line(desk: Desk):
    done = desk.run("show", "go/no-go decision = GO")
    assert done.exit_code == 3
    assert "no record here has the statement go/no-go decision = GO" in " ".join(done.err.split())
    # Digits in groups are an id, as before.
    assert desk.run("show", "0000 0000").exit_code == 2


def test_a_file_where_a_statement_has_a_slash_does_not_matter(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
):
    assert desk.run("window", "decide", "no-go", "--reason", "rain", "--yes").exit_code == 0
    monkeypatch.chdir(desk.launch.path)
    (desk.launch.path / "go").write_bytes(b"")
    code, shown = desk.json("show", "go/no-go decision = NO_GO")
    assert (code, shown["document"]["decision"]) == (0, "NO_GO")
