"""Is this node's consensus key among the genesis validators, and with how much power?

Only asked where `--node-key` names a key. Of a `priv_validator_key.json` the public part alone is
read. A validator that starts with another key than the one in the genesis signs nothing.
"""

from __future__ import annotations

from aztrust.core.base.errors import Malformed
from aztrust.core.base.findings import CheckClass, Finding, Locus, Status
from aztrust.core.base.paths import escape
from aztrust.core.base.rates import in_tenths
from aztrust.core.checks.check import Answer, Check, Code
from aztrust.core.checks.codes import CHANGED_WHILE_READING, FILE_MISSING, SPECIAL_FILE, UNREADABLE
from aztrust.core.genesis.validators import Validator, ValidatorSet, read_validators
from aztrust.core.host.node_key import find_validator, key_digest
from aztrust.core.linkage.jsondoc import parse_json
from aztrust.core.policy.model import PackageClass
from aztrust.core.state.context import Context


def _ask(context: Context, _: PackageClass) -> Answer:
    host = context.evidence.host
    if host is None or host.node_key is None:
        return Answer(not_run="no key of this node was named")
    key = host.node_key
    if key.fault is not None:
        finding = Finding(
            key.fault.code,
            key.path,
            key.fault.detail,
            mend="name priv_validator_key.json, or what the node's show-validator prints",
        )
        return Answer((finding,))
    if host.genesis is None or host.genesis.data is None:
        return Answer(not_run="no genesis of this host was read")
    try:
        genesis = parse_json(host.genesis.data, what=host.genesis.path)
    except Malformed as error:
        return Answer(not_run=f"the genesis cannot be searched: {error.message}")
    validators = read_validators(genesis)
    found = find_validator(key.key, validators)
    if found is not None:
        return Answer(evidence=(key_digest(key.key),), detail=_described(found, validators))
    finding = Finding(
        "node-key-unknown",
        key.path,
        f"its key is not among the {len(validators.validators)} validators of this genesis",
        actual=key_digest(key.key),
        mend="use the key your gen_tx was made with; a node that validates nothing: leave out"
        " --node-key",
    )
    return Answer((finding,))


def _described(found: Validator, validators: ValidatorSet) -> str:
    share = f", {in_tenths(found.power, validators.total)} of power" if validators.total else ""
    return f"{escape(found.moniker) or 'a validator without a name'}{share}"


CHECK = Check(
    id="host-node-key",
    title="this node's consensus key",
    check_class=CheckClass.READINESS,
    clauses=("AZ-6.2",),
    locus=Locus.HOST,
    codes=(
        Code(
            "node-key-unknown",
            "This node's consensus key is not among the validators of the genesis.",
            "Use the key your gen_tx was made with.",
        ),
        Code(
            "node-key-malformed",
            "The file named with --node-key holds no consensus key that can be read.",
            "Name priv_validator_key.json, or what the node's show-validator prints.",
            status=Status.ERROR,
        ),
        FILE_MISSING,
        UNREADABLE,
        SPECIAL_FILE,
        CHANGED_WHILE_READING,
    ),
    ask=_ask,
)
