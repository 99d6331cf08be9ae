"""The board of a launch: read, never written.

reading = read_todo(files, inputs)
board = make_board(PowerReader(files).context(reading.context), reading.todo)
"""

from __future__ import annotations

from aztrust.acts.frozen_attempt import TrustInputs
from aztrust.acts.readiness import power_bytes
from aztrust.acts.todo import read_todo
from aztrust.core.base.digest import sha256_id
from aztrust.core.base.value import replace
from aztrust.core.judge.board import Board, make_board
from aztrust.core.state.context import Context
from aztrust.core.state.current import current_attempt
from aztrust.core.state.evidence import PackageReading
from aztrust.core.state.present_readiness import power_file
from aztrust.storage.launch import LaunchFiles


class PowerReader:
    """Reads the file that the voting power comes from, once while the sealed one is the same.

    Args:
        files: the launch directory or the kit.
    """

    def __init__(self, files: LaunchFiles) -> None:
        self._files = files
        self._sealed = ""
        self._data = b""

    def context(self, context: Context) -> Context:
        """The same launch with that file, where operators are enrolled and it is here.

        Raises:
            Malformed: the policy cannot be read.
        """
        attempt = current_attempt(context)
        if attempt is None or not context.roster.enrolments:
            return context
        file = power_file(context, attempt)
        if file.entry is None:
            return context
        if file.entry.sha256 != self._sealed:
            data = power_bytes((self._files,), context, file, None)
            if data is None:
                return context
            # Another file is shown as what it is, and read again: it may be put right.
            if sha256_id(data) == file.entry.sha256:
                self._sealed = file.entry.sha256
            self._data = data
        packages = {"genesis": PackageReading(captured={file.path: self._data})}
        return replace(context, evidence=replace(context.evidence, packages=packages))


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
    return make_board(PowerReader(files).context(reading.context), reading.todo)
