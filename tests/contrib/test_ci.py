"""action.yml and the snippets of docs/ci.md: run here, and read by CI's own readers."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from aztrust.report.output_format import FORMS
from tests.command import environment
from tests.disk_launch import make_launch
from tests.shared import REPOSITORY

ACTION = REPOSITORY / "action.yml"
PAGE = REPOSITORY / "docs" / "ci.md"
TOOLS = REPOSITORY / ".venv-workflows" / "bin"

# Each would run something if a shell, the runner or aztrust took it for more than a word.
HOSTILE = (
    "$(touch pwned)",
    "`touch pwned`",
    '"; touch pwned; "',
    "'; touch pwned; '",
    "x\ntouch pwned\n",
    "${{ github.token }}",
    "$HOME * ? [a] {a,b} ~ \\ !!",
    "-o pwned",
    "x\r\n::error::pwned",
)

PASSES = 'printf \'{"verdict":"pass"}\' > "$report"; exit 0'


def action() -> dict:
    return yaml.safe_load(ACTION.read_text("utf-8"))


def step(name: str) -> dict:
    return next(s for s in action()["runs"]["steps"] if s["name"] == name)


def blocks() -> dict[str, str]:
    """The YAML of the page, by the file that its first line names."""
    found = re.findall(
        r"^```yaml\n# (\S+)\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    return {name: f"# {name}\n{text}" for name, text in found}


class Runner:
    """What GitHub's runner gives a step: folders, files, an environment; and a stand-in program."""

    def __init__(self, folder: Path) -> None:
        self.temp = folder / "temp"
        self.work = folder / "work"
        self.bin = self.temp / "aztrust/env/bin"
        self.output, self.summary = folder / "output", folder / "summary"
        for directory in (self.work, self.bin):
            directory.mkdir(parents=True)
        self.output.touch()
        (self.bin / "python").symlink_to(sys.executable)
        self.log = folder / "log"

    def stand_in(self, body: str) -> None:
        """An aztrust that writes its arguments and its environment down, then does as set."""
        program = self.bin / "aztrust"
        program.write_text(
            '#!/bin/sh\nfor word; do printf "%s\\0" "$word"; done > "$LOG"\n'
            'env -0 > "$LOG.env"\nfor word; do case $word in json=*) report=${word#json=};; esac;'
            f" done\n{body}\n"
        )
        program.chmod(0o755)

    def run(self, name: str = "Run aztrust", **inputs: str) -> subprocess.CompletedProcess:
        one = step(name)
        defaults = {k: v.get("default", "") for k, v in action()["inputs"].items()}
        given = {**defaults, **{k.replace("_", "-"): v for k, v in inputs.items()}}
        env = {}
        for variable, expression in one["env"].items():
            match = re.fullmatch(r"\$\{\{ (inputs\.([a-z-]+)|[a-z._-]+) \}\}", expression)
            assert match, expression
            env[variable] = given[match[2]] if match[2] else self.context(match[1])
        script = self.temp / "step.sh"
        script.write_text(one["run"])
        return subprocess.run(
            ("bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)),
            cwd=self.work,
            env={
                "PATH": os.environ["PATH"],
                "HOME": os.environ["HOME"],
                "LC_ALL": "C.UTF-8",
                "RUNNER_TEMP": str(self.temp),
                "GITHUB_OUTPUT": str(self.output),
                "GITHUB_STEP_SUMMARY": str(self.summary),
                "LOG": str(self.log),
                **env,
            },
            capture_output=True,
            text=True,
            check=False,
        )

    def context(self, name: str) -> str:
        return {"github.action_path": str(REPOSITORY)}.get(name, str(self.temp / "stand-in-python"))

    @property
    def words(self) -> list[str]:
        return self.log.read_bytes().decode().split("\0")[:-1]

    @property
    def variables(self) -> dict[str, str]:
        text = self.log.with_name("log.env").read_bytes().decode()
        return dict(line.split("=", 1) for line in text.split("\0")[:-1])

    @property
    def outputs(self) -> dict[str, str]:
        return dict(line.split("=", 1) for line in self.output.read_text().splitlines())


@pytest.fixture
def runner(tmp_path) -> Runner:
    return Runner(tmp_path)


# ---- the action ---------------------------------------------------------------------------------


def test_no_expression_is_in_a_script():
    for one in action()["runs"]["steps"]:
        assert "${{" not in one.get("run", "")
        assert ("run" in one) != ("uses" in one)
        assert one.get("shell", "bash") == "bash"


def test_every_action_is_named_by_its_commit():
    texts = (ACTION.read_text("utf-8"), *blocks().values())
    named = [use for text in texts for use in re.findall(r"uses: (\S+)( # \S+)?", text)]
    assert len(named) >= 6
    for use, remark in named:
        assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", use), use
        assert remark, use


def test_every_input_and_output_is_used_and_described():
    text, page = ACTION.read_text("utf-8"), PAGE.read_text("utf-8")
    for name in action()["inputs"]:
        assert text.count(f"inputs.{name} ") == 1
        assert f"`{name}`" in page
    for name in action()["outputs"]:
        assert f"`{name}`" in page


def test_the_words_and_the_answer(runner):
    runner.stand_in('echo text; printf \'{"verdict":"fail"}\' > "$report"; exit 10')
    done = runner.run(anchor="8f" * 32, args="--require approved\n  --only release\t-v\n")
    assert done.returncode == 10
    reports = runner.outputs["reports"]
    assert Path(reports).parent == runner.temp / "aztrust"
    assert runner.words == [
        "--launch=.", "verify",
        "--report", f"json={reports}/aztrust.json", "--report", f"sarif={reports}/aztrust.sarif",
        "--report", f"junit={reports}/aztrust.xml", "--report", f"markdown={reports}/aztrust.md",
        "--require", "approved", "--only", "release", "-v",
    ]  # fmt: skip
    assert runner.variables["AZTRUST_ANCHOR"] == "8f" * 32
    assert "AZTRUST_SCOPE" not in runner.variables
    assert runner.outputs == {"exit-code": "10", "verdict": "fail", "reports": reports}


def test_the_scope_replaces_the_anchor(runner):
    runner.stand_in(PASSES)
    assert runner.run(scope="7c" * 32, command="gate").returncode == 0
    assert runner.variables["AZTRUST_SCOPE"] == "7c" * 32
    assert "AZTRUST_ANCHOR" not in runner.variables
    assert runner.words[1] == "gate"


@pytest.mark.parametrize("inputs", [{}, {"anchor": "x", "command": "approve"}])
def test_without_an_anchor_or_with_another_command_nothing_is_run(runner, inputs):
    runner.stand_in("exit 0")
    done = runner.run(**inputs)
    assert done.returncode == 2
    assert done.stdout.startswith("::error::")
    assert not runner.log.exists()
    assert runner.outputs["exit-code"] == "2"
    assert runner.outputs["verdict"] == "none"


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("name", ["command", "anchor", "scope", "launch", "args"])
def test_an_input_is_never_more_than_a_word(runner, name, text):
    runner.stand_in(PASSES)
    done = runner.run(**{"anchor": "x", name: text})
    assert list(runner.work.iterdir()) == []
    assert not list(runner.temp.rglob("pwned"))
    if name == "command":
        assert done.returncode == 2
        assert done.stdout == "::error::the input command is verify or gate\n"
        return
    assert done.returncode == 0, done.stderr
    expected = {"launch": f"--launch={text}"}.get(name)
    if expected:
        assert runner.words[0] == expected
    if name == "args":
        assert runner.words[10:] == text.split()
    if name in ("anchor", "scope"):
        assert runner.variables[f"AZTRUST_{name.upper()}"] == text


def test_what_is_printed_commands_no_runner(runner):
    runner.stand_in(f'echo "::add-mask::x"; echo "  ::notice::PASS"; {PASSES}')
    lines = runner.run(anchor="x").stdout.splitlines()
    stop, *printed, resume = lines
    token = stop.removeprefix("::stop-commands::")
    assert re.fullmatch(r"[0-9a-f]{32}", token)
    assert resume == f"::{token}::"
    assert printed == ["::add-mask::x", "  ::notice::PASS"]
    assert token not in runner.log.with_name("log.env").read_text()


@pytest.mark.parametrize("body", ["", "{", "[]", '{"verdict":"x\\nexit-code=0"}', '{"verdict":1}'])
def test_a_report_that_is_none_gives_no_verdict(runner, body):
    runner.stand_in(f"printf '%s' '{body}' > \"$report\"; exit 1")
    assert runner.run(anchor="x").returncode == 1
    assert runner.outputs["verdict"] == "none"
    assert runner.outputs["exit-code"] == "1"


def test_each_step_has_reports_of_its_own(runner):
    runner.stand_in(PASSES)
    runner.run(anchor="x")
    first = Path(runner.outputs["reports"])
    runner.stand_in("exit 2")
    assert runner.run(anchor="x").returncode == 2
    assert list(Path(runner.outputs["reports"]).iterdir()) == []
    assert runner.outputs["verdict"] == "none"
    assert [path.name for path in first.iterdir()] == ["aztrust.json"]


def test_without_a_verdict_it_does_not_pass(runner):
    runner.stand_in("echo usage; exit 0")
    done = runner.run(anchor="x", args="--help")
    assert done.returncode == 2
    assert done.stdout.splitlines()[-1].startswith("::error::aztrust ended in 0 without a verdict")
    assert (runner.outputs["exit-code"], runner.outputs["verdict"]) == ("2", "none")


def test_with_aztrust_itself(runner, tmp_path):
    launch = make_launch(tmp_path)
    program = runner.bin / "aztrust"
    program.write_text(
        f'#!/bin/sh\nexport PYTHONPATH="{REPOSITORY}"\nexec "{sys.executable}" -P -m aztrust "$@"\n'
    )
    program.chmod(0o755)
    done = runner.run(launch=str(launch.path), anchor=launch.anchor, args="--at 1780315200")
    assert done.returncode == 0, done.stderr
    assert runner.outputs["verdict"] == "pass"
    reports = Path(runner.outputs["reports"])
    names = {path.name for path in reports.iterdir()}
    assert names == {"aztrust.json", "aztrust.sarif", "aztrust.xml", "aztrust.md"}
    assert runner.summary.read_text() == f"\n{(reports / 'aztrust.md').read_text()}"
    done = runner.run(launch=str(launch.path), anchor="00" * 32)
    assert (done.returncode, runner.outputs["verdict"]) == (10, "fail")


def test_the_install_takes_nothing_without_a_hash(runner):
    """With a stand-in for Python, which makes an environment of itself."""
    stand_in = runner.temp / "stand-in-python"
    stand_in.write_text(
        '#!/bin/sh\nprintf "%s " "$@" >> "$LOG"; echo >> "$LOG"\n'
        'for word; do last=$word; done\ncase " $* " in *" venv "*)\n'
        '  mkdir -p "$last/bin"; rm -f "$last/bin/python"; cp "$0" "$last/bin/python";; esac\n'
    )
    stand_in.chmod(0o755)
    (runner.work / "pip.py").write_text("raise SystemExit('this is the work tree')")
    done = runner.run("Install aztrust")
    assert done.returncode == 0, done.stderr
    made, locked, itself = runner.log.read_text().splitlines()
    assert all(line.startswith("-I -m ") for line in (made, locked, itself))
    assert {"--require-hashes", "--no-deps", "--only-binary=:all:"} <= set(locked.split())
    files = re.findall(r"-r (\S+)", locked)
    assert files == [str(REPOSITORY / f"requirements/{name}.txt") for name in ("run", "build")]
    assert {"--no-deps", "--no-index", "--no-build-isolation", str(REPOSITORY)} <= set(
        itself.split()
    )
    assert step("Install aztrust")["working-directory"] == "${{ runner.temp }}"


# ---- the page -----------------------------------------------------------------------------------


def test_the_page_has_every_form():
    rows = re.findall(r"^\| .*? \| .*? \| `(\w+)` \| ", PAGE.read_text("utf-8"), re.MULTILINE)
    assert rows == list(FORMS)


def test_gitlab_s_script(tmp_path):
    """The words of the snippet, with a stand-in for the program that it installs."""
    launch = make_launch(tmp_path)
    job = yaml.safe_load(blocks()[".gitlab-ci.yml"])["verify-launch"]
    program = tmp_path / "aztrust"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -P -m aztrust "$@"\n')
    program.chmod(0o755)
    script = "\n".join(job["script"]).replace("/opt/aztrust/bin/aztrust", str(program))

    def run(anchor: str, require: str = "approved") -> int:
        return subprocess.run(
            ("sh", "-eu", "-c", script),
            cwd=launch.path,
            env=environment(LAUNCH_ANCHOR=anchor, REQUIRE=require),
            capture_output=True,
            check=False,
        ).returncode

    assert run(launch.anchor) == 0
    for path in (*job["artifacts"]["paths"], job["artifacts"]["reports"]["junit"]):
        assert (launch.path / path).is_file()
    assert run(launch.anchor, "sealed") == 0
    assert run("") == 2
    assert run("00" * 32) == 10


# ---- other people's readers ---------------------------------------------------------------------


def tool(name: str) -> str:
    path = TOOLS / name
    if not path.is_file():
        pytest.skip(f"{name} is not installed here: make .venv-workflows/.done")
    return str(path)


def passes(*words: str | Path, cwd: Path = REPOSITORY) -> None:
    done = subprocess.run(words, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def repository(tmp_path) -> Path:
    """A repository with the page's files, whose action is ours."""
    for name, text in blocks().items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / ".git").mkdir()
    shutil.copy(ACTION, tmp_path / "action.yml")
    return tmp_path


@pytest.mark.parametrize(
    ("schema", "file"),
    [
        ("github-actions", "action.yml"),
        ("github-workflows", ".github/workflows/launch.yml"),
        ("gitlab-ci", ".gitlab-ci.yml"),
    ],
)
def test_the_schemas_of_the_services(repository, schema, file):
    words = (tool("check-jsonschema"), "--builtin-schema", f"vendor.{schema}")
    extra = ("--data-transform", "gitlab-ci") if schema == "gitlab-ci" else ()
    passes(*words, *extra, repository / file)


def test_an_audit_finds_no_injection(repository):
    passes(
        tool("zizmor"), "--offline", "--no-progress", "--no-config", "--persona", "regular",
        "action.yml", ".github/workflows/launch.yml", cwd=repository,
    )  # fmt: skip


def test_actionlint(repository):
    built = REPOSITORY / ".tools" / "actionlint"
    found = str(built) if built.is_file() else shutil.which("actionlint")
    if found is None:
        pytest.skip("actionlint is not installed here: make .tools/actionlint.done")
    workflow = repository / ".github/workflows/launch.yml"
    # Our own action, whose inputs and outputs it then checks.
    workflow.write_text(re.sub(r"OWNER/aztrust@0+", "./", workflow.read_text()))
    passes(found, "-no-color", workflow, cwd=repository)


def test_shellcheck(tmp_path):
    if shutil.which("shellcheck") is None:
        pytest.skip("shellcheck is not installed here")
    for name in ("Install aztrust", "Run aztrust"):
        script = tmp_path / "step.sh"
        script.write_text("#!/bin/bash\n" + step(name)["run"])
        passes("shellcheck", "--shell=bash", script)
