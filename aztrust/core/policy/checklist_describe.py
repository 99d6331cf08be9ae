"""The table `[checklist]` as text, for `policy show`."""

from __future__ import annotations

from collections.abc import Iterator

from aztrust.core.policy.describe import Line
from aztrust.core.policy.model import Policy


def describe_checklist(policy: Policy) -> Iterator[Line]:
    """Which definitions the decision rests on; nothing without `[checklist]`."""
    if policy.checklist is not None:
        yield "checks", "the decision rests on a readiness checklist with the digest"
        yield "", policy.checklist.digest
