"""Offered, then accepted, rejected, withdrawn or expired: one transaction each, and a clear word for who came late."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from config.web.errors import Conflict, Refusal
from leads.models import DoNotCall, Handoff, NurtureSpell, OwnerSpell, QueueItem
from leads.services import audit, console, handoffs, outcomes
from sla.models import Clock
from tests.cast import ANSWERS, DAY, HOUR, MINUTE, NOW, Cast

pytestmark = pytest.mark.django_db


def clocks_of(handoff: Handoff) -> dict[str, Clock]:
    return {clock.kind: clock for clock in Clock.objects.filter(subject=handoff.pk)}


def test_accepting_moves_the_stage_and_starts_what_runs_from_acceptance(cast: Cast) -> None:
    handoff = cast.with_sales()
    handoffs.accept(handoff.pk, by=cast.sam, at=NOW + HOUR)
    handoff = Handoff.objects.get(pk=handoff.pk)
    assert (handoff.state, handoff.decided_by) == ("accepted", cast.sam)
    assert cast.fresh(handoff.lead).stage == "sal"
    found = clocks_of(handoff)
    assert found["decision"].state == "met"
    assert found["decision"].used_seconds == 57 * 60
    assert found["first_contact"].state == found["disposition"].state == "running"
    assert all(finding.clean for finding in audit.run())


def test_accepting_late_is_met_late_though_no_sweep_ran(cast: Cast) -> None:
    handoff = cast.with_sales()
    handoffs.accept(handoff.pk, by=cast.sam, at=NOW + 3 * DAY)
    clock = clocks_of(handoff)["decision"]
    assert clock.state == "met_late"
    assert clock.breached_at == clock.breaches_at
    assert [e.step for e in clock.events.exclude(step="")] == list(clock.steps[: clock.steps_done])


def test_rejecting_needs_a_listed_reason_and_what_it_asks_for(cast: Cast) -> None:
    handoff = cast.with_sales()
    for reason, more, field in (
        ("nonsense", {}, "reason"),
        ("no-budget", {}, "reason"),
        ("outside-icp", {}, "attribute"),
        ("other", {"note": "  "}, "note"),
    ):
        with pytest.raises(Refusal) as refused:
            handoffs.reject(handoff.pk, by=cast.sam, at=NOW + HOUR, reason=reason, **more)
        assert field in refused.value.fields
    assert Handoff.objects.get(pk=handoff.pk).state == "offered"


def test_a_rejection_without_reason_is_refused_by_the_database_itself(cast: Cast) -> None:
    handoff = cast.with_sales()
    with pytest.raises(IntegrityError), transaction.atomic():
        Handoff.objects.filter(pk=handoff.pk).update(state="rejected")


def test_a_rejected_lead_goes_to_nurture_with_a_date_and_the_giver_may_contest(cast: Cast) -> None:
    handoff = cast.with_sales()
    handoffs.reject(handoff.pk, by=cast.sam, at=NOW + HOUR, reason="outside-icp", attribute="employees")
    lead = cast.fresh(handoff.lead)
    spell = NurtureSpell.objects.get(lead=lead)
    assert lead.stage == "nurture"
    assert spell.return_on == (NOW + 180 * DAY).date()
    found = clocks_of(handoff)
    assert found["contest"].state == "running"
    assert found["contest"].side == "telequalification"
    assert found["decision"].state == "met"
    assert all(finding.clean for finding in audit.run())


def test_an_incomplete_packet_goes_back_to_who_gave_it(cast: Cast) -> None:
    handoff = cast.with_sales()
    handoffs.reject(handoff.pk, by=cast.sam, at=NOW + HOUR, reason="packet-incomplete", attribute="budget")
    back = Handoff.objects.get(lead=handoff.lead, state="offered")
    assert back.to_function == "telequalification"
    assert back.follows == handoff
    assert QueueItem.objects.filter(pk=back.pk).exists()
    assert all(finding.clean for finding in audit.run())


def test_a_duplicate_is_closed(cast: Cast) -> None:
    handoff = cast.with_sales()
    handoffs.reject(handoff.pk, by=cast.sam, at=NOW + HOUR, reason="duplicate")
    lead = cast.fresh(handoff.lead)
    assert (lead.stage, lead.closed_reason) == ("disqualified", "duplicate")
    assert all(finding.clean for finding in audit.run())


def test_no_consent_closes_the_number_to_everybody(cast: Cast) -> None:
    handoff = cast.with_sales()
    handoffs.reject(handoff.pk, by=cast.sam, at=NOW + HOUR, reason="no-consent")
    assert set(DoNotCall.objects.values_list("kind", flat=True)) == {"person", "phone"}


def test_who_comes_late_is_told_who_did_what(cast: Cast) -> None:
    handoff = cast.with_sales()
    handoffs.accept(handoff.pk, by=cast.sam, at=NOW + HOUR)
    with pytest.raises(Conflict) as late:
        handoffs.reject(handoff.pk, by=cast.nina, at=NOW + 2 * HOUR, reason="duplicate")
    assert "Sam Okafor has accepted" in late.value.message
    assert late.value.facts["at"] == NOW + HOUR


def test_withdrawing_parks_the_lead_with_a_date(cast: Cast) -> None:
    handoff = cast.with_sales()
    handoffs.withdraw(handoff.pk, by=cast.tim, at=NOW + HOUR, note="Called us to stop")
    assert cast.fresh(handoff.lead).stage == "nurture"
    assert {c.state for c in clocks_of(handoff).values()} == {"cancelled"}
    assert all(finding.clean for finding in audit.run())


def test_an_expired_offer_to_sales_waits_at_the_desk_again(cast: Cast) -> None:
    handoff = cast.with_sales()
    handoffs.expire(handoff.pk, at=NOW + 5 * DAY)
    back = Handoff.objects.get(lead=handoff.lead, state="offered")
    assert back.to_function == "telequalification"
    assert all(finding.clean for finding in audit.run())


def test_who_calls_a_lead_that_came_back_sees_why_and_what_was_answered_before(cast: Cast) -> None:
    pulled, refused = cast.with_sales("ada"), cast.with_sales("bob", phone="+4930123457")
    handoffs.expire(pulled.pk, at=NOW + 5 * DAY)
    handoffs.reject(refused.pk, by=cast.sam, at=NOW + HOUR, reason="packet-incomplete", attribute="question.budget")
    for before, words in ((pulled, "Pulled back from Sales"), (refused, "Rejected by Sales: ")):
        again = Handoff.objects.get(follows=before)
        assert QueueItem.objects.get(pk=again.pk).why.startswith(words)
        seen = console.sheet(again, rep=cast.tess, at=NOW + 5 * DAY + HOUR)
        assert {question.key: answer for question, answer in seen.questions}["need"] == ANSWERS["need"]
        assert any(touch["title"].startswith(words) for touch in seen.touches)


def test_reassigning_inside_the_team_leaves_the_clocks_alone(cast: Cast) -> None:
    handoff = cast.with_sales()
    before = {c.kind: c.due_at for c in clocks_of(handoff).values()}
    other = cast.nina if handoff.to_user == cast.sam else cast.sam
    handoffs.reassign(handoff.pk, to_user=other, by=cast.sina, at=NOW + HOUR)
    assert {c.kind: c.due_at for c in clocks_of(handoff).values()} == before
    spells = OwnerSpell.objects.filter(handoff=handoff)
    assert [s.user for s in spells] == [handoff.to_user, other]
    with pytest.raises(Refusal, match="does not work in"):
        handoffs.reassign(handoff.pk, to_user=cast.tim, by=cast.sina, at=NOW + HOUR)


def test_the_giver_settles_and_the_receiver_gets_fresh_clocks(cast: Cast) -> None:
    first = cast.hot()
    onward = outcomes.qualify(first.pk, by=cast.tim, at=NOW + 10 * MINUTE, answers=ANSWERS)
    assert {c.state for c in clocks_of(first).values()} <= {"met", "met_late", "cancelled"}
    decision = clocks_of(onward)["decision"]
    assert (decision.started_at, decision.side) == (NOW + 10 * MINUTE, "sales")


def test_a_packet_must_answer_what_is_required(cast: Cast) -> None:
    first = cast.hot()
    with pytest.raises(Refusal) as refused:
        outcomes.qualify(first.pk, by=cast.tim, at=NOW + MINUTE, answers={"need": "x", "budget": "A fortune"})
    assert set(refused.value.fields) == {"budget", "authority", "timeline"}
    assert Handoff.objects.get(pk=first.pk).state == "offered"


def test_a_handoff_keeps_the_version_it_started_under(cast: Cast) -> None:
    from sla.services import drafting
    from tests.cast import sign_all

    old = cast.with_sales()
    draft = drafting.draft_from_version(cast.version, by=cast.mara)
    draft.commitment_rows.filter(key="sales-decision").update(target=2)
    sign_all(cast, draft, NOW + MINUTE)
    new = cast.with_sales("bob", NOW + 2 * MINUTE)
    assert (old.version.number, new.version.number) == (1, 2)
    assert clocks_of(old)["decision"].target["value"] == "8"
    assert clocks_of(new)["decision"].target["value"] == "2"


def test_a_lead_sent_on_comes_to_nobody_twice_and_then_rests(cast: Cast) -> None:
    handoff = cast.with_sales()
    seen = []
    for hour in range(1, 6):
        if handoff is None:
            break
        holder = handoff.to_user
        assert holder is not None
        seen.append(holder.pk)
        handoffs.reject(handoff.pk, by=holder, at=NOW + hour * HOUR, reason="outside-territory")
        handoff = Handoff.objects.open().filter(lead=handoff.lead).first()
    assert handoff is None
    assert len(seen) == len(set(seen)) > 1
    assert cast.fresh(Handoff.objects.first().lead).stage == "nurture"
    assert all(finding.clean for finding in audit.run())
