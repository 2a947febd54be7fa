"""What a clock shows in each of its states. The browser's own test holds clock.js to the same cases."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone

from config.web import clockface, wording

CASES = json.loads((Path(__file__).parent / "clock_cases.json").read_text())
NOW = datetime.fromisoformat(CASES["now"])


@pytest.fixture(autouse=True)
def in_berlin():
    with timezone.override(CASES["zone"]):
        yield


def minutes(number: float) -> datetime:
    return NOW + timedelta(minutes=number)


def face(**facts: Any) -> clockface.Face:
    clock = {"state": "running", "started_at": minutes(-60), "due_at": minutes(60)} | facts
    return clockface.face(clockface.facts(clock, {}), NOW)


@pytest.mark.parametrize(("due_at", "text"), CASES["left"])
def test_what_is_left(due_at, text):
    assert clockface.left_text(datetime.fromisoformat(due_at), NOW) == text


@pytest.mark.parametrize(("from_at", "text"), CASES["late"])
def test_what_is_late(from_at, text):
    assert clockface.late_text(datetime.fromisoformat(from_at), NOW) == text


@pytest.mark.parametrize(("at", "text"), CASES["ago"])
def test_how_long_ago(at, text):
    assert wording.ago(datetime.fromisoformat(at), NOW) == text


@pytest.mark.parametrize(("started_at", "due_at", "percent"), CASES["used"])
def test_how_much_is_used(started_at, due_at, percent):
    assert clockface.used_percent(datetime.fromisoformat(started_at), datetime.fromisoformat(due_at), NOW) == percent


def test_a_running_clock_is_calm_then_amber_then_red():
    assert face().tone == "calm"
    assert face(due_at=minutes(19)).tone == "soon"
    assert face(due_at=minutes(-1)).tone == "late"


def test_the_agreements_own_warning_comes_before_the_usual_share():
    assert face(warn_at=minutes(-1)).tone == "soon"
    assert face(due_at=minutes(1), warn_at=minutes(0.5)).tone == "calm"


def test_exactly_at_the_deadline_is_not_late():
    assert face(due_at=NOW).state == "running"
    assert face(due_at=NOW).text == "due now"


def test_a_promise_due_at_closing_time_is_late_only_from_the_next_opening():
    assert face(due_at=minutes(-300), breaches_at=minutes(10)).text == "due now"
    opened = face(due_at=minutes(-900), breaches_at=minutes(-12))
    assert (opened.state, opened.text) == ("breached", "12 min late")


def test_a_breach_shows_whether_or_not_a_sweep_has_stamped_it():
    assert face(due_at=minutes(-12)) == face(due_at=minutes(-12), state="breached")


@pytest.mark.parametrize(
    ("facts", "text"),
    [
        ({"state": "paused", "due_at": None}, "paused"),
        ({"state": "paused", "resumes_at": minutes(60)}, "paused until 3 Mar, 11:00"),
        ({"state": "met", "used_seconds": 2520}, "met in 42 min"),
        ({"state": "met", "used_seconds": 0}, "met in 0 min"),
        ({"state": "met"}, "met"),
        ({"state": "met_late", "due_at": minutes(-30), "stopped_at": minutes(-4)}, "26 min late"),
        ({"state": "cancelled"}, "cancelled"),
        ({"state": "breached", "due_at": None}, "late"),
        ({"due_at": None}, "no date"),
    ],
)
def test_every_state_has_words(facts, text):
    assert face(**facts).text == text


def test_the_title_gives_date_and_zone():
    assert face().title == "Due Tue 3 Mar 2026, 11:00 CET"
    assert "Answered Tue 3 Mar 2026, 09:56 CET" in face(state="met", stopped_at=minutes(-4)).title


def test_objects_mappings_and_names_are_read_alike():
    clock = SimpleNamespace(state="paused", due_at=None)
    assert clockface.facts(clock, {})("state") == "paused"
    assert clockface.facts({"state": "paused"}, {})("due_at") is None
    assert clockface.facts(clock, {"state": "met"})("state") == "met"
