"""New drafts: from a preset, or from a version. (From exported content: `importing.py`.)"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction
from django.db.models import Max

from config.accounts.models import Team, User
from config.web.errors import Refusal
from sla.calendars import next_review
from sla.models import Agreement, TermRow, Version, term_models
from sla.presets import PRESETS

HEADER = (
    "review_every_months",
    "fiscal_year_start_month",
    "currency",
    "settles_contests",
    "reject_alarm_percent",
    "admission_per_day",
)


def new_version(agreement: Agreement, *, by: User | None, based_on: Version | None = None, **fields: Any) -> Version:
    """An empty draft with the next number of its agreement. Must run in a transaction."""
    Agreement.objects.select_for_update().get(pk=agreement.pk)
    last = Version.objects.filter(agreement=agreement).aggregate(last=Max("number"))["last"] or 0
    return Version.objects.create(agreement=agreement, number=last + 1, created_by=by, based_on=based_on, **fields)


@transaction.atomic
def draft_from_preset(
    agreement: Agreement,
    preset_key: str,
    *,
    by: User | None,
    time_zone: str = "Europe/Berlin",
    country: str = "DE",
    currency: str = "EUR",
    teams: Mapping[str, Team] | None = None,
) -> Version:
    """A draft with a preset's rows; routes go to `teams` by function, by default the first active team of each."""
    if preset_key not in PRESETS:
        raise Refusal("unknown_preset", f"There is no preset {preset_key!r}; known are {', '.join(PRESETS)}.")
    preset = PRESETS[preset_key]
    found = dict(teams) if teams else first_teams()
    version = new_version(agreement, by=by, title=preset.name, summary=preset.words, currency=currency)
    sections = preset.sections(time_zone=time_zone, country=country)
    missing = sorted({row["function"] for row in sections["routes"]} - set(found))
    if missing:
        raise Refusal("no_team", f"This preset routes leads to {' and '.join(missing)}, and there is no such team.")
    reviewed_on = next_review(version.created_at.date(), version.review_every_months)
    sections["stages"] = [row | {"review_on": reviewed_on if row["is_enabled"] else None} for row in sections["stages"]]
    write_rows(version, sections, lambda row: found[row["function"]])
    return version


def first_teams() -> dict[str, Team]:
    teams: dict[str, Team] = {}
    for team in Team.objects.filter(is_active=True).order_by("id"):
        teams.setdefault(team.function, team)
    return teams


def write_rows(version: Version, sections: Mapping[str, Iterable[Mapping[str, Any]]], team_of: Any) -> None:
    """Insert the rows of every section in their order, one statement a table."""
    for model in term_models():
        rows = []
        for position, given in enumerate(sections.get(model.section, ())):
            values = dict(given) | {"position": position}
            if model.section == "routes":
                values["team"] = team_of(values)
                values.pop("function", None)
            rows.append(model(version=version, **values))
        model._default_manager.bulk_create(rows)


@transaction.atomic
def draft_from_version(source: Version, *, by: User | None) -> Version:
    """A draft that says what `source` says, ready to be changed."""
    fields = {name: getattr(source, name) for name in HEADER}
    version = new_version(source.agreement, by=by, based_on=source, **fields)
    for model in term_models():
        model._default_manager.bulk_create(copy_rows(model, source, version))
    return version


def copy_rows(model: type[TermRow], source: Version, target: Version) -> list[TermRow]:
    names = [f.name for f in model._meta.concrete_fields if f.name not in ("id", "version")]
    return [
        model(version=target, **{name: getattr(row, name) for name in names})
        for row in model._default_manager.filter(version=source)
    ]
