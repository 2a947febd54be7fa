"""Statements kept ready by the server: rows as instances with their relations, seen by whoever counts queries."""

from __future__ import annotations

import pytest
from django.db import connection

from config.web.prepared import fetch_all, fetch_one, one_row, rows_of
from leads.models import Handoff, Lead
from tests.cast import NOW, Cast

pytestmark = pytest.mark.django_db
BY_ID = "WHERE row.id = %(id)s"


def test_a_row_is_what_the_orm_gives(cast: Cast):
    lead = cast.lead("ada", deeds=("webinar",), attributes={"plan": ["a", {"b": 1}]}, campaign="spring").lead
    ours = one_row(Lead, BY_ID, {"id": lead.pk}, ("person", "company", "campaign", "segment"))
    theirs = Lead.objects.select_related("person", "company", "campaign", "segment").get(pk=lead.pk)
    assert ours is not None
    for field in Lead._meta.concrete_fields:
        assert getattr(ours, field.attname) == getattr(theirs, field.attname), field.name
    for name in ("person", "company", "campaign", "segment"):
        mine, other = getattr(ours, name), getattr(theirs, name)
        assert mine == other
        assert {f.attname: getattr(mine, f.attname) for f in mine._meta.concrete_fields} == {
            f.attname: getattr(other, f.attname) for f in other._meta.concrete_fields
        }


def test_relations_cost_nothing_more_and_may_be_empty(cast: Cast, django_assert_num_queries):
    handoff = cast.hot("ada")
    with django_assert_num_queries(1):
        found = one_row(Handoff, BY_ID, {"id": handoff.pk}, ("to_team", "to_user", "decided_by"))
        assert found is not None
        assert found.to_team.name
        assert (found.to_user, found.decided_by) == (None, None)


def test_a_row_that_was_read_so_is_saved_like_any_other(cast: Cast):
    handoff = one_row(Handoff, f"{BY_ID} FOR UPDATE", {"id": cast.hot("ada").pk})
    assert handoff is not None
    handoff._withdraw(cast.mara, NOW, "a mistake")
    handoff.save(update_fields=["state", "note"])
    assert Handoff.objects.get(pk=handoff.pk).state == "withdrawn"


def test_nothing_found(cast: Cast):
    assert one_row(Lead, BY_ID, {"id": 0}) is None
    assert rows_of(Lead, BY_ID, {"id": 0}) == []
    assert fetch_one("SELECT 1 WHERE %(no)s", {"no": False}) is None


def test_who_watches_the_queries_sees_these_too(cast: Cast, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert fetch_all("SELECT %(n)s::int", {"n": 7}) == [(7,)]
    seen: list[str] = []

    def note(execute, sql, params, many, context):
        seen.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        fetch_one("SELECT %(n)s::int", {"n": 7})
    assert len(seen) == 1
