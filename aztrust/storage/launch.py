"""A launch's own files, from its directory or from a kit: policy, keys, manifests, records.

Read, never believed. What only reads starts with `open_launch`, which looks at a kit once.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from aztrust.core.base.canonical import MIB, RECORD_LIMIT
from aztrust.core.base.errors import CouldNotCheck, Malformed, NothingToVerify
from aztrust.core.base.paths import escape
from aztrust.core.base.value import frozen
from aztrust.core.checklist.path import CHECKLIST_LIMIT, CHECKLIST_PATH
from aztrust.core.package.entries import Fault
from aztrust.core.package.manifest import MANIFEST_LIMIT
from aztrust.core.policy.chain_table import PROOF_ENDING, PROOF_LIMIT
from aztrust.core.policy.model import PACKAGE_CLASSES, POLICY_LIMIT, POLICY_PATH, PackageClass
from aztrust.core.state.evidence import Evidence
from aztrust.storage.folders import FOLDER_LIMIT, LINK, list_folder, read_bounded
from aztrust.storage.folders import unreadable as unreadable_file
from aztrust.storage.presence import is_present, is_regular
from aztrust.storage.strays import private_keys, stray_records

if TYPE_CHECKING:
    from aztrust.core.history.published import PublishedLedger
    from aztrust.core.kit.archive import Kit
    from aztrust.storage.keptfiles import KeptFiles

RECORDS = "manifests/records"
VERDICTS = "manifests/verdicts"
SEALED = "manifests/sealed"
POLICIES = "manifests/policies"
OBSERVATIONS = "manifests/observations"
REPORTS = "manifests/reports"
KEYS = "keys"
PUBLISHED = "manifests/ledger"
KEY_LIMIT = 64 * 1024
_SEALED_LIMIT = 1024 * MIB


@frozen
class LaunchFiles:
    """A launch to read.

    Attributes:
        path: its directory, or the kit file.
        kit: what the kit held when it was opened; None for a directory, which each method reads.
        kept: the contents of files that an earlier reading of the directory left.
    """

    path: Path
    kit: Kit | None = None
    kept: KeptFiles | None = None

    def policy(self) -> bytes:
        """The policy's bytes. What is judged by them takes them from `evidence` instead.

        Raises:
            CouldNotCheck: it cannot be read.
        """
        return _read_policy(self.path) if self.kit is None else self.kit.files[POLICY_PATH]

    def evidence(self) -> Evidence:
        """All of the launch's own files, without the packages.

        Files over their format's limit are cut just above it, which their parser then refuses.

        Raises:
            CouldNotCheck: the policy cannot be read.
        """
        if self.kit is None:
            return _read_launch(self.path, self.kept)
        from aztrust.core.kit.archive import kit_evidence

        return kit_evidence(self.kit, escape(str(self.path)))

    def sealed(self, start: str = "") -> Iterator[tuple[str, bytes]]:
        """Every manifest ever sealed, as (file name without suffix, bytes), sorted by name.

        One at a time, and what cannot be read is left out: they only explain wrong bytes.

        Args:
            start: only names that begin with it.
        """
        if self.kit is None:
            yield from _read_sealed(self.path, start)
            return
        from aztrust.core.kit.archive import kit_sealed

        yield from (item for item in kit_sealed(self.kit) if item[0].startswith(start))


def open_launch(path: Path) -> LaunchFiles:
    """A launch directory, or a kit, which is read now and not again.

    Raises:
        Malformed: `kit-malformed`: a file that is not a kit.
        CouldNotCheck: the kit cannot be read, or is of an earlier form.
    """
    if not is_kit(path):
        return LaunchFiles(path)
    from aztrust.storage.kit import read_current_kit

    return LaunchFiles(path, read_current_kit(path))


def is_kit(path: Path) -> bool:
    """Whether a place names a kit and not a launch directory: it is a file (or links to one)."""
    return is_regular(path)


def find_launch(start: Path) -> Path:
    """The launch directory that a directory is in: the nearest parent with a policy.

    Raises:
        NothingToVerify: there is none up to the root.
    """
    start = start.absolute()
    for directory in (start, *start.parents):
        if is_present(directory / POLICY_PATH):
            return directory
    raise NothingToVerify(
        f"no launch directory here: neither {start} nor a directory above it has {POLICY_PATH}",
        subject=str(start),
        mend="go into the launch directory, name it with -C, or make one: aztrust init DIR",
    )


def require_launch(directory: Path) -> Path:
    """The directory itself, which must be a launch directory.

    Raises:
        NothingToVerify: it has no policy.
    """
    if not is_present(directory / POLICY_PATH):
        raise NothingToVerify(
            f"{directory} is not a launch directory: it has no {POLICY_PATH}",
            subject=str(directory),
            mend="name another directory with -C, or make one: aztrust init DIR",
        )
    return directory.absolute()


def read_policy(launch: Path) -> bytes:
    """The policy's bytes, of a launch directory or a kit; raises as `open_launch` and `policy`.

    Raises:
        Malformed: `policy-malformed`: larger than a policy may be. Its digest would be an anchor.
    """
    data = open_launch(launch).policy()
    if len(data) > POLICY_LIMIT:
        raise Malformed(
            f"larger than {POLICY_LIMIT} bytes",
            subject=POLICY_PATH,
            code="policy-malformed",
            mend="put the policy itself there",
        )
    return data


def read_launch(launch: Path) -> Evidence:
    """Its files without the packages; raises as `open_launch` and `evidence`."""
    return open_launch(launch).evidence()


def read_sealed(launch: Path) -> Iterator[tuple[str, bytes]]:
    """Every manifest ever sealed, as `LaunchFiles.sealed`; raises as `open_launch`."""
    return open_launch(launch).sealed()


def read_whole(launch: Path, relative: str, limit: int, suffix: str) -> dict[str, bytes]:
    """Every file of one of a launch directory's folders, where none may be left out.

    Args:
        launch: the launch directory.
        relative: the folder; that it is absent is an answer.
        limit: files over it are cut just above.
        suffix: what the names end with.

    Raises:
        CouldNotCheck: one of them cannot be read, or there are more than may be held.
    """
    unreadable: list[Fault] = []
    total = _SEALED_LIMIT if relative == SEALED else FOLDER_LIMIT
    found = read_folder(launch, relative, limit, unreadable, suffix=suffix, total=total)
    require_readable(unreadable)
    return found


def require_readable(unreadable: Sequence[Fault]) -> None:
    """Refuse to go on without a file that is there.

    Raises:
        CouldNotCheck: `details` lists each.
    """
    if unreadable:
        raise CouldNotCheck(
            "a file of the launch exists and cannot be read",
            subject=unreadable[0].path,
            mend="make it a readable file, or take it away",
            details=tuple(f"{fault.path}: {fault.detail}" for fault in unreadable),
        )


def _read_policy(launch: Path) -> bytes:
    directory = (launch / POLICY_PATH).parent
    if directory.is_symlink():
        raise unreadable_file(directory, LINK)
    return read_bounded(launch / POLICY_PATH, POLICY_LIMIT)


def _read_launch(launch: Path, kept: KeptFiles | None = None) -> Evidence:
    unreadable: list[Fault] = []
    if kept is not None:
        kept.begin()
    manifests: dict[PackageClass, bytes] = {}
    for package_class in PACKAGE_CLASSES:
        path = f"manifests/{package_class}.json"
        data = _read_listed(launch, path, MANIFEST_LIMIT, unreadable, kept)
        if data is not None:
            manifests[package_class] = data
    return Evidence(
        policy=_read_policy(launch),
        keys=read_folder(launch, KEYS, KEY_LIMIT, unreadable, suffix=".pem"),
        manifests=manifests,
        records=read_folder(launch, RECORDS, RECORD_LIMIT, unreadable, kept=kept),
        verdicts=read_folder(
            launch, VERDICTS, RECORD_LIMIT, unreadable, suffix=".dsse.json", kept=kept
        ),
        policies=read_folder(launch, POLICIES, POLICY_LIMIT, unreadable, suffix=".toml"),
        observations=read_folder(
            launch, OBSERVATIONS, PROOF_LIMIT, unreadable, suffix=PROOF_ENDING
        ),
        checklist=_read_checklist(launch, kept),
        unreadable=(*unreadable, *stray_records(launch, RECORDS, VERDICTS)),
        exposed=private_keys(launch, KEYS, KEY_LIMIT),
        published=read_published(launch, kept),
    )


def _read_checklist(launch: Path, kept: KeptFiles | None) -> bytes | Fault | None:
    """The definitions of the checklist; they may be absent until a policy names them.

    That they cannot be read leaves their own check open, and no other.
    """
    unreadable: list[Fault] = []
    data = _read_listed(launch, CHECKLIST_PATH, CHECKLIST_LIMIT, unreadable, kept)
    return unreadable[0] if unreadable else data


def read_published(launch: Path, kept: KeptFiles | None = None) -> tuple[PublishedLedger, ...]:
    """The ledger's own files in a launch directory; () where there are none."""
    # Few launches have a ledger; the others import nothing of this.
    if not is_present(launch / PUBLISHED):
        return ()
    from aztrust.storage.publishedfiles import read_published_files

    found = read_published_files(launch, kept)
    return () if found is None else (found,)


