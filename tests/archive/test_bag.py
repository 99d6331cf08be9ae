"""An archive is one bag in one spelling, and whatever is done to it afterwards is found."""

from __future__ import annotations

import io
import os
import shutil
import stat
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from aztrust.core.archive.check import BagContents, check_bag
from aztrust.core.archive.layout import (
    TAG_FILES,
    BagFile,
    encode_path,
    parse_info,
    tag_files_of,
)
from aztrust.core.archive.listing import decode_path, read_listing
from aztrust.core.archive.tar import member_header
from aztrust.core.base.errors import CouldNotCheck, Refused
from aztrust.storage.bag.reading import holds_bag, opened_bag, read_bag
from aztrust.storage.bag.writing import write_bag
from tests.archive.bags import ABOUT, NAMES, files_of, flip, payload, written
from tests.patience import PATIENCE
from tests.shared import REPOSITORY

pytestmark = pytest.mark.clause("RC-J")


@pytest.fixture(params=[False, True], ids=["directory", "tar"])
def tar(request) -> bool:
    return request.param


def found(path: Path) -> list[tuple[str, str]]:
    with opened_bag(path) as bag:
        return [(finding.code, finding.subject) for finding in bag.findings]


def test_what_was_written_is_found_whole(tmp_path, tar):
    out, wrote = written(tmp_path, tar=tar)
    assert holds_bag(out)
    with opened_bag(out) as bag:
        assert bag.findings == ()
        assert bag.contents.payload == wrote.payload
        assert bag.contents.texts == wrote.tags
        for path, (data, executable) in NAMES.items():
            copy = bag.launch / "packages/release" / path
            assert copy.read_bytes() == data
            assert bool(copy.stat().st_mode & stat.S_IXUSR) is executable
        root = bag.root
    assert root is not None
    assert root.exists() is not tar


def test_hashing_alone_unpacks_nothing(tmp_path):
    out, _ = written(tmp_path, tar=True)
    bag = read_bag(out)
    assert bag.findings == ()
    with pytest.raises(CouldNotCheck, match="not unpacked"):
        _ = bag.launch


def test_one_flipped_bit_in_any_file_is_found(tmp_path):
    out, wrote = written(tmp_path)
    names = files_of(out)
    assert set(names) == {*wrote.payload, *TAG_FILES}
    for name in names:
        if not (out / name).stat().st_size:
            continue
        for at in (0, -1):
            flip(out / name, at)
            bag = read_bag(out)
            assert name in {finding.subject for finding in bag.findings}, (name, at)
            assert all(f.mend and f.message for f in bag.findings)
            flip(out / name, at)
    assert read_bag(out).findings == ()


def test_one_flipped_bit_anywhere_in_a_tar_is_found(tmp_path):
    out, _ = written(tmp_path, tar=True)
    size = out.stat().st_size
    # Each header and each content's first block, and every seventh byte between.
    for at in range(0, size, 7):
        flip(out, at)
        assert read_bag(out).findings, at
        flip(out, at)
    assert read_bag(out).findings == ()


@pytest.mark.parametrize(
    "path", ["data/launch/manifests/records/two.dsse.json", "aztrust/more", "x"]
)
def test_a_file_more_is_found(tmp_path, path):
    out, _ = written(tmp_path)
    (out / path).write_bytes(b"more")
    assert found(out) == [("archive-altered", path)]


def test_a_missing_file_is_found(tmp_path):
    out, _ = written(tmp_path)
    for name in files_of(out):
        data = (out / name).read_bytes()
        mode = (out / name).stat().st_mode
        alone = len(list((out / name).parent.iterdir())) == 1
        (out / name).unlink()
        bag = read_bag(out)
        assert name in [f.subject for f in bag.findings if f.code == "archive-altered"], name
        # A folder that is empty now is named as well.
        assert any("empty directory" in f.message for f in bag.findings) is alone
        (out / name).write_bytes(data)
        (out / name).chmod(mode)


