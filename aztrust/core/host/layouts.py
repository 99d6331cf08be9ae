"""Where hosts keep a chain's files: a table of templates, extended by the user's own.

`{home}` is a home directory of the layout, `{name}` the binary's name, `{stem}` that name without
its last "d" (atlasd keeps its files in ~/.atlas or in ~/.atlasd), `{library}` a library's file name
and `{genesis}` a genesis file's. A template for geneses without `{genesis}` is for the file of that
name, or for the first one where none has it. A template may begin with `~/` or
with an environment variable, and is passed over where that is unset. A binary without a `/` is
looked up on PATH. This module knows texts only; the caller hands in the environment.

A directory `current` in a template is cosmovisor's: what it holds is what starts. Once that entry
is there, even broken or empty, it decides, and nothing behind its template is tried: cosmovisor
does not go back to `genesis` either.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Final

from aztrust.core.base.errors import Malformed
from aztrust.core.base.model import Items, Model, SomeItems, validate
from aztrust.core.base.schema import AfterValidator, Field
from aztrust.core.base.value import frozen
from aztrust.core.policy.tomldoc import read_toml

if TYPE_CHECKING:
    from aztrust.core.package.manifest import Artifact
    from aztrust.core.policy.model import ArtifactRule

LAYOUTS_CODE: Final = "layouts-malformed"


@frozen
class Layout:
    """One way to keep a chain's files: templates, in the order in which they are tried."""

    name: str
    homes: tuple[str, ...] = ()
    binaries: tuple[str, ...] = ()
    geneses: tuple[str, ...] = ()
    libraries: tuple[str, ...] = ()


_HOMES = ("$DAEMON_HOME", "~/.{name}", "~/.{stem}")

LAYOUTS: Final = (
    Layout(
        name="cosmovisor",
        homes=_HOMES,
        binaries=(
            "{home}/cosmovisor/current/bin/{name}",
            "{home}/cosmovisor/genesis/bin/{name}",
        ),
    ),
    Layout(
        name="node home",
        homes=_HOMES,
        geneses=("{home}/config/genesis.json", "{home}/config/{genesis}"),
        libraries=("{home}/lib/{library}",),
    ),
    Layout(name="PATH", binaries=("{name}",)),
    Layout(
        name="system libraries",
        libraries=(
            "/usr/local/lib/{library}",
            "/usr/lib/{library}",
            "/usr/lib64/{library}",
            "/lib/{library}",
            "/lib64/{library}",
        ),
    ),
)
"""The built-in layouts; a user's own are tried before them."""


# ---- the user's own -----------------------------------------------------------------------------

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_VARIABLE = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)")
_CURRENT = re.compile(r"(.*?/current)/")
_PLACEHOLDERS: Final = ("home", "name", "stem")


def _known_placeholders(template: str) -> str:
    return _only(template, ())


def _only(template: str, more: tuple[str, ...]) -> str:
    known = (*_PLACEHOLDERS, *more)
    for found in _PLACEHOLDER.findall(template):
        if found not in known:
            names = [f"{{{name}}}" for name in known]
            raise ValueError(f"the placeholders are {', '.join(names[:-1])} and {names[-1]}")
    if not template.isprintable():
        raise ValueError("has a character that cannot be seen")
    return template


def _genesis(template: str) -> str:
    return _absolute(_only(template, ("genesis",)))


def _library(template: str) -> str:
    if "{library}" not in template:
        raise ValueError("has to contain {library}, the file name of the library")
    return _absolute(_only(template, ("library",)))


def _absolute(template: str) -> str:
    if not template.startswith(("/", "~/", "{home}/")) and not _VARIABLE.match(template):
        raise ValueError("must begin with /, ~/, {home}/ or a variable, for instance $DAEMON_HOME")
    return template


def _home(template: str) -> str:
    if "{home}" in template:
        raise ValueError("a home cannot be made of {home}")
    return _absolute(template)


def _binary(template: str) -> str:
    return _absolute(template) if "/" in template else template


_Plain = Annotated[str, Field(min_length=1, max_length=4096)]
_Text = Annotated[_Plain, AfterValidator(_known_placeholders)]


