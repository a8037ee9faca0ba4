"""The portal command."""

from __future__ import annotations

import asyncio
from pathlib import Path

import rich_click as click

from portal.plain_errors import plain_errors

_PORT = click.IntRange(0, 65535)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="onboarding-portal", prog_name="portal")
def main() -> None:
    """Portal: a web portal through which your customers onboard themselves."""
    from portal.logs import redact_last_resort

    redact_last_resort()


@main.command()
@click.option(
    "--port",
    default=8000,
    show_default=True,
    type=_PORT,
    help="Where to serve; 0 finds a free one.",
)
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

    with plain_errors():
        asyncio.run(run_demo(port, data, as_json=as_json))


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=_PORT)
@click.option(
    "--workers",
    default=1,
    show_default=True,
    type=click.IntRange(1, 64),
    help="How many processes; one that dies is started again.",
)
def serve(host: str, port: int, workers: int) -> None:
    """Serve the portal, with a worker inside unless PORTAL_WORKER is false."""
    from portal import commands, serving
    from portal.logs import configure_logging
    from portal.settings import settings

    with plain_errors():
        configure_logging(settings().log_level)
        asyncio.run(commands.see_that_it_opens())
    try:
        listening = serving.listen(host, port)
    except OSError as taken:
        why = taken.strerror or taken
        raise click.ClickException(f"Cannot listen on {host}, port {port}: {why}.") from taken
    if workers == 1:
        serving.serve(listening)
    else:
        asyncio.run(serving.serve_by_several(listening, workers))


@main.command()
def work() -> None:
    """Run a worker alone: what is owed to Stripe, mails, and what Stripe told us."""
    from portal.commands import work
    from portal.logs import configure_logging
    from portal.settings import settings

    with plain_errors():
        configure_logging(settings().log_level)
        asyncio.run(work())


@main.command()
def migrate() -> None:
    """Bring the database to this release's schema."""
    from portal.commands import migrate

    with plain_errors():
        names = asyncio.run(migrate())
    click.echo("\n".join(names) if names else "The database is up to date.")


@main.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--yes", is_flag=True, help="Write it; without this the difference is only shown.")
def apply(file: Path, yes: bool) -> None:
    """Make our tables and Stripe match a FILE that declares company, plans and sites."""
    from portal.commands import apply

    with plain_errors():
        asyncio.run(apply(_text_of(file), yes=yes))


@main.command()
@click.option("--full", is_flag=True, help="Compare everything, not only what has changed.")
@click.option("--since", help="Changes since then: 36h, 7d or 2026-01-31; else since the last one.")
@click.option("--yes/--dry-run", default=False, help="Carry it out; else it is only shown.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON for each company.")
def reconcile(full: bool, since: str | None, yes: bool, as_json: bool) -> None:
    """Compare our copies with Stripe: ours / Stripe / what becomes of it."""
    from portal.commands import reconcile
    from portal.reconciliation.schedule import read_since

    try:
        start = read_since(since) if since else None
    except ValueError as wrong:
        raise click.BadParameter(str(wrong), param_hint="--since") from wrong
    with plain_errors():
        if not asyncio.run(reconcile(full, start, yes=yes, as_json=as_json)):
            raise SystemExit(1)


@main.command()
@click.argument("who")
@click.option("--yes", is_flag=True, help="Erase them; without this it is only shown who it is.")
def erase(who: str, yes: bool) -> None:
    """Erase a customer at once, WHO by email address or id (cust_…), here and at Stripe."""
    from portal.commands import erase

    with plain_errors():
        asyncio.run(erase(who, yes=yes))


@main.command()
@click.argument("plan")
@click.argument("email")
@click.option("--company", help="Its key, where there are several.")
def grant(plan: str, email: str, company: str | None) -> None:
    """Let the customer with this EMAIL change to an exclusive PLAN."""
    from portal.commands import grant

    with plain_errors():
        click.echo(asyncio.run(grant(plan, email, company)))


@main.command()
@click.argument("plan")
@click.argument("email")
@click.option("--company", help="Its key, where there are several.")
def revoke(plan: str, email: str, company: str | None) -> None:
    """Take an exclusive PLAN back from the customer with this EMAIL; who holds it keeps it."""
    from portal.commands import revoke

    with plain_errors():
        click.echo(asyncio.run(revoke(plan, email, company)))


@main.group()
def keys() -> None:
    """Make, list and revoke the keys by which programs use the API."""


@keys.command("create")
@click.option("--label", default="", help="What it is for; two of a label may be live.")
@click.option("--company", help="Its key, where there are several.")
@click.option("--publishable", is_flag=True, help="For the widget alone: no secret.")
@click.option("--scope", "scopes", multiple=True, help="What it may do; repeat it. Else: all.")
@click.option("--site", "sites", multiple=True, help="Only at these sites (key, id or number).")
@click.option("--days", type=click.IntRange(1, 3650), help="Until it expires; else never.")
def create_key(
    label: str,
    company: str | None,
    publishable: bool,
    scopes: tuple[str, ...],
    sites: tuple[str, ...],
    days: int | None,
) -> None:
    """Make a key and show it: this once."""
    from portal.key_commands import create

    with plain_errors():
        made = asyncio.run(create(label, company, publishable, scopes, sites, days))
    click.echo(made)


@keys.command("list")
@click.option("--company", help="Its key, where there are several.")
def list_keys(company: str | None) -> None:
    """Show every key: never its secret."""
    from portal.key_commands import listed

    with plain_errors():
        click.echo("\n".join(asyncio.run(listed(company))))


@keys.command("revoke")
@click.argument("key")
def revoke_key(key: str) -> None:
    """End a KEY (its id, key_…) at once."""
    from portal.key_commands import revoke

    with plain_errors():
        asyncio.run(revoke(key))
    click.echo(f"{key} is revoked.")


@main.group()
def audit() -> None:
    """Look after the audit trail."""


@audit.command()
@click.option("--head", "heads", multiple=True, help="One noted before, to be found; repeat it.")
def verify(heads: tuple[str, ...]) -> None:
    """Read each company's trail through; exit with 1 if something was changed or taken out."""
    from portal.audit_commands import verify

    with plain_errors():
        if not asyncio.run(verify(heads)):
            raise SystemExit(1)


@main.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--force", is_flag=True, help="Take the place of a file that is there.")
def backup(file: Path, force: bool) -> None:
    """Copy the database into a FILE, while it is in use; docs/operating.md tells of restoring."""
    from portal.database.backup import back_up

    with plain_errors():
        made = asyncio.run(back_up(file, force=force))
    click.echo(f"{made.file}: {made.size:,} bytes, schema {made.schema}, looked through.")
    click.echo(", ".join(f"{name} {count:,}" for name, count in made.rows.items() if count))


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON for each finding.")
def doctor(as_json: bool) -> None:
    """Look at settings, database, mail, Stripe and what waits; exit with 1 if something failed."""
    from portal.commands import examine

    if not asyncio.run(examine(as_json=as_json)):
        raise SystemExit(1)


def _text_of(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as wrong:
        raise click.ClickException(
            f"{file} is not UTF-8 text: look at byte {wrong.start + 1}."
        ) from wrong


if __name__ == "__main__":
    main()