def test_a_renamed_file_is_named_under_both_names(tmp_path):
    out, _ = written(tmp_path)
    (out / "data/index.html").rename(out / "data/start.html")
    findings = read_bag(out).findings
    assert [f.subject for f in findings] == ["data/index.html", "data/start.html"]
    assert "has the bytes of data/index.html" in findings[1].message


@pytest.mark.parametrize("name", [n for n in TAG_FILES if "manifest" in n or n.endswith("SUMS")])
def test_a_dropped_line_is_found(tmp_path, name):
    out, _ = written(tmp_path)
    lines = (out / name).read_bytes().splitlines(keepends=True)
    for at, line in enumerate(lines):
        (out / name).write_bytes(b"".join(lines[:at] + lines[at + 1 :]))
        dropped = line.split(b"  ", 1)[1].strip().decode()
        subjects = [f.subject for f in read_bag(out).findings]
        assert dropped in subjects
        # A tag manifest is in no list; every other list is in the tag manifests.
        assert (name in subjects) is not name.startswith("tagmanifest")


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda text: text + text.splitlines(keepends=True)[0], "twice"),
        (lambda text: b"".join(reversed(text.splitlines(keepends=True))), "not sorted"),
        (lambda text: text.replace(b"  ", b" ", 1), "no digest and path in line 1"),
        (lambda text: text.replace(b"  ", b" *", 1), "no digest and path in line 1"),
        (lambda text: text[:64].upper() + text[64:], "no digest and path in line 1"),
        (lambda text: text[:-1], "does not end with a line feed"),
        (lambda text: text + b"\n", "no digest and path in line"),
        (lambda text: text.replace(b"\n", b"\r\n"), "is not"),
        (lambda text: b"0" * 64 + b"  data/../../x\n" + text, "has the part '..'"),
        (lambda text: b"0" * 64 + b"  /etc/passwd\n" + text, "is absolute"),
        (lambda text: b"0" * 64 + b"  data/%61\n" + text, "percent-encoded"),
    ],
)
def test_a_list_in_another_spelling_is_refused(tmp_path, spoil, says):
    _, wrote = written(tmp_path)
    files = {**wrote.payload, **{p: BagFile.of(d) for p, d in wrote.tags.items()}}
    # The tag manifests are made to agree, so that nothing but the spelling is wrong.
    texts = dict(wrote.tags)
    name = "manifest-sha256.txt"
    texts[name] = spoil(texts[name])
    files[name] = BagFile.of(texts[name])
    for tagged, algorithm in (
        ("tagmanifest-sha256.txt", "sha256"),
        ("tagmanifest-sha512.txt", "sha512"),
    ):
        old = getattr(BagFile.of(wrote.tags[name]), algorithm).hex().encode()
        texts[tagged] = texts[tagged].replace(old, getattr(files[name], algorithm).hex().encode())
        files[tagged] = BagFile.of(texts[tagged])
    messages = [f.message for f in check_bag(BagContents(files, texts)) if f.subject == name]
    assert any(says in message for message in messages), messages


def test_links_are_refused_and_not_followed(tmp_path):
    out, _ = written(tmp_path)
    outside = tmp_path / "outside"
    outside.write_bytes((out / "data/index.html").read_bytes())
    (out / "data/index.html").unlink()
    (out / "data/index.html").symlink_to(outside)
    findings = read_bag(out).findings
    assert ("archive-malformed", "it is a symbolic link, which no archive has") in [
        (f.code, f.message) for f in findings
    ]


def test_a_folder_that_is_a_link_and_a_fifo_are_refused(tmp_path):
    out, _ = written(tmp_path)
    shutil.move(out / "data/launch", tmp_path / "elsewhere")
    (out / "data/launch").symlink_to(tmp_path / "elsewhere")
    os.mkfifo(out / "data/pipe")
    (out / "data/nothing").mkdir()
    messages = {
        f.subject: f.message for f in read_bag(out).findings if f.code == "archive-malformed"
    }
    assert "symbolic link" in messages["data/launch"]
    assert "not a regular file" in messages["data/pipe"]
    assert "empty directory" in messages["data/nothing"]


