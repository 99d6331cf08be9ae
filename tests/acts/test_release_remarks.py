"""What sealers and approvers of a release are warned of, and what a checksum list may not say."""

from __future__ import annotations

import re
from hashlib import sha256
from pathlib import Path

import pytest

from aztrust.acts import checksum_lists
from aztrust.acts.approve import ApprovalOptions, prepare_approval
from aztrust.acts.checksum_lists import LIST_LIMIT, MOST_FINDINGS, looks_like_list
from aztrust.acts.preconditions import read_launch_context
from aztrust.acts.seal import prepare_seal
from aztrust.core.base.errors import Refused
from fixtures.forge.programs import linux_program
from tests.core.programs import elf
from tests.disk_launch import Launch, make_launch, signer
from tests.storage.test_describing import go_program


def packaged(parent: Path, **files: bytes) -> Launch:
    """A launch whose release has these files too, not sealed yet."""
    launch = make_launch(parent, seal=False)
    for name, data in files.items():
        launch.file("release", name).write_bytes(data)
    return launch


def sealer_sees(launch: Launch) -> list[tuple[str, str]]:
    prepared = prepare_seal(launch.path, read_launch_context(launch.path), "release")
    return [(remark.code, remark.text) for remark in prepared.remarks]


def approver_sees(launch: Launch, *, manifest_only: bool = False) -> list[tuple[str, str]]:
    launch.write_manifest("release")
    launch.seal("release", "rita")
    options = ApprovalOptions("release", manifest_only=manifest_only)
    context = read_launch_context(launch.path)
    prepared = prepare_approval(launch.path, context, signer("sonia").public, options)
    assert prepared.review is not None
    codes = ("platform-unknown", "build-modified", "artifact-unlisted", "checksum-list")
    codes += ("artifact-not-a-program", "provenance-mismatch")
    return [(w.code, w.text) for w in prepared.review.warnings if w.code in codes]


def digits(data: bytes) -> str:
    return sha256(data).hexdigest()


def test_a_list_that_agrees_is_counted_for_sealer_and_approver(tmp_path: Path) -> None:
    lines = f"{digits(b'one')}  one\n{digits(b'two')}  two\n{'0' * 64}  of-another-release\n"
    launch = packaged(tmp_path, one=b"one", two=b"two", SHA256SUMS=lines.encode())
    text = "SHA256SUMS lists 3 files, 2 of them here; all of these agree"
    assert ("checksum-list", text) in sealer_sees(launch)
    assert ("checksum-list", text) in approver_sees(launch)


def test_a_list_that_contradicts_the_package_is_not_sealed(tmp_path: Path) -> None:
    lines = f"{digits(b'one')}  one\n{digits(b'old')}  two\n"
    launch = packaged(tmp_path, one=b"one", two=b"two", **{"checksums.txt": lines.encode()})
    with pytest.raises(Refused) as caught:
        sealer_sees(launch)
    assert (caught.value.code, caught.value.subject) == ("file-modified", "release:two")
    assert len(caught.value.details) == 1
    assert "line 2 of checksums.txt" in caught.value.details[0]


def test_an_approver_sees_a_contradiction_that_was_sealed(tmp_path: Path) -> None:
    launch = packaged(tmp_path, two=b"two", SHA256SUMS=f"{digits(b'old')}  two\n".encode())
    launch.write_manifest("release")
    launch.seal("release", "rita")
    options = ApprovalOptions("release")
    prepared = prepare_approval(
        launch.path, read_launch_context(launch.path), signer("sonia").public, options
    )
    assert prepared.review is not None
    found = [w.text for w in prepared.review.warnings if w.code == "file-modified"]
    assert len(found) == 1
    assert found[0].startswith("release:two: its sha256 digest is not the one in line 1")


