"""Situations of a host and its unpacked kit, and what must be answered: for check.sh and aztrust.

    for situation in situations():
        host = Host(tmp_path)
        situation.build(host)
        run("sh", "check.sh", *host.words())        # ends in situation.exit
        run("aztrust", "-C", host.kit, "preflight", *host.words())

`binary` and `genesis` are the codes, or "ok", or "" where that is not asked; `exit` is check.sh's.
The kit is a directory as `tar -xf` leaves it: no packages.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import rfc8785

from fixtures.forge import GENESIS, RELEASE, Launch
from fixtures.forge.builds import built
from fixtures.forge.envelopes import payload_of, sign, trailing_bits
from fixtures.forge.finals import fix_lessons
from fixtures.forge.keys import who
from fixtures.forge.operators import confirm, enrol, entry, with_registrar
from fixtures.forge.several import add_artifact
from fixtures.forge.trees import digests, member, sha256
from fixtures.forge.verdicts import (
    CHECKPOINT,
    FROZEN_AT,
    final_check,
    freeze,
    put,
    statement,
    with_id,
)
from fixtures.forge.windows import (
    abort,
    advisory,
    anomaly,
    attestation,
    blocker,
    defer,
    note,
    window,
)
from tests.core.programs import elf, mach, pe
from tests.window_records import WindowRecords

AMD64 = "atlasd-linux-amd64.tar.gz"
ARM64 = "atlasd-linux-arm64.tar.gz"
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 9\n"


class Host:
    """One host: its binary and genesis, what its operator was given, and the kit next to it."""

    def __init__(self, directory: Path) -> None:
        self.launch = Launch(directory)
        self.directory = directory / "host"
        self.directory.mkdir()
        self.kit = directory / "kit"
        self.binary: Path | None = self.put("atlasd", self.member(AMD64))
        self.genesis: Path | None = self.put("genesis.json", self.sealed_genesis())
        self.scope: str | None = self.launch.scope()
        self.anchor: str | None = None
        self.platform = "linux/amd64"
        self.after: list[Callable[[Path], None]] = []
        self.more: list[str] = []
        self.home = self.launch.home
        self.environment: dict[str, str] = {}

    def put(self, name: str, data: bytes) -> Path:
        """A file of the host."""
        path = self.directory / name
        path.write_bytes(data)
        path.chmod(0o755)
        return path

    def member(self, archive: str) -> bytes:
        """The node inside an archive of the release."""
        data = member(self.launch.read(f"{RELEASE}/{archive}"), "bin/atlasd")
        assert data
        return data

    def sealed_genesis(self) -> bytes:
        """The genesis as it is in the package."""
        return self.launch.read(f"{GENESIS}/genesis.json")

    def told(self) -> None:
        """The operator gets the scope of what is there now."""
        self.scope = self.launch.scope()

    def words(self) -> list[str]:
        """The options of the command."""
        given = (
            ("--binary", self.binary),
            ("--genesis", self.genesis),
            ("--scope", self.scope),
            ("--anchor", self.anchor),
            ("--platform", self.platform),
        )
        return [word for name, value in given if value for word in (name, str(value))] + self.more

    def variables(self) -> dict[str, str]:
        """The environment of both programs: an empty home, and what a situation adds."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            **self.environment,
        }

    def unpack(self) -> Path:
        """The kit's directory."""
        for name in ("manifests", "keys"):
            shutil.copytree(self.launch.root / name, self.kit / name, symlinks=True)
        for act in self.after:
            act(self.kit)
        return self.kit


@dataclass(frozen=True)
class Situation:
    """What happened, and the answer."""

    name: str
    build: Callable[[Host], None]
    exit: int
    binary: str = "ok"
    genesis: str = "ok"
    says: str = ""


def situations() -> Iterator[Situation]:
    """Every situation; the names are unique."""
    yield from _of_the_host()
    yield from _of_what_was_told()
    yield from _of_records()
    yield from _of_the_freeze()
    yield from _of_the_window()
    yield from _of_tampered_kits()
    yield from _of_forged_manifests()


def _frozen(act: Callable[[Host], None]) -> Callable[[Host], None]:
    """First something is done to the launch, then what is there is frozen and announced."""

    def build(host: Host) -> None:
        act(host)
        freeze(host.launch)
        host.told()

    return build


def _late(act: Callable[[Host], None]) -> Callable[[Host], None]:
    """First everything is right and frozen, then something is done."""

    def build(host: Host) -> None:
        freeze(host.launch)
        act(host)

    return build


def frozen_then(act: Callable[[Host], None]) -> Callable[[Host], None]:
    """As `_late`, for the situations of other modules."""
    return _late(act)


def _nothing(_: Host) -> None:
    pass


# ---- the host ----------------------------------------------------------------------------------


def _of_the_host() -> Iterator[Situation]:
    unknown, mismatch = "binary-unknown", "genesis-hash-mismatch"
    yield Situation("right", _late(_nothing), 0)
    yield Situation("wrong_binary", _late(_binary(b"\x7fELF other")), 10, binary=unknown)
    yield Situation("empty_binary", _late(_binary(b"")), 10, binary=unknown)
    yield Situation("one_byte_more", _late(_one_byte_more), 10, binary=unknown)
    yield Situation(
        "binary_of_another_platform", _late(_other_platform), 10, binary="binary-other-platform",
        says="linux/arm64",
    )  # fmt: skip
    yield Situation("host_of_another_platform", _late(_on_arm), 10, binary="binary-other-platform")
    yield Situation("host_of_no_platform", _late(_on_plan9), 10, binary="binary-other-platform")
    yield Situation(
        "archive_instead_of_its_member", _late(_archive), 10, binary=unknown, says="the archive"
    )
    yield Situation("genesis_as_binary", _late(_genesis_as_binary), 10, binary=unknown)
    yield Situation(
        "binary_is_an_lfs_pointer", _late(_binary(POINTER)), 10, binary=unknown, says="Git-LFS"
    )
    yield Situation(
        "one_of_two_alternatives", _frozen(_alternative), 0,
        says="others   atlasd of role node is one of several, and was not compared with static/",
    )  # fmt: skip
    yield Situation(
        "one_of_two_libraries_of_one_name", _frozen(_libraries("plug/a/p.so", "plug/b/p.so")), 11,
        says="host-file-not-found: plug/b/p.so of role node",
    )  # fmt: skip
    yield Situation(
        "library_in_capitals_of_another_role", _frozen(_role_of_a_library("libwasm.SO")), 11,
        says="host-file-not-found: libwasm.SO of role lib",
    )  # fmt: skip
    for number, place in enumerate(
        (
            *("manifests/records/.hidden.dsse.json", "manifests/verdicts/x.json"),
            *("manifests/verdicts/.x.dsse.json", "manifests/x.dsse.json", "records/x.dsse.json"),
            *("manifests/verdicts/old/x.dsse.json", "manifests/Records/x.dsse.json"),
            *("manifests/sealed/x.dsse.json", "keys/x.dsse.json", "manifests/ledger/x.dsse.json"),
        )
    ):
        yield Situation(
            f"record_where_none_is_read_{number}", _late(_stray(place)), 11,
            says="a signed record where none is read",
        )  # fmt: skip
    yield Situation(
        "role_with_a_dot_is_not_a_pattern", _frozen(_dotted_role), 10, binary="binary-other-role"
    )
    for name, platform, program in (
        ("Mach-O", "darwin/arm64", mach()),
        ("PE", "windows/amd64", pe()),
        ("ELF", "linux/riscv64", elf(machine=243)),
    ):
        yield Situation(
            f"header_of_{name}_is_not_looked_at", _frozen(_program_for(platform, program)), 0,
            says=f"header   not looked at: for which machine this {name} file is: ",
        )  # fmt: skip
    yield Situation("link_to_the_right_file", _late(_link("atlasd")), 0)
    yield Situation("link_to_the_wrong_file", _late(_link("genesis.json")), 10, binary=unknown)
    yield Situation("link_to_nowhere", _late(_link("nothing")), 10, binary="file-missing")
    yield Situation("binary_missing", _late(_no_binary), 10, binary="file-missing")
    yield Situation("binary_is_a_directory", _late(_directory), 10, binary="special-file")
    yield Situation("genesis_is_a_fifo", _late(_fifo), 10, genesis="special-file")
    yield Situation("genesis_missing", _late(_no_genesis), 10, genesis="file-missing")
    yield Situation("genesis_re_serialised", _late(_re_serialised), 10, genesis=mismatch)
    yield Situation("genesis_with_a_line_feed", _late(_line_feed), 10, genesis=mismatch)
    yield Situation(
        "genesis_is_an_lfs_pointer", _late(_genesis(POINTER)), 10, genesis=mismatch, says="Git-LFS"
    )
    yield Situation(
        "genesis_of_the_previous_seal",
        _frozen(_sealed_again),
        10,
        genesis=mismatch,
        says="superseded",
    )
    yield Situation("not_executable", _late(_mode(0o644)), 10, binary="binary-not-executable")
    yield Situation("owner_may_not", _late(_mode(0o655)), 10, binary="binary-not-executable")
    yield Situation("only_its_owner_may", _late(_mode(0o700)), 0)
    yield Situation("both_wrong", _late(_both_wrong), 10, binary=unknown, genesis=mismatch)
    yield Situation("only_the_binary_is_asked", _late(_only_binary), 11, genesis="")
    yield Situation("only_the_genesis_is_asked", _late(_only_genesis), 11, binary="")
    for number, name in enumerate(
        ("-n", "a b", "new\nline", "*", "$(touch x)", "é\x1b[31m", "'\"\\")
    ):
        yield Situation(f"odd_name_{number}", _late(_named(name)), 0)


