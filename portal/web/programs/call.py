"""A request of a program, read and let in; and what it is answered."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

from portal.audit.origin import Origin
from portal.deliveries.quiet import Quiet
from portal.web.programs.caller import Caller

Body = TypeVar("Body")
Query = TypeVar("Query", bound=BaseModel)
NoteMade = Callable[[str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Call(Generic[Body]):
    """A request, read and let in.

    path: the parts of the address that it names, as text. files: what was sent along, by name.
    url: the path as it was asked for, for lists to name.
    made: what a try of the same request has made before, whose server died: only the answer is
        left to be given. note_made: writes down what is made, in the transaction that makes it.
    """

    caller: Caller
    body: Body
    path: Mapping[str, str]
    origin: Origin
    quiet: Quiet
    request_id: str
    url: str
    files: Mapping[str, bytes] = field(default_factory=dict)
    query: BaseModel | None = None
    made: str | None = None
    note_made: NoteMade | None = None

    def asked(self, model: type[Query]) -> Query:
        """Return what stands behind the question mark, as the operation describes it."""
        assert isinstance(self.query, model)
        return self.query

    @property
    def actor(self) -> str:
        """Name who did it, for the audit."""
        return self.caller.key_id


@dataclass(frozen=True, slots=True)
class Answer:
    """What a program is answered. A body that is bytes goes out as it is.

    about: the customer of whom it tells (cust_…), where neither its id nor its customer says so.
    once: the members that are told in this answer alone, such as a secret: who asks again with the
        same Idempotency-Key finds null there, and we keep none.
    """

    status: int
    body: Mapping[str, Any] | bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    media_type: str = "application/json"
    about: str | None = None
    once: tuple[str, ...] = ()

    @property
    def content(self) -> bytes:
        """Return the body as it goes out."""
        return _written(self.body)

    @property
    def kept(self) -> bytes:
        """Return the body as it is kept, for who asks again."""
        if not self.once or not isinstance(self.body, Mapping):
            return self.content
        return _written({**self.body, **dict.fromkeys(self.once)})

    @property
    def customer(self) -> str | None:
        """Return the customer of whom it tells, if it tells of one."""
        told = self.body if isinstance(self.body, Mapping) else {}
        named = (self.about, told.get("customer"), told.get("id"))
        return next((id for id in named if isinstance(id, str) and id.startswith("cust_")), None)


def _written(body: Mapping[str, Any] | bytes | None) -> bytes:
    if body is None:
        return b""
    if isinstance(body, bytes):
        return body
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
