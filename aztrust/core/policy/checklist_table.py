"""The table `[checklist]`: which definitions of a readiness checklist a launch has to answer."""

from __future__ import annotations

from aztrust.core.base.digest import Sha256
from aztrust.core.base.model import Model


class ChecklistTable(Model):
    """`[checklist]`: without it a launch has no checklist, and its decision needs none.

    Args:
        digest: `sha256:` over the bytes of `manifests/checklist.toml`.
    """

    digest: Sha256
