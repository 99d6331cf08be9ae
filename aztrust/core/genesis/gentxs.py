"""Which of the gen_txs that validators sent in are in a genesis, and which were changed on the way.

A gen_tx is the same when it is the same JSON value: the chain's tool reformats the file and keeps
every value. Its signature is not verified here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aztrust.core.base.errors import Malformed
from aztrust.core.base.paths import escape
from aztrust.core.base.text import cut
from aztrust.core.base.value import frozen
from aztrust.core.genesis.jsondiff import exact_text
from aztrust.core.genesis.validators import created_by, gen_txs
from aztrust.core.linkage.jsondoc import JsonValue, parse_json


@frozen
class GentxAccount:
    """Every file, and every gen_tx of the genesis, in exactly one list; names are escaped.

    Attributes:
        inside: files whose gen_tx is in the genesis.
        missing: files whose gen_tx is not in it.
        altered: files of whose validator another gen_tx is in it.
        extra: gen_txs of the genesis that are in no file, by moniker and operator.
        repeated: files with the gen_tx of an earlier file.
        unread: files that hold no gen_tx, each with the reason.
    """

    inside: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    altered: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()
    repeated: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()

    @property
    def agrees(self) -> bool:
        """Whether the genesis has exactly the gen_txs of the files."""
        return bool(self.inside) and not (
            self.missing or self.altered or self.extra or self.repeated or self.unread
        )


def account_for_gentxs(genesis: JsonValue, files: Mapping[str, bytes]) -> GentxAccount:
    """Where each file's gen_tx is, and where each gen_tx of the genesis came from.

    Args:
        genesis: a parsed genesis.
        files: the bytes of each file, by its name.
    """
    listed = gen_txs(genesis)
    left = {exact_text(tx): tx for tx in listed}
    seen: set[str] = set()
    inside, elsewhere, repeated, unread = [], [], [], []
    for name, data in sorted(files.items()):
        shown = escape(name)
        try:
            tx = parse_json(data, what=shown)
        except Malformed as error:
            unread.append(f"{shown}: {error.message}")
            continue
        text = exact_text(tx)
        if not any(created_by(tx)):
            unread.append(f"{shown}: it holds no MsgCreateValidator that can be read")
        elif text in seen:
            repeated.append(shown)
        elif left.pop(text, None) is not None:
            inside.append(shown)
        else:
            elsewhere.append((shown, tx))
        seen.add(text)
    others = {name for tx in left.values() for name in _names(tx)}
    altered = [shown for shown, tx in elsewhere if _names(tx) & others]
    taken = {name for shown, tx in elsewhere if shown in altered for name in _names(tx)}
    return GentxAccount(
        inside=tuple(inside),
        missing=tuple(shown for shown, tx in elsewhere if not _names(tx) & others),
        altered=tuple(altered),
        extra=tuple(_shown(tx) for tx in left.values() if not _names(tx) & taken),
        repeated=tuple(repeated),
        unread=tuple(unread),
    )


def gentx_lines(account: GentxAccount) -> Sequence[str]:
    """Each name with what happened to its gen_tx; those in the genesis as sent are only counted."""
    return (
        *(f"missing: {name} is not in the genesis" for name in account.missing),
        *(f"altered: {name} is in the genesis with other values" for name in account.altered),
        *(f"extra: {name} is in the genesis and in no file" for name in account.extra),
        *(f"repeated: {name} holds the gen_tx of another file" for name in account.repeated),
        *(f"unread: {name}" for name in account.unread),
    )


def _names(tx: JsonValue) -> set[str]:
    """What a validator is known by: its operator and its consensus key."""
    made = [validator for validator, _ in created_by(tx)]
    return {name for v in made for name in (v.operator.lower(), v.key) if name}


def _shown(tx: JsonValue) -> str:
    validator = next((v for v, _ in created_by(tx)), None)
    if validator is None:
        return "a gen_tx without a MsgCreateValidator that can be read"
    return f"{cut(validator.moniker, 40)} {cut(validator.operator, 70)}".strip()
