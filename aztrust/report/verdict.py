"""What every form of report tells alike about a verdict."""

from __future__ import annotations

from aztrust.core.base.findings import Conclusion
from aztrust.core.judge.verify import Verdict
from aztrust.core.policy.model import PackageClass
from aztrust.core.state.context import Context


def stated_conclusion(verdict: Verdict) -> Conclusion:
    """The conclusion as it may be shown: half a launch that passes is not a pass."""
    if verdict.conclusion is Conclusion.PASS and verdict.context.request.only is not None:
        return Conclusion.CONDITIONAL
    return verdict.conclusion


def excluded_paths(context: Context, package_class: PackageClass) -> tuple[str, ...]:
    """What is left out of a package, by the policy of this run or by its manifest."""
    manifest = context.manifests.get(package_class)
    named = set(manifest.excluded if manifest else ())
    if context.policy is not None:
        named |= set(context.policy.package(package_class).exclude)
    return tuple(sorted(named))
