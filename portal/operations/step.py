"""What an operation is to those who run it, and what a kind of operation consists of."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal import clock
from portal.errors import NotBegun, Refused

NOT_FAILED = ("", NotBegun.code)
"""The codes of what was not tried yet, or began as often as we and they let it: never so far."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """An operation that we hold a lease on: its row, with the parameters read from their JSON."""

    id: int
    op_id: str
    company: str
    customer: str | None
    subject: str | None
    lane: str
    kind: str
    params: Mapping[str, Any]
    generation: int
    first_sent_at: datetime
    attempts: int
    created_at: datetime
    lease_token: str
    has_failed: bool = False
    """Whether a try before this one failed; one that was not begun did not."""

    @property
    def is_at_stripe(self) -> bool:
        """Tell whether it runs in a customer's lane at Stripe."""
        return self.lane.startswith("stripe:")


@dataclass(frozen=True, slots=True)
class Mended:
    """The answer to a refusal that we can mend ourselves: go on at once with these parameters."""

    params: Mapping[str, Any]


class Hold:
    """The answer to a refusal that somebody must mend: the operation waits and holds its lane."""


@dataclass(frozen=True, slots=True)
class Step:
    """What one kind of operation does outside, and what we write down afterwards.

    call: have the effect, with `key_of(op, account)`; it may be asked again after any outcome.
    done: write the result down, in the transaction that marks the operation as done. The result
        is whatever call or find returned; a str, or a `stripe_id`, is kept as its result.
    find: look for the effect of an earlier try; None when there is none. A step without it
        may be repeated under a new key without harm.
    refused: write a definite no down, in the transaction that ends this try. Answer Mended(params)
        to go on, Hold() to wait for somebody, None to give the operation up and free its lane.
    only_looks: its result tells how things stood, and is not what a key brought about: it is
        saved only as long as the lease lasts, since it may be old by then.
    """

    call: Callable[[Claimed], Awaitable[Any]]
    done: Callable[[Claimed, Any], Awaitable[None]]
    find: Callable[[Claimed], Awaitable[Any]] | None = None
    refused: Callable[[Claimed, Refused], Awaitable[Mended | Hold | None]] | None = None
    only_looks: bool = False


def claimed(row: Mapping[str, Any]) -> Claimed:
    """Read a row that a claim returned."""
    return Claimed(
        id=row["id"],
        op_id=row["op_id"],
        company=row["company"],
        customer=row["customer"],
        subject=row["subject"],
        lane=row["lane"],
        kind=row["kind"],
        params=json.loads(row["params"]),
        generation=row["generation"],
        first_sent_at=clock.stored_moment(row["first_sent_at"]),
        attempts=row["attempts"],
        created_at=clock.stored_moment(row["created_at"]),
        lease_token=row["lease_token"],
        has_failed=row["error_code"] not in NOT_FAILED,
    )
