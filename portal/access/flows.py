"""What a browser may do that has just made a customer and has not signed in."""

from datetime import timedelta

from piccolo.columns.combination import Where

from portal import clock
from portal.access.tables import Flow
from portal.database import run_sql

LASTS = timedelta(minutes=30)


async def grant_flow(onboarding: str, customer: str, browser_hash: str) -> None:
    """Let this browser go on with the customer it makes, in the transaction that makes it.

    The grant stays with the first browser, and its half hour is not renewed by a repeat.
    """
    await run_sql(
        "INSERT INTO flow (onboarding, customer, browser_hash, created_at) VALUES ({}, {}, {}, {})"
        " ON CONFLICT (onboarding) DO NOTHING",
        *(onboarding, customer, browser_hash, clock.now()),
    )


async def flows_of(browser_hash: str) -> list[Flow]:
    """List what this browser made and may still go on with, newest first."""
    flows = Flow.objects().where(*_of(browser_hash))
    return await flows.order_by(Flow.created_at, ascending=False)


async def made_by(browser_hash: str, customer: str) -> bool:
    """Tell whether this browser made that customer, be its half hour over or not."""
    return await Flow.exists().where(Flow.browser_hash == browser_hash, Flow.customer == customer)


async def end_flows(customer: str) -> None:
    """End what any browser may still do as the maker of this customer."""
    await Flow.update({Flow.ended_at: clock.now()}).where(
        Flow.customer == customer, Flow.ended_at.is_null()
    )


def _of(browser_hash: str) -> tuple[Where, ...]:
    return (
        Flow.browser_hash == browser_hash,
        Flow.ended_at.is_null(),
        Flow.created_at > clock.now() - LASTS,
    )
