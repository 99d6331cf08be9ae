"""The parts of every command: the `command` decorator, groups, common options, errors.

    @command("seal", short_help="...", example="aztrust seal release --key rita")
    @click.argument("package_class", type=click.Choice(["release", "genesis"]))
    def seal(session: Session, package_class: str) -> int | None: ...

The function returns its exit code, None for 0. An `AztrustError` that it raises becomes one block
on stderr and the error's exit code.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from aztrust.cli.failure import EXIT_INTERRUPTED, failure_document, report_failure, unexpected
from aztrust.cli.interrupt import was_interrupted
from aztrust.cli.place import place_of
from aztrust.cli.session import Session
from aztrust.cli.streams import STDIO, refuse_dashes
from aztrust.cli.terminal import COLORS, choose_color, silence
from aztrust.core.base.errors import AztrustError, CouldNotCheck, UsageError
from aztrust.report.advice import at_place
from aztrust.report.escape import visible
from aztrust.report.output_format import FORMS, PLAIN, Form, form_of

__all__ = ["Command", "Group", "Session", "command", "group"]

Function = Callable[..., int | None]


class _Runner(click.Command):
    """Runs a command so that every ending is an exit code and at most one clear block."""

    def main(  # type: ignore[override]  # one signature where click's stubs have two
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: object,
    ) -> int:
        """Run, and leave with the exit code (or return it, outside standalone mode)."""
        words = list(sys.argv[1:] if args is None else args)
        code = self._run(words, prog_name or "aztrust", complete_var, extra)
        if standalone_mode:
            sys.exit(code)
        return code

    def _run(
        self, words: list[str], prog_name: str, complete_var: str | None, extra: dict[str, object]
    ) -> int:
        choose_color("auto")
        form = _asked_form(words)
        if not sys.platform.startswith(("linux", "darwin")):
            return report_failure(
                CouldNotCheck(f"aztrust runs on Linux and macOS, not on {sys.platform}"),
                form=form,
            )
        try:
            code = super().main(words, prog_name, complete_var, standalone_mode=False, **extra)
        except click.exceptions.NoArgsIsHelpError as error:
            click.echo(error.format_message(), err=True)
            return UsageError.exit_code
        except click.UsageError as error:
            return report_failure(_usage(error), form=form)
        except click.ClickException as error:
            return report_failure(UsageError(error.format_message()), form=form)
        except AztrustError as error:
            return report_failure(error, form=form)
        except (KeyboardInterrupt, EOFError, click.Abort):
            click.echo("", err=True)
            return EXIT_INTERRUPTED
        except BrokenPipeError:
            silence()
            return 1
        except Exception as error:
            if was_interrupted(error):
                click.echo("", err=True)
                return EXIT_INTERRUPTED
            if os.environ.get("AZTRUST_DEBUG"):
                raise
            # No trace ever reaches a user.
            return report_failure(unexpected(error), form=form)
        return code if isinstance(code, int) else 0

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the words of this command; an option that takes one value is given once.

        Raises:
            UsageError: one is given again: click takes the last value and drops the others.
        """
        if not ctx.resilient_parsing:
            _, _, order = self.make_parser(ctx).parse_args(list(args))
            given: set[str] = set()
            for parameter in order:
                if not takes_one_value(parameter):
                    continue
                name = max(parameter.opts, key=len)
                if name in given:
                    raise _given_again(name)
                given.add(name)
        return super().parse_args(ctx, args)


def takes_one_value(parameter: click.Parameter) -> bool:
    """Whether a second value of this parameter would replace the first; of a flag it is the same.

    A pair of flags that say the opposite (`--yes/--no`) does take one.
    """
    if not isinstance(parameter, click.Option) or parameter.multiple or parameter.count:
        return False
    return not parameter.is_flag or bool(parameter.secondary_opts)


def _given_again(name: str) -> UsageError:
    """The refusal of an option's second value; neither value is shown, as one may be secret."""
    return UsageError(
        f"{name} is given more than once, and takes one value",
        subject=name,
        mend=f"give {name} once",
    )


