"""Rows as CSV and JSON: plain functions of their arguments."""

from __future__ import annotations

import csv
import io
import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

# What spreadsheets take for a formula at the beginning of a cell, and how East Asian keyboards
# write the same.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_FOR_SPREADSHEETS = "\ufeff"


def as_csv(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> str:
    """Write rows for a spreadsheet, which runs nothing of them and reads them as UTF-8."""
    sheet = io.StringIO()
    sheet.write(_FOR_SPREADSHEETS)
    writer = csv.writer(sheet)
    writer.writerow(columns)
    writer.writerows([_cell(row[name]) for name in columns] for row in rows)
    return sheet.getvalue()


def as_json(told: Any) -> str:
    """Write everything for programs."""
    return json.dumps(told, ensure_ascii=False, indent=2, default=_written)


def _cell(value: Any) -> str:
    text = "" if value is None else str(_written(value))
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text


def _written(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes | memoryview):
        return b64encode(value).decode()
    return value if isinstance(value, str | int | float) else str(value)
