"""Cells of a file as months."""

from __future__ import annotations

from datetime import date

import pytest

from leads.imports.values import DAY_FIRST, MONTH_FIRST, Unreadable, month

ZONE = "Europe/Berlin"


@pytest.mark.parametrize(
    "cell",
    ["2026-03", "2026/3", "202603", "03/2026", "3.2026", "Mar 2026", "März 2026", "mar-26", "2026-03-31", "31.03.2026",
     "March 5, 2026", "2026-03-31T22:30:00+01:00", "20260315"],
)  # fmt: skip
def test_a_month_is_known_by_its_first_day(cell: str) -> None:
    assert month(cell, DAY_FIRST, ZONE) == date(2026, 3, 1)


def test_a_day_is_read_in_the_order_of_its_column() -> None:
    assert month("4/3/2026", DAY_FIRST, ZONE) == date(2026, 3, 1)
    assert month("4/3/2026", MONTH_FIRST, ZONE) == date(2026, 4, 1)


@pytest.mark.parametrize("cell", ["2026-13", "13/2026", "2026", "Sparkling 2026", "soon", "2026-00", "1700-03"])
def test_what_is_no_month_is_named(cell: str) -> None:
    with pytest.raises(Unreadable):
        month(cell, DAY_FIRST, ZONE)
