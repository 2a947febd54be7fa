"""The schedule names only tasks that exist, and each of them is run by it or nudged."""

from __future__ import annotations

from config.celery import app


def test_every_scheduled_name_is_a_task() -> None:
    app.loader.import_default_modules()
    named = {entry["task"] for entry in app.conf.beat_schedule.values()}
    assert sorted(named - set(app.tasks)) == []
