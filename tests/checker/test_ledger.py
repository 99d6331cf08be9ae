"""Kits with a ledger that someone changed: check.sh never matches one that aztrust does not."""

from __future__ import annotations

import base64
import json
import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from aztrust.core.base.digest import sha256_id
from aztrust.core.formats.tiles import FOLDER, parse_published, tiles_of
from aztrust.core.history.leaf import read_record
from aztrust.core.history.opener import Opener
from aztrust.core.kit.archive import HEAD, encode_kit, parse_kit
from aztrust.core.policy.model import POLICY_PATH
from fixtures.forge import Launch
from fixtures.forge.envelopes import payload_of, sign
from fixtures.forge.envelopes import statement as forge
from fixtures.forge.host import Host
from fixtures.forge.keys import other_half, who
from fixtures.forge.ledgers import ORIGIN, Ledger, head_note, in_folder, with_ledger
from fixtures.forge.operators import confirm, enrol, entry, operator_key, with_registrar
from fixtures.forge.verdicts import CHECKPOINT, put, statement

SIGNERS = ("rita", "sonia", "cosmin", "gabi", "luca", "dan")
Files = dict[str, bytes]
Change = Callable[[Files], None]


@dataclass
class Kit:
    """A kit that matches, its files and its host."""

    launch: Launch
    host: Host
    files: Files
    ledger: Ledger | None

    def words(self) -> list[str]:
        """What both commands are asked."""
        given = ("--binary", self.host.binary, "--genesis", self.host.genesis)
        given += ("--scope", self.launch.scope(), "--platform", "linux/amd64")
        return list(map(str, given))


def check_sh(kit: Kit, files: Files, directory: Path) -> tuple[int, str]:
    """Exit code and text of check.sh in an unpacked kit."""
    for name, data in files.items():
        path = directory / "kit" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    run = subprocess.run(
        ["sh", str(directory / "kit/check.sh"), *kit.words()],
        env=os.environ | {"HOME": str(kit.launch.home)},
        capture_output=True,
        text=True,
    )
    assert run.stderr == ""
    return run.returncode, run.stdout


