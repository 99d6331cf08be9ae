"""What a kit holds, for a person who wonders which one this is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from aztrust.core.base.value import frozen
from aztrust.core.kit.archive import Kit, kit_sealed
from aztrust.core.policy.model import PackageClass
from aztrust.core.records.enrolment import OPERATOR_CONFIRMATION
from aztrust.core.records.node_facts import NODE_FACTS
from aztrust.core.state.context import Context


@frozen
class KitFacts:
    """The contents of a kit; being listed does not verify anything.

    Attributes:
        title: the launch's name, network class and chain id, () where its policy cannot be read.
        policy_digest: what its anchor must be.
        keys: how many keys.
        manifests: the ids of the current packages.
        superseded: the ids of every other package ever sealed.
        records: kind to how many records of that kind count here.
        uncounted: how many record files do not count, broken ones among them.
        verdicts: how many files of verdicts.
        newest_unix_ms: the newest time that any record claims, None where there is none.
    """

    title: tuple[str, ...]
    policy_digest: str
    keys: int
    manifests: Mapping[PackageClass, str]
    superseded: tuple[str, ...]
    records: Mapping[str, int]
    uncounted: int
    verdicts: int
    newest_unix_ms: int | None


def kit_facts(kit: Kit, context: Context) -> KitFacts:
    """The facts.

    Args:
        kit: the kit.
        context: its evidence, parsed.
    """
    verified, confirmed = context.records.effective.verified, context.confirmations
    kinds = Counter(u.kind for u in verified)
    if confirmed:
        kinds[OPERATOR_CONFIRMATION.name] = len(confirmed)
    reported = context.records.node_reports
    if reported:
        kinds[NODE_FACTS.name] = len(reported)
    current = set(context.manifest_ids.values())
    sealed = [f"sha256:{name}" for name, _ in kit_sealed(kit)]
    policy = context.policy
    launch = policy.launch if policy is not None else None
    return KitFacts(
        title=(launch.name, launch.network_class, launch.chain_id) if launch else (),
        policy_digest=context.policy_digest,
        keys=len(context.evidence.keys),
        manifests=dict(context.manifest_ids),
        superseded=tuple(id_ for id_ in sealed if id_ not in current),
        records=dict(sorted(kinds.items())),
        uncounted=len(context.evidence.records) - len(verified) - len(confirmed) - len(reported),
        verdicts=sum(path.startswith("manifests/verdicts/") for path in kit.files),
        newest_unix_ms=max(
            (
                *(u.claimed_unix_ms for u in verified),
                *(each.body.confirmed_at_unix_ms for each in confirmed),
                *(each.body.seen_at_unix_ms for each in reported),
            ),
            default=None,
        ),
    )
