"""Clock time lines of service desks, mapped to ours: first response is the first attempt, an update the next step, the
resolution the disposition. What pauses there pauses here, in working time; closing there stops or cancels here.

The cases are kept beside the project; each names the product it was learnt from.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from sla.models import Clock
from sla.services import clocks
from sla.terms import CalendarTerms, CommitmentTerms, Terms
from tests.cast import Cast

FILE = Path(__file__).parents[2].parent / "shared" / "cases" / "scenarios.json"
OURS = {"first_response": "first_attempt", "update": "next_step", "resolution": "disposition"}
SCENARIOS: list[dict[str, Any]] = json.loads(FILE.read_text()) if FILE.exists() else []
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not SCENARIOS, reason="The collected clock scenarios are not kept beside this checkout."),
]


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


class Desk:
    """Drives our clocks through one scenario's events."""

    def __init__(self, scenario: dict[str, Any], terms: Terms, model: CommitmentTerms):
        self.scenario, self.terms = scenario, terms
        self.model = model
        self.clocks: dict[str, Clock] = {}

    def start(self, kind: str, at: datetime) -> None:
        minutes = self.scenario["targets"].get(kind)
        if minutes is None:
            return
        promise = replace(
            self.model,
            metric=OURS[kind],
            target=Decimal(str(minutes)),
            unit="working_minutes",
            calendar="desk",
            pausable=True,
        )
        (clock,) = clocks.start(self.terms, [clocks.Order(subject=1, commitment=promise, started_at=at)])
        self.clocks[kind] = clock

    def stop(self, kind: str, at: datetime) -> None:
        if kind in self.clocks:
            clocks.stop(self.clocks[kind], at=at, evidence={})

    def running(self) -> Iterator[Clock]:
        return (clock for clock in self.clocks.values() if clock.is_open)

    def happen(self, event: dict[str, Any]) -> None:
        at = moment(event["at"])
        match event["type"]:
            case "created":
                self.start("first_response", at)
                self.start("resolution", at)
            case "customer_message":
                if "update" not in self.clocks or not self.clocks["update"].is_open:
                    self.start("update", at)
            case "agent_reply":
                self.stop("first_response", at)
                self.stop("update", at)
            case "pause":
                for clock in self.running():
                    if clock.state_at(at) == "running":
                        clocks.pause(clock, at=at, reason="waiting for the lead")
            case "resume" | "reopened":
                for clock in self.running():
                    if clock.state == "paused":
                        clocks.resume(clock, at=at)
            case "closed":
                self.close(at)
            case "sla_removed":
                for clock in list(self.running()):
                    clocks.cancel(clock, at=at, reason="no longer promised")

    def close(self, at: datetime) -> None:
        """Closed for good settles the resolution; closed to be opened again is a pause of what is not answered."""
        comes_back = any(e["type"] == "reopened" and moment(e["at"]) > at for e in self.scenario["events"])
        self.stop("resolution", at)
        for clock in list(self.running()):
            if comes_back:
                clocks.pause(clock, at=at, reason="closed meanwhile")
            else:
                clocks.cancel(clock, at=at, reason="closed")


def expected(check: dict[str, Any]) -> dict[str, Any]:
    """Where a product hid a late answer, the independent reference is what we hold to."""
    return check if check["agrees"] else check | check["reference"]


def shown(clock: Clock | None, at: datetime) -> str:
    if clock is None or clock.state == "cancelled":
        return "none"
    state = clock.state_at(at)
    return "breached" if state == "met_late" else state


@pytest.mark.parametrize("scenario", SCENARIOS, ids=[s["id"] for s in SCENARIOS])
def test_a_service_desks_time_line(cast: Cast, scenario: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    calendar = scenario["calendar"]
    desk_hours = CalendarTerms(
        key="desk",
        name="Desk",
        time_zone=calendar["timezone"],
        week=calendar["week"],
        holiday_country="",
        holiday_region="",
        exceptions=calendar.get("overrides", {}),
        holidays=dict.fromkeys(calendar["holidays"], "holiday"),
    )
    content = dict(cast.terms.content) | {"calendars": [vars(desk_hours)], "escalations": []}
    terms = Terms(version_id=cast.version.pk, content_hash=scenario["id"], content=content)
    monkeypatch.setattr(clocks, "terms_by_id", lambda _: terms)
    desk = Desk(scenario, terms, cast.terms.commitments[5])
    events = sorted(scenario["events"], key=lambda e: moment(e["at"]))
    tolerance = scenario.get("tolerance_seconds", 1)
    for check in sorted(scenario["checks"], key=lambda c: moment(c["now"])):
        now, wanted = moment(check["now"]), expected(check)
        while events and moment(events[0]["at"]) <= now:
            desk.happen(events.pop(0))
        clock = desk.clocks.get(check["clock"])
        assert shown(clock, now) == wanted["state"], (check, clock)
        if clock is None or wanted["state"] == "none":
            continue
        if "due" in wanted and clock.due_at is not None:
            assert abs((clock.due_at - moment(wanted["due"])).total_seconds()) <= tolerance, check
        used = clock.used_seconds if clock.stopped_at else clocks.used_seconds(clock, now)
        if "used_minutes" in wanted:
            assert used == pytest.approx(wanted["used_minutes"] * 60, abs=tolerance), check
        if "diff_minutes" in wanted:
            left = clock.target["seconds"] - (used or 0)
            assert left == pytest.approx(wanted["diff_minutes"] * 60, abs=tolerance), check
