"""What the core may not do, found in its text: touch the machine, the clock, chance, a person."""

from __future__ import annotations

import ast
from collections.abc import Iterator

IMPORTS = frozenset(
    "asyncio builtins click concurrent ctypes getpass glob importlib locale logging multiprocessing"
    " os pathlib platform random runpy secrets shutil signal sigstore socket ssl subprocess"
    " tempfile threading time tkinter urllib uuid webbrowser".split()
)
NAMES = frozenset("open input print exec eval compile breakpoint __import__".split())
# As attributes of anything: `datetime.now`, `date.today`, `sys.argv`, `io.open`, `Path.read_text`.
ATTRIBUTES = frozenset(
    "now utcnow today localtime time_ns perf_counter monotonic argv environ getenv stdin stdout"
    " stderr exit _exit open read_text read_bytes write_text write_bytes urandom".split()
)


def impurities(source: str) -> Iterator[tuple[int, str]]:
    """(line, what) for each import, name and attribute that a pure module has no business with."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            named = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            named = [node.module or ""]
        else:
            named = []
        for module in named:
            if module.partition(".")[0] in IMPORTS:
                yield node.lineno, f"import {module}"
        if isinstance(node, ast.Name) and node.id in NAMES:
            yield node.lineno, node.id
        if isinstance(node, ast.Attribute) and node.attr in ATTRIBUTES:
            yield node.lineno, f".{node.attr}"
