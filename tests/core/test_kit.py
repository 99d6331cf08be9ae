"""The kit: one spelling for one content, and everything else is refused by name."""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
import tarfile

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from aztrust.core.base import canonical
from aztrust.core.base.digest import sha256_id
from aztrust.core.base.errors import Malformed
from aztrust.core.kit import archive as kit
from aztrust.core.kit.archive import (
    encode_kit,
    kit_evidence,
    kit_sealed,
    looks_like_kit,
    member_limit,
    parse_kit,
)
from aztrust.core.kit.ustar import BLOCK, END, header, padding
from aztrust.storage.launch import KEY_LIMIT
from tests.shared import REPOSITORY

OLD = b'{"old":1}'
FILES = {
    "check.sh": b"#!/bin/sh\nexit 0\n",
    "keys/rita.pem": b"key of rita\n",
    "manifests/genesis.json": b'{"genesis":1}',
    "manifests/launch.toml": b"version = 1\n",
    "manifests/records/a.json": b"x" * BLOCK,
    "manifests/records/b.json": b"",
    "manifests/release.json": b'{"release":1}',
    f"manifests/sealed/{sha256_id(OLD)[7:]}.json": OLD,
    "manifests/verdicts/f.dsse.json": b"v",
    "manifests/verdicts/f.sigstore.json": b"s",
}
KIT = encode_kit(FILES)
SHORTEST = encode_kit({"manifests/launch.toml": b"version = 1\n"})


def index(members, /, **fields):
    """An index as someone might write it who does not keep its rules."""
    listed = [{"path": p, "size": len(d), "sha256": sha256_id(d)} for p, d in members]
    head = {"schema": "aztrust/kit", "version_major": 1, "version_minor": 0, "files": listed}
    return canonical.dumps({**head, **fields})


def archive(members, listed=None, **fields):
    """A tar archive with an index over `listed`, or over the members themselves."""
    data = index(members if listed is None else listed, **fields)
    parts = [header("index.json", len(data)), data, padding(len(data))]
    for path, contents in members:
        parts += [header(path, len(contents), executable=path == "check.sh"), contents]
        parts.append(padding(len(contents)))
    return b"".join((*parts, END))


def refusal(data):
    with pytest.raises(Malformed) as caught:
        parse_kit(data, what="k.aztrust")
    error = caught.value
    assert error.code == "kit-malformed"
    assert "k.aztrust" in error.subject
    assert error.mend
    return error.message


def test_what_was_packed_is_read():
    assert parse_kit(KIT, what="k").files == FILES
    assert archive(sorted(FILES.items())) == KIT
    assert looks_like_kit(KIT[:16])
    assert not looks_like_kit(b"index.json is here")


def test_evidence_is_that_of_the_launch_directory():
    evidence = kit_evidence(parse_kit(KIT, what="k"))
    assert evidence.policy == b"version = 1\n"
    assert evidence.keys == {"rita.pem": b"key of rita\n"}
    assert evidence.manifests == {"release": b'{"release":1}', "genesis": b'{"genesis":1}'}
    assert evidence.records == {"a.json": b"x" * BLOCK, "b.json": b""}
    assert evidence.verdicts == {"f.dsse.json": b"v"}
    assert (evidence.packages, evidence.unreadable) == ({}, ())


def test_every_manifest_ever_sealed_is_there_the_current_ones_too():
    manifests = (OLD, b'{"release":1}', b'{"genesis":1}')
    wanted = sorted((sha256_id(data)[7:], data) for data in manifests)
    assert list(kit_sealed(parse_kit(KIT, what="k"))) == wanted


def test_other_tools_read_the_same_files(tmp_path):
    with tarfile.open(fileobj=io.BytesIO(KIT), mode="r:") as tar:
        members = tar.getmembers()
        found = {m.name: tar.extractfile(m).read() for m in members}
    assert json.loads(found.pop("index.json"))["schema"] == "aztrust/kit"
    assert found == FILES
    assert {(m.uid, m.gid, m.uname, m.gname, m.mtime) for m in members} == {
        (0, 0, "", "", 315_532_800)
    }
    assert {m.name: m.mode for m in members if m.mode != 0o644} == {"check.sh": 0o755}


