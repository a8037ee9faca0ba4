"""Products."""

from __future__ import annotations

from portal.sandbox.account import Account
from portal.sandbox.changes import new_metadata, revising, take
from portal.sandbox.errors import refused
from portal.sandbox.events import emit
from portal.sandbox.listing import listed, matching
from portal.sandbox.operations import Call, operation
from portal.sandbox.prices import write_price
from portal.sandbox.rows import Row, new_id
from portal.sandbox.views import shown

_PLAIN = ("active", "description", "images", "marketing_features", "name", "shippable")
_MORE = ("statement_descriptor", "tax_code", "unit_label", "url")
_KNOWN = frozenset({*_PLAIN, *_MORE, "metadata", "expand"})


@operation("POST", "/v1/products", "ProductCreateParams")
def create_product(call: Call) -> Row:
    """Create a product, with a default price if `default_price_data` is given."""
    call.only(_KNOWN | {"id", "type", "default_price_data"})
    account, params = call.account, call.params
    if params.get("id") in account.kind("product"):
        raise refused("Product already exists.", "id", "resource_already_exists")
    row = account.add(_new_product(account, params.get("id") or new_id("prod", 14)))
    take(row, params, *_PLAIN, *_MORE, "type")
    row["metadata"] = new_metadata(params)
    emit(account, "product.created", row)
    if params.get("default_price_data"):
        row["default_price"] = write_price(
            account, params["default_price_data"] | {"product": row["id"]}
        )["id"]
    return shown(account, row)


def _new_product(account: Account, id: str) -> Row:
    return {
        "id": id,
        "object": "product",
        "active": True,
        "created": account.now(),
        "default_price": None,
        "description": None,
        "images": [],
        "livemode": False,
        "marketing_features": [],
        "metadata": {},
        "name": "",
        "package_dimensions": None,
        "shippable": None,
        "statement_descriptor": None,
        "tax_code": None,
        "type": "service",
        "unit_label": None,
        "updated": account.now(),
        "url": None,
    }


@operation("GET", "/v1/products/{id}", "ProductRetrieveParams")
def retrieve_product(call: Call) -> Row:
    """Give a product."""
    return shown(call.account, call.row("product", "product"))


@operation("POST", "/v1/products/{id}", "ProductUpdateParams")
def update_product(call: Call) -> Row:
    """Change a product."""
    call.only(_KNOWN | {"default_price"})
    account = call.account
    call.row("product", "product")
    with revising(account, "product", call.ids["id"], "product.updated") as row:
        take(row, call.params, *_PLAIN, *_MORE, "default_price")
        row["images"] = row["images"] or []
        row["marketing_features"] = row["marketing_features"] or []
        row["updated"] = account.now()
    return shown(account, row)


@operation("GET", "/v1/products", "ProductListParams")
def list_products(call: Call) -> Row:
    """List products."""
    found = matching(call.account.kind("product").values(), call.params, "active", "type", "url")
    if "ids" in call.params:
        found = [row for row in found if row["id"] in call.params["ids"]]
    return listed(call, found, "product", {"active", "type", "url", "ids"})
