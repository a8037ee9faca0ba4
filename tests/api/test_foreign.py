"""Nobody's things are another's: every route of every door for programs × every foreign id."""

from __future__ import annotations

from dataclasses import replace

import httpx
from litestar import get

from portal.access.keys import SCOPES
from portal.app import Portal, create_app
from portal.database import run_sql
from portal.web.programs.described import described
from portal.web.programs.handle import Answer, Call, program
from tests.api.asking import (
    UNKNOWN,
    Asked,
    Book,
    ask,
    every_operation,
    example_of,
    kinds_of,
    members_naming,
    required_of,
    routes_without_a_word,
)
from tests.api.beside import (
    ask_naming,
    bearing,
    http,
    key_of_another_site,
    portal,
    shop,
    sides,
    told_of,
)
from tests.api.mirrored import Side, everything, key_of
from tests.pages.browsing import browser_at

__all__ = ["http", "portal", "shop", "sides"]

OF_ONE_SITE = {"customer", "subscription", "gateway_customer", "site", "endpoint", "delivery"}


async def test_what_is_another_company_s_is_not_there(
    portal: Portal, sides: tuple[Side, Side], http: httpx.AsyncClient
) -> None:
    ours, theirs = sides
    before, foreign, unknown = await everything(), Book(), Book()

    for operation in every_operation(portal):
        if operation.path_names:
            body = example_of(operation)
            for book, ids in ((foreign, {**UNKNOWN, **theirs.ids}), (unknown, dict(UNKNOWN))):
                answer = await ask(http, operation, ids, bearing(ours.key), body=body)
                book.asked.append(Asked(operation, "path", answer))

    assert foreign.those_that_are_not(404) == []
    assert unknown.those_that_are_not(404) == []
    assert await everything() == before
    for one, other in zip(foreign.asked, unknown.asked, strict=True):
        assert told_of(one) == told_of(other), one.operation


async def test_what_is_their_own_is_there(
    portal: Portal, sides: tuple[Side, Side], http: httpx.AsyncClient
) -> None:
    """The control: the same requests with one's own ids find what they name."""
    ours, theirs = sides
    here = await key_of(ours.ids["company"], SCOPES, label="here", sites=[ours.ids["site"]])
    for side in (ours, theirs, replace(ours, key=here)):
        book = Book()
        for operation in every_operation(portal):
            kinds = kinds_of(operation).values()
            if operation.method == "GET" and set(kinds) <= side.ids.keys():
                query = required_of(operation, side.ids)
                answer = await ask(http, operation, side.ids, bearing(side.key), query=query)
                book.asked.append(Asked(operation, "own", answer))

        assert book.asked
        assert book.those_that_are_not(200, 204) == []


async def test_nothing_is_made_of_another_company_s_things(
    portal: Portal, sides: tuple[Side, Side], http: httpx.AsyncClient
) -> None:
    ours, theirs = sides
    before, book = await everything(), Book()

    for operation in every_operation(portal):
        for where, path in members_naming(operation, theirs.ids):
            foreign = theirs.ids[str(path[-1])]
            answer = await ask_naming(http, operation, where, path, ours, foreign)
            book.asked.append(Asked(operation, f"{where} {path}", answer))

    assert book.asked
    assert [one for one in book.asked if not _found_nothing(one.answer)] == []
    assert await everything() == before


async def test_what_is_another_site_s_is_not_there(
    portal: Portal, sides: tuple[Side, Side], http: httpx.AsyncClient
) -> None:
    ours, _ = sides
    elsewhere = replace(ours, key=await key_of_another_site(ours))
    before, book = await everything(), Book()

    for operation in every_operation(portal):
        if OF_ONE_SITE & {*kinds_of(operation).values()}:
            body, headers = example_of(operation), bearing(elsewhere.key)
            answer = await ask(http, operation, ours.ids, headers, body=body)
            book.asked.append(Asked(operation, "path", answer))
        theirs = {kind: id for kind, id in ours.ids.items() if kind in OF_ONE_SITE}
        for where, path in members_naming(operation, theirs):
            foreign = theirs[str(path[-1])]
            answer = await ask_naming(http, operation, where, path, elsewhere, foreign)
            book.asked.append(Asked(operation, f"{where} {path}", answer))

    assert {one.how for one in book.asked} > {"path"}
    assert [one for one in book.asked if not _found_nothing(one.answer)] == []
    assert await everything() == before


async def test_a_list_tells_of_nothing_but_ones_own(
    portal: Portal, sides: tuple[Side, Side], http: httpx.AsyncClient
) -> None:
    ours, theirs = sides
    elsewhere = await key_of_another_site(ours)
    of_our_site = [id for kind, id in ours.ids.items() if kind in OF_ONE_SITE]
    lists = [one for one in every_operation(portal) if one.method == "GET" and not one.path_names]
    telling = set()

    for operation in lists:
        query = required_of(operation, ours.ids)
        own = await ask(http, operation, ours.ids, bearing(ours.key), query=query)
        narrow = await ask(http, operation, ours.ids, bearing(elsewhere), query=query)

        assert (own.status_code, narrow.status_code in (200, 404)) == (200, True), operation
        telling |= {operation.name} if any(_names(own, id) for id in ours.ids.values()) else set()
        assert not any(_names(own, id) for id in theirs.ids.values()), operation
        assert not any(_names(narrow, id) for id in of_our_site), operation
    # The control. Nothing that their plan has is counted.
    assert {operation.name for operation in lists} - telling == {"list_usage"}


@get("/v1/open", opt=described("customers:read", "Forget to ask who it is", {200: None}))
async def open_to_all() -> dict[str, str]:
    """Ask nobody for a key."""
    return {}


@get("/v1/customers/{id:str}/told", opt=described("customers:read", "Tell anybody's", {200: None}))
@program
async def told_to_all(call: Call[None]) -> Answer:
    """Tell of a customer without asking whose they are."""
    return Answer(200, dict((await run_sql("SELECT id FROM customer"))[0]))


@get("/v1/silent")
async def silent() -> dict[str, str]:
    """Say nothing of who may ask."""
    return {}


async def test_a_door_that_forgets_to_ask_is_found(sides: tuple[Side, Side]) -> None:
    """The control of all of these: what is looked for here is seen where it is."""
    portal = create_app(extra_routes=[open_to_all, told_to_all, silent])
    there = {operation.name: operation for operation in every_operation(portal)}
    headers = bearing(sides[0].key)
    async with browser_at(portal) as http:
        book = Book()
        for name, key in (("open_to_all", {}), ("told_to_all", headers)):
            answer = await ask(http, there[name], sides[1].ids, key)
            book.asked.append(Asked(there[name], name, answer))

    assert routes_without_a_word(portal) == ["GET /v1/silent"]
    assert len(book.those_that_are_not(401, 404)) == 2


def _found_nothing(answer: httpx.Response) -> bool:
    """Tell whether nothing was found: a filter may also find none that fit, a batch refuse each."""
    if answer.status_code == 404:
        return True
    found = answer.json().get("data") if answer.status_code == 200 else [{}]
    return all((one.get("problem") or {}).get("code") == "customer_unknown" for one in found)


def _names(answer: httpx.Response, id: str) -> bool:
    return f'"{id}"' in answer.text