@pytest.mark.parametrize("tool", [("tar", "-xf"), ("bsdtar", "-xf"), ("busybox", "tar", "-xf")])
def test_tar_unpacks_it_without_a_word(tmp_path, tool):
    if shutil.which(tool[0]) is None:
        pytest.skip(f"no {tool[0]} here")
    (tmp_path / "k.aztrust").write_bytes(KIT)
    done = subprocess.run(
        (*tool, "k.aztrust"), cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert {path: (tmp_path / path).read_bytes() for path in FILES} == FILES


def test_no_byte_can_be_another():
    for at in range(len(SHORTEST)):
        for bit in (1, 0x20, 0x80):
            flipped = bytearray(SHORTEST)
            flipped[at] ^= bit
            refusal(bytes(flipped))


@given(st.integers(0, len(KIT) - 1), st.integers(1, 255))
def test_no_byte_of_a_larger_one_either(at, bits):
    flipped = bytearray(KIT)
    flipped[at] ^= bits
    with pytest.raises(Malformed):
        parse_kit(bytes(flipped), what="k")


NAMES = st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9._@+-]{0,20}\Z")
PATHS = st.one_of(
    st.sampled_from(["check.sh", "manifests/release.json", "manifests/genesis.json"]),
    NAMES.map("keys/{}.pem".format),
    NAMES.map("manifests/records/{}".format),
    NAMES.map("manifests/verdicts/{}".format),
)


@given(st.dictionaries(PATHS, st.binary(max_size=1100), max_size=6), st.binary(max_size=40))
def test_any_files_come_back(files, policy):
    files = {**files, "manifests/launch.toml": policy}
    assume(len({path.casefold() for path in files}) == len(files))
    data = encode_kit(files)
    assert parse_kit(data, what="k").files == files
    assert encode_kit(dict(reversed(files.items()))) == data


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "an empty file"),
        (b"\x1f\x8b\x08" + KIT, "a gzip file"),
        (b"PK\x03\x04" + KIT, "a zip file"),
        (b"\x28\xb5\x2f\xfd" + KIT, "a zstd file"),
        (b"\n<!DOCTYPE html><html>", "a web page"),
        (b"<html>", "a web page"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\n", "a Git-LFS pointer"),
        (b'{"schema":"aztrust/kit"}', "a JSON document"),
        (b'version = 1\n[launch]\nname = "x"\n', "a policy"),
        (b"\0" * 2048, "something else"),
    ],
)
def test_what_is_not_a_kit_is_named(data, told):
    assert refusal(data) == f"is not a kit but {told}"


@pytest.mark.parametrize("size", [100, 511, 512, 600, 2000, len(KIT) - 1])
def test_a_truncated_kit(size):
    message = refusal(KIT[:size])
    assert message.startswith(f"is cut short: it ends after {size:,}")
    if size == len(KIT) - 1:
        assert f"of {len(KIT):,} bytes" in message


def test_a_kit_that_does_not_end():
    assert refusal(KIT + b"\0" * 512) == "has 512 bytes after its end"
    assert refusal(KIT + b"x") == "has 1 byte after its end"
    extra = header("keys/mallory.pem", 1) + b"k" + padding(1)
    assert "a member that its index does not list: keys/mallory.pem" in refusal(
        KIT[: -len(END)] + extra + END
    )
    again = header("keys/rita.pem", 1) + b"k" + padding(1)
    assert refusal(KIT[: -len(END)] + again + END) == "has keys/rita.pem twice"
    assert "does not end" in refusal(KIT[: -len(END)] + b"x" * len(END))


def written(files):
    """What the writer makes of files, None where it refuses."""
    try:
        return encode_kit(files)
    except Malformed:
        return None


SEALED_X = f"manifests/sealed/{sha256_id(b'x')[7:]}.json"
POLICY = ("manifests/launch.toml", b"p")
RITA = ("keys/rita.pem", b"k")


