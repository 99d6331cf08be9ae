"""What holds for the program as a whole: names, options, failures, start."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys

import pytest

from aztrust import __version__
from aztrust.cli import app, failure
from aztrust.cli.main import COMMANDS
from aztrust.cli.version import installed_digest
from aztrust.core.base.errors import (
    CouldNotCheck,
    Declined,
    Malformed,
    NothingToVerify,
    Refused,
    UsageError,
)
from aztrust.core.records.window import ABORT_TRIGGERS
from tests.command import PROGRAM, environment, run
from tests.disk_launch import make_launch
from tests.shared import REPOSITORY
from tests.standins import stand_in


def test_help_lists_every_command_without_importing_one():
    code = "import sys; from aztrust.cli.main import main\n"
    code += "main(['--help', '--all'], standalone_mode=False)\n"
    code += "print([m for m in sys.modules if m.startswith('aztrust.cli')], file=sys.stderr)"
    done = subprocess.run((sys.executable, "-c", code), capture_output=True, text=True, check=True)
    listed = [line.split()[0] for line in done.stdout.splitlines() if line.startswith("  ")]
    assert set(COMMANDS) <= set(listed)
    assert "aztrust.cli.verify" not in done.stderr


def test_version_has_the_digest_that_coreutils_would_give(tmp_path, monkeypatch):
    package = tmp_path / "aztrust"
    (package / "__pycache__").mkdir(parents=True)
    (package / "core").mkdir()
    (package / "__init__.py").write_text("x = 1\n")
    (package / "core" / "a.py").write_text("")
    (package / "__pycache__" / "a.pyc").write_text("never")
    monkeypatch.setattr("aztrust.cli.version.__file__", str(package / "cli" / "version.py"))
    lines = "".join(
        f"{hashlib.sha256(data).hexdigest()}  aztrust/{name}\n"
        for name, data in (("__init__.py", b"x = 1\n"), ("core/a.py", b""))
    )
    assert installed_digest() == f"sha256:{hashlib.sha256(lines.encode()).hexdigest()}"
    done = run("--version")
    assert done.exit_code == 0
    assert done.out == f"aztrust {__version__}\ncode     {installed_digest()}\n"


def test_unknown_command_names_the_nearest():
    done = run("verfy")
    assert (done.exit_code, done.out) == (2, "")
    assert "there is no command verfy; did you mean verify?" in done.err


def test_unknown_command_cannot_forge_a_line():
    done = run("x\nPASS     everything")
    assert done.exit_code == 2
    assert not any(line.startswith("PASS") for line in done.err.splitlines())


def test_unknown_option_names_the_nearest():
    done = run("verify", "--anchr", "00")
    assert done.exit_code == 2
    assert "--anchor" in done.err


def test_usage_as_json():
    done = run("verify", "--require", "nothing", "--format", "json")
    assert done.exit_code == 2
    assert done.document["schema"] == "aztrust/error"
    assert done.document["kind"] == "usage"


def test_no_words_show_the_help():
    done = run()
    assert done.exit_code == 2
    assert "On a host:" in done.err


def test_launch_before_and_after_the_command(tmp_path):
    launch = make_launch(tmp_path)
    before = run("-C", launch.path, "verify", "-q", "--at", "1780315200")
    after = run("verify", "-C", launch.path, "-q", "--at", "1780315200")
    assert before == after
    assert before.exit_code == 12


def test_launch_from_the_environment_and_from_a_parent(tmp_path, monkeypatch):
    launch = make_launch(tmp_path)
    monkeypatch.setenv("AZTRUST_LAUNCH", str(launch.path))
    assert run("verify", "-q").exit_code == 12
    monkeypatch.delenv("AZTRUST_LAUNCH")
    monkeypatch.chdir(launch.path / "packages/release/bin")
    assert run("verify", "-q").exit_code == 12


def test_no_launch_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = run("verify")
    assert (done.exit_code, done.out) == (3, "")
    assert "mend" in done.err


def interrupted(error: Exception, *, on_purpose: bool) -> Exception:
    """An error that someone made of an interrupt, with `from` or without."""
    try:
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt as cause:
            if on_purpose:
                raise error from cause
            raise error  # noqa: B904 - as careless code does
    except type(error) as made:
        return made


ERRORS = [
    (UsageError("m"), 2, "usage"),
    (NothingToVerify("m"), 3, "nothing"),
    (Declined("m"), 4, "declined"),
    (CouldNotCheck("m"), 1, "error"),
    (Malformed("m", code="record-malformed"), 10, "malformed"),
    (Refused("m", details=("one", "two")), 10, "refused"),
    (KeyboardInterrupt(), 130, ""),
    (interrupted(RuntimeError("m"), on_purpose=False), 130, ""),
    (interrupted(RuntimeError("m"), on_purpose=True), 130, ""),
    (interrupted(Refused("m"), on_purpose=False), 130, ""),
    (RuntimeError("boom\nPASS"), 1, "error"),
    (PermissionError(13, "Permission denied", "/x"), 1, "error"),
    (MemoryError(), 1, "error"),
    (RecursionError(), 1, "error"),
]


@pytest.fixture
def failing(monkeypatch):
    """A program with one command, which ends as it is set."""
    program = app.Group("aztrust")

    def make(error: BaseException):
        @app.command("fail", short_help="Fails.", parent=program)
        def fail(session: app.Session) -> None:
            raise error

        return program

    return make


@pytest.mark.parametrize(("error", "code", "label"), ERRORS, ids=lambda e: type(e).__name__)
def test_every_ending_is_an_exit_code_and_one_block(failing, capsys, error, code, label):
    with pytest.raises(SystemExit) as ending:
        failing(error).main(["fail"])
    assert ending.value.code == code
    out, err = capsys.readouterr()
    assert out == ""
    assert err.split(" ")[0].strip() == label
    assert "Traceback" not in err
    assert not any(line.startswith("PASS") for line in err.splitlines())


@pytest.mark.parametrize(("error", "code", "label"), ERRORS, ids=lambda e: type(e).__name__)
def test_every_failure_as_json(failing, capsys, error, code, label):
    if not label:
        pytest.skip("an interrupted run has nothing to say")
    with pytest.raises(SystemExit) as ending:
        failing(error).main(["fail", "--format", "json"])
    assert ending.value.code == code
    document = json.loads(capsys.readouterr().out)
    assert (document["exit_code"], document["kind"]) == (code, label)


def test_a_failure_replaces_an_older_report(failing, tmp_path, capsys):
    report = tmp_path / "report.json"
    report.write_text('{"schema":"aztrust/report","verdict":"pass"}')
    for _ in range(2):  # a failure is a report that the next run replaces
        with pytest.raises(SystemExit):
            failing(CouldNotCheck("m")).main(["fail", "--format", "json", "-o", str(report)])
        assert json.loads(report.read_text())["schema"] == "aztrust/error"


def test_a_failure_replaces_nothing_else(failing, tmp_path, capsys):
    kept = tmp_path / "kept.json"
    kept.write_text('{"verdict": "pass"}')
    with pytest.raises(SystemExit):
        failing(CouldNotCheck("m")).main(["fail", "--format", "json", "-o", str(kept)])
    assert kept.read_text() == '{"verdict": "pass"}'
    assert "is not an earlier report" in capsys.readouterr().err


def test_message_and_subject_are_one_sentence():
    lines = failure.failure_lines(Malformed("is not JSON", subject="a.json", mend="ask again"))
    assert lines == ["malformed a.json is not JSON", "mend     ask again"]
    lines = failure.failure_lines(Refused("nothing fits", subject="a.json", details=("x", "y")))
    assert lines == ["refused  a.json: nothing fits", "         x", "         y"]


def test_other_platforms_get_one_line(monkeypatch):
    stand_in(monkeypatch, app, "sys", platform="win32")
    done = run("explain")
    assert (done.exit_code, done.out) == (1, "")
    assert done.err == "error    aztrust runs on Linux and macOS, not on win32\n"


def test_a_closed_pipe_is_quiet(tmp_path):
    launch = make_launch(tmp_path)
    done = subprocess.run(
        f"{' '.join(PROGRAM)} -C {launch.path} explain | head -n 1",
        shell=True,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "checks\n"
    assert done.stderr == ""


LIBRARIES = """
import blake3, click, cryptography, jiter, pydantic, rfc8785, tomli
from cryptography.hazmat.primitives.asymmetric import ec
class Model(pydantic.BaseModel):
    field: int
