"""What a launch publishes, in one directory: kit, genesis, checksum lists, check.sh, announcement.

    wanted = plan_publication(launch, verdict, ledger=None)
    write_publication(wanted, Path("public"))

Every byte follows from the launch directory, so two people who publish the same state publish the
same files, and `acts.public_copies` can hold what a server gives against them.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from aztrust.acts.pack import build_kit, kit_path
from aztrust.core.base import canonical
from aztrust.core.base.digest import groups, sha256_id
from aztrust.core.base.errors import CouldNotCheck, Malformed, Refused
from aztrust.core.base.paths import escape
from aztrust.core.base.value import frozen
from aztrust.core.base.words import to_words
from aztrust.core.package.entries import FileEntry
from aztrust.core.package.manifest import Manifest
from aztrust.core.policy.model import PackageClass, Policy
from aztrust.core.state.context import Context, require_policy
from aztrust.storage.checksums import Algorithm, format_line
from aztrust.storage.config import shown
from aztrust.storage.durable import overwrite
from aztrust.storage.folders import open_regular, read_bounded
from aztrust.storage.kit import check_script
from aztrust.storage.output import check_place
from aztrust.storage.presence import is_directory, is_present

LISTS: Final = ("SHA256SUMS", "B3SUMS")
ANNOUNCEMENT: Final = "announcement.txt"
CHECK: Final = "check.sh"
INDEX: Final = "publication.json"
_INDEX_LIMIT: Final = 1024 * 1024
_CHUNK: Final = 1024 * 1024


@frozen
class PublicFile:
    """One file that a launch publishes.

    Args:
        name: its name in the directory and on a server.
        sha256, blake3: of its bytes; `blake3` is "" for what is made here.
        size: in bytes.
        data: the bytes, b"" where `source` has them.
        source: the sealed file in the launch directory.
        written: whether it belongs in the directory; a release artifact is only listed.
    """

    name: str
    sha256: str
    size: int
    blake3: str = ""
    data: bytes = b""
    source: Path | None = None
    written: bool = True


@frozen
class Wanted:
    """All that a launch publishes in this state.

    Args:
        context: the launch.
        files: in the order in which they are written; the index is the last one.
    """

    context: Context
    files: tuple[PublicFile, ...]

    def named(self, name: str) -> PublicFile | None:
        """The file of a name, None where there is none."""
        return next((file for file in self.files if file.name == name), None)


@frozen
class Written:
    """What was written: names by what became of them."""

    directory: Path
    written: tuple[str, ...] = ()
    same: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


def plan_publication(launch: Path, context: Context, ledger: str | None = None) -> Wanted:
    """What a launch directory publishes.

    Args:
        launch: its directory, which was verified.
        context: from that verification.
        ledger: `--ledger` as typed, None where it was not given.

    Raises:
        Refused: two files would have one name.
        As `build_kit`.
    """
    kit = build_kit(launch, ledger)
    policy = require_policy(context)
    script = check_script()
    sealed = tuple(_sealed_files(launch, policy, context.manifests))
    made = [_made(str(kit_path(policy.launch.chain_id)), kit.data)]
    if script is not None:
        made.append(_made(CHECK, script))
    listed = (*sealed, *made)
    _require_distinct(listed)
    lists = [_made(LISTS[0], _list("sha256", listed)), _made(LISTS[1], _list("blake3", listed))]
    announcement = _made(ANNOUNCEMENT, _announcement(context, policy, listed).encode())
    files = (*listed, *lists, announcement)
    return Wanted(context, (*files, _made(INDEX, _index(context, policy, files))))


def write_publication(wanted: Wanted, directory: Path, launch: Path) -> Written:
    """Write a publication; of an earlier one in the same directory, replace what changed.

    Args:
        wanted: from `plan_publication`.
        directory: a new or empty directory, or one with an earlier publication.
        launch: the launch directory, which is never written into.

    Raises:
        Refused: a file there is not of an earlier publication, or was changed since.
        UsageError: the directory is inside what is judged.
        CouldNotCheck: a sealed file changed meanwhile, or the file system refuses.
    """
    before = _earlier(directory)
    check_place(directory / INDEX if is_present(directory) else directory, (launch,), option="OUT")
    for file in (file for file in wanted.files if file.written):
        if is_present(directory):
            check_place(directory / file.name, (launch,), option="OUT")
        _require_replaceable(directory / file.name, file, before)
    written, same = [], []
    for file in (file for file in wanted.files if file.written):
        path = directory / file.name
        if is_present(path) and _digest(path) == file.sha256:
            same.append(file.name)
            continue
        overwrite(path, file.data if file.source is None else _verified(file, file.source))
        written.append(file.name)
    names = {file.name for file in wanted.files if file.written}
    removed = [
        name
        for name, digest in sorted(before.items())
        if name not in names
        and is_present(directory / name)
        and _digest(directory / name) == digest
    ]
    for name in removed:
        (directory / name).unlink()
    return Written(directory, tuple(written), tuple(same), tuple(removed))


def _made(name: str, data: bytes) -> PublicFile:
    from blake3 import blake3

    return PublicFile(name, sha256_id(data), len(data), f"blake3:{blake3(data).hexdigest()}", data)


def _sealed_files(
    launch: Path, policy: Policy, manifests: Mapping[PackageClass, Manifest]
) -> Iterator[PublicFile]:
    """The genesis files, which are copied, and the release artifacts, which are listed."""
    genesis, release = manifests.get("genesis"), manifests.get("release")
    if genesis is not None:
        for path in policy.packages.genesis.genesis_files:
            entry = genesis.file(path)
            if entry is not None:
                source = launch / policy.packages.genesis.path / path
                yield _sealed(entry, source, written=True)
    if release is not None:
        paths = dict.fromkeys(artifact.path for artifact in release.artifacts)
        for path in paths:
            entry = release.file(path)
            if entry is not None:
                yield _sealed(entry, None, written=False)


def _sealed(entry: FileEntry, source: Path | None, *, written: bool) -> PublicFile:
    name = entry.path.rpartition("/")[2]
    return PublicFile(name, entry.sha256, entry.size, entry.blake3, b"", source, written)


def _require_distinct(files: tuple[PublicFile, ...]) -> None:
    seen: dict[str, PublicFile] = {}
    for file in files:
        other = seen.setdefault(file.name.casefold(), file)
        if other is not file and (other.sha256, other.name) != (file.sha256, file.name):
            raise Refused(
                f"two published files would be called {escape(file.name)}",
                subject=escape(file.name),
                mend="give the files of the packages names of their own, and seal them again",
            )


def _list(algorithm: Algorithm, files: tuple[PublicFile, ...]) -> bytes:
    lines = dict.fromkeys(
        format_line(algorithm, file.sha256 if algorithm == "sha256" else file.blake3, file.name)
        for file in files
    )
    return b"".join(lines)


def _announcement(context: Context, policy: Policy, files: tuple[PublicFile, ...]) -> str:
    kit = next(file.name for file in files if file.name.endswith(".aztrust"))
    scope = context.scope
    what, digest = ("scope", scope.hash) if scope is not None else ("anchor", context.policy_digest)
    lines = [
        "Post this text where the other files are NOT: it has what they are checked against.",
        "",
        f"{policy.launch.name}, {policy.launch.network_class}, chain id {policy.launch.chain_id}",
        "",
        f"anchor (SHA-256 of the policy)    {context.policy_digest.removeprefix('sha256:')}",
    ]
    if scope is not None:
        lines.append(f"scope hash                        {scope.hash.removeprefix('sha256:')}")
    lines += ["", f"Read aloud: the {what}", f"  {groups(digest)}"]
    words = to_words(digest)
    lines += ["", "or as words of the PGP word list, which --" + what + " takes as well:"]
    lines += ["  " + " ".join(words[start : start + 8]) for start in range(0, len(words), 8)]
    lines += ["", "Files:"]
    lines += [f"  {file.sha256.removeprefix('sha256:')}  {file.name}" for file in files]
    option = f"--{what} {digest.removeprefix('sha256:')}"
    genesis = policy.packages.genesis.genesis_files[0].rpartition("/")[2]
    lines += [
        "",
        "On each host, before it starts:",
        f"  aztrust preflight {kit} {option}",
        "On a host without Python, next to its program and its genesis:",
        f"  tar -xf {kit} && sh check.sh --binary PROGRAM --genesis {genesis} {option}",
    ]
    return "\n".join(lines) + "\n"


def _index(context: Context, policy: Policy, files: tuple[PublicFile, ...]) -> bytes:
    scope = context.scope
    return canonical.dumps(
        {
            "schema": "aztrust/publication",
            "version_major": 1,
            "version_minor": 0,
            "chain_id": policy.launch.chain_id,
            "policy_digest": context.policy_digest,
            "scope_hash": scope.hash if scope is not None else None,
            "files": [
                {
                    "name": file.name,
                    "sha256": file.sha256,
                    "blake3": file.blake3,
                    "size": file.size,
                    "written": file.written,
                }
                for file in files
            ],
        }
    )


def _earlier(directory: Path) -> dict[str, str]:
    """Name to digest of the files of the publication that is there; {} where there is none."""
    if not is_present(directory):
        return {}
    if not is_directory(directory):
        raise Refused(
            f"{shown(directory)} is not a directory",
            subject=shown(directory),
            mend="name a directory: aztrust publish OUT",
        )
    path = directory / INDEX
    if not is_present(path):
        return {}
    data = read_bounded(path, _INDEX_LIMIT)
    document: Any = canonical.loads(data, what=shown(path), code="publication-malformed")
    try:
        if document["schema"] != "aztrust/publication":
            raise KeyError
        found = {file["name"]: file["sha256"] for file in document["files"] if file["written"]}
        names = {os.path.basename(name): digest for name, digest in found.items()}
    except (KeyError, TypeError) as error:
        raise Malformed(
            "is not the index of a publication",
            subject=shown(path),
            mend="name a new directory",
        ) from error
    return {**names, INDEX: sha256_id(data)}


def _require_replaceable(path: Path, file: PublicFile, before: Mapping[str, str]) -> None:
    if not is_present(path):
        return
    digest = _digest(path)
    if digest not in (file.sha256, before.get(file.name)):
        raise Refused(
            f"{shown(path)} is there and is not of an earlier publication, or was changed since",
            subject=shown(path),
            mend="move it away, or name a new directory; nothing was written",
        )


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with open_regular(path) as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return f"sha256:{digest.hexdigest()}"


def _verified(file: PublicFile, source: Path) -> Iterator[bytes]:
    """The bytes of a sealed file, which ends with an error where they are not those."""
    digest = hashlib.sha256()
    with open_regular(source) as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
            yield chunk
    if f"sha256:{digest.hexdigest()}" != file.sha256:
        raise CouldNotCheck(
            "changed while it was copied: it is not the sealed file any more",
            subject=shown(source),
            mend="aztrust verify, then publish again",
        )