def _binary(data: bytes) -> Callable[[Host], None]:
    return lambda host: setattr(host, "binary", host.put("other", data))


def _genesis(data: bytes) -> Callable[[Host], None]:
    return lambda host: setattr(host, "genesis", host.put("other.json", data))


def _one_byte_more(host: Host) -> None:
    host.put("atlasd", host.member(AMD64) + b"\n")


def _other_platform(host: Host) -> None:
    host.binary = host.put("arm", host.member(ARM64))


def _on_arm(host: Host) -> None:
    host.platform = "linux/arm64"


def _on_plan9(host: Host) -> None:
    host.platform = "plan9/mips"


def _archive(host: Host) -> None:
    host.binary = host.put("download", host.launch.read(f"{RELEASE}/{AMD64}"))


def _genesis_as_binary(host: Host) -> None:
    host.binary = host.genesis


def _link(target: str) -> Callable[[Host], None]:
    def act(host: Host) -> None:
        host.binary = host.directory / "link"
        host.binary.symlink_to(target)

    return act


def _no_binary(host: Host) -> None:
    host.binary = host.directory / "nothing"


def _directory(host: Host) -> None:
    host.binary = host.directory


def _fifo(host: Host) -> None:
    host.genesis = host.directory / "fifo"
    os.mkfifo(host.genesis)


def _no_genesis(host: Host) -> None:
    host.genesis = host.directory / "nothing.json"


def _re_serialised(host: Host) -> None:
    host.put("genesis.json", json.dumps(json.loads(host.sealed_genesis())).encode())


def _line_feed(host: Host) -> None:
    host.put("genesis.json", host.sealed_genesis() + b"\n")


def _sealed_again(host: Host) -> None:
    data = host.sealed_genesis()
    host.launch.write(f"{GENESIS}/genesis.json", data + b"\n")
    host.launch.seal("genesis")


def _alternative(host: Host) -> None:
    add_artifact(host.launch, "static/atlasd", role="node", data=b"atlasd, static")
    host.launch.anew()


def _stray(path: str) -> Callable[[Host], None]:
    """A revocation that is in no folder of records."""

    def build(host: Host) -> None:
        approval = host.launch.records.ids("approval", "sonia", "release")[0]
        before = set(host.launch.records.files())
        host.launch.records.revoke(approval, "sonia", "the wrong tag")
        (record,) = set(host.launch.records.files()) - before
        data = record.read_bytes()
        record.unlink()

        def place(kit: Path) -> None:
            (kit / path).parent.mkdir(parents=True, exist_ok=True)
            (kit / path).write_bytes(data)

        host.after.append(place)

    return build


def _libraries(*paths: str) -> Callable[[Host], None]:
    """Libraries of the node's role, of which the host names the first."""

    def build(host: Host) -> None:
        for path in paths:
            add_artifact(host.launch, path, role="node", data=path.encode())
        host.launch.anew()
        host.more = ["--binary", str(host.put("p.so", paths[0].encode()))]

    return build


def _role_of_a_library(path: str) -> Callable[[Host], None]:
    """A role of this library alone, on a host that runs the node."""

    def build(host: Host) -> None:
        add_artifact(host.launch, path, role="lib", data=b"lib")
        host.launch.anew()
        host.more = ["--role", "node"]

    return build


def _dotted_role(host: Host) -> None:
    add_artifact(host.launch, "one/signerd", role="a.b", data=b"one")
    add_artifact(host.launch, "two/signerd", role="a-b", data=b"two")
    host.launch.anew()
    one, two = host.put("one", b"one"), host.put("two", b"two")
    host.more = ["--binary", f"a.b={one}", "--binary", f"a.b={two}"]


def _program_for(platform: str, program: bytes) -> Callable[[Host], None]:
    def build(host: Host) -> None:
        add_artifact(host.launch, "other/atlasd", role="node", data=program, platform=platform)
        host.launch.anew()
        host.platform = platform
        host.binary = host.put("atlasd", program)

    return build


def _mode(mode: int) -> Callable[[Host], None]:
    return lambda host: host.binary.chmod(mode)


def _both_wrong(host: Host) -> None:
    host.put("atlasd", b"1")
    host.put("genesis.json", b"2")


def _only_binary(host: Host) -> None:
    host.genesis = None


def _only_genesis(host: Host) -> None:
    host.binary = None


def _named(name: str) -> Callable[[Host], None]:
    def act(host: Host) -> None:
        host.binary = host.put(name, host.member(AMD64))

    return act


# ---- what the operator was given -----------------------------------------------------------------


def _of_what_was_told() -> Iterator[Situation]:
    yield Situation("nothing_was_told", _late(_untold), 12)
    yield Situation("the_anchor_was_told", _late(_anchored), 12, says="OUTDATED")
    yield Situation("both_were_told", _late(_told_both), 0)
    yield Situation("read_aloud", _late(_read_aloud), 0)
    yield Situation(
        "another_scope", _late(_told("scope", "sha256:" + "7" * 64)), 10, says="scope-mismatch"
    )
    yield Situation("another_anchor", _late(_told("anchor", "7" * 64)), 10, says="anchor-mismatch")
    yield Situation("the_scope_as_anchor", _late(_confused), 10, says="anchor-mismatch")
    yield Situation("another_launch", _another_launch, 10, says="scope-mismatch")


def _told(what: str, value: str) -> Callable[[Host], None]:
    return lambda host: setattr(host, what, value)


def _untold(host: Host) -> None:
    host.scope = None


def _anchored(host: Host) -> None:
    host.scope, host.anchor = None, host.launch.anchor


def _told_both(host: Host) -> None:
    host.anchor = host.launch.anchor


