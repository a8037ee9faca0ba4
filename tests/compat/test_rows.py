"""Every row of the five documents is accounted for: in the table, in docs/doors, by a test."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from portal.compat.documents import DOCUMENTS
from portal.compat.rows import Document, Row
from tests.compat.doors import FOLDER, pages

TESTS = Path(__file__).parent.parent
REFUSALS = (400, 401, 403, 404, 405, 409, 422, 429, 500, 503)


def numbered(before: str, last: int) -> list[str]:
    """Return S1-01, S1-02 and so on."""
    return [f"{before}{number:02}" for number in range(1, last + 1)]


# As the documents were read, written down here: a row that is left out there is missed here.
ROWS_OF = {
    "000": numbered("S1-", 30),
    "001": numbered("S2-", 33),
    "002": numbered("S3-", 34),
    "003": [
        *(f"S4-H{number}" for number in range(1, 10)),
        *numbered("S4-", 43),
        *(f"S4-N{number}" for number in range(1, 12)),
        *(f"S4-E{status}" for status in REFUSALS),
    ],
    "004": numbered("S5-", 33),
}


@cache
def functions_of(file: str) -> frozenset[str]:
    """Name the tests of a file below tests/."""
    program = ast.parse((TESTS / file).read_text(encoding="utf-8"))
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in program.body if isinstance(node, functions))


def unproved(rows: tuple[Row, ...]) -> Iterator[str]:
    """Name the rows whose test is not there."""
    for row in rows:
        file, _, name = row.test.partition("::")
        if not (TESTS / file).is_file() or name not in functions_of(file):
            yield f"{row.id}: {row.test}"


EACH = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.number)


@EACH
def test_each_row_of_a_document_is_there_once(document: Document) -> None:
    assert [row.id for row in document.rows] == ROWS_OF[document.number]


@EACH
def test_each_row_has_a_test_that_exists(document: Document) -> None:
    assert list(unproved(document.rows)) == []


@EACH
def test_what_is_refused_names_its_status(document: Document) -> None:
    refused = [row for row in document.rows if row.how == "refused"]

    assert [row.id for row in refused if not re.search(r"\b[45]\d\d\b", row.to)] == []


def test_the_pages_say_what_the_rows_say() -> None:
    written = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.md")}

    assert written == pages()


def test_a_row_without_a_test_is_found() -> None:
    gone = Row("S1-01", "gone", "mapped", "nowhere", "compat/test_rows.py::test_that_is_not")
    own = "compat/test_rows.py::test_a_row_without_a_test_is_found"
    here = Row("S1-02", "here", "mapped", "there", own)

    assert list(unproved((gone, here))) == ["S1-01: compat/test_rows.py::test_that_is_not"]
