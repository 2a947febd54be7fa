"""Several people want the same thing at the same moment, over HTTP: one wins, the others are told who did."""

from __future__ import annotations

import http.client
import json
from functools import partial
from http import HTTPStatus
from typing import Any

import pytest
from django.utils import timezone

from config.accounts.models import ApiToken, User
from leads.models import Handoff, QueueItem
from tests.cast import DAY, Cast, assemble, make_user
from tests.races import race

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cast(live_portal: str) -> Cast:
    return assemble(since=timezone.now() - 30 * DAY, always_open=True)


def token(user: User) -> str:
    return ApiToken.issue(user, "race")[1]


def post(portal: str, path: str, bearer: str, body: dict[str, Any] | None = None) -> tuple[int, dict[str, Any]]:
    connection = http.client.HTTPConnection(portal.removeprefix("http://"), timeout=30)
    try:
        headers = {"Authorization": f"Bearer {bearer}", "Content-Type": "application/json"}
        connection.request("POST", path, json.dumps(body or {}), headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read() or b"{}")
    finally:
        connection.close()


def test_eight_people_take_the_same_lead_and_one_gets_it(live_portal: str, cast: Cast) -> None:
    reps = [cast.tim, cast.tess, *(make_user(f"Rep {n}", ("telequalification", "rep")) for n in range(6))]
    tokens = [token(rep) for rep in reps]
    handoff = cast.hot(at=timezone.now())
    results = race(*(partial(post, live_portal, f"/api/v1/handoffs/{handoff.public_id}/claim", one) for one in tokens))
    statuses = sorted(status for status, _ in results)
    assert statuses == [HTTPStatus.OK] + [HTTPStatus.CONFLICT] * 7, results
    winner = reps[[status for status, _ in results].index(HTTPStatus.OK)]
    assert QueueItem.objects.get(pk=handoff.pk).claimed_by == winner
    for status, body in results:
        if status == HTTPStatus.CONFLICT:
            assert winner.name in body["error"]["message"], body


def test_accepted_and_rejected_at_once_one_decision_stands(live_portal: str, cast: Cast) -> None:
    """Its owner, and the manager who may decide for the team."""
    tokens = {user.pk: token(user) for user in (cast.sam, cast.nina, cast.sina)}
    for number in range(5):
        handoff = cast.with_sales(f"lead{number}", timezone.now())
        assert handoff.to_user_id is not None
        path = f"/api/v1/handoffs/{handoff.public_id}"
        results = race(
            partial(post, live_portal, f"{path}/accept", tokens[handoff.to_user_id]),
            partial(post, live_portal, f"{path}/reject", tokens[cast.sina.pk], {"reason": "duplicate"}),
        )
        statuses = sorted(status for status, _ in results)
        assert statuses == [HTTPStatus.OK, HTTPStatus.CONFLICT], results
        lost = next(body for status, body in results if status == HTTPStatus.CONFLICT)
        assert lost["error"]["state"] == Handoff.objects.get(pk=handoff.pk).state