def _read_aloud(host: Host) -> None:
    digits = host.launch.scope()[7:].upper()
    host.scope = "SHA256: " + " ".join(digits[at : at + 4] for at in range(0, 64, 4))


def _confused(host: Host) -> None:
    host.anchor, host.scope = host.launch.scope(), None


def _another_launch(host: Host) -> None:
    """The same name and chain id, other keys in power: everything in it agrees with itself."""
    host.launch.policy("distinct_holders = 3", "distinct_holders = 2")
    host.launch.sign_again()
    freeze(host.launch)


# ---- records -------------------------------------------------------------------------------------


def _of_records() -> Iterator[Situation]:
    yield Situation("approval_revoked", _late(_revoked), 11, says="may be a revocation")
    yield Situation("approval_revoked_by_another_role", _late(_revoked_by_role), 11)
    yield Situation("key_compromised", _late(_compromised), 11)
    yield Situation("genesis_superseded", _late(_superseded), 11)
    yield Situation("operators_enrolled", _late(_enrolled), 11, says="may be a revocation")
    yield Situation("operators_enrolled_by_the_registrar", _registered(_enrolled), 0)
    yield Situation("operators_enrolled_by_another_role", _registered(_enrolled_by_another), 11)
    yield Situation("operator_with_the_key_of_a_holder", _registered(_enrolled_holder), 11)
    yield Situation("operator_with_another_digest", _registered(_bent_enrolment("key")), 11)
    yield Situation("operator_with_roles_unsorted", _registered(_bent_enrolment("roles")), 11)
    yield Situation("operator_with_a_validator_twice", _registered(_bent_enrolment("twice")), 11)
    yield Situation("operator_with_a_further_field", _registered(_bent_enrolment("field")), 11)
    yield Situation("operator_of_another_policy", _registered(_bent_enrolment("policy")), 11)
    yield Situation("enrolled_operator_confirmed", _registered(_confirmed), 11)
    yield Situation("operator_confirmed", _late(_confirmed), 11, says="may be a revocation")
    yield Situation("kind_of_record_unknown", _late(_unknown_kind), 11)
    yield Situation("stranger_approves", _late(_stranger), 11)
    yield Situation(
        "approval_missing", _frozen(_without("approval", "sonia")), 11, says="threshold-unmet"
    )
    yield Situation("approved_by_one", _frozen(_approved_by_one), 11, says="threshold-unmet")
    yield Situation("approved_by_one_twice", _frozen(_approved_twice), 11, says="threshold-unmet")
    yield Situation(
        "approved_in_a_role_not_held", _frozen(_role_not_held), 11, says="threshold-unmet"
    )
    yield Situation(
        "approvals_of_another_package", _frozen(_old_approvals), 11, says="threshold-unmet"
    )
    yield Situation(
        "approvals_under_another_policy", _frozen(_old_policy), 11, says="threshold-unmet"
    )
    yield Situation("approved_with_builders_shown", _frozen(_reviewed_builds), 0)
    yield Situation("no_seal", _frozen(_without("seal", "rita")), 11, says="seal-missing")
    yield Situation("sealed_by_another_role", _frozen(_sealed_by_dan), 11, says="seal-missing")
    yield Situation("no_records", _frozen(_without("")), 11)
    yield Situation("sealed_again_and_approved", _frozen(_sealed_again_and_here), 0)
    yield Situation("older_package_put_back", _frozen(_put_back), 11, says="seal-missing")
    yield Situation("stranger_whose_key_is_there", _late(_stranger_with_key), 11)
    yield Situation("rival_seal", _frozen(_rival_seal), 11, says="seal-missing")
    yield Situation("put_back_and_sealed_again", _frozen(_put_back_again), 11, says="seal-missing")
    yield Situation("statement_with_one_key_more", _late(_one_key_more), 11)
    yield Situation("manifest_only_is_null", _late(_manifest_only_null), 11)
    yield Situation("review_changed", _late(_review_changed), 11)
    yield Situation("review_of_three_keys", _late(_review_of_three_keys), 11)
    yield Situation("review_says_it_was_read", _late(_review_says_it_was_read), 11)
    yield Situation("review_of_another_package", _late(_review_of_another), 11)
    for name, (old, new) in _BENT_REVIEWS.items():
        yield Situation(f"review_{name}", _late(_review_text(old, new)), 11)
    yield Situation("review_in_any_script", _late(_review_text("", "")), 0)
    yield Situation("announced_as_sealed", _frozen(_announced_right), 0)
    yield Situation("announced_another_genesis", _frozen(_announced_wrong), 11)
    yield Situation("holder_with_ed25519", _frozen(_ed25519), 0)
    yield Situation(
        "holders_separated_are_one", _frozen(_not_separated), 11, says="separation-violated"
    )
    yield Situation(
        "policy_expired",
        _frozen(_policy("\n[launch]\n", "\n[launch]\nexpires = 2020-01-01T00:00:00Z\n")),
        11,
        says="policy-expired",
    )
    yield Situation(
        "policy_ends_later",
        _frozen(_policy("\n[launch]\n", "\n[launch]\nexpires = 2099-01-01T00:00:00Z\n")),
        0,
    )
    yield Situation(
        "policy_on_several_lines",
        _frozen(
            _policy(
                'roles = ["security-lead"]\n\n[holders.cosmin]',
                'roles = [ # one\n  "security-lead",\n]\n\n[holders.cosmin]',
            )
        ),
        0,
    )
    yield Situation("policy_in_inline_tables", _frozen(_inline), 11, says="only aztrust reads")
    yield Situation("rehearsal_keys_on_a_mainnet", _frozen(_mainnet), 11, says="only aztrust reads")
    for number, name in enumerate(("a b.dsse.json", "-rf", "new\nline", "x;y", "*")):
        yield Situation(f"record_renamed_{number}", _late(_renamed(name)), 0)


def _revoked(host: Host) -> None:
    target = host.launch.records.ids("approval", "sonia", "release")[0]
    host.launch.records.revoke(target, "sonia", "the wrong tag")


def _revoked_by_role(host: Host) -> None:
    target = host.launch.records.ids("approval", "cosmin", "genesis")[0]
    host.launch.records.revoke(target, "sonia", "the wrong tag")


def _compromised(host: Host) -> None:
    host.launch.records.revoke("cosmin", "sonia", "compromised")


def _superseded(host: Host) -> None:
    host.launch.records.supersede("genesis", "sha256:" + "5" * 64, "gabi")


def _unknown_kind(host: Host) -> None:
    records = host.launch.records
    records.say(
        "launch-authorization",
        {"policy_digest": records.policy_digest()},
        "luca",
        subject=("x", "sha256:" + "0" * 64),
    )


def _enrolled(host: Host) -> None:
    enrol(host.launch, entry("acme"), entry("bora"))


def _registered(act: Callable[[Host], None]) -> Callable[[Host], None]:
    """Everything is frozen under a policy with a registrar, then something is done."""

    def build(host: Host) -> None:
        with_registrar(host.launch)
        host.told()
        freeze(host.launch)
        act(host)

    return build


def _enrolled_by_another(host: Host) -> None:
    enrol(host.launch, entry("acme"), by="sonia")


def _enrolled_holder(host: Host) -> None:
    enrol(host.launch, entry("acme", key="sonia"))


def _bent_enrolment(what: str) -> Callable[[Host], None]:
    """An enrolment in which one thing is wrong, signed as it is."""

    def build(host: Host) -> None:
        _enrolled(host)
        records = host.launch.records
        path = records.one("enrolment")
        document = payload_of(path.read_bytes())
        said = document["predicate"]["record"]
        first, second = said["operators"]
        if what == "key":
            first["key"] = "sha256:" + "0" * 64
        elif what == "roles":
            first["roles"] = ["node", "archive"]
        elif what == "twice":
            first["validators"] = second["validators"]
        elif what == "field":
            first["weight"] = 5
        else:
            said["policy_digest"] = "sha256:" + "0" * 64
        path.unlink()
        records.put(sign(document, "luca"))

    return build


