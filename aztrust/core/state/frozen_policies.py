"""The launch under each policy that a freeze kept: what was frozen is judged by its own rules."""

from __future__ import annotations

from collections.abc import Iterator

from aztrust.core.base.digest import sha256_id
from aztrust.core.base.value import replace
from aztrust.core.state.evidence import Evidence


def under_kept_policies(evidence: Evidence) -> Iterator[Evidence]:
    """The same files under each kept policy that is not the present one, in order of digests.

    A file whose name is not its own digest is no kept policy. Packages belong to the present one.
    """
    for name, data in sorted(evidence.policies.items()):
        if name == f"{sha256_id(data)[7:]}.toml" and data != evidence.policy:
            yield replace(evidence, policy=data, packages={}, policies={}, ledger=None)
