"""A program that an operator built: what its Go build says, and whether the policy allows it."""

from __future__ import annotations

import re

from aztrust.core.base.paths import escape
from aztrust.core.host.reading import FileDescription, GoBuild
from aztrust.core.policy.model import Policy

_COMMIT = re.compile(r"[0-9a-f]{7,64}")


def why_not_self_built(
    policy: Policy, go: GoBuild, description: FileDescription, platform: str
) -> str:
    """Why a self-built binary is refused although the policy allows such, "" if it is not."""
    if not go.revision:
        return "it does not say which commit it was built from"
    if not _COMMIT.fullmatch(go.revision):
        return "the commit that it names is not a Git commit id"
    if go.settings.get("vcs.modified") != "false":
        return "it was built from a work tree with uncommitted changes, or does not say"
    module = policy.readiness.module
    if module is not None and go.module != module:
        return f"the policy allows only builds of {escape(module)}"
    if not description.kind.endswith("executable"):
        return f"it is not a program but {description.kind}"
    named = f"{go.settings.get('GOOS', '')}/{go.settings.get('GOARCH', '')}"
    if platform not in description.platforms or named != platform:
        return f"it was not built for {platform}"
    return ""


def built(go: GoBuild) -> str:
    """A Go build as text: module, version, commit, toolchain."""
    parts = [f"{escape(go.module or go.path) or 'no module'} {escape(go.version)}".strip()]
    if go.revision:
        parts.append(f"commit {escape(go.revision)}{' with changes' if go.modified else ''}")
    parts.append(escape(go.go_version))
    return ", ".join(parts)
