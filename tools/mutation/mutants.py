"""Small changes to a Python source, each of which a test should notice.

A mutant is one replacement of one span of the text. Changed are comparisons, conditions, filters,
`and`, `or` and `not`, returned values, numbers, `min` and `max`, `any` and `all`, and statements
that are dropped. Left alone is what no verdict depends on: docstrings, the words of findings and
errors, type annotations, `if TYPE_CHECKING`, `__repr__`, and functions that by their name only make
words.
"""

from __future__ import annotations

import ast
import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice

# Their arguments are words for people, or the fixed texts of a check.
WORDS = frozenset({"Finding", "Code", "Check", "RecordKind", "assert_never"})
KEYWORDS = frozenset({"mend", "detail", "subject", "not_run"})
SILENT = re.compile(r"__repr__|__str__|.*(describe|sentence|message|mend|title|words).*")
COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
NAMES = {"min": "max", "max": "min", "any": "all", "all": "any"}
EMPTY = {
    "str": '""',
    "bytes": 'b""',
    "dict": "{}",
    "list": "[]",
    "tuple": "()",
    "Mapping": "{}",
} | {name: f"{name}()" for name in ("set", "frozenset")}


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change.

    Args:
        path: the module, relative to the repository.
        function: the dotted name of the function, or "" at module level.
        statement: the statement that is changed, or the head of a compound one, in one form.
        before: the text that is replaced, with single spaces.
        after: what takes its place.
        span: where it is in the file, in bytes.
        lines: the lines whose tests can notice it; (0, 0) for what runs at import.
        source: the module's text.
        nth: 0, or which of several changes that are equal in all that is above.
    """

    path: str
    function: str
    statement: str
    before: str
    after: str
    span: tuple[int, int]
    lines: tuple[int, int]
    source: bytes = field(repr=False)
    nth: int = 0

    @property
    def key(self) -> str:
        """Twelve hex digits that survive moves: of the function, the statement and the change."""
        parts = (self.function, self.statement, self.before, self.after, str(self.nth))
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]

    def rank(self, seed: int) -> str:
        """Its place in the sample of a seed: the lowest are taken."""
        return hashlib.sha256(f"{seed} {self.key}".encode()).hexdigest()

    def applied(self) -> bytes:
        """The module's text with the change made."""
        begin, end = self.span
        return self.source[:begin] + self.after.encode() + self.source[end:]

    def compiles(self) -> bool:
        """Whether that is a Python module."""
        try:
            compile(self.applied(), self.path, "exec", dont_inherit=True)
        except SyntaxError:
            return False
        return True


def mutants(path: str, source: bytes) -> Iterator[Mutant]:
    """Every mutant of a module, in the order of its text; a few do not compile."""
    for mutant in _Maker(path, source).module(ast.parse(source)):
        if mutant.before != mutant.after:
            yield mutant


