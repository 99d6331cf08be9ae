"""Situations in which check.sh has to count: thresholds of two, and who is one and who is two.

As `situations.situations`. Each refusal has a neighbour that is accepted, with one thing different:
only a second object, or a number above one, shows that something is counted.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

from fixtures.forge.keys import who
from fixtures.forge.verdicts import freeze
from tests.checker.situations import Host, Situation

SPARE = "mallory"
"""A key that no holder of the rehearsal has."""


def thresholds() -> Iterator[Situation]:
    """Every situation; the names are unique, also among the other ones."""
    unmet = "threshold-unmet: release"
    yield Situation("role_by_one_of_two", _frozen(_role_by_one), 11, says=unmet)
    yield Situation("role_by_one_of_two_twice", _frozen(_role_by_one_twice), 11, says=unmet)
    yield Situation("role_by_one_of_two_with_two_keys", _frozen(_role_by_two_keys), 11, says=unmet)
    yield Situation("role_by_two_of_three", _frozen(_role_by_two_of_three), 11, says=unmet)
    yield Situation("role_by_two_of_two", _frozen(_role_by_two), 0)
    yield Situation("role_by_three_of_three", _frozen(_role_by_three), 0)

    unmet = "threshold-unmet: genesis"
    yield Situation("two_roles_of_one_holder", _frozen(_both_roles), 11, says=unmet)
    yield Situation("two_roles_with_two_keys", _frozen(_both_roles_with_two_keys), 11, says=unmet)
    yield Situation("two_roles_of_one_and_another", _frozen(_both_roles_and_another), 0)
    yield Situation("two_roles_of_one_who_is_enough", _frozen(_one_is_enough), 0)

    unread = "only aztrust reads"
    yield Situation("key_of_two_holders", _frozen(_key_of_two), 11, says=unread)
    yield Situation("key_twice_at_one_holder", _frozen(_key_twice), 11, says=unread)
    yield Situation(
        "key_of_two_who_both_approve", _frozen(_key_of_two_who_approve), 11, says=unread
    )
    yield Situation("two_keys_of_one_holder", _frozen(_two_keys), 0)
    yield Situation("two_holders_with_a_key_each", _frozen(_one_holder_more), 0)

    for name, again in (("", 1), ("_with_two", 2)):
        yield Situation(
            f"role_twice_in_a_rule{name}",
            _frozen(_rule_twice("release", "security-lead", again)),
            11,
            says="threshold-unmet: release",
        )
        yield Situation(
            f"role_twice_in_the_other_rule{name}",
            _frozen(_rule_twice("genesis", "consensus-lead", again)),
            11,
            says="threshold-unmet: genesis",
        )
    yield Situation(
        "role_twice_for_verdicts", _frozen(_verdict_role_twice), 11, says="freeze-missing"
    )
    yield Situation("role_in_two_rules", _frozen(_role_in_two_rules), 0)

    missing = "freeze-missing"
    yield Situation("freeze_role_by_one_of_two", _frozen(_two_freeze), 11, says=missing)
    yield Situation(
        "freeze_role_by_one_of_two_with_two_keys",
        _frozen(_two_freeze_by_two_keys),
        11,
        says=missing,
    )
    yield Situation("freeze_role_by_two", _frozen(_two_freeze_by_two), 0)


def _frozen(act: Callable[[Host], None]) -> Callable[[Host], None]:
    """First something is done to the launch, then luca freezes it and it is announced."""

    def build(host: Host) -> None:
        act(host)
        freeze(host.launch)
        host.told()

    return build


def _key_of(name: str) -> str:
    return str(who(name).public().fingerprint)


def _approve(host: Host, package_class: str, *given: tuple[str, tuple[str, ...]]) -> None:
    """These approvals of a package, and none else: (whose key, in which roles)."""
    host.launch.records.clear("approval", package_class=package_class)
    for by, roles in given:
        host.launch.records.approve(package_class, by, roles)


def _keys(host: Host, holder: str, *names: str) -> None:
    """The keys of a holder, with the files of those that no holder had."""
    listed = ", ".join(f'"{_key_of(name)}"' for name in names)
    host.launch.policy(f'keys = ["{_key_of(holder)}"]', f"keys = [{listed}]")
    if SPARE in names:
        host.launch.write(f"keys/{SPARE}.pem", who(SPARE).public().pem)


def _holder(host: Host, name: str, key: str, *roles: str) -> None:
    """One more holder."""
    table = f'[holders.{name}]\nkeys = ["{_key_of(key)}"]\nroles = {json.dumps(list(roles))}\n\n'
    host.launch.policy("[approvals.release]\n", f"{table}[approvals.release]\n")
    if key == SPARE:
        host.launch.write(f"keys/{SPARE}.pem", who(SPARE).public().pem)


# ---- so many in each role ------------------------------------------------------------------------

RITA, COSMIN = ("rita", ("release-manager",)), ("cosmin", ("consensus-lead",))
LEAD = ("security-lead",)


def _leads(host: Host, need: int) -> None:
    """So many security leads have to approve; sonia, dan and luca are some."""
    host.launch.roles("dan", "ops-lead", "security-lead")
    host.launch.roles("luca", "launch-coordinator", "security-lead")
    host.launch.policy(
        "security-lead = 1, consensus-lead = 1", f"security-lead = {need}, consensus-lead = 1"
    )
    host.launch.sign_again()


def _role_by_one(host: Host) -> None:
    """Three holders have approved, as many as it takes; one of them is a security lead."""
    _leads(host, 2)
    _approve(host, "release", RITA, ("sonia", LEAD), COSMIN)


def _role_by_one_twice(host: Host) -> None:
    _leads(host, 2)
    _approve(host, "release", RITA, ("sonia", LEAD), ("sonia", LEAD), COSMIN)


def _role_by_two_keys(host: Host) -> None:
    _keys(host, "sonia", "sonia", SPARE)
    _leads(host, 2)
    _approve(host, "release", RITA, ("sonia", LEAD), (SPARE, LEAD), COSMIN)


def _role_by_two(host: Host) -> None:
    _leads(host, 2)
    _approve(host, "release", RITA, ("sonia", LEAD), ("dan", LEAD), COSMIN)


def _role_by_two_of_three(host: Host) -> None:
    _leads(host, 3)
    _approve(host, "release", RITA, ("sonia", LEAD), ("dan", LEAD), COSMIN)


def _role_by_three(host: Host) -> None:
    _leads(host, 3)
    _approve(host, "release", RITA, ("sonia", LEAD), ("dan", LEAD), ("luca", LEAD), COSMIN)


# ---- so many holders -----------------------------------------------------------------------------

BOTH = ("genesis-custodian", "consensus-lead")


def _two_roles(host: Host, need: int = 2) -> None:
    """Cosmin has both roles of the genesis rule; so many holders have to approve."""
    host.launch.roles("cosmin", *BOTH)
    if need != 2:
        host.launch.policy("distinct_holders = 2", f"distinct_holders = {need}")
    host.launch.sign_again()


def _both_roles(host: Host) -> None:
    """Each role has its one approval, and all are by one holder."""
    _two_roles(host)
    _approve(host, "genesis", ("cosmin", BOTH))


def _both_roles_with_two_keys(host: Host) -> None:
    _keys(host, "cosmin", "cosmin", SPARE)
    _two_roles(host)
    _approve(host, "genesis", ("cosmin", BOTH[:1]), (SPARE, BOTH[1:]))


def _both_roles_and_another(host: Host) -> None:
    _two_roles(host)
    _approve(host, "genesis", ("cosmin", BOTH), ("gabi", BOTH[:1]))


def _one_is_enough(host: Host) -> None:
    _two_roles(host, need=1)
    _approve(host, "genesis", ("cosmin", BOTH))


# ---- whose key it is -----------------------------------------------------------------------------


def _key_of_two(host: Host) -> None:
    """Dan's key is also that of a holder whose role approves nothing: all else is right."""
    _holder(host, "eve", "dan", "audit-scribe")
    host.launch.sign_again()


