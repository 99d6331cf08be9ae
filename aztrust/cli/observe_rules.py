"""`aztrust observe rules`: alert rules for Prometheus, from the thresholds of the policy."""

from __future__ import annotations

from aztrust.cli.app import Session, command
from aztrust.cli.observe import observe

__all__ = ["observe"]


@command(
    "rules",
    parent=observe,
    short_help="Write Prometheus alert rules from the policy's thresholds.",
    example="aztrust observe rules -o /etc/prometheus/aztrust.yml\n"
    "aztrust -C launch.aztrust observe rules --format json",
)
def rules(session: Session) -> None:
    """Write a rule file for Prometheus from this launch's policy, or that of a kit.

    The file depends on the policy alone: the same bytes of a policy make the same bytes of a file.
    Its head names the digest of the policy: compare it with the announced one. A final check asks a
    Prometheus whether exactly these rules are loaded, where the policy has
    [checks.monitoring-live.prometheus]. -q prints the name of the group, which has that digest.
    """
    from aztrust.acts.observe_rules import make_rules
    from aztrust.report.observe.alert_rules import rule_file, rules_document

    made = make_rules(session.source())
    document = rules_document(made.group, made.launch)
    lines = rule_file(made.group, made.launch).splitlines()
    session.emit(document, lines, brief=made.group.name)
