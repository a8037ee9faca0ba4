"""The document: written from what guards and readers go by themselves, whole and valid."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR

from portal.web.programs.described import Described, Door, Link
from portal.web.programs.document import Operation, openapi
from portal.web.programs.document_forms import as_form


class Address(BaseModel):
    """Where somebody lives."""

    model_config = ConfigDict(extra="forbid")

    line1: Annotated[str, Field(max_length=150)]
    city: str | None = None


class NewCustomer(BaseModel):
    """Whoever signs up."""

    model_config = ConfigDict(extra="forbid")

    email: str
    address: Address | None = None
    metadata: dict[str, str] | None = None
    expand: list[str] = []
    phone: str | int | None = None


class Customer(BaseModel):
    """Whoever has signed up."""

    id: str


class Asked(BaseModel):
    """What a list is asked for."""

    limit: Annotated[int, Field(ge=1, le=100, description="How many.")] = 20
    since: Annotated[str | None, Field(alias="created[gte]")] = None
    plan: str


CREATE = Described(
    "customers:write",
    "Create",
    {201: Customer},
    body=NewCustomer,
    tag="Customers",
    refusals={409: ("email_taken",)},
    links=(Link(201, "look", "retrieve", {"id": "$response.body#/id"}),),
    examples={"ada": {"email": "ada@lovelace.example"}},
)
LIST = Described("customers:read", "List", {200: Customer}, query=Asked, tag="Customers")
DELETE = Described("customers:write", "Delete", {204: None}, tag="Customers")
FORM = Described(
    "customers:write", "Create", {200: Customer}, body=NewCustomer, form=True, tag="003",
    door=Door(basic=True, repeat="other-key"),
)  # fmt: skip
OPERATIONS = (
    Operation("create", "POST", "/v1/customers", CREATE),
    Operation("retrieve", "GET", "/v1/customers/{id}", LIST),
    Operation("delete", "DELETE", "/v1/customers/{id}", DELETE),
    Operation("form", "POST", "/compat/customers", FORM),
)


def document() -> dict[str, Any]:
    return openapi(OPERATIONS, title="Portal", version="1", server="http://portal.test")


def said(path: str, method: str) -> Any:
    return document()["paths"][path][method]


def test_it_is_openapi_3_1() -> None:
    OPENAPI_31_VALIDATOR.validate(document())

    assert document()["openapi"].startswith("3.1")


def test_a_document_that_is_none_is_seen() -> None:
    broken = document()
    del broken["paths"]["/v1/customers"]["post"]["parameters"][0]["in"]

    assert not OPENAPI_31_VALIDATOR.is_valid(broken)


def test_an_operation_names_its_scope_and_its_links() -> None:
    create = said("/v1/customers", "post")

    assert create["security"] == [{"secret_key": ["customers:write"]}]
    assert create["responses"]["201"]["links"]["look"]["operationId"] == "retrieve"
    assert create["requestBody"]["content"]["application/json"]["examples"]["ada"]


def test_every_status_has_its_codes() -> None:
    def codes(path: str, method: str) -> dict[str, list[str]]:
        answers = said(path, method)["responses"].items()
        return {
            status: answer["content"]["application/problem+json"]["schema"]["properties"]["code"]
            ["enum"]
            for status, answer in answers
            if status >= "400"
        }  # fmt: skip

    created, deleted = codes("/v1/customers", "post"), codes("/v1/customers/{id}", "delete")

    assert created["409"] == ["idempotency_key_in_use", "email_taken"]
    assert created["401"] == ["key_missing", "key_invalid"]
    assert "404" not in created
    assert deleted["404"] == ["not_found"]
    assert "409" not in deleted
    assert "415" not in deleted


def test_a_query_is_a_parameter_for_each_of_its_fields() -> None:
    parameters = {one["name"]: one for one in said("/v1/customers/{id}", "get")["parameters"]}

    assert list(parameters) == ["id", "limit", "created[gte]", "plan"]
    assert parameters["limit"]["schema"] == {
        "type": "integer", "minimum": 1, "maximum": 100, "default": 20,
    }  # fmt: skip
    assert parameters["limit"]["description"] == "How many."
    assert parameters["created[gte]"]["schema"] == {"type": "string"}
    assert [one["required"] for one in parameters.values()] == [True, False, False, True]


def test_a_form_names_its_fields_as_they_are_on_the_wire() -> None:
    form = said("/compat/customers", "post")
    shape = form["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]

    assert list(shape["properties"]) == [
        "email", "address[line1]", "address[city]", "expand[0]", "expand[1]", "phone",
    ]  # fmt: skip
    assert list(shape["patternProperties"]) == [r"^metadata\[[^\[\]]+\]$"]
    assert shape["required"] == ["email"]
    assert shape["dependentRequired"] == {"address[city]": ["address[line1]"]}
    assert shape["properties"]["phone"]["anyOf"] == [{"type": "string"}, {"type": "integer"}]


def test_a_door_may_take_its_key_and_its_repeats_otherwise() -> None:
    form = said("/compat/customers", "post")

    assert [list(one) for one in form["security"]] == [["secret_key"], ["secret_key_as_user"]]
    assert [one["name"] for one in form["parameters"]] == ["other-key"]
    ours = said("/v1/customers", "post")
    assert [one["name"] for one in ours["parameters"]] == ["idempotency-key"]


def test_a_form_within_a_form_that_is_needed_is_needed_itself() -> None:
    class Shipped(BaseModel):
        address: Address

    shape = as_form(Shipped.model_json_schema(), Shipped.model_json_schema()["$defs"])

    assert shape["required"] == ["address[line1]"]
    assert "dependentRequired" not in shape
