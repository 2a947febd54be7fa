"""Live events to open pages: one PostgreSQL connection per process listens, every open page gets its own stream.

Nothing falls between a page's making and its stream: the stream says hello only when the database is listened to, and
begins with what happened since the page was read, or, where that is not known any more, with word that something may
have been missed.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections import deque
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any

import psycopg
from django.conf import settings
from django.db import connections

log = logging.getLogger(__name__)

CHANNEL = "handoff_events"
KEEP_ALIVE_SECONDS = 20.0
QUEUE_LENGTH = 100  # a page that reads slower than this loses events and reloads when it is told so
RECENT_SECONDS = 60.0  # what happened is known for so long; also how long a process listens for nobody
RECENT_LENGTH = 10_000
READ_BEFORE_SECONDS = 5.0  # a page is read from the database a little before its moment is written into it
MISSED = json.dumps({"topic": "missed"})


@dataclass(eq=False)
class Listener:
    """One open page: what it may hear, and what waits to be sent to it."""

    user: int
    teams: frozenset[int]
    hears_all: bool
    waiting: asyncio.Queue[str] = field(default_factory=lambda: asyncio.Queue(QUEUE_LENGTH))

    def hears(self, note: dict[str, Any]) -> bool:
        return self.hears_all or self.user in note["users"] or not self.teams.isdisjoint(note["teams"])

    def tell(self, message: str) -> None:
        if self.waiting.full():
            self.waiting.get_nowait()
            message = MISSED
        self.waiting.put_nowait(message)


class Hub:
    """Listens while a page is open, and a little longer: most pages that close are followed by another. Lives in one
    event loop."""

    def __init__(self) -> None:
        self.listeners: set[Listener] = set()
        self.task: asyncio.Task[None] | None = None
        self.ready = asyncio.Event()
        self.recent: deque[tuple[float, dict[str, Any]]] = deque()
        self.known_since = float("inf")  # everything from this moment on was heard and is still in `recent`

    async def stream(self, listener: Listener, since: float | None = None) -> AsyncGenerator[str]:
        """Server-sent events for one page until it goes away. `since`: when the page was made (seconds of the epoch);
        None for a page that looks everything up anew by itself."""
        if since is not None:
            self._catch_up(listener, since - READ_BEFORE_SECONDS)
        self.listeners.add(listener)
        if self.task is None or self.task.done():
            self.task = asyncio.create_task(self._listen())
        try:
            while not await self._is_ready():
                yield ": not yet\n\n"
            yield "retry: 2000\nevent: hello\ndata: {}\n\n"
            while True:
                try:
                    message = await asyncio.wait_for(listener.waiting.get(), KEEP_ALIVE_SECONDS)
                    yield f"data: {message}\n\n"
                except TimeoutError:
                    yield ": still here\n\n"
        finally:
            self.listeners.discard(listener)
            asyncio.get_running_loop().call_later(RECENT_SECONDS, self._stop_if_alone)

    async def _is_ready(self) -> bool:
        try:
            return await asyncio.wait_for(self.ready.wait(), KEEP_ALIVE_SECONDS)
        except TimeoutError:
            return False

    def _catch_up(self, listener: Listener, since: float) -> None:
        if not self.ready.is_set():
            return  # who waits until it is will be told
        if since < self.known_since:
            listener.tell(MISSED)
            return
        for at, note in self.recent:
            if at >= since and listener.hears(note):
                listener.tell(_message(note))

    def _stop_if_alone(self) -> None:
        if not self.listeners and self.task is not None:
            self.task.cancel()
            self.task = None
            self._deaf()

    def _deaf(self) -> None:
        self.ready.clear()
        self.recent.clear()
        self.known_since = float("inf")

    async def _listen(self) -> None:
        while True:
            try:
                await self._listen_once()
            except (psycopg.OperationalError, OSError) as error:
                log.warning("Live events lost the database; trying again. %s", error)
                self._deaf()
                await asyncio.sleep(1)

    async def _listen_once(self) -> None:
        parameters = connections["default"].get_connection_params()
        wanted = {k: v for k, v in parameters.items() if k in ("dbname", "user", "password", "host", "port", "sslmode")}
        connection = await psycopg.AsyncConnection.connect(**wanted, autocommit=True)
        async with connection:
            await connection.execute(f"LISTEN {CHANNEL}")
            self.known_since = time.time()
            self.ready.set()
            self._tell_those_who_waited()
            async for notification in connection.notifies():
                self._pass_on(json.loads(notification.payload))

    def _tell_those_who_waited(self) -> None:
        for listener in list(self.listeners):
            listener.tell(MISSED)

    def _pass_on(self, note: dict[str, Any]) -> None:
        self._remember(note, time.time())
        message = _message(note)
        for listener in list(self.listeners):
            if listener.hears(note):
                listener.tell(message)

    def _remember(self, note: dict[str, Any], now: float) -> None:
        self.recent.append((now, note))
        while len(self.recent) > RECENT_LENGTH or self.recent[0][0] < now - RECENT_SECONDS:
            self.known_since = self.recent.popleft()[0]


def _message(note: dict[str, Any]) -> str:
    return json.dumps({"topic": note["topic"], "subject": note["subject"]})


HUB = Hub()
assert settings.USE_TZ
