"""Write the image of the single executable: every module, library and file that is in it.

    PYTHONHASHSEED=0 python -P tools/binary/image.py WHEEL SITE OUTPUT

WHEEL is aztrust's own, SITE the `site-packages` with exactly its pinned dependencies, OUTPUT a
folder for `image.bin` and `frozen.h`, and for `glibc`, the versions that the libraries ask for. The
standard library is this Python's. The same inputs give the same bytes under the same hash seed:
code is compiled from source here, under relative names.

The image begins with the offset of its index (8 bytes, little endian, 8 more are zero). The index
is marshalled, start.py reads it:

* `modules`: name to kind, offset, size; code is marshalled, an extension module is a library
* `files`: what else belongs to a package, by its path
* `libraries`: shared libraries of the system that extension modules need, by their SONAME
* `needs`: an extension module's libraries, each after those that it needs itself
* `code`: the digest that `aztrust --version` prints

An offset is of bytes as they are, or, where the size is negative, of a deflated stream of that many
bytes: what a verification does not load.
"""

from __future__ import annotations

import hashlib
import marshal
import re
import subprocess
import sys
import sysconfig
import tempfile
import zipfile
import zlib
from pathlib import Path, PurePosixPath

HERE = Path(__file__).resolve().parent
ALIGNED = 64

# Of the standard library: what needs a screen, installs packages, or tests Python itself; codecs of
# other character sets than those of Unicode, which no format here has; formats and protocols of
# mail, sound and old servers, and profilers.
LEFT_OUT = frozenset(
    "__phello__ config-* curses dbm distutils ensurepip idlelib lib2to3 lib-dynload msilib"
    " pydoc pydoc_data site-packages test tests tkinter turtle turtledemo venv _pydecimal"
    " _crypt _ctypes_test _curses _curses_panel _dbm _gdbm _testbuffer _testcapi _testclinic"
    " _testexternalinspection _testimportmultiple _testinternalcapi _testmultiphase"
    " _testsinglephase _tkinter _xxinterpchannels _xxsubinterpreters _xxtestfuzz nis ossaudiodev"
    " readline spwd xxlimited xxlimited_35"
    " _codecs_cn _codecs_hk _codecs_iso2022 _codecs_jp _codecs_kr _codecs_tw _multibytecodec"
    " aifc audioop cgitb chunk cProfile _lsprof imaplib nntplib poplib profile pstats smtpd sndhdr"
    " sunau telnetlib wsgiref xdrlib xmlrpc".split()
)
# What comes with an environment, and what rich colours source code with, which nothing here shows.
NOT_OURS = frozenset(
    "_distutils_hack distutils-precedence certifi pip pkg_resources pygments setuptools".split()
)
# What every system with this C library has: the compiler's library fits the one that it comes with.
C_LIBRARY = re.compile(r"^(ld-linux.*|lib(c|m|dl|pthread|rt|util|resolv)\.so\.\d+|libgcc_s\.so\.1)")
NO_DATA = frozenset((".py", ".pyc", ".pyi", ".typed", ".so", ".c", ".h", ".pxd", ".pyx", ".exe"))
# Python opens its streams before the image can be read.
FIRST = ("__future__", "encodings", "encodings.aliases", "encodings.utf_8", "encodings.ascii")
# Of certifi, which `requests` asks for a file with certificates: the ones that the system trusts,
# so that none is written to a temporary folder.
CERTIFI = b"""
import os

def where():
    return os.environ.get("SSL_CERT_FILE", "/etc/ssl/certs/ca-certificates.crt")
"""
# Libraries that every verification loads and that deflate badly: the rest is deflated.
AS_IT_IS = frozenset(
    "blake3.blake3 jiter.jiter libcrypto.so.3 pydantic_core._pydantic_core zlib libz.so.1".split()
)


class ImageError(Exception):
    """Why there is no image, as one sentence."""


