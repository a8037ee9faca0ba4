"""The document of the API as the portal gives it: valid, whole, and true to its own examples."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest
from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR

from portal.app import Portal, create_app
from portal.web.programs.document import Operation
from portal.web.programs.operations import operations_of
from tests.pages.browsing import browser_at

WORDS = (Path(__file__).parent.parent.parent / "docs" / "api.md").read_text(encoding="utf-8")


@cache
def portal() -> Portal:
    """Make the doors once: the document asks no database."""
    return create_app()


@pytest.fixture
async def http() -> Any:
    async with browser_at(portal()) as client:
        yield client


def ours() -> tuple[Operation, ...]:
    return operations_of(portal().doors.routes, "/v1/")


@pytest.mark.parametrize("name", ["openapi", "doors"])
async def test_each_document_is_openapi_3_1(http: httpx.AsyncClient, name: str) -> None:
    answer = await http.get(f"/schema/{name}.json")

    assert answer.headers["content-type"].startswith("application/json")
    OPENAPI_31_VALIDATOR.validate(answer.json())
    assert answer.json()["servers"]


async def test_every_operation_is_in_it_under_a_name_of_its_own(http: httpx.AsyncClient) -> None:
    paths = (await http.get("/schema/openapi.json")).json()["paths"]
    named = [said["operationId"] for methods in paths.values() for said in methods.values()]

    assert len(named) == len(set(named)) == len(ours()) > 1
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", name) for name in named)


def test_links_lead_to_operations_and_to_parts_of_their_paths() -> None:
    there = {operation.name: set(operation.path_names) for operation in ours()}

    for operation in ours():
        for link in operation.described.links:
            assert link.to in there, operation.name
            assert set(link.parameters) <= there[link.to], operation.name
            assert link.status in operation.described.answers, operation.name


def test_an_example_is_as_its_own_document_says() -> None:
    for operation in operations_of(portal().doors.routes, "/"):
        for value in operation.described.examples.values():
            model = operation.described.body
            assert model is not None, operation.name
            model.model_validate_json(json.dumps(value), strict=not operation.described.form)


def test_what_can_be_made_has_an_example() -> None:
    without = [
        operation.name
        for operation in ours()
        if operation.described.body is not None and not operation.described.examples
    ]

    assert without == []


def test_no_body_takes_what_the_document_does_not_name() -> None:
    for operation in ours():
        model = operation.described.body
        assert model is None or model.model_config.get("extra") == "forbid", operation.name


async def test_every_text_that_is_taken_says_which_signs_it_may_hold(
    http: httpx.AsyncClient,
) -> None:
    document = (await http.get("/schema/openapi.json")).json()
    taken: dict[str, Any] = {}
    for methods in document["paths"].values():
        for said in methods.values():
            query = [one for one in said["parameters"] if one["in"] == "query"]
            content = said.get("requestBody", {}).get("content", {})
            taken[said["operationId"]] = {"anyOf": [*query, *content.values()]}

    schemas = document["components"]["schemas"]
    unsaid = {name: list(_unsaid(one, schemas)) for name, one in taken.items()}
    assert {name: texts for name, texts in unsaid.items() if texts} == {}


@pytest.mark.parametrize("name", ["openapi", "doors"])
async def test_patterns_mean_the_same_in_every_language(http: httpx.AsyncClient, name: str) -> None:
    """Which signs the short words of patterns stand for differs from one language to another."""
    patterns = set(_patterns((await http.get(f"/schema/{name}.json")).json()))

    assert patterns
    assert {one for one in patterns if re.search(r"\\[swdb]", one, re.IGNORECASE)} == set()


@pytest.mark.parametrize("name", ["openapi", "doors"])
async def test_what_says_how_names_look_takes_no_others(http: httpx.AsyncClient, name: str) -> None:
    document = (await http.get(f"/schema/{name}.json")).json()
    of_names = [one for one in _objects(document) if "patternProperties" in one]

    assert of_names
    assert [one for one in of_names if one.get("additionalProperties") is not False] == []


async def test_every_code_and_every_scope_is_told_in_the_papers(http: httpx.AsyncClient) -> None:
    from portal.access.keys import SCOPES
    from portal.api.reference import codes_of

    codes = codes_of((await http.get("/schema/openapi.json")).json())

    assert {word for word in (*codes, *SCOPES) if f"`{word}`" not in WORDS} == set()


async def test_it_travels_small(http: httpx.AsyncClient) -> None:
    answer = await http.get("/schema/openapi.json", headers={"accept-encoding": "gzip"})
    plain = await http.get("/schema/openapi.json", headers={"accept-encoding": "identity"})

    assert answer.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert answer.json() == plain.json()
    assert int(answer.headers["content-length"]) < 60_000


def _unsaid(schema: Any, schemas: dict[str, Any], name: str = "") -> Iterator[str]:
    """Name the texts of a schema that may be anything."""
    if "$ref" in schema:
        schema = schemas[schema["$ref"].rpartition("/")[2]]
    says = {"pattern", "enum", "const", "format"}
    if schema.get("type") == "string" and not schema.keys() & says:
        yield name
    for member, value in schema.get("properties", {}).items():
        yield from _unsaid(value, schemas, member)
    inner = [schema.get(key) for key in ("schema", "items", "additionalProperties")]
    inner += [*schema.get("anyOf", ()), *schema.get("patternProperties", {}).values()]
    for value in inner:
        if isinstance(value, dict):
            yield from _unsaid(value, schemas, name)


def _patterns(document: Any) -> Iterator[str]:
    for one in _objects(document):
        if isinstance(one.get("pattern"), str):
            yield one["pattern"]


def _objects(document: Any) -> Iterator[dict[str, Any]]:
    """Go through every object of a document."""
    if isinstance(document, dict):
        yield document
    for inner in document.values() if isinstance(document, dict) else document:
        if isinstance(inner, dict | list):
            yield from _objects(inner)
