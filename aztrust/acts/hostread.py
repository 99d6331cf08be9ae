"""Reading one host: files that options name or layouts find, and what its node keeps."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from aztrust.core.base.errors import Malformed, UsageError
from aztrust.core.base.paths import escape
from aztrust.core.base.value import frozen, replace
from aztrust.core.host.assign import Given, assign_binaries, assign_geneses
from aztrust.core.host.reading import HostFile, HostItem, HostReading, NodeKey
from aztrust.core.host.required import Requirement, required
from aztrust.core.package.manifest import Manifest
from aztrust.core.policy.model import PackageClass
from aztrust.core.state.evidence import Evidence
from aztrust.storage.access import is_there
from aztrust.storage.clientstate import default_client_notes, is_client_home
from aztrust.storage.config import shown
from aztrust.storage.held import HeldFiles
from aztrust.storage.hostfiles import host_platform, moved, read_host_file, read_node_key
from aztrust.storage.hostsearch import Found, Search
from aztrust.storage.hoststate import HomeState, environment_notes
from aztrust.storage.layouts import all_layouts
from aztrust.storage.presence import is_directory, is_present

_ABOVE = 3
"""Directories above a genesis that may be the home it is in: `HOME/config/NETWORK/genesis.json`."""

_ROLE = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
Known = Callable[[str], bool]


@frozen
class HostRequest:
    """What a person gave about the host; nothing where aztrust finds it itself.

    Attributes:
        binaries: `FILE` or `ROLE=FILE`, as typed.
        geneses: `FILE` or `NAME=FILE`, as typed.
        platform: `os/arch` to judge for, "" for this host's own.
        roles: the roles that this host runs, () for all.
        urls: where kits were fetched from.
        start_role: the role of the network that it is to start in, "" for that of the program.
    """

    binaries: tuple[str, ...] = ()
    geneses: tuple[str, ...] = ()
    home: Path | None = None
    node_key: Path | None = None
    platform: str = ""
    roles: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()
    start_role: str = ""


def known_digests(manifests: Iterable[bytes]) -> Known:
    """Whether a digest is in any of these manifests: then its bytes need no other description."""
    manifests = tuple(manifests)

    def known(sha256: str) -> bool:
        bare = sha256.encode()
        return any(bare in data for data in manifests)

    return known


def manifest_of(evidence: Evidence, package_class: PackageClass) -> Manifest | None:
    """The sealed manifest of a class; None where there is none or it cannot be read."""
    data = evidence.manifests.get(package_class)
    if data is None:
        return None
    try:
        return evidence.opener.manifest(data, what="manifest")
    except Malformed:
        return None


class HostFiles:
    """The files of one host, read once each.

    Args:
        request: what a person gave.
        release, genesis: the sealed manifests; without one its files are not looked for.
        held: where the descriptors of what is read stay open; None for nowhere.

    Raises:
        UsageError: a role is none of the release's.
    """

    def __init__(
        self,
        request: HostRequest,
        release: Manifest | None,
        genesis: Manifest | None,
        held: HeldFiles | None = None,
    ) -> None:
        if request.home is not None and not is_directory(request.home):
            raise UsageError(
                f"--home {escape(str(request.home))} is not a directory",
                subject="--home",
                mend="name the node's home directory, or leave --home out",
            )
        self._request = request
        self._platform = request.platform or host_platform()
        self._artifacts = release.artifacts if release is not None else ()
        self._genesis = genesis
        self._held = held
        roles = dict.fromkeys(artifact.role for artifact in self._artifacts)
        for role in request.roles:
            if release is not None and role not in roles:
                raise UsageError(
                    f"{escape(role)} is not a role of this release",
                    subject="--role",
                    mend=f"name one of: {', '.join(map(escape, roles))}",
                )
        # By how it is shown: a file itself may be too large to hash once more.
        self._paths: dict[str, Path] = {}

    def read(self, known: Known) -> HostReading:
        """Everything about this host.

        Args:
            known: whether a digest belongs to anything in the launch.

        Raises:
            UsageError: a file could be one of several.
            CouldNotCheck: the user's layouts cannot be used.
        """
        request = self._request
        needed = required(self._artifacts, self._platform, request.roles)
        names = tuple(dict.fromkeys(r.name for r in needed if not r.library))
        search = Search(names, layouts=all_layouts(), home=request.home)
        artifacts = self._read_artifacts(needed, search, known)
        geneses = self._read_geneses(search, known)
        first = next(iter(geneses[0].files), None) if geneses else None
        genesis = self._paths.get(first.path) if first is not None else None
        homes = _homes_of(search.homes(), genesis)
        programs = [self._paths[f.path] for i in artifacts if i.kind == "program" for f in i.files]
        homes = tuple(dict.fromkeys((*homes, *_homes_of_cosmovisor(programs))))
        states = [HomeState(home, genesis) for home in homes]
        notes = [n for state in states for n in state.notes]
        if request.home is None:
            notes += default_client_notes(names, self._genesis_format(), os.environ, homes)
        home, form = homes[0] if homes else None, self._genesis_format()
        overrides = environment_notes(os.environ, names, home, genesis, form)
        return HostReading(
            platform=self._platform,
            artifacts=artifacts,
            geneses=geneses,
            node_key=_node_key(request.node_key),
            roles=request.roles,
            start_role=request.start_role,
            urls=request.urls,
            homes=tuple(map(shown, homes)),
            homes_tried=tuple(map(shown, search.home_places())),
            stored=tuple(stored for state in states for stored in state.stored),
            notes=(*notes, *overrides),
        )

    def _genesis_format(self) -> str:
        # The signed facts decide only where else is looked.
        facts = self._genesis.facts if self._genesis is not None else None
        return str((facts or {}).get("format", ""))

    def read_again(self, reading: HostReading) -> HostReading:
        """The same reading; a file whose path leads elsewhere by now is a fault."""
        return replace(
            reading,
            artifacts=tuple(map(self._checked_again, reading.artifacts)),
            geneses=tuple(map(self._checked_again, reading.geneses)),
        )

    def _checked_again(self, item: HostItem) -> HostItem:
        files = tuple(moved(self._paths[file.path], file) or file for file in item.files)
        return item if files == item.files else replace(item, files=files)

    def _read_artifacts(
        self, needed: tuple[Requirement, ...], search: Search, known: Known
    ) -> tuple[HostItem, ...]:
        roles = {artifact.role for artifact in self._artifacts}
        given = list(self._given(self._request.binaries, "--binary", roles, known))
        if not needed:
            files = tuple(one.file for one in given)
            return (HostItem("program", "", "", files),) if files else ()
        items = list(assign_binaries(given, needed, self._artifacts))
        for number, item in enumerate(items):
            if item.kind == "program":
                found = search.program(item.name)
                # What an option names is asked about; what cosmovisor starts is, too.
                asked = search.started(item.name) if item.files else found
                items[number] = self._found(item, asked, known)
                items[number] = self._with_others(items[number], found, known)
        neighbours = [self._paths[f.path] for i in items if i.kind == "program" for f in i.files]
        for number, item in enumerate(items):
            if item.kind == "library":
                items[number] = self._found(item, search.library(item.name, neighbours), known)
        return tuple(items)

    def _read_geneses(self, search: Search, known: Known) -> tuple[HostItem, ...]:
        paths = (self._genesis.genesis_files if self._genesis is not None else None) or ()
        names = {*paths, *(path.rpartition("/")[2] for path in paths)}
        given = list(self._given(self._request.geneses, "--genesis", names, known, keep=True))
        if self._genesis is None or not paths:
            files = tuple(one.file for one in given)
            return (HostItem("genesis", "", "", files),) if files else ()
        items = []
        for item in assign_geneses(given, self._genesis):
            first = item.name == paths[0]
            if item.files:
                items.append(item if first else _without_data(item))
            else:
                found = search.genesis(item.name, paths)
                items.append(self._found(item, found, known, keep=first))
        return tuple(items)

    def _given(
        self,
        typed: Iterable[str],
        option: str,
        labels: set[str],
        known: Known,
        *,
        keep: bool = False,
    ) -> Iterator[Given]:
        for text in typed:
            label, name = _labelled(text, option, labels)
            file = self._read(Path(name), option, known, keep=keep)
            yield Given(label, os.path.basename(name), file)

    def _found(self, item: HostItem, found: Found, known: Known, *, keep: bool = False) -> HostItem:
        named = {os.path.realpath(self._paths[file.path]) for file in item.files}
        hits = (hit for hit in found.hits if os.path.realpath(hit.path) not in named)
        files = tuple(self._read(hit.path, hit.source, known, keep=keep) for hit in hits)
        return replace(item, files=(*item.files, *files), searched=found.searched)

    def _with_others(self, item: HostItem, found: Found, known: Known) -> HostItem:
        """The item with every other program of its name: which one is started is not known."""
        everything = self._found(replace(item, files=()), found, known).files
        asked = {os.path.realpath(self._paths[file.path]) for file in item.files}
        others = (f for f in everything if os.path.realpath(self._paths[f.path]) not in asked)
        return replace(item, others=tuple(others))

    def _read(self, path: Path, source: str, known: Known, *, keep: bool = False) -> HostFile:
        hold = self._held.holder(path) if self._held is not None else None
        file = read_host_file(path, source, known=known, keep=keep, hold=hold)
        self._paths[file.path] = path
        return file


def _without_data(item: HostItem) -> HostItem:
    # Only the first genesis file is looked into; the others may be large.
    return replace(item, files=tuple(replace(file, data=None) for file in item.files))


def _labelled(text: str, option: str, labels: set[str]) -> tuple[str, str]:
    """(the label before `=`, the file) of an option's value; a bare file has the label ""."""
    label, equals, name = text.partition("=")
    if not equals or (label not in labels and ("/" in label or is_present(text))):
        return "", text
    if label in labels and name:
        return label, name
    if labels:
        raise UsageError(
            f"{option} {escape(text)}: there is no {escape(label)} in this launch, nor that file",
            subject=option,
            mend=f"name one of: {', '.join(escape(known) + '=FILE' for known in sorted(labels))}",
        )
    return (label, name) if _ROLE.fullmatch(label) else ("", text)


