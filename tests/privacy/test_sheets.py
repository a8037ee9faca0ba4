"""Rows in a spreadsheet: whole, in UTF-8, and never run."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from portal.privacy.sheets import as_csv, as_json

AT = datetime(2026, 12, 5, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "typed", ["=1+1", "+49 30", "-2", "@SUM(A1)", "\t=1", "\r=1", "  =1+1", "＝1", "\n=1"]
)
def test_nothing_that_was_typed_is_a_formula(typed: str) -> None:
    (_, (cell, _)) = _read(as_csv(("name", "city"), [{"name": typed, "city": "Köln"}]))

    assert cell == f"'{typed}"


def test_everything_else_stays_as_it_was() -> None:
    row: dict[str, Any] = {
        "name": 'Ada "A", L.\nB',
        "city": "Köln",
        "at": AT,
        "none": None,
        "is": True,
        "of": 3,
    }
    row["picture"] = b"\x89PNG"

    header, cells = _read(as_csv(tuple(row), [row]))

    assert header == list(row)
    assert cells == ['Ada "A", L.\nB', "Köln", AT.isoformat(), "", "True", "3", "iVBORw=="]


def test_programs_read_what_was_typed() -> None:
    told = {"made_at": AT, "tables": {"customer": [{"name": "=Köln", "at": AT, "is": False}]}}

    read = json.loads(as_json(told))

    assert read["made_at"] == AT.isoformat()
    assert read["tables"]["customer"] == [{"name": "=Köln", "at": AT.isoformat(), "is": False}]


def _read(text: str) -> list[list[str]]:
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
