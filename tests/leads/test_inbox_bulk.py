"""Many at once: the same reasons and the same demands as one by one, and each refusal by name."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from config.accounts.models import User
from leads.models import Handoff, HandoffState
from leads.services import bulk, handoffs
from leads.views.handoffs_bulk import MANY
from tests.cast import HOUR, Cast
from tests.leads.test_inbox_pages import htmx, text
from tests.web.conftest import signed_in

OFFERED, ACCEPTED, REJECTED = HandoffState.OFFERED, HandoffState.ACCEPTED, HandoffState.REJECTED
# act: (in which state, who does it, what is missing when only the rows are sent)
DEMANDS: dict[str, tuple[str, str, str]] = {
    "accept": (OFFERED, "sina", ""),
    "reject": (OFFERED, "sina", "reason"),
    "reassign": (OFFERED, "sina", "to_user"),
    "recycle": (ACCEPTED, "sina", "reason"),
    "disqualify": (ACCEPTED, "sina", "reason"),
    "withdraw": (OFFERED, "tim", "note"),
    "let-stand": (REJECTED, "tim", ""),
}


def some(cast: Cast, state: str, count: int = 3) -> list[Handoff]:
    found = []
    for number in range(count):
        handoff = cast.with_sales(f"lead{number}", timezone.now() - HOUR)
        if state == ACCEPTED:
            handoffs.accept(handoff.pk, by=cast.sina, at=timezone.now())
        elif state == REJECTED:
            handoffs.reject(handoff.pk, by=cast.sina, at=timezone.now(), reason="duplicate")
        found.append(handoff)
    return found


def picks(rows: list[Handoff]) -> list[str]:
    return [str(row.public_id) for row in rows]


def send(user: User, act: str, rows: list[Handoff], **given: Any) -> Any:
    data = {"pick": picks(rows), "sent": "1"} | given
    return signed_in(user).post(reverse("handoffs_bulk", args=[act]), data, headers=htmx())


def states(rows: list[Handoff]) -> set[str]:
    return set(Handoff.objects.filter(pk__in=[row.pk for row in rows]).values_list("state", flat=True))


def test_every_bulk_act_is_tried_here() -> None:
    assert set(DEMANDS) == set(MANY)


@pytest.mark.parametrize("act", [act for act, (_, _, missing) in DEMANDS.items() if missing])
def test_without_what_it_asks_for_nothing_happens(cast: Cast, act: str) -> None:
    state, who, missing = DEMANDS[act]
    rows = some(cast, state, 2)
    response = send(cast.people[who], act, rows)
    assert response.status_code == 422
    assert f"id_{missing}" in text(response)
    assert states(rows) == {state}
    # The bar of the list sends the rows alone, also without scripts: that asks, and does nothing.
    bar = signed_in(cast.people[who]).post(reverse("handoffs_bulk", args=[act]), {"pick": picks(rows)})
    assert bar.status_code == 200
    assert states(rows) == {state}


@pytest.mark.parametrize(
    ("given", "field"), [({"reason": "outside-icp"}, "attribute"), ({"reason": "other"}, "note"), ({"reason": "x"}, "reason")]
)  # fmt: skip
def test_a_bulk_rejection_asks_for_what_its_reason_needs(cast: Cast, given: dict[str, str], field: str) -> None:
    rows = some(cast, OFFERED, 2)
    response = send(cast.sina, "reject", rows, **given)
    assert response.status_code == 422
    assert f"id_{field}_error" in text(response)
    assert states(rows) == {OFFERED}


def test_each_act_is_done_with_all(cast: Cast) -> None:
    rows = some(cast, OFFERED)
    assert send(cast.sina, "reassign", rows, to_user=str(cast.sam.public_id)).status_code == 204
    assert {row.to_user for row in Handoff.objects.filter(pk__in=[r.pk for r in rows])} == {cast.sam}
    assert send(cast.sina, "accept", rows).status_code == 204
    assert states(rows) == {ACCEPTED}
    assert send(cast.sina, "recycle", rows, reason="needs-nurture", note="Later").status_code == 204
    assert states(rows) == {HandoffState.CLOSED}


def test_a_rejection_of_many_and_letting_them_stand(cast: Cast) -> None:
    rows = some(cast, OFFERED)
    assert send(cast.sina, "reject", rows, reason="duplicate").status_code == 204
    assert states(rows) == {REJECTED}
    assert send(cast.tim, "let-stand", rows).status_code == 204


def test_who_was_faster_with_one_is_named_and_the_others_are_done(cast: Cast) -> None:
    rows = some(cast, OFFERED)
    handoffs.accept(rows[0].pk, by=cast.sam, at=timezone.now())
    response = send(cast.sina, "reject", rows, reason="duplicate")
    assert response.status_code == 200
    assert "Sam Okafor has accepted this lead." in text(response)
    assert "work:changed" in response["HX-Trigger-After-Settle"]
    assert [Handoff.objects.get(pk=row.pk).state for row in rows] == [ACCEPTED, REJECTED, REJECTED]


def test_what_is_not_yours_is_left_alone(cast: Cast) -> None:
    mine, others = some(cast, OFFERED, 2)
    handoffs.reassign(mine.pk, to_user=cast.sam, by=cast.sina, at=timezone.now())
    handoffs.reassign(others.pk, to_user=cast.nina, by=cast.sina, at=timezone.now())
    response = send(cast.sam, "accept", [mine, others])
    assert "1 of those you picked" in text(response)
    assert Handoff.objects.get(pk=others.pk).state == OFFERED
    assert send(cast.sam, "accept", [others]).status_code == 404


def test_odd_requests(cast: Cast) -> None:
    sam = signed_in(cast.sam)
    assert sam.post(reverse("handoffs_bulk", args=["reject"]), {}).status_code == 422
    assert sam.post(reverse("handoffs_bulk", args=["reject"]), {"pick": "x"}).status_code == 422
    assert sam.post(reverse("handoffs_bulk", args=["settle"]), {"pick": "x"}).status_code == 404


def test_more_than_anybody_can_decide_with_open_eyes_is_refused(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "MOST", 2)
    rows = some(cast, OFFERED)
    assert send(cast.sina, "accept", rows).status_code == 422
    assert states(rows) == {OFFERED}
