"""Shared set-up: a real HTTP server stands for the systems that are told."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from config.outbox import topics
from config.outbox.models import Endpoint, Event
from config.outbox.services import subscribers

NOW = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def own_registries(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test registers is forgotten after it; what the apps registered is not there during it."""
    monkeypatch.setattr(subscribers, "_subscribers", {})
    monkeypatch.setattr(topics, "_inside", set(topics._inside))


def make_event(topic: str = "lead.created", **fields: Any) -> Event:
    fields = {"subject": "lead:1", "payload": {"score": 7}, "occurred_at": NOW, "next_at": NOW} | fields
    return Event.objects.create(topic=topic, **fields)


@dataclass
class Receiver:
    """A system that is told: what it got, and what it answers next (200 when nothing is planned)."""

    url: str = ""
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    on_call: Callable[[], None] = lambda: None

    def endpoint(self, name: str = "CRM", **fields: Any) -> Endpoint:
        return Endpoint.objects.create(name=name, url=self.url, **fields)


@pytest.fixture
def receivers() -> Iterator[Callable[[], Receiver]]:
    with ExitStack() as stack:
        yield lambda: stack.enter_context(listening())


@pytest.fixture
def receiver(receivers: Callable[[], Receiver]) -> Receiver:
    return receivers()


class listening:  # noqa: N801 - reads as a sentence in a with statement
    def __enter__(self) -> Receiver:
        receiver = Receiver()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append(({k.lower(): v for k, v in self.headers.items()}, body))
                receiver.on_call()
                self.send_response(receiver.answers.pop(0) if receiver.answers else 200)
                self.send_header("Location", "http://127.0.0.1:1/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        receiver.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        return receiver

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()
