"""The calendar simulator's page: the walk through working hours as it is drawn, and what it refuses."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.cast import Cast

BACKEND = "config.accounts.backends.AccountBackend"


@pytest.fixture
def reader(cast: Cast, client: Client) -> Client:
    client.force_login(cast.tim, backend=BACKEND)
    return client


def ask(reader: Client, **given: str) -> object:
    form = reader.get("/agreement/simulator/").context["form"]
    calendar = form.fields["calendar"].choices[0][0]
    return reader.get("/agreement/simulator/", {"calendar": calendar, "unit": "hours"} | given)


def test_a_weekend_is_walked_over(reader: Client) -> None:
    """Berlin, Mon to Fri 9 to 17: two hours from Friday 16:00 end on Monday at 10:00."""
    answer = ask(reader, start="2026-03-06T16:00", amount="2")
    result = answer.context["result"]  # type: ignore[attr-defined]
    assert result.due_local == "Mon 9 Mar 2026, 10:00"
    assert [day.counted for day in result.days if day.seconds] == ["16:00 to 17:00", "9:00 to 10:00"]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"start": "tomorrow", "amount": "2"}, "start"),
        ({"start": "2026-03-06T16:00", "amount": "-1"}, "amount"),
        ({"start": "2026-03-06T16:00", "amount": "100000"}, "amount"),
        ({"start": "2026-03-06T16:00", "amount": "1", "calendar": "none"}, "calendar"),
    ],
)
def test_what_cannot_be_walked_is_refused_beside_its_field(reader: Client, given: dict[str, str], field: str) -> None:
    answer = ask(reader, **given)
    assert field in answer.context["form"].errors  # type: ignore[attr-defined]
    assert answer.context["result"] is None  # type: ignore[attr-defined]
