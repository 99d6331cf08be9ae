"""A program is started through the descriptor that was hashed, in the same process (AZ-30.2)."""

from __future__ import annotations

import errno
import fcntl
import os
import platform
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from aztrust.core.base.errors import CouldNotCheck, Refused
from aztrust.core.host.loader import loader_of
from aztrust.storage import execute as module
from aztrust.storage.execute import (
    execute,
    has_privileges,
    loader,
    require_program,
    require_start_by_descriptor,
    sealed_copy,
    unset_loader_variables,
)
from aztrust.storage.held import HeldFiles
from aztrust.storage.hostfiles import read_host_file
from fixtures.forge.programs import linux_program
from tests.command import environment
from tests.standins import stand_in
from tests.storage.starting import shell, start

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux alone")

SHOW = 'while read -r line; do echo "$line"; done < /proc/$$/'
OTHER = b"#!/bin/sh\necho another program ran\n"


@pytest.fixture
def program(tmp_path):
    return shell(tmp_path)


@pytest.fixture
def held():
    with HeldFiles() as files:
        yield files


def read(held, path):
    """The held file at a path, and its digests."""
    file = read_host_file(path, "--binary", known=lambda _: True, hold=held.holder(path))
    return held.take(file.path), file


# ---- the same process ----------------------------------------------------------------------------


@pytest.mark.clause("AZ-30.2")
@pytest.mark.parametrize("how", ["", "sealed"])
def test_the_process_is_the_same_and_ends_as_the_program_ends(program, how):
    words = ("-c", f'echo "$0 $$ $1"; {SHOW}cmdline | tr "\\0" " "; exit 7', "a name", "b c")
    with subprocess.Popen(
        starting(program, how, *words), env=environment(), stdout=subprocess.PIPE, text=True
    ) as process:
        out, _ = process.communicate()
    assert out.splitlines()[0] == f"a name {process.pid} b c"
    assert process.returncode == 7


def starting(program, how, *words):
    """The words that start a program through its descriptor."""
    seen = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(subprocess, "run", lambda words, **_: seen.append(words))
        start(program, *words, how=how)
    return seen[0]


def test_it_keeps_its_first_argument_its_file_and_its_name(program):
    done = start(program, "-c", "tr '\\0' '\\n' < /proc/$$/cmdline; readlink /proc/$$/exe")
    assert done.stdout.splitlines()[0] == str(program)
    assert done.stdout.splitlines()[-1] == str(program)
    if tuple(map(int, platform.release().split(".")[:2])) >= (6, 14):
        # Earlier kernels call it by the number of the descriptor; docs/exec.md says so.
        done = start(program, "-c", "cat /proc/$$/comm")
        assert done.stdout == "atlasd\n"


def test_a_signal_ends_it_as_it_ends_a_bare_start(program):
    for how in ("", "sealed"):
        assert start(program, "-c", "kill -TERM $$", how=how).returncode == -signal.SIGTERM


@pytest.mark.parametrize("how", ["", "sealed"])
def test_descriptors_are_those_of_a_bare_start(program, tmp_path, how):
    lines = 'for each in /proc/$$/fd/*; do echo "${each##*/}"; done; echo written > /proc/$$/fd/$1'
    found = {}
    for bare in (True, False):
        target = tmp_path / f"out{bare}"
        with target.open("w") as file:
            number = file.fileno()
            done = start(program, "-c", lines, "sh", number, how=how, bare=bare, pass_fds=(number,))
        assert target.read_text() == "written\n", done.stderr
        found[bare] = done.stdout
    assert found[True] == found[False]


STATUS = f"{SHOW}status"
INHERITED = """
import os, signal, subprocess, sys
for name in ("SIGHUP", "SIGINT", "SIGUSR1"):
    signal.signal(getattr(signal, name), signal.SIG_IGN)
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR2})
os.execv(sys.argv[1], sys.argv[1:])
"""
AS_A_LOGIN_HAS_THEM = """
import os, signal, sys
for name in ("SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM", "SIGUSR1", "SIGUSR2", "SIGTSTP", "SIGCHLD"):
    signal.signal(getattr(signal, name), signal.SIG_DFL)
signal.pthread_sigmask(signal.SIG_SETMASK, ())
os.execv(sys.argv[1], sys.argv[1:])
"""


