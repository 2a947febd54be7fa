"""A step of the funnel that fell far below its past is told to those who lead, once a week for each step."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode

from django.db import transaction
from django.urls import reverse

from config.notices import kinds
from config.notices.models import Urgency
from config.notices.services.notices import tell
from reports import company
from reports.company import settings_read_once, today
from reports.database import snapshot
from reports.documents.funnel import drop_words
from reports.periods import Kind, containing
from reports.queries import dropoff
from reports.queries.dropoff import Drop
from reports.scope import Scope
from reports.services.digest import leading
from sla.models import Segment
from sla.terms import Terms

KIND = "funnel_drop"

kinds.register_kind(KIND, "A step of the funnel falls far below its past", group="Reports")


def tell_of_drops(at: datetime) -> int:
    """Look at the last 30 days of each segment with an agreement in force; returns how many people were told anew."""
    with settings_read_once():
        agreed = company.Agreed.read(at)
        segments = {segment.pk: segment for segment in Segment.objects.filter(pk__in=agreed.rows.segment_ids)}
        return sum(_look(segments[pk], terms, at) for pk, _, terms in agreed.rows.rows)


def _look(segment: Segment, terms: Terms, at: datetime) -> int:
    if not terms.qualifying_stages:
        return 0
    period = containing(Kind.LAST_30, today(at))
    with snapshot():
        drops = dropoff.drops(terms.path, terms.qualifying_stages[0], Scope(segment=segment.pk), period, at)
    return sum(_tell(segment, terms, drop, at) for drop in drops if drop.is_alarm)


def _tell(segment: Segment, terms: Terms, drop: Drop, at: datetime) -> int:
    week = containing(Kind.WEEK, today(at)).first_on
    title = (
        f"{segment.name}: far fewer leads than usual got from {terms.label(drop.before)} to {terms.label(drop.stage)}"
    )
    url = f"{reverse('reports_funnel')}?{urlencode({'by': Kind.LAST_30, 'segment': segment.key})}"
    with transaction.atomic():
        told = tell(
            list(leading()), KIND, title, body=drop_words(terms, drop), url=url, urgency=Urgency.SOON,
            dedupe_key=f"{KIND}:{segment.pk}:{drop.before}:{drop.stage}:{week}", at=at,
        )  # fmt: skip
    return len(told)