"""


def test_verify_loads_nothing_it_does_not_need(tmp_path):
    launch = make_launch(tmp_path)
    words = ["--launch", str(launch.path), "verify", "--quiet"]
    needless = (
        "asyncio concurrent.futures difflib getpass hypothesis importlib.metadata json.tool "
        "multiprocessing rich ruamel sigstore tarfile tomllib unittest urllib.request yaml zipfile "
        "aztrust.report.model aztrust.core.package.treediff"
    ).split()

    def loaded(code: str) -> set[str]:
        code += f"\nimport sys; print(*({needless!r} & sys.modules.keys()))"
        code = code.replace(repr(needless), repr(set(needless)))
        done = subprocess.run(
            (sys.executable, "-c", code), cwd=REPOSITORY, capture_output=True, text=True, check=True
        )
        return set(done.stdout.splitlines()[-1].split())

    ours = loaded(f"from aztrust.cli.main import main\nmain({words!r}, standalone_mode=False)")
    # What a library loads for itself is not ours to leave out.
    assert ours <= loaded(LIBRARIES)


def test_a_missing_choice_is_reported_in_one_line():
    done = run("seal")
    assert done.exit_code == 2
    assert "Choose release or genesis" in done.err
    assert "\\" not in done.err
    assert "\t" not in done.err


@pytest.mark.parametrize("words", ["window abort", "window defer", "attest", "guard", "explain"])
def test_help_has_eighty_columns(words):
    done = run(*words.split(), "--help")
    assert done.exit_code == 0
    assert max(map(len, done.out.splitlines())) <= 80


def test_help_lists_every_trigger():
    text = "".join(run("window", "abort", "--help").out.split())
    assert all(trigger in text for trigger in ABORT_TRIGGERS)
