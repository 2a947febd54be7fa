"""The web application as an ASGI server runs it.

Pages and API calls are synchronous and run on threads through the WSGI application; only the stream of live events is
asynchronous. That keeps the per-request cost of Django's sync-to-async bridging away from everything but the stream.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from a2wsgi import WSGIMiddleware
from django.core.asgi import get_asgi_application

from config.wsgi import application as pages

Scope = MutableMapping[str, Any]
THREADS = int(os.environ.get("WEB_THREADS", "8"))
LIVE = "/live/"

live_events = get_asgi_application()
threaded_pages = WSGIMiddleware(pages, workers=THREADS)  # type: ignore[arg-type]


async def application(
    scope: Scope,
    receive: Callable[[], Awaitable[MutableMapping[str, Any]]],
    send: Callable[[MutableMapping[str, Any]], Awaitable[None]],
) -> None:
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
    elif scope["path"].startswith(LIVE):
        await live_events(scope, receive, send)  # type: ignore[arg-type]
    else:
        await threaded_pages(scope, receive, send)  # type: ignore[arg-type]


async def _lifespan(
    receive: Callable[[], Awaitable[MutableMapping[str, Any]]],
    send: Callable[[MutableMapping[str, Any]], Awaitable[None]],
) -> None:
    while True:
        message = await receive()
        await send({"type": message["type"] + ".complete"})
        if message["type"] == "lifespan.shutdown":
            return
