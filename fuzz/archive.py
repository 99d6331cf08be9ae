"""Archives: never a digest of other bytes than Python's own readers find at the member."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
import tempfile
import warnings
import zipfile

from _harness import instrumented, main

with instrumented():
    from aztrust.core.package.entries import Fault
    from aztrust.storage.archives.archive import Limits, hash_members

MEMBER = "bin/a"
LIMITS = Limits(member=1 << 20, total=4 << 20)


def tar_seed(form: int, *names: str) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as made:
        for name in names:
            info = tarfile.TarInfo(name)
            info.size = len(name)
            made.addfile(info, io.BytesIO(name.encode()))
    return out.getvalue()[:-8192]


def zip_seed(method: int, *names: str, comment: bytes = b"") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as made:
        made.comment = comment
        for name in names:
            made.writestr(zipfile.ZipInfo(name), name, method)
    return out.getvalue()


SEEDS = [
    tar_seed(tarfile.USTAR_FORMAT, MEMBER, "b"),
    tar_seed(tarfile.PAX_FORMAT, MEMBER, "\u00fc"),
    tar_seed(tarfile.GNU_FORMAT, "n" * 101, MEMBER),
    gzip.compress(tar_seed(tarfile.PAX_FORMAT, MEMBER), mtime=0),
    zip_seed(zipfile.ZIP_STORED, MEMBER, "b"),
    zip_seed(zipfile.ZIP_DEFLATED, "\u00fc", MEMBER, comment=b"said"),
]


def target(data: bytes) -> None:
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.flush()
        whole = hashlib.sha256(data).digest()
        answer = hash_members(file.fileno(), "archive", [MEMBER], whole, LIMITS)[MEMBER]
    if isinstance(answer, Fault):
        assert answer.detail.isprintable(), "a message could act on a terminal"
        assert answer.code.startswith("artifact-"), answer.code
    else:
        try:
            found = theirs(data)
        except (tarfile.TarError, zipfile.BadZipFile, NotImplementedError):
            return  # it refuses more versions and checksums than we do
        assert found is not None, "a member that is not there"
        assert answer.sha256 == f"sha256:{hashlib.sha256(found).hexdigest()}", "another member"


def theirs(data: bytes) -> bytes | None:
    """What Python's reader finds; names are compared as an unpacker resolves them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if data.startswith(b"PK"):
            with zipfile.ZipFile(io.BytesIO(data)) as packed:
                names = [name for name in packed.namelist() if plain(name) == MEMBER]
                return packed.read(names[-1]) if names else None
        with tarfile.open(fileobj=io.BytesIO(data)) as unpacked:
            members = [info for info in unpacked if plain(info.name) == MEMBER]
            file = unpacked.extractfile(members[-1]) if members else None
            return file.read() if file else None


def plain(name: str) -> str:
    return "/".join(part for part in name.split("/") if part not in ("", "."))


if __name__ == "__main__":
    main(target, SEEDS, ("ustar", "PK", "path=", "size=", "linkpath=", MEMBER, "././@LongLink"))
