"""Start a program through the descriptor that was hashed: what runs is what was checked (AZ-30.2).

    with HeldFiles() as held:
        ...                                     # hash it, judge it
        execute(held.take(name), arguments, environment)

The process stays the same one: it keeps its id, its parent, its open descriptors, its directory and
its limits. What the interpreter changed for itself is undone: two signals, and a variable.

What runs is never looked up by name again, so a file that takes its place after the check is not
started. A file that is written to in place is found by its stat, which is compared last; and the
kernel starts nothing that anyone has open for writing. What remains is a writer who opens, writes
and closes between that last look and the start: `sealed_copy` leaves none.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from typing import Final, NoReturn

from aztrust.core.base.errors import CouldNotCheck, Refused
from aztrust.core.host.loader import loader_of
from aztrust.core.host.reading import HostFile
from aztrust.storage.config import shown
from aztrust.storage.hash_stream import digest_paired
from aztrust.storage.held import HeldFile

SCRIPT: Final = b"#!"
_COSMOVISOR: Final = "cosmovisor"
# Since Linux 6.3; `os` has no name for it before Python 3.14.
_MFD_EXEC: Final = 0x10
_RESTORED: Final = ("SIGPIPE", "SIGXFSZ")
_REASONS: Final[Mapping[int, tuple[str, str]]] = {
    errno.EACCES: (
        "this user may not execute it: it lacks the execute bit, or its file system is mounted"
        " noexec",
        "give it its execute bit, or put it on another file system",
    ),
    errno.ENOEXEC: (
        "it is not a program that this kernel starts",
        "name the program itself with --binary",
    ),
    errno.ENOENT: (
        "its loader is not on this host",
        "install the program that was built for this system",
    ),
    errno.ETXTBSY: (
        "something has it open for writing",
        "find out what writes there, and run the command again",
    ),
    errno.E2BIG: ("its arguments and its environment are too long", "give it fewer"),
}


def require_start_by_descriptor() -> None:
    """Refuse on a system that starts a program only by its path, which may lead elsewhere by then.

    Raises:
        CouldNotCheck: it is one, as macOS is.
    """
    if os.execve not in os.supports_fd or not sys.platform.startswith("linux"):
        raise CouldNotCheck(
            f"this system ({sys.platform}) cannot start a file that is open: between the check and"
            " the start another file could take its place",
            subject="aztrust exec",
            mend="use Linux; else ask aztrust preflight, and start the program by hand",
        )


def require_program(held: HeldFile, name: str, home: str = "") -> None:
    """Refuse what starts something else than itself.

    Args:
        held: the file.
        name: what it is called once installed, as the release has it.
        home: the node's home, for the mend; "" where it is not known.

    Raises:
        Refused: `exec-script`: its interpreter would run, and that was not checked; or
            `exec-cosmovisor`: it would start a program that was not checked.
    """
    shown_path = shown(held.path)
    if _COSMOVISOR in (name, held.path.name, held.resolved.name):
        program = os.environ.get("DAEMON_NAME", "") or "NAME"
        where = home or os.environ.get("DAEMON_HOME", "") or "HOME"
        raise Refused(
            f"{shown_path} is cosmovisor, which starts another program that is not checked here",
            subject=shown_path,
            code="exec-cosmovisor",
            mend=f"name that program: --binary {where}/cosmovisor/current/bin/{program}",
        )
    if os.pread(held.descriptor, len(SCRIPT), 0) == SCRIPT:
        raise Refused(
            f"{shown_path} is a script: what would run is its interpreter, which is not checked",
            subject=shown_path,
            code="exec-script",
            mend="name the program that the script starts: --binary FILE",
        )


def loader(held: HeldFile) -> str:
    """The path of the loader that the kernel starts first, "" for a program without one."""
    return loader_of(lambda offset, count: os.pread(held.descriptor, count, offset))


def has_privileges(held: HeldFile) -> bool:
    """Whether the file gives rights to what runs it: set-id bits, or capabilities."""
    from stat import S_ISGID, S_ISUID

    if held.status.st_mode & (S_ISUID | S_ISGID):
        return True
    try:
        return bool(os.getxattr(held.descriptor, "security.capability"))
    except OSError:
        return False


def unset_loader_variables(environment: MutableMapping[bytes, bytes]) -> tuple[str, ...]:
    """Take every `LD_*` out of an environment; their names, sorted.

    They make the loader take other code than what was checked. Taken out of this process's own
    environment before the host is judged, they are in no question about it either.
    """
    names = sorted(name for name in environment if name.startswith(b"LD_"))
    for name in names:
        del environment[name]
    return tuple(name.decode("utf-8", "replace") for name in names)


def child_environment(given: Mapping[bytes, bytes]) -> dict[bytes, bytes]:
    """The environment for the program: without `LC_CTYPE` where this interpreter added it."""
    kept = dict(given)
    if b"LC_CTYPE" in kept and not _was_given(b"LC_CTYPE="):
        del kept[b"LC_CTYPE"]
    return kept


def _was_given(start: bytes) -> bool:
    """Whether this process was started with a variable; True where that cannot be seen."""
    try:
        with open("/proc/self/environ", "rb") as file:
            return any(line.startswith(start) for line in file.read().split(b"\0"))
    except OSError:
        return True


def sealed_copy(held: HeldFile, file: HostFile) -> int:
    """A descriptor of a copy in memory that no one can write to, hashed after it was sealed.

    Args:
        held: the file that was judged.
        file: the digests that it was judged by.

    Raises:
        CouldNotCheck: the system makes no such copy, or the file changed meanwhile.
    """
    import fcntl

    seals = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE
    copy = _memory_file(held.resolved.name)
    try:
        os.fchmod(copy, 0o500)
        size, done = held.status.st_size, 0
        while done < size and (count := os.sendfile(copy, held.descriptor, done, size - done)):
            done += count
        fcntl.fcntl(copy, fcntl.F_ADD_SEALS, seals)
        os.lseek(copy, 0, os.SEEK_SET)
        raw = digest_paired(copy, size)
    except OSError as error:
        os.close(copy)
        raise _not_sealed(error.strerror or str(error)) from None
    if (f"sha256:{raw.sha256.hex()}", f"blake3:{raw.blake3.hex()}") != (file.sha256, file.blake3):
        os.close(copy)
        raise CouldNotCheck(
            f"{file.path} is not started: its copy has other bytes than the file that was checked",
            subject=file.path,
            code="changed-while-reading",
            mend="find out what writes there, and run the command again",
        )
    return copy


def _memory_file(name: str) -> int:
    flags = os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING
    try:
        return os.memfd_create(name, flags | _MFD_EXEC)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise _not_sealed(_memory_reason(error)) from None
    try:
        # A kernel before 6.3 knows no such flag, and its files can be executed without it.
        return os.memfd_create(name, flags)
    except OSError as error:
        raise _not_sealed(_memory_reason(error)) from None


def _memory_reason(error: OSError) -> str:
    if error.errno == errno.EACCES:
        return "this system executes no file in memory (vm.memfd_noexec = 2)"
    return error.strerror or str(error)


def _not_sealed(reason: str) -> CouldNotCheck:
    return CouldNotCheck(
        f"no sealed copy can be made: {reason}",
        subject="--sealed",
        mend="leave out --sealed, and let the file belong to root so that the node cannot write it",
    )


def execute(
    held: HeldFile,
    arguments: Sequence[str],
    environment: Mapping[bytes, bytes],
    *,
    copy: int | None = None,
    last: Callable[[], None] = lambda: None,
) -> NoReturn:
    """Become the program: this function returns only by an error.

    Args:
        held: the file that was judged.
        arguments: all of them, the program's name first.
        environment: the program's.
        copy: a sealed copy to start in its place.
        last: called before the last look at the file, for tests.

    Raises:
        CouldNotCheck: it changed since it was hashed, or the kernel does not start it.
    """
    words = [os.fsencode(word) for word in arguments]
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    last()
    if copy is None:
        held.require_still()
    handlers = {number: signal.getsignal(number) for number in _restored()}
    for number in handlers:
        signal.signal(number, signal.SIG_DFL)
    try:
        os.execve(held.descriptor if copy is None else copy, words, environment)  # noqa: S606
    except OSError as error:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        usual = (error.strerror or str(error), "")
        reason, mend = _REASONS.get(error.errno or 0, usual)
        name = shown(held.path)
        raise CouldNotCheck(f"cannot start {name}: {reason}", subject=name, mend=mend) from None


def _restored() -> list[signal.Signals]:
    """What Python ignores from its start on: the default again, as it was before as a rule.

    What it was cannot be seen any more. Under systemd, which notes the process that it started,
    SIGPIPE was ignored unless its unit says otherwise, and stays so.
    """
    by_systemd = os.environ.get("SYSTEMD_EXEC_PID") == str(os.getpid())
    found = [getattr(signal, name) for name in _RESTORED if hasattr(signal, name)]
    return [number for number in found if not (by_systemd and number.name == "SIGPIPE")]
