"""What makes a well-formed policy unusable: contradictions that no record could ever cure.

These are refused wherever a policy is read. What is merely unwise is `policy.lint`'s business.
"""

from __future__ import annotations

from collections.abc import Iterator

from aztrust.core.base.errors import AztrustError, Malformed
from aztrust.core.base.model import validate
from aztrust.core.base.nearest import did_you_mean
from aztrust.core.base.paths import check_path, collision_key, escape
from aztrust.core.linkage.pointers import parse_reference
from aztrust.core.policy.model import (
    PACKAGE_CLASSES,
    POLICY_PATH,
    PackageClass,
    Policy,
    Probe,
    ReleasePackage,
)
from aztrust.core.policy.readiness_lint import readiness_problems
from aztrust.core.policy.text import IS_BLANK, blanks
from aztrust.core.policy.tomldoc import read_toml
from aztrust.core.policy.window_problems import window_problems

REHEARSAL_KEYS: frozenset[str] = frozenset(
    {
        "sha256:8080c03bf546bebaa62e17937103a540b39b98f2c8fc3840607741c2afc6b7b5",  # rita
        "sha256:edc4bbd5a84da48f9ee9b8a928bb54d45a56897c5724278584ca60381639735f",  # gabi
        "sha256:1052bce810f52e59c9eac782f417b209dd2feb1460e7cc55893b33e4b4f9cf82",  # sonia
        "sha256:8c1cc47526718eae1f4d0377776a8a57034b40115d05f873c4a7835fe1e8402a",  # cosmin
        "sha256:f14aec8694331cdad33dd783c89be841ee7f9fb50aad6ae7d46cffdcc7352171",  # luca
        "sha256:15c4f1bdab8b59fa174b55a0e71ad3400ffc32195d4019f20fcfdd55496bd775",  # dan
        "sha256:883d41ae63172dc98c214f61f0540bc3e6fb5d3e213e1fe8db26a31b0d307fe2",  # mallory
    }
)


RESERVED_DIRECTORIES = ("manifests", "keys")


def policy_problems(policy: Policy) -> tuple[str, ...]:
    """Every contradiction, one sentence each, in the order of the file."""
    return (
        *(f"{escape(place)} {IS_BLANK}" for place in blanks(policy.model_dump())),
        *_package_problems(policy),
        *_provenance_problems(policy),
        *_reproduction_problems(policy),
        *_key_problems(policy),
        *_linkage_problems(policy),
        *_check_problems(policy),
        *_freeze_problems(policy),
        *_ledger_problems(policy),
        *readiness_problems(policy),
        *window_problems(policy),
    )


def overlap(left: str, right: str) -> bool:
    """Whether one of two relative paths is the other or is inside it.

    >>> overlap("a/b", "a"), overlap("a", "ab")
    (True, False)
    """
    return f"{left}/".startswith(f"{right}/") or f"{right}/".startswith(f"{left}/")


def _package_problems(policy: Policy) -> list[str]:
    problems = []
    release, genesis = policy.packages.release, policy.packages.genesis
    for package_class in PACKAGE_CLASSES:
        path = policy.package(package_class).path
        problems += [
            f"packages.{package_class}.path {escape(path)} contains or is in {reserved}/"
            for reserved in RESERVED_DIRECTORIES
            if overlap(collision_key(path), reserved)
        ]
    # On a file system that ignores case or Unicode form the two would be one directory.
    if overlap(collision_key(release.path), collision_key(genesis.path)):
        problems.append(
            f"packages.release.path {escape(release.path)} and packages.genesis.path"
            f" {escape(genesis.path)} contain one another"
        )
    seen = set()
    for rule in release.artifact:
        if (rule.path, rule.member) in seen:
            problems.append(
                f"packages.release.artifact names {escape(rule.path)} twice with the same member"
            )
        seen.add((rule.path, rule.member))
    if genesis.chain_id_at:
        try:
            parse_reference(f"genesis:{genesis.genesis_files[0]}{genesis.chain_id_at}")
        except AztrustError:
            problems.append(
                f"packages.genesis.chain_id_at {escape(genesis.chain_id_at)} is not a JSON Pointer"
                ' such as "#/chain_id"'
            )
    if len(set(genesis.genesis_files)) != len(genesis.genesis_files):
        problems.append("packages.genesis.genesis_files names a file twice")
    wanted = {rule.path for rule in release.artifact}
    problems += [
        f"packages.release.exclude leaves out the artifact {escape(path)}"
        for path in sorted(wanted)
        if _is_excluded(path, release.exclude)
    ]
    problems += [
        f"packages.genesis.exclude leaves out the genesis file {escape(path)}"
        for path in genesis.genesis_files
        if _is_excluded(path, genesis.exclude)
    ]
    return problems


