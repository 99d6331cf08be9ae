"""JSON, TOML and YAML files read into one shape, for pointers to lead into.

The format follows from the file's extension. JSON and TOML keep their types; YAML scalars stay the
strings that are in the file, because YAML's own guesses (`no`, `0777`, `1e3`, `12:30:45`)
differ between versions and readers. Refused are the features by which one YAML text means two
things: duplicate keys, anchors, aliases, merge keys, tags, directives, several documents.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Final, NoReturn, TypeAlias

import tomli
from jiter import LosslessFloat

from aztrust.core.base.errors import Malformed
from aztrust.core.base.text import cut
from aztrust.core.linkage.jsondoc import parse_json
from aztrust.core.linkage.scalars import Scalar

if TYPE_CHECKING:
    import yaml

Document: TypeAlias = (
    bool | int | str | LosslessFloat | Scalar | list["Document"] | dict[str, "Document"] | None
)

FORMATS: Final = {".json": "JSON", ".toml": "TOML", ".yaml": "YAML", ".yml": "YAML"}
_DEPTH: Final = 200


def format_of(path: str) -> str:
    """`JSON`, `TOML` or `YAML` by the extension (any case), "" for any other."""
    return next((f for end, f in FORMATS.items() if path.lower().endswith(end)), "")


def parse_document(
    data: bytes, *, path: str, what: str, code: str, otherwise: str = ""
) -> Document:
    """Parse a file by its extension, or as the format `otherwise` if that tells nothing.

    Raises:
        Malformed(code): no known format, or not what the extension says; names `what`.
    """
    form = format_of(path) or otherwise
    if form == "JSON":
        value: Document = parse_json(data, what=what, code=code)  # type: ignore[assignment]
        return value
    if not form:
        _refuse(what, code, f"a pointer needs one of {', '.join(FORMATS)} and reads nothing else")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        _refuse(what, code, f"not {form}: byte {error.start + 1} is not UTF-8")
    if text.startswith("\ufeff"):
        _refuse(what, code, f"not strict {form}: it begins with a byte order mark (EF BB BF)")
    return _parse_toml(text, what, code) if form == "TOML" else _parse_yaml(text, what, code)


def _refuse(what: str, code: str, message: str) -> NoReturn:
    raise Malformed(
        message,
        subject=what,
        mend="Correct the file, or the rule in manifests/launch.toml that points into it.",
        code=code,
    )


def _parse_toml(text: str, what: str, code: str) -> Document:
    try:
        return _plain(tomli.loads(text, parse_float=lambda number: Scalar("number", number)))
    except RecursionError:
        _refuse(what, code, "not TOML that can be read: it is nested too deeply")
    except ValueError as error:
        _refuse(what, code, f"not TOML: {cut(str(error))}")


def _plain(value: object) -> Document:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, datetime | date | time):
        return Scalar("time", value.isoformat())
    if isinstance(value, Scalar | bool | int | str):
        return value
    return Scalar("number", str(value))


def _parse_yaml(text: str, what: str, code: str) -> Document:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return _YamlReader(yaml.parse(text, Loader=loader), what, code).document()
    except yaml.YAMLError as error:
        problem = getattr(error, "problem", None) or "it has a character that YAML forbids"
        mark = getattr(error, "problem_mark", None)
        place = f" (line {mark.line + 1})" if mark else ""
        _refuse(what, code, f"not YAML: {cut(str(problem))}{place}")


class _YamlReader:
    """Builds one document from parser events; a stack, so that depth is a limit and no crash."""

    def __init__(self, events: Iterator[yaml.Event], what: str, code: str) -> None:
        self._events = events
        self._what = what
        self._code = code

    def document(self) -> Document:
        """The only document of the stream."""
        from yaml import events as kinds

        root: list[Document] = []
        stack: list[list[Document] | dict[str, Document]] = [root]
        keys: list[str | None] = [None]
        for event in self._events:
            if isinstance(event, kinds.DocumentStartEvent):
                self._check_start(event, root)
            elif isinstance(event, kinds.AliasEvent):
                self._forbidden("an alias", event)
            elif isinstance(event, kinds.NodeEvent):
                self._check_node(event)
                value: Document = self._value(event)
                self._place(stack[-1], keys, value, event)
                if isinstance(value, dict | list):
                    stack.append(value)
                    keys.append(None)
                    if len(stack) > _DEPTH:
                        self._forbidden(f"nesting deeper than {_DEPTH}", event)
            elif isinstance(event, kinds.CollectionEndEvent):
                stack.pop()
                keys.pop()
        return root[0] if root else None

    @staticmethod
    def _value(event: yaml.NodeEvent) -> Document:
        if hasattr(event, "value"):
            return str(event.value)
        return {} if type(event).__name__.startswith("Mapping") else []

    def _place(
        self,
        parent: list[Document] | dict[str, Document],
        keys: list[str | None],
        value: Document,
        event: yaml.Event,
    ) -> None:
        if isinstance(parent, list):
            parent.append(value)
            return
        key = keys[-1]
        if key is not None:
            parent[key] = value
            keys[-1] = None
            return
        if not isinstance(value, str):
            self._forbidden("a key that is not a scalar", event)
        if value in parent:
            self._forbidden(f'the key "{cut(value)}" twice in one mapping', event)
        if value == "<<":
            self._forbidden("a merge key", event)
        keys[-1] = value

    def _check_start(self, event: yaml.DocumentStartEvent, root: list[Document]) -> None:
        if root:
            self._forbidden("a second document", event)
        if event.version or event.tags:
            self._forbidden("a directive", event)

    def _check_node(self, event: yaml.NodeEvent) -> None:
        if event.anchor is not None:
            self._forbidden("an anchor", event)
        if getattr(event, "tag", None) is not None:
            self._forbidden("a tag", event)

    def _forbidden(self, found: str, event: yaml.Event) -> NoReturn:
        line = event.start_mark.line + 1 if event.start_mark else 0
        _refuse(self._what, self._code, f"YAML with {found} (line {line}), which is not read")
