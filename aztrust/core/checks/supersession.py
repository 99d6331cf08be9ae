"""Is a replacement of a current package under way?

A supersession says that a package is to be replaced. Until its successor is sealed and approved
the current package is on its way out, and starting with it would start with something that
somebody in authority no longer wants. It is cured by finishing the replacement, or by withdrawing
it: superseding the package with itself.
"""

from __future__ import annotations

from aztrust.core.check import Answer, Check
from aztrust.core.checks.seal import SUPERSEDED
from aztrust.core.context import Context
from aztrust.core.outcome import CheckClass, Finding
from aztrust.core.paths import escape
from aztrust.core.policy import PackageClass
from aztrust.core.records import Supersession


def _ask(context: Context, package_class: PackageClass) -> Answer:
    if context.policy is None:
        return Answer(not_run="the policy cannot be read")
    current = context.manifest_ids.get(package_class)
    if current is None:
        unread = context.unread_manifest(package_class)
        return Answer(not_run=unread or "the package is not sealed")
    findings = []
    evidence = []
    for utterance in context.records.standing.supersessions(package_class):
        body = utterance.body
        if not isinstance(body, Supersession) or body.package_id != current:
            continue
        evidence.append(utterance.record_id)
        findings.append(
            Finding(
                "superseded",
                f"manifests/{package_class}.json",
                f"{utterance.holder} superseded it: {escape(body.reason)}",
                expected=body.successor,
                actual=current,
                mend="seal and approve the successor; to withdraw: aztrust supersede"
                f" {package_class} --with {current}",
            )
        )
    return Answer(tuple(findings), evidence=tuple(evidence))


CHECK = Check(
    id="supersession",
    title="no pending supersession",
    check_class=CheckClass.AUTHORITY,
    clauses=("AZ-5.2", "AZ-25.2"),
    per_package=True,
    codes=(SUPERSEDED,),
    ask=_ask,
)