def _homes_of(homes: tuple[Path, ...], genesis: Path | None) -> tuple[Path, ...]:
    """The homes that the genesis is in; all where it is in none of them."""
    if genesis is None:
        return homes
    where = Path(os.path.realpath(genesis.parent)) / genesis.name
    around = [h for h in homes if where.is_relative_to(os.path.realpath(h))]
    # Whether a layout knows it or not: where nodes keep it, and where one has its state.
    above = [where.parent.parent] if where.parent.name == "config" and not around else []
    above += [home for home in where.parents[:_ABOVE] if _is_home(home)]
    found = dict.fromkeys((*around, *above))
    return tuple(found) if around else tuple(dict.fromkeys((*found, *homes)))


def _is_home(directory: Path) -> bool:
    places = ("data/state.db", "data/state", "config/config.toml")
    return any(is_there(directory / place) for place in places) or is_client_home(directory)


def _homes_of_cosmovisor(programs: Iterable[Path]) -> Iterator[Path]:
    """The homes that programs below a directory `cosmovisor` belong to."""
    for program in programs:
        path = os.path.abspath(program)
        home, found, _ = path.partition("/cosmovisor/")
        if found and home:
            yield Path(os.path.realpath(home))


def _node_key(path: Path | None) -> NodeKey | None:
    return read_node_key(path) if path is not None else None
