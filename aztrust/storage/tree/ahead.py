"""A package whose one large file is hashed while this process still loads what is to judge it.

Loading takes about as long as hashing 100 MiB, and uses one processor. It changes no answer: the
file is opened, hashed and held still as in any reading, only sooner.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from aztrust.core.base.errors import AztrustError
from aztrust.core.package.plan import ReadingPlan, reading_plan
from aztrust.core.policy.model import PackageClass
from aztrust.core.state.evidence import Evidence
from aztrust.storage.launch import LaunchFiles
from aztrust.storage.progress import Progress
from aztrust.storage.tree.jobs import default_jobs
from aztrust.storage.tree.tree import TreeReader, TreeReading, TreeRequest


class Ahead:
    """A reading that has begun, for a caller that asks for exactly the same one."""

    def __init__(self, reader: TreeReader) -> None:
        self._reader: TreeReader | None = reader

    def finish(self, base: Path, relative: str, request: TreeRequest) -> TreeReading | None:
        """The reading, once; None where it has been handed out, or where it is another one.

        Raises:
            CouldNotCheck: as `read_tree`.
        """
        reader = self._reader
        if reader is None or (reader.base, reader.relative, reader.request) != (
            base,
            relative,
            request,
        ):
            return None
        self._reader = None
        return reader.finish()


def tree_request(plan: ReadingPlan) -> TreeRequest:
    """What a plan asks of the reading."""
    return TreeRequest(plan.exclude, plan.capture, plan.members, plan.member_limit, plan.described)


@contextmanager
def reading_ahead(
    launch: LaunchFiles,
    evidence: Evidence,
    package_class: PackageClass,
    *,
    jobs: int | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Iterator[Ahead | None]:
    """Begins to read a package; None where that is not possible, which the reading will explain.

    Args:
        launch: what is verified. A kit has no packages.
        evidence: what was read; its policy says where the package is and what is wanted.
        package_class: which package.
        jobs: as for `read_tree`. With 1 nothing is begun.
        progress: as for `read_tree`.
    """
    with ExitStack() as stack:
        ahead: Ahead | None = None
        if launch.kit is None and (default_jobs() if jobs is None else jobs) > 1:
            with suppress(AztrustError):
                plan = reading_plan(evidence.opener.policy(evidence.policy), package_class)
                reader = stack.enter_context(
                    TreeReader(
                        launch.path, plan.path, tree_request(plan), jobs=jobs, progress=progress
                    )
                )
                reader.hash_aside()
                ahead = Ahead(reader)
        yield ahead
