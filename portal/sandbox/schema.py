"""Strict reading of parameters by the SDK's own parameter types.

The TypedDicts of the installed SDK carry the exact shapes of its API version. They are read once
into plain functions that turn the text of a form into values, or raise Stripe's error.
"""

from __future__ import annotations

import importlib
import sys
import types
import typing
from functools import cache
from typing import Any, Literal, Union

import typing_extensions

from portal.sandbox.errors import StripeError, invalid
from portal.sandbox.forms import bracketed
from portal.sandbox.shapes import either, list_of, mapping_of, one_of, read_fields
from portal.sandbox.values import PLAIN, Path, Reader, anything, required_text, text


@cache
def reader_of(name: str) -> Reader:
    """Find the reader for a parameter type, named as `stripe.params` names it.

    `CustomerCreateParams`, or with its group: `billing_portal.SessionCreateParams`.
    """
    group, _, last = name.rpartition(".")
    module = importlib.import_module(f"stripe.params.{group}" if group else "stripe.params")
    return _object(getattr(module, last))


def warm(name: str) -> None:
    """Read a parameter type's own fields now rather than at its first request."""
    try:
        reader_of(name)({}, ())
    except StripeError:
        return


def _object(shape: Any) -> Reader:
    fields: dict[str, Reader] = {}
    required: set[str] = set()

    def compile_fields() -> None:
        for name, annotation in _annotations(shape).items():
            is_required, inner = _unwrap(annotation)
            fields[name] = _reader(inner, required=is_required)
            if is_required:
                required.add(name)

    def read(value: Any, path: Path) -> Any:
        if not isinstance(value, dict):
            raise invalid("Invalid object", bracketed(path))
        if not fields:
            compile_fields()
        return read_fields(value, path, fields, required)

    return read


def _annotations(shape: Any) -> dict[str, Any]:
    """Resolve the annotations of a parameter type, without the SDK's request options."""
    from stripe._request_options import RequestOptions

    own = {
        name: annotation
        for name, annotation in shape.__annotations__.items()
        if name not in RequestOptions.__annotations__
    }
    bare = types.new_class(shape.__name__)
    bare.__annotations__ = own
    bare.__module__ = shape.__module__
    names = vars(sys.modules[shape.__module__])
    return typing_extensions.get_type_hints(bare, globalns=names, include_extras=True)


def _unwrap(annotation: Any) -> tuple[bool, Any]:
    if typing.get_origin(annotation) in (typing.NotRequired, typing_extensions.NotRequired):
        return False, typing.get_args(annotation)[0]
    return True, annotation


def _reader(annotation: Any, *, required: bool = False) -> Reader:
    origin = typing.get_origin(annotation)
    if origin in (Union, types.UnionType):
        return _union(typing.get_args(annotation))
    if origin is Literal:
        return one_of([str(value) for value in typing.get_args(annotation)])
    if origin is list:
        return list_of(_reader(typing.get_args(annotation)[0], required=True))
    if origin is dict:
        return mapping_of(_reader(typing.get_args(annotation)[1]))
    if typing_extensions.is_typeddict(annotation):
        return _object(annotation)
    if annotation is str:
        return required_text if required else text
    return PLAIN.get(annotation, anything)


def _union(members: tuple[Any, ...]) -> Reader:
    members = _flat(members)
    words = [
        str(word)
        for member in members
        if typing.get_origin(member) is Literal
        for word in typing.get_args(member)
    ]
    choices = [word for word in words if word]
    rest = [
        member
        for member in members
        if typing.get_origin(member) is not Literal
        and not _is_untyped(member)
        and not (member is str and choices)
    ]
    readers = [_reader(member) for member in rest]
    return either(readers, choices, can_unset="" in words)


def _flat(members: tuple[Any, ...]) -> tuple[Any, ...]:
    flat: list[Any] = []
    for member in members:
        if typing.get_origin(member) in (Union, types.UnionType):
            flat.extend(_flat(typing.get_args(member)))
        else:
            flat.append(member)
    return tuple(flat)


def _is_untyped(member: Any) -> bool:
    """Tell the SDK's own object type, which only stands beside a dict."""
    named = typing.get_origin(member) or member
    return getattr(named, "__name__", "") == "UntypedStripeObject"
