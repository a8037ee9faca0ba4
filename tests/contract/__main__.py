"""Try the API and the doors at length, and keep what came out in docs/api.md.

make fuzz
python -m tests.contract [--cases N] [--seed N] [--document openapi|doors] …
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage

import httpx

from portal.sandbox.app import create_app
from portal.settings import configure
from tests.conftest import SECRET, serving
from tests.contract.running import DOCUMENTS, Ran, run
from tests.contract.target import target_at
from tests.local_stripe import open_account

PAGE = Path(__file__).parent.parent.parent / "docs" / "api.md"
BEGIN, END = "<!-- figures: python -m tests.contract -->", "<!-- /figures -->"
_HEAD = (
    "| document | cases | answered 2xx | 5xx | findings | on | seed |",
    "|---|---|---|---|---|---|---|",
)
CASES, EXAMPLES = 20_000, 40


@dataclass
class Sum:
    """What came of all runs of one document."""

    document: str
    cases: int = 0
    accepted: int = 0
    broken: int = 0
    findings: int = 0

    def row(self, seed: int) -> str:
        """Write the row of the table."""
        figures = (self.cases, self.accepted, self.broken, self.findings)
        told = " | ".join(f"{figure:,}" for figure in figures)
        return f"| {self.document} | {told} | {datetime.now(UTC):%d %b %Y} | {seed} |"


def main(given: Sequence[str] | None = None) -> int:
    """Try each document until there were enough cases; 1 if anything was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.contract")
    parser.add_argument("--cases", type=int, default=CASES, help="of all documents together")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--document", choices=DOCUMENTS, action="append")
    parser.add_argument("--examples", type=int, default=EXAMPLES, help="of each operation")
    parser.add_argument("--one-in", type=int, default=1, help="of the cases for every corner")
    asked = parser.parse_args(given)
    documents = asked.document or list(DOCUMENTS)
    cases = asked.cases // len(documents)
    amount = {"examples": asked.examples, "one_in": asked.one_in}
    sums = [asyncio.run(_try(name, cases, asked.seed, amount)) for name in documents]
    rows = [one.row(asked.seed) for one in sums]
    print("\n".join(rows))
    if not asked.document:
        PAGE.write_text(_with(PAGE.read_text(encoding="utf-8"), rows), encoding="utf-8")
    return 1 if any(one.findings or one.broken for one in sums) else 0


async def _try(document: str, cases: int, seed: int, amount: Mapping[str, int]) -> Sum:
    """Run with one seed after another; each run has a portal and a Stripe of its own."""
    found = Sum(document)
    while found.cases < cases:
        with tempfile.TemporaryDirectory() as folder:
            ran = await _once(found, document, seed, amount, Path(folder))
        told = f"{document}, seed {seed}: {ran.cases} cases, {len(ran.findings)} findings"
        print(f"{told}; CPU so far {_cpu_s(RUSAGE_SELF)} s here, {_cpu_s(RUSAGE_CHILDREN)} s there")
        if ran.findings:
            print(ran.said)
        seed += 1
    return found


async def _once(
    found: Sum, document: str, seed: int, amount: Mapping[str, int], folder: Path
) -> Ran:
    configure(
        secret=SECRET,
        check_email_dns=False,
        stripe_calls_per_s=1000.0,
        mail_url=f"file://{folder / 'mail'}",
        database_url=f"sqlite:///{folder / 'portal.sqlite'}",
    )
    async with (
        serving(lambda address: create_app(public_url=address)) as url,
        httpx.AsyncClient(timeout=60, verify=False) as http,
    ):
        stripe = await open_account(url, http)
        configure(stripe_api=url, stripe_key=stripe.key)
        async with target_at(stripe) as target:
            ran = await run(
                target,
                document,
                folder,
                seed=seed,
                examples=amount["examples"],
                one_in=amount["one_in"],
            )
            found.accepted += target.tally.between(200, 299)
            found.broken += target.tally.between(500, 502)
    found.cases += ran.cases
    found.findings += len(ran.findings)
    return ran


def _cpu_s(whose: int) -> int:
    used = getrusage(whose)
    return round(used.ru_utime + used.ru_stime)


def _with(page: str, rows: Sequence[str]) -> str:
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    table = "\n".join([*_HEAD, *rows])
    return f"{before}{BEGIN}\n{table}\n{END}{after}"


if __name__ == "__main__":
    sys.exit(main())
