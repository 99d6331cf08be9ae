"""What is in a kit, as a sentence."""

from __future__ import annotations

from collections.abc import Iterable

_FOLDERS = (
    ("keys/", "key", "keys"),
    ("manifests/sealed/", "superseded manifest", "superseded manifests"),
    ("manifests/records/", "record", "records"),
    ("manifests/verdicts/", "verdict file", "verdict files"),
    ("manifests/observations/", "proof of a block", "proofs of blocks"),
    ("manifests/policies/", "frozen policy", "frozen policies"),
)


def contents(paths: Iterable[str]) -> str:
    """`policy, 12 keys, 2 manifests, 1 superseded manifest, 14 records`.

    >>> contents(["manifests/launch.toml", "manifests/release.json", "keys/rita.pem"])
    'policy, 1 key, 1 manifest, 0 records'
    """
    paths = list(paths)
    count = {folder: sum(p.startswith(folder) for p in paths) for folder, _, _ in _FOLDERS}
    manifests = sum(p in ("manifests/release.json", "manifests/genesis.json") for p in paths)
    parts = ["policy"]
    for folder, one, many in _FOLDERS:
        if count[folder] or one in ("key", "record"):
            parts.append(_plural(count[folder], one, many))
        if one == "key":
            parts.append(_plural(manifests, "manifest", "manifests"))
    if "manifests/checklist.toml" in paths:
        parts.append("the checklist")
    if "manifests/ledger/checkpoint" in paths:
        parts.append("the ledger")
    if "check.sh" in paths:
        parts.append("check.sh")
    return ", ".join(parts)


def _plural(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"