def _provenance_problems(policy: Policy) -> Iterator[str]:
    release, seen = policy.packages.release, set()
    for rule in release.provenance:
        place = f"packages.release.provenance {escape(rule.path)}"
        if _is_excluded(rule.path, release.exclude):
            yield f"{place}: packages.release.exclude leaves the file out"
        if (rule.path, rule.repository, rule.workflow) in seen:
            yield f"{place} names the same repository and workflow twice"
        seen.add((rule.path, rule.repository, rule.workflow))


def _reproduction_problems(policy: Policy) -> Iterator[str]:
    rule = policy.reproduction
    if rule is None:
        return
    if not policy.packages.release.artifact:
        yield "reproduction asks for builders, and packages.release.artifact names no file to build"
    able = {name for role in rule.roles for name in policy.holders_of_role(role)}
    if len(able) < rule.distinct_holders:
        yield (
            f"reproduction.distinct_holders is {rule.distinct_holders}, and {len(able)} holders"
            " have one of its roles"
        )


def _is_excluded(path: str, exclude: tuple[str, ...]) -> bool:
    return any(path == rule or (rule.endswith("/") and path.startswith(rule)) for rule in exclude)


def _key_problems(policy: Policy) -> list[str]:
    problems = []
    owner: dict[str, str] = {}
    for name, holder in policy.holders.items():
        for key in holder.keys:
            if key in owner:
                whose = f"{owner[key]} and {name}" if owner[key] != name else f"{name} twice"
                problems.append(f"holders: the key {key} is listed by {whose}")
            owner.setdefault(key, name)
            if key in REHEARSAL_KEYS and policy.launch.network_class != "devnet":
                problems.append(
                    f"holders.{name}: {key} is a rehearsal key; its private half is public"
                )
    return problems


def _linkage_problems(policy: Policy) -> list[str]:
    problems = []
    for rule in policy.linkage:
        for side, text in (("left", rule.left), ("right", rule.right)):
            try:
                parse_reference(text)
            except AztrustError as error:
                problems.append(f"linkage {escape(rule.name)}, {side}: {error.message}")
    return problems


def _freeze_problems(policy: Policy) -> Iterator[str]:
    """A mainnet is frozen, and takes more than one person, whatever its policy says."""
    if policy.launch.profile == "solo" and policy.launch.network_class == "mainnet":
        yield "launch.profile is solo, and a mainnet takes more than one person"
    if policy.freeze is None:
        return
    if policy.launch.network_class == "mainnet":
        yield "freeze.not_applicable: a mainnet is frozen before it starts"
    if policy.verdicts is not None:
        yield "freeze.not_applicable says that no holder freezes, and verdicts.roles names who does"


def _check_problems(policy: Policy) -> list[str]:
    if not policy.checks:
        return []
    from aztrust.core.policy.model import ANSWERED_ROWS, MACHINE_ROWS, ROWS

    problems = []
    for row, table in policy.checks.items():
        if row not in ROWS:
            near = did_you_mean(row, ROWS)
            problems.append(f"checks.{row} is not a row of the final checks{near}")
        elif row in MACHINE_ROWS:
            problems.append(
                f"checks.{row} is computed: no holder answers it, and it always applies"
            )
        asked = [name for name in ("probe", "prometheus") if getattr(table, name) is not None]
        for name in asked:
            if row in ANSWERED_ROWS and row != "monitoring-live":
                problems.append(
                    f"checks.{row}.{name}: only monitoring-live is answered by the monitoring"
                )
            if table.not_applicable is not None:
                problems.append(f"checks.{row} is not applicable, and has a {name}")
        if len(asked) > 1:
            problems.append(f"checks.{row} has a probe and a prometheus: one of them answers")
        if table.probe is not None:
            problems += _probe_problems(f"checks.{row}.probe", table.probe)
        if table.prometheus is not None:
            problems += _url_problems(f"checks.{row}.prometheus", table.prometheus.url)
    return problems


