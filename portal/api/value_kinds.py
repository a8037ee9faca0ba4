"""Say in a few words what a value is, from its schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Json = Mapping[str, Any]


def single(schema: Json, schemas: Json) -> Json:
    """Follow references, and look past null: what a value is, if it is there."""
    if "$ref" in schema:
        return single(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    kinds = [kind for kind in schema.get("anyOf", ()) if kind.get("type") != "null"]
    return single(kinds[0], schemas) if len(kinds) == 1 else schema


def kind_of(schema: Json, schemas: Json) -> str:
    """Say in a few words what a value is."""
    if "$ref" in schema:
        return kind_of(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(kind_of(kind, schemas) for kind in schema["anyOf"]))
    if "enum" in schema or "const" in schema:
        values = schema.get("enum", [schema.get("const")])
        return "one of " + ", ".join(map(str, values)) if len(values) > 1 else str(values[0])
    kind = str(schema.get("type", "anything"))
    if kind == "array":
        return f"list of {kind_of(schema.get('items', {}), schemas)}"
    return ", ".join([_WORDS.get(kind, kind), *_bounds(schema)])


_WORDS = {"string": "text", "boolean": "true or false", "integer": "whole number"}


def _bounds(schema: Json) -> Iterator[str]:
    if "format" in schema:
        yield str(schema["format"])
    if "maxLength" in schema:
        yield f"at most {schema['maxLength']} characters"
    if "minimum" in schema and "maximum" in schema:
        yield f"{schema['minimum']} to {schema['maximum']}"
