"""Every small change that can be made to a module's source, found in its syntax tree."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from tests.mutants.readers import is_data, is_for_readers, is_none
from tests.mutants.sql import changes_in, is_sql

_COMPARISONS: dict[type[ast.cmpop], tuple[str, tuple[str, ...]]] = {
    ast.Eq: (r"==", ("!=",)),
    ast.NotEq: (r"!=", ("==",)),
    ast.Lt: (r"<", ("<=", ">=")),
    ast.LtE: (r"<=", ("<", ">")),
    ast.Gt: (r">", (">=", "<=")),
    ast.GtE: (r">=", (">", "<")),
    ast.Is: (r"\bis\b", ("is not",)),
    ast.IsNot: (r"\bis\s+not\b", ("is",)),
    ast.In: (r"\bin\b", ("not in",)),
    ast.NotIn: (r"\bnot\s+in\b", ("in",)),
}
_ARITHMETIC: dict[type[ast.operator], tuple[str, str]] = {
    ast.Add: (r"\+", "-"),
    ast.Sub: (r"-", "+"),
    ast.Mult: (r"\*", "/"),
    ast.Div: (r"/", "*"),
    ast.FloorDiv: (r"//", "/"),
    ast.Mod: (r"%", "*"),
    ast.Pow: (r"\*\*", "*"),
    ast.BitOr: (r"\|", "&"),
    ast.BitAnd: (r"&", "|"),
}
_SWAPPED = {"min": "max", "max": "min", "any": "all", "all": "any", "sorted": "list"}


@dataclass(frozen=True, slots=True)
class Change:
    """One piece of source replaced by another; places are in bytes, as the syntax tree has them."""

    kind: str
    line: int
    statement: range
    """The lines of the statement it is in, or of its head."""
    start: int
    end: int
    new: str
    runs_at_import: bool

    def made_in(self, source: str) -> str:
        """Return the source with the change."""
        text = source.encode()
        return (text[: self.start] + self.new.encode() + text[self.end :]).decode()


def changes_of(source: str) -> list[Change]:
    """List every change whose result is still Python and means something else."""
    tree = ast.parse(source)
    before, seen, found = ast.dump(tree), set(), []
    for change in _Reader(source).read(tree):
        text = change.made_in(source)
        if text in seen:
            continue
        seen.add(text)
        try:
            means = ast.dump(ast.parse(text))
        except SyntaxError:
            continue
        if means != before:
            found.append(change)
    return found


class _Reader:
    """Walks a tree, past what only people and type checkers read."""

    def __init__(self, source: str) -> None:
        self._text = source.encode()
        self._lines = [0]
        for line in self._text.splitlines(keepends=True):
            self._lines.append(self._lines[-1] + len(line))
        self._depth = 0
        self._statement_lines = range(1, 2)

    def read(self, node: ast.AST) -> Iterator[Change]:
        if is_for_readers(node) or is_data(node):
            return
        outer = self._statement_lines
        if isinstance(node, ast.stmt):
            self._statement_lines = _head(node)
        is_function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        yield from self._here(node)
        for name, value in ast.iter_fields(node):
            # Python 3.11 does not know where the parts of an f-string are.
            if name in ("annotation", "returns") or isinstance(node, ast.JoinedStr):
                continue
            inside = is_function and name == "body"
            self._depth += inside
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    yield from self.read(child)
            self._depth -= inside
        self._statement_lines = outer

    def _here(self, node: ast.AST) -> Iterator[Change]:
        match node:
            case ast.Compare():
                sides = [node.left, *node.comparators]
                for op, left, right in zip(node.ops, sides, sides[1:], strict=False):
                    sign, others = _COMPARISONS[type(op)]
                    for other in others:
                        yield from self._between("comparison", left, right, sign, other)
            case ast.BoolOp():
                sign, other = (
                    (r"\band\b", "or") if isinstance(node.op, ast.And) else (r"\bor\b", "and")
                )
                for left, right in zip(node.values, node.values[1:], strict=False):
                    yield from self._between("and, or", left, right, sign, other)
            case ast.UnaryOp(op=ast.Not()):
                yield self._instead("not", node, self._source(node.operand))
            case ast.BinOp() if type(node.op) in _ARITHMETIC:
                sign, other = _ARITHMETIC[type(node.op)]
                yield from self._between("arithmetic", node.left, node.right, sign, other)
            case ast.AugAssign() if type(node.op) in _ARITHMETIC:
                sign, other = _ARITHMETIC[type(node.op)]
                yield from self._between("arithmetic", node.target, node.value, sign, other)
            case ast.Constant() | ast.JoinedStr():
                yield from self._literal(node)
            case ast.Name(id=name) if name in _SWAPPED:
                yield self._instead("min, any, sorted", node, _SWAPPED[name])
            case ast.keyword(arg=str()):
                yield self._without(node)
            case ast.comprehension():
                for test in node.ifs:
                    yield from self._conditions(test)
            case ast.If() | ast.IfExp():
                yield from self._conditions(node.test)
            case ast.While():
                yield self._instead("condition", node.test, "False")
            case ast.stmt():
                yield from self._statement(node)

    def _statement(self, node: ast.stmt) -> Iterator[Change]:
        match node:
            case ast.Return(value=ast.expr() as value) if not is_none(value):
                yield self._instead("result", value, "None")
            case ast.Expr(value=ast.Call() | ast.Await()):
                yield self._instead("statement", node, "pass")
            case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]):
                yield self._instead("statement", node, "pass")
            case ast.Raise():
                yield self._instead("statement", node, "pass")
            case ast.Break():
                yield self._instead("statement", node, "continue")
            case ast.Continue():
                yield self._instead("statement", node, "break")

    def _literal(self, node: ast.Constant | ast.JoinedStr) -> Iterator[Change]:
        source = self._source(node)
        match node:
            case ast.Constant(value=bool() as value):
                yield self._instead("constant", node, str(not value))
            case ast.Constant(value=int() | float() as number):
                yield self._instead("constant", node, repr(number + 1))
            case _ if is_sql(source):
                yield from self._sql(node, source)
            case ast.Constant(value=str() as word) if " " not in word:
                yield self._instead("constant", node, repr(f"XX{word}"))
            case ast.JoinedStr() if " " not in source:
                yield self._instead("constant", node, '""')

    def _sql(self, node: ast.expr, source: str) -> Iterator[Change]:
        for start, end, new in changes_in(source):
            before, former = source[:start].encode(), source[start:end].encode()
            at = self._start(node) + len(before)
            yield self._change("SQL", node, at, at + len(former), new)

    def _conditions(self, test: ast.expr) -> Iterator[Change]:
        for word in ("True", "False"):
            yield self._instead("condition", test, word)

    def _without(self, node: ast.keyword) -> Change:
        end = self._end(node)
        comma = re.match(rb"\s*,", self._text[end:])
        return self._change(
            "argument", node, self._start(node), end + len(comma[0] if comma else b""), ""
        )

    def _between(
        self, kind: str, left: ast.expr, right: ast.expr, sign: str, other: str
    ) -> Iterator[Change]:
        gap = self._text[self._end(left) : self._start(right)]
        if found := re.search(sign.encode(), gap):
            start = self._end(left)
            yield self._change(kind, right, start + found.start(), start + found.end(), other)

    def _instead(self, kind: str, node: ast.expr | ast.stmt, new: str) -> Change:
        return self._change(kind, node, self._start(node), self._end(node), new)

    def _change(
        self, kind: str, node: ast.expr | ast.stmt | ast.keyword, start: int, end: int, new: str
    ) -> Change:
        line = self._text[:start].count(b"\n") + 1
        return Change(
            kind, line, self._statement_lines, start, end, new, runs_at_import=self._depth == 0
        )

    def _source(self, node: ast.expr) -> str:
        return self._text[self._start(node) : self._end(node)].decode()

    def _start(self, node: ast.expr | ast.stmt | ast.keyword) -> int:
        return self._lines[node.lineno - 1] + node.col_offset

    def _end(self, node: ast.expr | ast.stmt | ast.keyword) -> int:
        return self._lines[(node.end_lineno or node.lineno) - 1] + (node.end_col_offset or 0)


def _head(node: ast.stmt) -> range:
    body = getattr(node, "body", None)
    last = max(node.lineno, body[0].lineno - 1) if body else node.end_lineno or node.lineno
    return range(node.lineno, last + 1)