def _url_problems(place: str, url: str) -> Iterator[str]:
    if "@" in url.partition("://")[2].partition("/")[0]:
        yield f"{place}.url carries a name or a password, and a policy is public"


def _probe_problems(place: str, probe: Probe) -> Iterator[str]:
    yield from _url_problems(place, probe.url)
    if probe.matches is not None:
        import re  # few policies name one

        try:
            re.compile(probe.matches)
        except (re.error, OverflowError, RecursionError) as error:
            yield f"{place}.matches is not a regular expression: {escape(str(error))[:100]}"


def _ledger_problems(policy: Policy) -> list[str]:
    if policy.ledger is None:
        return []
    from aztrust.core.formats.checkpoint_note import check_origin

    problems = []
    try:
        check_origin(policy.ledger.origin)
    except AztrustError as error:
        problems.append(f"ledger.origin: {error.message}")
    return problems + _keeper_problems(policy)


def _keeper_problems(policy: Policy) -> list[str]:
    """Keepers that no head could ever count of, or that are named in two ways."""
    ledger = policy.ledger
    if ledger is None:
        return []
    if (ledger.keeper is None) is (not ledger.keepers):
        how = "neither keeper nor keepers" if ledger.keeper is None else "keeper and keepers"
        return [f"ledger has {how}: one key as keeper, or [[ledger.keepers]] tables in their order"]
    problems = []
    seen: set[str] = set()
    for number, keeper in enumerate(ledger.keepers):
        place = f"ledger.keepers[{number}]"
        holder = policy.holders.get(keeper.holder)
        if holder is None:
            problems.append(f"{place}.holder: there is no holder {escape(keeper.holder)}")
        for key in keeper.keys:
            if key in seen:
                problems.append(f"{place}.keys: the key {key} is listed twice")
            seen.add(key)
            if holder is not None and key not in holder.keys:
                problems.append(f"{place}.keys: {key} is not a key of {escape(keeper.holder)}")
    names = [keeper.holder for keeper in ledger.keepers]
    problems += [
        f"ledger.keepers lists {escape(name)} twice: a deputy is another holder"
        for name in sorted({name for name in names if names.count(name) > 1})
    ]
    if policy.launch.network_class != "devnet":
        problems += [
            f"ledger: the keeper's key {key} is a rehearsal key; its private half is public"
            for key in ledger.head_keys
            if key in REHEARSAL_KEYS
        ]
    return problems


def parse_policy(data: bytes, *, what: str = POLICY_PATH) -> Policy:
    """The policy in these bytes, by structure and then by sense.

    Raises:
        Malformed: `policy-malformed`; `details` lists every problem found at that stage.
    """
    from aztrust.core.policy.validate import policy_problems

    policy = parse_policy_structure(data, what=what)
    problems = policy_problems(policy)
    if problems:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise Malformed(
            problems[0] + more,
            subject=what,
            code="policy-malformed",
            mend="aztrust policy lint",
            details=problems,
        )
    return policy


def parse_policy_structure(data: bytes, *, what: str = POLICY_PATH) -> Policy:
    """The policy by structure alone: what `policy lint` starts from.

    Raises:
        Malformed: `policy-malformed`, for anything that TOML or the format forbids.
    """
    document = read_toml(data, what=what)
    version = document.get("version")
    if type(version) is not int or version != 1:
        found = "missing" if version is None else ascii(version)[:40]
        raise _bad(f"version is {found}; this aztrust reads version 1", what)
    policy = validate(
        Policy, document, what=what, code="policy-malformed", mend="aztrust policy lint"
    )
    for package_class in PACKAGE_CLASSES:
        _check_package_paths(policy, package_class, what)
    return policy


def _check_package_paths(policy: Policy, package_class: PackageClass, what: str) -> None:
    package = policy.package(package_class)
    paths = [package.path, *(path.removesuffix("/") for path in package.exclude)]
    if isinstance(package, ReleasePackage):
        paths += [rule.path for rule in package.artifact]
        paths += [rule.path for rule in package.provenance]
    else:
        paths += package.genesis_files
    for path in paths:
        try:
            check_path(path)
        except Malformed as error:
            raise _bad(f"packages.{package_class}: {error.message}", what) from None


def _bad(cause: str, what: str) -> Malformed:
    return Malformed(cause, subject=what, code="policy-malformed", mend="aztrust policy lint")
