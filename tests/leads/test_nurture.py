"""Nurture has a date for everybody; on it, or earlier by hand, leads come back with their history."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from config.outbox.health import Beat
from config.web.errors import Conflict, Refusal
from leads.models import Handoff, Lead, NurtureSpell, StageEntry
from leads.services import audit, handoffs, nurture, opportunities, outcomes
from leads.services.nurture import local_date
from leads.services.opportunities import Deal
from sla.models import Segment
from tests.cast import DAY, HOUR, NOW, Cast

pytestmark = pytest.mark.django_db
TODAY = local_date(NOW)


def parked(cast: Cast, name: str = "ada", days: int = 10, **given: Any) -> Lead:
    handoff = cast.with_sales(name, **given)
    outcomes.recycle(
        handoff.pk, by=cast.sam, at=NOW + HOUR, reason="timing-wrong", return_on=TODAY + timedelta(days=days)
    )
    return cast.fresh(handoff.lead)


def assert_clean() -> None:
    assert [finding.rule.key for finding in audit.run() if not finding.clean] == []


def test_recycling_names_the_day_or_takes_the_reasons(cast: Cast) -> None:
    lead = parked(cast)
    spell = NurtureSpell.objects.get(lead=lead)
    assert (lead.stage, spell.kind, spell.reason, spell.return_on) == (
        "nurture",
        "recycled",
        "timing-wrong",
        TODAY + timedelta(days=10),
    )
    with pytest.raises(Refusal) as refused:
        outcomes.recycle(cast.with_sales("bob").pk, by=cast.sam, at=NOW + HOUR, reason="timing-wrong", return_on=TODAY)
    assert "return_on" in refused.value.fields
    assert_clean()


def test_on_its_day_a_lead_that_still_qualifies_is_offered_again(cast: Cast) -> None:
    lead = parked(cast)
    assert nurture.return_due(NOW + 9 * DAY) == 0
    assert nurture.return_due(NOW + 10 * DAY) == 1
    assert Handoff.objects.filter(lead=lead, state="offered").count() == 1
    assert NurtureSpell.objects.get().left_cause == "date"
    assert list(StageEntry.objects.filter(lead=lead).values_list("is_first", flat=True))[-1] is False
    assert_clean()


def test_a_lead_that_cooled_down_is_warmed_anew(cast: Cast) -> None:
    lead = parked(cast, deeds=("contact_form", "webinar", "pricing_page"))
    nurture.return_due(NOW + 300 * DAY)
    assert cast.fresh(lead).stage == "engaged"
    assert_clean()


def test_a_lead_that_cannot_come_back_holds_up_nobody(cast: Cast) -> None:
    stuck, free = parked(cast), parked(cast, "bob")
    elsewhere = Segment.objects.create(key="nowhere", name="Nowhere", criteria={"all": []})
    Lead.objects.filter(pk=stuck.pk).update(segment=elsewhere)
    beat = Beat()
    assert nurture.return_due(NOW + 10 * DAY, beat) == 1
    assert cast.fresh(free).stage != "nurture"
    assert beat.failures == 1
    assert "No agreement is in force for Nowhere" in beat.last_error


def test_marketing_brings_a_lead_back_once(cast: Cast) -> None:
    lead = parked(cast)
    nurture.return_lead(lead.pk, at=NOW + DAY, by=cast.mara, cause="by hand")
    with pytest.raises(Conflict, match="not in nurture"):
        nurture.return_lead(lead.pk, at=NOW + DAY, by=cast.jonas, cause="by hand")
    assert_clean()


def test_the_day_is_moved_but_not_into_the_past(cast: Cast) -> None:
    lead = parked(cast)
    nurture.change_return(lead.pk, return_on=TODAY + timedelta(days=40), by=cast.mara, at=NOW + DAY)
    assert NurtureSpell.objects.get().return_on == TODAY + timedelta(days=40)
    with pytest.raises(Refusal):
        nurture.change_return(lead.pk, return_on=TODAY - timedelta(days=1), by=cast.mara, at=NOW + DAY)


def lost(cast: Cast, reason: str = "lost-other", name: str = "ada") -> Lead:
    handoff = cast.with_sales(name)
    deal = Deal("Acme: core", next_step="Call", next_step_on=TODAY + timedelta(days=2))
    opportunity = opportunities.open_from(handoff.pk, deal, by=cast.sam, at=NOW + HOUR)
    opportunities.lose(opportunity.pk, by=cast.sam, at=NOW + 2 * HOUR, reason=reason, note="They merged")
    return cast.fresh(handoff.lead)


def test_a_lost_lead_goes_to_nurture_where_its_reason_says_so(cast: Cast) -> None:
    lead = lost(cast, "lost-price")
    spell = NurtureSpell.objects.get(lead=lead)
    assert (lead.stage, spell.kind, spell.return_on) == ("nurture", "lost", TODAY + timedelta(days=180))
    assert StageEntry.objects.filter(lead=lead, stage="lost").exists()
    assert_clean()


def test_a_lost_lead_is_taken_back_into_nurture_by_hand(cast: Cast) -> None:
    lead = lost(cast)
    assert lead.closed_at is not None
    nurture.revive(lead.pk, return_on=TODAY + timedelta(days=60), by=cast.mara, at=NOW + DAY)
    lead = cast.fresh(lead)
    assert (lead.stage, lead.closed_at) == ("nurture", None)
    assert_clean()
    with pytest.raises(Conflict):
        nurture.revive(lead.pk, return_on=TODAY + timedelta(days=60), by=cast.mara, at=NOW + DAY)


def test_who_came_back_alone_is_not_revived_beside_themselves(cast: Cast) -> None:
    lead = lost(cast)
    cast.lead(external_id="again", at=NOW + DAY)
    with pytest.raises(Conflict, match="come back"):
        nurture.revive(lead.pk, return_on=TODAY + timedelta(days=60), by=cast.mara, at=NOW + 2 * DAY)


def test_a_new_deed_that_meets_the_definition_brings_a_lead_back_before_its_day(cast: Cast) -> None:
    lead = parked(cast)
    cast.lead(external_id="demo-again", at=NOW + 2 * DAY, deeds=("demo_request",))
    assert Handoff.objects.filter(lead=lead, state="offered").exists()
    assert NurtureSpell.objects.get().left_cause == "activity"
    assert_clean()


# --- where a rejected lead goes ------------------------------------------------------------------------------------


def test_a_lead_of_another_territory_goes_to_another_person_not_back(cast: Cast) -> None:
    handoff = cast.with_sales()
    handoffs.reject(handoff.pk, by=handoff.to_user or cast.sam, at=NOW + HOUR, reason="outside-territory")
    again = Handoff.objects.get(lead=handoff.lead, state="offered")
    assert again.to_user is not None
    assert again.to_user != handoff.to_user
    assert again.stage == "tql"
    assert again.packet["answers"] == handoff.packet["answers"]
    assert_clean()


def test_without_another_person_it_waits_in_nurture(cast: Cast) -> None:
    from config.accounts.models import Membership

    handoff = cast.with_sales()
    Membership.objects.filter(team=handoff.to_team).exclude(user=handoff.to_user).update(is_active=False)
    assert handoff.to_user is not None
    handoffs.reject(handoff.pk, by=handoff.to_user, at=NOW + HOUR, reason="outside-territory")
    assert cast.fresh(handoff.lead).stage == "nurture"
    assert_clean()
