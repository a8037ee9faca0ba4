"""Who may ask for what: every route of every door for programs × every key, and × foreign ids."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest
from litestar import get

from portal import clock
from portal.access.keys import SCOPES
from portal.app import Portal, create_app
from portal.billing.gateway import close_gateways
from portal.database import run_sql
from portal.sites.storefront import forget_sites
from portal.sites.tables import Site
from portal.web.programs.described import described
from portal.web.programs.document import Operation
from portal.web.programs.handle import Answer, Call, program
from portal.web.programs.pace import forget_pace
from tests.api.asking import (
    UNKNOWN,
    Asked,
    Book,
    Path,
    ask,
    every_operation,
    example_of,
    kinds_of,
    members_naming,
    required_of,
    routes_without_a_word,
    with_value,
)
from tests.api.mirrored import Side, bad_keys, everything, key_of, two_sides
from tests.local_stripe import LocalStripe
from tests.onboarding.shop import Shop, open_shop
from tests.pages.browsing import browser_at

# Answers to whoever may ask, and asks for what is not there, or with a body that no schema has.
LET_IN = (200, 400, 404)
OF_ONE_SITE = {"customer", "subscription", "gateway_customer", "site"}


@pytest.fixture
async def shop(database: str, sandbox: LocalStripe) -> AsyncIterator[Shop]:
    """A company with one site: the other one is beside it, and not another site of its own."""
    yield await open_shop(sandbox)
    await close_gateways()


@pytest.fixture
async def portal(shop: Shop) -> AsyncIterator[Portal]:
    """The application, and the worker beside it."""
    await shop.worker.start()
    yield create_app()
    await shop.worker.stop()


@pytest.fixture
async def http(portal: Portal) -> AsyncIterator[httpx.AsyncClient]:
    """A program that has not said yet who it is."""
    async with browser_at(portal) as client:
        yield client


@pytest.fixture
async def sides(shop: Shop) -> tuple[Side, Side]:
    return await two_sides(shop)


def bearing(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


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
        assert ("invalid_token" in told) is (one.how in keys), one
    for operation in every_operation(portal):
        alike = [one for one in book.asked if one.operation == operation and one.how in keys]
        assert len({_told(one) for one in alike}) == 1, operation


async def test_each_scope_opens_its_own_routes_and_no_others(
    portal: Portal, shop: Shop, http: httpx.AsyncClient
) -> None:
    company = shop.site.company_id
    keys = {scope: await key_of(company, [scope], label=scope) for scope in SCOPES}
    publishable = await key_of(company, (), label="widget", kind="pk")
    all_of_them = await key_of(company, SCOPES, label="all")
    before, shut, open_to = await everything(), Book(), Book()

    for operation in every_operation(portal):
        for scope, key in keys.items():
            answer = await ask(http, operation, UNKNOWN, bearing(key))
            book = open_to if scope == operation.described.scope else shut
            book.asked.append(Asked(operation, scope, answer))
        answer = await ask(http, operation, UNKNOWN, bearing(publishable))
        shut.asked.append(Asked(operation, "publishable", answer))
        answer = await ask(http, operation, UNKNOWN, bearing(all_of_them))
        open_to.asked.append(Asked(operation, "all", answer))

    assert shut.those_that_are_not(403) == []
    assert open_to.those_that_are_not(*LET_IN) == []
    assert await everything() == before
    for one in shut.asked:
        told = one.answer.headers["www-authenticate"]
        assert f'scope="{one.operation.described.scope}"' in told, one


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
        assert _told(one) == _told(other), one.operation


async def test_what_is_their_own_is_there(
    portal: Portal, sides: tuple[Side, Side], http: httpx.AsyncClient
) -> None:
    """The control: the same requests with one's own ids find what they name."""
    for side in sides:
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
            answer = await _naming(http, operation, where, path, ours, foreign)
            book.asked.append(Asked(operation, f"{where} {path}", answer))

    assert book.asked
    assert [one for one in book.asked if not _found_nothing(one.answer)] == []
    assert await everything() == before


async def test_what_is_another_site_s_is_not_there(
    portal: Portal, sides: tuple[Side, Side], http: httpx.AsyncClient
) -> None:
    ours, _ = sides
    elsewhere = replace(ours, key=await _key_of_another_site(ours))
    before, book = await everything(), Book()

    for operation in every_operation(portal):
        if OF_ONE_SITE & {*kinds_of(operation).values()}:
            body, headers = example_of(operation), bearing(elsewhere.key)
            answer = await ask(http, operation, ours.ids, headers, body=body)
            book.asked.append(Asked(operation, "path", answer))
        theirs = {kind: id for kind, id in ours.ids.items() if kind in OF_ONE_SITE}
        for where, path in members_naming(operation, theirs):
            foreign = theirs[str(path[-1])]
            answer = await _naming(http, operation, where, path, elsewhere, foreign)
            book.asked.append(Asked(operation, f"{where} {path}", answer))

    assert {one.how for one in book.asked} > {"path"}
    assert [one for one in book.asked if not _found_nothing(one.answer)] == []
    assert await everything() == before


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


async def _key_of_another_site(side: Side) -> str:
    company = side.ids["company"]
    await Site.insert(
        Site(id="site_3", number=3, company=company, key="third", country="CH", currency="eur",
             created_at=clock.now())
    )  # fmt: skip
    forget_sites()
    return await key_of(company, SCOPES, label="elsewhere", sites=["site_3"])


async def _naming(
    http: httpx.AsyncClient, operation: Operation, where: str, path: Path, ours: Side, foreign: str
) -> httpx.Response:
    """Ask with everything our own, but for one member."""
    body, query = example_of(operation), {}
    for there, own in members_naming(operation, ours.ids):
        if there == "body" and len(own) == 1 and own[0] in body:
            body = with_value(body, own, ours.ids[str(own[-1])])
    if where == "body":
        body = with_value(body, path, foreign)
    else:
        query = required_of(operation, ours.ids) | {str(path[0]): foreign}
    return await ask(http, operation, ours.ids, bearing(ours.key), body=body, query=query)


def _found_nothing(answer: httpx.Response) -> bool:
    """Tell whether nothing was found: a filter may also find none that fit, a batch refuse each."""
    if answer.status_code == 404:
        return True
    found = answer.json().get("data") if answer.status_code == 200 else [{}]
    return all((one.get("problem") or {}).get("code") == "customer_unknown" for one in found)


def _told(one: Asked) -> tuple[int, str]:
    """Return what an answer says, without the number of its request and the id it was asked for."""
    said, asked = one.answer.text, str(one.answer.request.url.path).rpartition("/")[2]
    said = said.replace(one.answer.headers["request-id"], "the request")
    return one.answer.status_code, said.replace(asked, "the id")
