"""A new lead on the free rep's screen: from the answer of the API call that made it, at 20 leads a second arriving.

A real browser has the queue open. What is measured is what a rep sees: the first moment at which the lead stands on the
page, by the same machine's clock as the moment the API answered. HANDOFF_BENCH_SECONDS gives another length.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import statistics
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.db import connections
from django.utils import timezone

from config.embedded.paths import ROOT, VAR
from config.embedded.processes import spawn
from config.embedded.programs import CHROMIUM
from tests.bench.report import fresh_database
from tests.cast import assemble

A_SECOND = 20
SECONDS = int(os.environ.get("HANDOFF_BENCH_SECONDS", "15"))
SENDERS = 4
WITHIN = 2.0
WATCH = """() => {
    window.shown = {}; window.heard = {};
    const look = () => document.querySelectorAll("[data-handoff]").forEach((row) => { window.shown[row.dataset.handoff] ??= Date.now(); });
    new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
    document.body.addEventListener("live:any", (event) => { if (event.detail.subject) window.heard[event.detail.subject] ??= Date.now(); });
}"""


@contextmanager
def portal() -> Iterator[str]:
    """The portal as production runs it, on the benchmark's database."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        environment = os.environ | {
            "HANDOFF_VAR": str(VAR),  # where the static files are
            "CELERY_BROKER_URL": "memory://",
            "SITE_URL": address,
            "PYTHONPATH": str(ROOT),
        }
        process = spawn(
            [sys.executable, "-m", "config.embedded.web", str(listener.fileno())],
            env=environment,
            descriptors=[listener.fileno()],
        )
        try:
            _wait_for(address)
            yield address
        finally:
            process.terminate()
            process.wait(20)


def _wait_for(address: str) -> None:
    end_at = time.monotonic() + 90
    while time.monotonic() < end_at:
        try:
            connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=2)
            connection.request("GET", "/livez")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.2)
    raise AssertionError("the portal did not start")


class Sender(threading.Thread):
    """Sends every so-manieth lead at its moment, over one connection that stays open."""

    def __init__(self, address: str, token: str, place: int, begins: float):
        super().__init__(daemon=True)
        self.address, self.token, self.place, self.begins = address.removeprefix("http://"), token, place, begins
        self.answered: dict[str, float] = {}

    def run(self) -> None:
        connection = http.client.HTTPConnection(self.address, timeout=30)
        for number in range(self.place, A_SECOND * SECONDS, SENDERS):
            time.sleep(max(0.0, self.begins + number / A_SECOND - time.time()))
            body = json.dumps(lead(number))
            headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
            connection.request("POST", "/api/v1/leads", body, headers)
            answer = connection.getresponse()
            told = json.loads(answer.read())
            assert answer.status == 201, told
            self.answered[told["handoff"]] = time.time()


def lead(number: int) -> dict[str, Any]:
    return {
        "external_id": f"live-{number}", "email": f"live{number}@company{number}.example", "first_name": "Lead",
        "last_name": str(number), "company": f"Company {number}", "country": "DE", "phone": f"+4930{1_000_000 + number}",
        "intent": "Demo", "activities": [{"type": "demo_request"}],
    }  # fmt: skip


def watch(address: str, session: str, token: str) -> tuple[dict[str, float], dict[str, float], dict[str, float], float]:
    """When each lead was answered for, heard of by the page and shown on it; and how many came in a second."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        quiet = ["--disable-background-networking", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
        browser = playwright.chromium.launch(executable_path=CHROMIUM.path(), args=quiet)
        context = browser.new_context(base_url=address)
        context.add_cookies([{"name": "sessionid", "value": session, "url": address}])
        page = context.new_page()
        page.goto("/queue/")
        page.wait_for_selector("body[data-live-state=open]", timeout=30_000)
        page.evaluate(WATCH)
        senders = [Sender(address, token, place, time.time() + 0.5) for place in range(SENDERS)]
        for sender in senders:
            sender.start()
        while any(sender.is_alive() for sender in senders):
            page.wait_for_timeout(200)
        page.wait_for_timeout(3000)
        shown, heard = page.evaluate("[window.shown, window.heard]")
        browser.close()
    answered: dict[str, float] = {}
    for sender in senders:
        answered |= sender.answered
    rate = len(answered) / (max(answered.values()) - min(answered.values()))
    return answered, heard, shown, rate


def run() -> list[dict[str, Any]]:
    fresh_database()
    from tests.web.conftest import signed_in

    cast = assemble(since=timezone.now() - timedelta(days=30), always_open=True)
    token = cast.source.issue_token()
    session = signed_in(cast.tim).cookies["sessionid"].value
    connections.close_all()
    with portal() as address:
        answered, heard, shown, rate = watch(address, session, token)
    told = sorted(max(0.0, heard[one] / 1000 - at) for one, at in answered.items() if one in heard)
    seen = sorted(max(0.0, shown[one] / 1000 - at) for one, at in answered.items() if one in shown)
    assert len(told) >= 0.95 * len(answered), f"the page heard of {len(told)} of {len(answered)} leads"
    note = f"{len(answered)} leads, {rate:.1f} a second, {len(seen)} stood on the page"
    return [
        figure("live: heard by the page, median", statistics.median(told), note),
        figure("live: heard by the page, 99 of 100", told[int(len(told) * 0.99)], note),
        figure("live: on the screen, median", statistics.median(seen), note),
        figure("live: on the screen, 99 of 100", seen[int(len(seen) * 0.99)], note),
    ]


def figure(name: str, seconds: float, note: str) -> dict[str, Any]:
    return {
        "name": name, "ours": seconds, "reference": WITHIN, "ratio": seconds / WITHIN, "demanded": 1.0, "unit": "s",
        "better": "lower", "note": note,
    }  # fmt: skip