def _read_sealed(launch: Path, start: str) -> Iterator[tuple[str, bytes]]:
    ignored: list[Fault] = []
    left = _SEALED_LIMIT
    for relative in _list_directory(launch, SEALED, ignored, suffix=".json"):
        name = relative.rpartition("/")[2].removesuffix(".json")
        data = (
            _read_listed(launch, relative, MANIFEST_LIMIT, ignored)
            if name.startswith(start)
            else None
        )
        if data is None:
            continue
        left -= len(data)
        if left < 0:
            return
        yield name, data


def read_folder(
    launch: Path,
    relative: str,
    limit: int,
    unreadable: list[Fault],
    *,
    suffix: str = "",
    total: int | None = None,
    kept: KeptFiles | None = None,
) -> dict[str, bytes]:
    """The files of one of a launch directory's folders, by name; files over the limit are cut just
    above. What exists and cannot be read is added to `unreadable`; it is the whole folder, and no
    file is returned, where all files together have more than `total` bytes (`FOLDER_LIMIT`).
    """
    files = {}
    total = FOLDER_LIMIT if total is None else total
    left = total
    for path in _list_directory(launch, relative, unreadable, suffix=suffix):
        data = _read_listed(launch, path, limit, unreadable, kept)
        if data is None:
            continue
        left -= len(data)
        if left < 0:
            cause = f"its files have more than {total:,} bytes together"
            unreadable.append(Fault("record-unreadable", escape(relative), cause))
            return {}
        files[path.rpartition("/")[2]] = data
    return files


def _list_directory(
    launch: Path, relative: str, unreadable: list[Fault], *, suffix: str
) -> Iterator[str]:
    try:
        if (launch / relative).is_symlink():
            raise OSError(errno.ELOOP, LINK)
        names = list_folder(launch / relative)
    except FileNotFoundError:
        return
    except CouldNotCheck as error:
        unreadable.append(Fault("record-unreadable", escape(relative), error.message))
        return
    except OSError as error:
        cause = error.strerror or str(error)
        unreadable.append(Fault("record-unreadable", escape(relative), f"cannot list it: {cause}"))
        return
    for name in names:
        # A dot file is an editor's or a file system's, never a record; it is not read as one.
        if not name.startswith(".") and name.endswith(suffix):
            yield f"{relative}/{name}"


def _read_listed(
    launch: Path,
    relative: str,
    limit: int,
    unreadable: list[Fault],
    kept: KeptFiles | None = None,
) -> bytes | None:
    try:
        if kept is not None:
            found = f"{launch}/{relative}"
            return kept.read(found, limit) if is_present(found) else None
        path = launch / relative
        return read_bounded(path, limit) if is_present(path) else None
    except CouldNotCheck as error:
        unreadable.append(Fault("record-unreadable", escape(relative), error.message))
        return None
