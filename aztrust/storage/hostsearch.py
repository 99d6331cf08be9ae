"""Where a host's binary and genesis are: as named, or by the first layout that has them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from aztrust.core.base.value import frozen
from aztrust.core.host.layouts import Layout, current_entries, expand
from aztrust.storage.config import shown


@frozen
class Found:
    """Where a host's files are: each with what named it ("--binary", a layout's name, "PATH").

    `searched` has one sentence for each file that was not found.
    """

    binary: Path | None = None
    binary_source: str = ""
    genesis: Path | None = None
    genesis_source: str = ""
    searched: tuple[str, ...] = ()


def find_files(
    names: Sequence[str],
    *,
    layouts: Iterable[Layout],
    home: Path | None = None,
    binary: Path | None = None,
    genesis: Path | None = None,
    environ: Mapping[str, str] | None = None,
) -> Found:
    """Where the binary and the genesis of this host are; the first hit wins.

    What is there and cannot be reached (no permission, a link to nowhere, a `current` of
    cosmovisor without the binary) is a hit: it is what the host would start, and reading it says
    what is wrong with it.

    Args:
        names: what the binary may be called, in the order to try.
        layouts: in the order to try.
        home: the one home to look in instead of the layouts' own.
        binary, genesis: given by the user; nothing is looked for then.
        environ: `HOME`, `PATH` and the variables that layouts begin with; this process's own.
    """
    layouts = tuple(layouts)
    environ = os.environ if environ is None else environ
    searched: list[str] = []
    binary_source, genesis_source = "--binary", "--genesis"
    if binary is None:
        templates = [(layout, layout.binaries) for layout in layouts]
        places = list(_places(templates, names, environ, home))
        binary, binary_source = _first(places, environ)
        if binary is None:
            searched.append(_in_vain("no binary", places))
    if genesis is None:
        templates = [(layout, layout.geneses) for layout in layouts]
        places = list(_places(templates, names, environ, home))
        genesis, genesis_source = _first(places, environ)
        if genesis is None:
            searched.append(_in_vain("no genesis", places))
    return Found(binary, binary_source, genesis, genesis_source, tuple(searched))


class _Place(NamedTuple):
    """A path to try, the layout that names it, and the `current` above it, "" where none is."""

    path: str
    source: str
    current: str


def _places(
    templates: Iterable[tuple[Layout, tuple[str, ...]]],
    names: Sequence[str],
    environ: Mapping[str, str],
    home: Path | None,
) -> Iterator[_Place]:
    base = None if home is None else os.path.abspath(home)
    for layout, texts in templates:
        entries = current_entries(texts)
        currents = tuple(expand(layout, entries, names, environ=environ, home=base))
        for path in expand(layout, texts, names, environ=environ, home=base):
            above = (current for current in currents if path.startswith(f"{current}/"))
            yield _Place(path, layout.name, next(above, ""))


def _first(places: Sequence[_Place], environ: Mapping[str, str]) -> tuple[Path | None, str]:
    for path, source, current in places:
        if "/" not in path:
            on_path = _look_up(path, environ)
            if on_path is not None:
                return on_path, "PATH"
        elif _is_there(path):
            return Path(path), source
        elif current and _is_there(current):
            # What `current` lacks under one name it may hold under another of them.
            held = (p for p in places if p.current == current and _is_there(p.path))
            hit = next(held, None)
            return (Path(path), source) if hit is None else (Path(hit.path), hit.source)
    return None, ""


def _look_up(name: str, environ: Mapping[str, str]) -> Path | None:
    """The program that a shell would start; parts of PATH that are relative are passed over."""
    for directory in environ.get("PATH", "").split(os.pathsep):
        path = os.path.join(directory, name)
        # As a shell does, which passes over what it cannot look at.
        is_file = os.path.isfile(path)  # noqa: TID251
        if os.path.isabs(directory) and is_file and os.access(path, os.X_OK):
            return Path(path)
    return None


def _is_there(path: str) -> bool:
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        # Cosmovisor does not fall back either when its `current` link leads nowhere.
        return any(p.is_symlink() and not p.exists() for p in Path(path).parents)
    except (OSError, ValueError):
        return True
    return True


def _in_vain(what: str, places: Sequence[_Place]) -> str:
    if not places:
        return f"{what}: no layout says where it could be"
    paths = dict.fromkeys(
        shown(Path(path)) if "/" in path else f"{shown(Path(path))} on PATH"
        for path, _, _ in places
    )
    return f"{what}: there is no {', no '.join(paths)}"
