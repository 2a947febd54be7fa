"""The regular review: what happened since a version took effect, when the next look is due, and a draft that answers.

Apps above say what happened to leads:

    @register_review_source
    def rejections(segment_id, since, until): return [Group("Rejections", …, [Figure("Outside territory", 12, 80)])]
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Q

from config.accounts.models import User
from sla import parties
from sla.access import require_drafter
from sla.calendars import next_review
from sla.history import changed_by
from sla.links import review_url
from sla.models import Agreement, ChangeProposal, Clock, Comment, StageTerm, Version
from sla.services import drafting, editing, proposals
from sla.services.compiling import terms_of
from sla.services.telling import tell_about
from sla.standing import in_force_of
from sla.terms import Terms
from sla.words.basics import function_label

HOLIDAYS_WARNING = timedelta(days=365)


@dataclass(frozen=True)
class Figure:
    """One line: `count` of `whole`, with what it means; `url` opens what is behind it."""

    label: str
    count: int
    whole: int | None = None
    note: str = ""
    url: str = ""


@dataclass(frozen=True)
class Group:
    title: str
    sub: str
    figures: Sequence[Figure]


Source = Callable[[int, datetime, datetime], Iterable[Group]]
_sources: dict[str, Source] = {}


def register_review_source(source: Source) -> Source:
    """Have the function asked at every review: segment id, from, until."""
    _sources[f"{source.__module__}.{source.__qualname__}"] = source
    return source


@dataclass
class Review:
    """What people look at together. `due_on` is the next day on which it is due; in the past when it was not done."""

    version: Version
    since: datetime
    until: datetime
    due_on: date
    groups: list[Group] = field(default_factory=list)
    proposals: list[ChangeProposal] = field(default_factory=list)
    remarks: list[Comment] = field(default_factory=list)
    stages_due: list[tuple[str, date]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def is_due(self) -> bool:
        return self.due_on <= self.until.astimezone(_zone()).date()


def _zone() -> ZoneInfo:
    return ZoneInfo(settings.COMPANY_TIME_ZONE)


def _today(at: datetime) -> date:
    return at.astimezone(_zone()).date()


def review_of(agreement: Agreement, *, at: datetime) -> Review | None:
    """The review of what is in force; None where nothing is."""
    version = in_force_of(agreement, at)
    if version is None:
        return None
    assert version.effective_at is not None
    terms = terms_of(version)
    review = Review(version, version.effective_at, at, due_on(version, terms, at))
    review.groups = [_broken(version, terms, at)]
    for source in _sources.values():
        review.groups += source(agreement.segment_id, version.effective_at, at)
    review.proposals = list(agreement.change_proposals.open().select_related("created_by"))
    review.remarks = list(
        version.comments.filter(reply_to=None, resolved_at=None).select_related("author").order_by("created_at")
    )
    review.stages_due = stages_due(terms, at)
    review.warnings = warnings(terms, at)
    return review


def due_on(version: Version, terms: Terms, at: datetime) -> date:
    """The latest review day that has come and has no newer version to answer it; before the first, that first one."""
    assert version.effective_at is not None
    start = _today(version.effective_at)
    months = int(terms.content["review_every_months"]) or 3
    count = 1
    while next_review(start, months * (count + 1)) <= _today(at):
        count += 1
    return next_review(start, months * count)


def stages_due(terms: Terms, at: datetime) -> list[tuple[str, date]]:
    """Stages whose written definition should be looked at by now."""
    found = []
    for code, stage in terms.stages.items():
        if stage.is_enabled and stage.review_on and date.fromisoformat(stage.review_on) <= _today(at):
            found.append((terms.label(code), date.fromisoformat(stage.review_on)))
    return found


def warnings(terms: Terms, at: datetime) -> list[str]:
    """What will stop being right by itself."""
    found = []
    for calendar in terms.calendars.values():
        if not calendar.holidays:
            continue
        last = date.fromisoformat(max(calendar.holidays))
        if last.replace(month=12, day=31) - _today(at) < HOLIDAYS_WARNING:
            found.append(f"The public holidays of {calendar.name} are written out until {last.year} only.")
    return found


def _broken(version: Version, terms: Terms, at: datetime) -> Group:
    """Broken promises under this version, by commitment, excused ones apart."""
    broken = Q(breached_at__lt=at) | Q(state="running", breaches_at__lt=at)
    rows = (
        Clock.objects.filter(version=version, imported_late=False)
        .exclude(state="cancelled", breached_at=None)
        .values("commitment")
        .annotate(
            all=Count("id"),
            broken=Count("id", filter=broken),
            excused=Count("id", filter=broken & Q(breach_cause__excused=True)),
        )
        .order_by("commitment")
    )
    names = {item.key: f"{item.name} ({function_label(item.side)})" for item in terms.commitments}
    figures = [
        Figure(
            names.get(row["commitment"], row["commitment"]),
            row["broken"],
            row["all"],
            f"{row['excused']} excused" if row["excused"] else "",
        )
        for row in rows
    ]
    figures.sort(key=lambda item: -(item.count / item.whole if item.whole else 0))
    return Group("Broken promises", "of all clocks that were started under this version", figures)


# --- reminding -----------------------------------------------------------------------------------------------------


def remind(at: datetime) -> int:
    """Tell the parties' managers of reviews that are due, and stage owners of definitions to look at; once each."""
    told = 0
    for version in Version.objects.in_force(at).select_related("agreement__segment"):
        terms = terms_of(version)
        due = due_on(version, terms, at)
        if due <= _today(at):
            told += 1
            with transaction.atomic():
                _tell_of_review(version, terms, due, at)
        for code, stage in terms.stages.items():
            if (
                stage.is_enabled
                and stage.owner
                and stage.review_on
                and date.fromisoformat(stage.review_on) <= _today(at)
            ):
                told += 1
                with transaction.atomic():
                    _tell_of_stage(version, terms, code, at)
    return told


