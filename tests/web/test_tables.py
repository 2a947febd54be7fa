"""What a query string may ask of a list: the declared columns and filters, nothing else."""

from __future__ import annotations

from datetime import date

import pytest
from django.db.models import QuerySet
from django.http import QueryDict

from config.accounts.models import User
from config.web.tables import Choice, Column, Day, Flag, Table, TableView, Text

STATES = (("yes", "Active"), ("no", "Switched off"))


def _active(rows: QuerySet[User], value: str) -> QuerySet[User]:
    return rows.filter(is_active=value == "yes")


PEOPLE = Table(
    columns=(
        Column("name", "Name", sort="name"),
        Column("joined", "Joined", sort="joined_at", newest_first=True),
        Column("teams", "Teams"),
    ),
    filters=(
        Text("q", "Name", "name__icontains"),
        Choice("state", "State", _active, options=STATES),
        Choice("zone", "Zone", "time_zone", options=lambda: [("Europe/Berlin", "Berlin"), ("UTC", "UTC")], many=True),
        Day("since", "Joined since", "joined_at__date__gte"),
        Flag("root", "Superusers only", "is_superuser"),
    ),
    sort="name",
)


def read(query: str = "") -> TableView:
    return PEOPLE.read(QueryDict(query))


def test_without_a_wish_the_usual_order_is_shown_and_nothing_filtered():
    view = read()
    assert (view.sort, view.set_filters, view.problems) == ("name", [], [])


@pytest.mark.parametrize("wish", ["password", "-password", "teams", "name__email", "--name", "user__password", "?"])
def test_only_declared_columns_sort(wish):
    view = read(f"sort={wish}")
    assert view.sort == "name"
    assert view.problems == ["That column cannot be sorted; the usual order is shown."]


def test_a_header_turns_the_order_round_and_says_how_it_is():
    name, joined, teams = read("sort=name").headers
    assert (name.state, name.sort) == ("ascending", "-name")
    assert (joined.state, joined.sort) == ("", "-joined")
    assert (teams.state, teams.sort) == ("", "")
    assert read("sort=-joined").headers[1].sort == "joined"


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("state=maybe", "State: 'maybe' is not one of the choices."),
        ("zone=UTC&zone=Mars", "Zone: 'Mars' is not one of the choices."),
        ("since=tomorrow", "Joined since: A date such as 2026-03-31."),
        ("since=2026-02-30", "Joined since: A date such as 2026-03-31."),
        ("root=perhaps", "Superusers only: On, or not there."),
        ("q=" + "x" * 201, "Name: At most 200 characters."),
        ("q=%00", "Name: At most 200 characters."),
    ],
)
def test_a_value_that_is_none_is_named_and_left_out(query, problem):
    view = read(query)
    assert view.problems == [problem]
    assert view.set_filters == []


def test_unknown_parameters_are_ignored():
    assert read("password__startswith=a&is_superuser=1").problems == []


def test_what_was_asked_can_be_shown_again():
    view = read("q=bo&state=no&zone=UTC&zone=Europe/Berlin&since=2026-03-01&root=1")
    assert [(one.filter.key, one.shown) for one in view.set_filters] == [
        ("q", "bo"),
        ("state", "Switched off"),
        ("zone", "UTC, Berlin"),
        ("since", "2026-03-01"),
        ("root", "yes"),
    ]
    assert view.set_filters[3].value == date(2026, 3, 1)


@pytest.mark.django_db
def test_filters_and_order_reach_the_rows():
    for name, zone, active in (
        ("Ana", "UTC", True),
        ("Bo", "UTC", False),
        ("Bob", "Europe/Berlin", True),
        ("Cy", "UTC", True),
    ):
        User.objects.create_user(f"{name}@example.com", name=name, time_zone=zone, is_active=active)

    def names(query: str) -> list[str]:
        return [user.name for user in read(query).page(User.objects.all()).rows]

    assert names("") == ["Ana", "Bo", "Bob", "Cy"]
    assert names("sort=-name&state=yes") == ["Cy", "Bob", "Ana"]
    assert names("q=bo") == ["Bo", "Bob"]
    assert names("zone=UTC&state=yes") == ["Ana", "Cy"]
    assert names("since=2999-01-01") == []
    assert names("root=1") == []


@pytest.mark.django_db
def test_a_table_without_an_order_shows_the_newest_rows_first():
    for name in ("Ana", "Bo"):
        User.objects.create_user(f"{name}@example.com", name=name)
    view = Table(columns=(Column("name", "Name"),)).read(QueryDict(""))
    assert [user.name for user in view.page(User.objects.all()).rows] == ["Bo", "Ana"]
