"""The review that an approval of the builders is over: every field, hardly any meaning."""

from __future__ import annotations

from typing import Any

SHA = "sha256:" + "0" * 64


def review_document(
    package_class: str, package_id: str, policy_digest: str, **fields: Any
) -> dict[str, Any]:
    """The document with these fields in the place of the meaningless ones.

    A genesis needs `release_package_id` among them, or is for no release in particular.
    """
    of_genesis = {"release_package_id": SHA} if package_class == "genesis" else {}
    return {
        "schema": "aztrust/review",
        "version_major": 1,
        "version_minor": 0,
        "package_class": package_class,
        "package_id": package_id,
        "package_name": "test launch",
        "package_version": "1",
        "policy_digest": policy_digest,
        "network_class": "devnet",
        "chain_id": "test-1",
        "content_root": SHA,
        "files": 1,
        "bytes": 1,
        "excluded": [],
        "artifacts": [],
        "manifest_only": False,
        "differences": [],
        "differences_total": 0,
        "revocations": [],
        "replaced_by": [],
        "warnings": [],
        **of_genesis,
        **fields,
    }