@pytest.mark.parametrize("ignores", [False, True])
def test_signals_are_ignored_and_blocked_as_in_a_bare_start(program, ignores):
    found = {}
    for bare in (True, False):
        words = (str(program), "-c", STATUS) if bare else starting(program, "", "-c", STATUS)
        # A background job of a shell ignores SIGINT, and so do the tests that it runs.
        settings = INHERITED if ignores else AS_A_LOGIN_HAS_THEM
        before = (sys.executable, "-P", "-c", settings)
        if bare:
            # As a shell would start it: what Python ignores for itself is not inherited.
            before = (*before, sys.executable, "-P", "-c", RESET)
        done = subprocess.run(
            (*before, *words), env=environment(), capture_output=True, text=True, check=True
        )
        lines = [line for line in done.stdout.splitlines() if line.startswith(("SigI", "SigB"))]
        found[bare] = lines
    assert len(found[True]) == 2
    assert found[True] == found[False]
    # By name: a machine may ignore signals that this test does not set.
    masks = {line.split(":")[0]: int(line.split()[1], 16) for line in found[False]}
    ignored, blocked = masks["SigIgn"], masks["SigBlk"]
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGUSR1):
        assert bool(ignored >> (number - 1) & 1) is ignores
    assert bool(blocked >> (signal.SIGUSR2 - 1) & 1) is ignores


RESET = """
import os, signal, sys
for name in ("SIGPIPE", "SIGXFSZ"):
    signal.signal(getattr(signal, name), signal.SIG_DFL)
os.execv(sys.argv[1], sys.argv[1:])
"""


def test_under_systemd_a_broken_pipe_stays_ignored(program):
    script = 'SYSTEMD_EXEC_PID=$$ exec "$@"'
    for first, ignored in ((("sh", "-c", script, "sh"), True), ((), False)):
        words = (*first, *starting(program, "", "-c", STATUS))
        done = subprocess.run(words, env=environment(), capture_output=True, text=True, check=True)
        (line,) = (line for line in done.stdout.splitlines() if line.startswith("SigIgn"))
        assert bool(int(line.split()[1], 16) >> (signal.SIGPIPE - 1) & 1) is ignored


def test_the_environment_is_the_one_that_was_given_less_what_bends_the_loader(program):
    given = environment(LD_PRELOAD="", LD_LIBRARY_PATH="/nowhere", ATLAS="1", OLD_LD_X="2")
    for name in ("LC_ALL", "LC_CTYPE", "LANG"):
        given.pop(name, None)
    text = "tr '\\0' '\\n' < /proc/$$/environ"
    bare, ours = (start(program, "-c", text, bare=b, env=given).stdout for b in (True, False))
    removed = {"LD_PRELOAD=", "LD_LIBRARY_PATH=/nowhere"}
    assert set(bare.splitlines()) - removed == set(ours.splitlines())
    assert removed <= set(bare.splitlines())
    assert "ATLAS=1" in ours
    assert "OLD_LD_X=2" in ours


def test_a_locale_that_was_given_stays(program):
    text = "echo $LC_CTYPE"
    assert start(program, "-c", text, env=environment(LC_CTYPE="C.UTF-8")).stdout == "C.UTF-8\n"


def test_every_variable_of_the_loader_is_left_out_and_named():
    given = {b"LD_AUDIT": b"1", b"LD_PRELOAD": b"2", b"LDFLAGS": b"3", b"PATH": b"4"}
    assert unset_loader_variables(given) == ("LD_AUDIT", "LD_PRELOAD")
    assert given == {b"LDFLAGS": b"3", b"PATH": b"4"}
    assert unset_loader_variables(given) == ()


# ---- another file in its place -------------------------------------------------------------------


