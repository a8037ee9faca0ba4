"""The table that `make chaos` keeps in docs/reliability.md."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.__main__ import PAGE, trials
from tests.chaos.figures import Figure, Figures, read_figures
from tests.chaos.table import BEGIN, END, Row, describe_machine, row, with_rows

EMPTY = f"# Reliability\n\n{BEGIN}\n{END}\n\nThe end.\n"
HERE = "2 cores."


def found(trial: str, got: str = "0 lost", *, met: bool = True) -> Row:
    return row(Figure(trial, "kill -9 × 200", "0 lost", got, met), "2026-11-22", 7)


def test_figures_are_written_between_the_marks() -> None:
    page = with_rows(EMPTY, [found("crashes")], HERE)

    assert page.startswith(f"# Reliability\n\n{BEGIN}\n\n2 cores.\n")
    assert "| crashes | kill -9 × 200 | 0 lost | 0 lost | yes | 2026-11-22 | 7 |" in page
    assert page.endswith(f"{END}\n\nThe end.\n")


def test_a_trial_run_again_replaces_its_own_rows_only() -> None:
    page = with_rows(EMPTY, [found("crashes"), found("faults")], HERE)

    page = with_rows(page, [found("crashes", "3 lost", met=False)], HERE)

    assert page.count("| crashes |") == page.count("| faults |") == 1
    assert "| 3 lost | **no** |" in page


def test_rows_of_another_machine_go() -> None:
    page = with_rows(EMPTY, [found("crashes")], HERE)

    page = with_rows(page, [found("faults")], "64 cores.")

    assert "| crashes |" not in page
    assert "2 cores." not in page


def test_a_page_without_the_marks_is_left_alone() -> None:
    with pytest.raises(ValueError, match="chaos"):
        with_rows("# Reliability\n", [found("crashes")], HERE)


def test_a_test_tells_its_figures_with_its_database(tmp_path: Path) -> None:
    into = tmp_path / "figures"

    Figures("crashes", "SQLite", into).add("kills", mark="0 lost", got="0 lost", met=True)

    assert list(read_figures(into)) == [
        Figure("crashes", "kills, SQLite", "0 lost", "0 lost", True)
    ]


def test_our_page_has_a_place_for_every_trial() -> None:
    page = with_rows(PAGE.read_text(), [found(name) for name in trials()], HERE)

    assert all(f"| {name} |" in page for name in ("kill_points", "one_email"))


def test_the_machine_is_described_without_its_name() -> None:
    assert "cores" in describe_machine()
    assert "/" not in describe_machine()
