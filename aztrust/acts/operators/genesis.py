"""The sealed genesis, where its bytes are here: only they say who has which power."""

from __future__ import annotations

from pathlib import Path

from aztrust.core.base.digest import sha256_id
from aztrust.core.base.errors import AztrustError, Malformed
from aztrust.core.base.value import frozen
from aztrust.core.genesis.power import Power, genesis_power, weight_power
from aztrust.core.package.entries import FileEntry
from aztrust.core.state.context import Context
from aztrust.core.state.present_readiness import power_path
from aztrust.storage.folders import read_bounded

LIMIT = 1 << 31
"""Bytes of a genesis that is looked into."""


@frozen
class SealedPower:
    """The power of the sealed genesis.

    Args:
        power: it; None where it is not known.
        why_not: why the power is not known, a sentence; "" where it is.
    """

    power: Power | None
    why_not: str = ""


def sealed_power(context: Context, launch: Path) -> SealedPower:
    """The power that the launch's own packages show, if they are the sealed bytes.

    Args:
        context: the launch.
        launch: its directory.
    """
    policy, manifest = context.policy, context.manifests.get("genesis")
    if policy is None or manifest is None or not manifest.genesis_files:
        return SealedPower(None, why_not="no genesis is sealed yet")
    path = power_path(policy)
    entry = manifest.file(path)
    if not isinstance(entry, FileEntry):
        return SealedPower(None, why_not=f"{path} is not a file of the sealed genesis package")
    try:
        data = read_bounded(launch / policy.packages.genesis.path / path, LIMIT)
    except AztrustError:
        return SealedPower(None, why_not=f"{path} is not here")
    if sha256_id(data) != entry.sha256:
        return SealedPower(None, why_not=f"{path} here is not the sealed file")
    try:
        read = weight_power if policy.readiness.weights else genesis_power
        return SealedPower(read(data, what=path))
    except Malformed as error:
        return SealedPower(None, why_not=f"{path}: {error.message}")