def _confirmed(host: Host) -> None:
    _enrolled(host)
    confirm(host.launch, "acme")


def _stranger(host: Host) -> None:
    host.launch.records.approve("release", "mallory", ("security-lead",))


def _stranger_with_key(host: Host) -> None:
    _stranger(host)
    _added("keys/mallory.pem", who("mallory").public().pem)(host)


def _rival_seal(host: Host) -> None:
    """Someone sealed another genesis, and neither seal knows of the other."""
    here = host.launch.read("manifests/genesis.json")
    host.launch.write(f"{GENESIS}/more", "1")
    host.launch.refresh("genesis")
    host.launch.records.seal("genesis", knows=[])
    host.launch.write("manifests/genesis.json", here)


def _put_back_again(host: Host) -> None:
    """Sealed anew after it was replaced, with the approvals from before."""
    _put_back(host)
    host.launch.records.seal("genesis")


def _one_key_more(host: Host) -> None:
    said = host.launch.records.approval("release", "sonia") | {"predicateMore": {"x": 1}}
    host.launch.records.put(sign(said, "sonia"), "x.dsse.json")


def _manifest_only_null(host: Host) -> None:
    host.launch.records.approve("release", "sonia", manifest_only=None)


def _review_changed(host: Host) -> None:
    said = host.launch.records.approval("release", "sonia")
    said["predicate"]["preimages"]["review"]["more"] = "1"
    host.launch.records.put(sign(said, "sonia"), "x.dsse.json")


def _reviewed_builds(host: Host) -> None:
    """Sonia's approval is one whose review, of version 1.1, names who built a file."""
    records = host.launch.records
    review = records.approval("release", "sonia")["predicate"]["preimages"]["review"]
    build = dict.fromkeys(("commit", "issuer", "path", "ref", "repository", "workflow"), "x")
    build["sha256"] = sha256(b"")
    records.clear("approval", "sonia", "release")
    records.approve(
        "release", "sonia", review={**review, "version_minor": 1, "builds": [build] * 2}
    )


def _review_of_three_keys(host: Host) -> None:
    records = host.launch.records
    review = {
        "package_class": "release",
        "package_id": records.package_id("release"),
        "policy_digest": records.policy_digest(),
    }
    records.approve("release", "sonia", review=review)


def _review_says_it_was_read(host: Host) -> None:
    """The approval says by its manifest only, the review that the package was looked at."""
    review = host.launch.records.approval("release", "sonia")["predicate"]["preimages"]["review"]
    host.launch.records.approve("release", "sonia", review=review, manifest_only=True)


def _review_of_another(host: Host) -> None:
    """What was shown is another package; deeper inside, in free text, is this one."""
    said = host.launch.records.approval("release", "sonia")
    review = said["predicate"]["preimages"]["review"]
    other = {**review, "package_id": "sha256:" + "3" * 64, "facts": {"within": review}}
    host.launch.records.approve("release", "sonia", review=other)


# What is where, in a review that is canonical otherwise.
_BENT_REVIEWS = {
    "key_twice": ('"b":1', '"b":1,"b":1'),
    "key_twice_inside": ('{"y":2}', '{"y":2,"y":2}'),
    "unsorted": ('"b":1', '"c":1,"b":1'),
    "space": ('"b":1', '"b": 1'),
    "fraction": ('"b":1', '"b":1.5'),
    "exponent": ('"b":1', '"b":1e3'),
    "leading_zero": ('"b":1', '"b":01'),
    "minus_zero": ('"b":1', '"b":-0'),
    "beyond_2_53": ('"b":1', '"b":9007199254740993'),
    "not_a_number": ('"b":1', '"b":NaN'),
    "trailing_comma": ('"b":1', '"b":1,'),
    "escape_not_needed": ('"b":1', '"b":"\\u0041"'),
    "escape_in_capitals": ('"b":1', '"b":"\\u001F"'),
    "slash_escaped": ('"b":1', '"b":"\\/"'),
    "lone_surrogate": ('"b":1', '"b":"\\ud800"'),
    "not_utf8": ('"b":1', '"b":"\xff"'),
    "surrogate_in_utf8": ('"b":1', '"b":"\xed\xa0\x80"'),
    "overlong_utf8": ('"b":1', '"b":"\xc0\xaf"'),
    "control_character": ('"b":1', '"b":"\x05"'),
    "too_deep": ('"b":1', '"b":' + "[" * 70 + "]" * 70),
}


def _review_text(old: str, new: str) -> Callable[[Host], None]:
    """An approval by sonia whose review has these bytes; its hash is theirs."""

    def act(host: Host) -> None:
        records = host.launch.records
        said = records.approval("release", "sonia")
        free = '{"b":1,"x":[{"y":2},[],{},true,null],"z":"\u00e9\u65e5\U0001f600\\n\\u001f\\\\{["}'
        assert old in free
        free = free.replace(old, "\0", 1).encode().replace(b"\0", new.encode("latin-1"))
        said["predicate"]["preimages"]["review"]["facts"] = "free"
        review = rfc8785.dumps(said["predicate"]["preimages"]["review"])
        review = review.replace(b'"free"', free)
        said["predicate"]["preimages"]["review"] = "here"
        said["predicate"]["record"]["review_hash"] = sha256(review)
        payload = rfc8785.dumps(said).replace(b'"here"', review)
        records.put(sign(payload, "sonia"), "x.dsse.json")

    return act


def _without(kind: str, by: str = "") -> Callable[[Host], None]:
    return lambda host: host.launch.records.clear(kind, by)


def _approved_by_one(host: Host) -> None:
    for holder in ("rita", "sonia"):
        host.launch.records.clear("approval", holder)


def _approved_twice(host: Host) -> None:
    _approved_by_one(host)
    for _ in range(2):
        host.launch.records.approve("release", "cosmin")


def _role_not_held(host: Host) -> None:
    host.launch.records.clear("approval", "sonia")
    host.launch.records.approve("release", "dan", ("security-lead",))


def _old_approvals(host: Host) -> None:
    host.launch.write(f"{RELEASE}/new", "1")
    for package_class in ("release", "genesis"):
        host.launch.refresh(package_class)
        host.launch.records.seal(package_class)


def _old_policy(host: Host) -> None:
    host.launch.add_to_policy("# another one\n")
    for package_class in ("release", "genesis"):
        host.launch.records.seal(package_class, knows=[])


def _sealed_by_dan(host: Host) -> None:
    host.launch.records.clear("seal", "rita")
    host.launch.records.seal("release", "dan")


def _sealed_again_and_here(host: Host) -> None:
    _sealed_again(host)
    host.put("genesis.json", host.sealed_genesis())


def _put_back(host: Host) -> None:
    """What all holders replaced is there again, with every approval it once had."""
    old = host.launch.read("manifests/genesis.json")
    _sealed_again(host)
    host.launch.write("manifests/genesis.json", old)


def _announced_right(host: Host) -> None:
    host.launch.records.announce("raw", sha256(host.sealed_genesis()))


def _announced_wrong(host: Host) -> None:
    host.launch.records.announce("raw", "sha256:" + "9" * 64)


def _ed25519(host: Host) -> None:
    host.launch.roles("dan", "ops-lead", "auditor")
    host.launch.policy(
        "consensus-lead = 1 }\n\n[separation]", "consensus-lead = 1, auditor = 1 }\n\n[separation]"
    )
    host.launch.sign_again()
    host.launch.records.approve("genesis", "dan", ("auditor",))