def test_a_list_is_relative_to_its_own_folder_first(tmp_path: Path) -> None:
    launch = packaged(tmp_path, one=b"outer")
    inner = launch.file("release", "dist/one")
    inner.parent.mkdir()
    inner.write_bytes(b"inner")
    (inner.parent / "SHA256SUMS").write_text(f"{digits(b'inner')}  one\n")
    text = "dist/SHA256SUMS lists 1 files, 1 of them here; all of these agree"
    assert ("checksum-list", text) in sealer_sees(launch)


def test_lines_of_another_algorithm_are_counted_as_not_checked(tmp_path: Path) -> None:
    launch = packaged(tmp_path, one=b"one", SHA512SUMS=b"0" * 128 + b"  one\n")
    ((_, text),) = [r for r in sealer_sees(launch) if r[0] == "checksum-list"]
    assert text.endswith("1 lines were not checked: no SHA-256 or BLAKE3 line")


def test_a_digest_alone_is_of_the_file_that_its_list_is_named_after(tmp_path: Path) -> None:
    launch = packaged(tmp_path / "agrees", **{"notes.txt": b"x", "notes.txt.sha256": b""})
    launch.file("release", "notes.txt.sha256").write_text(digits(b"x"))
    assert any("all of these agree" in text for _, text in sealer_sees(launch))
    launch.file("release", "notes.txt.sha256").write_text(digits(b"y"))
    with pytest.raises(Refused):
        sealer_sees(launch)


def test_a_list_over_the_limit_is_named_as_not_looked_at(tmp_path: Path) -> None:
    launch = packaged(tmp_path, SHA256SUMS=b"#" * (LIST_LIMIT + 1))
    ((_, text),) = [r for r in sealer_sees(launch) if r[0] == "checksum-list"]
    assert "were not looked at" in text


@pytest.mark.parametrize(
    ("name", "is_list"),
    [
        ("SHA256SUMS", True),
        ("sha256sums.txt", True),
        ("checksums.txt", True),
        ("node_1.0_checksums.txt", True),
        ("dist/node.tar.gz.sha256", True),
        ("SHA512SUMS", True),
        ("b3sums", True),
        ("checksums.md", False),
        ("sha256.go", False),
        ("SHA-256SUMS", True),
        ("sha-256.txt", True),
        ("sha2-256sums.txt", True),
        ("SHA256SUMSlinux", True),
        ("B2SUMS", True),
        ("sums.txt", True),
        ("integrity.txt", True),
        ("sha256.csv", True),
        ("checksums.json", True),
        ("noded.hash", True),
        ("noded.sha256.txt", True),
        ("summary.txt", False),
        ("SHA256SUMS.sig", True),
    ],
)
def test_lists_are_known_by_their_names(name: str, is_list: bool) -> None:
    assert looks_like_list(name) is is_list


def test_a_dirty_build_is_named_with_its_commit(tmp_path: Path) -> None:
    launch = packaged(tmp_path, **{"bin/atlasd": go_program()})
    for seen in (sealer_sees(launch), approver_sees(launch)):
        ((_, text),) = [r for r in seen if r[0] == "build-modified"]
        assert text.startswith("bin/atlasd was built by Go from a work tree with uncommitted")
        assert "commit a81f33c" in text
        assert "platform-unknown" not in dict(seen)


def test_a_script_has_no_platform_that_could_be_read(tmp_path: Path) -> None:
    launch = packaged(tmp_path, **{"bin/atlasd": b"#!/bin/sh\n"})
    text = "no header tells the platform of: linux/amd64 bin/atlasd (script)"
    assert ("platform-unknown", text) in sealer_sees(launch)
    assert ("platform-unknown", text) in approver_sees(launch)


def test_a_clean_program_for_its_platform_is_nothing_to_remark(tmp_path: Path) -> None:
    launch = packaged(tmp_path, **{"bin/atlasd": linux_program("amd64")})
    assert sealer_sees(launch) == approver_sees(launch) == []


