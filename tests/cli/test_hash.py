"""`aztrust hash`: lines that go into other tools and come back, and honest exit codes."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys

import pytest

from aztrust.cli.main import main
from tests.patience import PATIENCE
from tests.storage.trees import entry, make

FILES = {"d/b": b"2", "d/a": b"1", "c": b"x" * (2 << 20), "new\nline": b"n"}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    make(tmp_path / "w", FILES)
    monkeypatch.chdir(tmp_path / "w")
    return tmp_path / "w"


@pytest.fixture
def aztrust(capfdbinary):
    """Runs the command; (exit code, stdout, stderr)."""

    def run(*words):
        code = main(list(words), prog_name="aztrust", standalone_mode=False)
        out, err = capfdbinary.readouterr()
        return code, out, err

    return run


def digits(path, algorithm="sha256"):
    return getattr(entry(path, FILES[path]), algorithm).rpartition(":")[2]


def test_plain_lines_of_one_algorithm_directories_sorted(aztrust):
    code, out, _ = aztrust("hash", "--algorithm", "sha256", "c", "d")
    assert code == 0
    assert out.decode().splitlines() == [
        f"{digits('c')}  c",
        f"{digits('d/a')}  d/a",
        f"{digits('d/b')}  d/b",
    ]


def test_both_algorithms_give_lines_that_say_which_is_which(aztrust):
    code, out, _ = aztrust("hash", "d/a")
    assert code == 0
    assert out.decode().splitlines() == [
        f"SHA256 (d/a) = {digits('d/a')}",
        f"BLAKE3 (d/a) = {digits('d/a', 'blake3')}",
    ]


@pytest.mark.parametrize(
    ("algorithm", "tool", "listed"),
    [("sha256", "sha256sum", "SHA256SUMS"), ("blake3", "b3sum", "B3SUMS")],
)
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_lists_go_into_the_tool_and_come_back(aztrust, tmp_path, algorithm, tool, listed, jobs):
    path = shutil.which(tool)
    if path is None:
        pytest.skip(f"{tool} is not installed")
    here = tmp_path / listed
    assert aztrust("hash", "--algorithm", algorithm, "--jobs", jobs, "-o", str(here), ".")[0] == 0
    done = subprocess.run((path, "--check", here), capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    theirs = subprocess.run((path, *FILES), capture_output=True, check=True)
    here.write_bytes(theirs.stdout)
    code, out, _ = aztrust("hash", "--check", str(here))
    assert code == 0
    assert out.startswith(b"PASS     4 of 4 files match")
    assert b"new\\nline: OK" in out


def test_our_own_tagged_lines_are_checked(aztrust, tmp_path):
    (tmp_path / "SUMS").write_bytes(aztrust("hash", ".")[1])
    code, out, _ = aztrust("hash", "--check", str(tmp_path / "SUMS"))
    assert code == 0
    assert out.startswith(b"PASS     8 of 8 files match")


def test_a_list_of_unknown_kind_says_which_algorithm_fits(aztrust, tmp_path):
    (tmp_path / "SUMS").write_text(f"{digits('c')}  c\n{digits('d/a', 'blake3')}  d/a\n")
    code, out, _ = aztrust("hash", "--check", str(tmp_path / "SUMS"))
    assert code == 0
    assert b"c: OK (sha256)\nd/a: OK (blake3)\n" in out
    code, out, _ = aztrust("hash", "--algorithm", "sha256", "--check", str(tmp_path / "SUMS"))
    assert code == 10


def test_a_modified_file_fails_with_both_digests_whole(aztrust, tmp_path):
    (tmp_path / "SHA256SUMS").write_text(f"{digits('c')}  d/a\n")
    code, out, _ = aztrust("hash", "--check", str(tmp_path / "SHA256SUMS"))
    assert code == 10
    text = out.decode()
    assert text.startswith("FAIL     0 of 1 files match   exit 10\n")
    assert "file-modified  d/a" in text
    assert f"sha256:{digits('c')}" in text
    assert f"sha256:{digits('d/a')}" in text
    assert "d/a: FAILED" in text


def test_a_missing_file_fails(aztrust, tmp_path):
    (tmp_path / "SHA256SUMS").write_text(f"{digits('c')}  gone\n{digits('c')}  c\n")
    code, out, _ = aztrust("hash", "--check", str(tmp_path / "SHA256SUMS"))
    assert code == 10
    assert b"file-missing  gone" in out


def test_what_could_not_be_read_is_neither_failure_nor_success(aztrust, tmp_path):
    os.mkfifo("fifo")
    (tmp_path / "SHA256SUMS").write_text(f"{digits('c')}  fifo\n{digits('c')}  c\n")
    code, out, _ = aztrust("hash", "--check", str(tmp_path / "SHA256SUMS"))
    assert code == 1
    assert out.startswith(b"ERROR    1 of 2 files match   exit 1")


@pytest.mark.parametrize("data", [b"", b"# only a comment\n\n"])
def test_an_empty_list_checks_nothing(aztrust, tmp_path, data):
    (tmp_path / "SHA256SUMS").write_bytes(data)
    code, out, err = aztrust("hash", "--check", str(tmp_path / "SHA256SUMS"))
    assert (code, out) == (3, b"")
    assert b"nothing was checked" in err


def test_a_malformed_line_is_never_passed_over(aztrust, tmp_path):
    (tmp_path / "SHA256SUMS").write_text(f"{digits('c')}  c\n{digits('c')[:-1]}  d/a\x1b[2J\n")
    code, out, _ = aztrust("hash", "--check", str(tmp_path / "SHA256SUMS"))
    assert code == 10
    assert b"line 2 is not a checksum line" in out
    assert b"\x1b" not in out


def test_only_the_named_files_are_checked(aztrust, tmp_path):
    (tmp_path / "SHA256SUMS").write_text(f"{digits('c')}  ./c\n{digits('c')}  gone\n")
    code, out, _ = aztrust("hash", "c", "--check", str(tmp_path / "SHA256SUMS"))
    assert code == 0
    assert b"1 of 1" in out
    code, out, _ = aztrust("hash", "c", "d/a", "--check", str(tmp_path / "SHA256SUMS"))
    assert code == 10
    assert b"file-unlisted  d/a" in out


def test_a_list_from_standard_input(aztrust, monkeypatch):
    stdin = io.TextIOWrapper(io.BytesIO(f"{digits('c')}  c\n".encode()))
    monkeypatch.setattr("sys.stdin", stdin)
    assert aztrust("hash", "--check", "-")[0] == 0


def test_a_problem_outside_the_files_is_in_the_first_line(aztrust, tmp_path):
    (tmp_path / "SHA256SUMS").write_text(f"{digits('c')}  c\nnonsense\n")
    code, out, _ = aztrust("hash", "--check", str(tmp_path / "SHA256SUMS"))
    assert code == 10
    assert out.startswith(b"FAIL     1 of 1 files match, but 1 problem   exit 10\n")


def test_a_list_that_is_not_a_file_or_not_a_list_is_refused_at_once(aztrust, tmp_path):
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "long").write_bytes(b"x" * (17 << 10))
    (tmp_path / "big").touch()
    os.truncate(tmp_path / "big", 1 << 34)
    said = {"fifo": b"not a regular file", "long": b"16 KiB", "big": b"64 MiB"}
    for name, words in said.items():
        code, out, err = aztrust("hash", "--check", str(tmp_path / name))
        assert (code, out) == (1, b"")
        assert words in b" ".join(err.split())
    assert aztrust("hash", "--check", "/dev/null")[0] == 1
    assert aztrust("hash", "--check", str(tmp_path))[0] == 1


def test_a_list_that_is_not_there_could_not_be_checked(aztrust):
    code, _, err = aztrust("hash", "--check", "nothing")
    assert code == 1
    assert b"nothing" in err


def test_nothing_named_is_a_usage_error(aztrust):
    assert aztrust("hash")[0] == 2


def test_an_empty_directory_is_nothing_to_hash(aztrust, tmp_path):
    (tmp_path / "empty").mkdir()
    assert aztrust("hash", str(tmp_path / "empty"))[0] == 3


def test_what_cannot_be_hashed_is_reported_and_the_rest_is_printed(aztrust):
    os.mkfifo("d/fifo")
    code, out, err = aztrust("hash", "--algorithm", "sha256", "d", "gone")
    assert code == 1
    assert out.count(b"\n") == 2
    assert b"special-file  d/fifo" in err
    assert b"file-missing  gone" in err


def test_json_for_hashing_and_for_checking(aztrust, tmp_path):
    code, out, _ = aztrust("hash", "--format", "json", "d")
    document = json.loads(out)
    assert (code, document["schema"], document["exit_code"]) == (0, "aztrust/hashes", 0)
    assert [file["path"] for file in document["files"]] == ["d/a", "d/b"]
    (tmp_path / "SHA256SUMS").write_text(f"{digits('c')}  d/a\n")
    code, out, _ = aztrust("hash", "--format", "json", "--check", str(tmp_path / "SHA256SUMS"))
    document = json.loads(out)
    assert (code, document["exit_code"]) == (10, 10)
    assert document["findings"][0]["code"] == "file-modified"
    assert document["lines"][0]["matched"] is None


def test_a_list_of_long_lines_is_measured_in_linear_time(tmp_path):
    path = tmp_path / "SHA256SUMS"
    path.write_bytes((b"a" * 16384 + b"\n") * 512)
    program = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_CPU, (60, 60));"
        "from aztrust.cli.hash import _read_list; print(len(_read_list(sys.argv[1])))"
    )
    words = (sys.executable, "-c", program, str(path))
    done = subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE)
    assert (done.returncode, done.stdout) == (0, f"{512 * 16385}\n")


def test_one_digest_without_a_name_is_of_the_one_file_that_is_named(aztrust, tmp_path):
    alone = tmp_path / "c.sha256"
    for text in (digits("c"), f"{digits('c').upper()}\r\n", f"# c\n{digits('c')}\n\n"):
        alone.write_text(text)
        assert aztrust("hash", "c", "--check", str(alone))[0] == 0
        assert aztrust("hash", "d/a", "--check", str(alone))[0] == 10
        for files in ((), ("c", "d/a")):
            code, _, err = aztrust("hash", *files, "--check", str(alone))
            assert (code, b"one digest without a name" in err) == (1, True)
    alone.write_text(f"{digits('c')}\n{digits('d/a')}\n")
    assert aztrust("hash", "c", "--check", str(alone))[0] == 10


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-8-sig"])
def test_a_list_as_powershell_writes_it(aztrust, tmp_path, encoding):
    path = tmp_path / "SHA256SUMS"
    for name, code in (("c", 0), ("d/a", 10)):
        text = f"{digits('c').upper()} *{name}\r\n"
        mark = b"\xfe\xff" if encoding == "utf-16-be" else b""
        path.write_bytes(mark + text.encode(encoding))
        assert aztrust("hash", "--check", str(path))[0] == code
    path.write_bytes(b"\xff\xfe0")
    code, _, err = aztrust("hash", "--check", str(path))
    assert (code, b"UTF-16" in err) == (1, True)


def test_of_a_pgp_signed_list_only_the_signed_lines_count(aztrust, tmp_path):
    def signed(name: str) -> str:
        return (
            f"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n- {digits('c')}  {name}\n"
            "-----BEGIN PGP SIGNATURE-----\n\nabc\n-----END PGP SIGNATURE-----\n"
        )

    path = tmp_path / "SHA256SUMS.asc"
    for text in (signed("c"), signed("c").replace("\n", "\r\n")):
        path.write_bytes(text.encode())
        code, out, _ = aztrust("hash", "--check", str(path))
        assert (code, b"signature was not checked" in out) == (0, True)
    path.write_text(signed("d/a"))
    assert aztrust("hash", "--check", str(path))[0] == 10
    further = f"{digits('d/a')}  d/a\n"
    for text in (signed("c") + further, further + signed("c"), signed("c") + signed("c")):
        path.write_text(text)
        code, out, _ = aztrust("hash", "--check", str(path))
        assert (code, b"outside of the PGP-signed message" in out) == (10, True)
        if further in text:
            assert aztrust("hash", "d/a", "--check", str(path))[0] == 10


def test_a_list_of_another_algorithm_could_not_be_checked(aztrust, tmp_path):
    path = tmp_path / "SHA512SUMS"
    for size, tool in ((128, b"sha512sum"), (40, b"sha1sum"), (32, b"md5sum")):
        path.write_text(f"{'ab' * (size // 2)}  c\n")
        code, out, _ = aztrust("hash", "--check", str(path))
        assert (code, tool + b" --check" in out) == (1, True)
    path.write_text(f"{'ab' * 40}  c\n")
    assert aztrust("hash", "--check", str(path))[0] == 10


@pytest.mark.parametrize("name", ["/tmp/x/c", "dist/c", "386\\c"])
def test_a_list_made_in_another_directory_is_matched_by_name_and_digest(aztrust, tmp_path, name):
    path = tmp_path / "list.sha256"
    path.write_text(f"{digits('c')}  {name}\n")
    code, out, _ = aztrust("hash", "c", "--check", str(path))
    assert (code, b"is listed as" in out) == (0, True)
    # Nothing is guessed for the whole list, for other bytes, or where two lines have the name.
    assert aztrust("hash", "--check", str(path))[0] != 0
    for text in (
        f"{digits('d/a')}  {name}\n",
        f"{digits('c')}  {name}\n{digits('d/a')}  other/c\n",
    ):
        path.write_text(text)
        code, out, _ = aztrust("hash", "c", "--check", str(path))
        assert (code, b"which is another path" in out) == (10, True)
    path.write_text(f"{digits('c')}  renamed\n")
    code, out, _ = aztrust("hash", "c", "--check", str(path))
    assert (code, b"has the same digest, for renamed" in out) == (10, True)


def test_the_lines_of_openssl(aztrust, tmp_path):
    path = tmp_path / "list"
    path.write_text(f"SHA2-256(c)= {digits('c')}\nSHA256(d/a)= {digits('d/a')}\n")
    assert aztrust("hash", "--check", str(path))[0] == 0


def test_one_blank_a_tab_and_a_prefix_before_the_digest(aztrust, tmp_path):
    path = tmp_path / "SHA256SUMS"
    for line in (f"{digits('c')} c", f"{digits('c')}\tc", f"sha256:{digits('c')}  c"):
        path.write_text(f"{line}\n{digits('d/a')}  d/a\n")
        assert aztrust("hash", "--check", str(path))[0] == 0
        path.write_text(f"{line.replace(digits('c'), digits('d/a'))}\n")
        assert aztrust("hash", "--check", str(path))[0] == 10