def _not_separated(host: Host) -> None:
    host.launch.roles("rita", "release-manager", "security-lead")
    host.launch.sign_again()


def _policy(old: str, new: str) -> Callable[[Host], None]:
    def act(host: Host) -> None:
        host.launch.policy(old, new)
        host.launch.sign_again()

    return act


def _inline(host: Host) -> None:
    host.launch.policy(
        "[verdicts]\nroles = { launch-coordinator = 1 }", "[verdicts.roles]\nlaunch-coordinator = 1"
    )
    host.launch.sign_again()


def _mainnet(host: Host) -> None:
    host.launch.policy('network_class = "devnet"', 'network_class = "mainnet"')
    for package_class in ("release", "genesis"):
        document = host.launch.manifest(package_class) | {"network_class": "mainnet"}
        host.launch.put_manifest(package_class, document)
    host.launch.refresh("genesis")
    host.launch.sign_again()


def _renamed(name: str) -> Callable[[Host], None]:
    def act(host: Host) -> None:
        path = host.launch.records.one("approval", "sonia", "release")
        path.rename(path.with_name(name))

    return act


# ---- the freeze ----------------------------------------------------------------------------------


def _of_the_freeze() -> Iterator[Situation]:
    yield Situation("not_frozen", _nothing, 11, says="freeze-missing")
    yield Situation("frozen_by_another_role", lambda h: _freeze(h, by="dan"), 11)
    yield Situation("frozen_by_a_stranger", lambda h: _freeze(h, by="mallory"), 11)
    yield Situation("freeze_of_another_scope", lambda h: _freeze(h, scope="sha256:" + "4" * 64), 11)
    yield Situation(
        "freeze_under_another_policy", lambda h: _freeze(h, policy_digest="sha256:" + "4" * 64), 11
    )
    yield Situation("freeze_did_not_pass", lambda h: _freeze(h, verdict="hold"), 11)
    yield Situation("freeze_and_a_later_no", _late(lambda h: _freeze(h, verdict="fail")), 11)
    yield Situation(
        "another_checkpoint", lambda h: _freeze(h, checkpoint_class="go_hold_review_completed"), 11
    )
    yield Situation("freeze_of_other_files", _frozen_other_files, 11)
    yield Situation("freeze_relabelled_passed", _relabelled, 11)
    yield Situation("freeze_signature_broken", _late(_broken_freeze), 11)
    yield Situation("freeze_with_a_wrong_id", _wrong_id, 11)
    yield Situation("freeze_with_another_resource", bent_freeze(_other_resource), 11)
    yield Situation("freeze_with_another_scope_inside", bent_freeze(_other_scope_inside), 11)
    yield Situation("freeze_with_a_failed_row", bent_freeze(_failed_row), 11)
    yield Situation("freeze_without_a_row", bent_freeze(_row_gone), 11)
    yield Situation("freeze_with_evidence_left_out", bent_freeze(_evidence_gone), 11)
    yield Situation("freeze_resting_on_two_things_at_once", bent_freeze(_two_things), 11)
    yield Situation("freeze_naming_another_verifier", bent_freeze(_other_verifier), 11)
    yield Situation("freeze_of_another_level", bent_freeze(_other_level), 11)
    yield Situation("freeze_failed_outside", bent_freeze(_failed_outside), 11)
    yield Situation("freeze_by_one_of_two", _frozen(_two_sign), 11, says="freeze-missing")
    yield Situation("freeze_by_two", _frozen(_two_signed), 0)


def _freeze(host: Host, by: str = "luca", **change: str) -> None:
    freeze(host.launch, by, **change)


def _frozen_other_files(host: Host) -> None:
    document = statement(host.launch)
    document["subject"][2]["digest"]["sha256"] = "6" * 64
    put(host.launch, sign(document, "luca"))


def _relabelled(host: Host) -> None:
    document = statement(host.launch, verdict="fail")
    document["predicate"]["verificationResult"] = "PASSED"
    document["predicate"]["verifiedLevels"] = ["AZTRUST_FREEZE_CONFIRMED"]
    put(host.launch, sign(document, "luca"))


def _broken_freeze(host: Host) -> None:
    path = next(host.launch.path("manifests/verdicts").iterdir())
    document = json.loads(path.read_bytes())
    document["signatures"][0]["sig"] = document["signatures"][0]["sig"].replace("A", "B", 1)
    path.write_bytes(rfc8785.dumps(document))


def bent_freeze(change: Callable[[dict, dict], None]) -> Callable[[Host], None]:
    """A freeze with one thing changed in the summary or its record, honest in all that follows."""

    def build(host: Host) -> None:
        document = statement(host.launch)
        checkpoint = document["predicate"][CHECKPOINT]
        change(document["predicate"], checkpoint)
        checkpoint["record"] = with_id(checkpoint["record"])
        put(host.launch, sign(document, "luca"))

    return build


def _other_resource(summary: dict, _: dict) -> None:
    summary["resourceUri"] = "urn:aztrust:scope:" + "4" * 64


def _other_scope_inside(_: dict, checkpoint: dict) -> None:
    checkpoint["record"]["checkpoint_scope_hash"] = "sha256:" + "4" * 64


def _failed_row(_: dict, checkpoint: dict) -> None:
    checkpoint["matrix"][3]["status"] = "fail"


def _row_gone(_: dict, checkpoint: dict) -> None:
    del checkpoint["matrix"][0]


def _evidence_gone(_: dict, checkpoint: dict) -> None:
    del checkpoint["record"]["evidence_refs"][0]


def _two_things(summary: dict, _: dict) -> None:
    summary["inputAttestations"][0]["uri"] = "urn:aztrust:record:" + "4" * 64


def _other_verifier(summary: dict, _: dict) -> None:
    summary["verifier"]["id"] = "urn:aztrust:verifier:" + who("sonia").public().keyid


def _other_level(summary: dict, _: dict) -> None:
    summary["verifiedLevels"] = ["AZTRUST_FINAL_CHECKS_COMPLETED"]


def _failed_outside(summary: dict, _: dict) -> None:
    summary["verificationResult"] = "FAILED"


def _wrong_id(host: Host) -> None:
    document = statement(host.launch)
    record = document["predicate"]["urn:aztrust:launch-checkpoint:v1"]["record"]
    record["launch_window_id"] = "sha256:" + "8" * 64
    put(host.launch, sign(document, "luca"))


def _two_sign(host: Host) -> None:
    host.launch.policy(
        "roles = { launch-coordinator = 1 }",
        "roles = { launch-coordinator = 1, security-lead = 1 }",
    )
    host.launch.sign_again()


def _two_signed(host: Host) -> None:
    _two_sign(host)
    freeze(host.launch, "sonia")


# ---- the window ----------------------------------------------------------------------------------


