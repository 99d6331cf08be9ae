"""Records that are handed in: what is queued, what is known, and what is refused."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from aztrust.core.base.value import replace
from aztrust.server.limits import Limits
from aztrust.storage import durable
from tests.command import run
from tests.disk_launch import Launch, make_launch
from tests.server.asgi import LATER, Asked, Site, ask
from tests.server.launches import made, records, revocation
from tests.standins import stand_in

DAY = 86_400_000


def test_a_record_is_queued_in_the_folder_and_then_known(launch):
    site, data = Site(launch.path), made(launch, 1)
    before = records(launch)
    first = site.post(data)
    assert first.status == 202
    (record,) = first.json["records"]
    assert record["outcome"] == "queued"
    assert (record["kind"], record["holder"]) == ("announcement", "gabi")
    assert records(launch).keys() - before.keys() == {Path(record["place"]).name}
    # Known at once, and after the folder was read again.
    for _ in range(2):
        again = site.post(data)
        assert again.status == 200
        assert again.json["records"] == [{**record, "outcome": "known"}]
        site.read_again()
    got = site.get(f"/records/{record['record_id']}")
    assert (got.status, got.headers["content-type"]) == (200, "application/json")
    assert json.loads(got.body) == json.loads(data)
    assert site.get(f"/records/{record['record_id'][7:]}").body == got.body


def test_another_layout_of_a_known_record_is_known(launch):
    site, data = Site(launch.path), made(launch, 1)
    assert site.post(data).status == 202
    assert site.post(json.dumps(json.loads(data), indent=3).encode()).status == 200


def test_a_record_whose_file_was_removed_is_queued_again(launch):
    site, data = Site(launch.path), made(launch, 1)
    place = site.post(data).json["records"][0]["place"]
    (launch.path / place).unlink()
    assert site.post(data).status == 202
    assert (launch.path / place).exists()


def test_a_file_with_the_name_of_a_record_is_kept_and_the_record_too(launch):
    site, data = Site(launch.path), made(launch, 1)
    place = launch.path / site.post(data).json["records"][0]["place"]
    place.write_bytes(b"something else")
    again = site.post(data)
    assert again.status == 202
    other = launch.path / again.json["records"][0]["place"]
    assert other != place
    assert place.read_bytes() == b"something else"
    site.read_again()
    assert site.get("/healthz").status == 200
    assert site.post(data).status == 200
    assert json.loads(other.read_bytes()) == json.loads(data)


REFUSALS = {
    "junk": (400, "record-malformed"),
    "a stranger": (403, "signer-unknown"),
    "another signature": (422, "signature-invalid"),
    "not in the role": (403, "signer-not-in-role"),
    "ahead of time": (422, "time-ahead"),
    "another policy": (422, "approval-other-scope"),
}


def refused_body(launch: Launch, why: str, tmp_path: Path) -> bytes:
    if why == "junk":
        return b"nothing of this kind"
    if why == "a stranger":
        return made(launch, 1, "mallory")
    if why == "another signature":
        one, two = json.loads(made(launch, 1)), json.loads(made(launch, 2))
        return json.dumps({**one, "signatures": two["signatures"]}).encode()
    if why == "not in the role":
        return made(launch, 1, "dan")
    if why == "ahead of time":
        return made(launch, 1, at=LATER + 3_600_000)
    if why == "another policy":
        other = make_launch(tmp_path, name="other")
        return made(other, 1)
    raise AssertionError(why)


@pytest.mark.parametrize("why", REFUSALS)
def test_what_the_ledger_would_not_take_is_refused_and_nothing_is_written(launch, why, tmp_path):
    body = refused_body(launch, why, tmp_path)
    before = records(launch)
    site = Site(launch.path)
    answer = site.post(body)
    status, code = REFUSALS[why]
    assert (answer.status, answer.json["code"]) == (status, code)
    assert answer.json["cause"]
    assert answer.json["mend"]
    assert answer.json["records"] == []
    assert records(launch) == before
    # Another record is taken all the same.
    assert site.post(made(launch, 3)).status == 202


def test_one_record_that_is_refused_stops_no_other(launch):
    site, good = Site(launch.path), made(launch, 1)
    lines = [good, made(launch, 2, "mallory"), made(launch, 3)]
    answer = site.post(b"\n".join(json.dumps(json.loads(line)).encode() for line in lines))
    assert answer.status == 202
    assert [r["outcome"] for r in answer.json["records"]] == ["queued", "queued"]
    (refused,) = answer.json["refused"]
    assert refused["at"] == "the request, line 2"
    assert refused["code"] == "signer-unknown"


def test_several_records_that_are_not_each_on_a_line_are_called_that(launch):
    one, two = (json.dumps(json.loads(made(launch, n))).encode() for n in (1, 2))
    answer = Site(launch.path).post(one + two)
    assert (answer.status, answer.json["code"]) == (400, "record-malformed")
    assert "several records" in answer.json["cause"]
    assert "one on each line" in answer.json["mend"]
    assert Site(launch.path).post(one + b"\n" + two).status == 202


def test_more_records_than_one_request_may_have_are_refused(launch):
    site = Site(launch.path, limits=replace(Limits(), records=2))
    lines = [json.dumps(json.loads(made(launch, n))).encode() for n in range(3)]
    assert site.post(b"\n".join(lines)).status == 400
    assert site.post(b"\n".join(lines[:2])).status == 202


def test_a_read_only_server_takes_no_record(launch):
    data = made(launch, 1)
    answer = Site(launch.path, read_only=True).post(data)
    assert answer.status == 403
    assert "read-only" in answer.json["cause"]
    assert Site(launch.path).post(data).status == 202


def test_a_key_may_have_so_many_records_wait_and_negative_ones_more(launch, keep):
    site = Site(launch.path, limits=replace(Limits(), waiting=2))
    assert [site.post(made(launch, n)).status for n in range(3)] == [202, 202, 503]
    site.read_again()
    assert site.post(made(launch, 4)).status == 503
    # Another key has its own room.
    assert site.post(revocation(launch, "sonia")).status == 202
    assert site.post(revocation(launch, "gabi", target=announced(site))).status == 202
    keep()
    site.read_again()
    assert site.post(made(launch, 4)).status == 202


def announced(site: Site) -> str:
    found = site.service.state.held.items()
    return next(i for i, held in found if held[0].record.kind == "announcement")


def test_the_folder_is_not_filled_beyond_what_a_reader_takes(launch):
    count = len(records(launch))
    site = Site(launch.path, limits=replace(Limits(), files=count + 2))
    assert [site.post(made(launch, n)).status for n in range(3)] == [202, 202, 503]
    # A negative record may still come: an eighth more.
    assert site.post(revocation(launch, "sonia")).status == 202


def test_a_record_is_durable_before_it_is_acknowledged(launch, monkeypatch):
    site, data = Site(launch.path), made(launch, 1)
    events: list[str] = []

    def fsync(descriptor: int) -> None:
        events.append("fsync")

    stand_in(monkeypatch, durable, "os", fsync=fsync)
    answer = asyncio.run(ask(site.app, Asked("POST", "/records", (data,)), events.append))
    assert answer.status == 202
    # The file, then its directory, then the answer.
    assert events == ["fsync", "fsync", "http.response.start", "http.response.body"]


def test_a_launch_that_cannot_be_read_takes_no_record_until_it_can(launch):
    site, data = Site(launch.path), made(launch, 1)
    policy = launch.path / "manifests/launch.toml"
    text = policy.read_bytes()
    policy.write_bytes(b"[launch")
    site.read_again()
    answer = site.post(data)
    assert (answer.status, answer.headers["retry-after"]) == (503, "10")
    assert site.get("/healthz").status == 503
    assert site.get("/kit").status == 503
    policy.write_bytes(text)
    site.read_again()
    assert site.post(data).status == 202
    assert site.get("/healthz").status == 200


def test_a_disk_that_takes_nothing_is_answered_503(launch, monkeypatch):
    site, data = Site(launch.path), made(launch, 1)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        stand_in(patch, durable, "os", link=full)
        answer = site.post(data)
    assert answer.status == 503
    assert "No space left" in answer.json["cause"]
    assert site.post(data).status == 202


def test_what_was_queued_is_appended_by_the_keeper_and_then_proven(launch, keep):
    site = Site(launch.path)
    record_id = site.post(made(launch, 1)).json["records"][0]["record_id"]
    assert site.get(f"/proof/{record_id}").status == 404
    keep()
    site.read_again()
    ledger = launch.path.parent / "l.ledger"
    proof = site.get(f"/proof/{record_id}").json
    proved = run("-C", launch.path, "ledger", "prove", record_id, "--ledger", ledger, "--json")
    assert proof == proved.document
    folder = launch.path / "manifests/ledger"
    assert site.get("/head").body == (folder / "checkpoint").read_bytes()
    tiles = [p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()]
    assert len(tiles) >= 3
    for path in tiles:
        assert site.get(f"/ledger/{path}").body == (folder / path).read_bytes()
    again = site.post(site.get(f"/records/{record_id}").body)
    assert again.status == 200
    assert again.json["records"][0]["place"].startswith("entry ")
    # A record that is nowhere has no proof, and an id that is not one neither.
    assert site.get("/proof/" + "0" * 64).status == 404
    assert site.get("/proof/zero").status == 404


def test_a_closed_ledger_takes_negative_records_alone(launch, keep):
    site = Site(launch.path)
    assert site.post(made(launch, 8)).status == 202
    keep("close", "--reason", "the launch is over")
    site.read_again()
    answer = site.post(made(launch, 9))
    assert (answer.status, answer.json["code"]) == (409, "ledger-closed")
    assert site.post(revocation(launch, "sonia")).status == 202
