"""Production refuses to start half-configured; a developer's machine starts with nothing set."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from config.embedded.paths import ROOT

PRODUCTION = {
    "SECRET_KEY": "a-secret-that-is-long-enough-" + "x" * 40,
    "DATABASE_URL": "postgresql://ada@db.example.com/handoff",
    "SITE_URL": "https://handoff.example.com",
    "ALLOWED_HOSTS": "handoff.example.com",
}


def settings(shown: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-c", f"from django.conf import settings; print({shown})"],
        cwd=ROOT,
        env=kept | {"DJANGO_SETTINGS_MODULE": "config.settings"} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("missing", ["SECRET_KEY", "DATABASE_URL"])
def test_production_names_the_secret_that_is_missing(missing: str) -> None:
    done = settings("settings.DEBUG", **{name: value for name, value in PRODUCTION.items() if name != missing})
    assert done.returncode != 0
    assert f"{missing} is not set" in done.stderr


def test_production_is_the_default_and_safe() -> None:
    shown = (
        "settings.LOCAL, settings.DEBUG, settings.SESSION_COOKIE_SECURE, settings.CSRF_COOKIE_SECURE,"
        "settings.SECURE_SSL_REDIRECT, settings.SECURE_HSTS_SECONDS > 0, settings.ALLOWED_HOSTS"
    )
    done = settings(shown, **PRODUCTION)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "False False True True True True ['handoff.example.com']"


def test_an_unknown_mode_is_refused() -> None:
    done = settings("settings.DEBUG", HANDOFF_MODE="staging", **PRODUCTION)
    assert done.returncode != 0
    assert "HANDOFF_MODE is 'staging'" in done.stderr


def test_a_developers_machine_needs_nothing_set() -> None:
    done = settings("settings.LOCAL, settings.BROKER_IS_DATABASE, settings.ALLOWED_HOSTS", HANDOFF_MODE="local")
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "True True ['127.0.0.1', 'localhost', '[::1]']"


def test_another_broker_is_used_as_it_is_given() -> None:
    done = settings(
        "settings.CELERY_BROKER_URL, settings.BROKER_IS_DATABASE, settings.CELERY_WORKER_ENABLE_REMOTE_CONTROL",
        CELERY_BROKER_URL="redis://queue.example.com/0",
        **PRODUCTION,
    )
    assert done.stdout.strip() == "redis://queue.example.com/0 False True"
