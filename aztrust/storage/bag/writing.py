"""Writing an archive: each file read once, hashed and copied; whole, or not there at all.

The same launch gives the same bytes on every machine: paths are sorted, modes are 0644 and 0755
whatever the umask, and no clock, user, locale or time zone is asked. A directory is written next to
its place under another name, synced, and renamed; a tar gets its name after its last byte.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path

from aztrust.core.archive.layout import LAUNCH, BagAbout, BagFile, tag_files
from aztrust.core.archive.tar import folder_name, member_header, order
from aztrust.core.base.errors import CouldNotCheck, Refused
from aztrust.core.base.paths import escape
from aztrust.core.base.value import frozen
from aztrust.core.kit.ustar import END, padding
from aztrust.core.package.entries import FileEntry
from aztrust.storage.bag.hashing import BLOCK, Hasher
from aztrust.storage.directory import Directories
from aztrust.storage.durable import create_exclusive, make_directory
from aztrust.storage.presence import is_present
from aztrust.storage.reading import OPEN_FILE, failure, os_name, what_moved

_FILE, _PROGRAM, _FOLDER = 0o644, 0o755, 0o755
_SYNCING = 32
"""Files that are synced at once."""


@frozen
class PackageFile:
    """A file of a package, copied as it is sealed.

    Attributes:
        package: the package's directory, relative to the launch's.
        entry: of its manifest: path, execute bit, and the digests that its bytes must have.
    """

    package: str
    entry: FileEntry


@frozen
class LaunchFile:
    """A file of the launch directory that no manifest lists: its path there."""

    path: str


@frozen
class EvidenceFile:
    """A file of the checklist's evidence, copied as it is recorded.

    Attributes:
        root: the directory that it is below, on this machine.
        entry: its path there, and the digests that its bytes must have.
    """

    root: Path
    entry: FileEntry


Source = bytes | PackageFile | LaunchFile | EvidenceFile


@frozen
class WrittenBag:
    """An archive as it was written: `payload` by path, and the tag files with their bytes."""

    payload: Mapping[str, BagFile]
    tags: Mapping[str, bytes]

    @property
    def size(self) -> int:
        """Bytes of the payload."""
        return sum(file.size for file in self.payload.values())


def write_bag(
    out: Path,
    launch: Path,
    payload: Mapping[str, Source],
    about: BagAbout,
    *,
    tar: bool,
    advance: Callable[[int], None] | None = None,
) -> WrittenBag:
    """Write an archive.

    Args:
        out: where to; nothing may be there.
        launch: the launch directory that packages are copied from.
        payload: path in the bag, below `data/`, to what is there.
        about: what the bag says of itself.
        tar: one file instead of a directory.
        advance: called with the bytes of each block that was copied.

    Raises:
        Refused: something is at `out`; or a file of a package is not the sealed one
            (`file-modified`), so that nothing is written.
        CouldNotCheck: a file cannot be read, changed while it was read, or cannot be written.
    """
    require_absent(out)
    with _Sources(launch, payload, advance or (lambda _: None)) as sources:
        if tar:
            return _write_tar(out, sources, about)
        return _write_directory(out, sources, about)


def require_absent(out: Path) -> None:
    """Refuse to write where something is: an archive never replaces anything.

    Raises:
        Refused: something is there.
        CouldNotCheck: it cannot be looked at.
    """
    if is_present(out):
        raise Refused(
            f"{escape(str(out))} already exists",
            subject=escape(str(out)),
            mend="move it away, or name another place",
        )


class _Sources:
    """The payload, file by file; `written` has the digests of what was handed out to its end."""

    def __init__(
        self, launch: Path, payload: Mapping[str, Source], advance: Callable[[int], None]
    ) -> None:
        self.payload = payload
        self.written: dict[str, BagFile] = {}
        self._launch = launch
        self._advance = advance
        self._roots: dict[str | Path, Directories] = {}
        self._stack = ExitStack()

    def __enter__(self) -> _Sources:
        self._stack.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def __iter__(self) -> Iterator[tuple[str, int, bool, Iterator[bytes]]]:
        """Path, size, execute bit and blocks of each file, in their order."""
        for path in sorted(self.payload, key=order):
            source = self.payload[path]
            if isinstance(source, bytes):
                yield path, len(source), False, self._hashed(path, iter((source,)), None)
            elif isinstance(source, LaunchFile):
                size = self._size(source.path)
                blocks = self._file(".", source.path, size, sealed=False)
                yield path, size, False, self._hashed(path, blocks, None)
            else:
                entry = source.entry
                root = source.package if isinstance(source, PackageFile) else source.root
                blocks = self._file(root, entry.path, entry.size, sealed=True)
                yield path, entry.size, entry.executable, self._hashed(path, blocks, entry)

    def _hashed(
        self, path: str, blocks: Iterator[bytes], entry: FileEntry | None
    ) -> Iterator[bytes]:
        hasher = Hasher()
        for block in hasher.passing(blocks):
            self._advance(len(block))
            yield block
        file = hasher.file()
        if entry is not None:
            digests = f"sha256:{file.sha256.hex()}", f"blake3:{file.blake3.hex()}"
            if (file.size, *digests) != (entry.size, entry.sha256, entry.blake3):
                raise _not_sealed(path.removeprefix(f"{LAUNCH}/"))
        self.written[path] = file

    def _size(self, path: str) -> int:
        folder, _, name = path.rpartition("/")
        try:
            at = self._directories(".").open(folder)
            return os.stat(os_name(name), dir_fd=at, follow_symlinks=False).st_size
        except OSError as error:
            raise _unreadable(path, failure(error).message) from None

    def _directories(self, root: str | Path) -> Directories:
        found = self._roots.get(root)
        if found is None:
            found = self._stack.enter_context(
                Directories(root, ".")
                if isinstance(root, Path)
                else Directories(self._launch, root)
            )
            self._roots[root] = found
        return found

    def _file(self, root: str | Path, path: str, size: int, *, sealed: bool) -> Iterator[bytes]:
        shown = escape(path if root == "." else f"{root}/{path}")
        folder, _, name = path.rpartition("/")
        try:
            at = self._directories(root).open(folder)
            descriptor = os.open(os_name(name), OPEN_FILE, dir_fd=at)
            try:
                before = os.fstat(descriptor)
                if not stat.S_ISREG(before.st_mode) or before.st_size != size:
                    raise _not_sealed(shown) if sealed else _moved(shown)
                while block := os.read(descriptor, BLOCK):
                    yield block
                if what_moved(before, os.fstat(descriptor)):
                    raise _moved(shown)
            finally:
                os.close(descriptor)
        except FileNotFoundError:
            raise _not_sealed(shown, "is not there", "file-missing") from None
        except OSError as error:
            raise _unreadable(shown, failure(error).message) from None


def _moved(path: str) -> CouldNotCheck:
    return CouldNotCheck(
        "it changed while it was copied",
        subject=path,
        mend="let nothing write to it, and run again",
        code="changed-while-reading",
    )


def _unreadable(path: str, cause: str) -> CouldNotCheck:
    return CouldNotCheck(
        cause,
        subject=path,
        mend="make it readable, or leave packages out: --without-packages",
        code="unreadable",
    )


def _not_sealed(
    path: str, what: str = "is not the sealed one", code: str = "file-modified"
) -> Refused:
    return Refused(
        f"no archive is written: {path} {what}",
        subject=path,
        code=code,
        mend="aztrust verify; put the sealed file back, or leave packages out: --without-packages",
    )


def _write_tar(out: Path, sources: _Sources, about: BagAbout) -> WrittenBag:
    tags: dict[str, bytes] = {}

    def blocks() -> Iterator[bytes]:
        folder = folder_name(about.chain_id)
        for path, size, executable, contents in sources:
            yield member_header(f"{folder}/{path}", size, executable=executable)
            yield from contents
            yield padding(size)
        tags.update(tag_files(sources.written, about))
        for path in sorted(tags):
            yield member_header(f"{folder}/{path}", len(tags[path]), executable=False)
            yield tags[path]
            yield padding(len(tags[path]))
        yield END

    create_exclusive(out, blocks())
    return WrittenBag(sources.written, tags)


def _write_directory(out: Path, sources: _Sources, about: BagAbout) -> WrittenBag:
    import secrets

    out = Path(os.path.abspath(out))
    make_directory(out.parent)
    staged = out.parent / f".{out.name[:100]}.{secrets.token_hex(6)}.tmp"
    try:
        folders = _Folders(staged)
        for path, _size, executable, contents in sources:
            folders.write(path, contents, _PROGRAM if executable else _FILE)
        tags = tag_files(sources.written, about)
        for path in sorted(tags):
            folders.write(path, iter((tags[path],)), _FILE)
        folders.sync()
        os.rename(staged, out)
        _sync(out.parent)
    except OSError as error:
        raise CouldNotCheck(
            f"cannot write {escape(str(out))}: {error.strerror or error}",
            subject=escape(str(out)),
            mend="check the disk's free space and the directory's permissions",
        ) from None
    finally:
        # Renamed by now, unless something went wrong; half an archive is never kept.
        with suppress(FileNotFoundError):
            shutil.rmtree(staged)
    return WrittenBag(sources.written, tags)


class _Folders:
    """The directories of a bag that is being written, made as they are needed."""

    def __init__(self, root: Path) -> None:
        self._made: dict[Path, None] = {}
        self._written: list[Path] = []
        self._root = root
        self._make(root)

    def write(self, path: str, blocks: Iterator[bytes], mode: int) -> None:
        target = self._root / os.fsdecode(path.encode("utf-8", "surrogateescape"))
        self._make(target.parent)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(target, flags, 0o600)
        with open(descriptor, "wb") as file:
            file.writelines(blocks)
            file.flush()
            # Not by the umask, which is another one on another machine.
            os.fchmod(descriptor, mode)
        self._written.append(target)

    def sync(self) -> None:
        """Make every file and name survive a power cut, the deepest folder first.

        All at the end and many at once: a file system writes its journal once for all who wait.
        """
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(_SYNCING) as pool:
            # The results are asked for, so that an error of any of them is raised.
            list(pool.map(_sync, self._written))
        for folder in reversed(self._made):
            _sync(folder)

    def _make(self, folder: Path) -> None:
        if folder in self._made:
            return
        if folder != self._root:
            self._make(folder.parent)
        os.mkdir(folder)
        os.chmod(folder, _FOLDER)
        self._made[folder] = None


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