RENAMED = "import os; os.rename({other!r}, {path!r})"
WRITTEN = "import os; open({path!r}, 'r+b').write(open({other!r}, 'rb').read())"
TIMES = (
    "import os; s = os.stat({path!r}); "
    "open({path!r}, 'r+b').write(b'\\x7fELG');"
    "os.utime({path!r}, ns=(s.st_atime_ns, s.st_mtime_ns))"
)
REMOVED = "import os; os.unlink({path!r})"
TRUNCATED = "import os; os.truncate({path!r}, 64)"


@pytest.mark.clause("AZ-30.2")
@pytest.mark.parametrize("act", [RENAMED, WRITTEN, TIMES, REMOVED, TRUNCATED])
def test_a_program_that_is_swapped_after_the_check_is_not_started(program, tmp_path, act):
    other = tmp_path / "other"
    other.write_bytes(OTHER)
    other.chmod(0o755)
    words = (act.format(path=str(program), other=str(other)), "-c", "echo it ran")
    done = start(program, *words, how="after")
    assert done.returncode == 1, done.stderr
    assert "changed-while-reading" in done.stdout
    assert "ran" not in done.stdout
    assert start(shell(tmp_path), "pass", "-c", "echo it ran", how="after").stdout == "it ran\n"


def test_a_link_that_is_bent_after_the_check_is_not_followed(program, tmp_path):
    (tmp_path / "other").write_bytes(OTHER)
    link = tmp_path / "current"
    link.symlink_to(program.name)
    act = f"import os; os.unlink({str(link)!r}); os.symlink('other', {str(link)!r})"
    done = start(link, act, "-c", "echo it ran", how="after")
    assert done.returncode == 1
    assert "it was replaced by another file" in done.stdout
    assert "ran" not in done.stdout.replace(str(tmp_path), "")


def test_a_sealed_copy_runs_what_was_checked_whatever_is_written_later(program):
    act = "import os; open(path, 'r+b').write(b'no program')"
    done = start(program, act, "-c", "readlink /proc/$$/exe", how="after")
    assert done.returncode == 1, "without a copy it is not started"
    program = shell(program.parent)
    text = f"printf 'no program' > {program}; readlink /proc/$$/exe; echo it ran"
    done = start(program, "-c", text, how="sealed")
    assert done.stdout == "/memfd:atlasd (deleted)\nit ran\n", done.stderr


def test_a_program_that_is_open_for_writing_is_not_started(program):
    act = "import builtins; builtins.kept = open(path, 'r+b')"
    done = start(program, act, "-c", "echo it ran", how="after")
    assert done.returncode == 1
    assert "something has it open for writing" in done.stdout


def test_another_file_than_a_program_is_not_started_and_signals_are_as_before(tmp_path, held):
    path = tmp_path / "atlasd"
    path.write_bytes(b"\x7fELF but no more")
    path.chmod(0o755)
    before = signal.getsignal(signal.SIGPIPE)
    program, _ = read(held, path)
    with pytest.raises(CouldNotCheck, match="not a program that this kernel starts") as caught:
        execute(program, ["atlasd"], {})
    assert caught.value.mend
    assert signal.getsignal(signal.SIGPIPE) == before


def test_what_lacks_its_execute_bit_is_not_started(program):
    program.chmod(0o644)
    done = start(program, "-c", "echo it ran")
    assert done.returncode == 1
    assert "execute bit" in done.stdout


# ---- what is refused -----------------------------------------------------------------------------


@pytest.mark.clause("AZ-30.2")
def test_a_script_is_refused(tmp_path, program, held):
    path = tmp_path / "start"
    path.write_bytes(OTHER)
    with pytest.raises(Refused, match="is a script") as caught:
        require_program(read(held, path)[0], "start")
    assert caught.value.code == "exec-script"
    require_program(read(held, program)[0], "atlasd")


