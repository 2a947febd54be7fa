"""The demo company that `make run` shows: six months that hang together, and nothing left over that the first sweep undoes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from config.accounts.models import User
from leads.demo import loading
from leads.models import Handoff, Lead, LeadScore, Rescoring
from leads.services import audit, nurture, rescoring
from sla.models import Clock, ClockState
from sla.services.sweeping import sweep

NOW = datetime(2026, 3, 4, 10, tzinfo=UTC)
TEN_MINUTES = timedelta(minutes=10)


@pytest.mark.django_db
def test_it_hangs_together_and_stays_calm() -> None:
    said: list[str] = []
    loading.load(NOW, said.append)
    assert User.objects.count() >= 12
    assert Lead.objects.count() > 1500
    assert [finding.rule.key for finding in audit.run() if not finding.clean] == []

    # What is in force has been applied to every open lead.
    in_force = Rescoring.objects.order_by("-started_at").first()
    assert in_force is not None
    assert not LeadScore.objects.filter(lead__closed_at=None).exclude(version=in_force.version).exists()
    assert rescoring.renew(NOW) == 0
    offered = Handoff.objects.filter(state="offered").count()
    assert nurture.return_due(NOW) == 0
    assert Handoff.objects.filter(state="offered").count() == offered

    # There is work due now, but no flood of broken promises a few minutes later.
    assert Clock.objects.filter(state=ClockState.RUNNING, due_at__lte=NOW + 6 * TEN_MINUTES).exists()
    late = Clock.objects.filter(state=ClockState.BREACHED).count()
    sweep(NOW + TEN_MINUTES)
    assert Clock.objects.filter(state=ClockState.BREACHED).count() - late <= 12
