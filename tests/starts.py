"""A launch on disk that is brought up to its start, and past it: each record signed, in the ledger.

    way = Way(desk, clock)                # of a desk whose launch is frozen
    way.go(*AUTHORIZED)                   # these steps
    way.put(way.records().hold())         # any record of the window

Every signed act is luca's: the policy is `tests.cli_launch.window_policy()`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from aztrust.acts.publish import store_record
from aztrust.core.records.checkpoint import FINAL
from aztrust.core.state.context import Request, read_context
from aztrust.storage.launch import read_launch
from tests.cli_launch import Clock, Desk
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
