"""Describe the parameters of an operation: of its address, its query and its headers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel

from portal.web.programs.described import Described

Json = dict[str, Any]
Refs = Mapping[tuple[type[BaseModel], str], Json]

# As pydantic writes what stands behind a reader.
_BOUNDS = {"ge": "minimum", "le": "maximum", "gt": "exclusiveMinimum", "lt": "exclusiveMaximum"}


def in_path(names: Iterable[str]) -> list[Json]:
    """Describe the parts of an address that vary."""
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in names
    ]


def in_query(said: Described, refs: Refs, schemas: dict[str, Json]) -> list[Json]:
    """Describe a query as one parameter for each of its model's fields."""
    if said.query is None:
        return []
    schema = resolved(refs[said.query, "validation"], schemas)
    required = schema.get("required", ())
    parameters = []
    for name, of in schema.get("properties", {}).items():
        shape = {_BOUNDS.get(key, key): value for key, value in _without_null(of).items()}
        words = {"description": shape.pop("description")} if "description" in shape else {}
        parameters.append(
            {"name": name, "in": "query", "required": name in required, **words, "schema": shape}
        )
    return parameters


def _without_null(schema: Json) -> Json:
    """Leave null out: in an address, and in a form, what is not there is not said."""
    kinds = [kind for kind in schema.get("anyOf", ()) if kind != {"type": "null"}]
    rest = {key: value for key, value in schema.items() if key not in ("anyOf", "default")}
    if schema.get("default") is not None:
        rest["default"] = schema["default"]
    if not kinds:
        return rest
    return {**rest, **kinds[0]} if len(kinds) == 1 else {**rest, "anyOf": kinds}


def in_headers(method: str, said: Described) -> list[Json]:
    """Describe the header by which a request may be repeated, wherever something is made."""
    if method != "POST":
        return []
    words = "Repeats of a request that carry the same key have one effect, for 24 hours."
    shape = {"type": "string", "pattern": "^[!-~]{1,255}$"}
    name = said.door.repeat
    return [
        {"name": name, "in": "header", "required": False, "description": words, "schema": shape}
    ]


def resolved(schema: Json, schemas: Mapping[str, Json]) -> Json:
    """Follow a reference to what it names."""
    while "$ref" in schema:
        schema = schemas[schema["$ref"].rpartition("/")[2]]
    return schema