class Image:
    """The bytes of an image in the making."""

    def __init__(self) -> None:
        self.parts = bytearray(16)
        self.modules: dict[str, tuple[int, int, int]] = {}
        self.files: dict[str, tuple[int, int]] = {}
        self.libraries: dict[str, tuple[int, int]] = {}
        self.needs: dict[str, tuple[str, ...]] = {}
        self.glibc: set[str] = set()

    def put(self, name: str, data: bytes) -> tuple[int, int]:
        """Where the bytes are, and their size, which is negative where they are deflated."""
        self.parts += bytes(-len(self.parts) % ALIGNED)
        where = len(self.parts)
        if name in AS_IT_IS:
            self.parts += data
            return where, len(data)
        packed = zlib.compress(data, 9)
        self.parts += packed
        return where, -len(packed)

    def module(self, name: str, source: bytes, *, package: bool) -> None:
        """Compile a module into the image."""
        code = compiled(name, source, package=package)
        self.modules[name] = (int(package), *self.put(name, code))

    def finished(self, code: str) -> bytes:
        """The whole image."""
        for name in sorted(self.modules):
            while "." in name:
                name = name.rpartition(".")[0]
                if name not in self.modules:  # a folder of modules that has no `__init__.py`
                    self.module(name, b"", package=True)
        self.parts += bytes(-len(self.parts) % ALIGNED)
        self.parts[:8] = len(self.parts).to_bytes(8, "little")
        index = {
            "code": code,
            "files": self.files,
            "libraries": self.libraries,
            "modules": self.modules,
            "needs": self.needs,
        }
        return bytes(self.parts + marshal.dumps(index, 2))


def compiled(name: str, source: bytes, *, package: bool) -> bytes:
    """The marshalled code of a module; nothing of this machine is in it."""
    path = name.replace(".", "/") + ("/__init__.py" if package else ".py")
    return marshal.dumps(compile(source, path, "exec", dont_inherit=True, optimize=0))


def module_name(path: PurePosixPath) -> tuple[str, bool]:
    """A source file's module, and whether it is a package."""
    package = path.stem == "__init__"
    parts = path.parent.parts if package else (*path.parent.parts, path.stem)
    return ".".join(parts), package


def add_tree(image: Image, root: Path, *, standard: bool) -> list[tuple[str, Path]]:
    """Add the modules and files of a folder; returns its extension modules, by name."""
    extensions = []
    for path in sorted(root.rglob("*")):
        relative = PurePosixPath(path.relative_to(root).as_posix())
        top = relative.parts[0].partition(".")[0]
        if (
            not path.is_file()
            or (relative.parts[0].endswith(".dist-info") and relative.name != "METADATA")
            or relative.suffix == ".pth"
            or "__pycache__" in relative.parts
            or (standard and (LEFT_OUT & {*relative.parts, top} or top.startswith("config-")))
            or (not standard and top in NOT_OURS)
        ):
            continue
        if path.suffix == ".py":
            name, package = module_name(relative)
            if all(part.isidentifier() for part in name.split(".")):
                image.module(name, path.read_bytes(), package=package)
        elif path.suffix == ".so":
            if ".libs" not in relative.parts[0]:
                extensions.append((module_name(relative)[0].partition(".cpython-")[0], path))
        elif not standard and path.suffix not in NO_DATA and len(relative.parts) > 1:
            image.files[str(relative)] = image.put(str(relative), path.read_bytes())
    return [(name.removesuffix(".abi3"), path) for name, path in extensions]


def add_wheel(image: Image, wheel: Path) -> str:
    """Add aztrust itself; returns the digest of its files."""
    lines = hashlib.sha256()
    with zipfile.ZipFile(wheel) as archive:
        for name in sorted(archive.namelist(), key=str.encode):
            if not name.startswith("aztrust/"):
                continue
            data = archive.read(name)
            lines.update(f"{hashlib.sha256(data).hexdigest()}  {name}\n".encode())
            if name.endswith(".py"):
                module, package = module_name(PurePosixPath(name))
                image.module(module, data, package=package)
            else:
                image.files[name] = image.put(name, data)
    return f"sha256:{lines.hexdigest()}"


def output_of(*words: str | Path) -> str:
    """What a tool prints.

    Raises:
        ImageError: it is not installed, or failed.
    """
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False)
    except OSError as error:
        raise ImageError(f"{words[0]}: {error.strerror}: install binutils and libc-bin") from None
    if done.returncode:
        raise ImageError(f"{words[0]} {words[-1]}: {done.stderr.strip()[:200]}")
    return done.stdout


