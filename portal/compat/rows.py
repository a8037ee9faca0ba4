"""What becomes of each row of the documents that a door speaks: data, which docs/doors shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

How = Literal["as documented", "mapped", "refused", "not here"]
"""As documented; done, but otherwise than by its letter; refused with an error; no call at all."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a document.

    id: as the list of rows counts them, such as S1-03.
    item: what the document says, in our words.
    how: whether it is so here.
    to: where it goes to; what of it is otherwise; or the error that refuses it.
    test: where it is proved, as compat/test_onboard.py::test_… (a path below tests/).
    """

    id: str
    item: str
    how: How
    to: str
    test: str


@dataclass(frozen=True, slots=True)
class Document:
    """A document that a door speaks: its number, what it is about, and where the door is."""

    number: str
    title: str
    path: str
    rows: tuple[Row, ...]
