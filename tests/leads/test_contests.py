"""The right of reply: in time, once, taken back or settled by neither party; upheld and overturned are both kept."""

from __future__ import annotations

import pytest

from config.accounts.actor import Actor
from config.web.errors import Conflict, Forbidden, Refusal
from leads.models import Contest, DoNotCall, Handoff, Lead, NurtureSpell, OwnerSpell
from leads.services import attempts, audit, contests, handoffs, nurture, outcomes
from sla.models import Clock
from sla.services import sweeping
from tests.cast import ANSWERS, DAY, HOUR, MINUTE, NOW, Cast
from tests.leads.receivers import deliver_all

pytestmark = pytest.mark.django_db

REJECTED = NOW + HOUR
CONTESTED = NOW + 2 * HOUR
SETTLED = NOW + 3 * HOUR


def rejected(cast: Cast, reason: str = "below-threshold", name: str = "ada", **more: str) -> Handoff:
    handoff = cast.with_sales(name)
    handoffs.reject(handoff.pk, by=cast.sam, at=REJECTED, reason=reason, **more)
    return Handoff.objects.get(pk=handoff.pk)


def contested(cast: Cast, reason: str = "below-threshold", **more: str) -> Contest:
    return contests.contest(rejected(cast, reason, **more).pk, by=cast.tim, at=CONTESTED, comment="They said 200 seats")


def clock_of(handoff: Handoff) -> Clock:
    return Clock.objects.get(subject=handoff.pk, kind="contest")


def assert_clean() -> None:
    assert [finding.rule.key for finding in audit.run() if not finding.clean] == []


# --- contesting ----------------------------------------------------------------------------------------------------


def test_contesting_in_time_meets_the_givers_promise(cast: Cast) -> None:
    found = contested(cast)
    clock = clock_of(found.handoff)
    assert (found.state, found.comment) == ("open", "They said 200 seats")
    assert (clock.state, clock.evidence["act"], clock.side) == ("met", "contested", "telequalification")
    assert_clean()


def test_a_rejection_is_contested_once(cast: Cast) -> None:
    found = contested(cast)
    with pytest.raises(Conflict, match="Tim Novak has contested"):
        contests.contest(found.handoff_id, by=cast.tess, at=CONTESTED + MINUTE, comment="And I say so too")


def test_a_contest_needs_its_reason(cast: Cast) -> None:
    with pytest.raises(Refusal) as refused:
        contests.contest(rejected(cast).pk, by=cast.tim, at=CONTESTED, comment="  ")
    assert "comment" in refused.value.fields


def test_what_was_not_rejected_cannot_be_contested(cast: Cast) -> None:
    with pytest.raises(Conflict):
        contests.contest(cast.with_sales().pk, by=cast.tim, at=CONTESTED, comment="Early")


def test_after_the_agreed_time_the_rejection_stands(cast: Cast) -> None:
    handoff = rejected(cast)
    with pytest.raises(Refusal) as refused:
        contests.contest(handoff.pk, by=cast.tim, at=REJECTED + 3 * DAY, comment="Too late")
    assert refused.value.code == "too_late"
    assert not contests.may_reply(handoff, clock_of(handoff), REJECTED + 3 * DAY)
    assert contests.may_reply(handoff, clock_of(handoff), REJECTED + DAY)


def test_exactly_at_the_deadline_is_in_time(cast: Cast) -> None:
    handoff = rejected(cast)
    deadline = clock_of(handoff).breaches_at
    assert deadline is not None
    contests.contest(handoff.pk, by=cast.tim, at=deadline, comment="Just in time")
    assert clock_of(handoff).state == "met"


def test_letting_it_stand_ends_the_clock_and_the_right(cast: Cast) -> None:
    handoff = rejected(cast)
    contests.let_stand(handoff.pk, by=cast.tim, at=CONTESTED)
    assert clock_of(handoff).state == "met"
    with pytest.raises(Conflict, match="Tim Novak has let this rejection stand"):
        contests.contest(handoff.pk, by=cast.tess, at=CONTESTED + MINUTE, comment="No!")


def test_silence_lets_it_stand_and_breaks_no_promise(cast: Cast) -> None:
    handoff = rejected(cast)
    at = REJECTED + 5 * DAY
    sweeping.sweep(at)
    deliver_all(at)
    clock = clock_of(handoff)
    assert (clock.state, clock.breached_at, clock.stopped_at) == ("met", None, clock.breaches_at)
    assert clock.evidence == {"act": "let_stand", "how": "silence"}
    assert not cast.tom.notices.filter(kind="clock_breached", title__contains="Contest").exists()


