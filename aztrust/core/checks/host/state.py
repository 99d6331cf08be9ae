"""Would a node on this host use the files that were looked at?

CometBFT stores the genesis in `data/state.db` at its first start and ignores the file afterwards: a
host that was started early with an old genesis starts the old chain, whatever the file says. Before
genesis time such a database is looked into: what it holds has to be the sealed genesis by value,
and where it cannot be read the question stays open. It also stays open where `config.toml`, a
variable of the environment or cosmovisor would make the node use something else, and where an
execution or consensus client keeps a database of its own. After genesis time a database is as it
should be: it is a finding only where it shows another genesis. One that cannot be read, of whatever
client or engine, holds then, too: that the time has passed does not show that this chain started,
and a launch may be late.
"""

from __future__ import annotations

from aztrust.core.base.findings import CheckClass, Finding, Locus, Status
from aztrust.core.base.times import parse_rfc3339
from aztrust.core.chain.cometbft.stored import compare_stored
from aztrust.core.checks.answers import together
from aztrust.core.checks.check import Answer, Check, Code
from aztrust.core.host.reading import StoredGenesis
from aztrust.core.package.manifest import Manifest
from aztrust.core.policy.model import PackageClass
from aztrust.core.state.context import Context

_RESET = "stop the node, then reset it: NODE comet unsafe-reset-all --home HOME; it keeps the keys"


def _ask(context: Context, _: PackageClass) -> Answer:
    manifest, host = context.manifests.get("genesis"), context.evidence.host
    if context.policy is None:
        return Answer(not_run="the policy cannot be read")
    if manifest is None or manifest.genesis_hash is None:
        return Answer(not_run="the genesis package is not sealed")
    if host is None:
        return Answer(not_run="no host was looked at")
    started = _has_started(manifest, context.request.now_unix_ms)
    findings: list[Finding] = []
    open_: list[Finding] = []
    notices: list[Finding] = []
    for note in host.notes:
        finding = Finding(note.code, note.subject, note.message, mend=note.mend)
        passed = started and note.code == "upgrade-info-present"
        (notices if passed else open_).append(finding)
    for stored in host.stored:
        found = _stored(context, stored)
        if found.code == "genesis-stored-differs":
            findings.append(found)
        elif found.code == "genesis-stored" or (started and not stored.unread):
            notices.append(found)
        else:
            open_.append(found)
    if not host.homes:
        # A node that was never started has no home yet. Where none could be looked for, nothing
        # is known.
        (notices if host.homes_tried else open_).append(_no_home(host.homes_tried))
    return together(findings, open_, notices, detail=_detail(host.homes, host.stored))


def _has_started(manifest: Manifest, now_unix_ms: int) -> bool:
    """Whether genesis time has passed; a genesis without a time that is known never starts."""
    instant = parse_rfc3339(manifest.genesis_time or "")
    return instant is not None and instant <= now_unix_ms * 1_000_000


def _stored(context: Context, stored: StoredGenesis) -> Finding:
    manifest, host = context.manifests["genesis"], context.evidence.host
    sealed = manifest.genesis_hash
    if stored.unread or sealed is None:
        return _unread(stored, stored.unread)
    if stored.sha256 and stored.sha256 != sealed.sha256:
        return _differs(stored, "its digest is another one", sealed.sha256)
    if stored.document is None:
        return _holds(stored)
    file = host.genesis if host else None
    if (
        file is None
        or file.data is None
        or (file.sha256, file.blake3)
        != (
            sealed.sha256,
            sealed.blake3,
        )
    ):
        return _unread(stored, "it can be compared once the sealed genesis file is on this host")
    compared = compare_stored(file.data, stored.document)
    if compared.differs:
        return _differs(stored, f"other values at {', '.join(compared.differs[:5])}")
    return _unread(stored, compared.unknown) if compared.unknown else _holds(stored)


