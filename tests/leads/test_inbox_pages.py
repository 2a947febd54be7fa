"""The inbox and the page of a handoff: what each person finds there, and what pressing does."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from config.accounts.models import User
from leads.models import Contest, DoNotCall, Handoff, HandoffMessage, HandoffState
from leads.services import contests, handoffs, outcomes, questions
from sla.models import Clock
from tests.cast import ANSWERS, DAY, HOUR, NOW, Cast
from tests.web.conftest import assert_nothing_inline, signed_in


def url(handoff: Handoff, act: str = "") -> str:
    return (
        reverse("handoff_act", args=[handoff.public_id, act]) if act else reverse("handoff", args=[handoff.public_id])
    )


def fresh(handoff: Handoff) -> Handoff:
    return Handoff.objects.get(pk=handoff.pk)


def text(response: Any) -> str:
    return str(response.content.decode())


def htmx(target: str = "") -> dict[str, str]:
    return {"HX-Request": "true"} | ({"HX-Target": target} if target else {})


@pytest.fixture
def offered(cast: Cast) -> Handoff:
    return cast.with_sales(at=timezone.now() - HOUR)


# --- the list ------------------------------------------------------------------------------------------------------


def test_sales_begins_the_day_in_the_inbox_with_the_soonest_promise_first(cast: Cast) -> None:
    later = cast.with_sales("grace", NOW + DAY)
    sooner = cast.with_sales("ada", NOW)
    client = signed_in(cast.sam)
    assert client.get("/").headers["Location"] == reverse("inbox")
    page = text(client.get(reverse("inbox"), {"scope": "team"}))
    assert page.index(str(sooner.public_id)) < page.index(str(later.public_id))
    assert "Ada Lovelace" in page
    assert "Acme" in page
    assert "from Tim Novak" in page
    assert_nothing_inline(page)


def test_the_list_alone_renews_itself_with_the_counts_of_the_tabs(cast: Cast, offered: Handoff) -> None:
    part = text(signed_in(cast.sam).get(reverse("inbox"), {"scope": "team"}, headers=htmx("inbox-list")))
    assert part.lstrip().startswith("<div")
    assert 'id="inbox-list"' in part
    assert 'hx-swap-oob="true"' in part
    assert "<html" not in part


@pytest.mark.parametrize("tab", ["decide", "asked", "working", "rejected", "answer", "given"])
def test_a_list_costs_the_same_queries_however_long_it_is(
    cast: Cast, tab: str, django_assert_max_num_queries: Any
) -> None:
    for number in range(6):
        handoff = cast.with_sales(f"lead{number}")
        if tab in ("asked", "answer"):
            questions.ask(handoff.pk, by=cast.sina, at=NOW + HOUR, text="Which budget?")
        elif tab == "working":
            handoffs.accept(handoff.pk, by=cast.sina, at=NOW + HOUR)
        elif tab == "rejected":
            handoffs.reject(handoff.pk, by=cast.sina, at=NOW + HOUR, reason="duplicate")
    client = signed_in(cast.tim if tab in ("answer", "given") else cast.sina)
    client.get(reverse("inbox"), {"tab": tab, "scope": "team"})
    with django_assert_max_num_queries(8):
        page = text(client.get(reverse("inbox"), {"tab": tab, "scope": "team"}))
    assert page.count("inbox-line") == 6


def test_a_question_moves_a_lead_from_one_tab_to_another(cast: Cast, offered: Handoff) -> None:
    questions.ask(offered.pk, by=cast.sina, at=timezone.now(), text="Which budget?")
    asker, giver = signed_in(cast.sina), signed_in(cast.tim)
    assert str(offered.public_id) in text(asker.get(reverse("inbox"), {"tab": "asked"}))
    page = text(giver.get(reverse("inbox")))
    assert "To answer" in page
    assert str(offered.public_id) in page


def test_what_waits_in_a_call_queue_is_not_in_the_inbox(cast: Cast) -> None:
    queued = cast.hot()
    page = text(signed_in(cast.tom).get(reverse("inbox"), {"tab": "decide", "scope": "team"}))
    assert str(queued.public_id) not in page


# --- one handoff -----------------------------------------------------------------------------------------------------


def test_the_page_shows_packet_completeness_persona_score_and_why(cast: Cast, offered: Handoff) -> None:
    page = text(signed_in(cast.sina).get(url(offered)))
    for expected in ("Fewer quarrels", "Promises", "Why here", "Score", "mailto:ada@acme.example", "Who"):
        assert expected in page
    assert escape(fresh(offered).route_why[0]) in page
    assert " facts</span>" in page or "Complete" in page
    assert_nothing_inline(page)


def test_a_renewed_detail_keeps_the_heading_of_its_page(cast: Cast, offered: Handoff) -> None:
    seller = signed_in(cast.sina)
    assert '<h1 class="handoff-name">' in text(seller.get(url(offered)))
    assert "?alone=1" in text(seller.get(url(offered)))
    assert '<h1 class="handoff-name">' in text(seller.get(url(offered) + "?alone=1", headers=htmx("handoff")))
    assert '<h2 class="handoff-name">' in text(seller.get(url(offered), headers=htmx("handoff")))


def test_the_inbox_asks_for_the_detail_alone(cast: Cast, offered: Handoff) -> None:
    part = text(signed_in(cast.sina).get(url(offered), headers=htmx("handoff")))
    assert "<html" not in part
    assert 'id="handoff"' in part


def test_an_opened_lead_is_shown_beside_the_list_without_scripts(cast: Cast, offered: Handoff) -> None:
    page = text(signed_in(cast.sina).get(reverse("inbox"), {"open": str(offered.public_id)}))
    assert "split-opened" in page
    assert "Fewer quarrels" in page


@pytest.mark.parametrize("who", ["eva", "mara"])
def test_who_may_only_look_is_offered_no_act_of_the_receiver(cast: Cast, offered: Handoff, who: str) -> None:
    client = signed_in(cast.people[who])
    page = text(client.get(url(offered)))
    assert "act-accept" not in page
    assert client.post(url(offered, "accept")).status_code == 404
    assert fresh(offered).state == HandoffState.OFFERED


def test_others_leads_are_not_found(cast: Cast, offered: Handoff) -> None:
    handoffs.reassign(offered.pk, to_user=cast.sam, by=cast.sina, at=timezone.now())
    stranger = signed_in(User.objects.create_user("nobody@example.com", "x", name="No Body"))
    assert stranger.get(url(offered)).status_code == 403
    assert signed_in(cast.nina).post(url(offered, "accept")).status_code == 404
    assert signed_in(cast.sina).get(reverse("handoff", args=[cast.agreement.public_id])).status_code == 404


def test_the_page_of_a_handoff_costs_a_bounded_number_of_queries(
    cast: Cast, offered: Handoff, django_assert_max_num_queries: Any
) -> None:
    for number in range(5):
        questions.ask(offered.pk, by=cast.sina, at=timezone.now(), text=f"Question {number}?")
    client = signed_in(cast.sina)
    client.get(url(offered))
    with django_assert_max_num_queries(16):
        client.get(url(offered))


# --- acting ----------------------------------------------------------------------------------------------------------


def test_accepting_is_one_press(cast: Cast, offered: Handoff) -> None:
    response = signed_in(cast.sina).post(url(offered, "accept"), headers=htmx())
    assert response.status_code == 204
    assert "work:changed" in response["HX-Trigger"]
    found = fresh(offered)
    assert (found.state, found.decided_by, found.to_user_id is not None) == (HandoffState.ACCEPTED, cast.sina, True)


def test_accepting_works_without_scripts(cast: Cast, offered: Handoff) -> None:
    response = signed_in(cast.sina).post(url(offered, "accept"))
    assert response.headers["Location"] == url(offered)


def test_accepting_with_a_meeting(cast: Cast, offered: Handoff) -> None:
    client = signed_in(cast.sina)
    past = client.post(url(offered, "meeting"), {"meeting_at": "2020-01-01T10:00"}, headers=htmx())
    assert past.status_code == 422
    assert "later time" in text(past)
    ahead = timezone.localtime(timezone.now() + 3 * DAY).strftime("%Y-%m-%dT%H:%M")
    assert client.post(url(offered, "meeting"), {"meeting_at": ahead}, headers=htmx()).status_code == 204
    found = fresh(offered)
    assert (found.state, found.kind) == (HandoffState.ACCEPTED, "booked")
    assert found.meeting_at is not None


def test_the_dialog_of_rejecting_names_the_reasons_and_asks_for_what_the_chosen_one_needs(
    cast: Cast, offered: Handoff
) -> None:
    client = signed_in(cast.sina)
    asked = text(client.get(url(offered, "reject"), headers=htmx("dialog-fill")))
    for reason in cast.terms.reasons_of("reject"):
        assert reason.label in asked
    attributed = next(r for r in cast.terms.reasons_of("reject") if r.needs_attribute)
    assert "id_attribute" in text(client.get(url(offered, "reject"), {"reason": attributed.key}, headers=htmx()))
    plain = next(r for r in cast.terms.reasons_of("reject") if not r.needs_attribute and not r.needs_note)
    assert "id_attribute" not in text(client.get(url(offered, "reject"), {"reason": plain.key}, headers=htmx()))


@pytest.mark.parametrize(
    ("given", "field"),
    [({}, "reason"), ({"reason": "made-up"}, "reason"), ({"reason": "outside-icp"}, "attribute"), ({"reason": "other"}, "note")],
)  # fmt: skip
def test_rejecting_without_what_the_reason_needs_is_refused_beside_the_field(
    cast: Cast, offered: Handoff, given: dict[str, str], field: str
) -> None:
    response = signed_in(cast.sina).post(url(offered, "reject"), given, headers=htmx())
    assert response.status_code == 422
    assert f'id="id_{field}_error"' in text(response)
    assert fresh(offered).state == HandoffState.OFFERED


def test_a_warm_transfer_is_the_takers_at_once_and_says_so(cast: Cast) -> None:
    at = timezone.now() - HOUR
    call = cast.hot(at=at)
    taken = outcomes.qualify(call.pk, by=cast.tim, at=at, answers=ANSWERS, warm=True, taken_by=cast.sam)
    sam = signed_in(cast.sam)
    assert str(taken.public_id) in text(sam.get(reverse("inbox"), {"tab": "working"}))
    page = text(sam.get(url(taken)))
    assert "Warm transfer" in page
    assert "act-attempt" in page
    assert "act-accept" not in page


def test_a_booked_handoff_shows_its_meeting_in_the_list_and_on_its_page(cast: Cast) -> None:
    at = timezone.now() - HOUR
    call = cast.hot(at=at)
    booked = outcomes.qualify(call.pk, by=cast.tim, at=at, answers=ANSWERS, meeting_at=at + 2 * DAY)
    client = signed_in(cast.sina)
    assert "Meeting " in text(client.get(reverse("inbox"), {"scope": "team"}))
    assert "Meeting on" in text(client.get(url(booked)))


def test_who_comes_late_sees_who_did_what_when(cast: Cast, offered: Handoff) -> None:
    handoffs.accept(offered.pk, by=cast.sam, at=timezone.now())
    late = signed_in(cast.sina).post(url(offered, "reject"), {"reason": "duplicate"}, headers=htmx())
    assert late.status_code == 409
    assert "Sam Okafor has accepted this lead." in text(late)
    assert late["HX-Retarget"] == "#toasts"


def test_a_lead_given_to_a_colleague_meanwhile(cast: Cast, offered: Handoff) -> None:
    client = signed_in(cast.sina)
    opened = text(client.get(url(offered, "reassign"), headers=htmx()))
    assert 'name="held_by"' in opened
    handoffs.reassign(offered.pk, to_user=cast.nina, by=cast.sina, at=timezone.now())
    given = {"to_user": str(cast.sam.public_id), "held_by": ""}
    late = client.post(url(offered, "reassign"), given, headers=htmx())
    assert late.status_code == 409
    assert "Sina Vogel gave this lead to Nina Keller." in text(late)
    given["held_by"] = str(cast.nina.public_id)
    assert client.post(url(offered, "reassign"), given, headers=htmx()).status_code == 204
    assert fresh(offered).to_user == cast.sam


def test_who_held_a_lead_that_was_given_away_is_told_so(cast: Cast, offered: Handoff) -> None:
    handoffs.reassign(offered.pk, to_user=cast.sam, by=cast.sina, at=timezone.now())
    sam = signed_in(cast.sam)
    handoffs.reassign(offered.pk, to_user=cast.nina, by=None, at=timezone.now())
    late = sam.post(url(offered, "accept"), headers=htmx())
    assert late.status_code == 409
    assert "The agreement gave this lead to Nina Keller." in text(late)
    assert signed_in(cast.jonas).post(url(offered, "accept")).status_code == 404


def test_asking_and_answering_in_the_thread(cast: Cast, offered: Handoff) -> None:
    asker, giver = signed_in(cast.sina), signed_in(cast.tim)
    assert asker.post(url(offered, "ask"), {"text": "Which budget?"}, headers=htmx()).status_code == 204
    assert Clock.objects.get(subject=offered.pk, kind="decision").state == "paused"
    page = text(giver.get(url(offered)))
    assert "Which budget?" in page
    assert "act-answer" in page
    assert giver.post(url(offered, "answer"), {"text": "40 000"}, headers=htmx()).status_code == 204
    assert Clock.objects.get(subject=offered.pk, kind="decision").state == "running"
    assert asker.post(reverse("handoff_say", args=[offered.public_id]), {"text": "Thank you"}).status_code == 302
    assert [message.text for message in HandoffMessage.objects.all()] == ["Which budget?", "40 000", "Thank you"]


def test_a_word_of_the_giver_below_a_question_answers_it_unless_they_say_otherwise(
    cast: Cast, offered: Handoff
) -> None:
    asker, giver = signed_in(cast.sina), signed_in(cast.tim)
    asker.post(url(offered, "ask"), {"text": "Which budget?"}, headers=htmx())
    assert "This answers the question" in text(giver.get(url(offered)))
    assert "This answers the question" not in text(asker.get(url(offered)))
    say = reverse("handoff_say", args=[offered.public_id])
    assert asker.post(say, {"text": "Mine", "answers": "on"}).status_code == 404, "who asked cannot answer"
    giver.post(say, {"text": "I shall ask"})
    assert Clock.objects.get(subject=offered.pk, kind="decision").state == "paused"
    giver.post(say, {"text": "40 000", "answers": "on"})
    assert Clock.objects.get(subject=offered.pk, kind="decision").state == "running"


def test_a_number_is_shown_where_it_may_be_called_and_nowhere_else(cast: Cast, offered: Handoff) -> None:
    lead = offered.lead
    phone = lead.person.contact_points.get(kind="phone")
    seller = signed_in(cast.sina)
    assert f"tel:{phone.normalised}" in text(seller.get(url(offered)))
    assert phone.normalised not in text(seller.get(reverse("lead", args=[lead.public_id]))).replace(" ", "")
    waiting = cast.hot("wanda", email="wanda@other.example", phone="+49305550001", company="Other")
    caller = signed_in(cast.tim)
    assert "+49305550001" not in text(caller.get(url(waiting))).replace(" ", ""), "the console asks first"
    for kind, value in (
        ("domain", "acme.example"),
        ("person", str(lead.person.public_id)),
        ("phone", phone.normalised),
    ):
        listed = DoNotCall.objects.create(kind=kind, value=value, added_at=timezone.now())
        page = text(seller.get(url(offered)))
        assert f"tel:{phone.normalised}" not in page
        assert "called" in page
        listed.delete()


def test_the_whole_right_of_reply_by_pages(cast: Cast, offered: Handoff) -> None:
    receiver, giver, judge = signed_in(cast.sina), signed_in(cast.tim), signed_in(cast.priya)
    assert (
        receiver.post(url(offered, "reject"), {"reason": "other", "note": "Not mine"}, headers=htmx()).status_code
        == 204
    )
    page = text(giver.get(url(offered)))
    assert "Not mine" in page
    assert "act-contest" in page
    assert giver.post(url(offered, "contest"), {"comment": "It is yours"}, headers=htmx()).status_code == 204
    found = Contest.objects.get()
    assert text(receiver.get(reverse("contests"))).count("Ada Lovelace") == 1
    assert receiver.get(reverse("contest", args=[found.public_id])).headers["Location"] == url(offered)
    assert "act-settle" not in text(receiver.get(url(offered)))
    settle = {"decision": "overturned", "note": "The packet says so"}
    assert judge.post(url(offered, "settle"), settle, headers=htmx()).status_code == 204
    assert Contest.objects.get().state == Contest.State.OVERTURNED
    again = Handoff.objects.get(follows=offered)
    assert again.state == HandoffState.OFFERED
    assert "The packet says so" in text(giver.get(url(offered)))


def test_letting_a_rejection_stand_and_taking_one_back(cast: Cast, offered: Handoff) -> None:
    other = cast.with_sales("grace", timezone.now() - HOUR)
    for handoff in (offered, other):
        handoffs.reject(handoff.pk, by=cast.sam, at=timezone.now(), reason="duplicate")
    giver = signed_in(cast.tim)
    assert giver.post(url(offered, "let-stand"), headers=htmx()).status_code == 204
    assert "let it stand" in text(giver.get(url(offered)))
    contests.contest(other.pk, by=cast.tim, at=timezone.now(), comment="Look again")
    back = signed_in(cast.sina).post(url(other, "take-back"), {"note": "Right"}, headers=htmx())
    assert back.headers["HX-Redirect"] == url(Handoff.objects.get(follows=other))


def test_after_acceptance_attempts_recycling_and_ruling_out(cast: Cast, offered: Handoff) -> None:
    client = signed_in(cast.sina)
    client.post(url(offered, "accept"))
    talked = next(d for d in cast.terms.dispositions.values() if d.real_contact and d.effect == "next_step")
    logged = client.post(
        url(offered, "attempt"), {"channel": "call", "disposition": talked.key, "note": "Likes it"}, headers=htmx()
    )
    assert logged.status_code == 204, text(logged)
    assert fresh(offered).first_contact_at is not None
    assert Clock.objects.get(subject=offered.pk, kind="first_contact").state == "met"
    assert "Likes it" in text(client.get(url(offered)))
    evidence = client.post(url(offered, "disqualify"), {"reason": "not-a-fit", "note": ""}, headers=htmx())
    assert evidence.status_code == 422
    back = (timezone.localdate() + 30 * DAY).isoformat()
    done = client.post(
        url(offered, "recycle"), {"reason": "timing-wrong", "return_on": back, "note": ""}, headers=htmx()
    )
    assert done.status_code == 204, text(done)
    page = text(client.get(url(offered)))
    assert "Given back to nurture" in page
    assert "In nurture, back on" in page


def test_opening_an_opportunity_goes_on_to_its_page(cast: Cast, offered: Handoff) -> None:
    client = signed_in(cast.sina)
    deal = {
        "name": "Acme fleet", "amount": "12000", "currency": "EUR", "next_step": "Demo", "probability": "20",
        "next_step_on": (timezone.localdate() + 7 * DAY).isoformat(), "owner": str(cast.sam.public_id),
    }  # fmt: skip
    wrong = client.post(url(offered, "opportunity"), deal | {"next_step": ""}, headers=htmx())
    assert wrong.status_code == 422
    made = client.post(url(offered, "opportunity"), deal, headers=htmx())
    opportunity = fresh(offered).opportunities.get()
    assert made.headers["HX-Redirect"] == reverse("opportunity", args=[opportunity.public_id])
    assert opportunity.owner == cast.sam
    assert "Acme fleet" in text(client.get(url(offered)))


def test_the_giver_takes_an_undecided_lead_back(cast: Cast, offered: Handoff) -> None:
    giver = signed_in(cast.tim)
    assert giver.post(url(offered, "withdraw"), {"note": ""}, headers=htmx()).status_code == 422
    assert giver.post(url(offered, "withdraw"), {"note": "Wrong person"}, headers=htmx()).status_code == 204
    late = signed_in(cast.sina).post(url(offered, "accept"), headers=htmx())
    assert late.status_code == 409
    assert "Tim Novak has withdrawn this lead." in text(late)


def test_an_act_nobody_knows_is_not_found(cast: Cast, offered: Handoff) -> None:
    assert signed_in(cast.sina).get(url(offered, "explode")).status_code == 404
    assert Client().get(url(offered)).status_code == 302
