"""Reading a package from disk: walk, hash, and hand out what was asked for (laws 1, 3, 5, 6)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from itertools import chain
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING

from aztrust.core.base.paths import escape, find_escaping_links
from aztrust.core.base.value import field, frozen
from aztrust.core.host.reading import FileDescription
from aztrust.core.package.entries import Fault, MemberDigest, SymlinkEntry, Tree
from aztrust.storage.directory import Directories
from aztrust.storage.progress import Counters, Progress
from aztrust.storage.tree.captures import Special, missing_members, read_specials
from aztrust.storage.tree.collector import Collector
from aztrust.storage.tree.jobs import default_jobs
from aztrust.storage.tree.schedule import Schedule
from aztrust.storage.tree.walk import Exclusions, Part, Walk

if TYPE_CHECKING:
    from concurrent.futures import Executor


MEMBER_LIMIT = 4 << 30
"""Bytes one archive member may unpack to where the caller sets no limit."""


@frozen
class TreeRequest:
    """What a reading should leave out and hand out.

    Attributes:
        exclude: literal paths, or prefixes that end in `/`; what they name is never opened.
        capture: paths whose bytes are wanted, from the very read that hashed them.
        members: (archive path, member name) pairs to hash as streams.
        member_limit: bytes that one member may unpack to.
        described: paths of files of which it is wanted what their bytes say about them.
    """

    exclude: tuple[str, ...] = ()
    capture: frozenset[str] = frozenset()
    members: tuple[tuple[str, str], ...] = ()
    member_limit: int = MEMBER_LIMIT
    described: frozenset[str] = frozenset()


@frozen
class TreeReading:
    """A tree, the captured bytes (absent: no such file, or unreadable) and the members.

    `descriptions` are by path and member, "" for a file that is not a member.
    """

    tree: Tree
    captured: Mapping[str, bytes]
    members: Mapping[tuple[str, str], MemberDigest | Fault]
    descriptions: Mapping[tuple[str, str], FileDescription] = field(default_factory=dict)


def read_tree(
    base: Path,
    relative: str,
    request: TreeRequest,
    *,
    jobs: int | None = None,
    executor: Executor | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> TreeReading:
    """Reads everything below `base`/`relative`, every byte, now.

    Args:
        base: a directory that is trusted as given (the launch directory).
        relative: the package path inside it, opened part by part and never through a link;
            "." for `base` itself.
        jobs: processors to use; default those this process may use. 1 starts no thread and no
            process.
        executor: where to hash instead of a pool of our own. It is not shut down. Its workers
            must see the same file system.
        progress: called now and then from this thread.

    Entries and faults are sorted by path, so the result does not depend on how it was computed.
    A member that cannot be answered is a Fault in `members`, not in the tree.

    Raises:
        CouldNotCheck: the package root is missing, unreadable, no directory, or a link.
        Malformed: `relative` or an exclusion is an unsafe path (`path-unsafe`).
    """
    reader = TreeReader(base, relative, request, jobs=jobs, executor=executor, progress=progress)
    with reader:
        return reader.finish()


class TreeReader:
    """What `read_tree` does, in two steps, for a caller that has something else to do in between.

    A context manager that begins: it walks, and hashes the first files. `finish` does everything
    else. Takes the arguments of `read_tree`; `__enter__` and `finish` raise what that raises.
    """

    def __init__(
        self,
        base: Path,
        relative: str,
        request: TreeRequest,
        *,
        jobs: int | None = None,
        executor: Executor | None = None,
        progress: Callable[[Progress], None] | None = None,
    ) -> None:
        self.base = base
        self.relative = relative
        self.request = request
        self._jobs = default_jobs() if jobs is None else max(1, jobs)
        self._executor = executor
        self._collector = Collector(progress, Counters() if progress is not None else None)
        self._wanted = Wanted(request)
        self._stack = ExitStack()

    def __enter__(self) -> TreeReader:
        with ExitStack() as undo:
            undo.callback(self._stack.close)
            exclusions = Exclusions(self.request.exclude)
            directories = self._stack.enter_context(Directories(self.base, self.relative))
            self._walk = Walk(directories, exclusions)
            self._schedule = Schedule(
                directories, self._collector, self._jobs, self._stack, self._executor
            )
            self._schedule.begin(self._wanted.aside(self._walk.files()))
            undo.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def hash_aside(self) -> None:
        """Starts to hash a single large file in a process of its own, where that is possible."""
        self._schedule.hash_aside()

    def finish(self) -> TreeReading:
        """Reads what is left, and returns everything. To be called once."""
        walk, collector = self._walk, self._collector
        self._schedule.finish()
        captured, members, descriptions = self._wanted.read(self._schedule)
        walk.settle()
        links = {e.path: e.target for e in walk.entries if isinstance(e, SymlinkEntry)}
        for path in find_escaping_links(links):
            target = escape(links[path])
            walk.fault("link-escapes", path, f"it leads out of the package, to {target}")
        tree = Tree(
            entries=tuple(sorted(chain(collector.entries, walk.entries), key=_path)),
            faults=tuple(sorted(chain(collector.faults, walk.faults), key=_fault_order)),
            total_bytes=collector.bytes_done,
        )
        return TreeReading(tree, captured, members, descriptions)


_path = attrgetter("path")
_fault_order = attrgetter("path", "code", "detail")


class Wanted:
    """The files of which more than digests is wanted, kept aside while the others are hashed."""

    def __init__(self, request: TreeRequest) -> None:
        self.request = request
        self.names: dict[str, set[str]] = {}
        self.parts: list[Part] = []
        archives = (archive for archive, _ in request.members)
        for path in (*request.capture, *request.described, *archives):
            directory, _, name = path.rpartition("/")
            self.names.setdefault(directory, set()).add(name)

    def aside(self, parts: Iterator[Part]) -> Iterator[Part]:
        """The parts without the wanted names, which are kept in `self.parts`."""
        for part in parts:
            wanted = self.names.get(part.directory)
            found = wanted.intersection(part.names) if wanted else None
            if not found:
                yield part
                continue
            self.parts.extend(Part(part.directory, part.inode, (n,)) for n in sorted(found))
            yield Part(part.directory, part.inode, tuple(n for n in part.names if n not in found))

    def read(
        self, schedule: Schedule
    ) -> tuple[
        dict[str, bytes],
        dict[tuple[str, str], MemberDigest | Fault],
        dict[tuple[str, str], FileDescription],
    ]:
        """Reads them: captures here, archives by the executor where there are several."""
        if not self.parts:
            return {}, missing_members(self.request.members, {}), {}
        captured: dict[str, bytes] = {}
        members: dict[tuple[str, str], MemberDigest | Fault] = {}
        descriptions: dict[tuple[str, str], FileDescription] = {}
        for special, (_, data, answers, found) in read_specials(schedule, self._specials(schedule)):
            if data is not None:
                captured[special.path] = data
            members.update({(special.path, member): a for member, a in answers.items()})
            descriptions.update({(special.path, member): d for member, d in found.items()})
        return captured, missing_members(self.request.members, members), descriptions

    def _specials(self, schedule: Schedule) -> list[Special]:
        members: dict[str, list[str]] = {}
        for archive, member in self.request.members:
            members.setdefault(archive, []).append(member)
        return [
            Special(
                batch=schedule.batch((part,), defer=False),
                capture=path in self.request.capture,
                members=tuple(members.get(path, ())),
                member_limit=self.request.member_limit,
                described=path in self.request.described,
            )
            for part in self.parts
            for path in (part.path(part.names[0]),)
        ]