def repacked(source: Path, target: Path, change) -> None:
    """The members once more by Python's own writer, after `change` of (name, data) pairs."""
    with tarfile.open(source) as old:
        members = [(m.name, old.extractfile(m).read()) for m in old.getmembers()]
    with target.open("wb") as file:
        for info, data in change(members):
            file.write(
                info
                if isinstance(info, bytes)
                else member_header(info, len(data), executable=False)
            )
            file.write(data + bytes(-len(data) % 512))
        file.write(bytes(1024))


def linked(name: str, to: str) -> bytes:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = tarfile.SYMTYPE, to
    return info.tobuf(tarfile.USTAR_FORMAT)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda m: [(linked("test-1-archive/data/a", "/etc"), b""), *m], "symbolic link"),
        (lambda m: [("test-1-archive/data/../../x", b"x"), *m], "has the part '..'"),
        (lambda m: [("other/data/a", b"x"), *m], "outside of the folder"),
        (lambda m: [m[0], *m], "there twice"),
        (lambda m: [*m[1:], m[0]], "another place of the tar"),
        (lambda m: [("x", b""), *m], "in no folder"),
        (
            lambda m: [(tarfile.TarInfo(m[0][0]).tobuf(), b""), *m[1:]],
            "not as an archive writes it",
        ),
    ],
)
def test_a_tar_with_anything_else_in_it_is_refused_and_writes_nothing_outside(
    tmp_path, change, says
):
    out, _ = written(tmp_path, "bag.tar", tar=True)
    bad = tmp_path / "bad.tar"
    repacked(out, bad, change)
    into = tmp_path / "into"
    into.mkdir()
    before = files_of(tmp_path)
    bag = read_bag(bad, into)
    assert any(says in f.message for f in bag.findings), [f.message for f in bag.findings]
    assert [p for p in files_of(tmp_path) if not p.startswith("into/")] == before


def test_a_tar_that_is_cut_or_longer_is_refused(tmp_path):
    out, _ = written(tmp_path, "bag.tar", tar=True)
    data = out.read_bytes()
    for size in (0, 100, 512, 700, len(data) - 1024, len(data) - 512, len(data) - 1):
        out.write_bytes(data[:size])
        assert read_bag(out).findings, size
    out.write_bytes(data + b"\0")
    assert read_bag(out).findings
    out.write_bytes(data)
    assert read_bag(out).findings == ()


def test_python_and_the_reader_take_the_same_from_a_tar(tmp_path):
    out, wrote = written(tmp_path, "bag.tar", tar=True)
    with tarfile.open(out) as opened:
        members = {m.name.partition("/")[2]: m for m in opened.getmembers()}
        assert set(members) == {*wrote.payload, *wrote.tags}
        assert all(m.isreg() and m.mode in (0o644, 0o755) for m in members.values())
        assert members["data/launch/packages/release/bin/node"].mode == 0o755
        for path, data in wrote.tags.items():
            assert opened.extractfile(members[path]).read() == data


@pytest.mark.parametrize("size", [0, 1, (8 << 30) - 1, 8 << 30, 1 << 45])
@pytest.mark.parametrize("path", ["f/a", "f/" + "x" * 98, "f/" + "x" * 99, "f/" + "\u20ac" * 900])
def test_a_header_says_to_python_what_it_was_made_of(path, size):
    data = member_header(path, size, executable=True)
    info = tarfile.TarFile(fileobj=io.BytesIO(data + bytes(1024)), mode="r", errorlevel=0).next()
    assert (info.name, info.size, info.mode) == (path, size, 0o755)


@pytest.mark.parametrize("path", ["data/a", "data/100%", "data/a\nb", "data/a\r\nb", "data/%0A"])
def test_a_path_is_percent_encoded_as_the_rfc_says(path):
    encoded = encode_path(path)
    assert "\n" not in encoded
    assert "\r" not in encoded
    assert decode_path(encoded) == path
    listing = read_listing(b"0" * 64 + b"  " + encoded.encode() + b"\n", 32)
    assert (dict(listing.digests), listing.flaws) == ({path: "0" * 64}, ())


