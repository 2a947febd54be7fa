"""The figures of the further reports, on leads whose past is known."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.test import Client

from config.accounts.models import Absence, Membership
from leads.models import Activity, Contest, Handoff, Opportunity
from leads.services import costs
from reports.company import company_zone
from reports.documents.speed import odds_ratio
from reports.intervals import Rate
from reports.measures import Standing
from reports.periods import Kind, containing
from reports.queries import capacity, deals, rejections, returns, scoreboard, speed
from reports.scope import Scope
from tests.cast import DAY, HOUR, MINUTE, NOW, Cast
from tests.reports.stories import World

FEBRUARY = containing(Kind.MONTH, date(2026, 2, 1))
START = NOW - 20 * DAY  # a Thursday, 11:00 in Berlin
DESK = "telequalification"


# --- speed ----------------------------------------------------------------------------------------------------------------


def called_after(world: World, minutes: int, disposition: str = "na") -> None:
    told = world.mql(START)
    world.called(told, START + minutes * MINUTE, disposition)


def test_speed_by_bands_with_both_ends_of_the_clock(cast: Cast, world: World):
    for minutes in (5, 6, 20, 61, 2000):
        called_after(world, minutes)
    world.passed_on(world.mql(START), START + 3 * MINUTE)
    world.mql(START)
    world.write()
    found = {band.code: band for band in speed.bands(DESK, Scope(), FEBRUARY, NOW)}
    counts = {code: band.count for code, band in found.items() if band.count}
    assert counts == {"within-5": 2, "within-15": 1, "within-30": 1, "within-240": 1, "later": 1, "none": 1}
    assert found["within-5"].reached == Rate(1, 2)
    assert found["within-5"].qualified == Rate(1, 1)  # the other is still being worked
    spread = speed.spread(DESK, Scope(), FEBRUARY, NOW)
    assert (spread.tried, spread.median) == (6, (6 + 20) / 2 * 60)


def test_working_time_knows_the_night(cast: Cast, world: World):
    evening = START + 9 * HOUR  # 20:00
    told = world.mql(evening)
    world.called(told, START + DAY)  # 11:00 the next day
    world.write()
    wall = {band.code: band.count for band in speed.bands(DESK, Scope(), FEBRUARY, NOW) if band.count}
    working = {band.code: band.count for band in speed.bands(DESK, Scope(), FEBRUARY, NOW, working=True) if band.count}
    assert wall == {"within-1440": 1}
    assert set(working) <= {"within-240", "within-60"}


def test_by_weekday_and_hour_of_arrival_in_the_companys_zone(cast: Cast, world: World):
    called_after(world, 10)
    called_after(world, 30)
    world.mql(START + DAY)
    world.write()
    found = {(one.weekday, one.hour): one for one in speed.moments(DESK, Scope(), FEBRUARY, NOW)}
    assert (found[4, 11].arrived, found[4, 11].tried, found[4, 11].median) == (2, 2, 20 * 60)
    assert (found[5, None].arrived, found[5, None].tried, found[5, None].median) == (1, 0, None)
    assert found[None, 11].arrived == 3


def test_attempts_against_success(cast: Cast, world: World):
    told = world.mql(START)
    for hours in (0, 5, 10):
        world.called(told, START + hours * HOUR + MINUTE)
    world.passed_on(world.mql(START), START + MINUTE)
    world.write()
    found = {band.code: band for band in speed.tries(DESK, Scope(), FEBRUARY, NOW) if band.count}
    assert {code: band.count for code, band in found.items()} == {"1": 1, "3": 1}
    assert found["1"].reached == Rate(1, 1)
    assert found["3"].reached == Rate(0, 1)


def test_odds_are_compared_like_the_published_study():
    assert odds_ratio(Rate(50, 100), Rate(10, 110)) == 10
    assert odds_ratio(Rate(5, 5), Rate(1, 10)) is None


# --- rejections -----------------------------------------------------------------------------------------------------------


def refused(cast: Cast, world: World, at=START, reason: str = "below-threshold", **fields) -> None:
    told = world.mql(at, **fields)
    world.passed_on(told, at + HOUR)
    told.reject(at + 2 * HOUR, cast.sam, reason)
    told.park(at + 2 * HOUR, kind="rejected", reason=reason, return_on=date(2026, 9, 1))


def test_rejections_by_reason_and_what_became_of_the_contested(cast: Cast, world: World):
    fair = world.campaign("fair", (date(2026, 2, 1), "300"))
    for reason in ("below-threshold", "below-threshold", "duplicate"):
        refused(cast, world, reason=reason, campaign=fair)
    world.sold(START)
    world.write()
    one = Handoff.objects.filter(reason="below-threshold").first()
    Contest.objects.create(handoff=one, comment="No", contested_by=cast.tim, contested_at=NOW, state="overturned")
    found = rejections.rejections(Scope(), FEBRUARY, NOW)
    assert [(r.key, r.count, r.contested, r.overturned) for r in found.reasons] == [
        ("below-threshold", 2, 1, 1), ("duplicate", 1, 0, 0)
    ]  # fmt: skip
    assert found.rate.part == 3
    assert sum(found.reasons[0].course) == 2
    # 300 for three leads of the fair in that month; the overturned one was worth its money.
    lost = rejections.wasted(Scope(), FEBRUARY, NOW)
    assert {key: (row.amount, row.priced) for key, row in lost.items()} == {
        "below-threshold": (Decimal(100), 1), "duplicate": (Decimal(100), 1)
    }  # fmt: skip
    assert rejections.by_dimension(Scope(), FEBRUARY, NOW, "campaign") == {
        str(fair.pk): {"below-threshold": 2, "duplicate": 1}
    }


def test_reps_see_only_their_own_row_of_rejections(cast: Cast, world: World, client: Client):
    refused(cast, world)
    world.write()
    address = "/api/v1/reports/rejections"
    asked = {"by": "month", "from": "2026-02-01", "split": "rep", "section": "split"}
    names = {}
    for user in (cast.sam, cast.nina, cast.sina):
        client.force_login(user)
        table = client.get(address, asked).json()["sections"][0]["blocks"][0]
        names[user.name] = [row["value"]["text"] for row in table["rows"]]
    assert names == {"Sam Okafor": ["Sam Okafor"], "Nina Keller": ["Everybody else"], "Sina Vogel": ["Sam Okafor"]}


# --- money ----------------------------------------------------------------------------------------------------------------


def test_cost_by_stage_and_what_came_back(cast: Cast, world: World):
    fair = world.campaign("fair", (date(2026, 2, 1), "280"))
    world.sold(START, 3000, campaign=fair)
    world.mql(START, campaign=fair)
    world.mql(START)
    world.write()
    Opportunity.objects.create(
        name="Own", owner=cast.sam, amount=500, base_amount=500, self_sourced=True, opened_at=START, stage="discovery"
    )
    whole = returns.spent(("mql", "won"), Scope(), FEBRUARY, NOW).whole
    assert (whole.cost, whole.leads, whole.per("mql"), whole.per("won")) == (280, 3, Decimal(280) / 3, 280)
    assert (whole.pipeline, whole.revenue) == (3000, 3000)  # what sales found is not marketing's
    assert whole.return_percent == (Decimal(3000) - 280) / 280 * 100
    by = {one.campaign: one for one in returns.spent(("mql",), Scope(), FEBRUARY, NOW).campaigns}
    assert (by[fair.pk].stages["mql"], by[fair.pk].cost, by[0].leads) == (2, 280, 1)
    parts = returns.course(Scope(), FEBRUARY, NOW).parts
    assert sum(part.cost for part in parts) == 280
    assert sum(part.revenue for part in parts) == 3000


def test_credit_by_first_touch_last_touch_and_even_split(cast: Cast, world: World):
    first, second = world.campaign("first"), world.campaign("second")
    told = world.sold(START, 900, campaign=first)
    world.sold(START, 100)
    world.write()
    lead = told.lead
    for at, key in (
        (START - DAY, "second"),
        (START + MINUTE, "second"),
        (START + DAY, "first"),
    ):  # the last is too late
        Activity.objects.create(lead=lead, type="page_view", occurred_at=at, properties={"campaign": key})
    found = {one.campaign: one for one in returns.credits("opened", Scope(), FEBRUARY, NOW)}
    assert (found[first.pk].first, found[first.pk].last, round(found[first.pk].even)) == (0, 0, 300)
    assert (found[second.pk].first, found[second.pk].last, round(found[second.pk].even)) == (900, 900, 600)
    assert (found[0].first, found[0].even) == (100, 100)


def test_costs_are_entered_replaced_and_refused(cast: Cast, client: Client):
    client.force_login(cast.mara)
    given = {
        "campaign": "fair",
        "name": "Fair",
        "month": "2026-02",
        "amount": "100.00",
        "currency": "USD",
        "rate": "0.9",
    }
    assert client.put("/api/v1/campaigns/costs", given, "application/json").json()["base_amount"] == "90.00"
    answer = client.put("/api/v1/campaigns/costs", given | {"rate": None}, "application/json")
    assert (answer.status_code, set(answer.json()["error"]["fields"])) == (422, {"rate"})
    assert client.put("/api/v1/campaigns/costs", given | {"month": "Feb"}, "application/json").status_code == 400
    unknown = client.put("/api/v1/campaigns/costs", given | {"campaign": "x", "name": ""}, "application/json")
    assert set(unknown.json()["error"]["fields"]) == {"campaign"}
    page = {"new_campaign": "Fair", "month": "2026-02", "amount": "50"}
    assert client.post("/campaigns/costs/", page).status_code == 302
    rows = client.get("/api/v1/campaigns/costs").json()["results"]
    assert [(row["campaign"], row["month"], row["base_amount"]) for row in rows] == [("fair", "2026-02", "50.00")]
    client.force_login(cast.sam)
    assert client.get("/campaigns/costs/").status_code == 403
    assert client.put("/api/v1/campaigns/costs", given, "application/json").status_code == 403


# --- deals ----------------------------------------------------------------------------------------------------------------


def test_deals_by_period_person_and_days(cast: Cast, world: World):
    world.sold(START, 1000)
    lost = world.mql(START)
    world.passed_on(lost, START + MINUTE)
    lost.accept(START + HOUR, cast.sam)
    world.deal(lost, START + 2 * HOUR)
    lost.ended(START + 2 * HOUR + 4 * DAY, won=False, reason="lost-price")
    lost.park(START + 2 * HOUR + 4 * DAY, kind="lost", reason="lost-price", return_on=date(2026, 9, 1))
    world.write()
    [month] = deals.by_period(Scope(), deals.cut(FEBRUARY), NOW)
    assert (month.won, month.lost, month.value, month.rate.value) == (1, 1, 1000, 0.5)
    found = {one.state: one for one in deals.days(Scope(), FEBRUARY, NOW)}
    assert found["won"].median == pytest.approx(1 / 24)
    assert (found["both"].count, found["lost"].median) == (2, pytest.approx(4))
    assert [one.won for one in deals.by_dimension(Scope(), FEBRUARY, NOW, "user")] == [1]


# --- capacity -------------------------------------------------------------------------------------------------------------


def test_fill_rate_leaves_out_those_who_are_away(cast: Cast, world: World):
    Membership.objects.filter(user=cast.tess).update(weekly_capacity=20)
    monday = containing(Kind.WEEK, START.date()).bounds(company_zone())[0]
    Absence.objects.create(user=cast.tess, from_at=monday, until_at=monday + timedelta(days=2))
    for _ in range(3):
        world.mql(START)
    world.sold(START)
    world.write()
    found = capacity.weeks(DESK, "mql", Scope(), containing(Kind.WEEK, START.date()), NOW)
    assert [(week.supplied, week.capacity) for week in found] == [(4, Decimal(50 + 12))]
    assert found[0].opened == Rate(1, 4)
    assert found[0].ours == 1
    [band] = capacity.by_fill(found)
    assert (band.code, band.contribution) == ("under-50", Rate(1, 1))
    assert capacity.weeks(DESK, "mql", Scope(), containing(Kind.WEEK, NOW.date()).shifted(3), NOW) == []


# --- the scoreboard -------------------------------------------------------------------------------------------------------


def test_people_are_shown_to_themselves_and_to_who_manages_them(cast: Cast, world: World, client: Client):
    address = "/api/v1/reports/scoreboard"
    nina = {"person": str(cast.nina.public_id)}
    for user, status in (
        (cast.nina, 200),
        (cast.sina, 200),
        (cast.priya, 200),
        (cast.sam, 404),
        (cast.tom, 404),
        (cast.eva, 404),
    ):
        client.force_login(user)
        assert client.get(address, nina).status_code == status, user.name


def test_a_version_is_judged_by_what_is_pinned_to_it(cast: Cast, world: World):
    called_after(world, 5)
    called_after(world, 200)
    world.write()
    [past] = scoreboard.history(cast.terms, Scope(segment=cast.segment.pk), NOW)
    line = past.board.line("first-call")
    assert line is not None
    assert past.terms.number == 1
    assert (line.now.part, line.now.whole) == (1, 2)
    assert line.standing != Standing.MET


def test_a_cost_of_another_currency_needs_its_rate(cast: Cast, world: World):
    from config.web.errors import Refusal

    world.campaign("fair")
    with pytest.raises(Refusal):
        costs.enter("fair", date(2026, 2, 1), Decimal(5), currency="USD", by=cast.mara, at=NOW)
