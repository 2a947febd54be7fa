"""Scored one by one in Python and all at once in SQL, leads have the same points for the same reasons."""

from __future__ import annotations

from dataclasses import fields as fields_of
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leads import scoring
from leads.models import Lead
from leads.scoring_sql import scored_leads
from leads.services import judging
from sla import criteria
from sla.criteria import Facts
from sla.stages import BEFORE_QUALIFICATION
from sla.terms import SECTIONS, Terms
from tests.cast import NOW, Cast
from tests.leads.populations import CRITERIA, TOPICS, TYPES, behaviours, facts_by_lead, field_leaves, populate

pytestmark = pytest.mark.django_db
ONE_FIXTURE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


def made(section: str, /, **fields: Any) -> dict[str, Any]:
    return {item.name: None for item in fields_of(SECTIONS[section])} | fields


def terms_with(**sections: Any) -> Terms:
    return Terms(0, repr(sections), dict.fromkeys(SECTIONS, ()) | sections)


@st.composite
def rules(draw: st.DrawFn, groups: list[str]) -> list[dict[str, Any]]:
    found = []
    for number in range(draw(st.integers(0, 6))):
        rule: dict[str, Any] = {"key": f"r{number}", "name": draw(st.sampled_from(['a "b"', "100%", "it's", "ü"]))}
        rule |= {"group": draw(st.sampled_from(groups)), "points": draw(st.integers(-60, 60)), "catapult_to": ""}
        if draw(st.booleans()):
            inner = CRITERIA if draw(st.booleans()) else behaviours()
            rule |= {"kind": "attribute", "criteria": draw(inner), "activity_type": ""}
        else:
            rule |= {
                "kind": "activity",
                "activity_type": draw(st.sampled_from(TYPES)),
                "criteria": draw(st.one_of(st.just({}), field_leaves(["activity.topic"]))),
                "at_most": draw(st.sampled_from([None, 0, 1, 2, 5])),
                "half_life_days": draw(st.sampled_from([None, 1, 7, 30, 90])),
                "catapult_to": draw(st.sampled_from(["", "mql", "pql"])),
            }
        found.append(made("score_rules", **rule))
    return found


@st.composite
def all_terms(draw: st.DrawFn) -> Terms:
    groups = [
        made(
            "score_groups",
            key=f"g{n}",
            name=f"Group {n}",
            dimension=draw(st.sampled_from(["fit", "engagement"])),
            maximum=draw(st.sampled_from([None, 0, 10, 40])),
            minimum=draw(st.sampled_from([None, 0, -10])),
        )
        for n in range(draw(st.integers(1, 3)))
    ]
    personas = [
        made("personas", key=f"p{n}", name="P", criteria=draw(CRITERIA)) for n in range(draw(st.integers(0, 2)))
    ]
    definitions = [
        made(
            "definitions",
            key=f"d{n}",
            name="D",
            stage=draw(st.sampled_from(["engaged", "mql", "pql"])),
            words="",
            criteria=draw(st.one_of(st.just({}), CRITERIA)),
            exclusions=draw(st.one_of(st.just({}), CRITERIA)),
            required_fields=draw(st.sampled_from([[], ["person.email"], ["company.industry", "attributes.Tags"]])),
            minimum_score=draw(st.sampled_from([None, 1, 20])),
            minimum_fit=draw(st.sampled_from([None, 5])),
            minimum_engagement=draw(st.sampled_from([None, 10])),
        )
        for n in range(draw(st.integers(0, 3)))
    ]
    scoring = {"score_groups": groups, "score_rules": draw(rules([group["key"] for group in groups]))}
    return terms_with(**scoring, personas=personas, definitions=definitions)


@pytest.fixture
def population(cast: Cast) -> dict[int, tuple[Lead, Facts]]:
    assert TOPICS
    leads = populate(cast.segment)
    facts = facts_by_lead(leads)
    return {lead.pk: (lead, facts[lead.pk]) for lead in leads}


def in_sql(terms: Terms, *, every_lead: bool) -> dict[int, dict[str, Any]]:
    found = scored_leads(terms, NOW, "TRUE", every_lead=every_lead, reaches=True, all_deeds=every_lead)
    with connection.cursor() as cursor:
        cursor.execute(found.sql, found.params)
        names = [column.name for column in cursor.description or ()]
        return {row[0]: dict(zip(names, row, strict=True)) for row in cursor.fetchall()}


def well_formed(terms: Terms) -> bool:
    """Whether every condition could have been agreed to."""
    conditions = [rule.criteria for rule in terms.score_rules] + [persona.criteria for persona in terms.personas]
    for definition in terms.definitions:
        conditions += [definition.criteria, definition.exclusions]
    return all(criteria.check_criteria(c) == criteria.contradictions(c) for c in conditions if c)


@settings(ONE_FIXTURE, max_examples=150)
@given(terms=all_terms(), every_lead=st.booleans())
def test_python_and_sql_give_the_same_points_for_the_same_reasons(
    population: dict[int, tuple[Lead, Facts]], terms: Terms, every_lead: bool
) -> None:
    if not well_formed(terms):
        return
    scored = in_sql(terms, every_lead=every_lead)
    assert set(scored) == set(population)
    for pk, (lead, facts) in population.items():
        score, row = judging.score_of(facts, terms), scored[pk]
        stored = scoring.unpacked(row["points"], row["times"], terms.score_rules, terms.score_groups)
        assert stored == score.lines
        assert (row["fit"], row["engagement"]) == (score.fit, score.engagement)
        assert sum(row["points"]) == score.total
        assert row["rescore_at"] == score.rescore_at
        persona = judging.persona_of(facts, terms)
        assert row["persona"] == (persona.key if persona else "")
        assert row["fit_grade"] == judging.fit_grade(score, terms)
        if lead.stage in BEFORE_QUALIFICATION:
            known = Facts(
                Named(facts.values, {"lead.persona": row["persona"], "lead.fit_grade": row["fit_grade"]}),
                facts.activities,
                facts.at,
            )
            judged = judging.next_stage(lead.stage, known, score, terms)
            assert row["reaches"] == (judged.stage if judged else None)


class Named(dict[str, Any]):
    """Facts with the persona and grade that have just been worked out."""

    def __init__(self, rest: Any, fresh: dict[str, str]):
        super().__init__(fresh)
        self.rest = rest

    def get(self, name: str, default: Any = None) -> Any:
        return self[name] or default if name in self else self.rest.get(name, default)


def test_a_scope_scores_only_its_leads(cast: Cast) -> None:
    ada, bob = cast.lead("ada", deeds=("webinar",)).lead, cast.lead("bob", deeds=("webinar",)).lead
    found = scored_leads(cast.terms, NOW, "lead.id = ANY(%(ids)s)", {"ids": [ada.pk]}, every_lead=False)
    with connection.cursor() as cursor:
        cursor.execute(found.sql, found.params)
        rows = cursor.fetchall()
    assert [row[0] for row in rows] == [ada.pk] != [bob.pk]
