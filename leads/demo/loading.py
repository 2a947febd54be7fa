"""Fill an empty database with the demo company: six months behind it, open work due now."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import connection, models, transaction

from config.accounts.choices import Function
from config.web.errors import Conflict, Refusal
from leads.demo import besides, people
from leads.demo.market import Market
from leads.demo.people import Company
from leads.demo.stories import ANSWERS, Teller
from leads.models import Attempt, Handoff, Rescoring
from leads.services import chronicle, contests, outcomes, queueing
from leads.services.chronicle import Chronicle
from leads.services.desk import desk_of
from leads.services.intake import Deed, LeadInput, receive

SEED = 20260214
DAYS = 183
A_DAY, A_WEEKEND_DAY = 15, 4
BATCH = 250
MINUTE = timedelta(minutes=1)


def load(now: datetime, say: Callable[[str], None]) -> Company:
    """Make everything, in one transaction: a half-made demo never exists."""
    with transaction.atomic():
        company = people.found(now)
        besides.own_fields()
        say("the company, its people and its agreement")
        rng = random.Random(SEED)  # noqa: S311 - an invented past, not a secret
        sellers = [user.pk for user in company.reps(Function.SALES)]
        market = Market.opened(rng, sellers)
        for row in market.companies:
            row.created_at = now - timedelta(days=DAYS)
        type(market.companies[0]).objects.bulk_create(market.companies)
        teller = Teller(company, market, rng, now)
        stories = [teller.story(at) for at in arrivals(now, rng)]
        say(f"{len(stories)} leads and what became of them")
        _write(stories, company, now)
        _rules_were_applied(company, now)
    besides.own_deals(company, market, rng, now)
    besides.product_use(company, market, rng, now)
    besides.visitors(company, rng, now)
    say("deals of their own, users and visitors")
    besides.comes_twice(company, now)
    besides.comes_forward(company, now)
    arrive_now(company, market, rng, now)
    hand_over_now(company, rng, now)
    contest_now(company, now)
    say("leads that have just come in")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return company


def arrivals(now: datetime, rng: random.Random) -> list[datetime]:
    """When leads first showed up: mostly in the day, fewer at weekends, a little more each month."""
    zone = ZoneInfo("Europe/Berlin")
    moments = []
    for back in range(DAYS, 0, -1):
        day = (now - timedelta(days=back)).astimezone(zone).date()
        growth = 0.85 + 0.3 * (DAYS - back) / DAYS
        usual = (A_WEEKEND_DAY if day.weekday() >= 5 else A_DAY) * growth
        for _ in range(max(0, round(rng.gauss(usual, usual**0.5)))):
            hour = min(23.9, max(0.0, rng.gauss(13.5, 3.6)))
            moments.append(datetime.combine(day, time(), zone) + timedelta(hours=hour))
    return sorted(moment for moment in moments if moment < now)


def _write(stories: list[Chronicle], company: Company, now: datetime) -> None:
    desk = desk_of(company.teams[Function.TELEQUALIFICATION].pk, "", now)
    finished: list[list[models.Model]] = []
    for story in stories:
        rows = story.finish(now)
        handoff = story.handoff
        if handoff is not None and handoff.to_function == Function.TELEQUALIFICATION:
            rows.append(_waiting(story, handoff, desk, now))
        for row in rows:
            if isinstance(row, Handoff) and row.to_function == Function.TELEQUALIFICATION:
                row.queue = company.queue
        finished.append(rows)
    for start in range(0, len(finished), BATCH):
        chronicle.write(finished[start : start + BATCH])


def _rules_were_applied(company: Company, now: datetime) -> None:
    """Each version's rules were brought to the open leads when it took effect; each score above says by which."""
    for since, terms in company.versions:
        Rescoring.objects.create(
            segment=company.segment, version_id=terms.version_id, started_at=since, finished_at=min(now, since + MINUTE)
        )


def _waiting(story: Chronicle, handoff: Handoff, desk: object, now: datetime) -> models.Model:
    """Its place in the queue as of now."""
    from leads.services.desk import Desk

    assert isinstance(desk, Desk)
    item = queueing.item_for(handoff, story.case(now), desk, story.running)
    assert item is not None
    tried = [row for row in story.rows if isinstance(row, Attempt) and row.handoff is handoff and row.counts]
    if tried:
        item.tries = len(tried)
        label = story.terms.dispositions[tried[-1].disposition].label if story.terms else ""
        item.why = f"{label} at the last try"
    return item


HANDED_OVER = 8  # enough for every seller to have something to decide on


def hand_over_now(company: Company, rng: random.Random, now: datetime) -> None:
    """Some of those who wait were just called and qualified: sales has decisions to take."""
    reps = company.reps(Function.TELEQUALIFICATION)
    fresh = Handoff.objects.filter(state="offered", to_function=Function.TELEQUALIFICATION).order_by("-offered_at")
    for number, handoff in enumerate(fresh[:HANDED_OVER]):
        outcomes.qualify(
            handoff.pk,
            by=reps[number % len(reps)],
            at=now - timedelta(seconds=rng.uniform(1, 10)),
            answers={key: rng.choice(values) for key, values in ANSWERS.items()},
            next_step=rng.choice(("Send the comparison", "Demo with the whole team", "Call about prices on Thursday")),
        )


def contest_now(company: Company, now: datetime) -> None:
    """The latest rejections are contested: one was overturned, one taken back, the others wait to be settled."""
    eva, at = company.users["Eva"], now - timedelta(minutes=20)
    rejected = Handoff.objects.filter(state="rejected", contest__isnull=True, decided_at__lt=at).order_by("-decided_at")
    open_contests = []
    for handoff in rejected.select_related("from_user", "decided_by")[:12]:
        try:
            contest = contests.contest(
                handoff.pk, by=handoff.from_user, at=at, comment="They said yes on the phone; please look again."
            )
        except (Conflict, Refusal):  # its time is over, or somebody was faster
            continue
        open_contests.append((contest, handoff))
    for number, (contest, handoff) in enumerate(open_contests[:2]):
        settled = at + timedelta(minutes=5 + number)
        if number == 0:
            contests.settle(contest.pk, upheld=False, by=eva, at=settled, note="The packet names a need and a date.")
        else:
            contests.take_back(contest.pk, by=handoff.decided_by, at=settled, note="I had missed the note.")


def arrive_now(company: Company, market: Market, rng: random.Random, now: datetime) -> None:
    """Leads of the last minutes, by the ordinary intake: their clocks run as you look."""
    for number in range(14):
        person, theirs, points = market.person()
        at = now - timedelta(minutes=rng.uniform(0.2, 42))
        kind = rng.choice(("demo_request", "trial_start", "webinar", "pricing_page"))
        given = {point.kind: point.value for point in points}
        receive(
            company.source,
            LeadInput(
                external_id=f"demo-now-{number}",
                email=given["email"],
                phone=given.get("phone", ""),
                first_name=person.first_name,
                last_name=person.last_name,
                job_title=person.job_title,
                seniority=person.seniority,
                department=person.department,
                country=theirs.country,
                company=theirs.name,
                website=theirs.domain or "",
                source="direct",
                intent={"demo_request": "Demo", "trial_start": "Trial", "pricing_page": "Pricing"}.get(kind, ""),
                activities=(Deed("content_download", at - timedelta(hours=2)), Deed(kind, at)),
                raw={},
            ),
            at=at,
        )
