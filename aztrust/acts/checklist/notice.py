"""A notice of the plan, rendered from the scope that is frozen."""

from __future__ import annotations

from collections.abc import Mapping

from aztrust.acts.act import Act
from aztrust.acts.preconditions import require_attempt
from aztrust.core.base.errors import NothingToVerify, UsageError
from aztrust.core.base.nearest import did_you_mean
from aztrust.core.base.paths import escape
from aztrust.core.base.times import format_minute
from aztrust.core.base.value import frozen
from aztrust.core.checklist.notice import places, render
from aztrust.core.records.checklist_plan import Plan
from aztrust.core.state.checklist.named import require_checklist
from aztrust.core.state.checklist.plan import fixed_plan


@frozen
class Notice:
    """A notice that can be published.

    Args:
        name: of its template.
        text: what is published.
        plan_id: the record of the plan.
        values: what the places of the template became.
    """

    name: str
    text: str
    plan_id: str
    values: Mapping[str, str]


def make_notice(act: Act, name: str, given: Mapping[str, str]) -> Notice:
    """Render a template of the plan that is in force.

    Args:
        act: the launch.
        name: of the template.
        given: values that the scope does not have.

    Raises:
        NothingToVerify: no plan is fixed for this window, or the policy names no checklist.
        UsageError: no such template; a name in it has no value; a value is given for what the
            scope has, or for a name that the template does not have.
        Refused: no freeze is in force.
    """
    require_checklist(act.context)
    require_attempt(act.context)
    fixed = fixed_plan(act.context)
    if fixed.record is None or fixed.plan is None:
        raise NothingToVerify(
            "no plan is fixed for this window, and its templates are in the plan",
            mend="aztrust checklist plan FILE",
        )
    texts = {template.name: template.text for template in fixed.plan.templates}
    if name not in texts:
        known = sorted(texts)
        raise UsageError(
            f"the plan has no template {escape(name)}{did_you_mean(name, known)}",
            subject=escape(name),
            mend=f"name one of {', '.join(known)}" if known else "fix a plan with templates",
        )
    facts = _facts(act, fixed.plan)
    asked = places(texts[name])
    for key in given:
        if key in facts:
            raise UsageError(
                f"{escape(key)} comes from the scope and the plan, and is not given",
                subject="--set",
                mend=f"leave out --set {escape(key)}",
            )
        if key not in asked:
            raise UsageError(
                f"the template {name} has no {{{escape(key)}}}{did_you_mean(key, asked)}",
                subject="--set",
                mend=f"leave out --set {escape(key)}",
            )
    values = {**facts, **given}
    for key in asked:
        if key not in values:
            raise UsageError(
                f"the template {name} has {{{key}}}, and nothing gives its value",
                subject=name,
                mend=f"--set {key}=VALUE",
            )
    used = {key: values[key] for key in asked}
    return Notice(name, render(texts[name], values), fixed.record.record_id, used)


def _facts(act: Act, plan: Plan) -> dict[str, str]:
    """What the frozen scope and the plan say, by the names that templates have for it."""
    launch, scope = act.policy.launch, act.context.scope
    found = {
        "chain_id": escape(launch.chain_id),
        "network_class": launch.network_class,
        "name": escape(launch.name),
        "policy_digest": act.context.policy_digest,
        "primary_from": format_minute(plan.primary.from_unix_ms),
        "primary_until": format_minute(plan.primary.until_unix_ms),
    }
    if plan.backup is not None:
        found["backup_from"] = format_minute(plan.backup.from_unix_ms)
        found["backup_until"] = format_minute(plan.backup.until_unix_ms)
    if plan.change_freeze is not None:
        found["change_freeze_from"] = format_minute(plan.change_freeze.from_unix_ms)
        found["change_freeze_until"] = format_minute(plan.change_freeze.until_unix_ms)
    if scope is not None:
        found |= {
            "genesis_hash": scope.genesis_hash,
            "release_package_id": scope.release_package_id,
            "genesis_package_id": scope.genesis_package_id,
            "scope_hash": scope.hash,
        }
    return found | {f"channel_{c.name.replace('-', '_')}": escape(c.at) for c in plan.channels}