class Command(_Runner):
    """A click command with an example in its help; `function` is what it runs."""

    example: str = ""
    function: Function

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The example, as it is typed."""
        _format_example(self.example, formatter)


class Group(_Runner, click.Group):
    """A command with subcommands; an unknown one is answered with the nearest."""

    example: str = ""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the first argument names.

        Raises:
            UsageError: there is none of that name.
        """
        word = args[0]
        if self.get_command(ctx, word) is None and not word.startswith("-"):
            from aztrust.core.base.nearest import did_you_mean

            near = did_you_mean(word, self.list_commands(ctx))
            raise UsageError(
                f"there is no command {ascii(word)[1:-1]}{near}",
                mend=f"{ctx.command_path} --help lists them",
            )
        return super().resolve_command(ctx, args)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The example, as it is typed."""
        _format_example(self.example, formatter)


def command(
    name: str,
    *,
    short_help: str,
    example: str = "",
    parent: click.Group | None = None,
    refusal: str = "",
    reports: bool = False,
    no_output: str = "",
    output_is_record: bool = False,
) -> Callable[[Function], Command]:
    """Make a function a command: it gets a `Session`, then its own arguments by name.

    Args:
        name: as it is typed.
        short_help: one line for lists.
        example: one or more lines as they are typed, shown below the help.
        parent: the group it belongs to, if any.
        reports: it ends in a verdict's report, which it also gives in the forms that CI reads:
            `emit` of a report's document does it all (--format, --report, the job summary).
        no_output: where -o is refused, what to do in its place.
        output_is_record: -o names the file of what is signed, and no report: its name does not say
            in which form the result is shown, and a failure is not written into it.
        refusal: its first line where it has no result, for readers who read only that line.
    """

    def decorate(function: Function) -> Command:
        own = list(reversed(getattr(function, "__click_params__", [])))

        def callback(**values: Any) -> int | None:  # noqa: ANN401 - whatever options there are
            session = _session(
                click.get_current_context(), values, output_is_record=output_is_record
            )
            with at_place(place_of(session, values)):
                return run(session, values)

        def run(session: Session, values: dict[str, Any]) -> int | None:
            try:
                refuse_dashes(click.get_current_context(), values)
                if no_output and session.output is not None:
                    raise UsageError(f"{name} has no -o", subject="-o", mend=no_output)
                session.check_output(list(_files(values)))
            except AztrustError as error:
                _print_refusal(refusal, session)
                # A file that may not be written does not get the failure either.
                return report_failure(error, form=session.format, command=session.command)
            try:
                return function(session, **values)
            except AztrustError as error:
                if was_interrupted(error):
                    raise KeyboardInterrupt from error
                _print_refusal(refusal, session)
                output = None if output_is_record else session.output
                code = report_failure(
                    error, form=session.format, output=output, command=session.command
                )
                session.emit_failure(failure_document(error, session.command))
                return code

        made = Command(
            name,
            callback=callback,
            params=[*own, *_common_options(FORMS if reports else PLAIN)],
            help=function.__doc__,
            short_help=short_help,
        )
        made.example = example
        made.function = function
        if parent is not None:
            parent.add_command(made)
        return made

    return decorate


def _files(values: Mapping[str, Any]) -> Iterator[tuple[str, Path]]:
    """Every value that may name a file, that of `NAME=FILE` included, and its option."""
    for name, value in values.items():
        for each in value if isinstance(value, tuple | list) else (value,):
            if isinstance(each, str | Path) and str(each):
                text = os.fspath(each)
                for path in dict.fromkeys((text, text.partition("=")[2] or text)):
                    yield f"--{name.replace('_', '-')}", Path(path)


def _print_refusal(refusal: str, session: Session) -> None:
    if refusal and (session.format == "text" or session.output is not None):
        from aztrust.cli.terminal import print_lines

        print_lines([refusal])


def group(name: str, *, short_help: str, text: str = "", example: str = "") -> Group:
    """A command that only has subcommands; add them with `command(..., parent=...)`."""
    made = Group(name, help=text or short_help, short_help=short_help)
    made.example = example
    return made


def launch_option() -> click.Option:
    """-C, before or after the command's name."""
    return click.Option(
        ["-C", "--launch"],
        metavar="DIR|KIT|URL",
        type=click.Path(),
        help="The launch directory, or a kit to read, also by its https URL; else $AZTRUST_LAUNCH,"
        " else the nearest parent that is one.",
    )


