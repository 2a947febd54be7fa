"""Use of the product: counted once, rolled up to the company, and a road of its own to sales."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from config.web.errors import Refusal
from leads.models import CompanyUsage, Handoff, IntakeSource, Lead, UsageDay
from leads.services import usage
from leads.services.usage import UsageInput
from sla.models import Definition
from tests.cast import DAY, HOUR, NOW, Cast, assemble
from tests.leads.test_rescoring import in_force, new_version

pytestmark = pytest.mark.django_db


@pytest.fixture
def product() -> Cast:
    return assemble("product-led")


def use(cast: Cast, name: str, kind: str = "depth", at: Any = NOW, **given: Any) -> usage.Counted:
    values = {"email": "ada@acme.example"} | given
    return usage.receive(cast.source, UsageInput(name=name, kind=kind, occurred_at=at, **values), at=at)


def test_use_of_the_product_makes_a_lead_and_qualifies_it_for_sales(product: Cast) -> None:
    first = use(product, "product_activated", "activation", NOW - DAY)
    assert first.lead is not None
    assert first.lead.stage == "known"
    second = use(product, "product_invited", "expansion", NOW)
    assert second.lead is not None
    assert (second.lead.pk, second.lead.stage) == (first.lead.pk, "pql")
    assert second.handoff is not None
    assert Handoff.objects.get().to_team.function == "sales"


def test_the_company_knows_how_many_use_it_and_how(product: Cast) -> None:
    use(product, "product_activated", "activation", NOW - 40 * DAY)
    use(product, "product_login", at=NOW - DAY)
    use(product, "product_login", at=NOW - DAY)
    use(product, "product_export", at=NOW, email="bob@acme.example")
    use(product, "seats", "expansion", NOW, email="", domain="acme.example", user_key="u7", quantity=12)
    found = CompanyUsage.objects.get(company__domain="acme.example")
    assert (found.active_users_30d, found.active_users_7d, found.active_days_30d) == (3, 3, 2)
    assert (found.events_30d, found.features_30d, found.activated_users) == (4, 2, 1)
    assert (found.expansions_90d, found.seats) == (1, 12)
    assert not UsageDay.objects.filter(user_key__contains="@").exists(), "addresses stand with the person alone"


def test_windows_move_on_by_themselves(product: Cast) -> None:
    use(product, "product_login", at=NOW)
    assert usage.recount_all(NOW) == 0, "counted today already"
    assert usage.recount_all(NOW + 31 * DAY) == 1
    assert CompanyUsage.objects.get().active_users_30d == 0


def test_the_same_event_sent_twice_counts_once(product: Cast) -> None:
    use(product, "product_login", external_id="e1")
    assert use(product, "product_login", external_id="e1").repeated
    assert UsageDay.objects.get().times == 1


def test_a_definition_over_the_companys_use_qualifies_its_leads(product: Cast) -> None:
    lead = product.lead("ada").lead
    draft = new_version(product, NOW)
    condition = {"field": "company_usage.active_users_30d", "op": "at_least", "value": 2}
    Definition.objects.filter(version=draft, stage="pql").update(criteria=condition)
    in_force(product, draft, NOW)
    use(product, "product_login", email="", domain="acme.example", user_key="u1")
    assert product.fresh(lead).stage == "known"
    use(product, "product_login", at=NOW + HOUR, email="", domain="acme.example", user_key="u2")
    assert product.fresh(lead).stage == "pql"


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"email": "", "domain": ""}, "email"),
        ({"email": "nobody"}, "email"),
        ({"kind": "fun"}, "kind"),
        ({"name": " "}, "name"),
    ],
)
def test_bad_input_names_the_field_and_counts_nothing(product: Cast, given: dict[str, Any], field: str) -> None:
    with pytest.raises(Refusal) as refused:
        use(product, **({"name": "product_login"} | given))
    assert field in refused.value.fields
    assert not UsageDay.objects.exists()


def test_by_the_api_with_a_sources_token(product: Cast, client: Client) -> None:
    token = IntakeSource.objects.get().issue_token()
    given = {"name": "product_activated", "kind": "activation", "email": "eve@acme.example", "external_id": "9"}
    headers = {"Authorization": f"Bearer {token}"}
    answer = client.post("/api/v1/usage", given, content_type="application/json", headers=headers)
    assert answer.status_code == 201, answer.content
    assert answer.json()["lead"] == str(Lead.objects.get().public_id)
    assert client.post("/api/v1/usage", given, content_type="application/json", headers=headers).json()["repeated"]
    assert client.post("/api/v1/usage", given, content_type="application/json").status_code == 401
    wrong = client.post("/api/v1/usage", given | {"kind": "x"}, content_type="application/json", headers=headers)
    assert wrong.status_code in (400, 422)
    assert "kind" in wrong.content.decode()
