"""A new kind of record needs its model and its descriptor, and no other change.

This file has both for a kind that aztrust does not have. It goes from signing through the ledger
and the kit to `show`, the standing of the launch, the freeze and the documentation.
"""

from __future__ import annotations

from typing import Literal

import pytest

from aztrust.acts.pack import pack
from aztrust.acts.preconditions import read_launch_context
from aztrust.acts.publish import SignedRecord, sign_record, store_record
from aztrust.core.base.digest import Sha256
from aztrust.core.base.errors import Malformed
from aztrust.core.base.model import Items, Model
from aztrust.core.base.value import replace
from aztrust.core.history.leaf import dependencies, is_negative, read_record
from aztrust.core.history.opener import Opener
from aztrust.core.judge.final_matrix import final_rows
from aztrust.core.judge.freeze_matrix import confirmations
from aztrust.core.records.kind import KindText, RecordKind, UnixMs, about_scope, malformed
from aztrust.core.records.records import KINDS
from aztrust.core.state.ledger.append_rules import admit, open_files
from aztrust.storage.kit import read_kit
from aztrust.storage.launch import open_launch
from tests.command import run
from tests.disk_launch import NOW, PEOPLE, Launch, make_launch, policy_text, signer
from tests.final_check_builders import checked, frozen
from tests.ledgers import KEYS, TABLE, LedgerFile, signed_files
from tests.verdicts import ONE
from tools.records import BEGIN, END, document

SCOPE = "sha256:" + "4" * 64
LATER = NOW + 60 * 60_000


class WeatherReport(Model):
    """What the sky over a data centre looks like."""

    follows: Items[Sha256]
    policy_digest: Sha256
    scope_hash: Sha256
    seen_at_unix_ms: UnixMs
    sky: Literal["clear", "storm"]
    wind: str


def _check(body: WeatherReport, _: object, what: str) -> None:
    if body.sky == "storm" and not body.wind:
        raise malformed("a storm without wind", what)


WEATHER_REPORT = RecordKind(
    name="weather-report",
    model=WeatherReport,
    time_field="seen_at_unix_ms",
    subject=about_scope,
    is_negative=lambda body: body.sky == "storm",
    may_sign=lambda policy, _: frozenset(policy.verdicts.roles),
    depends_on=lambda body: frozenset(body.follows),
    check=_check,
    freeze_row="supersession",
    summary=lambda body: f"of a {body.sky} sky",
    page=lambda record: [("sky", record.get("sky")), ("seen_at_unix_ms", NOW)],
    text=KindText(
        about="The sky over a data centre.",
        subject="`scope`, the scope hash",
        signer="a holder of a role in `[verdicts]`",
        negative="when `sky` is `storm`",
        fields={
            "follows": "ids of earlier reports",
            "policy_digest": "",
            "scope_hash": "",
            "seen_at_unix_ms": "",
            "sky": "`clear` or `storm`",
            "wind": "from where",
        },
    ),
)


@pytest.fixture
def launch(tmp_path, monkeypatch) -> Launch:
    monkeypatch.setitem(KINDS, WEATHER_REPORT.name, WEATHER_REPORT)
    made = make_launch(tmp_path, policy=policy_text(extra=ONE + TABLE))
    monkeypatch.chdir(made.path)
    monkeypatch.setenv("AZTRUST_ANCHOR", made.anchor)
    return made


def report(launch: Launch, by: str = "luca", **changes: object) -> SignedRecord:
    """A signed report, of a clear sky unless stated otherwise."""
    fields = {
        "follows": (),
        "policy_digest": launch.anchor,
        "scope_hash": SCOPE,
        "seen_at_unix_ms": LATER,
        "sky": "clear",
        "wind": "south",
    }
    body = WeatherReport.model_validate({**fields, **changes})
    return sign_record("weather-report", body, {}, signer(by))


def taken(launch: Launch, *records: SignedRecord, held: tuple[SignedRecord, ...] = ()):
    """What the ledger takes of these records, and the codes of what it refuses."""
    context = read_launch_context(launch.path)
    opened = open_files(context, {record.record_id: record.data for record in records})
    lookup = {record.record_id: [record.data] for record in held}
    admission = admit(context, opened.taken, lambda id_: lookup.get(id_, ()), LATER)
    refused = {f.subject: f.code for f in (*opened.refused, *admission.refused)}
    return {o.name for o in admission.taken}, refused


def test_it_is_signed_and_stored_under_its_name(launch):
    signed = report(launch)
    name = f"{signed.record_id[7:23]}.weather-report.{PEOPLE['luca'].public().keyid[:8]}.dsse.json"
    assert signed.path == f"manifests/records/{name}"
    assert store_record(launch.path, signed).read_bytes() == signed.data


def test_what_its_check_refuses_is_not_signed(launch):
    with pytest.raises(Malformed, match="a storm without wind"):
        report(launch, sky="storm", wind="")
    assert report(launch, sky="clear", wind="")


def test_it_counts_from_its_roles_and_no_other(launch):
    counting, other = report(launch), report(launch, by="rita", wind="north")
    for record in (counting, other):
        store_record(launch.path, record)
    records = read_launch_context(launch.path).records
    (only,) = (u for u in records.effective.verified if u.kind == "weather-report")
    assert (only.record_id, only.holder) == (counting.record_id, "luca")
    assert (only.scope_hash, only.claimed_unix_ms) == (SCOPE, LATER)
    assert only.title == "weather-report of a clear sky"
    assert [n.code for n in records.notices] == ["signer-not-in-role"]
    assert taken(launch, counting, other) == (
        {counting.record_id},
        {other.record_id: "signer-not-in-role"},
    )


