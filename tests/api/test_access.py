"""Who may ask for what: every route of every door for programs × every kind of key and scope."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from portal.access.keys import SCOPES
from portal.app import Portal
from portal.web.programs.document import Operation
from portal.web.programs.pace import forget_pace
from tests.api.asking import (
    UNKNOWN,
    Asked,
    Book,
    ask,
    every_operation,
    example_of,
    required_of,
    routes_without_a_word,
)
from tests.api.beside import as_user, bearing, http, portal, shop, sides, told_of
from tests.api.mirrored import Side, bad_keys, everything, key_of
from tests.databases import ON_SQLITE
from tests.onboarding.shop import Shop

__all__ = ["http", "portal", "shop", "sides"]

# Answers to whoever may ask, and asks for what is not there, or with a body that no schema has.
LET_IN = (200, 400, 404)
# What makes a request need more than its scope, by the member's name.
NEEDING_MORE: Mapping[str, Any] = {
    "trial_days": 7,
    "gateway_customer_id": "cus_nobody",
    "payment_gateway_id": "cus_nobody",
    "password": {"value": "Correct-Horse-7", "type": "plain_text"},
    "url": "https://other.example/",
    "types": ["customer.created"],
    "enabled": True,
    "expand[]": "subscriptions",
    **dict.fromkeys(("email_verified", "imported", "is_imported", "import_payment_methods"), True),
    **dict.fromkeys(("skip_email_check", "skip_email_dns_validations"), True),
}


def test_every_route_says_who_may_ask(portal: Portal) -> None:
    assert routes_without_a_word(portal) == []
    assert every_operation(portal)
    for operation in every_operation(portal):
        assert operation.described.scope in SCOPES, operation
        assert set(operation.described.also) <= set(SCOPES), operation
        assert operation.described.summary, operation


async def test_without_a_live_key_nobody_gets_in_anywhere(
    portal: Portal, shop: Shop, http: httpx.AsyncClient
) -> None:
    keys = await bad_keys(shop.site.company_id)
    ways = {how: bearing(key) for how, key in keys.items()}
    ways |= {"none": {}, "empty": {"authorization": ""}, "no scheme": {"authorization": "x"}}
    ways |= {"nobody's as user": as_user(keys["unknown"])}
    before, book = await everything(), Book()

    for operation in every_operation(portal):
        forget_pace()  # How often strangers may try is another test's.
        for how, headers in ways.items():
            book.asked.append(Asked(operation, how, await ask(http, operation, UNKNOWN, headers)))

    assert book.those_that_are_not(401) == []
    assert await everything() == before
    for one in book.asked:
        told = one.answer.headers["www-authenticate"]
        assert told.startswith("Bearer "), one
        is_read = one.how in keys or ("user" in one.how and one.operation.described.door.basic)
        assert ("invalid_token" in told) is is_read, one
    for operation in every_operation(portal):
        alike = [one for one in book.asked if one.operation == operation and one.how in keys]
        assert len({told_of(one) for one in alike}) == 1, operation


async def test_each_scope_opens_its_own_routes_and_no_others(
    portal: Portal, shop: Shop, http: httpx.AsyncClient
) -> None:
    company = shop.site.company_id
    keys = {scope: await key_of(company, [scope], label=scope) for scope in SCOPES}
    publishable = await key_of(company, (), label="widget", kind="pk")
    all_of_them = await key_of(company, SCOPES, label="all")
    here = [shop.site.id]
    of_one_site = await key_of(company, SCOPES, label="here", sites=here)
    but_for = {
        scope: await key_of(company, {*SCOPES} - {scope}, label=f"no {scope}", sites=here)
        for scope in SCOPES
    }
    before, shut, open_to, no_user = await everything(), Book(), Book(), Book()

    for operation in every_operation(portal):
        for scope, key in keys.items():
            answer = await ask(http, operation, UNKNOWN, bearing(key))
            book = open_to if scope == operation.described.scope else shut
            book.asked.append(Asked(operation, scope, answer))
        without = but_for[str(operation.described.scope)]
        for how, key in (("publishable", publishable), ("all others, of one site", without)):
            answer = await ask(http, operation, UNKNOWN, bearing(key))
            shut.asked.append(Asked(operation, how, answer))
        for how, key in (("all", all_of_them), ("all, of one site", of_one_site)):
            answer = await ask(http, operation, UNKNOWN, bearing(key))
            open_to.asked.append(Asked(operation, how, answer))
        answer = await ask(http, operation, UNKNOWN, as_user(all_of_them))
        (open_to if operation.described.door.basic else no_user).asked.append(
            Asked(operation, "as user", answer)
        )

    assert shut.those_that_are_not(403) == []
    assert open_to.those_that_are_not(*LET_IN) == []
    assert no_user.those_that_are_not(401) == []
    assert await everything() == before
    for one in shut.asked:
        told = one.answer.headers["www-authenticate"]
        assert f'scope="{one.operation.described.scope}"' in told, one


@ON_SQLITE
async def test_what_needs_more_than_its_scope_says_what(
    portal: Portal, sides: tuple[Side, Side], http: httpx.AsyncClient
) -> None:
    ours, _ = sides
    company, shut, open_to = ours.ids["company"], Book(), Book()
    but_for = {
        scope: await key_of(company, {*SCOPES} - {scope}, label=f"no {scope}") for scope in SCOPES
    }

    # What takes something away comes last: the others need it.
    for operation in sorted(every_operation(portal), key=lambda one: one.method == "DELETE"):
        needed = operation.described.also.items()
        for scope, name in ((scope, name) for scope, names in needed for name in names or ("",)):
            body, query = saying(operation, name)
            query |= required_of(operation, ours.ids)
            for book, key in ((shut, but_for[scope]), (open_to, ours.key)):
                headers = bearing(key)
                answer = await ask(http, operation, ours.ids, headers, body=body, query=query)
                book.asked.append(Asked(operation, scope, answer))

    assert len(shut.asked) > len(SCOPES)
    assert shut.those_that_are_not(403) == []
    for one in shut.asked:
        assert f'scope="{one.how}"' in one.answer.headers["www-authenticate"], one
    assert open_to.those_that_are_not(200, 201, 404, 409, 422) == []


def saying(operation: Operation, name: str) -> tuple[Any, dict[str, str]]:
    """Return a body and a query in which this member stands: a new one has to be put down above."""
    body, query = example_of(operation), {}
    if name.endswith("[]") and operation.described.query is not None:
        said = operation.described.query.model_json_schema()["properties"][name]["items"]
        query[name] = said.get("const") or next(one for one in said["enum"] if "subscr" in one)
    elif name:
        at_001 = operation.described.tag == "001" and name == "password"
        body[name] = NEEDING_MORE[name]["value"] if at_001 else NEEDING_MORE[name]
    return body, query
