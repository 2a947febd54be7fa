"""Deciding from a mail: the button of the notice asks first, acts once, and tells who came late what happened."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from config.accounts.models import User
from config.notices.models import Notice
from config.notices.services import links, mails
from config.outbox.models import Event
from leads.models import Handoff, HandoffState
from leads.services import handoffs, handoffs_news
from tests.cast import HOUR, Cast

SITE = "https://handoff.example.com"


@pytest.fixture
def offered(cast: Cast, settings: Any) -> Handoff:
    settings.SITE_URL = SITE
    return cast.with_sales(at=timezone.now() - HOUR)


def link(user: User, verb: str, handoff: Handoff) -> str:
    made = links.make_link(user, verb, str(handoff.public_id), timezone.now() + timedelta(days=1))
    return made.removeprefix(SITE)


def fresh(handoff: Handoff) -> Handoff:
    return Handoff.objects.get(pk=handoff.pk)


def text(response: Any) -> str:
    return str(response.content.decode())


def test_the_mail_of_an_offer_carries_both_buttons_and_they_work(cast: Cast, offered: Handoff) -> None:
    for event in Event.objects.filter(topic="handoff.offered", subject=str(offered.public_id)):
        handoffs_news.offered(event)
    notice = Notice.objects.get(kind="handoff_offered", recipient=offered.to_user)
    mail = mails.compose(notice.recipient, [notice], timezone.now())
    found = re.findall(rf"{SITE}(/act/[^\s\"]+)", str(mail.body))
    assert len(set(found)) == 2
    assert "Accept Ada Lovelace?" in text(Client().get(found[0]))
    assert Client().post(found[0]).status_code == 200
    assert fresh(offered).state == HandoffState.ACCEPTED
    assert fresh(offered).decided_by == offered.to_user


def test_opening_a_link_decides_nothing(cast: Cast, offered: Handoff) -> None:
    page = text(Client().get(link(cast.sina, "accept_handoff", offered)))
    assert "Accept Ada Lovelace?" in page
    assert "Acme" in page
    assert fresh(offered).state == HandoffState.OFFERED


def test_rejecting_asks_for_a_listed_reason_and_what_it_needs(cast: Cast, offered: Handoff) -> None:
    url = link(cast.sina, "reject_handoff", offered)
    asked = text(Client().get(url))
    for reason in cast.terms.reasons_of("reject"):
        assert reason.label in asked
    for wrong in ({}, {"reason": "other"}, {"reason": "outside-icp"}, {"reason": "made-up"}):
        assert Client().post(url, wrong).status_code == 422
    assert fresh(offered).state == HandoffState.OFFERED
    assert Client().post(url, {"reason": "other", "note": "Is my cousin"}).status_code == 200
    found = fresh(offered)
    assert (found.state, found.reason, found.note, found.decided_by) == ("rejected", "other", "Is my cousin", cast.sina)
    assert Client().post(url, {"reason": "other", "note": "again"}).status_code == 410


@pytest.mark.parametrize("verb", ["accept_handoff", "reject_handoff"])
def test_who_comes_late_learns_who_did_what(cast: Cast, offered: Handoff, verb: str) -> None:
    url = link(cast.sina, verb, offered)
    handoffs.accept(offered.pk, by=cast.sam, at=timezone.now())
    for response in (Client().get(url), Client().post(url, {"reason": "duplicate"})):
        assert response.status_code == 409
        assert "Sam Okafor has accepted this lead." in text(response)
    assert fresh(offered).decided_by == cast.sam


def test_a_lead_given_to_a_colleague_is_not_decided_by_an_old_mail(cast: Cast, offered: Handoff) -> None:
    handoffs.reassign(offered.pk, to_user=cast.sam, by=cast.sina, at=timezone.now())
    url = link(cast.sam, "accept_handoff", offered)
    handoffs.reassign(offered.pk, to_user=cast.nina, by=cast.sina, at=timezone.now())
    response = Client().post(url)
    assert response.status_code == 409
    assert "Sina Vogel gave this lead to Nina Keller." in text(response)
    assert fresh(offered).state == HandoffState.OFFERED


def test_a_link_of_somebody_who_left_the_team_decides_nothing(cast: Cast, offered: Handoff) -> None:
    handoffs.reassign(offered.pk, to_user=cast.sam, by=cast.sina, at=timezone.now())
    url = link(cast.nina, "accept_handoff", offered)
    cast.nina.memberships.all().delete()
    assert Client().post(url).status_code == 409
    assert fresh(offered).state == HandoffState.OFFERED
