"""Celery: the application and its whole schedule.

No work lives only in the broker: each scheduled task looks at rows that are due, so that a lost message costs at most
one interval, and two beats or many workers cost nothing but a look.
"""

from __future__ import annotations

import os

from celery import Celery
from celery.schedules import crontab

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("handoff")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.update(
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_ignore_result=True,
    task_serializer="json",
    accept_content=["json"],
    timezone="UTC",
    enable_utc=True,
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    worker_send_task_events=False,
    broker_connection_retry_on_startup=True,
    broker_transport_options={"polling_interval": 1.0, "visibility_timeout": 600},
    broker_connection_timeout=3,
    task_publish_retry=False,
)
app.autodiscover_tasks(["config.outbox", "config.notices", "sla", "leads", "reports"])


def every(seconds: float) -> dict[str, object]:
    """Run each `seconds`; a message nobody took in that time is dropped, for the next one does the same."""
    return {"schedule": seconds, "options": {"expires": seconds}}


app.conf.beat_schedule = {
    "sweep-clocks": {"task": "sla.tasks.sweep_clocks", **every(10)},
    "deliver-clock-events": {"task": "sla.tasks.deliver_clock_events", **every(10)},
    "resume-paused-clocks": {"task": "sla.tasks.resume_paused_clocks", **every(30)},
    "announce-versions": {"task": "sla.tasks.announce_versions", **every(60)},
    "remind-readers": {"task": "sla.tasks.remind_readers", "schedule": crontab(minute=10)},
    "remind-of-reviews": {"task": "sla.tasks.remind_of_reviews", "schedule": crontab(minute=25)},
    "dispatch-events": {"task": "config.outbox.tasks.dispatch_events", **every(5)},
    "deliver-webhooks": {"task": "config.outbox.tasks.deliver_webhooks", **every(5)},
    "deliver-notices": {"task": "config.notices.tasks.deliver_notices", **every(10)},
    "tidy-broker": {"task": "config.outbox.tasks.tidy_broker", **every(600)},
    "tidy-outbox": {"task": "config.outbox.tasks.tidy_outbox", "schedule": crontab(hour=3, minute=20)},
    "settle-attempts": {"task": "leads.tasks.settle_attempts", **every(5)},
    "renew-queue": {"task": "leads.tasks.renew_queue", **every(10)},
    "sweep-presence": {"task": "leads.tasks.sweep_presence", **every(60)},
    "return-from-nurture": {"task": "leads.tasks.return_from_nurture", **every(300)},
    "rescore-versions": {"task": "leads.tasks.rescore_versions", **every(60)},
    "tell-score-watchers": {"task": "leads.tasks.tell_score_watchers", **every(60)},
    "recount-usage": {"task": "leads.tasks.recount_usage", "schedule": crontab(hour=0, minute=20)},
    "propose-duplicates": {"task": "leads.tasks.propose_duplicates", "schedule": crontab(hour=1, minute=10)},
    "rescore-decayed": {"task": "leads.tasks.rescore_decayed", **every(300)},
    "admit-leads": {"task": "leads.tasks.admit_leads", **every(60)},
    "renew-rollups": {"task": "reports.tasks.renew_rollups", **every(60)},
    "carry-imports": {"task": "leads.tasks.carry_imports", **every(5)},
    "propose-changes": {"task": "leads.tasks.propose_changes", "schedule": crontab(hour=2, minute=10)},
    "tell-of-drops": {"task": "reports.tasks.tell_of_drops", "schedule": crontab(hour=5, minute=30)},
    "send-digests": {"task": "reports.tasks.send_digests", **every(900)},
    "remind-of-next-steps": {"task": "leads.tasks.remind_of_next_steps", "schedule": crontab(minute=15)},
    "audit-leads": {"task": "leads.tasks.audit_leads", "schedule": crontab(hour=2, minute=40)},
}
