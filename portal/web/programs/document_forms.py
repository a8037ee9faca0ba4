"""Describe a form by the names that its fields have on the wire: address[line1], expand[0]."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

Json = dict[str, Any]
_SHOWN_OF_A_LIST = 2
_KEY = r"\[[^\[\]]+\]"


def as_form(schema: Json, schemas: Mapping[str, Json]) -> Json:
    """Write a model's schema as one object without depth, as a form can carry it."""
    flat = _Flat(schemas)
    flat.take("", schema)
    form: Json = {"type": "object", "properties": flat.fields, "additionalProperties": False}
    if flat.patterns:
        form["patternProperties"] = flat.patterns
    if flat.needed:
        form["required"] = flat.needed
    if flat.together:
        form["dependentRequired"] = flat.together
    return form


class _Flat:
    """A form while it is being written: its fields, and which of them ask for others."""

    def __init__(self, schemas: Mapping[str, Json]) -> None:
        self._schemas = schemas
        self.fields: dict[str, Json] = {}
        self.patterns: dict[str, Json] = {}
        self.needed: list[str] = []
        self.together: dict[str, list[str]] = {}

    def take(self, name: str, schema: Json, *, is_needed: bool = True) -> None:
        """Write down one value under its name; of several kinds, each that has one."""
        for kind in self._kinds(schema):
            if "properties" in kind:
                self._take_members(name, kind, is_needed=is_needed)
            elif kind.get("type") == "object":
                self._take_any_member(name, kind)
            elif kind.get("type") == "array":
                for place in range(_SHOWN_OF_A_LIST):
                    self.take(f"{name}[{place}]", kind["items"], is_needed=False)
            else:
                self._take_value(name, kind)

    def _take_members(self, name: str, kind: Json, *, is_needed: bool) -> None:
        members = {member: f"{name}[{member}]" if name else member for member in kind["properties"]}
        required = [members[member] for member in kind.get("required", ())]
        before = len(self.fields)
        for member, schema in kind["properties"].items():
            self.take(members[member], schema, is_needed=is_needed and members[member] in required)
        if not name or is_needed:
            self.needed += [field for field in required if field in self.fields]
        elif required:
            for field in list(self.fields)[before:]:
                if others := [other for other in required if other != field]:
                    self.together[field] = others

    def _take_any_member(self, name: str, kind: Json) -> None:
        value = kind.get("additionalProperties")
        if isinstance(value, dict):
            self.patterns[f"^{re.escape(name)}{_KEY}$"] = next(self._kinds(value), {})

    def _take_value(self, name: str, kind: Json) -> None:
        before = self.fields.get(name)
        if before is None:
            self.fields[name] = kind
        elif "anyOf" in before:
            before["anyOf"].append(kind)
        else:
            self.fields[name] = {"anyOf": [before, kind]}

    def _kinds(self, schema: Json) -> Iterator[Json]:
        """Give what a value may be, each by itself; null is a field that is not sent."""
        if "$ref" in schema:
            yield from self._kinds(self._schemas[schema["$ref"].rpartition("/")[2]])
        elif "anyOf" in schema:
            for kind in schema["anyOf"]:
                yield from self._kinds(kind)
        elif schema.get("type") != "null":
            yield {key: value for key, value in schema.items() if value is not None}


def file_body(name: str) -> dict[str, Any]:
    """Describe a form that carries one file."""
    file = {"type": "string", "format": "binary"}
    schema: dict[str, Any] = {"type": "object", "properties": {name: file}, "required": [name]}
    schema["additionalProperties"] = False
    return {"required": True, "content": {"multipart/form-data": {"schema": schema}}}