@pytest.mark.parametrize(
    ("members", "told"),
    [
        ([RITA, RITA, POLICY], "lists keys/rita.pem twice"),
        ([POLICY, RITA], "lists keys/rita.pem out of order"),
        ([RITA], "lists no manifests/launch.toml"),
        ([], "lists no manifests/launch.toml"),
        ([("keys/Rita.pem", b"k"), RITA, POLICY], "two spellings, one where case is ignored"),
        ([("/etc/passwd", b"x"), POLICY], "with an absolute path: /etc/passwd"),
        ([("../keys/a.pem", b"x"), POLICY], "leads out of its folder: ../keys/a.pem"),
        ([("keys/../../a.pem", b"x"), POLICY], "leads out of its folder"),
        ([("keys\\a.pem", b"x"), POLICY], "with a backslash in its path"),
        ([("keys/sub/a.pem", b"x"), POLICY], "where no kit has one: keys/sub/a.pem"),
        ([("keys/.a.pem", b"x"), POLICY], "where no kit has one"),
        ([("keys/rita.key", b"x"), POLICY], "where no kit has one"),
        ([("index.json", b"x"), POLICY], "where no kit has one"),
        ([("manifests/", b""), POLICY], "where no kit has one"),
        ([POLICY, ("packages/release/atlasd", b"x")], "where no kit has one"),
        ([POLICY, ("manifests/sealed/x.json", b"x")], "where no kit has one"),
        ([POLICY, (f"manifests/sealed/{'0' * 64}.json", b"x")], "whose name is not its digest"),
        (
            [POLICY, ("manifests/release.json", b"x"), (SEALED_X, b"x")],
            "a current manifest, a second time",
        ),
    ],
)
def test_an_index_that_lists_what_no_kit_has(members, told):
    assert told in refusal(archive(members))
    assert written(dict(members)) != archive(members)


@pytest.mark.parametrize(
    ("path", "limit"),
    [
        ("manifests/launch.toml", 4 << 20),
        ("manifests/records/a", 4 << 20),
        ("manifests/verdicts/a", 4 << 20),
        ("keys/a.pem", KEY_LIMIT),
        ("manifests/release.json", 512 << 20),
        (f"manifests/sealed/{'a' * 64}.json", 512 << 20),
    ],
)
def test_limits_of_members(path, limit):
    assert member_limit(path) == limit
    if limit > 4 << 20:
        return
    at = [POLICY, (path, b"")] if path != POLICY[0] else [(path, b"")]
    data = b"x" * (limit + 1)
    listed = sorted((p, data if p == path else d) for p, d in at)
    assert f"the limit there is {limit:,}" in refusal(archive([], listed))
    with pytest.raises(Malformed, match="the limit there"):
        encode_kit(dict(listed))


def test_limits_of_the_whole(monkeypatch):
    monkeypatch.setattr(kit, "MEMBER_COUNT", 9)
    assert "has 10 members; the limit is 9" in refusal(KIT)
    monkeypatch.undo()
    monkeypatch.setattr(kit, "KIT_LIMIT", len(KIT) - 1)
    assert f"is larger than {len(KIT) - 1:,} bytes" in refusal(KIT)
    with pytest.raises(Malformed, match="larger than"):
        encode_kit(FILES)
    monkeypatch.undo()
    monkeypatch.setattr(kit, "INDEX_LIMIT", 10)
    assert "has an index of" in refusal(KIT)


def test_an_index_that_claims_more_than_any_limit():
    """A bomb is refused for what its index says, before anything is allocated for it."""
    listed = [{"path": POLICY[0], "size": 1 << 40, "sha256": sha256_id(b"")}]
    data = archive([], listed=[], files=listed)
    assert "size" in refusal(data)


def test_a_member_that_is_not_what_the_index_lists():
    broken = KIT.replace(b"key of rita", b"key of evil")
    assert refusal(broken) == "is damaged: keys/rita.pem is not what its index lists"


def other_header(path, **fields):
    info = tarfile.TarInfo(path)
    info.size, info.mtime = 12, 315_532_800
    for name, value in fields.items():
        setattr(info, name, value)
    return info.tobuf(tarfile.USTAR_FORMAT)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"type": tarfile.SYMTYPE, "linkname": "/etc/passwd"}, "has a symbolic link"),
        ({"type": tarfile.LNKTYPE, "linkname": "index.json"}, "has a hard link"),
        ({"type": tarfile.CHRTYPE}, "has a device"),
        ({"type": tarfile.BLKTYPE}, "has a device"),
        ({"type": tarfile.FIFOTYPE}, "has a FIFO"),
        ({"type": tarfile.DIRTYPE}, "has a directory"),
        ({"type": tarfile.XHDTYPE}, "has a pax extension"),
        ({"type": tarfile.XGLTYPE}, "has a pax extension"),
        ({"type": tarfile.GNUTYPE_LONGNAME}, "has a GNU extension"),
        ({"type": tarfile.GNUTYPE_SPARSE}, "has a GNU extension (sparse"),
        ({"name": "/keys/rita.pem"}, "with an absolute path"),
        ({"name": "../rita.pem"}, "leads out of its folder"),
        ({"name": "keys/..\\rita.pem"}, "with a backslash"),
        ({"name": "keys/sonia.pem"}, "that its index does not list: keys/sonia.pem"),
        ({"name": "manifests/launch.toml"}, "where its index has keys/rita.pem"),
        ({"name": "check.sh"}, "has check.sh twice"),
        ({"mode": 0o755}, "a header of keys/rita.pem that packing does not write"),
        ({"mode": 0o4644}, "does not write"),
        ({"uid": 1000}, "does not write"),
        ({"uname": "rita"}, "does not write"),
        ({"mtime": 0}, "does not write"),
        ({"size": 11}, "does not write"),
    ],
)
def test_a_member_that_is_something_else(fields, told):
    plain = header("keys/rita.pem", 12)
    assert KIT.count(plain) == 1
    assert told in refusal(KIT.replace(plain, other_header("keys/rita.pem", **fields)))


