"""The portal command."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import rich_click as click


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="onboarding-portal", prog_name="portal")
def main() -> None:
    """Portal: a web portal through which your customers onboard themselves."""
    from portal.logs import redact_last_resort

    redact_last_resort()


@main.command()
@click.option("--port", default=8000, show_default=True, help="Where to serve; 0 finds a free one.")
@click.option(
    "--data",
    default=Path("demo-data"),
    show_default=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="The folder for all it keeps; the same folder again continues where it was.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON when ready.")
def demo(port: int, data: Path, as_json: bool) -> None:
    """Try everything on this machine, with a local Stripe and no account anywhere."""
    from portal.demo import run_demo

    asyncio.run(run_demo(port, data, as_json=as_json))


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True)
@click.option(
    "--workers",
    default=1,
    show_default=True,
    type=click.IntRange(1, 64),
    help="How many processes; one that dies is started again.",
)
def serve(host: str, port: int, workers: int) -> None:
    """Serve the portal, with a worker inside unless PORTAL_WORKER is false."""
    from portal import serving
    from portal.logs import configure_logging
    from portal.settings import settings

    with _plain_errors():
        configure_logging(settings().log_level)
        asyncio.run(_see_that_it_opens())
    try:
        listening = serving.listen(host, port)
    except OSError as taken:
        why = taken.strerror or taken
        raise click.ClickException(f"Cannot listen on {host}, port {port}: {why}.") from taken
    if workers == 1:
        serving.serve(listening)
    else:
        asyncio.run(serving.serve_by_several(listening, workers))


async def _see_that_it_opens() -> None:
    """Fail here in a sentence rather than within the server in a traceback."""
    from portal.database import close_database, open_database

    try:
        await open_database()
    finally:
        await close_database()


@main.command()
def work() -> None:
    """Run a worker alone: what is owed to Stripe, mails, and what Stripe told us."""
    from portal.logs import configure_logging
    from portal.settings import settings

    with _plain_errors():
        configure_logging(settings().log_level)
        asyncio.run(_work())


async def _work() -> None:
    from portal.billing.gateway import close_gateways
    from portal.database import close_database, open_database
    from portal.worker import Worker

    await open_database()
    worker, told_to_stop = Worker(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told_to_stop.set)
    try:
        await worker.start()
        await told_to_stop.wait()
    finally:
        await worker.stop()
        await close_gateways()
        await close_database()


@main.command()
def migrate() -> None:
    """Bring the database to this release's schema."""
    with _plain_errors():
        names = asyncio.run(_migrate())
    click.echo("\n".join(names) if names else "The database is up to date.")


async def _migrate() -> list[str]:
    from portal.database import close_database, migrate, open_database

    await open_database(prepare=False)
    try:
        return await migrate()
    finally:
        await close_database()


@main.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--yes", is_flag=True, help="Write it; without this the difference is only shown.")
def apply(file: Path, yes: bool) -> None:
    """Make our tables and Stripe match a FILE that declares company, plans and sites."""
    with _plain_errors():
        asyncio.run(_apply(file.read_text(), yes=yes))


async def _apply(text: str, *, yes: bool) -> None:
    from portal.billing.gateway import close_gateways
    from portal.database import close_database, open_database
    from portal.plans.apply import apply_declaration, changes_of
    from portal.plans.declaration import read_declaration

    declared = read_declaration(text)
    await open_database()
    try:
        changes = await changes_of(declared)
        for change in changes:
            click.echo(str(change))
        if not yes:
            found = f"{len(changes)} to change" if changes else "Nothing to change"
            click.echo(f"{found} here; nothing was written. With --yes, Stripe is looked at too.")
            return
        for line in await apply_declaration(declared):
            click.echo(line)
    finally:
        await close_gateways()
        await close_database()


@main.command()
@click.option("--full", is_flag=True, help="Compare everything, not only what has changed.")
@click.option("--since", help="Changes since then: 36h, 7d or 2026-01-31; else since the last one.")
@click.option("--yes", is_flag=True, help="Carry it out; without this it is only shown.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON for each company.")
def reconcile(full: bool, since: str | None, yes: bool, as_json: bool) -> None:
    """Compare our copies with Stripe: ours / Stripe / what becomes of it."""
    from portal.reconciliation.schedule import read_since

    try:
        start = read_since(since) if since else None
    except ValueError as wrong:
        raise click.BadParameter(str(wrong), param_hint="--since") from wrong
    with _plain_errors():
        if not asyncio.run(_reconcile(full, start, yes=yes, as_json=as_json)):
            raise SystemExit(1)


async def _reconcile(full: bool, since: datetime | None, *, yes: bool, as_json: bool) -> bool:
    from portal.billing.gateway import close_gateways
    from portal.database import close_database, open_database
    from portal.reconciliation.sweep import sweep_each
    from portal.worker import Worker

    reached = True
    await open_database()
    try:
        async for report in sweep_each(full=full, since=since, carry_out=yes):
            reached = reached and not report.problem
            lines = [json.dumps(report.as_json())] if as_json else report.lines()
            click.echo("\n".join(lines))
        if yes:
            await Worker().run_until_idle()
        elif not as_json:
            click.echo("Nothing was changed. With --yes it is.")
    finally:
        await close_gateways()
        await close_database()
    return reached


@main.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--force", is_flag=True, help="Take the place of a file that is there.")
def backup(file: Path, force: bool) -> None:
    """Copy the database into a FILE, while it is in use; docs/operating.md tells of restoring."""
    from portal.database.backup import back_up

    with _plain_errors():
        made = asyncio.run(back_up(file, force=force))
    click.echo(f"{made.file}: {made.size:,} bytes, schema {made.schema}, looked through.")
    click.echo(", ".join(f"{name} {count:,}" for name, count in made.rows.items() if count))


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON for each finding.")
def doctor(as_json: bool) -> None:
    """Look at settings, database, mail, Stripe and what waits; exit with 1 if something failed."""
    if not asyncio.run(_doctor(as_json=as_json)):
        raise SystemExit(1)


async def _doctor(*, as_json: bool) -> bool:
    from portal.doctor.examine import examine

    is_well = True
    async for found in examine():
        is_well = is_well and found.state != "failed"
        about = f"{found.check} ({found.company})" if found.company else found.check
        line = f"{found.state:<8} {about}: {found.sentence}"
        click.echo(json.dumps(asdict(found)) if as_json else line)
    return is_well


@contextmanager
def _plain_errors() -> Iterator[None]:
    """Say what is wrong in a sentence, without a traceback, and without what is secret."""
    from pydantic import ValidationError

    from portal.database import SchemaMismatch
    from portal.errors import PortalError
    from portal.redaction import redacted
    from portal.settings import UnknownSetting, wrong_settings

    try:
        yield
    except ValidationError as wrong:
        raise click.ClickException(wrong_settings(wrong)) from wrong
    except (PortalError, SchemaMismatch, UnknownSetting) as wrong:
        raise click.ClickException(redacted(str(wrong))) from wrong


if __name__ == "__main__":
    main()
