"""The pages of the agreed words: who may open them, what they say, and what they refuse."""

from __future__ import annotations

import html
import json
import re
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from config.accounts.models import User
from leads import scoring
from leads.models import Lead, LeadScore, MergeProposal, ScoreWatch
from leads.services import judging, overview, scores
from sla.criteria import Facts
from sla.services.compiling import in_force
from sla.terms import IdealCustomerTerms
from tests.cast import MINUTE, NOW, Cast, assemble
from tests.leads.test_rescoring import new_version

pytestmark = pytest.mark.django_db
PRESETS = ("three-in-a-box", "mql-to-sql", "mql-to-sal-to-sql", "product-led", "behaviour-only")


@pytest.fixture
def page(client: Client) -> Any:
    """GET as somebody; returns the text of a page that opened."""

    def get(user: User, name: str, *args: Any, status: int = 200, **query: Any) -> str:
        client.force_login(user)
        address = reverse(name, args=args) + (f"?{urlencode(query, doseq=True)}" if query else "")
        answer = client.get(address)
        assert answer.status_code == status, answer.content[:2000]
        return answer.content.decode()

    return get


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_has_its_words_on_the_page_and_no_others(preset: str, page: Any) -> None:
    cast = assemble(preset)
    cast.lead("ada", deeds=("pricing_page",))
    text = page(cast.mara, "taxonomy")
    for code, stage in cast.terms.stages.items():
        if stage.is_enabled:
            assert cast.terms.label(code) in text
    if preset == "behaviour-only":
        assert "MQL" not in text
        assert "SAL" not in text
        assert "Ready for sales" in text
    assert "Head of" in text or "manufacturer" in text or "Such as" in text


def test_what_is_missing_and_what_to_ask(cast: Cast, page: Any) -> None:
    cast.lead("ada", deeds=("webinar",), industry="Software")
    text = page(cast.mara, "profiling")
    assert "How many people work at your company?" in text
    page(cast.sam, "profiling", status=403)


def test_a_condition_is_tried_with_its_near_misses(cast: Cast, page: Any) -> None:
    cast.lead("ada", deeds=("webinar",), industry="Software", employees=20)
    condition = {
        "all": [
            {"field": "company.industry", "op": "is", "value": "software"},
            {"field": "company.employees", "op": "at_least", "value": 50},
        ]
    }
    text = page(cast.jonas, "definition_try", criteria=json.dumps(condition))
    assert "Just missed" in text
    assert "Employees is at least 50: it is 20" in text
    page(cast.sam, "definition_try", status=403)


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("{", "not JSON"),
        ('{"field": "moon.phase", "op": "is", "value": "full"}', "Nothing is known by the name"),
        ('{"all": []}', "has no conditions"),
        ('{"all": [{"field": "company.employees", "op": "at_least", "value": 50}, {"field": "company.employees", "op": "less_than", "value": 50}]}', "can never be"),
    ],
)  # fmt: skip
def test_what_can_never_be_agreed_is_refused_with_the_reason(cast: Cast, page: Any, condition: str, said: str) -> None:
    assert said in page(cast.mara, "definition_try", criteria=condition, status=422)


def test_the_builder_counts_while_one_writes(cast: Cast, client: Client) -> None:
    cast.lead("ada", deeds=("webinar",))
    client.force_login(cast.mara)
    words = client.get(reverse("condition_vocabulary")).json()
    assert {"company.industry", "company_usage.seats"} <= {one["name"] for one in words["fields"]}
    assert "webinar" in words["deeds"]
    answer = client.post(reverse("condition_count"), {"criteria": '{"activity": "webinar"}'}).json()
    assert (answer["count"], answer["of"]) == (1, 1)
    both = '{"all": [{"activity": "webinar"}, {"activity": "trial_start"}]}'
    near = client.post(reverse("condition_count"), {"criteria": both, "near": "1", "segment": cast.segment.key}).json()
    assert (near["near"], near["misses"][0]["name"]) == (1, "Ada Lovelace")
    other = client.post(reverse("condition_count"), {"criteria": both, "segment": cast.segment.key}).json()
    assert (other["count"], other["of"]) == (0, 1)
    wrong = client.post(
        reverse("condition_count"), {"criteria": '{"activity": []}'}, headers={"Accept": "application/json"}
    )
    assert wrong.status_code == 422
    assert wrong.json()["error"]["fields"]["criteria"]


