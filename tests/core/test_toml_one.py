"""TOML 1.0 and nothing newer, whatever version of the TOML library is installed."""

from __future__ import annotations

import subprocess
import sys

import pytest

from aztrust.core.base.errors import Malformed
from aztrust.core.policy.toml_one import newer_than_one
from aztrust.core.policy.tomldoc import read_toml
from tests.patience import PATIENCE

NEWER = {
    "a new line": ("a = 1\nb = {\n c = 1 }\n", "line 2", "new line in an inline table"),
    "a new line after a comma": ("b = { c = 1,\n d = 2 }\n", "line 1", "new line"),
    "a comment": ("b = { c = 1 # why\n}\n", "line 1", "new line"),
    "in an array": ("b = [\n { c = [1,\n2],\n } ]\n", "line 3", "new line"),
    "a last comma": ("b = { c = 1, }\n", "line 1", "a comma before the end"),
    "a last comma, nested": ("b = [{ c = { d = 1 , } }]\n", "line 1", "a comma before the end"),
    "an escape": ('a = 1\nb = "x\\e[0m"\n', "line 2", "the escape \\e"),
    "an escape of a byte": ('b = "\\x41"\n', "line 1", "the escape \\x"),
    "an escape in a long text": ('b = """\n\n\\\\ \\e"""\n', "line 1", "the escape \\e"),
    "an escape in a key": ('"\\e" = 1\n', "line 1", "the escape \\e"),
    "a time": ("b = 07:32\n", "line 1", "07:32 without seconds"),
    "a time of a day": ("b = 1979-05-27T07:32\n", "line 1", "without seconds"),
    "a time in a zone": ("b = [1979-05-27 07:32Z]\n", "line 1", "without seconds"),
    "a time with an offset": ("b = 1979-05-27T07:32-07:00\n", "line 1", "without seconds"),
}
SOUND = {
    "tables": "[a]\nb = 1\n[[a.c]]\nd = { e = 1, f = [1,\n 2,\n] }\n",
    "an array over lines": "a = [\n 1, # one\n { b = 1 },\n]\n",
    "a text that looks so": "a = \"{ b = 1, }\"\nb = '\\e 07:32'\nc = '''\n{ x = 1,\n}\\x'''\n",
    "a long text with quotes": 'a = """{\n"" , }""""\nb = """""""\nc = { d = "," }\n',
    "a comment that looks so": "# { a = 1,\n# }\na = 1 # \\e 07:32 \" '\n",
    "an escaped backslash": 'a = "\\\\e \\\\x"\n',
    "an escaped quote": 'a = "\\"{ \\u0041"\n',
    "empty texts": "a = \"\"\nb = ''\nc = {}\nd = []\n",
    "a line that goes on": 'a = """x \\\n   y"""\n',
    "times": "a = 07:32:00\nb = 1979-05-27T07:32:00Z\nc = 1979-05-27 07:32:00.5\nd = 1979-05-27\n",
    "keys": '"a, }" = 1\n"b" . \'c\' = 2\n07-32 = 3\n',
    "line ends of Windows": "a = [\r\n 1,\r\n]\r\nb = { c = 1 }\r\n",
}


@pytest.mark.parametrize(("text", "line", "what"), NEWER.values(), ids=NEWER)
def test_what_only_toml_1_1_allows_is_refused_with_its_line(text, line, what):
    with pytest.raises(Malformed) as caught:
        read_toml(text.encode(), what="launch.toml")
    assert caught.value.code == "policy-malformed"
    assert caught.value.message.startswith(f"not TOML 1.0: {line} has what only TOML 1.1 allows")
    assert what in caught.value.message


@pytest.mark.parametrize("text", SOUND.values(), ids=SOUND)
def test_what_toml_1_0_allows_is_read(text):
    assert newer_than_one(text) == ""
    assert read_toml(text.encode(), what="launch.toml")


@pytest.mark.parametrize("text", ['a = "x', "a = '''x", 'a = """x""', "a = }", "]{", '"\\'])
def test_what_is_not_toml_is_left_to_the_parser(text):
    assert newer_than_one(text) == ""
    with pytest.raises(Malformed, match="not TOML: "):
        read_toml(text.encode(), what="launch.toml")


def test_the_scanner_is_linear():
    program = (
        "import resource; resource.setrlimit(resource.RLIMIT_CPU, (100, 100));"
        "from aztrust.core.policy.toml_one import newer_than_one as scan;"
        "pieces = ('{', '\"', '\"\"\"', chr(39) * 3, 'a', '\\\\', '[', ',', '\"\\\\\"', '#\\n');"
        "print([scan((p * 1048576)[:1048576])[:4] for p in pieces])"
    )
    words = (sys.executable, "-c", program)
    done = subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
