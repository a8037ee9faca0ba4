"""Check an answer against the SDK's own resource class: what must be there is, and nothing else."""

from __future__ import annotations

import importlib
import inspect
import types
import typing
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any, Literal, Union

from stripe._object_classes import OBJECT_CLASSES


def misshapen(value: dict[str, Any], where: str = "") -> list[str]:
    """Say what is wrong with an object; nothing when it is as the SDK expects it."""
    where = where or value["object"]
    if value["object"] in ("list", "search_result"):
        return [
            problem
            for position, each in enumerate(value["data"])
            for problem in misshapen(each, f"{where}[{position}]")
        ]
    if value.get("deleted") is True:
        return [] if value.keys() == {"id", "object", "deleted"} else [f"{where}: not a tombstone"]
    return _check_class(value, _class(value["object"]), where)


@cache
def _class(name: str) -> Any:
    module, last = OBJECT_CLASSES[name]
    return getattr(importlib.import_module(module), last)


@cache
def _fields(shape: Any) -> dict[str, Any]:
    return {
        name: hint
        for name, hint in inspect.get_annotations(shape).items()
        if name != "OBJECT_NAME" and not name.startswith("_")
    }


def _check_class(value: Any, shape: Any, where: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{where}: {value!r} is no object"]
    fields = _fields(shape)
    problems = [f"{where}.{name}: unknown" for name in value.keys() - fields.keys()]
    for name, hint in fields.items():
        if name not in value:
            if not _is_optional(hint):
                problems.append(f"{where}.{name}: missing")
            continue
        problems += _check(value[name], hint, f"{where}.{name}")
    return problems


def _is_optional(hint: Any) -> bool:
    return type(None) in typing.get_args(hint)


def _check(value: Any, hint: Any, where: str) -> list[str]:
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in (Union, types.UnionType):
        return _check_union(value, args, where)
    if value is None:
        return [] if hint in (Any, type(None)) else [f"{where}: null"]
    if origin is Literal:
        return [] if value in args else [f"{where}: {value!r} is none of {args}"]
    if origin is list:
        return _check_list(value, args[0], where)
    name = getattr(origin, "__name__", "")
    if name == "ListObject":
        return misshapen(value, where) if value.get("object") == "list" else [f"{where}: no list"]
    if name == "UntypedStripeObject" or origin is dict:
        inner = args[-1] if args else Any
        return [problem for key in value for problem in _check(value[key], inner, f"{where}.{key}")]
    return _check_plain(value, hint, where)


def _check_union(value: Any, members: tuple[Any, ...], where: str) -> list[str]:
    if value is None:
        return [] if type(None) in members else [f"{where}: null"]
    words = [
        word
        for member in members
        if typing.get_origin(member) is Literal
        for word in typing.get_args(member)
    ]
    if words and str in members:
        return [] if value in words else [f"{where}: {value!r} is none of {words}"]
    found = [_check(value, member, where) for member in members if member is not type(None)]
    return min(found, key=len)


def _check_list(value: Any, member: Any, where: str) -> list[str]:
    if not isinstance(value, list):
        return [f"{where}: no list"]
    return [
        problem
        for position, each in enumerate(value)
        for problem in _check(each, member, f"{where}[{position}]")
    ]


def _check_plain(value: Any, hint: Any, where: str) -> list[str]:
    if hint is Any:
        return []
    if hint in (str, bool):
        return [] if type(value) is hint else [f"{where}: {value!r} is no {hint.__name__}"]
    if hint in (int, float):
        fits = isinstance(value, int if hint is int else (int, float))
        fits = fits and not isinstance(value, bool)
        return [] if fits else [f"{where}: {value!r} is no {hint.__name__}"]
    if hint is Decimal:
        return _check_decimal(value, where)
    if isinstance(hint, type) and hasattr(hint, "__annotations__") and not isinstance(value, str):
        if isinstance(value, dict) and isinstance(value.get("object"), str):
            return misshapen(value, where)
        return _check_class(value, hint, where)
    if isinstance(value, dict) and "object" in value:
        return misshapen(value, where)
    return [f"{where}: {value!r} is no {hint}"]


def _check_decimal(value: Any, where: str) -> list[str]:
    try:
        Decimal(value)
    except (InvalidOperation, TypeError):
        return [f"{where}: {value!r} is no decimal"]
    return [] if isinstance(value, str) else [f"{where}: decimals are sent as text"]