def _tell_of_review(version: Version, terms: Terms, due: date, at: datetime) -> None:
    review = review_of(version.agreement, at=at)
    said = _in_short(review) if review else ""
    tell_about(
        version,
        parties.managers(terms),
        "agreement_review",
        f"{version.agreement} is due for review",
        body=said,
        url=review_url(version.agreement.public_id),
        key=f"review {due:%Y-%m-%d}",
        at=at,
    )


def _in_short(review: Review) -> str:
    """The heads of each group in a line, for a mail."""
    lines = []
    for group in review.groups:
        heads = [f"{item.label} {item.count}{f' of {item.whole}' if item.whole else ''}" for item in group.figures[:3]]
        lines.append(f"{group.title}: {', '.join(heads) if heads else 'none'}.")
    if review.proposals:
        lines.append(f"Proposed changes that wait: {len(review.proposals)}.")
    return "\n".join(lines)


def _tell_of_stage(version: Version, terms: Terms, code: str, at: datetime) -> None:
    stage = terms.stages[code]
    tell_about(
        version,
        parties.managers(terms, [stage.owner]),
        "agreement_review",
        f"Look again at what {terms.label(code)} means",
        body=f"{stage.words}\n\nIts review was planned for {stage.review_on}.",
        key=f"stage {code} {stage.review_on}",
        at=at,
    )


# --- answering -----------------------------------------------------------------------------------------------------


@transaction.atomic
def draft_with(agreement: Agreement, chosen: Iterable[ChangeProposal], *, by: User, at: datetime) -> Version:
    """A draft from what is in force that carries these proposals: changed where they say how, remarked where not.

    Review dates of stages that have come move on. Raises Conflict for a proposal somebody has decided meanwhile.
    """
    require_drafter(by)
    source = in_force_of(agreement, at)
    version = drafting.draft_from_version(source, by=by) if source else drafting.new_version(agreement, by=by)
    rows = list(chosen)
    with changed_by(by):
        version.summary = " ".join(row.words for row in rows)[:2000]
        version.save(update_fields=["summary", "state"])
        for row in rows:
            done = editing.apply(version, row.change)
            _remark(version, row, done, by, at)
        _move_stage_reviews(version, at)
    proposals.mark_taken(rows, version, by=by, at=at)
    return version


def _remark(version: Version, row: ChangeProposal, done: list[str], by: User, at: datetime) -> None:
    figures = "; ".join(f"{label}: {value}" for label, value in row.figures.items())
    text = "\n".join(
        part
        for part in (row.words, figures, "Changed in this draft." if done else "Not changed yet: decide how.")
        if part
    )
    Comment.objects.create(
        version=version,
        anchor=row.anchor,
        author=by,
        text=text[:4000],
        created_at=at,
        resolved_at=at if done else None,
        resolved_by=by if done else None,
    )


def _move_stage_reviews(version: Version, at: datetime) -> None:
    following = next_review(_today(at), version.review_every_months)
    StageTerm.objects.filter(version=version, review_on__lte=_today(at)).update(review_on=following)
