"""The pages of the API's reference: no seller's, and without a script."""

from __future__ import annotations

from portal.api.reference import Named, Part, Row, Shown
from tests.templates.view import States, Words


def reference(words: Words) -> States:
    """The list of operations, one operation with everything, and one with hardly anything."""
    create = Named(words("create_customer"), words("POST"), words("/v1/customers"), words("Create"))
    rows = (
        Row(words("email"), words("text, at most 254 characters"), True, words("Their address.")),
        Row(words("address.line1"), words("text or null"), False, ""),
    )
    shown = Shown(
        named=create,
        scopes=(words("customers:write"),),
        said=words("More may be needed."),
        parameters=rows[1:],
        body=rows,
        media=words("application/json"),
        answers=(
            Part("201", words("Created"), rows, ()),
            Part("204", words("No Content"), (), ()),
        ),
        refusals=(Part("400", words("Bad Request"), (), (words("bad"), words("worse"))),),
        command=words("curl -X POST https://portal.example/v1/customers \\\n  -H 'Accept: */*'"),
    )
    bare = Shown(
        create, (), "", (), (), "", (), (), words("curl https://portal.example/v1/customers")
    )
    listed = {
        "groups": {"openapi": {words("Customers"): [create], words("Nothing"): []}, "doors": {}},
        "codes": {words("not_found"): ["404"], words("invalid"): ["400", "422"]},
        "first": words("portal keys create"),
        "site": None,
    }
    yield "reference", "schema/reference.html", listed
    yield "reference-operation", "schema/operation.html", {"shown": shown, "site": None}
    yield "reference-operation-bare", "schema/operation.html", {"shown": bare, "site": None}
