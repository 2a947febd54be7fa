"""Every URL and every role: who has the right gets an answer, everybody else is told to sign in or that it is not theirs.

Addresses that name an object are tried with one that does not exist: the right is judged before anything is looked up,
so the permitted find nothing and the others learn nothing. That objects of others are not found either is tried below
with real ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from http import HTTPStatus

import pytest
from django.test import Client
from django.urls import reverse

from config.accounts.actor import Actor
from config.accounts.models import User
from config.web.access import Rule, declared_access
from config.web.urlwalk import Site, walk
from tests.cast import Cast, assemble

BACKEND = "config.accounts.backends.AccountBackend"
ROLES = ("", "mara", "jonas", "tom", "tim", "sina", "sam", "eva", "priya", "newcomer")
OTHERS_PACKAGES = ("admin/", "accounts/")  # they judge by themselves; looked at below
NOBODY = "00000000-0000-7000-8000-000000000000"
FILLED = (
    (r"<uuid:\w+>", NOBODY), (r"\^\(\?P<app_label>.*\$", "sla/"), (r"\(\?P<url>\.\*\)\$", "x"), (r"<path:\w+>", "1"),
    (r"<int:\w+>", "999999999"), (r"<slug:\w+>", "no-such-thing"), (r"<str:\w+>", "no-such-thing"),
)  # fmt: skip


@pytest.fixture
def cast(db: None) -> Cast:
    return assemble()


def our_sites() -> Iterator[tuple[Site, Rule]]:
    for site in walk():
        if not site.route.startswith(OTHERS_PACKAGES):
            rule = declared_access(site.callback, site.route)
            assert rule is not None, site.route
            yield site, rule


def address(route: str) -> str:
    for pattern, value in FILLED:
        route = re.sub(pattern, value, route)
    assert "<" not in route, f"the walk does not know how to fill {route}"
    return "/" + route


def somebody(cast: Cast, role: str) -> User | None:
    if role == "newcomer":  # has an account, and no team yet
        return User.objects.create(email="new@example.com", name="New Comer")
    return cast.people[role] if role else None


def rule_for(site: Site, rule: Rule, method: str) -> Rule:
    by_method: dict[str, Rule] = getattr(getattr(site.callback, "cls", None), "access_by_method", {})
    return by_method.get(method.upper(), rule)


def expectation(rule: Rule, actor: Actor | None) -> str:
    """A person's session is no token of a source, so what is for machines is closed to people."""
    if rule.machine:
        return "closed"
    if rule.allows(actor):
        return "an answer"
    return "refused" if actor is not None else "asked to sign in"


def verdict(client: Client, method: str, url: str) -> str:
    """`refused`, `asked to sign in`, or the status of what was answered."""
    answer = getattr(client, method)(url)
    if answer.status_code == HTTPStatus.FOUND and answer["Location"].startswith("/accounts/login/"):
        return "asked to sign in"
    if answer.status_code == HTTPStatus.UNAUTHORIZED:
        return "asked to sign in"
    return "refused" if answer.status_code == HTTPStatus.FORBIDDEN else str(answer.status_code)


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role or "nobody")
def test_every_url_answers_whom_it_is_for_and_nobody_else(cast: Cast, client: Client, role: str) -> None:
    user = somebody(cast, role)
    wrong = []
    for site, rule in our_sites():
        if user is not None:
            client.force_login(user, backend=BACKEND)
        actor = Actor.of(user) if user is not None else None
        for method in ("get", "post"):
            expected = expectation(rule_for(site, rule, method), actor)
            if site.name == "home" and role == "newcomer":
                expected = "refused"  # with a page that says whom to ask
            found = verdict(client, method, address(site.route))
            if expected == "an answer":
                fits = found.startswith(("2", "3", "4")) or site.name == "healthz"  # nothing has swept here yet
            elif expected == "closed":
                fits = found in ("refused", "asked to sign in", "405")
            else:
                fits = found in (expected, "405")
            if not fits:
                wrong.append(f"{method.upper()} /{site.route}: {found}, expected {expected} (for {rule})")
    assert wrong == [], "\n".join(wrong)


@pytest.mark.parametrize("role", ["", "tim", "sam", "newcomer"], ids=lambda role: role or "nobody")
def test_the_admin_is_closed_to_those_who_manage_nothing(cast: Cast, client: Client, role: str) -> None:
    user = somebody(cast, role)
    if user is not None:
        client.force_login(user, backend=BACKEND)
    open_to_them = []
    for site in walk():
        if site.route.startswith("admin/") and site.name not in ("admin:login", "admin:logout"):
            answer = client.get(address(site.route))
            if answer.status_code not in (HTTPStatus.FOUND, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND):
                open_to_them.append(site.route)
    assert open_to_them == []


def test_nobody_gets_into_an_account_page_unsigned(cast: Cast, client: Client) -> None:
    for name in ("account_change_password", "mfa_index", "socialaccount_connections"):
        assert verdict(client, "get", reverse(name)) == "asked to sign in"
