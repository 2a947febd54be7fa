"""The hub of live events: says hello when it listens, begins where the page was made, admits what it does not know."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from config.outbox.services.events import News, publish
from config.web.live import RECENT_LENGTH, RECENT_SECONDS, Hub, Listener

pytestmark = pytest.mark.django_db(transaction=True)


def listener(user: int = 1) -> Listener:
    return Listener(user=user, teams=frozenset(), hears_all=False)


def say(subject: str, user: int = 1) -> None:
    with transaction.atomic():
        publish(News("handoff.offered", subject, timezone.now(), users=[user]))


async def said(stream: AsyncIterator[str]) -> Any:
    """The next event, as the page gets it; "hello" when the stream says so."""
    async for part in stream:
        if "event: hello" in part:
            return "hello"
        if part.startswith("data: "):
            return json.loads(part.removeprefix("data: "))
    return None


def play(scene: Callable[[Hub], Coroutine[Any, Any, None]]) -> None:
    async def whole() -> None:
        hub = Hub()
        try:
            await asyncio.wait_for(scene(hub), 20)
        finally:
            hub.listeners.clear()
            hub._stop_if_alone()

    asyncio.run(whole())


def test_whatever_happens_after_hello_is_heard():
    async def scene(hub: Hub) -> None:
        stream = hub.stream(listener())
        assert await said(stream) == "hello"
        assert await said(stream) == {"topic": "missed"}  # it began to listen only now
        await asyncio.to_thread(say, "7")
        assert await said(stream) == {"topic": "handoff.offered", "subject": "7"}
        await stream.aclose()

    play(scene)


def test_a_page_hears_what_happened_since_it_was_made_and_only_what_is_for_it():
    async def scene(hub: Hub) -> None:
        first = hub.stream(listener())
        await said(first)
        await said(first)
        hub.known_since -= 60  # it has listened for a while
        await asyncio.to_thread(say, "7")
        await asyncio.to_thread(say, "8", 2)
        await said(first)
        second = hub.stream(listener(), time.time())
        assert await said(second) == "hello"
        assert await said(second) == {"topic": "handoff.offered", "subject": "7"}
        await asyncio.to_thread(say, "9")
        assert await said(second) == {"topic": "handoff.offered", "subject": "9"}
        later = listener()
        third = hub.stream(later, time.time() + 60)
        assert await said(third) == "hello"
        assert later.waiting.empty()
        for stream in (first, second, third):
            await stream.aclose()

    play(scene)


def test_a_page_older_than_what_is_known_is_told_so():
    async def scene(hub: Hub) -> None:
        first = hub.stream(listener())
        await said(first)
        old = hub.stream(listener(), time.time() - 60)
        assert await said(old) == "hello"
        assert await said(old) == {"topic": "missed"}
        for number in range(RECENT_LENGTH + 1):
            hub._remember({"topic": "x", "subject": str(number), "users": [], "teams": []}, float(number))
        assert len(hub.recent) <= RECENT_LENGTH
        assert hub.known_since == RECENT_LENGTH - RECENT_SECONDS - 1  # the last that had to go
        await first.aclose()
        await old.aclose()

    play(scene)


def test_it_stops_listening_when_nobody_has_listened_for_a_while():
    async def scene(hub: Hub) -> None:
        stream = hub.stream(listener())
        await said(stream)
        hub._stop_if_alone()
        assert hub.ready.is_set()
        await stream.aclose()
        assert hub.ready.is_set()
        hub._stop_if_alone()
        assert not hub.ready.is_set()
        assert hub.task is None

    play(scene)


def test_a_moment_that_is_none_is_refused(client: Client, db: None):
    from config.accounts.models import User

    client.force_login(User.objects.create_user("ada@handoff.example", name="Ada"))
    assert client.get("/live/events/?since=soon").status_code == 400
