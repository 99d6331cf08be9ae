"""Which private key signs: the one named, or the only one here that the policy accepts."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

from aztrust.core.base.errors import Refused, UsageError
from aztrust.core.base.paths import escape
from aztrust.core.formats.keys import VerificationMaterial
from aztrust.core.policy.validate import REHEARSAL_KEYS
from aztrust.signers import Signer, open_signer
from aztrust.storage.localkeys import LocalKey, find_local_key, local_keys
from aztrust.storage.presence import is_present

Passphrase = Callable[[str], Callable[[], bytes]]


def choose_signer(
    option: str | None,
    *,
    accepted: Mapping[str, str],
    act: str,
    passphrase: Passphrase,
    later: bool = False,
    enrolled: bool = False,
) -> Signer:
    """The signer for one act.

    Args:
        option: `--key`: the name of a key in the user's configuration directory, a file, a URI;
            without it `$AZTRUST_KEY`, else the only local key among `accepted`.
        accepted: fingerprint to holder, of every key that may do this.
        act: what it is for, as the end of "may …": "seal the release package".
        passphrase: given a key's name, what asks for its passphrase.
        later: ask for it when the key is unlocked (`signers.unlock`) or signs, where the public
            half is known; all that needs no private key is checked and asked before.
        enrolled: the keys are those that a registrar enrolled, and not those of the policy.

    Raises:
        UsageError: no key is named and not exactly one fits, or the key does not exist.
        Refused: `signer-not-in-role`: the key may not do this; or its file is exposed.
        Malformed, CouldNotCheck: from opening the key.
    """
    by, given = ("--key", option) if option is not None else ("$AZTRUST_KEY", _variable())
    if given == "":
        raise UsageError(
            f"{by} is empty", subject=by, mend="is a variable not set? name a key, or drop it"
        )
    wanted = given or ""
    local = find_local_key(wanted) if wanted else _only_local_key(accepted, act, enrolled)
    if local is None and not _names_a_file(wanted):
        raise _no_such_key(wanted)
    # A wrong key is refused before its passphrase is asked for.
    if local is not None and local.fingerprint and local.fingerprint not in accepted:
        raise _not_accepted(local.name, local.fingerprint, accepted, act, enrolled)
    uri = str(local.path) if local else wanted
    name = local.name if local else os.path.basename(wanted).removesuffix(".key")
    signer = open_signer(
        uri,
        passphrase=passphrase(name),
        worthless=REHEARSAL_KEYS,
        public=local.public if local is not None and later else None,
    )
    if signer.public.fingerprint not in accepted:
        raise _not_accepted(name, signer.public.fingerprint, accepted, act, enrolled)
    return signer


def choose_public(
    option: str | None,
    *,
    accepted: Mapping[str, str],
    act: str,
    keys: Mapping[str, VerificationMaterial],
    passphrase: Passphrase,
) -> VerificationMaterial | None:
    """The key that would sign, for a run that signs nothing; None where none is named and not
    exactly one fits.

    A key whose public half is next to it is not opened, so that no passphrase is asked for.

    Args:
        option: as `choose_signer`, and so are `accepted`, `act` and `passphrase`.
        keys: fingerprint to public key, of the launch's holders.

    Raises:
        UsageError, Refused, Malformed, CouldNotCheck: as `choose_signer`, of a key that is named.
    """
    wanted = option or _variable() or ""
    if option != "" and not wanted:
        fitting = {k.fingerprint for k in local_keys() if k.fingerprint in accepted}
        return keys.get(next(iter(fitting))) if len(fitting) == 1 else None
    local = find_local_key(wanted) if wanted else None
    if local is not None and local.fingerprint in accepted and local.fingerprint in keys:
        return keys[local.fingerprint]
    return choose_signer(option, accepted=accepted, act=act, passphrase=passphrase).public


def _variable() -> str | None:
    return os.environ.get("AZTRUST_KEY")


def _names_a_file(text: str) -> bool:
    return "/" in text or ":" in text or is_present(text)


def _only_local_key(accepted: Mapping[str, str], act: str, enrolled: bool) -> LocalKey:
    here = local_keys()
    fitting = [key for key in here if key.fingerprint in accepted]
    # One key under two names is one key.
    if len({key.fingerprint for key in fitting}) == 1:
        return fitting[0]
    if fitting:
        raise UsageError(
            f"several keys here may {act}",
            mend="say which one: --key NAME",
            details=tuple(
                f"{escape(k.name)}  {accepted[k.fingerprint]}  {_brief(k.fingerprint)}"
                for k in fitting
            ),
        )
    unknown = [escape(key.name) for key in here if not key.fingerprint]
    mend = "name the key: --key NAME or --key FILE; or make one: aztrust key generate NAME"
    if enrolled:
        mend = "name the key that the registrar enrolled: --key FILE, --ssh-key FILE or --ssh-agent"
    if len(unknown) == 1:
        mend = f"--key {unknown[0]}   (its public half is not next to it, so name it)"
    raise UsageError(
        f"no key here may {act}",
        mend=mend,
        details=(*_who_may(accepted), *_local_key_lines(here)),
    )


def _local_key_lines(here: tuple[LocalKey, ...]) -> tuple[str, ...]:
    return tuple(
        f"here: {escape(k.name)}  {_brief(k.fingerprint) or 'fingerprint unknown'}" for k in here
    )


def _no_such_key(wanted: str) -> UsageError:
    here = ", ".join(escape(key.name) for key in local_keys())
    return UsageError(
        f"there is no key called {escape(wanted)}, and no such file",
        subject="--key",
        mend=f"keys here: {here}" if here else f"make one: aztrust key generate {escape(wanted)}",
    )


def _not_accepted(
    name: str, fingerprint: str, accepted: Mapping[str, str], act: str, enrolled: bool
) -> Refused:
    cause, mend = "under this policy", "use a key of one of these holders, or have the policy name"
    mend = f"{mend} yours"
    if enrolled:
        cause = "as the operators are enrolled"
        mend = "use a key that the registrar enrolled for you"
    return Refused(
        f"the key {escape(name)} ({_brief(fingerprint)}) may not {act} {cause}",
        subject=escape(name),
        code="signer-not-in-role",
        mend=mend,
        details=_who_may(accepted),
    )


def _who_may(accepted: Mapping[str, str]) -> tuple[str, ...]:
    lines = sorted((holder, _brief(key)) for key, holder in accepted.items())
    return tuple(f"may: {holder}  {key}" for holder, key in lines) or ("may: no holder",)


def _brief(fingerprint: str) -> str:
    return fingerprint.removeprefix("sha256:")[:8]
