"""The same criteria choose the same leads in Python, one by one, and in SQL, all at once."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leads.criteria_sql import FROM, Compiler
from leads.models import Lead
from sla import criteria
from sla.criteria import Facts, fold, text_of
from tests.cast import NOW, Cast
from tests.leads.populations import CRITERIA, KEYS, VALUES, facts_by_lead, field_leaves, populate

pytestmark = pytest.mark.django_db
ONE_FIXTURE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


def chosen(condition: dict[str, Any], *, every_lead: bool, **more: Any) -> set[int]:
    compiler = Compiler(NOW, every_lead=every_lead, **more)
    sql = compiler.condition(condition)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT lead.id, {sql} FROM {FROM}", compiler.params)
        rows = cursor.fetchall()
    assert all(isinstance(holds, bool) for _, holds in rows), "every condition is true or false, never unknown"
    return {pk for pk, holds in rows if holds}


@pytest.fixture
def population(cast: Cast) -> dict[int, Facts]:
    return facts_by_lead(populate(cast.segment))


@settings(ONE_FIXTURE, max_examples=400)
@given(condition=CRITERIA, every_lead=st.booleans())
def test_python_and_sql_choose_the_same_leads(
    population: dict[int, Facts], condition: dict[str, Any], every_lead: bool
) -> None:
    if criteria.check_criteria(condition) != criteria.contradictions(condition):
        return  # never agreed, so never judged
    judged = {pk for pk, facts in population.items() if criteria.judge(condition, facts).holds}
    assert judged == {pk for pk, facts in population.items() if criteria.holds(condition, facts)}
    assert chosen(condition, every_lead=every_lead) == judged


JSON = st.recursive(
    st.one_of(
        st.sampled_from(VALUES),
        st.text(st.characters(codec="utf-8", exclude_characters="\x00", exclude_categories=["Cs"]), max_size=6),
        st.integers(-(10**20), 10**20),
        st.floats(allow_nan=False, allow_infinity=False),
    ),
    lambda parts: st.lists(parts, max_size=3),
    max_leaves=4,
)


@settings(ONE_FIXTURE, max_examples=200)
@given(value=JSON, leaf=field_leaves(["attributes.Tags"]))
def test_whatever_a_system_sends_is_read_alike(cast: Cast, value: Any, leaf: dict[str, Any]) -> None:
    lead = Lead.objects.order_by("pk").first() or cast.lead().lead
    Lead.objects.filter(pk=lead.pk).update(attributes={"Tags": value})
    found = facts_by_lead([Lead.objects.select_related("person", "company").get(pk=lead.pk)])[lead.pk]
    assert chosen(leaf, every_lead=False) == ({lead.pk} if criteria.holds(leaf, found) else set())
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(leads_text(attributes -> 'Tags'), '') FROM leads_lead WHERE id = %s", [lead.pk])
        stored = found.values.get("attributes.Tags")
        assert cursor.fetchone()[0].strip() == text_of(stored).strip()
        assert text_of(value).strip() == text_of(stored).strip(), "a value means the same before and after it is stored"


def test_every_letter_is_folded_alike(cast: Cast) -> None:
    codes = (*range(1, 0x10000), *range(0x10000, sys.maxunicode, 97))
    letters = [chr(code) for code in codes if not 0xD800 <= code < 0xE000]
    texts = (
        [f" {letter}A" for letter in letters]
        + [f"{letter}A" for letter in letters]
        + [f"A{letter}" for letter in letters]
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT array_agg(leads_fold(t) ORDER BY n) FROM unnest(%s::text[]) WITH ORDINALITY AS u (t, n)", [texts]
        )
        folded = cursor.fetchone()[0]
    assert [text for text, sql in zip(texts, folded, strict=True) if fold(text) != sql] == []


def test_a_field_nobody_knows_is_simply_not_known(cast: Cast) -> None:
    lead = cast.lead().lead
    assert chosen({"field": "moon.phase", "op": "present"}, every_lead=False) == set()
    assert chosen({"field": "moon.phase", "op": "is_not", "value": "full"}, every_lead=False) == {lead.pk}


def test_a_value_cannot_break_out_of_the_statement(cast: Cast) -> None:
    lead = cast.lead(source="'; DROP TABLE leads_lead; --").lead
    leaf = {"field": "lead.source", "op": "is", "value": "'; drop table leads_lead; --"}
    assert chosen(leaf, every_lead=True) == {lead.pk}
    assert chosen({"field": f"attributes.{KEYS[3]}') OR TRUE; --", "op": "present"}, every_lead=True) == set()


def test_a_field_may_be_given_other_sql_for_the_while(cast: Cast) -> None:
    lead = cast.lead().lead
    boss = {"field": "lead.persona", "op": "is", "value": "BOSS"}
    assert chosen(boss, every_lead=False) == set()
    assert chosen(boss, every_lead=False, overrides={"lead.persona": "'Boss'"}) == {lead.pk}
