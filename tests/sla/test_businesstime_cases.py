"""The cases collected beside the project: facts from other products' tests, each computed twice over."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from sla import businesstime as bt
from tests.sla import cases_adapter

CASES = Path(__file__).parents[2].parent / "shared" / "cases"

pytestmark = [
    pytest.mark.realdata,
    pytest.mark.skipif(not CASES.is_dir(), reason="The collected working-time cases are not on this machine."),
]


def cases(name: str) -> list[dict]:
    path = CASES / f"{name}.json"
    return json.loads(path.read_text()) if path.exists() else []


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def failures(name: str) -> list[str]:
    """One line for each case of a file that we answer otherwise; a hundredth of a second is forgiven,
    because minutes are written with few digits."""
    wrong = []
    for case in cases(name):
        pauses = [(instant(pause["from"]), instant(pause["to"])) for pause in case.get("pauses", [])]
        start = instant(case["start"])
        if case["kind"] == "add":
            due = cases_adapter.add(case["calendar"], start, case["minutes"], pauses)
            off = due - instant(case["expected"])
        else:
            minutes = cases_adapter.between(case["calendar"], start, instant(case["end"]), pauses)
            off = timedelta(minutes=minutes - case["expected"])
        if abs(off) > timedelta(milliseconds=10):
            wrong.append(f"{case['id']}: {off} off what was expected, {case['expected']}")
    return wrong


@pytest.mark.parametrize("name", ["agreed", "agreed_overrides", "agreed_pauses", "agreed_negative"])
def test_working_time(name):
    assert cases(name), f"{name}.json is missing or empty"
    assert failures(name) == []


@pytest.mark.parametrize("case", cases("rolled"), ids=lambda case: case["id"])
def test_rolled(case):
    # Where a product contradicts its own convention, the reference computed beside it counts.
    due = bt.rolled(cases_adapter.calendar_of(case["calendar"]), instant(case["start"]), case["minutes"])
    assert due == instant(case.get("reference", case["expected"]))


@pytest.mark.parametrize("case", cases("wallclock"), ids=lambda case: case["id"])
def test_wall_clock(case):
    assert bt.local_instant(case["timezone"], instant(case["local"])) == instant(case["expected_utc"])