def around(files, info, profile):
    """What a check finds in a bag with these two tag files, whose lists all agree."""
    texts = tag_files_of(files, info, profile)
    contents = {**files, **{p: BagFile.of(d) for p, d in texts.items()}}
    return [finding.subject for finding in check_bag(BagContents(contents, texts))]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"Payload-Oxum: ", b"Payload-Oxum: 1"),
        (b"Payload-Oxum: ", b"Payload-Oxum: 1.1\nPayload-Oxum: "),
        (b"Aztrust-Archive-Version: 1.0", b"Aztrust-Archive-Version: 2.0"),
        (b"Bagging-Date: ", b"Date: "),
        (b"Bagging-Date: ", b"Bagging-Date:"),
    ],
)
def test_a_bag_info_that_no_archive_has_is_refused(tmp_path, old, new):
    _, wrote = written(tmp_path)
    info, profile = wrote.tags["bag-info.txt"], wrote.tags["aztrust/profile.json"]
    assert parse_info(info) == ABOUT
    assert around(wrote.payload, info, profile) == []
    assert around(wrote.payload, info.replace(old, new, 1), profile) == ["bag-info.txt"]


def test_an_archive_of_another_release_with_more_to_say_is_read(tmp_path):
    _, wrote = written(tmp_path)
    info = wrote.tags["bag-info.txt"] + b"Contact-Name: someone\n"
    assert around(wrote.payload, info, b'{"BagIt-Profile-Info":{}}') == []


def test_no_archive_is_written_over_anything_or_from_other_bytes(tmp_path, tar):
    out, _ = written(tmp_path, tar=tar)
    with pytest.raises(Refused, match="already exists"):
        written(tmp_path, tar=tar)
    sources = payload(tmp_path / "launch")
    node = tmp_path / "launch/packages/release/bin/node"
    for spoil, code in (
        (lambda: node.write_bytes(b"\x7fELF evil"), "file-modified"),
        (lambda: node.write_bytes(b"longer than it was"), "file-modified"),
        (node.unlink, "file-missing"),
    ):
        spoil()
        with pytest.raises(Refused) as refused:
            write_bag(tmp_path / "other", tmp_path / "launch", sources, ABOUT, tar=tar)
        assert refused.value.code == code
    # Nothing is left of the attempts.
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(["launch", out.name])


PROGRAM = """
import os, sys
from pathlib import Path
os.umask(int(sys.argv[1], 8))
from tests.archive.bags import written
written(Path(sys.argv[2]), "bag")
written(Path(sys.argv[2]), "bag.tar", tar=True)
"""


def test_two_machines_write_the_same_bytes(tmp_path):
    seen = []
    for name, umask, zone, locale in (
        ("a", "077", "Pacific/Kiritimati", "C"),
        ("b", "000", "America/Adak", "C.UTF-8"),
    ):
        folder = tmp_path / name
        folder.mkdir()
        env = {
            **os.environ,
            "TZ": zone,
            "LC_ALL": locale,
            "PYTHONHASHSEED": umask[1:],
            "PYTHONUTF8": "0",
        }
        subprocess.run(
            (sys.executable, "-c", PROGRAM, umask, str(folder)),
            env=env,
            cwd=REPOSITORY,
            check=True,
            timeout=PATIENCE,
        )
        bag = folder / "bag"
        seen.append(
            (
                (folder / "bag.tar").read_bytes(),
                [(p, (bag / p).read_bytes(), oct((bag / p).stat().st_mode)) for p in files_of(bag)],
                [oct(Path(at).stat().st_mode) for at, _, _ in sorted(os.walk(bag))],
            )
        )
    assert seen[0] == seen[1]


def test_a_launch_directory_and_a_kit_are_not_archives(tmp_path):
    (tmp_path / "launch/manifests").mkdir(parents=True)
    assert not holds_bag(tmp_path / "launch")
    with tarfile.open(tmp_path / "kit", "w") as kit:
        kit.addfile(tarfile.TarInfo("index.json"))
    assert not holds_bag(tmp_path / "kit")
    assert "not an archive" in read_bag(tmp_path / "launch").findings[-1].message
