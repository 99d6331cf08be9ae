"""Which file of a host is in which place: as its option says, by its digest, by its name.

A file is never assigned by exclusion where two places are left for it: then it is a usage error
that names the forms.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from aztrust.core.base.errors import UsageError
from aztrust.core.base.paths import escape
from aztrust.core.base.value import frozen
from aztrust.core.host.layouts import installed_name
from aztrust.core.host.reading import HostFile, HostItem
from aztrust.core.host.required import Requirement
from aztrust.core.package.manifest import Artifact, Manifest


@frozen
class Given:
    """A file that an option names: for `label` (a role, a genesis file's name), "" for any."""

    label: str
    name: str
    file: HostFile


def assign_binaries(
    given: Iterable[Given], needed: Sequence[Requirement], artifacts: Iterable[Artifact]
) -> tuple[HostItem, ...]:
    """The needed files in their order, each with the files that options name for it.

    Args:
        given: files of `--binary`; `name` is a file's base name.
        needed: what the host has to have.
        artifacts: all of the release, also for other platforms.

    Raises:
        UsageError: a role is not the release's, or a file could be one of several.
    """
    artifacts = tuple(artifacts)
    files: dict[tuple[str, str], list[HostFile]] = {(r.role, r.name): [] for r in needed}
    for one in given:
        for place in _places(one, needed, artifacts):
            files[place.role, place.name].append(one.file)
    return tuple(
        HostItem(
            "library" if r.library else "program", r.role, r.name, tuple(files[r.role, r.name])
        )
        for r in needed
    )


def _places(
    one: Given, needed: Sequence[Requirement], artifacts: tuple[Artifact, ...]
) -> list[Requirement]:
    of_role = [r for r in needed if not one.label or r.role == one.label]
    if not of_role:
        roles = ", ".join(dict.fromkeys(escape(r.role) for r in needed))
        raise UsageError(
            f"--binary {escape(one.label)}=FILE: this host is not asked for that role",
            subject="--binary",
            mend=f"name one of its roles: {roles}" if roles else "leave the option out",
        )
    same = {
        (a.role, installed_name(a))
        for a in artifacts
        if one.file.sha256 and a.sha256 == one.file.sha256
    }
    by_digest = [r for r in of_role if any(a.sha256 == one.file.sha256 for a in r.wanted)]
    by_kin = [r for r in of_role if (r.role, r.name) in same]
    by_name = [r for r in of_role if r.name == one.name]
    for found in (by_digest, by_kin, by_name):
        # One file with the digest of two roles is both; of two names, a guess decides nothing.
        if found and (found is by_digest or len(found) == 1):
            return found
    if len(of_role) == 1:
        return of_role
    forms = " or ".join(dict.fromkeys(f"--binary {escape(r.role)}=FILE" for r in of_role))
    raise UsageError(
        f"{one.file.path} could be any of {len(of_role)} files that this host needs:"
        f" {', '.join(f'{escape(r.role)} {escape(r.name)}' for r in of_role)}",
        subject="--binary",
        mend=f"say which: {forms}" if len({r.role for r in of_role}) > 1 else "give it that name",
    )


def assign_geneses(given: Iterable[Given], manifest: Manifest) -> tuple[HostItem, ...]:
    """The genesis files in their order, each with the files that options name for it.

    Raises:
        UsageError: a name is not one of them, or a file could be one of several.
    """
    paths = manifest.genesis_files or ()
    files: dict[str, list[HostFile]] = {path: [] for path in paths}
    for one in given:
        for path in _genesis_paths(one, paths, manifest):
            files[path].append(one.file)
    return tuple(HostItem("genesis", "", path, tuple(files[path])) for path in paths)


def _genesis_paths(one: Given, paths: Sequence[str], manifest: Manifest) -> list[str]:
    if one.label:
        named = [path for path in paths if one.label == path] or _called(one.label, paths)
        if len(named) != 1:
            raise UsageError(
                f"--genesis {escape(one.label)}=FILE: that is not one genesis file of this launch",
                subject="--genesis",
                mend=f"name one of: {', '.join(map(escape, paths))}",
            )
        return named
    entries = {path: manifest.file(path) for path in paths}
    same = [p for p, e in entries.items() if e is not None and e.sha256 == one.file.sha256]
    if same or len(paths) == 1:
        return same or list(paths)
    named = _called(one.name, paths)
    if len(named) == 1:
        return named
    raise UsageError(
        f"{one.file.path} could be any of the {len(paths)} genesis files",
        subject="--genesis",
        mend="say which: " + " or ".join(f"--genesis {escape(p)}=FILE" for p in paths),
    )


def _called(name: str, paths: Iterable[str]) -> list[str]:
    return [path for path in paths if path.rpartition("/")[2] == name]
