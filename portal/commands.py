"""What the commands do, once their words are read.

Each imports what it needs: one that serves on keeps what it has imported.
"""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import datetime

import rich_click as click

from portal import database
from portal.billing.gateway import close_gateways
from portal.errors import NotFound


async def see_that_it_opens() -> None:
    """Fail here in a sentence rather than within the server in a traceback."""
    async with opened():
        pass


async def work() -> None:
    """Run a worker until SIGTERM or Ctrl-C."""
    from portal.worker import Worker

    async with opened():
        worker, told_to_stop = Worker(), asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, told_to_stop.set)
        try:
            await worker.start()
            await told_to_stop.wait()
        finally:
            await worker.stop()


async def migrate() -> list[str]:
    """Bring the database to this release's schema; return the names of what was done."""
    async with opened(prepare=False):
        return await database.migrate()


async def apply(text: str, *, yes: bool) -> None:
    """Show what a declaration would change here; with yes, change it here and at Stripe."""
    from portal.plans.apply import apply_declaration, changes_of
    from portal.plans.declaration import read_declaration

    declared = read_declaration(text)
    async with opened():
        changes = await changes_of(declared)
        for change in changes:
            click.echo(str(change))
        if not yes:
            found = f"{len(changes)} to change" if changes else "Nothing to change"
            click.echo(f"{found} here; nothing was written. With --yes, Stripe is looked at too.")
            return
        for line in await apply_declaration(declared):
            click.echo(line)


async def grant(plan: str, email: str, company: str | None) -> str:
    """Let a customer have an exclusive plan; say what came of it."""
    from portal.customers.own_plans import grant_plan

    async with opened():
        is_new = await grant_plan(plan, email, company=company)
    return f"They can change to {plan} now." if is_new else f"They could have {plan} before."


async def revoke(plan: str, email: str, company: str | None) -> str:
    """Take an exclusive plan back from a customer; say what came of it."""
    from portal.customers.own_plans import revoke_plan

    async with opened():
        was_theirs = await revoke_plan(plan, email, company=company)
    return f"They can no longer change to {plan}." if was_theirs else f"{plan} was not theirs."


async def reconcile(full: bool, since: datetime | None, *, yes: bool, as_json: bool) -> bool:
    """Compare with Stripe, and with yes mend what differs; False if a company was not reached."""
    from portal.reconciliation.sweep import sweep_each
    from portal.worker import Worker

    reached = True
    async with opened():
        async for report in sweep_each(full=full, since=since, carry_out=yes):
            reached = reached and not report.problem
            lines = [json.dumps(report.as_json())] if as_json else report.lines()
            click.echo("\n".join(lines))
        if yes:
            await Worker().run_until_idle()
        elif not as_json:
            click.echo("Nothing was changed. With --yes it is.")
    return reached


async def erase(who: str, *, yes: bool) -> None:
    """Show who would be erased; with yes, erase them now, here and at Stripe.

    Raises:
        NotFound: we have nobody of that address or id.
    """
    from portal.privacy.at_once import erase_at_once, known_as
    from portal.worker import Worker

    async with opened():
        found = await known_as(who)
        if not found:
            raise NotFound("There is no customer of that email address or id.")
        for customer in found:
            click.echo(customer)
        if not yes:
            click.echo("Nothing was changed. With --yes they are erased at once, for ever.")
            return
        await erase_at_once(found)
        await Worker().run_until_idle()
        for line in await erase_at_once(found):
            click.echo(line)


async def examine(*, as_json: bool) -> bool:
    """Print the doctor's findings; False if something failed."""
    from portal.doctor.examine import examine as look_at_everything

    is_well = True
    async for found in look_at_everything():
        is_well = is_well and found.state != "failed"
        about = f"{found.check} ({found.company})" if found.company else found.check
        line = f"{found.state:<8} {about}: {found.sentence}"
        click.echo(json.dumps(asdict(found)) if as_json else line)
    return is_well


@asynccontextmanager
async def opened(*, prepare: bool = True) -> AsyncIterator[None]:
    """Open the database, and close it and the way to Stripe at the end."""
    try:
        await database.open_database(prepare=prepare)
        yield
    finally:
        await close_gateways()
        await database.close_database()