def _of_the_window() -> Iterator[Situation]:
    for said in (attestation, advisory, anomaly, blocker, note):
        yield Situation(f"said_in_the_window_{said.__name__}", _late(_said(said)), 0)
    yield Situation("answered_no", _late(_said(attestation, status="fail")), 0)
    yield Situation("blocker_closed", _late(_blocker_closed), 0)
    yield Situation("built_again", _late(_said(built, by="sonia")), 0)
    yield Situation("built_otherwise", _late(_said(built, by="sonia", result=b"other")), 0)
    yield Situation("window_opened", _opened, 0)
    yield Situation("window_with_a_boundary", _opened_until, 0)
    yield Situation("window_with_a_plan", _planned({}), 0)
    yield Situation("window_with_a_part_of_a_plan", _planned({PLAN[0]: None, PLAN[2]: None}), 0)
    yield Situation("anomaly_of_a_role", _late(_said(anomaly, **OF_A_ROLE)), 0)
    yield Situation("anomaly_of_no_severity", _late(_said(anomaly, severity="fatal")), 11)
    yield Situation("window_held", _late(_held), 11, says="a launch-hold by luca: it may stop")
    yield Situation("window_of_another_id", _opened_under_another_id, 11)
    yield Situation("window_with_other_metadata", _opened_with_other_metadata, 11)
    yield Situation("answer_about_another_subject", _late(_answer_misplaced), 11)
    yield Situation("answer_with_a_field_more", _late(_said(attestation, severity="minor")), 11)
    yield Situation("window_deferred", _late(_said(defer)), 11, says="a launch-defer by luca")
    yield Situation("window_aborted", _late(_said(abort)), 11, says="a launch-abort by luca")
    yield Situation("final_checks_passed", _late(_finally(verdict="pass")), 0)
    yield Situation("final_checks_with_lessons", _late(_finally_with("a", "b")), 0)
    yield Situation("final_checks_with_a_lesson_twice", _late(_finally_with("a", "a")), 11)
    yield Situation("final_checks_of_an_open_lesson", _late(_finally_with("a", status="fail")), 11)
    yield Situation("lessons_fixed", _late(_said_lessons("upgrade-height", "slow-disk")), 0)
    yield Situation("lessons_twice_the_same", _late(_said_lessons("a", "a")), 11)
    yield Situation("lessons_as_many_as_there_may_be", _late(_said_lessons(*_ids(64))), 0)
    yield Situation("lessons_too_many", _late(_said_lessons(*_ids(65))), 11)
    yield Situation("lessons_with_a_long_text", _late(_bent_lessons("x" * 500)), 0)
    yield Situation("lessons_with_a_text_too_long", _late(_bent_lessons("x" * 501)), 11)
    yield Situation("lessons_of_another_hash", _late(_bent_lessons("y", rehash=False)), 11)
    yield Situation("final_checks_hold", _late(_finally(verdict="hold", guidance="HOLD")), 11)
    yield Situation("final_checks_ended_it", _late(_finally()), 11)
    yield Situation("final_checks_are_no_freeze", _finally(verdict="pass"), 11)


def _said(say: Callable[..., str], **change: object) -> Callable[[Host], None]:
    def build(host: Host) -> None:
        say(host.launch, **change)

    return build


def _finally(**change: str) -> Callable[[Host], None]:
    return _said(final_check, **change)


def _finally_with(*ids: str, status: str = "pass") -> Callable[[Host], None]:
    """Final checks that passed, with a row for each of these lessons."""
    rows = [(f"lesson.{id_}", status) for id_ in ids]
    return _said(final_check, verdict="pass", lessons=rows)


def _ids(count: int) -> Iterator[str]:
    return (f"n{number}" for number in range(count))


def _said_lessons(*ids: str) -> Callable[[Host], None]:
    def build(host: Host) -> None:
        fix_lessons(host.launch, *ids)

    return build


def _bent_lessons(text: str, *, rehash: bool = True) -> Callable[[Host], None]:
    """Lessons of which one has another text; with `rehash` also the digest that follows."""

    def build(host: Host) -> None:
        fix_lessons(host.launch, "a", "b")
        records = host.launch.records
        path = records.one("lessons")
        document = payload_of(path.read_bytes())
        said = document["predicate"]
        said["preimages"]["lessons"]["lesson"][1]["class"] = text
        if rehash:
            said["record"]["lessons_hash"] = sha256(rfc8785.dumps(said["preimages"]["lessons"]))
        path.unlink()
        records.put(sign(document, "luca"))

    return build


def _blocker_closed(host: Host) -> None:
    blocker(host.launch, closes=blocker(host.launch))


def _opened(host: Host) -> None:
    freeze(host.launch, launch_window_id=window(host.launch))


def _opened_until(host: Host) -> None:
    freeze(host.launch, launch_window_id=window(host.launch, decide_by_unix_ms=FROZEN_AT + 1))


PLAN = (
    *("bootstrap_authorization_time_unix_ms", "bootstrap_start_time_unix_ms"),
    *("early_epoch_observation_end_time_unix_ms", "restricted_posture_end_time_unix_ms"),
)
OF_A_ROLE = {
    "launch_window_id": f"sha256:{'7' * 64}",
    "severity": "critical",
    "incident": "INC-7",
    "role": "validators",
}


def _planned(changes: dict[str, int | None]) -> Callable[[Host], None]:
    """A window with all that it can plan; a change of None leaves a time out."""
    times = {name: FROZEN_AT + number for number, name in enumerate(PLAN)}
    plan = {
        "change_cutoff_unix_ms": FROZEN_AT,
        "script_hash": f"sha256:{'8' * 64}",
        **{name: value for name, value in {**times, **changes}.items() if value is not None},
    }
    return lambda host: freeze(
        host.launch, launch_window_id=window(host.launch, decide_by_unix_ms=FROZEN_AT + 1, **plan)
    )


def _held(host: Host) -> None:
    records = WindowRecords(
        policy_digest=host.launch.records.policy_digest(),
        scope_hash=host.launch.scope(),
        at=FROZEN_AT,
    )
    hold = records.hold()
    subject = ("scope", host.launch.scope())
    fields = hold.body.model_dump(mode="json", exclude_none=True)
    host.launch.records.say(hold.kind, fields, "luca", subject=subject, preimages=hold.preimages)


def _bent_window(host: Host, change: Callable[[dict, dict], None]) -> None:
    freeze(host.launch)
    window(host.launch)
    records = host.launch.records
    path = records.one("launch-window")
    document = payload_of(path.read_bytes())
    change(document["predicate"]["record"], document["predicate"]["preimages"]["metadata"])
    path.unlink()
    records.put(sign(document, "luca"))


def _opened_under_another_id(host: Host) -> None:
    _bent_window(host, lambda record, _: record.update(launch_window_id="sha256:" + "7" * 64))


def _opened_with_other_metadata(host: Host) -> None:
    _bent_window(host, lambda _, metadata: metadata.update(decide_by_unix_ms=FROZEN_AT))


def _answer_misplaced(host: Host) -> None:
    attestation(host.launch)
    records = host.launch.records
    path = records.one("check-attestation")
    document = payload_of(path.read_bytes())
    document["subject"][0]["digest"]["sha256"] = "7" * 64
    path.unlink()
    records.put(sign(document, "dan"))


# ---- kits that someone changed on the way -------------------------------------------------------


