"""Every test's surroundings: settings, database, static files, a running portal, a browser."""

from __future__ import annotations

import http.client
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import django
import hypothesis
import psycopg.conninfo
import pytest
from playwright.sync_api import expect

from config.embedded import testing
from config.embedded.paths import ROOT
from config.embedded.plain import CannotStart
from config.embedded.processes import spawn
from config.embedded.programs import CHROMIUM

RUN = ExitStack()
testing.enter_run(RUN)  # before anything reads Django's settings
django.setup()  # before the conftests below this folder import models

FAILURES = testing.base() / "test" / "failures"
SECONDS_TO_ANSWER = 60
BROWSER_PATIENCE_MS = 30_000  # a machine that is busy with other tests takes its time to draw a page
OURS = ("config.", "sla.", "leads.", "reports.")

hypothesis.settings.register_profile(
    "handoff",
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],  # a busy machine is no fault of the test
)
hypothesis.settings.load_profile("handoff")


# --- the run -----------------------------------------------------------------------------------------------
@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    if hasattr(session.config, "workerinput"):
        return
    testing.stop_signal_stops()
    try:
        testing.start_services(RUN)
    except CannotStart as error:
        pytest.exit(str(error), returncode=1)


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        RUN.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with a browser test last: once Playwright runs, its process has an event loop that asyncio's own runs
    collide with. By file, for a file is never spread over two processes."""
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker("browser")
    late = {item.path for item in items if item.get_closest_marker("browser")}
    items.sort(key=lambda item: (item.path in late, item.get_closest_marker("browser") is not None))


# --- settings ----------------------------------------------------------------------------------------------
@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> None:
    """One round of hashing. The running portal reads such a hash like any other."""
    from django.conf import settings
    from django.contrib.auth.hashers import PBKDF2PasswordHasher

    PBKDF2PasswordHasher.iterations = 1
    quick = "django.contrib.auth.hashers.PBKDF2PasswordHasher"
    settings.PASSWORD_HASHERS = [quick, *(hasher for hasher in settings.PASSWORD_HASHERS if hasher != quick)]


@pytest.fixture(autouse=True)
def nudges(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """No broker is told of an event: the nudges that a test caused are noted here instead."""
    from config.outbox import nudge as module

    noted: list[float] = []
    real = module.nudge

    def note(task: str = module.DISPATCH) -> None:
        noted.append(time.monotonic())

    for name, found in sys.modules.copy().items():  # another thread may just be importing
        if name.startswith(OURS) and vars(found).get("nudge") is real:
            monkeypatch.setattr(found, "nudge", note)
    return noted


# --- database and files ------------------------------------------------------------------------------------
@pytest.fixture(scope="session", autouse=True)
def static_files() -> None:
    """Before any test: the names of the files are read once, by whatever renders first."""
    testing.collect_static()


@pytest.fixture(scope="session")
def migrated_template() -> None:
    """The test databases are copies of one that was migrated before."""
    from django.db import connections

    if testing.own_server():
        connections["default"].settings_dict["TEST"]["TEMPLATE"] = testing.tests_template()


@pytest.fixture(scope="session")
def django_db_setup(static_files: None, migrated_template: None, django_db_setup: None) -> None:
    """Whatever needs the database may also render a page."""
    from tests import emptying

    emptying.install()


# --- a running portal --------------------------------------------------------------------------------------
@pytest.fixture(scope="session")
def portal_server(django_db_setup: None) -> Iterator[str]:
    """The portal as production runs it, on this process's test database and a free port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        log = portal_log()
        with log.open("wb") as output:
            process = spawn(
                [sys.executable, "-m", "config.embedded.web", str(listener.fileno())],
                env=portal_environment(address),
                output=output,
                descriptors=[listener.fileno()],
            )
        try:
            wait_until_it_answers(process, address, log)
            yield address
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def portal_log() -> Path:
    return Path(os.environ["HANDOFF_VAR"]) / f"portal-{os.environ.get('PYTEST_XDIST_WORKER', 'main')}.log"


def portal_environment(address: str) -> dict[str, str]:
    from django.db import connection

    name = str(connection.settings_dict["NAME"])
    return os.environ | {
        "DATABASE_URL": psycopg.conninfo.make_conninfo(os.environ["DATABASE_URL"], dbname=name),
        "CELERY_BROKER_URL": "memory://",  # nobody works its queue
        "SITE_URL": address,
        "PYTHONPATH": str(ROOT),
    }


def wait_until_it_answers(process: Any, address: str, log: Path) -> None:
    end_at = time.monotonic() + SECONDS_TO_ANSWER
    while time.monotonic() < end_at and process.poll() is None:
        connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=1)
        try:
            connection.request("GET", "/livez")
            connection.getresponse()
        except (OSError, http.client.HTTPException):
            continue
        else:
            return
        finally:
            connection.close()
    pytest.fail(f"The portal did not start:\n{log.read_text(errors='replace')[-3000:]}")


@pytest.fixture
def live_portal(portal_server: str, transactional_db: None) -> str:
    """The address of a running portal that sees what this test writes; emptied after the test."""
    return portal_server


# --- browser -----------------------------------------------------------------------------------------------
@pytest.fixture(scope="session")
def base_url() -> None:
    """None for all: a test that drives the portal takes its address from `live_portal`."""


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    found = CHROMIUM.path()
    if found is None:
        pytest.fail(CHROMIUM.missing)
    quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]
    as_root = ["--no-sandbox"] if os.geteuid() == 0 else []
    return browser_type_launch_args | {"executable_path": found, "args": [*quiet, *as_root]}


@pytest.fixture(scope="session")
def playwright(playwright: Any) -> Iterator[Any]:
    """Its event loop runs in this thread, where Django would refuse every query of a test."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    expect.set_options(timeout=BROWSER_PATIENCE_MS)
    yield playwright
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    report: Any = yield
    used = getattr(item, "funcargs", {})
    if report.when == "call" and report.failed:
        if "browser" in used:
            kept = keep_what_was_seen(item, used["browser"])
            report.sections.append(("What the browser showed", "\n".join(kept)))
        if "portal_server" in used:
            report.sections.append(("What the portal said last", portal_log().read_text(errors="replace")[-3000:]))
    return report


def keep_what_was_seen(item: pytest.Item, browser: Any) -> list[str]:
    """A picture and the HTML of every open page, before the test's fixtures close them."""
    FAILURES.mkdir(parents=True, exist_ok=True)
    name = re.sub(r"[^A-Za-z0-9_.-]+", "-", item.nodeid.removeprefix("tests/"))[-150:]
    kept = []
    for number, page in enumerate(page for context in browser.contexts for page in context.pages):
        stem = FAILURES / f"{name}-{number}"
        try:
            page.screenshot(path=f"{stem}.png", full_page=True, timeout=5000)
            Path(f"{stem}.html").write_text(page.content())
        except Exception as error:  # noqa: BLE001 - a page that is gone must not hide why the test failed
            kept.append(f"{page.url}: {error}")
        else:
            kept.append(f"{page.url}: {stem}.png and .html")
    return kept
