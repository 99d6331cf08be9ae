"""Git's conflict markers in a policy are named by their lines; other text is not taken for them."""

from __future__ import annotations

import pytest

from aztrust.core.base.errors import Malformed
from aztrust.core.policy.lint import lint_policy
from aztrust.core.policy.tomldoc import conflict_lines, read_toml
from tests.policies import text

LINES = text().splitlines()
THEIRS = ("||||||| 12ab", "=======", LINES[3], ">>>>>>> x")
CONFLICT = "\n".join((*LINES[:3], "<<<<<<< HEAD", *LINES[3:5], *THEIRS, ""))


def refused(policy: str) -> str:
    with pytest.raises(Malformed) as caught:
        read_toml(policy.encode(), what="manifests/launch.toml")
    assert caught.value.code == "policy-malformed"
    return caught.value.message


def test_the_lines_of_all_four_markers_are_named():
    assert conflict_lines(CONFLICT) == (4, 7, 8, 10)
    assert refused(CONFLICT).startswith("git conflict markers in line 4, 7, 8, 10: two branches")


def test_lint_says_what_to_do_with_the_lines():
    (remark,) = lint_policy(CONFLICT.encode())
    assert remark.message.startswith("git conflict markers in line 4, 7, 8, 10")
    assert "keep both lines" in remark.mend
    assert "delete the marker lines" in remark.mend


def test_many_conflicts_are_cut():
    many = "a = 1\n" + "<<<<<<< HEAD\n=======\n>>>>>>> x\n" * 4
    assert "line 2, 3, 4, 5, 6, 7, 8, 9, 10 …: " in refused(many)


def test_a_conflict_in_what_only_newer_toml_allows_is_named_first():
    newer = "x = {\n<<<<<<< HEAD\n a = 1,\n}\n=======\n>>>>>>> x\n"
    assert "git conflict markers" in refused(newer)


@pytest.mark.parametrize(
    "policy",
    [
        'x = """\n<<<<<<< HEAD\n=======\n>>>>>>> x\n"""\n',
        "# <<<<<<< HEAD\nx = 1\n",
        "x = 1 # =======\n",
    ],
    ids=["in a text", "in a comment", "at the end of a line"],
)
def test_text_that_is_toml_is_read(policy: str):
    assert read_toml(policy.encode(), what="policy")


@pytest.mark.parametrize("policy", ["=======\n", "x = \n=======\n", "<<<<<< HEAD\n", "x\n"])
def test_other_broken_text_is_not_called_a_conflict(policy: str):
    assert "conflict" not in refused(policy)
