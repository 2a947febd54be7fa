"""The pages that people keep open all day: at most eight queries each, and as quick among many leads as among few.

Minutes lie between few and many, in which the machine may have become slower for all: each page is therefore taken in
turns with one that shows no leads, and what is compared is how many of those it costs.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from config.accounts.models import User
from config.embedded.paths import VAR
from tests.bench.report import fresh_database, interleaved
from tests.bench.waiting import fill, sample_of
from tests.cast import Cast, assemble

FEW, MANY = 10_000, 100_000
QUERIES = 8
BARE = "/people/me/"
PAGES = {"queue": "/queue/", "inbox": "/inbox/?scope=team", "leads": "/leads/"}
# Every other lead has been qualified on the phone and waits for sales.
HANDED_ON = (
    "DELETE FROM leads_queueitem WHERE handoff_id % 2 = 0",
    """
    UPDATE leads_handoff SET from_team_id = to_team_id, from_function = to_function, to_team_id = {sales}, to_function = 'sales',
        to_user_id = {sam}, stage = 'tql', queue_id = NULL WHERE id % 2 = 0
    """,
    "UPDATE leads_lead SET stage = 'tql' WHERE id IN (SELECT lead_id FROM leads_handoff WHERE id % 2 = 0)",
    "VACUUM ANALYZE leads_handoff, leads_lead, leads_queueitem",
)


def run() -> list[dict[str, Any]]:
    settings.STATIC_ROOT = VAR / "static"  # pages name the files that the set-up has collected
    fresh_database()
    with transaction.atomic():
        cast = assemble(since=timezone.now() - timedelta(days=30), always_open=True)
        sample = sample_of(cast, timezone.now())
    people = {"queue": cast.tim, "inbox": cast.sam, "leads": cast.jonas}
    few: dict[str, float] = {}
    rows = []
    for size in (FEW, MANY):
        fill(sample, size)
        hand_on(cast)
        for name, path in PAGES.items():
            client = signed_in(people[name])
            seconds, bare = interleaved(partial(opened, client, path), partial(fetched, client, BARE), 15)
            if size == FEW:
                few[name] = seconds / bare
                continue
            count = float(queries(client, path))
            rows += [
                {
                    "name": f"{name} page: queries among {size:,} leads", "ours": count, "reference": float(QUERIES),
                    "ratio": count / QUERIES, "demanded": 1.0, "unit": "queries", "better": "lower",
                },
                {
                    "name": f"{name} page: {size:,} leads against {FEW:,}", "ours": seconds * 1000,
                    "reference": few[name] * bare * 1000, "ratio": seconds / (few[name] * bare), "demanded": 1.3, "unit": "ms", "better": "lower",
                },
            ]  # fmt: skip
    return rows


def hand_on(cast: Cast) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        for statement in HANDED_ON:
            cursor.execute(statement.format(sales=cast.team("sales").pk, sam=cast.sam.pk))
        cursor.execute("SET session_replication_role = DEFAULT")


def signed_in(user: User) -> Client:
    client = Client(SERVER_NAME="localhost")
    client.force_login(user, backend="config.accounts.backends.AccountBackend")
    return client


def fetched(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.headers.get('Location', '')}"
    return answer.content.decode()


def opened(client: Client, path: str) -> None:
    page = fetched(client, path)
    assert "Lovelace" in page or "sample" in page, "the page shows no lead"


def queries(client: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as seen:
        opened(client, path)
    return len(seen)
