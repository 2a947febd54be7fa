"""What a page was asked for: a period and filters, read from the address and checked against what there is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.http import Http404

from reports import periods
from reports.company import Agreed, company_zone, today, week_start
from reports.models import ReportSettings
from reports.periods import Kind, Period
from reports.queries import choices
from reports.queries.choices import Option
from reports.scope import Scope
from sla.terms import Terms

if TYPE_CHECKING:
    from config.accounts.actor import Actor

EARLIEST, LATEST = date(1990, 1, 1), date(2100, 1, 1)
MOST_BACK = 400
LONGEST = 80
SCOPE_NAME = {"person": "user"}
Begins = tuple[int, int]  # the fiscal year's first month and the week's first day


@dataclass(frozen=True)
class Filter:
    """A filter as the page shows it."""

    key: str
    label: str
    options: Sequence[Option]
    code: str = ""

    @property
    def chosen(self) -> Option | None:
        return next((option for option in self.options if option.code == self.code), None)


@dataclass
class Asked:
    """`scope` carries the period's instants and the filters' ids; `given` is what the address said of it, checked."""

    now: datetime
    actor: Actor
    agreed: Agreed
    period: Period
    filters: list[Filter] = field(default_factory=list)
    given: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    @property
    def scope(self) -> Scope:
        from_at, until_at = self.period.bounds(company_zone())
        ids = {SCOPE_NAME.get(one.key, one.key): one.chosen.value for one in self.filters if one.chosen}
        return Scope(from_at=from_at, until_at=until_at, **ids)  # type: ignore[arg-type]

    @property
    def terms(self) -> Terms | None:
        return self.agreed.terms(self.scope.segment)

    @property
    def today(self) -> date:
        return today(self.now)

    @property
    def zone(self) -> str:
        return company_zone().key

    @property
    def week_begins(self) -> str:
        return ReportSettings.Weekday(self.period.week_start).label

    @property
    def fiscal_begins(self) -> str:
        return periods.MONTHS[self.period.fiscal_month - 1]

    @property
    def is_calendar(self) -> bool:
        return self.period.kind in periods.CALENDAR

    @property
    def is_over(self) -> bool:
        return self.period.until_on <= self.today

    @property
    def set_filters(self) -> list[Filter]:
        return [one for one in self.filters if one.chosen]

    def one_of(self, key: str, known: Sequence[str], usual: str) -> str:
        """A further parameter's value if it is one of those there are, else the usual one."""
        value = self.given.get(key, "")
        return value if value in known else usual

    def query(self, **changes: Any) -> str:
        """The address of the same page with some parameters changed; None takes one away."""
        wanted = {key: value for key, value in (self.given | changes).items() if value not in (None, "")}
        return f"?{urlencode(wanted)}" if wanted else "?"

    def at_period(self, period: Period) -> dict[str, str]:
        """The parameters that name a period for good, wherever today is."""
        if period.kind in periods.CALENDAR:
            return {"by": period.kind, "from": period.first_on.isoformat(), "to": "", "back": ""}
        return {"by": Kind.SPAN, "from": period.first_on.isoformat(), "to": period.last_on.isoformat(), "back": ""}

    @property
    def earlier(self) -> str:
        return self.query(**self.at_period(self.period.previous))

    @property
    def later(self) -> str:
        """Empty where nothing can have happened yet."""
        following = self.period.shifted(1)
        return "" if following.first_on > self.today else self.query(**self.at_period(following))


def read(
    parameters: Mapping[str, str],
    actor: Actor,
    now: datetime,
    *,
    filters: Sequence[str] = choices.FILTERS,
    usual: str = Kind.MONTH,
    kinds: Sequence[str] = tuple(Kind),
    extra: Sequence[str] = (),
) -> Asked:
    """Check the address of a page. What cannot be read is said in `problems`, and the usual shown instead."""
    agreed = Agreed.read(now)
    problems: list[str] = []
    period, given = _period(parameters, (agreed.fiscal_month, week_start()), today(now), usual, kinds, problems)
    asked = Asked(now, actor, agreed, period, given=given, problems=problems)
    for key, options in choices.offered(filters, actor, now).items():
        asked.filters.append(_filter(key, options, parameters.get(key, ""), asked))
    for key in extra:
        if parameters.get(key):
            asked.given[key] = parameters[key][:LONGEST]
    return asked


def _filter(key: str, options: list[Option], code: str, asked: Asked) -> Filter:
    found = Filter(key, choices.LABELS[key], options, code)
    if code and found.chosen is None:
        if key == "person":
            raise Http404("Nobody whose figures you may see")
        asked.problems.append(f"{found.label}: {code[:40]!r} is not one of the choices; all are shown.")
        return Filter(key, found.label, options)
    if code:
        asked.given[key] = code
    return found


def _period(
    parameters: Mapping[str, str], begins: Begins, now: date, usual: str, kinds: Sequence[str], problems: list[str]
) -> tuple[Period, dict[str, str]]:
    kind = parameters.get("by") or ""
    given: dict[str, str] = {}
    if kind and kind not in kinds:
        problems.append(f"Period: {kind[:40]!r} is not one of the choices.")
        kind = ""
    if kind:
        given["by"] = kind
    kind = kind or usual
    first = _day("from", parameters, problems)
    if kind == Kind.SPAN:
        return _span(parameters, first, begins, now, given, problems)
    if first is not None and kind in periods.CALENDAR:
        period = periods.containing(kind, first, *begins)
        given |= {"by": kind, "from": period.first_on.isoformat()}
        return period, given
    period = periods.containing(kind, now, *begins)
    back = parameters.get("back", "")
    if back:
        if not back.isdigit() or int(back) > MOST_BACK:
            problems.append("“back” counts periods: a whole number.")
        else:
            given["back"] = back
            period = period.shifted(-int(back))
    return period, given


def _span(
    parameters: Mapping[str, str],
    first: date | None,
    begins: Begins,
    now: date,
    given: dict[str, str],
    problems: list[str],
) -> tuple[Period, dict[str, str]]:
    """Days of one's own choice; where they are not named yet, the last 90 to begin with."""
    last = _day("to", parameters, problems)
    if first is None or last is None or last < first:
        if first and last:
            problems.append("The period ends before it begins; the last 90 days are shown.")
        usual = periods.containing(Kind.LAST_90, now, *begins)
        first, last = usual.first_on, usual.last_on
    return periods.span(first, last, *begins), given | {"from": first.isoformat(), "to": last.isoformat()}


def _day(name: str, parameters: Mapping[str, str], problems: list[str]) -> date | None:
    text = parameters.get(name, "")
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or not EARLIEST <= day < LATEST:
        problems.append(f"{text[:20]!r} is not a date such as 2026-03-31.")
        return None
    return day