def test_a_damaged_header_and_dirty_padding():
    plain = header("keys/rita.pem", 12)
    assert refusal(KIT.replace(plain, plain[:-1] + b"x")) == "has a damaged header"
    dirty = KIT.replace(b"key of rita\n\0", b"key of rita\nx")
    assert "bytes other than zero between two members" in refusal(dirty)
    after_index = KIT.index(b"}\0") + 1
    dirty = KIT[:after_index] + b"x" + KIT[after_index + 1 :]
    assert "bytes other than zero" in refusal(dirty)


def repacked(format_):
    stream = io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(KIT)) as old,
        tarfile.open(fileobj=stream, mode="w", format=format_) as new,
    ):
        for member in old.getmembers():
            new.addfile(member, old.extractfile(member))
    return stream.getvalue()


def test_a_kit_that_another_tool_packed_again():
    assert "was packed by another tool" in refusal(repacked(tarfile.GNU_FORMAT))
    assert "was packed by another tool" in refusal(repacked(tarfile.USTAR_FORMAT))


def test_a_tar_archive_that_is_not_a_kit():
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        tar.addfile(tarfile.TarInfo("atlasd"))
    assert "is a tar archive and no kit: it begins with atlasd" in refusal(stream.getvalue())
    assert "with an absolute path" in refusal(other_header("/etc/x") + END)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"version_major": 2}, "is a kit of version 2.0; this aztrust reads 1.0"),
        ({"version_minor": 1}, "is a kit of version 1.1; this aztrust reads 1.0"),
        ({"version_major": "1"}, "version_major"),
        ({"version_major": True}, "version_major"),
        ({"schema": "aztrust/other"}, "its index is not of schema aztrust/kit"),
        ({"more": 1}, "unknown key more"),
        ({"files": {}}, "files"),
        ({"files": [{"path": "x"}]}, "files[0]"),
    ],
)
def test_an_index_of_another_form(fields, told):
    assert told in refusal(archive([POLICY], **fields))


@pytest.mark.parametrize("text", [b"[]", b"{}", b"nonsense", b'{"a":1,"a":1}', b'{"schema": 1}'])
def test_an_index_that_is_none(text):
    refusal(header("index.json", len(text)) + text + padding(len(text)) + END)


def test_an_index_with_white_space_is_another_spelling():
    loose = json.dumps(json.loads(index([POLICY]))).encode()
    data = header("index.json", len(loose)) + loose + padding(len(loose))
    data += header(*POLICY[:1], 1) + b"p" + padding(1) + END
    assert "not in canonical form" in refusal(data)


def test_the_example_in_the_document_is_real():
    text = (REPOSITORY / "docs/formats/kit.md").read_text("utf-8")
    example = text[text.index("## Example") : text.index("## Grammar")]
    key = re.search(r"-----BEGIN.*?-----END PUBLIC KEY-----\n", example, re.DOTALL)[0].encode()
    data = encode_kit({"keys/cosmin.pem": key, "manifests/launch.toml": b"version = 1\n"})
    shown = json.loads(re.search(r"```json\n(.*?)```", example, re.DOTALL)[1])
    size = int(data[124:135], 8)
    assert canonical.dumps(shown) == data[512 : 512 + size]
    assert f"{size} 1980-01-01 00:00 index.json" in example
    assert f"The whole is {len(data):,} bytes" in example
    assert sha256_id(data) in example
