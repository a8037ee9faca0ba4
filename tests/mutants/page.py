"""The score, as docs/reliability.md has it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from tests.mutants.judging import Verdict

BEGIN = "<!-- mutants: written by make mutants -->"
END = "<!-- /mutants -->"


def with_score(page: str, score: str) -> str:
    """Return the page with this score instead of the former.

    Raises:
        ValueError: the page has no place for it.
    """
    before, _, rest = page.partition(BEGIN)
    _, mark, after = rest.partition(END)
    if not mark:
        raise ValueError(f"no {BEGIN} … {END}")
    return f"{before}{BEGIN}\n\n{score}\n\n{END}{after}"


def score_of(verdicts: Sequence[Verdict]) -> float:
    """Return how many in a hundred were noticed."""
    return 100 * sum(verdict.is_killed for verdict in verdicts) / len(verdicts)


def rendered(verdicts: Sequence[Verdict], *, of: int, seed: int, day: str, machine: str) -> str:
    """Render a score in Markdown, in all and by kind of change."""
    noticed = sum(verdict.is_killed for verdict in verdicts)
    hung = sum(verdict.outcome == "hangs" for verdict in verdicts)
    first = (
        f"**{noticed} of {len(verdicts)} noticed, {score_of(verdicts):.1f} %** ({hung} of them by"
        f" hanging), drawn from {of} with seed {seed} on {day}. {machine}"
    )
    rows = ["| kind of change | drawn | noticed |", "|---|---|---|"]
    kinds = Counter(_kind(verdict) for verdict in verdicts)
    good = Counter(_kind(verdict) for verdict in verdicts if verdict.is_killed)
    rows += [f"| {kind} | {drawn} | {good[kind]} |" for kind, drawn in kinds.most_common()]
    return "\n".join([first, "", *rows])


def _kind(verdict: Verdict) -> str:
    return verdict.mutant.change.kind if verdict.mutant.change else "none"
