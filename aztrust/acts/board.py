"""The board of a launch: read, never written."""

from __future__ import annotations

from aztrust.acts.frozen_attempt import TrustInputs
from aztrust.acts.todo import read_todo
from aztrust.core.judge.board import Board, make_board
from aztrust.storage.launch import LaunchFiles


def read_board(files: LaunchFiles, inputs: TrustInputs) -> Board:
    """The board of a launch directory or a kit.

    Args:
        files: the launch.
        inputs: the time, and what was received out of band.

    Raises:
        Malformed: the policy is malformed.
        Refused: `anchor-mismatch`: the policy here is not the announced one.
        UsageError, CouldNotCheck: an option is not valid, or a file cannot be read.
    """
    reading = read_todo(files, inputs)
    return make_board(reading.context, reading.todo)