def test_the_giver_is_warned_before_the_right_lapses(cast: Cast) -> None:
    rejected(cast)
    at = REJECTED + 2 * DAY - HOUR
    sweeping.sweep(at)
    deliver_all(at)
    assert cast.tim.notices.filter(kind="clock_warned", title__contains="Contest").exists()
    assert not cast.sam.notices.filter(kind="clock_warned", title__contains="Contest").exists()


# --- taken back ----------------------------------------------------------------------------------------------------


def test_who_takes_it_back_has_the_lead_again(cast: Cast) -> None:
    found = contested(cast)
    contests.take_back(found.pk, by=cast.sam, at=SETTLED)
    fresh = Handoff.objects.get(follows=found.handoff)
    assert (fresh.state, fresh.to_user, fresh.from_user) == ("accepted", found.handoff.to_user, cast.tim)
    assert fresh.packet["answers"] == ANSWERS
    assert cast.fresh(fresh.lead).stage == "sal"
    assert Handoff.objects.get(pk=found.handoff_id).state == "rejected"
    assert Contest.objects.get().state == "taken_back"
    assert NurtureSpell.objects.get(lead=fresh.lead).left_cause == "taken_back"
    assert OwnerSpell.objects.filter(handoff=fresh, until_at=None).count() == 1
    assert_clean()


def test_a_closed_lead_is_open_again_once_its_rejection_is_taken_back(cast: Cast) -> None:
    found = contested(cast, "duplicate")
    assert cast.fresh(found.handoff.lead).closed_at is not None
    contests.take_back(found.pk, by=cast.sam, at=SETTLED)
    lead = cast.fresh(found.handoff.lead)
    assert (lead.stage, lead.closed_at, lead.closed_reason) == ("sal", None, "")
    assert_clean()


# --- settled -------------------------------------------------------------------------------------------------------


def test_overturned_makes_a_new_handoff_to_the_same_receiver(cast: Cast) -> None:
    found = contested(cast)
    contests.settle(found.pk, upheld=False, by=cast.eva, at=SETTLED, note="The packet names the seats")
    fresh = Handoff.objects.get(follows=found.handoff)
    assert (fresh.state, fresh.to_user, fresh.to_team) == ("offered", found.handoff.to_user, found.handoff.to_team)
    assert "Eva Brandt overturned" in fresh.route_why[0]
    assert cast.fresh(fresh.lead).stage == "tql"
    assert Clock.objects.get(subject=fresh.pk, kind="decision").started_at == SETTLED
    assert_clean()


def test_upheld_changes_nothing_but_the_record(cast: Cast) -> None:
    found = contested(cast)
    contests.settle(found.pk, upheld=True, by=cast.eva, at=SETTLED, note="Below means below")
    assert cast.fresh(found.handoff.lead).stage == "nurture"
    assert not Handoff.objects.filter(follows=found.handoff).exists()
    found = Contest.objects.get()
    assert (found.state, found.settled_by, found.settled_note) == ("upheld", cast.eva, "Below means below")


def test_only_a_manager_the_agreement_names_settles_and_says_why(cast: Cast) -> None:
    found = contested(cast)
    for nobody in (cast.sam, cast.tim, cast.sina, cast.tom, cast.mara):
        with pytest.raises(Forbidden, match="Management"):
            contests.settle(found.pk, upheld=True, by=nobody, at=SETTLED, note="Because")
    with pytest.raises(Refusal) as refused:
        contests.settle(found.pk, upheld=True, by=cast.eva, at=SETTLED, note="")
    assert "note" in refused.value.fields
    assert [user.name for user in contests.settlers(found.handoff)] == ["Eva Brandt"]


def test_whoever_decided_never_settles_their_own_case(cast: Cast) -> None:
    handoff = cast.with_sales()
    handoffs.reject(handoff.pk, by=cast.priya, at=REJECTED, reason="below-threshold")
    found = contests.contest(handoff.pk, by=cast.tim, at=CONTESTED, comment="No")
    assert not contests.may_settle(Actor.of(cast.priya), found, Handoff.objects.get(pk=handoff.pk))
    with pytest.raises(Forbidden):
        contests.settle(found.pk, upheld=True, by=cast.priya, at=SETTLED, note="I was right")


