"""Shared set-up: what a test registers is forgotten, and a few people to tell."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from config.accounts.models import User
from config.notices import kinds
from config.notices.models import Preference
from config.notices.services import links

NOW = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)  # a Tuesday, 10:00 in Berlin


@pytest.fixture(autouse=True)
def own_registries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links, "_verbs", {})
    monkeypatch.setattr(kinds, "_kinds", {})
    kinds.register_kind("handoff_offered", "A lead is handed to me", group="Handoffs")
    kinds.register_kind("clock_warned", "A promise is about to run out", group="Clocks")


def make_user(name: str = "Ines Kowalska", **fields: Any) -> User:
    fields = {"time_zone": "Europe/Berlin"} | fields
    return User.objects.create(email=f"{name.lower().replace(' ', '.')}@example.com", name=name, **fields)


def prefer(user: User, **wishes: Any) -> Preference:
    return Preference.objects.create(user=user, **wishes)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="config.accounts.backends.AccountBackend")
    return client


@pytest.fixture
def ines(db: None) -> User:
    return make_user()


@pytest.fixture
def omar(db: None) -> User:
    return make_user("Omar Haddad")