def aztrust(kit: Kit, files: Files, directory: Path) -> int:
    """Exit code of aztrust over the same files, with no memory of another kit."""
    (directory / "home").mkdir()
    (directory / "x.aztrust").write_bytes(encode_kit(files))
    run = subprocess.run(
        kit.launch.command("preflight", str(directory / "x.aztrust"), *kit.words()),
        cwd=directory,
        env=kit.launch.variables() | {"HOME": str(directory / "home")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
    )
    return run.returncode


def packed(directory: Path, *, ledger: str) -> Kit:
    """A kit whose ledger the policy names, or the freeze, or neither."""
    launch = Launch(directory)
    if ledger in {"policy", "keepers"}:
        with_ledger(launch, keepers=("luca", "gabi") if ledger == "keepers" else ())
    host = Host(launch, frozen=ledger != "freeze")
    book = Ledger(launch) if ledger else None
    if book and ledger == "freeze":
        _freeze_with_ledger(launch, book)
    if book:
        book.head()
    path = host.kit(ledger=book.path if book else None)
    files = dict(parse_kit(path.read_bytes(), what="the kit").files)
    return Kit(launch, host, files, book)


def _freeze_with_ledger(launch: Launch, book: Ledger) -> None:
    """Luca freezes what is there, and says which ledger was considered."""
    document = statement(launch)
    size = len(book.envelopes())
    note = book.head(keep=False).decode().split("\n")
    document["predicate"][CHECKPOINT]["ledger"] = {
        "keeper": who("luca").public().fingerprint,
        "origin": ORIGIN,
        "root": f"sha256:{_decoded(note[2])}",
        "size": size,
    }
    book.append([put(launch, sign(document, "luca"))])


def _decoded(text: str) -> str:
    return base64.b64decode(text).hex()


@pytest.fixture(scope="module")
def by_policy(tmp_path_factory: pytest.TempPathFactory) -> Kit:
    return packed(tmp_path_factory.mktemp("policy"), ledger="policy")


@pytest.fixture(scope="module")
def by_keepers(tmp_path_factory: pytest.TempPathFactory) -> Kit:
    return packed(tmp_path_factory.mktemp("keepers"), ledger="keepers")


@pytest.fixture(scope="module")
def by_freeze(tmp_path_factory: pytest.TempPathFactory) -> Kit:
    return packed(tmp_path_factory.mktemp("freeze"), ledger="freeze")


@pytest.fixture(scope="module")
def without(tmp_path_factory: pytest.TempPathFactory) -> Kit:
    return packed(tmp_path_factory.mktemp("without"), ledger="")


def signed(files: Files) -> list[str]:
    """The records and verdicts of a kit."""
    folders = ("manifests/records/", "manifests/verdicts/")
    return sorted(
        name for name in files if name.startswith(folders) and name.endswith(".dsse.json")
    )


def doubled(data: bytes) -> bytes:
    """The same record with another signature by its signer, as anyone can derive it."""
    keyid = json.loads(data)["signatures"][0]["keyid"]
    signer = next(name for name in SIGNERS if who(name).public().keyid == keyid)
    envelope = sign(payload_of(data), signer).resigned_with(other_half)
    assert envelope.text().encode() != data
    return envelope.text().encode()


def is_tile(path: str) -> bool:
    """Whether a file of a kit is one of its ledger, and not its head."""
    return path.startswith(f"{FOLDER}/tile/")


def ledger_of(leaves: list[bytes], note: bytes) -> Files:
    """The files of a ledger with these leaves."""
    return {**{f"{FOLDER}/{path}": data for path, data in tiles_of(leaves).items()}, HEAD: note}


def leaves_of(files: Files) -> list[bytes]:
    """The leaves of a kit's ledger."""
    own = {p.removeprefix(f"{FOLDER}/"): data for p, data in files.items() if p.startswith(FOLDER)}
    return [leaf.leaf or b"" for leaf in parse_published(own).leaves]


def leaves(change: Callable[[list[bytes]], list[bytes]], by: str = "") -> Change:
    """Other leaves in all tiles, with a head by this holder; with the head as it was for none."""

    def act(files: Files) -> None:
        new = change(leaves_of(files))
        note = head_note(new, by) if by else files[HEAD]
        for path in [path for path in files if is_tile(path)]:
            del files[path]
        files.update(ledger_of(new, note))

    return act


def agrees(kit: Kit, files: Files, directory: Path) -> tuple[int, str]:
    """check.sh's answer; where it matches, aztrust does."""
    code, text = check_sh(kit, files, directory)
    assert code != 0 or aztrust(kit, files, directory) == 0, text
    return code, text


@pytest.mark.parametrize("name", ["by_policy", "by_keepers", "by_freeze", "without"])
def test_the_kit_as_it_was_packed_matches(
    name: str, request: pytest.FixtureRequest, tmp_path: Path
):
    kit = request.getfixturevalue(name)
    code, text = agrees(kit, kit.files, tmp_path)
    assert code == 0, text


def test_a_policy_that_lists_keepers_in_another_way_never_matches(by_keepers: Kit, tmp_path: Path):
    """What aztrust refuses to read, the script does not read either."""
    policy = by_keepers.files[POLICY_PATH].decode()
    luca, gabi = (who(name).public().fingerprint for name in ("luca", "gabi"))
    swapped = policy.replace(luca, "x").replace(gabi, luca).replace("x", gabi)
    changes = {
        "another's key": policy.replace(f'keys = ["{gabi}"]\n', f'keys = ["{luca}"]\n'),
        "a holder twice": policy.replace('holder = "gabi"', 'holder = "luca"'),
        "no such holder": policy.replace('holder = "gabi"', 'holder = "nora"'),
        "a keeper, too": policy.replace("[ledger]\n", f'[ledger]\nkeeper = "{luca}"\n'),
        "without keys": policy.replace(f'holder = "gabi"\nkeys = ["{gabi}"]', 'holder = "gabi"'),
        "another keeper first": swapped,
    }
    for name, text in changes.items():
        assert text != policy, name
        (tmp_path / name).mkdir()
        files = by_keepers.files | {POLICY_PATH: text.encode()}
        assert agrees(by_keepers, files, tmp_path / name)[0] != 0, name


def test_a_record_that_only_aztrust_reads_is_not_withheld(tmp_path: Path):
    """A revocation is asked about, and is an entry all the same."""
    launch = Launch(tmp_path)
    with_ledger(launch)
    approval = launch.records.ids("approval", "sonia", "release")[0]
    launch.records.revoke(approval, "sonia", "wrong file")
    launch.records.approve("release", "sonia")
    host = Host(launch)
    book = Ledger(launch)
    book.head()
    files = dict(parse_kit(host.kit(ledger=book.path).read_bytes(), what="the kit").files)
    code, text = check_sh(Kit(launch, host, files, book), files, tmp_path / "x")
    assert code == 11, text
    assert "it may be a revocation" in text
    assert "withheld" not in text


@pytest.mark.clause("AZ-6.2")
def test_what_operators_confirmed_is_not_withheld(tmp_path: Path):
    """Only aztrust verifies it, and starts this host; the script asks."""
    launch = Launch(tmp_path)
    with_registrar(launch)
    with_ledger(launch)
    enrol(launch, entry("acme"))
    host = Host(launch, frozen=True)
    book = Ledger(launch)
    confirm(launch, "acme")
    book.append(launch.records.find("operator-confirmation"))
    book.head()
    path = host.kit(ledger=book.path)
    files = dict(parse_kit(path.read_bytes(), what="the kit").files)
    kit = Kit(launch, host, files, book)
    exit_code, text = check_sh(kit, files, tmp_path / "here")
    assert exit_code == 11, text
    assert "withheld" not in text
    assert "may be a revocation" in text
    assert "a form that this script does not read" not in text, text
    assert aztrust(kit, files, tmp_path / "here") == 0
    # Taken out of the kit it is withheld, for both.
    name = launch.records.one("operator-confirmation", operator_key("acme")).name
    del files[f"manifests/records/{name}"]
    (tmp_path / "without").mkdir()
    exit_code, text = check_sh(kit, files, tmp_path / "without")
    assert exit_code == 1, text
    assert "ledger-entry-withheld" in text
    assert aztrust(kit, files, tmp_path / "without") == 1


def test_a_kit_without_any_one_of_its_records_never_matches(by_policy: Kit, tmp_path: Path):
    """A leaf of the order without its file; and both without the leaf."""
    for number, name in enumerate(signed(by_policy.files)):
        files = {path: data for path, data in by_policy.files.items() if path != name}
        code, text = check_sh(by_policy, files, tmp_path / f"{number}")
        assert code == 1, name
        assert f"{sha256_id(payload(by_policy.files[name]))}: no file" in text or "verdict" in name
        assert "ledger-entry-withheld" in text
        code, text = check_sh(by_policy, shortened(by_policy, name, files), tmp_path / f"{number}s")
        assert code == 11, name
        assert "checkpoint" in text


def payload(data: bytes) -> bytes:
    """What was signed."""
    return base64.b64decode(json.loads(data)["payload"])


def shortened(kit: Kit, name: str, files: Files) -> Files:
    """The ledger without the leaf of a file, under a head by another holder than the keeper."""
    assert kit.ledger is not None
    at = kit.ledger.envelopes().index(kit.files[name])
    files = dict(files)
    leaves(lambda old: [leaf for number, leaf in enumerate(old) if number != at], "sonia")(files)
    return files


@pytest.mark.clause("AZ-6.2")
def test_a_kit_with_a_record_doubled_for_a_missing_one_never_matches(
    by_policy: Kit, tmp_path: Path
):
    """There are as many files as leaves."""
    names = signed(by_policy.files)
    for number, name in enumerate(names):
        gone = names[(number + 1) % len(names)]
        files = {path: data for path, data in by_policy.files.items() if path != gone}
        files[f"{name[:-10]}2.dsse.json"] = doubled(by_policy.files[name])
        code, text = check_sh(by_policy, files, tmp_path / f"{number}")
        assert code == 1, name
        assert "not in the ledger" in text
        assert "ledger-entry-withheld" in text


def test_a_record_of_the_ledger_under_two_names_is_one(by_policy: Kit, tmp_path: Path):
    for number, name in enumerate(signed(by_policy.files)[::4]):
        files = by_policy.files | {f"{name[:-10]}2.dsse.json": by_policy.files[name]}
        code, text = agrees(by_policy, files, tmp_path / f"{number}")
        assert code == 0, text


def test_without_a_ledger_no_record_changes_what_aztrust_refuses(without: Kit, tmp_path: Path):
    for number, name in enumerate(signed(without.files)):
        files = {path: data for path, data in without.files.items() if path != name}
        (tmp_path / f"{number}").mkdir()
        agrees(without, files, tmp_path / f"{number}")
        files = without.files | {f"{name[:-10]}2.dsse.json": doubled(without.files[name])}
        (tmp_path / f"{number}d").mkdir()
        agrees(without, files, tmp_path / f"{number}d")


def test_a_revocation_taken_out_with_its_leaf_never_matches(tmp_path: Path):
    launch = Launch(tmp_path)
    with_ledger(launch)
    host = Host(launch)
    (approval,) = launch.records.ids("approval", "sonia")
    launch.records.revoke(approval, "sonia", "wrong tag")
    name = f"manifests/records/{launch.records.one('revocation').name}"
    book = Ledger(launch)
    book.head()
    path = host.kit(ledger=book.path)
    whole = Kit(launch, host, dict(parse_kit(path.read_bytes(), what="the kit").files), book)
    files = {path: data for path, data in whole.files.items() if path != name}
    seal = next(path for path in signed(files) if ".seal." in path)
    second = f"{seal[:-10]}2.dsse.json"
    for number, (changed, answer) in enumerate(
        (
            (files | {second: doubled(files[seal])}, 1),
            (files | {second: files[seal]}, 1),
            (shortened(whole, name, files), 11),
        )
    ):
        (tmp_path / f"{number}").mkdir()
        assert agrees(whole, changed, tmp_path / f"{number}")[0] == answer
    rest = {path: data for path, data in files.items() if not path.startswith(FOLDER)}
    code, text = check_sh(whole, rest, tmp_path / "rest")
    assert (code, "ledger-absent" in text) == (11, True)


def _gone(part: str) -> Change:
    def act(files: Files) -> None:
        for name in [name for name in files if name.startswith(f"{FOLDER}/{part}")]:
            del files[name]

    return act


def _tile(part: str, change: Callable[[bytes], bytes]) -> Change:
    """Another last tile of a level."""

    def act(files: Files) -> None:
        name = max(name for name in files if name.startswith(f"{FOLDER}/tile/{part}/"))
        files[name] = change(files[name])

    return act


def _flipped(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


_MORE = b'{"envelope_sha256":"sha256:%b","record_id":"sha256:%b","schema":"aztrust/leaf"}' % (
    b"0" * 64,
    b"9" * 64,
)


def _note(change: Callable[[bytes], bytes]) -> Change:
    return lambda files: files.update({HEAD: change(files[HEAD])})


def _signature_broken(note: bytes) -> bytes:
    head, _, line = note.rpartition(b" ")
    return head + b" " + line[:20] + (b"A" if line[20:21] != b"A" else b"B") + line[21:]


CHANGES: dict[str, tuple[Change, str]] = {
    "no_ledger": (_gone(""), "ledger-absent"),
    "no_hashes": (_gone("tile/0"), "is missing"),
    "no_entries": (_gone("tile/entries"), "not those of the tiles"),
    "no_head": (_gone("checkpoint"), "not a file of a kit"),
    "order_reversed": (leaves(lambda old: old[::-1]), "ledger-inconsistent"),
    "order_rotated": (leaves(lambda old: [*old[1:-1], old[0], old[-1]]), "ledger-inconsistent"),
    "leaf_twice": (leaves(lambda old: [*old, old[0]], "luca"), "does not read"),
    "leaf_more": (leaves(lambda old: [*old, _MORE], "luca"), f"record sha256:{'9' * 64}"),
    "hash_changed": (_tile("0", _flipped), "withheld"),
    "hashes_of_another_form": (_tile("0", lambda data: data + b"\n"), "does not read"),
    "hashes_too_short": (_tile("0", lambda data: data[:-32]), "does not read"),
    "entry_changed": (_tile("entries", _flipped), "not those of the tiles"),
    "entries_too_long": (_tile("entries", lambda data: data + b"\0"), "not those of the tiles"),
    "signature_broken": (_note(_signature_broken), "checkpoint"),
    "note_of_another_size": (_note(lambda n: n.replace(b"\n", b"\n1", 1)), "is missing"),
    "note_of_another_log": (_note(lambda n: n.replace(b"ledger.", b"ledgers.")), "checkpoint"),
    "note_with_a_line_more": (_note(lambda n: n + b"x\n"), "checkpoint"),
}


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("kit_name", ["by_policy", "by_freeze"])
def test_a_changed_ledger_never_matches(
    name: str, kit_name: str, request: pytest.FixtureRequest, tmp_path: Path
):
    kit = request.getfixturevalue(kit_name)
    change, said = CHANGES[name]
    files = dict(kit.files)
    change(files)
    code, text = check_sh(kit, files, tmp_path)
    assert code == (1 if name in ("leaf_more", "hash_changed") else 11), text
    assert said in text


def _leaves_of(book: Ledger, at: int | None = None) -> list[bytes]:
    """The leaves of a ledger, or the first of them."""
    keys = {f"sha256:{who(n).public().keyid}": who(n).public() for n in SIGNERS}
    opener = Opener()
    entries = book.envelopes()[:at]
    return [read_record(data, keys, opener, name="a record").leaf for data in entries]


def _kept_by(by: str, kit: Kit, at: int | None = None) -> bytes:
    """A head over the kit's leaves, or the first of them, by this holder."""
    assert kit.ledger is not None
    return head_note(_leaves_of(kit.ledger, at), by)


def test_a_head_by_another_holder_is_none(by_policy: Kit, tmp_path: Path):
    assert (
        check_sh(by_policy, by_policy.files | {HEAD: _kept_by("luca", by_policy)}, tmp_path)[0] == 0
    )
    files = by_policy.files | {HEAD: _kept_by("sonia", by_policy)}
    assert check_sh(by_policy, files, tmp_path / "sonia")[0] == 11


def test_a_head_over_fewer_entries_is_asked_about(by_policy: Kit, tmp_path: Path):
    files = by_policy.files | {HEAD: _kept_by("luca", by_policy, -1)}
    code, text = agrees(by_policy, files, tmp_path)
    assert (code, "is missing" in text) == (11, True)


def test_a_verdict_before_what_it_considered_never_matches(by_policy: Kit, tmp_path: Path):
    """The keeper signed an order that aztrust refuses."""
    launch, host = by_policy.launch, by_policy.host
    files = in_folder(launch)
    book = Ledger(launch, "OTHER", files=[files[-1], *files[:-1]])
    book.head()
    assert payload_of(book.envelopes()[0])["predicateType"].startswith("https://slsa")
    changed = by_policy.files | ledger_of(_leaves_of(book), book.head(keep=False))
    code, text = agrees(Kit(launch, host, changed, book), changed, tmp_path)
    assert code == 11
    assert "not in their order" in text


def test_a_verdict_that_considered_another_ledger_never_matches(tmp_path: Path):
    launch = Launch(tmp_path)
    host = Host(launch, frozen=False)
    book = Ledger(launch)
    document = statement(launch)
    document["predicate"][CHECKPOINT]["ledger"] = {
        "keeper": who("luca").public().fingerprint,
        "origin": ORIGIN,
        "root": "sha256:" + "5" * 64,
        "size": len(book.envelopes()),
    }
    book.append([put(launch, sign(document, "luca"))])
    book.head()
    path = host.kit(ledger=book.path)
    kit = Kit(launch, host, dict(parse_kit(path.read_bytes(), what="the kit").files), book)
    (tmp_path / "run").mkdir()
    code, text = agrees(kit, kit.files, tmp_path / "run")
    assert code == 11
    assert "verdicts considered" in text


def test_a_ledger_that_neither_policy_nor_freeze_names_is_asked_about(without: Kit, tmp_path: Path):
    book = Ledger(without.launch, "CLAIMED")
    files = without.files | ledger_of(_leaves_of(book), book.head(keep=False))
    code, text = check_sh(without, files, tmp_path)
    assert code == 11
    assert "ledger-unnamed" in text


def test_a_ledger_of_several_tiles_is_read_too(tmp_path: Path):
    """258 entries: the tile of 256, the one above it, and the entries of both."""
    launch = Launch(tmp_path)
    with_ledger(launch)
    host = Host(launch)
    book = Ledger(launch)
    notes = (said(launch, number) for number in range(258 - len(book.envelopes())))
    book.take(notes)
    book.head()
    path = host.kit(ledger=book.path)
    kit = Kit(launch, host, dict(parse_kit(path.read_bytes(), what="the kit").files), book)
    assert f"{FOLDER}/tile/1/000.p/1" in kit.files
    (tmp_path / "whole").mkdir()
    code, text = agrees(kit, kit.files, tmp_path / "whole")
    assert code == 0, text
    name = f"{FOLDER}/tile/1/000.p/1"
    changed = kit.files | {name: _flipped(kit.files[name])}
    code, text = check_sh(kit, changed, tmp_path / "changed")
    assert (code, "not those of the tiles" in text) == (11, True)


def said(launch: Launch, number: int) -> bytes:
    """A note by gabi."""
    digest = launch.records.policy_digest()
    record = {"policy_digest": digest, "said_at_unix_ms": launch.records.now, "text": f"{number}"}
    return sign(forge("note", record, {}, ("policy", digest)), "gabi").text().encode()


@dataclass
class Turn:
    """The kit with further entries, and a head by a keeper over all of them."""

    kit: Kit
    entries: list[bytes]

    @classmethod
    def of(cls, kit: Kit) -> Turn:
        assert kit.ledger is not None
        return cls(kit, list(kit.ledger.envelopes()))

    def add(self, kind: str, record: dict[str, object], by: str) -> Turn:
        """One more record about the policy."""
        digest = self.kit.launch.records.policy_digest()
        body = {"policy_digest": digest, "reason": "luca's laptop is lost", **record}
        envelope = sign(forge(kind, body, {}, ("policy", digest)), by).text().encode()
        return Turn(self.kit, [*self.entries, envelope])

    def take_over(self, by: str = "gabi", **changes: object) -> Turn:
        note = head_note(self.leaves, "luca").decode().split("\n")
        cited = {
            "origin": ORIGIN,
            "root": f"sha256:{_decoded(note[2])}",
            "size": len(self.entries),
            "taken_at_unix_ms": self.kit.launch.records.now,
        }
        return self.add("take-over", cited | changes, by)

    def close(self, by: str = "luca") -> Turn:
        return self.add("closing", {"closed_at_unix_ms": self.kit.launch.records.now}, by)

    def note(self) -> Turn:
        return Turn(self.kit, [*self.entries, said(self.kit.launch, 1)])

    @property
    def leaves(self) -> list[bytes]:
        keys = {f"sha256:{who(n).public().keyid}": who(n).public() for n in SIGNERS}
        return [read_record(data, keys, Opener(), name="a record").leaf for data in self.entries]

    def files(self, head_by: str, more: bytes = b"") -> Files:
        """The kit's files, the head with further signature lines."""
        files = {path: data for path, data in self.kit.files.items() if not is_tile(path)}
        assert self.kit.ledger is not None
        for data in self.entries[len(self.kit.ledger.envelopes()) :]:
            files[f"manifests/records/{sha256_id(payload(data))[7:23]}.x.dsse.json"] = data
        note = head_note(self.leaves, head_by) + more
        return files | ledger_of(self.leaves, note)

    def line(self, by: str) -> bytes:
        """The signature line of a holder over all entries."""
        return head_note(self.leaves, by).rpartition(b"\n\n")[2]


@pytest.mark.parametrize(
    ("turn", "head_by"),
    [
        (lambda turn: turn.take_over(), "gabi"),
        (lambda turn: turn.take_over().note(), "gabi"),
        (lambda turn: turn.close(), "luca"),
        (lambda turn: turn.take_over().close("gabi"), "gabi"),
        (lambda turn: turn, "luca"),
    ],
    ids=["taken over", "and went on", "closed", "taken over and closed", "as it was"],
)
def test_a_change_of_the_keeper_in_its_place_matches(
    by_keepers: Kit, tmp_path: Path, turn, head_by
):
    code, text = agrees(by_keepers, turn(Turn.of(by_keepers)).files(head_by), tmp_path)
    assert code == 0, text


@pytest.mark.parametrize(
    ("turn", "head_by"),
    [
        (lambda turn: turn.take_over(), "luca"),
        (lambda turn: turn.take_over("luca"), "luca"),
        (lambda turn: turn.take_over("sonia"), "sonia"),
        (lambda turn: turn, "gabi"),
        (lambda turn: turn.take_over(size=3), "gabi"),
        (lambda turn: turn.take_over(root="sha256:" + "5" * 64), "gabi"),
        (lambda turn: turn.take_over(origin="another.example"), "gabi"),
        (lambda turn: turn.take_over().take_over(), "gabi"),
        (lambda turn: turn.close("gabi"), "luca"),
        (lambda turn: turn.close().note(), "luca"),
        (lambda turn: turn.take_over().close("luca"), "gabi"),
    ],
)
def test_a_change_of_the_keeper_out_of_its_place_never_matches(
    by_keepers: Kit, tmp_path: Path, turn, head_by
):
    code, text = agrees(by_keepers, turn(Turn.of(by_keepers)).files(head_by), tmp_path)
    assert code == 11, text
    assert "ledger-inconsistent" in text


def test_a_take_over_that_is_not_in_the_ledger_never_matches(by_keepers: Kit, tmp_path: Path):
    turn = Turn.of(by_keepers)
    taken = turn.take_over()
    files = turn.files("luca") | {
        path: data for path, data in taken.files("gabi").items() if path.endswith(".x.dsse.json")
    }
    code, text = agrees(by_keepers, files, tmp_path)
    assert (code, "not in the ledger" in text) == (11, True)


def test_lines_of_others_are_carried_and_a_wrong_one_of_a_keeper_is_found(
    by_keepers: Kit, tmp_path: Path
):
    turn = Turn.of(by_keepers)
    witness = turn.line("sonia").replace(ORIGIN.encode(), b"witness.example")
    wrong = Turn(by_keepers, turn.entries[:-1])
    for name, more, answer in (
        ("witness", witness, 0),
        ("holder", turn.line("sonia"), 0),
        ("deputy", turn.line("gabi"), 11),
        ("wrong", wrong.line("luca"), 11),
        ("base64", b"\xe2\x80\x94 witness.example AAAAAAB=\n", 11),
        ("form", b"witness.example AAAAAAA=\n", 11),
    ):
        (tmp_path / name).mkdir()
        code, text = agrees(by_keepers, turn.files("luca", more), tmp_path / name)
        assert code == answer, (name, text)
