"""One run of one command: its common options, and the only place with a clock and a terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aztrust.cli.streams import STDIO
from aztrust.cli.terminal import is_terminal, print_bytes, print_lines, screen_height
from aztrust.core.base.errors import AztrustError, CouldNotCheck, Declined, UsageError
from aztrust.core.base.value import field, frozen
from aztrust.report.escape import visible
from aztrust.report.output_format import Form

if TYPE_CHECKING:
    from aztrust.cli.walk import Walk


@frozen
class Session:
    """The options of every command, and its access to the clock, the terminal and the network."""

    command: str = ""
    format: Form = "text"
    output: Path | None = None
    quiet: bool = False
    verbose: bool = False
    launch_option: str | None = None
    reports: tuple[tuple[Form, Path], ...] = ()
    summary: Path | None = None
    fetched: dict[str, Path] = field(default_factory=dict)
    walk: Walk | None = None

    @property
    def needs_document(self) -> bool:
        """Whether anything that was asked for is made from the JSON document, not from text."""
        if self.walk is not None:
            return True
        return self.format != "text" or bool(self.reports) or self.summary is not None

    def launch(self) -> Path:
        """The launch directory to work in: -C, else $AZTRUST_LAUNCH, else the nearest parent.

        Raises:
            NothingToVerify: there is none.
            UsageError: the named path is a kit.
        """
        if self.launch_option is not None and is_url(self.launch_option):
            raise UsageError(
                "a kit from a URL is for reading, and nothing is signed or written in it",
                subject="-C",
                mend="go to the launch directory, or name it with -C",
            )
        path = self.source()
        if path.is_file():
            raise UsageError(
                f"{visible(str(path))} is a kit: it is for reading, and nothing is signed or"
                " written in it",
                subject=visible(str(path)),
                mend="go to the launch directory, or name it with -C",
            )
        return path

    def source(self) -> Path:
        """The launch to read: a directory or a kit file, found like the launch directory.

        Raises:
            NothingToVerify: there is none.
            UsageError: the environment names a URL: the network is used where an option says so.
            CouldNotCheck: -C names a URL from which no kit could be fetched.
        """
        from aztrust.acts.here import launch_here

        if self.launch_option is not None and is_url(self.launch_option):
            return self.fetch(self.launch_option)
        return launch_here(self.launch_option)

    def fetch(self, url: str) -> Path:
        """The kit at a URL, fetched once in this run and kept; its path is reported.

        Raises:
            UsageError: it is not an https URL.
            CouldNotCheck: it could not be fetched.
            Malformed: the fetched file is not a kit.
        """
        if url not in self.fetched:
            from aztrust.storage.config import cache_dir, shown
            from aztrust.storage.fetch import fetch_kit

            path = self.fetched[url] = fetch_kit(url, cache_dir() / "kits")
            if not self.quiet:
                print_lines([f"fetched  {shown(path)}"], err=True)
        return self.fetched[url]

    def check_output(self, inputs: Sequence[tuple[str, Path]] = ()) -> None:
        """Refuse to write a result where `storage.output.check_output` does.

        Args:
            inputs: the files that the command line names, and by what.

        Raises:
            UsageError: writing it would change or destroy something, or two results have one file.
            CouldNotCheck: its directory does not exist.
        """
        files = [("-o", self.output)] if self.output is not None else []
        files += [("--report", path) for _, path in self.reports if path != STDIO]
        streams = sum(path == STDIO for _, path in self.reports) + (self.output is None)
        if streams > 1:
            raise UsageError(
                "two results are for standard output",
                subject="--report",
                mend="name a file for one of them; -o FILE takes the result away from there",
            )
        if not files:
            return
        from aztrust.storage.output import check_output, require_distinct

        require_distinct(files)
        for option, path in files:
            check_output(path, self.launches_around(path), option=option, inputs=inputs)

    def check_file(self, path: Path, option: str, inputs: Sequence[tuple[str, Path]] = ()) -> None:
        """Refuse a further file of results as `check_output` does, and the file of -o.

        Args:
            path, option: the file, and the option that names it.
            inputs: the files that the command line names, and by what.

        Raises:
            UsageError, CouldNotCheck: as `check_output`.
        """
        from aztrust.storage.output import check_output, require_distinct

        if self.output is not None:
            require_distinct([("-o", self.output), (option, path)])
        check_output(path, self.launches_around(path), option=option, inputs=inputs)

    def launches_around(self, path: Path) -> list[Path]:
        """The launches that are judged, and those around an output file."""
        from aztrust.core.base.errors import NothingToVerify
        from aztrust.storage.launch import find_launch

        launches = []
        target = Path(os.path.realpath(path))
        finders: list[Callable[[], Path]] = [lambda: find_launch(target.parent)]
        # What is fetched is kept outside of every launch, and nothing is fetched for this.
        if self.launch_option is None or not is_url(self.launch_option):
            finders.append(self.source)
        for find in finders:
            try:
                launches.append(find())
            except NothingToVerify:
                continue
        return launches

    def now_unix_ms(self) -> int:
        """The wall clock, in milliseconds since the epoch."""
        import time

        return time.time_ns() // 1_000_000

    def at(self, text: str | None, option: str = "--at") -> int:
        """The time a command is asked to work for, in milliseconds since the epoch.

        Args:
            text: RFC 3339, or whole Unix seconds; None for now.
            option: what it was given with.

        Raises:
            UsageError: anything else, or a time before 1970.
        """
        if text is None:
            return self.now_unix_ms()
        from aztrust.core.base.times import parse_rfc3339, parse_unix_seconds

        nanoseconds = parse_unix_seconds(text)
        if nanoseconds is None:
            nanoseconds = parse_rfc3339(text)
        if nanoseconds is None or nanoseconds < 0:
            raise UsageError(
                f"{option} {visible(text)} is not a time",
                subject=option,
                mend="write 2026-06-01T14:00:00Z, or Unix seconds",
            )
        return nanoseconds // 1_000_000

    def emit(
        self,
        document: Mapping[str, Any],
        lines: Sequence[str],
        *,
        brief: str = "",
        verdict_first: bool = False,
    ) -> None:
        """Give the result in the form that was asked for, to stdout or to -o FILE.

        A command that ends in a verdict gives its report's document, wherever `needs_document`
        is true: from it come all forms but the text, the files of --report and the job summary.

        Args:
            document: what `--format json` gives.
            lines: what a person reads.
            brief: the one line of -q; the first of `lines` if empty.
            verdict_first: the first line is the verdict; beyond a screen it is the last one, too.

        Raises:
            CouldNotCheck: FILE, or one of --report, cannot be written; nothing is printed then.
        """
        if self.walk is not None:
            self.walk.take(document, lines, as_text=self.format == "text")
            return
        shown = [brief or "".join(lines[:1])] if self.quiet else list(lines)
        if verdict_first and len(shown) > screen_height(to_file=self.output is not None):
            shown.append(shown[0])
        if self.format != "text":
            from aztrust.report.output_format import render

            data = render(self.format, document)
        else:
            data = "".join(f"{visible(line)}\n" for line in shown).encode(
                "utf-8", "backslashreplace"
            )
        # Files first: a run that ends in an error must not print an answer before.
        for form, path in self.reports:
            self._write_report(form, path, document)
        written = [path for _, path in self.reports]
        if self.output is not None:
            from aztrust.storage.output import write_output

            write_output(self.output, data)
            written.append(self.output)
        elif self.format != "text":
            print_bytes(data)
        else:
            print_lines(shown)
        self._report_written(written, document)

    def emit_failure(self, document: Mapping[str, Any]) -> None:
        """Put a failure into the files of --report and into the job's summary, as far as it goes.

        Args:
            document: the failure, which was reported already.
        """
        written = []
        for form, path in self.reports:
            try:
                self._write_report(form, path, document)
                written.append(path)
            except AztrustError as error:
                if error.message != document["message"]:
                    print_lines([f"note     {error.message}"], err=True)
        self._report_written(written, document)

    def _write_report(self, form: Form, path: Path, document: Mapping[str, Any]) -> None:
        from aztrust.report.output_format import render
        from aztrust.storage.output import write_output

        data = render(form, document)
        if path == STDIO:
            print_bytes(data)
        else:
            write_output(path, data)

    def _report_written(self, written: Iterable[Path], document: Mapping[str, Any]) -> None:
        for path in written:
            if path == STDIO:
                continue
            self.note(f"wrote    {path}")
        if self.summary is not None:
            from aztrust.report.ci.markdown import summary_text
            from aztrust.storage.output import append_output, check_place

            try:
                launches = self.launches_around(self.summary)
                check_place(self.summary, launches, option="$GITHUB_STEP_SUMMARY")
                append_output(self.summary, b"\n" + summary_text(document).encode())
            except AztrustError as error:
                # The summary repeats the answer, it is not the answer.
                print_lines(
                    [f"note     the job's summary is not written: {error.message}"], err=True
                )

    def confirm(self, question: str, *, yes: bool) -> None:
        """Ask a person, unless --yes has answered.

        Raises:
            Declined: the answer was no, or there is no terminal to ask at.
        """
        if yes:
            return
        if not is_terminal(sys.stdin):
            raise Declined(
                f"there is no terminal to answer at: {question}",
                mend="run it in a terminal, or answer beforehand with --yes",
            )
        print(f"{visible(question)} [y/N] ", end="", file=sys.stderr, flush=True)  # noqa: T201
        answer = sys.stdin.readline().strip().lower()
        if answer not in ("y", "yes"):
            raise Declined("the answer was no; nothing was written")

    @property
    def is_interactive(self) -> bool:
        """Whether a person is at the terminal to answer."""
        return is_terminal(sys.stdin)

    def choose(self, what: str, choices: Sequence[str]) -> str:
        """Let a person choose one of several; the first one where no one is at a terminal.

        Args:
            what: it is a choice of, for the prompt.
            choices: at least one.

        Raises:
            Declined: the answer is none of them.
        """
        if not is_terminal(sys.stdin):
            return choices[0]
        for number, choice in enumerate(choices, 1):
            print_lines([f"{number:>3}  {choice}"], err=True)
        print(f"{visible(what)} [1]: ", end="", file=sys.stderr, flush=True)  # noqa: T201
        answer = sys.stdin.readline().strip()
        numbered = {str(number): choice for number, choice in enumerate(choices, 1)}
        chosen = numbered.get(answer or "1", answer)
        if chosen not in choices:
            raise Declined(
                f"{visible(answer)} is none of these {what}s; nothing was written",
                mend="type its number or its name",
            )
        return chosen

    def passphrase(self, name: str, *, twice: bool = False) -> Callable[[], bytes]:
        """How to get the passphrase of a key: $AZTRUST_PASSPHRASE, else a hidden prompt.

        Args:
            name: the key's name, for the prompt.
            twice: ask again and compare, as for a new key.
        """

        def ask() -> bytes:
            if self.walk is not None and name in self.walk.passphrases:
                return self.walk.passphrases[name]
            given = os.environb.get(b"AZTRUST_PASSPHRASE")
            if given == b"":
                raise UsageError(
                    "$AZTRUST_PASSPHRASE is empty",
                    subject="$AZTRUST_PASSPHRASE",
                    mend="is a variable not set? give the passphrase, or drop it to be asked",
                )
            if given is not None:
                return given
            if not is_terminal(sys.stdin):
                raise CouldNotCheck(
                    f"the key {visible(name)} is encrypted, and there is no terminal to ask at",
                    subject=visible(name),
                    mend="run it in a terminal, or set AZTRUST_PASSPHRASE",
                )
            typed = _prompt(name, twice=twice)
            if self.walk is not None:
                self.walk.passphrases[name] = typed
            return typed

        return ask

    def question(self, text: str) -> str:
        """The line that a person types as an answer, "" for none.

        Raises:
            Declined: there is no terminal to ask at.
        """
        if not is_terminal(sys.stdin):
            raise Declined(
                f"there is no terminal to answer at: {text}", mend="run it in a terminal"
            )
        print(f"{visible(text)} ", end="", file=sys.stderr, flush=True)  # noqa: T201
        return sys.stdin.readline().strip()

    def note(self, text: str) -> None:
        """Print a note in addition to the result: on stderr, to a person or with -v."""
        if self.verbose or (is_terminal(sys.stderr) and not self.quiet):
            print_lines([text], err=True)


def is_url(text: str) -> bool:
    """Whether a place is named by a URL, and not by a path."""
    return "://" in text


def _prompt(name: str, *, twice: bool) -> bytes:
    from getpass import getpass

    try:
        first = getpass(f"passphrase for {visible(name)}: ")
        if twice and getpass("the same again: ") != first:
            raise UsageError("the two passphrases differ", mend="run the command again")
    except EOFError:
        raise Declined("no passphrase was given") from None
    return first.encode()