def test_the_ledger_asks_for_its_dependencies_unless_it_is_negative(launch):
    first = report(launch, wind="east")
    clear = report(launch, follows=[first.record_id])
    storm = report(launch, follows=[first.record_id], sky="storm")
    assert taken(launch, clear, storm) == (
        {storm.record_id},
        {clear.record_id: "cause-missing"},
    )
    assert taken(launch, clear, storm, held=(first,)) == ({clear.record_id, storm.record_id}, {})
    read = {record: read_record(record.data, KEYS, Opener(), name="x") for record in (clear, storm)}
    assert [is_negative(record) for record in read.values()] == [False, True]
    assert dependencies(read[clear]) == {first.record_id}
    assert dependencies(read[storm]) == frozenset()


def test_it_cannot_be_revoked_when_it_is_negative(launch):
    clear, storm = report(launch), report(launch, sky="storm")
    for record in (clear, storm):
        store_record(launch.path, record)
        launch.revoke(record.record_id, "sonia")
    effective = read_launch_context(launch.path).records.effective
    standing = {
        u.record_id: effective.is_effective(u)
        for u in effective.verified
        if u.kind == "weather-report"
    }
    assert standing == {clear.record_id: False, storm.record_id: True}


def test_it_goes_through_the_ledger_and_the_kit_to_show(launch, tmp_path, monkeypatch):
    first, storm = report(launch), report(launch, sky="storm")
    for record in (first, storm):
        store_record(launch.path, record)
    ledger = tmp_path / "launch.ledger"
    monkeypatch.setenv("AZTRUST_LEDGER", str(ledger))
    assert run("ledger", "init").exit_code == 0
    done = run("ledger", "append", "--key", launch.key_file("luca"))
    assert done.exit_code == 0, done.out
    done = run("ledger", "verify")
    assert done.exit_code == 0, done.out
    listed = [line for line in run("ledger", "list").out.splitlines() if "weather-report" in line]
    assert len(listed) == 2

    kit = pack(launch.path, tmp_path / "kit.aztrust", str(ledger)).path
    assert read_kit(kit).files[first.path] == first.data
    assert open_launch(kit).evidence().records[first.path.rpartition("/")[2]] == first.data
    assert "2 weather-report" in run("show", kit).out

    for source in (launch.path, kit):
        shown = run("-C", source, "show", storm.record_id[7:23])
        assert shown.exit_code == 0, shown.err
        rows = [line.split() for line in shown.out.splitlines()[2:4]]
        assert rows == [["sky", "storm"], ["seen_at", "2026-06-01", "12:00:00", "UTC"]]
        assert "by luca under this launch's policy" in shown.out
        # Nothing can revoke it, so nothing is shown about that.
        assert "nothing here revokes it" not in shown.out
        clear = run("-C", source, "show", first.record_id[7:23])
        assert "nothing here revokes it" in clear.out


@pytest.mark.parametrize(
    ("sky", "first_comes", "exit_code"), [("clear", 0, 0), ("clear", 1, 10), ("storm", 1, 0)]
)
def test_an_audit_wants_what_it_depends_on_before_it(launch, tmp_path, sky, first_comes, exit_code):
    first = report(launch, wind="east")
    order = [report(launch, follows=[first.record_id], sky=sky)]
    order.insert(first_comes, first)
    log = LedgerFile(tmp_path / "launch.ledger", signed_files(launch))
    log.append(record.data for record in order)
    log.head()
    done = run("ledger", "verify", "--ledger", log.path)
    assert done.exit_code == exit_code, done.out


@pytest.mark.parametrize("freeze_row", ["supersession", "scope", None])
@pytest.mark.parametrize("final_part", ["evidence", "answer", "none"])
def test_the_matrices_name_it_where_its_kind_says(monkeypatch, freeze_row, final_part):
    kind = replace(WEATHER_REPORT, freeze_row=freeze_row, final_part=final_part)
    monkeypatch.setitem(KINDS, kind.name, kind)
    launch = frozen()
    fields = {"scope_hash": SCOPE, "seen_at_unix_ms": NOW, "follows": (), "sky": "clear"}
    counting = launch.record("weather-report", "luca", wind="south", **fields)
    other = launch.record("weather-report", "rita", wind="north", **fields)
    verdict = checked(launch)
    for rows, wanted in (
        (confirmations(verdict), [freeze_row] if freeze_row else []),
        (final_rows(verdict), ["package-compatibility"] if final_part == "evidence" else []),
    ):
        assert [r.id for r in rows if counting in r.evidence] == wanted
        assert not [r.id for r in rows if other in r.evidence]


def test_the_documentation_gets_a_section(launch):
    text = document(f"before\n{BEGIN}old\n{END}after\n", [*KINDS.values()])
    assert text.startswith("before\n")
    assert text.endswith(f"{END}after\n")
    assert "old" not in text.splitlines()
    section = text.partition("### `weather-report`\n")[2].partition("\n### ")[0]
    assert "The sky over a data centre." in section
    assert "Signed by a holder of a role in `[verdicts]`. Negative: when `sky` is `storm`." in (
        section.replace("\n", " ")
    )
    assert "| `sky` | `clear` or `storm` |" in section
    assert "| `policy_digest` | |" in section


@pytest.mark.parametrize("text", ["", BEGIN, END, f"{BEGIN}{END}{END}"])
def test_a_document_without_its_marks_is_not_written(text):
    with pytest.raises(ValueError, match="each once"):
        document(text, KINDS.values())