class LayoutTable(Model):
    """`[[layout]]`: one layout of the user's own."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}$")]
    homes: Items[Annotated[_Text, AfterValidator(_home)]] = ()
    binaries: Items[Annotated[_Text, AfterValidator(_binary)]] = ()
    geneses: Items[Annotated[_Plain, AfterValidator(_genesis)]] = ()
    libraries: Items[Annotated[_Plain, AfterValidator(_library)]] = ()


class LayoutFile(Model):
    """The file `layouts.toml`."""

    layout: SomeItems[LayoutTable]


def parse_layouts(data: bytes, *, what: str) -> tuple[Layout, ...]:
    """The layouts in a `layouts.toml`.

    Raises:
        Malformed: `layouts-malformed`; an unknown key names the nearest known one.
    """
    document = read_toml(data, what=what, code=LAYOUTS_CODE)
    file = validate(LayoutFile, document, what=what, code=LAYOUTS_CODE)
    for table in file.layout:
        if not table.binaries and not table.geneses and not table.libraries:
            raise Malformed(
                f"the layout {table.name!r} names neither binaries nor geneses nor libraries",
                subject=what,
                code=LAYOUTS_CODE,
            )
    return tuple(Layout(t.name, t.homes, t.binaries, t.geneses, t.libraries) for t in file.layout)


# ---- from templates to paths --------------------------------------------------------------------


def expand(
    layout: Layout,
    templates: Iterable[str],
    names: Iterable[str],
    *,
    environ: Mapping[str, str],
    home: str | None = None,
    files: Mapping[str, str] | None = None,
) -> Iterator[str]:
    """The paths that templates of a layout produce, each once, in the order to try them.

    Args:
        layout: whose homes `{home}` means.
        templates: its binaries or its geneses.
        names: what the binary may be called.
        environ: `HOME` and the variables that templates begin with.
        home: the one home to use instead of the layout's own.
        files: what `{library}` or `{genesis}` is; templates that name another are left out.
    """
    seen: set[str] = set()
    for name in names:
        stem = name[:-1] if name.endswith("d") and len(name) > 1 else name
        values = {"name": name, "stem": stem, **(files or {})}
        own = (_fill(template, values, environ) for template in layout.homes)
        bases = [base for base in own if base] if home is None else [home]
        # Without a home there is still one round, for templates that need none.
        for base in bases or [""]:
            for template in templates:
                if "{home}" in template and not base:
                    continue
                if any(f != "home" and f not in values for f in _PLACEHOLDER.findall(template)):
                    continue
                path = _fill(template, {**values, "home": base}, environ)
                if path and path not in seen:
                    seen.add(path)
                    yield path


def current_entries(templates: Iterable[str]) -> tuple[str, ...]:
    """The templates with a directory `current`, each cut off behind it.

    Only what a template itself calls `current` counts, not a home that happens to be called so.
    """
    found = (_CURRENT.match(template) for template in templates)
    return tuple(match[1] for match in found if match)


def _fill(template: str, values: Mapping[str, str], environ: Mapping[str, str]) -> str:
    """The path; "" where the variable it begins with is unset or no absolute path."""
    start, rest = "", template
    variable = _VARIABLE.match(template)
    if variable or template.startswith("~/"):
        start = environ.get(variable[1] if variable else "HOME", "").rstrip("/")
        rest = template[variable.end() if variable else 1 :]
        if not start.startswith("/"):
            return ""
    return start + _PLACEHOLDER.sub(lambda found: values[found[1]], rest)


# ---- names --------------------------------------------------------------------------------------

_ARCHIVE = re.compile(r"\.(?:tar|tgz|txz|tbz2?|tzst|zip|gz|xz|bz2|zst)$", re.IGNORECASE)
_PLATFORM = re.compile(
    r"[-_.](?:linux|darwin|macos|freebsd|windows|amd64|x86[-_]64|x64|arm64|aarch64|armv?[5-8]l?|arm"
    r"|386|i[36]86|riscv64|ppc64(?:le|el)?|s390x|all|universal2?|unknown|gnu|musl|static|apple)$",
    re.IGNORECASE,
)
_VERSION = re.compile(
    r"[-_.](?:v\d+(?:\.\d+)*|\d+(?:\.\d+)+)(?:[-+.~](?:rc|alpha|beta|pre)[-.]?\d*)?$"
)


def binary_names(artifacts: Iterable[Artifact | ArtifactRule]) -> tuple[str, ...]:
    """What the programs among the artifacts are called once installed, each once.

    The name of an archive's member stays as it is; from a file's own name the archive's suffix,
    the platform and the version are taken: `atlasd-1.0.0-linux-amd64.tar.gz` is `atlasd`.
    """
    names = map(installed_name, artifacts)
    return tuple(dict.fromkeys(n for n in names if n not in ("", ".", "..") and n.isprintable()))


def installed_name(artifact: Artifact | ArtifactRule) -> str:
    """What one artifact is called once installed; not necessarily a name that is safe to use."""
    return _plain_name(artifact.path) if artifact.member is None else _base(artifact.member)


def _base(path: str) -> str:
    return path.rpartition("/")[2]


def _plain_name(path: str) -> str:
    name = _base(path)
    while True:
        shorter = name
        for suffix in (_ARCHIVE, _PLATFORM, _VERSION):
            shorter = suffix.sub("", shorter)
        if shorter in ("", name):
            return name
        name = shorter
