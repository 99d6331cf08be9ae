"""The user's `layouts.toml`: before the built-in layouts, and never passed over in silence."""

from __future__ import annotations

import pytest

from aztrust.core.base.errors import CouldNotCheck
from aztrust.core.host.layouts import LAYOUTS, Layout
from aztrust.storage.config import config_dir
from aztrust.storage.layouts import all_layouts, layouts_path

OWN = "[[layout]]\nname = 'ours'\ngeneses = ['/srv/{name}/genesis.json']\n"


def test_without_a_file_there_are_the_built_in_ones(tmp_path):
    assert all_layouts() == LAYOUTS
    assert all_layouts(tmp_path) == LAYOUTS


def test_a_users_own_come_first():
    assert layouts_path() == config_dir() / "layouts.toml"
    layouts_path().parent.mkdir(parents=True)
    layouts_path().write_text(OWN)
    assert all_layouts() == (Layout("ours", geneses=("/srv/{name}/genesis.json",)), *LAYOUTS)


@pytest.mark.parametrize("text", ["", "[[layout]]\nname = 'x'\nbinary = ['/x']\n", "x"])
def test_a_file_that_cannot_be_used_stops_and_names_itself(tmp_path, text):
    (tmp_path / "layouts.toml").write_text(text)
    with pytest.raises(CouldNotCheck) as caught:
        all_layouts(tmp_path)
    assert str(tmp_path / "layouts.toml") in caught.value.message
    assert caught.value.mend == "correct the file, or move it away"


@pytest.mark.parametrize("kind", ["directory", "link", "dangling"])
def test_only_a_regular_file_is_read(tmp_path, kind):
    path = tmp_path / "layouts.toml"
    if kind == "directory":
        path.mkdir()
    elif kind == "link":
        (tmp_path / "x").write_text(OWN)
        path.symlink_to("x")
    else:
        path.symlink_to("nowhere")
    with pytest.raises(CouldNotCheck):
        all_layouts(tmp_path)


def test_a_file_that_others_can_write_is_not_believed(tmp_path):
    path = tmp_path / "layouts.toml"
    path.write_text(OWN)
    path.chmod(0o666)
    with pytest.raises(CouldNotCheck, match="can be written by others"):
        all_layouts(tmp_path)
