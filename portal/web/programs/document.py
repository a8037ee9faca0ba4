"""Write OpenAPI 3.1: from what guards and readers go by themselves, so that it cannot differ."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, models_json_schema

from portal.web.programs.described import Described
from portal.web.programs.document_forms import as_form, file_body
from portal.web.programs.document_parameters import (
    Json,
    Refs,
    in_headers,
    in_path,
    in_query,
    resolved,
)
from portal.web.programs.document_refusals import Problem, refusals_of

_REF = "#/components/schemas/{model}"
_SCHEMES = {
    "secret_key": {
        "type": "http",
        "scheme": "bearer",
        "description": "A secret key (portal_test_sk_… or portal_live_sk_…) with the scopes named.",
    },
    "secret_key_as_user": {
        "type": "http",
        "scheme": "basic",
        "description": "The same key as the user, with an empty password.",
    },
}
_REQUEST_ID: Json = {"required": True, "schema": {"type": "string", "pattern": "^[A-Za-z0-9_.-]+$"}}


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing a program can ask for: an address, a method, and what is said of it."""

    name: str
    method: str
    path: str
    described: Described

    @property
    def path_names(self) -> tuple[str, ...]:
        """Name the parts of the path that vary."""
        return tuple(part[1:-1] for part in self.path.split("/") if part.startswith("{"))

    @property
    def topic(self) -> str:
        """Say what it is about: what its address begins with, if nothing else is said."""
        return self.described.tag or self.path.split("/")[2].replace("_", " ").capitalize()


class _Plain(GenerateJsonSchema):
    """JSON schemas without a title for every field: the field's name says it."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def openapi(operations: Sequence[Operation], *, title: str, version: str, server: str) -> Json:
    """Describe these operations; their models become the document's components."""
    refs, schemas = _components(operations)
    paths: dict[str, Json] = {}
    for operation in operations:
        said = _operation(operation, refs, schemas)
        paths.setdefault(operation.path, {})[operation.method.lower()] = said
    tags = dict.fromkeys(operation.topic for operation in operations)
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version},
        "servers": [{"url": server}],
        "tags": [{"name": tag} for tag in tags],
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": _SCHEMES},
    }


def _components(operations: Iterable[Operation]) -> tuple[Refs, dict[str, Json]]:
    wanted: dict[tuple[type[BaseModel], JsonSchemaMode], None] = {}
    for said in (operation.described for operation in operations):
        for read in (said.body, said.query):
            if read is not None:
                wanted[read, "validation"] = None
        for shown in (*said.answers.values(), said.problem or Problem):
            if shown is not None:
                wanted[shown, "serialization"] = None
    refs, defined = models_json_schema(list(wanted), ref_template=_REF, schema_generator=_Plain)
    return refs, defined.get("$defs", {})  # type: ignore[return-value]


def _operation(operation: Operation, refs: Refs, schemas: dict[str, Json]) -> Json:
    said = operation.described
    answer: Json = {
        "operationId": operation.name,
        "summary": said.summary,
        "tags": [operation.topic],
        "security": _security(said),
        "parameters": [
            *in_path(operation.path_names),
            *in_query(said, refs, schemas),
            *in_headers(operation.method, said),
        ],
        "responses": _responses(operation, refs),
    }
    if said.also:
        answer["description"] = _more_needed(said)
    if said.body is not None:
        answer["requestBody"] = _body(said, refs[said.body, "validation"], schemas)
    if said.file:
        answer["requestBody"] = file_body(said.file)
    return answer


def _more_needed(said: Described) -> str:
    needs = (
        f"{scope} for {', '.join(names) or 'what tells of customers'}"
        for scope, names in said.also.items()
    )
    return f"More may be needed: {'; '.join(needs)}."


def _security(said: Described) -> list[Json]:
    scopes = [said.scope] if said.scope else []
    schemes = ("secret_key", "secret_key_as_user") if said.door.basic else ("secret_key",)
    return [{scheme: scopes} for scheme in schemes]


def _body(said: Described, schema: Json, schemas: dict[str, Json]) -> Json:
    examples = {name: {"value": value} for name, value in said.examples.items()}
    more = {"examples": examples} if examples else {}
    content: Json = {}
    if said.form:
        content["application/x-www-form-urlencoded"] = {"schema": as_form(schema, schemas), **more}
    else:
        content["application/json"] = {"schema": schema, **more}
    needed = bool(resolved(schema, schemas).get("required"))
    return {"required": needed or not said.form, "content": content}


def _responses(operation: Operation, refs: Refs) -> Json:
    said = operation.described
    answers: Json = {}
    for status, model in said.answers.items():
        answer: Json = {
            "description": HTTPStatus(status).phrase,
            "headers": {"Request-Id": _REQUEST_ID},
        }
        if model is not None:
            schema = refs[model, "serialization"]
            answer["content"] = {"application/json": {"schema": schema}}
        links = {
            link.name: {"operationId": link.to, "parameters": dict(link.parameters)}
            for link in said.links
            if link.status == status
        }
        answers[str(status)] = answer | ({"links": links} if links else {})
    problem = refs[said.problem or Problem, "serialization"]
    return answers | refusals_of(operation.method, operation.path, said, problem)