@pytest.mark.parametrize(("kind", "named"), [(1, "ELF object file"), (4, "ELF core dump")])
def test_what_no_host_can_start_is_named(tmp_path: Path, kind: int, named: str) -> None:
    launch = packaged(tmp_path, **{"bin/atlasd": elf(kind=kind)})
    text = f"bin/atlasd is an {named} for linux/amd64: no host can start it or load it as a library"
    assert sealer_sees(launch) == [("artifact-not-a-program", text)]
    assert approver_sees(launch) == [("artifact-not-a-program", text)]


def test_what_looks_like_an_artifact_and_is_none_is_named(tmp_path: Path) -> None:
    launch = packaged(tmp_path, **{"node-arm64.tar.gz": b"x", "tool": b"x", "notes.md": b"x"})
    launch.file("release", "tool").chmod(0o755)
    script = launch.file("release", "start.sh")
    script.write_bytes(b"#!/bin/sh\n")
    script.chmod(0o755)
    text = "no artifact of the policy names what looks like one: node-arm64.tar.gz, tool"
    assert ("artifact-unlisted", text) in sealer_sees(launch)
    assert ("artifact-unlisted", text) in approver_sees(launch, manifest_only=True)


def test_many_contradictions_are_counted_and_twenty_are_named(tmp_path: Path) -> None:
    names = [f"f{n:02}" for n in range(25)]
    lines = "".join(f"{'0' * 64}  {name}\n" for name in names)
    files = dict.fromkeys(names, b"x")
    launch = packaged(tmp_path, **files, SHA256SUMS=lines.encode())
    with pytest.raises(Refused) as caught:
        sealer_sees(launch)
    assert len(caught.value.details) == MOST_FINDINGS
    ((_, text),) = [r for r in approver_sees(launch) if r[0] == "checksum-list"]
    assert "25 of them here; 25 of them have other digests" in text


@pytest.mark.parametrize(
    "line",
    [
        "{}  /home/ci/build/notes.txt",
        "{}  ./dist/notes.txt",
        "{}   notes.txt",
        "{} *C:\\x\\notes.txt",
    ],
)
def test_a_list_made_in_another_directory_is_held_against_the_file_of_that_name(
    tmp_path: Path, line: str
) -> None:
    for data, name in ((b"x", "agrees"), (b"y", "differs")):
        lines = f"{line.format(digits(data))}\n{'0' * 64}  other\n"
        launch = packaged(tmp_path / name, **{"notes.txt": b"x", "SHA256SUMS": lines.encode()})
        if name == "agrees":
            text = "SHA256SUMS lists 2 files, 1 of them here; all of these agree"
            assert ("checksum-list", text) in sealer_sees(launch)
        else:
            with pytest.raises(Refused):
                sealer_sees(launch)


def test_of_two_lines_with_one_name_neither_is_guessed(tmp_path: Path) -> None:
    lines = f"{digits(b'y')}  linux/notes.txt\n{digits(b'z')}  darwin/notes.txt\n"
    launch = packaged(tmp_path, **{"notes.txt": b"x", "SHA256SUMS": lines.encode()})
    assert ("checksum-list", "SHA256SUMS lists 2 files, 0 of them here") in sealer_sees(launch)


@pytest.mark.parametrize("name", ["notes.txt.sha256", "notes.txt.sha256.txt"])
@pytest.mark.parametrize("line", ["{}", "sha256:{}", "{}  -", "SHA256(stdin)= {}"])
def test_a_digest_of_a_stream_is_of_the_file_that_its_list_is_named_after(
    tmp_path: Path, name: str, line: str
) -> None:
    launch = packaged(tmp_path, **{"notes.txt": b"x", name: line.format(digits(b"x")).encode()})
    assert any("all of these agree" in text for _, text in sealer_sees(launch))
    launch.file("release", name).write_text(line.format(digits(b"y")))
    with pytest.raises(Refused):
        sealer_sees(launch)


