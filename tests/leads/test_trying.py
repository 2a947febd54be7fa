"""A condition tried on the leads that are here: who meets it, who just misses it and why; and what holds leads back."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from config.accounts.actor import Actor
from leads.models import Lead, LeadScore
from leads.services import impact, profiling, rescoring, trying
from leads.services.answers_worth import gains_of, if_known, points_at_most
from sla import criteria
from sla.models import Definition, ScoreGroup, ScoreRule, StageTerm, Version
from sla.services.compiling import draft_terms, terms_of
from tests.cast import MINUTE, NOW, Cast, sign_all
from tests.leads.populations import facts_by_lead, populate
from tests.leads.test_rescoring import new_version

pytestmark = pytest.mark.django_db

SOFTWARE = {"field": "company.industry", "op": "is", "value": "Software"}
BIG = {"field": "company.employees", "op": "at_least", "value": 50}
WEBINAR = {"activity": "webinar", "within_days": 30}
ALL: dict[str, Any] = {"all": [SOFTWARE, BIG, WEBINAR]}


def company(name: str, **given: Any) -> dict[str, Any]:
    return {"email": f"x@{name}.example", "company": name, "external_id": name} | given


def test_who_meets_it_who_just_misses_it_and_why(cast: Cast) -> None:
    cast.lead("meets", deeds=("webinar",), **company("one", industry="Software", employees=80))
    cast.lead("small", deeds=("webinar",), **company("two", industry="software", employees=20))
    cast.lead("unknown", deeds=("webinar",), **company("three", industry="Software"))
    cast.lead("far", **company("four", industry="Retail"))
    tried = trying.try_out(ALL, NOW, actor=Actor.of(cast.mara))
    assert (tried.count, tried.of, tried.near) == (1, 4, 2)
    assert [example.lead.person.first_name for example in tried.examples] == ["Meets"]
    assert {miss.lead.person.first_name: miss.why for miss in tried.misses} == {
        "Small": ("Employees is at least 50: it is 20",),
        "Unknown": ("Employees is at least 50: not known",),
    }
    assert [(part.meet, part.alone) for part in tried.parts] == [(3, 0), (1, 2), (3, 0)]
    assert trying.count(ALL, NOW) == (1, 4)


def test_people_see_only_examples_they_may_see(cast: Cast) -> None:
    cast.lead("meets", deeds=("webinar",), **company("one", industry="Software", employees=80))
    tried = trying.try_out(ALL, NOW, actor=Actor.of(cast.sam))
    assert (tried.count, tried.examples) == (1, ())


@pytest.mark.parametrize(
    "condition",
    [
        {},
        SOFTWARE,
        {"none": [SOFTWARE, BIG]},
        {"any": [SOFTWARE, BIG]},
        {"at_least": 2, "of": [SOFTWARE, BIG, WEBINAR]},
        ALL,
    ],
)
def test_the_count_is_what_judging_one_by_one_gives(cast: Cast, condition: dict[str, Any]) -> None:
    facts = facts_by_lead(populate(cast.segment))
    judged = sum(criteria.holds(condition, one) for one in facts.values())
    assert trying.count(condition, NOW)[0] == judged
    assert trying.try_out(condition, NOW, actor=Actor.of(cast.mara)).count == judged


def test_a_few_queries_whatever_the_number_of_leads(cast: Cast) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            trying.try_out(ALL, NOW, actor=Actor.of(cast.mara))
        return len(caught)

    cast.lead("one", deeds=("webinar",), industry="Software")
    few = queries()
    for number in range(12):
        cast.lead(f"l{number}", deeds=("webinar",), **company(f"c{number}", industry="Software"))
    assert queries() <= few + 1 <= 9


# --- a version before it is signed ---------------------------------------------------------------------------------


def test_the_signer_sees_how_many_a_version_would_lift_and_at_what_rate(cast: Cast) -> None:
    for number in range(6):
        cast.lead(f"l{number}", deeds=("webinar", "pricing_page"))
    draft = new_version(cast, NOW, threshold=20, admission_per_day=4)
    ScoreRule.objects.filter(version=draft, key="webinar").update(points=15)
    found = impact.of(draft, NOW)
    assert (found.leads, found.rise, found.fall, found.total_lifted, found.days) == (6, 6, 0, 6, 2)
    assert [(one.label, one.count) for one in found.lifted] == [("MQL", 6)]
    assert found.weekly_capacity > 0
    assert Lead.objects.filter(stage="engaged").count() == 6, "looking changes nothing"


def test_leads_in_a_stage_that_is_switched_off_are_told_with_where_they_go(cast: Cast) -> None:
    cast.with_sales("ada")
    draft = new_version(cast, NOW)
    StageTerm.objects.filter(version=draft, key="tql").update(is_enabled=False)
    (stranded,) = impact.of(draft, NOW).stranded
    assert (stranded.label, stranded.held, stranded.idle, stranded.next_label) == ("TQL", 1, 0, "SAL")


# --- what is missing -----------------------------------------------------------------------------------------------


def test_the_field_that_holds_back_most_leads_comes_first(cast: Cast) -> None:
    hot = ("webinar",)
    for number in range(3):
        cast.lead(f"l{number}", deeds=hot, **company(f"c{number}", industry="Software"))
    gaps = profiling.overall(cast.segment.pk, cast.terms, "mql", NOW)
    employees = next(gap for gap in gaps if gap.field == "company.employees")
    assert (employees.missing, employees.alone, employees.points) == (3, 3, 20)
    assert employees.question == "How many people work at your company?"
    assert gaps == sorted(gaps, key=lambda gap: (-gap.alone, -gap.missing, gap.label))


def test_a_required_field_that_alone_is_missing(cast: Cast) -> None:
    deeds = ("webinar", "pricing_page", "contact_form")
    cast.lead("nomail", email="", phone="+49 30 5556667", deeds=deeds, industry="Software", employees=100)
    gaps = profiling.overall(cast.segment.pk, cast.terms, "mql", NOW)
    assert (gaps[0].field, gaps[0].alone, gaps[0].is_required) == ("person.email", 1, True)


def test_what_to_ask_one_lead_next(cast: Cast) -> None:
    lead = cast.lead("ada", deeds=("webinar", "pricing_page"), industry="Software").lead
    asks = profiling.next_questions(lead, NOW)
    assert asks[0].field in ("company.employees", "person.seniority")
    assert "20 points" in asks[0].why
    assert "company.industry" not in [ask.field for ask in asks]


def test_one_answer_brings_what_one_value_can_bring(cast: Cast) -> None:
    draft = new_version(cast, NOW)
    for key, op, value, points in (
        ("few", "less_than", 50, 30),
        ("many", "more_than", 5000, 25),
        ("none", "missing", None, 9),
    ):
        criteria = {"field": "company.employees", "op": op} | ({} if value is None else {"value": value})
        ScoreRule.objects.create(
            version=draft,
            key=key,
            name=key,
            kind="attribute",
            group="company-fit",
            points=points,
            criteria=criteria,
            position=90,
        )
    terms = draft_terms(draft)
    assert gains_of(terms)["company.employees"] == {"company-fit": 30}, (
        "few and many exclude one another; missing is no answer"
    )
    ScoreGroup.objects.filter(version=draft, key="company-fit").update(maximum=25)
    terms = draft_terms(draft)
    assert points_at_most("company.employees", terms) == {"fit": 25, "engagement": 0}, (
        "no more than the group may count"
    )
    assert points_at_most("company.employees", terms, {"company-fit": 20}) == {"fit": 5, "engagement": 0}


A, B = {"field": "a", "op": "present"}, {"field": "b", "op": "is", "value": 1}


@pytest.mark.parametrize(
    ("condition", "then"),
    [
        (A, True), (B, B), ({"all": [A, B]}, {"all": [B]}), ({"any": [A, B]}, True), ({"none": [A, B]}, {"none": [B]}),
        ({"none": [A]}, True), ({"at_least": 2, "of": [A, B, B]}, {"at_least": 1, "of": [B, B]}),
        ({"all": [{"none": [{"any": [A, B]}]}, B]}, {"all": [{"none": [{"any": [B]}]}, B]}),
    ],
)  # fmt: skip
def test_a_condition_with_the_best_answer_to_one_field(condition: Any, then: Any) -> None:
    assert if_known(condition, "a") == then


def test_a_cap_that_is_reached_leaves_nothing_to_ask_for(cast: Cast) -> None:
    """Three points short, and what an answer could bring has no room left in its group."""
    cast.lead("ada", deeds=("webinar",), **company("c1", industry="Software"))
    score = LeadScore.objects.get()
    draft = new_version(cast, NOW)
    Definition.objects.filter(version=draft, stage="mql").update(minimum_score=score.total + 3)
    ScoreGroup.objects.filter(version=draft, key="company-fit").update(maximum=15)
    terms = terms_of(sign_all(cast, Version.objects.get(pk=draft.pk), NOW + MINUTE))
    rescoring.renew(NOW + MINUTE)
    employees = {gap.field: gap for gap in profiling.overall(cast.segment.pk, terms, "mql", NOW + MINUTE)}[
        "company.employees"
    ]
    assert (employees.missing, employees.alone) == (1, 0)
