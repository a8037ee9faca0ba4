"""What the commands about the audit trail do, once their words are read."""

from __future__ import annotations

import re
from collections.abc import Collection

import rich_click as click

from portal.audit.chain import Entry, Fault
from portal.audit.verify import Verified, verify_trail
from portal.commands import opened
from portal.errors import PortalError
from portal.sites.companies import keys_of_companies

_HEAD = re.compile(r"[0-9a-f]{64}")


class NoHead(PortalError):
    """What was given as a head is none."""


async def verify(noted: Collection[str]) -> bool:
    """Say of each company's chain whether it is whole; False if one is not, or a head is gone."""
    wanted = {head.strip().lower() for head in noted}
    if any(not _HEAD.fullmatch(head) for head in wanted):
        raise NoHead("A head has 64 hex digits, as portal audit verify prints it.")
    is_whole = True
    async with opened():
        keys = await keys_of_companies()
        async for found in verify_trail(wanted):
            wanted -= found.heads
            is_whole = is_whole and not found.fault
            click.echo(f"{keys.get(found.company, found.company)}: {_sentence_of(found)}")
    for head in sorted(wanted):
        click.echo(f"Not in a whole chain: {head}. What it was the head of was cut off or changed.")
    return is_whole and not wanted


def _sentence_of(found: Verified) -> str:
    waits = f", {found.waiting:,} not sealed yet" if found.waiting else ""
    if found.fault is None:
        return f"{found.count:,} entries, whole{waits}; head {found.head or 'none'}"
    return f"BROKEN after {found.count:,} entries{waits}: {_fault(found.fault)}"


def _fault(fault: Fault) -> str:
    number, named = fault.number, _named(fault.entry)
    match fault.how:
        case "missing" if fault.last > number:
            return f"numbers {number:,} to {fault.last:,} are missing before {named}"
        case "missing":
            return f"number {number:,} is missing before {named}"
        case "inserted":
            return f"number {number:,} was put in between: {named}"
        case "changed":
            return f"number {number:,} was changed, or stands in another's place: {named}"


def _named(entry: Entry) -> str:
    who = f"{entry['action']} of {entry['object_id']} by {entry['actor']}"
    return f"entry {entry['id']} ({who}, {entry['at']})"
