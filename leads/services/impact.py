"""What a version would do to the leads that are here, before anybody signs it: whom it lifts over the threshold, whose
score it moves, and who stands in a stage that it switches off."""

# ruff: noqa: S608 - the statements are made here, of our own expressions; values are bound

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Count, Exists, OuterRef, Sum

from config.accounts.models import Membership
from leads.models import Handoff, Lead
from leads.scoring_sql import scored_leads
from leads.services.rescoring import OPEN, are_most
from sla.models import Version
from sla.services.compiling import terms_of
from sla.stages import FORWARD, IN_HANDS, RANK
from sla.terms import Terms


@dataclass(frozen=True)
class Lifted:
    """Leads before qualification that would enter this stage as soon as the version takes effect."""

    label: str
    count: int


@dataclass(frozen=True)
class Stranded:
    """Leads that stand in a stage the version switches off. Those in a handoff keep the version it started under and then
    go on to `next_label`; the others are judged anew from engaged on."""

    label: str
    held: int
    idle: int
    next_label: str


@dataclass(frozen=True)
class Impact:
    leads: int
    changed: int
    rise: int
    fall: int
    lifted: tuple[Lifted, ...]
    stranded: tuple[Stranded, ...]
    per_day: int | None
    weekly_capacity: int

    @property
    def stay(self) -> int:
        return self.leads - self.changed

    @property
    def total_lifted(self) -> int:
        return sum(one.count for one in self.lifted)

    @property
    def days(self) -> int | None:
        """How long it takes until the last is admitted; None where all come at once."""
        return math.ceil(self.total_lifted / self.per_day) if self.per_day else None

    @property
    def weeks_of_work(self) -> float | None:
        """How many weeks the receivers would be busy with nothing else."""
        return self.total_lifted / self.weekly_capacity if self.weekly_capacity else None

    @property
    def suggested_per_day(self) -> int | None:
        """A rate that leaves half of the receivers' capacity for leads that come in by themselves."""
        return max(self.weekly_capacity // 10, 1) if self.weekly_capacity else None


def of(version: Version, at: datetime) -> Impact:
    """The effect that `version` would have if it took effect at `at`; reads only."""
    terms, segment_id = terms_of(version), version.agreement.segment_id
    figures = _figures(terms, segment_id, at)
    lifted = tuple(
        Lifted(terms.label(stage), count)
        for stage, count in sorted(figures["lifted"].items(), key=lambda pair: RANK[pair[0]])
    )
    return Impact(
        leads=figures["leads"],
        changed=figures["rise"] + figures["fall"],
        rise=figures["rise"],
        fall=figures["fall"],
        lifted=lifted,
        stranded=tuple(_stranded(terms, segment_id)),
        per_day=terms.admission_per_day,
        weekly_capacity=_capacity(terms),
    )


def _figures(terms: Terms, segment_id: int, at: datetime) -> dict[str, Any]:
    """Counts under the new terms, beside what is stored."""
    scope = {"segment": segment_id}
    scored = scored_leads(terms, at, OPEN, scope, reaches=True, all_deeds=are_most(OPEN, scope))
    statement = f"""
        SELECT reaches, count(*), count(*) FILTER (WHERE fit + engagement > coalesce(before, 0)),
            count(*) FILTER (WHERE fit + engagement < coalesce(before, 0))
        FROM ({scored.sql}) AS scored GROUP BY reaches
    """
    with connection.cursor() as cursor:
        cursor.execute(statement, scored.params)
        rows = cursor.fetchall()
    lifted = {stage: count for stage, count, *_ in rows if stage in terms.qualifying_stages}
    return {
        "leads": sum(row[1] for row in rows),
        "rise": sum(row[2] for row in rows),
        "fall": sum(row[3] for row in rows),
        "lifted": lifted,
    }


def _stranded(terms: Terms, segment_id: int) -> list[Stranded]:
    off = [code for code in FORWARD if code in IN_HANDS and not terms.stage_enabled(code)]
    if not off:
        return []
    open_handoff = Exists(Handoff.objects.open().filter(lead=OuterRef("pk")))
    rows = (
        Lead.objects.filter(segment_id=segment_id, closed_at=None, stage__in=off)
        .annotate(held=open_handoff)
        .values_list("stage", "held")
        .annotate(n=Count("pk"))
        .order_by()
    )
    found: dict[str, dict[bool, int]] = {}
    for stage, held, number in rows:
        found.setdefault(stage, {})[held] = number
    return [
        Stranded(
            terms.label(code), found[code].get(True, 0), found[code].get(False, 0), terms.label(next_stage(code, terms))
        )
        for code in off
        if code in found
    ]


def next_stage(code: str, terms: Terms) -> str:
    """The first enabled stage after a switched-off one: where a handoff that ends well leads."""
    return next(
        stage for stage in FORWARD[RANK[code] + 1 :] if terms.stage_enabled(stage) and stage not in ("mql", "pql")
    )


def _capacity(terms: Terms) -> int:
    """New leads a week that the teams who receive qualified leads can follow up."""
    teams = {route.team["id"] for route in terms.routes_on("qualified")}
    seats = Membership.objects.active().filter(team__public_id__in=teams)
    return int(seats.aggregate(total=Sum("weekly_capacity"))["total"] or 0)
