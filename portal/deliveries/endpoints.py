"""Where sellers want to be told what happens: declared, changed, given new secrets, removed."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence

from portal import clock
from portal.audit.record import record
from portal.database import run_sql, transaction
from portal.deliveries.endpoint import Endpoint, endpoint_of, row_of, sealed_secrets, secrets_of
from portal.deliveries.event_types import ALL, unknown_types
from portal.deliveries.guard import problem_of
from portal.deliveries.listeners import forget_listeners
from portal.deliveries.signature import Secret, new_secret, with_new_secret
from portal.errors import InvalidDetails, PortalError, Problem
from portal.ids import new_id
from portal.settings import settings
from portal.sites.storefront import Storefront

MOST = 16
"""Endpoints of one storefront: each of them is written to with every event."""


class TooManyEndpoints(PortalError):
    """A storefront has as many as it may."""

    status = 409
    code = "too_many_endpoints"
    sentence = f"A storefront has at most {MOST} webhook endpoints. Remove one first."


async def create_endpoint(
    site: Storefront,
    *,
    url: str,
    types: Sequence[str] = (ALL,),
    actor: str,
    made_by: Callable[[str], Awaitable[None]] | None = None,
) -> tuple[Endpoint, str]:
    """Have a storefront's events told to this address; return it with its secret, shown only here.

    `made_by` is told its id in the transaction that makes it.

    Raises:
        InvalidDetails: the address cannot be called, or a type is none of ours.
        TooManyEndpoints: the storefront has enough.
    """
    _check(url, types)
    endpoint, secret, now = new_id("whep"), new_secret(), clock.now()
    async with transaction():
        rows = await run_sql(
            "INSERT INTO webhook_endpoint (id, company, site, url, types, secrets, state, why,"
            " created_at, updated_at) SELECT {}, {}, {}, {}, {}, {}, 'on', '', {}, {}"
            " WHERE (SELECT COUNT(*) FROM webhook_endpoint WHERE site = {}) < {} RETURNING *",
            *(endpoint, site.company_id, site.id, url, json.dumps(list(types))),
            *(sealed_secrets([Secret(secret)]), now, now, site.id, MOST),
        )
        if not rows:
            raise TooManyEndpoints
        await _note("created", endpoint_of(rows[0]), actor)
        if made_by:
            await made_by(endpoint)
    forget_listeners()
    return endpoint_of(rows[0]), secret


async def find_endpoint(company: str, endpoint: str) -> Endpoint:
    """Return an endpoint of this company.

    Raises:
        NoSuchEndpoint: there is none by that id.
    """
    return endpoint_of(await row_of(company, endpoint))


async def list_endpoints(company: str, *, sites: Sequence[str] = ()) -> list[Endpoint]:
    """Return a company's endpoints, or those of these sites, the newest first: never many."""
    rows = await run_sql(
        "SELECT * FROM webhook_endpoint WHERE company = {} ORDER BY id DESC", company
    )
    return [endpoint_of(row) for row in rows if not sites or row["site"] in sites]


async def change_endpoint(
    company: str,
    endpoint: str,
    *,
    url: str | None = None,
    types: Sequence[str] | None = None,
    is_on: bool | None = None,
    actor: str,
) -> Endpoint:
    """Change what is given. Turned off, or on again, nothing of before is sent by itself.

    Raises:
        NoSuchEndpoint: there is none by that id.
        InvalidDetails: as create_endpoint tells.
    """
    _check(url, types)
    async with transaction():
        before = endpoint_of(await row_of(company, endpoint, hold=True))
        state = before.state if is_on is None else "on" if is_on else "off"
        if state != before.state:
            await skip_waiting(endpoint)
        rows = await run_sql(
            "UPDATE webhook_endpoint SET url = {}, types = {}, state = {}, why = {},"
            " failing_since = CASE WHEN state = {} THEN failing_since END, updated_at = {}"
            " WHERE id = {} RETURNING *",
            *(url or before.url, json.dumps(list(types or before.types)), state),
            before.why if state == before.state else "" if state == "on" else "turned_off",
            *(state, clock.now(), endpoint),
        )
        await _note("changed", before, actor)
    forget_listeners()
    return endpoint_of(rows[0])


async def remove_endpoint(company: str, endpoint: str, *, actor: str) -> None:
    """Forget an endpoint, and send it nothing more; what was sent stays in the log.

    Raises:
        NoSuchEndpoint: there is none by that id.
    """
    async with transaction():
        removed = endpoint_of(await row_of(company, endpoint, hold=True))
        await skip_waiting(endpoint)
        await run_sql("DELETE FROM webhook_endpoint WHERE id = {}", endpoint)
        await _note("removed", removed, actor)
    forget_listeners()


async def rotate_secret(
    company: str,
    endpoint: str,
    *,
    actor: str,
    made_by: Callable[[str], Awaitable[None]] | None = None,
) -> str:
    """Make a new secret and return it, shown only here; the former signs too for a day.

    `made_by` is told the endpoint's id in the transaction that makes it.

    Raises:
        NoSuchEndpoint: there is none by that id.
    """
    secret, now = new_secret(), clock.now()
    async with transaction():
        row = await row_of(company, endpoint, hold=True)
        known = with_new_secret(secrets_of(row["secrets"]), secret, now)
        await run_sql(
            "UPDATE webhook_endpoint SET secrets = {}, updated_at = {} WHERE id = {}",
            *(sealed_secrets(known), now, endpoint),
        )
        await _note("secret_rotated", endpoint_of(row), actor)
        if made_by:
            await made_by(endpoint)
    return secret


async def newest_secret(company: str, endpoint: str) -> str:
    """Return the present secret, for who made it and died before anybody was told.

    Raises:
        NoSuchEndpoint: there is none by that id.
    """
    row = await row_of(company, endpoint)
    return secrets_of(row["secrets"])[0].text


async def skip_waiting(endpoint: str) -> None:
    """Send nothing more of what waits for an endpoint, in a transaction."""
    await run_sql(
        "UPDATE webhook_delivery SET state = 'skipped', done_at = {}, lease_token = NULL,"
        " lease_until = NULL WHERE endpoint = {} AND state = 'waiting'",
        *(clock.now(), endpoint),
    )


def _check(url: str | None, types: Sequence[str] | None) -> None:
    problems: dict[str, Problem] = {}
    if url is not None and (problem := problem_of(url, settings().private_hosts)):
        problems["url"] = problem
    if types is not None and (not types or unknown_types(types)):
        problems["types"] = Problem(
            "event_type_unknown", 'Name event types of ours, or "*" for all of them.'
        )
    if problems:
        raise InvalidDetails(problems)


async def _note(what: str, endpoint: Endpoint, actor: str) -> None:
    await record(
        f"webhook_endpoint.{what}", company=endpoint.company, actor=actor, object_id=endpoint.id
    )
