"""One page for who has one minute: does each side keep its word, is there enough pipeline, what is unusual."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from config.accounts.choices import Function
from reports import company, measures
from reports.asked import Asked
from reports.documents import funnel as funnel_document
from reports.documents import promising, returns, scoreboard
from reports.documents.base import (
    Badge,
    Block,
    Column,
    Figure,
    Note,
    Report,
    Row,
    Section,
    Table,
    Text,
    Tile,
    Tiles,
    Tone,
    counted,
    share,
)
from reports.documents.scoreboard import board_of
from reports.intervals import Rate
from reports.measures import STANDING_COLOURS, STANDING_LABELS, Behind, Standing
from reports.periods import CALENDAR, Kind, containing
from reports.queries import brief, dropoff, reading
from reports.queries.reading import ALL
from reports.queries.tally import Tally
from reports.sets import address

TROUBLE = (Standing.MISSED, Standing.AT_RISK, Standing.CLOSE, Standing.MET_EXCUSED)


def words_kept(asked: Asked) -> Sequence[Block]:
    """Both sides side by side, then what is missed or at risk."""
    board = board_of(asked)
    if board is None:
        return [Note("No agreement is in force for this segment.", title="No agreement in force", level="warn")]
    columns = [
        Column("commitment", "Missed, at risk or close", "start"), Column("side", "Side", "start"),
        Column("target", "Target"), Column("actual", "Actual"), Column("standing", "Standing", "start"),
    ]  # fmt: skip
    rows = [
        Row([
            Text(line.commitment.name, promising.promise(line.commitment, board.terms)),
            Text(Function(line.commitment.side).label),
            promising.target(line, board),
            scoreboard.actual(asked, line),
            Badge(STANDING_LABELS[line.standing], STANDING_COLOURS[line.standing]),
        ])
        for line in board.lines
        if line.standing in TROUBLE
    ]  # fmt: skip
    empty = "Every commitment that can be judged is met or on course."
    return [scoreboard.summary(board), Table("trouble", "What is missed or at risk", columns, rows, empty=empty)]


# --- numbers ----------------------------------------------------------------------------------------------------------


def numbers(asked: Asked) -> Sequence[Block]:
    """The figures of the period against the one before."""
    periods = [asked.period.previous, asked.period]
    needs = {"entry": ALL, "opened": ALL, "ended": ALL, "decision": ALL}
    tally = reading.tally(needs, asked.scope, periods, asked.now)
    start = funnel_document.start_of(asked)
    qualified = _two(tally, "entry", keys=(start,))
    opened, won = _two(tally, "opened"), _two(tally, "ended", marks=("won",))
    rejected = [
        Rate(tally.of("decision", marks=("rejected",), bucket=n).n, tally.of("decision", bucket=n).n) for n in (0, 1)
    ]
    label = company.label(asked.terms, start)
    tiles = [
        _counted_tile(asked, f"Became {label}", qualified, Behind("entry", (start,))),
        _counted_tile(asked, "Opportunities opened", opened, Behind("opened")),
        _money_tile(asked, "Pipeline opened", tally, "opened", "whole", Behind("opened")),
        _money_tile(asked, "Revenue won", tally, "ended", "part", Behind("ended", (), ("won",))),
        _counted_tile(asked, "Deals won", won, Behind("ended", (), ("won",))),
        Tile(
            "Rejected of decided",
            share(rejected[1], url=address(asked, Behind("decision", (), ("rejected",))), of_words="decided"),
            hint=_before(share(rejected[0]).text),
        ),
    ]
    return [Tiles("numbers", tiles)]


def _two(tally: Tally, fact: str, **which: tuple[str, ...]) -> tuple[int, int]:
    return tally.of(fact, bucket=0, **which).n, tally.of(fact, bucket=1, **which).n


def _counted_tile(asked: Asked, label: str, found: tuple[int, int], behind: Behind) -> Tile:
    return Tile(label, counted(found[1], address(asked, behind)), hint=_before(f"{found[0]:,}"))


def _money_tile(asked: Asked, label: str, tally: Tally, fact: str, what: str, behind: Behind) -> Tile:
    before, now = (tally.of(fact, marks=behind.marks, bucket=bucket) for bucket in (0, 1))
    url = address(asked, behind)
    return Tile(
        label,
        returns.cash(asked, getattr(now, what), url, now.n),
        hint=_before(returns.cash(asked, getattr(before, what)).text),
    )


def _before(text: str) -> str:
    return f"The period before: {text}."


# --- pipeline ---------------------------------------------------------------------------------------------------------


def pipeline(asked: Asked) -> Sequence[Block]:
    """Open pipeline due in the running quarter against the revenue goal, where one is agreed."""
    quarter = containing(Kind.QUARTER, asked.today, asked.period.fiscal_month)
    found = brief.pipeline(asked.scope, quarter, asked.now)
    target = _goal(asked, quarter.days)
    needed = found.needed_coverage
    coverage = float(found.due / target) if target else None
    tone: Tone = "" if coverage is None or needed is None else "good" if coverage >= needed else "warn"
    goal = returns.cash(asked, target).text
    tiles = [
        Tile(f"Open pipeline due in {quarter.label}", returns.cash(asked, found.due), hint=f"{found.due_count:,} opportunities; {found.undated:,} open ones have no date."),
        Tile("Revenue goal of the quarter", returns.cash(asked, target), hint="" if target else "No revenue goal is agreed."),
        Tile("Pipeline coverage", Figure(coverage, "ratio", tone=tone), hint=f"Open pipeline due by the goal of {goal}." if target else "Needs an agreed revenue goal."),
        Tile("Coverage needed", Figure(needed, "ratio"), hint=f"1 by the own win rate of the last 365 days: {share(found.won_rate).text} of {found.won_rate.whole:,}."),
    ]  # fmt: skip
    return [Tiles("pipeline", tiles)]


def _goal(asked: Asked, days: int) -> Decimal | None:
    """The agreed revenue goal, scaled to the quarter."""
    if asked.terms is None:
        return None
    goals = [one for one in asked.terms.commitments if one.metric == "revenue_goal"]
    if not goals:
        return None
    return max(measures.scaled_target(one, "sum", Kind.QUARTER, days) for one in goals)


# --- unusual ----------------------------------------------------------------------------------------------------------


def unusual(asked: Asked) -> Sequence[Block]:
    """Alarms of the funnel: a step far below its own past."""
    start = funnel_document.start_of(asked)
    found = dropoff.drops(company.path(asked.terms), start, asked.scope, asked.period, asked.now)
    alarms = funnel_document.alarms(asked, found)
    if alarms:
        return alarms
    words = (
        "No step of the funnel fell far below its own past." if found else "There is too little past to compare with."
    )
    return [Note(words, level="good" if found else "info")]


REPORT = Report(
    key="brief",
    title="One page",
    words="Does each side keep its word, is there enough pipeline, and is anything unusual?",
    sections=[
        Section("kept", "Who keeps their word", words_kept),
        Section("numbers", "The figures", numbers),
        Section("pipeline", "Enough pipeline?", pipeline),
        Section("unusual", "Anything unusual?", unusual),
    ],
    filters=("segment",),
    usual=Kind.MONTH,
    kinds=(*CALENDAR, Kind.SPAN),
    how="Every figure is that of the longer reports for the same period; each opens the leads behind it. Coverage of "
    "three only means a win rate of a third: the right one is 1 by one's own win rate.",
)
