"""What of a program only people and type checkers read: to change it changes nothing."""

from __future__ import annotations

import ast

_DECORATORS = ("dataclass", "cache", "lru_cache")
_TYPING = ("Literal", "TypeVar", "cast", "ContextVar")
_DOCUMENTING = ("help_text",)
_MANY = 25


def is_for_readers(node: ast.AST) -> bool:
    """Tell whether a node is a docstring, a log line, a type, a mere name or an assertion."""
    match node:
        case ast.Assert() | ast.Expr(value=ast.Constant()) | ast.AnnAssign(value=None):
            return True
        case ast.If(test=ast.Name(id="TYPE_CHECKING")):
            return True
        case (
            ast.Assign(targets=[ast.Name(id="__all__")])
            | ast.AugAssign(target=ast.Name(id="__all__"))
        ):
            return True
        case ast.Call(func=ast.Attribute(value=ast.Name(id="log"))):
            return True
        case ast.Expr(value=value):
            return is_for_readers(value)
        case ast.Subscript(value=ast.Name(id=name)) | ast.Call(func=ast.Name(id=name)):
            return name in _TYPING or (isinstance(node, ast.Call) and name in _DECORATORS)
        case ast.keyword(arg=name):
            return name in _DOCUMENTING
    return False


def is_data(node: ast.AST) -> bool:
    """Tell whether a literal is a table copied from somewhere, rather than a rule."""
    match node:
        case ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Set(elts=parts):
            return len(parts) >= _MANY
        case ast.Dict(keys=keys):
            return len(keys) >= _MANY
    return False


def is_none(node: ast.expr) -> bool:
    """Tell whether an expression is None."""
    return isinstance(node, ast.Constant) and node.value is None
