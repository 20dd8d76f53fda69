"""The mistakes that are put into what guards: each takes one condition, one half, one call or one element away."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

LOGS = frozenset({"log", "debug", "info", "warning", "error", "exception"})  # what is told to operators guards nothing
SHIFTED = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt}
BINDS = (ast.NamedExpr, ast.Await)  # what happens on the way to an answer has to happen all the same

Places = dict[ast.AST, tuple[ast.AST, str]]  # each node's parent, and as what it stands in it


@dataclass(frozen=True, slots=True)
class Mutant:
    """One mistake; only a test that reaches a line from `first` to `last` can notice it."""

    line: int
    first: int
    last: int
    what: str
    old: str
    new: str
    text: str  # the whole module with it

    def __str__(self) -> str:
        old, new = (" ".join(text.split())[:100] for text in (self.old, self.new))
        return f"{self.line} {self.what}: {old} => {new or 'nothing'}"


def mutants(source: str) -> Iterator[Mutant]:
    """Make every mutant of a module, in the order of its lines."""
    tree = ast.parse(source)
    places: Places = {
        child: (node, name)
        for node in ast.walk(tree)
        for name, value in ast.iter_fields(node)
        for child in (value if isinstance(value, list) else [value])
        if isinstance(child, ast.AST)
    }
    seen = {ast.dump(tree)}
    nodes = (n for n in ast.walk(tree) if isinstance(n, ast.expr | ast.stmt) and not _said(n, places))
    for node in sorted(nodes, key=lambda n: (n.lineno, n.col_offset)):
        for what, new in _of(node, places):
            text = _with(source, node, new)
            same = ast.dump(ast.parse(text))
            if same not in seen:
                seen.add(same)
                yield Mutant(node.lineno, *_lines(node, what, places), what, ast.unparse(node), new, text)


def _of(node: ast.AST, places: Places) -> Iterator[tuple[str, str]]:
    match node:
        case ast.Expr(value=ast.Call() | ast.Await()) if not LOGS & _names(node.value):
            yield "left out", "pass"
        case ast.Raise():
            yield "left out", "pass"
        case ast.Set(elts=elements) if len(elements) > 1:
            yield from (("element left out", f"{{{_list(elements, one)}}}") for one in elements)
        case ast.Tuple(elts=elements) if len(elements) > 1 and _collects(node, places):
            yield from (("element left out", f"({_list(elements, one)},)") for one in elements)
        case ast.BinOp(left=left, op=ast.BitOr() | ast.BitAnd(), right=right):
            yield from (("half left out", f"({ast.unparse(one)})") for one in (left, right))
        case ast.Call(func=ast.Name(id="min" | "max"), args=[_, _, *_] as args):
            yield from (("bound left out", ast.unparse(one)) for one in args)
        case _:
            pass
    if isinstance(node, ast.expr):
        yield from _of_condition(node, places)


def _of_condition(node: ast.expr, places: Places) -> Iterator[tuple[str, str]]:
    parent, role = places[node]
    if isinstance(parent, ast.BoolOp):
        neutral = "True" if isinstance(parent.op, ast.And) else "False"
        yield "half left out", _settled(node, neutral)
    elif role != "operand" and (role in {"test", "ifs", "guard"} or _says(node)):
        yield "never", _settled(node, "False")
        yield "always", _settled(node, "True")
    if not isinstance(node, ast.Compare):
        return
    for at, operator in enumerate(node.ops):
        if type(operator) in SHIFTED:
            ops = [*node.ops[:at], SHIFTED[type(operator)](), *node.ops[at + 1 :]]
            yield "edge", ast.unparse(ast.Compare(node.left, ops, node.comparators))
    match node:
        case ast.Compare(left=ast.Tuple(elts=mine), comparators=[ast.Tuple(elts=theirs)]) if len(mine) == len(theirs):
            sign = "==" if isinstance(node.ops[0], ast.Eq) else "!="
            for one, other in zip(mine, theirs, strict=True):
                yield "part left out", f"(({_list(mine, one)},) {sign} ({_list(theirs, other)},))"
        case _:
            pass


def _settled(node: ast.expr, value: str) -> str:
    """A condition that always says the same; what it calls or names on the way is called and named."""
    if any(isinstance(one, BINDS) for one in ast.walk(node)):
        return f"(({ast.unparse(node)}) and False)" if value == "False" else f"(({ast.unparse(node)}) or True)"
    return value


def _says(node: ast.expr) -> bool:
    """Whether this is a condition wherever it stands."""
    return isinstance(node, ast.Compare | ast.BoolOp) or (
        isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)
    )


def _collects(node: ast.AST, places: Places) -> bool:
    """Whether a tuple says what is caught, or what something may be."""
    match places[node][0]:
        case ast.ExceptHandler():
            return True
        case ast.Compare(ops=[ast.In() | ast.NotIn()], comparators=[one]):
            return one is node
        case _:
            return False


def _said(node: ast.AST, places: Places) -> bool:
    """Whether this is an annotation, a decorator, or what a name stands for in types: nothing that happens."""
    while node in places:
        node, role = places[node]
        if role in {"annotation", "returns", "decorator_list", "cls"}:
            return True
    return False


def _lines(node: ast.AST, what: str, places: Places) -> tuple[int, int]:
    """Return the lines of the statement a node is in; of one with others in it those before the first of these.

    Where a condition no longer holds, nothing but what held before becomes another: only who came further notices.
    """
    less = what == "never" or isinstance(getattr(places[node][0], "op", None), ast.Or)
    inner = node
    while not isinstance(inner, ast.stmt | ast.ExceptHandler | ast.match_case):
        inner = places[inner][0]
    first = inner.pattern.lineno if isinstance(inner, ast.match_case) else inner.lineno
    body = getattr(inner, "body", None)
    if isinstance(inner, ast.If) and less and inner.test in {node, places[node][0]}:
        return inner.body[0].lineno, inner.body[0].lineno
    last = body[0].lineno - 1 if body else getattr(inner, "end_lineno", first)
    return first, max(first, last)


def _with(source: str, node: ast.expr | ast.stmt, new: str) -> str:
    lines = [line.encode() for line in source.splitlines(keepends=True)]
    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    before = b"".join((*lines[: node.lineno - 1], lines[node.lineno - 1][: node.col_offset]))
    after = b"".join((lines[node.end_lineno - 1][node.end_col_offset :], *lines[node.end_lineno :]))
    return (before + new.encode() + after).decode()


def _list(elements: list[ast.expr], but: ast.expr) -> str:
    return ", ".join(ast.unparse(one) for one in elements if one is not but)


def _names(node: ast.AST) -> set[str]:
    """Return the names something is called by: of a call's own, and not of what it is handed."""
    match node:
        case ast.Await(value=inner) | ast.Call(func=inner):
            return _names(inner)
        case ast.Attribute(value=inner, attr=name):
            return _names(inner) | {name}
        case ast.Name(id=name):
            return {name}
        case _:
            return set()
