"""Are the facts that people reviewed those in the genesis file?

A genesis manifest carries what a person looks at before approving: chain id, time, power, supply.
Nothing is decided by them, and a holder who approved by the manifest alone saw nothing else. So
they are read out of the genesis again and must be the ones that were sealed, all of them and no
other: what is left out is hidden from anyone who looks at the manifest alone. People count
distinct identities, so a genesis that lists one twice is not what they reviewed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from aztrust.core.base.canonical import dumps
from aztrust.core.base.digest import sha256_id
from aztrust.core.base.errors import Malformed
from aztrust.core.base.findings import CheckClass, Finding
from aztrust.core.base.paths import escape
from aztrust.core.checks.check import Answer, Check, Code
from aztrust.core.package.content_rules import repeated_findings
from aztrust.core.package.manifest import Manifest
from aztrust.core.policy.model import PackageClass
from aztrust.core.state.context import Context


def _ask(context: Context, _: PackageClass) -> Answer:
    policy, manifest = context.policy, context.manifests.get("genesis")
    if policy is None:
        return Answer(not_run="the policy cannot be read")
    if manifest is None or not manifest.genesis_files:
        unread = context.unread_manifest("genesis")
        return Answer(not_run=unread or "the genesis package is not sealed")
    # Imported here: a launch without a genesis need not pay for reading one.
    from aztrust.core.genesis.facts import FACTS_VERSION, genesis_facts

    version = (manifest.facts or {}).get("facts_version", FACTS_VERSION)
    if type(version) is int and version != FACTS_VERSION:
        return Answer(not_run="the facts were sealed by another version of aztrust")
    path = manifest.genesis_files[0]
    data = context.sources.documents.get(("genesis", path))
    if data is None:
        return Answer(not_run=context.request.no_packages or f"genesis:{escape(path)} was not read")
    if manifest.genesis_hash is None or sha256_id(data) != manifest.genesis_hash.sha256:
        return Answer(not_run="the genesis file is not the sealed one")
    try:
        facts = genesis_facts(data, policy.packages.genesis.chain_id_at, path)
    except Malformed as error:
        return Answer(not_run=f"they cannot be read: {error.message}")
    # Bytes in no known format show no facts to review, so none need be sealed.
    none_needed = facts.format == "opaque" and manifest.facts is None
    found: dict[str, object] = {} if none_needed else dict(facts.to_json())
    return Answer(
        (
            *_differences(manifest, found, facts.genesis_time),
            *repeated_findings(facts.repeated, f"genesis:{escape(path)}"),
        ),
        detail=f"{len(found)} facts" if found else "none to review",
    )


def _differences(
    manifest: Manifest, found: Mapping[str, object], genesis_time: str | None
) -> Iterator[Finding]:
    if manifest.facts is None and found:
        yield _finding("facts", f"{len(found)} facts", None)
        return
    sealed = manifest.facts or {}
    for key in sorted(sealed.keys() | found.keys()):
        if _written(sealed, key) != _written(found, key):
            yield _finding(key, found.get(key), sealed.get(key))
    # The time is in a manifest twice; both must be true.
    if manifest.genesis_time != genesis_time:
        yield _finding("genesis_time", genesis_time, manifest.genesis_time)


def _written(facts: Mapping[str, object], key: str) -> bytes | None:
    """A fact as it is signed: true is not 1, and null is not nothing."""
    return dumps(facts[key]) if key in facts else None


def _finding(key: str, expected: object, actual: object) -> Finding:
    return Finding(
        "facts-mismatch",
        f"manifests/genesis.json {escape(key)}",
        "the sealed facts are not the ones in the genesis file",
        expected=_short(expected),
        actual=_short(actual),
        mend="seal the genesis again, and have it reviewed again",
    )


def _short(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    text = escape(str(value)) if isinstance(value, str | int) else type(value).__name__
    return text[:120] if value is not None else "nothing"


CHECK = Check(
    id="genesis-facts",
    title="reviewed facts",
    check_class=CheckClass.TRUTH,
    clauses=("AZ-2.4",),
    codes=(
        Code(
            "facts-mismatch",
            "The facts in the genesis manifest, for people to review, are not the file's.",
            "Seal the genesis again, and have it reviewed again.",
        ),
        Code(
            "genesis-identity-repeated",
            "The genesis lists one validator, key, account, balance or address twice.",
            "Remove one of the two with the chain's own tool; seal and approve again.",
        ),
    ),
    ask=_ask,
)
