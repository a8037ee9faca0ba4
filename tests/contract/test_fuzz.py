"""The API and the doors are as their documents say: schemathesis, every phase and every check."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.contract.running import run
from tests.contract.target import target_at
from tests.local_stripe import LocalStripe

SEED = 5
# So many cases at least, and so many of them answered 2xx; make fuzz takes 20,000.
LEAST = {"openapi": (1_150, 280), "doors": (900, 350)}


@pytest.mark.parametrize("document", LEAST)
async def test_what_is_answered_is_what_the_document_says(
    sandbox: LocalStripe, tmp_path: Path, document: str
) -> None:
    cases, accepted = LEAST[document]

    async with target_at(sandbox) as target:
        ran = await run(target, document, tmp_path / "run", examples=8, seed=SEED, one_in=3)

    told = target.tally
    assert ran.findings == (), ran.said
    assert told.between(500, 502) == 0
    assert (ran.cases >= cases, told.between(200, 299) >= accepted) == (True, True), (
        ran.cases,
        told.between(200, 299),
    )


async def test_a_promise_that_is_broken_is_found(sandbox: LocalStripe, tmp_path: Path) -> None:
    """The control: answers without the number of their request, at one address."""
    async with target_at(sandbox) as target:
        target.tally.forgets = True
        ran = await run(
            target,
            "openapi",
            tmp_path / "run",
            examples=1,
            seed=SEED,
            one_in=50,
            only="^/v1/sites$",
        )

    assert ran.operations == 1
    assert [found for found in ran.findings if "header" in found.lower()], ran.said