def needed(path: Path) -> dict[str, Path]:
    """The libraries that a library names itself, the C library's apart, and where they are."""
    named = re.findall(r"\(NEEDED\).*\[(.+)\]", output_of("readelf", "--dynamic", "--wide", path))
    wanted = [name for name in named if not C_LIBRARY.match(name)]
    if not wanted:
        return {}
    places = dict(re.findall(r"^\s*(\S+) => (/\S+)", output_of("ldd", path), re.MULTILINE))
    absent = [name for name in wanted if name not in places]
    if absent:
        raise ImageError(f"{path} needs {absent[0]}, which is not on this machine")
    return {name: Path(places[name]) for name in wanted}


def add_extension(image: Image, name: str, path: Path, scratch: Path) -> None:
    """Add an extension module, and the libraries that it needs."""
    ordered: list[str] = []

    def visit(library: Path) -> None:
        for soname, place in needed(library).items():
            visit(place)
            if soname not in ordered:
                ordered.append(soname)
            if soname not in image.libraries:
                image.libraries[soname] = image.put(soname, stripped(image, place, scratch))

    visit(path)
    image.modules[name] = (2, *image.put(name, stripped(image, path, scratch)))
    if ordered:
        image.needs[name] = tuple(ordered)


def stripped(image: Image, path: Path, scratch: Path) -> bytes:
    """A library without what only a debugger or a linker reads."""
    target = scratch / "stripped"
    image.glibc |= set(re.findall(r"GLIBC_(2\.\d+)", output_of("readelf", "-VW", path)))
    output_of("strip", "--strip-unneeded", "-o", target, path)
    return target.read_bytes()


def frozen_header(standard: Path) -> str:
    """The C table of what Python imports before the image can be read, start.py last."""
    rows, arrays = [], []
    sources = []
    for name in FIRST:
        package = name == "encodings"
        path = standard / (name.replace(".", "/") + ("/__init__.py" if package else ".py"))
        sources.append((name, path, package))
    sources.append(("_aztrust_start", HERE / "start.py", False))
    for number, (name, path, package) in enumerate(sources):
        code = compiled(name, path.read_bytes(), package=package)
        body = ",".join(map(str, code))
        arrays.append(f"static const unsigned char frozen_{number}[] = {{{body}}};")
        rows.append(
            f'    {{.name = "{name}", .code = frozen_{number}, .size = {len(code)},'
            f" .is_package = {int(package)}}},"
        )
    table = "\n".join(
        ["static const struct _frozen frozen_modules[] = {", *rows, "    {.name = NULL},", "};"]
    )
    return "\n".join([*arrays, table, ""])


def main(arguments: list[str]) -> int:
    """Write the image and the table; returns the exit code."""
    wheel, site, output = map(Path, arguments)
    standard = Path(sysconfig.get_paths()["stdlib"])
    image = Image()
    try:
        code = add_wheel(image, wheel)
        extensions = add_tree(image, standard, standard=True)
        extensions += [
            (path.name.partition(".")[0], path)
            for path in sorted((standard / "lib-dynload").glob("*.so"))
            if path.name.partition(".")[0] not in LEFT_OUT
        ]
        extensions += add_tree(image, site, standard=False)
        with tempfile.TemporaryDirectory(prefix="aztrust-image-") as scratch:
            image.module("certifi", CERTIFI, package=True)
            # How this Python was built is of no use there, and would name folders of this machine.
            built = f"_sysconfigdata_{sys.abiflags}_{sys.platform}_{sys.implementation._multiarch}"
            image.module(built, b"build_time_vars = {}\n", package=False)
            for name, path in extensions:
                add_extension(image, name, path, Path(scratch))
        (output / "image.bin").write_bytes(image.finished(code))
        (output / "frozen.h").write_text(frozen_header(standard), "utf-8")
        (output / "glibc").write_text("\n".join(sorted(image.glibc)) + "\n", "utf-8")
    except ImageError as error:
        print(f"image: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
