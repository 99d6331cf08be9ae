"""Every exception this project raises, drawn as a tree.

    AztrustError                     a message, the file or thing it is about, and its mend
    ├── UsageError            exit 2   the command line asks for something that makes no sense
    ├── NothingToVerify       exit 3   there is no launch, no manifest, no record to look at
    ├── Declined              exit 4   a person declined at a prompt, or no one was there to answer
    ├── CouldNotCheck         exit 1   the question stays open: unreadable, missing, ambiguous
    ├── Malformed             exit 10  bytes that are not what their format demands
    └── Refused               exit 10  an act that would break a law of the launch

A failed check is data (`findings.Finding`); an exception means that something could
not be done or not be determined. `Malformed` becomes a finding wherever the bytes came from the
launch under verification. The library never exits the process and never raises a bare ValueError.
"""

from __future__ import annotations

from typing import ClassVar


class AztrustError(Exception):
    """Root of all errors raised on purpose.

    Args:
        message: one sentence that names the cause.
        subject: the file, record, key or option it is about; "" where the message names it.
        mend: what the reader can do about it, an imperative sentence or a command.
        code: the finding code of this error, "" where it has none.
        details: further lines, for instance one per offender.
    """

    exit_code: ClassVar[int] = 1

    def __init__(
        self,
        message: str,
        *,
        subject: str = "",
        mend: str = "",
        code: str = "",
        details: tuple[str, ...] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.subject = subject
        self.mend = mend
        self.code = code
        self.details = details


class UsageError(AztrustError):
    """The request itself is wrong: an option, a name, a combination."""

    exit_code = 2


class NothingToVerify(AztrustError):
    """There is nothing here that a verdict could be about."""

    exit_code = 3


class Declined(AztrustError):
    """A question was answered with no, or could not be asked."""

    exit_code = 4


class CouldNotCheck(AztrustError):
    """The answer is unknown. Never success, and not evidence of a fault either."""

    exit_code = 1


class Malformed(AztrustError):
    """Bytes that their format forbids; `code` names the finding they become."""

    exit_code = 10


class Refused(AztrustError):
    """An act that was asked for and must not be done; `details` lists every offender."""

    exit_code = 10
