"""Read what a program sends: all that is wrong at once, and no card's number, ever."""

from __future__ import annotations

import json
from typing import Any, NoReturn, TypeVar
from urllib.parse import parse_qsl

from litestar import Request
from litestar.datastructures import UploadFile
from litestar.exceptions import HTTPException
from pydantic import BaseModel, ValidationError

from portal.errors import PortalError, Problem
from portal.web.programs.brackets import MOST_FIELDS, BadBrackets, nested
from portal.web.programs.insides import look_through, wrong_values
from portal.web.programs.problems import InvalidBody
from portal.web.scope import Scope, header, scope_of

Model = TypeVar("Model", bound=BaseModel)
AnyRequest = Request[Any, Any, Any]
FROM_A_FORM = {"form": True}
"""Tells a model that all it is given is text, and lists are named by brackets: see `Listed`."""

JSON, FORM, MULTIPART = (
    "application/json",
    "application/x-www-form-urlencoded",
    "multipart/form-data",
)


class WrongKind(PortalError):
    """The body is of another content type than this operation takes."""

    status = 415
    code = "unsupported_media_type"
    sentence = "Send the body as the documentation says: see Content-Type."


async def read_json(request: AnyRequest, model: type[Model]) -> Model:
    """Read a JSON body, in which every value has the very type that the schema says.

    Raises:
        WrongKind: it is of another content type.
        InvalidBody: every value that breaks the schema, or a card's number.
    """
    _of_kind(scope_of(request), JSON)
    raw = await request.body()
    try:
        said = json.loads(raw, parse_constant=_no_constant, parse_float=_number)
        look_through(said)
        read = json.dumps(said)
    except (ValueError, RecursionError) as wrong:
        unreadable = Problem("invalid_json", "The body is not JSON.")
        raise InvalidBody({(): unreadable}) from wrong
    try:
        return model.model_validate_json(read, strict=True)
    except ValidationError as invalid:
        raise wrong_values(invalid) from None


async def read_brackets(request: AnyRequest, model: type[Model]) -> Model:
    """Read a form whose names nest by brackets.

    Raises:
        WrongKind: it is of another content type.
        InvalidBody: every value that breaks the schema, or a card's number.
    """
    raw = await request.body()
    if raw:
        _of_kind(scope_of(request), FORM)
    return _read_form(_pairs(raw), model)


async def read_file(request: AnyRequest, name: str) -> bytes:
    """Read a form that carries one file, and nothing else.

    Raises:
        WrongKind: it is of another content type.
        InvalidBody: the file is not there, or something else is.
    """
    typed, files = await _sent_in(request)
    look_through({one: value for one, value in typed if one != name})
    others = [other for other, _ in typed if other != name] + [one for one in files if one != name]
    if others:
        raise InvalidBody({(others[0],): Problem("unknown_field", "There is no such field.")})
    if name in files:
        return files[name]
    if name not in dict(typed):
        raise InvalidBody({(name,): Problem("missing", "This has to be given.")})
    return dict(typed)[name].encode()


async def read_multipart(request: AnyRequest, model: type[Model]) -> tuple[Model, dict[str, bytes]]:
    """Read a form with files, whose names nest by brackets: what was typed, and the files.

    Raises:
        WrongKind: it is of another content type.
        InvalidBody: every value that breaks the schema, or a card's number.
    """
    typed, files = await _sent_in(request)
    return _read_form(typed, model), files


async def _sent_in(request: AnyRequest) -> tuple[list[tuple[str, str]], dict[str, bytes]]:
    """Return what was typed in a form, and the files, by name."""
    _of_kind(scope_of(request), MULTIPART)
    try:
        form = await request.form()
    except (HTTPException, UnicodeError, LookupError) as wrong:
        raise InvalidBody({(): Problem("invalid_form", "The form cannot be read.")}) from wrong
    try:
        given = list(form.multi_items())
        files = {name: await value.read() for name, value in given if isinstance(value, UploadFile)}
    finally:
        await form.close()
    return [(name, value) for name, value in given if isinstance(value, str)], files


def read_query(scope: Scope, model: type[Model]) -> Model:
    """Read what stands behind the question mark: `name[]` and names sent twice are lists.

    Raises:
        InvalidBody: every parameter that breaks the schema.
    """
    asked: dict[str, str | list[str]] = {}
    for name, value in _pairs(scope["query_string"]):
        before = asked.get(name)
        if before is None:
            asked[name] = [value] if name.endswith("[]") else value
        else:
            asked[name] = [*(before if isinstance(before, list) else [before]), value]
    look_through(asked)
    try:
        return model.model_validate(asked)
    except ValidationError as invalid:
        raise wrong_values(invalid) from None


def is_kind(scope: Scope, kind: str) -> bool:
    """Tell whether a body is of this content type."""
    return header(scope, b"content-type").partition(";")[0].strip().lower() == kind


def _of_kind(scope: Scope, kind: str) -> None:
    if not is_kind(scope, kind):
        raise WrongKind


def _pairs(raw: bytes) -> list[tuple[str, str]]:
    try:
        text = raw.decode("ascii")
        return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError as wrong:
        raise InvalidBody({(): Problem("invalid_form", "The form cannot be read.")}) from wrong


def _read_form(pairs: list[tuple[str, str]], model: type[Model]) -> Model:
    try:
        said = nested(pairs)
    except BadBrackets as bad:
        look_through(dict(pairs))
        raise InvalidBody({(bad.param,): Problem("invalid_form", bad.sentence)}) from bad
    look_through(said)
    try:
        return model.model_validate(said, context=FROM_A_FORM)
    except ValidationError as invalid:
        raise wrong_values(invalid) from None


def _number(text: str) -> int | float:
    """Read 3.0 as the whole number that it is."""
    number = float(text)
    return int(number) if number.is_integer() else number


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")
