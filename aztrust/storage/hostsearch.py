"""Where a host's programs, libraries and genesis files are: by the first layout that has them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from aztrust.core.base.value import frozen
from aztrust.core.host.layouts import Layout, current_entries, expand
from aztrust.storage.access import note
from aztrust.storage.config import shown


class Hit(NamedTuple):
    """A file that is there, and what named it: a layout's name, "PATH"."""

    path: Path
    source: str


@frozen
class Found:
    """What was found for one file of a host; `searched` is a sentence where that is nothing."""

    hits: tuple[Hit, ...] = ()
    searched: str = ""


class Search:
    """Looks for the files of one host.

    What is there and cannot be reached (no permission, a link to nowhere, a `current` of
    cosmovisor without the binary) is a hit: it is what the host would start, and reading it says
    what is wrong with it.

    Args:
        names: what the programs of this host are called; homes are named after them.
        layouts: in the order to try.
        home: the one home to look in instead of the layouts' own.
        environ: `HOME`, `PATH` and the variables that layouts begin with; this process's own.
    """

    def __init__(
        self,
        names: Sequence[str],
        *,
        layouts: Iterable[Layout],
        home: Path | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self._names = tuple(name for name in names if _is_plain(name))
        self._layouts = tuple(layouts)
        self._home = None if home is None else os.path.abspath(home)
        self._environ = os.environ if environ is None else environ

    def program(self, name: str) -> Found:
        """Every program of that name that this host could start: it is not known which one it is.

        Behind a directory `current` of cosmovisor nothing counts: what it holds is started.
        """
        if not _is_plain(name):
            return Found(searched="its name is none that a host can have")
        places = list(self._places(lambda layout: layout.binaries, (name,), {}))
        return self._hits(places, name)

    def started(self, name: str) -> Found:
        """The program of that name that cosmovisor starts, whatever a person names."""
        found = self.program(name)
        places = self._places(lambda layout: layout.binaries, (name,), {})
        managed = {p.path for p in places if p.current or p.source == "cosmovisor"}
        return Found(tuple(hit for hit in found.hits if str(hit.path) in managed))

    def library(self, name: str, programs: Iterable[Path] = ()) -> Found:
        """Every copy of a library that a loader could take: it is not known which one it does.

        Args:
            programs: those that were found; a library in their directory counts.
        """
        if not _is_plain(name):
            return Found(searched="its name is none that a host can have")
        directories = [(p.parent, "next to the program") for path in programs for p in _both(path)]
        loader = self._environ.get("LD_LIBRARY_PATH", "").split(os.pathsep)
        directories += [(Path(p), "LD_LIBRARY_PATH") for p in loader if os.path.isabs(p)]
        places = [_Place(str(directory / name), source, "") for directory, source in directories]
        places += self._places(
            lambda layout: layout.libraries, self._names or (name,), {"library": name}
        )
        hits: dict[str, Hit] = {}
        for path, source in ((place.path, place.source) for place in places):
            if _is_there(path):
                hits.setdefault(os.path.realpath(path), Hit(Path(path), source))
        return Found(tuple(hits.values()), "" if hits else _in_vain(places))

    def genesis(self, path: str, geneses: Sequence[str]) -> Found:
        """A genesis file by its path in the package; the first hit wins.

        Args:
            geneses: the paths of all of them, in their order.
        """
        base = path.rpartition("/")[2]
        if not _is_plain(base):
            return Found(searched="its name is none that a host can have")
        bases = [other.rpartition("/")[2] for other in geneses]
        wanted = base if bases.count(base) == 1 else path
        places = [
            place
            for place in self._places(
                lambda layout: layout.geneses, self._home_names(), {"genesis": wanted}
            )
            if place.fits(base, bases, first=path == geneses[0])
        ]
        found = self._hits(places, base)
        return Found(found.hits[:1], found.searched)

    def _home_names(self) -> tuple[str, ...]:
        # With a home of its own a host needs no program's name to find its genesis.
        return self._names or (("node",) if self._home is not None else ())

    def homes(self) -> tuple[Path, ...]:
        """The homes that exist, each once; the one that was given also where it does not."""
        if self._home is not None:
            return (Path(self._home),)
        there = (os.path.realpath(home) for home in self.home_places() if _is_there(str(home)))
        return tuple(map(Path, dict.fromkeys(there)))

    def home_places(self) -> tuple[Path, ...]:
        """Where the layouts look for a home, each once; none where a home was given, or no name."""
        if self._home is not None:
            return ()
        return tuple(
            map(
                Path,
                dict.fromkeys(
                    home
                    for layout in self._layouts
                    for home in expand(layout, layout.homes, self._names, environ=self._environ)
                ),
            )
        )

    def _places(
        self,
        pick: Callable[[Layout], tuple[str, ...]],
        names: Sequence[str],
        files: Mapping[str, str],
    ) -> Iterator[_Place]:
        for layout in self._layouts:
            texts = pick(layout)
            currents = tuple(self._expand(layout, current_entries(texts), names, files))
            named = [text for text in texts if "{genesis}" in text]
            own = set(self._expand(layout, named, names, files))
            for path in self._expand(layout, texts, names, files):
                above = (current for current in currents if path.startswith(f"{current}/"))
                yield _Place(path, layout.name, next(above, ""), path in own)

    def _expand(
        self,
        layout: Layout,
        texts: Iterable[str],
        names: Sequence[str],
        files: Mapping[str, str],
    ) -> Iterator[str]:
        return expand(layout, texts, names, environ=self._environ, home=self._home, files=files)

    def _hits(self, places: Sequence[_Place], name: str) -> Found:
        passed_over: list[str] = []
        hits: dict[str, Hit] = {}

        def add(hit: Hit) -> None:
            hits.setdefault(os.path.realpath(hit.path), hit)

        for place in places:
            path, source, current = place[:3]
            if any(path.startswith(directory) for directory in passed_over):
                continue
            if "/" not in path:
                for on_path in _look_up(path, self._environ):
                    add(Hit(on_path, "PATH"))
                continue
            there = _is_there(path)
            if not there and not (current and _is_there(current)):
                continue
            if not there and self._runs_another(place, name):
                # This cosmovisor starts another of this host's programs: it decides nothing here.
                passed_over.append(f"{os.path.dirname(current)}/")
                continue
            add(Hit(Path(path), source))
            if current:
                break
        return Found(tuple(hits.values()), "" if hits else _in_vain(places))

    def _runs_another(self, place: _Place, name: str) -> bool:
        others = (other for other in self._names if other != name)
        head, _, tail = place.path.rpartition("/")
        return tail == name and any(_is_there(f"{head}/{other}") for other in others)


class _Place(NamedTuple):
    """A path to try, the layout that names it, and the `current` above it, "" where none is."""

    path: str
    source: str
    current: str
    named: bool = False

    def fits(self, base: str, bases: Sequence[str], *, first: bool) -> bool:
        """Whether a place for geneses is one for the file of this base name."""
        if self.named:
            return True
        own = self.path.rpartition("/")[2]
        return own == base if own in bases else first


def _is_plain(name: str) -> bool:
    return name not in ("", ".", "..") and "/" not in name and name.isprintable()


def _both(path: Path) -> tuple[Path, ...]:
    return tuple(dict.fromkeys((path.absolute(), Path(os.path.realpath(path)))))


def _look_up(name: str, environ: Mapping[str, str]) -> Iterator[Path]:
    """The program that a shell would start.

    A part of PATH that is relative depends on where the shell is, so that one in such a part and
    the one behind it both count.
    """
    for directory in environ["PATH"].split(os.pathsep) if "PATH" in environ else ():
        path = os.path.abspath(os.path.join(directory, name))
        note(path, "looked for")
        # As a shell does, which passes over what it cannot look at.
        is_file = os.path.isfile(path)  # noqa: TID251
        if is_file and os.access(path, os.X_OK):
            yield Path(path)
            if os.path.isabs(directory):
                return


def _is_there(path: str) -> bool:
    note(path, "looked for")
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        # Cosmovisor does not fall back either when its `current` link leads nowhere.
        return any(p.is_symlink() and not p.exists() for p in Path(path).parents)
    except (OSError, ValueError):
        return True
    return True


def _in_vain(places: Sequence[_Place]) -> str:
    if not places:
        return "no layout says where it could be"
    paths = dict.fromkeys(
        shown(Path(place.path)) if "/" in place.path else f"{shown(Path(place.path))} on PATH"
        for place in places
    )
    return f"there is no {', no '.join(paths)}"