def test_a_signature_is_not_a_list_and_a_signed_message_is(tmp_path: Path) -> None:
    message = (
        "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n"
        f"{digits(b'y')}  notes.txt\n"
        "-----BEGIN PGP SIGNATURE-----\n\nAA==\n-----END PGP SIGNATURE-----\n"
    )
    files = {"notes.txt": b"x", "SHA256SUMS.sig": b"\x89\x01\x33"}
    launch = packaged(tmp_path, **files)
    assert sealer_sees(launch) == sealer_sees(packaged(tmp_path / "none", **{"notes.txt": b"x"}))
    launch.file("release", "SHA256SUMS.sig").write_text(message)
    with pytest.raises(Refused):
        sealer_sees(launch)


@pytest.mark.parametrize(
    "name", ["SHA256SUMS.sig", "files.list", "MANIFEST", "atlasd.sig", "release.txt", "x.bin"]
)
@pytest.mark.parametrize("line", ["{}  notes.txt", "SHA256 (dist/notes.txt) = {}"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_list_under_any_name_is_known_by_its_lines(
    tmp_path: Path, name: str, line: str, encoding: str
) -> None:
    def text(data: bytes) -> bytes:
        return f"# made by CI\n{line.format(digits(data))}\n{'0' * 64}  other\n".encode(encoding)

    launch = packaged(tmp_path, **{"notes.txt": b"x", name: text(b"x")})
    shown = [text for code, text in sealer_sees(launch) if code == "checksum-list"]
    assert len(shown) == 1
    assert shown[0].startswith(f"{name} lists 2 files, 1 of them here; all of these agree")
    launch.file("release", name).write_bytes(text(b"old"))
    with pytest.raises(Refused) as caught:
        sealer_sees(launch)
    assert (caught.value.code, caught.value.subject) == ("file-modified", "release:notes.txt")
    assert f"line 2 of {name}" in caught.value.details[0]


@pytest.mark.parametrize(
    "data",
    [
        b"0" * 64 + b"\n",
        b"0" * 64 + b"  nothing-of-this-package\n",
        b"0" * 64 + b"notes.txt\n",
        b"id " + b"0" * 64 + b"  notes.txt\n",
        b"\xff\xfe" + b"0" * 65,
    ],
    ids=["a digest alone", "of another package", "no separator", "not at the start", "half UTF-16"],
)
def test_a_file_whose_lines_are_about_no_file_here_is_not_a_list(
    tmp_path: Path, data: bytes
) -> None:
    launch = packaged(tmp_path, **{"notes.txt": b"x", "key.id": data})
    assert [text for code, text in sealer_sees(launch) if code == "checksum-list"] == []


def test_what_a_text_about_a_release_lists_otherwise_is_a_warning(tmp_path: Path) -> None:
    lines = f"{digits(b'old')}  notes.txt\n{digits(b'one')}  one\n"
    launch = packaged(tmp_path, one=b"one", **{"notes.txt": b"x", "READ.md": lines.encode()})
    text = "READ.md lists 2 files, 2 of them here; 1 of them have other digests"
    assert ("checksum-list", text) in sealer_sees(launch)
    assert ("checksum-list", text) in approver_sees(launch)


@pytest.mark.parametrize("limit", ["MOST_CONTENTS", "MOST_LISTS", "CONTENT_LIMIT"])
def test_files_that_may_be_lists_are_counted_where_they_are_too_many(
    tmp_path: Path, limit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = f"{digits(b'x')}  notes.txt\n".encode()
    launch = packaged(tmp_path, **{"notes.txt": b"x", "a": lines, "b": lines, "c": lines})
    before = [text for code, text in sealer_sees(launch) if code == "checksum-list"]
    assert [text[0] for text in before] == ["a", "b", "c"]
    monkeypatch.setattr(checksum_lists, limit, len(lines) * 2 if limit == "CONTENT_LIMIT" else 2)
    after = [text for code, text in sealer_sees(launch) if code == "checksum-list"]
    assert after[:2] == before[:2]
    assert re.match(r"[1-9][0-9]* files whose names are not those of lists", after[2])
