"""What is said of an operation once, and read by its guard, its reader and the document alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel


@dataclass(frozen=True, slots=True)
class Door:
    """How programs that come by one door write what stands around a request.

    basic: the key may come as the user of Basic authentication too.
    prefix: of the headers that tell who was before the program, and what is not to be sent.
    repeat, replayed: the headers that name a request that may be repeated, and say that it was.
    """

    basic: bool = False
    prefix: str = "portal-"
    repeat: str = "idempotency-key"
    replayed: str = "idempotent-replayed"


OURS = Door()


@dataclass(frozen=True, slots=True)
class Link:
    """Where an answer leads: to another operation, with parts of the answer as parameters."""

    status: int
    name: str
    to: str
    parameters: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Described:
    """One operation: who may ask, with what, and all that can be answered.

    also: scopes that only some requests need beside `scope`, with the members that need each;
        () where what the path names does.
    refusals: by status, the codes that only this operation answers, beside those of all.
    form, multipart: the body is a form; JSON or a form with files.
    file: the body is a form with a file of this name, and nothing else.
    kinds: which kinds of keys may ask.
    kept: whether an answer is kept for who asks again with the same Idempotency-Key.
    tag: what it stands under in the document; problem: how its door words what went wrong.
    """

    scope: str | None
    summary: str
    answers: Mapping[int, type[BaseModel] | None]
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    refusals: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    also: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    links: tuple[Link, ...] = ()
    examples: Mapping[str, object] = field(default_factory=dict)
    form: bool = False
    multipart: bool = False
    file: str = ""
    kinds: tuple[str, ...] = ("sk",)
    tag: str = ""
    problem: type[BaseModel] | None = None
    door: Door = OURS
    kept: bool = True


def described(*args: Any, **named: Any) -> dict[str, Described]:
    """Return what a handler's `opt` holds: the one source of all that is said of it."""
    return {"program": Described(*args, **named)}
