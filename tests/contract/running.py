"""Run schemathesis as a process of its own, and read what it found."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.contract.target import Target

HOOKS = Path(__file__).parent / "hooks.py"
ONE_IN, SEED = "CONTRACT_ONE_IN", "CONTRACT_SEED"
DOCUMENTS = {"openapi": True, "doors": False}
"""Each with whether chains of operations follow from what answers look like, beside links: a door
that answers 200 for what is deleted, as its document wants, may only be led by links."""
# What fits the schema may still be refused by a rule (422, with a code that the document lists:
# the check of answers' schemas holds it to that), or be gone (410). Nothing else.
_ACCEPTED = ["2xx", "401", "403", "404", "409", "410", "422", "429"]
# What does not fit is never refused by a rule: 422 is not among these.
_REFUSED = ["400", "401", "403", "404", "405", "406", "411", "413", "415"]
# Which kind of thing each address names.
_NAMED_BY: Mapping[str, Mapping[str, str]] = {
    "^/v1/customers$": {"body.email": "email"},
    r"^/v1/customers/\{": {"path.customer": "customers"},
    r"^/v1/webhook_endpoints/\{": {"path.id": "webhook_endpoints"},
    r"^/v1/webhook_deliveries/\{": {"path.id": "webhook_deliveries"},
    r"^/v1/subscriptions/\{": {"path.id": "subscriptions"},
    r"^/v1/plans/\{": {"path.id": "plans"},
    r"^/v1/sites/\{": {"path.id": "sites"},
    "^/v1/(usage|subscriptions)$": {"query.customer": "customers"},
    "^/compat/(onboard/|core/v1/|api/v[12]/|stripe/v1/)customers$": {"body.email": "email"},
    "^/compat/core/": {"query.site_id": "numbers"},
    r"^/compat/stripe/v1/customers/\{": {"path.customer": "at_stripe"},
    r"^/compat/api/v[12]/customers/\{": {"path.customer": "customers"},
    "^/compat/v1/company/": {
        "path.company": "companies",
        "path.country": "countries",
        "path.customer": "subscribers",
    },
}


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of a run: how many cases, what was found, and all that it said."""

    cases: int
    findings: tuple[str, ...]
    operations: int
    said: str


async def run(
    target: Target,
    document: str,
    folder: Path,
    *,
    examples: int,
    seed: int,
    one_in: int = 1,
    only: str = ".",
) -> Ran:
    """Try every operation of a document in all phases with all checks.

    examples: how many each operation is given, of each phase that draws them.
    only: which paths, as a pattern.
    one_in: of the cases that name every corner, which are many, how many stand for one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "schemathesis.toml").write_text(
        _config(target, examples, seed, infer=DOCUMENTS[document])
    )
    report = folder / "report.json"
    command = [
        *(sys.executable, "-W", "ignore", "-m", "schemathesis.cli", "--config-file"),
        *(str(folder / "schemathesis.toml"), "run", f"{target.url}/schema/{document}.json"),
        *("--phases", "examples,coverage,fuzzing,stateful", "--checks", "all"),
        *("--include-path-regex", only),
        *("--report", "json", "--report-json-path", str(report), "--no-color"),
    ]
    given = {ONE_IN: str(one_in), SEED: str(seed)}
    process = await asyncio.create_subprocess_exec(
        *command, cwd=folder, env=os.environ | given, stdout=PIPE, stderr=STDOUT
    )
    said, _ = await process.communicate()
    return _read(report, said.decode())


def _read(report: Path, said: str) -> Ran:
    assert report.is_file(), said
    assert report.stat().st_size, said
    told = json.loads(report.read_text())
    findings = [
        f"{found['title']} at {', '.join(found['operations'])}" for found in told["failures"]
    ]
    findings += [str(error["title"]) for error in told["errors"]]
    return Ran(
        cases=told["test_cases"]["generated"],
        findings=tuple(findings),
        operations=(told["operations"] or {}).get("tested", 0),
        said=said,
    )


def _config(target: Target, examples: int, seed: int, *, infer: bool) -> str:
    lines = [
        f"seed = {seed}",
        f"hooks = {json.dumps(str(HOOKS))}",
        f'headers = {{ Authorization = "Bearer {target.key}" }}',
        "continue-on-failure = true",
        # The key is made for this run alone.
        "output = { sanitization = { enabled = false } }",
        # Two would meet in CPython 3.11's reader of programs, which Hypothesis calls.
        "workers = 1",
        "[generation]",
        f"max-examples = {examples}",
        'database = "none"',
        "no-shrink = true",
        "[checks.positive_data_acceptance]",
        f"expected-statuses = {_listed(_ACCEPTED)}",
        "[checks.negative_data_rejection]",
        f"expected-statuses = {_listed(_REFUSED)}",
    ]
    if not infer:
        lines += ["[phases.stateful.inference]", "algorithms = []"]
    living = {kind: ids for kind, ids in target.living.items() if ids}
    for kind, ids in living.items():
        lines += [f"[dictionaries.{kind}]", f"values = {_listed(ids)}"]
    for path, parameters in _NAMED_BY.items():
        lines += ["[[operations]]", f"include-path-regex = {json.dumps(path)}"]
        lines.append("[operations.parameters]")
        for parameter, kind in parameters.items():
            if kind in living:
                lines.append(f'"{parameter}" = {{ dictionary = "{kind}", probability = 0.8 }}')
    # Their documents know no 422: what a rule refuses is 400 there too, with a code of its own.
    lines += [
        "[[operations]]",
        'include-path-regex = "^/compat/(api|onboard|stripe)/"',
        "[operations.checks.positive_data_acceptance]",
        f"expected-statuses = {_listed([*_ACCEPTED, '400'])}",
    ]
    return "\n".join(lines) + "\n"


def _listed(values: Sequence[str]) -> str:
    return json.dumps(list(values))