def test_the_builder_stands_in_the_admin(cast: Cast, client: Client) -> None:
    draft = new_version(cast, NOW)
    client.force_login(cast.mara)
    text = client.get(f"/admin/sla/version/{draft.pk}/change/?part=lead").content.decode()
    assert "data-builder" in text
    assert "handoff/builder" in text


def test_the_effect_of_a_version_stands_where_it_is_signed(cast: Cast, page: Any, client: Client) -> None:
    cast.lead("ada", deeds=("webinar", "pricing_page"))
    draft = new_version(cast, NOW, threshold=5)  # what it did has decayed by the day this test runs
    text = page(cast.mara, "version_impact", draft.public_id)
    assert "1 of 1 open leads" in text
    assert reverse("version_impact", args=[draft.public_id]) in page(cast.mara, "agreement_propose", draft.public_id)
    page(cast.sam, "version_impact", draft.public_id, status=403)


def test_a_dry_run_says_where_anybody_would_go_and_why(cast: Cast, page: Any) -> None:
    text = page(cast.mara, "routing_dry_run", email="x@acme.example", deeds=["demo_request"], intent="Demo")
    assert "Telequalification calls first" in text
    assert "no, for it asks that" in text
    lead = cast.lead("ada").lead
    assert "Where would Ada Lovelace go?" in page(cast.mara, "routing_dry_run", lead=lead.public_id)
    assert "Not before its turn" not in page(cast.mara, "routing_dry_run", lead=lead.public_id)
    LeadScore.objects.filter(pk=lead.pk).update(admit_at=NOW)
    assert "Not before its turn" in page(cast.mara, "routing_dry_run", lead=lead.public_id)
    page(cast.mara, "routing_dry_run", lead="nonsense", status=404)
    assert "No country" in page(cast.mara, "routing_dry_run", email="", country="Atlantis", status=422)


def test_a_dry_run_stores_nothing(cast: Cast, page: Any) -> None:
    from leads.models import Company, Lead, Person

    page(cast.mara, "routing_dry_run", email="x@acme.example", deeds=["demo_request"])
    assert not any(model.objects.exists() for model in (Lead, Person, Company))


def test_a_pair_is_looked_at_merged_or_kept_apart(cast: Cast, page: Any, client: Client) -> None:
    cast.lead("ada", phone="+4930123456", job_title="Head of Sales")
    cast.lead("ada.new", NOW + MINUTE, phone="+4930123456", job_title="VP")
    pair = MergeProposal.objects.get()
    assert "Ada Lovelace" in page(cast.mara, "duplicates")
    text = page(cast.mara, "duplicate", pair.public_id)
    assert "closed as merged" in text
    assert "take this" in text
    page(cast.sam, "duplicate", pair.public_id, status=403)
    client.force_login(cast.mara)
    done = client.post(reverse("duplicate_merge", args=[pair.public_id]), {"take": "job_title"}, follow=True)
    assert done.status_code == 200
    late = client.post(reverse("duplicate_apart", args=[pair.public_id]))
    assert late.status_code == 409
    assert "Merged" in page(cast.mara, "duplicates", state="merged")
    page(cast.mara, "duplicate", pair.public_id)


def test_two_addresses_may_be_proposed_by_hand(cast: Cast, client: Client) -> None:
    cast.lead("ada")
    cast.lead("bob")
    client.force_login(cast.jonas)
    address = reverse("duplicates_propose")
    wrong = client.post(address, {"one": "ada@acme.example", "other": "nobody@acme.example"})
    assert (wrong.status_code, "Nobody has this address" in wrong.content.decode()) == (422, True)
    assert client.post(address, {"one": "ada@acme.example", "other": "ada@acme.example"}).status_code == 422
    right = client.post(address, {"one": "ada@acme.example", "other": "bob@acme.example"})
    assert right["Location"] == reverse("duplicate", args=[MergeProposal.objects.get().public_id])
    assert client.post(reverse("duplicates_find")).status_code == 302


