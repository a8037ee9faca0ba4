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

from portal.sandbox.errors import StripeError, invalid, missing
from portal.sandbox.forms import Form, bracketed
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
        return _read_fields(value, path, fields, required)

    return read


def _read_fields(
    value: Form, path: Path, fields: dict[str, Reader], required: set[str]
) -> dict[str, Any]:
    unknown = [name for name in value if name not in fields]
    if unknown:
        names = [bracketed((*path, name)) for name in unknown]
        plural = "s" if len(names) > 1 else ""
        raise invalid(
            f"Received unknown parameter{plural}: {', '.join(names)}", names[0], "parameter_unknown"
        )
    for name in sorted(required):
        if name not in value:
            raise missing(bracketed((*path, name)))
    return {name: fields[name](given, (*path, name)) for name, given in value.items()}


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
        return _one_of([str(value) for value in typing.get_args(annotation)])
    if origin is list:
        return _list(typing.get_args(annotation)[0])
    if origin is dict:
        return _mapping(typing.get_args(annotation)[1])
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
    return _either(readers, choices, can_unset="" in words)


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


def _either(readers: list[Reader], choices: list[str], *, can_unset: bool) -> Reader:
    def read(value: Any, path: Path) -> Any:
        if value == "" and can_unset:
            return None
        if value in choices:
            return value
        if not readers:
            return _one_of(choices)(value, path)
        for reader in readers[:-1]:
            try:
                return reader(value, path)
            except Exception:  # noqa: S112 - the last reader words the refusal
                continue
        return readers[-1](value, path)

    return read


def _one_of(choices: list[str]) -> Reader:
    def read(value: Any, path: Path) -> Any:
        if value not in choices:
            *others, last = choices
            words = f"{', '.join(others)}, or {last}" if others else last
            raise invalid(
                f"Invalid {bracketed(path)}: must be one of {words}"
                if others
                else f"Invalid {bracketed(path)}: must be {words}",
                bracketed(path),
            )
        return value

    return read


def _list(member: Any) -> Reader:
    reader = _reader(member, required=True)

    def read(value: Any, path: Path) -> Any:
        if value == "":
            return []
        if not isinstance(value, dict) or not all(index.isdigit() for index in value):
            raise invalid("Invalid array", bracketed(path))
        ordered = sorted(value.items(), key=lambda entry: int(entry[0]))
        return [reader(given, (*path, index)) for index, given in ordered]

    return read


def _mapping(member: Any) -> Reader:
    reader = _reader(member)

    def read(value: Any, path: Path) -> Any:
        if value == "":
            return None
        if not isinstance(value, dict):
            raise invalid("Invalid object", bracketed(path))
        return {name: reader(given, (*path, name)) for name, given in value.items()}

    return read