def _unread(stored: StoredGenesis, why: str) -> Finding:
    return Finding(
        "genesis-stored-unread",
        stored.path,
        f"a node was started here, and which genesis it stored is not known: {why}",
        mend=_RESET,
    )


def _differs(stored: StoredGenesis, what: str, expected: str = "") -> Finding:
    return Finding(
        "genesis-stored-differs",
        stored.path,
        f"a node was started here with another genesis, which it will use again: {what}",
        expected=expected,
        actual=stored.sha256 if expected else "",
        mend=_RESET,
    )


def _holds(stored: StoredGenesis) -> Finding:
    return Finding(
        "genesis-stored", stored.path, "a node was started here, and stored the sealed genesis"
    )


def _no_home(tried: tuple[str, ...]) -> Finding:
    places = ", no ".join(tried)
    looked = f"there is no {places}" if tried else "there is no place to look for one"
    return Finding(
        "node-home-unknown",
        "this host's node",
        f"no home of a node was found ({looked}), so no database in it was looked at: a node that"
        " was started before in another place keeps the genesis it had",
        mend="say where it is: aztrust preflight --home DIR",
    )


def _detail(homes: tuple[str, ...], stored: tuple[StoredGenesis, ...]) -> str:
    if not homes:
        return "no home of a node was looked at"
    where = f"{homes[0]}" + (f" and {len(homes) - 1} more" if len(homes) > 1 else "")
    return f"{where}: {'a node was started here' if stored else 'no node was started here'}"


CHECK = Check(
    id="host-state",
    title="what this host's node keeps",
    check_class=CheckClass.TRUTH,
    clauses=("AZ-6.2", "AZ-40"),
    locus=Locus.HOST,
    codes=(
        Code(
            "genesis-stored-differs",
            "A node on this host stored another genesis than the sealed one, and will use it.",
            "Stop the node and reset its state; its keys stay: NODE comet unsafe-reset-all.",
        ),
        Code(
            "genesis-stored-unread",
            "A node was started on this host, and which genesis it stored cannot be read.",
            "Stop the node and reset its state; its keys stay: NODE comet unsafe-reset-all.",
            status=Status.NOT_RUN,
        ),
        Code(
            "genesis-stored",
            "A node was started on this host before, and stored the sealed genesis.",
            "Nothing to mend.",
        ),
        Code(
            "genesis-file-elsewhere",
            "The node of this home reads another genesis file than the one looked at."
            " config.toml names it, or it is the default, config/genesis.json.",
            "Correct genesis_file in config.toml, or name that file with --genesis.",
            status=Status.NOT_RUN,
        ),
        Code(
            "node-home-elsewhere",
            "config.toml names another home than the one looked at.",
            "Correct home in config.toml, or look there with --home.",
            status=Status.NOT_RUN,
        ),
        Code(
            "node-config-unread",
            "The node's config.toml cannot be read, or gives a setting twice or as another type.",
            "Make it a TOML file that this user may read, with each setting once, as a text.",
            status=Status.NOT_RUN,
        ),
        Code(
            "node-home-unknown",
            "No home of a node was named or found, so nothing that a node keeps was looked at.",
            "Name it: --home DIR.",
            status=Status.NOT_RUN,
        ),
        Code(
            "environment-overrides",
            "A variable of the environment makes a node use another home, genesis, database or"
            " library.",
            "Unset it, or look where it points: --home DIR, --genesis FILE.",
            status=Status.NOT_RUN,
        ),
        Code(
            "upgrade-info-present",
            "Cosmovisor will switch to another upgrade than `current` leads to.",
            "Remove data/upgrade-info.json, or let `current` lead to the upgrade it names.",
            status=Status.NOT_RUN,
        ),
        Code(
            "client-database-present",
            "An execution or consensus client keeps a database here, which is not looked at.",
            "Before genesis time remove it, and let the client make it from the sealed genesis;"
            " at a restart ask the client itself for its genesis block.",
            status=Status.NOT_RUN,
        ),
    ),
    ask=_ask,
)