def color_option() -> click.Option:
    """--color, before or after the command's name; the last one counts."""

    def choose(context: click.Context, parameter: click.Parameter, value: Any) -> None:  # noqa: ANN401
        source = context.get_parameter_source(parameter.name or "")
        if source is not click.core.ParameterSource.DEFAULT:
            choose_color(value)

    return click.Option(
        ["--color"],
        type=click.Choice(COLORS),
        default="auto",
        is_eager=True,
        expose_value=False,
        callback=choose,
        help="auto: on a terminal; NO_COLOR, FORCE_COLOR and CLICOLOR count.",
    )


def _common_options(forms: tuple[Form, ...]) -> list[click.Parameter]:
    further = click.Option(
        ["--report", "reports"],
        metavar="FORM=FILE",
        multiple=True,
        help=f"Write the report to FILE, too: {', '.join(forms[1:])}. Can be given several times."
        " With -o, - is standard output.",
    )
    return [
        launch_option(),
        click.Option(["--format"], type=click.Choice(forms), default="text"),
        click.Option(["--json", "as_json"], is_flag=True, help="The same as --format json."),
        click.Option(
            ["-o", "--output"],
            metavar="FILE",
            type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
            help="Write the result to this file; - is standard output.",
        ),
        *((further,) if forms is not PLAIN else ()),
        click.Option(["-q", "--quiet"], is_flag=True, help="One line."),
        click.Option(["-v", "--verbose"], is_flag=True, help="Everything."),
        color_option(),
    ]


def _session(context: click.Context, values: dict[str, Any], *, output_is_record: bool) -> Session:
    """The session of this command; the common options leave `values`."""
    before = context.find_root().params.get("launch")
    if before is not None and values["launch"] is not None:
        raise _given_again("--launch")
    own = values.pop("launch")
    path = context.command_path.partition(" ")[2]
    form, output = values.pop("format"), values.pop("output")
    reporting = "reports" in values
    asked = context.get_parameter_source("format") is not click.core.ParameterSource.DEFAULT
    if values.pop("as_json"):
        if asked and form != "json":
            raise UsageError(
                f"--json and --format {form} ask for two forms",
                subject="--json",
                mend="give one of the two; --report gives further forms",
            )
        form, asked = "json", True
    output = None if output == STDIO else output
    if output is not None and not asked and not output_is_record:
        form = form_of(output.name, FORMS if reporting else PLAIN)
    summary = os.environ.get("GITHUB_STEP_SUMMARY") if reporting else None
    return Session(
        command=path or context.command.name or "",
        format=form,
        output=output,
        quiet=values.pop("quiet"),
        verbose=values.pop("verbose"),
        launch_option=before if own is None else own,
        reports=tuple(map(_report, values.pop("reports", ()))),
        summary=Path(summary) if summary else None,
    )


def _report(text: str) -> tuple[Form, Path]:
    """A form and its file, as --report names them."""
    name, _, path = text.partition("=")
    form = next((form for form in FORMS[1:] if form == name), None)
    if form is None or not path:
        raise UsageError(
            f"--report {visible(text)} is not FORM=FILE",
            subject="--report",
            mend=f"write {FORMS[2]}=FILE; the forms are {', '.join(FORMS[1:])}",
        )
    return form, Path(path)


def _usage(error: click.UsageError) -> UsageError:
    path = error.ctx.command_path if error.ctx is not None else "aztrust"
    message = error.format_message().rstrip(".")
    if isinstance(error, click.MissingParameter) and error.param is not None:
        kind = error.param.type
        if isinstance(kind, click.Choice):
            # click writes each choice on a line of its own.
            choices = " or ".join(str(choice) for choice in kind.choices)
            message = f"{message.partition('. Choose')[0]}. Choose {choices}"
    return UsageError(message[:1].lower() + message[1:], mend=f"{path} --help")


def _format_example(example: str, formatter: click.HelpFormatter) -> None:
    if not example:
        return
    with formatter.section("Example"):
        for line in example.splitlines():
            formatter.write(f"{'':>{formatter.current_indent}}$ {line}\n")


def _asked_form(words: list[str]) -> Form:
    """The form that a command line asks for, where it cannot be parsed."""
    text = " ".join(words)
    if "--json" in words:
        return "json"
    for form in FORMS[1:]:
        if f"--format={form}" in words or f"--format {form}" in text:
            return form
    return "text"
