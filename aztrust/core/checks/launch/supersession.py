"""Is a replacement of a current package under way?

A supersession announces that a package is to be replaced. Until its successor is sealed and
approved, starting with the current package would start with something that a holder in authority
no longer wants. Sealing a third package instead does not end it: the named successor was never
sealed, so the supersession is still open. It is cured by finishing the replacement, or by
withdrawing it: superseding the current package with itself. Only its signer and the revocation
roles may withdraw it: one role does not undo another's stop.
"""

from __future__ import annotations

from aztrust.core.base.findings import CheckClass, Finding
from aztrust.core.base.paths import escape
from aztrust.core.checks.check import Answer, Check
from aztrust.core.checks.codes import SUPERSEDED
from aztrust.core.policy.model import PackageClass
from aztrust.core.state.context import Context
from aztrust.core.state.seals import pending, withdraw_command, withdrawers


def _ask(context: Context, package_class: PackageClass) -> Answer:
    policy = context.policy
    if policy is None:
        return Answer(not_run="the policy cannot be read")
    current = context.manifest_ids.get(package_class)
    if current is None:
        unread = context.unread_manifest(package_class)
        return Answer(not_run=unread or "the package is not sealed")
    findings = []
    evidence = []
    for record, body in pending(policy, context.records.effective, package_class, current):
        what = "it"
        if body.package_id != current:
            what = f"{body.package_id[7:15]}… with a package that was never sealed"
        evidence.append(record.record_id)
        findings.append(
            Finding(
                "superseded",
                f"manifests/{package_class}.json",
                f"{record.holder} superseded {what}: {escape(body.reason)}",
                expected=body.successor,
                actual=current,
                mend="seal and approve the successor; or"
                f" {withdrawers(policy, record)} withdraws it:"
                f" {withdraw_command(package_class, current)}",
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
