"""What a validator reads: the first line decides, and nothing that is open looks like a yes."""

from __future__ import annotations

import pytest

from aztrust.core.base.value import replace
from aztrust.core.host.reading import HostFile
from aztrust.core.package.entries import Fault
from aztrust.report.age import age
from aztrust.report.hostdocument import KitFacts, preflight_document
from aztrust.report.preflight import READY, STOP, preflight_brief, preflight_lines
from tests.core.test_host_checks import ask, host_file, reading
from tests.memory_launch import MEMBER, NOW, Launch


def text(verdict, **options) -> str:
    return "\n".join(preflight_lines(verdict, **options))


def test_no_line_is_wider_than_80_columns():
    for host in (
        reading(),
        reading(binary=host_file(b"x", "/a/" + "very-long-name-" * 4)),
        reading(binary=None, genesis=None, searched="there is no ~/.nothing"),
    ):
        for line in preflight_lines(ask(Launch.approved(), host)):
            assert len(line) <= 80 or " " not in line.strip(), line


def test_the_first_line_stops_whatever_is_not_exit_0():
    for host, request in (
        (reading(), {}),
        (reading(binary=host_file(b"x")), {}),
        (reading(binary=None), {"anchor": "", "anchor_source": ""}),
    ):
        verdict = ask(Launch.approved(), host, **request)
        assert verdict.exit_code != 0
        assert text(verdict).startswith(STOP)
        assert READY not in text(verdict)
        assert preflight_brief(verdict).startswith(STOP)


def test_a_host_finding_says_that_it_stops_no_one_else():
    mine = text(ask(Launch.approved(), reading(binary=host_file(b"x"))))
    assert mine.endswith("This is about this host. It stops no other host.")
    launch = Launch.approved()
    launch.revoke(launch.approve("genesis", "sonia"), "sonia")
    everybodys = text(ask(launch, reading(binary=host_file(b"x"))))
    assert "It stops no other host" not in everybodys


def test_what_is_wrong_is_shown_before_what_is_open():
    lines = preflight_lines(ask(Launch.approved(), reading(binary=host_file(b"x"))))
    codes = [line.split()[0] for line in lines if line.startswith(("binary-unknown", "freeze-"))]
    assert codes[0] == "binary-unknown"
    assert next(line for line in lines if line.startswith("next")).startswith("next     install")


def test_both_the_link_and_where_it_leads_are_shown():
    linked = replace(host_file(MEMBER), path="~/current/bin/node", resolved="/opt/v1/bin/node")
    shown = text(ask(Launch.approved(), reading(binary=linked)))
    assert "~/current/bin/node" in shown
    assert "-> /opt/v1/bin/node" in shown


def test_it_says_what_it_relied_on():
    assert "on gabi, rita and sonia, who recomputed" in text(ask(Launch.approved(), reading()))
    unapproved = Launch()
    unapproved.seal("release", "rita")
    unapproved.seal("genesis", "gabi")
    assert "on no one" in text(ask(unapproved, reading()))


def test_approvals_of_the_manifest_alone_are_not_relied_on():
    launch = Launch()
    launch.seal("release", "rita")
    launch.seal("genesis", "gabi")
    launch.approve("release", "rita", manifest_only=True)
    verdict = ask(launch, reading())
    assert "on no one" in text(verdict)
    document = preflight_document(verdict, ())
    assert [r["manifest_only"] for r in document["relied_on"]] == [True]


def test_the_document_lists_what_was_read():
    verdict = ask(Launch.approved(), reading())
    document = preflight_document(verdict, (KitFacts("a.aztrust", packed=True),))
    assert document["command"] == "preflight"
    assert document["ready"] is False
    assert document["host"]["binary"]["sha256"] == reading().binary.sha256
    assert document["kits"] == [{"path": "a.aztrust", "packed": True}]
    assert document["newest_record_unix_ms"] == NOW


def test_an_unread_file_has_no_digest_in_the_document():
    broken = HostFile("/x", "--binary", fault=Fault("unreadable", "/x", "no permission"))
    document = preflight_document(ask(Launch.approved(), reading(binary=broken)), ())
    assert document["host"]["binary"]["sha256"] is None
    assert document["host"]["binary"]["size"] is None


@pytest.mark.parametrize(
    ("milliseconds", "says"),
    [(240_000, "4 min old"), (2 * 86_400_000, "2 days old"), (-121_000, "from the future")],
)
def test_ages_are_rounded_down(milliseconds: int, says: str):
    assert age(milliseconds) == says


def test_a_name_forges_no_line():
    evil = host_file(b"x", "/tmp/\\nREADY")
    lines = preflight_lines(ask(Launch.approved(), reading(binary=evil)))
    assert not any(line.startswith(READY) for line in lines)
