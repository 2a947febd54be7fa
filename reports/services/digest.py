"""The figures by mail: managers and executives get the one page of the week or month that has ended, as they wish."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from urllib.parse import urlencode

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse

from config.accounts.actor import Actor
from config.accounts.choices import Function, Role
from config.accounts.models import Membership, User
from config.notices import kinds
from config.notices.services.notices import tell
from reports import asked as asking
from reports.asked import Asked
from reports.company import company_zone, settings_read_once, today, week_start
from reports.database import snapshot
from reports.documents.base import Figure, Note, Report, Row, Table, Tiles
from reports.documents.brief import REPORT as BRIEF
from reports.models import DigestWish
from reports.periods import Kind, Period, containing

KIND = "report_digest"
FROM_HOUR = 6  # the company's clock; the notices' own quiet hours come on top
DAYS_LATE = 1  # a portal that was down on the day sends it on the next
KIND_OF: dict[str, Kind] = {DigestWish.Every.WEEK: Kind.WEEK, DigestWish.Every.MONTH: Kind.MONTH}

kinds.register_kind(KIND, "The figures of the week or month", group="Reports")


def wish_of(user: User) -> str:
    """How often somebody gets it: as they said, else each week for managers and executives, and never for others."""
    wish = DigestWish.objects.filter(user=user).first()
    if wish is not None:
        return wish.every
    return str(DigestWish.Every.WEEK if leading().filter(pk=user.pk).exists() else DigestWish.Every.NEVER)


def choose(user: User, every: str) -> None:
    DigestWish.objects.update_or_create(user=user, defaults={"every": every})


def leading() -> QuerySet[User]:
    """Managers, admins and executives."""
    seats = Membership.objects.active()
    leaders = seats.filter(role__in=(Role.MANAGER, Role.ADMIN)) | seats.filter(team__function=Function.MANAGEMENT)
    return User.objects.filter(is_active=True, pk__in=leaders.values("user"))


def recipients(every: str) -> list[User]:
    """Who wants it this often. Only members of a team may see figures."""
    wished = User.objects.filter(
        is_active=True, report_digest__every=every, memberships__in=Membership.objects.active()
    )
    found = {user.pk: user for user in wished}
    if every == DigestWish.Every.WEEK:
        found |= {user.pk: user for user in leading().filter(report_digest=None)}
    return [found[pk] for pk in sorted(found)]


def ended(every: str, at: datetime) -> Period | None:
    """The week or month that has just ended, if its figures are due now."""
    day = today(at)
    running = containing(KIND_OF[every], day, week_start=week_start())
    late = (day - running.first_on).days
    is_due = late <= DAYS_LATE and (late > 0 or at.astimezone(company_zone()).hour >= FROM_HOUR)
    return running.previous if is_due else None


def send_due(at: datetime) -> int:
    """Tell everybody who is due, once; returns how many were told. Repeating costs a look."""
    with settings_read_once():
        return sum(_send(every, period, at) for every in KIND_OF if (period := ended(every, at)) is not None)


def _send(every: str, period: Period, at: datetime) -> int:
    people = recipients(every)
    if not people:
        return 0
    with snapshot():
        asked = _asked(people[0], period, at)
        body = "\n".join(lines(BRIEF, asked))
    url = f"{reverse(BRIEF.url_name)}?{urlencode(_query(period))}"
    with transaction.atomic():
        told = tell(
            people, KIND, f"{period.label}: the figures on one page", body=body, url=url,
            dedupe_key=f"{KIND}:{every}:{period.first_on}", at=at,
        )  # fmt: skip
    return len(told)


def _query(period: Period) -> dict[str, str]:
    return {"by": period.kind, "from": period.first_on.isoformat()}


def _asked(user: User, period: Period, at: datetime) -> Asked:
    return asking.read(_query(period), Actor.of(user), at, filters=BRIEF.filters, kinds=BRIEF.kinds)


def lines(report: Report, asked: Asked) -> Iterator[str]:
    """A report in plain lines, as a mail shows it: each figure with what it is of."""
    for section in report.sections:
        yield f"{section.title.upper()}"
        for block in section.build(asked):
            if isinstance(block, Tiles):
                yield from (f"{tile.label}: {_words(tile.figure)}" for tile in block.tiles)
            elif isinstance(block, Table):
                yield from (_row_words(block, row) for row in block.rows) if block.rows else iter([block.empty])
            elif isinstance(block, Note):
                yield f"{block.title}. {block.text}" if block.title else block.text
        yield ""


def _words(figure: Figure) -> str:
    return f"{figure.text} ({figure.sub})" if figure.sub else figure.text


def _row_words(table: Table, row: Row) -> str:
    rest = [f"{column.label.lower()} {entry.text}" for column, entry in zip(table.columns[1:], row.rest, strict=True)]
    return f"{row.head.text}: {', '.join(rest)}"
