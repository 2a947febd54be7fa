"""`POST /api/v1/leads` with score, routing, handoff and clock, against the plain create of the yardstick application."""

from __future__ import annotations

import os
import statistics
from pathlib import Path
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.bench import yardstick
from tests.bench.crowd import gather
from tests.bench.report import fresh_database
from tests.cast import DAY, assemble

FEW, MANY = 10_000, 100_000
REQUESTS, ROUNDS = 400, 5
WORDS = {
    "first_name": "{word}",
    "last_name": "Bench",
    "phone": "+37120000000",
    "company": "{word} Ltd",
    "city": "{city}",
}


def ours(token: str) -> dict[str, Any]:
    """A lead that qualifies at once: scored, routed, handed to telequalification under a running clock."""
    body = WORDS | {
        "email": "c{seq}.{run}@c{seq}-{run}.example",
        "external_id": "{run}-{seq}",
        "country": "DE",
        "intent": "Demo",
        "activities": [{"type": "demo_request"}],
    }
    headers = {"Authorization": f"Bearer {token}"}
    return {"method": "POST", "path": "/api/v1/leads", "expect": [201], "json": body, "headers": headers}


def theirs() -> dict[str, Any]:
    body = WORDS | {"email": "c{seq}.{run}@bench.example", "source": "call"}
    headers = {"Authorization": "Bearer bench"}
    return {"method": "POST", "path": "/api/leads/", "expect": [201], "json": body, "headers": headers}


def run() -> list[dict[str, Any]]:
    few, plain_few, queries = at_size(FEW)
    many, plain_many, _ = at_size(MANY)
    common = {"unit": "leads/s", "better": "higher"}
    return [
        {"name": "intake: qualified lead by API, 10,000 leads", "ours": few, "reference": plain_few, "ratio": few / plain_few, "demanded": 0.5, **common},
        {"name": "intake: qualified lead by API, 100,000 leads", "ours": many, "reference": plain_many, "ratio": many / plain_many, "demanded": 0.5, **common},
        {"name": "intake: 100,000 leads against 10,000", "ours": many / plain_many, "reference": few / plain_few, "ratio": (many / plain_many) / (few / plain_few), "demanded": 0.8, "unit": "of plain", "better": "higher"},
        {"name": "intake: queries for one qualified lead", "ours": float(queries), "reference": 15.0, "ratio": queries / 15, "demanded": 1.0, "unit": "queries", "better": "lower"},
    ]  # fmt: skip


def at_size(leads: int) -> tuple[float, float, int]:
    """Medians of requests a second with so many leads there, ours and the reference's in turns; and our queries."""
    work = Path(os.environ["HANDOFF_VAR"])
    generator = yardstick.load_generator()
    fresh_database()
    cast = assemble(since=timezone.now() - 30 * DAY)
    gather(cast, leads=leads, activities=leads * 5)
    scenario = ours(cast.source.issue_token())
    queries = count_queries(scenario)
    with yardstick.reference(leads, work) as reference, yardstick.portal() as base:
        pairs = [
            (
                yardstick.load(generator, base, scenario, count=REQUESTS, seed=number),
                yardstick.load(generator, reference, theirs(), count=REQUESTS, seed=number),
            )
            for number in range(ROUNDS)
        ]
    return statistics.median(pair[0] for pair in pairs), statistics.median(pair[1] for pair in pairs), queries


def count_queries(scenario: dict[str, Any]) -> int:
    body = scenario["json"] | {"email": "one@one.example", "external_id": "one"}
    client = Client(headers=scenario["headers"], SERVER_NAME="localhost")
    with CaptureQueriesContext(connection) as seen:
        answer = client.post(scenario["path"], body, content_type="application/json")
    assert answer.status_code == 201, answer.content
    assert answer.json()["handoff"], "the lead did not qualify"
    return len(seen)
