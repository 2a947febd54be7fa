"""The next step of an opportunity: reminded of on its day, told of when it has gone by, whatever days a worker slept."""

from __future__ import annotations

from decimal import Decimal

import pytest

from config.notices.models import Notice
from leads.models import Opportunity
from leads.services import next_steps, opportunities
from leads.services.nurture import local_date
from leads.services.opportunities import Deal
from tests.cast import DAY, HOUR, NOW, Cast

pytestmark = pytest.mark.django_db


def told(kind: str) -> list[str]:
    return sorted(Notice.objects.filter(kind=kind).values_list("recipient__name", flat=True))


@pytest.fixture
def deal(cast: Cast) -> Opportunity:
    """Its next step is due in two days."""
    step = Deal("Acme: core", next_step="Send the offer", next_step_on=local_date(NOW + 2 * DAY))
    return opportunities.open_from(cast.with_sales().pk, step, by=cast.sam, at=NOW + HOUR)


def test_its_owner_is_told_on_the_day_and_only_once(cast: Cast, deal: Opportunity) -> None:
    next_steps.remind(NOW + DAY)
    assert told(next_steps.KIND_DUE) == []
    for hour in range(3):
        next_steps.remind(NOW + 2 * DAY + hour * HOUR)
    assert told(next_steps.KIND_DUE) == ["Sam Okafor"]
    assert Notice.objects.get(kind=next_steps.KIND_DUE).title == "Due today: Send the offer"


def test_its_manager_learns_that_the_day_has_gone_by_though_no_worker_ran_on_it(cast: Cast, deal: Opportunity) -> None:
    for days in (4, 5):
        next_steps.remind(NOW + days * DAY)
    assert told(next_steps.KIND_DUE) == []
    assert told(next_steps.KIND_OVERDUE) == ["Sam Okafor", "Sina Vogel"]


def test_nobody_is_woken_by_what_is_due(cast: Cast, deal: Opportunity) -> None:
    night = NOW.replace(hour=2) + 2 * DAY
    assert next_steps.remind(night) == 0
    assert next_steps.remind(night + 6 * HOUR) == 1


def test_a_step_that_was_moved_or_a_deal_that_ended_is_not_overdue(cast: Cast, deal: Opportunity) -> None:
    opportunities.update(deal.pk, by=cast.sam, at=NOW + 2 * DAY, next_step_on=local_date(NOW + 9 * DAY))
    assert next_steps.remind(NOW + 3 * DAY) == 0
    opportunities.win(deal.pk, by=cast.sam, at=NOW + 8 * DAY, amount=Decimal(900))
    assert next_steps.remind(NOW + 9 * DAY) == 0