def _key_of_two_who_approve(host: Host) -> None:
    """One key would be two security leads."""
    _holder(host, "eve", "sonia", "security-lead")
    _leads(host, 2)
    _approve(host, "release", RITA, ("sonia", LEAD), ("dan", LEAD), COSMIN)


def _key_twice(host: Host) -> None:
    _keys(host, "dan", "dan", "dan")
    host.launch.sign_again()


def _two_keys(host: Host) -> None:
    _keys(host, "dan", "dan", SPARE)
    host.launch.sign_again()


def _one_holder_more(host: Host) -> None:
    _holder(host, "eve", SPARE, "audit-scribe")
    host.launch.sign_again()


# ---- a role twice in a rule ----------------------------------------------------------------------


def _rule_twice(package_class: str, role: str, again: int) -> Callable[[Host], None]:
    """A rule names a role twice; every approval that either asks for is there."""

    def act(host: Host) -> None:
        host.launch.roles("dan", "ops-lead", role)
        ends = {"release": "\n\n[approvals.genesis]", "genesis": "\n\n[separation]"}[package_class]
        host.launch.policy(
            f"consensus-lead = 1 }}{ends}", f"consensus-lead = 1, {role} = {again} }}{ends}"
        )
        host.launch.sign_again()
        host.launch.records.approve(package_class, "dan", (role,))

    return act


def _verdict_role_twice(host: Host) -> None:
    host.launch.policy(
        "roles = { launch-coordinator = 1 }",
        "roles = { launch-coordinator = 1, launch-coordinator = 1 }",
    )
    host.launch.sign_again()


def _role_in_two_rules(host: Host) -> None:
    """A role that both rules name, and the verdicts' too, is twice in none."""
    host.launch.roles("dan", "ops-lead", "consensus-lead")
    host.launch.policy(
        "roles = { launch-coordinator = 1 }",
        "roles = { launch-coordinator = 1, consensus-lead = 1 }",
    )
    host.launch.sign_again()
    freeze(host.launch, "dan")


# ---- who freezes ---------------------------------------------------------------------------------


def _two_freeze(host: Host) -> None:
    """Two launch coordinators have to freeze; luca and dan are some."""
    host.launch.roles("dan", "ops-lead", "launch-coordinator")
    host.launch.policy("roles = { launch-coordinator = 1 }", "roles = { launch-coordinator = 2 }")
    host.launch.sign_again()


def _two_freeze_by_two(host: Host) -> None:
    _two_freeze(host)
    freeze(host.launch, "dan")


def _two_freeze_by_two_keys(host: Host) -> None:
    _keys(host, "luca", "luca", SPARE)
    _two_freeze(host)
    freeze(host.launch, SPARE)