def sample(candidates: Iterable[Mutant], count: int, seed: int) -> list[Mutant]:
    """`count` that compile, by rank, so that a change elsewhere moves few; in the text's order."""
    seen: Counter[str] = Counter()
    counted = []
    for mutant in candidates:
        counted.append(replace(mutant, nth=seen[mutant.key]))
        seen[mutant.key] += 1
    ranked = sorted(counted, key=lambda m: m.rank(seed))
    chosen = islice((m for m in ranked if m.compiles()), count)
    return sorted(chosen, key=lambda m: (m.path, m.span, m.after))


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the walk is: the function, what it returns, and the statement around."""

    function: str
    returns: str
    statement: str
    lines: tuple[int, int]


class _Maker:
    def __init__(self, path: str, source: bytes) -> None:
        self._path = path
        self._source = source
        self._starts = [0]
        for line in source.splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))

    def module(self, tree: ast.Module) -> Iterator[Mutant]:
        yield from self._body(tree.body, "", None)

    def _body(self, body: list[ast.stmt], function: str, returns: str | None) -> Iterator[Mutant]:
        for statement in body:
            yield from self._statement(statement, function, returns)

    def _statement(self, node: ast.stmt, function: str, returns: str | None) -> Iterator[Mutant]:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            if SILENT.fullmatch(node.name):
                return
            inner = f"{function}.{node.name}".lstrip(".")
            if isinstance(node, ast.ClassDef):
                yield from self._body(node.body, inner, None)
            else:
                wanted = ast.unparse(node.returns) if node.returns is not None else ""
                yield from self._body(node.body, inner, wanted)
            return
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            return
        place = self._place(node, function, returns)
        yield from self._of_statement(node, place)
        for name in ("test", "iter", "items", "subject", "value"):
            for child in _nodes(getattr(node, name, None)):
                yield from self._expression(child, place)
        for name in ("body", "orelse", "finalbody"):
            yield from self._body(getattr(node, name, []), function, returns)
        for part in [*getattr(node, "handlers", []), *getattr(node, "cases", [])]:
            if isinstance(part, ast.match_case) and part.guard is not None:
                yield from self._expression(part.guard, place)
            yield from self._body(part.body, function, returns)

    def _of_statement(self, node: ast.stmt, place: _Place) -> Iterator[Mutant]:
        match node:
            case ast.If(test=test):
                yield self._change(test, "True", place)
                yield self._change(test, "False", place)
            case ast.While(test=test) if not isinstance(test, ast.Constant):
                yield self._change(test, "False", place)
            case ast.Raise() | ast.Continue() | ast.Break() | ast.AugAssign():
                yield self._change(node, "pass", place)
            case ast.Expr(value=ast.Call(func=called)) if _name(called) not in WORDS:
                yield self._change(node, "pass", place)
            case ast.Expr(value=ast.Yield() | ast.YieldFrom()):
                yield self._change(node, "yield from ()", place)
            case ast.Return(value=ast.expr() as value):
                after = _other_return(value, place.returns)
                if after is not None:
                    yield self._change(value, after, place)

    def _expression(self, node: ast.AST, place: _Place) -> Iterator[Mutant]:
        # Python 3.11 has no positions inside of an f-string.
        if isinstance(node, ast.JoinedStr | ast.Lambda):
            return
        if isinstance(node, ast.Call) and _name(node.func) in WORDS:
            return
        if isinstance(node, ast.keyword) and node.arg in KEYWORDS:
            return
        if isinstance(node, ast.IfExp) and (_is_prose(node.body) or _is_prose(node.orelse)):
            return
        yield from self._of_expression(node, place)
        for child in ast.iter_child_nodes(node):
            yield from self._expression(child, place)

    def _of_expression(self, node: ast.AST, place: _Place) -> Iterator[Mutant]:
        match node:
            case ast.Compare() | ast.BoolOp() | ast.UnaryOp(op=ast.Not()):
                for changed in _other_logic(node):
                    yield self._change(node, f"({ast.unparse(changed)})", place)
            case ast.IfExp(test=test):
                yield self._change(test, "True", place)
                yield self._change(test, "False", place)
            case ast.comprehension(ifs=filters):
                for test in filters:
                    yield self._change(test, "True", place)
            case ast.Constant(value=bool() as value):
                yield self._change(node, str(not value), place)
            case ast.Constant(value=int() as value):
                yield self._change(node, str(value + 1), place)
            case ast.Name(id=name) if name in NAMES:
                yield self._change(node, NAMES[name], place)

    def _change(self, node: ast.expr | ast.stmt, after: str, place: _Place) -> Mutant:
        begin = self._offset(node.lineno, node.col_offset)
        end = self._offset(node.end_lineno or node.lineno, node.end_col_offset or 0)
        before = " ".join(self._source[begin:end].decode().split())
        return Mutant(
            self._path,
            place.function,
            place.statement,
            before,
            after,
            (begin, end),
            place.lines,
            self._source,
        )

    def _offset(self, line: int, column: int) -> int:
        return self._starts[line - 1] + column

    def _place(self, node: ast.stmt, function: str, returns: str | None) -> _Place:
        last = node.end_lineno or node.lineno
        body = getattr(node, "body", None) or getattr(node, "cases", None)
        if body:
            first = body[0].pattern if isinstance(body[0], ast.match_case) else body[0]
            last = max(node.lineno, min(last, first.lineno - 1))
        text = " ".join(ast.unparse(node).split("\n", 1)[0].split())
        if returns is None:
            return _Place(function, "", text, (0, 0))
        return _Place(function, returns, text, (node.lineno, last))


def _other_logic(node: ast.Compare | ast.BoolOp | ast.UnaryOp) -> Iterator[ast.expr]:
    """Another comparison; `and` for `or`, or one operand fewer; `not` gone."""
    match node:
        case ast.Compare(left=left, ops=ops, comparators=right):
            for i, operator in enumerate(ops):
                for comparison in COMPARISONS[type(operator)]:
                    yield ast.Compare(left, [*ops[:i], comparison(), *ops[i + 1 :]], right)
        case ast.BoolOp(op=operator, values=values):
            yield ast.BoolOp(ast.Or() if isinstance(operator, ast.And) else ast.And(), values)
            for i in range(len(values)):
                kept = [*values[:i], *values[i + 1 :]]
                yield ast.BoolOp(operator, kept) if len(kept) > 1 else kept[0]
        case ast.UnaryOp(operand=operand):
            yield operand


def _nodes(value: object) -> list[ast.AST]:
    found = value if isinstance(value, list) else [value]
    return [node for node in found if isinstance(node, ast.AST)]


def _is_prose(node: ast.expr) -> bool:
    """A text with a space in it; codes and names have none."""
    text = isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value
    return text or isinstance(node, ast.JoinedStr)


def _name(called: ast.expr) -> str:
    return called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")


def _other_return(value: ast.expr, returns: str) -> str | None:
    """What is returned instead; None where nothing else of this type comes to mind."""
    if isinstance(value, ast.Constant):
        return None if value.value is None or isinstance(value.value, int) else EMPTY.get(returns)
    if returns == "bool":
        return "False"
    kind = returns.partition("[")[0].rpartition(".")[2]
    if kind in EMPTY:
        return EMPTY[kind] if ast.unparse(value) != EMPTY[kind] else None
    return "None"
