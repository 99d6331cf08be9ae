"""What the single executable runs first: imports come out of its own image, and nowhere else.

Compiled in as the frozen module `_aztrust_start` by launcher.c; `image.py` describes the image.
Modules are read where the kernel has mapped them. An extension module is a shared library, which
the system loads from a file: it gets a sealed one in memory (`memfd_create`), so no folder is
written to, and none can be exchanged or mounted `noexec`.
"""

from __future__ import annotations

import _frozen_importlib
import _frozen_importlib_external
import marshal
import sys

import _image

# Names for the type checker alone: this module cannot import the real ones before it has started.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_MODULE, _PACKAGE, _EXTENSION = range(3)

_image_bytes: memoryview = _image.image()


def _part(offset: int, size: int) -> memoryview | bytes:
    if size >= 0:
        return _image_bytes[offset : offset + size]
    import zlib

    return zlib.decompress(_image_bytes[offset : offset - size])


_index = marshal.loads(_image_bytes[int.from_bytes(_part(0, 8), "little") :])
_MODULES: dict[str, tuple[int, int, int]] = _index["modules"]
_FILES: dict[str, tuple[int, int]] = _index["files"]
_LIBRARIES: dict[str, tuple[int, int]] = _index["libraries"]
_NEEDS: dict[str, tuple[str, ...]] = _index["needs"]
_ROOT = sys.executable + "/"
_loaded: set[str] = set()


def _in_memory(name: str, place: tuple[int, int]) -> str:
    """The path of a sealed file in memory. It stays open: the loader knows libraries by path."""
    try:
        descriptor = _image.memory(name, _part(*place))
    except OSError as error:
        sys.stderr.write(
            f"error    cannot start: no file in memory for {name}: {error.strerror}\n"
            "mend     allow memfd_create to this program, or install the wheel\n"
        )
        raise SystemExit(1) from None
    return f"/proc/self/fd/{descriptor}"


class Finder:
    """Finds modules in the image, and reads the files that belong to them."""

    code_digest: str = _index["code"]
    """The digest of the package's files, as `aztrust --version` names it of an installed wheel."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        """The specification of a module, None for one that is not in the image."""
        found = _MODULES.get(name)
        if found is None:
            return None
        kind, offset, size = found
        where = name.replace(".", "/")
        if kind == _EXTENSION:
            for library in _NEEDS.get(name, ()):
                if library not in _loaded:
                    _image.load(_in_memory(library, _LIBRARIES[library]))
                    _loaded.add(library)
            origin = _in_memory(name, (offset, size))
            library_loader = _frozen_importlib_external.ExtensionFileLoader(name, origin)
            return _frozen_importlib.ModuleSpec(name, library_loader, origin=origin)
        loader: Any = self
        spec: Any = _frozen_importlib.ModuleSpec(
            name,
            loader,
            origin=f"{_ROOT}{where}/__init__.py" if kind == _PACKAGE else f"{_ROOT}{where}.py",
            loader_state=(offset, size),
            is_package=kind == _PACKAGE,
        )
        if kind == _PACKAGE:
            spec.submodule_search_locations.append(_ROOT + where)
        spec.has_location = True
        return spec

    def create_module(self, spec: Any) -> None:
        """None: Python makes the module."""

    def exec_module(self, module: Any) -> None:
        """Runs a module."""
        exec(self.get_code(module.__name__), module.__dict__)

    def get_code(self, name: str) -> Any:
        """The code of a module."""
        return marshal.loads(_part(*_MODULES[name][1:]))

    def get_source(self, name: str) -> None:
        """None: the image has code alone."""

    def is_package(self, name: str) -> bool:
        """Whether a module may have others in it."""
        return _MODULES[name][0] == _PACKAGE

    def get_data(self, path: Any) -> bytes:
        """The bytes of a file that belongs to a package."""
        found = _FILES.get(str(path).removeprefix(_ROOT))
        if found is None:
            raise FileNotFoundError(2, "not in this program", str(path))
        return bytes(_part(*found))

    def find_distributions(self, context: Any) -> Any:
        """The packages whose versions `importlib.metadata` can tell."""
        from importlib.metadata import Distribution

        class Found(Distribution):
            def __init__(self, folder: str) -> None:
                self.folder = folder

            def read_text(self, filename: str) -> str | None:
                found = _FILES.get(f"{self.folder}/{filename}")
                return bytes(_part(*found)).decode("utf-8") if found else None

            def locate_file(self, path: Any) -> Any:
                return f"{_ROOT}{path}"

        for path in _FILES:
            folder, _, file = path.partition("/")
            if file == "METADATA" and _same(context.name, folder.partition("-")[0]):
                yield Found(folder)

    def get_resource_reader(self, name: str) -> Any:
        """What `importlib.resources` asks for the files of a package."""
        from importlib.resources.abc import TraversableResources

        files = _folder(name.replace(".", "/"))

        class Reader(TraversableResources):
            def files(self) -> Any:
                return files

        return Reader()


def _same(wanted: str | None, name: str) -> bool:
    return wanted is None or wanted.replace("-", "_").replace(".", "_").lower() == name.lower()


def _folder(path: str) -> Any:
    from importlib.resources.abc import Traversable
    from io import BytesIO, TextIOWrapper

    class Entry(Traversable):
        name = ""

        def __init__(self, path: str) -> None:
            self.path = path
            self.name = path.rpartition("/")[2]

        def is_file(self) -> bool:
            return self.path in _FILES

        def is_dir(self) -> bool:
            return any(name.startswith(self.path + "/") for name in _FILES)

        def iterdir(self) -> Any:
            start = self.path + "/"
            names = {n[len(start) :].partition("/")[0] for n in _FILES if n.startswith(start)}
            return iter([Entry(start + name) for name in sorted(names)])

        def joinpath(self, *below: Any) -> Any:
            return Entry("/".join([self.path, *map(str, below)]))

        __truediv__ = joinpath

        def open(self, mode: str = "r", *args: Any, **kwargs: Any) -> Any:
            if not self.is_file():
                raise FileNotFoundError(2, "not in this program", self.path)
            stream = BytesIO(_part(*_FILES[self.path]))
            return stream if "b" in mode else TextIOWrapper(stream, *args, **kwargs)

        def read_bytes(self) -> bytes:
            data: bytes = self.open("rb").read()
            return data

        def read_text(self, encoding: str | None = None) -> str:
            return self.read_bytes().decode(encoding or "utf-8")

    return Entry(path)


_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
)
"""Where systems keep the certificates that they trust; the linked OpenSSL knows its own alone."""


def _trust_the_system() -> None:
    import os

    if "SSL_CERT_FILE" in os.environ or "SSL_CERT_DIR" in os.environ:
        return
    for path in _BUNDLES:
        if os.access(path, os.R_OK):
            os.environ["SSL_CERT_FILE"] = path
            return


def _start() -> None:
    # What is left is what is built in, what is frozen, and the image: never a folder.
    sys.meta_path[:] = [*sys.meta_path[:2], Finder()]
    sys.path_hooks.clear()
    sys.path.clear()
    _trust_the_system()
    setattr(sys, "frozen", True)
    if sys.argv[1:2] == ["--search-an-answer"]:
        from aztrust.storage.probe import SEARCH

        del sys.argv[1]
        exec(SEARCH, {})
    from aztrust.cli.main import run

    run()


_start()