def test_a_settled_contest_is_settled(cast: Cast) -> None:
    found = contested(cast)
    contests.settle(found.pk, upheld=True, by=cast.eva, at=SETTLED, note="Below means below")
    with pytest.raises(Conflict, match="Eva Brandt has upheld"):
        contests.take_back(found.pk, by=cast.sam, at=SETTLED + MINUTE)


# --- what was offered meanwhile ------------------------------------------------------------------------------------


def test_an_untouched_offer_in_between_is_withdrawn(cast: Cast) -> None:
    found = contested(cast, "packet-incomplete", attribute="budget")
    between = Handoff.objects.get(lead=found.handoff.lead, state="offered")
    contests.settle(found.pk, upheld=False, by=cast.eva, at=SETTLED, note="It is complete")
    assert Handoff.objects.get(pk=between.pk).state == "withdrawn"
    assert Handoff.objects.get(lead=found.handoff.lead, state="offered").to_function == "sales"
    assert_clean()


def test_an_offer_somebody_works_on_stays(cast: Cast) -> None:
    found = contested(cast, "packet-incomplete", attribute="budget")
    between = Handoff.objects.get(lead=found.handoff.lead, state="offered")
    attempts.record(between.pk, by=cast.tim, at=CONTESTED + MINUTE, disposition="na")
    contests.settle(found.pk, upheld=False, by=cast.eva, at=SETTLED, note="It is complete")
    assert Handoff.objects.get(pk=between.pk).state == "accepted"
    assert Contest.objects.get().state == "overturned"
    assert_clean()


def test_a_person_who_came_back_meanwhile_is_not_offered_twice(cast: Cast) -> None:
    found = contested(cast, "duplicate")
    cast.lead(external_id="again", at=CONTESTED + MINUTE, deeds=("demo_request",))
    contests.settle(found.pk, upheld=False, by=cast.eva, at=SETTLED, note="No duplicate")
    assert Contest.objects.get().state == "overturned"
    assert Handoff.objects.filter(state="offered").count() == 1
    assert_clean()


def test_a_lead_returned_from_nurture_meanwhile_is_found_where_it_is(cast: Cast) -> None:
    found = contested(cast)
    nurture.return_lead(found.handoff.lead_id, at=CONTESTED + MINUTE, by=cast.mara, cause="by hand")
    contests.settle(found.pk, upheld=False, by=cast.eva, at=SETTLED, note="It is enough")
    assert Handoff.objects.get(lead=found.handoff.lead, state="offered").to_function == "sales"
    assert_clean()


def test_an_overturned_missing_consent_opens_the_number_again(cast: Cast) -> None:
    found = contested(cast, "no-consent")
    assert DoNotCall.objects.filter(lifted_at=None).count() == 2
    contests.settle(found.pk, upheld=False, by=cast.eva, at=SETTLED, note="They ticked the box on 2 March")
    assert not DoNotCall.objects.filter(lifted_at=None).exists()
    assert_clean()


def test_a_return_by_the_desk_is_contested_by_marketing(cast: Cast) -> None:
    handoff = cast.hot()
    handoffs.reject(handoff.pk, by=cast.tim, at=REJECTED, reason="below-threshold")
    assert Handoff.objects.given_by(Actor.of(cast.jonas)).filter(pk=handoff.pk).exists()
    assert not Handoff.objects.given_by(Actor.of(cast.sam)).filter(pk=handoff.pk).exists()
    found = contests.contest(handoff.pk, by=cast.jonas, at=CONTESTED, comment="65 points")
    contests.take_back(found.pk, by=cast.tim, at=SETTLED)
    lead = Lead.objects.get()
    assert (lead.stage, lead.handoffs.open().get().queue_item.queue) == ("tal", cast.queue)
    assert_clean()


def test_a_new_version_holds_for_what_is_offered_again(cast: Cast) -> None:
    from sla.services import drafting
    from tests.cast import sign_all

    found = contested(cast)
    sign_all(cast, drafting.draft_from_version(cast.version, by=cast.mara), CONTESTED + MINUTE)
    contests.settle(found.pk, upheld=False, by=cast.eva, at=SETTLED, note="Enough points")
    fresh = Handoff.objects.get(follows=found.handoff)
    assert (found.handoff.version.number, fresh.version.number) == (1, 2)
    onward = outcomes.qualify(cast.hot("bob", SETTLED).pk, by=cast.tim, at=SETTLED + MINUTE, answers=ANSWERS)
    assert onward.version_id == fresh.version_id
