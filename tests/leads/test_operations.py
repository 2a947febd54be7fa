"""The operators' page: late jobs, what waits, what failed, and trying it again; the health check beside it."""

from __future__ import annotations

import importlib
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from config.celery import app
from config.notices import kinds
from config.outbox.health import heartbeat
from config.outbox.models import Heartbeat
from leads.services import operating
from sla.models import Clock, ClockEvent
from tests.cast import Cast

BACKEND = "config.accounts.backends.AccountBackend"


@pytest.fixture
def operator(cast: Cast, client: Client) -> Client:
    client.force_login(cast.priya, backend=BACKEND)
    return client


def test_every_job_of_the_schedule_exists() -> None:
    for entry in app.conf.beat_schedule.values():
        module, _, name = entry["task"].rpartition(".")
        assert hasattr(importlib.import_module(module), name), entry["task"]


def test_the_check_fails_until_a_sweep_has_finished_within_the_last_minute(db: None, client: Client) -> None:
    assert client.get("/healthz").status_code == 503
    with heartbeat("sweep_clocks"):
        pass
    assert client.get("/healthz").json()["healthy"] is True
    Heartbeat.objects.update(finished_at=timezone.now() - timedelta(seconds=61))
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert "silent for 61 seconds" in answer.json()["problems"][0]


def test_a_job_that_missed_its_turns_is_called_late(operator: Client) -> None:
    with heartbeat("sweep_clocks"):
        pass
    found = {job.name: job for job in operating.jobs(timezone.now())}
    assert not found["sweep_clocks"].late
    assert not found["deliver_notices"].late, "its turn has not come"
    assert [found[name].when for name in ("sweep_clocks", "audit_leads", "remind_readers")] == [
        "every 10 s", "daily at 2:40", "hourly, at 10 past",
    ]  # fmt: skip
    later = {job.name: job for job in operating.jobs(timezone.now() + timedelta(minutes=2))}
    assert later["sweep_clocks"].late
    assert later["deliver_notices"].late, "it has never run"
    assert not later["audit_leads"].late
    assert "Deliver notices" in operator.get("/operations/").content.decode()


def test_what_was_given_up_is_shown_and_tried_again(cast: Cast, operator: Client) -> None:
    handoff = cast.hot()
    clock = Clock.objects.get(subject=handoff.pk, kind="first_attempt")
    now = timezone.now()
    step = ClockEvent.objects.create(
        clock=clock, kind="breached", step="breach", at=now, next_at=None, attempts=8, last_error="Mail server gone"
    )
    text = operator.get("/operations/").content.decode()
    assert "Mail server gone" in text
    assert operator.post("/operations/retry/").status_code == 302
    step = ClockEvent.objects.get(pk=step.pk)
    assert step.attempts == 0
    assert step.next_at is not None
    assert "Mail server gone" not in operator.get("/operations/").content.decode()


def test_the_page_costs_the_same_however_much_waits(
    cast: Cast, operator: Client, django_assert_max_num_queries: object
) -> None:
    for number in range(3):
        cast.hot(f"lead{number}")
    with django_assert_max_num_queries(20):  # type: ignore[operator]
        operator.get("/operations/")


def test_everything_people_are_told_can_be_muted_by_name() -> None:
    known = {kind.code for kind in kinds.registered()}
    assert known >= {"clock_warned", "clock_breached", "version_in_force", "handoff_offered", "outcome_stuck"}
    assert known >= {"callback_due", "callback_missed", "lead_given", "lead_taken_away", "lead_skipped"}
    assert known >= {"call_override_asked", "step_due", "step_overdue"}
