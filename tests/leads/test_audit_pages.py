"""The audit is kept on record, shown to who runs the portal, and raises an alarm."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.urls import reverse

from config.notices.models import Notice
from config.outbox.models import Event, Heartbeat
from leads.models import AuditRun, Handoff
from leads.services import audit
from leads.tasks import audit_leads
from tests.cast import HOUR, NOW, Cast
from tests.web.conftest import assert_nothing_inline, signed_in

pytestmark = pytest.mark.django_db


def break_one(cast: Cast) -> Handoff:
    """A lead whose handoff vanished without a trace: what the portal never does."""
    handoff = cast.hot()
    Handoff.objects.filter(pk=handoff.pk).update(state="withdrawn")
    return handoff


def test_a_clean_run_is_kept_and_tells_nobody(cast: Cast) -> None:
    cast.hot()
    kept, findings = audit.record(NOW)
    assert (kept.broken, kept.leads, len(kept.findings)) == (0, 1, len(audit.RULES))
    assert all(finding.clean for finding in findings)
    assert not Notice.objects.filter(kind="audit_alarm").exists()


def test_a_broken_rule_alarms_the_admins_once_a_day(cast: Cast) -> None:
    handoff = break_one(cast)
    for hours in (0, 1, 2):
        kept, _ = audit.record(NOW + hours * HOUR)
    assert kept.broken >= 1
    told = Notice.objects.filter(kind="audit_alarm", body__contains="exactly one open handoff")
    assert [notice.recipient for notice in told] == [cast.priya]
    assert told[0].url == reverse("audit")
    assert Event.objects.filter(topic="audit.broken", subject="in-hands").exists()
    broken = next(row for row in kept.findings if row["key"] == "in-hands")
    assert broken["examples"] == [str(handoff.lead.public_id)]


def test_the_night_and_the_command_keep_their_runs(cast: Cast) -> None:
    break_one(cast)
    audit_leads()
    assert (
        "in-hands: 1 leads" in str(Heartbeat.objects.get(name="audit_leads").last_error)
        or AuditRun.objects.count() == 1
    )
    with pytest.raises(SystemExit):
        call_command("audit_leads")
    assert AuditRun.objects.count() == 2


def test_the_page_names_the_leads_and_asks_anew(cast: Cast) -> None:
    client = signed_in(cast.priya)
    page = client.get(reverse("audit"))
    assert "has not run yet" in page.content.decode()
    handoff = break_one(cast)
    assert client.post(reverse("audit_run")).status_code == 302
    page = client.get(reverse("audit"))
    assert_nothing_inline(page)
    assert reverse("lead", args=[handoff.lead.public_id]) in page.content.decode()
    assert AuditRun.objects.get().by == cast.priya
    for user in (cast.tim, cast.mara, cast.eva):
        assert signed_in(user).get(reverse("audit")).status_code == 403
        assert signed_in(user).post(reverse("audit_run")).status_code == 403
