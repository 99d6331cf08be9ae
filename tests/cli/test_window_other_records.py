"""Records of another window, scope or chain, and records from before, at `aztrust countersign`."""

from __future__ import annotations

import pytest

from tests.cli_launch import Clock, Desk, Template, copied, refused, ticking_clock
from tests.command import Done
from tests.starts import two_at_go_hold
from tests.window_records import Draft, WindowRecords, digest

clock = pytest.fixture(ticking_clock)
NOTHING = {"rests_on": (), "head": None}
"""A proposal that rests on nothing."""


launch = pytest.fixture(scope="module")(two_at_go_hold)


@pytest.fixture(scope="module")
def template(launch: Template, tmp_path_factory) -> Template:
    """Proceed and GO are in effect: what comes next is the authorization."""

    def act(desk: Desk, _: Clock) -> None:
        signed(desk, "proceed", "--reason", "T")
        desk.done("window", "checkpoint", "go_hold_review_completed")
        signed(desk, "decide", "go", "--reason", "T")

    return launch.after(tmp_path_factory.mktemp("decided"), act)


desk = pytest.fixture(copied)


def signed(desk: Desk, *words: str) -> str:
    """A record that luca proposes and sonia countersigns; its id."""
    code, document = desk.json("window", *words, "--yes", by="luca")
    assert code == 0, document
    record_id = str(document["record_id"])
    assert desk.run("countersign", record_id, "--yes", by="sonia").exit_code == 0
    desk.keep()
    return record_id


def records(desk: Desk, clock: Clock, **other: str) -> WindowRecords:
    """Builds records of this window, or of another one."""
    _, document = desk.json("window", "status")
    (attempt,) = document["open"]
    names = {
        "policy_digest": desk.anchor,
        "scope_hash": attempt["scope_hash"],
        "launch_window_id": attempt["launch_window_id"],
        **other,
    }
    return WindowRecords(**names, at=clock.now)


def target(desk: Desk) -> dict[str, str]:
    """The chain and the release, as the record of the window names them."""
    path = next(p for p in desk.files() if ".launch-window." in p.name)
    body = desk.statement(f"manifests/records/{path.name}")["predicate"]["record"]
    named = {name: body[name] for name in body if name.startswith("target_")}
    return {**named, "release_package_id": body["authorized_release_package_id"]}


def in_force(desk: Desk, kind: str) -> str:
    path = next(p for p in desk.files() if f".{kind}." in p.name)
    _, document = desk.json("show", path, anchor=False)
    return str(document["id"])


def countersign(desk: Desk, draft: Draft) -> Done:
    """sonia countersigns what luca signed and put into the folder."""
    made = draft.signed("luca")
    (desk.launch.path / made.path).write_bytes(made.data)
    return desk.run("countersign", made.record_id, "--yes", by="sonia")


def is_refused(desk: Desk, draft: Draft, *causes: str) -> None:
    """sonia signs nothing: the record stays with luca's signature alone."""
    before = desk.snapshot()
    refused(countersign(desk, draft), *causes)
    luca = str(desk.launch.path / draft.signed("luca").path)
    after = desk.snapshot()
    assert luca not in before
    assert after == {**before, luca: after[luca]}


def authorization(desk: Desk, made: WindowRecords, **fields: object) -> Draft:
    named = {
        "decision_id": in_force(desk, "go-no-go-decision"),
        "proceed_id": in_force(desk, "launch-proceed"),
    }
    return made.authorization(**{**NOTHING, **target(desk), **named, **fields})


@pytest.mark.clause("AZ-8.2")
def test_an_authorization_of_this_launch_is_countersigned(desk, clock):
    done = countersign(desk, authorization(desk, records(desk, clock)))
    assert done.exit_code == 0, done.err
    assert "takes effect once the ledger has it" in done.advised


@pytest.mark.clause("AZ-8.2", "AZ-8.3")
@pytest.mark.parametrize(
    "other",
    [
        {"target_chain_id": "test-2"},
        {"target_genesis_hash": digest("another genesis")},
        {"target_network_class": "mainnet"},
        {"decision_id": digest("another decision")},
        {"proceed_id": digest("another proceed")},
    ],
    ids=lambda other: next(iter(other)),
)
def test_an_authorization_for_something_else_is_refused(desk, clock, other):
    is_refused(desk, authorization(desk, records(desk, clock), **other), "names-present-records")


@pytest.mark.clause("AZ-8.2")
@pytest.mark.parametrize("part", ["launch_window_id", "scope_hash"])
def test_an_authorization_of_another_window_or_scope_is_refused(desk, clock, part):
    made = records(desk, clock, **{part: digest("another")})
    is_refused(desk, authorization(desk, made), "is of another window or scope")


def test_a_hold_of_another_window_is_not_proceeded_after(desk, clock):
    made = records(desk, clock, launch_window_id=digest("another"))
    hold = made.hold().signed("luca")
    (desk.launch.path / hold.path).write_bytes(hold.data)
    done = desk.run("window", "proceed", hold.record_id[7:], "--reason", "T", "--yes", by="luca")
    assert done.exit_code == 2
    assert "names no open hold of this window" in done.advised
    # Made by hand, it is refused by the state of the window.
    proceed = records(desk, clock).proceed(NOTHING, prior_hold_id=hold_id(desk, hold.path))
    is_refused(desk, proceed, "names-present-records")


def hold_id(desk: Desk, path: str) -> str:
    return str(desk.statement(path)["predicate"]["record"]["hold_id"])


def test_what_rests_on_something_that_is_unknown_here_is_refused(desk, clock):
    draft = authorization(desk, records(desk, clock), rests_on=(digest("unknown"),))
    is_refused(desk, draft, "rests on", "not in force here")


def test_a_record_under_another_policy_is_refused(desk, clock, tmp_path):
    made = records(desk, clock, policy_digest=digest("another policy"))
    proposed = authorization(desk, made).signed("luca")
    (tmp_path / "sent").write_bytes(proposed.data)
    done = desk.run("countersign", tmp_path / "sent", "--yes", by="sonia")
    assert done.exit_code == 2
    assert "made under another policy" in done.advised


def test_a_record_by_a_stranger_is_refused(desk, clock, tmp_path):
    proposed = authorization(desk, records(desk, clock)).signed("mallory")
    (tmp_path / "sent").write_bytes(proposed.data)
    done = desk.run("countersign", tmp_path / "sent", "--yes", by="sonia")
    assert done.exit_code == 2
    assert "no holder" in done.advised or "signer" in done.advised