def _of_tampered_kits() -> Iterator[Situation]:
    evil = sha256(b"evil")
    yield Situation(
        "manifest_names_another_binary",
        _late(_tampered(evil, anchor=False)),
        10,
        says="scope-mismatch",
    )
    yield Situation("manifest_of_the_anchored_kit_edited", _late(_tampered(evil, anchor=True)), 11)
    yield Situation(
        "genesis_manifest_edited", _late(_genesis_manifest_edited), 10, says="scope-mismatch"
    )
    yield Situation("policy_comment_changed", _late(_comment), 10, says="scope-mismatch")
    yield Situation(
        "policy_comment_changed_anchored", _late(_comment_anchored), 10, says="anchor-mismatch"
    )
    yield Situation("manifest_re_indented", _late(_indented), 1, binary="", genesis="")
    yield Situation(
        "manifest_with_a_line_feed",
        _late(_appended("manifests/release.json", b"\n")),
        1,
        binary="",
        genesis="",
    )
    yield Situation(
        "manifest_missing", _late(_removed("manifests/genesis.json")), 1, binary="", genesis=""
    )
    yield Situation("manifest_is_a_link", _late(_linked), 1, binary="", genesis="")
    yield Situation(
        "policy_missing", _late(_removed("manifests/launch.toml")), 1, binary="", genesis=""
    )
    yield Situation("key_swapped", _late(_key_swapped), 11, says="key-missing")
    yield Situation("key_missing", _late(_removed("keys/luca.pem")), 11, says="key-missing")
    yield Situation("key_file_with_two_keys", _late(_two_keys), 11, says="key-malformed")
    yield Situation("private_key_in_keys", _late(_private_key), 11, says="key-malformed")
    yield Situation("key_of_small_order", _late(_small_order), 11, says="key-malformed")
    yield Situation("record_payload_changed", _late(_payload_changed), 11)
    yield Situation("record_signature_of_another", _late(_signature_of_another), 11)
    yield Situation("record_reformatted", _late(_reformatted), 11)
    yield Situation("record_with_a_line_feed", _late(_bend(_then(b"\n"))), 11)
    yield Situation("record_with_a_second_line", _late(_bend(_then(b"\n{}"))), 11)
    yield Situation("record_with_a_nul", _late(_bend(_then(b"\0"))), 11)
    yield Situation("record_base64_loose", _late(_bend(_loose)), 11)
    yield Situation("record_truncated", _late(_truncated), 11)
    yield Situation("record_is_empty", _late(_added("manifests/records/x", b"")), 11)
    yield Situation("record_is_binary", _late(_added("manifests/records/x", bytes(range(256)))), 11)
    yield Situation("record_is_a_directory", _late(_record_directory), 11)
    yield Situation("record_is_a_link", _late(_record_link), 11)
    yield Situation("record_hidden", _late(_renamed(".hidden")), 11, says="threshold-unmet")
    yield Situation("key_hidden", _late(_key_hidden), 11, says="key-missing")
    yield Situation("keys_folder_is_a_link", _late(_folder_link("keys")), 11, says="a link")
    yield Situation(
        "records_folder_is_a_link", _late(_folder_link("manifests/records")), 11, says="a link"
    )
    yield Situation("records_missing", _late(_removed("manifests/records")), 11)
    yield Situation("keys_missing", _late(_removed("keys")), 11)
    yield Situation("verdicts_missing", _late(_removed("manifests/verdicts")), 11)


def _edit(host: Host, change: Callable[[Path], None]) -> None:
    host.after.append(change)


def _tampered(digest: str, *, anchor: bool) -> Callable[[Host], None]:
    """The kit names the attacker's binary, and the host has it."""

    def act(host: Host) -> None:
        sealed = sha256(host.member(AMD64)).encode()
        host.binary = host.put("evil", b"evil")
        if anchor:
            _anchored(host)

        def change(kit: Path) -> None:
            path = kit / "manifests/release.json"
            path.write_bytes(path.read_bytes().replace(sealed, digest.encode()))

        _edit(host, change)

    return act


def _genesis_manifest_edited(host: Host) -> None:
    sealed = sha256(host.sealed_genesis()).encode()
    host.put("genesis.json", b"evil")

    def change(kit: Path) -> None:
        path = kit / "manifests/genesis.json"
        path.write_bytes(path.read_bytes().replace(sealed, sha256(b"evil").encode()))

    _edit(host, change)


def _appended(name: str, data: bytes) -> Callable[[Host], None]:
    return lambda host: _edit(
        host, lambda kit: (kit / name).write_bytes((kit / name).read_bytes() + data) and None
    )


def _added(name: str, data: bytes) -> Callable[[Host], None]:
    return lambda host: _edit(host, lambda kit: (kit / name).write_bytes(data) and None)


def _comment(host: Host) -> None:
    _appended("manifests/launch.toml", b"# harmless\n")(host)


def _comment_anchored(host: Host) -> None:
    _anchored(host)
    _comment(host)


def _indented(host: Host) -> None:
    def change(kit: Path) -> None:
        path = kit / "manifests/release.json"
        path.write_text(json.dumps(json.loads(path.read_bytes()), indent=1))

    _edit(host, change)


def _removed(name: str) -> Callable[[Host], None]:
    def change(kit: Path) -> None:
        path = kit / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()

    return lambda host: _edit(host, change)


def _linked(host: Host) -> None:
    def change(kit: Path) -> None:
        path = kit / "manifests/release.json"
        path.rename(kit / "elsewhere")
        path.symlink_to("../elsewhere")

    _edit(host, change)


def _key_swapped(host: Host) -> None:
    pem = who("mallory").public().pem
    _edit(host, lambda kit: (kit / "keys/sonia.pem").write_bytes(pem) and None)


def _key_hidden(host: Host) -> None:
    _edit(host, lambda kit: (kit / "keys/sonia.pem").rename(kit / "keys/.sonia.pem") and None)


def _two_keys(host: Host) -> None:
    _appended("keys/sonia.pem", who("mallory").public().pem)(host)


def _small_order(host: Host) -> None:
    """A key that "signs" everything."""
    spki = bytes.fromhex("302a300506032b6570032100") + b"\1" + bytes(31)
    text = base64.b64encode(spki).decode()
    pem = f"-----BEGIN PUBLIC KEY-----\n{text}\n-----END PUBLIC KEY-----\n"
    _added("keys/x.pem", pem.encode())(host)


def _private_key(host: Host) -> None:
    _added("keys/x.pem", who("mallory").private_pem())(host)


def _bend(act: Callable[[dict[str, object], Path], bytes]) -> Callable[[Host], None]:
    def change(kit: Path) -> None:
        path = min((kit / "manifests/records").glob("*.approval.*"))
        path.write_bytes(act(json.loads(path.read_bytes()), path))

    return lambda host: _edit(host, change)


def _payload_changed(host: Host) -> None:
    def act(document: dict, _: Path) -> bytes:
        document["payload"] = document["payload"][:-8] + "AAAA" + document["payload"][-4:]
        return rfc8785.dumps(document)

    _bend(act)(host)


def _signature_of_another(host: Host) -> None:
    def act(document: dict, path: Path) -> bytes:
        other = json.loads(max(path.parent.glob("*.approval.*")).read_bytes())
        document["signatures"] = other["signatures"]
        return rfc8785.dumps(document)

    _bend(act)(host)


def _reformatted(host: Host) -> None:
    _bend(lambda document, _: json.dumps(document).encode())(host)


def _then(data: bytes) -> Callable[[dict, Path], bytes]:
    return lambda document, _: rfc8785.dumps(document) + data


def _loose(document: dict, _: Path) -> bytes:
    for field, place in (("payload", document), ("sig", document["signatures"][0])):
        if place[field].endswith("="):
            place[field] = trailing_bits(place[field])
            return rfc8785.dumps(document)
    raise AssertionError("neither has padding")


def _truncated(host: Host) -> None:
    _bend(lambda document, _: rfc8785.dumps(document)[:-3])(host)


def _folder_link(name: str) -> Callable[[Host], None]:
    def change(kit: Path) -> None:
        (kit / name).rename(kit / "elsewhere")
        (kit / name).symlink_to(kit / "elsewhere")

    return lambda host: _edit(host, change)


def _record_directory(host: Host) -> None:
    _edit(host, lambda kit: (kit / "manifests/records/x").mkdir())


def _record_link(host: Host) -> None:
    _edit(host, lambda kit: (kit / "manifests/records/x").symlink_to("/dev/zero"))


# ---- manifests that everyone signed -----------------------------------------------------------


