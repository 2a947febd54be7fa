"""The gate before a number, the order of the queue, callbacks as time goes on, and the telephone system."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from config.accounts.choices import PresenceState
from config.accounts.services import presence
from config.notices.models import Notice
from config.web.errors import Forbidden, Refusal
from leads.models import (
    Attempt,
    Callback,
    CallingRule,
    CallQueue,
    CallRefusal,
    Consent,
    DoNotCall,
    Handoff,
    Lead,
    PhoneCall,
    QueueItem,
)
from leads.services import attempts, board, callbacks, cases, claiming, clearing, dialling, feeds, waiting, windows
from leads.services.attempts import Details
from leads.services.dialling import CallEvent
from leads.services.gates import Clearance
from tests.cast import DAY, HOUR, MINUTE, NOW, Cast
from tests.web.conftest import signed_in

pytestmark = pytest.mark.django_db
WEEK = {day: [["08:00", "21:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}


def asked(handoff: Handoff, cast: Cast, at: datetime = NOW) -> Clearance:
    with transaction.atomic():
        locked, case = cases.load_handoff(handoff.pk, at)
        return clearing.ask_for_number(locked, case, by=cast.tim)


def codes(found: Clearance) -> list[str]:
    return [stop.code for stop in found.stops]


def take(handoff: Handoff, rep: Any, at: datetime = NOW) -> None:
    with transaction.atomic():
        claiming.claim(handoff.pk, by=rep, at=at)


def next_for(cast: Cast, rep: Any, at: datetime) -> int | None:
    with transaction.atomic():
        return claiming.claim_next(list(CallQueue.objects.values_list("pk", flat=True)), by=rep, at=at)


# --- the gate --------------------------------------------------------------------------------------------------------------


def test_nothing_in_the_way_shows_the_number_and_records_nothing(cast: Cast) -> None:
    found = asked(cast.hot(), cast)
    assert found.number is not None
    assert found.number.normalised == "+4930123456"
    assert not CallRefusal.objects.exists()


@pytest.mark.parametrize(("kind", "value"), [("phone", "+4930123456"), ("domain", "acme.example"), ("person", "")])
def test_do_not_call_is_a_gate_that_nobody_opens(cast: Cast, kind: str, value: str) -> None:
    handoff = cast.hot()
    DoNotCall.objects.create(kind=kind, value=value or str(handoff.lead.person.public_id), reason="asked us")
    found = asked(handoff, cast)
    assert (codes(found), found.number) == (["do_not_call"], None)
    assert CallRefusal.objects.get().rule == "do_not_call"
    with pytest.raises(Refusal, match="Nobody may override"):
        clearing.override(handoff.pk, by=cast.tom, at=NOW, reason="But I must")
    DoNotCall.objects.update(lifted_at=NOW)
    assert asked(handoff, cast).is_clear


def test_consent_is_needed_where_the_queue_says_so(cast: Cast) -> None:
    handoff = cast.hot()
    CallQueue.objects.update(needs_consent=True)
    assert codes(asked(handoff, cast)) == ["no_consent"]
    clearing.note_consent(handoff.pk, by=cast.tim, at=NOW, source="by mail, today")
    assert asked(handoff, cast).is_clear
    Consent.objects.create(person=handoff.lead.person, channel="phone", basis="consent", granted=False, at=NOW + MINUTE)
    assert codes(asked(handoff, cast, NOW + HOUR)) == ["no_consent"], "withdrawn"


def test_the_leads_own_hours_count_in_its_own_zone_and_a_manager_may_override(cast: Cast) -> None:
    CallingRule.objects.create(country="US", window=WEEK)
    handoff = cast.hot(phone="+12125550123", country="US")
    found = asked(handoff, cast)  # 10:00 in London, 5 in New York
    assert codes(found) == ["outside_hours"]
    assert (found.window.zone, found.window.origin_words) == ("America/New_York", "from the phone number")
    assert found.free_again_at == datetime(2026, 3, 4, 13, 0, tzinfo=UTC)
    with pytest.raises(Refusal, match="Say why"):
        clearing.override(handoff.pk, by=cast.tom, at=NOW, reason=" ")
    after = clearing.override(handoff.pk, by=cast.tom, at=NOW, reason="She works in Berlin this week")
    assert after.is_clear
    assert [stop.code for stop in after.overridden] == ["outside_hours"]
    kept = CallRefusal.objects.get(overridden_by=cast.tom)
    assert kept.override_reason == "She works in Berlin this week"
    assert codes(asked(handoff, cast, NOW + 2 * HOUR)) == ["outside_hours"], "it holds for an hour"
    CallingRule.objects.update(may_override=False)
    with pytest.raises(Refusal, match="Nobody may override"):
        clearing.override(handoff.pk, by=cast.tom, at=NOW + 2 * HOUR, reason="Again")


def test_no_more_than_so_many_calls_in_so_many_days(cast: Cast) -> None:
    CallingRule.objects.create(country="DE", most_attempts=2, attempts_within_days=30)
    handoff = cast.hot()
    for number in range(2):
        attempts.record(handoff.pk, by=cast.tim, at=NOW + number * DAY, disposition="na")
    found = asked(handoff, cast, NOW + 2 * DAY)
    assert codes(found) == ["too_often"]
    assert found.free_again_at == NOW + 30 * DAY
    assert asked(handoff, cast, NOW + 30 * DAY + MINUTE).is_clear


def test_who_refused_is_left_alone_for_a_while(cast: Cast) -> None:
    CallingRule.objects.create(country="DE", rest_days_after_refusal=60)
    first = cast.hot()
    attempts.record(
        first.pk, by=cast.tim, at=NOW + MINUTE, disposition="ni", details=Details(note="No", evidence="Said so")
    )
    again = cast.hot("ada", NOW + 10 * DAY, external_id="ada-again")
    assert codes(asked(again, cast, NOW + 10 * DAY)) == ["resting"]
    assert asked(again, cast, NOW + 61 * DAY).is_clear


def test_a_refusal_is_kept_once_however_often_the_page_asks(cast: Cast) -> None:
    handoff = cast.hot()
    DoNotCall.objects.create(kind="phone", value="+4930123456")
    for minutes in (0, 1, 2, 20):
        asked(handoff, cast, NOW + minutes * MINUTE)
    assert CallRefusal.objects.count() == 2, "again after a quarter of an hour"


def test_a_rep_asks_the_manager_once_a_quarter(cast: Cast) -> None:
    CallingRule.objects.create(country="US", window=WEEK)
    handoff = cast.hot(phone="+12125550123", country="US")
    told = [clearing.ask_manager(handoff.pk, by=cast.tim, at=NOW, url="/queue/") for _ in range(2)]
    assert told == [1, 0]
    assert Notice.objects.filter(recipient=cast.tom, kind="call_override_asked").count() == 1


# --- the order -------------------------------------------------------------------------------------------------------------


def test_the_soonest_promise_comes_first_then_the_more_valuable(cast: Cast) -> None:
    cool = cast.hot("cool", NOW - MINUTE, phone="+4930000001", intent="", deeds=("contact_form", "webinar"))
    late = cast.hot("late", NOW - 2 * MINUTE, phone="+4930000002")
    warm = cast.hot("warm", NOW - MINUTE, phone="+4930000003")
    given = [next_for(cast, rep, NOW) for rep in (cast.tim, cast.tess, cast.tom)]
    assert given[0] == late.pk
    assert set(given) == {cool.pk, late.pk, warm.pk}
    order = QueueItem.objects.order_by("promise_at").values_list("pk", flat=True)
    assert given == list(order)


def test_who_skips_is_not_given_it_again_for_an_hour_and_others_are(cast: Cast) -> None:
    handoff = cast.hot()
    take(handoff, cast.tim)
    attempts.record(handoff.pk, by=cast.tim, at=NOW, disposition="skip", details=Details(note="My former boss"))
    assert next_for(cast, cast.tim, NOW + MINUTE) is None
    assert next_for(cast, cast.tim, NOW + 61 * MINUTE) == handoff.pk
    item = QueueItem.objects.get()
    assert item.why == "Skipped by Tim Novak: My former boss"


def test_when_everybody_has_skipped_a_lead_its_manager_learns_it(cast: Cast) -> None:
    handoff = cast.hot()
    for rep in (cast.tim, cast.tess):
        take(handoff, rep)
        attempts.record(handoff.pk, by=rep, at=NOW, disposition="skip", details=Details(note="Not for me"))
    assert Notice.objects.filter(recipient=cast.tom, kind="lead_skipped").count() == 1


def test_a_lead_becomes_callable_at_the_edge_of_its_window_and_is_checked_again(cast: Cast) -> None:
    CallingRule.objects.create(country="US", window=WEEK)
    handoff = cast.hot(phone="+12125550123", country="US")
    item = QueueItem.objects.get()
    opens = datetime(2026, 3, 4, 13, 0, tzinfo=UTC)
    assert (item.ready, item.callable_from) == (False, opens)
    assert waiting.next_opening([cast.queue.pk]) == opens
    assert next_for(cast, cast.tim, NOW) is None
    assert windows.renew(opens) == 1
    assert next_for(cast, cast.tim, opens) == handoff.pk
    CallingRule.objects.filter(country="US").update(window=WEEK | {"wed": [["10:00", "21:00"]]})
    assert not windows.recheck(QueueItem.objects.get(), opens)
    assert QueueItem.objects.get().callable_from == opens + 2 * HOUR


def test_each_queue_takes_what_its_condition_says(cast: Cast) -> None:
    cast.queue.position = 5
    cast.queue.save()
    french = CallQueue.objects.create(
        team=cast.queue.team, name="French", criteria={"field": "person.country", "op": "in", "value": ["FR"]}
    )
    ours = cast.hot("claire", country="FR", phone="+33140000000")
    theirs = cast.hot("ada")
    assert QueueItem.objects.get(pk=ours.pk).queue == french
    assert QueueItem.objects.get(pk=theirs.pk).queue == cast.queue


def test_of_one_position_a_queue_with_a_condition_is_tried_before_one_without(cast: Cast) -> None:
    condition = {"field": "person.country", "op": "in", "value": ["FR"]}
    french = CallQueue.objects.create(team=cast.queue.team, name="French", criteria=condition)
    assert french.position == cast.queue.position
    assert QueueItem.objects.get(pk=cast.hot("claire", country="FR", phone="+33140000000").pk).queue == french


def test_a_rep_works_the_queue_they_have_chosen_until_they_choose_another(cast: Cast) -> None:
    at = timezone.now()
    other = CallQueue.objects.create(team=cast.queue.team, name="Second", position=9)
    first, second = cast.hot("ada"), cast.hot("bob", phone="+4930123457")
    QueueItem.objects.update(ready=True, callable_from=at - HOUR, callable_until=at + HOUR, hours="")
    QueueItem.objects.filter(pk=second.pk).update(queue=other, promise_at=at + DAY)
    client = signed_in(cast.tim)
    assert "in First calls" in client.get(reverse("queue")).content.decode()
    page = client.get(reverse("queue"), {"queue": other.pk}).content.decode()
    assert f'name="queue" value="{other.pk}" form="next-lead"' in page
    assert "in First calls" not in page

    def pressed(queue: str) -> str:
        claiming.let_go_of_all(cast.tim, at)
        return client.post(reverse("queue_next"), {"queue": queue}).headers["Location"]

    with patch.object(windows, "recheck", return_value=True):
        assert pressed(str(other.pk)) == reverse("console", args=[second.public_id])
        client.get(reverse("queue"))  # another page that shows all of them changes nothing
        assert client.session["queue"] == other.pk
        QueueItem.objects.filter(pk=second.pk).delete()
        assert pressed(str(other.pk)) == reverse("queue") + f"?queue={other.pk}"
        assert pressed("") == reverse("console", args=[first.public_id])


# --- callbacks as time goes on ---------------------------------------------------------------------------------------------


def promised(cast: Cast, when: datetime = NOW + 3 * HOUR) -> Callback:
    handoff = cast.hot()
    take(handoff, cast.tim)
    attempts.record(handoff.pk, by=cast.tim, at=NOW, disposition="cb", details=Details(callback_at=when, note="Prices"))
    return Callback.objects.get()


def test_a_callback_reminds_comes_to_its_owner_and_opens_to_the_team_when_missed(cast: Cast) -> None:
    callback = promised(cast)
    due = callback.due_at
    assert callbacks.remind(due - 6 * MINUTE) == 0
    assert callbacks.remind(due - 5 * MINUTE) == 1
    assert callbacks.remind(due) == 0, "once"
    presence.set_state(cast.tim, PresenceState.AVAILABLE, at=due)
    assert callbacks.give_to_owners(due) == 1
    assert QueueItem.objects.get().claimed_by == cast.tim
    assert claiming.lapse(due + 15 * MINUTE) == 1
    assert callbacks.open_missed(due + 15 * MINUTE) == 1
    callback.refresh_from_db()
    assert callback.state == "opened"
    assert Notice.objects.filter(recipient=cast.tim, kind="callback_missed").exists()
    assert next_for(cast, cast.tess, due + 16 * MINUTE) == callback.handoff_id


def test_a_callback_does_not_come_to_who_is_away(cast: Cast) -> None:
    callback = promised(cast)
    presence.set_state(cast.tim, PresenceState.BREAK, at=callback.due_at, reason="Lunch")
    assert callbacks.give_to_owners(callback.due_at) == 0


def test_a_callback_is_moved_given_away_and_called_off(cast: Cast) -> None:
    callback = promised(cast)
    later = NOW + 5 * HOUR
    moved = callbacks.move(callback.pk, by=cast.tim, at=NOW + HOUR, due_at=later, owner=cast.tess)
    assert (moved.owner, moved.due_at) == (cast.tess, later)
    assert QueueItem.objects.get().reserved_for == cast.tess
    with pytest.raises(Refusal, match="does not work in"):
        callbacks.move(callback.pk, by=cast.tim, at=NOW + HOUR, due_at=later, owner=cast.sam)
    with pytest.raises(Refusal, match="passed"):
        callbacks.move(callback.pk, by=cast.tim, at=NOW + 2 * HOUR, due_at=NOW)
    callbacks.cancel(callback.pk, by=cast.tess, at=NOW + 2 * HOUR, why="They wrote instead")
    item = QueueItem.objects.get()
    assert (item.reserved_for, item.is_callback) == (None, False)


def test_the_calendar_feed_shows_own_callbacks_until_it_is_taken_back(cast: Cast) -> None:
    callback = promised(cast)
    token = feeds.open_feed(cast.tim, NOW)
    page = Client().get(f"/queue/callbacks/feed/{token}.ics")
    text = page.content.decode()
    assert page["Content-Type"] == "text/calendar; charset=utf-8"
    assert f"DTSTART:{callback.due_at:%Y%m%dT%H%M%SZ}" in text
    assert "SUMMARY:Call back Ada Lovelace\\, Acme" in text
    assert "TRIGGER:-PT5M" in text
    assert "4930123456" not in text, "the number stays behind its gate"
    assert token not in str(cast.tim.calendar_feed.token_hash)
    newer = feeds.open_feed(cast.tim, NOW)
    assert Client().get(f"/queue/callbacks/feed/{token}.ics").status_code == 404
    feeds.close_feed(cast.tim)
    assert Client().get(f"/queue/callbacks/feed/{newer}.ics").status_code == 404


# --- the board -------------------------------------------------------------------------------------------------------------


def test_the_board_counts_what_is_due_and_late_and_shows_who_works_on_what(cast: Cast) -> None:
    first = cast.hot("ada", NOW - 10 * MINUTE)
    cast.hot("bob", NOW, phone="+4930000002")
    found = board.counts([cast.queue.pk], NOW + MINUTE)
    assert (found.now, found.in_hand, found.due_5, found.breached) == (2, 0, 2, 1)
    take(first, cast.tim, NOW + MINUTE)
    crew = {one.user.name: one for one in board.people([cast.queue.team_id], NOW + MINUTE, "UTC")}
    item = crew["Tim Novak"].item
    assert item is not None
    assert item.pk == first.pk
    assert crew["Tess Olsen"].item is None


def test_a_manager_gives_a_lead_moves_it_and_frees_it(cast: Cast) -> None:
    handoff = cast.hot()
    take(handoff, cast.tim)
    board.give(handoff.pk, to_user=cast.tess, by=cast.tom, at=NOW + MINUTE)
    assert next_for(cast, cast.tim, NOW + 2 * MINUTE) is None
    assert next_for(cast, cast.tess, NOW + 2 * MINUTE) == handoff.pk
    assert {notice.kind for notice in Notice.objects.filter(recipient__in=(cast.tim, cast.tess))} >= {
        "lead_given", "lead_taken_away",
    }  # fmt: skip
    with pytest.raises(Refusal, match="does not work in"):
        board.give(handoff.pk, to_user=cast.sam, by=cast.tom, at=NOW + 2 * MINUTE)
    other = CallQueue.objects.create(team=cast.queue.team, name="Second")
    board.move(handoff.pk, to_queue=other, by=cast.tom, at=NOW + 3 * MINUTE)
    assert QueueItem.objects.get().queue == other
    sales = CallQueue.objects.create(team=cast.team("sales"), name="Theirs")
    with pytest.raises(Refusal, match="another team"):
        board.move(handoff.pk, to_queue=sales, by=cast.tom, at=NOW + 3 * MINUTE)


# --- the telephone system --------------------------------------------------------------------------------------------------


def test_a_call_is_asked_for_told_of_and_counted_as_talk(cast: Cast) -> None:
    handoff = cast.hot()
    with pytest.raises(Forbidden):
        dialling.request(handoff.pk, by=cast.tim, at=NOW)
    take(handoff, cast.tim)
    call = dialling.request(handoff.pk, by=cast.tim, at=NOW)
    cast.tim.presence.refresh_from_db()
    assert cast.tim.presence.state == "in_call"
    for event, seconds in (("answered", 10), ("ringing", 5), ("ended", 130), ("ended", 130)):
        told = CallEvent(event, NOW + timedelta(seconds=seconds), call=call.public_id, external_id="pbx-1")
        dialling.take_event(cast.source, told)
    call.refresh_from_db()
    assert (call.state, call.talk_seconds) == ("ended", 120)
    tried = attempts.record(handoff.pk, by=cast.tim, at=NOW + 3 * MINUTE, disposition="na")
    assert tried.talk_seconds == 120
    assert Attempt.objects.get().phone_calls.get() == call


def test_a_call_that_comes_in_is_shown_on_whatever_page_its_rep_is(cast: Cast) -> None:
    at = timezone.now()
    handoff = cast.hot()
    client = signed_in(cast.tim)

    def shown(event: str, external_id: str, number: str, page: str = "/leads/") -> str:
        told = CallEvent(event, at, external_id=external_id, direction="in", number=number, email=cast.tim.email)
        dialling.take_event(cast.source, told)
        return str(client.get(reverse("incoming_call"), headers=htmx(**{"HX-Current-URL": page})).content.decode())

    def htmx(**more: str) -> dict[str, str]:
        return {"HX-Request": "true"} | more

    console_url = reverse("console", args=[handoff.public_id])
    ringing = shown("ringing", "1", "+4930123456")
    assert "<strong>Ada Lovelace</strong>, Acme is calling" in ringing
    assert console_url in ringing
    assert "is on your line" in shown("answered", "1", "+4930123456")
    assert shown("answered", "1", "+4930123456", f"http://testserver{console_url}").strip() == ""
    assert shown("ended", "1", "+4930123456").strip() == ""
    stranger = shown("ringing", "2", "+4989777")
    assert "+4989777" in stranger
    assert "nobody we know" in stranger
    assert reverse("search") in stranger
    shown("ended", "2", "+4989777")
    assert not PhoneCall.objects.exclude(number="").exists(), "a stranger's number is not kept"
    assert signed_in(cast.sam).get(reverse("incoming_call")).content.strip() == b""


def test_a_call_from_who_has_come_back_opens_the_lead_they_are_now(cast: Cast) -> None:
    at = timezone.now()
    old = cast.hot()
    Handoff.objects.filter(pk=old.pk).update(state="closed", outcome="merged", closed_at=at)
    Lead.objects.filter(pk=old.lead_id).update(closed_at=at)
    again = cast.lead("ada", at, external_id="again").lead
    told = CallEvent("ringing", at, external_id="1", direction="in", number="+4930123456", email=cast.tom.email)
    dialling.take_event(cast.source, told)
    assert reverse("lead", args=[again.public_id]) in signed_in(cast.tom).get(reverse("incoming_call")).content.decode()


def test_a_manager_who_looks_on_is_offered_only_what_they_may_do(cast: Cast) -> None:
    CallingRule.objects.create(country="US", window={"mon": [["03:00", "03:01"]]})
    handoff = cast.hot(phone="+12125550123", country="US")
    take(handoff, cast.tim, timezone.now())
    wait, override = (reverse(f"console_{name}", args=[handoff.public_id]) for name in ("wait", "override"))
    theirs = signed_in(cast.tom).get(reverse("console", args=[handoff.public_id])).content.decode()
    assert override in theirs
    assert f'action="{wait}"' not in theirs
    assert "choose what becomes of the lead" not in theirs
    own = signed_in(cast.tim).get(reverse("console", args=[handoff.public_id])).content.decode()
    assert f'action="{wait}"' in own


def test_the_gate_stands_before_the_telephone_system_too(cast: Cast) -> None:
    handoff = cast.hot()
    take(handoff, cast.tim)
    DoNotCall.objects.create(kind="phone", value="+4930123456")
    with pytest.raises(Refusal) as refused:
        dialling.request(handoff.pk, by=cast.tim, at=NOW)
    assert refused.value.facts["rules"] == ["do_not_call"]


# --- pages -----------------------------------------------------------------------------------------------------------------


def test_others_have_no_business_at_the_desk(cast: Cast) -> None:
    handoff = cast.hot()
    page = f"/queue/{handoff.public_id}/"
    for user, path, status in (
        (cast.sam, "/queue/", 403), (cast.tim, "/queue/board/", 403), (cast.tom, "/queue/board/", 200),
        (cast.tim, page, 200), (cast.sam, page, 403),
    ):  # fmt: skip
        assert signed_in(user).get(path).status_code == status, (user.name, path)


def test_a_program_works_the_queue_and_the_number_stays_behind_its_gate(cast: Cast) -> None:
    handoff = cast.hot()
    DoNotCall.objects.create(kind="phone", value="+4930123456")
    client = signed_in(cast.tim)
    refused = client.post(f"/queue/{handoff.public_id}/outcome/na/")
    assert refused.status_code == 409, "take the lead first"
    client.post(f"/queue/{handoff.public_id}/take/")
    shown = client.get(f"/queue/{handoff.public_id}/").content.decode()
    assert "must not be called" in shown
    assert "4930123456" not in shown.replace(" ", "")


def test_queues_and_country_rules_are_edited_in_the_admin(cast: Cast) -> None:
    priya = signed_in(cast.priya)
    for path in ("callqueue", "callingrule", "donotcall"):
        assert priya.get(f"/admin/leads/{path}/").status_code == 200, path
        assert priya.get(f"/admin/leads/{path}/add/").status_code == 200, path
        assert signed_in(cast.sam).get(f"/admin/leads/{path}/").status_code in (302, 403), path
    hours = {f"window_{day}": "10-13, 14-20" for day in ("mon", "tue", "wed", "thu", "fri")}
    given = {"country": "fr", "attempts_within_days": "30", "most_attempts": "4", "rest_days_after_refusal": "60",
             "holidays_closed": "on", "may_override": "on", "source": "Décret 2022-1313",
             "checked_on": str(date(2026, 3, 1))}  # fmt: skip
    answer = priya.post("/admin/leads/callingrule/add/", given | hours)
    assert answer.status_code == 302, answer.content.decode()[-2000:]
    rule = CallingRule.objects.get(country="FR")
    assert rule.window["mon"] == [["10:00", "13:00"], ["14:00", "20:00"]]
    answer = priya.post("/admin/leads/donotcall/add/", {"kind": "phone", "value": "+49 30 123456", "reason": "asked"})
    assert answer.status_code == 302
    assert DoNotCall.objects.get().value == "+4930123456"
