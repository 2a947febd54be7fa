"""The company's own day: its zone, its today, and what its agreements say for all reports."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from django.conf import settings

from reports.models import ReportSettings
from sla.services.compiling import InForce, in_force
from sla.stages import FORWARD, LABELS
from sla.terms import Terms


def company_zone() -> ZoneInfo:
    return ZoneInfo(settings.COMPANY_TIME_ZONE)


_settings: ContextVar[ReportSettings | None] = ContextVar("report_settings", default=None)


@contextmanager
def settings_read_once() -> Iterator[None]:
    """Inside, the company's settings of the reports are read once, however often they are asked for."""
    token = _settings.set(ReportSettings.current())
    try:
        yield
    finally:
        _settings.reset(token)


def report_settings() -> ReportSettings:
    return _settings.get() or ReportSettings.current()


def week_start() -> int:
    """The weekday on which weeks begin; Monday is 0."""
    return int(report_settings().first_weekday)


def today(now: datetime) -> date:
    """The company's calendar day at an instant."""
    return now.astimezone(company_zone()).date()


@dataclass
class Agreed:
    """The agreements in force at `at`. Where a page is about all segments, the default segment's words are used."""

    at: datetime
    rows: InForce

    @classmethod
    def read(cls, at: datetime) -> Agreed:
        return cls(at, in_force(at))

    def terms(self, segment_id: int | None) -> Terms | None:
        """The terms of a segment; without one those of the segment that takes what fits no other."""
        if segment_id is not None:
            return self.rows.terms_for(segment_id)
        found = self.rows.rows
        return found[-1][2] if found else None

    @cached_property
    def fiscal_month(self) -> int:
        terms = self.terms(None)
        return int(terms.content["fiscal_year_start_month"]) if terms else 1


def label(terms: Terms | None, code: str) -> str:
    """What the agreement calls a stage."""
    return terms.label(code) if terms else LABELS.get(code, code)


def path(terms: Terms | None) -> Sequence[str]:
    """The stages leads go through, in order."""
    return terms.path if terms else FORWARD


def currency(terms: Terms | None) -> str:
    return terms.currency if terms else settings.COMPANY_CURRENCY
