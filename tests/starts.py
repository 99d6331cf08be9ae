"""A launch on disk that is brought up to its start, and past it: each record signed, in the ledger.

    way = Way(desk, clock)                # of a desk whose launch is frozen
    way.go(*AUTHORIZED)                   # these steps
    way.put(way.records().hold())         # any record of the window

Every signed act is luca's: the policy is `tests.cli_launch.window_policy()`. `go` and the fixtures
`two_at_go_hold` and `go_proposed` run commands, under a policy by which luca and sonia sign.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from aztrust.acts.publish import store_record
from aztrust.core.records.checkpoint import FINAL
from aztrust.core.state.context import Request, read_context
from aztrust.storage.launch import read_launch
from tests.cli_launch import Clock, Desk, Template
from tests.policies import authority
from tests.window_records import MINUTE, Draft, WindowRecords

HOUR = 60 * MINUTE
AUTHORIZED = (
    *("final", "proceed", "go_hold_review_completed", "decide", "authorize"),
    *("bootstrap_authorized", "instruct", "final"),
)
"""The steps up to a start that is authorized and instructed, and a scope that is confirmed."""
NORMAL = (
    *("activate", "activate-next", "first_blocks_healthy", "first_epoch_finalized", "observe"),
    *("entry", "restricted_posture_entered", "wait", "restricted_posture_exit_ready", "exit"),
    "normalize",
)
"""The steps from there to normal operation."""


ORDER = ("node", "proposer")
"""The roles of the instruction."""
ACTS = ("proceed", "decide", "authorize", "instruct")
KINDS = (
    *("launch-proceed", "go-no-go-decision"),
    *("launch-authorization", "bootstrap-start-instruction"),
)
"""The records that `window go` proposes, one for each of these acts."""


def signed_by(count: int, **roles: int) -> str:
    """Tables of a policy: so many holders sign each of these acts."""
    return "".join(authority(act, count, **roles) for act in ACTS)


TWO_SIGN = signed_by(2, launch_coordinator=1, security_lead=1)


def two_at_go_hold(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """The fixture of a launch at its go/hold point, where luca and sonia sign a go together."""
    return Template.at_go_hold(tmp_path_factory.mktemp("two"), TWO_SIGN)


def go(desk: Desk, clock: Clock, *more: str, by: str = "luca") -> list[dict[str, Any]]:
    """Propose to go, for a start within two hours; the records."""
    opens = clock.now // 1000
    times = ("--opens", str(opens), "--closes", str(opens + 7200))
    words = ("window", "go", "--reason", "every check passes", *times, *more)
    code, document = desk.json(*words, "--yes", by=by)
    assert code == 0, document
    return list(document["records"])


def go_proposed(template: Template, tmp_path_factory: pytest.TempPathFactory) -> Template:
    """The fixture of the same after luca proposed to go."""
    return template.after(tmp_path_factory.mktemp("proposed"), go)


def proposals(desk: Desk) -> dict[str, str]:
    """The kind of each record of luca's proposal to its id."""
    names = [path.name.split(".") for path in desk.files()]
    found = {kind: record_id for record_id, kind, *_ in names if kind in KINDS}
    assert set(found) == set(KINDS)
    return found


class Way:
    """The steps of a launch window, one after the other."""

    def __init__(self, desk: Desk, clock: Clock, made: Mapping[str, str] | None = None) -> None:
        self.desk, self.clock = desk, clock
        self.made = dict(made or {})
        self.opens_in = 0
        context = read_context(Request(clock.now), read_launch(desk.launch.path))
        assert context.scope is not None
        (attempt,) = context.state.frozen_attempts
        self.scope, self.window = context.scope, attempt.launch_window_id

    def records(self) -> WindowRecords:
        """Records of this window, made now."""
        digests = (self.desk.anchor, self.scope.hash, self.window)
        return WindowRecords(*digests, at=self.clock.read(), lasts=48 * HOUR)

    def pack(self, path: Path) -> Path:
        """A kit of the launch as it is now."""
        words = ("--to", path, "--ledger", self.desk.ledger)
        done = self.desk.run("pack", *words, anchor=False)
        assert done.exit_code == 0, done.err
        return path

    def put(self, draft: Draft, by: str = "luca") -> str:
        """Sign a record and keep it in the ledger; its id."""
        store_record(self.desk.launch.path, draft.signed(by))
        self.desk.keep()
        return draft.record_id

    def verdict(self, name: str) -> None:
        """A checkpoint that passed."""
        at = self.clock.read()
        self.desk.launch.freeze(at=at, checkpoint_class=name, launch_window_id=self.window)
        self.desk.keep()

    def go(self, *steps: str) -> None:
        """Take these steps."""
        for step in steps:
            if step == "wait":
                # The least time of the restricted posture.
                self.clock.forward(25 * HOUR)
            elif step == "final":
                self.verdict(FINAL)
            elif "_" in step:
                self.verdict(step)
            else:
                self.made[step] = self.put(self._draft(step))

    def _draft(self, step: str) -> Draft:
        records, made = self.records(), self.made
        target = {
            "target_network_class": self.scope.network_class,
            "target_chain_id": self.scope.chain_id,
            "target_genesis_hash": self.scope.genesis_hash,
        }
        opens = {
            "opens_at_unix_ms": records.at + self.opens_in,
            "closes_at_unix_ms": records.at + 2 * HOUR,
        }
        match step:
            case "proceed":
                return records.proceed()
            case "decide":
                return records.decision()
            case "authorize":
                release = {"release_package_id": self.scope.release_package_id}
                return records.authorization(made["decide"], made["proceed"], **target, **release)
            case "instruct":
                return records.instruction(made["authorize"], opens, ORDER, **target)
            case "activate" | "activate-next":
                role = ORDER[step == "activate-next"]
                return records.activation(made["instruct"], role)
            case "observe":
                return records.observation()
            case "entry":
                return records.entry()
            case "exit":
                return records.exit([made["observe"]])
            case _:
                return records.normalization(made["exit"])
