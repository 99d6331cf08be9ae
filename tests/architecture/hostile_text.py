"""Matches every regular expression of aztrust with texts that make a bad one slow.

Run as a program of its own: it names each expression before it is tried, and gives it ten seconds
of this process's own CPU time, a thousand times what a linear one takes. The kernel ends it, so
that the last name printed is the expression that did not end.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
import resource
import sys
from pathlib import Path

import aztrust

SIZE = 128 * 1024
SECONDS = 10
BOUNDED = {
    # A file's name in a path that the policy or a manifest allows.
    "aztrust.core.host.layouts._ARCHIVE": 4096,
    "aztrust.core.host.layouts._PLATFORM": 4096,
    "aztrust.core.host.layouts._VERSION": 4096,
}
"""Expressions whose texts have a limit of their own, in characters."""
METHODS = ("search", "sub", "finditer", "findall", "split", "match", "fullmatch")
# Texts in addition to those made of an expression's own letters.
UNITS = ('"', "\\", '\\"', " ", "a", "0", "-", ".", "/", "\n", "=", "A ", '"d":"' + "A" * 20 + '"')


def patterns() -> dict[str, tuple[re.Pattern, frozenset[str]]]:
    """Every compiled expression that a module of aztrust holds, and how it is used there, by place.

    One that is used under another name counts as used in every way.
    """
    found = {}
    for module in pkgutil.walk_packages(aztrust.__path__, "aztrust."):
        if module.name.endswith("__main__"):
            continue
        loaded = importlib.import_module(module.name)
        source = Path(loaded.__file__ or "").read_text()
        for name, value in vars(loaded).items():
            used = {m for m in METHODS if re.search(rf"\b{re.escape(name)}\.{m}\(", source)}
            for item in value if isinstance(value, tuple) else (value,):
                for one in item if isinstance(item, tuple) else (item,):
                    if isinstance(one, re.Pattern):
                        place = (f"{module.name}.{name}", frozenset(used or METHODS))
                        found.setdefault((one.pattern, one.flags), (*place, one))
    return {place: (one, used) for place, used, one in found.values()}


def units(pattern: re.Pattern) -> list[str]:
    """Pieces to repeat: common ones, the expression's own words, and each with a tail."""
    text = (
        pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")
    )
    words = re.findall(r"[A-Za-z0-9_]{1,20}", text)[:4]
    marks = list(dict.fromkeys(re.findall(r"[^A-Za-z0-9_\s\\]", text)))[:6]
    return list(dict.fromkeys([*UNITS, *words, *marks]))


def try_out(name: str, pattern: re.Pattern, used: frozenset[str]) -> None:
    size = BOUNDED.get(name, SIZE)
    for unit in units(pattern):
        text = (unit * (size // len(unit) + 1))[:size]
        for given in (text, text + "\x01", "x" + text):
            whole = given if isinstance(pattern.pattern, str) else given.encode("latin-1")
            if used & {"match", "fullmatch"}:
                pattern.match(whole)
                pattern.fullmatch(whole)
            if used - {"match", "fullmatch"}:
                for _ in pattern.finditer(whole):
                    pass


def main() -> None:
    tried = patterns()
    if len(sys.argv) > 1:
        tried = {"given": (re.compile(sys.argv[1]), frozenset(METHODS))}
        # Long enough for a quadratic one to take its ten seconds on any machine.
        BOUNDED["given"] = 8 * SIZE
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    for name, (pattern, used) in sorted(tried.items()):
        print(name, flush=True)
        spent = resource.getrusage(resource.RUSAGE_SELF)
        seconds = int(spent.ru_utime + spent.ru_stime) + SECONDS
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, hard))
        try_out(name, pattern, used)
    print("done", len(tried))


if __name__ == "__main__":
    main()
