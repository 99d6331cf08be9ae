"""Do the facts that people reviewed stand in the genesis file?

A genesis manifest carries what a person looks at before approving: chain id, time, power, supply.
Nothing is decided by them, and a holder who approved by the manifest alone saw nothing else. So
they are read out of the genesis again and must be the ones that were sealed.
"""

from __future__ import annotations

from aztrust.core.check import Answer, Check, Code
from aztrust.core.context import Context
from aztrust.core.digest import sha256_id
from aztrust.core.errors import Malformed
from aztrust.core.outcome import CheckClass, Finding
from aztrust.core.paths import escape
from aztrust.core.policy import PackageClass


def _ask(context: Context, _: PackageClass) -> Answer:
    policy, manifest = context.policy, context.manifests.get("genesis")
    if policy is None:
        return Answer(not_run="the policy cannot be read")
    if manifest is None or not manifest.genesis_files:
        return Answer(not_run="the genesis package is not sealed")
    if manifest.facts is None and manifest.genesis_time is None:
        return Answer(detail="none sealed")
    path = manifest.genesis_files[0]
    data = context.sources.documents.get(("genesis", path))
    if data is None:
        return Answer(not_run=f"genesis:{escape(path)} was not read")
    if manifest.genesis_hash is None or sha256_id(data) != manifest.genesis_hash.sha256:
        return Answer(not_run="the genesis file is not the sealed one")
    # Imported here: a launch without facts need not pay for reading them.
    from aztrust.core.genesis.facts import FACTS_VERSION, genesis_facts

    if manifest.facts is not None and manifest.facts.get("facts_version") != FACTS_VERSION:
        return Answer(not_run="the facts were sealed by another version of aztrust")
    try:
        facts = genesis_facts(data, policy.packages.genesis.chain_id_at, path)
    except Malformed as error:
        return Answer(not_run=f"they cannot be read: {error.message}")
    found = {**facts.to_json(), "genesis_time": facts.genesis_time}
    sealed = {**(manifest.facts or found), "genesis_time": manifest.genesis_time}
    inner = (manifest.facts or found).get("genesis_time")
    if inner != facts.genesis_time:
        # The time stands twice in a manifest; either one being false is a lie.
        sealed["genesis_time"] = inner
    wrong = sorted(k for k in sealed.keys() | found.keys() if sealed.get(k) != found.get(k))
    return Answer(
        tuple(
            Finding(
                "facts-mismatch",
                f"manifests/genesis.json {escape(key)}",
                "the sealed facts are not the ones in the genesis file",
                expected=_short(found.get(key)),
                actual=_short(sealed.get(key)),
                mend="seal the genesis again, and have it reviewed again",
            )
            for key in wrong
        ),
        detail=f"{len(found)} facts",
    )


def _short(value: object) -> str:
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
            "The facts in the genesis manifest, which people review, are not the file's.",
            "Seal the genesis again, and have it reviewed again.",
        ),
    ),
    ask=_ask,
)