def test_every_point_of_a_score_stands_on_its_page_and_one_may_watch_it(cast: Cast, page: Any, client: Client) -> None:
    lead = cast.lead("ada", deeds=("webinar", "pricing_page", "careers_page")).lead
    text = page(cast.mara, "lead_score", lead.public_id)
    for line in scores.log_of(lead.score):
        assert line.words in text
    page(cast.sam, "lead_score", lead.public_id, status=404)
    client.force_login(cast.mara)
    address = reverse("lead_watch", args=[lead.public_id])
    client.post(address, {"direction": "up", "points": 5})
    assert ScoreWatch.objects.get().direction == "up"
    assert client.post(address, {"direction": "sideways", "points": 0}).status_code == 422
    assert "Ada Lovelace" in page(cast.mara, "watches")
    client.force_login(cast.jonas)
    assert client.post(reverse("watch_remove", args=[ScoreWatch.objects.get().pk])).status_code == 404
    client.force_login(cast.mara)
    client.post(address, {"stop": 1})
    assert not ScoreWatch.objects.exists()
    client.post(reverse("watches"), {"direction": "both", "points": 10, "source": "website"})
    assert ScoreWatch.objects.get().source == "website"


def test_pages_cost_the_same_queries_for_many_leads(cast: Cast, client: Client) -> None:
    client.force_login(cast.mara)

    def queries(address: str) -> int:
        client.get(address)
        with CaptureQueriesContext(connection) as caught:
            assert client.get(address).status_code == 200
        return len(caught)

    cast.lead("ada", phone="+4930123456", deeds=("webinar",))
    cast.lead("bob", phone="+4930123456", deeds=("webinar",))
    pages = [reverse(name) for name in ("taxonomy", "profiling", "duplicates", "definition_try", "routing_dry_run")]
    few = [queries(address) for address in pages]
    for number in range(10):
        cast.lead(f"l{number}", phone="+4930123456", deeds=("webinar",))
    many = [queries(address) for address in pages]
    assert all(b <= a for a, b in zip(few[:3], many[:3], strict=True)), (few, many)
    assert max(many) <= 14, dict(zip(pages, many, strict=True))


def test_the_admin_still_knows_its_models() -> None:
    from django.contrib import admin

    from sla.models import Version

    assert admin.site.is_registered(Version)


def test_each_count_of_the_taxonomy_opens_its_leads(cast: Cast, page: Any, client: Client) -> None:
    cast.lead("ada", deeds=("webinar", "pricing_page"), industry="Software", employees=200, seniority="Head")
    cast.lead("bob")
    client.force_login(cast.mara)
    text = client.get(reverse("taxonomy")).content.decode()
    for address, number in {
        html.unescape(a): int(n) for a, n in re.findall(r'href="(/leads/\?[^"]+)"[^>]*>(\d+)', text)
    }.items():
        rows = client.get(address).context["page"].rows
        assert len(rows) == number > 0, address
    assert "fit=" in text
    assert "persona=" in text
    wanted = overview.wanted_engagement(cast.terms)
    for level in scoring.LEVELS:
        found = Lead.objects.filter(overview.at_levels(in_force(NOW), {level}))
        assert {scoring.level(lead.score.engagement, wanted) for lead in found} <= {level}


@pytest.mark.parametrize(
    ("company", "outside", "unknown"),
    [
        ({"industry": "Software", "employees": 200, "country": "DE", "region": "bavaria"}, (), ()),
        ({"industry": "Mining", "employees": 200, "country": "DE", "region": "Saxony"}, ("industry", "region"), ()),
        ({"employees": 3, "country": "DE"}, ("employees",), ("industry", "region")),
    ],
)
def test_an_ideal_customer_profile_tells_outside_from_unknown(
    company: dict[str, Any], outside: Any, unknown: Any
) -> None:
    profile = IdealCustomerTerms("ideal", "Ideal", "", ("Software",), ("DE",), 50, 5000, None, None, ("Bavaria",))
    facts = Facts({f"company.{name}": value for name, value in company.items()}, (), NOW)
    fit = judging.ideal_fit(facts, profile)
    assert (fit.outside, fit.unknown) == (outside, unknown)
