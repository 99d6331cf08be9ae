"""The builders of launches for tests make the launches that they promise."""

from __future__ import annotations

import pytest

from aztrust.core.formats.dsse import parse_envelope
from tests import memory_launch
from tests.cli_launch import Desk, ticking_clock, window_policy
from tests.command import run
from tests.disk_launch import MINUTE, NOW, make_launch

clock = pytest.fixture(ticking_clock)


def kinds(desk: Desk) -> list[str]:
    """The kind and the signer of each record, sorted."""
    found = []
    for path in desk.files():
        keyid = parse_envelope(path.read_bytes(), name=path.name).keyid
        found.append(f"{path.name.split('.')[1]} {keyid}")
    return sorted(found)


def verified(desk: Desk) -> int:
    """The exit code of `verify` without a ledger."""
    return run("-C", desk.launch.path, "verify", "--anchor", desk.anchor).exit_code


def test_a_launch_in_memory_verifies():
    assert memory_launch.Launch.approved().verify().exit_code == 0


def test_commands_make_the_launch_that_is_made_on_disk(tmp_path, clock):
    made = Desk(make_launch(tmp_path, name="made", policy=window_policy()))
    desk = Desk(make_launch(tmp_path, name="run", policy=window_policy(), seal=False))
    assert verified(desk) != 0
    desk.seal_and_approve()
    assert (verified(made), verified(desk)) == (0, 0)
    assert kinds(made) == kinds(desk)
    assert len(kinds(made)) == 7


def test_what_is_made_on_disk_is_what_is_made_in_memory(tmp_path):
    launch = make_launch(tmp_path)
    builder = memory_launch.Launch()
    builder.policy = launch.policy_bytes
    builder.release = list(launch.manifest("release").entries)
    data = builder.manifest("release", package_name="test launch")
    assert launch.manifest_path("release").read_bytes() == data
    # Two seals and rita's approval come before sonia's.
    builder.approve("release", "sonia", at=NOW + 3 * MINUTE)
    assert [launch.records[3].data] == list(builder.records.values())
