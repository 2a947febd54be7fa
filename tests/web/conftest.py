"""Shared set-up of the page tests: people to sign in as, and templates rendered from a line of text."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.template import Context, Template
from django.test import Client, RequestFactory

from config.accounts.choices import Function, Role
from config.accounts.models import Membership, Team, User

BACKEND = "config.accounts.backends.AccountBackend"
Render = Callable[..., str]


@pytest.fixture
def render(rf: RequestFactory) -> Render:
    """`render('{% stage "mql" %}', name=value, query="sort=due")`: what a page would get."""

    def rendered(source: str, *, query: str = "", **values: Any) -> str:
        request = rf.get(f"/somewhere/?{query}")
        return Template(source).render(Context({"request": request, **values})).strip()

    return rendered


def make_member(name: str = "Tom Adeyemi", function: str = Function.SALES, role: str = Role.REP, **fields: Any) -> User:
    email = f"{name.lower().replace(' ', '.')}@example.com"
    user = User.objects.create_user(email, "demo-password-1", name=name, **fields)
    team, _ = Team.objects.get_or_create(name=f"{function} team", function=function)
    Membership.objects.create(user=user, team=team, role=role)
    return user


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend=BACKEND)
    return client


@pytest.fixture
def tom(db: None) -> User:
    return make_member()


def assert_nothing_inline(page: Any) -> None:
    """The policy forbids inline scripts, handlers and styles: the browser would drop them without a word.

    `page` is HTML or a response.
    """
    html = page if isinstance(page, str) else page.content.decode()
    assert not re.search(r"<style\b|\sstyle=|\son[a-z]+=\s*[\"']|javascript:", html), "inline style or handler"
    for attributes in re.findall(r"<script\b([^>]*)>", html):
        assert "src=" in attributes or 'type="application/json"' in attributes, f"inline script: {attributes}"