def _of_forged_manifests() -> Iterator[Situation]:
    """An attacker chose a name or a text; or everyone signed what aztrust would not seal."""
    evil = sha256(b"evil")
    artifact = (
        f'"blake3":"blake3:{"0" * 64}","path":"a","platform":"linux/amd64","role":"node",'
        f'"sha256":"{evil}"}}'
    )
    names = {
        "quoted": f'x",{artifact},"chain_id":"',
        "braced": "{" + artifact,
        "bare": "{" + artifact.replace('"', ""),
        "newline": "a\n" + artifact,
        "end_of_list": '}],"chain_id":"x","content_root":"sha256:0","entries":[',
    }
    for name, path in names.items():
        yield Situation(
            f"forged_path_{name}", _frozen(_file_named(path)), 10, binary="binary-unknown"
        )
    yield Situation(
        "forged_path_beside_the_right_one", _frozen(_file_named(names["braced"], keep=True)), 11
    )
    yield Situation("forged_fact", _frozen(_forged_fact), 10, genesis="genesis-hash-mismatch")
    yield Situation("forged_moniker", _frozen(_forged_moniker), 10, genesis="genesis-hash-mismatch")
    for name, change in _NONSENSE.items():
        yield Situation(f"signed_{name}", _frozen(_signed(change)), 11)
    yield Situation("signed_content_root", _frozen(_content_root), 11)
    yield Situation("signed_artifact_that_is_no_file", _frozen(_artifact_is_no_file), 11)
    yield Situation("signed_artifact_of_other_bytes", _frozen(_artifact_of_other_bytes), 11)
    yield Situation("signed_genesis_file_missing", _frozen(_genesis_file_missing), 11)
    yield Situation("signed_genesis_hash_of_other_bytes", _frozen(_genesis_hash_of_other_bytes), 11)
    yield Situation("signed_for_another_release", _frozen(_for_another_release), 11)
    yield Situation("signed_genesis_of_another_chain", _frozen(_genesis_of_another_chain), 11)
    for name, change in _GENESES.items():
        yield Situation(f"signed_genesis_{name}", _frozen(_genesis_with(change)), 11)


def _file_named(path: str, *, keep: bool = False) -> Callable[[Host], None]:
    def act(host: Host) -> None:
        document = host.launch.manifest("release")
        entry = dict(host.launch.entry(document, AMD64), path=path)
        document["entries"].append(entry)
        document["entries"].sort(key=lambda e: e["path"].encode())
        host.launch.forge_manifest("release", lambda d: d.update(entries=document["entries"]))
        if not keep:
            host.binary = host.put("evil", b"evil")

    return act


def _forged_fact(host: Host) -> None:
    """Facts are free text of the chain: they hold what looks like the end of the manifest."""
    document = host.launch.manifest("genesis")
    forged = {"blake3": "blake3:" + "0" * 64, "convention": "raw", "sha256": sha256(b"evil")}
    facts = document["facts"] | {"genesis_files": ["genesis.json"], "genesis_hash": forged}
    host.launch.forge_manifest("genesis", lambda d: d.update(facts=facts))
    host.put("genesis.json", b"evil")


def _forged_moniker(host: Host) -> None:
    text = (
        f'x"}}]}},"genesis_hash":{{"blake3":"","convention":"raw","sha256":"{sha256(b"evil")}"}},"'
    )
    host.launch.forge_manifest("genesis", lambda d: d["facts"].update(moniker=text))
    host.put("genesis.json", b"evil")


def _signed(change: Callable[[dict], None]) -> Callable[[Host], None]:
    return lambda host: host.launch.forge_manifest("release", change)


def _content_root(host: Host) -> None:
    def change(document: dict) -> None:
        document["content_root"] = "sha256:" + "2" * 64

    host.launch.forge_manifest("release", change, root=False)


def _artifact_is_no_file(host: Host) -> None:
    """Policy and manifest agree on an archive that is not in the package."""
    host.launch.policy(f'path = "{AMD64}"', 'path = "elsewhere.tar.gz"')
    host.launch.forge_manifest(
        "release", lambda d: d["artifacts"][0].update(path="elsewhere.tar.gz")
    )


def _artifact_of_other_bytes(host: Host) -> None:
    """Not out of an archive, and with other digests than the file of that name."""
    host.launch.policy(f'path = "{AMD64}"\nmember = "bin/atlasd"', f'path = "{AMD64}"')
    host.launch.forge_manifest("release", lambda d: d["artifacts"][0].pop("member"))


def _genesis_file_missing(host: Host) -> None:
    host.launch.policy('genesis_files = ["genesis.json"]', 'genesis_files = ["genesis.json", "b"]')
    host.launch.forge_manifest("genesis", lambda d: d.update(genesis_files=["genesis.json", "b"]))


def _genesis_hash_of_other_bytes(host: Host) -> None:
    other = host.sealed_genesis() + b"\n"
    host.launch.forge_manifest("genesis", lambda d: d["genesis_hash"].update(digests(other)))
    host.put("genesis.json", other)


def _for_another_release(host: Host) -> None:
    host.launch.forge_manifest(
        "genesis", lambda d: d.update(release_package_id="sha256:" + "1" * 64)
    )


_GENESES: dict[str, Callable[[bytes], bytes]] = {
    "with_a_byte_order_mark": lambda data: b"\xef\xbb\xbf" + data,
    "with_a_second_chain_id": lambda data: data.replace(b"{", b'{"chain_id":"x",', 1),
    "with_a_chain_id_in_capitals": lambda data: data.replace(b"{", b'{"Chain_ID":"x",', 1),
    "with_an_escaped_chain_id": lambda data: data.replace(b"{", b'{"chain\\u005fid":"x",', 1),
}


def _genesis_with(change: Callable[[bytes], bytes]) -> Callable[[Host], None]:
    """Everyone signed a genesis that aztrust would not seal."""

    def act(host: Host) -> None:
        data = change(host.sealed_genesis())
        host.launch.write(f"{GENESIS}/genesis.json", data)
        host.launch.seal("genesis")
        host.put("genesis.json", data)

    return act


def _genesis_of_another_chain(host: Host) -> None:
    data = host.sealed_genesis().replace(b"aztrust-rehearsal-1", b"aztrust-rehearsal-2")
    host.launch.write(f"{GENESIS}/genesis.json", data)
    host.launch.seal("genesis")
    host.put("genesis.json", data)


def _append(**entry: object) -> Callable[[dict], None]:
    def change(document: dict) -> None:
        first = next(e for e in document["entries"] if e["kind"] == "file")
        document["entries"].append({**first, **entry} if "kind" not in entry else entry)
        document["entries"].sort(key=lambda e: e["path"].encode())

    return change


_NONSENSE: dict[str, Callable[[dict], None]] = {
    "path_climbs_out": _append(path="../x"),
    "path_is_absolute": _append(path="/etc/x"),
    "path_with_a_dot": _append(path="a/./x"),
    "path_with_an_empty_part": _append(path="a//x"),
    "path_twice": _append(path="NOTES.md"),
    "path_below_a_file": _append(path="NOTES.md/x"),
    "paths_collide": _append(path="notes.md"),
    "link_climbs_out": _append(kind="symlink", path="zz", target="a/../../x"),
    "link_is_absolute": _append(kind="symlink", path="zz", target="/etc/passwd"),
    "unsorted": lambda d: d["entries"].reverse(),
    "unknown_key": lambda d: d["entries"][0].update(extra=1),
    "size_negative": lambda d: d["entries"][0].update(size=-1),
    "artifact_not_in_the_policy": lambda d: d["artifacts"].append(
        {**d["artifacts"][0], "platform": "linux/riscv64"}
    ),
    "artifact_not_in_the_entries": lambda d: d["artifacts"][0].update(path="x.tar.gz"),
    "artifact_missing": lambda d: d["artifacts"].pop(),
    "exclusion": lambda d: d.update(excluded=["NOTES.md"]),
    "other_network": lambda d: d.update(network_class="testnet"),
    "other_chain": lambda d: d.update(chain_id="aztrust-rehearsal-2"),
}
