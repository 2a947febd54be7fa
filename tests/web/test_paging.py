"""Keyset pages: every row once, in order, both ways, from one short query each."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from config.accounts.models import ApiToken, User
from config.web.paging import Page, keyset

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
BY = ["pk", "label", "expires_at", "user__name"]


@pytest.fixture
def tokens() -> list[ApiToken]:
    """23 rows with ties, empty dates and a related column."""
    people = [User.objects.create_user(f"p{n}@example.com", name=name) for n, name in enumerate(("Bo", "Ana", "Bo"))]
    rows = [
        ApiToken(
            user=people[number % 3],
            label=f"token {number % 5}",
            token_hash=str(number),
            expires_at=None if number % 4 == 0 else MONDAY + timedelta(microseconds=number % 3),
        )
        for number in range(23)
    ]
    return ApiToken.objects.bulk_create(rows)


def forward(**asked: Any) -> list[Page[ApiToken]]:
    pages = [keyset(ApiToken.objects.all(), size=4, **asked)]
    while pages[-1].older:
        assert len(pages) < 30, "pages go round in circles"
        pages.append(keyset(ApiToken.objects.all(), size=4, cursor=pages[-1].older, **asked))
    return pages


def ids(pages: list[Page[ApiToken]]) -> list[int]:
    return [row.pk for page in pages for row in page.rows]


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("by", BY)
def test_the_pages_hold_every_row_once_in_order(tokens, by, descending):
    found = ids(forward(by=by, descending=descending))
    assert sorted(found) == sorted(token.pk for token in tokens)
    assert found == [row.pk for row in keyset(ApiToken.objects.all(), by=by, descending=descending, size=100).rows]


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("by", BY)
def test_going_back_shows_the_same_pages(tokens, by, descending):
    pages = forward(by=by, descending=descending)
    back = [pages[-1]]
    while back[0].newer:
        back.insert(0, keyset(ApiToken.objects.all(), size=4, cursor=back[0].newer, by=by, descending=descending))
    assert [ids([page]) for page in back] == [ids([page]) for page in pages]
    assert back[0].is_first


@pytest.mark.parametrize("descending", [False, True])
def test_rows_without_a_value_stand_at_the_end(tokens, descending):
    values = [row.expires_at for page in forward(by="expires_at", descending=descending) for row in page.rows]
    filled = [value for value in values if value]
    assert values == filled + [None] * 6
    assert filled == sorted(filled, reverse=descending)


def test_a_row_added_meanwhile_shifts_nothing(tokens):
    first = keyset(ApiToken.objects.all(), by="label", size=4)
    ApiToken.objects.create(user=tokens[0].user, label="token 0", token_hash="new")
    second = keyset(ApiToken.objects.all(), by="label", size=4, cursor=first.older)
    assert not set(ids([first])) & set(ids([second]))


def test_a_page_is_one_query_that_counts_nothing(tokens):
    first = keyset(ApiToken.objects.all(), by="label", size=4)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        keyset(ApiToken.objects.all(), by="label", size=4, cursor=first.older)
    assert len(queries) == 1
    assert "COUNT(" not in queries[0]["sql"]
    assert "OFFSET" not in queries[0]["sql"]


def as_cursor(*parts: Any) -> str:
    return urlsafe_b64encode(json.dumps(parts).encode()).decode()


@pytest.mark.parametrize(
    "cursor",
    [
        "x", "%%%", "💥", as_cursor(1), as_cursor(1, "not a date", "7"), as_cursor(1, None, "seven"), as_cursor(1, "\x00", "7"),
        as_cursor(1, {"a": 1}, "7"), as_cursor(1, "2026-03-02", ["7"]), urlsafe_b64encode(b"7").decode(), "AAAA" * 500,
    ],
)  # fmt: skip
def test_a_cursor_that_cannot_be_read_gives_the_first_page(tokens, cursor):
    page = keyset(ApiToken.objects.all(), by="expires_at", cursor=cursor, size=4)
    assert page.is_first
    assert len(page.rows) == 4


def test_numbers_beyond_the_column_are_no_error(tokens):
    page = keyset(ApiToken.objects.all(), cursor=as_cursor(1, "9" * 40, "9" * 40), size=4)
    assert page.rows == []
    assert not page.is_first


def test_an_empty_list_is_one_empty_page():
    assert keyset(ApiToken.objects.all()) == Page([])
