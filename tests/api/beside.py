"""Two companies beside each other, and a program at their doors that has not said who it is."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import AsyncIterator

import httpx
import pytest

from portal import clock
from portal.access.keys import SCOPES
from portal.app import Portal, create_app
from portal.billing.gateway import close_gateways
from portal.sites.storefront import forget_sites
from portal.sites.tables import Site
from portal.web.programs.document import Operation
from tests.api.asking import (
    Asked,
    Path,
    ask,
    example_of,
    members_naming,
    required_of,
    with_value,
)
from tests.api.mirrored import Side, key_of, two_sides
from tests.local_stripe import LocalStripe
from tests.onboarding.shop import Shop, open_shop
from tests.pages.browsing import browser_at


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
    """Ada's company, and Mallory's."""
    return await two_sides(shop)


def bearing(key: str) -> dict[str, str]:
    """Return the header that carries a key."""
    return {"authorization": f"Bearer {key}"}


def as_user(key: str) -> dict[str, str]:
    """Return the header that carries a key as the user of Basic authentication."""
    return {"authorization": f"Basic {b64encode(f'{key}:'.encode()).decode()}"}


def told_of(one: Asked) -> tuple[int, str]:
    """Return what an answer says, without the number of its request and the id it was asked for."""
    said, asked = one.answer.text, str(one.answer.request.url.path).rpartition("/")[2]
    said = said.replace(one.answer.headers["request-id"], "the request")
    return one.answer.status_code, said.replace(asked, "the id")


async def key_of_another_site(side: Side) -> str:
    """Open one more site of a company; return a key that may do all there, and nowhere else."""
    company = side.ids["company"]
    await Site.insert(
        Site(id="site_3", number=3, company=company, key="third", country="CH", currency="eur",
             created_at=clock.now())
    )  # fmt: skip
    forget_sites()
    return await key_of(company, SCOPES, label="elsewhere", sites=["site_3"])


async def ask_naming(
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