@pytest.mark.parametrize("by", ["path", "link", "release"])
def test_cosmovisor_is_refused_with_the_program_to_name(tmp_path, held, by, monkeypatch):
    monkeypatch.setenv("DAEMON_HOME", "/srv/atlas")
    monkeypatch.setenv("DAEMON_NAME", "atlasd")
    path = shell(tmp_path, "cosmovisor" if by != "release" else "other")
    if by == "link":
        (tmp_path / "run").symlink_to("cosmovisor")
        path = tmp_path / "run"
    with pytest.raises(Refused) as caught:
        require_program(read(held, path)[0], "cosmovisor" if by == "release" else "atlasd")
    assert caught.value.code == "exec-cosmovisor"
    assert "--binary /srv/atlas/cosmovisor/current/bin/atlasd" in caught.value.mend


def test_a_system_without_a_start_by_descriptor_is_refused(monkeypatch):
    require_start_by_descriptor()
    monkeypatch.setattr(os, "supports_fd", os.supports_fd - {os.execve})
    with pytest.raises(CouldNotCheck, match="cannot start a file that is open"):
        require_start_by_descriptor()


# ---- the sealed copy -----------------------------------------------------------------------------


def test_a_sealed_copy_cannot_be_written(program, held):
    copy = sealed_copy(*read(held, program))
    try:
        assert os.pread(copy, 1 << 30, 0) == program.read_bytes()
        with pytest.raises(PermissionError):
            os.pwrite(copy, b"x", 0)
        with pytest.raises(PermissionError):
            os.truncate(copy, 1)
        with pytest.raises(PermissionError):
            fcntl.fcntl(copy, fcntl.F_ADD_SEALS, fcntl.F_SEAL_WRITE)
    finally:
        os.close(copy)


def test_a_copy_with_other_bytes_than_were_checked_is_not_made(program, held):
    checked, file = read(held, program)
    data = bytearray(program.read_bytes())
    data[-1] ^= 1
    with program.open("r+b") as stream:
        stream.write(data)
    with pytest.raises(CouldNotCheck, match="other bytes") as caught:
        sealed_copy(checked, file)
    assert caught.value.code == "changed-while-reading"


@pytest.mark.parametrize(
    ("number", "says"), [(errno.EACCES, "vm.memfd_noexec"), (errno.ENOSYS, "")]
)
def test_a_system_without_files_in_memory_says_so(program, held, monkeypatch, number, says):
    def refuse(_name: str, _flags: int) -> int:
        raise OSError(number, os.strerror(number))

    stand_in(monkeypatch, module, "os", memfd_create=refuse)
    with pytest.raises(CouldNotCheck, match="no sealed copy can be made") as caught:
        sealed_copy(*read(held, program))
    assert says in caught.value.message


def test_a_kernel_without_the_flag_for_programs_makes_the_copy_without_it(
    program, held, monkeypatch
):
    asked = []
    real = os.memfd_create

    def older(name: str, flags: int) -> int:
        asked.append(flags)
        if flags & 0x10:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        return real(name, flags)

    stand_in(monkeypatch, module, "os", memfd_create=older)
    os.close(sealed_copy(*read(held, program)))
    assert [bool(flags & 0x10) for flags in asked] == [True, False]


# ---- what a report shows -------------------------------------------------------------------------


def test_the_loader_of_a_program_is_named(program, held):
    found = loader(read(held, program)[0])
    assert os.path.isabs(found)
    assert Path(found).exists()


def at(data: bytes):
    return lambda offset, count: data[offset : offset + count]


def test_a_program_without_a_loader_names_none(program):
    data = program.read_bytes()
    assert loader_of(at(data))
    assert loader_of(at(linux_program("amd64"))) == ""
    for cut in (0, 5, 40, 63, 70):
        assert loader_of(at(data[:cut])) == ""
    assert loader_of(at(b"MZ" + data[2:])) == ""


def test_a_program_with_set_id_bits_has_privileges(program, held):
    assert not has_privileges(read(held, program)[0])
    program.chmod(0o4755)
    assert has_privileges(read(held, program)[0])


def test_held_files_are_closed_at_the_end(program):
    with HeldFiles() as files:
        descriptor = read(files, program)[0].descriptor
        assert descriptor > 2
        assert not os.get_inheritable(descriptor)
        again = read(files, program)[0].descriptor
    for number in {descriptor, again}:
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(number)
